//! Tags: processes that are marked one by one, so that an act is for all of them.

use super::Table;
use crate::model::{Forest, Kind, Proc, ProcId, Snapshot};

impl Table {
    /// Whether the process is tagged.
    pub fn is_tagged(&self, id: ProcId) -> bool {
        self.tagged.contains(&id)
    }

    /// How many are tagged.
    pub fn tagged(&self) -> usize {
        self.tagged.len()
    }

    /// Tags the selected process or all of the selected group, or untags it, and goes to the next row, whatever row it
    /// was.
    pub fn toggle_tag(&mut self, snapshot: &Snapshot) {
        self.toggle_tag_of_group(snapshot);
        if let Some(id) = self.selected_process(snapshot).map(Proc::id)
            && !self.tagged.remove(&id)
        {
            self.tagged.insert(id);
        }
        if self.selected(snapshot).is_some() || self.selected_group().is_some() {
            self.step(snapshot, 1);
        }
    }

    /// Tags the selected process and all its descendants, or all of the selected group.
    pub fn tag_subtree(&mut self, snapshot: &Snapshot) {
        self.tag_group(snapshot);
        let Some(root) = self.selected_process(snapshot).map(Proc::id) else { return };
        let forest = Forest::new(&snapshot.procs);
        let is_root = |at: usize| snapshot.procs.get(at).is_some_and(|proc| proc.id() == root);
        for (at, proc) in snapshot.procs.iter().enumerate() {
            if !matches!(proc.task.kind, Kind::Thread(_)) && forest.ancestry(at).any(is_root) {
                self.tagged.insert(proc.id());
            }
        }
    }

    /// Untags all.
    pub fn untag_all(&mut self) {
        self.tagged.clear();
    }
}
