//! What is known of the machine beyond what every look reads: slow or rare, and read only where a meter shows it.

use std::ops::{BitOr, BitOrAssign};

use super::{Stall, Untrusted};

/// A set of things that the slow sensors can read. What nobody wants costs nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SlowNeeds(u32);

impl SlowNeeds {
    /// Nothing.
    pub const NOTHING: SlowNeeds = SlowNeeds(0);
    /// Temperatures.
    pub const TEMPERATURES: SlowNeeds = SlowNeeds(1);
    /// Mounted disks: their room, and what is read and written.
    pub const DISKS: SlowNeeds = SlowNeeds(1 << 1);
    /// Network interfaces.
    pub const NETWORKS: SlowNeeds = SlowNeeds(1 << 2);
    /// [`Facts::battery`].
    pub const BATTERY: SlowNeeds = SlowNeeds(1 << 3);
    /// [`Facts::frequency`].
    pub const FREQUENCY: SlowNeeds = SlowNeeds(1 << 4);
    /// [`Facts::huge_pages`].
    pub const HUGE_PAGES: SlowNeeds = SlowNeeds(1 << 5);
    /// [`Facts::zram`].
    pub const ZRAM: SlowNeeds = SlowNeeds(1 << 6);
    /// [`Facts::zswap`].
    pub const ZSWAP: SlowNeeds = SlowNeeds(1 << 7);
    /// [`Facts::arc`].
    pub const ARC: SlowNeeds = SlowNeeds(1 << 8);
    /// [`Facts::handles`].
    pub const HANDLES: SlowNeeds = SlowNeeds(1 << 9);
    /// [`Facts::systemd`].
    pub const SYSTEMD: SlowNeeds = SlowNeeds(1 << 10);
    /// [`Facts::selinux`].
    pub const SELINUX: SlowNeeds = SlowNeeds(1 << 11);
    /// [`Facts::irq_full`].
    pub const IRQ_PRESSURE: SlowNeeds = SlowNeeds(1 << 12);
    /// [`Facts::gpus`].
    pub const GPUS: SlowNeeds = SlowNeeds(1 << 13);
    /// [`Facts::disk_busy`].
    pub const DISK_BUSY: SlowNeeds = SlowNeeds(1 << 14);
    /// [`Facts::limits`].
    pub const LIMITS: SlowNeeds = SlowNeeds(1 << 15);

    /// Both together; as `|`, for tables.
    #[must_use]
    pub const fn union(self, other: SlowNeeds) -> SlowNeeds {
        SlowNeeds(self.0 | other.0)
    }

    /// Whether all of `other` is in it.
    pub const fn has(self, other: SlowNeeds) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is nothing in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for SlowNeeds {
    type Output = SlowNeeds;

    fn bitor(self, other: SlowNeeds) -> SlowNeeds {
        self.union(other)
    }
}

impl BitOrAssign for SlowNeeds {
    fn bitor_assign(&mut self, other: SlowNeeds) {
        *self = self.union(other);
    }
}

/// One reading of what the kernel tells of itself and of the machine. `None`: nobody asked, or there is no such thing;
/// see [`super::Sensors::read`].
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Facts {
    /// All batteries together.
    pub battery: Option<Battery>,
    /// How fast the CPUs run.
    pub frequency: Option<Frequency>,
    /// Pages of the pools of huge pages, of all sizes.
    pub huge_pages: Option<HugePages>,
    /// Compressed memory that serves as swap: all zram devices together.
    pub zram: Option<Zram>,
    /// Compressed memory before the swap space.
    pub zswap: Option<Zswap>,
    /// The cache of ZFS.
    pub arc: Option<ZfsCache>,
    /// Open files of the whole machine.
    pub handles: Option<Handles>,
    /// The services that systemd has started.
    pub systemd: Option<Systemd>,
    /// What SELinux does.
    pub selinux: Option<SeLinux>,
    /// Pressure of interrupts: the share of time that they took from all tasks of a CPU (kernel 6.1 and later).
    pub irq_full: Option<Stall>,
    /// Graphics cards whose drivers tell in sysfs how busy they are.
    pub gpus: Vec<GpuUse>,
    /// The share of time in which the busiest disk had something to do, 0 to 1.
    pub disk_busy: Option<f64>,
    /// What this program's cgroup, and so everything in its container, may use.
    pub limits: Limits,
}

/// Batteries: `/sys/class/power_supply`, Documentation/ABI/testing/sysfs-class-power.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Battery {
    /// How full, 0 to 1.
    pub charge: f64,
    /// What it does.
    pub state: BatteryState,
    /// Watts that go in or out, where known.
    pub watts: Option<f64>,
    /// Seconds until it is empty or full, where known.
    pub seconds: Option<f64>,
}

/// What a battery does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BatteryState {
    /// The kernel does not say.
    #[default]
    Unknown,
    /// It is being filled.
    Charging,
    /// The machine lives on it.
    Discharging,
    /// Neither: full, or held.
    Idle,
}

/// Frequencies of the CPUs that are online, hertz: `scaling_cur_freq` of sysfs, or `cpu MHz` of `/proc/cpuinfo`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Frequency {
    /// Of the slowest.
    pub lowest: f64,
    /// The mean.
    pub mean: f64,
    /// Of the fastest.
    pub highest: f64,
    /// The most that any of them can do, where known: `cpuinfo_max_freq`.
    pub limit: Option<f64>,
}

/// Huge pages: `/sys/kernel/mm/hugepages`, Documentation/admin-guide/mm/hugetlbpage.rst. Bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HugePages {
    /// In the pools.
    pub total: u64,
    /// Of these, taken.
    pub used: u64,
    /// Of those not taken, promised to somebody.
    pub reserved: u64,
}

/// Compressed memory devices: `mm_stat`, Documentation/admin-guide/blockdev/zram.rst. Bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Zram {
    /// The most data that may be put in: `disksize`.
    pub size: u64,
    /// Data put in, before compression.
    pub data: u64,
    /// The same, compressed.
    pub compressed: u64,
    /// Memory that it takes, with what the allocator loses.
    pub used: u64,
}

/// Compressed memory before the swap space: `Zswap` and `Zswapped` of `/proc/meminfo`, or debugfs. Bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Zswap {
    /// Memory that it takes.
    pub used: u64,
    /// Data put in, before compression.
    pub data: u64,
}

/// The adaptive replacement cache of ZFS: `/proc/spl/kstat/zfs/arcstats`. Bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ZfsCache {
    /// What it takes now.
    pub size: u64,
    /// What it keeps even when memory is short.
    pub least: u64,
    /// What it may take at most.
    pub most: u64,
    /// Of it, data used often.
    pub often: u64,
    /// Of it, data used lately.
    pub lately: u64,
    /// Compressed data, as it lies in memory.
    pub compressed: u64,
    /// The same, before compression.
    pub uncompressed: u64,
}

impl ZfsCache {
    /// What it gives back when programs need memory: that counts as cache, not as used.
    pub fn shrinkable(&self) -> u64 {
        self.size.saturating_sub(self.least)
    }
}

/// Open files: `/proc/sys/fs/file-nr` (proc_sys_fs(5)).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Handles {
    /// Open file handles of the whole machine.
    pub open: u64,
    /// The most there may be.
    pub most: u64,
}

/// What systemd tells: `/run/systemd` without anybody being asked, its bus where that answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Systemd {
    /// Units that it has started and that have not ended: links in `/run/systemd/units`.
    pub units: Option<u32>,
    /// Whether it is shutting down: `/run/systemd/shutdown/scheduled`, or `/run/nologin`.
    pub ending: bool,
    /// What it says of itself.
    pub state: Option<SystemState>,
    /// Units that failed.
    pub failed: Option<u32>,
    /// Jobs that wait or run.
    pub jobs: Option<u32>,
}

/// What systemd says of the whole machine: `SystemState`, org.freedesktop.systemd1(5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SystemState {
    /// Early in the start.
    Initializing,
    /// Late in the start.
    Starting,
    /// All is well.
    Running,
    /// Units failed.
    Degraded,
    /// The rescue or emergency target is active.
    Maintenance,
    /// It is shutting down.
    Stopping,
}

impl SystemState {
    /// All of them.
    const ALL: [SystemState; 6] = [
        SystemState::Initializing,
        SystemState::Starting,
        SystemState::Running,
        SystemState::Degraded,
        SystemState::Maintenance,
        SystemState::Stopping,
    ];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            SystemState::Initializing => "initializing",
            SystemState::Starting => "starting",
            SystemState::Running => "running",
            SystemState::Degraded => "degraded",
            SystemState::Maintenance => "maintenance",
            SystemState::Stopping => "stopping",
        }
    }

    /// The state with this word.
    pub fn of(word: &str) -> Option<SystemState> {
        SystemState::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What SELinux does: `/sys/fs/selinux/enforce`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeLinux {
    /// It is not there, or off.
    Off,
    /// It warns.
    Permissive,
    /// It forbids.
    Enforcing,
}

/// A graphics card as its driver tells in sysfs.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct GpuUse {
    /// Its name among the cards: `card0`.
    pub name: Untrusted,
    /// How busy, 0 to 1.
    pub busy: f64,
    /// Its memory that is used, bytes, where known.
    pub memory_used: Option<u64>,
    /// Its memory, bytes, where known.
    pub memory_total: Option<u64>,
}

/// What the cgroup of this program and those above it may use, as far as it is less than what the machine has.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Limits {
    /// Memory.
    pub memory: Option<MemoryLimit>,
    /// CPU time.
    pub cpu: Option<CpuLimit>,
    /// How many CPUs it may run on: `cpuset.cpus.effective`.
    pub cpus: Option<u32>,
}

impl Limits {
    /// Whether anything is limited.
    pub fn any(&self) -> bool {
        self.memory.is_some() || self.cpu.is_some() || self.cpus.is_some()
    }
}

/// A limit of memory: `memory.max` or `memory.limit_in_bytes`. Bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MemoryLimit {
    /// The least that a cgroup on the way up allows.
    pub most: u64,
    /// What is used in that cgroup, without page cache that was not used lately.
    pub used: u64,
}

/// A limit of CPU time: `cpu.max` or `cpu.cfs_quota_us`. In CPUs: 1.5 is one and a half.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct CpuLimit {
    /// The least that a cgroup on the way up allows.
    pub most: f64,
    /// What that cgroup used since the reading before; `None` for the first.
    pub used: Option<f64>,
}
