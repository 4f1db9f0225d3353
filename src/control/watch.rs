//! The desk's eye: what becomes of those that were signalled, and who ends while it is pinned.

use std::cell::OnceCell;
use std::time::Instant;

use rustix::event::epoll;

use crate::model::{ControlNews, DefaultAction, Happened, Pid, ProcId, Untrusted, Verdict};

use super::case::{Stage, Token};
use super::cgroups::{self, Frozen};
use super::desk::{Desk, interest};
use super::follow::{Evidence, Pursuit, Sight, obituary};
use super::look::{self, Stat, Status, Thread};
use super::pin::{End, Hold, Life};

/// How many processes that outlived a signal are watched at once for a late end.
const MOST_LINGERING: usize = 64;

impl<F: Fn(ControlNews)> Desk<F> {
    /// Looks at a case because the kernel reported something about it or because it is time.
    pub(super) fn attend(&mut self, token: Token) {
        let Some(case) = self.cases.get(&token) else { return };
        let Some(hold) = &case.hold else { return };
        // An event may be older than the hold: ask the pidfd itself.
        let life = hold.life(case.target.id);
        match (life, case.stage) {
            (Life::Alive, Stage::Pursued(pursuit)) => self.look(token, pursuit),
            // The minute is over.
            (Life::Alive, Stage::Lingering { until, .. }) if until <= Instant::now() => self.let_go(token),
            (Life::Alive, _) | (Life::Zombie, Stage::Pinned { zombie: true }) => {}
            (Life::Zombie | Life::Reaped, Stage::Pinned { .. }) => {
                self.tell_end(token, Happened::Vanished);
            }
            (_, Stage::Pursued(pursuit)) => {
                self.bury(token, pursuit.deadly_since().unwrap_or(pursuit.sent), Instant::now());
            }
            (_, Stage::Lingering { sent, .. }) => self.bury(token, sent, Instant::now()),
            (_, Stage::Ended { sent, at }) => self.bury(token, sent, at),
        }
        self.forget_if_over(token);
    }

    /// Looks whether any of those that are held weakly has ended, which nothing reports.
    pub(super) fn look_after_the_weak(&mut self) {
        let ended = |token: &Token| {
            self.cases.get(token).is_some_and(|case| {
                case.hold.as_ref().is_some_and(|hold| hold.life(case.target.id) != Life::Alive)
            })
        };
        let ended: Vec<Token> = self.weak.iter().copied().filter(ended).collect();
        for token in ended {
            self.attend(token);
        }
    }

    /// The living: is there a verdict?
    fn look(&mut self, token: Token, mut pursuit: Pursuit) {
        let Some(case) = self.cases.get_mut(&token) else { return };
        let now = Instant::now();
        let deadly_and_young =
            pursuit.signal.is_deadly() && now.saturating_duration_since(pursuit.sent) < self.times.early;
        let evidence = if deadly_and_young || pursuit.signal.default_action() == DefaultAction::Ignored {
            Seen::nothing(case.target.id)
        } else {
            Seen::look(case.target.id)
        };
        let sight = pursuit.look(now, &self.times, &evidence);
        // What was read was about this process only if it lives still.
        if case.hold.as_ref().is_some_and(|hold| hold.life(case.target.id) != Life::Alive) {
            return self.bury(token, pursuit.deadly_since().unwrap_or(pursuit.sent), now);
        }
        match sight {
            Sight::Again(at) => {
                case.stage = Stage::Pursued(pursuit);
                self.set_alarm(token, Some(at));
            }
            Sight::Settled(verdict) => {
                self.tell(token, Happened::Verdict(verdict));
                match pursuit.deadly_since() {
                    Some(sent) => self.linger(token, sent, now),
                    None => self.let_go(token),
                }
            }
            Sight::Defiant(verdict) => {
                self.tell(token, Happened::Verdict(verdict));
                self.linger(token, pursuit.sent, now);
            }
        }
    }

    /// The dead: how did it end?
    fn bury(&mut self, token: Token, sent: Instant, at: Instant) {
        let Some(case) = self.cases.get_mut(&token) else { return };
        let Some(hold) = &case.hold else { return };
        let after = at.saturating_duration_since(sent);
        let verdict = match hold.end(case.target.id) {
            End::Known(status) => obituary(status, after),
            End::Later if at.elapsed() < self.times.grace => {
                case.stage = Stage::Ended { sent, at };
                // From now on only the reaping is news; the pidfd stays readable, which would be reported for ever.
                if let Hold::Process { pidfd, .. } = hold {
                    let data = epoll::EventData::new_u64(token);
                    let _ = epoll::modify(&self.epoll, pidfd, data, interest(true));
                }
                return self.set_alarm(token, Some(at + self.times.grace));
            }
            End::Later | End::Unknown => Verdict::Ended { after: after.as_secs_f64() },
        };
        // Before it is let go, and what is remembered of it with it.
        self.watch_for_respawn(token, at);
        self.tell_end(token, Happened::Verdict(verdict));
    }

    /// Watches one that was told to be alive for a late end; `sent` is when it should have begun to end. The number
    /// of those is bounded.
    pub(super) fn linger(&mut self, token: Token, sent: Instant, now: Instant) {
        // A ladder waits for all of its own, and for longer.
        let rung = self.second_rung(token);
        let until = rung.map_or(now, |rung| rung.max(now)) + self.times.linger;
        let Some(case) = self.cases.get_mut(&token) else { return };
        case.stage = Stage::Lingering { sent, until };
        self.set_alarm(token, Some(until));
        if rung.is_some() {
            return;
        }
        self.lingering.retain(|other| {
            *other != token
                && self.cases.get(other).is_some_and(|case| matches!(case.stage, Stage::Lingering { .. }))
        });
        self.lingering.push_back(token);
        if self.lingering.len() > MOST_LINGERING
            && let Some(oldest) = self.lingering.pop_front()
        {
            self.let_go(oldest);
            self.forget_if_over(oldest);
        }
    }
}

/// What `/proc` said about a process that is looked at.
struct Seen {
    id: ProcId,
    stat: Option<Stat>,
    status: Status,
    threads: OnceCell<Vec<Thread>>,
}

impl Seen {
    fn look(id: ProcId) -> Seen {
        let stat = look::stat(id.pid).ok();
        Seen { id, stat, status: look::status(id.pid), threads: OnceCell::new() }
    }

    /// For a moment at which nothing could be certain anyway.
    fn nothing(id: ProcId) -> Seen {
        Seen { id, stat: None, status: Status::default(), threads: OnceCell::new() }
    }
}

impl Evidence for Seen {
    fn stat(&self) -> Option<&Stat> {
        self.stat.as_ref()
    }
    fn status(&self) -> &Status {
        &self.status
    }
    fn threads(&self) -> &[Thread] {
        self.threads.get_or_init(|| look::threads(self.id.pid))
    }
    fn wchan(&self, thread: Pid) -> Option<String> {
        look::wchan(thread)
    }
    fn frozen(&self) -> Option<Frozen> {
        cgroups::frozen(self.id.pid)
    }
    fn youngest_child(&self, thread: Pid) -> Option<Pid> {
        look::youngest_child(thread)
    }
    fn name(&self, pid: Pid) -> Untrusted {
        look::name(pid)
    }
}
