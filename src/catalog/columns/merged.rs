//! Which program it is, in full: the file it runs, the name it gave itself and its command line, each only where it says
//! something that the others do not.

use super::command::{COMMAND_CELLS, GONE, STUCK, command, command_cell, command_value};
use super::detail::program;
use super::{Align, Column, Row};
use crate::catalog::Cell;
use crate::model::{Kind, Needs, Role};

/// Stands between what differs.
const BETWEEN: &str = " │ ";
/// The kernel keeps so many bytes of a name.
const NAME_BYTES: usize = 15;

pub(super) const COLUMNS: &[Column] = &[Column {
    id: "merged",
    title: "Merged command",
    help: "The file of its program, then its name and its command line as far as they say something else.",
    width: 16,
    grows: true,
    align: Align::Left,
    needs: Needs::COMMAND.union(Needs::EXE),
    descending: false,
    additive: false,
    grain: 0.0,
    drifts: false,
    short_lived: true,
    value: command_value,
    cell: merged,
}];

fn merged(row: &Row<'_>, cell: &mut Cell) {
    let task = &row.proc.task;
    let (Some(command), Some((path, deleted))) = (command(row), program(row)) else {
        // Kernel threads, threads, zombies; and strangers' processes, whose file is their owner's business.
        command_cell(row, true, cell);
        return;
    };
    let (directories, base) = path.split_at(path.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1));
    let (line, name) = (command.line.bytes(), task.comm.bytes());
    let (program, arguments) = line.split_at(command.program_end.min(line.len()));
    let mut room = COMMAND_CELLS;
    let mut foreign =
        |cell: &mut Cell, role, part: &[u8]| room -= cell.push_foreign(role, part, room).min(room);
    foreign(cell, Role::Dim, directories);
    foreign(cell, if deleted { Role::Bad } else { Role::Strong }, base);
    if deleted {
        cell.push(Role::Bad, GONE);
    }
    let is_named = |known: &[u8]| known.get(..NAME_BYTES).unwrap_or(known) == name;
    if !is_named(base) && !is_named(command.base()) && task.kind == Kind::Process {
        cell.push(Role::Dim, BETWEEN);
        foreign(cell, Role::Text, name);
    }
    if command.base() != base {
        cell.push(Role::Dim, BETWEEN);
        foreign(cell, Role::Text, program);
    }
    if task.stuck {
        cell.push(Role::Warn, STUCK);
    }
    foreign(cell, Role::Text, arguments);
}
