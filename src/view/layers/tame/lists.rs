//! The bodies that choose one of a list: I/O priorities and scheduling policies.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::Parts;
use super::{first_shown, row};
use crate::app::{Aim, IoPriorityChoice, Now, PolicyChoice, TameMenu};
use crate::model::{IoPriority, Policy, Role, Setting};
use crate::view::Theme;
use crate::view::pen::Pen;

/// What is said of each item that only root, or who was given a capability for it, may choose.
const RIGHTS: &str = "needs rights";

/// Draws the rows of a list of `count`, `at` under the cursor: `draw` is given a pen behind the mark of what is now, the
/// item's place, and the styles of roles in that row.
fn draw_rows(
    parts: &Parts,
    buf: &mut Buffer,
    theme: &Theme,
    (count, at): (usize, usize),
    is_now: impl Fn(usize) -> bool,
    draw: impl Fn(&mut Pen<'_>, usize, &dyn Fn(Role) -> Style),
) {
    let list = parts.list.intersection(buf.area);
    let first = first_shown(at, count, list.height);
    for item in (first..count).take(usize::from(list.height)) {
        let place = row(list, item - first);
        let over = (item == at).then(|| theme.style(Role::Selection));
        if let Some(style) = over {
            buf.set_style(place.intersection(buf.area), style);
        }
        let style = |role: Role| over.unwrap_or_else(|| theme.style(role));
        let mut pen = Pen::new(buf, place);
        pen.put(style(Role::Strong), if is_now(item) { "• " } else { "  " });
        draw(&mut pen, item, &style);
    }
}

/// Draws the I/O priorities.
pub(super) fn draw_io_priorities(
    parts: &Parts,
    buf: &mut Buffer,
    theme: &Theme,
    menu: &TameMenu,
    list: &IoPriorityChoice,
) {
    let now = menu.now();
    let is = |item: usize| {
        let priority = IoPriorityChoice::ALL.get(item).copied().map(Setting::IoPriority);
        now.is_some_and(|now| now.same().is_some() && now.same() == priority)
    };
    draw_rows(parts, buf, theme, (IoPriorityChoice::ALL.len(), list.at), is, |pen, item, style| {
        let priority = IoPriorityChoice::ALL.get(item).copied().unwrap_or_default();
        if priority == IoPriority::Unset {
            pen.put(style(Role::Text), "none            ").put(style(Role::Dim), "by the nice value");
            if let Some(nice) = common_nice(menu) {
                // ioprio_set(2), "Selecting a priority".
                pen.fmt(style(Role::Dim), format_args!(": as best-effort {}", (nice + 20) / 5));
            }
            return;
        }
        // The names do not keep to a width themselves.
        let before = pen.x();
        pen.fmt(style(Role::Text), format_args!("{priority}"));
        pen.skip(16u16.saturating_sub(pen.x() - before));
        let what = match priority {
            IoPriority::RealTime(0) => "before everybody else, first of all",
            IoPriority::RealTime(_) => "before everybody else",
            IoPriority::BestEffort(0) => "in turns with others, the largest share",
            IoPriority::BestEffort(7) => "in turns with others, the smallest share",
            IoPriority::BestEffort(_) => "in turns with others",
            IoPriority::Idle => "only when nobody else wants the disk",
            IoPriority::Unset => "",
        };
        pen.put(style(Role::Dim), what);
        if !menu.root && matches!(priority, IoPriority::RealTime(_)) {
            pen.skip(2).put(style(Role::Warn), RIGHTS);
        }
    });
    Pen::new(buf, row(parts.notes, 0))
        .put(theme.style(Role::Dim), "It counts where the disk's scheduler is bfq or mq-deadline.");
}

/// The nice value that all have, where it is known.
fn common_nice(menu: &TameMenu) -> Option<i32> {
    let mut all = menu.aims.targets.iter().filter_map(|aimed| match &aimed.aim {
        Aim::Ready(standing) => Some(standing.settings.nice),
        _ => None,
    });
    let first = all.next()??;
    all.all(|nice| nice == Some(first)).then_some(first)
}

/// Draws the policies, and the priority that is asked for.
pub(super) fn draw_policies(
    parts: &Parts,
    buf: &mut Buffer,
    theme: &Theme,
    menu: &TameMenu,
    list: &PolicyChoice,
) {
    let now = match menu.now().and_then(Now::same) {
        Some(Setting::Policy(policy)) => Some(policy),
        _ => None,
    };
    let is = |item: usize| {
        let alike = |policy: &Policy| {
            now.is_some_and(|now| std::mem::discriminant(&now) == std::mem::discriminant(policy))
        };
        PolicyChoice::ALL.get(item).is_some_and(alike)
    };
    draw_rows(parts, buf, theme, (PolicyChoice::ALL.len(), list.at), is, |pen, item, style| {
        let policy = PolicyChoice::ALL.get(item).copied().unwrap_or_default();
        let (name, what) = match policy {
            Policy::Batch => ("BATCH", "as OTHER, for work that nobody waits for"),
            Policy::Idle => ("IDLE", "only what all others leave over"),
            Policy::Fifo(_) => ("FIFO", "real time, before all others, until it waits"),
            Policy::RoundRobin(_) => ("RR", "real time, before all others, in turns"),
            _ => ("OTHER", "the ordinary one: in turns, by the nice value"),
        };
        pen.fmt(style(Role::Text), format_args!("{name:<8}")).put(style(Role::Dim), what);
        if !menu.root && matches!(policy, Policy::Fifo(_) | Policy::RoundRobin(_)) {
            pen.skip(2).put(style(Role::Warn), RIGHTS);
        }
    });
    if matches!(list.chosen(), Policy::Fifo(_) | Policy::RoundRobin(_)) {
        let mut pen = Pen::new(buf, row(parts.notes, 1));
        pen.put(theme.style(Role::Text), "  priority ");
        match list.priority {
            None => pen.put(theme.style(Role::Dim), "is asked for next: 1 (last) to 99 (first)"),
            Some(priority) => {
                let shown = theme.style(Role::Selection);
                match priority {
                    0 => pen.put(shown, "   "),
                    priority => pen.fmt(shown, format_args!(" {priority} ")),
                };
                pen.put(theme.style(Role::Dim), "  1 (last) to 99 (first)")
            }
        };
        Pen::new(buf, row(parts.notes, 2))
            .put(theme.style(Role::Warn), "  ! while it does not wait, it takes a core for itself");
    }
}
