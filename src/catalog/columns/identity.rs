//! Who it is: numbers, owner, terminal.

use super::detail::of;
use super::format::{count, number};
use super::{Align, Column, Row};
use crate::catalog::{Cell, Value};
use crate::model::units::tty_name;
use crate::model::{Needs, Pid, Role, showable};

/// Cells of a column of pids: the kernel gives out none above 4 194 304 (PID_MAX_LIMIT).
const PID_CELLS: u16 = 7;
const USER_CELLS: u16 = 9;
const TTY_CELLS: u16 = 8;
const UID_CELLS: u16 = 10;
const THREAD_CELLS: u16 = 5;

pub(super) const COLUMNS: &[Column] = &[
    id_column(
        "pid",
        "PID",
        "The number of the process; for a thread, its own.",
        false,
        |row| Value::Uint(u64::from(row.proc.task.id.pid.get())),
        |row, cell| pid(row.proc.task.id.pid.get(), cell),
    ),
    id_column(
        "ppid",
        "PPID",
        "The number of the parent process; 0 where there is none.",
        true,
        |row| Value::Uint(u64::from(row.proc.task.parent.map_or(0, Pid::get))),
        |row, cell| pid(row.proc.task.parent.map_or(0, Pid::get), cell),
    ),
    id_column(
        "pgrp",
        "PGRP",
        "The process group, which a terminal signals as one.",
        true,
        |row| Value::Uint(u64::from(row.proc.task.pgrp)),
        |row, cell| pid(row.proc.task.pgrp, cell),
    ),
    id_column(
        "session",
        "SESSION",
        "The session: all that one login or one terminal started.",
        false,
        |row| Value::Uint(u64::from(row.proc.task.session)),
        |row, cell| pid(row.proc.task.session, cell),
    ),
    Column {
        id: "tty",
        title: "TTY",
        help: "The controlling terminal; - for none.",
        width: TTY_CELLS,
        grows: false,
        align: Align::Left,
        needs: Needs::NOTHING,
        descending: false,
        additive: false,
        grain: 0.0,
        drifts: true,
        short_lived: false,
        value: |row| match row.proc.task.tty {
            0 => Value::Unknown,
            device => Value::Terminal(device),
        },
        cell: |row, cell| match row.proc.task.tty {
            0 => cell.push(Role::Dim, "-"),
            device => cell.push_fit(Role::Text, usize::from(TTY_CELLS), |out| tty_name(device, out)),
        },
    },
    Column {
        id: "user",
        title: "USER",
        help: "The owner's name, or its number where it has no name.",
        width: USER_CELLS,
        grows: false,
        align: Align::Left,
        needs: Needs::USER,
        descending: false,
        additive: false,
        grain: 0.0,
        drifts: false,
        short_lived: false,
        value: |row| match &row.proc.task.user {
            Some(name) => Value::Text(name.bytes()),
            None => uid(row),
        },
        cell: user_cell,
    },
    Column {
        id: "uid",
        title: "UID",
        help: "The owner's number (the effective user).",
        width: UID_CELLS,
        grows: false,
        align: Align::Right,
        needs: Needs::USER,
        descending: false,
        additive: false,
        grain: 0.0,
        drifts: false,
        short_lived: false,
        value: uid,
        cell: |row, cell| match row.proc.task.uid.known() {
            Some(uid) => number(i64::from(*uid), usize::from(UID_CELLS), Role::Text, cell),
            None => cell.push_unknown(),
        },
    },
    Column {
        id: "threads",
        title: "THR",
        help: "How many threads the process has.",
        width: THREAD_CELLS,
        grows: false,
        align: Align::Right,
        needs: Needs::NOTHING,
        descending: true,
        additive: true,
        grain: 0.0,
        drifts: false,
        short_lived: false,
        value: |row| Value::Uint(threads(row)),
        cell: |row, cell| {
            let threads = threads(row);
            let role = if threads > 1 { Role::Text } else { Role::Dim };
            count(threads, usize::from(THREAD_CELLS), role, cell);
        },
    },
];

/// A column of process numbers.
const fn id_column(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    drifts: bool,
    value: for<'a> fn(&Row<'a>) -> Value<'a>,
    cell: for<'a> fn(&Row<'a>, &mut Cell),
) -> Column {
    Column {
        id,
        title,
        help,
        width: PID_CELLS,
        grows: false,
        align: Align::Right,
        needs: Needs::NOTHING,
        descending: false,
        additive: false,
        grain: 0.0,
        drifts,
        short_lived: false,
        value,
        cell,
    }
}

fn pid(n: u32, cell: &mut Cell) {
    let role = if n == 0 { Role::Dim } else { Role::Text };
    number(i64::from(n), usize::from(PID_CELLS), role, cell);
}

fn uid<'a>(row: &Row<'a>) -> Value<'a> {
    row.proc.task.uid.known().map_or(Value::Unknown, |uid| Value::Uint(u64::from(*uid)))
}

fn user_cell(row: &Row<'_>, cell: &mut Cell) {
    let width = usize::from(USER_CELLS);
    let role = if has_capabilities(row) { Role::Warn } else { Role::Text };
    match (&row.proc.task.user, row.proc.task.uid.known()) {
        (Some(name), _) if !name.is_empty() => {
            // A name that was cut says so, as ps and top do: two users must not look like one.
            cell.push_with(role, |out| {
                let start = out.len();
                // Two cells more, because the next character may be a wide one.
                if showable(name.bytes(), width + 2, out) > width {
                    out.truncate(start);
                    showable(name.bytes(), width - 1, out);
                    out.push('+');
                }
            });
        }
        (_, Some(uid)) => number(i64::from(*uid), width, role, cell),
        _ => cell.push_unknown(),
    }
}

/// Whether it is known to have capabilities that its owner alone does not explain.
fn has_capabilities(row: &Row<'_>) -> bool {
    let effective = of(row).and_then(|details| details.status.known()?.effective);
    effective.is_some_and(|bits| bits != 0) && row.proc.task.uid.known().is_some_and(|uid| *uid != 0)
}

fn threads(row: &Row<'_>) -> u64 {
    u64::from(row.sums.map_or(row.proc.task.threads, |sums| sums.threads))
}
