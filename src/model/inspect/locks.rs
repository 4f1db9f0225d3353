//! File locks: `/proc/locks`, proc_locks(5).

use super::refused::Datum;
use crate::model::{Pid, Untrusted};

/// The locks that a process holds or waits for, and those that others have on files it has open.
#[derive(Clone, PartialEq, Debug)]
pub struct Locks {
    /// They, in the kernel's order.
    pub locks: Datum<Vec<Lock>>,
}

/// One lock that is held, and who waits for it.
#[derive(Clone, PartialEq, Debug)]
pub struct Lock {
    /// What kind.
    pub kind: LockKind,
    /// Whether it keeps others from reading and writing (`MANDATORY`), which no kernel does since 5.15.
    pub mandatory: bool,
    /// Whether it is exclusive (`WRITE`); else shared (`READ`).
    pub write: bool,
    /// Who holds it. `None` for a lock of an open file description, which belongs to whoever has it, and for a holder out
    /// of sight.
    pub holder: Option<Party>,
    /// Whether the process itself holds it: by its pid, or because the file is open in it as `fd` and says so in `fdinfo`.
    pub ours: bool,
    /// The descriptor by which the process has the file open; the lowest of several.
    pub fd: Option<u32>,
    /// Device, major and minor.
    pub device: (u32, u32),
    /// Inode.
    pub inode: u64,
    /// The file's path, where the process has it open.
    pub path: Option<Untrusted>,
    /// First byte.
    pub start: u64,
    /// Last byte; `None` is the end of the file, wherever that will be.
    pub end: Option<u64>,
    /// Who waits for it.
    pub waiters: Vec<Party>,
    /// Whether the process itself is among them.
    pub we_wait: bool,
}

/// Somebody who holds a lock or waits for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Party {
    /// Who, as `/proc/locks` has it.
    pub pid: Pid,
    /// Its name (`comm`), where it could be read.
    pub name: Option<Untrusted>,
    /// Whether it wants or has it exclusively.
    pub write: bool,
}

/// What kind of lock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LockKind {
    /// fcntl(2), `F_SETLK`: the process's.
    Posix,
    /// fcntl(2), `F_OFD_SETLK`: the open file description's.
    OpenFile,
    /// flock(2).
    Flock,
    /// fcntl(2), `F_SETLEASE`.
    Lease,
    /// A delegation of a file server.
    Delegation,
    /// Another one.
    Other,
}

impl LockKind {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            LockKind::Posix => "POSIX",
            LockKind::OpenFile => "OFD",
            LockKind::Flock => "flock",
            LockKind::Lease => "lease",
            LockKind::Delegation => "delegation",
            LockKind::Other => "other",
        }
    }
}
