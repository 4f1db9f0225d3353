//! What can be taken back: values that were changed, and who was stopped.

use crate::model::{Act, ControlNews, Happened, Outcome, Signal, Verdict};

/// How many acts are remembered.
const KEPT: usize = 200;
/// Widest a name is shown.
const NAME_CELLS: usize = 24;

/// An act of which something can be taken back.
#[derive(Clone, Debug)]
struct Deed {
    session: u64,
    /// What was done, where it was done to one.
    one: String,
    /// What was done, to follow "of 3 processes".
    many: String,
    changed: usize,
    stopped: usize,
}

/// The acts that can be taken back, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Undoable {
    deeds: Vec<Deed>,
    /// The sessions that take back: what they change is not to be taken back in turn.
    undoing: Vec<u64>,
}

impl Undoable {
    /// Remembers what can be taken back of what `news` tell.
    pub fn news(&mut self, news: &ControlNews) {
        let (many, stopped) = match (&news.what, news.act) {
            (Happened::Outcome(Outcome::Changed(change)), _) if change.from != change.to => {
                (format!("{} → {}", change.to.what(), change.to), false)
            }
            (Happened::Verdict(Verdict::Stopped), Some(Act::Signal(Signal::STOP))) => {
                ("freeze".to_owned(), true)
            }
            _ => return,
        };
        if self.undoing.contains(&news.session) {
            return;
        }
        let at = self.deeds.partition_point(|deed| deed.session < news.session);
        if self.deeds.get(at).is_none_or(|deed| deed.session != news.session) {
            let one = format!("{many} of {} {}", news.target.id.pid, news.target.name.show(NAME_CELLS));
            let deed = Deed { session: news.session, one, many, changed: 0, stopped: 0 };
            self.deeds.insert(at, deed);
            if self.deeds.len() > KEPT {
                self.deeds.remove(0);
            }
        }
        let at = self.deeds.partition_point(|deed| deed.session < news.session);
        if let Some(deed) = self.deeds.get_mut(at) {
            *(if stopped { &mut deed.stopped } else { &mut deed.changed }) += 1;
        }
    }

    /// One whom `session` had stopped goes on or is gone: there is less to take back.
    pub fn went_on(&mut self, session: u64) {
        let at = self.deeds.partition_point(|deed| deed.session < session);
        let Some(deed) = self.deeds.get_mut(at).filter(|deed| deed.session == session) else { return };
        deed.stopped = deed.stopped.saturating_sub(1);
        if deed.stopped + deed.changed == 0 {
            self.deeds.remove(at);
        }
    }

    /// Takes the last act from the list: its session, and what it was. `by` is the session that takes it back.
    pub fn take(&mut self, by: u64) -> Option<(u64, String)> {
        let deed = self.deeds.pop()?;
        if self.undoing.len() >= KEPT {
            self.undoing.remove(0);
        }
        self.undoing.push(by);
        let count = deed.changed + deed.stopped;
        let what = if count == 1 { deed.one } else { format!("{} of {count} processes", deed.many) };
        Some((deed.session, what))
    }
}
