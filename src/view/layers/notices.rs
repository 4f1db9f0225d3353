//! What the line that speaks has said in this run, the newest first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::foot::{self, Hint};
use super::{box_hit, broken, draw_box, first_shown, inner, list_hit, row};
use crate::app::{App, Hit, Notice};
use crate::config::{Chord, Key};
use crate::model::Role;
use crate::view::Theme;
use crate::view::pen::{Pen, fitted};

/// Rows at the foot: two for the chosen one in full, and the keys.
const FOOT: u16 = 3;
/// Cells of the time, and of the word for the kind.
const TIME: usize = 9;
const KIND: usize = 8;

const HINTS: [Hint; 3] = [
    Hint::keys("Up Down PgUp PgDn", "choose"),
    Hint::press("y", "copy", Chord::char('y')),
    Hint::press("Esc", "close", Chord::plain(Key::Esc)),
];

/// Where it stands: everywhere but on the line that speaks and the keys.
fn rect(area: Rect) -> Rect {
    Rect { height: area.height.saturating_sub(2).max(area.height.min(3)), ..area }
}

/// The list, the chosen one in full, and the row of the keys.
fn parts(area: Rect) -> (Rect, Rect, Rect) {
    let inside = inner(rect(area));
    let foot = if inside.height > FOOT * 2 { FOOT } else { 0 };
    let list = Rect { height: inside.height - foot, ..inside };
    let full = Rect { y: list.bottom(), height: foot.saturating_sub(1), ..inside };
    (list, full, Rect { y: full.bottom(), height: foot.min(1), ..inside })
}

/// How many there are, and the chosen one among them.
fn count(app: &App, at: usize) -> (usize, usize) {
    let count = app.notices.all().count();
    (count, at.min(count.saturating_sub(1)))
}

/// What lies at (`x`, `y`).
pub(super) fn hit(area: Rect, app: &App, at: usize, x: u16, y: u16) -> Hit {
    let (list, _, foot) = parts(area);
    if foot.contains((x, y).into())
        && let Some(chord) = foot::hit(foot, &HINTS, x)
    {
        return Hit::Press(chord);
    }
    let (count, at) = count(app, at);
    if !list.contains((x, y).into()) {
        return box_hit(rect(area), x, y);
    }
    list_hit(rect(area), list, first_shown(at, count, list.height), count, x, y)
}

/// Draws it with number `at` chosen, counted from the newest.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, at: usize) {
    let (count, at) = count(app, at);
    let title = match count {
        0 => "What was said".to_owned(),
        count => format!("What was said: {} of {count}", at + 1),
    };
    draw_box(rect(area), buf, theme, &title);
    let (list, full, foot) = parts(area);
    if count == 0 {
        Pen::new(buf, row(list, 0)).put(theme.style(Role::Dim), "Nothing was said in this run.");
        return;
    }
    let first = first_shown(at, count, list.height);
    for (i, notice) in app.notices.all().enumerate().skip(first).take(usize::from(list.height)) {
        let place = row(list, i - first);
        let over = (i == at).then(|| theme.style(Role::Selection));
        if let Some(style) = over {
            buf.set_style(place.intersection(buf.area), style);
        }
        let style = |role: Role| over.unwrap_or_else(|| theme.style(role));
        let time = app.time_of_day(notice.at);
        let time = time.as_deref().unwrap_or(theme.glyphs().unknown());
        let mut pen = Pen::new(buf, place);
        pen.fmt(style(Role::Dim), format_args!("{time:<TIME$} "));
        pen.fmt(style(notice.role), format_args!("{:<KIND$} ", kind(notice)));
        let room = usize::from(pen.left());
        pen.put(style(notice.role), &fitted(&notice.text, room));
    }
    if let Some(notice) = app.notices.all().nth(at) {
        let mut rest = notice.text.as_str();
        for i in 0..usize::from(full.height) {
            let room = usize::from(full.width);
            let last = i + 1 == usize::from(full.height);
            let line = if last { fitted(rest, room) } else { broken(rest, room).to_owned() };
            Pen::new(buf, row(full, i)).put(theme.style(notice.role), &line);
            rest = rest.get(line.len()..).unwrap_or("").trim_start();
        }
    }
    foot::draw(foot, buf, theme, &HINTS);
}

/// What kind of news it is, in a word, for colour is never alone.
fn kind(notice: &Notice) -> &'static str {
    match notice.role {
        Role::Bad => "failed",
        Role::Warn => "mind",
        Role::Good => "done",
        _ => "",
    }
}
