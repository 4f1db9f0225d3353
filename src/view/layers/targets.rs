//! The head of a dialog that acts: whom it would reach, how much they use, and the first few of them by name.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::row;
use crate::app::{Aim, Aimed, Aims};
use crate::model::{Outcome, Role, units};
use crate::view::Theme;
use crate::view::pen::Pen;

/// Targets that are named one by one; the rest is counted.
const NAMED_TARGETS: usize = 4;

/// How many rows the head takes.
pub(super) fn rows(aims: &Aims) -> u16 {
    let named = aims.targets.len().min(NAMED_TARGETS);
    (1 + named + usize::from(aims.targets.len() > NAMED_TARGETS)) as u16
}

/// Draws the head at the top of `inside`; returns the room that is left behind the sums.
pub(super) fn draw(inside: Rect, buf: &mut Buffer, theme: &Theme, aims: &Aims) -> Rect {
    let room = draw_summary(row(inside, 0), buf, theme, aims);
    for (line, aimed) in (1..).zip(aims.targets.iter().take(NAMED_TARGETS)) {
        draw_target(row(inside, line), buf, theme, aimed);
    }
    if let Some(more) = aims.targets.len().checked_sub(NAMED_TARGETS).filter(|more| *more > 0) {
        Pen::new(buf, row(inside, 1 + NAMED_TARGETS))
            .fmt(theme.style(Role::Dim), format_args!("     and {more} more"));
    }
    room
}

fn draw_summary(area: Rect, buf: &mut Buffer, theme: &Theme, aims: &Aims) -> Rect {
    let ready = aims.ready();
    let mut pen = Pen::new(buf, area);
    let text = theme.style(Role::Text);
    pen.put(theme.style(Role::Dim), "to ");
    let noun = if ready == 1 { "process" } else { "processes" };
    pen.fmt(theme.style(Role::Strong), format_args!("{ready} {noun}"));
    if let Some(common) = &aims.common {
        pen.put(text, " of ").put(theme.style(Role::Strong), common);
    }
    if ready < aims.targets.len() {
        pen.fmt(theme.style(Role::Warn), format_args!(" of {}", aims.targets.len()));
    }
    match aims.users() {
        0 => {}
        1 => _ = pen.put(text, ", 1 user"),
        users => _ = pen.fmt(theme.style(Role::Warn), format_args!(", {users} users")),
    }
    let unknown = theme.glyphs().unknown();
    match aims.cpu() {
        Some(cpu) => pen.fmt(text, format_args!(", {cpu:.1} % CPU, ")),
        None => pen.put(text, ", ").put(text, unknown).put(text, " % CPU, "),
    };
    let mut size = String::new();
    match aims.resident() {
        Some(resident) => units::bytes(resident, &mut size),
        None => size.push_str(unknown),
    }
    pen.put(text, size.trim_start());
    Rect { x: pen.x(), width: pen.left(), ..area }
}

/// Why it cannot be hit, in a few words.
fn refused(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Replaced => "is another process now",
        Outcome::Denied { .. } => "not permitted",
        Outcome::Refused(why) => why,
        _ => "cannot be reached",
    }
}

fn draw_target(area: Rect, buf: &mut Buffer, theme: &Theme, aimed: &Aimed) {
    let (role, note) = match &aimed.aim {
        Aim::Checking => (Role::Text, "checking …"),
        Aim::Ready(standing) if standing.is_kernel => (Role::Kernel, "kernel thread"),
        Aim::Ready(_) => (Role::Strong, ""),
        Aim::Gone => (Role::Dim, "has ended"),
        Aim::Refused(outcome) => (Role::Dim, refused(outcome)),
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
