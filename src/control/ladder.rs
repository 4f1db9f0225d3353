//! SIGTERM, some patience, SIGKILL.

use crate::model::ControlNews;

use super::desk::Desk;

impl<F: Fn(ControlNews)> Desk<F> {
    /// No SIGKILL will follow in this session.
    #[allow(clippy::unused_self)]
    pub(super) fn cancel(&mut self, _session: u64) {}
}
