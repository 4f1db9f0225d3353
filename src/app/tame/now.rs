//! How a value is now, for all whom a dialog would reach.

use crate::app::aims::{Aim, Aims};
use crate::model::Settings;

/// How a value is now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Now<T> {
    /// Nobody's is known yet.
    Checking,
    /// Nobody's could be read.
    Unknown,
    /// All have this one.
    Same(T),
    /// They do not have the same, or not all of them could be read.
    Different,
}

impl<T> Now<T> {
    /// The value that all have.
    pub fn same(self) -> Option<T> {
        match self {
            Now::Same(value) => Some(value),
            _ => None,
        }
    }

    /// The same of the value that all have.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Now<U> {
        match self {
            Now::Checking => Now::Checking,
            Now::Unknown => Now::Unknown,
            Now::Same(value) => Now::Same(change(value)),
            Now::Different => Now::Different,
        }
    }
}

/// The settings of those that are there and have been read.
pub(super) fn known(aims: &Aims) -> impl Iterator<Item = &Settings> {
    aims.targets.iter().filter_map(|aimed| match &aimed.aim {
        Aim::Ready(standing) => Some(&standing.settings),
        _ => None,
    })
}

/// What those that are there have in common.
pub(super) fn now<'a, T: PartialEq>(aims: &'a Aims, pick: impl Fn(&'a Settings) -> Option<T>) -> Now<T> {
    let mut values = known(aims).map(pick);
    let Some(first) = values.next() else {
        let checking = aims.targets.iter().any(|aimed| aimed.aim == Aim::Checking);
        return if checking { Now::Checking } else { Now::Unknown };
    };
    if values.any(|value| value != first) {
        return Now::Different;
    }
    first.map_or(Now::Unknown, Now::Same)
}
