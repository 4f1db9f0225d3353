//! Who the inspector is about, and the tabs of its pages.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::app::{Action, App, Hit, Inspector};
use crate::catalog::inspect::state_word;
use crate::catalog::{Cell, state_role};
use crate::model::inspect::Page;
use crate::model::{Role, units};
use crate::view::Theme;
use crate::view::pen::Pen;

/// Cells between two tabs where there is room.
const GAP: u16 = 2;

/// The names of the pages on their tabs, at full length, in short, and where there is hardly room.
const NAMES: [(Page, [&str; 3]); 13] = [
    (Page::Overview, ["Overview", "Overview", "Overview"]),
    (Page::Threads, ["Threads", "Threads", "Threads"]),
    (Page::Files, ["Files", "Files", "Files"]),
    (Page::Environment, ["Environment", "Environ", "Env"]),
    (Page::Command, ["Command", "Command", "Cmd"]),
    (Page::Memory, ["Memory", "Memory", "Mem"]),
    (Page::Limits, ["Limits", "Limits", "Limit"]),
    (Page::Cgroup, ["Cgroup", "Cgroup", "Cgrp"]),
    (Page::Namespaces, ["Namespaces", "Ns", "Ns"]),
    (Page::Signals, ["Signals", "Signals", "Sig"]),
    (Page::Locks, ["Locks", "Locks", "Lock"]),
    (Page::Scheduling, ["Scheduling", "Sched", "Sched"]),
    (Page::Ancestry, ["Why it runs", "Why", "Why"]),
];

/// Draws the process: who it is and how it stands.
pub(super) fn draw_who(area: Rect, buf: &mut Buffer, theme: &Theme, inspector: &Inspector) {
    let mut cell = Cell::new();
    let target = &inspector.target;
    let between = theme.glyphs().between();
    cell.push_fmt(Role::Strong, format_args!("{} ", target.id.pid));
    let seen = inspector.seen.as_ref();
    let name = seen.map_or(&target.name, |proc| &*proc.task.comm);
    cell.push_foreign(Role::Title, name.bytes(), 24);
    let part = |cell: &mut Cell| {
        cell.push(Role::Dim, " ");
        cell.push(Role::Dim, between);
        cell.push(Role::Dim, " ");
    };
    let user = seen.and_then(|proc| proc.task.user.as_ref());
    if let Some(user) = user.or(target.owner.as_ref().map(|owner| &owner.name)) {
        part(&mut cell);
        cell.push(Role::Dim, "user ");
        cell.push_foreign(Role::Text, user.bytes(), 16);
    }
    if let Some(over) = inspector.over {
        part(&mut cell);
        cell.push(Role::Bad, &over.sentence());
    }
    if let Some(proc) = seen {
        let task = &proc.task;
        if inspector.over.is_none() {
            part(&mut cell);
            cell.push(state_role(task.state), state_word(task.state));
        }
        part(&mut cell);
        cell.push(Role::Dim, "CPU ");
        let heat = proc.cpu.map_or(Role::Dim, Role::heat_of_percent);
        cell.push_with(heat, |out| {
            units::percent(proc.cpu, out);
            out.push_str(" %");
        });
        part(&mut cell);
        cell.push(Role::Dim, "RES ");
        match task.memory.known() {
            Some(memory) => cell.push_with(Role::Text, |out| units::bytes(memory.resident, out)),
            None => cell.push_unknown(),
        }
        if let Some(age) = inspector.age {
            part(&mut cell);
            cell.push(Role::Dim, "age ");
            cell.push_with(Role::Text, |out| units::span(age, out));
        }
        if let Some(command) = task.command.known() {
            part(&mut cell);
            cell.push_foreign(Role::Dim, command.line.bytes(), usize::from(area.width));
        }
    }
    Pen::new(buf, area).skip(1).cell(theme, &cell);
}

/// The keys of the tabs, their names, and where each stands.
fn tabs(area: Rect, app: &App) -> impl Iterator<Item = (Rect, Page, String, &'static str)> {
    let all: Vec<(Page, String, [&'static str; 3])> = NAMES
        .into_iter()
        .map(|(page, names)| {
            let key = app.keymap.keys(crate::app::Screen::Inspector, Action::to_page(page)).next();
            (page, key.map_or_else(String::new, |key| key.to_string()), names)
        })
        .collect();
    // Key, blank, name, and what stands between two; in less room without that.
    let forms = [(0, 1, GAP), (1, 1, 1), (2, 0, 1)];
    let width_of = |(form, blank, gap): (usize, u16, u16)| {
        let one = |(_, key, names): &(Page, String, [&'static str; 3])| {
            key.width() as u16 + blank + names.get(form).map_or(0, |name| name.width() as u16) + gap
        };
        all.iter().map(one).sum::<u16>().saturating_sub(gap)
    };
    let (form, blank, gap) = forms.into_iter().find(|form| width_of(*form) < area.width).unwrap_or((2, 0, 1));
    let spare = area.width.saturating_sub(width_of((form, blank, gap)));
    let mut x = area.x + spare.min(1);
    all.into_iter().map(move |(page, key, names)| {
        let name = names.get(form).copied().unwrap_or_default();
        let width = key.width() as u16 + blank + name.width() as u16;
        let place = Rect { x, width, ..area }.intersection(area);
        x = x.saturating_add(width + gap);
        (place, page, key, name)
    })
}

/// Draws the tabs.
pub(super) fn draw_tabs(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, shown: Page) {
    for (place, page, key, name) in tabs(area, app) {
        let blank = usize::from(place.width) > key.width() + name.width();
        if page == shown {
            let style = theme.style(Role::Selection);
            let mut pen = Pen::new(buf, place);
            pen.put(style, &key).put(style, if blank { " " } else { "" }).put(style, name);
        } else {
            let mut pen = Pen::new(buf, place);
            pen.put(theme.style(Role::Key), &key).skip(u16::from(blank)).put(theme.style(Role::Dim), name);
        }
    }
}

/// Which tab lies at column `x`.
pub(super) fn hit_tabs(area: Rect, app: &App, x: u16) -> Hit {
    let found = tabs(area, app).find(|(place, ..)| (place.x..place.right()).contains(&x));
    found.map_or(Hit::Nothing, |(_, page, ..)| Hit::Page(page))
}
