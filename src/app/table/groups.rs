//! The table where it has one row for many: groups under the cursor, unfolded, tagged and looked through.
//!
//! Groups begin folded. Whoever looks for one process by its number or by its command line gets to that process: its group
//! is unfolded, because what is done next shall reach it and not all the others. Such a group folds up again when the next
//! one is found elsewhere.

use std::collections::HashSet;

use super::Table;
use crate::app::arrange::{Among, Fold, Line};
use crate::model::{GroupBy, GroupId, GroupName, Groups, Needs, Proc, ProcId, Snapshot};
use crate::query::Filter;

/// Groups that are gone are remembered, since they may come back: so many more than there are.
const REMEMBERED: usize = 64;
/// Widest a group is named in a sentence.
const NAME_CELLS: usize = 24;

impl Table {
    /// Groups rows by `by`, or no longer. The cursor stays on its process, or goes to its group; from a group it goes to
    /// the first of its members.
    pub fn set_group(&mut self, snapshot: &Snapshot, by: Option<GroupBy>) {
        if self.chosen_group.is_some() {
            let first = self.selected_group().and_then(|(groups, at)| groups.first(snapshot, at));
            (self.chosen, self.chosen_group) = (first.map(Proc::id), None);
        }
        (self.group, self.revealed, self.brought_by) = (by, None, self.chosen);
        let fell = self.fell;
        self.rearrange(snapshot);
        // Who changes the view sees where the cursor goes.
        self.fell = fell;
        self.reveal();
    }

    /// Whether rows stand below others: as a tree, or as members of groups.
    pub fn is_nested(&self) -> bool {
        self.tree || self.group.is_some()
    }

    /// The group under the cursor: all groups, and its place among them.
    pub fn selected_group(&self) -> Option<(&Groups, usize)> {
        self.group_at(self.index)
    }

    /// Whom an act would reach now, in a few words to stand behind "12 processes of", where the cursor is on a group and
    /// nothing is tagged.
    pub fn targets_in_common(&self, snapshot: &Snapshot) -> Option<String> {
        if !self.tagged.is_empty() {
            return None;
        }
        let (groups, at) = self.selected_group()?;
        groups.phrase(snapshot, at, NAME_CELLS)
    }

    /// Who has to be read for what is on screen: the rows in view and, where sums are made of what is read only of them,
    /// the members of groups in view.
    pub fn on_screen(&self, snapshot: &Snapshot) -> Vec<ProcId> {
        let mut ids = Vec::with_capacity(self.rows);
        let details = self.columns.iter().any(|column| column.needs.any(Needs::DETAILS));
        for line in self.visible() {
            match (line.among, &self.arranged.groups) {
                (Among::Present | Among::Ended, _) => ids.extend(line.proc(snapshot).map(Proc::id)),
                (Among::Group, Some(groups)) if details && line.fold == Fold::Closed => {
                    ids.extend(groups.procs(snapshot, line.at as usize).map(Proc::id));
                }
                (Among::Group | Among::ShortLived, _) => {}
            }
        }
        ids
    }

    /// Whether each of the group is tagged whose line this is.
    pub fn is_group_tagged(&self, snapshot: &Snapshot, line: &Line) -> bool {
        self.is_each_of_group(snapshot, line, !self.tagged.is_empty(), |id| self.is_tagged(id))
    }

    /// Whether each of the group is such whose line this is; nobody is asked where `any` says that none is.
    pub fn is_each_of_group(
        &self,
        snapshot: &Snapshot,
        line: &Line,
        any: bool,
        such: impl Fn(ProcId) -> bool,
    ) -> bool {
        let groups = self.arranged.groups.as_ref().filter(|_| any && line.among == Among::Group);
        groups.is_some_and(|groups| groups.all(snapshot, line.at as usize, such))
    }

    fn group_at(&self, index: usize) -> Option<(&Groups, usize)> {
        let line = self.arranged.lines.get(index).filter(|line| line.among == Among::Group)?;
        Some((self.arranged.groups.as_ref()?, line.at as usize))
    }

    /// The line of this group.
    pub(super) fn line_of_group(&self, snapshot: &Snapshot, id: &GroupId) -> Option<usize> {
        let groups = self.arranged.groups.as_ref().filter(|groups| groups.by == id.by)?;
        let is_it = |at: usize| groups.name(snapshot, at) == Some(id.name());
        // Often it is where it was.
        if self.group_at(self.index).is_some_and(|(_, at)| is_it(at)) {
            return Some(self.index);
        }
        self.line_of_place(groups.find(snapshot, id.name())?)
    }

    fn line_of_place(&self, group: usize) -> Option<usize> {
        let is_it = |line: &Line| line.among == Among::Group && line.at as usize == group;
        self.arranged.lines.iter().position(is_it)
    }

    /// The line of the folded group that hides this process.
    pub(super) fn group_over(&self, snapshot: &Snapshot, id: ProcId) -> Option<usize> {
        let groups = self.arranged.groups.as_ref()?;
        let at = self.folded_group_of(snapshot, groups, snapshot.find(id)?)?;
        self.line_of_place(at)
    }

    /// The place of the folded group this process is in.
    fn folded_group_of(&self, snapshot: &Snapshot, groups: &Groups, proc: &Proc) -> Option<usize> {
        let name = groups.by.of(proc);
        let at = groups.find(snapshot, name)?;
        let folded = !self.unfolded.contains(&GroupId::new(groups.by, name));
        let inside = groups.procs(snapshot, at).any(|member| member.id() == proc.id());
        (folded && inside).then_some(at)
    }

    /// The line of the group in which the one is whom the cursor came with, where it stood among those of whom nothing was
    /// known yet: their cgroups are read only from when rows are grouped by them.
    pub(super) fn group_known_now(&self, snapshot: &Snapshot) -> Option<usize> {
        let group = self.chosen_group.as_ref().filter(|group| Some(group.by) == self.group)?;
        let who = self.brought_by.filter(|_| group.name() == GroupName::Unknown)?;
        let known = group.by.of(snapshot.find(who)?) != GroupName::Unknown;
        self.group_over(snapshot, who).filter(|_| known)
    }

    /// Forgets groups that are gone, when there are many.
    pub(super) fn forget_groups(&mut self, snapshot: &Snapshot) {
        let Some(groups) = &self.arranged.groups else { return };
        if self.unfolded.len() > groups.list().len() + REMEMBERED {
            let there: HashSet<GroupId> =
                (0..groups.list().len()).filter_map(|at| groups.id(snapshot, at)).collect();
            self.unfolded.retain(|id| there.contains(id));
        }
    }

    /// Folds or unfolds the group of line `index`.
    pub(super) fn toggle_group(&mut self, snapshot: &Snapshot, index: usize) {
        let id = self.group_at(index).and_then(|(groups, at)| groups.id(snapshot, at));
        if let Some(id) = id {
            // From now on it is as its reader has it.
            self.revealed.take_if(|revealed| *revealed == id);
            if !self.unfolded.remove(&id) {
                self.unfolded.insert(id);
            }
        }
    }

    /// Unfolds every group if any is folded, else folds all.
    pub(super) fn toggle_all_groups(&mut self, snapshot: &Snapshot) {
        self.revealed = None;
        let folded = |line: &Line| line.among == Among::Group && line.fold == Fold::Closed;
        let any = self.arranged.lines.iter().any(folded);
        if !any {
            self.stand_on_group(snapshot);
        }
        self.unfolded.clear();
        if let Some(groups) = self.arranged.groups.as_ref().filter(|_| any) {
            self.unfolded = (0..groups.list().len()).filter_map(|at| groups.id(snapshot, at)).collect();
        }
    }

    /// Folds the group the cursor is in and selects its row.
    pub(super) fn fold_group(&mut self, snapshot: &Snapshot) {
        if self.arranged.lines.get(self.index).is_some_and(|line| line.depth > 0) {
            self.stand_on_group(snapshot);
            self.toggle_group(snapshot, self.index);
        }
    }

    /// From a member to the row of its group.
    fn stand_on_group(&mut self, snapshot: &Snapshot) {
        let above = self.arranged.lines.iter().take(self.index + 1);
        if let Some(at) = above.clone().rposition(|line| line.among == Among::Group)
            && self.arranged.lines.get(self.index).is_some_and(|line| line.depth > 0)
        {
            self.go_to(snapshot, at);
        }
    }

    /// Tags all of the selected group, or untags them where all are tagged.
    pub(super) fn toggle_tag_of_group(&mut self, snapshot: &Snapshot) {
        let Some((groups, at)) = self.selected_group() else { return };
        let ids: Vec<ProcId> = groups.procs(snapshot, at).map(Proc::id).collect();
        if ids.iter().all(|id| self.tagged.contains(id)) {
            for id in &ids {
                self.tagged.remove(id);
            }
        } else {
            self.tagged.extend(ids);
        }
    }

    /// Tags all of the selected group.
    pub(super) fn tag_group(&mut self, snapshot: &Snapshot) {
        let Some((groups, at)) = self.selected_group() else { return };
        let ids: Vec<ProcId> = groups.procs(snapshot, at).map(Proc::id).collect();
        self.tagged.extend(ids);
    }

    /// Puts the cursor on the next line, from `from` on and round, whose process matches, or that has one among the
    /// members it hides: then on that one. A group whose own name is looked for is found as such.
    pub(super) fn find_in_groups(&mut self, snapshot: &Snapshot, from: usize, wanted: &Filter) -> bool {
        let Some(groups) = &self.arranged.groups else { return false };
        let plain = wanted.query().is_plain();
        let called = |at: usize| {
            let first = groups.first(snapshot, at);
            let name = first.and_then(|first| groups.by.of(first).text(groups.by, first));
            plain && name.is_some_and(|name| wanted.find(name).is_some())
        };
        let count = self.arranged.lines.len();
        // On which line, and in which group that has to be unfolded first.
        let mut hit = None;
        for index in (0..count).map(|i| (from + i) % count) {
            let Some(line) = self.arranged.lines.get(index) else { continue };
            let at = line.at as usize;
            let found = match (line.among, line.fold) {
                (Among::Group, _) if called(at) => Some(None),
                (Among::Group, Fold::Closed) => {
                    groups.procs(snapshot, at).any(|proc| wanted.matches(proc)).then_some(Some(at))
                }
                (Among::Group, _) => None,
                _ => line.proc(snapshot).is_some_and(|proc| wanted.matches(proc)).then_some(None),
            };
            if let Some(folded) = found {
                hit = Some((index, folded));
                break;
            }
        }
        match hit {
            None => return false,
            Some((index, None)) => self.go_to(snapshot, index),
            Some((_, Some(group))) => self.unfold_to(snapshot, group, |proc| wanted.matches(proc)),
        }
        true
    }

    /// Puts the cursor on who is such, in whichever folded group.
    pub(super) fn find_in_folded(&mut self, snapshot: &Snapshot, such: impl Fn(&Proc) -> bool) -> bool {
        let Some(groups) = &self.arranged.groups else { return false };
        let found = snapshot.procs.iter().find(|proc| such(proc));
        let Some(at) = found.and_then(|proc| self.folded_group_of(snapshot, groups, proc)) else {
            return false;
        };
        self.unfold_to(snapshot, at, such);
        true
    }

    /// Unfolds the group at `at`, folds the one up that was unfolded so before, and goes to the first member that is such.
    fn unfold_to(&mut self, snapshot: &Snapshot, at: usize, such: impl Fn(&Proc) -> bool) {
        let Some(id) = self.arranged.groups.as_ref().and_then(|groups| groups.id(snapshot, at)) else {
            return;
        };
        if let Some(before) = self.revealed.replace(id.clone()) {
            self.unfolded.remove(&before);
        }
        self.unfolded.insert(id);
        self.rearrange(snapshot);
        if let Some(group) = self.line_of_place(at) {
            self.find_line(snapshot, group, such);
        }
    }
}
