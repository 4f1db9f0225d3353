//! The process at a glance.

use super::capability::Capabilities;
use super::refused::Datum;
use crate::model::{Io, Nanos, Pid, State, Untrusted};

/// A process at a glance. Counters are since its start; what happened since the look before is in [`Overview::rate`].
#[derive(Clone, PartialEq, Debug)]
pub struct Overview {
    /// `comm`.
    pub name: Untrusted,
    /// State letter.
    pub state: State,
    /// Where in the kernel the main thread sleeps; an empty name where it does not.
    pub wchan: Datum<Untrusted>,
    /// The parent.
    pub parent: Option<Pid>,
    /// Process group and session.
    pub pgrp: u32,
    /// The session.
    pub session: u32,
    /// When it started, seconds since the epoch; `None` where the time of boot is unknown.
    pub started: Option<f64>,
    /// Seconds since it started, suspend included.
    pub age: f64,
    /// How many threads it has.
    pub threads: u32,
    /// CPU time.
    pub cpu: CpuSpent,
    /// Each thread's, ordered by number; the others of very many are left out and in `cpu` only.
    pub by_thread: Datum<Vec<ThreadUse>>,
    /// Memory.
    pub memory: MemoryNow,
    /// `io`.
    pub io: Datum<Io>,
    /// Minor faults.
    pub minor_faults: u64,
    /// Major faults.
    pub major_faults: u64,
    /// How often its threads that still run were given a CPU: the sum of field 3 of `schedstat`. As good as the number of
    /// context switches.
    pub switches: Option<u64>,
    /// The CPU its main thread last ran on.
    pub processor: Option<u32>,
    /// Nice value.
    pub nice: i32,
    /// The program: the link `exe`.
    pub exe: Datum<Untrusted>,
    /// Whether the program's file has been deleted or replaced since.
    pub exe_deleted: bool,
    /// Working directory: the link `cwd`.
    pub cwd: Datum<Untrusted>,
    /// Root directory: the link `root`.
    pub root: Datum<Untrusted>,
    /// Controlling terminal as `pts/3`; `None` where it has none.
    pub terminal: Option<Untrusted>,
    /// Whose it is.
    pub owner: Datum<Owner>,
    /// What it did since the look before; `None` in the first.
    pub rate: Option<Rate>,
}

/// CPU time since the start, nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CpuSpent {
    /// In user mode, in steps of a clock tick (`utime`).
    pub user: u64,
    /// In kernel mode (`stime`).
    pub system: u64,
    /// In all, by its CPU clock, exact; else the sum of the others.
    pub total: u64,
    /// In user and kernel mode of the children it has waited for.
    pub children: u64,
}

/// What one thread has had.
#[derive(Clone, PartialEq, Debug)]
pub struct ThreadUse {
    /// Its number.
    pub tid: Pid,
    /// Its name.
    pub name: Untrusted,
    /// Time on a CPU, nanoseconds.
    pub run: u64,
    /// Time ready and without a CPU, nanoseconds.
    pub wait: u64,
    /// CPUs it kept busy since the look before: 1.0 is one whole CPU.
    pub share: Option<f64>,
}

/// Memory, bytes.
#[derive(Clone, PartialEq, Debug)]
pub struct MemoryNow {
    /// Virtual.
    pub virt: u64,
    /// Resident.
    pub resident: u64,
    /// Resident and backed by a file or shared.
    pub shared: u64,
    /// The most that was ever resident (`VmHWM`).
    pub peak: Option<u64>,
    /// Swapped out (`VmSwap`).
    pub swap: Option<u64>,
    /// Its share of what is resident, shared pages divided: PSS.
    pub pss: Datum<u64>,
    /// What its end would free: USS.
    pub uss: Datum<u64>,
    /// When PSS and USS were read; they are read less often, and may come late.
    pub rollup_at: Option<Nanos>,
}

/// Whose a process is, and what it may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owner {
    /// Real, effective, saved and file system user ids.
    pub uids: [u32; 4],
    /// The names of the first two.
    pub users: [Untrusted; 2],
    /// Real, effective, saved and file system group ids.
    pub gids: [u32; 4],
    /// The names of the first two; the number where there is no name.
    pub group_names: [Untrusted; 2],
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Its capabilities.
    pub capabilities: Capabilities,
    /// Whether execve(2) can give it no more rights (`NoNewPrivs`).
    pub no_new_privs: Option<bool>,
    /// `Seccomp`: 0 none, 1 strict, 2 a filter.
    pub seccomp: Option<u32>,
    /// The label of the security module; `None` where there is none.
    pub label: Option<Untrusted>,
    /// The pid of who traces it.
    pub tracer: Option<Pid>,
}

/// What happened between two looks, a second.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Rate {
    /// CPUs it kept busy in user mode: 1.0 is one whole CPU. A share of `cpu`, by clock ticks.
    pub user: f64,
    /// The same in kernel mode.
    pub system: f64,
    /// CPUs it kept busy in all, exact.
    pub cpu: f64,
    /// Threads that were ready and had no CPU, on average.
    pub waiting: Option<f64>,
    /// Bytes from storage.
    pub read: Option<f64>,
    /// Bytes to storage.
    pub write: Option<f64>,
    /// Bytes through read(2) and the like.
    pub read_chars: Option<f64>,
    /// Bytes through write(2) and the like.
    pub write_chars: Option<f64>,
    /// Minor faults.
    pub minor_faults: f64,
    /// Major faults.
    pub major_faults: f64,
    /// Context switches.
    pub switches: Option<f64>,
}

impl Overview {
    /// Works out what happened in the `seconds` since `then`.
    pub(super) fn follow(&mut self, then: &Overview, seconds: f64) {
        if seconds <= 0.0 {
            return;
        }
        let rate = |now: u64, then: u64| now.saturating_sub(then) as f64 / seconds;
        let both = |now: Option<u64>, then: Option<u64>| Some(rate(now?, then?));
        let io = |of: fn(&Io) -> u64| both(self.io.as_ref().ok().map(of), then.io.as_ref().ok().map(of));
        let mut waiting = None;
        let (read, write) = (io(|io| io.read_bytes), io(|io| io.write_bytes));
        let (read_chars, write_chars) = (io(|io| io.read_chars), io(|io| io.write_chars));
        if let (Ok(threads), Ok(before)) = (&mut self.by_thread, &then.by_thread) {
            let mut waited = 0.0;
            let mut others = before.iter().peekable();
            for thread in threads {
                while others.next_if(|other| other.tid < thread.tid).is_some() {}
                // One that was not there before has started since, and all it has had is of these seconds.
                let (run, wait) = others
                    .next_if(|other| other.tid == thread.tid && other.run <= thread.run)
                    .map_or((0, 0), |other| (other.run, other.wait));
                thread.share = Some(rate(thread.run, run) / 1e9);
                waited += rate(thread.wait, wait) / 1e9;
            }
            waiting = Some(waited);
        }
        // The whole is known to the nanosecond and its parts by the clock tick: they are shares of the whole, as in
        // the kernel's own `cputime_adjust`.
        let cpu = rate(self.cpu.total, then.cpu.total) / 1e9;
        let parts = [rate(self.cpu.user, then.cpu.user), rate(self.cpu.system, then.cpu.system)];
        let ticks: f64 = parts.iter().sum();
        let [user, system] = parts.map(|part| if ticks > 0.0 { cpu * part / ticks } else { 0.0 });
        self.rate = Some(Rate {
            user,
            system,
            cpu,
            waiting,
            read,
            write,
            read_chars,
            write_chars,
            minor_faults: rate(self.minor_faults, then.minor_faults),
            major_faults: rate(self.major_faults, then.major_faults),
            switches: both(self.switches, then.switches),
        });
    }
}
