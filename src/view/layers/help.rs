//! Help: keys, columns, meters and fields, each with what it does or means; by pages, or what was searched for.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use unicode_width::UnicodeWidthStr;

use super::foot::{self, Hint};
use super::{box_hit, broken, draw_box, inner, row};
use crate::app::{App, Help, HelpLine, HelpPage, Hit};
use crate::config::{Chord, Key};
use crate::model::Role;
use crate::view::Theme;
use crate::view::pen::{Pen, fitted};

/// Cells of the names, which stand at the right of their place.
const NAME: usize = 20;
/// Cells between a name and what is said of it.
const GAP: usize = 2;

/// Where the page stands: the whole height, in the middle.
fn rect(area: Rect) -> Rect {
    let width = 100.min(area.width);
    area.centered_horizontally(Constraint::Length(width))
}

/// The row of the pages' names, the lines, and the row of the keys.
fn parts(area: Rect) -> (Rect, Rect, Rect) {
    let inside = inner(rect(area));
    let top = u16::from(inside.height > 4);
    let foot = u16::from(inside.height > 2);
    let list = Rect { y: inside.y + top, height: inside.height.saturating_sub(top + foot), ..inside };
    (Rect { height: top, ..inside }, list, Rect { y: list.bottom(), height: foot, ..inside })
}

/// The places of the pages' names.
fn tabs(place: Rect) -> impl Iterator<Item = (Rect, HelpPage)> {
    let mut x = place.x;
    HelpPage::ALL.into_iter().map_while(move |page| {
        let width = page.title().len() as u16 + 4;
        let at = Rect { x, width, ..place };
        x += width + 1;
        (at.right() <= place.right() && place.height > 0).then_some((at, page))
    })
}

/// The keys at the foot.
fn hints(help: &Help) -> Vec<Hint> {
    let press = Hint::press;
    if help.typing {
        let enter = press("Enter", "keep", Chord::plain(Key::Enter));
        return vec![enter, press("Esc", "all of it", Chord::plain(Key::Esc))];
    }
    let mut hints = vec![
        press("/", "search", Chord::char('/')),
        press("Tab", "page", Chord::plain(Key::Tab)),
        press("PgDn", "more", Chord::plain(Key::PageDown)),
    ];
    if help.search.text().is_empty() {
        hints.push(press("Esc", "or any other key closes", Chord::plain(Key::Esc)));
    } else {
        hints.push(press("Esc", "all of it", Chord::plain(Key::Esc)));
    }
    hints
}

/// What lies at (`x`, `y`).
pub(super) fn hit(area: Rect, help: &Help, x: u16, y: u16) -> Hit {
    let (top, _, foot) = parts(area);
    let page = tabs(top).find(|(place, _)| place.contains((x, y).into())).map(|(_, page)| page.chord());
    let key = || foot.contains((x, y).into()).then(|| foot::hit(foot, &hints(help), x)).flatten();
    // A letter would go into the search while that is typed.
    match page.filter(|_| !help.typing).or_else(key) {
        Some(chord) => Hit::Press(chord),
        None => box_hit(rect(area), x, y),
    }
}

/// Draws the page.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, help: &Help) {
    let version = env!("CARGO_PKG_VERSION");
    draw_box(rect(area), buf, theme, &format!("glowtop {version} help"));
    let (top, list, foot) = parts(area);
    draw_top(top, buf, theme, help);
    let lines = app.help_lines(help);
    let rows: Vec<Row> = lines.iter().flat_map(|line| rows(line, usize::from(list.width))).collect();
    let first = help.scroll.min(rows.len().saturating_sub(usize::from(list.height)));
    for (i, line) in rows.iter().skip(first).take(usize::from(list.height)).enumerate() {
        let mut pen = Pen::new(buf, row(list, i));
        match line {
            Row::Heading(text) => _ = pen.put(theme.style(Role::Header), text),
            Row::Text(name, text) => {
                pen.skip((NAME.saturating_sub(name.width())) as u16).put(theme.style(Role::Key), name);
                pen.skip(GAP as u16).put(theme.style(Role::Text), text);
            }
        }
    }
    if rows.is_empty() {
        let nothing = "nothing here is said of that";
        Pen::new(buf, row(list, 0)).put(theme.style(Role::Bad), nothing);
    }
    foot::draw(foot, buf, theme, &hints(help));
    let seen = format!("{} of {}", (first + usize::from(list.height)).min(rows.len()), rows.len());
    let width = seen.width() as u16;
    if foot.width > width + 60 {
        let place = Rect { x: foot.right() - width, width, ..foot };
        Pen::new(buf, place).put(theme.style(Role::Dim), &seen);
    }
}

/// The pages' names, or what is searched for.
fn draw_top(place: Rect, buf: &mut Buffer, theme: &Theme, help: &Help) {
    if help.typing || !help.search.text().is_empty() {
        let (before, behind) = help.search.around_cursor();
        let mut pen = Pen::new(buf, place);
        pen.put(theme.style(Role::Key), "Search: ").put(theme.style(Role::Text), before);
        if help.typing {
            let under = behind.chars().next().map_or(0, char::len_utf8);
            let (under, rest) = behind.split_at_checked(under).unwrap_or(("", behind));
            let under = if under.is_empty() { " " } else { under };
            pen.put(theme.style(Role::Selection), under).put(theme.style(Role::Text), rest);
        } else {
            pen.put(theme.style(Role::Text), behind);
        }
        return;
    }
    for (at, page) in tabs(place) {
        let shown = page == help.page;
        let style = theme.style(if shown { Role::Strong } else { Role::Dim });
        let (open, close) = if shown { ("[", "]") } else { (" ", " ") };
        let mut pen = Pen::new(buf, at);
        pen.put(style, open).fmt(theme.style(Role::Key), format_args!("{} ", page.chord()));
        pen.put(style, page.title()).put(style, close);
    }
}

/// A row of the page.
enum Row {
    /// Over a group.
    Heading(&'static str),
    /// A name, where it is the first row of what is said of it, and a part of that.
    Text(String, String),
}

/// The rows that a line takes in `width` cells.
fn rows(line: &HelpLine, width: usize) -> Vec<Row> {
    match line {
        HelpLine::Heading(text) => vec![Row::Heading(text)],
        HelpLine::Entry { name, text, .. } => {
            let room = width.saturating_sub(NAME + GAP).max(8);
            let mut rows = Vec::new();
            let mut rest = text.as_str();
            loop {
                let part = broken(rest, room);
                let name = if rows.is_empty() { fitted(name, NAME) } else { String::new() };
                rows.push(Row::Text(name, part.to_owned()));
                rest = rest.get(part.len()..).unwrap_or("").trim_start();
                if rest.is_empty() || part.is_empty() {
                    return rows;
                }
            }
        }
    }
}
