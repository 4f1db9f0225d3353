//! Which key does what on which screen.

use crate::config::{Chord, Complaint, nearest, parse_keymap};

use super::Screen;
use super::action::Action;

/// The keys glowtop comes with.
pub const DEFAULT_KEYMAP: &str = include_str!("../../assets/keymap.toml");

/// Key bindings, looked up by screen.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    /// Ordered as written: the first key of an action is the one that is shown.
    bindings: Vec<(Option<Screen>, Chord, Action)>,
}

impl Keymap {
    /// Reads a key map; what makes no sense is complained about and left out.
    pub fn parse(text: &str) -> (Keymap, Vec<Complaint>) {
        let (raw, mut complaints) = parse_keymap(text);
        let mut bindings = Vec::with_capacity(raw.len());
        for binding in raw {
            let mut complain = |text: String| complaints.push(Complaint::of_line(binding.line, text));
            let screen = Screen::ALL.iter().find(|screen| screen.id() == binding.section);
            if screen.is_none() && binding.section != "everywhere" {
                complain(format!("there is no screen '{}'", binding.section));
            } else if let Some(action) = Action::from_id(&binding.action) {
                bindings.push((screen.copied(), binding.chord, action));
            } else {
                let near = nearest(&binding.action, Action::ALL.iter().map(|a| a.id()));
                let hint = near.map_or(String::new(), |name| format!("; is '{name}' meant?"));
                complain(format!("there is no action '{}'{hint}", binding.action));
            }
        }
        (Keymap { bindings }, complaints)
    }

    /// What `chord` does on `screen`; the screen's own keys come before those for everywhere.
    pub fn action(&self, screen: Screen, chord: Chord) -> Option<Action> {
        let find = |wanted: Option<Screen>| {
            self.bindings
                .iter()
                .find(|(on, key, _)| *on == wanted && *key == chord)
                .map(|(_, _, action)| *action)
        };
        find(Some(screen)).or_else(|| find(None))
    }

    /// The keys of `action` on `screen`, the one to show first.
    pub fn keys(&self, screen: Screen, action: Action) -> impl Iterator<Item = Chord> + '_ {
        let fits = move |on: Option<Screen>| on.is_none_or(|on| on == screen);
        self.bindings
            .iter()
            .filter(move |(on, _, what)| *what == action && fits(*on))
            .map(|(_, chord, _)| *chord)
    }

    /// Every binding: the screen's name or `everywhere`, the key, the action.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, Chord, Action)> + '_ {
        self.bindings.iter().map(|(on, chord, action)| (on.map_or("everywhere", Screen::id), *chord, *action))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_keys_are_sound_and_every_action_has_one() {
        let (keymap, complaints) = Keymap::parse(DEFAULT_KEYMAP);
        assert_eq!(complaints, []);
        for action in Action::ALL {
            assert!(keymap.all().any(|(_, _, bound)| bound == *action), "{} has no key", action.id());
        }
        assert_eq!(keymap.action(Screen::Processes, Chord::char('k')), Some(Action::Signal));
        assert_eq!(keymap.action(Screen::Lab, Chord::char('K')), Some(Action::LabStop));
    }

    #[test]
    fn unknown_actions_are_complained_about() {
        let (keymap, complaints) = Keymap::parse("[everywhere]\nx = \"qiut\"\n[moon]\ny = \"quit\"\n");
        assert_eq!(keymap.all().count(), 0);
        let shown: Vec<_> = complaints.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            ["line 2: there is no action 'qiut'; is 'quit' meant?", "line 4: there is no screen 'moon'"]
        );
    }
}
