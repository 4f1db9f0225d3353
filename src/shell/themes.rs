//! The themes there are: those that come with the program, and the user's own. Each is worked out when it is first worn,
//! because that takes a while and most are never asked for.

use std::borrow::Cow;

use super::settings::{THEMES, said};
use crate::config::{self, BUILTIN_THEMES};
use crate::view::{self, Depth};

/// All themes, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Themes(Vec<Source>);

/// Where a theme comes from.
#[derive(Clone, Debug)]
struct Source {
    name: Cow<'static, str>,
    about: Option<String>,
    /// The theme, or the text of one that comes with the program.
    theme: Result<Box<config::Theme>, &'static str>,
}

impl Themes {
    /// The built-in themes, and `files` of the user: the name of each without its ending, and its text. A file that has
    /// the name of a built-in theme takes its place. Also returned is what is wrong with them, with file and line.
    pub(super) fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Themes, Vec<String>) {
        let builtin = |(name, text): &(&'static str, &'static str)| Source {
            name: Cow::Borrowed(name),
            about: None,
            theme: Err(text),
        };
        let mut themes: Vec<Source> = BUILTIN_THEMES.iter().map(builtin).collect();
        let mut complaints = Vec::new();
        for (file, text) in files {
            let (mut theme, wrong) = config::Theme::parse(text);
            let file = crate::model::Untrusted::from(file).show(64);
            let path = format!("{THEMES}/{file}.toml");
            complaints.extend(wrong.iter().map(|complaint| said(&path, complaint)));
            // What is no TOML at all is not offered: it would be the default under another name.
            if wrong.iter().any(|complaint| complaint.text.starts_with(config::NO_TOML)) {
                continue;
            }
            // A name stands in lists and behind --theme, where a blank would cut it.
            let named = !theme.name.is_empty() && !theme.name.contains(' ');
            let leans = BUILTIN_THEMES.iter().any(|(known, _)| *known == theme.name) && theme.name != file;
            if !named || leans {
                theme.name = file.replace(' ', "-");
            }
            let source = Source {
                name: Cow::Owned(theme.name.clone()),
                about: Some(theme.about.clone()),
                theme: Ok(Box::new(theme)),
            };
            match themes.iter_mut().find(|known| known.name == source.name) {
                Some(known) => *known = source,
                None => themes.push(source),
            }
        }
        (Themes(themes), complaints)
    }

    /// Their names, in the order in which a key walks them.
    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|source| source.name.to_string()).collect()
    }

    /// The place of the theme of that name.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|source| source.name == name)
    }

    /// Each with its sentence.
    pub(super) fn described(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|source| {
            let about = source.about.clone().unwrap_or_else(|| parsed(source).about);
            (source.name.as_ref(), about)
        })
    }

    /// The theme at `place` as a terminal with these colours and characters shows it; the first where there is none.
    pub(super) fn made(&self, place: usize, depth: Depth, unicode: bool) -> view::Theme {
        let source = self.0.get(place).or_else(|| self.0.first());
        view::Theme::new(&source.map(parsed).unwrap_or_default(), depth, unicode)
    }
}

fn parsed(source: &Source) -> config::Theme {
    match &source.theme {
        Ok(theme) => (**theme).clone(),
        Err(text) => config::Theme::parse(text).0,
    }
}

/// The theme that is worn, made anew when another one is chosen, or other colours or characters.
#[derive(Clone, Debug)]
pub(super) struct Worn {
    themes: Themes,
    /// What the terminal can show.
    depth: Depth,
    unicode: bool,
    /// What is worn, with its place and whether it has colours and more than ASCII.
    now: Option<((usize, bool, bool), view::Theme)>,
}

impl Worn {
    /// For a terminal with these colours and characters.
    pub(super) fn new(themes: Themes, depth: Depth, unicode: bool) -> Worn {
        Worn { themes, depth, unicode, now: None }
    }

    /// The theme at `place`, as far as these options want colours and characters.
    pub(super) fn wear(&mut self, place: usize, options: &config::Options) -> &view::Theme {
        let wanted = (place, options.colours, options.unicode);
        let worn = self.now.take().filter(|(now, _)| *now == wanted);
        let depth = if options.colours { self.depth } else { Depth::Mono };
        let made = || (wanted, self.themes.made(place, depth, self.unicode && options.unicode));
        &self.now.insert(worn.unwrap_or_else(made)).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Role;

    #[test]
    fn the_users_own_stand_behind_ours_or_in_their_place() {
        let files = [
            (
                "mine",
                "name = \"rust\"\nabout = \"Mine.\"\ndark = true\n[roles]\ntext = \"#eeeeee\"\nbadd = 3\n",
            ),
            ("nord", "name = \"nord\"\nabout = \"My ice.\"\ndark = true\n"),
            ("broken", "name = "),
            ("un named", "like = \"ash\"\n"),
        ];
        let (themes, complaints) = Themes::new(files);
        let names = themes.names();
        assert_eq!(names.len(), BUILTIN_THEMES.len() + 2);
        assert_eq!(names[BUILTIN_THEMES.len()..], ["rust", "un-named"]);
        assert!(themes.described().any(|(name, about)| name == "nord" && about == "My ice."));
        assert!(
            complaints
                .contains(&"themes/mine.toml line 6: there is no role 'badd'; did you mean 'bad'?".into()),
            "{complaints:?}"
        );
        assert!(complaints.iter().any(|c| c.starts_with("themes/broken.toml line 1: this is not TOML")));
        let mut worn = Worn::new(themes.clone(), Depth::True, true);
        let mut options = config::Settings::default().options;
        let ember = worn.wear(0, &options).style(Role::Good);
        assert_ne!(worn.wear(themes.place("rust").unwrap(), &options).style(Role::Text), ember);
        assert_eq!(worn.wear(0, &options).style(Role::Good), ember);
        assert!(ember.fg.is_some() && worn.wear(0, &options).glyphs().unicode());
        (options.colours, options.unicode) = (false, false);
        assert_eq!(worn.wear(0, &options).style(Role::Good).fg, None);
        assert!(!worn.wear(0, &options).glyphs().unicode());
    }

    #[test]
    fn each_has_a_name_and_a_sentence() {
        for (name, about) in Themes::new([]).0.described() {
            assert!(!name.is_empty() && about.ends_with('.'), "{name}: {about}");
        }
    }
}
