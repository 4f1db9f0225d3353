//! Who had to wait: pressure stall information, Documentation/accounting/psi.rst of the kernel.

use super::{Data, Gauge, Meter, MeterInput};
use crate::catalog::Cell;
use crate::model::{Needs, Pressure, Role, SlowNeeds, Stall, units};

/// Such a meter; the rows say which.
const STALL: Meter = Meter { title: "psi", needs: Needs::PRESSURE, data: Data::Share, ..Meter::WORDS };

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "pressure",
        title: "psi",
        help: "The share of the last 10 seconds in which some task had to wait for a CPU, for I/O or for memory, \
               in percent.",
        needs: Needs::PRESSURE,
        read: pressure,
        ..Meter::WORDS
    },
    Meter {
        id: "pressure_cpu",
        help: "The share of the last 10, 60 and 300 seconds in which some task had to wait for a CPU, in percent.",
        read: |input, gauge| stall("cpu", input, gauge, |all| all.cpu_some),
        ..STALL
    },
    Meter {
        id: "pressure_cpu_full",
        help: "The share of time in which all tasks had to wait for a CPU; for the whole machine the kernel says 0.",
        read: |input, gauge| stall("cpu full", input, gauge, |all| all.cpu_full),
        ..STALL
    },
    Meter {
        id: "pressure_io",
        help: "The share of the last 10, 60 and 300 seconds in which some task had to wait for I/O, in percent.",
        read: |input, gauge| stall("io", input, gauge, |all| all.io_some),
        ..STALL
    },
    Meter {
        id: "pressure_io_full",
        help: "The share of the last 10, 60 and 300 seconds in which all tasks had to wait for I/O, in percent.",
        read: |input, gauge| stall("io full", input, gauge, |all| all.io_full),
        ..STALL
    },
    Meter {
        id: "pressure_memory",
        help: "The share of the last 10, 60 and 300 seconds in which some task had to wait for memory, in percent.",
        read: |input, gauge| stall("mem", input, gauge, |all| all.memory_some),
        ..STALL
    },
    Meter {
        id: "pressure_memory_full",
        help: "The share of the last 10, 60 and 300 seconds in which all tasks had to wait for memory, in percent.",
        read: |input, gauge| stall("mem full", input, gauge, |all| all.memory_full),
        ..STALL
    },
    Meter {
        id: "pressure_irq",
        help: "The share of the last 10, 60 and 300 seconds that interrupts took from all tasks, in percent; kernel 6.1 \
               and later.",
        needs: Needs::NOTHING,
        slow: SlowNeeds::IRQ_PRESSURE,
        read: |input, gauge| {
            gauge.clear();
            told("irq full", input.facts().and_then(|facts| facts.irq_full), gauge);
        },
        ..STALL
    },
];

fn pressure(input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let Some(pressure) = input.snapshot.pressure() else { return gauge.text.push_unknown() };
    brief("cpu ", pressure.cpu_some, &mut gauge.text);
    brief(" io ", pressure.io_some, &mut gauge.text);
    brief(" mem ", pressure.memory_some, &mut gauge.text);
}

fn brief(label: &str, stall: Option<Stall>, cell: &mut Cell) {
    cell.push(Role::Dim, label);
    match stall {
        None => cell.push(Role::Dim, "   –"),
        Some(stall) => {
            cell.push_right(role(stall.avg10), 4, |out| units::percent(Some(stall.avg10), out));
        }
    }
}

fn role(percent: f64) -> Role {
    if percent < 0.05 { Role::Dim } else { Role::heat_of_percent(percent) }
}

/// Pressure of one kind over 10, 60 and 300 seconds; what it is a share of, and what a bar shows, is the first.
fn stall(name: &str, input: &MeterInput<'_>, gauge: &mut Gauge, which: fn(&Pressure) -> Option<Stall>) {
    gauge.clear();
    told(name, input.snapshot.pressure().and_then(which), gauge);
}

fn told(name: &str, stall: Option<Stall>, gauge: &mut Gauge) {
    let Gauge { text, parts, total, .. } = gauge;
    text.push_fmt(Role::Dim, format_args!("{name:<4}"));
    let Some(stall) = stall else {
        if name.len() >= 4 {
            text.push(Role::Dim, " ");
        }
        return text.push_unknown();
    };
    for (span, value) in [("10s", stall.avg10), ("60s", stall.avg60), ("5m", stall.avg300)] {
        text.push_fmt(role(value), format_args!("{:>5.1}", value.clamp(0.0, 100.0)));
        text.push_fmt(Role::Dim, format_args!(" {span:<4}"));
    }
    parts.push((role(stall.avg10), stall.avg10.clamp(0.0, 100.0)));
    *total = 100.0;
}
