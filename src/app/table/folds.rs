//! Which subtrees of the tree are folded: those that the user folded, and those that rules fold.
//!
//! A rule is a query; a process that matches it is folded from then on, also if it comes or matches later. What the user
//! unfolds stays unfolded, whatever the rules say.

use std::collections::HashSet;

use crate::model::{Needs, Proc, ProcId, Snapshot};
use crate::query::Filter;

/// The folded subtrees, by their roots.
#[derive(Clone, Debug, Default)]
pub(super) struct Folds {
    folded: HashSet<ProcId>,
    /// Unfolded by the user: no rule folds it again.
    opened: HashSet<ProcId>,
    /// Whether all were folded at once, so that they are unfolded at once.
    all: bool,
    rules: Vec<Filter>,
}

impl Folds {
    /// The roots of what is folded.
    pub(super) fn roots(&self) -> &HashSet<ProcId> {
        &self.folded
    }

    pub(super) fn set_rules(&mut self, rules: Vec<Filter>) {
        self.rules = rules;
    }

    /// What has to be read so that the rules can be followed.
    pub(super) fn needs(&self) -> Needs {
        let rules = self.rules.iter().fold(Needs::NOTHING, |sum, rule| sum | rule.needs());
        // A folded row shows sums of memory.
        if self.folded.is_empty() { rules } else { rules | Needs::FRESH_MEMORY }
    }

    /// Folds whoever matches a rule now.
    pub(super) fn look(&mut self, snapshot: &Snapshot) {
        for rule in &mut self.rules {
            rule.look(snapshot);
        }
        for proc in snapshot.procs.iter().filter(|_| !self.rules.is_empty()) {
            let id = proc.id();
            if !self.folded.contains(&id)
                && !self.opened.contains(&id)
                && self.rules.iter().any(|rule| rule.matches(proc))
            {
                self.folded.insert(id);
            }
        }
    }

    /// Folds the subtree of `id`, or unfolds it.
    pub(super) fn toggle(&mut self, id: ProcId) {
        if self.folded.remove(&id) {
            self.opened.insert(id);
        } else {
            self.opened.remove(&id);
            self.folded.insert(id);
        }
    }

    /// Unfolds the subtree of `id`, if it is folded.
    pub(super) fn open(&mut self, id: ProcId) {
        if self.folded.contains(&id) {
            self.toggle(id);
        }
    }

    /// Folds those at `open` too, which is all that is left; where that was done before, or nothing is left, unfolds
    /// everything.
    pub(super) fn toggle_all(&mut self, open: impl Iterator<Item = ProcId>) {
        let before = self.folded.len();
        if !self.all || before == 0 {
            self.folded.extend(open);
        }
        self.all = self.folded.len() > before;
        if !self.all {
            self.opened.extend(self.folded.drain());
        }
        self.opened.retain(|id| !self.folded.contains(id));
    }

    /// Forgets who is gone.
    pub(super) fn forget_gone(&mut self, snapshot: &Snapshot) {
        let lives = |proc: Option<&Proc>| proc.is_some();
        self.folded.retain(|id| lives(snapshot.find(*id)));
        self.opened.retain(|id| lives(snapshot.find(*id)));
    }
}
