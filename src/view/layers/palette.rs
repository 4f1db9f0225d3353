//! The palette: a line to type into, and below it what fits, with keys and explanations.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use unicode_width::UnicodeWidthStr;

use super::foot::{self, Hint};
use super::{box_hit, draw_box, first_shown, inner, list_hit, row};
use crate::app::{Found, Hit, Palette};
use crate::config::{Chord, Key};
use crate::model::Role;
use crate::view::Theme;
use crate::view::pen::{Pen, fitted};

/// Cells of the names, and of the keys.
const NAME: usize = 18;
const KEYS: usize = 12;

const HINTS: [Hint; 3] = [
    Hint::press("Enter", "does it", Chord::plain(Key::Enter)),
    Hint::press("Down", "next", Chord::plain(Key::Down)),
    Hint::press("Esc", "close", Chord::plain(Key::Esc)),
];

/// Where it stands: in the upper part, the same whatever is found, so that nothing jumps.
fn rect(area: Rect) -> Rect {
    let width = 96.min(area.width);
    let height = 20.min(area.height.saturating_sub(2)).max(area.height.min(4));
    let place = area.centered_horizontally(Constraint::Length(width));
    let y = area.y + u16::from(area.height > height + 4) * 2;
    Rect { y, height: height.min(area.height), ..place }
}

/// The line that is typed, the list, and the row of the keys.
fn parts(area: Rect) -> (Rect, Rect, Rect) {
    let inside = inner(rect(area));
    let foot = u16::from(inside.height > 3);
    let typed = inside.height.min(1);
    let list = Rect { y: inside.y + typed, height: inside.height.saturating_sub(typed + foot), ..inside };
    (Rect { height: typed, ..inside }, list, Rect { y: list.bottom(), height: foot, ..inside })
}

fn first(palette: &Palette, list: Rect) -> usize {
    first_shown(palette.at, palette.found.len(), list.height)
}

/// What lies at (`x`, `y`).
pub(super) fn hit(area: Rect, palette: &Palette, x: u16, y: u16) -> Hit {
    let (_, list, foot) = parts(area);
    if foot.contains((x, y).into())
        && let Some(chord) = foot::hit(foot, &HINTS, x)
    {
        return Hit::Press(chord);
    }
    if !list.contains((x, y).into()) {
        return box_hit(rect(area), x, y);
    }
    list_hit(rect(area), list, first(palette, list), palette.found.len(), x, y)
}

/// Draws it.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, palette: &Palette) {
    draw_box(rect(area), buf, theme, "What to do");
    let (typed, list, foot) = parts(area);
    let (before, behind) = palette.edit.around_cursor();
    let under = behind.chars().next().map_or(0, char::len_utf8);
    let (under, rest) = behind.split_at_checked(under).unwrap_or(("", behind));
    let hidden = (before.width() + 8).saturating_sub(usize::from(typed.width));
    Pen::new(buf, typed).put(theme.style(Role::Key), ":");
    let room = Rect { x: typed.x.saturating_add(1), width: typed.width.saturating_sub(1), ..typed };
    let mut pen = Pen::scrolled(buf, room, hidden);
    pen.put(theme.style(Role::Text), before);
    pen.put(theme.style(Role::Selection), if under.is_empty() { " " } else { under });
    pen.put(theme.style(Role::Text), rest);
    let (role, says) = match palette.found.len() {
        0 => (Role::Bad, "nothing is called so".to_owned()),
        found => (Role::Dim, format!("{found} of {}", palette.count())),
    };
    let width = says.width() as u16;
    if pen.left() > width + 1 {
        let place = Rect { x: typed.right() - width, width, ..typed };
        Pen::new(buf, place).put(theme.style(role), &says);
    }
    let first = first(palette, list);
    for (i, found) in palette.found.iter().enumerate().skip(first).take(usize::from(list.height)) {
        draw_found(row(list, i - first), buf, theme, found, i == palette.at);
    }
    foot::draw(foot, buf, theme, &HINTS);
}

fn draw_found(place: Rect, buf: &mut Buffer, theme: &Theme, found: &Found, chosen: bool) {
    let over = chosen.then(|| theme.style(Role::Selection));
    if let Some(style) = over {
        buf.set_style(place.intersection(buf.area), style);
    }
    let style = |role: Role| over.unwrap_or_else(|| theme.style(role));
    let mut pen = Pen::new(buf, place);
    let name = fitted(&found.name, NAME);
    // The letters that were typed stand out, on the chosen row too.
    for (at, c) in name.chars().enumerate() {
        let typed = theme.style(Role::Match);
        let look = if found.typed.contains(&at) { typed } else { style(Role::Strong) };
        pen.put(look, c.encode_utf8(&mut [0; 4]));
    }
    pen.skip((NAME + 1).saturating_sub(name.width()) as u16);
    let keys = fitted(&found.keys, KEYS);
    pen.put(style(Role::Key), &keys).skip((KEYS + 1).saturating_sub(keys.width()) as u16);
    pen.put_cut(style(Role::Dim), &found.help);
}
