//! What the slow sensors say: temperatures, disks, network, graphics cards.

use super::memory::of_all;
use super::{Data, Gauge, Meter, MeterInput, Style, Unit};
use crate::catalog::Cell;
use crate::model::{Role, SlowNeeds, Temperature, units};

/// Degrees below the critical temperature from which on one is warned.
const CLOSE: f32 = 10.0;

/// The most that is shown of a sensor's label, cells.
const LABEL_CELLS: usize = 16;

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "temperature",
        title: "temp",
        help: "The hottest sensor, in degrees Celsius.",
        slow: SlowNeeds::TEMPERATURES,
        data: Data::Amount(Unit::Celsius),
        read: temperature,
        ..Meter::WORDS
    },
    Meter {
        id: "disk",
        title: "disk",
        help: "Bytes read from and written to all disks that are mounted, each second.",
        slow: SlowNeeds::DISKS,
        data: Data::Amount(Unit::Rate),
        read: |input, gauge| {
            gauge.clear();
            let Some(sensors) = input.sensors else { return gauge.text.push_unknown() };
            // A device that is mounted twice is read once.
            let disks = sensors.disks.iter().enumerate().filter(|(at, disk)| {
                !sensors.disks.iter().take(*at).any(|earlier| earlier.device == disk.device)
            });
            let (read, write) = sums(disks.map(|(_, disk)| (disk.read_rate, disk.write_rate)));
            gauge.level = both(read, write);
            rate("r ", read, &mut gauge.text);
            rate("  w ", write, &mut gauge.text);
        },
        ..Meter::WORDS
    },
    Meter {
        id: "network",
        title: "net",
        help: "Bytes received and sent by all network interfaces but the loopback, each second.",
        slow: SlowNeeds::NETWORKS,
        data: Data::Amount(Unit::Rate),
        read: |input, gauge| {
            gauge.clear();
            let Some(sensors) = input.sensors else { return gauge.text.push_unknown() };
            let outside = sensors.networks.iter().filter(|network| !network.loopback);
            let (receive, transmit) = sums(outside.map(|n| (n.receive_rate, n.transmit_rate)));
            gauge.level = both(receive, transmit);
            rate("in ", receive, &mut gauge.text);
            rate("  out ", transmit, &mut gauge.text);
        },
        ..Meter::WORDS
    },
    Meter {
        id: "disk_busy",
        title: "busy",
        help: "The share of time in which the busiest disk had something to do.",
        slow: SlowNeeds::DISK_BUSY,
        data: Data::Share,
        style: Style::Bar,
        read: |input, gauge| {
            gauge.clear();
            let Some(busy) = input.facts().and_then(|facts| facts.disk_busy) else {
                return gauge.text.push_unknown();
            };
            share(busy, gauge);
        },
        ..Meter::WORDS
    },
    Meter {
        id: "gpu",
        title: "gpu",
        help: "How busy the busiest graphics card is, and its memory that is used, where its driver tells the kernel's sysfs.",
        slow: SlowNeeds::GPUS,
        data: Data::Share,
        style: Style::Bar,
        read: |input, gauge| {
            gauge.clear();
            let cards = input.facts().map_or(&[][..], |facts| &facts.gpus);
            let busiest = cards.iter().reduce(|best, next| if next.busy > best.busy { next } else { best });
            let Some(card) = busiest else { return gauge.missing(input, SlowNeeds::GPUS) };
            share(card.busy, gauge);
            if let (Some(used), Some(total)) = (card.memory_used, card.memory_total) {
                gauge.text.push(Role::Dim, "  ");
                of_all(used, total, &mut gauge.text);
            }
        },
        ..Meter::WORDS
    },
];

/// A share from 0 to 1 that glows.
fn share(busy: f64, gauge: &mut Gauge) {
    let busy = busy.clamp(0.0, 1.0);
    gauge.parts.push((Role::heat(busy), busy));
    gauge.total = 1.0;
    gauge.text.push_right(Role::heat(busy), 5, |out| {
        units::percent(Some(busy * 100.0), out);
        out.push('%');
    });
}

/// The sum of two rates, as far as they are known.
fn both(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}

fn temperature(input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let sensors = input.sensors.map_or(&[][..], |sensors| &sensors.temperatures);
    let hottest =
        sensors.iter().filter(|t| t.celsius.is_finite()).max_by(|a, b| a.celsius.total_cmp(&b.celsius));
    let Some(Temperature { label, celsius, critical }) = hottest else {
        return gauge.missing(input, SlowNeeds::TEMPERATURES);
    };
    let role = match critical {
        Some(critical) if celsius >= critical => Role::Bad,
        Some(critical) if *celsius >= critical - CLOSE => Role::Warn,
        _ => Role::Text,
    };
    let top = f64::from(critical.unwrap_or(100.0).max(1.0));
    gauge.parts.push((role, f64::from(*celsius).clamp(0.0, top)));
    gauge.total = top;
    gauge.level = Some(f64::from(*celsius));
    gauge.text.push_fmt(role, format_args!("{:>3.0}°C", celsius.clamp(-999.0, 9999.0)));
    if !label.is_empty() {
        gauge.text.push(Role::Dim, " ");
        gauge.text.push_foreign(Role::Dim, label.bytes(), LABEL_CELLS);
    }
}

/// The sums of two rates over several devices; `None` where no device's is known.
fn sums(rates: impl Iterator<Item = (Option<f64>, Option<f64>)>) -> (Option<f64>, Option<f64>) {
    rates.fold((None, None), |sum, rate| (both(sum.0, rate.0), both(sum.1, rate.1)))
}

/// Cells of a rate: `2.30M/s`.
const RATE: usize = 7;

/// Appends a rate in bytes a second, and before it what it is of.
pub fn rate(label: &str, rate: Option<f64>, cell: &mut Cell) {
    cell.push(Role::Dim, label);
    match rate {
        None => cell.push_right(Role::Dim, RATE, |out| out.push('–')),
        Some(rate) => {
            let role = if rate < 1.0 { Role::Dim } else { Role::Text };
            cell.push_right(role, RATE, |out| {
                units::bytes(rate as u64, out);
                out.push_str("/s");
            });
        }
    }
}
