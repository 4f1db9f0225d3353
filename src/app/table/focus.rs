//! The table narrowed to one process and its descendants.

use super::Table;
use crate::model::{Forest, Pid, ProcId, Snapshot, Untrusted};

/// The subtree that is looked at alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Focus {
    /// Its root.
    pub id: ProcId,
    /// What the root is called.
    pub name: Untrusted,
    /// Its ancestors with their names, the uppermost first, as of the last look.
    pub above: Vec<(Pid, Untrusted)>,
}

impl Table {
    /// The subtree that is looked at alone, if one is.
    pub fn focus(&self) -> Option<&Focus> {
        self.focus.as_ref()
    }

    /// Shows only the process under the cursor and its descendants, which are unfolded: who wants them alone wants to see
    /// them. Whether there is a process. It still has to be [rearranged](Table::rearrange).
    pub fn focus_on_selected(&mut self, snapshot: &Snapshot) -> bool {
        let Some(proc) = self.selected_process(snapshot) else { return false };
        let id = proc.id();
        if snapshot.find(id).is_none() {
            return false;
        }
        self.focus = Some(Focus { id, name: (*proc.task.comm).clone(), above: Vec::new() });
        self.folds.open(id);
        self.look_up(snapshot);
        self.first = 0;
        true
    }

    /// Shows all others too; whether they were left out. It still has to be rearranged.
    pub fn leave_focus(&mut self) -> Option<Focus> {
        self.focus.take()
    }

    /// After a look: finds the ancestors of the subtree anew. Where its root has ended, it is left and returned.
    pub(in crate::app) fn look_at_focus(&mut self, snapshot: &Snapshot) -> Option<Focus> {
        let id = self.focus.as_ref()?.id;
        if snapshot.find(id).is_none() && !snapshot.partial {
            return self.focus.take();
        }
        self.look_up(snapshot);
        None
    }

    fn look_up(&mut self, snapshot: &Snapshot) {
        let Some(focus) = &mut self.focus else { return };
        let Ok(at) = snapshot.procs.binary_search_by_key(&focus.id.pid, |proc| proc.task.id.pid) else {
            return;
        };
        let forest = Forest::new(&snapshot.procs);
        let above = forest.ancestry(at).skip(1).filter_map(|up| snapshot.procs.get(up));
        focus.above.clear();
        focus.above.extend(above.map(|proc| (proc.task.id.pid, (*proc.task.comm).clone())));
        focus.above.reverse();
        if let Some(proc) = snapshot.procs.get(at).filter(|proc| *proc.task.comm != focus.name) {
            focus.name = (*proc.task.comm).clone();
        }
    }
}
