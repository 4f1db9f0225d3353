//! How long it has run and computed, and since when.

use std::fmt::Write;

use super::format::cpu_time;
use super::{Align, Column, Row};
use crate::catalog::{Cell, Value};
use crate::model::{Civil, Needs, Role, units};

pub(super) const COLUMNS: &[Column] = &[
    cpu_time_column(
        "time",
        "TIME+",
        "The CPU time it has used since its start, in minutes, seconds and hundredths.",
        true,
        |row| seconds(total(row)),
        |row, cell| cpu_time(total(row), cell),
    ),
    cpu_time_column(
        "utime",
        "UTIME",
        "The CPU time it has used in user mode.",
        false,
        |row| seconds(ticks(row, row.proc.task.utime)),
        |row, cell| cpu_time(ticks(row, row.proc.task.utime), cell),
    ),
    cpu_time_column(
        "stime",
        "STIME",
        "The CPU time it has used in the kernel.",
        false,
        |row| seconds(ticks(row, row.proc.task.stime)),
        |row, cell| cpu_time(ticks(row, row.proc.task.stime), cell),
    ),
    cpu_time_column(
        "cutime",
        "CUTIME",
        "The CPU time in user mode of the children it has waited for, and of theirs.",
        false,
        |row| seconds(ticks(row, row.proc.task.cutime)),
        |row, cell| cpu_time(ticks(row, row.proc.task.cutime), cell),
    ),
    cpu_time_column(
        "cstime",
        "CSTIME",
        "The CPU time in the kernel of the children it has waited for, and of theirs.",
        false,
        |row| seconds(ticks(row, row.proc.task.cstime)),
        |row, cell| cpu_time(ticks(row, row.proc.task.cstime), cell),
    ),
    Column {
        id: "start",
        title: "START",
        help: "When it started: the time of day, or the date if that is more than a day ago; Z means UTC.",
        width: 6,
        grows: false,
        align: Align::Right,
        needs: Needs::NOTHING,
        descending: true,
        additive: false,
        grain: 0.0,
        drifts: false,
        short_lived: false,
        value: |row| row.snapshot.started(row.proc).into(),
        cell: start_cell,
    },
    Column {
        id: "elapsed",
        title: "ELAPSED",
        help: "How long ago it started.",
        width: 7,
        grows: false,
        align: Align::Right,
        needs: Needs::NOTHING,
        descending: true,
        additive: false,
        grain: 0.0,
        drifts: false,
        short_lived: false,
        value: |row| row.snapshot.age(row.proc).into(),
        cell: |row, cell| match row.snapshot.age(row.proc) {
            Some(age) => cell.push_with(Role::Text, |out| units::span(age, out)),
            None => cell.push_unknown(),
        },
    },
];

/// A column of CPU times.
const fn cpu_time_column(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    additive: bool,
    value: for<'a> fn(&Row<'a>) -> Value<'a>,
    cell: for<'a> fn(&Row<'a>, &mut Cell),
) -> Column {
    Column {
        id,
        title,
        help,
        width: 9,
        grows: false,
        align: Align::Right,
        needs: Needs::NOTHING,
        descending: true,
        additive,
        grain: 0.0,
        drifts: false,
        short_lived: false,
        value,
        cell,
    }
}

fn seconds(nanos: Option<u64>) -> Value<'static> {
    nanos.map(|n| n as f64 / 1e9).into()
}

/// All CPU time, nanoseconds; that of the subtree where the row is folded.
fn total(row: &Row<'_>) -> Option<u64> {
    // Where the process's own time is unknown, so is the clock rate, and a sum would be made of nothing.
    let own = row.proc.task.cpu_nanos(row.snapshot.host().ticks_per_second)?;
    Some(row.sums.map_or(own, |sums| sums.cpu_time))
}

/// Clock ticks as nanoseconds.
fn ticks(row: &Row<'_>, ticks: u64) -> Option<u64> {
    let per_tick = 1_000_000_000u64.checked_div(row.snapshot.host().ticks_per_second)?;
    Some(ticks.saturating_mul(per_tick))
}

fn start_cell(row: &Row<'_>, cell: &mut Cell) {
    let Some(started) = row.snapshot.started(row.proc) else { return cell.push_unknown() };
    let offset = row.snapshot.host().utc_offset_s;
    let local = |seconds: f64| Civil::of((seconds.floor() as i64).saturating_add(offset.unwrap_or(0).into()));
    let moment = local(started);
    let now = local(row.snapshot.wall as f64 / 1e9);
    let recent = row.snapshot.age(row.proc).is_none_or(|age| age < 86_400.0);
    cell.push_fit(Role::Text, 6, |out| {
        let Civil { year, day, hour, minute, .. } = moment;
        // Writing to a String does not fail.
        let _ = if recent {
            write!(out, "{hour:02}:{minute:02}{}", if offset.is_none() { "Z" } else { "" })
        } else if year == now.year {
            write!(out, "{} {day:2}", moment.month_name())
        } else {
            write!(out, "{year}")
        };
    });
}
