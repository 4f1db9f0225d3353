//! The cursor goes to whoever is looked for: by number, or by what matches, on and round or back.

use super::Table;
use crate::model::{Kind, Pid, Proc, Snapshot};
use crate::query::Filter;

impl Table {
    /// Puts the cursor on the process with this pid, if it is shown.
    pub fn find_pid(&mut self, snapshot: &Snapshot, pid: Pid) -> bool {
        // A row of the dead borrows its parent's pid.
        let is_it = |proc: &Proc| proc.task.id.pid == pid && proc.task.kind != Kind::ShortLived;
        self.find_line(snapshot, self.index, is_it) || self.find_in_folded(snapshot, is_it)
    }

    /// Puts the cursor on the next line, from `from` on and round, whose process matches.
    pub fn find(&mut self, snapshot: &Snapshot, from: usize, wanted: &Filter) -> bool {
        if self.arranged.groups.is_some() {
            return self.find_in_groups(snapshot, from, wanted);
        }
        self.find_line(snapshot, from, |proc| wanted.matches(proc))
    }

    /// Puts the cursor on the nearest line above `before`, and round, whose process matches.
    pub fn find_back(&mut self, snapshot: &Snapshot, before: usize, wanted: &Filter) -> bool {
        let count = self.arranged.lines.len();
        let places = (1..=count).map(move |i| (before % count + count - i) % count);
        self.find_among(snapshot, places, |proc| wanted.matches(proc))
    }

    pub(super) fn find_line(
        &mut self,
        snapshot: &Snapshot,
        from: usize,
        wanted: impl Fn(&Proc) -> bool,
    ) -> bool {
        let count = self.arranged.lines.len();
        self.find_among(snapshot, (0..count).map(move |i| (from + i) % count), wanted)
    }

    fn find_among(
        &mut self,
        snapshot: &Snapshot,
        mut places: impl Iterator<Item = usize>,
        wanted: impl Fn(&Proc) -> bool,
    ) -> bool {
        let hit = places.find(|at| {
            self.arranged.lines.get(*at).and_then(|line| line.proc(snapshot)).is_some_and(&wanted)
        });
        if let Some(at) = hit {
            self.go_to(snapshot, at);
        }
        hit.is_some()
    }
}
