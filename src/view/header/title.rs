//! The title: the program, the machine, how long it is up, the time of day.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::HeaderInput;
use crate::catalog::{Cell, meter};
use crate::model::Role;
use crate::view::pen::Pen;
use crate::view::{Scratch, Theme};

const NAME: &str = "glowtop";
/// Cells of the name with what is left free around it.
const NAMED: u16 = NAME.len() as u16 + 3;
/// Cells that the names of the screens leave in any case.
const LEAST: u16 = 12;
/// The most that is shown of the machine's and of the kernel's name.
const FOREIGN: usize = 28;

/// Draws it into `row`; returns the [`room`].
pub(super) fn draw(
    row: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    scratch: &mut Scratch,
) -> Rect {
    Pen::new(buf, row).skip(1).put(theme.style(Role::Title), NAME);
    write(row.width, input, theme.glyphs().between(), scratch);
    let width = room_for(row.width);
    let place = Rect { x: row.x + (row.width - width), width: width.saturating_sub(1), ..row };
    Pen::new(buf, place).cell_at_end(theme, &scratch.text);
    room_beside(row, &scratch.text)
}

/// What [`draw`] leaves free between the name and the rest.
pub(super) fn room(row: Rect, input: &HeaderInput<'_>, scratch: &mut Scratch) -> Rect {
    // What stands between is one cell wide in any set of characters.
    write(row.width, input, "·", scratch);
    room_beside(row, &scratch.text)
}

fn room_beside(row: Rect, cell: &Cell) -> Rect {
    let taken = (cell.width() as u16).min(room_for(row.width)) + 2;
    let width = row.width.saturating_sub(NAMED + taken);
    Rect { x: row.x + NAMED.min(row.width), width, ..row }
}

/// Columns that the right part may take.
fn room_for(width: u16) -> u16 {
    width.saturating_sub(NAMED)
}

/// Writes what stands at the right, most dispensable first, and leaves out what does not fit.
fn write(width: u16, input: &HeaderInput<'_>, between: &str, scratch: &mut Scratch) {
    let Scratch { text: cell, gauge: up } = scratch;
    // The names of the screens want room too; something of the machine stays beside very many of them.
    let room = room_for(width);
    let budget = usize::from(room.saturating_sub(input.tabs + 2).max(room.min(LEAST)));
    let host = input.snapshot.host();
    up.clear();
    if let Some(uptime) = meter("uptime") {
        (uptime.read)(&input.meters(), up);
    }
    for left_out in 0..4 {
        cell.clear();
        let gap = |cell: &mut Cell| {
            if !cell.is_empty() {
                cell.push(Role::Dim, " ");
                cell.push(Role::Dim, between);
                cell.push(Role::Dim, " ");
            }
        };
        if input.paused {
            cell.push(Role::Warn, "PAUSED");
        }
        if left_out < 3 && !host.name.is_empty() {
            gap(cell);
            cell.push_foreign(Role::Text, host.name.bytes(), FOREIGN);
        }
        if left_out < 1 && !host.kernel.is_empty() {
            gap(cell);
            cell.push_foreign(Role::Dim, host.kernel.bytes(), FOREIGN);
        }
        if left_out < 2 && input.snapshot.number > 0 {
            gap(cell);
            cell.push(Role::Dim, "up ");
            cell.push(Role::Dim, up.text.text());
        }
        if let Some(clock) = input.clock {
            gap(cell);
            cell.push(Role::Text, clock);
        }
        if cell.width() <= budget {
            return;
        }
    }
}
