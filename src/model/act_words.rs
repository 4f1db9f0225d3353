//! The sentences in which the outcome of an act is told: who, what happened, and the next best step.

use super::verdict_words::{NAME_CELLS, when};
use super::{
    Act, Change, ControlNews, Happened, NextStep, Outcome, Respawn, Signal, act_errors, verdict_words,
};

/// Said of one that is held by its pid alone.
const WEAK: &str = " (no pidfd here, so who it is is checked by its start time)";

impl ControlNews {
    /// What happened, for a notice or a terminal: "4711 sh: killed by SIGTERM after 0.2 s".
    pub fn sentence(&self) -> String {
        self.says(&self.predicate())
    }

    /// `what` said of whom it is about: "4711 sh: " and `what`.
    pub fn says(&self, what: &str) -> String {
        let pid = self.target.id.pid;
        // The name was the chosen process's, and is not the newcomer's.
        if self.target.name.is_empty() || self.what == Happened::Outcome(Outcome::Replaced) {
            format!("{pid}: {what}")
        } else {
            format!("{pid} {}: {what}", self.target.name.show(NAME_CELLS))
        }
    }

    /// The same without whom it happened to, so that many can be told in one sentence: "killed by SIGTERM after 0.2 s".
    pub fn predicate(&self) -> String {
        self.reason() + &self.advice(|_| None)
    }

    /// What would help next as the end of a sentence, with how that is done where `how` knows it: "; SIGKILL ends it (!)".
    /// Empty where there is no next step.
    pub fn advice(&self, how: impl Fn(&NextStep) -> Option<String>) -> String {
        match self.next_step().map(|step| (step.words(), how(&step))) {
            Some((words, Some(how))) => format!("; {words} ({how})"),
            Some((words, None)) => format!("; {words}"),
            None => String::new(),
        }
    }

    /// What happened, without whom it happened to and without what would help next: "still alive after 5 s, ignores
    /// SIGTERM".
    pub fn reason(&self) -> String {
        // Before any order it is most likely about a signal to come.
        let act = self.act.unwrap_or(Act::Signal(Signal::TERM));
        match &self.what {
            Happened::Pinned(standing) => {
                let alive = pinned(&standing.disposition, act);
                if standing.weak { format!("{alive}{WEAK}") } else { alive }
            }
            Happened::Vanished => format!("has ended, {}", nothing(act)),
            Happened::Outcome(outcome) => self::outcome(self, outcome, act),
            Happened::Verdict(verdict) => verdict_words::reason(verdict, act, self.target.id.pid),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Call, Disposition, ProcId, Setting, SignalSet, Standing, Target};

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

    #[test]
    fn one_that_ends_before_anything_was_sent() {
        assert_eq!(say(Happened::Vanished, TERM), "4711 sh: has ended, nothing sent");
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
        let weak = Standing { weak: true, ..Standing::default() };
        assert_eq!(
            say(Happened::Pinned(Box::new(weak)), KILL),
            "4711 sh: alive (no pidfd here, so who it is is checked by its start time)"
        );
    }

    #[test]
    fn names_are_shown_not_obeyed() {
        let text = say_of("\u{1b}[2J\nevil\u{202e}", Happened::Vanished, TERM);
        assert_eq!(text, "4711 \u{fffd}[2J\u{fffd}evil\u{fffd}: has ended, nothing sent");
        assert!(say_of(&"n".repeat(500), Happened::Vanished, TERM).len() < 80);
        assert_eq!(say_of("", Happened::Vanished, TERM), "4711: has ended, nothing sent");
    }
}
