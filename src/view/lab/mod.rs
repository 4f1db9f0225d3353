//! The lab's screen: the chooser, a run as it goes, and what came of it.
//!
//! `chooser` is the form; `cores` who is on which core; `lanes` what each worker does; `after` the tables, the account
//! and the reason; `curve` the speed-up; `xray` what is told of processes that the lab did
//! not start. `run` shares the room out among them: what matters most stays longest.

mod after;
mod chooser;
mod cores;
mod curve;
mod lanes;
mod run;
mod xray;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::Theme;
use super::pen::Pen;
use crate::app::{App, Hit};
use crate::model::Role;
use crate::model::lab::{Mode, RunPlan};

/// Draws the whole screen below the title.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App) {
    let area = area.intersection(buf.area);
    if app.lab.choosing || app.lab.shown(app.now).0.is_empty() {
        chooser::draw(area, buf, theme, app);
    } else {
        run::draw(area, buf, theme, app);
    }
}

/// What lies under the mouse.
pub(super) fn hit(area: Rect, app: &App, x: u16, y: u16) -> Hit {
    let choosing = app.lab.choosing || app.lab.shown(app.now).0.is_empty();
    if choosing { chooser::hit(area, app, x, y) } else { Hit::Nothing }
}

/// Cuts `rows` off the top of `rest`.
fn take(rest: &mut Rect, rows: u16) -> Rect {
    let height = rows.min(rest.height);
    let top = Rect { height, ..*rest };
    rest.y = rest.y.saturating_add(height);
    rest.height -= height;
    top
}

/// Cuts `columns` off the left of `rest`.
fn cut(rest: &mut Rect, columns: u16) -> Rect {
    let width = columns.min(rest.width);
    let left = Rect { width, ..*rest };
    rest.x = rest.x.saturating_add(width);
    rest.width -= width;
    left
}

/// Row `i` of `area`; empty below its foot.
fn line(area: Rect, i: u16) -> Rect {
    let y = area.y.saturating_add(i);
    if i >= area.height { Rect { height: 0, ..area } } else { Rect { y, height: 1, ..area } }
}

/// A rule over the width of a row, with a title in it and a remark after that.
fn rule(area: Rect, buf: &mut Buffer, theme: &Theme, title: &str, remark: &str) {
    let dim = theme.style(Role::Dim);
    let dash = if theme.glyphs().unicode() { "─" } else { "-" };
    let mut pen = Pen::new(buf, area);
    pen.put(dim, dash).skip(1).put_cut(theme.style(Role::Title), title).skip(1);
    if !remark.is_empty() && remark.width() + 2 <= usize::from(pen.left()) {
        pen.put(dim, remark).skip(1);
    }
    while pen.left() > 0 {
        pen.put(dim, dash);
    }
}

/// The widest that a sentence may run: longer rows are hard to read.
const MEASURE: u16 = 120;

/// Text over as many rows as there are; what does not fit into them is cut with a mark.
fn wrapped(area: Rect, buf: &mut Buffer, style: Style, words: &str) {
    let area = Rect { width: area.width.min(MEASURE), ..area }.intersection(buf.area);
    let rows = broken(words, area.width);
    for (n, words) in (0..area.height).zip(&rows) {
        let mut pen = Pen::new(buf, line(area, n));
        let last = n + 1 == area.height;
        match rows.get(usize::from(n)..).filter(|_| last) {
            Some(rest) => pen.put_cut(style, &rest.join(" ")),
            None => pen.put_cut(style, words),
        };
    }
}

/// The rows that text takes in this width.
fn rows_of(words: &str, width: u16) -> u16 {
    u16::try_from(broken(words, width.min(MEASURE)).len()).unwrap_or(u16::MAX).max(1)
}

/// What stays with the number before it.
const UNITS: [&str; 6] = ["%", "s", "ms", "MiB", "times", "x"];

/// Text in rows of at most `width` cells, broken between words; a word that is wider than a row stands alone.
fn broken(text: &str, width: u16) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        // A number and its unit are one word.
        let unit = words.next_if(|unit| UNITS.contains(&unit.trim_end_matches(['.', ',', ':', ';', ')'])));
        let (gap, unit) = unit.map_or(("", ""), |unit| (" ", unit));
        match rows.last_mut() {
            Some(row) if row.width() + 1 + word.width() + gap.len() + unit.width() <= usize::from(width) => {
                row.extend([" ", word, gap, unit]);
            }
            _ => rows.push([word, gap, unit].concat()),
        }
    }
    rows
}

/// A run in a word or two: `pool x4`.
fn title(plan: &RunPlan) -> String {
    if plan.mode == Mode::Serial {
        "serial".to_owned()
    } else {
        format!("{} x{}", plan.mode.word(), plan.workers)
    }
}

/// A digit or a letter for a task or a worker, counted from 1: 1 to 9, then a to z, over and over.
fn digit(number: u32) -> char {
    char::from_digit((number.max(1) - 1) % 35 + 1, 36).unwrap_or('#')
}

/// Seconds with as many places as are worth reading.
fn seconds(s: f64) -> String {
    match s.abs() {
        s_abs if s_abs < 0.0995 => format!("{:.1} ms", s * 1e3),
        s_abs if s_abs < 100.0 => format!("{s:.3} s"),
        _ => format!("{s:.1} s"),
    }
}

/// Writes one symbol into a cell of `area`'s first row.
fn put_cell(buf: &mut Buffer, area: Rect, x: u16, symbol: char, style: Style) {
    if area.height > 0
        && x < area.width
        && let Some(cell) = buf.cell_mut((area.x.saturating_add(x), area.y))
    {
        cell.set_char(symbol).set_style(style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_takes_the_rows_that_it_is_drawn_in_and_what_is_cut_has_a_mark() {
        let words = "60.8 % of the workers' time was spent waiting for CPUs that other processes used.";
        for width in 8..100 {
            let rows = rows_of(words, width);
            assert!(
                broken(words, width).iter().all(|row| row.width() <= usize::from(width).max(9)),
                "{width}"
            );
            assert_eq!(broken(words, width).join(" "), words);
            let shown = |height: u16| {
                let area = Rect::new(0, 0, width, height);
                let mut buf = Buffer::empty(area);
                wrapped(area, &mut buf, Style::new(), words);
                let cells = buf.content().iter().map(|cell| cell.symbol().to_owned());
                cells.collect::<String>()
            };
            assert_eq!(shown(rows).contains('…'), width < 9, "{width}: {}", shown(rows));
            assert!(rows == 1 || shown(rows - 1).trim_end().ends_with('…'), "{width}: {}", shown(rows - 1));
        }
    }
}
