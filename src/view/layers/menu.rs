//! A menu: a list of items, one of them chosen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::{draw_box, first_shown, inner, list_hit, row};
use crate::app::{App, Hit, Menu, MenuPurpose};
use crate::model::Role;
use crate::view::Theme;
use crate::view::pen::Pen;

/// Where the menu stands: at the left, above the last two rows.
fn rect(area: Rect, title: &str, menu: &Menu) -> Rect {
    let label = menu.items.iter().map(|item| item.label.chars().count()).max().unwrap_or(8);
    let detail = menu.items.iter().map(|item| item.detail.chars().count()).max().unwrap_or(0);
    let least = 24.max(title.width() + 6);
    let width = u16::try_from(least.max(label + 2 + detail + 4)).unwrap_or(u16::MAX).min(area.width);
    let height =
        u16::try_from(menu.items.len() + 2).unwrap_or(u16::MAX).min(area.height.saturating_sub(2).max(3));
    Rect {
        x: area.x,
        y: area.bottom().saturating_sub(height + 2).max(area.y),
        width,
        height: height.min(area.height),
    }
}

/// What lies at (`x`, `y`).
pub(super) fn hit(area: Rect, app: &App, menu: &Menu, x: u16, y: u16) -> Hit {
    let outer = rect(area, &title(app, menu), menu);
    let list = inner(outer);
    let (first, count) = (first_shown(menu.at, menu.items.len(), list.height), menu.items.len());
    list_hit(outer, list, first, count, x, y)
}

/// What the menu is for; of acts, whom they would reach now.
fn title(app: &App, menu: &Menu) -> String {
    match menu.purpose {
        MenuPurpose::Sort => "Sort by".to_owned(),
        MenuPurpose::Clash => "Changed here, and meanwhile in the file".to_owned(),
        MenuPurpose::Group => "One row for each".to_owned(),
        MenuPurpose::Copy => match (app.table.tagged(), app.table.selected(&app.snapshot)) {
            (0, Some(one)) => format!("Copy of {} {}", one.task.id.pid, one.task.comm.show(24)),
            (count, _) => format!("Copy of {count} tagged rows"),
        },
        MenuPurpose::User => "Show processes of".to_owned(),
        MenuPurpose::View => "Saved views".to_owned(),
        MenuPurpose::Act => match app.table.targets(&app.snapshot).as_slice() {
            [] => "Do to nobody".to_owned(),
            [one] => format!("Do to {} {}", one.id.pid, one.name.show(24)),
            many => match app.table.targets_in_common(&app.snapshot) {
                Some(common) => format!("Do to {} processes of {common}", many.len()),
                None => format!("Do to {} tagged processes", many.len()),
            },
        },
    }
}

/// Draws the menu.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, menu: &Menu) {
    let title = title(app, menu);
    let list = draw_box(rect(area, &title, menu), buf, theme, &title);
    let first = first_shown(menu.at, menu.items.len(), list.height);
    let widest = menu.items.iter().map(|item| item.label.chars().count()).max().unwrap_or(0);
    for (i, item) in menu.items.iter().enumerate().skip(first).take(usize::from(list.height)) {
        let place = row(list, i - first);
        let chosen = i == menu.at;
        let (label, detail) =
            if chosen { (Role::Selection, Role::Selection) } else { (Role::Text, Role::Dim) };
        if chosen {
            buf.set_style(place.intersection(buf.area), theme.style(Role::Selection));
        }
        let mut pen = Pen::new(buf, place);
        pen.put(theme.style(label), &item.label);
        pen.skip(u16::try_from(widest + 2 - item.label.chars().count()).unwrap_or(0));
        pen.put(theme.style(detail), &item.detail);
    }
}
