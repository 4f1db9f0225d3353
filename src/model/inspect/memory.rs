//! The memory of a process: `/proc/PID/smaps` and `status`, in bytes.

use super::refused::Datum;
use crate::model::{Nanos, Untrusted};

/// The memory of a process.
#[derive(Clone, PartialEq, Debug)]
pub struct MemoryMap {
    /// What is told without a look at every page: `status` and `statm`.
    pub now: MemoryTotals,
    /// All mappings together, by `smaps`.
    pub all: Datum<SegmentSum>,
    /// The same by kind, in the order of [`Segment::ALL`]; kinds of which there are none are left out.
    pub segments: Vec<(Segment, SegmentSum)>,
    /// The mappings with most in memory or swap, greatest first; 200 at most.
    pub largest: Vec<Mapping>,
    /// When `smaps` was read; it is read less often, and may come late.
    pub read_at: Option<Nanos>,
}

/// Memory as a whole. `None` where the kernel does not tell it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MemoryTotals {
    /// Virtual: `VmSize`.
    pub virt: Option<u64>,
    /// The most it ever was: `VmPeak`.
    pub virt_peak: Option<u64>,
    /// Resident: `VmRSS`.
    pub resident: Option<u64>,
    /// The most it ever was: `VmHWM`.
    pub resident_peak: Option<u64>,
    /// Resident and of no file: `RssAnon`.
    pub anon: Option<u64>,
    /// Resident and of a file: `RssFile`.
    pub file: Option<u64>,
    /// Resident and shared: `RssShmem`.
    pub shmem: Option<u64>,
    /// Swapped out: `VmSwap`.
    pub swap: Option<u64>,
    /// Locked in memory: `VmLck`.
    pub locked: Option<u64>,
    /// Pinned: `VmPin`.
    pub pinned: Option<u64>,
    /// Page tables: `VmPTE`.
    pub page_tables: Option<u64>,
    /// Data: `VmData`.
    pub data: Option<u64>,
    /// Stack of the main thread: `VmStk`.
    pub stack: Option<u64>,
    /// Program text: `VmExe`.
    pub text: Option<u64>,
    /// Text of shared libraries: `VmLib`.
    pub libraries: Option<u64>,
    /// Huge pages by hugetlbfs: `HugetlbPages`.
    pub hugetlb: Option<u64>,
    /// Whether it may have transparent huge pages: `THP_enabled`.
    pub huge_allowed: Option<bool>,
}

/// What a mapping is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Segment {
    /// Code of the program and its libraries: files mapped to be executed.
    Text,
    /// Their data: files mapped privately that are not code.
    Data,
    /// The heap: `[heap]`, what brk(2) gives.
    Heap,
    /// The stack of the main thread, and those of threads that say so.
    Stack,
    /// Memory of no file, by mmap(2): what large allocations and the stacks of threads are made of.
    Anonymous,
    /// Files mapped to be shared.
    File,
    /// Shared memory: `/dev/shm`, memfd, System V, and what is mapped to be shared without a file.
    Shared,
    /// What the kernel puts in: `[vdso]`, `[vvar]`, `[vsyscall]`.
    Kernel,
    /// Devices.
    Device,
}

impl Segment {
    /// All, in the order in which they are shown.
    pub const ALL: [Segment; 9] = [
        Segment::Text,
        Segment::Data,
        Segment::Heap,
        Segment::Stack,
        Segment::Anonymous,
        Segment::File,
        Segment::Shared,
        Segment::Device,
        Segment::Kernel,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Segment::Text => "text",
            Segment::Data => "data",
            Segment::Heap => "heap",
            Segment::Stack => "stack",
            Segment::Anonymous => "mmap",
            Segment::File => "file",
            Segment::Shared => "shared",
            Segment::Kernel => "vdso",
            Segment::Device => "device",
        }
    }
}

/// Mappings added up, bytes: the fields of `smaps`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SegmentSum {
    /// How many mappings.
    pub mappings: u32,
    /// `Size`.
    pub size: u64,
    /// `Rss`.
    pub resident: u64,
    /// `Pss`: its share, a page used by n processes counting 1/n.
    pub pss: u64,
    /// `Private_Clean`, `Private_Dirty` and `Private_Hugetlb`: what nobody else has, USS.
    pub private: u64,
    /// `Private_Dirty` and `Shared_Dirty`: changed since it was read.
    pub dirty: u64,
    /// `Referenced`.
    pub referenced: u64,
    /// `Swap`.
    pub swap: u64,
    /// `SwapPss`.
    pub swap_pss: u64,
    /// `Locked`.
    pub locked: u64,
    /// `AnonHugePages`, `ShmemPmdMapped` and `FilePmdMapped`: in transparent huge pages.
    pub huge: u64,
    /// `Shared_Hugetlb` and `Private_Hugetlb`.
    pub hugetlb: u64,
}

impl SegmentSum {
    /// Adds another.
    pub fn add(&mut self, other: &SegmentSum) {
        self.mappings = self.mappings.saturating_add(other.mappings);
        for (sum, more) in [
            (&mut self.size, other.size),
            (&mut self.resident, other.resident),
            (&mut self.pss, other.pss),
            (&mut self.private, other.private),
            (&mut self.dirty, other.dirty),
            (&mut self.referenced, other.referenced),
            (&mut self.swap, other.swap),
            (&mut self.swap_pss, other.swap_pss),
            (&mut self.locked, other.locked),
            (&mut self.huge, other.huge),
            (&mut self.hugetlb, other.hugetlb),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// One mapping.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// First address.
    pub start: u64,
    /// First address behind it.
    pub end: u64,
    /// What it permits: `r-xp`.
    pub permissions: [u8; 4],
    /// What it is for.
    pub segment: Segment,
    /// The file, or the kernel's name for it; empty where it has none.
    pub name: Untrusted,
    /// Its figures; `mappings` is 1.
    pub sum: SegmentSum,
}
