//! What a query has to know beside the process, found out once for a look.

use crate::model::{Forest, Kind, Pid, Proc, ProcId, Snapshot, When};

/// What a query has to know of a look, beside the process it is asked about. Before the first look ([`Default`]) nothing
/// is known, and what needs it is neither true nor false.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Prepared {
    pub(super) when: When,
    /// All memory of the machine, bytes; not 0.
    pub(super) memory: Option<u64>,
    /// The user who looks; `user=me`.
    pub(super) me: Option<u32>,
    families: Vec<Family>,
}

/// A process that a query names with `under:`, and who is below it.
#[derive(Clone, PartialEq, Debug)]
struct Family {
    root: Pid,
    /// Who had this pid when it was first there. When that one is gone, the pid may be given out again, and whoever gets
    /// it is not meant.
    who: Option<ProcId>,
    /// It and its descendants, ordered.
    members: Vec<ProcId>,
}

impl Prepared {
    /// What is so in `snapshot`; `roots` are the pids behind `under:`. Such a pid stays the process that it was first.
    pub(super) fn look(&mut self, roots: &[Pid], snapshot: &Snapshot) {
        self.when = snapshot.when();
        self.me = (snapshot.number > 0).then(|| snapshot.host().own_uid);
        self.memory = snapshot.memory().map(|memory| memory.total).filter(|total| *total > 0);
        self.families.retain(|family| roots.contains(&family.root));
        if roots.is_empty() {
            return;
        }
        let procs = &snapshot.procs;
        let forest = Forest::new(procs);
        for &root in roots {
            let at = match self.families.iter().position(|family| family.root == root) {
                Some(at) => at,
                None => {
                    self.families.push(Family { root, who: None, members: Vec::new() });
                    self.families.len() - 1
                }
            };
            let Some(family) = self.families.get_mut(at) else { continue };
            family.members.clear();
            let Ok(position) = procs.binary_search_by_key(&root, |proc| proc.task.id.pid) else { continue };
            let Some(found) = procs.get(position).map(Proc::id) else { continue };
            if *family.who.get_or_insert(found) == found {
                let inside = procs.iter().zip(forest.inside(position)).filter(|(_, inside)| *inside);
                family.members.extend(inside.map(|(proc, _)| proc.id()));
            }
        }
    }

    /// Whether `proc` is the process with the pid `root` or descends from it; `None` before a look.
    pub(super) fn under(&self, root: Pid, proc: &Proc) -> Option<bool> {
        let family = self.families.iter().find(|family| family.root == root)?;
        let id = proc.id();
        if family.members.binary_search(&id).is_ok() || (proc.gone.is_some() && family.who == Some(id)) {
            return Some(true);
        }
        // Who is no longer there belongs to whom the parent belongs to, if that one is not younger.
        let dead = proc.gone.is_some() || proc.task.kind == Kind::ShortLived;
        let parent = proc.task.parent.filter(|_| dead);
        Some(parent.is_some_and(|parent| {
            let at = family.members.partition_point(|member| member.pid < parent);
            let elder = |member: &ProcId| member.pid == parent && member.start_time <= id.start_time;
            family.members.get(at).is_some_and(elder)
        }))
    }
}
