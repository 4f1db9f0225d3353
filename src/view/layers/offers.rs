//! What Tab offers in a line of input: a list above that line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::{draw_box, first_shown, inner, list_hit, row};
use crate::app::{Hit, Offers};
use crate::model::Role;
use crate::view::Theme;
use crate::view::pen::Pen;

/// Rows of the list at most, so that the table above it can still be seen.
const ROWS: usize = 10;

fn widest(offers: &Offers) -> usize {
    offers.list.iter().map(|offer| offer.text.width()).max().unwrap_or(0)
}

/// Where the list stands: at the left, above the last two rows.
fn rect(area: Rect, offers: &Offers) -> Rect {
    let help = offers.list.iter().map(|offer| offer.help.width()).max().unwrap_or(0);
    let width = u16::try_from(widest(offers) + 2 + help + 4).unwrap_or(u16::MAX).max(20).min(area.width);
    let height = (offers.list.len().min(ROWS) + 2) as u16;
    let height = height.min(area.height.saturating_sub(2).max(3)).min(area.height);
    Rect { x: area.x, y: area.bottom().saturating_sub(height + 2).max(area.y), width, height }
}

fn first(offers: &Offers, list: Rect) -> usize {
    first_shown(offers.at.unwrap_or(0), offers.list.len(), list.height)
}

/// What lies at (`x`, `y`); `None` beside the list.
pub(super) fn hit(area: Rect, offers: &Offers, x: u16, y: u16) -> Option<Hit> {
    let outer = rect(area, offers);
    let list = inner(outer);
    let inside = outer.contains((x, y).into());
    inside.then(|| list_hit(outer, list, first(offers, list), offers.list.len(), x, y))
}

/// Draws the list.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, offers: &Offers) {
    let list = draw_box(rect(area, offers), buf, theme, "Tab chooses");
    let first = first(offers, list);
    let widest = widest(offers);
    for (i, offer) in offers.list.iter().enumerate().skip(first).take(usize::from(list.height)) {
        let place = row(list, i - first);
        let chosen = offers.at == Some(i);
        let (text, help) = if chosen { (Role::Selection, Role::Selection) } else { (Role::Text, Role::Dim) };
        if chosen {
            buf.set_style(place.intersection(buf.area), theme.style(Role::Selection));
        }
        let mut pen = Pen::new(buf, place);
        pen.put(theme.style(text), &offer.text);
        pen.skip(u16::try_from(widest + 2 - offer.text.width()).unwrap_or(0));
        pen.put_cut(theme.style(help), &offer.help);
    }
}
