//! What time it is, and since when the machine is up.

use super::{Gauge, Meter, MeterInput};
use crate::model::{Civil, Role, Snapshot};

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "uptime",
        title: "up",
        help: "How long the machine has been up, suspended time included.",
        read: |input, gauge| {
            gauge.clear();
            if input.snapshot.number == 0 {
                return gauge.text.push_unknown();
            }
            let seconds = input.snapshot.since_boot.0 / 1_000_000_000;
            let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
            match days {
                0 => {}
                1 => gauge.text.push(Role::Text, "1 day, "),
                _ => gauge.text.push_fmt(Role::Text, format_args!("{days} days, ")),
            }
            gauge.text.push_fmt(Role::Text, format_args!("{hours}:{minutes:02}"));
        },
        ..Meter::WORDS
    },
    Meter {
        id: "uptime_seconds",
        title: "up",
        help: "How long the machine has been up, in seconds.",
        read: |input, gauge| {
            gauge.clear();
            if input.snapshot.number == 0 {
                return gauge.text.push_unknown();
            }
            let seconds = input.snapshot.since_boot.0 / 1_000_000_000;
            gauge.text.push_fmt(Role::Text, format_args!("{seconds}"));
            gauge.text.push(Role::Dim, " s");
        },
        ..Meter::WORDS
    },
    Meter {
        id: "clock",
        title: "time",
        help: "The time of day of the last look; in UTC, with a Z, where the local time is not known.",
        read: |input, gauge| told(input, gauge, false, true),
        ..Meter::WORDS
    },
    Meter {
        id: "date",
        title: "date",
        help: "The date of the last look.",
        read: |input, gauge| told(input, gauge, true, false),
        ..Meter::WORDS
    },
    Meter {
        id: "datetime",
        title: "time",
        help: "The date and the time of day of the last look.",
        read: |input, gauge| told(input, gauge, true, true),
        ..Meter::WORDS
    },
];

fn told(input: &MeterInput<'_>, gauge: &mut Gauge, date: bool, clock: bool) {
    gauge.clear();
    if input.snapshot.number == 0 {
        return gauge.text.push_unknown();
    }
    let (Civil { year, month, day, hour, minute, second }, zone) = local(input.snapshot);
    let text = &mut gauge.text;
    if date {
        text.push_fmt(Role::Text, format_args!("{year:04}-{month:02}-{day:02}"));
    }
    if date && clock {
        text.push(Role::Dim, " ");
    }
    if clock {
        text.push_fmt(Role::Text, format_args!("{hour:02}:{minute:02}:{second:02}{zone}"));
    }
}

/// When the look was taken, as clocks at the wall show it; and `Z` where that is UTC.
pub(super) fn local(snapshot: &Snapshot) -> (Civil, &'static str) {
    let offset = snapshot.host().utc_offset_s;
    let since_epoch = (snapshot.wall / 1_000_000_000).cast_signed();
    let local = Civil::of(since_epoch.saturating_add(offset.unwrap_or(0).into()));
    (local, if offset.is_none() { "Z" } else { "" })
}
