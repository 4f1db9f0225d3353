//! Taming: the values of a process that can be changed.
//!
//! One file for each kind of value, which knows how it is read, how it is changed, and whose it is: a thread's, the
//! process's, its session's or its cgroup's. It must never know who wants it changed.

mod nice;

use crate::model::{Act, Outcome, Pid, ProcId, Settings};

use super::pin::Hold;

/// Changes what `act` changes about what is held.
pub(super) fn change(id: ProcId, hold: &Hold, act: Act) -> Outcome {
    match act {
        Act::Renice(delta) => nice::renice(id, hold, delta),
        _ => Outcome::Refused("glowtop cannot do that yet"),
    }
}

/// How the values of a process are now.
pub(super) fn settings(_pid: Pid) -> Settings {
    Settings::default()
}
