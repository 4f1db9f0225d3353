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

#[cfg(test)]
mod tests {
    use super::*;

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
