//! Memory and swap, as htop counts them.

use super::{Gauge, Meter, MeterInput};
use crate::catalog::Cell;
use crate::model::{Needs, Role, units};

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "memory",
        title: "mem",
        help: "Memory: used by programs, shared, buffers and page cache; the figure is used with shared, of all.",
        needs: Needs::NOTHING,
        read: memory,
    },
    Meter {
        id: "swap",
        title: "swap",
        help: "Swap space that is used, of all there is.",
        needs: Needs::NOTHING,
        read: |input, gauge| {
            gauge.clear();
            let Some(memory) = input.snapshot.memory() else { return gauge.text.push_unknown() };
            if memory.swap_total == 0 {
                return gauge.text.push(Role::Dim, "none");
            }
            stack(gauge, memory.swap_total, [(Role::Swap, memory.swap_used())]);
            of_all(memory.swap_used(), memory.swap_total, &mut gauge.text);
        },
    },
    Meter {
        id: "available",
        title: "avl",
        help: "Memory that programs can still get without swapping, as the kernel estimates it.",
        needs: Needs::NOTHING,
        read: |input, gauge| {
            gauge.clear();
            let known = input.snapshot.memory().and_then(|m| Some((m.total, m.available?)));
            let Some((total, available)) = known else { return gauge.text.push_unknown() };
            stack(gauge, total, [(Role::MemUsed, total.saturating_sub(available))]);
            gauge.text.push_with(Role::Text, |out| units::bytes(available, out));
        },
    },
];

fn memory(input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let Some(memory) = input.snapshot.memory() else { return gauge.text.push_unknown() };
    let parts = [
        (Role::MemUsed, memory.used()),
        (Role::MemShared, memory.shmem),
        (Role::MemBuffers, memory.buffers),
        (Role::MemCache, memory.cache()),
    ];
    stack(gauge, memory.total, parts);
    of_all(memory.used().saturating_add(memory.shmem).min(memory.total), memory.total, &mut gauge.text);
}

/// Stacks parts upon each other, up to the whole: meminfo is not read in one instant, so its figures may not add up.
fn stack<const N: usize>(gauge: &mut Gauge, total: u64, parts: [(Role, u64); N]) {
    let mut room = total;
    for (role, part) in parts {
        let part = part.min(room);
        room -= part;
        gauge.parts.push((role, part as f64));
    }
    gauge.total = total as f64;
}

/// Appends `11.2/31.2G`: both in the unit of the whole.
fn of_all(part: u64, total: u64, cell: &mut Cell) {
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
    cell.push_fmt(Role::Text, format_args!("{part:.decimals$}"));
    cell.push_fmt(Role::Dim, format_args!("/{total:.decimals$}{unit}"));
}
