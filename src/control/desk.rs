//! The control thread: orders in, news out. Here are its books and its bell; what it does is in `acting`, what it
//! watches in `watch`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};

use crate::model::{Call, ControlNews, ControlOrder, Happened, Outcome, ProcId, Standing, Target};

use super::case::{Case, Stage, Token};
use super::follow::Times;
use super::limit::Limit;
use super::look;
use super::orders::Order;
use super::pin::{Hold, Life, Open, pin};
use super::respawn::Respawns;
use super::survey::Surveyor;
use super::tame;
use super::undo::Book;

/// How many sessions without a hold on anything are remembered; a caller that never releases costs no more.
const MOST_IDLE_SESSIONS: usize = 64;
/// Death reports taken from the kernel at once.
const BATCH: usize = 64;

/// Epoll's name for the eventfd that says that an order has come. Cases and orders are counted from the next number.
const ORDERS: u64 = 0;

/// The alarms' name for a look at those that are held weakly.
const WEAK: u64 = u64::MAX;
/// The alarms' name for a look at who came in the place of one that was killed.
pub(super) const RESPAWNS: u64 = u64::MAX - 1;

/// How often those that are held weakly are looked at, with so much more time between for each of them.
const ROUND: Duration = Duration::from_millis(50);
const ROUND_EACH: Duration = Duration::from_millis(1);

/// The state of the control thread; `news` is where it tells what happened.
pub(super) struct Desk<F> {
    pub(super) epoll: OwnedFd,
    wake: Arc<OwnedFd>,
    pub(super) news: F,
    pub(super) times: Times,
    /// The cases of each session, in the order in which they were chosen.
    pub(super) sessions: BTreeMap<u64, Vec<Token>>,
    pub(super) cases: BTreeMap<Token, Case>,
    /// The cases of the sessions that were not released, by whom they are about.
    pub(super) by_id: BTreeMap<(u64, ProcId), Token>,
    /// The orders that are not over.
    pub(super) orders: BTreeMap<Token, Order>,
    /// Of those, the ones that may be over now.
    pub(super) ripe: BTreeSet<Token>,
    /// When to look at a case, or to climb the ladder of an order.
    pub(super) alarms: BTreeSet<(Instant, Token)>,
    /// Cases that linger, oldest first; some may have left that stage.
    pub(super) lingering: VecDeque<Token>,
    /// How many pidfds are open.
    held: usize,
    limit: Limit,
    /// How they are opened.
    pub(super) open: Open,
    /// Cases that are held without a pidfd, so that nothing reports their end.
    pub(super) weak: BTreeSet<Token>,
    /// Whether an alarm is set to look at those.
    round_planned: bool,
    next_token: Token,
    /// There from the first survey on.
    pub(super) surveyor: Option<Surveyor>,
    /// Who was killed, and may come again.
    pub(super) respawns: Respawns,
    /// What can be given back.
    pub(super) deeds: Book,
    /// Set when nobody waits for anything but the end.
    closing: Arc<AtomicBool>,
}

impl<F: Fn(ControlNews)> Desk<F> {
    /// A desk without cases, which reads its orders when `wake` rings and waits for nobody when `closing` is set.
    pub(super) fn new(
        wake: Arc<OwnedFd>,
        times: Times,
        open: Open,
        closing: Arc<AtomicBool>,
        news: F,
    ) -> io::Result<Desk<F>> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &*wake, epoll::EventData::new_u64(ORDERS), epoll::EventFlags::IN)?;
        Ok(Desk {
            epoll,
            wake,
            news,
            times,
            sessions: BTreeMap::new(),
            cases: BTreeMap::new(),
            by_id: BTreeMap::new(),
            orders: BTreeMap::new(),
            ripe: BTreeSet::new(),
            alarms: BTreeSet::new(),
            lingering: VecDeque::new(),
            held: 0,
            limit: Limit::default(),
            open,
            weak: BTreeSet::new(),
            round_planned: false,
            next_token: ORDERS + 1,
            surveyor: None,
            respawns: Respawns::default(),
            deeds: Book::default(),
            closing,
        })
    }

    /// Sleeps until something happens; returns when nobody can send orders any more.
    pub(super) fn run(&mut self, mail: &Receiver<ControlOrder>) {
        let mut events = Vec::with_capacity(BATCH);
        loop {
            events.clear();
            let timeout = self.alarms.first().map(|(at, _)| {
                let left = at.saturating_duration_since(Instant::now());
                // rustix rounds up to the milliseconds of epoll_wait(2), so this never wakes just too early.
                Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) }
            });
            let spare = rustix::buffer::spare_capacity(&mut events);
            match epoll::wait(&self.epoll, spare, timeout.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                // Nothing else can go wrong with a descriptor that is ours; without it there is no waiting.
                Err(_) => return,
            }
            for event in &events {
                let data = event.data;
                match data.u64() {
                    ORDERS => {
                        let mut count = [0; 8];
                        let _ = rustix::io::read(&*self.wake, &mut count);
                        if !self.obey(mail) {
                            return;
                        }
                        self.tell_surveys();
                    }
                    token => self.attend(token),
                }
            }
            self.attend_to_alarms();
            self.close_orders();
        }
    }

    /// Takes all orders that have come; false when there can be no more.
    fn obey(&mut self, mail: &Receiver<ControlOrder>) -> bool {
        loop {
            self.close_orders();
            match mail.try_recv() {
                Ok(ControlOrder::Pin { session, targets }) => self.pin_all(session, targets),
                Ok(ControlOrder::Act { session, act, only, reach }) => {
                    self.act_on_all(session, act, &only, &reach);
                }
                Ok(ControlOrder::Survey { session, target, among }) => self.survey(session, target, among),
                Ok(ControlOrder::Cancel { session }) => self.cancel(session),
                Ok(ControlOrder::Undo { session, of }) => self.undo(session, of),
                Ok(ControlOrder::Release { session }) => self.release(session),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn attend_to_alarms(&mut self) {
        let now = Instant::now();
        while let Some(&(at, token)) = self.alarms.first() {
            if at > now {
                return;
            }
            self.alarms.pop_first();
            match token {
                WEAK => {
                    self.round_planned = false;
                    self.look_after_the_weak();
                    self.plan_round();
                    continue;
                }
                RESPAWNS => {
                    self.look_for_respawns();
                    continue;
                }
                _ => {}
            }
            if let Some(case) = self.cases.get_mut(&token) {
                case.alarm = None;
                self.attend(token);
            } else {
                self.climb(token);
            }
        }
    }

    /// Sees to it that those that are held weakly are looked at, if there are any.
    fn plan_round(&mut self) {
        let count = u32::try_from(self.weak.len()).unwrap_or(u32::MAX);
        if count > 0 && !self.round_planned {
            self.round_planned = true;
            self.set_timer(WEAK, Instant::now() + ROUND + ROUND_EACH.saturating_mul(count));
        }
    }

    /// Sets an alarm that is about no case.
    pub(super) fn set_timer(&mut self, name: u64, at: Instant) {
        self.alarms.insert((at, name));
    }

    pub(super) fn new_token(&mut self) -> Token {
        let token = self.next_token;
        self.next_token += 1;
        token
    }

    // Pinning.

    fn pin_all(&mut self, session: u64, targets: Vec<Target>) {
        self.forget_idle_sessions();
        self.sessions.entry(session).or_default();
        for target in targets {
            let token = self.enlist(session, target);
            match self.take_hold(token) {
                Ok(()) => {
                    if let Some(standing) = self.standing(token) {
                        self.tell(token, Happened::Pinned(Box::new(standing)));
                    }
                }
                Err(Outcome::AlreadyGone) => self.tell(token, Happened::Vanished),
                Err(outcome) => self.tell(token, Happened::Outcome(outcome)),
            }
        }
    }

    /// Makes sure that the case has its hold.
    pub(super) fn take_hold(&mut self, token: Token) -> Result<(), Outcome> {
        let Some(case) = self.cases.get_mut(&token) else { return Err(Outcome::AlreadyGone) };
        if case.ended {
            return Err(Outcome::AlreadyGone);
        }
        if case.hold.is_some() {
            return Ok(());
        }
        if !self.limit.has_room(self.held) {
            return Err(Outcome::Failed { call: Call::OpenHandle, errno: libc::EMFILE });
        }
        let hold = pin(case.target.id, self.open)?;
        let zombie = match hold.life(case.target.id) {
            Life::Alive => false,
            Life::Zombie => true,
            Life::Reaped => return Err(Outcome::AlreadyGone),
        };
        match &hold {
            Hold::Process { pidfd, .. } => {
                let watch =
                    epoll::add(&self.epoll, pidfd, epoll::EventData::new_u64(token), interest(zombie));
                if let Err(errno) = watch {
                    return Err(Outcome::Failed { call: Call::OpenHandle, errno: errno.raw_os_error() });
                }
                self.held += 1;
            }
            Hold::Weak { .. } => {
                self.weak.insert(token);
            }
            Hold::Thread => {}
        }
        case.hold = Some(hold);
        case.stage = Stage::Pinned { zombie };
        self.plan_round();
        Ok(())
    }

    /// How a process stands that is held.
    fn standing(&self, token: Token) -> Option<Standing> {
        let case = self.cases.get(&token)?;
        let pid = case.target.id.pid;
        let status = look::status(pid);
        Some(Standing {
            disposition: status.disposition,
            is_init: status.is_init(),
            is_kernel: case.hold.as_ref().is_some_and(Hold::is_kernel_thread),
            weak: matches!(case.hold, Some(Hold::Weak { .. })),
            settings: tame::settings(pid),
        })
    }

    /// Closes the pidfd of a case and cancels its alarm; the target stays known to its session.
    pub(super) fn let_go(&mut self, token: Token) {
        self.set_alarm(token, None);
        self.respawns.forget(token);
        let Some(case) = self.cases.get_mut(&token) else { return };
        case.stage = Stage::Pinned { zombie: false };
        match case.hold.take() {
            Some(Hold::Process { pidfd, .. }) => {
                // Closing alone would not do while a child that is being started holds a copy of the descriptor.
                let _ = epoll::delete(&self.epoll, &pidfd);
                self.held -= 1;
                drop(pidfd);
                self.limit.relax(self.held);
            }
            Some(Hold::Weak { .. }) => {
                self.weak.remove(&token);
            }
            Some(Hold::Thread) | None => {}
        }
    }

    // Book-keeping.

    pub(super) fn tell(&mut self, token: Token, what: Happened) {
        self.book(token, &what);
        if let Some(case) = self.cases.get(&token) {
            (self.news)(ControlNews {
                session: case.session,
                target: case.target.clone(),
                act: case.act,
                what,
            });
        }
    }

    /// How many pidfds are open.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Tells something that is about no case.
    pub(super) fn announce(&self, news: ControlNews) {
        (self.news)(news);
    }

    /// Whether this is to come to an end quickly.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// What rings when somebody has something for this thread.
    pub(super) fn bell(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.wake)
    }

    /// Tells how a case ended, and closes it.
    pub(super) fn tell_end(&mut self, token: Token, what: Happened) {
        self.tell(token, what);
        self.let_go(token);
        if let Some(case) = self.cases.get_mut(&token) {
            case.ended = true;
        }
    }

    pub(super) fn set_alarm(&mut self, token: Token, at: Option<Instant>) {
        let Some(case) = self.cases.get_mut(&token) else { return };
        if let Some(old) = std::mem::replace(&mut case.alarm, at) {
            self.alarms.remove(&(old, token));
        }
        if let Some(at) = at {
            self.alarms.insert((at, token));
        }
    }

    /// Forgets a case whose session was released and which is not followed any more.
    pub(super) fn forget_if_over(&mut self, token: Token) {
        let is_over = |case: &Case| case.released && case.hold.is_none() && case.part.is_none();
        if self.cases.get(&token).is_some_and(is_over) {
            self.cases.remove(&token);
        }
    }

    /// Forgets the oldest sessions that hold nothing, if they have become too many.
    pub(super) fn forget_idle_sessions(&mut self) {
        if self.sessions.len() < MOST_IDLE_SESSIONS {
            return;
        }
        let holds = |token: &Token| self.cases.get(token).is_some_and(|case| case.hold.is_some());
        let idle: Vec<u64> =
            self.sessions.iter().filter(|(_, own)| !own.iter().any(holds)).map(|(&id, _)| id).collect();
        let surplus = (idle.len() + 1).saturating_sub(MOST_IDLE_SESSIONS);
        for session in idle.into_iter().take(surplus) {
            self.release(session);
        }
    }
}

/// What epoll is to report of a pidfd: its end; of a zombie's, only the reaping (Linux 6.9), which is always reported.
pub(super) fn interest(zombie: bool) -> epoll::EventFlags {
    if zombie { epoll::EventFlags::empty() } else { epoll::EventFlags::IN }
}
