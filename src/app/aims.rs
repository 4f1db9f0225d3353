//! Whom a dialog would reach: pinned when it opened, and watched while it is open.

use std::collections::{HashMap, HashSet};

use crate::model::{
    ControlNews, Happened, Kind, Outcome, Pid, ProcId, Signal, SignalSet, Snapshot, Standing, Target,
    Untrusted,
};

/// Why a kernel thread cannot be hit by a signal.
const NO_SIGNALS: &str = "takes no signals";
/// Why a thread of a process cannot be.
const A_THREAD: &str = "is a thread: choose its process";

/// How sure it is that a target is still who was chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Aim {
    /// The pin is not answered yet.
    Checking,
    /// Pinned: it can only be this process. With how it stands.
    Ready(Box<Standing>),
    /// It ended while the dialog was open.
    Gone,
    /// It cannot be hit, for this reason.
    Refused(Box<Outcome>),
}

/// A target with what helps to recognise it.
#[derive(Clone, Debug)]
pub struct Aimed {
    /// Who.
    pub target: Target,
    /// Its owner.
    pub user: Option<Untrusted>,
    /// CPU use when it was chosen, percent of one core.
    pub cpu: Option<f64>,
    /// Resident memory when it was chosen, bytes.
    pub resident: Option<u64>,
    /// Age when it was chosen, seconds.
    pub age: Option<f64>,
    /// Whether it can be hit.
    pub aim: Aim,
}

/// What a signal meets, for as many of the targets as are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Targets that ignore it.
    pub ignored: usize,
    /// Targets that block it.
    pub blocked: usize,
    /// Targets that catch it.
    pub caught: usize,
}

/// Counts over the targets, kept while they change so that a frame or a key need not ask each of them for each signal.
#[derive(Clone, Debug)]
struct Counts {
    ready: usize,
    gone: usize,
    /// By signal number.
    tallies: [Tally; 65],
}

impl Default for Counts {
    fn default() -> Counts {
        Counts { ready: 0, gone: 0, tallies: [Tally::default(); 65] }
    }
}

/// The targets of one dialog.
#[derive(Clone, Debug)]
pub struct Aims {
    /// Names this dialog to the control thread.
    pub session: u64,
    /// What all of them have in common, to stand behind "12 processes of", where a group was chosen and is meant.
    pub common: Option<String>,
    /// Whom it would reach.
    pub targets: Vec<Aimed>,
    /// Where each of them is in `targets`.
    places: HashMap<ProcId, usize>,
    /// Who was pinned in this session too, and is not meant now.
    aside: HashMap<ProcId, Aimed>,
    /// Whether only signals are sent, which kernel threads do not take.
    signals: bool,
    counts: Counts,
}

impl Aims {
    /// Aims at `targets` as they are in `snapshot`; the order to pin them is the caller's.
    pub fn new(session: u64, targets: Vec<Target>, snapshot: &Snapshot) -> Aims {
        Aims::build(session, targets, snapshot, false)
    }

    /// The same for sending signals, which kernel threads do not take.
    pub fn for_signals(session: u64, targets: Vec<Target>, snapshot: &Snapshot) -> Aims {
        Aims::build(session, targets, snapshot, true)
    }

    fn build(session: u64, targets: Vec<Target>, snapshot: &Snapshot, signals: bool) -> Aims {
        let (places, aside) = (HashMap::new(), HashMap::new());
        let mut aims = Aims {
            session,
            common: None,
            targets: Vec::new(),
            places,
            aside,
            signals,
            counts: Counts::default(),
        };
        aims.take_in(targets, snapshot);
        aims
    }

    /// Aims at `targets` instead. Returns who is not pinned yet; the order to pin them is the caller's.
    pub fn turn_to(&mut self, targets: Vec<Target>, snapshot: &Snapshot) -> Vec<Target> {
        self.places.clear();
        for aimed in self.targets.drain(..) {
            self.aside.insert(aimed.target.id, aimed);
        }
        self.counts = Counts::default();
        self.take_in(targets, snapshot)
    }

    /// Aims at `targets` too, but those who are known to have ended. Returns who is not pinned yet.
    pub fn add(&mut self, mut targets: Vec<Target>, snapshot: &Snapshot) -> Vec<Target> {
        targets.retain(|target| self.aside.get(&target.id).is_none_or(|aimed| aimed.aim != Aim::Gone));
        self.take_in(targets, snapshot)
    }

    fn take_in(&mut self, targets: Vec<Target>, snapshot: &Snapshot) -> Vec<Target> {
        let mut unpinned = Vec::new();
        for target in targets {
            if self.places.contains_key(&target.id) {
                continue;
            }
            let known = self.aside.remove(&target.id);
            if known.is_none() {
                unpinned.push(target.clone());
            }
            let aimed = known.unwrap_or_else(|| self.aim_at(target, snapshot));
            self.places.insert(aimed.target.id, self.targets.len());
            self.count(&aimed.aim, true);
            self.targets.push(aimed);
        }
        unpinned
    }

    fn aim_at(&self, target: Target, snapshot: &Snapshot) -> Aimed {
        let proc = snapshot.find(target.id);
        let refused = proc.filter(|_| self.signals).and_then(|proc| match proc.task.kind {
            Kind::Kernel => Some(NO_SIGNALS),
            Kind::Thread(_) => Some(A_THREAD),
            Kind::Process | Kind::ShortLived => None,
        });
        Aimed {
            user: proc.and_then(|p| p.task.user.as_deref().cloned()),
            cpu: proc.and_then(|p| p.cpu),
            resident: proc.and_then(|p| p.task.memory.known().map(|m| m.resident)),
            age: proc.and_then(|p| snapshot.age(p)),
            aim: refused.map_or(Aim::Checking, |why| Aim::Refused(Box::new(Outcome::Refused(why)))),
            target,
        }
    }

    /// Takes news of the pins.
    pub fn news(&mut self, news: &ControlNews) {
        let aim = match &news.what {
            Happened::Pinned(standing) if self.signals && standing.is_kernel => {
                Aim::Refused(Box::new(Outcome::Refused(NO_SIGNALS)))
            }
            Happened::Pinned(standing) => Aim::Ready(standing.clone()),
            Happened::Vanished | Happened::Outcome(Outcome::AlreadyGone) => Aim::Gone,
            Happened::Outcome(outcome) => Aim::Refused(Box::new(outcome.clone())),
            Happened::Verdict(_) | Happened::Surveyed(_) | Happened::Respawned(_) | Happened::Over { .. } => {
                return;
            }
        };
        let id = news.target.id;
        // What the look says of a thread holds, also where the pin cannot tell.
        let holds = |aimed: &Aimed| {
            matches!(&aimed.aim, Aim::Refused(why) if matches!(**why, Outcome::Refused(_)))
                && matches!(aim, Aim::Ready(_))
        };
        if let Some(aimed) = self.places.get(&id).and_then(|at| self.targets.get_mut(*at)) {
            if holds(aimed) {
                return;
            }
            let before = std::mem::replace(&mut aimed.aim, aim.clone());
            self.count(&before, false);
            self.count(&aim, true);
        } else if let Some(aimed) = self.aside.get_mut(&id).filter(|aimed| !holds(aimed)) {
            aimed.aim = aim;
        }
    }

    /// Counts what `aim` says in or out.
    fn count(&mut self, aim: &Aim, more: bool) {
        let add = |sum: &mut usize| *sum = if more { *sum + 1 } else { sum.saturating_sub(1) };
        if matches!(aim, Aim::Ready(_) | Aim::Checking) {
            add(&mut self.counts.ready);
        }
        if *aim == Aim::Gone {
            add(&mut self.counts.gone);
        }
        let Aim::Ready(standing) = aim else { return };
        let does = &standing.disposition;
        for signal in Signal::all() {
            let has = |set: Option<SignalSet>| set.is_some_and(|set| set.has(signal));
            let Some(tally) = self.counts.tallies.get_mut(usize::from(signal.number())) else { continue };
            for (set, sum) in [
                (does.ignored, &mut tally.ignored),
                (does.blocked, &mut tally.blocked),
                (does.caught, &mut tally.caught),
            ] {
                if has(set) {
                    add(sum);
                }
            }
        }
    }

    /// How many can be hit.
    pub fn ready(&self) -> usize {
        self.counts.ready
    }

    /// Those who would be reached now.
    fn reached(&self) -> impl Iterator<Item = &Aimed> {
        self.targets.iter().filter(|aimed| matches!(aimed.aim, Aim::Ready(_) | Aim::Checking))
    }

    /// CPU use of those who can be hit, when they were chosen, percent of one core; `None` where nobody's is known.
    pub fn cpu(&self) -> Option<f64> {
        self.reached().filter_map(|aimed| aimed.cpu).reduce(|sum, cpu| sum + cpu)
    }

    /// Resident memory of those who can be hit, when they were chosen, bytes; `None` where nobody's is known.
    pub fn resident(&self) -> Option<u64> {
        self.reached().filter_map(|aimed| aimed.resident).reduce(u64::saturating_add)
    }

    /// To how many users those who can be hit belong, as far as the owners are known.
    pub fn users(&self) -> usize {
        let owners = self.reached().filter_map(|aimed| aimed.target.owner.as_ref());
        owners.map(|owner| owner.uid).collect::<HashSet<u32>>().len()
    }

    /// What `signal` meets.
    pub fn tally(&self, signal: Signal) -> Tally {
        self.counts.tallies.get(usize::from(signal.number())).copied().unwrap_or_default()
    }

    /// Who an order to act has to name so that it reaches these targets, but those that have ended, and nobody else of the
    /// session; nobody where that is everybody who was pinned.
    pub fn only(&self) -> Vec<ProcId> {
        let living = self.targets.iter().filter(|aimed| aimed.aim != Aim::Gone);
        let ids: Vec<ProcId> = living.map(|aimed| aimed.target.id).collect();
        if self.aside.is_empty() && ids.len() == self.targets.len() { Vec::new() } else { ids }
    }

    /// Sets those aside who have ended and are not among `kept`.
    pub fn pass_over_ended(&mut self, kept: &[Target]) {
        if self.counts.gone == 0 {
            return;
        }
        let kept: HashSet<ProcId> = kept.iter().map(|target| target.id).collect();
        let over = |aimed: &mut Aimed| aimed.aim == Aim::Gone && !kept.contains(&aimed.target.id);
        for aimed in self.targets.extract_if(.., over) {
            self.counts.gone = self.counts.gone.saturating_sub(1);
            self.aside.insert(aimed.target.id, aimed);
        }
        self.places = self.targets.iter().enumerate().map(|(at, aimed)| (aimed.target.id, at)).collect();
    }

    /// Those who have not ended, as far as is known.
    pub fn living(&self) -> Vec<Target> {
        let living = self.targets.iter().filter(|aimed| aimed.aim != Aim::Gone);
        living.map(|aimed| aimed.target.clone()).collect()
    }

    /// The inits of containers among them: inits of pid namespaces that are not PID 1 here.
    pub fn container_inits(&self) -> impl Iterator<Item = (Pid, &Untrusted)> {
        let inits = self.targets.iter().filter(|aimed| is_container_init(aimed.target.id.pid, &aimed.aim));
        inits.map(|aimed| (aimed.target.id.pid, &aimed.target.name))
    }
}

fn is_container_init(pid: Pid, aim: &Aim) -> bool {
    pid != Pid::INIT && matches!(aim, Aim::Ready(standing) if standing.is_init)
}
