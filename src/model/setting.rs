//! What can be changed about a process to tame it, and how such a value is written.

use std::fmt;

use super::{Untrusted, units};

/// A value that a process, a thread of it, its session or its cgroup can be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setting {
    /// The nice value of every thread, −20 (most urgent) to 19: sched(7).
    Nice(i32),
    /// The nice value of the autogroup, that is of the session, −20 to 19: sched(7).
    AutogroupNice(i32),
    /// The I/O priority of every thread: ioprio_set(2).
    IoPriority(IoPriority),
    /// The CPUs on which its threads may run: sched_setaffinity(2).
    Affinity(CpuSet),
    /// The scheduling policy of every thread: sched(7).
    Policy(Policy),
    /// How gladly the kernel kills it when memory runs out, −1000 (never) to 1000: proc_pid_oom_score_adj(5).
    OomScoreAdj(i32),
    /// How much CPU its whole cgroup may use: `cpu.max`.
    CpuMax(CpuMax),
    /// Above how many bytes its whole cgroup is slowed down and made to give memory back: `memory.high`; `None` is no
    /// limit.
    MemoryHigh(Option<u64>),
}

/// The values of one process, as far as they could be read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// The main thread's nice value.
    pub nice: Option<i32>,
    /// The nice value of its autogroup; `None` where autogroups are off.
    pub autogroup_nice: Option<i32>,
    /// The main thread's I/O priority.
    pub io_priority: Option<IoPriority>,
    /// Where the main thread may run.
    pub affinity: Option<CpuSet>,
    /// The main thread's policy.
    pub policy: Option<Policy>,
    /// Its OOM score adjustment.
    pub oom_score_adj: Option<i32>,
    /// Its cgroup (v2) as in `/proc/PID/cgroup`.
    pub cgroup: Option<Untrusted>,
    /// What that cgroup may use; `None` where it has no such file (the root, or the controller is off).
    pub cpu_max: Option<CpuMax>,
    /// From where that cgroup is slowed down: outer `None` as above, inner for no limit.
    #[allow(clippy::option_option, reason = "unknown, and known to be without a limit")]
    pub memory_high: Option<Option<u64>>,
}

/// An I/O scheduling class and the priority within it: ioprio_set(2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum IoPriority {
    /// None was set: as the nice value implies.
    #[default]
    Unset,
    /// Before all others, level 0 (first) to 7.
    RealTime(u8),
    /// Best effort, level 0 (first) to 7.
    BestEffort(u8),
    /// Only when nobody else wants the disk.
    Idle,
}

/// A scheduling policy: sched(7).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Policy {
    /// `SCHED_OTHER`, the ordinary one.
    #[default]
    Other,
    /// `SCHED_BATCH`: as the ordinary one, taken to be busy.
    Batch,
    /// `SCHED_IDLE`: only what is left over.
    Idle,
    /// `SCHED_FIFO`: real time, until it waits, at priority 1 to 99.
    Fifo(u8),
    /// `SCHED_RR`: real time, in turns, at priority 1 to 99.
    RoundRobin(u8),
    /// `SCHED_DEADLINE`, which is set by its own program only.
    Deadline,
    /// Another one, by its number in include/uapi/linux/sched.h.
    Unknown(u32),
}

/// `cpu.max`: so many microseconds of CPU in each period of so many.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CpuMax {
    /// Microseconds of CPU time; `None` is no limit.
    pub quota: Option<u64>,
    /// Microseconds of the period, 1 000 to 1 000 000; 100 000 is the kernel's own.
    pub period: u64,
}

impl CpuMax {
    /// The limit that is so many percent of one CPU, within the kernel's own period.
    pub const fn percent(percent: u32) -> CpuMax {
        CpuMax { quota: Some(percent as u64 * 1_000), period: 100_000 }
    }

    /// The same in percent of one CPU, to a hundredth; `None` is no limit.
    pub fn in_percent(&self) -> Option<f64> {
        let hundredths = |quota| (quota as f64 * 10_000.0 / self.period.max(1) as f64).round();
        self.quota.map(|quota| hundredths(quota) / 100.0)
    }

    /// No limit.
    pub const NONE: CpuMax = CpuMax { quota: None, period: 100_000 };
}

/// How many CPUs a [`CpuSet`] can hold, as the C library's.
pub const MOST_CPUS: u32 = 1024;

/// A set of CPUs by their kernel numbers, below [`MOST_CPUS`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CpuSet([u64; MOST_CPUS as usize / 64]);

impl CpuSet {
    /// Whether the CPU is in it.
    pub fn has(&self, cpu: u32) -> bool {
        self.0.get(cpu as usize / 64).is_some_and(|word| word >> (cpu % 64) & 1 == 1)
    }

    /// Puts the CPU in or takes it out; numbers of [`MOST_CPUS`] and more are passed over.
    pub fn set(&mut self, cpu: u32, present: bool) {
        if let Some(word) = self.0.get_mut(cpu as usize / 64) {
            let bit = 1 << (cpu % 64);
            *word = if present { *word | bit } else { *word & !bit };
        }
    }

    /// Puts in whoever is in `other`.
    pub fn join(&mut self, other: &CpuSet) {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
    }

    /// Takes out whoever is in `other`.
    pub fn leave(&mut self, other: &CpuSet) {
        for (word, less) in self.0.iter_mut().zip(other.0) {
            *word &= !less;
        }
    }

    /// How many are in both.
    pub fn shared(&self, other: &CpuSet) -> u32 {
        self.0.iter().zip(other.0).map(|(word, more)| (word & more).count_ones()).sum()
    }

    /// How many are in it.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..MOST_CPUS).filter(|cpu| self.has(*cpu))
    }

    /// Reads the list format of cpuset(7): `0-3,8`. `None` where it is none, or a number is too great.
    pub fn parse(text: &str) -> Option<CpuSet> {
        let mut set = CpuSet::default();
        for part in text.trim().split(',').filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last): (u32, u32) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            if first > last || last >= MOST_CPUS {
                return None;
            }
            (first..=last).for_each(|cpu| set.set(cpu, true));
        }
        Some(set)
    }
}

impl FromIterator<u32> for CpuSet {
    fn from_iter<I: IntoIterator<Item = u32>>(cpus: I) -> CpuSet {
        let mut set = CpuSet::default();
        cpus.into_iter().for_each(|cpu| set.set(cpu, true));
        set
    }
}

impl fmt::Display for CpuSet {
    /// The list format of cpuset(7): `0-3,8`; `none` where it is empty.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cpu = 0;
        let mut comma = "";
        while cpu < MOST_CPUS {
            if !self.has(cpu) {
                cpu += 1;
                continue;
            }
            let first = cpu;
            while self.has(cpu + 1) {
                cpu += 1;
            }
            match cpu - first {
                0 => write!(f, "{comma}{first}")?,
                _ => write!(f, "{comma}{first}-{cpu}")?,
            }
            comma = ",";
            cpu += 1;
        }
        if comma.is_empty() { f.write_str("none") } else { Ok(()) }
    }
}

impl fmt::Debug for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CpuSet({self})")
    }
}

impl fmt::Display for IoPriority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IoPriority::Unset => f.write_str("unset"),
            IoPriority::RealTime(level) => write!(f, "real-time {level}"),
            IoPriority::BestEffort(level) => write!(f, "best-effort {level}"),
            IoPriority::Idle => f.write_str("idle"),
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Policy::Other => f.write_str("OTHER"),
            Policy::Batch => f.write_str("BATCH"),
            Policy::Idle => f.write_str("IDLE"),
            Policy::Fifo(priority) => write!(f, "FIFO {priority}"),
            Policy::RoundRobin(priority) => write!(f, "RR {priority}"),
            Policy::Deadline => f.write_str("DEADLINE"),
            Policy::Unknown(number) => write!(f, "policy {number}"),
        }
    }
}

impl fmt::Display for CpuMax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quota {
            None => f.write_str("no limit"),
            Some(_) => write!(f, "{} % of a CPU", self.in_percent().unwrap_or_default()),
        }
    }
}

impl Setting {
    /// What it is a value of, as a sentence names it.
    pub const fn what(&self) -> &'static str {
        match self {
            Setting::Nice(_) => "nice",
            Setting::AutogroupNice(_) => "autogroup nice",
            Setting::IoPriority(_) => "I/O priority",
            Setting::Affinity(_) => "CPUs",
            Setting::Policy(_) => "policy",
            Setting::OomScoreAdj(_) => "OOM score adjustment",
            Setting::CpuMax(_) => "cpu.max of the cgroup",
            Setting::MemoryHigh(_) => "memory.high of the cgroup",
        }
    }
}

impl fmt::Display for Setting {
    /// The value alone: `5`, `best-effort 4`, `0-3,8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setting::Nice(value) | Setting::AutogroupNice(value) | Setting::OomScoreAdj(value) => {
                write!(f, "{value}")
            }
            Setting::IoPriority(priority) => write!(f, "{priority}"),
            Setting::Affinity(cpus) => write!(f, "{cpus}"),
            Setting::Policy(policy) => write!(f, "{policy}"),
            Setting::CpuMax(max) => write!(f, "{max}"),
            Setting::MemoryHigh(None) => f.write_str("no limit"),
            Setting::MemoryHigh(Some(bytes)) => {
                let mut text = String::new();
                units::bytes(*bytes, &mut text);
                f.write_str(text.trim_start())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_set_of_cpus_reads_as_it_is_written(cpus in prop::collection::btree_set(0..MOST_CPUS, 1..80)) {
            let set: CpuSet = cpus.iter().copied().collect();
            prop_assert_eq!(set.len() as usize, cpus.len());
            prop_assert!(set.iter().eq(cpus.iter().copied()));
            prop_assert_eq!(CpuSet::parse(&set.to_string()), Some(set));
        }

        #[test]
        fn sets_of_cpus_are_joined_and_parted(
            one in prop::collection::btree_set(0..MOST_CPUS, 0..80),
            other in prop::collection::btree_set(0..MOST_CPUS, 0..80),
        ) {
            let set = |cpus: &mut dyn Iterator<Item = u32>| cpus.collect::<CpuSet>();
            let (a, b) = (set(&mut one.iter().copied()), set(&mut other.iter().copied()));
            prop_assert_eq!(a.shared(&b) as usize, one.intersection(&other).count());
            let (mut joined, mut left) = (a, a);
            joined.join(&b);
            left.leave(&b);
            prop_assert_eq!(joined, set(&mut one.union(&other).copied()));
            prop_assert_eq!(left, set(&mut one.difference(&other).copied()));
        }
    }

    #[test]
    fn lists_of_cpus() {
        let shown = |text: &str| CpuSet::parse(text).map(|set| set.to_string());
        assert_eq!(shown("0-3,8,9,11\n").as_deref(), Some("0-3,8-9,11"));
        assert_eq!(shown("1023").as_deref(), Some("1023"));
        assert_eq!(shown("").as_deref(), Some("none"));
        for bad in ["1024", "3-1", "x", "1-", "0-99999999999"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }

    #[test]
    fn values_as_a_sentence_has_them() {
        let shown = |setting: Setting| format!("{} {setting}", setting.what());
        assert_eq!(shown(Setting::Nice(-5)), "nice -5");
        assert_eq!(shown(Setting::IoPriority(IoPriority::BestEffort(4))), "I/O priority best-effort 4");
        assert_eq!(shown(Setting::Policy(Policy::Fifo(10))), "policy FIFO 10");
        assert_eq!(shown(Setting::CpuMax(CpuMax::percent(150))), "cpu.max of the cgroup 150 % of a CPU");
        let eighth = CpuMax { quota: Some(6_250), period: 50_000 };
        assert_eq!(shown(Setting::CpuMax(eighth)), "cpu.max of the cgroup 12.5 % of a CPU");
        assert_eq!(shown(Setting::CpuMax(CpuMax::NONE)), "cpu.max of the cgroup no limit");
        assert_eq!(shown(Setting::MemoryHigh(Some(2 << 30))), "memory.high of the cgroup 2.00G");
    }
}
