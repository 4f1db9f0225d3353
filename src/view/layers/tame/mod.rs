//! The dialogs that tame: whom they would reach, how it is now, and what there is to choose.
//!
//! One file for each body: `lists` for those that choose one of a list, `cpus`, and `limits`. It must never know what a
//! key or a click does to a dialog.

mod cpus;
mod limits;
mod lists;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};

use super::foot::Hint;
use super::{ROOMY, all_or, draw_box, first_shown, foot, inner, row, targets};
use crate::app::{Choice, Hit, Now, TameMenu, What};
use crate::config::{Chord, Key};
use crate::model::{Role, Setting};
use crate::view::Theme;
use crate::view::pen::Pen;

/// Widest a dialog is.
const WIDTH: u16 = 78;

/// So many items of a list are seen before other things are.
const LEAST_ITEMS: usize = 3;

/// Where the parts of a dialog stand.
struct Parts {
    outer: Rect,
    /// Whom it would reach.
    head: Rect,
    /// How it is now; without rows in the form, whose fields say so themselves.
    now: Rect,
    list: Rect,
    /// What is to be known about what is chosen.
    notes: Rect,
    problem: Rect,
    keys: Rect,
}

fn parts(area: Rect, menu: &TameMenu) -> Parts {
    let (items, notes) = match &menu.choice {
        Choice::IoPriority(_) => (menu.items().0, 1),
        Choice::Policy(_) => (menu.items().0, 3),
        // With room for what is folded: a dialog that grows under the hand makes it miss.
        Choice::Affinity(list) => (list.lines(), 2),
        Choice::Limits(_) => (What::ALL.len(), 4),
    };
    let head = targets::rows(&menu.aims);
    let now = u16::from(!matches!(menu.choice, Choice::Limits(_)));
    // The frame, an empty row above the list, the problem and the keys.
    let height = usize::from(head + now + notes + 5) + items;
    // Where there is room, what speaks below it stays in sight.
    let most = if area.height < ROOMY { area.height } else { area.height - 4 };
    let height = u16::try_from(height).unwrap_or(u16::MAX).min(most);
    let outer = area.centered(Constraint::Length(all_or(WIDTH, area)), Constraint::Length(height));
    let inside = inner(outer);
    // The keys come first, then some of the list, then who is meant; the rest has what is left.
    let mut spare = usize::from(inside.height).saturating_sub(1 + items.min(LEAST_ITEMS));
    let mut grant = |rows: u16| {
        let granted = spare.min(usize::from(rows));
        spare -= granted;
        granted as u16
    };
    let (first, now, problem) = (grant(1), grant(now), grant(1));
    let head = first + grant(head - 1);
    let (notes, air) = (grant(notes), grant(1));
    let mut top = inside.y;
    let mut take = |rows: u16| {
        let y = top.min(inside.bottom());
        top = top.saturating_add(rows);
        Rect { y, height: rows.min(inside.bottom() - y), ..inside }
    };
    let (head, now) = (take(head), take(now));
    take(air);
    let list = take(inside.height.saturating_sub(head.height + now.height + air + notes + problem + 1));
    let (notes, problem, keys) = (take(notes), take(problem), take(1));
    Parts { outer, head, now, list, notes, problem, keys }
}

/// Draws the dialog.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, menu: &TameMenu) {
    let parts = parts(area, menu);
    let title = match &menu.choice {
        Choice::IoPriority(_) => "I/O priority",
        Choice::Policy(_) => "Scheduling policy",
        Choice::Affinity(_) => "CPUs they may run on",
        Choice::Limits(_) => "Limits",
    };
    draw_box(parts.outer, buf, theme, title);
    targets::draw(parts.head, buf, theme, &menu.aims);
    if let Some(now) = menu.now() {
        let mut pen = Pen::new(buf, row(parts.now, 0));
        pen.put(theme.style(Role::Dim), "now: ");
        put_now(&mut pen, theme, &now);
    }
    match &menu.choice {
        Choice::IoPriority(list) => lists::draw_io_priorities(&parts, buf, theme, menu, list),
        Choice::Policy(list) => lists::draw_policies(&parts, buf, theme, menu, list),
        Choice::Affinity(list) => cpus::draw(&parts, buf, theme, list),
        Choice::Limits(form) => limits::draw(&parts, buf, theme, menu, form),
    }
    draw_more(parts.list, buf, theme, menu.items());
    if let Some(problem) = menu.problem {
        Pen::new(buf, row(parts.problem, 0)).put(theme.style(Role::Bad), problem);
    }
    foot::draw(row(parts.keys, 0), buf, theme, hints(menu));
}

/// Marks at the right edge of the list that there are more of its `count` items above or below what is in view.
fn draw_more(list: Rect, buf: &mut Buffer, theme: &Theme, (count, at): (usize, usize)) {
    let height = usize::from(list.height);
    let first = first_shown(at, count, list.height);
    let edge = Rect { x: list.right().saturating_sub(1), width: 1.min(list.width), ..list };
    for (there, line, mark) in [(first > 0, 0, "▴"), (first + height < count, height.saturating_sub(1), "▾")]
    {
        if there && height > 0 {
            Pen::new(buf, row(edge, line)).put(theme.style(Role::Key), mark);
        }
    }
}

fn put_now(pen: &mut Pen<'_>, theme: &Theme, now: &Now<Setting>) {
    match now {
        Now::Checking => pen.put(theme.style(Role::Dim), "checking …"),
        Now::Unknown => pen.put(theme.style(Role::Dim), "not known"),
        Now::Same(setting) => pen.fmt(theme.style(Role::Strong), format_args!("{setting}")),
        Now::Different => pen.put(theme.style(Role::Strong), "different"),
    };
}

/// What lies at (`x`, `y`).
pub(super) fn hit(area: Rect, menu: &TameMenu, x: u16, y: u16) -> Hit {
    let parts = parts(area, menu);
    let inside = |rect: Rect| rect.contains((x, y).into());
    if !inside(parts.outer) {
        return Hit::Nothing;
    }
    if inside(parts.keys) {
        return foot::hit(parts.keys, hints(menu), x).map_or(Hit::Layer, Hit::Press);
    }
    if !inside(parts.list) {
        return Hit::Layer;
    }
    let (count, at) = menu.items();
    let item = first_shown(at, count, parts.list.height) + usize::from(y - parts.list.y);
    match &menu.choice {
        _ if item >= count => Hit::Layer,
        Choice::Affinity(list) if cpus::is_on_fold_mark(list, item, x - parts.list.x) => Hit::FoldMark(item),
        _ => Hit::Item(item),
    }
}

/// The keys of the dialog.
fn hints(menu: &TameMenu) -> &'static [Hint] {
    const APPLY: Hint = Hint::press("Enter", "apply", Chord::plain(Key::Enter));
    const CANCEL: Hint = Hint::press("Esc", "cancel", Chord::plain(Key::Esc));
    match &menu.choice {
        Choice::IoPriority(_) => &const { [APPLY, CANCEL, Hint::keys("0-7", "level")] },
        Choice::Policy(list) if list.priority.is_some() => {
            const BACK: Hint = Hint::press("Esc", "back", Chord::plain(Key::Esc));
            &const { [APPLY, BACK, Hint::keys("0-9 ↑↓", "priority")] }
        }
        Choice::Policy(_) => &const { [APPLY, CANCEL] },
        Choice::Affinity(list) => {
            const ALL: Hint = Hint::press("*", "all", Chord::char('*'));
            const NONE: Hint = Hint::press("F2", "none", Chord::plain(Key::F(2)));
            const TOGGLE: Hint = Hint::press("Space", "toggle", Chord::char(' '));
            const FOLD: Hint = Hint::press("+", "fold", Chord::char('+'));
            const FIND: Hint = Hint::keys("0-9", "find");
            if list.lines() > list.count() {
                &const { [APPLY, CANCEL, TOGGLE, ALL, NONE, FOLD, FIND] }
            } else {
                &const { [APPLY, CANCEL, TOGGLE, ALL, NONE, FIND] }
            }
        }
        Choice::Limits(_) => {
            &const { [APPLY, CANCEL, Hint::press("Tab", "next field", Chord::plain(Key::Tab))] }
        }
    }
}
