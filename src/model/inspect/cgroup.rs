//! The cgroup of a process and those above it: what they allow, use and wait for. Documentation/admin-guide/cgroup-v2.rst,
//! cgroups(7).

use super::refused::Datum;
use crate::model::{CgroupPlace, CpuMax, CpuSet, Pressure, Untrusted};

/// The place of a process in the cgroup trees.
#[derive(Clone, PartialEq, Debug)]
pub struct Cgroups {
    /// The lines of `/proc/PID/cgroup`: one for version 2, one for each hierarchy of version 1.
    pub hierarchies: Datum<Vec<Hierarchy>>,
    /// The path that says most, with the container and the unit that it names.
    pub place: Option<CgroupPlace>,
    /// Its own cgroup first, then those above it up to the root: a limit anywhere holds. Where version 1 has the
    /// controllers, figures of the same meaning are put in; a process may then be in one place for one controller and in
    /// another for the next, and each place has the figures of those that have it, the deepest first.
    pub levels: Datum<Vec<GroupLevel>>,
    /// Whether the figures are of version 2, of version 1, or unknown.
    pub version: Option<u8>,
}

/// One line of `/proc/PID/cgroup`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hierarchy {
    /// Its number; 0 is version 2.
    pub number: u32,
    /// Its controllers, or `name=systemd`; empty for version 2.
    pub controllers: Untrusted,
    /// The path below its root.
    pub path: Untrusted,
}

/// One cgroup. What it lacks, because a controller is off there or it is the root, is `None`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct GroupLevel {
    /// Its path.
    pub path: Untrusted,
    /// `cgroup.controllers`: what could be limited here.
    pub controllers: Option<Untrusted>,
    /// `cpu.max`.
    pub cpu_max: Option<CpuMax>,
    /// `cpu.weight`, 1 to 10 000; 100 is the kernel's own.
    pub cpu_weight: Option<u64>,
    /// `cpu.stat`.
    pub cpu: Option<CpuStat>,
    /// `cpuset.cpus.effective`.
    pub cpus: Option<CpuSet>,
    /// `memory.*`.
    pub memory: GroupMemory,
    /// `pids.*`.
    pub pids: GroupPids,
    /// `io.stat`, by device.
    pub io: Option<Vec<IoUse>>,
    /// `io.max`, its lines as they are.
    pub io_max: Option<Vec<Untrusted>>,
    /// `cpu.pressure`, `io.pressure`, `memory.pressure`.
    pub pressure: Option<Pressure>,
    /// `populated` of `cgroup.events`: whether anybody lives in it or below.
    pub populated: Option<bool>,
    /// `frozen` of `cgroup.events`.
    pub frozen: Option<bool>,
    /// CPUs it kept busy since the look before: 1.0 is one whole CPU.
    pub cpu_share: Option<f64>,
    /// The share of the periods since the look before in which it was throttled, of 1.
    pub throttled_share: Option<f64>,
}

/// `cpu.stat`, microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CpuStat {
    /// CPU time.
    pub usage: u64,
    /// In user mode.
    pub user: u64,
    /// In kernel mode.
    pub system: u64,
    /// Periods that have passed; `None` where the controller is off.
    pub periods: Option<u64>,
    /// In how many it was throttled.
    pub throttled: Option<u64>,
    /// For how long in all, its CPUs added up.
    pub throttled_time: Option<u64>,
}

/// `memory.*`, bytes. A limit is `Some(None)` where it says `max`: there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GroupMemory {
    /// `memory.current`.
    pub current: Option<u64>,
    /// `memory.peak`.
    pub peak: Option<u64>,
    /// `memory.min`: never taken away.
    pub min: Option<u64>,
    /// `memory.low`: taken away only where there is nothing else.
    pub low: Option<u64>,
    /// `memory.high`: above it the group is slowed down.
    pub high: Option<Option<u64>>,
    /// `memory.max`: above it somebody in the group is killed.
    pub max: Option<Option<u64>>,
    /// `memory.swap.current`.
    pub swap: Option<u64>,
    /// `memory.swap.max`.
    pub swap_max: Option<Option<u64>>,
    /// `memory.events`.
    pub events: Option<MemoryEvents>,
}

/// `memory.events`: how often what happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MemoryEvents {
    /// Memory was taken away below `low`.
    pub low: u64,
    /// It was slowed down above `high`.
    pub high: u64,
    /// It ran into `max`.
    pub max: u64,
    /// Nothing could be given back, and somebody was to be killed.
    pub oom: u64,
    /// Somebody was killed.
    pub oom_kill: u64,
}

/// `pids.*`: threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GroupPids {
    /// `pids.current`.
    pub current: Option<u64>,
    /// `pids.max`; `Some(None)` is no limit.
    pub max: Option<Option<u64>>,
    /// How often a fork failed for it: `max` of `pids.events`.
    pub failed: Option<u64>,
}

/// One line of `io.stat`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct IoUse {
    /// Device, major and minor.
    pub device: (u32, u32),
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub write_bytes: u64,
    /// Reads.
    pub reads: u64,
    /// Writes.
    pub writes: u64,
}

impl Cgroups {
    /// Works out what happened in the `seconds` since `then`.
    pub(super) fn follow(&mut self, then: &Cgroups, seconds: f64) {
        let (Ok(levels), Ok(before)) = (&mut self.levels, &then.levels) else { return };
        if seconds <= 0.0 {
            return;
        }
        for level in levels {
            let Some(before) = before.iter().find(|before| before.path == level.path) else { continue };
            let (Some(cpu), Some(old)) = (level.cpu, before.cpu) else { continue };
            level.cpu_share = Some(cpu.usage.saturating_sub(old.usage) as f64 / 1e6 / seconds);
            let (Some(periods), Some(throttled)) =
                (cpu.periods.zip(old.periods), cpu.throttled.zip(old.throttled))
            else {
                continue;
            };
            let (periods, throttled) =
                (periods.0.saturating_sub(periods.1), throttled.0.saturating_sub(throttled.1));
            // A group that slept had no period, and was not throttled in it.
            let share = if periods == 0 { 0.0 } else { throttled as f64 / periods as f64 };
            level.throttled_share = Some(share.min(1.0));
        }
    }
}
