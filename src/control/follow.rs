//! What becomes of a process after a signal was delivered: when to look, and when the verdict is certain. Pure.
//!
//! Death is not looked for here: the pidfd reports it at once. This file is about the living.
//!
//! | signal, by its default action | looked at | verdict |
//! |---|---|---|
//! | ends or dumps | once early, once at the end | early if it is certain that the signal does not act: ignored, blocked, held by a tracer, stopped, frozen, init; else at the end, with the best explanation |
//! | stops | at growing distances | as soon as the state says stopped; early if ignored or blocked; at the end |
//! | continues | at growing distances | as soon as the state no longer says stopped; at once if it never did |
//! | nothing | never | alive, at once |

use std::time::{Duration, Instant};

use crate::model::{DefaultAction, Pid, Signal, Untrusted, Verdict, WhyAlive};

use super::cgroups::Frozen;
use super::look::{Stat, Status, Thread};

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

/// What was found out about a living process. What is behind a function is read only when it is needed.
pub(super) trait Evidence {
    fn stat(&self) -> Option<&Stat>;
    fn status(&self) -> &Status;
    /// Its threads, the main one too.
    fn threads(&self) -> &[Thread];
    /// Where this thread waits.
    fn wchan(&self, thread: Pid) -> Option<String>;
    fn frozen(&self) -> Option<Frozen>;
    /// Whom this thread started last.
    fn youngest_child(&self, thread: Pid) -> Option<Pid>;
    fn name(&self, pid: Pid) -> Untrusted;
}

/// Where a thread waits for the child of its vfork(2) (kernel/fork.c, `wait_for_vfork_done` and what it is compiled
/// into). Nothing else in these functions sleeps uninterruptibly.
const VFORK: [&str; 4] = ["kernel_clone", "_do_fork", "do_fork", "wait_for_vfork_done"];

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
        let alive = |why| {
            // What looks like a zombie and is none needs a word besides.
            let others = evidence.stat().and_then(Stat::others);
            let why = match others {
                Some(threads) => WhyAlive::MainEnded { threads, why: Box::new(why) },
                None => why,
            };
            Verdict::StillAlive { after: waited.as_secs_f64(), why }
        };
        let stopped = evidence.stat().map(Stat::is_stopped);
        match self.signal.default_action() {
            DefaultAction::Ignored => return Sight::Settled(Verdict::Alive),
            DefaultAction::Ends | DefaultAction::Dumps => {
                if early && let Some(why) = self.hindrance(evidence) {
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
                if early && let Some(why) = self.hindrance(evidence) {
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
        let deadly = self.signal.is_deadly();
        let waits = status.is_pending(self.signal);
        // A tracer may also hold it for a moment at a time, as strace(1) does.
        if deadly && waits && evidence.stat().is_some_and(Stat::is_held) {
            return Some(traced(evidence, true).unwrap_or(WhyAlive::Stopped));
        }
        if waits && self.is_blocked(evidence) {
            return Some(WhyAlive::Blocks);
        }
        if deadly && evidence.stat().is_some_and(|stat| stat.is_stopped() && !stat.is_held()) {
            return Some(WhyAlive::Stopped);
        }
        if deadly && let Some(Frozen { cgroup, kill_waits }) = evidence.frozen() {
            return Some(WhyAlive::Frozen { cgroup, kill_waits });
        }
        (status.is_init() && !status.catches(self.signal)).then_some(WhyAlive::Init)
    }

    /// Whether every thread that lives blocks the signal; one that does not would take it.
    fn is_blocked(&self, evidence: &impl Evidence) -> bool {
        let status = evidence.status();
        match evidence.stat() {
            // The common case, in which nothing more need be read.
            Some(stat) if stat.threads <= 1 => status.blocks(self.signal),
            _ => {
                let mut living = evidence.threads().iter().filter(|thread| thread.is_alive()).peekable();
                living.peek().is_some()
                    && living.all(|thread| thread.blocked.is_some_and(|set| set.has(self.signal)))
            }
        }
    }

    /// The best explanation when there is no more patience.
    fn explain(&self, evidence: &impl Evidence) -> WhyAlive {
        if let Some(why) = self.hindrance(evidence) {
            return why;
        }
        let (stat, status) = (evidence.stat(), evidence.status());
        if status.dumps_core {
            return WhyAlive::DumpsCore;
        }
        if let Some(Frozen { cgroup, kill_waits }) = evidence.frozen()
            && (kill_waits || self.signal != Signal::KILL)
        {
            return WhyAlive::Frozen { cgroup, kill_waits };
        }
        if let Some(thread) = stuck(evidence) {
            let wchan = evidence.wchan(thread);
            if wchan.as_deref().is_some_and(|function| VFORK.contains(&function)) {
                let child = evidence.youngest_child(thread);
                let child_name = child.map(|child| evidence.name(child)).unwrap_or_default();
                return WhyAlive::Vfork { child, child_name };
            }
            return WhyAlive::Uninterruptible { wchan };
        }
        if stat.is_some_and(Stat::is_held)
            && let Some(why) = traced(evidence, true)
        {
            return why;
        }
        if self.signal.default_action() == DefaultAction::Continues && stat.is_some_and(Stat::is_stopped) {
            return WhyAlive::Stopped;
        }
        if status.is_init() {
            return WhyAlive::Init;
        }
        if self.signal.is_unstoppable() {
            return WhyAlive::Unknown;
        }
        if status.catches(self.signal) {
            return WhyAlive::Catches;
        }
        if let Some(why) = traced(evidence, false) {
            return why;
        }
        // It no longer waits, and acting would have been the end: so a thread took it from the queue.
        if self.signal.is_deadly() && status.pending.is_some() && !status.is_pending(self.signal) {
            return WhyAlive::Catches;
        }
        WhyAlive::Unknown
    }
}

/// Who traces it, if somebody does.
fn traced(evidence: &impl Evidence, held: bool) -> Option<WhyAlive> {
    let tracer = evidence.status().tracer?;
    Some(WhyAlive::Traced { tracer, tracer_name: evidence.name(tracer), held })
}

/// A thread in uninterruptible sleep, the main one first: as long as one sleeps the process is not gone.
fn stuck(evidence: &impl Evidence) -> Option<Pid> {
    match evidence.stat() {
        Some(stat) if stat.threads <= 1 && !stat.is_stuck() => None,
        _ => evidence.threads().iter().find(|thread| thread.is_stuck()).map(|thread| thread.id),
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

    #[derive(Clone)]
    struct Scene {
        stat: Stat,
        status: Status,
        threads: Vec<Thread>,
        frozen: Option<Frozen>,
        wchan: &'static str,
    }

    impl Evidence for Scene {
        fn stat(&self) -> Option<&Stat> {
            Some(&self.stat)
        }
        fn status(&self) -> &Status {
            &self.status
        }
        fn threads(&self) -> &[Thread] {
            &self.threads
        }
        fn wchan(&self, thread: Pid) -> Option<String> {
            assert!(self.threads.iter().any(|one| one.id == thread && one.is_stuck()));
            Some(self.wchan.to_owned())
        }
        fn frozen(&self) -> Option<Frozen> {
            self.frozen.clone()
        }
        fn youngest_child(&self, thread: Pid) -> Option<Pid> {
            Pid::new(thread.get() + 1)
        }
        fn name(&self, pid: Pid) -> Untrusted {
            format!("name of {pid}").as_str().into()
        }
    }

    fn thread(id: u32, state: u8, blocked: Option<SignalSet>) -> Thread {
        Thread { id: Pid::new(id).unwrap(), state, blocked }
    }

    fn scene(state: u8) -> Scene {
        let name = Untrusted::from("x");
        let stat = Stat { name, state, parent: None, flags: 0, threads: 1, start_time: 1, exit_code: None };
        let threads = vec![thread(100, state, None)];
        Scene { stat, status: Status::default(), threads, frozen: None, wchan: "nfs_wait" }
    }

    /// The same with more threads.
    fn with(mut scene: Scene, threads: &[Thread]) -> Scene {
        scene.threads.extend(threads);
        scene.stat.threads = scene.threads.len() as u32;
        scene
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
        let mut held = scene(b't');
        held.status.tracer = Pid::new(7);
        held.status.pending = Some(set(Signal::TERM));
        let (tracer, tracer_name) = (Pid::new(7).unwrap(), Untrusted::from("name of 7"));
        let mut frozen = scene(b'S');
        frozen.status.disposition.caught = Some(set(Signal::TERM));
        frozen.frozen = Some(Frozen { cgroup: "/x".into(), kill_waits: false });
        for (scene, reason) in [
            (&ignoring, WhyAlive::Ignores),
            (&blocking, WhyAlive::Blocks),
            (&scene(b'T'), WhyAlive::Stopped),
            (&init, WhyAlive::Init),
            (&held, WhyAlive::Traced { tracer, tracer_name, held: true }),
            (&frozen, WhyAlive::Frozen { cgroup: "/x".into(), kill_waits: false }),
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
    fn a_blocked_signal_that_no_longer_waits_was_taken_from_the_queue() {
        let mut scene = scene(b'S');
        scene.status.disposition.blocked = Some(set(Signal::TERM));
        scene.status.pending = Some(SignalSet(0));
        assert_eq!(why(&seen(Signal::TERM, &scene, &[5000])[0]), Some(&WhyAlive::Catches));
        scene.status.pending = None;
        assert_eq!(why(&seen(Signal::TERM, &scene, &[5000])[0]), Some(&WhyAlive::Unknown));
    }

    #[test]
    fn a_signal_is_held_back_only_if_every_thread_blocks_it() {
        let mut base = scene(b'S');
        base.status.disposition.blocked = Some(set(Signal::TERM));
        base.status.pending = Some(set(Signal::TERM));
        base.threads[0].blocked = Some(set(Signal::TERM));
        let all = with(base.clone(), &[thread(101, b'S', Some(set(Signal::TERM)))]);
        assert_eq!(why(&seen(Signal::TERM, &all, &[300])[0]), Some(&WhyAlive::Blocks));
        // Another thread takes it as soon as it can; and what it is that keeps it is the reason.
        let stuck = with(base.clone(), &[thread(101, b'D', Some(SignalSet(0)))]);
        let wchan = Some("nfs_wait".to_owned());
        let seen_stuck = seen(Signal::TERM, &stuck, &[300, 5000]);
        assert_eq!(why(&seen_stuck[0]), None);
        assert_eq!(why(&seen_stuck[1]), Some(&WhyAlive::Uninterruptible { wchan }));
        // What an ended main thread blocked no longer matters.
        base.stat.state = b'Z';
        base.threads[0].state = b'Z';
        let free = with(base, &[thread(101, b'S', Some(SignalSet(0)))]);
        assert_eq!(why(&seen(Signal::TERM, &free, &[300])[0]), None);
    }

    #[test]
    fn what_goes_on_without_its_main_thread_is_no_zombie() {
        let mut base = scene(b'Z');
        base.status.disposition.ignored = Some(set(Signal::TERM));
        let goes_on = with(base, &[thread(101, b'S', None), thread(102, b'D', None)]);
        let ignores = WhyAlive::MainEnded { threads: 2, why: Box::new(WhyAlive::Ignores) };
        assert_eq!(why(&seen(Signal::TERM, &goes_on, &[300])[0]), Some(&ignores));
        let stuck = WhyAlive::Uninterruptible { wchan: Some("nfs_wait".to_owned()) };
        let stuck = WhyAlive::MainEnded { threads: 2, why: Box::new(stuck) };
        assert_eq!(why(&seen(Signal::KILL, &goes_on, &[5000])[0]), Some(&stuck));
    }

    #[test]
    fn who_waits_in_vfork_is_told_with_the_child() {
        for function in VFORK {
            let scene = Scene { wchan: function, ..scene(b'D') };
            let vfork = WhyAlive::Vfork { child: Pid::new(101), child_name: "name of 101".into() };
            assert_eq!(why(&seen(Signal::KILL, &scene, &[5000])[0]), Some(&vfork));
        }
    }

    #[test]
    fn what_holds_even_sigkill() {
        let mut dying = scene(b'S');
        dying.status.dumps_core = true;
        let mut frozen = scene(b'D');
        frozen.frozen = Some(Frozen { cgroup: "/x".into(), kill_waits: true });
        let of_v1 = WhyAlive::Frozen { cgroup: "/x".into(), kill_waits: true };
        for (scene, reason) in [(&dying, WhyAlive::DumpsCore), (&frozen, of_v1)] {
            let seen = seen(Signal::KILL, scene, &[300, 5000]);
            assert!(matches!(seen[0], Sight::Again(_)));
            assert_eq!(why(&seen[1]), Some(&reason));
        }
        // Version 2 lets it through, so that cannot be the reason.
        frozen.frozen = Some(Frozen { cgroup: "/x".into(), kill_waits: false });
        let stuck = WhyAlive::Uninterruptible { wchan: Some("nfs_wait".to_owned()) };
        assert_eq!(why(&seen(Signal::KILL, &frozen, &[5000])[0]), Some(&stuck));
    }

    #[test]
    fn a_tracer_may_have_kept_the_signal() {
        let mut traced = scene(b'S');
        traced.status.tracer = Pid::new(7);
        let (tracer, tracer_name) = (Pid::new(7).unwrap(), Untrusted::from("name of 7"));
        let kept = WhyAlive::Traced { tracer, tracer_name, held: false };
        assert_eq!(why(&seen(Signal::TERM, &traced, &[5000])[0]), Some(&kept));
        // SIGKILL cannot be kept.
        assert_eq!(why(&seen(Signal::KILL, &traced, &[5000])[0]), Some(&WhyAlive::Unknown));
        // Seen while it is held for a moment, with nothing waiting: not certain before the end.
        traced.stat.state = b't';
        let [early, late] = &seen(Signal::TERM, &traced, &[300, 5000])[..] else { panic!() };
        assert!(matches!(early, Sight::Again(_)));
        assert!(matches!(why(late), Some(WhyAlive::Traced { held: true, .. })), "{late:?}");
        traced.stat.state = b'S';
        traced.status.disposition.caught = Some(set(Signal::TERM));
        assert_eq!(why(&seen(Signal::TERM, &traced, &[5000])[0]), Some(&WhyAlive::Catches));
        // One it holds cannot be continued by others.
        traced.stat.state = b't';
        let held = why(&seen(Signal::CONT, &traced, &[5000])[0]).cloned();
        assert!(matches!(held, Some(WhyAlive::Traced { held: true, .. })), "{held:?}");
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
