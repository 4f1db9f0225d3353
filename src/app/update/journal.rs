//! The log of acts on the screen: what is written down, and the keys that walk through it.

use crate::app::list::walk;
use crate::app::{App, Layer};
use crate::config::{Chord, Key};
use crate::model::{ControlNews, Nanos};

impl App {
    /// Writes down what became of an act.
    pub(super) fn write_down(&mut self, news: &ControlNews) {
        // The look that is shown knows both clocks; before the first one the time of day is not known.
        let snapshot = &self.snapshot;
        let wall = (snapshot.number > 0).then(|| {
            let since = self.now.0.saturating_sub(snapshot.taken.0);
            Nanos(snapshot.wall.saturating_add(since))
        });
        let longer = self.journal.take(self.now, wall, news);
        // Who reads an older line goes on reading it; who is at the newest sees what comes.
        if let (true, Some(Layer::Journal(at))) = (longer, &mut self.layer)
            && *at > 0
        {
            *at = (*at + 1).min(self.journal.len().saturating_sub(1));
        }
    }

    /// A key while the log is open: some walk, Enter means nothing, all others close it.
    pub(super) fn journal_key(&mut self, at: usize, chord: Chord) {
        let count = self.journal.len();
        let key = self.walks(chord);
        match key {
            Key::Up | Key::Down | Key::PageUp | Key::PageDown | Key::Home | Key::End => {
                self.layer = Some(Layer::Journal(walk(at, count, key)));
            }
            Key::Char(' ') => self.layer = Some(Layer::Journal(walk(at, count, Key::PageDown))),
            Key::Enter => self.layer = Some(Layer::Journal(at)),
            _ => {}
        }
    }
}
