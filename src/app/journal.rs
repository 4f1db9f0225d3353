//! What was done in this run, and what came of it.

use std::collections::VecDeque;

use crate::model::{ControlNews, Nanos};

/// How many entries are kept.
const KEPT: usize = 10_000;

/// One step in the story of an act.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// When it was told.
    pub at: Nanos,
    /// The same moment in nanoseconds since the epoch, as far as the last look knows.
    pub wall: u64,
    /// What happened to whom.
    pub news: ControlNews,
}

/// All of them, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Journal(VecDeque<Entry>);

impl Journal {
    /// Writes down what happened.
    pub fn push(&mut self, entry: Entry) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    /// The entries, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().rev()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was done yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
