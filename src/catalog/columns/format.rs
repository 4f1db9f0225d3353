//! How the columns write their figures, beyond what [`crate::model::units`] offers.

use std::fmt::Write;

use crate::catalog::Cell;
use crate::model::{Role, units};

/// Appends a whole number, kept within `width` cells.
pub(super) fn number(value: i64, width: usize, role: Role, cell: &mut Cell) {
    cell.push_fit(role, width, |out| {
        let _ = write!(out, "{value}");
    });
}

/// Appends a count that may grow without end: exact as long as it fits `width` (at least 4), else in thousands,
/// millions and so on, rounded down.
pub(super) fn count(value: u64, width: usize, role: Role, cell: &mut Cell) {
    let fits = |n: u64, room: usize| n.checked_ilog10().unwrap_or(0) < room as u32;
    if fits(value, width) {
        cell.push_fmt(role, format_args!("{value}"));
        return;
    }
    let mut rest = value;
    for unit in ['k', 'M', 'G', 'T', 'P', 'E'] {
        rest /= 1000;
        if fits(rest, width.saturating_sub(1)) {
            cell.push_fmt(role, format_args!("{rest}{unit}"));
            return;
        }
    }
}

/// Appends an amount of memory in the colour of its magnitude.
pub(super) fn size(bytes: Option<u64>, cell: &mut Cell) {
    let Some(bytes) = bytes else { return cell.push_unknown() };
    // The magnitude is that of the unit shown, which changes where three digits no longer do.
    let role = match bytes as f64 / 1024.0 {
        0.0 => Role::Dim,
        k if k < 999.5 => Role::SizeSmall,
        k if k / 1024.0 < 999.5 => Role::SizeMedium,
        _ => Role::SizeLarge,
    };
    cell.push_with(role, |out| units::bytes(bytes, out));
}

/// Appends a percentage; `role` says what a value that is not shown as 0.0 stands for.
pub(super) fn percent(value: Option<f64>, role: fn(f64) -> Role, cell: &mut Cell) {
    match value {
        None => cell.push_unknown(),
        Some(v) => {
            let role = if v < 0.05 { Role::Dim } else { role(v) };
            cell.push_with(role, |out| units::percent(Some(v), out));
        }
    }
}

/// Appends a use of CPUs in percent. Only who has not run at all is shown as 0.0.
pub(super) fn usage(value: Option<f64>, cell: &mut Cell) {
    match value {
        Some(v) if v > 0.0 && v < 0.05 => cell.push(Role::Dim, "<0.1"),
        value => percent(value, Role::heat_of_percent, cell),
    }
}

/// Appends a CPU time.
pub(super) fn cpu_time(nanos: Option<u64>, cell: &mut Cell) {
    match nanos {
        None => cell.push_unknown(),
        Some(n) => {
            let role = if n < 10_000_000 { Role::Dim } else { Role::Text };
            cell.push_with(role, |out| units::cpu_time(n, out));
        }
    }
}

/// A moment of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::catalog) struct Moment {
    pub(in crate::catalog) year: i64,
    /// 1 to 12.
    pub(in crate::catalog) month: u8,
    /// 1 to 31.
    pub(in crate::catalog) day: u8,
    pub(in crate::catalog) hour: u8,
    pub(in crate::catalog) minute: u8,
}

impl Moment {
    /// The moment so many seconds after the epoch, in the proleptic Gregorian calendar.
    ///
    /// Years are counted from March, so that the day that comes and goes is the last of its year; 400 years have
    /// always 146 097 days.
    pub(in crate::catalog) fn of(seconds: i64) -> Moment {
        let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let days = days + 719_468; // from 0000-03-01 to 1970-01-01
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let leaps = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leaps) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Moment {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month: month as u8,
            day: (day_of_year - (153 * from_march + 2) / 5 + 1) as u8,
            hour: (clock / 3600) as u8,
            minute: (clock / 60 % 60) as u8,
        }
    }

    /// The month's short name.
    pub(in crate::catalog) fn month_name(self) -> &'static str {
        const NAMES: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        NAMES.get(usize::from(self.month).wrapping_sub(1)).copied().unwrap_or("???")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_knows_leap_days() {
        let at = |seconds| {
            let m = Moment::of(seconds);
            (m.year, m.month, m.day, m.hour, m.minute)
        };
        assert_eq!(at(0), (1970, 1, 1, 0, 0));
        assert_eq!(at(951_782_400), (2000, 2, 29, 0, 0));
        assert_eq!(at(1_709_164_800 + 86_399), (2024, 2, 29, 23, 59));
        assert_eq!(at(4_107_542_400), (2100, 3, 1, 0, 0));
        assert_eq!(at(-1), (1969, 12, 31, 23, 59));
    }

    #[test]
    fn counts_fit() {
        let shown = |n, width| {
            let mut cell = Cell::new();
            count(n, width, Role::Text, &mut cell);
            cell.text().to_owned()
        };
        assert_eq!(shown(0, 4), "0");
        assert_eq!(shown(9999, 4), "9999");
        assert_eq!(shown(10_000, 4), "10k");
        assert_eq!(shown(1_234_567, 4), "1M");
        assert_eq!(shown(u64::MAX, 4), "18E");
        assert_eq!(shown(u64::MAX, 8), "18446P");
    }
}
