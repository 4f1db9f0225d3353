//! What it is: its name and its command line.

use super::detail::program;
use super::{Align, Column, Row};
use crate::catalog::{Cell, Value};
use crate::model::{Command, Kind, Needs, Role, State};

const COMM_CELLS: u16 = 16;

/// The most that is ever shown of a command line, cells; the reader keeps 4 KiB.
pub(super) const COMMAND_CELLS: usize = 4096;

/// Stands after the name where the file of the program is gone, as the kernel says it.
pub(super) const GONE: &str = " (deleted)";

/// Stands after the name where the command line hangs: nobody knows what it says now.
pub(super) const STUCK: &str = " …";

pub(super) const COLUMNS: &[Column] = &[
    Column {
        id: "comm",
        title: "COMM",
        help: "The short name that the kernel has for it, at most 15 bytes.",
        width: COMM_CELLS,
        grows: false,
        align: Align::Left,
        needs: Needs::NOTHING,
        descending: false,
        additive: false,
        grain: 0.0,
        drifts: false,
        short_lived: true,
        value: |row| match row.proc.task.comm.bytes() {
            [] if row.proc.task.kind == Kind::ShortLived => Value::Unknown,
            name => Value::Text(name),
        },
        cell: |row, cell| {
            let role = if row.proc.task.kind == Kind::Kernel { Role::Kernel } else { Role::Text };
            name(row, role, usize::from(COMM_CELLS), cell);
        },
    },
    Column {
        id: "command",
        title: "Command",
        help: "The command line, its program without directories; the short name where there is none or it is unknown. \
               (deleted) where the file of the program is gone: read with the option marks.",
        width: 16,
        grows: true,
        align: Align::Left,
        needs: Needs::COMMAND,
        descending: false,
        additive: false,
        grain: 0.0,
        drifts: false,
        short_lived: true,
        value: command_value,
        cell: |row, cell| command_cell(row, false, cell),
    },
    Column {
        id: "cmdline",
        title: "Command line",
        help: "The command line as the process has it now; the short name where there is none or it is unknown.",
        width: 16,
        grows: true,
        align: Align::Left,
        needs: Needs::COMMAND,
        descending: false,
        additive: false,
        grain: 0.0,
        drifts: false,
        short_lived: true,
        value: command_value,
        cell: |row, cell| command_cell(row, true, cell),
    },
];

pub(super) fn command_value<'a>(row: &Row<'a>) -> Value<'a> {
    match command(row) {
        Some(command) => Value::Text(command.line.bytes()),
        None => Value::Text(row.proc.task.comm.bytes()),
    }
}

/// The command line, where it is what the row shows: kernel threads have none, threads share their process's, and those
/// that died between two looks have a sentence of ours in its place.
pub(super) fn command<'a>(row: &Row<'a>) -> Option<&'a Command> {
    let task = &row.proc.task;
    match task.kind {
        Kind::Process if task.state != State::ZOMBIE => {
            task.command.known().map(AsRef::as_ref).filter(|command| !command.line.is_empty())
        }
        Kind::ShortLived => task.command.known().map(AsRef::as_ref),
        Kind::Process | Kind::Thread(_) | Kind::Kernel => None,
    }
}

/// Appends the short name. A process may have emptied its own; a row without any name would look like a fault.
fn name(row: &Row<'_>, role: Role, max_cells: usize, cell: &mut Cell) {
    let name = row.proc.task.comm.bytes();
    if name.is_empty() && row.proc.task.kind == Kind::ShortLived {
        cell.push_unknown();
    } else if name.is_empty() {
        cell.push(Role::Dim, "\"\"");
    } else {
        cell.push_foreign(role, name, max_cells);
    }
}

/// The command line, with the directories of its program or without.
pub(super) fn command_cell(row: &Row<'_>, directories: bool, cell: &mut Cell) {
    let task = &row.proc.task;
    let Some(command) = command(row) else {
        let role = match task.kind {
            Kind::Kernel => Role::Kernel,
            Kind::Thread(_) => Role::Thread,
            Kind::Process if task.state == State::ZOMBIE => Role::Zombie,
            Kind::Process | Kind::ShortLived => Role::Strong,
        };
        name(row, role, COMMAND_CELLS, cell);
        if task.stuck {
            cell.push(Role::Warn, STUCK);
        }
        return;
    };
    let line = command.line.bytes();
    let (path, rest) = line.split_at(command.base_start.min(line.len()));
    let path = if directories { path } else { &[] };
    let (base, arguments) = rest.split_at(command.base().len().min(rest.len()));
    let mut room = COMMAND_CELLS;
    let gone = program(row).is_some_and(|(_, deleted)| deleted);
    for (role, part) in [(Role::Dim, path), (if gone { Role::Bad } else { Role::Strong }, base)] {
        room -= cell.push_foreign(role, part, room).min(room);
    }
    if gone {
        cell.push(Role::Bad, GONE);
    }
    // The line is what was read before it hung. The mark stands where it is seen however long the arguments are.
    if task.stuck {
        cell.push(Role::Warn, STUCK);
    }
    cell.push_foreign(Role::Text, arguments, room);
}
