//! Memory and swap, as htop counts them.

use super::{Data, Gauge, Meter, MeterInput, Style};
use crate::catalog::Cell;
use crate::model::{Role, SlowNeeds, units};

/// A share of all memory: where less is available, one is warned.
const SHORT: f64 = 0.1;

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "memory",
        title: "mem",
        help: "Memory: used by programs, shared, buffers and page cache with what the cache of ZFS gives back; the figure is \
               used with shared, of all.",
        slow: SlowNeeds::ARC,
        data: Data::Share,
        style: Style::Bar,
        read: memory,
        ..Meter::WORDS
    },
    Meter {
        id: "swap",
        title: "swap",
        help: "Swap space that is used, of all there is.",
        data: Data::Share,
        style: Style::Bar,
        read: |input, gauge| {
            gauge.clear();
            let Some(memory) = input.snapshot.memory() else { return gauge.text.push_unknown() };
            if memory.swap_total == 0 {
                return gauge.text.push(Role::Dim, "none");
            }
            stack(gauge, memory.swap_total, [(Role::Swap, memory.swap_used())]);
            of_all(memory.swap_used(), memory.swap_total, &mut gauge.text);
        },
        ..Meter::WORDS
    },
    Meter {
        id: "memory_swap",
        title: "both",
        help: "Memory and swap space together: used, page cache, and swapped out; the figure is what is used of both.",
        slow: SlowNeeds::ARC,
        data: Data::Share,
        style: Style::Bar,
        read: |input, gauge| {
            gauge.clear();
            let Some(memory) = input.snapshot.memory() else { return gauge.text.push_unknown() };
            let total = memory.total.saturating_add(memory.swap_total);
            let given_back = given_back(input).min(memory.used());
            let used = (memory.used() - given_back).saturating_add(memory.shmem).min(memory.total);
            let cache = memory.buffers.saturating_add(memory.cache()).saturating_add(given_back);
            let cache = cache.min(memory.total - used);
            let swap = memory.swap_used();
            stack(gauge, total, [(Role::MemUsed, used), (Role::MemCache, cache), (Role::Swap, swap)]);
            let both = used.saturating_add(swap);
            gauge.level = Some(both as f64);
            of_all(both, total, &mut gauge.text);
        },
        ..Meter::WORDS
    },
    Meter {
        id: "available",
        title: "avl",
        help: "Memory that programs can still get without swapping, as the kernel estimates it.",
        data: Data::Share,
        style: Style::Bar,
        read: |input, gauge| {
            gauge.clear();
            let known = input.snapshot.memory().and_then(|m| Some((m.total, m.available?)));
            let Some((total, available)) = known else { return gauge.text.push_unknown() };
            // What the figure says: a long bar is good here.
            let close = (available as f64) < SHORT * total as f64;
            stack(gauge, total, [(if close { Role::Warn } else { Role::Good }, available)]);
            gauge.text.push_with(Role::Text, |out| units::bytes(available, out));
        },
        ..Meter::WORDS
    },
];

fn memory(input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let Some(memory) = input.snapshot.memory() else { return gauge.text.push_unknown() };
    let given_back = given_back(input).min(memory.used());
    let used = memory.used() - given_back;
    let parts = [
        (Role::MemUsed, used),
        (Role::MemShared, memory.shmem),
        (Role::MemBuffers, memory.buffers),
        (Role::MemCache, memory.cache().saturating_add(given_back)),
    ];
    stack(gauge, memory.total, parts);
    let figure = used.saturating_add(memory.shmem).min(memory.total);
    gauge.level = Some(figure as f64);
    of_all(figure, memory.total, &mut gauge.text);
}

/// What the cache of ZFS gives back when programs need memory: the kernel counts it as used.
fn given_back(input: &MeterInput<'_>) -> u64 {
    input.facts().and_then(|facts| facts.arc).map_or(0, |arc| arc.shrinkable())
}

/// Stacks parts upon each other, up to the whole: meminfo is not read in one instant, so its figures may not add up.
pub(super) fn stack<const N: usize>(gauge: &mut Gauge, total: u64, parts: [(Role, u64); N]) {
    let mut room = total;
    for (role, part) in parts {
        let part = part.min(room);
        room -= part;
        gauge.parts.push((role, part as f64));
    }
    gauge.total = total as f64;
}

/// Appends `11.2/31.2G`: both in the unit of the whole.
pub(super) fn of_all(part: u64, total: u64, cell: &mut Cell) {
    let mut unit = 'K';
    let mut divisor = 1024.0;
    for next in ['M', 'G', 'T', 'P', 'E'] {
        if total as f64 / divisor < 999.5 {
            break;
        }
        divisor *= 1024.0;
        unit = next;
    }
    let (part, total) = (part as f64 / divisor, total as f64 / divisor);
    // Three digits of the whole, and no more of the part: they are read against each other.
    let decimals = usize::from(total < 99.95);
    let width = 1 + (total + 0.05).log10().max(0.0) as usize + if decimals > 0 { 1 + decimals } else { 0 };
    cell.push_fmt(Role::Text, format_args!("{part:>width$.decimals$}"));
    cell.push_fmt(Role::Dim, format_args!("/{total:.decimals$}{unit}"));
}
