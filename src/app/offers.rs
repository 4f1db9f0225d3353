//! What Tab offers in a line of input, and walking through it.

use crate::model::Snapshot;
use crate::query::{Completion, Views, complete};

use super::line_edit::LineEdit;

/// What could stand where the cursor was when Tab was pressed; more than one thing.
#[derive(Clone, Debug)]
pub struct Offers {
    /// What is offered, in order.
    pub list: Vec<Completion>,
    /// The one that stands in the line; `None` while none was chosen.
    pub at: Option<usize>,
    /// The line without any of them.
    typed: LineEdit,
}

impl Offers {
    /// Puts into `edit` what can only follow, and returns what is left to choose from; `None` where that is nothing.
    pub(super) fn open(edit: &mut LineEdit, snapshot: &Snapshot, views: &Views) -> Option<Offers> {
        let mut list = complete(edit.text(), edit.cursor(), snapshot, views);
        // All of them take the place of the same word.
        let first = list.first()?;
        let (start, cursor) = (first.replace.start, edit.cursor());
        let common = list.iter().skip(1).fold(first.text.as_str(), |common, next| shared(common, &next.text));
        if list.len() == 1 || common.len() > cursor.saturating_sub(start) {
            edit.replace(start..cursor, common);
        }
        if list.len() == 1 {
            return None;
        }
        for offer in &mut list {
            offer.replace.end = edit.cursor();
        }
        Some(Offers { list, at: None, typed: edit.clone() })
    }

    /// Puts the next one into `edit`, or the one before; beyond the last comes the first.
    pub(super) fn step(&mut self, forward: bool, edit: &mut LineEdit) {
        let last = self.list.len().saturating_sub(1);
        let at = match (self.at, forward) {
            (None, true) => 0,
            (None | Some(0), false) => last,
            (Some(at), false) => at - 1,
            (Some(at), true) if at >= last => 0,
            (Some(at), true) => at + 1,
        };
        self.pick(at, edit);
    }

    /// Puts that one into `edit`, if there is one.
    pub(super) fn pick(&mut self, at: usize, edit: &mut LineEdit) {
        if let Some(offer) = self.list.get(at) {
            edit.clone_from(&self.typed);
            edit.replace(offer.replace.clone(), &offer.text);
            self.at = Some(at);
        }
    }

    /// The line as it was before one was chosen.
    pub(super) fn without(self) -> LineEdit {
        self.typed
    }
}

/// What both begin with.
fn shared<'a>(one: &'a str, other: &str) -> &'a str {
    let same = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b);
    let end = same.map_or(one.len().min(other.len()), |((at, _), _)| at);
    one.get(..end).unwrap_or("")
}
