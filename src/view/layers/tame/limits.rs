//! The form: OOM score adjustment, `cpu.max` and `memory.high`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Parts;
use super::{put_now, row};
use crate::app::{Field, Holds, LimitForm, Now, TameMenu, What};
use crate::model::{Role, Untrusted};
use crate::view::Theme;
use crate::view::pen::Pen;

/// Cells of the names of the fields.
const NAME: u16 = 26;
/// Cells of what is typed.
const ROOM: u16 = 12;

/// Draws the fields, and the cgroup that two of them are about.
pub(super) fn draw(parts: &Parts, buf: &mut Buffer, theme: &Theme, menu: &TameMenu, form: &LimitForm) {
    let fields = form.fields(&menu.aims);
    let entered = form.at(&fields);
    for (at, field) in fields.iter().enumerate() {
        draw_field(row(parts.list, at), buf, theme, field, at == entered, menu.root);
    }
    // What is off anyway needs no explanation.
    if fields.iter().any(|field| field.what != What::OomScoreAdj && field.off.is_none()) {
        draw_cgroup(parts.notes, buf, theme, form.cgroup(&menu.aims), form.holds.as_ref());
    }
}

fn draw_field(area: Rect, buf: &mut Buffer, theme: &Theme, field: &Field, entered: bool, root: bool) {
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    let name = match field.what {
        What::OomScoreAdj => "OOM score adjustment",
        What::CpuMax => "cpu.max of the cgroup",
        What::MemoryHigh => "memory.high of the cgroup",
    };
    let end = area.x.saturating_add(NAME + 2);
    let mut pen = Pen::new(buf, area);
    if let Some(reason) = field.off {
        pen.skip(2).put(dim, name);
        pen.skip(end.saturating_sub(pen.x()).max(1)).put(dim, reason);
        return;
    }
    pen.put(theme.style(Role::Key), if entered { "▸ " } else { "  " });
    pen.put(if entered { theme.style(Role::Strong) } else { text }, name);
    pen.skip(end.saturating_sub(pen.x()).max(1)).put(dim, "[");
    let place = Rect { x: pen.x(), width: ROOM.min(pen.left()), ..area };
    pen.skip(ROOM).put(dim, "]").skip(1);
    if field.is_changed() || field.now == Now::Different {
        pen.put(dim, "now: ");
        put_now(&mut pen, theme, &field.now);
        if !root && field.may_need_rights() {
            pen.put(theme.style(Role::Warn), "  may need rights");
        }
    } else {
        let wanted = match field.what {
            What::OomScoreAdj => "-1000 (never) to 1000 (first)",
            What::CpuMax => "% of one CPU; empty: no limit",
            What::MemoryHigh => "K M G T; empty: no limit",
        };
        pen.put(dim, wanted);
    }
    draw_typed(place, buf, theme, field, entered);
}

/// Draws what is typed into a field so that the cursor is in sight.
fn draw_typed(area: Rect, buf: &mut Buffer, theme: &Theme, field: &Field, entered: bool) {
    let role = match (field.is_bad(), field.is_changed()) {
        (true, _) => Role::Bad,
        (false, true) => Role::Strong,
        (false, false) => Role::Text,
    };
    let style = theme.style(role);
    let (before, after) = field.edit.around_cursor();
    let hidden = (before.chars().count() + 1).saturating_sub(usize::from(area.width));
    let mut pen = Pen::scrolled(buf, area, if entered { hidden } else { 0 });
    pen.put(style, before);
    if !entered {
        pen.put(style, after);
        return;
    }
    let mut rest = after.chars();
    let under = rest.next().unwrap_or(' ');
    pen.put(theme.style(Role::Selection), under.encode_utf8(&mut [0; 4])).put(style, rest.as_str());
}

fn draw_cgroup(area: Rect, buf: &mut Buffer, theme: &Theme, cgroup: Now<&Untrusted>, holds: Option<&Holds>) {
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    let mut pen = Pen::new(buf, row(area, 1));
    match cgroup {
        Now::Same(path) => {
            pen.put(dim, "cgroup ").put(text, &path.show(usize::from(area.width)));
        }
        Now::Different => {
            pen.put(text, "They are in different cgroups, and each of those is limited.");
        }
        Now::Checking | Now::Unknown => {}
    }
    let Some(holds) = holds else { return };
    let mut pen = Pen::new(buf, row(area, 2));
    if cgroup == Now::Different {
        pen.put(dim, "The first one's ");
    } else if let Some(unit) = &holds.unit {
        pen.put(dim, "It is ").put(text, &unit.show(24)).put(dim, ", and ");
    } else {
        pen.put(dim, "It ");
    }
    match holds.count {
        0 => pen.put(dim, "holds nobody knows how many processes."),
        1 => pen.put(text, "holds this process alone."),
        count => pen
            .fmt(theme.style(Role::Warn), format_args!("holds {count} processes"))
            .put(text, ": all of them are slowed."),
    };
    if holds.us {
        Pen::new(buf, row(area, 3)).put(theme.style(Role::Bad), "! glowtop itself is in it");
    }
}
