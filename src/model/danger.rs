//! What must be spelled out before an act: whom it would hit that nobody hits by intention.

use super::{Forest, Kind, Pid, Proc, Signal, Snapshot, Target, Untrusted};

/// Widest a name is shown in a sentence.
const NAME_CELLS: usize = 24;

/// Something to know before acting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Danger {
    /// PID 1 is among them.
    Init,
    /// The init of a container or another pid namespace is among them: its end is that of everybody inside.
    ContainerInit(Pid, Untrusted),
    /// This very program is.
    Ourselves,
    /// Somebody under whom this program runs is: a shell, a multiplexer, sshd.
    Ancestor(Pid, Untrusted),
    /// They belong to so many users.
    Users(usize),
    /// So many are threads of the kernel, which take no signals.
    Kernel(usize),
}

impl Danger {
    /// Whether an act that ends or stops must be confirmed by more than one key because of it.
    pub const fn needs_confirmation(&self) -> bool {
        !matches!(self, Danger::Kernel(_))
    }

    /// What it means, one sentence without a full stop.
    pub fn sentence(&self) -> String {
        match self {
            Danger::Init => "PID 1 is among them: without it the machine or container ends".to_owned(),
            Danger::ContainerInit(pid, name) => {
                format!(
                    "{pid} {} is the init of a container: everybody in it ends too",
                    name.show(NAME_CELLS)
                )
            }
            Danger::Ourselves => "glowtop itself is among them".to_owned(),
            Danger::Ancestor(pid, name) => {
                format!("glowtop runs below {pid} {}: it may end or stop too", name.show(NAME_CELLS))
            }
            Danger::Users(count) => format!("they belong to {count} users"),
            Danger::Kernel(1) => "one of them is a kernel thread: it takes no signals".to_owned(),
            Danger::Kernel(count) => format!("{count} of them are kernel threads: they take no signals"),
        }
    }
}

impl Snapshot {
    /// What to know before acting on `targets`, as far as a look tells; the worst first. The init of a container is
    /// known only when it is pinned.
    pub fn dangers(&self, targets: &[Target]) -> Vec<Danger> {
        let host = self.host();
        let mut said = Vec::new();
        if targets.iter().any(|target| target.id.pid == Pid::INIT) {
            said.push(Danger::Init);
        }
        let ours = self.own_ancestry();
        if targets.iter().any(|target| Some(target.id.pid) == host.own_pid) {
            said.push(Danger::Ourselves);
        }
        let above = ours.iter().skip(1).filter(|proc| proc.task.id.pid != Pid::INIT);
        for up in above.filter(|up| targets.iter().any(|target| target.id == up.id())) {
            said.push(Danger::Ancestor(up.task.id.pid, (*up.task.comm).clone()));
        }
        let known = || targets.iter().filter_map(|target| self.find(target.id));
        let mut users: Vec<u32> = known().filter_map(|proc| proc.task.uid.known().copied()).collect();
        users.sort_unstable();
        users.dedup();
        if users.len() > 1 {
            said.push(Danger::Users(users.len()));
        }
        match known().filter(|proc| proc.task.kind == Kind::Kernel).count() {
            0 => {}
            count => said.push(Danger::Kernel(count)),
        }
        said
    }

    /// This program's own process and those under whom it runs, itself first; empty where it is not seen.
    pub fn own_ancestry(&self) -> Vec<&Proc> {
        let Some(at) = self.host().own_pid.and_then(|own| self.position_of_pid(own)) else {
            return Vec::new();
        };
        let forest = Forest::new(&self.procs);
        forest.ancestry(at).filter_map(|up| self.procs.get(up)).collect()
    }
}

impl Signal {
    /// Whether a process that is sent it may end or stop, so that [dangers](Danger) must be confirmed.
    pub fn is_dangerous(self) -> bool {
        use super::DefaultAction::{Continues, Ignored};
        !matches!(self.default_action(), Continues | Ignored)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Host, ProcId, Reading, System, Task};

    fn snapshot() -> Snapshot {
        // pid, parent, uid: init, sshd, a shell, glowtop, somebody else's, a kernel thread
        let procs = [(1, 0, 0), (10, 1, 0), (20, 10, 1000), (30, 20, 1000), (40, 1, 70), (50, 0, 0)];
        let mut procs: Vec<Proc> = procs
            .into_iter()
            .map(|(pid, parent, uid)| {
                let task = Task::bare(ProcId::new(pid, u64::from(pid)).unwrap());
                let comm = Arc::new(format!("p{pid}").as_str().into());
                Proc::new(Task { parent: Pid::new(parent), uid: Reading::Known(uid), comm, ..task })
            })
            .collect();
        procs[5].task_mut().kind = Kind::Kernel;
        let host = Arc::new(Host { own_pid: Pid::new(30), ..Host::default() });
        Snapshot { procs, system: System { host, ..System::default() }, ..Snapshot::default() }
    }

    fn dangers(pids: &[u32]) -> Vec<Danger> {
        let snapshot = snapshot();
        let target = |pid: &u32| Target::new(ProcId::new(*pid, u64::from(*pid)).unwrap(), "x");
        snapshot.dangers(&pids.iter().map(target).collect::<Vec<_>>())
    }

    #[test]
    fn each_danger_is_seen() {
        assert_eq!(dangers(&[40]), []);
        assert_eq!(dangers(&[1]), [Danger::Init]);
        assert_eq!(dangers(&[30]), [Danger::Ourselves]);
        assert_eq!(dangers(&[20]), [Danger::Ancestor(Pid::new(20).unwrap(), "p20".into())]);
        assert_eq!(dangers(&[20, 40]).last(), Some(&Danger::Users(2)));
        assert_eq!(dangers(&[50]), [Danger::Kernel(1)]);
        // A newcomer with the pid of an ancestor is no ancestor.
        let other = Target::new(ProcId::new(20, 99).unwrap(), "x");
        assert_eq!(snapshot().dangers(&[other]), []);
    }

    #[test]
    fn what_ends_or_stops_is_dangerous() {
        for (signal, dangerous) in [(Signal::TERM, true), (Signal::STOP, true), (Signal::CONT, false)] {
            assert_eq!(signal.is_dangerous(), dangerous);
        }
        assert!(!Signal::parse("WINCH").unwrap().is_dangerous());
    }

    #[test]
    fn names_are_shown_not_obeyed() {
        let danger = Danger::Ancestor(Pid::new(7).unwrap(), "\u{1b}[2J".into());
        assert_eq!(danger.sentence(), "glowtop runs below 7 \u{fffd}[2J: it may end or stop too");
    }
}
