//! Memory that is special: huge pages, compressed memory, the cache of ZFS.

use super::memory::{of_all, stack};
use super::{Data, Gauge, Meter, Style, Unit};
use crate::model::{Role, SlowNeeds, ZfsCache, units};

/// Cells of a size: `96.4M`.
const SIZE: usize = 5;

const BAR: Meter = Meter { data: Data::Share, style: Style::Bar, ..Meter::WORDS };

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "huge_pages",
        title: "huge",
        help: "Huge pages that are taken or promised, of all in the pools of all sizes.",
        slow: SlowNeeds::HUGE_PAGES,
        read: |input, gauge| {
            gauge.clear();
            let pools = input.facts().and_then(|facts| facts.huge_pages);
            let Some(pools) = pools else { return gauge.missing(input, SlowNeeds::HUGE_PAGES) };
            if pools.total == 0 {
                return gauge.text.push(Role::Dim, "none");
            }
            stack(gauge, pools.total, [(Role::MemUsed, pools.used), (Role::MemBuffers, pools.reserved)]);
            of_all(pools.used, pools.total, &mut gauge.text);
        },
        ..BAR
    },
    Meter {
        id: "zram",
        title: "zram",
        help: "Data in compressed memory devices, of what may be put in, and how many times smaller they are there.",
        slow: SlowNeeds::ZRAM,
        read: |input, gauge| {
            gauge.clear();
            let Some(zram) = input.facts().and_then(|facts| facts.zram) else {
                return gauge.missing(input, SlowNeeds::ZRAM);
            };
            stack(
                gauge,
                zram.size,
                [(Role::MemUsed, zram.used), (Role::Swap, zram.data.saturating_sub(zram.used))],
            );
            gauge.level = Some(zram.data as f64);
            of_all(zram.data, zram.size, &mut gauge.text);
            ratio(zram.data, zram.used, gauge);
        },
        ..BAR
    },
    Meter {
        id: "zswap",
        title: "zswp",
        help: "Data in compressed memory before the swap space, and how much memory they take there.",
        slow: SlowNeeds::ZSWAP,
        data: Data::Amount(Unit::Bytes),
        read: |input, gauge| {
            gauge.clear();
            let Some(zswap) = input.facts().and_then(|facts| facts.zswap) else {
                return gauge.missing(input, SlowNeeds::ZSWAP);
            };
            gauge.level = Some(zswap.used as f64);
            within(zswap.data, zswap.used, gauge);
            ratio(zswap.data, zswap.used, gauge);
        },
        ..Meter::WORDS
    },
    Meter {
        id: "zfs_arc",
        title: "arc",
        help: "The cache of ZFS, of what it may take: data used often, data used lately, and the rest.",
        slow: SlowNeeds::ARC,
        read: |input, gauge| {
            gauge.clear();
            let Some(arc) = input.facts().and_then(|facts| facts.arc) else {
                return gauge.missing(input, SlowNeeds::ARC);
            };
            let ZfsCache { size, most, often, lately, .. } = arc;
            let rest = size.saturating_sub(often).saturating_sub(lately);
            let parts = [(Role::MemUsed, often), (Role::MemCache, lately), (Role::MemBuffers, rest)];
            stack(gauge, most.max(size), parts);
            gauge.level = Some(size as f64);
            of_all(size, most.max(size), &mut gauge.text);
        },
        ..BAR
    },
    Meter {
        id: "zfs_compressed",
        title: "arc",
        help: "Data in the cache of ZFS before they are compressed, how much memory they take, and how many times less that is.",
        slow: SlowNeeds::ARC,
        read: |input, gauge| {
            gauge.clear();
            let Some(arc) = input.facts().and_then(|facts| facts.arc) else {
                return gauge.missing(input, SlowNeeds::ARC);
            };
            let more = arc.uncompressed.saturating_sub(arc.compressed);
            stack(gauge, arc.uncompressed, [(Role::MemUsed, arc.compressed), (Role::MemCache, more)]);
            gauge.level = Some(arc.compressed as f64);
            within(arc.uncompressed, arc.compressed, gauge);
            ratio(arc.uncompressed, arc.compressed, gauge);
        },
        ..BAR
    },
];

/// Appends `3.00G in 1.00G`.
fn within(data: u64, memory: u64, gauge: &mut Gauge) {
    gauge.text.push_right(Role::Text, SIZE, |out| units::bytes(data, out));
    gauge.text.push(Role::Dim, " in ");
    gauge.text.push_right(Role::Text, SIZE, |out| units::bytes(memory, out));
}

/// Appends `  3.2:1`, where that can be said.
fn ratio(before: u64, after: u64, gauge: &mut Gauge) {
    if before > 0 && after > 0 {
        let times = (before as f64 / after as f64).min(9999.0);
        // A part of its own: where there is no room for what follows, what stands before it is whole.
        gauge.text.push(Role::Text, "  ");
        gauge.text.push_fmt(Role::Dim, format_args!("{times:.1}:1"));
    }
}
