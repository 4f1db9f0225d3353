//! By what rows are ordered; the list and the tree each by what it was last told to.

use super::Table;
use crate::catalog::Column;

/// A column, and whether the greatest comes first.
pub(in crate::app) type Sorting = (&'static Column, bool);

impl Table {
    /// Shows the tree, or the list, in its own order. The one that is shown for the first time takes over that of the
    /// other.
    pub fn set_tree(&mut self, tree: bool) {
        if self.tree == tree {
            return;
        }
        self.tree = tree;
        let other = self.apart.replace((self.sort, self.descending));
        (self.sort, self.descending) = other.unwrap_or((self.sort, self.descending));
    }

    /// Orders the siblings of the tree, and groups, anew, whatever places they had.
    pub fn order_anew(&mut self) {
        self.arranged.forget_places();
    }

    /// Sorts by `by`: in its natural direction, or the other one if it sorts already.
    pub fn sort_by(&mut self, by: &'static Column) {
        self.descending = if self.sort.id == by.id { !self.descending } else { by.descending };
        self.sort = by;
    }

    /// Sorts by the visible column `step` places from the one that sorts now.
    pub fn sort_beside(&mut self, step: isize) {
        let count = self.columns.len() as isize;
        let at = self.columns.iter().position(|c| c.id == self.sort.id).map_or(0, |at| at as isize + step);
        if let Some(next) = self.columns.get(at.rem_euclid(count.max(1)) as usize).copied() {
            self.sort = next;
            self.descending = next.descending;
        }
    }
}
