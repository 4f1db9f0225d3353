//! The signal dialog: whom it would reach, what it would do to them, and the signals.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};

use super::{draw_box, first_shown, inner, row, targets};
use crate::app::{Aim, SignalMenu};
use crate::model::{DefaultAction, Disposition, Role, Signal};
use crate::view::Theme;
use crate::view::pen::Pen;

fn target_rows(menu: &SignalMenu) -> u16 {
    targets::rows(&menu.aims) + menu.dangers.len() as u16
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
    targets::draw(inside, buf, theme, &menu.aims);
    for (line, danger) in (usize::from(targets::rows(&menu.aims))..).zip(&menu.dangers) {
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
