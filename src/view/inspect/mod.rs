//! The inspector: who it is about, the tabs, the list of the page, and on the overview the graphs above it.
//!
//! `head` draws the process and the tabs, `list` any page, `graphs` what the overview has seen. The plan says where each
//! stands, for drawing and for the mouse alike.

mod graphs;
mod head;
mod list;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Theme;
use super::pen::Pen;
use crate::app::{App, Hit, Inspector};
use crate::model::Role;
use crate::model::inspect::Page;

/// With so many rows the row under the cursor is shown in full at the foot, and with so many in two rows.
const FOOTED: u16 = 12;
const ROOMY: u16 = 16;
/// From so many columns on the threads stand beside the overview.
const BESIDE: u16 = 160;

/// Where each part stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Plan {
    /// Who it is.
    who: Rect,
    /// The tabs.
    tabs: Rect,
    /// The graphs of the overview.
    graphs: Rect,
    /// The CPU use of each thread, beside everything or below the graphs.
    lanes: Rect,
    /// The list.
    list: Rect,
    /// The row under the cursor in full.
    foot: Rect,
}

impl Plan {
    fn new(area: Rect, page: Page) -> Plan {
        let mut rest = area;
        let mut take = |rows: u16| {
            let height = rows.min(rest.height);
            let part = Rect { height, ..rest };
            rest.y += height;
            rest.height -= height;
            part
        };
        let (who, tabs) = (take(1), take(1));
        // Air before the list, where there is some to spare.
        take(u16::from(area.height >= FOOTED));
        let (mut graphs, mut lanes) = (Rect::default(), Rect::default());
        let mut column = rest;
        if page == Page::Overview {
            if area.width >= BESIDE {
                let left = area.width * 3 / 5;
                lanes = Rect { x: column.x + left, width: area.width - left, ..column };
                column.width = left - 2;
            }
            let rows = graphs::rows(column);
            graphs = Rect { height: rows, ..column };
            column.y += rows;
            column.height -= rows;
            if lanes.width == 0 {
                let rows = graphs::lane_rows(column);
                lanes = Rect { height: rows, ..column };
                column.y += rows;
                column.height -= rows;
            }
        }
        // A rule, and the text.
        let foot = match column.height {
            ROOMY.. => 3,
            FOOTED.. => 2,
            _ => 0,
        };
        let list = Rect { height: column.height - foot, ..column };
        let foot = Rect { y: list.bottom(), height: foot, ..column };
        Plan { who, tabs, graphs, lanes, list, foot }
    }
}

/// The lines that the list has in `area`.
pub(super) fn rows(area: Rect, inspector: &Inspector) -> usize {
    usize::from(Plan::new(area, inspector.page).list.height)
}

/// Draws all of it.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, inspector: &Inspector) {
    let area = area.intersection(buf.area);
    let plan = Plan::new(area, inspector.page);
    head::draw_who(plan.who, buf, theme, inspector);
    head::draw_tabs(plan.tabs, buf, theme, app, inspector.page);
    if inspector.page == Page::Overview {
        graphs::draw(plan.graphs, buf, theme, inspector);
        graphs::draw_lanes(plan.lanes, buf, theme, inspector);
    }
    list::draw(plan.list, plan.foot, buf, theme, app, inspector);
    if inspector.over.is_some() {
        // What was last seen stays, and is told from what is.
        for part in [plan.graphs, plan.lanes, plan.list, plan.foot] {
            fade(part, buf, theme);
        }
    }
}

/// What lies at (`x`, `y`).
pub(super) fn hit(area: Rect, app: &App, inspector: &Inspector, x: u16, y: u16) -> Hit {
    let plan = Plan::new(area, inspector.page);
    let inside = |part: Rect| part.contains((x, y).into());
    if inside(plan.tabs) {
        return head::hit_tabs(plan.tabs, app, x);
    }
    if inside(plan.list) {
        let line = inspector.first() + usize::from(y - plan.list.y);
        let title = list::title_at(plan.list, app, inspector, line, x);
        return title.map_or(Hit::Line(line), Hit::Title);
    }
    Hit::Nothing
}

/// Draws in one quiet colour what is there.
fn fade(area: Rect, buf: &mut Buffer, theme: &Theme) {
    buf.set_style(area.intersection(buf.area), theme.style(Role::Dim));
}

/// What the line that speaks says while nothing else is to be said.
pub(super) fn state(pen: &mut Pen<'_>, theme: &Theme, app: &App, inspector: &Inspector) {
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    if let Some(over) = inspector.over {
        pen.put(theme.style(Role::Warn), &over.sentence());
        pen.put(dim, " What was last seen of it stays here.");
        return;
    }
    if !inspector.filter.is_empty() {
        pen.put(dim, "rows with ").put(text, &inspector.filter).put(dim, "  ");
    }
    let (shown, all) = inspector.counts();
    match inspector.shown() {
        None => _ = pen.put(dim, "reading"),
        Some(_) if shown < all => _ = pen.fmt(dim, format_args!("{shown} of {all} rows")),
        Some(_) => _ = pen.fmt(dim, format_args!("row {} of {all}", (inspector.at() + 1).min(all))),
    }
    // A look that is older than it should be says so.
    if let Some(age) = inspector.age(app.now).filter(|age| *age >= (app.delay * 2.5).max(2.0)) {
        pen.fmt(theme.style(Role::Warn), format_args!("  read {age:.0} s ago"));
    }
    if inspector.depth() > 0 {
        let key = app.keymap.keys(app.place(), crate::app::Action::InspectBack).next();
        if let Some(key) = key {
            pen.fmt(dim, format_args!("  {key}: back to the process before"));
        }
    }
}
