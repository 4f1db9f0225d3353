//! What the slow sensors say: temperatures, disks, network.

use super::{Gauge, Meter, MeterInput};
use crate::catalog::Cell;
use crate::model::{Needs, Role, Temperature, units};

/// Degrees below the critical temperature from which on one is warned.
const CLOSE: f32 = 10.0;

/// The most that is shown of a sensor's label, cells.
const LABEL_CELLS: usize = 16;

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "temperature",
        title: "temp",
        help: "The hottest sensor, in degrees Celsius.",
        needs: Needs::NOTHING,
        read: temperature,
    },
    Meter {
        id: "disk",
        title: "disk",
        help: "Bytes read from and written to all disks that are mounted, each second.",
        needs: Needs::NOTHING,
        read: |input, gauge| {
            gauge.clear();
            let Some(sensors) = input.sensors else { return gauge.text.push_unknown() };
            // A device that is mounted twice is read once.
            let disks = sensors.disks.iter().enumerate().filter(|(at, disk)| {
                !sensors.disks.iter().take(*at).any(|earlier| earlier.device == disk.device)
            });
            let (read, write) = sums(disks.map(|(_, disk)| (disk.read_rate, disk.write_rate)));
            rate("r ", read, &mut gauge.text);
            rate("  w ", write, &mut gauge.text);
        },
    },
    Meter {
        id: "network",
        title: "net",
        help: "Bytes received and sent by all network interfaces but the loopback, each second.",
        needs: Needs::NOTHING,
        read: |input, gauge| {
            gauge.clear();
            let Some(sensors) = input.sensors else { return gauge.text.push_unknown() };
            let outside = sensors.networks.iter().filter(|network| !network.loopback);
            let (receive, transmit) = sums(outside.map(|n| (n.receive_rate, n.transmit_rate)));
            rate("in ", receive, &mut gauge.text);
            rate("  out ", transmit, &mut gauge.text);
        },
    },
];

fn temperature(input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let sensors = input.sensors.map_or(&[][..], |sensors| &sensors.temperatures);
    let hottest =
        sensors.iter().filter(|t| t.celsius.is_finite()).max_by(|a, b| a.celsius.total_cmp(&b.celsius));
    let Some(Temperature { label, celsius, critical }) = hottest else { return gauge.text.push_unknown() };
    let role = match critical {
        Some(critical) if celsius >= critical => Role::Bad,
        Some(critical) if *celsius >= critical - CLOSE => Role::Warn,
        _ => Role::Text,
    };
    gauge.text.push_fmt(role, format_args!("{:.0}°C", celsius.clamp(-999.0, 9999.0)));
    if !label.is_empty() {
        gauge.text.push(Role::Dim, " ");
        gauge.text.push_foreign(Role::Dim, label.bytes(), LABEL_CELLS);
    }
}

/// The sums of two rates over several devices; `None` where no device's is known.
fn sums(rates: impl Iterator<Item = (Option<f64>, Option<f64>)>) -> (Option<f64>, Option<f64>) {
    let add = |sum: Option<f64>, rate: Option<f64>| match (sum, rate) {
        (Some(sum), Some(rate)) => Some(sum + rate),
        (sum, rate) => sum.or(rate),
    };
    rates.fold((None, None), |sum, rate| (add(sum.0, rate.0), add(sum.1, rate.1)))
}

/// Appends a rate in bytes a second.
fn rate(label: &str, rate: Option<f64>, cell: &mut Cell) {
    cell.push(Role::Dim, label);
    match rate {
        None => cell.push_unknown(),
        Some(rate) => {
            let role = if rate < 1.0 { Role::Dim } else { Role::Text };
            cell.push_with(role, |out| {
                units::bytes(rate as u64, out);
                out.push_str("/s");
            });
        }
    }
}
