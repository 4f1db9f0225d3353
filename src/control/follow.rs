//! What becomes of a process after a signal was delivered: when to look, and when the verdict is certain. Pure.
//!
//! Death is not looked for here: the pidfd reports it at once. This file is about the living.
//!
//! | signal, by its default action | looked at | verdict |
//! |---|---|---|
//! | ends or dumps | once early, once at the end | early if it is certain that the signal does not act: ignored, blocked and pending, stopped, init; else at the end, with the best explanation |
//! | stops | at growing distances | as soon as the state says stopped; early if ignored or blocked; at the end |
//! | continues | at growing distances | as soon as the state no longer says stopped; at once if it never did |
//! | nothing | never | alive, at once |

use std::time::{Duration, Instant};

use crate::model::{DefaultAction, Signal, Verdict, WhyAlive};

use super::look::{Stat, Status};

/// How long things take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// From the signal to the verdict "still alive".
    pub(super) patience: Duration,
    /// From the signal to the first look at a process that should have ended. Ignored, blocked and stopped are
    /// certain from the start; the delay leaves room for a process that changes its mind as it starts.
    pub(super) early: Duration,
    /// From an end whose manner is unknown to giving up on learning it: the parent may still reap.
    pub(super) grace: Duration,
    /// How long one that was told to be alive is still watched, so that its late end is news.
    pub(super) linger: Duration,
}

impl Times {
    pub(super) fn with_patience(patience: Duration) -> Times {
        Times {
            patience,
            early: Duration::from_millis(300).min(patience),
            grace: Duration::from_millis(500),
            linger: Duration::from_mins(1),
        }
    }
}

/// First distance between two looks at the state; it doubles up to the last.
const FIRST_LOOK: Duration = Duration::from_millis(2);
const LAST_LOOK: Duration = Duration::from_millis(100);

/// One process under one signal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pursuit {
    pub(super) signal: Signal,
    pub(super) sent: Instant,
    /// When an earlier deadly signal was sent that it has not obeyed yet.
    earlier: Option<Instant>,
    /// Whether it was stopped before.
    pub(super) was_stopped: bool,
    /// Distance to the next look.
    pause: Duration,
}

/// What one look at a living process means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Sight {
    /// Nothing is certain yet; look again then.
    Again(Instant),
    /// This is the end of it.
    Settled(Verdict),
    /// It should have ended and did not; its end would still be news.
    Defiant(Verdict),
}

/// What was found out about a living process. Read only when it is needed.
pub(super) trait Evidence {
    fn stat(&self) -> Option<&Stat>;
    fn status(&self) -> &Status;
    fn wchan(&self) -> Option<String>;
}

impl Pursuit {
    pub(super) fn new(signal: Signal, sent: Instant, was_stopped: bool) -> Pursuit {
        Pursuit { signal, sent, earlier: None, was_stopped, pause: FIRST_LOOK }
    }

    /// The same, after a deadly signal that was sent at `earlier`: SIGCONT, for instance, lets a pending SIGTERM act.
    pub(super) fn after(self, earlier: Option<Instant>) -> Pursuit {
        Pursuit { earlier, ..self }
    }

    /// When the signal was sent that its end would be the answer to, if there was a deadly one.
    pub(super) fn deadly_since(&self) -> Option<Instant> {
        if self.signal.is_deadly() { Some(self.sent) } else { self.earlier }
    }

    /// What the living process tells at `now`.
    pub(super) fn look(&mut self, now: Instant, times: &Times, evidence: &impl Evidence) -> Sight {
        let waited = now.saturating_duration_since(self.sent);
        let (early, late) = (waited >= times.early, waited >= times.patience);
        let alive = |why| Verdict::StillAlive { after: waited.as_secs_f64(), why };
        let stopped = evidence.stat().map(Stat::is_stopped);
        match self.signal.default_action() {
            DefaultAction::Ignored => return Sight::Settled(Verdict::Alive),
            DefaultAction::Ends | DefaultAction::Dumps => {
                if let Some(why) = self.hindrance(evidence).filter(|_| early) {
                    return Sight::Defiant(alive(why));
                }
                if late {
                    return Sight::Defiant(alive(self.explain(evidence)));
                }
                let next = if early { times.patience } else { times.early };
                return Sight::Again(self.sent + next);
            }
            DefaultAction::Stops => {
                if stopped == Some(true) {
                    return Sight::Settled(Verdict::Stopped);
                }
                if let Some(why) = self.hindrance(evidence).filter(|_| early) {
                    return Sight::Settled(alive(why));
                }
            }
            DefaultAction::Continues => {
                if !self.was_stopped {
                    return Sight::Settled(Verdict::Alive);
                }
                if stopped == Some(false) {
                    return Sight::Settled(Verdict::Continued);
                }
            }
        }
        if late {
            return Sight::Settled(alive(self.explain(evidence)));
        }
        let next = (now + self.pause).min(self.sent + times.patience);
        self.pause = (self.pause * 2).min(LAST_LOOK);
        Sight::Again(next)
    }

    /// Why the signal certainly does not act now, if that is so.
    fn hindrance(&self, evidence: &impl Evidence) -> Option<WhyAlive> {
        let status = evidence.status();
        if self.signal.is_unstoppable() {
            // Nothing but being an init stands against SIGKILL and SIGSTOP, and only from inside its namespace,
            // which the masks do not tell: see `explain`.
            return None;
        }
        if status.ignores(self.signal) {
            return Some(WhyAlive::Ignores);
        }
        if status.holds_back(self.signal) {
            return Some(WhyAlive::Blocks);
        }
        if self.signal.is_deadly() && evidence.stat().is_some_and(Stat::is_stopped) {
            return Some(WhyAlive::Stopped);
        }
        (status.is_init() && !status.catches(self.signal)).then_some(WhyAlive::Init)
    }

    /// The best explanation when there is no more patience.
    fn explain(&self, evidence: &impl Evidence) -> WhyAlive {
        if let Some(why) = self.hindrance(evidence) {
            return why;
        }
        let stat = evidence.stat();
        if stat.is_some_and(Stat::is_stuck) {
            return WhyAlive::Uninterruptible { wchan: evidence.wchan() };
        }
        if self.signal.default_action() == DefaultAction::Continues && stat.is_some_and(Stat::is_stopped) {
            return WhyAlive::Stopped;
        }
        if evidence.status().is_init() {
            return WhyAlive::Init;
        }
        if !self.signal.is_unstoppable() && evidence.status().catches(self.signal) {
            return WhyAlive::Catches;
        }
        WhyAlive::Unknown
    }
}

/// The verdict that a wait status is, `after` the signal was sent: wait(2).
pub(super) fn obituary(status: i32, after: Duration) -> Verdict {
    let after = after.as_secs_f64();
    match u8::try_from(status & 0x7f).ok().and_then(Signal::new) {
        Some(by) => Verdict::Killed { by, after },
        None => Verdict::Exited { status: status >> 8 & 0xff, after },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Disposition, SignalSet, Untrusted};

    struct Scene {
        stat: Stat,
        status: Status,
    }

    impl Evidence for Scene {
        fn stat(&self) -> Option<&Stat> {
            Some(&self.stat)
        }
        fn status(&self) -> &Status {
            &self.status
        }
        fn wchan(&self) -> Option<String> {
            Some("nfs_wait".to_owned())
        }
    }

    fn scene(state: u8) -> Scene {
        let name = Untrusted::from("x");
        let stat = Stat { name, state, parent: None, flags: 0, start_time: 1, exit_code: None };
        Scene { stat, status: Status::default() }
    }

    fn set(signal: Signal) -> SignalSet {
        SignalSet(1 << (signal.number() - 1))
    }

    /// What is seen of `scene` at each of `looks` milliseconds after `signal`, with a patience of 5 s.
    fn seen(signal: Signal, scene: &Scene, looks: &[u64]) -> Vec<Sight> {
        let sent = Instant::now();
        let mut pursuit = Pursuit::new(signal, sent, scene.stat.is_stopped());
        let times = Times::with_patience(Duration::from_secs(5));
        looks.iter().map(|&ms| pursuit.look(sent + Duration::from_millis(ms), &times, scene)).collect()
    }

    fn why(sight: &Sight) -> Option<&WhyAlive> {
        match sight {
            Sight::Settled(Verdict::StillAlive { why, .. })
            | Sight::Defiant(Verdict::StillAlive { why, .. }) => Some(why),
            _ => None,
        }
    }

    #[test]
    fn what_is_certain_is_told_early_and_the_rest_late() {
        let mut ignoring = scene(b'S');
        ignoring.status.disposition =
            Disposition { ignored: Some(set(Signal::TERM)), ..Disposition::default() };
        let mut blocking = scene(b'S');
        blocking.status.disposition.blocked = Some(set(Signal::TERM));
        blocking.status.pending = Some(set(Signal::TERM));
        let mut init = scene(b'S');
        init.status.innermost_pid = Some(1);
        for (scene, reason) in [
            (&ignoring, WhyAlive::Ignores),
            (&blocking, WhyAlive::Blocks),
            (&scene(b'T'), WhyAlive::Stopped),
            (&init, WhyAlive::Init),
        ] {
            let seen = seen(Signal::TERM, scene, &[0, 300]);
            assert_eq!(why(&seen[0]), None);
            assert_eq!(why(&seen[1]), Some(&reason));
        }
        let mut catching = scene(b'S');
        catching.status.disposition.caught = Some(set(Signal::TERM));
        let stuck = WhyAlive::Uninterruptible { wchan: Some("nfs_wait".to_owned()) };
        for (scene, reason) in
            [(&catching, WhyAlive::Catches), (&scene(b'D'), stuck), (&scene(b'S'), WhyAlive::Unknown)]
        {
            let seen = seen(Signal::TERM, scene, &[0, 300, 5000]);
            assert!(matches!(seen[1], Sight::Again(_)));
            assert_eq!(why(&seen[2]), Some(&reason));
        }
    }

    #[test]
    fn a_blocked_signal_that_is_not_pending_was_taken_by_another_thread() {
        let mut scene = scene(b'S');
        scene.status.disposition.blocked = Some(set(Signal::TERM));
        scene.status.pending = Some(SignalSet(0));
        assert_eq!(why(&seen(Signal::TERM, &scene, &[5000])[0]), Some(&WhyAlive::Unknown));
    }

    #[test]
    fn nothing_of_that_stands_against_sigkill() {
        let mut scene = scene(b'T');
        scene.status.disposition = Disposition {
            ignored: Some(SignalSet(!0)),
            blocked: Some(SignalSet(!0)),
            caught: Some(SignalSet(!0)),
        };
        scene.status.pending = Some(SignalSet(!0));
        let seen = seen(Signal::KILL, &scene, &[300, 5000]);
        assert!(matches!(seen[0], Sight::Again(_)));
        assert_eq!(why(&seen[1]), Some(&WhyAlive::Unknown));
    }

    #[test]
    fn stopping_and_continuing_are_seen_in_the_state() {
        assert_eq!(seen(Signal::STOP, &scene(b'T'), &[0]), [Sight::Settled(Verdict::Stopped)]);
        assert!(matches!(seen(Signal::STOP, &scene(b'R'), &[0])[..], [Sight::Again(_)]));
        assert_eq!(seen(Signal::CONT, &scene(b'S'), &[0]), [Sight::Settled(Verdict::Alive)]);
        let held = seen(Signal::CONT, &scene(b'T'), &[0, 5000]);
        assert!(matches!(held[0], Sight::Again(_)));
        assert_eq!(why(&held[1]), Some(&WhyAlive::Stopped));
        let mut released = Pursuit::new(Signal::CONT, Instant::now(), true);
        let times = Times::with_patience(Duration::from_secs(5));
        let sight = released.look(released.sent, &times, &scene(b'S'));
        assert_eq!(sight, Sight::Settled(Verdict::Continued));
    }

    #[test]
    fn looks_at_the_state_grow_apart_and_never_pass_the_deadline() {
        let times = Times::with_patience(Duration::from_secs(5));
        let mut pursuit = Pursuit::new(Signal::STOP, Instant::now(), false);
        let (mut now, mut looks) = (pursuit.sent, 0);
        while let Sight::Again(next) = pursuit.look(now, &times, &scene(b'R')) {
            assert!(next > now && next <= pursuit.sent + times.patience);
            now = next;
            looks += 1;
        }
        assert_eq!(now, pursuit.sent + times.patience);
        assert!((40..80).contains(&looks), "{looks}");
    }

    #[test]
    fn a_wait_status_becomes_a_verdict() {
        let after = Duration::from_millis(250);
        assert_eq!(obituary(15, after), Verdict::Killed { by: Signal::TERM, after: 0.25 });
        assert_eq!(obituary(0x80 | 6, after), Verdict::Killed { by: Signal::new(6).unwrap(), after: 0.25 });
        assert_eq!(obituary(3 << 8, after), Verdict::Exited { status: 3, after: 0.25 });
        assert_eq!(obituary(0, after), Verdict::Exited { status: 0, after: 0.25 });
    }
}
