//! The signal dialog: whom it would reach, what it would do to them, and the signals.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};

use super::{draw_box, first_shown, inner, row};
use crate::app::{Aim, Aimed, SignalMenu};
use crate::model::{DefaultAction, Disposition, Role, Signal, units};
use crate::view::Theme;
use crate::view::pen::Pen;

/// Targets that are named one by one; the rest is counted.
const NAMED_TARGETS: usize = 4;

fn target_rows(menu: &SignalMenu) -> u16 {
    let named = menu.aims.targets.len().min(NAMED_TARGETS);
    (1 + named + usize::from(menu.aims.targets.len() > NAMED_TARGETS) + menu.dangers.len()) as u16
}

/// Where the dialog stands.
pub(super) fn rect(area: Rect, menu: &SignalMenu) -> Rect {
    let width = 78.min(area.width);
    // Targets, a rule, twelve signals, a rule, the keys, and the frame.
    let height = (target_rows(menu) + 12 + 5).min(area.height);
    area.centered(Constraint::Length(width), Constraint::Length(height))
}

/// Where the signals stand in a dialog at `outer`.
pub(super) fn list(outer: Rect, menu: &SignalMenu) -> Rect {
    let inside = inner(outer);
    let top = (target_rows(menu) + 1).min(inside.height);
    let height = inside.height.saturating_sub(top + 2);
    Rect { y: inside.y + top, height, ..inside }
}

/// Draws the dialog.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, menu: &SignalMenu) {
    let outer = rect(area, menu);
    let inside = draw_box(outer, buf, theme, "Send a signal");
    let mut line = 0;
    draw_summary(row(inside, line), buf, theme, menu);
    for aimed in menu.aims.targets.iter().take(NAMED_TARGETS) {
        line += 1;
        draw_target(row(inside, line), buf, theme, aimed);
    }
    if let Some(more) = menu.aims.targets.len().checked_sub(NAMED_TARGETS).filter(|more| *more > 0) {
        line += 1;
        Pen::new(buf, row(inside, line)).fmt(theme.style(Role::Dim), format_args!("     and {more} more"));
    }
    for danger in &menu.dangers {
        line += 1;
        Pen::new(buf, row(inside, line))
            .put(theme.style(Role::Bad), "  ! ")
            .put(theme.style(Role::Bad), &danger.sentence());
    }
    let list = list(outer, menu).intersection(buf.area);
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
    let ready = menu.aims.ready();
    let mut pen = Pen::new(buf, area);
    pen.put(theme.style(Role::Dim), "to ");
    let noun = if menu.aims.targets.len() == 1 { "process" } else { "processes" };
    pen.fmt(theme.style(Role::Strong), format_args!("{ready} {noun}"));
    if ready < menu.aims.targets.len() {
        pen.fmt(theme.style(Role::Warn), format_args!(" of {}", menu.aims.targets.len()));
    }
    let total: f64 = menu.aims.targets.iter().filter_map(|aimed| aimed.cpu).sum();
    let memory: u64 = menu.aims.targets.iter().filter_map(|aimed| aimed.resident).sum();
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
        menu.aims
            .targets
            .iter()
            .filter(|t| matches!(&t.aim, Aim::Ready(s) if is(&s.disposition, signal)))
            .count()
    };
    let all = menu.aims.targets.len();
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
