//! The signals of a process: signal(7).

use super::refused::Datum;
use crate::model::{Pid, Signal, SignalSet, Untrusted};

/// The signals of a process, of `/proc/PID/status`.
#[derive(Clone, PartialEq, Debug)]
pub struct Signals {
    /// Pending for the main thread: `SigPnd`.
    pub pending: Datum<SignalSet>,
    /// Pending for the process, whichever thread takes them: `ShdPnd`.
    pub shared: Datum<SignalSet>,
    /// Blocked by the main thread: `SigBlk`.
    pub blocked: Datum<SignalSet>,
    /// Ignored: `SigIgn`.
    pub ignored: Datum<SignalSet>,
    /// Caught by a handler: `SigCgt`.
    pub caught: Datum<SignalSet>,
    /// Signals queued for the user, and how many may be: `SigQ`.
    pub queued: Option<(u64, u64)>,
    /// The other threads that block other signals than the main thread, or have signals of their own pending; by number.
    pub threads: Vec<ThreadSignals>,
    /// How many of the other threads were looked at; not all where there are very many.
    pub looked_at: u32,
}

/// The signals of one thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThreadSignals {
    /// Its number.
    pub tid: Pid,
    /// Its name.
    pub name: Untrusted,
    /// Pending for it.
    pub pending: SignalSet,
    /// Blocked by it.
    pub blocked: SignalSet,
}

impl SignalSet {
    /// Those in it, by number.
    pub fn iter(self) -> impl Iterator<Item = Signal> {
        (1..=64).filter_map(Signal::new).filter(move |signal| self.has(*signal))
    }

    /// How many are in it.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}
