//! The list of a page: headings, titles, rows in fixed columns, and the row under the cursor in full.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::app::{App, Inspector, Spot};
use crate::catalog::inspect::{Block, Col, Line, Order, Place, Spotted};
use crate::model::{Role, showable};
use crate::view::pen::Pen;
use crate::view::{Theme, bar};

/// Cells between two columns.
const GAP: u16 = 1;
/// Cells left free at the left.
const MARGIN: u16 = 1;

/// Draws the lines in view into `area`, and the row under the cursor into `foot`.
pub(super) fn draw(
    area: Rect,
    foot: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    app: &App,
    inspector: &Inspector,
) {
    if inspector.shown().is_none() {
        let words = if inspector.over.is_some() { "Nothing was read of it." } else { "reading" };
        Pen::new(buf, row(area, 0)).skip(MARGIN).put(theme.style(Role::Dim), words);
        return;
    }
    let sheet = inspector.sheet(&app.context());
    let mut line = Line::new(app.now);
    let first = inspector.first();
    let searched = (!app.searched.is_empty()).then(|| app.searched.to_lowercase());
    for (n, spot) in inspector.spots().iter().enumerate().skip(first).take(usize::from(area.height)) {
        let place = row(area, n - first);
        match spot {
            Spot::Blank => {}
            Spot::Heading(block) => {
                if let Some(block) = sheet.blocks.get(*block) {
                    heading(place, buf, theme, block);
                }
            }
            Spot::Titles(block) => {
                if let Some(block) = sheet.blocks.get(*block) {
                    titles(place, buf, theme, block.cols, inspector.order_of(block));
                }
            }
            Spot::Row(at) => {
                if let Some(block) = sheet.blocks.get(at.block) {
                    block.write(at.row, &mut line);
                    let chosen = inspector.is_chosen(n);
                    draw_row(place, buf, theme, block.cols, &line, chosen, searched.as_deref());
                }
            }
        }
    }
    if inspector.spots().is_empty() {
        let words = if inspector.filter.is_empty() { "There is nothing." } else { "No row has that in it." };
        Pen::new(buf, row(area, 0)).skip(MARGIN).put(theme.style(Role::Dim), words);
    }
    if foot.height > 0
        && let Some(at) = inspector.chosen()
        && sheet.write(at, &mut line)
    {
        draw_foot(foot, buf, theme, &line);
    }
}

fn row(area: Rect, n: usize) -> Rect {
    let y = area.y.saturating_add(u16::try_from(n).unwrap_or(u16::MAX));
    if y >= area.bottom() { Rect { height: 0, ..area } } else { Rect { y, height: 1, ..area } }
}

fn heading(area: Rect, buf: &mut Buffer, theme: &Theme, block: &Block<'_>) {
    let dash = if theme.glyphs().unicode() { "─" } else { "-" };
    let dim = theme.style(Role::Dim);
    let mut pen = Pen::new(buf, area);
    pen.put(dim, dash).skip(1).put(theme.style(Role::Title), block.title).skip(1);
    if !block.remark.is_empty() {
        pen.put(theme.style(Role::Text), &block.remark).skip(1);
    }
    while pen.left() > 0 {
        pen.put(dim, dash);
    }
}

/// The columns that have room in `width` cells, each with where it starts and its width.
fn fit(cols: &'static [Col], width: u16) -> Vec<(usize, u16, u16)> {
    let least = |worst: u8| -> u16 {
        let kept = cols.iter().filter(|col| col.rank <= worst);
        kept.map(|col| col.width + GAP).sum::<u16>() + MARGIN
    };
    let mut worst = cols.iter().map(|col| col.rank).max().unwrap_or(0);
    while worst > 0 && least(worst) > width + GAP {
        worst -= 1;
    }
    let mut x = MARGIN;
    let spare = (width + GAP).saturating_sub(least(worst));
    let kept = cols.iter().enumerate().filter(|(_, col)| col.rank <= worst);
    kept.map(|(n, col)| {
        let wide = if col.grows { col.width + spare } else { col.width };
        let start = x;
        x = x.saturating_add(wide + GAP);
        (n, start, wide)
    })
    .collect()
}

/// The column whose title is at `x` of that line.
pub(super) fn title_at(area: Rect, app: &App, inspector: &Inspector, line: usize, x: u16) -> Option<Spotted> {
    let Some(Spot::Titles(block)) = inspector.spots().get(line) else { return None };
    let sheet = inspector.sheet(&app.context());
    let placed = fit(sheet.blocks.get(*block)?.cols, area.width);
    let x = x.checked_sub(area.x)?;
    let (col, ..) = placed.into_iter().find(|(_, start, wide)| (*start..start + wide + GAP).contains(&x))?;
    Some(Spotted { block: *block, col })
}

fn titles(area: Rect, buf: &mut Buffer, theme: &Theme, cols: &'static [Col], order: Option<Order>) {
    let style = theme.style(Role::Header);
    buf.set_style(area.intersection(buf.area), style);
    for (n, x, width) in fit(cols, area.width) {
        let Some(col) = cols.get(n) else { continue };
        let place = part(area, x, width);
        let sorts = order.filter(|order| order.col == col.id);
        let mark = match sorts.map(|order| (order.down, theme.glyphs().unicode())) {
            None => "",
            Some((true, true)) => "▽",
            Some((false, true)) => "△",
            Some((true, false)) => "v",
            Some((false, false)) => "^",
        };
        // A title that fills its column has its mark in the gap beside it.
        let place = if sorts.is_some() { part(area, x, width + GAP) } else { place };
        let wide = (col.title.width() + mark.width()) as u16;
        let blank = if col.right { width.saturating_sub(wide) } else { 0 };
        let style = if sorts.is_some() { theme.style(Role::HeaderSort) } else { style };
        Pen::new(buf, place).skip(blank).put(style, col.title).put(style, mark);
    }
}

/// The cells from `x` on of a row, as far as they are in it.
fn part(area: Rect, x: u16, width: u16) -> Rect {
    let x = area.x.saturating_add(x).min(area.right());
    Rect { x, width: width.min(area.right() - x), ..area }
}

fn draw_row(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    cols: &'static [Col],
    line: &Line,
    chosen: bool,
    searched: Option<&str>,
) {
    let over = chosen.then(|| theme.style(Role::Selection));
    if let Some(style) = over {
        buf.set_style(area.intersection(buf.area), style);
    }
    if line.leads_to.is_some() {
        let mark = if theme.glyphs().unicode() { "›" } else { ">" };
        Pen::new(buf, area).put(over.unwrap_or(theme.style(Role::Key)), mark);
    }
    for (n, x, width) in fit(cols, area.width) {
        let (Some(col), Some(place)) = (cols.get(n), line.places().get(n)) else { continue };
        let room = part(area, x, width);
        if let Some(of) = &place.bar {
            bar::bare(buf, room, theme, &of.parts, of.total);
            continue;
        }
        let wide = u16::try_from(place.text.width()).unwrap_or(u16::MAX);
        let blank = if col.right { room.width.saturating_sub(wide) } else { 0 };
        let mut pen = Pen::new(buf, room);
        pen.skip(blank);
        let mut end = room.x;
        for (text, role) in place.text.parts() {
            let style = over.unwrap_or_else(|| theme.style(role));
            if text.width() > usize::from(pen.left()) {
                pen.put_cut(style, text);
                end = pen.x();
                break;
            }
            pen.put(style, text);
            end = pen.x();
        }
        if wide > room.width && end < room.right() {
            Pen::new(buf, part(area, end - area.x, room.right() - end)).put(theme.style(Role::Dim), "…");
        }
        if let Some(searched) = searched.filter(|_| !chosen) {
            mark(room, buf, theme, place, blank, searched);
        }
    }
}

/// Marks where the text that was searched for stands.
fn mark(room: Rect, buf: &mut Buffer, theme: &Theme, place: &Place, blank: u16, searched: &str) {
    let text = place.text.text();
    if !text.is_ascii() || !searched.is_ascii() {
        return;
    }
    for piece in searched.split('|').filter(|piece| !piece.is_empty()) {
        let Some(at) = text.to_ascii_lowercase().find(piece) else { continue };
        let start = room.x.saturating_add(blank).saturating_add(at as u16).min(room.right());
        let width = (piece.len() as u16).min(room.right() - start);
        buf.set_style(Rect { x: start, width, ..room }.intersection(buf.area), theme.style(Role::Match));
    }
}

/// The last place of the row, which may be longer than its column, over the rows at the foot.
fn draw_foot(area: Rect, buf: &mut Buffer, theme: &Theme, line: &Line) {
    let dash = if theme.glyphs().unicode() { "─" } else { "-" };
    let mut pen = Pen::new(buf, row(area, 0));
    while pen.left() > 0 {
        pen.put(theme.style(Role::Dim), dash);
    }
    let width = usize::from(area.width.saturating_sub(2 * MARGIN));
    let style = theme.style(Role::Text);
    let mut text = line.text();
    if let Some(need) = line.need() {
        text.push_str("  ");
        text.push_str(&need);
    }
    let mut rest = text.as_str();
    for n in 1..area.height {
        if rest.is_empty() || width == 0 {
            break;
        }
        let mut pen = Pen::new(buf, row(area, usize::from(n)));
        pen.skip(MARGIN);
        if n + 1 == area.height {
            pen.put_cut(style, rest);
            break;
        }
        // It is safe to show, so what fits is its beginning.
        let mut head = String::new();
        showable(rest.as_bytes(), width, &mut head);
        pen.put(style, &head);
        rest = rest.get(head.len()..).unwrap_or("");
    }
}
