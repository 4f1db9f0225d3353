//! What is read of a process only where somebody looks at it: file by file of `/proc/PID`, each as the kernel gave it.
//!
//! None of it is a rate; see [`super::Rates`]. A task has details for those groups that [`super::Needs`] names, and
//! as a rule only while it is on screen: most of these files cost more than all that the table needs otherwise.

use std::sync::Arc;

use super::{CgroupPlace, Nanos, Ports, Reading, Untrusted};

/// The details of one task; what nobody asked for is not read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Details {
    /// The rarer fields of `stat`.
    pub stat: Option<StatDetails>,
    /// The rarer fields of `statm`.
    pub sizes: Reading<Sizes>,
    /// `status`.
    pub status: Reading<Status>,
    /// `io`; denied for the processes of others.
    pub io: Reading<Io>,
    /// `smaps_rollup`; denied for the processes of others.
    pub rollup: Reading<Rollup>,
    /// When `rollup` was read; it may be some looks old.
    pub rollup_at: Option<Nanos>,
    /// The place in the cgroup tree.
    pub cgroup: Reading<Arc<CgroupPlace>>,
    /// The namespaces it is in; denied for the processes of others.
    pub namespaces: Reading<Namespaces>,
    /// Where its program lies: the link `exe`.
    pub exe: Reading<Arc<Untrusted>>,
    /// Its working directory: the link `cwd`.
    pub cwd: Reading<Arc<Untrusted>>,
    /// What the kernel thinks of killing it when memory is short.
    pub oom: Reading<Oom>,
    /// Its autogroup, sched(7); none where the kernel has none.
    pub autogroup: Reading<Autogroup>,
    /// Its I/O priority as ioprio_get(2) has it: the class in bits 13 to 15, the level below.
    pub io_priority: Reading<u16>,
    /// Where in the kernel it sleeps: `wchan`. The kernel tells it only to who may trace the process.
    pub wchan: Reading<Arc<Untrusted>>,
    /// The label of the security module: `attr/current`.
    pub label: Reading<Arc<Untrusted>>,
    /// The NUMA node of the CPU on which it last ran.
    pub node: Option<u32>,
    /// The times of each of its threads, ordered by number; of a row that is a thread its own.
    pub threads: Reading<Arc<[ThreadTimes]>>,
    /// How long it has waited for memory; denied without CAP_NET_ADMIN.
    pub delays: Reading<Delays>,
    /// What it has done on graphics cards.
    pub gpu: Reading<Gpu>,
    /// The ports of its sockets; denied for the processes of others.
    pub ports: Reading<Arc<Ports>>,
}

/// The rarer fields of `/proc/PID/stat`, proc_pid_stat(5).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StatDetails {
    /// Field 8: the foreground process group of its terminal; −1 for none.
    pub terminal_group: i32,
    /// Field 11: minor faults of the children it has waited for.
    pub child_minor_faults: u64,
    /// Field 13: major faults of the children it has waited for.
    pub child_major_faults: u64,
    /// Field 40: the real-time priority, 1 to 99; 0 for other policies.
    pub rt_priority: Option<u32>,
    /// Field 41: the scheduling policy, sched(7).
    pub policy: Option<u32>,
}

/// The rarer fields of `/proc/PID/statm`, bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sizes {
    /// Program text.
    pub text: u64,
    /// Data and stack.
    pub data: u64,
}

/// `/proc/PID/status`, proc_pid_status(5). Sizes in bytes; a kernel thread has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Status {
    /// `Tgid`: the process.
    pub tgid: Option<u32>,
    /// `RssAnon`.
    pub anon: Option<u64>,
    /// `RssFile`.
    pub file: Option<u64>,
    /// `RssShmem`.
    pub shmem: Option<u64>,
    /// `VmSwap`: what of it is swapped out, shared memory aside.
    pub swap: Option<u64>,
    /// `VmLib`: the text of shared libraries.
    pub lib: Option<u64>,
    /// `CapEff`: its capabilities in effect, capabilities(7), bit by number.
    pub effective: Option<u64>,
    /// How many numbers `NSpid` has: one more than pid namespaces between ours and its own.
    pub pid_levels: Option<u32>,
    /// `voluntary_ctxt_switches`: of the main thread, or of the thread.
    pub voluntary: Option<u64>,
    /// `nonvoluntary_ctxt_switches`.
    pub involuntary: Option<u64>,
}

/// `/proc/PID/io`, proc_pid_io(5): since the start of the process, its threads together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Io {
    /// `rchar`: bytes that read(2) and the like have returned, from wherever.
    pub read_chars: u64,
    /// `wchar`: bytes handed to write(2) and the like.
    pub write_chars: u64,
    /// `syscr`: calls of read(2) and the like.
    pub read_calls: u64,
    /// `syscw`: calls of write(2) and the like.
    pub write_calls: u64,
    /// `read_bytes`: bytes fetched from storage.
    pub read_bytes: u64,
    /// `write_bytes`: bytes on their way to storage.
    pub write_bytes: u64,
    /// `cancelled_write_bytes`: of these, what was never written because the file went away before.
    pub cancelled_bytes: u64,
}

/// `/proc/PID/smaps_rollup`, bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rollup {
    /// `Pss`: its share of what it has in memory, a page used by n processes counting 1/n.
    pub pss: u64,
    /// `Private_Clean`, `Private_Dirty` and `Private_Hugetlb`: what its end would free.
    pub uss: u64,
    /// `SwapPss`: its share of what is swapped out.
    pub swap_pss: u64,
}

/// The namespaces of a process by their inode numbers, namespaces(7). `None` where the kernel has no such kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Namespaces {
    /// `ns/cgroup`.
    pub cgroup: Option<u32>,
    /// `ns/ipc`.
    pub ipc: Option<u32>,
    /// `ns/mnt`.
    pub mnt: Option<u32>,
    /// `ns/net`.
    pub net: Option<u32>,
    /// `ns/pid`.
    pub pid: Option<u32>,
    /// `ns/time`.
    pub time: Option<u32>,
    /// `ns/user`.
    pub user: Option<u32>,
    /// `ns/uts`.
    pub uts: Option<u32>,
}

/// `/proc/PID/oom_score` and `oom_score_adj`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Oom {
    /// The higher, the sooner it is killed.
    pub score: u32,
    /// What its owner has it raised by, −1000 (never) to 1000.
    pub adjustment: i32,
}

/// `/proc/PID/autogroup`, sched(7).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Autogroup {
    /// Its number.
    pub id: u64,
    /// Its nice value, −20 to 19.
    pub nice: i32,
}

/// What one thread has done and waited for, since its start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct ThreadTimes {
    /// Its number.
    pub tid: u32,
    /// Time on a CPU, nanoseconds: field 1 of `schedstat`.
    pub run: u64,
    /// Time ready to run and without a CPU, nanoseconds: field 2.
    pub wait: u64,
    /// How often it was given a CPU: field 3.
    pub slices: u64,
    /// Time blocked on block devices, swap included, clock ticks: field 42 of `stat`. `None` where the kernel does not
    /// count it: `kernel.task_delayacct` is 0, as it is unless somebody turned it on.
    pub blocked: Option<u64>,
}

/// How long a process has waited for memory since its start, all threads together, nanoseconds, as taskstats has it
/// (Documentation/accounting/delay-accounting.rst). The kernel counts it only while `kernel.task_delayacct` is 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Delays {
    /// Until pages came back from swap.
    pub swap: u64,
    /// While it had to free pages of others before it could have its own.
    pub reclaim: u64,
}

/// What a process has done on graphics cards, by the kernel's DRM: Documentation/gpu/drm-usage-stats.rst.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Gpu {
    /// Time on all engines together, nanoseconds: `drm-engine-*`.
    pub engine: u64,
    /// Memory it has there, bytes: `drm-resident-*`, or `drm-memory-*` of older drivers. `None` where no driver says.
    pub memory: Option<u64>,
}
