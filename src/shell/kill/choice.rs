//! Who is meant by a filter, and who is left out and why.

use std::collections::BTreeSet;

use super::ids;
use crate::model::{Kind, Pid, Proc, ProcId, Snapshot, Target};
use crate::query::Filter;

/// Widest a name is shown in a sentence.
const NAME_CELLS: usize = 24;

/// Whom the command is about.
pub(in crate::shell) struct Choice {
    /// Who matches, ordered by pid.
    pub(in crate::shell) targets: Vec<Target>,
    /// With `--tree`: who is below them and does not match, ordered by pid.
    pub(in crate::shell) below: Vec<Target>,
    /// Who matches and is left out: sentences.
    pub(in crate::shell) left_out: Vec<String>,
    /// Whether this command is below them.
    pub(in crate::shell) reaches_us: bool,
}

impl Choice {
    pub(in crate::shell) fn new(snapshot: &Snapshot, filter: &Filter, tree: bool) -> Choice {
        let own = snapshot.host().own_pid;
        let above: BTreeSet<Pid> = snapshot.own_ancestry().iter().map(|proc| proc.task.id.pid).collect();
        let mut choice =
            Choice { targets: Vec::new(), below: Vec::new(), left_out: Vec::new(), reaches_us: false };
        let mut kernel = 0usize;
        for proc in snapshot.procs.iter().filter(|proc| filter.matches(proc)) {
            let (pid, named) = (proc.task.id.pid, filter.names(proc.task.id.pid));
            if own == Some(pid) {
                // The filter stands in our own command line: that it matches goes without saying.
                if named {
                    choice.left_out.push(format!("left out: {}, which is this command", who(proc)));
                }
            } else if above.contains(&pid) && !named {
                choice.left_out.push(format!(
                    "left out: {}, under which this command runs; pid:{pid} names it",
                    who(proc)
                ));
            } else {
                match proc.task.kind {
                    Kind::Process => choice.targets.push(proc.target()),
                    Kind::Kernel if named => choice.targets.push(proc.target()),
                    Kind::Kernel => kernel += 1,
                    Kind::Thread(_) | Kind::ShortLived => {}
                }
            }
        }
        match kernel {
            0 => {}
            1 => choice.left_out.push("left out: a thread of the kernel, which takes no signals".to_owned()),
            n => choice.left_out.push(format!("left out: {n} threads of the kernel, which take no signals")),
        }
        if tree {
            let meant: BTreeSet<ProcId> = ids(&choice.targets).into_iter().collect();
            choice.below = snapshot.subtree(&ids(&choice.targets));
            choice.below.retain(|target| !meant.contains(&target.id));
            choice.reaches_us = choice.below.iter().any(|target| Some(target.id.pid) == own);
        }
        choice
    }
}

fn who(proc: &Proc) -> String {
    format!("{} {}", proc.task.id.pid, proc.task.comm.show(NAME_CELLS))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Host, System, Task};

    /// pid, parent, name: init, a shell, glowtop below it, others, a kernel thread.
    fn snapshot() -> Snapshot {
        let procs = [
            (1, 0, "init"),
            (20, 1, "sh a"),
            (30, 20, "glowtop a"),
            (40, 1, "a"),
            (41, 40, "b"),
            (50, 0, "ka"),
        ];
        let mut procs: Vec<Proc> = procs
            .into_iter()
            .map(|(pid, parent, name)| {
                let task = Task::bare(ProcId::new(pid, u64::from(pid)).unwrap());
                Proc::new(Task { parent: Pid::new(parent), comm: Arc::new(name.into()), ..task })
            })
            .collect();
        procs[5].task_mut().kind = Kind::Kernel;
        let host = Arc::new(Host { own_pid: Pid::new(30), ..Host::default() });
        Snapshot { procs, system: System { host, ..System::default() }, ..Snapshot::default() }
    }

    fn chosen(filter: &str, tree: bool) -> (Vec<u32>, Vec<u32>, Vec<String>, bool) {
        let choice = Choice::new(&snapshot(), &Filter::parse(filter), tree);
        let pids = |targets: &[Target]| targets.iter().map(|target| target.id.pid.get()).collect();
        (pids(&choice.targets), pids(&choice.below), choice.left_out, choice.reaches_us)
    }

    #[test]
    fn whoever_is_above_us_and_the_kernel_are_left_out_in_words() {
        let (targets, below, left_out, _) = chosen("a", false);
        assert_eq!((targets, below), (vec![40], vec![]));
        assert_eq!(
            left_out,
            [
                "left out: 20 sh a, under which this command runs; pid:20 names it",
                "left out: a thread of the kernel, which takes no signals"
            ]
        );
        assert_eq!(chosen("init", false).0, [0; 0], "init is above us too");
    }

    #[test]
    fn numbers_name_anybody_but_us() {
        assert_eq!(chosen("pid:20|pid:50|pid:1", false).0, [1, 20, 50]);
        let (targets, _, left_out, _) = chosen("pid:30", false);
        assert_eq!(
            (targets, left_out),
            (vec![], vec!["left out: 30 glowtop a, which is this command".to_owned()])
        );
    }

    #[test]
    fn a_tree_holds_who_is_below_and_not_us() {
        let (targets, below, _, reaches_us) = chosen("pid:40", true);
        assert_eq!((targets, below, reaches_us), (vec![40], vec![41], false));
        assert!(chosen("pid:20", true).3 && !chosen("pid:20", false).3);
    }
}
