//! How a row looks: what lies over all of it, and what its cells have of their own. What works is bright and what sleeps
//! is quiet, whoever it belongs to, so that the eye finds the culprit first.

use ratatui::style::Style;

use crate::app::{Among, App, Line};
use crate::catalog::Row;
use crate::config::RuleLook;
use crate::model::{Kind, Proc, Role};
use crate::view::Theme;

/// From so many percent of a core on a process is at work, and its row is bright.
const AT_WORK: f64 = 1.0;

/// What lies over a row.
#[derive(Clone, Copy)]
enum Over {
    /// Nothing.
    Nothing,
    /// All of it looks like this.
    Whole(Style),
    /// It is selected, and figures still glow.
    Selected(Style),
    /// It is gone: quiet, but what it used still glows.
    Ended(Style),
    /// It is new, as its number and its name say.
    New(Style),
}

/// The look of a row.
pub(super) struct Look {
    over: Over,
    /// Whether the row is filled to its end.
    filled: bool,
    /// Whether it only leads to a match.
    context: bool,
    /// Whether the process does anything to speak of.
    busy: bool,
    /// How plain text looks in it.
    text: Role,
    /// Whether it is a thread.
    thread: bool,
}

impl Look {
    /// The look of a row; `rule` is what the user's rules say of it.
    pub(super) fn new(
        theme: &Theme,
        app: &App,
        line: Line,
        row: &Row<'_>,
        chosen: bool,
        rule: Option<RuleLook>,
    ) -> Look {
        let proc = row.proc;
        let role = row_role(app, line, proc, chosen);
        let over = match (role, rule) {
            (Some(role), _) => lies_over(theme, role),
            (None, Some(RuleLook::Role(role))) => Over::Whole(theme.style(role)),
            (None, Some(RuleLook::Colour(rgb))) => Over::Whole(theme.tint(rgb)),
            (None, None) => Over::Nothing,
        };
        let cpu = row.sums.map_or(proc.cpu, |sums| sums.cpu);
        let busy = cpu.is_some_and(|percent| percent >= AT_WORK);
        let thread = matches!(proc.task.kind, Kind::Thread(_));
        let own_uid = row.snapshot.host().own_uid;
        let stranger = proc.task.uid.known().is_some_and(|uid| *uid != own_uid);
        let text = match proc.task.kind {
            Kind::Thread(_) => Role::Thread,
            Kind::Kernel => Role::Kernel,
            _ if stranger && !busy && !are_several(app, line, row) => Role::OtherUser,
            _ => Role::Text,
        };
        let filled = chosen || role == Some(Role::Tagged);
        Look { over, filled, context: line.context, busy, text, thread }
    }

    /// What all of the row looks like, branches and marks as well, where something lies over all of it.
    pub(super) fn whole(&self) -> Option<Style> {
        match self.over {
            Over::Whole(style) | Over::Selected(style) => Some(style),
            Over::Nothing | Over::Ended(_) | Over::New(_) => None,
        }
    }

    /// What the row is filled with to its end.
    pub(super) fn ground(&self) -> Option<Style> {
        self.whole().filter(|_| self.filled)
    }

    /// How a part of a cell looks; `first` says whether the cell is the row's first, `command` whether it is the one that
    /// takes the room that is left.
    pub(super) fn style(&self, theme: &Theme, role: Role, first: bool, command: bool) -> Style {
        match (self.over, role) {
            (Over::Selected(_), Role::Heat(heat)) => theme.heat_selected(heat),
            (Over::Ended(_), Role::Heat(_)) => theme.style(role),
            (Over::Whole(style) | Over::Selected(style) | Over::Ended(style), _)
            | (Over::New(style), Role::Strong) => style,
            (Over::New(style), _) if first => style,
            (Over::New(_) | Over::Nothing, _) => theme.style(self.shade(role, command)),
        }
    }

    /// The role of a part of a cell in such a row: rows that only lead to a match are dim, all of them; strangers' rows
    /// are quiet as long as they do nothing, threads have their own look, and figures that matter keep theirs.
    fn shade(&self, role: Role, command: bool) -> Role {
        match role {
            _ if self.context => Role::Dim,
            Role::Text | Role::Strong if self.thread => Role::Thread,
            // Of who sleeps the name is enough.
            Role::Strong if !self.busy => Role::Text,
            Role::Text if command && !self.busy && self.text != Role::Kernel => Role::Dim,
            Role::Text => self.text,
            _ => role,
        }
    }
}

/// How a role lies over a row. One with a ground of its own lies over all of it.
fn lies_over(theme: &Theme, role: Role) -> Over {
    let style = theme.style(role);
    match role {
        Role::Selection => Over::Selected(style),
        Role::Ended if style.bg.is_none() => Over::Ended(style),
        Role::New if style.bg.is_none() => Over::New(style),
        _ => Over::Whole(style),
    }
}

/// Whether a row is a group in which several have a part: it is not a stranger's.
fn are_several(app: &App, line: Line, row: &Row<'_>) -> bool {
    let groups = row.group.and(app.table.arranged().groups.as_ref());
    groups.is_some_and(|groups| groups.list().get(line.at as usize).is_some_and(|group| !group.one_owner))
}

/// The role of a whole row, where it has one that its cells give way to.
fn row_role(app: &App, line: Line, proc: &Proc, chosen: bool) -> Option<Role> {
    if chosen {
        return Some(if app.table.follow { Role::Followed } else { Role::Selection });
    }
    let group = line.among == Among::Group;
    if (!group && app.table.is_tagged(proc.id())) || app.table.is_group_tagged(&app.snapshot, &line) {
        return Some(Role::Tagged);
    }
    if !group && line.among != Among::Present {
        return Some(Role::Ended);
    }
    if is_frozen(app, line, proc) {
        return Some(Role::Stopped);
    }
    if app.table.changes && !group && app.snapshot.is_new(proc) {
        return Some(Role::New);
    }
    None
}

/// Whether we have frozen it; of a group, all of it.
pub(super) fn is_frozen(app: &App, line: Line, proc: &Proc) -> bool {
    let frozen = &app.deeds.frozen;
    match line.among {
        Among::Present => frozen.has(proc.id()),
        Among::Group => {
            app.table.is_each_of_group(&app.snapshot, &line, !frozen.is_empty(), |id| frozen.has(id))
        }
        Among::ShortLived | Among::Ended => false,
    }
}
