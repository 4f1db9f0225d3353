//! The sentences in which the outcome of an act is told: who, what happened, and the next best step.

use super::{
    Act, Change, ControlNews, DefaultAction, Happened, Outcome, Pid, Respawn, Signal, Verdict, WhyAlive,
    act_errors,
};

/// Widest a process's name is shown in a sentence.
const NAME_CELLS: usize = 24;

impl ControlNews {
    /// What happened, for a notice or a terminal: "4711 sh: killed by SIGTERM after 0.2 s".
    pub fn sentence(&self) -> String {
        let pid = self.target.id.pid;
        let what = self.predicate();
        // The name was the chosen process's, and is not the newcomer's.
        if self.target.name.is_empty() || self.what == Happened::Outcome(Outcome::Replaced) {
            format!("{pid}: {what}")
        } else {
            format!("{pid} {}: {what}", self.target.name.show(NAME_CELLS))
        }
    }

    /// The same without whom it happened to, so that many can be told in one sentence: "killed by SIGTERM after 0.2 s".
    pub fn predicate(&self) -> String {
        // Before any order it is most likely about a signal to come.
        let act = self.act.unwrap_or(Act::Signal(Signal::TERM));
        match &self.what {
            Happened::Pinned(standing) => pinned(&standing.disposition, act),
            Happened::Vanished => format!("has ended, {}", nothing(act)),
            Happened::Outcome(outcome) => self::outcome(self, outcome, act),
            Happened::Verdict(verdict) => self::verdict(verdict, act, self.target.id.pid),
            Happened::Surveyed(_) => "alive".to_owned(),
            Happened::Respawned(respawn) => respawned(respawn),
            Happened::Over { reached, escaped: 0 } => format!("{reached} reached"),
            Happened::Over { reached, escaped } => format!("{reached} reached, {escaped} escaped"),
        }
    }
}

fn respawned(respawn: &Respawn) -> String {
    let starter = match (&respawn.unit, respawn.parent) {
        (Some(unit), _) => format!(", started by systemd unit {}", unit.show(NAME_CELLS * 2)),
        (None, Some(parent)) if respawn.parent_name.is_empty() => format!(", started by {parent}"),
        (None, Some(parent)) => format!(", started by {parent} ({})", respawn.parent_name.show(NAME_CELLS)),
        (None, None) => String::new(),
    };
    format!("is back as {} {}{starter}", respawn.by.pid, when(respawn.after))
}

/// That the act did not take place.
fn nothing(act: Act) -> &'static str {
    match act {
        Act::Signal(_) | Act::Ladder { .. } => "nothing sent",
        Act::Renice(_) | Act::ReniceAutogroup(_) | Act::Set(_) => "nothing changed",
    }
}

fn pinned(disposition: &super::Disposition, act: Act) -> String {
    let Act::Signal(signal) = act else { return "alive".to_owned() };
    let has = |set: Option<super::SignalSet>| set.is_some_and(|set| set.has(signal));
    let name = signal.name();
    if signal.is_unstoppable() {
        "alive".to_owned()
    } else if has(disposition.ignored) {
        format!("alive, ignores {name}")
    } else if has(disposition.blocked) {
        format!("alive, blocks {name}")
    } else if has(disposition.caught) {
        format!("alive, catches {name}")
    } else {
        "alive".to_owned()
    }
}

fn outcome(news: &ControlNews, outcome: &Outcome, act: Act) -> String {
    match outcome {
        Outcome::Delivered => match act {
            Act::Signal(signal) => format!("{} delivered", signal.name()),
            _ => "delivered".to_owned(),
        },
        Outcome::Changed(change) if change.from == change.to => {
            let to = change.to;
            let limit = match act {
                Act::Renice(delta) | Act::ReniceAutogroup(delta) if delta != 0 => ", the kernel's limit",
                _ => "",
            };
            format!("{} stays {to}{limit}", to.what())
        }
        Outcome::Changed(change) => {
            let Change { from, to, threads } = &**change;
            let threads = if *threads > 1 { format!(" ({threads} threads)") } else { String::new() };
            format!("{} {from} → {to}{threads}", to.what())
        }
        Outcome::AlreadyGone => format!("had already ended, {}", nothing(act)),
        Outcome::Replaced => format!("is another process now, {}", nothing(act)),
        Outcome::Escaped => format!("got away before it could be held, {}", nothing(act)),
        Outcome::Denied { owner } => {
            let known = news.target.owner.as_ref().filter(|known| Some(known.uid) == *owner);
            let owner = match (owner, known) {
                (None, _) => String::new(),
                (Some(_), Some(known)) => format!(", owned by {}", known.name.show(NAME_CELLS)),
                // By this name everywhere; other names are not known here.
                (Some(0), None) => ", owned by root".to_owned(),
                (Some(uid), None) => format!(", owned by uid {uid}"),
            };
            format!("not permitted{owner} ({})", act_errors::right(act))
        }
        Outcome::Refused(reason) => format!("{}, {reason}", nothing(act)),
        Outcome::Uncertain => "ended just then, so it is not certain that it was the one reached".to_owned(),
        Outcome::Failed { call, errno } => {
            format!("{}, {}", nothing(act), act_errors::failure(*call, *errno))
        }
    }
}

fn verdict(verdict: &Verdict, act: Act, pid: Pid) -> String {
    match verdict {
        Verdict::Killed { by, after } => format!("killed by {} {}", by.name(), when(*after)),
        Verdict::Exited { status, after } => format!("exited with status {status} {}", when(*after)),
        Verdict::Ended { after } => format!("ended {}", when(*after)),
        Verdict::Stopped => "stopped; SIGCONT continues it".to_owned(),
        Verdict::Continued => "continued".to_owned(),
        Verdict::Alive => match act {
            Act::Signal(Signal::CONT) => "was not stopped, goes on".to_owned(),
            _ => "alive, as expected".to_owned(),
        },
        Verdict::StillAlive { after, why } => still_alive(*after, why, act, pid),
    }
}

/// Why it did not do what the signal asks, and what would help.
fn still_alive(after: f64, why: &WhyAlive, act: Act, pid: Pid) -> String {
    let Act::Signal(signal) = act else { return format!("still alive {}", when(after)) };
    let name = signal.name();
    let (head, stronger) = match signal.default_action() {
        DefaultAction::Ends | DefaultAction::Dumps => ("still alive", "SIGKILL"),
        DefaultAction::Stops => ("not stopped", "SIGSTOP"),
        DefaultAction::Continues => ("still stopped", ""),
        DefaultAction::Ignored => ("alive", ""),
    };
    let head = format!("{head} {}", when(after));
    // The next best step, where there is one that is stronger than what was sent.
    let step = |cannot: &str| match stronger {
        "" => String::new(),
        _ if signal.is_unstoppable() => String::new(),
        _ => format!("; {stronger} cannot be {cannot}"),
    };
    match why {
        WhyAlive::Ignores => format!("{head}, ignores {name}{}", step("ignored")),
        WhyAlive::Blocks => {
            format!("{head}, blocks {name}, which waits until it is unblocked{}", step("blocked"))
        }
        WhyAlive::Catches => format!("{head}, caught {name} and went on{}", step("caught")),
        WhyAlive::Stopped if signal.is_deadly() => {
            format!("stopped: {name} waits until it is continued (SIGCONT)")
        }
        WhyAlive::Stopped => format!("{head}; a debugger may hold it"),
        WhyAlive::Uninterruptible { wchan } => {
            let place = wchan.as_ref().map(|function| format!(" in `{function}`")).unwrap_or_default();
            format!("in uninterruptible sleep{place}; {name} is pending and acts when the call returns")
        }
        WhyAlive::Zombie { parent, parent_name } => {
            let parent = match (parent, parent_name.is_empty()) {
                (Some(parent), false) => format!("parent {parent} ({})", parent_name.show(NAME_CELLS)),
                (Some(parent), true) => format!("parent {parent}"),
                (None, _) => "its parent".to_owned(),
            };
            format!("zombie: already dead, {parent} has not reaped it; it goes when the parent does")
        }
        WhyAlive::Init if pid == Pid::INIT => {
            format!("{head}, is the init of the system and takes only signals it handles; shut down instead")
        }
        WhyAlive::Init if signal == Signal::KILL || signal == Signal::STOP => {
            format!("{head}, is the init of its pid namespace, which only an outer namespace can force")
        }
        WhyAlive::Init => format!(
            "{head}, is the init of its pid namespace and takes only signals it handles; {stronger} from outside reaches it"
        ),
        WhyAlive::Unknown => format!("{head}, it is not known why{}", step("ignored")),
    }
}

/// "after 0.2 s", "after 12 s", "at once" below a twentieth of a second.
fn when(seconds: f64) -> String {
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
    use crate::model::{Call, Disposition, ProcId, Setting, SignalSet, Standing, Target, Untrusted};

    const TERM: Act = Act::Signal(Signal::TERM);
    const KILL: Act = Act::Signal(Signal::KILL);

    fn say_of(name: &str, what: Happened, act: Act) -> String {
        let target = Target::new(ProcId::new(4711, 1).unwrap(), name);
        ControlNews { session: 1, target, act: Some(act), what }.sentence()
    }

    fn say(what: Happened, act: Act) -> String {
        say_of("sh", what, act)
    }

    fn changed(from: i32, to: i32) -> Outcome {
        Outcome::Changed(Box::new(Change { from: Setting::Nice(from), to: Setting::Nice(to), threads: 1 }))
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
        assert_eq!(say(Happened::Vanished, TERM), "4711 sh: has ended, nothing sent");
    }

    #[test]
    fn the_living_and_the_next_step() {
        assert_eq!(
            alive(5.0, WhyAlive::Ignores, TERM),
            "4711 sh: still alive after 5 s, ignores SIGTERM; SIGKILL cannot be ignored"
        );
        assert_eq!(
            alive(5.0, WhyAlive::Blocks, TERM),
            "4711 sh: still alive after 5 s, blocks SIGTERM, which waits until it is unblocked; SIGKILL cannot be blocked"
        );
        assert_eq!(
            alive(5.0, WhyAlive::Catches, TERM),
            "4711 sh: still alive after 5 s, caught SIGTERM and went on; SIGKILL cannot be caught"
        );
        assert_eq!(
            alive(0.3, WhyAlive::Stopped, TERM),
            "4711 sh: stopped: SIGTERM waits until it is continued (SIGCONT)"
        );
        assert_eq!(
            alive(5.0, WhyAlive::Uninterruptible { wchan: Some("nfs_wait".into()) }, KILL),
            "4711 sh: in uninterruptible sleep in `nfs_wait`; SIGKILL is pending and acts when the call returns"
        );
        assert_eq!(
            alive(5.0, WhyAlive::Uninterruptible { wchan: None }, KILL),
            "4711 sh: in uninterruptible sleep; SIGKILL is pending and acts when the call returns"
        );
        assert_eq!(
            alive(0.0, WhyAlive::Zombie { parent: Pid::new(900), parent_name: "make".into() }, TERM),
            "4711 sh: zombie: already dead, parent 900 (make) has not reaped it; it goes when the parent does"
        );
        assert_eq!(
            alive(0.0, WhyAlive::Zombie { parent: None, parent_name: Untrusted::default() }, TERM),
            "4711 sh: zombie: already dead, its parent has not reaped it; it goes when the parent does"
        );
        assert_eq!(
            alive(0.3, WhyAlive::Init, TERM),
            "4711 sh: still alive after 0.3 s, is the init of its pid namespace and takes only signals it handles; \
             SIGKILL from outside reaches it"
        );
        assert_eq!(
            alive(5.0, WhyAlive::Unknown, TERM),
            "4711 sh: still alive after 5 s, it is not known why; SIGKILL cannot be ignored"
        );
        assert_eq!(
            alive(5.0, WhyAlive::Unknown, KILL),
            "4711 sh: still alive after 5 s, it is not known why"
        );
    }

    #[test]
    fn stopping_and_continuing() {
        let tstp = Act::Signal(Signal::new(20).unwrap());
        assert_eq!(
            alive(0.3, WhyAlive::Ignores, tstp),
            "4711 sh: not stopped after 0.3 s, ignores SIGTSTP; SIGSTOP cannot be ignored"
        );
        let cont = Act::Signal(Signal::CONT);
        assert_eq!(
            alive(5.0, WhyAlive::Stopped, cont),
            "4711 sh: still stopped after 5 s; a debugger may hold it"
        );
        assert_eq!(say(Happened::Verdict(Verdict::Alive), cont), "4711 sh: was not stopped, goes on");
        assert_eq!(say(Happened::Verdict(Verdict::Continued), cont), "4711 sh: continued");
        let stop = Act::Signal(Signal::STOP);
        assert_eq!(say(Happened::Verdict(Verdict::Stopped), stop), "4711 sh: stopped; SIGCONT continues it");
    }

    #[test]
    fn outcomes() {
        let said = |outcome, act| say(Happened::Outcome(outcome), act);
        assert_eq!(said(Outcome::Delivered, TERM), "4711 sh: SIGTERM delivered");
        assert_eq!(said(Outcome::AlreadyGone, TERM), "4711 sh: had already ended, nothing sent");
        assert_eq!(said(Outcome::Replaced, TERM), "4711: is another process now, nothing sent");
        assert_eq!(said(Outcome::Replaced, Act::Renice(1)), "4711: is another process now, nothing changed");
        assert_eq!(
            said(Outcome::Denied { owner: Some(0) }, TERM),
            "4711 sh: not permitted, owned by root (root rights are needed: CAP_KILL)"
        );
        assert_eq!(
            said(Outcome::Denied { owner: None }, TERM),
            "4711 sh: not permitted (root rights are needed: CAP_KILL)"
        );
        assert_eq!(
            said(Outcome::Denied { owner: Some(1000) }, Act::Renice(-1)),
            "4711 sh: not permitted, owned by uid 1000 \
             (a more urgent nice value needs root rights, CAP_SYS_NICE, or a higher RLIMIT_NICE)"
        );
        assert_eq!(
            said(Outcome::Refused("kernel threads take no signals"), TERM),
            "4711 sh: nothing sent, kernel threads take no signals"
        );
        assert_eq!(said(changed(0, 5), Act::Renice(5)), "4711 sh: nice 0 → 5");
        assert_eq!(said(changed(19, 19), Act::Renice(1)), "4711 sh: nice stays 19, the kernel's limit");
        assert_eq!(
            said(Outcome::Failed { call: Call::OpenHandle, errno: 24 }, TERM),
            "4711 sh: nothing sent, glowtop has as many files open as it may: raise `ulimit -n` or choose fewer"
        );
    }

    #[test]
    fn a_pinned_one_tells_what_it_does_with_the_signal() {
        let disposition = Disposition { caught: Some(SignalSet(0x4000)), ..Disposition::default() };
        let pinned = || Happened::Pinned(Box::new(Standing { disposition, ..Standing::default() }));
        assert_eq!(say(pinned(), TERM), "4711 sh: alive, catches SIGTERM");
        assert_eq!(say(pinned(), KILL), "4711 sh: alive");
    }

    #[test]
    fn names_are_shown_not_obeyed() {
        let text = say_of("\u{1b}[2J\nevil\u{202e}", Happened::Vanished, TERM);
        assert_eq!(text, "4711 \u{fffd}[2J\u{fffd}evil\u{fffd}: has ended, nothing sent");
        assert!(say_of(&"n".repeat(500), Happened::Vanished, TERM).len() < 80);
        assert_eq!(say_of("", Happened::Vanished, TERM), "4711: has ended, nothing sent");
    }
}
