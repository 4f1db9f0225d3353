//! The namespaces of a process: namespaces(7).

use super::refused::Datum;
use crate::model::Untrusted;

/// The namespaces of a process.
#[derive(Clone, PartialEq, Debug)]
pub struct NamespacePage {
    /// Each kind that the kernel has, by name.
    pub namespaces: Datum<Vec<Namespace>>,
    /// Its pids, from ours to that of the innermost pid namespace it is in: `NSpid`.
    pub pids: Vec<u32>,
    /// How user ids in its user namespace are mapped: `uid_map`.
    pub uid_map: Datum<Vec<IdRange>>,
    /// The same for groups: `gid_map`.
    pub gid_map: Datum<Vec<IdRange>>,
    /// Whether it may change its groups: `setgroups`.
    pub setgroups: Option<bool>,
}

/// One namespace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Namespace {
    /// Its kind as `/proc/PID/ns` names it: `pid`, `net`, `pid_for_children`.
    pub kind: Untrusted,
    /// Its inode, by which it is known.
    pub inode: Datum<u64>,
    /// Whether it is the one that glowtop is in; `None` where either is unknown.
    pub ours: Option<bool>,
    /// Whether it is that of PID 1.
    pub init: Option<bool>,
}

/// One line of `uid_map` or `gid_map`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdRange {
    /// The first id inside.
    pub inside: u32,
    /// What it is outside.
    pub outside: u32,
    /// How many follow.
    pub count: u32,
}
