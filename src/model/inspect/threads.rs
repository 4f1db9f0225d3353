//! The threads of a process, and what each does.

use super::refused::Datum;
use super::syscall::{Architecture, Doing};
use crate::model::{Pid, Policy, State, Untrusted};

/// The threads of a process.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Threads {
    /// They, by number; the main thread first, whose number is the pid.
    pub threads: Vec<Thread>,
    /// How many there are; more than are listed where there are very many.
    pub count: u32,
    /// Where so many run that not all of them could be looked at closely: how many seconds ago that was for the one that
    /// has waited the longest. Shares and times are of this look for all of them.
    pub behind: Option<f64>,
    /// Whose system call numbers these are.
    pub architecture: Architecture,
}

/// One thread.
#[derive(Clone, PartialEq, Debug)]
pub struct Thread {
    /// Its number.
    pub tid: Pid,
    /// Its name.
    pub name: Untrusted,
    /// State letter.
    pub state: State,
    /// The CPU it runs on or last ran on.
    pub cpu: Option<u32>,
    /// CPU time in user mode, nanoseconds, in steps of a clock tick.
    pub user: u64,
    /// CPU time in kernel mode, nanoseconds.
    pub system: u64,
    /// Time on a CPU, nanoseconds: field 1 of `schedstat`. `None` where the kernel does not count it.
    pub run: Option<u64>,
    /// Time ready to run and without a CPU, nanoseconds: field 2.
    pub wait: Option<u64>,
    /// How often it was given a CPU: field 3.
    pub slices: Option<u64>,
    /// Time blocked on block devices, nanoseconds; `None` where the kernel does not count it (`kernel.task_delayacct`).
    pub blocked: Option<u64>,
    /// Minor and major faults.
    pub faults: (u64, u64),
    /// Where the time since the look before went; `None` in the first.
    pub shares: Option<Shares>,
    /// Whether it runs, or in which system call it is.
    pub doing: Datum<Doing>,
    /// Where in the kernel it sleeps; an empty name where it does not.
    pub wchan: Datum<Untrusted>,
    /// Its stack in the kernel, innermost call first: `stack`. Read of some threads in each look.
    pub stack: Datum<Vec<Untrusted>>,
    /// Nice value.
    pub nice: i32,
    /// The kernel's priority value (field 18 of `stat`).
    pub priority: i32,
    /// Scheduling policy, with its real-time priority.
    pub policy: Policy,
    /// Voluntary context switches since its start; read of some threads in each look.
    pub voluntary: Option<u64>,
    /// Involuntary ones.
    pub involuntary: Option<u64>,
}

/// Where a thread's time went, as shares of 1; they add up to 1.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Shares {
    /// On a CPU.
    pub run: f64,
    /// Ready, without a CPU.
    pub wait: f64,
    /// Blocked on block devices; 0 where the kernel does not count it.
    pub blocked: f64,
    /// The rest: asleep.
    pub sleep: f64,
    /// How often a second it was given a CPU.
    pub slices: f64,
}

impl Threads {
    /// Works out what happened in the `seconds` since `then`.
    pub(super) fn follow(&mut self, then: &Threads, seconds: f64) {
        let mut others = then.threads.iter().peekable();
        for thread in &mut self.threads {
            while others.next_if(|other| other.tid < thread.tid).is_some() {}
            let other = others.next_if(|other| other.tid == thread.tid);
            thread.shares = other.and_then(|other| thread.since(other, seconds));
        }
    }
}

impl Thread {
    fn since(&self, then: &Thread, seconds: f64) -> Option<Shares> {
        if seconds <= 0.0 {
            return None;
        }
        let rate = |now: u64, then: u64| now.saturating_sub(then) as f64 / seconds;
        let run = (rate(self.run?, then.run?) / 1e9).min(1.0);
        let wait = (rate(self.wait?, then.wait?) / 1e9).min(1.0 - run);
        let blocked = self.blocked.zip(then.blocked).map_or(0.0, |(now, then)| rate(now, then) / 1e9);
        let blocked = blocked.min(1.0 - run - wait).max(0.0);
        let slices = rate(self.slices?, then.slices?);
        Some(Shares { run, wait, blocked, sleep: (1.0 - run - wait - blocked).max(0.0), slices })
    }
}
