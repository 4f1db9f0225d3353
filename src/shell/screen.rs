//! What the terminal can show, as far as the environment tells: colours and characters. Pure.

use crate::view::Depth;

/// The environment variables that matter here; an empty one counts as unset.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Environment {
    /// `TERM`.
    pub term: Option<String>,
    /// `COLORTERM`.
    pub colorterm: Option<String>,
    /// `NO_COLOR`, see no-color.org.
    pub no_color: Option<String>,
    /// `LC_ALL`.
    pub lc_all: Option<String>,
    /// `LC_CTYPE`.
    pub lc_ctype: Option<String>,
    /// `LANG`.
    pub lang: Option<String>,
    /// `TMUX`, which tmux sets for those who run in it.
    pub tmux: Option<String>,
}

impl Environment {
    /// That of this process. Bytes that are no UTF-8 read as U+FFFD; none of the values we know has any.
    pub(super) fn read() -> Environment {
        let get =
            |name| std::env::var_os(name).map(|v| v.to_string_lossy().into_owned()).filter(|v| !v.is_empty());
        Environment {
            term: get("TERM"),
            colorterm: get("COLORTERM"),
            no_color: get("NO_COLOR"),
            lc_all: get("LC_ALL"),
            lc_ctype: get("LC_CTYPE"),
            lang: get("LANG"),
            tmux: get("TMUX"),
        }
    }

    /// How many colours to use; `monochrome` is the user's `-C`.
    pub(super) fn depth(&self, monochrome: bool) -> Depth {
        if monochrome || self.no_color.is_some() {
            return Depth::Mono;
        }
        let term = self.term.as_deref().unwrap_or("");
        if matches!(self.colorterm.as_deref(), Some("truecolor" | "24bit")) {
            return Depth::True;
        }
        let known = |names: &[&str]| names.iter().any(|name| term == *name || starts_with_part(term, name));
        if term.ends_with("-direct")
            || known(&["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "iterm2"])
        {
            Depth::True
        } else if term.contains("256color") {
            Depth::Indexed256
        } else if term.ends_with("-mono")
            || term.ends_with("-m")
            || known(&["vt52", "vt100", "vt102", "vt220", "vt320"])
        {
            Depth::Mono
        } else {
            Depth::Sixteen
        }
    }

    /// Whether text leaves us as UTF-8: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set decides, as in
    /// locale(7).
    pub(super) fn unicode(&self) -> bool {
        let locale = self.lc_all.as_ref().or(self.lc_ctype.as_ref()).or(self.lang.as_ref());
        let codeset = locale.and_then(|name| name.split_once('.')).map(|(_, rest)| rest);
        let codeset = codeset.and_then(|rest| rest.split('@').next()).unwrap_or("");
        codeset.eq_ignore_ascii_case("UTF-8") || codeset.eq_ignore_ascii_case("UTF8")
    }

    /// Whether the terminal can place text at all.
    pub(super) fn is_dumb(&self) -> bool {
        matches!(self.term.as_deref(), None | Some("dumb" | "unknown"))
    }
}

/// Whether `term` is `name` with something after a dash: `foot-extra`.
fn starts_with_part(term: &str, name: &str) -> bool {
    term.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(term: &str, colorterm: &str) -> Environment {
        let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
        Environment { term: some(term), colorterm: some(colorterm), ..Environment::default() }
    }

    #[test]
    fn colours_follow_the_terminal() {
        let cases = [
            ("xterm-256color", "", Depth::Indexed256),
            ("screen-256color", "truecolor", Depth::True),
            ("xterm", "24bit", Depth::True),
            ("xterm", "yes", Depth::Sixteen),
            ("xterm-256color", "odd", Depth::Indexed256),
            ("linux", "", Depth::Sixteen),
            ("xterm-direct", "", Depth::True),
            ("xterm-kitty", "", Depth::True),
            ("foot-extra", "", Depth::True),
            ("football", "", Depth::Sixteen),
            ("alacritty", "", Depth::True),
            ("vt100", "", Depth::Mono),
            ("vt220-w", "", Depth::Mono),
            ("", "", Depth::Sixteen),
        ];
        for (term, colorterm, depth) in cases {
            assert_eq!(terminal(term, colorterm).depth(false), depth, "{term} {colorterm}");
            assert_eq!(terminal(term, colorterm).depth(true), Depth::Mono);
            let quiet = Environment { no_color: Some("1".into()), ..terminal(term, colorterm) };
            assert_eq!(quiet.depth(false), Depth::Mono);
        }
    }

    #[test]
    fn characters_follow_the_first_locale_that_is_set() {
        let locale = |all: Option<&str>, ctype: Option<&str>, lang: Option<&str>| Environment {
            lc_all: all.map(str::to_owned),
            lc_ctype: ctype.map(str::to_owned),
            lang: lang.map(str::to_owned),
            ..Environment::default()
        };
        assert!(locale(None, None, Some("de_DE.UTF-8")).unicode());
        assert!(locale(None, None, Some("C.utf8")).unicode());
        assert!(locale(None, Some("de_DE.UTF-8@euro"), Some("C")).unicode());
        assert!(!locale(Some("C"), Some("de_DE.UTF-8"), Some("de_DE.UTF-8")).unicode());
        assert!(!locale(None, None, Some("de_DE.ISO-8859-1")).unicode());
        assert!(!locale(None, None, Some("POSIX")).unicode());
        assert!(!locale(None, None, None).unicode());
    }

    #[test]
    fn a_terminal_that_cannot_place_text_is_dumb() {
        assert!(terminal("dumb", "").is_dumb());
        assert!(terminal("", "").is_dumb());
        assert!(!terminal("linux", "").is_dumb());
        assert!(!terminal("junk", "").is_dumb());
    }
}
