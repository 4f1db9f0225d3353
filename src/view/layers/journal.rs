//! What was done in this run, and what came of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{draw_box, row};
use crate::app::App;
use crate::model::Role;
use crate::view::Theme;
use crate::view::pen::Pen;

/// Where it stands.
pub(super) fn rect(area: Rect) -> Rect {
    area
}

/// Draws it, the newest first.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, scroll: usize) {
    let inside = draw_box(rect(area), buf, theme, "What was done");
    for (i, entry) in app.journal.newest_first().skip(scroll).take(usize::from(inside.height)).enumerate() {
        Pen::new(buf, row(inside, i)).put(theme.style(Role::Text), &entry.news.sentence());
    }
}
