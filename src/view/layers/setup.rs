//! The set-up: the tabs of its pages, their lists side by side, what the chosen row is, and the keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::foot::{self, Hint};
use super::{box_hit, draw_box, first_shown, inner, row};
use crate::app::{App, Hit, Setup, SetupPage, SetupPane};
use crate::config::{Chord, Key};
use crate::model::Role;
use crate::view::Theme;
use crate::view::pen::{Pen, fitted};

/// The widest and the highest that it is.
const WIDEST: u16 = 112;
const HIGHEST: u16 = 24;
/// The longest value beside which there is help, and the fewest cells for that, with the gap before it.
const LONGEST_BESIDE_HELP: usize = 16;
const LEAST_HELP: usize = 32;
/// Cells between two panes.
const GAP: u16 = 2;

const fn letter(key: &'static str, what: &'static str, letter: char) -> Hint {
    Hint::press(key, what, Chord::char(letter))
}
const MORE: [Hint; 2] = [letter("+", "more", '+'), letter("-", "less", '-')];
const MOVE: [Hint; 2] =
    [Hint::press("F7", "up", Chord::plain(Key::F(7))), Hint::press("F8", "down", Chord::plain(Key::F(8)))];
const REMOVE: Hint = Hint::press("F9", "remove", Chord::plain(Key::F(9)));
const UNDO: Hint = Hint::press("Ctrl-U", "undo", Chord::ctrl('u'));
const LEAVE: [Hint; 2] =
    [Hint::press("Ctrl-S", "save", Chord::ctrl('s')), Hint::press("F10", "done", Chord::plain(Key::F(10)))];
const ASKING: [Hint; 4] = [
    letter("y", "save", 'y'),
    letter("d", "discard", 'd'),
    Hint::press("Enter", "not now", Chord::plain(Key::Enter)),
    Hint::press("Esc", "back", Chord::plain(Key::Esc)),
];
const TYPING: [Hint; 2] = [
    Hint::press("Enter", "take it", Chord::plain(Key::Enter)),
    Hint::press("Esc", "leave it", Chord::plain(Key::Esc)),
];

/// Where the parts stand.
struct Parts {
    outer: Rect,
    tabs: Rect,
    /// The lists, each with its title above.
    lists: Rect,
    says: Rect,
    keys: Rect,
}

/// In the lower part, so that what is changed is seen above it; the line that speaks stays in sight below.
fn parts(area: Rect) -> Parts {
    let width = WIDEST.min(area.width);
    let height = (area.height * 3 / 5).clamp(8, HIGHEST).min(area.height);
    let below = 2.min(area.height - height);
    let x = area.x + (area.width - width) / 2;
    let outer = Rect { x, y: area.bottom() - below - height, width, height };
    let inside = inner(outer);
    let one = |from_foot: u16| Rect {
        y: inside.bottom().saturating_sub(from_foot).max(inside.y),
        height: u16::from(inside.height > from_foot),
        ..inside
    };
    let lists = Rect { y: inside.y.saturating_add(1), height: inside.height.saturating_sub(3), ..inside };
    Parts { outer, tabs: Rect { height: inside.height.min(1), ..inside }, lists, says: one(2), keys: one(1) }
}

/// Where each pane stands, its title included.
fn places(lists: Rect, panes: &[SetupPane]) -> impl Iterator<Item = Rect> + '_ {
    let gaps = GAP * (panes.len().saturating_sub(1)) as u16;
    let room = u32::from(lists.width.saturating_sub(gaps));
    let sum: u32 = panes.iter().map(|pane| u32::from(pane.width)).sum::<u32>().max(1);
    let mut before = 0;
    panes.iter().enumerate().map(move |(at, pane)| {
        let (from, to) = (room * before / sum, room * (before + u32::from(pane.width)) / sum);
        before += u32::from(pane.width);
        Rect { x: lists.x + from as u16 + GAP * at as u16, width: (to - from) as u16, ..lists }
    })
}

/// The rows below the title.
fn body(place: Rect) -> Rect {
    Rect { y: place.y.saturating_add(1), height: place.height.saturating_sub(1), ..place }
}

/// The keys that are shown: those that do something to the chosen row, and those of the whole.
fn hints(setup: &Setup) -> Vec<Hint> {
    if setup.asking {
        return ASKING.to_vec();
    }
    if setup.typing.is_some() {
        return TYPING.to_vec();
    }
    let mut hints = Vec::with_capacity(9);
    if let Some(row) = setup.row() {
        let verb = row.item.verb();
        hints.extend((!verb.is_empty()).then(|| letter("Space", verb, ' ')));
        hints.extend(row.grows.then_some(MORE).into_iter().flatten());
        hints.extend(row.item.moves().then_some(MOVE).into_iter().flatten());
        hints.extend(row.item.goes().then_some(REMOVE));
    }
    hints.extend(LEAVE);
    // Last, where there may be no room.
    hints.extend(setup.can_undo().then_some(UNDO));
    hints
}

/// The tabs with their columns: from, to, page.
fn tabs(place: Rect) -> impl Iterator<Item = (u16, u16, SetupPage)> {
    let mut x = place.x;
    SetupPage::ALL.into_iter().map(move |page| {
        let from = x;
        x = x.saturating_add(page.title().len() as u16 + 4);
        (from, x.saturating_sub(1), page)
    })
}

/// What lies at (`x`, `y`).
pub(super) fn hit(area: Rect, setup: &Setup, x: u16, y: u16) -> Hit {
    let parts = parts(area);
    let at = |part: Rect| part.contains((x, y).into());
    if at(parts.keys)
        && let Some(chord) = foot::hit(parts.keys, &hints(setup), x)
    {
        return Hit::Press(chord);
    }
    let busy = setup.asking || setup.typing.is_some();
    if at(parts.tabs) && !busy {
        let found = tabs(parts.tabs).zip('1'..).find(|((from, to, _), _)| (*from..*to).contains(&x));
        if let Some((_, digit)) = found {
            return Hit::Press(Chord::char(digit));
        }
    }
    for (number, (place, pane)) in places(parts.lists, &setup.panes).zip(&setup.panes).enumerate() {
        let list = body(place);
        if at(list) {
            let row = first_shown(setup.at(number), pane.rows.len(), list.height) + usize::from(y - list.y);
            if row < pane.rows.len() {
                return Hit::Row(number, row);
            }
        }
    }
    box_hit(parts.outer, x, y)
}

/// Draws it.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, setup: &Setup) {
    let parts = parts(area);
    draw_box(parts.outer, buf, theme, "Set up");
    for ((from, to, page), number) in tabs(parts.tabs).zip(1..) {
        let place = Rect { x: from, width: to - from, ..parts.tabs }.intersection(parts.tabs);
        let role = if page == setup.page { Role::Selection } else { Role::Text };
        Pen::new(buf, place)
            .fmt(theme.style(if page == setup.page { role } else { Role::Key }), format_args!("{number}"))
            .put(theme.style(role), " ")
            .put(theme.style(role), page.title())
            .put(theme.style(role), " ");
    }
    let state = if setup.unsaved { "changed, not saved" } else { "" };
    let width = (state.width() as u16).min(parts.tabs.width);
    let used = tabs(parts.tabs).map(|(_, to, _)| to).max().unwrap_or(0);
    let place = Rect { x: parts.tabs.right() - width, width, ..parts.tabs };
    if place.x > used {
        Pen::new(buf, place).put(theme.style(Role::Warn), state);
    }
    for (number, (place, pane)) in places(parts.lists, &setup.panes).zip(&setup.panes).enumerate() {
        let has_keys = number == setup.pane;
        let role = if has_keys { Role::Title } else { Role::Dim };
        let head = Rect { height: place.height.min(1), ..place };
        Pen::new(buf, head).put_cut(theme.style(role), pane.title);
        draw_count(head, buf, theme, pane, setup.at(number), body(place).height);
        draw_pane(body(place), buf, theme, pane, setup.at(number), (has_keys, setup.panes.len() == 1));
    }
    draw_says(parts.says, buf, theme, app, setup);
    foot::draw(parts.keys, buf, theme, &hints(setup));
}

/// Says which row of how many is chosen, where not all are in view.
fn draw_count(head: Rect, buf: &mut Buffer, theme: &Theme, pane: &SetupPane, at: usize, height: u16) {
    if pane.rows.len() <= usize::from(height) {
        return;
    }
    let count = format!("{}/{}", at + 1, pane.rows.len());
    let width = count.width() as u16;
    if usize::from(head.width) > pane.title.width() + usize::from(width) {
        Pen::new(buf, Rect { x: head.right() - width, width, ..head }).put(theme.style(Role::Dim), &count);
    }
}

/// Draws the rows of a pane. Where another has the keys, the chosen row is only marked; a pane that is alone has room for
/// what each row is.
fn draw_pane(
    list: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    pane: &SetupPane,
    at: usize,
    (has_keys, alone): (bool, bool),
) {
    let label = pane.rows.iter().map(|row| row.label.width()).max().unwrap_or(0);
    let value = pane.rows.iter().map(|row| row.value.width()).max().unwrap_or(0);
    let room = usize::from(list.width);
    // What it is called comes before what it is.
    let label = label.min(if value == 0 { room } else { room.saturating_sub(value.min(room / 2) + 1) });
    let first = first_shown(at, pane.rows.len(), list.height);
    for (number, one) in pane.rows.iter().enumerate().skip(first).take(usize::from(list.height)) {
        let place = row(list, number - first);
        let chosen = number == at;
        let over = (chosen && has_keys).then(|| theme.style(Role::Selection));
        if let Some(style) = over {
            buf.set_style(place.intersection(buf.area), style);
        }
        let name = if chosen { Role::Strong } else { Role::Text };
        // A row without a value has all the room.
        let label = if one.value.is_empty() { room } else { label };
        let shown = fitted(&one.label, label);
        let mut pen = Pen::new(buf, place);
        pen.put(over.unwrap_or_else(|| theme.style(name)), &shown);
        pen.skip((label + 1).saturating_sub(shown.width()) as u16);
        let dim = over.unwrap_or_else(|| theme.style(Role::Dim));
        let value = value.min(LONGEST_BESIDE_HELP);
        if !alone || usize::from(pen.left()) < value + LEAST_HELP {
            pen.put_cut(dim, &one.value);
            continue;
        }
        let shown = fitted(&one.value, value);
        pen.put(over.unwrap_or_else(|| theme.style(name)), &shown);
        pen.skip((value + usize::from(GAP)).saturating_sub(shown.width()) as u16);
        pen.put_cut(dim, &one.help);
    }
}

/// The line above the keys: a question, what is typed, or what the chosen row is.
fn draw_says(place: Rect, buf: &mut Buffer, theme: &Theme, app: &App, setup: &Setup) {
    let mut pen = Pen::new(buf, place);
    if setup.asking {
        pen.put(theme.style(Role::Warn), "Save options, screens and meters? (y/N)").skip(GAP);
        pen.put_cut(theme.style(Role::Dim), &app.config_file);
        return;
    }
    let Some(typing) = &setup.typing else {
        if let Some(row) = setup.row() {
            pen.put_cut(theme.style(Role::Dim), &row.help);
        }
        return;
    };
    let label = setup.row().map_or("", |row| row.label.trim());
    let (before, behind) = typing.edit.around_cursor();
    let under = behind.chars().next().map_or(0, char::len_utf8);
    let (under, rest) = behind.split_at_checked(under).unwrap_or(("", behind));
    pen.put(theme.style(Role::Key), label).put(theme.style(Role::Key), ": ");
    let wrong = typing.wrong.as_deref().unwrap_or("");
    let room = usize::from(pen.left()).saturating_sub(wrong.width().min(usize::from(place.width) / 2) + 2);
    let hidden = (before.width() + 1).saturating_sub(room);
    let rest_of = Rect { x: pen.x(), width: pen.left(), ..place };
    let mut pen = Pen::scrolled(buf, rest_of, hidden);
    pen.put(theme.style(Role::Text), before);
    pen.put(theme.style(Role::Selection), if under.is_empty() { " " } else { under });
    pen.put(theme.style(Role::Text), rest).skip(1);
    pen.put_cut(theme.style(Role::Bad), wrong);
}
