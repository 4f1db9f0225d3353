//! The title: the program, the machine, how long it is up, the time of day.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::HeaderInput;
use crate::catalog::{Cell, Gauge, meter};
use crate::model::Role;
use crate::view::Theme;
use crate::view::pen::Pen;

const NAME: &str = "glowtop";
/// Cells of the name with what is left free around it.
const NAMED: u16 = NAME.len() as u16 + 3;
/// The most that is shown of the machine's and of the kernel's name.
const FOREIGN: usize = 28;

/// Draws it into `row`.
pub(super) fn draw(row: Rect, buf: &mut Buffer, theme: &Theme, input: &HeaderInput<'_>, cell: &mut Cell) {
    Pen::new(buf, row).skip(1).put(theme.style(Role::Title), NAME);
    write(row.width, input, theme.glyphs().between(), cell);
    let width = room_for(row.width);
    let place = Rect { x: row.x + (row.width - width), width: width.saturating_sub(1), ..row };
    Pen::new(buf, place).cell_at_end(theme, cell);
}

/// What [`draw`] leaves free between the name and the rest.
pub(super) fn room(row: Rect, input: &HeaderInput<'_>) -> Rect {
    let mut cell = Cell::new();
    write(row.width, input, "·", &mut cell);
    let taken = (cell.width() as u16).min(room_for(row.width)) + 2;
    let width = row.width.saturating_sub(NAMED + taken);
    Rect { x: row.x + NAMED.min(row.width), width, ..row }
}

/// Columns that the right part may take.
fn room_for(width: u16) -> u16 {
    width.saturating_sub(NAMED)
}

/// Writes what stands at the right, most dispensable first, and leaves out what does not fit.
fn write(width: u16, input: &HeaderInput<'_>, between: &str, cell: &mut Cell) {
    // The names of the screens want room too.
    let budget = usize::from(if width < 70 { room_for(width) } else { width - 28 });
    let host = input.snapshot.host();
    let mut up = Gauge::new();
    if let Some(uptime) = meter("uptime") {
        (uptime.read)(&input.meters(), &mut up);
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
