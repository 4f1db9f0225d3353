//! The process table: what it shows, in what order, where the cursor is.

mod find;
mod focus;
mod folds;
mod groups;
mod sorting;
mod tags;

use std::collections::HashSet;

use crate::catalog::{Column, column, default_columns};
use crate::model::{GroupBy, GroupId, Kind, Needs, Pid, Proc, ProcId, Snapshot, Target};
use crate::query::Filter;

use super::Screens;
use super::arrange::{Among, Arrangement, Fold, Line, Rules, TreeOrder, Uncontained};
use folds::Folds;

pub use focus::Focus;
pub(in crate::app) use sorting::Sorting;

/// The state of the process table.
#[derive(Clone, Debug)]
pub struct Table {
    /// The columns, in order.
    pub columns: Vec<&'static Column>,
    /// The columns that leave a narrow terminal, the first one first; where empty, those at the right.
    pub drop: Vec<&'static Column>,
    /// The column that sorts.
    pub sort: &'static Column,
    /// Greatest first.
    pub descending: bool,
    /// As a tree; [`Table::set_tree`] changes it.
    pub tree: bool,
    /// What the list is sorted by while the tree is shown, and the tree while the list is: each keeps its own. `None`
    /// until both have been shown: then both are sorted by the same.
    pub apart: Option<Sorting>,
    /// One row for those who have this in common, instead of the tree or the list.
    pub group: Option<GroupBy>,
    /// In the tree, siblings by the sum of their subtrees.
    pub by_total: bool,
    /// How siblings in the tree, groups and their members change places.
    pub order: TreeOrder,
    /// Nobody who is in a container, unless that is ours.
    pub uncontained: bool,
    /// Kernel threads too.
    pub kernel: bool,
    /// Threads as rows of their own.
    pub threads: bool,
    /// Mark rows that are new or have just ended.
    pub changes: bool,
    /// Rows of processes that died between two looks, below their parents.
    pub short_lived: bool,
    /// Mark programs whose file is gone, and capabilities of others than root.
    pub marks: bool,
    /// The filter as typed.
    pub filter_text: String,
    /// Only this owner's rows: uid and name.
    pub user: Option<(u32, String)>,
    /// Only these pids, where not empty.
    pub pids: Vec<Pid>,
    /// Keep the selected process in view, and its row in place.
    pub follow: bool,
    /// Cells the columns are scrolled to the left.
    pub shift: usize,
    /// The first line in view.
    pub first: usize,
    filter: Filter,
    folds: Folds,
    /// Groups whose members have rows.
    unfolded: HashSet<GroupId>,
    /// The one of them that was unfolded to show somebody who was looked for, and not by its reader.
    revealed: Option<GroupId>,
    focus: Option<Focus>,
    tagged: HashSet<ProcId>,
    /// Whom the cursor stands on; `None` while it stands on a group, or rests on the first row, whoever that is.
    chosen: Option<ProcId>,
    /// The group the cursor stands on.
    chosen_group: Option<GroupId>,
    /// Who brought the cursor to the group it stands on, when rows were grouped.
    brought_by: Option<ProcId>,
    /// Whether the one it stood on is gone and it fell upon somebody whom nobody chose, or all who were tagged are gone.
    fell: bool,
    index: usize,
    rows: usize,
    arranged: Arrangement,
}

impl Default for Table {
    /// That of the first screen that glowtop comes with.
    fn default() -> Table {
        let mut table = Table::bare();
        Screens::default().give(&mut table);
        table
    }
}

impl Table {
    /// A table that no screen has arranged yet.
    pub(super) fn bare() -> Table {
        let columns = default_columns();
        // The registry's own test holds that `cpu` exists; the first column stands in for it.
        let sort = column("cpu").or(columns.first().copied()).unwrap_or(&crate::catalog::columns()[0]);
        Table {
            columns,
            drop: Vec::new(),
            sort,
            descending: true,
            tree: false,
            apart: None,
            group: None,
            by_total: false,
            order: TreeOrder::default(),
            uncontained: false,
            kernel: false,
            threads: false,
            changes: true,
            short_lived: true,
            marks: false,
            filter_text: String::new(),
            user: None,
            pids: Vec::new(),
            follow: false,
            shift: 0,
            first: 0,
            filter: Filter::default(),
            folds: Folds::default(),
            unfolded: HashSet::new(),
            revealed: None,
            focus: None,
            tagged: HashSet::new(),
            chosen: None,
            chosen_group: None,
            brought_by: None,
            fell: false,
            index: 0,
            rows: 1,
            arranged: Arrangement::default(),
        }
    }
}

impl Table {
    /// Finds rows and order anew; the cursor stays on its process.
    pub fn rearrange(&mut self, snapshot: &Snapshot) {
        let before = self.index.saturating_sub(self.first);
        let rules = Rules {
            sort: self.sort,
            descending: self.descending,
            tree: self.tree,
            by_total: self.by_total,
            order: self.order,
            folded: self.folds.roots(),
            group: self.group,
            unfolded: &self.unfolded,
            root: self.focus.as_ref().map(|focus| focus.id),
            uncontained: self.uncontained,
            kernel: self.kernel,
            ended: self.changes,
            short_lived: self.short_lived,
            filter: &self.filter,
            uid: self.user.as_ref().map(|(uid, _)| *uid),
            pids: &self.pids,
        };
        self.arranged.arrange(snapshot, &rules);
        self.forget_groups(snapshot);
        let group = self.chosen_group.as_ref();
        if let Some(at) = self.group_known_now(snapshot) {
            self.choose(snapshot, at);
            self.fell = true;
        } else if let Some(at) = group.and_then(|group| self.line_of_group(snapshot, group)) {
            self.index = at;
        } else if let Some(id) = self.chosen {
            if let Some(at) = self.line_of(snapshot, id) {
                self.index = at;
            } else if let Some(at) = self.fold_over(snapshot, id) {
                // Whoever is followed is followed again when it has a row again.
                if self.follow { self.index = at } else { self.choose(snapshot, at) }
            } else if let Some(at) = self.group_over(snapshot, id) {
                self.choose(snapshot, at);
                // One was chosen, and not all of them.
                self.fell = true;
            } else {
                self.fall(snapshot);
            }
        } else if self.chosen_group.is_some() {
            self.fall(snapshot);
        } else {
            self.index = 0;
        }
        if self.follow {
            self.first = self.index.saturating_sub(before);
        }
        self.clamp();
    }

    /// Finds rows and order anew where the screen is another one: the cursor stays on its process, and its row where it
    /// was on the terminal, as far as that can be.
    pub(super) fn turned(&mut self, snapshot: &Snapshot) {
        let before = self.index.checked_sub(self.first).filter(|before| *before < self.rows);
        self.rearrange(snapshot);
        if let Some(before) = before {
            self.first = self.index.saturating_sub(before);
        }
        self.reveal();
    }

    /// Whoever the cursor stood on is gone: it stays where it was and takes whoever stands there now.
    fn fall(&mut self, snapshot: &Snapshot) {
        self.follow = false;
        self.choose(snapshot, self.index);
        self.fell = true;
    }

    /// Forgets folds and tags of processes that are gone. Where nobody is left of those who were tagged, an act would go
    /// to whomever the cursor stands on, whom nobody meant.
    pub fn forget_gone(&mut self, snapshot: &Snapshot) {
        self.folds.forget_gone(snapshot);
        let before = self.tagged.len();
        self.tagged.retain(|id| snapshot.find(*id).is_some());
        self.fell |= before > 0 && self.tagged.is_empty();
    }

    /// Tells the table how many rows are in view; it scrolls so that the cursor stays in view. Whether that is news.
    pub fn set_rows(&mut self, rows: usize) -> bool {
        let had = self.rows;
        self.rows = rows.max(1);
        if self.rows < had && self.index >= self.first + self.rows && self.index < self.first + had {
            self.first = self.index + 1 - self.rows;
        }
        self.clamp();
        self.rows != had
    }

    /// The rows in order.
    pub fn lines(&self) -> &[Line] {
        &self.arranged.lines
    }

    /// The lines in view.
    pub fn visible(&self) -> &[Line] {
        let end = (self.first + self.rows).min(self.arranged.lines.len());
        self.arranged.lines.get(self.first..end).unwrap_or(&[])
    }

    /// What the arrangement found out besides the lines.
    pub fn arranged(&self) -> &Arrangement {
        &self.arranged
    }

    /// The cursor's line number.
    pub fn cursor(&self) -> usize {
        self.index
    }

    /// The process under the cursor.
    pub fn selected<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Proc> {
        self.arranged.lines.get(self.index)?.proc(snapshot)
    }

    /// The process under the cursor, where the row there is one and not what died between two looks.
    pub fn selected_process<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Proc> {
        self.selected(snapshot).filter(|proc| proc.task.kind != Kind::ShortLived)
    }

    /// Whom an act would reach now: the tagged, else the selected.
    pub fn targets(&self, snapshot: &Snapshot) -> Vec<Target> {
        let target = Proc::target;
        if self.tagged.is_empty() {
            if let Some((groups, at)) = self.selected_group() {
                return groups.targets(snapshot, at);
            }
            return self.selected_process(snapshot).map(target).into_iter().collect();
        }
        let mut ids: Vec<ProcId> = self.tagged.iter().copied().collect();
        ids.sort_unstable();
        ids.into_iter().filter_map(|id| snapshot.find(id)).map(target).collect()
    }

    /// What has to be read for this table.
    pub fn needs(&self) -> Needs {
        let mut needs = self
            .columns
            .iter()
            .fold(self.sort.needs_to_sort() | Needs::USER, |sum, column| sum | column.needs);
        needs |= self.filter.needs();
        if self.marks {
            needs |= Needs::MARKS;
        }
        if let Some(by) = self.group {
            // Groups show processes and no tree.
            let sums = self.columns.iter().map(|column| column.needs_to_group());
            return sums.fold(needs | by.needs(), |sum, more| sum | more);
        }
        if self.tree {
            needs |= Needs::MEMORY | self.folds.needs();
        }
        if self.uncontained {
            needs |= Needs::CGROUP.of_all();
        }
        if self.threads {
            needs |= Needs::THREADS;
        }
        needs
    }

    /// Puts the cursor on line `index` and keeps it on that process.
    pub fn go_to(&mut self, snapshot: &Snapshot, index: usize) {
        (self.fell, self.brought_by) = (false, None);
        self.choose(snapshot, index);
        self.reveal();
    }

    /// Whether the cursor stands on somebody only because the one it stood on is gone, and nothing is tagged; asked once,
    /// whoever acts again means it.
    pub fn take_fall(&mut self) -> bool {
        std::mem::take(&mut self.fell) && self.tagged.is_empty()
    }

    /// Says again that the cursor fell upon whom it stands on.
    pub(super) fn set_fall(&mut self, fell: bool) {
        self.fell = fell;
    }

    /// Every process that [whatever narrows the table](Table::is_narrowed) lets through, whether its row is folded away or not,
    /// ordered by pid; kernel threads only where they are shown.
    pub fn matches(&self, snapshot: &Snapshot) -> Vec<Target> {
        let focus = self.focus.as_ref().map(|focus| snapshot.subtree(&[focus.id]));
        let inside: Option<HashSet<ProcId>> =
            focus.map(|targets| targets.into_iter().map(|target| target.id).collect());
        let uncontained = self.uncontained.then(|| Uncontained::new(snapshot));
        let shown = |proc: &&Proc| {
            let task = &proc.task;
            let kind = task.kind == Kind::Process || (self.kernel && task.kind == Kind::Kernel);
            let user = self.user.as_ref().is_none_or(|(uid, _)| task.uid.known() == Some(uid));
            let pid = self.pids.is_empty() || self.pids.contains(&task.id.pid);
            let inside = inside.as_ref().is_none_or(|inside| inside.contains(&proc.id()));
            let outside = uncontained.as_ref().is_none_or(|uncontained| uncontained.has(proc));
            kind && user && pid && inside && outside && self.filter.matches(proc)
        };
        snapshot.procs.iter().filter(shown).map(Proc::target).collect()
    }

    /// Whether a filter, a user, a list of pids, a subtree or containers that are hidden narrow it.
    pub fn is_narrowed(&self) -> bool {
        let narrow = self.user.is_some() || !self.pids.is_empty() || self.focus.is_some();
        narrow || self.uncontained || !self.filter.is_empty()
    }

    /// Moves the cursor by `by` lines; stops following.
    pub fn step(&mut self, snapshot: &Snapshot, by: isize) {
        self.follow = false;
        // From a cursor out of view the first step only brings it back into view.
        let seen = (self.first..self.first + self.rows).contains(&self.index);
        let to = if seen { self.index.saturating_add_signed(by) } else { self.index };
        self.go_to(snapshot, to);
    }

    /// Moves the cursor by whole pages.
    pub fn page(&mut self, snapshot: &Snapshot, by: isize) {
        let rows = self.rows.saturating_sub(1).max(1) as isize;
        self.first = self.first.saturating_add_signed(by * rows);
        self.clamp();
        self.follow = false;
        self.go_to(snapshot, self.index.saturating_add_signed(by * rows));
    }

    /// To the first row, resting there whoever comes to stand on it.
    pub fn top(&mut self) {
        self.follow = false;
        (self.chosen, self.chosen_group) = (None, None);
        (self.index, self.first) = (0, 0);
        self.fell = false;
    }

    /// To the last row.
    pub fn bottom(&mut self, snapshot: &Snapshot) {
        self.follow = false;
        self.go_to(snapshot, usize::MAX);
    }

    /// Scrolls the view without moving the cursor.
    pub fn scroll(&mut self, by: isize) {
        self.first = self.first.saturating_add_signed(by);
        self.clamp();
    }

    /// Changes the filter; it still has to [look](Table::look).
    pub fn set_filter(&mut self, filter: Filter) {
        filter.text().clone_into(&mut self.filter_text);
        self.filter = filter;
    }

    /// The filter.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Takes the filter away.
    pub(super) fn take_filter(&mut self) -> Filter {
        self.filter_text.clear();
        std::mem::take(&mut self.filter)
    }

    /// Lets the filter find out what it has to know of `snapshot`: once for each look, and after each change of the
    /// filter, before rows are arranged.
    pub fn look(&mut self, snapshot: &Snapshot) {
        self.filter.look(snapshot);
        if self.tree {
            self.folds.look(snapshot);
        }
    }

    /// Folds whoever matches one of `rules`, from the next [look](Table::look) on.
    pub fn set_fold_rules(&mut self, rules: Vec<Filter>) {
        self.folds.set_rules(rules);
    }

    /// Shows program file, name and command line in one column, or the command alone.
    pub fn toggle_merged(&mut self) {
        let is_merged = |column: &&Column| column.id == "merged";
        let (from, to): (&[&str], _) = if self.columns.iter().any(is_merged) {
            (&["merged"], "command")
        } else {
            (&["command", "cmdline", "comm"], "merged")
        };
        let place = self.columns.iter_mut().find(|column| from.contains(&column.id));
        if let (Some(place), Some(column)) = (place, column(to)) {
            *place = column;
        }
    }

    /// Folds or unfolds the subtree or the group of line `index`.
    pub fn toggle_fold(&mut self, snapshot: &Snapshot, index: usize) {
        if self.group.is_some() {
            return self.toggle_group(snapshot, index);
        }
        let Some(line) = self.arranged.lines.get(index) else { return };
        if let (true, Some(proc)) = (line.fold != Fold::Leaf, line.proc(snapshot)) {
            self.folds.toggle(proc.id());
        }
    }

    /// Folds every subtree below the roots, and unfolds everything the next time, as htop does; all groups begin folded and
    /// are unfolded if any is.
    pub fn toggle_fold_all(&mut self, snapshot: &Snapshot) {
        if self.group.is_some() {
            return self.toggle_all_groups(snapshot);
        }
        let inner = self.arranged.lines.iter().filter(|line| line.fold == Fold::Open && line.depth > 0);
        self.folds.toggle_all(inner.filter_map(|line| line.proc(snapshot)).map(Proc::id));
    }

    /// Folds the subtree or the group the cursor is in and selects its root.
    pub fn fold_parent(&mut self, snapshot: &Snapshot) {
        if self.group.is_some() {
            return self.fold_group(snapshot);
        }
        let Some(depth) = self.arranged.lines.get(self.index).map(|line| line.depth) else { return };
        let parent = |line: &Line| line.depth < depth && line.among == Among::Present;
        let above = self.arranged.lines.iter().take(self.index).rposition(parent);
        if let Some(at) = above {
            self.toggle_fold(snapshot, at);
            self.go_to(snapshot, at);
        }
    }

    fn choose(&mut self, snapshot: &Snapshot, index: usize) {
        self.index = index.min(self.arranged.lines.len().saturating_sub(1));
        self.chosen = self.selected(snapshot).map(Proc::id);
        self.chosen_group = self.selected_group().and_then(|(groups, at)| groups.id(snapshot, at));
    }

    fn line_of(&self, snapshot: &Snapshot, id: ProcId) -> Option<usize> {
        // Nearly always it is where it was.
        let is_it = |line: &Line| line.proc(snapshot).is_some_and(|proc| proc.id() == id);
        if self.arranged.lines.get(self.index).is_some_and(is_it) {
            return Some(self.index);
        }
        // Where it is in the snapshot is found without looking at every process, which lie all over the memory.
        let dead = |list: &[Proc]| list.iter().position(|proc| proc.id() == id);
        let places = [
            (Among::Present, snapshot.position(id)),
            (Among::ShortLived, dead(&snapshot.short_lived)),
            (Among::Ended, dead(&snapshot.ended)),
        ];
        places
            .into_iter()
            .filter_map(|(among, at)| Some((among, u32::try_from(at?).ok()?)))
            .find_map(|place| self.arranged.lines.iter().position(|line| (line.among, line.at) == place))
    }

    /// The line of the folded ancestor that hides this process.
    fn fold_over(&self, snapshot: &Snapshot, id: ProcId) -> Option<usize> {
        let forest = self.arranged.forest.as_ref()?;
        let mut above = forest
            .ancestry(snapshot.position(id)?)
            .skip(1)
            .filter_map(|up| snapshot.procs.get(up))
            .map(Proc::id);
        above.find_map(|up| self.line_of(snapshot, up))
    }

    fn reveal(&mut self) {
        if self.index < self.first {
            self.first = self.index;
        } else if self.index >= self.first + self.rows {
            self.first = self.index + 1 - self.rows;
        }
        self.clamp();
    }

    fn clamp(&mut self) {
        let count = self.arranged.lines.len();
        self.index = self.index.min(count.saturating_sub(1));
        self.first = self.first.min(count.saturating_sub(self.rows));
    }
}
