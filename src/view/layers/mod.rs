//! What can lie above a screen: help, lists, menus, the palette, dialogs.
//!
//! Each layer is a file with a `draw` and, where something in it can be pressed, a `hit`; both ask one plan where things
//! stand. It must never know what a key does to a layer: that is the mind's.

mod foot;
mod help;
mod journal;
mod menu;
mod notices;
mod offers;
mod palette;
mod setup;
mod signal;
mod tame;
mod targets;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use unicode_width::UnicodeWidthStr;

use super::Theme;
use super::pen::Pen;
use crate::app::{App, Hit, Layer};
use crate::model::Role;

/// A screen with so many rows has some to spare for what is around a dialog.
const ROOMY: u16 = 20;

/// Draws the open layer, if there is one that has a box.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App) {
    match &app.layer {
        Some(Layer::Help(open)) => help::draw(area, buf, theme, app, open),
        Some(Layer::Menu(open)) => menu::draw(area, buf, theme, app, open),
        Some(Layer::Signal(open)) => signal::draw(area, buf, theme, open),
        Some(Layer::Tame(open)) => tame::draw(area, buf, theme, open),
        Some(Layer::Journal(at)) => journal::draw(area, buf, theme, app, *at),
        Some(Layer::Notices(at)) => notices::draw(area, buf, theme, app, *at),
        Some(Layer::Palette(open)) => palette::draw(area, buf, theme, open),
        Some(Layer::Setup(open)) => setup::draw(area, buf, theme, app, open),
        Some(Layer::Line(line)) => {
            if let Some(open) = &line.offers {
                offers::draw(area, buf, theme, open);
            }
        }
        None => {}
    }
}

/// What lies at (`x`, `y`) of the open layer; `None` where no layer with a box is open.
pub(super) fn hit(area: Rect, app: &App, x: u16, y: u16) -> Option<Hit> {
    Some(match &app.layer {
        Some(Layer::Help(open)) => help::hit(area, open, x, y),
        Some(Layer::Menu(open)) => menu::hit(area, app, open, x, y),
        Some(Layer::Signal(open)) => signal::hit(area, open, x, y),
        Some(Layer::Tame(open)) => tame::hit(area, open, x, y),
        Some(Layer::Journal(at)) => journal::hit(area, app, *at, x, y),
        Some(Layer::Notices(at)) => notices::hit(area, app, *at, x, y),
        Some(Layer::Palette(open)) => palette::hit(area, open, x, y),
        Some(Layer::Setup(open)) => setup::hit(area, open, x, y),
        Some(Layer::Line(line)) => {
            return line.offers.as_ref().and_then(|open| offers::hit(area, open, x, y));
        }
        None => return None,
    })
}

/// What lies at (`x`, `y`) where nothing in a box can be pressed.
fn box_hit(outer: Rect, x: u16, y: u16) -> Hit {
    if outer.contains((x, y).into()) { Hit::Layer } else { Hit::Nothing }
}

/// What lies at (`x`, `y`) of a box at `outer` with `count` items at `list`, one in a row, of which the `first` is the
/// first in view.
fn list_hit(outer: Rect, list: Rect, first: usize, count: usize, x: u16, y: u16) -> Hit {
    if !list.contains((x, y).into()) {
        return box_hit(outer, x, y);
    }
    let item = first + usize::from(y - list.y);
    if item < count { Hit::Item(item) } else { Hit::Layer }
}

/// The first item in view when `at` must be, of `count` in `height` rows.
fn first_shown(at: usize, count: usize, height: u16) -> usize {
    let height = usize::from(height.max(1));
    at.saturating_sub(height / 2).min(count.saturating_sub(height))
}

/// How wide a box is that wants `width` cells: all of the screen where only a sliver would be left beside it.
fn all_or(width: u16, area: Rect) -> u16 {
    if area.width < width + 4 { area.width } else { width }
}

/// What is left of a box inside its frame and one cell of air at the sides.
fn inner(outer: Rect) -> Rect {
    Rect {
        x: outer.x.saturating_add(2),
        y: outer.y.saturating_add(1),
        width: outer.width.saturating_sub(4),
        height: outer.height.saturating_sub(2),
    }
}

/// A box with a title, emptied.
fn draw_box(outer: Rect, buf: &mut Buffer, theme: &Theme, title: &str) -> Rect {
    let outer = outer.intersection(buf.area);
    Clear.render(outer, buf);
    let style = theme.style(Role::Dialog);
    buf.set_style(outer, style);
    let kind = if theme.glyphs().unicode() { BorderType::Rounded } else { BorderType::Plain };
    let mut block = Block::bordered().border_type(kind).border_style(theme.style(Role::Border));
    if !theme.glyphs().unicode() {
        block = block.border_set(ratatui::symbols::border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        });
    }
    block.render(outer, buf);
    let bar = Rect {
        x: outer.x.saturating_add(2),
        width: outer.width.saturating_sub(4),
        height: 1.min(outer.height),
        ..outer
    };
    Pen::new(buf, bar)
        .put(theme.style(Role::Title), " ")
        .put(theme.style(Role::Title), title)
        .put(theme.style(Role::Title), " ");
    inner(outer).intersection(buf.area)
}

/// Row `i` of `area`; empty below its foot.
fn row(area: Rect, i: usize) -> Rect {
    let y = area.y.saturating_add(u16::try_from(i).unwrap_or(u16::MAX));
    if y >= area.bottom() { Rect { height: 0, ..area } } else { Rect { y, height: 1, ..area } }
}

/// As much of `text` as fits into `room` cells, up to the last blank within.
fn broken(text: &str, room: usize) -> &str {
    if text.width() <= room {
        return text;
    }
    // The text is safe to show, so what fits is its beginning.
    let beginning = |cells: usize| {
        let mut head = String::new();
        crate::model::showable(text.as_bytes(), cells, &mut head);
        head
    };
    let end = beginning(room + 1).rfind(' ').filter(|end| *end > 0);
    text.get(..end.unwrap_or_else(|| beginning(room).len())).unwrap_or(text)
}
