//! How a process is scheduled: sched(7). The kernel schedules threads, and tells of the main thread what it tells of a
//! process; what all of them had is added up.

use super::refused::Datum;
use crate::model::{Autogroup, CpuSet, IoPriority, Oom, Policy, Untrusted};

/// How a process is scheduled.
#[derive(Clone, PartialEq, Debug)]
pub struct Scheduling {
    /// Policy, with its real-time priority.
    pub policy: Policy,
    /// The kernel's priority value (field 18 of `stat`).
    pub priority: i32,
    /// Nice value.
    pub nice: i32,
    /// Its autogroup, which is its session's.
    pub autogroup: Datum<Autogroup>,
    /// The CPUs it may run on: `Cpus_allowed_list`.
    pub affinity: Datum<CpuSet>,
    /// The NUMA nodes it may have memory of: `Mems_allowed_list`.
    pub memory_nodes: Datum<CpuSet>,
    /// The CPU it last ran on.
    pub cpu: Option<u32>,
    /// The NUMA node of that CPU.
    pub node: Option<u32>,
    /// Utilisation clamping, where the kernel has it: sched_setattr(2).
    pub clamp: Option<Clamp>,
    /// Time on a CPU, nanoseconds: `schedstat`.
    pub run: Option<u64>,
    /// Time ready and without a CPU, nanoseconds.
    pub wait: Option<u64>,
    /// How often it was given a CPU.
    pub slices: Option<u64>,
    /// Context switches.
    pub switches: Switches,
    /// How often it moved to another CPU: `se.nr_migrations` of `sched`.
    pub migrations: Option<u64>,
    /// Its I/O priority: ioprio_get(2).
    pub io_priority: Datum<IoPriority>,
    /// What the kernel thinks of killing it when memory is short.
    pub oom: Datum<Oom>,
    /// By how much its timers may be late, nanoseconds: `timerslack_ns`.
    pub timer_slack: Datum<u64>,
    /// All of `sched` as it is, name and value; what there is depends on the kernel.
    pub all: Datum<Vec<(Untrusted, Untrusted)>>,
    /// The share of the time since the look before in which it ran, was ready without a CPU, each of 1.
    pub shares: Option<(f64, f64)>,
    /// All its threads together; `None` where it has but the one.
    pub together: Option<Together>,
}

/// What the threads of a process had together.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Together {
    /// How many there are.
    pub threads: u32,
    /// Time on a CPU, nanoseconds, with that of threads that have ended.
    pub run: Option<u64>,
    /// Time ready and without a CPU, nanoseconds, of those that are there; `None` where they are very many.
    pub wait: Option<u64>,
    /// How often they were given a CPU.
    pub slices: Option<u64>,
    /// CPUs that they kept busy since the look before, and how many of them were ready without one, on average.
    pub shares: Option<(f64, f64)>,
}

/// Context switches since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Switches {
    /// Because it waited for something.
    pub voluntary: Option<u64>,
    /// Because another was let in.
    pub involuntary: Option<u64>,
}

/// Utilisation clamping, 0 to 1024: the least and the most that the scheduler takes a task to use of a CPU.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Clamp {
    /// `uclamp.min`, as asked for.
    pub min: u32,
    /// `uclamp.max`.
    pub max: u32,
}

impl Scheduling {
    /// Works out what happened in the `seconds` since `then`.
    pub(super) fn follow(&mut self, then: &Scheduling, seconds: f64) {
        let share =
            |now: Option<u64>, then: Option<u64>| Some(now?.saturating_sub(then?) as f64 / 1e9 / seconds);
        if seconds > 0.0 {
            let own = share(self.run, then.run).zip(share(self.wait, then.wait));
            self.shares = own.map(|(run, wait)| (run.min(1.0), wait.min(1.0)));
        }
        if let (Some(now), Some(then)) = (&mut self.together, then.together)
            && seconds > 0.0
        {
            now.shares = share(now.run, then.run).zip(share(now.wait, then.wait));
        }
    }
}
