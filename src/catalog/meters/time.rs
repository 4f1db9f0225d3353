//! What time it is, and since when the machine is up.

use super::{Gauge, Meter, MeterInput};
use crate::model::{Role, Snapshot};

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
    let (seconds, zone) = local(input.snapshot);
    let text = &mut gauge.text;
    if date {
        let (year, month, day) = civil(seconds.div_euclid(86_400));
        text.push_fmt(Role::Text, format_args!("{year:04}-{month:02}-{day:02}"));
    }
    if date && clock {
        text.push(Role::Dim, " ");
    }
    if clock {
        let [hour, minute, second] = of_day(seconds);
        text.push_fmt(Role::Text, format_args!("{hour:02}:{minute:02}:{second:02}{zone}"));
    }
}

/// Seconds since the epoch when the look was taken, as clocks at the wall show it; and `Z` where that is UTC.
pub(super) fn local(snapshot: &Snapshot) -> (i64, &'static str) {
    let offset = snapshot.host().utc_offset_s;
    let since_epoch = (snapshot.wall / 1_000_000_000).cast_signed();
    (since_epoch.saturating_add(offset.unwrap_or(0).into()), if offset.is_none() { "Z" } else { "" })
}

/// Hour, minute and second of the day.
pub(super) fn of_day(seconds: i64) -> [i64; 3] {
    let second = seconds.rem_euclid(86_400);
    [second / 3600, second / 60 % 60, second % 60]
}

/// Year, month and day of the Gregorian calendar, of days since 1970-01-01. Years are counted from March on, so that the
/// day that leap years add is the last.
fn civil(days: i64) -> (i64, i64, i64) {
    const ERA: i64 = 146_097; // Days in 400 years.
    let days = days + 719_468; // Since 0000-03-01.
    let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_have_dates() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (20_779, (2026, 11, 22)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(civil(days), date, "{days}");
        }
    }
}
