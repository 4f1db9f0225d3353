//! A sample: what the kernel said of the machine in one look, dated, in bytes, ticks and nanoseconds; no rate, no
//! percentage. What it said of each process is in `task`.

use std::sync::Arc;

use super::{Census, Pid, Seen, ShortLived, Untrusted};

/// Nanoseconds of a clock that does not jump (CLOCK_MONOTONIC).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Nanos(pub u64);

impl Nanos {
    /// Seconds from `earlier` to `self`; 0 where `earlier` is later.
    pub fn since(self, earlier: Nanos) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1e9
    }

    /// The time `seconds` later.
    #[must_use]
    pub fn plus(self, seconds: f64) -> Nanos {
        Nanos(self.0.saturating_add((seconds.max(0.0) * 1e9) as u64))
    }
}

/// A datum that may be unknown, and why it is. Unknown is never shown as 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Reading<T> {
    /// Nobody asked for it, or it could not be read in time.
    #[default]
    NotRead,
    /// The kernel did not permit it.
    Denied,
    /// The value.
    Known(T),
}

impl<T> Reading<T> {
    /// The value where it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Reading::Known(value) => Some(value),
            Reading::NotRead | Reading::Denied => None,
        }
    }
}

/// One look at the whole machine.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// How long who is new or has ended is told apart, seconds; `None` for [`LINGER`](super::LINGER).
    pub linger: Option<f64>,
    /// When the look began, CLOCK_MONOTONIC.
    pub taken: Nanos,
    /// The same moment in nanoseconds since boot, suspend included (CLOCK_BOOTTIME).
    pub since_boot: Nanos,
    /// The same moment in nanoseconds since the epoch (CLOCK_REALTIME); for showing, never for intervals.
    pub wall: u64,
    /// The machine as a whole.
    pub system: System,
    /// Every process, and every thread where threads were wanted, ordered by pid; each once.
    pub tasks: Vec<Seen>,
    /// Processes that lived and died since the look before, as far as the kernel told of them.
    pub short_lived: Vec<ShortLived>,
    /// How it was found out who is there.
    pub census: Census,
    /// Whether there are more processes than these: the look was [in a hurry](super::Wants::hurry).
    pub partial: bool,
    /// What the look itself cost.
    pub cost: Cost,
}

/// What a look cost the looking thread.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Cost {
    /// CPU time of the look, seconds.
    pub cpu: f64,
    /// Wall time of the look, seconds.
    pub wall: f64,
    /// CPU time of this whole program since it started, seconds.
    pub own_cpu: f64,
    /// Resident memory of this whole program, bytes; `None` where unknown.
    pub own_memory: Option<u64>,
}

/// The machine as a whole: `/proc/stat`, `meminfo`, `loadavg`, `pressure`.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// What does not change while the machine runs.
    pub host: Arc<Host>,
    /// All CPUs together: the line `cpu` of `/proc/stat`.
    pub cpu: CpuTimes,
    /// Each CPU that is online, with its kernel number, ordered by it; CPUs come and go.
    pub cpus: Vec<(u32, CpuTimes)>,
    /// `/proc/meminfo`.
    pub memory: Option<Memory>,
    /// `/proc/loadavg`.
    pub load: Option<Load>,
    /// `/proc/pressure/{cpu,io,memory}`; `None` where the kernel has none or nobody asked.
    pub pressure: Option<Pressure>,
    /// Tasks running or ready to run now: `procs_running` of `/proc/stat`.
    pub running: Option<u64>,
    /// Tasks blocked for I/O: `procs_blocked`.
    pub blocked: Option<u64>,
    /// Forks since boot, threads included: `processes`.
    pub forks: Option<u64>,
    /// Context switches since boot: `ctxt`.
    pub switches: Option<u64>,
    /// Whether other users' processes are hidden from us (mount option `hidepid`, or a pid that answers to a signal
    /// check but is not listed).
    pub hidepid: bool,
    /// Rows whose files could not be understood, and readers left behind; 0 on a sane machine.
    pub troubles: Troubles,
}

/// What went wrong during a look without spoiling it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Troubles {
    /// Processes whose `stat` made no sense; they are left out.
    pub unparsable: u32,
    /// Processes that could not be read for want of file descriptors or memory; the newcomers among them are left out,
    /// the others are as they were.
    pub failed: u32,
    /// Processes whose command line could not be read in time.
    pub stuck: u32,
    /// Whether command lines are no longer read because too many readers hang.
    pub commands_off: bool,
}

/// What does not change while the machine runs.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Host {
    /// `uname -n`.
    pub name: Untrusted,
    /// `uname -sr`, for instance `Linux 6.18.3`.
    pub kernel: Untrusted,
    /// Clock ticks a second (`sysconf(_SC_CLK_TCK)`), 100 on every common machine; 0 means unknown.
    pub ticks_per_second: u64,
    /// Bytes a page.
    pub page_size: u64,
    /// Seconds since the epoch at boot (`btime` of `/proc/stat`), where known.
    pub boot_time: Option<u64>,
    /// The uid this program runs as (effective).
    pub own_uid: u32,
    /// The pid of this program.
    pub own_pid: Option<Pid>,
    /// Seconds by which the user's local time is ahead of UTC (localtime_r(3)); `None` where unknown.
    pub utc_offset_s: Option<i32>,
}

/// Times of one CPU since boot, in ticks: the columns of `/proc/stat`. Columns an old kernel lacks are 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CpuTimes {
    /// Normal user mode; includes `guest`.
    pub user: u64,
    /// User mode at low priority (nice > 0); includes `guest_nice`.
    pub nice: u64,
    /// Kernel mode.
    pub system: u64,
    /// Idle.
    pub idle: u64,
    /// Idle while a disk read or write is pending; may decrease (proc(5)).
    pub iowait: u64,
    /// Interrupts.
    pub irq: u64,
    /// Soft interrupts.
    pub softirq: u64,
    /// Taken by the hypervisor.
    pub steal: u64,
    /// Running a virtual CPU; already counted in `user`.
    pub guest: u64,
    /// The same at low priority; already counted in `nice`.
    pub guest_nice: u64,
}

/// `/proc/meminfo`, bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Memory {
    /// MemTotal.
    pub total: u64,
    /// MemFree.
    pub free: u64,
    /// MemAvailable; `None` on kernels before 3.14.
    pub available: Option<u64>,
    /// Buffers.
    pub buffers: u64,
    /// Cached; includes `shmem`.
    pub cached: u64,
    /// SReclaimable.
    pub reclaimable: u64,
    /// Shmem.
    pub shmem: u64,
    /// SwapTotal.
    pub swap_total: u64,
    /// SwapFree.
    pub swap_free: u64,
    /// SwapCached.
    pub swap_cached: u64,
}

impl Memory {
    /// Used memory as htop shows it, bytes: what is neither free nor buffers nor cache nor reclaimable.
    pub fn used(&self) -> u64 {
        let unused = self.free + self.cached + self.reclaimable + self.buffers;
        if unused > self.total { self.total.saturating_sub(self.free) } else { self.total - unused }
    }

    /// Page cache without shared memory, bytes.
    pub fn cache(&self) -> u64 {
        (self.cached + self.reclaimable).saturating_sub(self.shmem)
    }

    /// Used swap, bytes, without what is also in memory.
    pub fn swap_used(&self) -> u64 {
        self.swap_total.saturating_sub(self.swap_free).saturating_sub(self.swap_cached)
    }
}

/// `/proc/loadavg`.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Load {
    /// Over one minute.
    pub one: f64,
    /// Over five minutes.
    pub five: f64,
    /// Over fifteen minutes.
    pub fifteen: f64,
    /// Tasks (threads) that exist.
    pub tasks: Option<u64>,
    /// The last pid given out in this pid namespace.
    pub last_pid: Option<u32>,
}

/// Pressure stall information: share of time, in percent, in which tasks waited. Documentation/accounting/psi.rst.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Pressure {
    /// Some task waited for a CPU.
    pub cpu_some: Option<Stall>,
    /// All tasks waited for a CPU; for the whole machine the kernel says 0, before 5.13 nothing.
    pub cpu_full: Option<Stall>,
    /// Some task waited for I/O.
    pub io_some: Option<Stall>,
    /// All tasks waited for I/O.
    pub io_full: Option<Stall>,
    /// Some task waited for memory.
    pub memory_some: Option<Stall>,
    /// All tasks waited for memory.
    pub memory_full: Option<Stall>,
}

/// One line of a pressure file, percent.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Stall {
    /// Over 10 s.
    pub avg10: f64,
    /// Over 60 s.
    pub avg60: f64,
    /// Over 300 s.
    pub avg300: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_counts_as_htop_does() {
        let memory = Memory {
            total: 1000,
            free: 300,
            buffers: 50,
            cached: 200,
            reclaimable: 30,
            shmem: 80,
            ..Memory::default()
        };
        assert_eq!((memory.used(), memory.cache()), (420, 150));
        let absurd = Memory { total: 100, free: 90, cached: 90, ..Memory::default() };
        assert_eq!(absurd.used(), 10);
    }
}
