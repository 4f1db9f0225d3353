//! What was done in this run, and what came of it.

use std::collections::VecDeque;

use crate::model::{ControlNews, Deed, Happened, Nanos};

/// How many entries are kept.
const KEPT: usize = 10_000;

/// One act on one process, as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// When it was done.
    pub at: Nanos,
    /// The same moment in nanoseconds since the epoch; `None` before the first look.
    pub wall: Option<Nanos>,
    /// What was done to whom, and what came of it so far.
    pub deed: Deed,
}

/// All of them, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Journal(VecDeque<Entry>);

impl Journal {
    /// Takes in what happened at `at`: as a line of its own, or in the line of the act that it goes on with. Whether
    /// there is a line more.
    pub fn take(&mut self, at: Nanos, wall: Option<Nanos>, news: &ControlNews) -> bool {
        // An attempt begins a line; nobody has to look through all of them for that.
        let is_sequel = matches!(news.what, Happened::Verdict(_) | Happened::Respawned(_));
        if is_sequel && self.0.iter_mut().rev().any(|entry| entry.deed.goes_on(news)) {
            return false;
        }
        let Some(deed) = Deed::new(news) else { return false };
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Entry { at, wall, deed });
        true
    }

    /// The entries, newest first.
    pub fn newest_first(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.0.iter().rev()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was done yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Act, Outcome, ProcId, Signal, Target, Verdict};

    fn news(pid: u32, what: Happened) -> ControlNews {
        let target = Target::new(ProcId::new(pid, 1).unwrap(), "sh");
        ControlNews { session: 1, target, act: Some(Act::Signal(Signal::TERM)), what }
    }

    #[test]
    fn a_verdict_stands_in_the_line_of_its_act() {
        let mut journal = Journal::default();
        for pid in [7, 8] {
            assert!(journal.take(Nanos(1), None, &news(pid, Happened::Outcome(Outcome::Delivered))));
        }
        let ended = Happened::Verdict(Verdict::Ended { after: 0.5 });
        assert!(!journal.take(Nanos(2), None, &news(7, ended)));
        assert!(!journal.take(Nanos(3), None, &news(7, Happened::Over { reached: 2, escaped: 0 })));
        let said: Vec<String> = journal.newest_first().map(|entry| entry.deed.result()).collect();
        assert_eq!(said, ["SIGTERM delivered", "ended after 0.5 s"]);
        assert!(journal.newest_first().all(|entry| entry.at == Nanos(1)));
    }

    #[test]
    fn the_oldest_make_room() {
        let mut journal = Journal::default();
        for pid in 1..=KEPT as u32 + 5 {
            assert!(journal.take(Nanos(1), None, &news(pid, Happened::Outcome(Outcome::Delivered))));
        }
        let oldest = journal.newest_first().last().map(|entry| entry.deed.target.id.pid.get());
        assert_eq!((journal.len(), oldest), (KEPT, Some(6)));
    }
}
