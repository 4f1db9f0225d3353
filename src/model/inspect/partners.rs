//! Who holds the other end of a pipe or a socket.

use crate::model::{ProcId, Untrusted};

/// Somebody who has the same pipe, or the other end of a socket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partner {
    /// Who.
    pub id: ProcId,
    /// Its name (`comm`).
    pub name: Untrusted,
    /// The descriptor there; the lowest where it has several.
    pub fd: u32,
    /// Whether it can read from it there.
    pub reads: bool,
    /// Whether it can write to it there.
    pub writes: bool,
}

/// Who was found so far. Everybody's descriptors have to be looked through for it, some in each look.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Partners {
    /// They, by pid.
    pub found: Vec<Partner>,
    /// Processes that do not let us look at their descriptors.
    pub denied: u32,
    /// Whether everybody has been looked through at least once since the page was opened.
    pub complete: bool,
}
