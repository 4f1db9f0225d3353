//! The dialogs that tame.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};

use super::{draw_box, row};
use crate::app::{Tame, TameMenu};
use crate::model::Role;
use crate::view::Theme;
use crate::view::pen::Pen;

/// Where the dialog stands.
pub(super) fn rect(area: Rect, _menu: &TameMenu) -> Rect {
    area.centered(Constraint::Length(78.min(area.width)), Constraint::Length(20.min(area.height)))
}

/// Draws the dialog.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, menu: &TameMenu) {
    let title = match menu.tame {
        Tame::IoPriority => "I/O priority",
        Tame::Affinity => "CPUs",
        Tame::Policy => "Scheduling policy",
        Tame::Limits => "Limits",
    };
    let inside = draw_box(rect(area, menu), buf, theme, title);
    Pen::new(buf, row(inside, 0)).put(theme.style(Role::Text), "");
}
