//! CPUs: where their time goes, and who waits for them.

use super::{Gauge, Meter, MeterInput};
use crate::catalog::Cell;
use crate::model::{CpuUse, Needs, Role, Stall, units};

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "cpu",
        title: "cpu",
        help: "Where the time of all CPUs together goes.",
        needs: Needs::NOTHING,
        read: |input, gauge| {
            gauge.clear();
            let Some(all) = &input.snapshot.cpu else { return gauge.text.push_unknown() };
            core_parts(all, input.detailed, &mut gauge.parts);
            gauge.total = 1.0;
            let busy = f64::from(all.busy());
            gauge.text.push_with(Role::heat(busy), |out| {
                units::percent(Some(busy * 100.0), out);
                out.push('%');
            });
        },
    },
    Meter {
        id: "load",
        title: "load",
        help: "How many tasks ran or waited to run, or waited for a disk, on average over 1, 5 and 15 minutes.",
        needs: Needs::NOTHING,
        read: |input, gauge| {
            gauge.clear();
            let Some(load) = input.snapshot.load() else { return gauge.text.push_unknown() };
            gauge.text.push_fmt(Role::Strong, format_args!("{:.2}", load.one));
            gauge.text.push_fmt(Role::Text, format_args!("  {:.2}", load.five));
            gauge.text.push_fmt(Role::Dim, format_args!("  {:.2}", load.fifteen));
        },
    },
    Meter {
        id: "pressure",
        title: "psi",
        help: "The share of the last 10 seconds in which some task had to wait for a CPU, for I/O or for memory, \
               in percent.",
        needs: Needs::PRESSURE,
        read: pressure,
    },
];

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

fn pressure(input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let Some(pressure) = input.snapshot.pressure() else { return gauge.text.push_unknown() };
    stall("cpu ", pressure.cpu_some, &mut gauge.text);
    stall("  io ", pressure.io_some, &mut gauge.text);
    stall("  mem ", pressure.memory_some, &mut gauge.text);
}

fn stall(label: &str, stall: Option<Stall>, cell: &mut Cell) {
    cell.push(Role::Dim, label);
    match stall {
        None => cell.push_unknown(),
        Some(stall) => {
            let role = if stall.avg10 < 0.05 { Role::Dim } else { Role::heat_of_percent(stall.avg10) };
            cell.push_with(role, |out| units::percent(Some(stall.avg10), out));
        }
    }
}
