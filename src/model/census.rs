//! How a look learned who is there, and of whom it heard only that they had been.

use std::sync::Arc;

use super::{Pid, Untrusted};

/// Processes with one parent and one name that began after the look before and were dead before this one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShortLived {
    /// The process that forked them; `None` where that is not known.
    pub parent: Option<Pid>,
    /// Their `comm` after they had executed something, or that of the parent where they never did; `None` where it
    /// could not be read in time.
    pub name: Option<Arc<Untrusted>>,
    /// How many they were.
    pub count: u32,
}

/// How a look found out who is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CensusBy {
    /// All of `/proc` was listed.
    #[default]
    Listing,
    /// Nothing was forked since the look before (`processes` of `/proc/stat`).
    NoForks,
    /// Every pid that was given out since was asked for (`/proc/loadavg`, the last pid).
    Probe,
    /// The kernel told of each (process events connector).
    Events,
}

/// Whether the kernel tells of every fork, exec and exit: the process events connector, Documentation/driver-api/connector.rst.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Hearing {
    /// Nobody asked it to: a fixture, a one-shot listing.
    #[default]
    Off,
    /// It may not, or cannot: no permission, a container, a kernel without the connector.
    Refused,
    /// Since the look before it told of everything.
    All,
    /// It told more than could be taken in, and some was lost: short-lived processes may be missing.
    Lost,
    /// There was too much to tell to be worth its price; for a while nobody listens.
    TooMany,
}

/// How it was found out who is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Census {
    /// In this look.
    pub by: CensusBy,
    /// What is told of short-lived processes.
    pub events: Hearing,
    /// Full listings of `/proc` since the start, the first one aside, that were there to check the other ways.
    pub checks: u64,
    /// Processes that only such a check found, since the start; 0 where the other ways miss nobody.
    pub overlooked: u64,
}
