//! What can lie above a screen: help, menus, the signal dialog.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::Theme;
use super::pen::Pen;
use crate::app::{Action, Aim, Aimed, App, Hit, Layer, Menu, MenuPurpose, Screen, SignalMenu};
use crate::model::{DefaultAction, Disposition, Role, Signal, units};

/// Draws the open layer, if there is one that has a box.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App) {
    match &app.layer {
        Some(Layer::Help(scroll)) => draw_help(area, buf, theme, app, *scroll),
        Some(Layer::Menu(menu)) => draw_menu(area, buf, theme, menu),
        Some(Layer::Signal(menu)) => draw_signals(area, buf, theme, menu),
        Some(Layer::Line(_)) | None => {}
    }
}

/// What lies at (`x`, `y`) of the open layer; `None` where no layer with a box is open.
pub(super) fn hit(area: Rect, app: &App, x: u16, y: u16) -> Option<Hit> {
    let inside = |rect: Rect| rect.contains((x, y).into());
    let (outer, list, first, count) = match &app.layer {
        Some(Layer::Help(_)) => (help_rect(area), Rect::ZERO, 0, 0),
        Some(Layer::Menu(menu)) => {
            let outer = menu_rect(area, menu);
            let list = inner(outer);
            (outer, list, first_shown(menu.at, menu.items.len(), list.height), menu.items.len())
        }
        Some(Layer::Signal(menu)) => {
            let outer = signal_rect(area, menu);
            let list = signal_list(outer, menu);
            (outer, list, first_shown(menu.at, menu.signals.len(), list.height), menu.signals.len())
        }
        Some(Layer::Line(_)) | None => return None,
    };
    if inside(list) {
        let item = first + usize::from(y - list.y);
        return Some(if item < count { Hit::Item(item) } else { Hit::Layer });
    }
    Some(if inside(outer) { Hit::Layer } else { Hit::Nothing })
}

/// The first item in view when `at` must be, of `count` in `height` rows.
fn first_shown(at: usize, count: usize, height: u16) -> usize {
    let height = usize::from(height.max(1));
    at.saturating_sub(height / 2).min(count.saturating_sub(height))
}

fn inner(outer: Rect) -> Rect {
    Rect {
        x: outer.x.saturating_add(2),
        y: outer.y.saturating_add(1),
        width: outer.width.saturating_sub(4),
        height: outer.height.saturating_sub(2),
    }
}

/// A box with a title, emptied.
fn draw_box(outer: Rect, buf: &mut Buffer, theme: &Theme, title: &str) -> Rect {
    let outer = outer.intersection(buf.area);
    Clear.render(outer, buf);
    let style = theme.style(Role::Dialog);
    buf.set_style(outer, style);
    let kind = if theme.glyphs().unicode() { BorderType::Rounded } else { BorderType::Plain };
    let mut block = Block::bordered().border_type(kind).border_style(theme.style(Role::Border));
    if !theme.glyphs().unicode() {
        block = block.border_set(ratatui::symbols::border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        });
    }
    block.render(outer, buf);
    let bar = Rect {
        x: outer.x.saturating_add(2),
        width: outer.width.saturating_sub(4),
        height: 1.min(outer.height),
        ..outer
    };
    Pen::new(buf, bar)
        .put(theme.style(Role::Title), " ")
        .put(theme.style(Role::Title), title)
        .put(theme.style(Role::Title), " ");
    inner(outer).intersection(buf.area)
}

fn row(area: Rect, i: usize) -> Rect {
    let y = area.y.saturating_add(u16::try_from(i).unwrap_or(u16::MAX));
    if y >= area.bottom() { Rect { height: 0, ..area } } else { Rect { y, height: 1, ..area } }
}

// Menus

fn menu_rect(area: Rect, menu: &Menu) -> Rect {
    let label = menu.items.iter().map(|item| item.label.chars().count()).max().unwrap_or(8);
    let detail = menu.items.iter().map(|item| item.detail.chars().count()).max().unwrap_or(0);
    let width = u16::try_from(label + 2 + detail + 4).unwrap_or(u16::MAX).max(24).min(area.width);
    let height =
        u16::try_from(menu.items.len() + 2).unwrap_or(u16::MAX).min(area.height.saturating_sub(2).max(3));
    Rect {
        x: area.x,
        y: area.bottom().saturating_sub(height + 2).max(area.y),
        width,
        height: height.min(area.height),
    }
}

fn draw_menu(area: Rect, buf: &mut Buffer, theme: &Theme, menu: &Menu) {
    let title = match menu.purpose {
        MenuPurpose::Sort => "Sort by",
        MenuPurpose::User => "Show processes of",
    };
    let list = draw_box(menu_rect(area, menu), buf, theme, title);
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

// The signal dialog

/// Targets that are named one by one; the rest is counted.
const NAMED_TARGETS: usize = 4;

fn target_rows(menu: &SignalMenu) -> u16 {
    let named = menu.targets.len().min(NAMED_TARGETS);
    (1 + named + usize::from(menu.targets.len() > NAMED_TARGETS) + menu.warnings.len()) as u16
}

fn signal_rect(area: Rect, menu: &SignalMenu) -> Rect {
    let width = 78.min(area.width);
    // Targets, a rule, twelve signals, a rule, the keys, and the frame.
    let height = (target_rows(menu) + 12 + 5).min(area.height);
    area.centered(ratatui::layout::Constraint::Length(width), ratatui::layout::Constraint::Length(height))
}

fn signal_list(outer: Rect, menu: &SignalMenu) -> Rect {
    let inside = inner(outer);
    let top = (target_rows(menu) + 1).min(inside.height);
    let height = inside.height.saturating_sub(top + 2);
    Rect { y: inside.y + top, height, ..inside }
}

fn draw_signals(area: Rect, buf: &mut Buffer, theme: &Theme, menu: &SignalMenu) {
    let outer = signal_rect(area, menu);
    let inside = draw_box(outer, buf, theme, "Send a signal");
    let mut line = 0;
    draw_summary(row(inside, line), buf, theme, menu);
    for aimed in menu.targets.iter().take(NAMED_TARGETS) {
        line += 1;
        draw_target(row(inside, line), buf, theme, aimed);
    }
    if let Some(more) = menu.targets.len().checked_sub(NAMED_TARGETS).filter(|more| *more > 0) {
        line += 1;
        Pen::new(buf, row(inside, line)).fmt(theme.style(Role::Dim), format_args!("     and {more} more"));
    }
    for warning in &menu.warnings {
        line += 1;
        Pen::new(buf, row(inside, line))
            .put(theme.style(Role::Bad), "  ! ")
            .put(theme.style(Role::Bad), warning);
    }
    let list = signal_list(outer, menu).intersection(buf.area);
    let first = first_shown(menu.at, menu.signals.len(), list.height);
    for (i, signal) in menu.signals.iter().enumerate().skip(first).take(usize::from(list.height)) {
        draw_signal(row(list, i - first), buf, theme, menu, *signal, i == menu.at);
    }
    let keys = Rect { y: inside.bottom().saturating_sub(1), height: 1.min(inside.height), ..inside };
    let mut pen = Pen::new(buf, keys);
    for (key, what) in [("Enter", " send   "), ("Esc", " cancel   "), ("0-9 A-Z", " choose")] {
        pen.put(theme.style(Role::Key), key).put(theme.style(Role::Text), what);
    }
}

fn draw_summary(area: Rect, buf: &mut Buffer, theme: &Theme, menu: &SignalMenu) {
    let ready = menu.ready();
    let mut pen = Pen::new(buf, area);
    pen.put(theme.style(Role::Dim), "to ");
    let noun = if menu.targets.len() == 1 { "process" } else { "processes" };
    pen.fmt(theme.style(Role::Strong), format_args!("{ready} {noun}"));
    if ready < menu.targets.len() {
        pen.fmt(theme.style(Role::Warn), format_args!(" of {}", menu.targets.len()));
    }
    let total: f64 = menu.targets.iter().filter_map(|aimed| aimed.cpu).sum();
    let memory: u64 = menu.targets.iter().filter_map(|aimed| aimed.resident).sum();
    let mut size = String::new();
    units::bytes(memory, &mut size);
    pen.fmt(theme.style(Role::Text), format_args!(", {total:.1} % CPU, {size}"));
}

fn draw_target(area: Rect, buf: &mut Buffer, theme: &Theme, aimed: &Aimed) {
    let (role, note) = match &aimed.aim {
        Aim::Checking => (Role::Text, "checking …"),
        Aim::Ready(_) => (Role::Strong, ""),
        Aim::Gone => (Role::Dim, "has ended"),
        Aim::Refused(_) => (Role::Dim, "cannot be hit"),
    };
    let mut pen = Pen::new(buf, area);
    pen.fmt(theme.style(role), format_args!("{:>8} {}", aimed.target.id.pid, aimed.target.name.show(32)));
    let user = aimed.user.as_ref().map_or_else(String::new, |user| user.show(16));
    let mut age = String::new();
    if let Some(seconds) = aimed.age {
        units::span(seconds, &mut age);
    }
    pen.fmt(theme.style(Role::Dim), format_args!("  {user}  {age}  "));
    pen.put(theme.style(Role::Warn), note);
}

fn draw_signal(area: Rect, buf: &mut Buffer, theme: &Theme, menu: &SignalMenu, signal: Signal, chosen: bool) {
    let over = chosen.then(|| theme.style(Role::Selection));
    if let Some(style) = over {
        buf.set_style(area.intersection(buf.area), style);
    }
    let style = |role: Role| over.unwrap_or_else(|| theme.style(role));
    let mut pen = Pen::new(buf, area);
    pen.fmt(style(Role::Text), format_args!("{:>3} {:<13}", signal.number(), signal.name()));
    pen.fmt(style(Role::Dim), format_args!("{:<26}", default_action(signal)));
    let count = |is: fn(&Disposition, Signal) -> bool| {
        menu.targets.iter().filter(|t| matches!(&t.aim, Aim::Ready(d) if is(d, signal))).count()
    };
    let all = menu.targets.len();
    let notes = [
        (count(|d, s| d.ignored.is_some_and(|set| set.has(s))), "ignores it", Role::Warn),
        (count(|d, s| d.blocked.is_some_and(|set| set.has(s))), "blocks it", Role::Warn),
        (count(|d, s| d.caught.is_some_and(|set| set.has(s))), "catches it", Role::Dim),
    ];
    for (n, what, role) in notes.iter().filter(|(n, ..)| *n > 0) {
        if all == 1 {
            pen.fmt(style(*role), format_args!("{what} "));
        } else {
            pen.fmt(style(*role), format_args!("{n} of {all} {what} "));
        }
    }
}

fn default_action(signal: Signal) -> &'static str {
    if signal == Signal::KILL {
        return "ends it, always";
    }
    if signal == Signal::STOP {
        return "stops it, always";
    }
    match signal.default_action() {
        DefaultAction::Ends => "ends it",
        DefaultAction::Dumps => "ends it, writes a core",
        DefaultAction::Ignored => "does nothing by default",
        DefaultAction::Stops => "stops it",
        DefaultAction::Continues => "continues it",
    }
}

// Help

fn help_rect(area: Rect) -> Rect {
    let width = 100.min(area.width);
    area.centered_horizontally(ratatui::layout::Constraint::Length(width))
}

fn draw_help(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, scroll: usize) {
    let version = env!("CARGO_PKG_VERSION");
    let inside = draw_box(help_rect(area), buf, theme, &format!("glowtop {version} keys"));
    let lines: Vec<(String, &str)> = Action::ALL
        .iter()
        .map(|action| {
            let mut keys = String::new();
            let (here, there) = match app.screen {
                Screen::Processes => (Screen::Processes, Screen::Lab),
                Screen::Lab => (Screen::Lab, Screen::Processes),
            };
            let elsewhere = app.keymap.keys(here, *action).next().is_none();
            for chord in app.keymap.keys(if elsewhere { there } else { here }, *action) {
                if !keys.is_empty() {
                    keys.push(' ');
                }
                keys.push_str(&chord.to_string());
            }
            if elsewhere {
                keys.push_str(if there == Screen::Lab { " (lab)" } else { " (processes)" });
            }
            (keys, action.help())
        })
        .collect();
    let rows = usize::from(inside.height.saturating_sub(1));
    let first = scroll.min(lines.len().saturating_sub(rows));
    for (i, (keys, help)) in lines.iter().enumerate().skip(first).take(rows) {
        let mut pen = Pen::new(buf, row(inside, i - first));
        pen.fmt(theme.style(Role::Key), format_args!("{keys:>17}"));
        pen.skip(2).put(theme.style(Role::Text), help);
    }
    let foot = Rect { y: inside.bottom().saturating_sub(1), height: 1.min(inside.height), ..inside };
    let more = if first + rows < lines.len() { "Down, PgDn: more    " } else { "" };
    Pen::new(buf, foot).put(theme.style(Role::Dim), more).put(theme.style(Role::Dim), "any other key closes");
}
