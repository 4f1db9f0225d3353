//! What the table is narrowed to besides what its rows say themselves: a subtree, and the processes outside of
//! containers.

use crate::model::{CgroupPlace, Forest, Proc, Snapshot, Untrusted};

use super::Rules;

/// Who is within what is looked at.
pub(super) struct Within {
    /// The position of the subtree's root.
    root: Option<usize>,
    /// Of each position whether it is within; `None` where all are.
    inside: Option<Vec<bool>>,
}

impl Within {
    pub(super) fn new(snapshot: &Snapshot, rules: &Rules<'_>) -> Within {
        let procs = &snapshot.procs;
        let root = rules.root.and_then(|id| snapshot.position(id));
        let mut inside = match (rules.root, root) {
            (None, _) => None,
            (Some(_), Some(at)) => Some(Forest::new(procs).inside(at)),
            (Some(_), None) => Some(vec![false; procs.len()]),
        };
        if rules.uncontained {
            let uncontained = Uncontained::new(snapshot);
            let marks = inside.get_or_insert_with(|| vec![true; procs.len()]);
            for (mark, proc) in marks.iter_mut().zip(procs) {
                *mark &= uncontained.has(proc);
            }
        }
        Within { root, inside }
    }

    /// Whether the process at this position is within.
    pub(super) fn has(&self, at: usize) -> bool {
        self.inside.as_ref().is_none_or(|inside| inside.get(at).copied().unwrap_or(false))
    }

    /// The position of the subtree's root, where there is one.
    pub(super) fn root(&self) -> Option<usize> {
        self.root
    }
}

/// Tells who is outside of containers, or in that which we are in ourselves.
pub struct Uncontained<'a> {
    ours: Option<&'a Untrusted>,
}

impl<'a> Uncontained<'a> {
    /// In this snapshot.
    pub fn new(snapshot: &'a Snapshot) -> Uncontained<'a> {
        let us = snapshot.host().own_pid.and_then(|pid| snapshot.find_pid(pid));
        Uncontained { ours: us.and_then(container) }
    }

    /// Whether it is, as far as is known.
    pub fn has(&self, proc: &Proc) -> bool {
        container(proc).is_none_or(|container| Some(container) == self.ours)
    }
}

fn container(proc: &Proc) -> Option<&Untrusted> {
    let place: &CgroupPlace = proc.task.details()?.cgroup.known()?;
    place.container.as_ref()
}
