//! Which key does what on which screen: a map that comes with the program, and what a user lays over it.

use crate::config::{Binding, Chord, Complaint, EVERYWHERE, Key, nearest, parse_keymap};

use super::Screen;
use super::action::Action;

/// The keys glowtop comes with: htop's.
pub const DEFAULT_KEYMAP: &str = include_str!("../../assets/keymap.toml");

/// The key maps that can be chosen: their names, what they are, and what each lays over the first.
pub const KEYMAPS: [(&str, &str, &str); 2] = [
    ("htop", "htop's keys, and free ones for what htop has not", ""),
    (
        "vim",
        "h j k l and others of vi; htop's function keys stay",
        include_str!("../../assets/keymap-vim.toml"),
    ),
];

/// What a key is bound to that shall do nothing.
const NOTHING: &str = "none";

/// Leaves the program whatever a key map says, unless another key does.
const WAY_OUT: Chord = Chord::ctrl('c');

/// Key bindings, looked up by screen.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    /// Ordered as written, what was laid over the rest first: the first key of an action is the one that is shown. With
    /// no action, the key does nothing, on its screen or on all.
    bindings: Vec<Bound>,
}

/// One key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Bound {
    /// Its screen; `None` for all.
    on: Option<Screen>,
    chord: Chord,
    action: Option<Action>,
}

impl Keymap {
    /// Reads a key map; what makes no sense is complained about and left out.
    pub fn parse(text: &str) -> (Keymap, Vec<Complaint>) {
        let (bindings, complaints) = read(text);
        (Keymap { bindings: bindings.into_iter().map(|(bound, _)| bound).collect() }, complaints)
    }

    /// The map of that name; see [`KEYMAPS`].
    pub fn named(name: &str) -> Option<Keymap> {
        let (_, _, over) = KEYMAPS.iter().find(|(known, ..)| *known == name)?;
        let mut keymap = Keymap::parse(DEFAULT_KEYMAP).0;
        // A test holds that it has no complaints.
        let _ = keymap.lay(over);
        Some(keymap)
    }

    /// The map of that name, or htop's, with `over` laid over it in turn, and what is wrong with each of these.
    pub fn laid<const N: usize>(name: &str, over: [&[Binding]; N]) -> (Keymap, [Vec<Complaint>; N]) {
        let mut keymap = Keymap::named(name).unwrap_or_else(|| Keymap::parse(DEFAULT_KEYMAP).0);
        let complaints = over.map(|bindings| keymap.lay_bindings(bindings));
        (keymap, complaints)
    }

    /// Lays the keys of `text` over these: a key for everywhere also takes the place of what a screen has of its own,
    /// unless `text` says otherwise for that screen. What makes no sense is complained about and left out, and so is
    /// what an action loses its last key to.
    pub fn lay(&mut self, text: &str) -> Vec<Complaint> {
        let (new, complaints) = read(text);
        self.lay_over(&new, complaints)
    }

    /// The same with keys that were read already.
    fn lay_bindings(&mut self, raw: &[Binding]) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let new = understand(raw, &mut complaints);
        self.lay_over(&new, complaints)
    }

    fn lay_over(&mut self, new: &[(Bound, Option<usize>)], mut complaints: Vec<Complaint>) -> Vec<Complaint> {
        let mut lost = Vec::new();
        for (bound, line) in new {
            let own = |screen: Option<Screen>| {
                new.iter().any(|(other, _)| other.on == screen && other.chord == bound.chord)
            };
            self.bindings.retain(|old| {
                let same =
                    old.chord == bound.chord && (old.on == bound.on || (bound.on.is_none() && !own(old.on)));
                if let (true, Some(was), Some(now)) = (same, old.action, bound.action)
                    && was != now
                {
                    lost.push((was, *old, *line));
                }
                !same
            });
        }
        self.bindings.splice(0..0, new.iter().map(|(bound, _)| *bound));
        for (action, old, line) in lost {
            let screens =
                Screen::WITH_KEYS.into_iter().filter(|screen| old.on.is_none_or(|on| on == *screen));
            if screens.into_iter().all(|screen| self.keys(screen, action).next().is_none()) {
                let text = format!("{} did '{}', which has no key any more", old.chord, action.id());
                complaints.push(Complaint::of_line(line, text));
            }
        }
        if Screen::ALL.into_iter().any(|screen| self.keys(screen, Action::Quit).next().is_none()) {
            let quit = Bound { on: None, chord: WAY_OUT, action: Some(Action::Quit) };
            self.bindings.retain(|old| old.chord != WAY_OUT);
            self.bindings.push(quit);
            complaints.push(Complaint::whole(format!("no key leaves the program: {WAY_OUT} does")));
        }
        complaints.sort_by_key(|complaint| complaint.line);
        complaints
    }

    /// What `chord` does on `screen`; the screen's own keys come before those for everywhere.
    pub fn action(&self, screen: Screen, chord: Chord) -> Option<Action> {
        let find = |wanted: Option<Screen>| {
            self.bindings.iter().find(|bound| bound.on == wanted && bound.chord == chord)
        };
        find(Some(screen)).or_else(|| find(None)).and_then(|bound| bound.action)
    }

    /// The keys of `action` on `screen`, the one to show first.
    pub fn keys(&self, screen: Screen, action: Action) -> impl Iterator<Item = Chord> + '_ {
        let fits = move |on: Option<Screen>| on.is_none_or(|on| on == screen);
        self.bindings
            .iter()
            .filter(move |bound| bound.action == Some(action) && fits(bound.on))
            .map(|bound| bound.chord)
            // A key that does something else on this screen is not one of them.
            .filter(move |chord| self.action(screen, *chord) == Some(action))
    }

    /// The key of `action` to show on `screen`: its own before one for everywhere.
    pub fn key(&self, screen: Screen, action: Action) -> Option<Chord> {
        let is_own = |bound: &&Bound| bound.action == Some(action) && bound.on == Some(screen);
        let own = self.bindings.iter().find(is_own);
        own.map(|bound| bound.chord).or_else(|| self.keys(screen, action).next())
    }

    /// Every binding: the screen's name or `everywhere`, the key, the action.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, Chord, Action)> + '_ {
        self.bindings
            .iter()
            .filter_map(|bound| Some((bound.on.map_or(EVERYWHERE, Screen::id), bound.chord, bound.action?)))
    }
}

/// Reads `text`; each key with its line.
fn read(text: &str) -> (Vec<(Bound, Option<usize>)>, Vec<Complaint>) {
    let (raw, mut complaints) = parse_keymap(text);
    (understand(&raw, &mut complaints), complaints)
}

/// The keys of `raw` that make sense, each with its line.
fn understand(raw: &[Binding], complaints: &mut Vec<Complaint>) -> Vec<(Bound, Option<usize>)> {
    let mut bindings = Vec::with_capacity(raw.len());
    for binding in raw {
        let mut complain = |text: String| complaints.push(Complaint::of_line(binding.line, text));
        let screen = Screen::WITH_KEYS.iter().find(|screen| screen.id() == binding.section).copied();
        let action = Action::from_id(&binding.action);
        let is_digit =
            matches!(binding.chord, Chord { key: Key::Char('0'..='9'), ctrl: false, alt: false, .. });
        if screen.is_none() && binding.section != EVERYWHERE {
            let near =
                nearest(&binding.section, Screen::WITH_KEYS.iter().map(|s| s.id()).chain([EVERYWHERE]));
            let hint = near.map_or(String::new(), |name| format!("; is '{name}' meant?"));
            complain(format!("there is no screen '{}'{hint}", binding.section));
        } else if is_digit && screen.is_none_or(|screen| screen == Screen::Processes) {
            complain(format!("{} cannot be bound: digits find a pid", binding.chord));
        } else if action.is_some() || binding.action == NOTHING {
            bindings.push((Bound { on: screen, chord: binding.chord, action }, binding.line));
        } else {
            let near = nearest(&binding.action, Action::ALL.iter().map(|a| a.id()).chain([NOTHING]));
            let hint = near.map_or(String::new(), |name| format!("; is '{name}' meant?"));
            complain(format!("there is no action '{}'{hint}", binding.action));
        }
    }
    bindings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(text: &str) -> (Keymap, Vec<String>) {
        let mut keymap = Keymap::named("htop").expect("ours");
        let complaints = keymap.lay(text);
        (keymap, complaints.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn our_keys_are_sound_and_every_action_has_one() {
        for (name, _, over) in KEYMAPS {
            let (mut keymap, mut complaints) = Keymap::parse(DEFAULT_KEYMAP);
            complaints.extend(keymap.lay(over));
            assert_eq!(complaints, [], "{name}");
            for action in Action::ALL {
                assert!(
                    keymap.all().any(|(_, _, bound)| bound == *action),
                    "{name}: {} has no key",
                    action.id()
                );
            }
        }
        let keymap = Keymap::named("htop").expect("ours");
        assert_eq!(keymap.action(Screen::Processes, Chord::char('k')), Some(Action::Signal));
        assert_eq!(keymap.action(Screen::Lab, Chord::char('K')), Some(Action::LabStop));
        assert!(Keymap::named("emacs").is_none());
    }

    #[test]
    fn fingers_of_vi_are_at_home() {
        let keymap = Keymap::named("vim").expect("ours");
        let does = |text: &str| keymap.action(Screen::Processes, text.parse().expect(text));
        for (key, action) in [
            ("j", Action::Down),
            ("k", Action::Up),
            ("h", Action::Left),
            ("l", Action::Right),
            ("g", Action::Top),
            ("G", Action::Bottom),
            ("Ctrl-D", Action::PageDown),
            ("Ctrl-U", Action::PageUp),
            ("/", Action::Search),
            ("n", Action::SearchNext),
            ("N", Action::SearchPrev),
            ("x", Action::Signal),
            ("F1", Action::Help),
            ("F9", Action::Signal),
        ] {
            assert_eq!(does(key), Some(action), "{key}");
        }
        // Whatever can be done with the one map on a screen can be done with the other.
        let htop = Keymap::named("htop").expect("ours");
        for screen in Screen::WITH_KEYS {
            for action in Action::ALL.iter().filter(|action| htop.keys(screen, **action).next().is_some()) {
                assert!(keymap.keys(screen, *action).next().is_some(), "{screen:?}: {}", action.id());
            }
        }
    }

    #[test]
    fn the_users_keys_take_the_place_of_ours_and_are_shown_first() {
        let (keymap, complaints) = laid("[processes]\n\"~\" = \"help\"\nF5 = \"pause\"\nq = \"none\"\n");
        assert_eq!(complaints, [""; 0]);
        let does = |screen, text: &str| keymap.action(screen, text.parse().expect(text));
        assert_eq!(does(Screen::Processes, "~"), Some(Action::Help));
        assert_eq!(does(Screen::Processes, "F5"), Some(Action::Pause));
        assert_eq!((does(Screen::Processes, "q"), does(Screen::Lab, "q")), (None, Some(Action::Quit)));
        assert_eq!(keymap.keys(Screen::Processes, Action::Help).next(), Some(Chord::char('~')));
        assert_eq!(keymap.keys(Screen::Processes, Action::Tree).next(), Some(Chord::char('t')));
    }

    #[test]
    fn everywhere_is_everywhere_unless_the_same_text_says_otherwise() {
        let (keymap, complaints) = laid("Space = \"page_down\"\n[lab]\nSpace = \"lab_hold\"\n");
        assert_eq!(complaints, ["line 1: Space did 'tag', which has no key any more"]);
        let space = |screen| keymap.action(screen, Chord::char(' '));
        assert_eq!(space(Screen::Processes), Some(Action::PageDown));
        assert_eq!(space(Screen::Lab), Some(Action::LabHold));
    }

    #[test]
    fn the_way_out_stays() {
        let (keymap, complaints) = laid("q = \"none\"\nF10 = \"none\"\nCtrl-C = \"none\"\n");
        assert_eq!(complaints, ["no key leaves the program: Ctrl-C does"]);
        assert_eq!(keymap.action(Screen::Lab, Chord::ctrl('c')), Some(Action::Quit));
    }

    #[test]
    fn what_makes_no_sense_is_complained_about() {
        let (_, complaints) = laid(
            "[everywhere]\nx = \"qiut\"\n[procesess]\ny = \"quit\"\n[processes]\n7 = \"quit\"\nCtrl-u = \"help\"\n\
             Ctrl-U = \"quit\"\nw = 3\n",
        );
        assert_eq!(
            complaints,
            [
                "line 2: there is no action 'qiut'; is 'quit' meant?",
                "line 4: there is no screen 'procesess'; is 'processes' meant?",
                "line 6: 7 cannot be bound: digits find a pid",
                "line 7: Ctrl-U did 'undo', which has no key any more",
                "line 8: Ctrl-U is bound to 'help' in line 7 already",
                "line 9: the action of 'w' must be text, not integer",
            ]
        );
    }
}
