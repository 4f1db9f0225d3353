//! The sentences in which a verdict is told: what the process did about a signal, why it outlived it, and, apart from
//! that, the next best step.

use super::{Act, ControlNews, DefaultAction, Happened, NextStep, Pid, Signal, Untrusted, Verdict, WhyAlive};

/// Widest a process's name is shown in a sentence.
pub(super) const NAME_CELLS: usize = 24;

impl ControlNews {
    /// What would help next, where something would.
    pub fn next_step(&self) -> Option<NextStep> {
        let Happened::Verdict(verdict) = &self.what else { return None };
        match verdict {
            Verdict::Stopped => Some(NextStep::Send(Signal::CONT)),
            Verdict::StillAlive { why, .. } => match self.act? {
                Act::Signal(signal) => next_step(why, signal, self.target.id.pid),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Verdict {
    /// Whether the process did not do what `act` asks. Who catches a signal that does not ask it to end got what was sent,
    /// and goes on.
    pub fn is_bad(&self, act: Act) -> bool {
        match (self, act) {
            (Verdict::StillAlive { why, .. }, Act::Signal(signal)) => !took(why, signal),
            (Verdict::StillAlive { .. }, _) => true,
            _ => false,
        }
    }
}

/// Whether it caught `signal` as a message, which is all that was wanted.
fn took(why: &WhyAlive, signal: Signal) -> bool {
    match why {
        WhyAlive::Catches => signal.is_deadly() && !signal.asks_to_end(),
        WhyAlive::MainEnded { why, .. } => took(why, signal),
        _ => false,
    }
}

impl NextStep {
    /// The step as the end of a sentence: "SIGKILL ends it".
    pub fn words(&self) -> String {
        match self {
            NextStep::Send(signal) => {
                let does = match signal.default_action() {
                    DefaultAction::Ends | DefaultAction::Dumps => "ends it",
                    DefaultAction::Stops => "stops it",
                    DefaultAction::Continues => "continues it",
                    DefaultAction::Ignored => "may reach it",
                };
                format!("{} {does}", signal.name())
            }
            NextStep::Try(signal) => format!("{} may end it", signal.name()),
            NextStep::EndParent { pid, name } => {
                format!("it goes when {} does", somebody(*pid, name, "its parent"))
            }
            NextStep::EndChild { pid, name } => {
                format!("it goes on when {} ends", somebody(*pid, name, "the child"))
            }
            NextStep::Detach { tracer, name } => {
                format!("it is free when {} lets go of it or ends", somebody(Some(*tracer), name, ""))
            }
            NextStep::ThawCgroup { path } => format!("thaw {}", path.show(NAME_CELLS * 2)),
            NextStep::ShutDown => "shut the system or container down instead".to_owned(),
            NextStep::Wait => "nothing stronger can be sent, so wait".to_owned(),
        }
    }
}

/// "900 (make)", "900", or `unknown` where the pid is not known.
fn somebody(pid: Option<Pid>, name: &Untrusted, unknown: &str) -> String {
    match pid {
        Some(pid) if name.is_empty() => pid.to_string(),
        Some(pid) => format!("{pid} ({})", name.show(NAME_CELLS)),
        None => unknown.to_owned(),
    }
}

/// What the process did, without what would help.
pub(super) fn reason(verdict: &Verdict, act: Act, pid: Pid) -> String {
    match verdict {
        Verdict::Killed { by, after } => format!("killed by {} {}", by.name(), when(*after)),
        Verdict::Exited { status, after } => format!("exited with status {status} {}", when(*after)),
        Verdict::Ended { after } => format!("ended {}", when(*after)),
        Verdict::Stopped => "stopped".to_owned(),
        Verdict::Continued => "continued".to_owned(),
        Verdict::Alive => match act {
            Act::Signal(Signal::CONT) => "was not stopped, goes on".to_owned(),
            _ => "alive, as expected".to_owned(),
        },
        Verdict::StillAlive { after, why } => match act {
            Act::Signal(signal) => still_alive(*after, why, signal, pid),
            _ => format!("still alive {}", when(*after)),
        },
    }
}

/// Why it did not do what the signal asks.
fn still_alive(after: f64, why: &WhyAlive, signal: Signal, pid: Pid) -> String {
    let name = signal.name();
    let head = match signal.default_action() {
        DefaultAction::Ends | DefaultAction::Dumps => "still alive",
        DefaultAction::Stops => "not stopped",
        DefaultAction::Continues => "still stopped",
        DefaultAction::Ignored => "alive",
    };
    let head = format!("{head} {}", when(after));
    match why {
        WhyAlive::Ignores => format!("ignores {name}, {head}"),
        WhyAlive::Blocks => format!("blocks {name}, {head}: it waits until it is unblocked"),
        WhyAlive::Catches if took(why, signal) => format!("caught {name} and goes on"),
        WhyAlive::Catches => format!("caught {name} and went on, {head}"),
        WhyAlive::Stopped if signal.is_deadly() => format!("stopped: {name} waits until it is continued"),
        WhyAlive::Stopped => format!("{head}, or stopped again"),
        WhyAlive::Uninterruptible { wchan } => {
            let place = wchan.as_ref().map(|function| format!(" in `{function}`")).unwrap_or_default();
            format!("in uninterruptible sleep{place}: {name} is pending and acts when the call returns")
        }
        WhyAlive::Vfork { child, child_name } => {
            let child = somebody(*child, child_name, "its child");
            format!("{head}, waits in vfork until {child} runs a program or ends: {name} is pending")
        }
        WhyAlive::Zombie { parent: Some(parent), parent_name } => {
            let parent = somebody(Some(*parent), parent_name, "");
            format!("zombie: already dead, parent {parent} has not reaped it")
        }
        WhyAlive::Zombie { parent: None, .. } => {
            "zombie: already dead, its parent has not reaped it".to_owned()
        }
        WhyAlive::Init if pid == Pid::INIT => {
            format!("{head}, is the init (PID 1) here and takes only signals it handles")
        }
        WhyAlive::Init if signal.is_unstoppable() => {
            format!("{head}, is the init of a pid namespace and goes when everybody in it has gone")
        }
        WhyAlive::Init => {
            format!("{head}, is the init of a pid namespace and takes only signals it handles from inside")
        }
        WhyAlive::Traced { tracer, tracer_name, held } => {
            let tracer = somebody(Some(*tracer), tracer_name, "");
            if *held {
                format!("{head}, held by its tracer {tracer}: {name} is pending")
            } else {
                format!("{head}, traced by {tracer}, which may have kept {name} from it")
            }
        }
        WhyAlive::DumpsCore => format!("{head}, is dying and writes its core file"),
        WhyAlive::Frozen { cgroup, .. } => {
            let cgroup = cgroup.show(NAME_CELLS * 2);
            format!("{head}, frozen by cgroup {cgroup}: {name} waits until it is thawed")
        }
        WhyAlive::MainEnded { threads, why } => {
            let others = if *threads == 1 {
                "one other goes on".to_owned()
            } else {
                format!("{threads} others go on")
            };
            let rest = still_alive(after, why, signal, pid);
            format!("{rest} (its main thread has ended, {others})")
        }
        WhyAlive::Unknown => format!("{head}, it is not known why"),
    }
}

/// What would help against `why`, after `signal`.
fn next_step(why: &WhyAlive, signal: Signal, pid: Pid) -> Option<NextStep> {
    // The signal that asks for the same and cannot be refused, where that is not the one that was sent.
    let stronger = match signal.default_action() {
        _ if signal.is_unstoppable() => None,
        DefaultAction::Ends | DefaultAction::Dumps => Some(NextStep::Send(Signal::KILL)),
        DefaultAction::Stops => Some(NextStep::Send(Signal::STOP)),
        DefaultAction::Continues | DefaultAction::Ignored => None,
    };
    match why {
        WhyAlive::Catches if took(why, signal) => None,
        WhyAlive::Ignores | WhyAlive::Blocks | WhyAlive::Catches | WhyAlive::Unknown => stronger,
        WhyAlive::Stopped => signal.is_deadly().then_some(NextStep::Send(Signal::CONT)),
        WhyAlive::Uninterruptible { .. } if signal.is_deadly() && stronger.is_some() => {
            Some(NextStep::Try(Signal::KILL))
        }
        WhyAlive::Uninterruptible { .. } => Some(NextStep::Wait),
        WhyAlive::Vfork { child, child_name } => {
            let child = NextStep::EndChild { pid: *child, name: child_name.clone() };
            if signal.is_deadly() { stronger.or(Some(child)) } else { Some(child) }
        }
        WhyAlive::Zombie { parent, parent_name } => {
            Some(NextStep::EndParent { pid: *parent, name: parent_name.clone() })
        }
        WhyAlive::Init if pid == Pid::INIT => Some(NextStep::ShutDown),
        WhyAlive::DumpsCore | WhyAlive::Init => stronger.or(Some(NextStep::Wait)),
        WhyAlive::Traced { tracer, tracer_name, .. } => {
            let detach = NextStep::Detach { tracer: *tracer, name: tracer_name.clone() };
            if signal.is_deadly() { stronger.or(Some(detach)) } else { Some(detach) }
        }
        WhyAlive::Frozen { cgroup, kill_waits } => {
            let thaw = NextStep::ThawCgroup { path: cgroup.clone() };
            if signal.is_deadly() && !kill_waits { stronger.or(Some(thaw)) } else { Some(thaw) }
        }
        WhyAlive::MainEnded { why, .. } => next_step(why, signal, pid),
    }
}

/// "after 0.2 s", "after 12 s", "at once" below a twentieth of a second.
pub(super) fn when(seconds: f64) -> String {
    if seconds < 0.05 {
        "at once".to_owned()
    } else if seconds < 9.95 {
        let text = format!("{seconds:.1}");
        format!("after {} s", text.strip_suffix(".0").unwrap_or(&text))
    } else {
        format!("after {seconds:.0} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProcId, Target};

    const TERM: Act = Act::Signal(Signal::TERM);
    const KILL: Act = Act::Signal(Signal::KILL);

    fn news(pid: u32, what: Happened, act: Act) -> ControlNews {
        let target = Target::new(ProcId::new(pid, 1).unwrap(), "sh");
        ControlNews { session: 1, target, act: Some(act), what }
    }

    fn say(what: Happened, act: Act) -> String {
        news(4711, what, act).sentence()
    }

    fn alive(after: f64, why: WhyAlive, act: Act) -> String {
        say(Happened::Verdict(Verdict::StillAlive { after, why }), act)
    }

    #[test]
    fn the_dead() {
        let verdict = |v, act| say(Happened::Verdict(v), act);
        assert_eq!(
            verdict(Verdict::Killed { by: Signal::TERM, after: 0.12 }, TERM),
            "4711 sh: killed by SIGTERM after 0.1 s"
        );
        assert_eq!(
            verdict(Verdict::Killed { by: Signal::KILL, after: 0.0 }, KILL),
            "4711 sh: killed by SIGKILL at once"
        );
        assert_eq!(
            verdict(Verdict::Exited { status: 3, after: 12.4 }, TERM),
            "4711 sh: exited with status 3 after 12 s"
        );
        assert_eq!(verdict(Verdict::Ended { after: 2.0 }, TERM), "4711 sh: ended after 2 s");
    }

    #[test]
    fn the_living_and_the_next_step() {
        let stuck = |wchan: Option<&str>| WhyAlive::Uninterruptible { wchan: wchan.map(str::to_owned) };
        let zombie = |parent, name: &str| WhyAlive::Zombie { parent, parent_name: name.into() };
        let traced =
            |held| WhyAlive::Traced { tracer: Pid::new(7).unwrap(), tracer_name: "gdb".into(), held };
        let frozen = |kill_waits| WhyAlive::Frozen { cgroup: "/a/b".into(), kill_waits };
        let vfork = |child, name: &str| WhyAlive::Vfork { child, child_name: name.into() };
        let threaded = |threads, why| WhyAlive::MainEnded { threads, why: Box::new(why) };
        for (why, act, said) in [
            (WhyAlive::Ignores, TERM, "ignores SIGTERM, still alive after 5 s; SIGKILL ends it"),
            (
                WhyAlive::Blocks,
                TERM,
                "blocks SIGTERM, still alive after 5 s: it waits until it is unblocked; SIGKILL ends it",
            ),
            (WhyAlive::Catches, TERM, "caught SIGTERM and went on, still alive after 5 s; SIGKILL ends it"),
            (WhyAlive::Stopped, TERM, "stopped: SIGTERM waits until it is continued; SIGCONT continues it"),
            (
                stuck(Some("nfs_wait")),
                TERM,
                "in uninterruptible sleep in `nfs_wait`: SIGTERM is pending and acts when the call returns; \
                 SIGKILL may end it",
            ),
            (
                stuck(None),
                KILL,
                "in uninterruptible sleep: SIGKILL is pending and acts when the call returns; \
                 nothing stronger can be sent, so wait",
            ),
            (
                zombie(Pid::new(900), "make"),
                TERM,
                "zombie: already dead, parent 900 (make) has not reaped it; it goes when 900 (make) does",
            ),
            (
                zombie(None, ""),
                TERM,
                "zombie: already dead, its parent has not reaped it; it goes when its parent does",
            ),
            (
                WhyAlive::Init,
                TERM,
                "still alive after 5 s, is the init of a pid namespace and takes only signals it handles from \
                 inside; SIGKILL ends it",
            ),
            (
                WhyAlive::Init,
                KILL,
                "still alive after 5 s, is the init of a pid namespace and goes when everybody in it has gone; \
                 nothing stronger can be sent, so wait",
            ),
            (
                traced(true),
                TERM,
                "still alive after 5 s, held by its tracer 7 (gdb): SIGTERM is pending; SIGKILL ends it",
            ),
            (
                traced(false),
                KILL,
                "still alive after 5 s, traced by 7 (gdb), which may have kept SIGKILL from it; \
                 it is free when 7 (gdb) lets go of it or ends",
            ),
            (
                frozen(false),
                TERM,
                "still alive after 5 s, frozen by cgroup /a/b: SIGTERM waits until it is thawed; SIGKILL ends it",
            ),
            (
                frozen(true),
                TERM,
                "still alive after 5 s, frozen by cgroup /a/b: SIGTERM waits until it is thawed; thaw /a/b",
            ),
            (
                WhyAlive::DumpsCore,
                TERM,
                "still alive after 5 s, is dying and writes its core file; SIGKILL ends it",
            ),
            (
                vfork(Pid::new(8), ""),
                TERM,
                "still alive after 5 s, waits in vfork until 8 runs a program or ends: SIGTERM is pending; \
                 SIGKILL ends it",
            ),
            (
                vfork(Pid::new(8), "make"),
                KILL,
                "still alive after 5 s, waits in vfork until 8 (make) runs a program or ends: \
                 SIGKILL is pending; it goes on when 8 (make) ends",
            ),
            (
                threaded(1, WhyAlive::Ignores),
                TERM,
                "ignores SIGTERM, still alive after 5 s (its main thread has ended, one other goes on); \
                 SIGKILL ends it",
            ),
            (
                threaded(3, stuck(None)),
                KILL,
                "in uninterruptible sleep: SIGKILL is pending and acts when the call returns \
                 (its main thread has ended, 3 others go on); nothing stronger can be sent, so wait",
            ),
            (WhyAlive::Unknown, TERM, "still alive after 5 s, it is not known why; SIGKILL ends it"),
            (WhyAlive::Unknown, KILL, "still alive after 5 s, it is not known why"),
        ] {
            let news = news(4711, Happened::Verdict(Verdict::StillAlive { after: 5.0, why }), act);
            assert_eq!(news.predicate(), said);
            assert_eq!(news.sentence(), format!("4711 sh: {said}"));
            match news.next_step() {
                Some(step) => assert_eq!(format!("{}; {}", news.reason(), step.words()), said),
                None => assert_eq!(news.reason(), said),
            }
        }
        let init = news(1, Happened::Verdict(Verdict::StillAlive { after: 0.3, why: WhyAlive::Init }), TERM);
        assert_eq!(init.next_step(), Some(NextStep::ShutDown));
        assert_eq!(
            init.sentence(),
            "1 sh: still alive after 0.3 s, is the init (PID 1) here and takes only signals it handles; \
             shut the system or container down instead"
        );
    }

    #[test]
    fn a_signal_that_does_not_ask_to_end_may_be_caught() {
        let caught = |number| {
            let act = Act::Signal(Signal::new(number).unwrap());
            let verdict = Verdict::StillAlive { after: 5.0, why: WhyAlive::Catches };
            let bad = verdict.is_bad(act);
            (news(4711, Happened::Verdict(verdict), act).predicate(), bad)
        };
        // SIGHUP, SIGUSR1, SIGRTMIN.
        for (number, name) in [(1, "SIGHUP"), (10, "SIGUSR1"), (34, "SIGRTMIN")] {
            assert_eq!(caught(number), (format!("caught {name} and goes on"), false));
        }
        // SIGINT, SIGQUIT, SIGABRT, SIGTERM.
        for number in [2, 3, 6, 15] {
            let (said, bad) = caught(number);
            assert!(bad && said.ends_with("; SIGKILL ends it"), "{said}");
        }
        let ignored = Verdict::StillAlive { after: 5.0, why: WhyAlive::Ignores };
        assert!(ignored.is_bad(Act::Signal(Signal::HUP)), "nobody took it");
    }

    #[test]
    fn a_step_is_only_named_after_a_verdict_that_leaves_one() {
        for what in [
            Happened::Vanished,
            Happened::Outcome(crate::model::Outcome::Delivered),
            Happened::Verdict(Verdict::Killed { by: Signal::KILL, after: 0.0 }),
            Happened::Verdict(Verdict::Alive),
        ] {
            assert_eq!(news(4711, what, TERM).next_step(), None);
        }
    }

    #[test]
    fn stopping_and_continuing() {
        let tstp = Act::Signal(Signal::new(20).unwrap());
        assert_eq!(
            alive(0.3, WhyAlive::Ignores, tstp),
            "4711 sh: ignores SIGTSTP, not stopped after 0.3 s; SIGSTOP stops it"
        );
        let cont = Act::Signal(Signal::CONT);
        assert_eq!(alive(5.0, WhyAlive::Stopped, cont), "4711 sh: still stopped after 5 s, or stopped again");
        assert_eq!(say(Happened::Verdict(Verdict::Alive), cont), "4711 sh: was not stopped, goes on");
        assert_eq!(say(Happened::Verdict(Verdict::Continued), cont), "4711 sh: continued");
        let stop = Act::Signal(Signal::STOP);
        assert_eq!(say(Happened::Verdict(Verdict::Stopped), stop), "4711 sh: stopped; SIGCONT continues it");
    }
}
