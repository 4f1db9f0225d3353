//! An order that reaches beyond those that were pinned: who else belongs, found so that nobody gets away.
//!
//! Who is found by reading `/proc` may fork before it is signalled, and its child is then missed. So for a signal that
//! ends or stops, everybody who is found is stopped first (SIGSTOP), and `/proc` is read again until a reading that
//! began when all of them stood still finds nobody new. Then they are signalled, and those that we stopped are
//! continued, unless the signal itself stops or kills. A process group that belongs as a whole is stopped in one call,
//! which no fork can get past: that is what holds those that fork and exit faster than they can be found. What a shell
//! or a supervisor outside notices of it is that its child was stopped and continued, as by job control.
//!
//! Never added to an order: threads of the kernel, ourselves, our ancestors and init.

mod census;
mod cgroup;
mod family;

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::model::{
    Act, ControlNews, DefaultAction, Happened, Outcome, Owner, Pid, ProcId, Reach, Signal, Target, Untrusted,
};
use crate::sys::pidfd_send_group;

use super::desk::{Desk, Stage, Token};
use super::follow::Pursuit;
use super::look;
use super::pin::{Hold, pin};

use census::{Census, Row};
use family::{Bond, Family};

/// How often `/proc` is read for one order.
const MOST_PASSES: u32 = 64;
/// The same where nobody is stopped.
const MOST_PASSES_AT_LARGE: u32 = 8;
/// No reading begins later than this after the first one, but for the first few: a storm takes the time from us, too.
const MOST_TIME: Duration = Duration::from_secs(5);
const FEW_PASSES: u32 = 6;
/// How long is waited until those that were told to stop stand still. Who does not is in uninterruptible sleep, most
/// likely in the middle of vfork(2), and its child is found in any case.
const STOP_TIME: Duration = Duration::from_millis(50);

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
            let folder = cgroup::folder(path.bytes()).ok_or(NO_CGROUP)?;
            let rows = scope.census.those(&cgroup::members(&folder));
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
            Some(folder) => Some(self.census.those(&cgroup::members(folder))),
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
#[derive(Default)]
struct Muster {
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
            let mut muster = self.gather(order, chosen, scope, act, false);
            let present = scope.read().unwrap_or_default();
            self.remember_origins(&muster.tokens);
            let sent = Instant::now();
            // Another cgroup may have its name by now.
            let is_meant = present.iter().any(|row| scope.family.has(row.id));
            if is_meant && cgroup::kill(&folder).is_ok() {
                self.killed_at_once(&muster.tokens, &present, sent);
                return self.tell_escaped(order, &mut muster, act);
            }
            called = muster.tokens;
            chosen = &called;
        }
        let holds = stops || signal.is_deadly();
        let mut muster = self.gather(order, chosen, scope, act, holds);
        // Children first: the kernel sends SIGHUP and SIGCONT to the stopped ones of a process group when the last one
        // ends that has a parent in another group of the session, and they would run before they are signalled.
        self.signal_all(muster.tokens.iter().rev(), signal, &muster.stopped);
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
                let mut muster = self.gather(order, chosen, &mut scope, act, false);
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
    fn gather(&mut self, order: Token, chosen: &[Token], scope: &mut Scope, act: Act, hold: bool) -> Muster {
        let begun = Instant::now();
        let mut muster = Muster { tokens: chosen.to_vec(), ..Muster::default() };
        let most = if hold { MOST_PASSES } else { MOST_PASSES_AT_LARGE };
        let mut fresh = self.welcome(chosen, scope);
        muster.held.extend(fresh.iter().map(|(token, row)| (row.id, *token)));
        for pass in 0..most {
            let Some(rows) = scope.read() else { return muster };
            let new = scope.family.look(&rows);
            muster.note_bystanders(&rows, &scope.family);
            if pass > 0 && new.is_empty() {
                muster.escaped.clear();
                return muster;
            }
            muster.escaped.clear();
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
            if hold {
                self.stop(&fresh, &rows, scope, &mut muster);
            }
            fresh.clear();
            if pass >= FEW_PASSES && begun.elapsed() > MOST_TIME {
                break;
            }
        }
        // They came until the end: whoever is there now and not held has got away.
        let late = scope.read().map(|rows| scope.family.look(&rows)).unwrap_or_default();
        muster.escaped.extend(late.iter().filter(|row| !row.is_dead()).map(|row| row.id));
        muster
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

    /// Stops the `fresh`, whole groups at once where nobody else is in them, and waits until they stand still.
    fn stop(&mut self, fresh: &[(Token, Row)], rows: &[Row], scope: &mut Scope, muster: &mut Muster) {
        // The members of one cgroup are not all of a process group.
        let whole = if scope.cgroup.is_none() {
            whole_groups(rows, &scope.family, &scope.asked)
        } else {
            BTreeSet::new()
        };
        let stopped_before: BTreeSet<u32> = muster.groups.keys().copied().collect();
        let mut waiting = Vec::new();
        for &(token, row) in fresh.iter().filter(|(_, row)| !is_myself(row.id.pid)) {
            let Some(hold) = self.cases.get(&token).and_then(|case| case.hold.as_ref()) else { continue };
            if !muster.groups.contains_key(&row.group)
                && whole.contains(&row.group)
                && self.stop_group(row.group, scope, muster)
            {
                let before = rows.iter().any(|other| other.group == row.group && other.is_stopped());
                muster.groups.insert(row.group, before);
            }
            if hold.send(row.id, Signal::STOP).is_err() {
                // Its outcome is told when the act is attempted.
                continue;
            }
            // One who was born into a group that we stopped in an earlier pass was stopped by us.
            muster.stopped.insert(token, row.is_stopped() && !stopped_before.contains(&row.group));
            waiting.push(row.id.pid);
        }
        let until = Instant::now() + STOP_TIME;
        let mut pause = Duration::from_micros(50);
        loop {
            waiting.retain(|&pid| !scope.census.stands_still(pid));
            if waiting.is_empty() || Instant::now() >= until {
                return;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(2));
        }
    }

    /// Stops a process group by its leader, who must be one of us.
    fn stop_group(&self, group: u32, scope: &Scope, muster: &Muster) -> bool {
        self.leader(group, scope, muster)
            .is_some_and(|pidfd| pidfd_send_group(pidfd, Signal::STOP.number()).is_ok())
    }

    /// The pidfd of the one of us who leads this process group.
    fn leader(&self, group: u32, scope: &Scope, muster: &Muster) -> Option<BorrowedFd<'_>> {
        let token = muster.held.get(&scope.family.named(group)?)?;
        if let Hold::Process { pidfd, .. } = self.cases.get(token)?.hold.as_ref()? {
            Some(pidfd.as_fd())
        } else {
            None
        }
    }

    /// Continues whom we stopped and who is to go on: everybody where `all`, else only those that do not belong.
    fn let_on(&mut self, muster: &Muster, scope: &Scope, all: bool) {
        if all {
            for (&group, _) in muster.groups.iter().filter(|(_, before)| !**before) {
                // Those, too, that could not be held, for want of descriptors for instance.
                if let Some(pidfd) = self.leader(group, scope, muster) {
                    let _ = pidfd_send_group(pidfd, Signal::CONT.number());
                }
            }
            let ours = |token: &&Token| muster.stopped.get(token) == Some(&false);
            for &token in muster.tokens.iter().rev().filter(ours) {
                // It is let go where the signal could not be sent to it.
                if self.take_hold(token).is_ok()
                    && let Some(case) = self.cases.get(&token)
                    && let Some(hold) = &case.hold
                {
                    let _ = hold.send(case.target.id, Signal::CONT);
                    self.let_go_unless_followed(token);
                }
            }
        }
        for &id in &muster.bystanders {
            if let Ok(hold) = pin(id, self.open) {
                let _ = hold.send(id, Signal::CONT);
            }
        }
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
    /// Notes who stands still because its group was stopped, and does not belong: it came into the group just then.
    fn note_bystanders(&mut self, rows: &[Row], family: &Family) {
        if self.groups.is_empty() {
            return;
        }
        let strangers = rows
            .iter()
            .filter(|row| self.groups.contains_key(&row.group) && row.is_stopped() && !family.has(row.id));
        self.bystanders.extend(strangers.map(|row| row.id));
    }
}

/// Those of the process groups that were read as a whole in which everybody who lives is one of us, and not ourselves.
fn whole_groups(rows: &[Row], family: &Family, asked: &BTreeSet<u32>) -> BTreeSet<u32> {
    let mut groups: BTreeSet<u32> = BTreeSet::new();
    let mut mixed: BTreeSet<u32> = BTreeSet::new();
    for row in rows.iter().filter(|row| !row.is_dead()) {
        let is_whole = asked.contains(&row.group) || asked.contains(&row.session);
        if is_whole && family.has(row.id) && !is_myself(row.id.pid) {
            groups.insert(row.group);
        } else {
            mixed.insert(row.group);
        }
    }
    groups.retain(|group| *group != 0 && !mixed.contains(group));
    groups
}
