//! Keys while the help is open, and what lists have in common.

use crate::app::{Action, App, Help, Layer};
use crate::config::{Chord, Key};

impl App {
    pub(super) fn help_key(&mut self, mut help: Help, chord: Chord) {
        if help.key(chord, self.walks(chord)) {
            self.layer = Some(Layer::Help(help));
        }
    }

    /// The same as a chord, for dialogs that know other keys besides.
    pub(super) fn walking(&self, chord: Chord) -> Chord {
        let key = self.walks(chord);
        if key == chord.key { chord } else { Chord::plain(key) }
    }

    /// The key to walk with that `chord` stands for in the key map, or the key itself: who goes down by another key in
    /// the table does so in lists that nothing is typed into.
    pub(super) fn walks(&self, chord: Chord) -> Key {
        match self.keymap.action(self.screen, chord) {
            Some(Action::Up) => Key::Up,
            Some(Action::Down) => Key::Down,
            Some(Action::PageUp) => Key::PageUp,
            Some(Action::PageDown) => Key::PageDown,
            Some(Action::Top) => Key::Home,
            Some(Action::Bottom) => Key::End,
            Some(Action::Left) => Key::Left,
            Some(Action::Right) => Key::Right,
            _ => chord.key,
        }
    }
}
