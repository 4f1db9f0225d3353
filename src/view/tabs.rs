//! The names of the screens in the title's row. Where they have no room, those around the one that is shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::Theme;
use super::pen::Pen;
use crate::app::{App, Hit, Tab};
use crate::model::Role;

/// Cells of a mark that there are more, with a blank.
const MARK: u16 = 2;

/// Cells that the names want in a title of this width: all of them, or on a narrow terminal that of the screen that is
/// shown.
pub(super) fn wanted(app: &App, width: u16) -> u16 {
    let all = app.screens.tabs().map(|(_, title)| cells(title)).fold(0, u16::saturating_add);
    let shown = app.screens.tabs().find(|(tab, _)| *tab == app.tab()).map_or(0, |(_, title)| cells(title));
    if width >= 70 { all } else { all.min(shown + 2 * MARK) }
}

/// Cells of a tab.
fn cells(title: &str) -> u16 {
    title.width() as u16 + 2
}

/// What stands in the row.
enum Piece<'a> {
    /// The name of a screen.
    Name(&'a str),
    /// There are more before these.
    Before,
    /// There are more behind these.
    Behind,
}

/// The pieces in `room`, with their places and where a click on them leads.
fn pieces(room: Rect, app: &App) -> impl Iterator<Item = (Rect, Tab, Piece<'_>)> {
    let tabs = app.screens.tabs();
    let count = tabs.len();
    let shown = tabs.clone().position(|(tab, _)| tab == app.tab()).unwrap_or(0);
    let sum = |from: usize, to: usize| -> u16 {
        let some = app.screens.tabs().take(to + 1).skip(from).map(|(_, title)| cells(title));
        some.fold(0, u16::saturating_add)
    };
    let fits = |from: usize, to: usize| {
        let marks = u16::from(from > 0) + u16::from(to + 1 < count);
        sum(from, to).saturating_add(MARK * marks) <= room.width
    };
    // The first ones, unless the one that is shown would not be among them.
    let last = |from: usize| (shown..count).rev().find(|to| fits(from, *to));
    let span = (0..=shown).find_map(|from| Some((from, last(from)?)));
    let mut x = room.x;
    let before = span.filter(|(from, _)| *from > 0).map(|(from, _)| (from - 1, Piece::Before));
    let behind = span.filter(|(_, to)| to + 1 < count).map(|(_, to)| (to + 1, Piece::Behind));
    let names = span.into_iter().flat_map(move |(from, to)| tabs.clone().take(to + 1).skip(from));
    let names = names.map(|(tab, title)| (tab, Piece::Name(title)));
    let tab = |place: usize| if place < app.screens.all().len() { Tab::Table(place) } else { Tab::Lab };
    let mark = move |(place, piece)| (tab(place), piece);
    before.map(mark).into_iter().chain(names).chain(behind.map(mark)).map(move |(tab, piece)| {
        let width = match piece {
            Piece::Name(title) => cells(title),
            Piece::Before | Piece::Behind => MARK,
        };
        let place = Rect { x, width, ..room };
        x += width;
        (place, tab, piece)
    })
}

/// Draws them.
pub(super) fn draw(room: Rect, buf: &mut Buffer, theme: &Theme, app: &App) {
    for (place, tab, piece) in pieces(room, app) {
        let shown = tab == app.tab();
        let style = theme.style(if shown { Role::Strong } else { Role::Dim });
        let mut pen = Pen::new(buf, place);
        match (piece, theme.glyphs().unicode()) {
            (Piece::Name(title), _) => {
                let (open, close) = if shown { ("[", "]") } else { (" ", " ") };
                pen.put(style, open).put(style, title).put(style, close)
            }
            (Piece::Before, true) => pen.put(theme.style(Role::Key), "‹ "),
            (Piece::Behind, true) => pen.put(theme.style(Role::Key), " ›"),
            (Piece::Before, false) => pen.put(theme.style(Role::Key), "< "),
            (Piece::Behind, false) => pen.put(theme.style(Role::Key), " >"),
        };
    }
}

/// What lies at (`x`, `y`).
pub(super) fn hit(room: Rect, app: &App, x: u16, y: u16) -> Hit {
    let under = pieces(room, app).find(|(place, ..)| place.contains((x, y).into()));
    under.map_or(Hit::Nothing, |(_, tab, _)| Hit::Tab(tab))
}
