//! What was done in this run, and what came of it: one line for each act on each process, the newest first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::foot::{self, Hint};
use super::{broken, draw_box, first_shown, inner, row};
use crate::app::{App, Entry, Hit};
use crate::config::{Chord, Key};
use crate::model::Role;
use crate::view::Theme;
use crate::view::pen::{Pen, fitted};

/// Rows at the foot: one of air, two for the chosen line in full, and the keys.
const FOOT: u16 = 4;
const HINTS: [Hint; 2] =
    [Hint::keys("Up Down PgUp PgDn Home End", "choose"), Hint::press("Esc", "close", Chord::plain(Key::Esc))];
/// Widths of the columns before the last one, which takes the rest.
const TIME: usize = 9;
const PID: usize = 7;
const NAME: usize = 15;
/// What was done takes more where there is room for all of it.
const ACT: (usize, usize) = (12, 25);
const WIDE: u16 = 100;

/// Where it stands: everywhere but on the line that speaks and the keys.
fn rect(area: Rect) -> Rect {
    Rect { height: area.height.saturating_sub(2).max(area.height.min(3)), ..area }
}

/// Where the entries stand, below their header.
fn list(outer: Rect) -> Rect {
    let inside = inner(outer);
    let foot = if inside.height > FOOT * 2 { FOOT } else { 0 };
    let top = inside.height.min(1);
    Rect { y: inside.y + top, height: inside.height.saturating_sub(top + foot), ..inside }
}

/// Where the entries stand, which of them is the first in view, and how many there are.
fn items(area: Rect, app: &App, at: usize) -> (Rect, usize, usize) {
    let (list, count) = (list(rect(area)), app.journal.len());
    (list, first_shown(at.min(count.saturating_sub(1)), count, list.height), count)
}

/// What lies at (`x`, `y`) while entry `at` is chosen.
pub(super) fn hit(area: Rect, app: &App, at: usize, x: u16, y: u16) -> Hit {
    let (list, first, count) = items(area, app, at);
    let inside = |part: Rect| part.contains((x, y).into());
    let foot = row(inner(rect(area)), usize::from(inner(rect(area)).height.saturating_sub(1)));
    // It stands there only where the entries leave room for it.
    if inside(foot)
        && foot.y > list.bottom()
        && let Some(chord) = foot::hit(foot, &HINTS, x)
    {
        return Hit::Press(chord);
    }
    let item = first + usize::from(y.saturating_sub(list.y));
    match (inside(list) && item < count, inside(rect(area))) {
        (true, _) => Hit::Item(item),
        (false, true) => Hit::Layer,
        (false, false) => Hit::Nothing,
    }
}

/// The width of the column that says what was done.
fn act_width(width: u16) -> usize {
    if width >= WIDE { ACT.1 } else { ACT.0 }
}

/// Draws it with entry `at` chosen, counted from the newest.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, at: usize) {
    let outer = rect(area);
    let title = match app.journal.len() {
        0 => "What was done, and what came of it".to_owned(),
        count => format!("What was done, and what came of it: {} of {count}", at.min(count - 1) + 1),
    };
    let inside = draw_box(outer, buf, theme, &title);
    if app.journal.is_empty() {
        let nothing = "Nothing was done to any process in this run.";
        Pen::new(buf, row(inside, 0)).put(theme.style(Role::Dim), nothing);
        return;
    }
    let (header, act) = (theme.style(Role::Header), act_width(inside.width));
    Pen::new(buf, row(inside, 0)).fmt(
        header,
        format_args!("{:<TIME$} {:>PID$} {:<NAME$} {:<act$} what came of it", "time", "pid", "name", "act"),
    );
    let (list, first, count) = items(area, app, at);
    let at = at.min(count.saturating_sub(1));
    let shown = app.journal.newest_first().enumerate().skip(first).take(usize::from(list.height));
    for (i, entry) in shown {
        draw_entry(row(list, i - first), buf, theme, app, entry, i == at);
    }
    if list.bottom() < inside.bottom()
        && let Some(entry) = app.journal.newest_first().nth(at)
    {
        draw_foot(
            Rect { y: list.bottom(), height: inside.bottom() - list.bottom(), ..inside },
            buf,
            theme,
            entry,
        );
    }
}

fn draw_entry(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, entry: &Entry, chosen: bool) {
    let over = chosen.then(|| theme.style(Role::Selection));
    if let Some(style) = over {
        buf.set_style(area.intersection(buf.area), style);
    }
    let style = |role: Role| over.unwrap_or_else(|| theme.style(role));
    let deed = &entry.deed;
    let mut pen = Pen::new(buf, area);
    pen.put(style(Role::Dim), &padded(&time(app, entry, theme), TIME)).skip(1);
    pen.fmt(style(Role::Text), format_args!("{:>PID$}", deed.target.id.pid)).skip(1);
    pen.put(style(Role::Strong), &padded(&fitted(&deed.target.name.show(NAME + 1), NAME), NAME)).skip(1);
    let act = act_width(area.width);
    pen.put(style(Role::Text), &padded(&fitted(&deed.act_words(), act), act)).skip(1);
    let room = usize::from(pen.left());
    pen.put(style(deed.role()), &fitted(&deed.result(), room));
}

/// The chosen line in full, over two rows, and the keys.
fn draw_foot(area: Rect, buf: &mut Buffer, theme: &Theme, entry: &Entry) {
    let deed = &entry.deed;
    let owner = deed.target.owner.as_ref().map_or_else(String::new, |o| format!(" of {}", o.name.show(20)));
    let text = format!(
        "{} {}{owner}, {}: {}",
        deed.target.id.pid,
        fitted(&deed.target.name.show(25), 24),
        deed.act_words(),
        deed.result()
    );
    let rows = usize::from(area.height.saturating_sub(2));
    let mut rest = text.as_str();
    for i in 0..rows {
        let room = usize::from(area.width);
        let line = if i + 1 == rows { fitted(rest, room) } else { broken(rest, room).to_owned() };
        Pen::new(buf, row(area, i + 1)).put(theme.style(deed.role()), &line);
        rest = rest.get(line.len()..).unwrap_or("").trim_start();
    }
    foot::draw(row(area, rows + 1), buf, theme, &HINTS);
}

/// The time of day: local where the offset is known, else UTC, which its letter says.
fn time(app: &App, entry: &Entry, theme: &Theme) -> String {
    let Some(wall) = entry.wall else { return theme.glyphs().unknown().to_owned() };
    let offset = app.snapshot.host().utc_offset_s;
    let zone = if offset.is_none() { "Z" } else { "" };
    let second = (wall.0 / 1_000_000_000).cast_signed().saturating_add(offset.unwrap_or(0).into());
    let of_day = second.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}{zone}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// `text` with blanks up to `width` cells.
fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_out_without_a_mark() {
        assert_eq!(
            [fitted("abc", 3), fitted("abcd", 3), fitted("ab cd", 4), fitted("a", 0)],
            ["abc", "ab…", "ab…", ""]
        );
        assert_eq!(fitted("漢字", 3), "漢…");
        assert_eq!(
            [broken("one two", 7), broken("one two", 6), broken("onetwo", 3)],
            ["one two", "one", "one"]
        );
    }
}
