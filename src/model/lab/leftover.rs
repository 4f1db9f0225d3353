//! What a run left behind whose glowtop is gone.

use crate::model::{ProcId, Untrusted};

/// A process of the lab whose run nobody watches any more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leftover {
    /// Who it is.
    pub id: ProcId,
    /// Its name, as in `/proc/PID/comm`.
    pub name: Untrusted,
    /// The tag of its run: the same for all of its processes.
    pub run: String,
}
