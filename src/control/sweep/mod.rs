//! An order that reaches beyond those that were pinned: who else belongs, found so that nobody gets away.
//!
//! Who is found by reading `/proc` may fork before it is signalled, and its child is then missed. So for a signal that
//! ends or stops, everybody who is found is stopped first (SIGSTOP), and `/proc` is read again until a reading that
//! began when all of them stood still finds nobody new. Then they are signalled, and those that we stopped are
//! continued, unless the signal itself stops or kills. A process group that belongs as a whole is stopped in one call,
//! which no fork can get past: that is what holds those that fork and exit faster than they can be found. What a shell
//! or a supervisor outside notices of it is that its child was stopped and continued, as by job control.
//!
//! To be told to stop is not to stand still: on a busy machine one that waits for a CPU in the middle of fork(2) has a
//! child some seconds later, and that child was in no reading. So whoever is runnable is waited for. One that sleeps
//! uninterruptibly may sleep for ever and is not; then, and after SIGKILL in any case, `/proc` is read once more when
//! all have been signalled: the kernel lets nobody fork to whom SIGKILL was sent, so what that reading finds is all
//! there is. Whoever is found only then is signalled, too, until a reading finds nobody.
//!
//! Never added to an order: threads of the kernel, ourselves, our ancestors and init.

mod census;
mod family;
mod halt;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::model::{
    Act, ControlNews, DefaultAction, Happened, Outcome, Owner, Pid, ProcId, Reach, Signal, Target, Untrusted,
};

use super::case::{Stage, Token};
use super::cgroups;
use super::desk::Desk;
use super::follow::Pursuit;
use super::look;
use super::pin::Hold;

use census::{Census, Row};
use family::{Bond, Family};
use halt::whole_groups;

/// How often `/proc` is read for one order.
const MOST_PASSES: u32 = 64;
/// The same where nobody is stopped.
const MOST_PASSES_AT_LARGE: u32 = 8;
/// No reading begins later than this after the first one, but for the first few: a storm takes the time from us, too.
const MOST_TIME: Duration = Duration::from_secs(5);
const FEW_PASSES: u32 = 6;
/// How long is waited until those that were told to stop stand still, for as long as they sleep: uninterruptibly, most
/// likely in the middle of vfork(2), whose child is found in any case. Those that are runnable are waited for until
/// [`MOST_TIME`] is over, unless they are to be killed, which needs no standing still.
const STOP_TIME: Duration = Duration::from_millis(50);
/// How often somebody may be found after all had been signalled.
const MOST_ROUNDS: u32 = 16;

const NO_PROC: &str = "/proc cannot be read, so it is not known who belongs";
const NO_CGROUP: &str = "its cgroup cannot be seen from here";
const ROOT_CGROUP: &str = "its cgroup is the root, which holds everybody else";
const OWN_CGROUP: &str = "its cgroup holds glowtop or an ancestor of it";

/// Who may be reached, and who was seen so far.
pub(super) struct Scope {
    census: Census,
    family: Family,
    /// Only members of this cgroup are looked at.
    cgroup: Option<PathBuf>,
    /// The process groups and sessions that were read as a whole.
    asked: BTreeSet<u32>,
}

impl Scope {
    /// The scope of `reach`, none where that is just the pinned; or why there can be none.
    fn open(reach: &Reach) -> Result<Option<Scope>, &'static str> {
        let bond = match reach {
            Reach::Pinned => return Ok(None),
            Reach::Subtree => Bond::Descent,
            Reach::Group(group) => Bond::Group(*group),
            Reach::Session(session) => Bond::Session(*session),
            Reach::Cgroup(_) => Bond::Presence,
        };
        let mut census = Census::open().map_err(|_| NO_PROC)?;
        let family = Family::new(bond, ourselves(&mut census));
        let mut scope = Scope { census, family, cgroup: None, asked: BTreeSet::new() };
        if let Reach::Cgroup(path) = reach {
            if path.bytes().iter().all(|&b| b == b'/') {
                return Err(ROOT_CGROUP);
            }
            let folder = cgroups::folder(path.bytes()).ok_or(NO_CGROUP)?;
            let rows = scope.census.those(&cgroups::members(&folder, usize::MAX));
            if scope.family.would_spare(&rows) {
                return Err(OWN_CGROUP);
            }
            scope.cgroup = Some(folder);
        }
        Ok(Some(scope))
    }

    /// Who is there to choose from.
    fn read(&mut self) -> Option<Vec<Row>> {
        let (known, numbers) = self.family.leads();
        self.asked = numbers;
        match &self.cgroup {
            Some(folder) => Some(self.census.those(&cgroups::members(folder, usize::MAX))),
            None => self.census.around(&known, &self.asked).ok(),
        }
    }
}

/// This process, its ancestors and init.
fn ourselves(census: &mut Census) -> BTreeSet<Pid> {
    let mut found = BTreeSet::from([Pid::INIT]);
    let mut next = Pid::new(std::process::id());
    while let Some(pid) = next.filter(|pid| found.insert(*pid)) {
        next = census.row(pid).and_then(|row| Pid::new(row.parent));
    }
    found
}

fn is_myself(pid: Pid) -> bool {
    pid.get() == std::process::id()
}

/// Those that an order is about, called together.
struct Muster {
    /// When that began.
    begun: Instant,
    /// They are stopped as they are found, and waited for until then if they are runnable.
    hold: Option<Duration>,
    /// Not all stood still in time: a child may come yet.
    restless: bool,
    /// Their cases, parents before children.
    tokens: Vec<Token>,
    /// Who was told to stop, and whether it was stopped before.
    stopped: BTreeMap<Token, bool>,
    /// Groups that were told to stop as a whole, and whether somebody in them was stopped before.
    groups: BTreeMap<u32, bool>,
    /// Who is held, by identity.
    held: BTreeMap<ProcId, Token>,
    /// Who was stopped with a group and does not belong.
    bystanders: BTreeSet<ProcId>,
    /// Who belonged and could not be held, or who came too late.
    escaped: Vec<ProcId>,
}

impl<F: Fn(ControlNews)> Desk<F> {
    /// Sends `signal` to the `chosen` and to whom `reach` adds, all as part of `order`. Returns the scope, for another
    /// time.
    pub(super) fn send(
        &mut self,
        order: Token,
        chosen: &[Token],
        reach: &Reach,
        signal: Signal,
    ) -> Option<Scope> {
        for &token in chosen {
            self.bind(order, token, Some(Act::Signal(signal)));
        }
        // What they owed to earlier orders is off.
        self.close_orders();
        match Scope::open(reach) {
            Ok(Some(mut scope)) => {
                self.send_within(order, chosen, &mut scope, signal);
                Some(scope)
            }
            Ok(None) => {
                self.signal_all(chosen.iter(), signal, &BTreeMap::new());
                None
            }
            Err(reason) => {
                self.refuse(chosen, reason);
                None
            }
        }
    }

    /// The same with a scope that is known.
    pub(super) fn send_within(&mut self, order: Token, chosen: &[Token], scope: &mut Scope, signal: Signal) {
        let act = Act::Signal(signal);
        let stops = signal.default_action() == DefaultAction::Stops;
        let called;
        let mut chosen = chosen;
        if signal == Signal::KILL
            && let Some(folder) = scope.cgroup.clone()
        {
            let mut muster = self.gather(order, chosen, scope, act, None);
            let present = scope.read().unwrap_or_default();
            self.remember_origins(&muster.tokens);
            let sent = Instant::now();
            // Another cgroup may have its name by now.
            let is_meant = present.iter().any(|row| scope.family.has(row.id));
            if is_meant && cgroups::kill(&folder).is_ok() {
                self.killed_at_once(&muster.tokens, &present, sent);
                return self.tell_escaped(order, &mut muster, act);
            }
            called = muster.tokens;
            chosen = &called;
        }
        let patience = if signal == Signal::KILL { STOP_TIME } else { MOST_TIME };
        let hold = (stops || signal.is_deadly()).then_some(patience);
        let mut muster = self.gather(order, chosen, scope, act, hold);
        if muster.restless && !stops && signal != Signal::KILL {
            self.signal_groups(scope, &mut muster, signal);
        }
        // Children first: the kernel sends SIGHUP and SIGCONT to the stopped ones of a process group when the last one
        // ends that has a parent in another group of the session, and they would run before they are signalled.
        self.signal_all(muster.tokens.iter().rev(), signal, &muster.stopped);
        if hold.is_some() && (signal == Signal::KILL || muster.restless) {
            self.catch_the_late(order, scope, &mut muster, signal);
        }
        self.let_on(&muster, scope, !stops && signal != Signal::KILL);
        self.tell_escaped(order, &mut muster, act);
    }

    /// Binds the `chosen` and whom `reach` adds to `order`, for an act that neither ends nor stops, and returns them.
    pub(super) fn call_up(&mut self, order: Token, chosen: &[Token], reach: &Reach, act: Act) -> Vec<Token> {
        for &token in chosen {
            self.bind(order, token, Some(act));
        }
        // What they owed to earlier orders is off.
        self.close_orders();
        match Scope::open(reach) {
            Ok(Some(mut scope)) => {
                let mut muster = self.gather(order, chosen, &mut scope, act, None);
                self.tell_escaped(order, &mut muster, act);
                muster.tokens
            }
            Ok(None) => chosen.to_vec(),
            Err(reason) => {
                self.refuse(chosen, reason);
                Vec::new()
            }
        }
    }

    fn refuse(&mut self, chosen: &[Token], reason: &'static str) {
        for &token in chosen {
            self.tell(token, Happened::Outcome(Outcome::Refused(reason)));
            self.let_go_unless_followed(token);
        }
    }

    /// Ourselves come last: nothing comes after that.
    fn signal_all<'a>(
        &mut self,
        tokens: impl Iterator<Item = &'a Token>,
        signal: Signal,
        stopped: &BTreeMap<Token, bool>,
    ) {
        let is_me = |desk: &Self, token: &Token| {
            desk.cases.get(token).is_some_and(|case| is_myself(case.target.id.pid))
        };
        let (me, others): (Vec<Token>, Vec<Token>) = tokens.partition(|token| is_me(self, token));
        for token in others.into_iter().chain(me) {
            self.signal(token, signal, stopped.get(&token).copied());
        }
    }

    /// Whoever is `present` was killed with its cgroup at `sent`; the others are killed now.
    fn killed_at_once(&mut self, tokens: &[Token], present: &[Row], sent: Instant) {
        for &token in tokens {
            let Some(case) = self.cases.get(&token) else { continue };
            let was_there = present
                .binary_search_by_key(&case.target.id.pid, |row| row.id.pid)
                .is_ok_and(|place| present.get(place).is_some_and(|row| row.id == case.target.id));
            match &case.hold {
                Some(hold @ (Hold::Process { .. } | Hold::Weak { .. }))
                    if was_there
                        && !matches!(case.stage, Stage::Pinned { zombie: true } | Stage::Ended { .. }) =>
                {
                    // In case it left the cgroup just before.
                    let _ = hold.send(case.target.id, Signal::KILL);
                    self.tell(token, Happened::Outcome(Outcome::Delivered));
                    self.pursue(token, Pursuit::new(Signal::KILL, sent, false));
                }
                _ => self.signal(token, Signal::KILL, None),
            }
        }
    }

    /// Finds everybody who belongs to the `chosen` and binds them to `order`; stops them as they are found, if they are
    /// to be held.
    fn gather(
        &mut self,
        order: Token,
        chosen: &[Token],
        scope: &mut Scope,
        act: Act,
        hold: Option<Duration>,
    ) -> Muster {
        let mut muster = Muster::new(chosen, hold);
        let welcomed = self.welcome(chosen, scope);
        muster.held.extend(welcomed.iter().map(|(token, row)| (row.id, *token)));
        self.search(order, welcomed, scope, act, &mut muster);
        muster
    }

    /// Reads until nobody new is found after `fresh`, who were found before.
    fn search(
        &mut self,
        order: Token,
        mut fresh: Vec<(Token, Row)>,
        scope: &mut Scope,
        act: Act,
        muster: &mut Muster,
    ) {
        let most = if muster.hold.is_some() { MOST_PASSES } else { MOST_PASSES_AT_LARGE };
        for pass in 0..most {
            let Some(rows) = scope.read() else { return };
            let new = scope.family.look(&rows);
            muster.note_bystanders(&rows, &scope.family);
            muster.escaped.clear();
            if new.is_empty() && fresh.is_empty() {
                return;
            }
            for row in new.into_iter().filter(|row| !row.is_dead()) {
                match self.adopt(order, &row, &mut scope.census, act) {
                    Some(token) => {
                        muster.tokens.push(token);
                        muster.held.insert(row.id, token);
                        fresh.push((token, row));
                    }
                    None => muster.escaped.push(row.id),
                }
            }
            if muster.hold.is_some() {
                self.stop(&fresh, &rows, scope, muster);
            }
            fresh.clear();
            if (pass >= FEW_PASSES && muster.begun.elapsed() > MOST_TIME) || self.is_closing() {
                muster.restless = true;
                break;
            }
        }
        // They came until the end: whoever is there now and not held has got away.
        let late = scope.read().map(|rows| scope.family.look(&rows)).unwrap_or_default();
        muster.escaped.extend(late.iter().filter(|row| !row.is_dead()).map(|row| row.id));
    }

    /// All that were found have been signalled. Whoever was born of one that did not stand still is found and signalled
    /// now, before anybody goes on.
    fn catch_the_late(&mut self, order: Token, scope: &mut Scope, muster: &mut Muster, signal: Signal) {
        let escaped = std::mem::take(&mut muster.escaped);
        for _ in 0..MOST_ROUNDS {
            let known = muster.tokens.len();
            self.search(order, Vec::new(), scope, Act::Signal(signal), muster);
            let late = muster.tokens.get(known..).unwrap_or_default();
            if late.is_empty() {
                break;
            }
            self.signal_all(late.iter().rev(), signal, &muster.stopped);
        }
        muster.escaped.extend(escaped);
    }

    /// Sends `signal` to the groups that were stopped as a whole and still are whole, before it is sent to each of them.
    /// Whose fork(2) goes on has a child yet, and that child gets the signals that all of a group get, but not those that
    /// wait for its parent already (kernel/signal.c, `__send_signal_locked`).
    fn signal_groups(&mut self, scope: &mut Scope, muster: &mut Muster, signal: Signal) {
        let Some(rows) = scope.read() else { return };
        let late = scope.family.look(&rows);
        let whole = whole_groups(&rows, &scope.family, &scope.asked);
        let ours = muster.groups.keys().filter(|group| whole.contains(group));
        let hit: BTreeSet<u32> =
            ours.filter(|group| self.signal_group(**group, signal, scope, muster)).copied().collect();
        let lost = late.iter().filter(|row| !row.is_dead() && !hit.contains(&row.group));
        muster.escaped.extend(lost.map(|row| row.id));
    }

    /// Lets those of the `chosen` that live into the family.
    fn welcome(&mut self, chosen: &[Token], scope: &mut Scope) -> Vec<(Token, Row)> {
        let mut welcomed = Vec::new();
        for &token in chosen {
            if self.take_hold(token).is_err() {
                // Its outcome is told when the act is attempted.
                continue;
            }
            let Some(case) = self.cases.get(&token) else { continue };
            if matches!(case.hold, Some(Hold::Thread) | None)
                || case.hold.as_ref().is_some_and(Hold::is_kernel_thread)
            {
                continue;
            }
            let id = case.target.id;
            if let Some(row) = scope.census.row(id.pid).filter(|row| row.id == id) {
                scope.family.welcome(&row);
                welcomed.push((token, row));
            }
        }
        welcomed
    }

    /// The case of one who belongs and was not chosen, bound to `order`; `None` where it has ended.
    fn adopt(&mut self, order: Token, row: &Row, census: &mut Census, act: Act) -> Option<Token> {
        let session = self.orders.get(&order)?.session;
        let known = self.case_of(session, row.id);
        let token = match known {
            Some(token) => token,
            None => {
                let target = self.describe(session, row.id, census);
                self.enlist(session, target)
            }
        };
        match self.take_hold(token) {
            Err(Outcome::AlreadyGone | Outcome::Replaced) => {
                if known.is_none() {
                    self.strike(token);
                }
                None
            }
            // Where it cannot be held for another reason, that is its outcome.
            Ok(()) | Err(_) => {
                self.bind(order, token, Some(act));
                Some(token)
            }
        }
    }

    /// What can be said of one that nobody chose. Users are not looked up, which could take its time: they have the
    /// name that one of those who were chosen has.
    fn describe(&self, session: u64, id: ProcId, census: &mut Census) -> Target {
        let name = look::stat(id.pid).map(|stat| stat.name).unwrap_or_default();
        let owner = census.owner(id.pid).map(|uid| {
            // Not all of them, for that would grow with the square of their number.
            let own = self.sessions.get(&session).into_iter().flatten().take(64);
            let mut owners = own.filter_map(|token| self.cases.get(token)?.target.owner.as_ref());
            owners.find(|owner| owner.uid == uid).cloned().unwrap_or_else(|| {
                let name = if uid == 0 { "root".to_owned() } else { uid.to_string() };
                Owner { uid, name: Arc::new(Untrusted::from(name.as_str())) }
            })
        });
        Target { id, name, owner }
    }

    fn tell_escaped(&mut self, order: Token, muster: &mut Muster, act: Act) {
        let Some(session) = self.orders.get(&order).map(|book| book.session) else { return };
        for id in std::mem::take(&mut muster.escaped) {
            let name = look::stat(id.pid).ok().filter(|stat| stat.start_time == id.start_time);
            let target = Target { id, name: name.map(|stat| stat.name).unwrap_or_default(), owner: None };
            let token = self.enlist(session, target);
            self.bind(order, token, Some(act));
            self.tell(token, Happened::Outcome(Outcome::Escaped));
            self.forget_if_over(token);
        }
    }
}

impl Muster {
    fn new(chosen: &[Token], hold: Option<Duration>) -> Muster {
        Muster {
            begun: Instant::now(),
            hold,
            restless: false,
            tokens: chosen.to_vec(),
            stopped: BTreeMap::new(),
            groups: BTreeMap::new(),
            held: BTreeMap::new(),
            bystanders: BTreeSet::new(),
            escaped: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use rustix::event::{EventfdFlags, eventfd};

    use super::super::follow::Times;
    use super::super::pin;
    use super::*;

    #[test]
    fn who_got_away_is_told_counted_and_forgotten() {
        let told = std::sync::mpsc::channel();
        let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).unwrap());
        let times = Times::with_patience(Duration::from_secs(5));
        let closing = Arc::new(AtomicBool::new(false));
        let mut desk =
            Desk::new(wake, times, pin::open, closing, move |news| told.0.send(news).unwrap()).unwrap();
        let me = look::stat(Pid::new(std::process::id()).unwrap()).unwrap();
        // One that lives and one that has gone since it was seen.
        let alive = ProcId::new(std::process::id(), me.start_time).unwrap();
        let gone = ProcId::new(std::process::id(), me.start_time - 1).unwrap();
        let kill = Act::Signal(Signal::KILL);
        let first = Target::new(alive, "first");
        let order = desk.begin(7, Some(kill), first);
        let mut muster = Muster::new(&[], Some(STOP_TIME));
        muster.escaped = vec![alive, gone];
        desk.tell_escaped(order, &mut muster, kill);
        desk.finish(order);
        desk.close_orders();
        let news: Vec<ControlNews> = told.1.try_iter().collect();
        assert!(news.iter().all(|news| news.session == 7 && news.act == Some(kill)));
        let [one, two, over] = &news[..] else { panic!("{news:?}") };
        for (news, id, name) in [(one, alive, me.name.bytes()), (two, gone, &b""[..])] {
            assert_eq!(news.what, Happened::Outcome(Outcome::Escaped));
            assert_eq!((news.target.id, news.target.name.bytes()), (id, name));
        }
        assert_eq!(over.what, Happened::Over { reached: 0, escaped: 2 });
        assert!(desk.cases.is_empty() && desk.orders.is_empty() && desk.by_id.is_empty());
    }
}
