//! A plain table for eyes and pipes.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::Line;
use crate::catalog::{Align, Cell, Column};
use crate::model::{Role, Snapshot, showable};

/// Deeper levels of a tree are not indented further, but numbered.
const DEEPEST: u32 = 32;

/// The width of a column that grows but does not stand last, cells: what follows it must stay in line.
const INNER_CELLS: usize = 40;

/// Writes a table with a header, one line for each process. A column that grows is written in full where it stands
/// last; in a tree it is indented.
pub fn table(
    snapshot: &Snapshot,
    lines: &[Line<'_>],
    columns: &[&Column],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = String::new();
    for (at, column) in columns.iter().enumerate() {
        field(column, column.title, at + 1 == columns.len(), &mut text);
    }
    end(&mut text, out)?;
    let mut cell = Cell::new();
    for line in lines {
        let row = line.row(snapshot);
        for (at, column) in columns.iter().enumerate() {
            cell.clear();
            if column.grows {
                indent(line.depth, &mut cell);
            }
            column.cell(&row, &mut cell);
            field(column, cell.text(), at + 1 == columns.len(), &mut text);
        }
        end(&mut text, out)?;
    }
    Ok(())
}

/// Appends one field and what separates it from the next.
fn field(column: &Column, content: &str, last: bool, text: &mut String) {
    let width = if column.grows && !last { INNER_CELLS } else { usize::from(column.width) };
    let gap = width.saturating_sub(content.width());
    if column.align == Align::Right {
        text.extend(std::iter::repeat_n(' ', gap));
    }
    if column.grows && last {
        text.push_str(content);
    } else {
        showable(content.as_bytes(), width, text);
    }
    if column.align == Align::Left {
        text.extend(std::iter::repeat_n(' ', gap));
    }
    text.push(' ');
}

/// Writes the line without the spaces at its end, and empties it.
fn end(text: &mut String, out: &mut dyn Write) -> io::Result<()> {
    text.truncate(text.trim_end_matches(' ').len());
    text.push('\n');
    out.write_all(text.as_bytes())?;
    text.clear();
    Ok(())
}

/// Two cells a level.
fn indent(depth: u32, cell: &mut Cell) {
    cell.push_with(Role::Branch, |out| out.extend(std::iter::repeat_n("  ", depth.min(DEEPEST) as usize)));
    if depth > DEEPEST {
        cell.push_fmt(Role::Branch, format_args!("+{} ", depth - DEEPEST));
    }
}
