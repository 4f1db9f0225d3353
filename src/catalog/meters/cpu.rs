//! CPUs: where their time goes, and how many tasks want them.

use super::{Cores, Data, Gauge, Meter, MeterInput, Style, Unit};
use crate::model::{CpuUse, Role, units};

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "cpu",
        title: "cpu",
        help: "Where the time of all CPUs together goes.",
        data: Data::Share,
        style: Style::Bar,
        read: all,
        ..Meter::WORDS
    },
    Meter {
        id: "core",
        title: "cpu",
        help: "Where the time of one CPU goes; number says which one, as the kernel counts them.",
        data: Data::Cpu,
        style: Style::Bar,
        read: |input, gauge| {
            let found = input.snapshot.cpus.binary_search_by_key(&input.number, |(number, _)| *number).ok();
            let usage =
                found.and_then(|at| input.snapshot.cpus.get(at)).and_then(|(_, usage)| usage.as_ref());
            busy(usage, input, gauge);
        },
        ..Meter::WORDS
    },
    Meter {
        id: "load",
        title: "load",
        help: "How many tasks ran or waited to run, or waited for a disk, on average over 1, 5 and 15 minutes; a bar \
               is the first, of the cores.",
        data: Data::Amount(Unit::Mean),
        read: |input, gauge| load(input, gauge, true),
        ..Meter::WORDS
    },
    Meter {
        id: "load_one",
        title: "load",
        help: "How many tasks ran or waited to run, or waited for a disk, on average over one minute.",
        data: Data::Amount(Unit::Mean),
        read: |input, gauge| load(input, gauge, false),
        ..Meter::WORDS
    },
    Meter { id: "cores", title: "cpus", help: CORES, data: Data::Cores(Cores::All), ..EACH },
    Meter {
        id: "cores_left",
        title: "cpus",
        help: "The first half of the cores, as the meter cores shows them.",
        data: Data::Cores(Cores::Left),
        ..EACH
    },
    Meter {
        id: "cores_right",
        title: "cpus",
        help: "The second half of the cores, as the meter cores shows them.",
        data: Data::Cores(Cores::Right),
        ..EACH
    },
];

const CORES: &str = "Each core: sockets and NUMA nodes one after the other; ' before the number stands for a second thread \
                     of a core, e for an efficiency core. As text it says how busy all are.";

/// A meter that shows each core.
const EACH: Meter = Meter { style: Style::Bar, read: all, ..Meter::WORDS };

fn all(input: &MeterInput<'_>, gauge: &mut Gauge) {
    busy(input.snapshot.cpu.as_ref(), input, gauge);
}

/// How busy one CPU is, or all of them; `None`: unknown, or offline.
fn busy(usage: Option<&CpuUse>, input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let Some(usage) = usage else { return gauge.text.push_unknown() };
    core_parts(usage, input.detailed, &mut gauge.parts);
    gauge.total = 1.0;
    let busy = f64::from(usage.busy());
    gauge.level = Some(busy);
    gauge.text.push_with(Role::heat(busy), |out| {
        units::percent(Some(busy * 100.0), out);
        out.push('%');
    });
}

fn load(input: &MeterInput<'_>, gauge: &mut Gauge, all: bool) {
    gauge.clear();
    let Some(load) = input.snapshot.load() else { return gauge.text.push_unknown() };
    let cores = input.snapshot.cores() as f64;
    let one = if load.one.is_finite() { load.one.max(0.0) } else { 0.0 };
    gauge.parts.push((Role::heat(one / cores), one.min(cores)));
    gauge.total = cores;
    gauge.level = Some(one);
    if !all {
        return gauge.text.push_fmt(Role::Strong, format_args!("{:.2}", load.one));
    }
    gauge.text.push_fmt(Role::Strong, format_args!("{:>5.*}", decimals(load.one), load.one));
    gauge.text.push_fmt(Role::Text, format_args!(" {:>5.*}", decimals(load.five), load.five));
    gauge.text.push_fmt(Role::Dim, format_args!(" {:>5.*}", decimals(load.fifteen), load.fifteen));
}

/// How many decimals of a mean fit into five cells: two as everywhere, as long as there are two digits before them.
fn decimals(mean: f64) -> usize {
    match mean {
        _ if mean < 99.995 => 2,
        _ if mean < 999.95 => 1,
        _ => 0,
    }
}

/// Where the time of one CPU went, as the parts of a whole of 1, in the order in which htop stacks them: low priority,
/// user, kernel, and then stolen time with guests, or in detail interrupts, soft interrupts, stolen time, guests and
/// waiting for I/O. Whatever was in `out` is gone.
pub fn core_parts(use_: &CpuUse, detailed: bool, out: &mut Vec<(Role, f64)>) {
    let CpuUse { user, low, kernel, irq, softirq, steal, guest, iowait } = *use_;
    out.clear();
    out.extend([(Role::CpuLow, low), (Role::CpuUser, user)].map(widen));
    if detailed {
        let rest = [
            (Role::CpuKernel, kernel),
            (Role::CpuIrq, irq),
            (Role::CpuSoftirq, softirq),
            (Role::CpuSteal, steal),
            (Role::CpuGuest, guest),
            (Role::CpuIowait, iowait),
        ];
        out.extend(rest.map(widen));
    } else {
        let rest = [(Role::CpuKernel, kernel + irq + softirq), (Role::CpuSteal, steal + guest)];
        out.extend(rest.map(widen));
    }
}

fn widen((role, share): (Role, f32)) -> (Role, f64) {
    (role, f64::from(share))
}
