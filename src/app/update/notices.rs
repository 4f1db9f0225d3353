//! The list of what was said: the keys that walk through it.

use crate::app::list::walk;
use crate::app::{Action, App, Effect, Layer};
use crate::config::{Chord, Key};

impl App {
    /// A key while the list is open: some walk, one copies, Enter means nothing, all others close it.
    pub(super) fn notices_key(&mut self, at: usize, chord: Chord, effects: &mut Vec<Effect>) {
        let count = self.notices.all().count();
        let copies =
            self.keymap.action(self.screen, chord) == Some(Action::Copy) || chord == Chord::char('y');
        match self.walks(chord) {
            key @ (Key::Up | Key::Down | Key::PageUp | Key::PageDown | Key::Home | Key::End) => {
                self.layer = Some(Layer::Notices(walk(at, count, key)));
            }
            Key::Char(' ') => self.layer = Some(Layer::Notices(walk(at, count, Key::PageDown))),
            Key::Enter => self.layer = Some(Layer::Notices(at)),
            _ if copies => {
                effects.extend(self.notices.all().nth(at).map(|notice| Effect::Copy(notice.text.clone())));
                self.layer = Some(Layer::Notices(at));
            }
            _ => {}
        }
    }
}
