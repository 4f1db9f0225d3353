//! Which rows there are and in what order: a snapshot and the table's rules → lines. Pure.
//!
//! A *line* is one row of the table before it is drawn. Lines are small and cheap; nothing of a row is formatted here.

mod calm;
mod dead;
mod groups;
mod keyed;
mod list;
mod tree;
mod within;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use crate::catalog::{Column, Row};
use crate::model::{Forest, GroupBy, GroupId, Groups, Kind, Pid, Proc, ProcId, Snapshot, Sums};
use crate::query::Filter;
use calm::{Calm, Child};
use within::Within;

pub use calm::TreeOrder;
pub use within::Uncontained;

/// How deep a line is drawn indented; deeper ones say so by a number.
pub const DEEPEST: u16 = 40;

/// Whether a line has a subtree below it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fold {
    /// No children, or not a tree.
    #[default]
    Leaf,
    /// Its children stand below it.
    Open,
    /// Its children are hidden; the row shows their sum.
    Closed,
}

/// Which list of the snapshot a line points into.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Among {
    /// [`Snapshot::procs`]: it is there.
    #[default]
    Present,
    /// [`Snapshot::short_lived`]: no process, but all those of one parent that died between two looks.
    ShortLived,
    /// [`Snapshot::ended`]: it has just ended.
    Ended,
    /// None: it is one of [`Arrangement::groups`].
    Group,
}

/// One row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// Position in the list `among` names.
    pub at: u32,
    /// Which list that is.
    pub among: Among,
    /// Ancestors above it in the tree.
    pub depth: u16,
    /// Bit `d` is set where the ancestor at depth `d + 1` has a sibling below, so that its rail goes on.
    pub rails: u64,
    /// Whether it is the last of its siblings.
    pub last: bool,
    /// Its subtree.
    pub fold: Fold,
    /// It does not match, but a descendant does.
    pub context: bool,
}

/// What decides which rows there are and their order.
#[derive(Clone, Debug)]
pub struct Rules<'a> {
    /// The column that sorts.
    pub sort: &'static Column,
    /// Greatest first.
    pub descending: bool,
    /// As a tree.
    pub tree: bool,
    /// In the tree, siblings by the sum of their subtrees.
    pub by_total: bool,
    /// How siblings in the tree, groups and their members change places.
    pub order: TreeOrder,
    /// Subtrees that are folded.
    pub folded: &'a HashSet<ProcId>,
    /// One row for those who have this in common, instead of a tree or a list.
    pub group: Option<GroupBy>,
    /// Groups that are unfolded.
    pub unfolded: &'a HashSet<GroupId>,
    /// Only this process and its descendants.
    pub root: Option<ProcId>,
    /// Nobody who is in a container, unless that is ours.
    pub uncontained: bool,
    /// Kernel threads too.
    pub kernel: bool,
    /// Rows that have just ended too.
    pub ended: bool,
    /// Rows of processes that died between two looks too.
    pub short_lived: bool,
    /// Only what matches.
    pub filter: &'a Filter,
    /// Only this owner's.
    pub uid: Option<u32>,
    /// Only these, where not empty.
    pub pids: &'a [Pid],
}

/// The rows in order, and what was found out on the way.
#[derive(Clone, Debug, Default)]
pub struct Arrangement {
    /// The rows.
    pub lines: Vec<Line>,
    /// Sums of every process's subtree, by position; empty where not a tree, and where nothing is folded nor sorted by
    /// them.
    pub sums: Vec<Sums>,
    /// The forest; `None` where not a tree.
    pub forest: Option<Forest>,
    /// The groups; `None` where there are none.
    pub groups: Option<Groups>,
    /// What is remembered of the places of siblings in the tree, and of the members of groups.
    calm: Calm<Child>,
    /// What is remembered of the places of groups.
    calm_groups: Calm<Option<GroupId>>,
    /// What is remembered of the places of the first rows of a list.
    calm_list: Calm<ProcId>,
    /// Kernel threads that are not shown.
    pub hidden_kernel: usize,
    /// Processes that match, context not counted.
    pub matching: usize,
    /// Processes among which the filter chose: those that would be shown without it.
    pub asked: usize,
}

/// The rows of `snapshot` by `rules`.
pub fn arrange(snapshot: &Snapshot, rules: &Rules<'_>) -> Arrangement {
    let mut out = Arrangement::default();
    out.arrange(snapshot, rules);
    out
}

impl Arrangement {
    /// Becomes the rows of `snapshot` by `rules`; the memory of the rows that were is used again.
    pub fn arrange(&mut self, snapshot: &Snapshot, rules: &Rules<'_>) {
        let Arrangement { mut lines, calm, calm_groups, calm_list, .. } = std::mem::take(self);
        lines.clear();
        *self = Arrangement { lines, calm, calm_groups, calm_list, ..Arrangement::default() };
        let within = Within::new(snapshot, rules);
        let mut dead = dead::lines(snapshot, rules);
        if rules.root.is_some() {
            dead = dead::below(snapshot, &dead)
                .into_iter()
                .filter(|(up, _)| up.is_some_and(|up| within.has(up)))
                .map(|(_, line)| line)
                .collect();
        }
        if let Some(by) = rules.group {
            self.calm_list.forget();
            groups::arrange(snapshot, rules, by, &within, &dead, self);
        } else if rules.tree {
            self.calm_list.forget();
            self.calm_groups.forget();
            tree::arrange(snapshot, rules, &within, &dead, self);
        } else {
            self.calm.forget();
            self.calm_groups.forget();
            list::arrange(snapshot, rules, &within, &dead, self);
        }
    }

    /// What columns are asked about for a line of `snapshot`: a process, a folded subtree or a group.
    pub fn row<'a>(&'a self, snapshot: &'a Snapshot, line: &Line) -> Option<Row<'a>> {
        if line.among == Among::Group {
            return groups::row(snapshot, self.groups.as_ref()?, line.at as usize);
        }
        let sums = if line.fold == Fold::Closed { self.sums.get(line.at as usize) } else { None };
        line.proc(snapshot).map(|proc| Row { sums, ..Row::new(snapshot, proc) })
    }

    /// Forgets where siblings and groups stood: they are ordered anew.
    pub fn forget_places(&mut self) {
        self.calm.forget();
        self.calm_groups.forget();
        self.calm_list.forget();
    }

    /// Whether the process at `at` is wanted, which is noted.
    fn wants(&mut self, at: usize, proc: &Proc, rules: &Rules<'_>, within: &Within) -> bool {
        if !within.has(at) {
            return false;
        }
        let hidden = !rules.kernel && proc.task.kind == Kind::Kernel;
        let asked = !hidden && is_asked(proc, rules);
        let wanted = asked && rules.filter.matches(proc);
        self.hidden_kernel += usize::from(hidden);
        self.asked += usize::from(asked);
        self.matching += usize::from(wanted);
        wanted
    }
}
fn is_kernel(proc: &Proc) -> bool {
    proc.task.kind == Kind::Kernel
}

/// Whether the filter decides about a process, kernel threads aside.
fn is_asked(proc: &Proc, rules: &Rules<'_>) -> bool {
    let owned = rules.uid.is_none_or(|uid| proc.task.uid.known() == Some(&uid));
    let named =
        rules.pids.is_empty() || rules.pids.contains(&proc.task.id.pid) || thread_of(proc, rules.pids);
    owned && named
}

fn thread_of(proc: &Proc, pids: &[Pid]) -> bool {
    matches!(proc.task.kind, Kind::Thread(process) if pids.contains(&process))
}
impl Line {
    /// The process of this line in `snapshot`, or the row that stands for some that died between two looks. A group is no
    /// process.
    pub fn proc<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Proc> {
        let list = match self.among {
            Among::Present => &snapshot.procs,
            Among::ShortLived => &snapshot.short_lived,
            Among::Ended => &snapshot.ended,
            Among::Group => return None,
        };
        list.get(self.at as usize)
    }

    /// The rails of the lines below it: its own, and one more where it has a sibling to come. Roots have no rail.
    fn rails_below(&self) -> u64 {
        let own =
            if self.depth > 0 && self.depth <= DEEPEST && !self.last { 1 << (self.depth - 1) } else { 0 };
        self.rails | own
    }
}
