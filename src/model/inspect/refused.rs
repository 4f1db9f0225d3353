//! Why there is no value, and what it would take.

use std::borrow::Cow;

use crate::model::{Nanos, units};

/// A value, or why there is none.
pub type Datum<T> = Result<T, Refused>;

/// Why there is no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// Nobody has read it yet, or something was short while it was read (descriptors, memory). It comes later.
    NotRead,
    /// The kernel does not permit it to us.
    Denied(Needed),
    /// This kernel, or the way it was built or booted, does not tell it.
    NoSuch,
    /// Such a process has none: a thread of the kernel has no memory, no files and no command line, and a zombie has
    /// left them.
    HasNone,
    /// It does not come: the process's memory map, or a file system, is locked. It was asked for at this time.
    Slow(Nanos),
    /// The kernel's text made no sense.
    Unreadable,
}

/// What it would take to be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needed {
    /// To be the user who owns the process, who has not been kept from tracing it; or root: what the kernel calls
    /// `PTRACE_MODE_READ`, ptrace(2).
    SameUser,
    /// `CAP_SYS_PTRACE`: another user's process, or one that has given itself other rights than its owner's.
    Ptrace,
    /// `CAP_SYS_NICE`: timer slack is told to nobody else, proc_pid_timerslack_ns(5).
    Nice,
    /// `CAP_SYS_ADMIN` in the first user namespace.
    SysAdmin,
    /// Root.
    Root,
}

impl Needed {
    /// It, as a sentence names it.
    pub const fn what(self) -> &'static str {
        match self {
            Needed::SameUser => "its own user or root",
            Needed::Ptrace => "CAP_SYS_PTRACE (root)",
            Needed::Nice => "CAP_SYS_NICE (root)",
            Needed::SysAdmin => "CAP_SYS_ADMIN (root)",
            Needed::Root => "root",
        }
    }
}

impl Refused {
    /// What is said instead of the value; `now` tells how long something has been waited for.
    pub fn sentence(self, now: Nanos) -> Cow<'static, str> {
        match self {
            Refused::NotRead => Cow::Borrowed("It has not been read yet."),
            Refused::Denied(needed) => {
                // Short, so that it fits beside a name on 80 columns.
                Cow::Owned(format!("Denied: it needs {}.", needed.what()))
            }
            Refused::NoSuch => Cow::Borrowed("This kernel does not tell it."),
            Refused::HasNone => Cow::Borrowed("This process has none."),
            Refused::Slow(since) => {
                let mut age = String::new();
                units::span(now.since(since), &mut age);
                Cow::Owned(format!("No answer for {}: something the process needs is locked.", age.trim()))
            }
            Refused::Unreadable => Cow::Borrowed("The kernel's answer made no sense."),
        }
    }
}
