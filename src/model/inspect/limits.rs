//! Resource limits: `/proc/PID/limits`, getrlimit(2).

use super::refused::Datum;

/// The limits of a process.
#[derive(Clone, PartialEq, Debug)]
pub struct Limits {
    /// They, in the kernel's order; those that the kernel lacks are left out.
    pub limits: Datum<Vec<Limit>>,
}

/// One limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// Of what.
    pub kind: LimitKind,
    /// The soft limit, which holds; `None` is no limit.
    pub soft: Option<u64>,
    /// The hard limit, up to which the process may raise the soft one; `None` is no limit.
    pub hard: Option<u64>,
    /// How much of it is used; `None` where that is unknown.
    pub used: Option<u64>,
}

/// What is limited.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LimitKind {
    /// `RLIMIT_CPU`, seconds.
    Cpu,
    /// `RLIMIT_FSIZE`, bytes.
    FileSize,
    /// `RLIMIT_DATA`, bytes.
    Data,
    /// `RLIMIT_STACK`, bytes.
    Stack,
    /// `RLIMIT_CORE`, bytes.
    Core,
    /// `RLIMIT_RSS`, bytes; without effect.
    Resident,
    /// `RLIMIT_NPROC`: threads of the user.
    Processes,
    /// `RLIMIT_NOFILE`: one more than the greatest descriptor.
    OpenFiles,
    /// `RLIMIT_MEMLOCK`, bytes.
    Locked,
    /// `RLIMIT_AS`, bytes.
    AddressSpace,
    /// `RLIMIT_LOCKS`; without effect.
    Locks,
    /// `RLIMIT_SIGPENDING`: signals queued for the user.
    PendingSignals,
    /// `RLIMIT_MSGQUEUE`, bytes.
    MessageQueues,
    /// `RLIMIT_NICE`: 20 less the nice value to which it may go.
    Nice,
    /// `RLIMIT_RTPRIO`.
    RealTimePriority,
    /// `RLIMIT_RTTIME`, microseconds.
    RealTimeTimeout,
}

impl LimitKind {
    /// Each with the kernel's words for it in `/proc/PID/limits`, the name of getrlimit(2) and its unit.
    pub const ALL: [(LimitKind, &'static str, &'static str, &'static str); 16] = [
        (LimitKind::Cpu, "Max cpu time", "RLIMIT_CPU", "s"),
        (LimitKind::FileSize, "Max file size", "RLIMIT_FSIZE", "bytes"),
        (LimitKind::Data, "Max data size", "RLIMIT_DATA", "bytes"),
        (LimitKind::Stack, "Max stack size", "RLIMIT_STACK", "bytes"),
        (LimitKind::Core, "Max core file size", "RLIMIT_CORE", "bytes"),
        (LimitKind::Resident, "Max resident set", "RLIMIT_RSS", "bytes"),
        (LimitKind::Processes, "Max processes", "RLIMIT_NPROC", ""),
        (LimitKind::OpenFiles, "Max open files", "RLIMIT_NOFILE", ""),
        (LimitKind::Locked, "Max locked memory", "RLIMIT_MEMLOCK", "bytes"),
        (LimitKind::AddressSpace, "Max address space", "RLIMIT_AS", "bytes"),
        (LimitKind::Locks, "Max file locks", "RLIMIT_LOCKS", ""),
        (LimitKind::PendingSignals, "Max pending signals", "RLIMIT_SIGPENDING", ""),
        (LimitKind::MessageQueues, "Max msgqueue size", "RLIMIT_MSGQUEUE", "bytes"),
        (LimitKind::Nice, "Max nice priority", "RLIMIT_NICE", ""),
        (LimitKind::RealTimePriority, "Max realtime priority", "RLIMIT_RTPRIO", ""),
        (LimitKind::RealTimeTimeout, "Max realtime timeout", "RLIMIT_RTTIME", "us"),
    ];

    /// The kernel's words for it, without `Max`.
    pub fn words(self) -> &'static str {
        self.row().1.trim_start_matches("Max ")
    }

    /// Its name in getrlimit(2).
    pub fn name(self) -> &'static str {
        self.row().2
    }

    /// Its unit: `bytes`, `s`, `us`, or nothing for a mere number.
    pub fn unit(self) -> &'static str {
        self.row().3
    }

    fn row(self) -> (LimitKind, &'static str, &'static str, &'static str) {
        Self::ALL.into_iter().find(|row| row.0 == self).unwrap_or((self, "", "", ""))
    }
}

impl Limit {
    /// How much of the soft limit is used, as a share of 1; `None` where either is unknown or there is no limit.
    pub fn fill(&self) -> Option<f64> {
        let (soft, used) = (self.soft?, self.used?);
        Some(used as f64 / soft.max(1) as f64)
    }
}
