//! Theme files: a name for every role, colours as data. Which terminal can show them is the view's affair.
//!
//! ```toml
//! name = "ember"
//! about = "One sentence."
//! like = "nord"                              # a built-in theme that gives what this one does not; need not be
//! dark = true                                # the terminal's background it was made for
//! paper = "#161413"                          # that background's colour, where it is known; not drawn
//! heat = ["#3a2420", "#ff7a1a", "#fff3dc"]   # cold to hot; empty: no colours
//! cores_glow = true                          # what programs have of a core glows as heat does; else it is cpu_user
//! lanes = ["#e0684b", …]                     # at least eight; empty: no colours
//! [palette]
//! coal = "#8a817c"
//! [roles]
//! dim = "coal"                               # a colour, or a name of the palette
//! selection = { fg = "#000000", bg = "coal", bold = true }
//! ```

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use toml_edit::{Document, Item, TableLike, Value};

use super::reader::Reader;
use super::{Complaint, complaint};
use crate::model::{Role, Untrusted};

/// A colour in sRGB.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Rgb {
    /// Red, 0 to 255.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

impl Rgb {
    /// A colour of its three parts.
    pub const fn new(r: u8, g: u8, b: u8) -> Rgb {
        Rgb { r, g, b }
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.r, self.g, self.b)
    }
}

/// Why a text is no colour.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("'{0}' is no colour: write #rrggbb or a name of [palette]")]
pub struct NoColour(pub String);

impl FromStr for Rgb {
    type Err = NoColour;

    fn from_str(text: &str) -> Result<Rgb, NoColour> {
        let wrong = || NoColour(text.chars().take(40).collect());
        let digits = text.strip_prefix('#').ok_or_else(wrong)?;
        // from_str_radix would take a sign.
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let value = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
        Ok(Rgb::new((value >> 16) as u8, (value >> 8) as u8, value as u8))
    }
}

/// How a role looks. `None` is the terminal's own colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Look {
    /// Colour of the text.
    pub fg: Option<Rgb>,
    /// Colour behind it.
    pub bg: Option<Rgb>,
    /// Bold.
    pub bold: bool,
    /// Fainter than the rest.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Text and background exchanged.
    pub reverse: bool,
}

/// A theme as its file has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Theme {
    /// Its name.
    pub name: String,
    /// One sentence about it.
    pub about: String,
    /// Whether it was made for dark terminals.
    pub dark: bool,
    /// The background that it was made for, which the terminal draws and the theme does not; `None` where any will do.
    pub paper: Option<Rgb>,
    /// Whether what programs have of a core is drawn in the colours of heat, and not in that of [`Role::CpuUser`].
    pub cores_glow: bool,
    /// The looks, in the order of [`Role::NAMED`].
    pub looks: [Look; Role::NAMED.len()],
    /// The colours of heat from cold to hot; empty for a theme without colours.
    pub heat: Vec<Rgb>,
    /// The colours of the lab's lanes; empty for a theme without colours, else at least eight.
    pub lanes: Vec<Rgb>,
}

/// The themes that come with the program, by name, the default first.
pub const BUILTIN_THEMES: &[(&str, &str)] = &[
    ("ember", include_str!("../../assets/themes/ember.toml")),
    ("ash", include_str!("../../assets/themes/ash.toml")),
    ("mono", include_str!("../../assets/themes/mono.toml")),
    ("contrast", include_str!("../../assets/themes/contrast.toml")),
    ("colourblind", include_str!("../../assets/themes/colourblind.toml")),
    ("htop", include_str!("../../assets/themes/htop.toml")),
    ("solarized", include_str!("../../assets/themes/solarized.toml")),
    ("gruvbox", include_str!("../../assets/themes/gruvbox.toml")),
    ("nord", include_str!("../../assets/themes/nord.toml")),
    ("dracula", include_str!("../../assets/themes/dracula.toml")),
    ("catppuccin", include_str!("../../assets/themes/catppuccin.toml")),
    ("tokyo-night", include_str!("../../assets/themes/tokyo-night.toml")),
];

/// How the complaint begins that a text is no theme at all.
pub const NO_TOML: &str = "this is not TOML";

/// What a file may name.
const KEYS: [&str; 10] =
    ["name", "about", "like", "dark", "paper", "palette", "roles", "heat", "cores_glow", "lanes"];

/// Fewest colours of lanes.
pub const FEWEST_LANES: usize = 8;

impl Default for Theme {
    /// The first built-in theme.
    fn default() -> Theme {
        Theme::builtin("ember").unwrap_or_else(|| Theme::plain(true))
    }
}

impl Theme {
    /// The built-in theme of that name.
    pub fn builtin(name: &str) -> Option<Theme> {
        let (_, text) = BUILTIN_THEMES.iter().find(|(known, _)| *known == name)?;
        Some(ThemeReader::new(text).read(&Theme::plain))
    }

    /// Reads a theme file. What is missing or wrong is complained of and taken from *ember*, or from *ash* where the
    /// file says `dark = false`.
    pub fn parse(text: &str) -> (Theme, Vec<Complaint>) {
        let mut reader = ThemeReader::new(text);
        let theme = reader.read(&|dark| {
            Theme::builtin(if dark { "ember" } else { "ash" }).unwrap_or_else(|| Theme::plain(dark))
        });
        (theme, reader.reader.finish())
    }

    /// The look of a named role; the plain look for heat and lanes, which are lists.
    pub fn look(&self, role: Role) -> Look {
        let named = Role::NAMED.iter().zip(&self.looks);
        named.into_iter().find(|((_, known), _)| *known == role).map_or(Look::default(), |(_, look)| *look)
    }

    /// A theme in which everything looks the same.
    fn plain(dark: bool) -> Theme {
        Theme {
            name: String::new(),
            about: String::new(),
            dark,
            paper: None,
            cores_glow: false,
            looks: [Look::default(); Role::NAMED.len()],
            heat: Vec::new(),
            lanes: Vec::new(),
        }
    }
}

/// Reads one theme.
struct ThemeReader<'a> {
    reader: Reader<'a>,
    palette: Vec<(String, Rgb)>,
    /// What is missing is meant to be as in another theme.
    leans: bool,
}

impl<'a> ThemeReader<'a> {
    fn new(text: &'a str) -> ThemeReader<'a> {
        ThemeReader { reader: Reader::new(text), palette: Vec::new(), leans: false }
    }

    fn complain(&mut self, span: Option<Range<usize>>, text: impl Into<String>) {
        self.reader.complain(span, text);
    }

    /// `base` gives what the file does not, for a dark or a light terminal.
    fn read(&mut self, base: &dyn Fn(bool) -> Theme) -> Theme {
        let document = match Document::parse(self.reader.text()) {
            Ok(document) => document,
            Err(error) => {
                let said = error.message().trim().replace('\n', ", ");
                self.complain(error.span(), format!("{NO_TOML} ({said}); the default theme is used"));
                return base(true);
            }
        };
        let root = document.as_table();
        let like = root.get("like").and_then(|item| self.like(item));
        self.leans = like.is_some();
        let dark = match (root.get("dark"), &like) {
            (None, Some(like)) => like.dark,
            (None, None) => {
                self.complain(None, "'dark' is missing: write dark = true or dark = false; true is assumed");
                true
            }
            (Some(item), _) => item.as_bool().unwrap_or_else(|| {
                self.complain(item.span(), "'dark' is true or false; true is assumed");
                true
            }),
        };
        let mut theme = match like {
            Some(like) => {
                let about = format!("Like {}, with changes.", like.name);
                Theme { name: String::new(), about, dark, ..like }
            }
            None => base(dark),
        };
        for (key, item) in root {
            match key {
                "name" => self.sentence(key, item, &mut theme.name),
                "about" => self.sentence(key, item, &mut theme.about),
                _ if KEYS.contains(&key) => {}
                _ => {
                    let span = root.key(key).and_then(toml_edit::Key::span);
                    self.complain(span, complaint::unknown("a theme has no", key, KEYS));
                }
            }
        }
        if let Some(item) = root.get("palette") {
            self.palette(item);
        }
        match root.get("paper").map(|item| (item.as_str(), item.span())) {
            Some((Some(text), span)) => theme.paper = self.colour(text, span),
            Some((None, span)) => self.complain(span, "'paper' is a colour in quotation marks"),
            // It goes with the colours of the theme that this one is like, and with no other's.
            None if self.leans => {}
            None => theme.paper = None,
        }
        match root.get("cores_glow").map(|item| (item.as_bool(), item.span())) {
            Some((Some(on), _)) => theme.cores_glow = on,
            Some((None, span)) => self.complain(span, "'cores_glow' is true or false"),
            None if self.leans => {}
            None => theme.cores_glow = false,
        }
        match root.get("roles").map(|item| (item.as_table_like(), item.span())) {
            Some((Some(table), _)) => self.roles(table, &mut theme),
            Some((None, span)) => self.complain(span, "[roles] is a table of names and looks"),
            None if self.leans => {}
            None => self.complain(None, "[roles] is missing; the default theme's are used"),
        }
        self.colours(root.get("heat"), "heat", 2, &mut theme.heat);
        self.colours(root.get("lanes"), "lanes", FEWEST_LANES, &mut theme.lanes);
        theme
    }

    /// The built-in theme that gives what the file does not.
    fn like(&mut self, item: &Item) -> Option<Theme> {
        let name = item.as_str().unwrap_or_default();
        let like = Theme::builtin(name);
        if like.is_none() {
            let known = BUILTIN_THEMES.iter().map(|(name, _)| *name);
            self.complain(
                item.span(),
                complaint::unknown("'like' is the name of a built-in theme, and there is no", name, known),
            );
        }
        like
    }

    fn sentence(&mut self, key: &str, item: &Item, into: &mut String) {
        match item.as_str() {
            Some(text) => *into = Untrusted::from(text).show(200),
            None => self.complain(item.span(), format!("'{key}' is a text in quotation marks")),
        }
    }

    fn palette(&mut self, item: &Item) {
        let Some(table) = item.as_table_like() else {
            self.complain(item.span(), "[palette] is a table of names and colours");
            return;
        };
        for (name, item) in table.iter() {
            match item.as_str().map(Rgb::from_str) {
                Some(Ok(colour)) => self.palette.push((name.to_owned(), colour)),
                _ => self
                    .complain(item.span(), format!("'{name}' in [palette] is no colour: write \"#rrggbb\"")),
            }
        }
    }

    fn roles(&mut self, table: &dyn TableLike, theme: &mut Theme) {
        for (name, item) in table.iter() {
            let at = Role::NAMED.iter().position(|(known, _)| *known == name);
            let Some(slot) = at.and_then(|at| theme.looks.get_mut(at)) else {
                let span = table.key(name).and_then(toml_edit::Key::span);
                self.complain(
                    span,
                    complaint::unknown("there is no role", name, Role::NAMED.map(|(name, _)| name)),
                );
                continue;
            };
            if let Some(look) = self.look(name, item) {
                *slot = look;
            }
        }
        let missing: Vec<&str> =
            Role::NAMED.iter().map(|(name, _)| *name).filter(|name| !table.contains_key(name)).collect();
        if !missing.is_empty() && !self.leans {
            let list = missing.join(", ");
            self.complain(None, format!("[roles] does not name {list}; the default theme's are used"));
        }
    }

    fn look(&mut self, role: &str, item: &Item) -> Option<Look> {
        if let Some(text) = item.as_str() {
            return self.colour(text, item.span()).map(|fg| Look { fg: Some(fg), ..Look::default() });
        }
        let Some(table) = item.as_table_like() else {
            self.complain(
                item.span(),
                format!("'{role}' is a colour or a table like {{ fg = \"#rrggbb\", bold = true }}"),
            );
            return None;
        };
        let mut look = Look::default();
        for (key, item) in table.iter() {
            let switch = match key {
                "fg" | "bg" => {
                    let colour = item.as_str().and_then(|text| self.colour(text, item.span()));
                    if !item.is_str() {
                        self.complain(
                            item.span(),
                            format!("'{key}' of '{role}' is a colour in quotation marks"),
                        );
                    }
                    *(if key == "fg" { &mut look.fg } else { &mut look.bg }) = colour;
                    continue;
                }
                "bold" => &mut look.bold,
                "dim" => &mut look.dim,
                "italic" => &mut look.italic,
                "underline" => &mut look.underline,
                "reverse" => &mut look.reverse,
                _ => {
                    let known = ["fg", "bg", "bold", "dim", "italic", "underline", "reverse"];
                    let span = table.key(key).and_then(toml_edit::Key::span);
                    self.complain(span, complaint::unknown("a look has no", key, known));
                    continue;
                }
            };
            match item.as_bool() {
                Some(on) => *switch = on,
                None => self.complain(item.span(), format!("'{key}' of '{role}' is true or false")),
            }
        }
        Some(look)
    }

    fn colour(&mut self, text: &str, span: Option<Range<usize>>) -> Option<Rgb> {
        if let Some((_, colour)) = self.palette.iter().find(|(name, _)| name == text) {
            return Some(*colour);
        }
        match text.parse() {
            Ok(colour) => Some(colour),
            Err(no) => {
                let no: NoColour = no;
                let near = complaint::nearest(text, self.palette.iter().map(|(name, _)| name.as_str()));
                let hint = near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
                self.complain(span, format!("{no}{hint}"));
                None
            }
        }
    }

    /// A list of colours: empty, or at least `fewest`.
    fn colours(&mut self, item: Option<&Item>, name: &str, fewest: usize, into: &mut Vec<Rgb>) {
        let Some(item) = item else {
            if !self.leans {
                self.complain(None, format!("'{name}' is missing; the default theme's is used"));
            }
            return;
        };
        let Some(list) = item.as_array() else {
            self.complain(item.span(), format!("'{name}' is a list of colours"));
            return;
        };
        let read = |value: &Value| {
            let text = value.as_str().unwrap_or_default();
            self.colour(text, value.span())
        };
        let colours: Vec<Rgb> = list.iter().filter_map(read).collect();
        if colours.len() < fewest && !list.is_empty() {
            let wrong = format!(
                "'{name}' has at least {fewest} colours, or none at all; the default theme's is used"
            );
            self.complain(item.span(), wrong);
        } else {
            *into = colours;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn complaints(text: &str) -> Vec<String> {
        Theme::parse(text).1.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn built_in_themes_are_whole() {
        for (name, text) in BUILTIN_THEMES {
            let (theme, complaints) = Theme::parse(text);
            assert_eq!(complaints, [], "{name}");
            assert_eq!(theme.name, *name);
            assert!(!theme.about.is_empty(), "{name}");
            assert_eq!(Theme::builtin(name), Some(theme), "{name} leans on no other theme");
        }
        assert_eq!(Theme::default().name, "ember");
        assert_eq!(Theme::builtin("nope"), None);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_the_default_fills_in() {
        let text = "name = \"mine\"\ndark = true\ncolour = 1\n[palette]\nrust = \"#b7410e\"\n\
                    [roles]\ndim = \"rost\"\nselecton = \"#000000\"\nbad = { fg = \"rust\", blod = true, bold = 3 }\n\
                    good = 7\n";
        let (theme, _) = Theme::parse(text);
        let said = complaints(text);
        assert_eq!(said[0], "line 3: a theme has no 'colour'");
        assert_eq!(
            said[1],
            "line 7: 'rost' is no colour: write #rrggbb or a name of [palette]; did you mean 'rust'?"
        );
        assert_eq!(said[2], "line 8: there is no role 'selecton'; did you mean 'selection'?");
        assert_eq!(said[3], "line 9: a look has no 'blod'; did you mean 'bold'?");
        assert_eq!(said[4], "line 9: 'bold' of 'bad' is true or false");
        assert!(said[5].starts_with("line 10: 'good' is a colour or a table"), "{}", said[5]);
        assert!(said[6].starts_with("[roles] does not name text, strong"), "{}", said[6]);
        assert!(said[7].starts_with("'heat' is missing"), "{}", said[7]);
        assert_eq!(theme.look(Role::Bad).fg, Some(Rgb::new(0xb7, 0x41, 0x0e)));
        let ember = Theme::default();
        assert_eq!(theme.look(Role::Dim), ember.look(Role::Dim));
        assert_eq!(theme.heat, ember.heat);
    }

    #[test]
    fn light_files_lean_on_the_light_theme() {
        let (theme, _) = Theme::parse("name = \"day\"\ndark = false\nlanes = [\"#000000\"]\n");
        let ash = Theme::builtin("ash").expect("built in");
        assert_eq!((theme.looks, theme.lanes, theme.dark), (ash.looks, ash.lanes, false));
        assert_eq!(theme.name, "day");
    }

    #[test]
    fn a_theme_may_be_like_another_one() {
        let (theme, said) = Theme::parse("like = \"nord\"\n[roles]\ntext = \"#ffeedd\"\n");
        let nord = Theme::builtin("nord").expect("built in");
        assert_eq!(said, []);
        assert_eq!(theme.look(Role::Text).fg, Some(Rgb::new(0xff, 0xee, 0xdd)));
        assert_eq!(
            (theme.look(Role::Dim), &theme.heat, theme.paper),
            (nord.look(Role::Dim), &nord.heat, nord.paper)
        );
        assert_eq!((theme.name.as_str(), theme.about.as_str()), ("", "Like nord, with changes."));
        let (_, said) = Theme::parse("like = \"nrod\"\ndark = true\n");
        assert_eq!(
            said[0].to_string(),
            "line 1: 'like' is the name of a built-in theme, and there is no 'nrod'; did you mean 'nord'?"
        );
    }

    #[test]
    fn broken_toml_is_one_complaint() {
        let (theme, said) = Theme::parse("name = \"x\"\nroles = {\n");
        assert_eq!(said.len(), 1);
        assert!(said[0].line.is_some() && !said[0].text.contains('\n'), "{said:?}");
        assert_eq!(theme.name, "ember");
    }

    #[test]
    fn colours_are_six_digits() {
        assert_eq!("#0A0b0c".parse(), Ok(Rgb::new(10, 11, 12)));
        for wrong in ["", "#", "#12345", "#+12345", "123456", "#12345é", "red"] {
            assert!(wrong.parse::<Rgb>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_a_theme(text in "\\PC{0,80}|(name|dark|roles|heat|lanes|\\[|\\]|=|\\{|\\}|\"|#|\n|,|fg|true| ){0,40}") {
            let (theme, complaints) = Theme::parse(&text);
            prop_assert!(theme.lanes.is_empty() || theme.lanes.len() >= FEWEST_LANES);
            prop_assert!(!complaints.is_empty());
        }
    }
}
