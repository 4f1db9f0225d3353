//! The lab's screen: the chooser, a run as it goes, and what came of it.
//!
//! `chooser` is the form; `cores` who is on which core; `lanes` what each worker does; `after` the tables, the account
//! and the reason; `curve` the speed-up. `run` shares the room out among them: what matters most stays longest.

mod after;
mod chooser;
mod cores;
mod curve;
mod lanes;
mod run;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Paragraph, Widget, Wrap};
use unicode_width::UnicodeWidthStr;

use super::Theme;
use super::pen::Pen;
use crate::app::App;
use crate::model::Role;
use crate::model::lab::{Mode, RunPlan};

/// Draws the whole screen below the title.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App) {
    let area = area.intersection(buf.area);
    if app.lab.choosing || app.lab.shown(app.now).0.plan.is_none() {
        chooser::draw(area, buf, theme, app);
    } else {
        run::draw(area, buf, theme, app);
    }
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

/// Text over as many rows as there are.
fn wrapped(area: Rect, buf: &mut Buffer, style: Style, words: &str) {
    let area = Rect { width: area.width.min(120), ..area }.intersection(buf.area);
    if !area.is_empty() {
        Paragraph::new(words).style(style).wrap(Wrap { trim: true }).render(area, buf);
    }
}

/// The rows that text takes in this width, about.
fn rows_of(words: &str, width: u16) -> u16 {
    let width = usize::from(width.clamp(1, 120));
    // Words that do not fit leave some of each row empty.
    let rows = (words.width() + words.width() / 12).div_ceil(width);
    u16::try_from(rows).unwrap_or(u16::MAX).max(1)
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
