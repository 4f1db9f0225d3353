//! Memory: `status` in each look, and `smaps` by a reader, less often the more it costs.

use std::os::fd::OwnedFd;

use super::super::clock;
use super::super::commands::Outcome;
use super::super::parse;
use super::Look;
use super::slow::{Brought, Slow, bring};
use super::status::{Status, hex};
use super::text::Buffer;
use crate::model::inspect::{Mapping, MemoryMap, MemoryTotals, Refused, Segment, SegmentSum};
use crate::model::{ProcId, Untrusted};

/// `smaps` is read again after so many seconds at the earliest.
const SELDOM: f64 = 3.0;

/// And at most for this share of the time.
const SHARE: f64 = 0.002;

/// A process has 65 530 mappings at most unless somebody raised that, and each takes less than 1 KiB here.
const MOST: usize = 96 << 20;

/// So many mappings are told one by one.
const LARGEST: usize = 200;

/// What `smaps` says, and what reading it cost.
#[derive(Default)]
struct Digest {
    all: SegmentSum,
    segments: Vec<(Segment, SegmentSum)>,
    largest: Vec<Mapping>,
    cpu: f64,
}

/// What the page remembers.
pub(super) struct Memo {
    smaps: Slow<Digest>,
    every: f64,
}

impl Default for Memo {
    fn default() -> Memo {
        Memo { smaps: Slow::new(smaps), every: SELDOM }
    }
}

impl Memo {
    pub(super) fn take_cpu(&mut self) -> f64 {
        self.smaps.take_cpu()
    }
}

fn smaps(dir: &OwnedFd, id: ProcId, _: &mut [u8]) -> Outcome<Brought<Digest>> {
    let begun = clock::own_thread();
    bring(dir, id, "/smaps", MOST, |text, _| {
        let mut digest = digest(text);
        digest.cpu = clock::own_thread() - begun;
        // A thread of the kernel and a zombie have an empty file.
        if digest.all.mappings == 0 { Err(Refused::HasNone) } else { Ok(digest) }
    })
}

pub(super) fn read(look: &Look<'_>, memo: &mut Memo, buffer: &mut Buffer) -> MemoryMap {
    let text = buffer.read(look.dir, "status").unwrap_or_default();
    let status = Status(text);
    let now = MemoryTotals {
        virt: status.bytes("VmSize"),
        virt_peak: status.bytes("VmPeak"),
        resident: status.bytes("VmRSS"),
        resident_peak: status.bytes("VmHWM"),
        anon: status.bytes("RssAnon"),
        file: status.bytes("RssFile"),
        shmem: status.bytes("RssShmem"),
        swap: status.bytes("VmSwap"),
        locked: status.bytes("VmLck"),
        pinned: status.bytes("VmPin"),
        page_tables: status.bytes("VmPTE"),
        data: status.bytes("VmData"),
        stack: status.bytes("VmStk"),
        text: status.bytes("VmExe"),
        libraries: status.bytes("VmLib"),
        hugetlb: status.bytes("HugetlbPages"),
        huge_allowed: status.number("THP_enabled").map(|value| value != 0),
    };
    let read = if look.bare { Err(Refused::HasNone) } else { memo.smaps.read(look, memo.every) };
    let read_at = memo.smaps.read_at();
    match read {
        Ok(digest) => {
            memo.every = SELDOM.max(digest.cpu / SHARE);
            MemoryMap {
                now,
                all: Ok(digest.all),
                segments: digest.segments.clone(),
                largest: digest.largest.clone(),
                read_at,
            }
        }
        Err(why) => MemoryMap { now, all: Err(why), segments: Vec::new(), largest: Vec::new(), read_at },
    }
}

/// All of `smaps` in short.
fn digest(text: &[u8]) -> Digest {
    let mut digest = Digest::default();
    let mut sums = Segment::ALL.map(|segment| (segment, SegmentSum::default()));
    let mut open: Option<Mapping> = None;
    let mut close = |mapping: Mapping, digest: &mut Digest| {
        digest.all.add(&mapping.sum);
        if let Some((_, sum)) = sums.iter_mut().find(|(segment, _)| *segment == mapping.segment) {
            sum.add(&mapping.sum);
        }
        digest.largest.push(mapping);
        if digest.largest.len() >= 4 * LARGEST {
            keep_largest(&mut digest.largest);
        }
    };
    for line in parse::lines(text) {
        if let Some(mapping) = mapping(line) {
            if let Some(before) = open.replace(mapping) {
                close(before, &mut digest);
            }
        } else if let Some(mapping) = &mut open {
            field(line, &mut mapping.sum);
        }
    }
    if let Some(last) = open {
        close(last, &mut digest);
    }
    keep_largest(&mut digest.largest);
    digest.segments = sums.into_iter().filter(|(_, sum)| sum.mappings > 0).collect();
    digest
}

fn keep_largest(mappings: &mut Vec<Mapping>) {
    // By what is in memory or swap, then by size; equal ones by address, so that nothing jumps.
    mappings.sort_by_key(|mapping| {
        let held = mapping.sum.resident.saturating_add(mapping.sum.swap);
        (std::cmp::Reverse((held, mapping.sum.size)), mapping.start)
    });
    mappings.truncate(LARGEST);
}

/// The first line of a mapping: `start-end perms offset dev inode name`. `None` for any other line.
fn mapping(line: &[u8]) -> Option<Mapping> {
    let (range, mut rest) = split(line)?;
    let dash = range.iter().position(|byte| *byte == b'-')?;
    let (start, end) = (hex(range.get(..dash)?)?, hex(range.get(dash + 1..)?)?);
    let mut words = [&b""[..]; 4];
    for word in &mut words {
        // The name, and the blanks before it, may be missing.
        (*word, rest) = split(rest).unwrap_or((rest, b""));
    }
    let [permissions, _offset, device, inode] = words;
    let permissions: [u8; 4] = permissions.try_into().ok()?;
    let name = rest.trim_ascii_start();
    let segment = segment(permissions, device, inode, name);
    let sum = SegmentSum { mappings: 1, size: end.saturating_sub(start), ..SegmentSum::default() };
    Some(Mapping { start, end, permissions, segment, name: Untrusted::new(name), sum })
}

/// A line at its first blank.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|byte| *byte == b' ')?;
    Some((line.get(..at)?, line.get(at + 1..)?))
}

fn segment(permissions: [u8; 4], device: &[u8], inode: &[u8], name: &[u8]) -> Segment {
    let [_, _, execute, share] = permissions;
    let of_file = inode != b"0" && device != b"00:00" || name.starts_with(b"/");
    match name {
        b"[heap]" => Segment::Heap,
        b"[vdso]" | b"[vvar]" | b"[vvar_vclock]" | b"[vsyscall]" | b"[vectors]" | b"[sigpage]"
        | b"[uprobes]" => Segment::Kernel,
        _ if name.starts_with(b"[stack") => Segment::Stack,
        _ if name.starts_with(b"/dev/shm/") || name.starts_with(b"/SYSV") || name.starts_with(b"/memfd:") => {
            Segment::Shared
        }
        b"/dev/zero (deleted)" => Segment::Shared,
        _ if name.starts_with(b"/dev/") => Segment::Device,
        _ if of_file && execute == b'x' => Segment::Text,
        _ if of_file && share == b's' => Segment::File,
        _ if of_file => Segment::Data,
        _ if share == b's' => Segment::Shared,
        _ => Segment::Anonymous,
    }
}

/// One figure of a mapping.
fn field(line: &[u8], sum: &mut SegmentSum) {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
    let name = line.get(..colon).unwrap_or_default();
    let places: [Option<&mut u64>; 2] = match name {
        b"Rss" => [Some(&mut sum.resident), None],
        b"Pss" => [Some(&mut sum.pss), None],
        b"Private_Clean" => [Some(&mut sum.private), None],
        b"Private_Dirty" => [Some(&mut sum.private), Some(&mut sum.dirty)],
        b"Shared_Dirty" => [Some(&mut sum.dirty), None],
        b"Private_Hugetlb" => [Some(&mut sum.private), Some(&mut sum.hugetlb)],
        b"Shared_Hugetlb" => [Some(&mut sum.hugetlb), None],
        b"Referenced" => [Some(&mut sum.referenced), None],
        b"Swap" => [Some(&mut sum.swap), None],
        b"SwapPss" => [Some(&mut sum.swap_pss), None],
        b"Locked" => [Some(&mut sum.locked), None],
        b"AnonHugePages" | b"ShmemPmdMapped" | b"FilePmdMapped" => [Some(&mut sum.huge), None],
        _ => return,
    };
    let rest = line.get(colon + 1..).unwrap_or_default();
    let Some(kib) = parse::words(rest).next().and_then(parse::unsigned) else { return };
    for place in places.into_iter().flatten() {
        *place = place.saturating_add(kib.saturating_mul(1024));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SMAPS: &[u8] = b"\
55a0-55b0 r-xp 00001000 fe:00 131 /usr/bin/ca t (deleted)\nSize: 64 kB\nRss: 40 kB\nPss: 20 kB\n\
Private_Clean: 8 kB\nPrivate_Dirty: 4 kB\nShared_Dirty: 1 kB\nReferenced: 39 kB\nSwap: 0 kB\nSwapPss: 0 kB\nLocked: 20 kB\nVmFlags: rd ex\n\
60000-70000 rw-p 00000000 00:00 0                          [heap]\nSize: 64 kB\nRss: 64 kB\nPss: 64 kB\n\
Private_Dirty: 64 kB\nAnonHugePages: 32 kB\nSwap: 12 kB\nSwapPss: 6 kB\n\
7f00000-7f10000 rw-p 00000000 00:00 0 \nRss: 8 kB\nPss: 8 kB\nPrivate_Dirty: 8 kB\n\
7f20000-7f30000 rw-s 00000000 00:01 77 /memfd:x (deleted)\nRss: 4 kB\n\
7ffd0000-7ffd8000 r-xp 00000000 00:00 0                          [vdso]\nRss: 4 kB\n";

    #[test]
    fn mappings_are_sorted_by_what_they_are_for() {
        let digest = digest(SMAPS);
        assert_eq!((digest.all.mappings, digest.all.resident, digest.all.pss), (5, 120 << 10, 92 << 10));
        let kinds: Vec<&str> = digest.segments.iter().map(|(segment, _)| segment.name()).collect();
        assert_eq!(kinds, ["text", "heap", "mmap", "shared", "vdso"]);
        let text = digest.segments[0].1;
        assert_eq!(
            (text.private, text.dirty, text.locked, text.referenced),
            (12 << 10, 5 << 10, 20 << 10, 39 << 10)
        );
        let heap = &digest.largest[0];
        assert_eq!((heap.segment, heap.start, heap.end), (Segment::Heap, 0x60000, 0x70000));
        assert_eq!((heap.sum.huge, heap.sum.swap, heap.sum.swap_pss), (32 << 10, 12 << 10, 6 << 10));
        assert_eq!(digest.largest[1].name.show(40), "/usr/bin/ca t (deleted)");
        assert_eq!(digest.all.size, 16 + 3 * 0x10000 + 0x8000);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut text = SMAPS.to_vec();
            text.extend(bytes);
            prop_assert!(digest(&text).all.mappings >= 5);
        }
    }
}
