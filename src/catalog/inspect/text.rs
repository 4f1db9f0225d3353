//! A page as plain text: nothing is cut, and nothing is coloured.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::{Block, Col, Line, Sheet};

/// A page as text, one row a line, columns in line; `line` is what rows are written into.
pub fn text(sheet: &Sheet<'_>, line: &mut Line) -> String {
    let mut out = String::new();
    for block in &sheet.blocks {
        if !out.is_empty() {
            out.push('\n');
        }
        if !block.title.is_empty() {
            let between = if block.remark.is_empty() { "" } else { ": " };
            // Writing to a string does not fail.
            let _ = writeln!(out, "{}{between}{}", block.title, block.remark);
        }
        titles(block, &mut out);
        let order = block.order.map(|order| block.sorted(order, &mut Line::exact(line.now())));
        for row in 0..block.count {
            let row = order.as_ref().and_then(|order| order.get(row)).copied().unwrap_or(row);
            block.write(row, line);
            let start = out.len();
            for (n, (col, place)) in block.cols.iter().zip(line.places()).enumerate() {
                if !is_drawn(col, line, n) {
                    push(col, place.text.text(), &mut out);
                }
            }
            out.truncate(start + out.get(start..).map_or(0, |row| row.trim_end().len()));
            out.push('\n');
        }
    }
    out
}

/// Whether a column is a bar: what it shows stands in figures beside it.
fn is_drawn(col: &Col, line: &Line, n: usize) -> bool {
    matches!(col.id, "bar" | "shares" | "fill")
        || line.places().get(n).is_some_and(|place| place.bar.is_some())
}

fn titles(block: &Block<'_>, out: &mut String) {
    if !block.has_titles() || block.count == 0 {
        return;
    }
    let start = out.len();
    for col in block.cols.iter().filter(|col| !matches!(col.id, "bar" | "shares" | "fill")) {
        push(col, col.title, out);
    }
    out.truncate(start + out.get(start..).map_or(0, |row| row.trim_end().len()));
    out.push('\n');
}

fn push(col: &Col, text: &str, out: &mut String) {
    let blank = usize::from(col.width).saturating_sub(text.width());
    let (before, after) = if col.right { (blank, 0) } else { (0, blank) };
    out.extend(std::iter::repeat_n(' ', before));
    out.push_str(text);
    out.extend(std::iter::repeat_n(' ', after + 1));
}
