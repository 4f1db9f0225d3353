//! What the cgroup of this program may use: in a container that is all the container may use.

use super::{Data, Gauge, Meter, MeterInput, Style, memory};
use crate::model::{Limits, Role, SlowNeeds};

/// A share of a limit from which on one is warned.
const CLOSE: f64 = 0.9;

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "limits",
        title: "lim",
        help: "What the cgroup of glowtop, which is that of its container, uses of the memory and of the CPUs that it may \
               use; the totals of the machine stand beside it.",
        slow: SlowNeeds::LIMITS,
        data: Data::Share,
        style: Style::Bar,
        read: |input, gauge| read(input, gauge, true),
        ..Meter::WORDS
    },
    Meter {
        id: "limits_cpu",
        title: "lim",
        help: "What the cgroup of glowtop uses of the CPU time that it may use, in CPUs.",
        slow: SlowNeeds::LIMITS,
        data: Data::Share,
        style: Style::Bar,
        read: |input, gauge| read(input, gauge, false),
        ..Meter::WORDS
    },
];

fn read(input: &MeterInput<'_>, gauge: &mut Gauge, with_memory: bool) {
    gauge.clear();
    let limits = input.facts().map_or(Limits::default(), |facts| facts.limits);
    let memory = limits.memory.filter(|_| with_memory);
    if memory.is_none() && limits.cpu.is_none() && limits.cpus.is_none() {
        return gauge.missing(input, SlowNeeds::LIMITS);
    }
    if let Some(memory) = memory {
        let used = memory.used.min(memory.most);
        let close = used as f64 >= CLOSE * memory.most as f64;
        gauge.parts.push((if close { Role::Warn } else { Role::MemUsed }, used as f64));
        gauge.total = memory.most as f64;
        memory::of_all(memory.used, memory.most, &mut gauge.text);
    }
    let text = &mut gauge.text;
    if !text.is_empty() && (limits.cpu.is_some() || limits.cpus.is_some()) {
        // A part of its own: where there is no room for what follows, what stands before it is whole.
        text.push(Role::Text, "  ");
    }
    if let Some(cpu) = limits.cpu {
        match cpu.used {
            None => text.push_unknown(),
            Some(used) => {
                let width = 3 + cpu.most.max(1.0).log10() as usize;
                let used = used.min(9999.0);
                text.push_fmt(Role::heat(used / cpu.most), format_args!("{used:>width$.1}"));
            }
        }
        text.push_fmt(Role::Dim, format_args!("/{:.1}", cpu.most));
        text.push(Role::Text, " cpus");
        if gauge.total <= 0.0 {
            let used = cpu.used.unwrap_or(0.0).clamp(0.0, cpu.most);
            gauge.parts.push((Role::heat(used / cpu.most), used));
            gauge.total = if cpu.used.is_some() { cpu.most } else { 0.0 };
        }
    }
    if let Some(cpus) = limits.cpus {
        let gap = if limits.cpu.is_some() { ", " } else { "" };
        text.push_fmt(Role::Dim, format_args!("{gap}{cpus} of {} cores", input.snapshot.cores()));
    }
    if gauge.total <= 0.0 {
        gauge.parts.clear();
    }
}
