//! How much memory it has.

use super::format::{count, percent, size};
use super::{Align, Column, Row};
use crate::catalog::{Cell, Value};
use crate::model::{Needs, Role};

const FAULT_CELLS: u16 = 8;

pub(super) const COLUMNS: &[Column] = &[
    size_column(
        "virt",
        "VIRT",
        "Its whole address space, most of which may never be used.",
        Needs::NOTHING,
        false,
        |row| Value::Uint(row.proc.task.virt),
        |row, cell| size(Some(row.proc.task.virt), cell),
    ),
    size_column(
        "res",
        "RES",
        "The memory it has in RAM, shared pages included.",
        Needs::MEMORY,
        true,
        |row| resident(row).into(),
        |row, cell| size(resident(row), cell),
    ),
    size_column(
        "shr",
        "SHR",
        "The part of RES that is backed by files or shared with others.",
        Needs::MEMORY,
        false,
        |row| shared(row).into(),
        |row, cell| size(shared(row), cell),
    ),
    Column {
        id: "mem",
        title: "MEM%",
        help: "RES in percent of the machine's memory.",
        width: 5,
        grows: false,
        align: Align::Right,
        needs: Needs::MEMORY,
        descending: true,
        additive: true,
        grain: 0.0,
        drifts: true,
        short_lived: false,
        value: |row| share(row).into(),
        cell: |row, cell| percent(share(row), Role::heat_of_percent, cell),
    },
    fault_column(
        "minflt",
        "MINFLT",
        "Page faults since its start that needed no disk.",
        |row| Value::Uint(row.proc.task.minor_faults),
        |row, cell| count(row.proc.task.minor_faults, usize::from(FAULT_CELLS), Role::Text, cell),
    ),
    fault_column(
        "majflt",
        "MAJFLT",
        "Page faults since its start that had to read from a disk.",
        |row| Value::Uint(row.proc.task.major_faults),
        |row, cell| count(row.proc.task.major_faults, usize::from(FAULT_CELLS), Role::Text, cell),
    ),
];

/// A column of sizes in bytes.
const fn size_column(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    needs: Needs,
    additive: bool,
    value: for<'a> fn(&Row<'a>) -> Value<'a>,
    cell: for<'a> fn(&Row<'a>, &mut Cell),
) -> Column {
    Column {
        id,
        title,
        help,
        width: 5,
        grows: false,
        align: Align::Right,
        needs,
        descending: true,
        additive,
        grain: 0.0,
        drifts: needs.has(Needs::MEMORY),
        short_lived: false,
        value,
        cell,
    }
}

/// A column of page faults.
const fn fault_column(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    value: for<'a> fn(&Row<'a>) -> Value<'a>,
    cell: for<'a> fn(&Row<'a>, &mut Cell),
) -> Column {
    Column {
        id,
        title,
        help,
        width: FAULT_CELLS,
        grows: false,
        align: Align::Right,
        needs: Needs::NOTHING,
        descending: true,
        additive: false,
        grain: 0.0,
        drifts: false,
        short_lived: false,
        value,
        cell,
    }
}

/// Resident memory, bytes.
fn resident(row: &Row<'_>) -> Option<u64> {
    match row.sums {
        Some(sums) => sums.resident,
        None => row.proc.task.memory.known().map(|memory| memory.resident),
    }
}

/// The shared part of it, bytes.
fn shared(row: &Row<'_>) -> Option<u64> {
    row.proc.task.memory.known().map(|memory| memory.shared)
}

/// Resident memory in percent of all memory.
fn share(row: &Row<'_>) -> Option<f64> {
    let total = row.snapshot.memory().map(|memory| memory.total).filter(|total| *total > 0)?;
    resident(row).map(|resident| resident as f64 / total as f64 * 100.0)
}
