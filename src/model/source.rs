//! Where samples come from: the live machine, a fixture, a recording, a generator.

use super::{Sample, Wants};

/// Why there is no sample at all. A single process that cannot be read is no reason: see [`super::Reading`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoSample {
    /// There is no `/proc` below the root; the sentence says where.
    #[error("{0} is not a proc filesystem, so there is nothing to show; is it mounted?")]
    NoProc(String),
    /// It is there and nothing can be read from it: where, and why.
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, &'static str),
}

/// Something that can look at a machine. Everything after it is one path, whatever it is.
pub trait Source: Send {
    /// One look, reading what `wants` asks for. Must not block on the files of any single process.
    fn sample(&mut self, wants: &Wants) -> Result<Sample, NoSample>;
}
