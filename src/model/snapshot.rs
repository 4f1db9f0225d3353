//! A snapshot: what a sample means. Immutable, shared as `Arc`; the only thing that crosses threads by reference.

use std::sync::{Arc, OnceLock};

use super::{
    Account, Census, Cost, Forest, Host, Kind, Load, Memory, Nanos, Owner, Pid, Pressure, ProcId, Rates,
    State, Sums, System, Target, Task, Trail,
};

/// What a look at the machine means, in the light of the one before.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Counted from 1; 0 is the empty snapshot before the first look.
    pub number: u64,
    /// When the look began, CLOCK_MONOTONIC.
    pub taken: Nanos,
    /// The same moment in nanoseconds since boot.
    pub since_boot: Nanos,
    /// The same moment in nanoseconds since the epoch.
    pub wall: u64,
    /// Seconds since the look before; `None` for the first.
    pub interval: Option<f64>,
    /// The machine as a whole, as sampled.
    pub system: System,
    /// Where the time of all CPUs together went; `None` for the first look.
    pub cpu: Option<CpuUse>,
    /// Where the time of each online CPU went, by kernel number.
    pub cpus: Vec<(u32, Option<CpuUse>)>,
    /// Every process (and thread, where wanted), ordered by pid; each once.
    pub procs: Vec<Proc>,
    /// How long who is new or has ended is told apart, seconds; `None` for [`LINGER`].
    pub linger: Option<f64>,
    /// Processes that ended within the last [`LINGER`] seconds or so long as `linger` says, as they were when last seen.
    pub ended: Vec<Proc>,
    /// One row for each parent under whom processes died that no look saw: how many, which, and their CPU use. It stays
    /// for [`LINGER`] seconds after the last death, with its latest figures. Ordered by id
    /// ([`ProcId::short_lived`]); none of them is a process.
    pub short_lived: Vec<Proc>,
    /// How the CPU time of this interval adds up; `None` where there is no interval, or too little is known of it.
    pub account: Option<Account>,
    /// Parents of processes that are gone, and what was known of each, nanoseconds, where no parent's `cutime` and
    /// `cstime` have grown by it yet: it died while the look went on. The next look has to know.
    pub unpaid: Vec<(Pid, u64)>,
    /// How it was found out who is there.
    pub census: Census,
    /// Whether only some processes have been read yet; the whole comes at once.
    pub partial: bool,
    /// How many of what `procs` holds; counted once for a look, not for each frame.
    pub counts: Counts,
    /// What the look cost.
    pub cost: Cost,
    /// CPU use of this program since the look before, percent of one core.
    pub own_cpu: Option<f64>,
    /// Sums over the descendants of each, made when first asked for; see [`Snapshot::sums_of`].
    pub sums: LazySums,
}

/// Sums over the descendants of every process of a snapshot, made when they are first asked for. A copy has none yet,
/// because who copies a snapshot may change it.
#[derive(Debug, Default)]
pub struct LazySums(OnceLock<Vec<Sums>>);

impl Clone for LazySums {
    fn clone(&self) -> LazySums {
        LazySums::default()
    }
}

/// How many processes, threads and kernel threads there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Processes that are no kernel threads.
    pub processes: u64,
    /// Their threads, whether they are rows or not.
    pub threads: u64,
    /// Kernel threads.
    pub kernel: u64,
    /// Rows in state R.
    pub running: u64,
}

impl Counts {
    /// Counts `procs`.
    pub fn of(procs: &[Proc]) -> Counts {
        let mut counts = Counts::default();
        for proc in procs {
            counts.add(proc);
        }
        counts
    }

    /// Counts one more.
    pub(super) fn add(&mut self, proc: &Proc) {
        for (sum, one) in self.each().into_iter().zip(Counts::of_one(proc).each()) {
            *sum = sum.saturating_add(*one);
        }
    }

    /// Counts one less, who was counted before.
    pub(super) fn take(&mut self, proc: &Proc) {
        for (sum, one) in self.each().into_iter().zip(Counts::of_one(proc).each()) {
            *sum = sum.saturating_sub(*one);
        }
    }

    fn each(&mut self) -> [&mut u64; 4] {
        [&mut self.processes, &mut self.threads, &mut self.kernel, &mut self.running]
    }

    fn of_one(proc: &Proc) -> Counts {
        let running = u64::from(proc.task.state == State::RUNNING);
        match proc.task.kind {
            Kind::Process => {
                Counts { processes: 1, threads: u64::from(proc.task.threads), kernel: 0, running }
            }
            Kind::Kernel => Counts { kernel: 1, running, ..Counts::default() },
            // Its process has counted it; who died is not there.
            Kind::Thread(_) | Kind::ShortLived => Counts { running, ..Counts::default() },
        }
    }
}

/// How long a process that ended, or one that is new, is told apart unless somebody says otherwise, seconds.
pub const LINGER: f64 = 2.0;

/// A process and what its figures mean.
#[derive(Clone, Debug)]
pub struct Proc {
    /// As sampled; shared with the snapshots before where nothing changed.
    pub task: Arc<Task>,
    /// When its CPU time was read.
    pub read_at: Nanos,
    /// CPU use over its own interval, percent of one core; `None` before two looks at the same process.
    pub cpu: Option<f64>,
    /// What its details mean; `None` where it has none.
    pub rates: Option<Box<Rates>>,
    /// Its CPU use in the last looks.
    pub trail: Trail,
    /// When it was first seen; `None` if it was there at the first look.
    pub born: Option<Nanos>,
    /// When it was found to have ended; only in [`Snapshot::ended`] and [`Snapshot::short_lived`].
    pub gone: Option<Nanos>,
}

impl Proc {
    /// A process without rates.
    pub fn new(task: Task) -> Proc {
        let (rates, trail) = (None, Trail::default());
        Proc { task: Arc::new(task), read_at: Nanos(0), cpu: None, rates, trail, born: None, gone: None }
    }

    /// The task, to be changed; where it is shared with other snapshots, those keep theirs.
    pub fn task_mut(&mut self) -> &mut Task {
        Arc::make_mut(&mut self.task)
    }

    /// It as the target of an act.
    pub fn target(&self) -> Target {
        let task = &self.task;
        let owner = task.uid.known().zip(task.user.as_ref());
        Target {
            id: self.id(),
            name: (*task.comm).clone(),
            owner: owner.map(|(uid, name)| Owner { uid: *uid, name: name.clone() }),
        }
    }

    /// Who it is.
    pub fn id(&self) -> ProcId {
        self.task.id
    }
}

/// Where the time of a CPU went over an interval: shares of it, 0 to 1, together at most 1.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct CpuUse {
    /// User mode at normal priority, without guests.
    pub user: f32,
    /// User mode at low priority, without guests.
    pub low: f32,
    /// Kernel mode.
    pub kernel: f32,
    /// Interrupts.
    pub irq: f32,
    /// Soft interrupts.
    pub softirq: f32,
    /// Taken by the hypervisor.
    pub steal: f32,
    /// Running virtual CPUs.
    pub guest: f32,
    /// Idle with a disk read or write pending.
    pub iowait: f32,
}

impl CpuUse {
    /// The share that was not idle, 0 to 1. Waiting for I/O is idle; stolen time is not ours but was wanted.
    pub fn busy(&self) -> f32 {
        (self.user + self.low + self.kernel + self.irq + self.softirq + self.steal + self.guest)
            .clamp(0.0, 1.0)
    }
}

/// When a snapshot was taken, by the clocks that ages and CPU times are told by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct When {
    /// CLOCK_MONOTONIC.
    pub taken: Nanos,
    /// Nanoseconds since boot, suspend included.
    pub since_boot: Nanos,
    /// Clock ticks a second; 0 means unknown.
    pub ticks_per_second: u64,
}

impl When {
    /// Seconds from the start of the process to then, or to its end: see [`Snapshot::age`].
    pub fn age(&self, proc: &Proc) -> Option<f64> {
        if proc.task.kind == Kind::ShortLived {
            return None;
        }
        let per_second = self.ticks_per_second;
        let until = proc.gone.unwrap_or(self.taken).since(self.taken);
        (per_second > 0).then(|| {
            let started = proc.task.id.start_time as f64 / per_second as f64;
            (self.since_boot.0 as f64 / 1e9 + until - started).max(0.0)
        })
    }
}

/// The position in `procs`, ordered by pid, of whatever has this pid.
pub(super) fn position(procs: &[Proc], pid: Pid) -> Option<usize> {
    procs.binary_search_by_key(&pid, |proc| proc.task.id.pid).ok()
}

impl Snapshot {
    /// The process or thread with this identity.
    pub fn find(&self, id: ProcId) -> Option<&Proc> {
        self.find_pid(id.pid).filter(|proc| proc.id() == id)
    }

    /// Sums over a process and all its descendants; `None` for a thread, and for who is not there. The first who asks
    /// pays for all.
    pub fn sums_of(&self, proc: &Proc) -> Option<&Sums> {
        let at = self.position(proc.id())?;
        if !matches!(proc.task.kind, Kind::Process | Kind::Kernel) {
            return None;
        }
        let make = || Forest::new(&self.procs).sums(&self.procs, self.host().ticks_per_second);
        self.sums.0.get_or_init(make).get(at)
    }

    /// Whatever process or thread has this pid now.
    pub fn find_pid(&self, pid: Pid) -> Option<&Proc> {
        self.procs.get(self.position_of_pid(pid)?)
    }

    /// The position in [`procs`](Snapshot::procs) of the process or thread with this identity.
    pub fn position(&self, id: ProcId) -> Option<usize> {
        self.position_of_pid(id.pid).filter(|at| self.procs.get(*at).map(Proc::id) == Some(id))
    }

    /// The position in [`procs`](Snapshot::procs) of whatever process or thread has this pid now.
    pub fn position_of_pid(&self, pid: Pid) -> Option<usize> {
        position(&self.procs, pid)
    }

    /// What does not change about the machine.
    pub fn host(&self) -> &Host {
        &self.system.host
    }

    /// The memory figures, where known.
    pub fn memory(&self) -> Option<&Memory> {
        self.system.memory.as_ref()
    }

    /// The load averages, where known.
    pub fn load(&self) -> Option<&Load> {
        self.system.load.as_ref()
    }

    /// The pressure figures, where known.
    pub fn pressure(&self) -> Option<&Pressure> {
        self.system.pressure.as_ref()
    }

    /// Number of online CPUs, at least 1.
    pub fn cores(&self) -> usize {
        self.cpus.len().max(1)
    }

    /// Seconds since the process started; `None` where the clock rate is unknown; never negative. Short-lived
    /// ones have no age.
    pub fn age(&self, proc: &Proc) -> Option<f64> {
        self.when().age(proc)
    }

    /// What ages and CPU times are told by, for whoever outlives the snapshot.
    pub fn when(&self) -> When {
        When {
            taken: self.taken,
            since_boot: self.since_boot,
            ticks_per_second: self.host().ticks_per_second,
        }
    }

    /// When the process started, seconds since the epoch; `None` where unknown.
    pub fn started(&self, proc: &Proc) -> Option<f64> {
        let host = self.host();
        let boot = host.boot_time.filter(|_| proc.task.kind != Kind::ShortLived)?;
        (host.ticks_per_second > 0)
            .then(|| boot as f64 + proc.task.id.start_time as f64 / host.ticks_per_second as f64)
    }

    /// How long who is new or has ended is told apart, seconds.
    pub fn linger(&self) -> f64 {
        self.linger.unwrap_or(LINGER)
    }

    /// Whether the process is told apart as new.
    pub fn is_new(&self, proc: &Proc) -> bool {
        proc.born.is_some_and(|born| self.taken.since(born) < self.linger())
    }
}
