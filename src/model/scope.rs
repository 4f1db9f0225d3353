//! Whom an act can be meant for, beyond the row that was chosen.

use std::collections::HashSet;

use super::{Forest, Kind, Proc, ProcId, Snapshot, Target};

/// How far an act reaches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Scope {
    /// The tagged rows, or the one under the cursor.
    #[default]
    Chosen,
    /// Those and all their descendants.
    Subtree,
    /// Everybody in the process group of the chosen one: credentials(7).
    Group,
    /// Everybody in its session.
    Session,
    /// Everybody in its cgroup (version 2), which may be a systemd unit.
    Cgroup,
    /// All rows that match the filter.
    Matches,
}

impl Scope {
    /// All of them, the narrowest first.
    pub const ALL: [Scope; 6] =
        [Scope::Chosen, Scope::Subtree, Scope::Group, Scope::Session, Scope::Cgroup, Scope::Matches];

    /// One word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Scope::Chosen => "chosen",
            Scope::Subtree => "subtree",
            Scope::Group => "group",
            Scope::Session => "session",
            Scope::Cgroup => "cgroup",
            Scope::Matches => "matches",
        }
    }
}

impl Snapshot {
    /// The processes among `roots` and all their descendants, ordered by pid.
    pub fn subtree(&self, roots: &[ProcId]) -> Vec<Target> {
        let roots: HashSet<ProcId> = roots.iter().copied().collect();
        let forest = Forest::new(&self.procs);
        let is_root = |at: usize| self.procs.get(at).is_some_and(|proc| roots.contains(&proc.id()));
        let inside = |at: usize, proc: &Proc| is_process(proc) && forest.ancestry(at).any(is_root);
        let all = self.procs.iter().enumerate();
        all.filter(|(at, proc)| inside(*at, proc)).map(|(_, proc)| proc.target()).collect()
    }

    /// The processes in the process group `pgrp`, ordered by pid.
    pub fn group(&self, pgrp: u32) -> Vec<Target> {
        self.those(|proc| proc.task.pgrp == pgrp)
    }

    /// The processes in the session `session`, ordered by pid.
    pub fn session(&self, session: u32) -> Vec<Target> {
        self.those(|proc| proc.task.session == session)
    }

    fn those(&self, which: impl Fn(&Proc) -> bool) -> Vec<Target> {
        self.procs.iter().filter(|proc| is_process(proc) && which(proc)).map(Proc::target).collect()
    }
}

/// Threads are no targets of their own here: their process is.
fn is_process(proc: &Proc) -> bool {
    matches!(proc.task.kind, Kind::Process | Kind::Kernel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Pid, Task};

    fn snapshot() -> Snapshot {
        // pid, parent, group, session
        let procs = [(1, 0, 1, 1), (2, 1, 2, 2), (3, 2, 2, 2), (4, 3, 4, 2), (5, 1, 5, 5), (6, 5, 4, 2)];
        let procs = procs.into_iter().map(|(pid, parent, pgrp, session)| {
            let task = Task::bare(ProcId::new(pid, u64::from(pid)).unwrap());
            Proc::new(Task { parent: Pid::new(parent), pgrp, session, ..task })
        });
        let mut procs: Vec<Proc> = procs.collect();
        procs[4].task_mut().kind = Kind::Process;
        let thread =
            Task { kind: Kind::Thread(Pid::new(3).unwrap()), ..Task::bare(ProcId::new(7, 9).unwrap()) };
        procs.push(Proc::new(Task { parent: Pid::new(3), pgrp: 2, session: 2, ..thread }));
        Snapshot { procs, ..Snapshot::default() }
    }

    fn pids(targets: Vec<Target>) -> Vec<u32> {
        targets.into_iter().map(|target| target.id.pid.get()).collect()
    }

    #[test]
    fn each_scope_has_its_members_and_no_threads() {
        let snapshot = snapshot();
        let id = |pid: u32| ProcId::new(pid, u64::from(pid)).unwrap();
        assert_eq!(pids(snapshot.subtree(&[id(2)])), [2, 3, 4]);
        assert_eq!(pids(snapshot.subtree(&[id(4), id(5)])), [4, 5, 6]);
        assert_eq!(pids(snapshot.subtree(&[ProcId::new(2, 77).unwrap()])), [0; 0], "another process");
        assert_eq!(pids(snapshot.group(2)), [2, 3]);
        assert_eq!(pids(snapshot.session(2)), [2, 3, 4, 6]);
    }
}
