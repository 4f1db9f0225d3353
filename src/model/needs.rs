//! What has to be read: the union of what visible columns, meters, sort key and filter need.

use std::ops::{BitOr, BitOrAssign};
use std::sync::Arc;

use super::{ProcId, SlowNeeds};

/// A set of kernel data that somebody wants read. What nobody wants costs nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Needs(u64);

impl Needs {
    /// Nothing beyond `/proc/PID/stat` and the machine's own figures.
    pub const NOTHING: Needs = Needs(0);
    /// `/proc/PID/statm`: exact memory.
    pub const MEMORY: Needs = Needs(1);
    /// The owner, and its name.
    pub const USER: Needs = Needs(1 << 1);
    /// `/proc/PID/cmdline`, by readers that may be left behind.
    pub const COMMAND: Needs = Needs(1 << 2);
    /// Threads as rows of their own: `/proc/PID/task`.
    pub const THREADS: Needs = Needs(1 << 3);
    /// `/proc/pressure`.
    pub const PRESSURE: Needs = Needs(1 << 4);
    /// The memory of every row as fresh as that of those on screen, because rows are ordered or added up by it: what a
    /// process has may be taken from it while it sleeps.
    pub const FRESH_MEMORY: Needs = Needs(1 << 5);
    /// The `stat` of every row as fresh as that of those on screen: others may change the nice value or the parent of a
    /// sleeper.
    pub const FRESH_STAT: Needs = Needs(1 << 6);
    /// The rarer fields of `/proc/PID/stat`.
    pub const STAT: Needs = Needs(1 << 7);
    /// The rarer fields of `/proc/PID/statm`.
    pub const SIZES: Needs = Needs(1 << 8);
    /// `/proc/PID/status`.
    pub const STATUS: Needs = Needs(1 << 9);
    /// `/proc/PID/io`.
    pub const IO: Needs = Needs(1 << 10);
    /// `/proc/PID/smaps_rollup`, by readers that may be left behind.
    pub const ROLLUP: Needs = Needs(1 << 11);
    /// `/proc/PID/cgroup`.
    pub const CGROUP: Needs = Needs(1 << 12);
    /// `/proc/PID/ns`.
    pub const NAMESPACES: Needs = Needs(1 << 13);
    /// `/proc/PID/exe`.
    pub const EXE: Needs = Needs(1 << 14);
    /// `/proc/PID/cwd`.
    pub const CWD: Needs = Needs(1 << 15);
    /// `/proc/PID/oom_score` and `oom_score_adj`.
    pub const OOM: Needs = Needs(1 << 16);
    /// `/proc/PID/autogroup`.
    pub const AUTOGROUP: Needs = Needs(1 << 17);
    /// ioprio_get(2).
    pub const IO_PRIORITY: Needs = Needs(1 << 18);
    /// `/proc/PID/wchan`.
    pub const WCHAN: Needs = Needs(1 << 19);
    /// `/proc/PID/attr/current`.
    pub const LABEL: Needs = Needs(1 << 20);
    /// The NUMA node of the CPU on which it last ran.
    pub const NODE: Needs = Needs(1 << 21);
    /// `schedstat` and `stat` of each thread of the process.
    pub const THREAD_TIMES: Needs = Needs(1 << 22);
    /// `/proc/PID/fdinfo` of the graphics cards it has open.
    pub const GPU: Needs = Needs(1 << 23);
    /// The ports of its sockets: `/proc/PID/fd` and `/proc/PID/net`, by a thread of their own.
    pub const PORTS: Needs = Needs(1 << 25);
    /// How long it has waited for memory, by taskstats.
    pub const DELAYS: Needs = Needs(1 << 24);
    /// What marks on rows are about: whether the program's file is gone, and capabilities.
    pub const MARKS: Needs = Needs::EXE.union(Needs::STATUS);
    /// All [details](super::Details): each is read of those on screen only, unless it is wanted
    /// [of all](Needs::of_all).
    pub const DETAILS: Needs = Needs(0x7_ffff << 7);
    /// Everything there is, as one-shot exports want it; without threads and details.
    pub const FULL: Needs = Needs(1 | 1 << 1 | 1 << 2 | 1 << 4 | 1 << 5 | 1 << 6);

    /// By how many bits that which is wanted of every row stands above what is wanted of those on screen.
    const EVERYBODY: u32 = 32;

    /// The same, and the details in it of every row, because rows are ordered, chosen or exported by them.
    #[must_use]
    pub const fn of_all(self) -> Needs {
        Needs(self.0 | self.only(Needs::DETAILS).0 << Needs::EVERYBODY)
    }

    /// The details that are wanted of every row.
    #[must_use]
    pub const fn of_everybody(self) -> Needs {
        Needs(self.0 >> Needs::EVERYBODY)
    }

    /// What of it is in `other` too.
    #[must_use]
    pub const fn only(self, other: Needs) -> Needs {
        Needs(self.0 & other.0)
    }

    /// Both together; as `|`, for tables.
    #[must_use]
    pub const fn union(self, other: Needs) -> Needs {
        Needs(self.0 | other.0)
    }

    /// Whether anything of `other` is in it.
    pub const fn any(self, other: Needs) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all of `other` is in it.
    pub const fn has(self, other: Needs) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Needs {
    type Output = Needs;

    fn bitor(self, other: Needs) -> Needs {
        Needs(self.0 | other.0)
    }
}

impl BitOrAssign for Needs {
    fn bitor_assign(&mut self, other: Needs) {
        self.0 |= other.0;
    }
}

/// What the screen wants of the next look.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// Which data.
    pub needs: Needs,
    /// Which rows are on screen: these are read in full in every look, whatever else is spared.
    pub visible: Arc<[ProcId]>,
    /// How long who is new or has ended is to be told apart, seconds; `None` for [`LINGER`](super::LINGER).
    pub linger: Option<f64>,
    /// What the slow sensors are to read; no part of a look.
    pub slow: SlowNeeds,
    /// Somebody waits for the first rows: a look at very many processes shall end early, and says that it is
    /// [partial](super::Sample::partial).
    pub hurry: bool,
}
