//! Batteries, and how fast the CPUs run.

use super::{Data, Gauge, Meter, MeterInput, Style};
use crate::model::{BatteryState, Role, SlowNeeds};

/// Shares of a full battery below which one is warned.
const LOW: f64 = 0.2;
const VERY_LOW: f64 = 0.1;

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "frequency",
        title: "freq",
        help: "How fast the CPUs run: the mean, the slowest and the fastest; a bar is the mean of the most there is.",
        slow: SlowNeeds::FREQUENCY,
        data: Data::Share,
        read: |input, gauge| {
            gauge.clear();
            let Some(frequency) = input.facts().and_then(|facts| facts.frequency) else {
                return gauge.missing(input, SlowNeeds::FREQUENCY);
            };
            let most = frequency.limit.unwrap_or(0.0).max(frequency.highest);
            gauge.parts.push((Role::heat(frequency.mean / most), frequency.mean));
            gauge.total = most;
            let giga = |hertz: f64| hertz.clamp(0.0, 99e9) / 1e9;
            gauge.text.push_fmt(Role::Text, format_args!("{:.2} GHz", giga(frequency.mean)));
            // Where all run alike there is nothing to tell apart.
            if frequency.highest - frequency.lowest >= 1e7 {
                let [low, high] = [frequency.lowest, frequency.highest].map(giga);
                gauge.text.push_fmt(Role::Dim, format_args!("  {low:.2} to {high:.2}"));
            }
        },
        ..Meter::WORDS
    },
    Meter {
        id: "battery",
        title: "bat",
        help: "How full all batteries together are, what they do, and how long until they are empty or full.",
        slow: SlowNeeds::BATTERY,
        data: Data::Share,
        style: Style::Bar,
        read: battery,
        ..Meter::WORDS
    },
];

fn battery(input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let Some(battery) = input.facts().and_then(|facts| facts.battery) else {
        return gauge.missing(input, SlowNeeds::BATTERY);
    };
    let draining = battery.state == BatteryState::Discharging;
    let role = match battery.charge {
        charge if draining && charge < VERY_LOW => Role::Bad,
        charge if draining && charge < LOW => Role::Warn,
        _ if draining => Role::Text,
        _ => Role::Good,
    };
    gauge.parts.push((role, battery.charge));
    gauge.total = 1.0;
    let text = &mut gauge.text;
    text.push_fmt(role, format_args!("{:>3.0}%", battery.charge * 100.0));
    text.push(
        Role::Dim,
        match battery.state {
            BatteryState::Charging => " charging",
            BatteryState::Discharging => " left",
            BatteryState::Idle | BatteryState::Unknown => "",
        },
    );
    if let Some(seconds) = battery.seconds {
        let minutes = (seconds / 60.0) as u64;
        text.push_fmt(Role::Text, format_args!(" {:>2}:{:02}", minutes / 60, minutes % 60));
    }
    if let Some(watts) = battery.watts {
        text.push_fmt(Role::Dim, format_args!("  {:.1} W", watts.min(99_999.0)));
    }
}
