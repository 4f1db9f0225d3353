//! One process in depth: what the inspector can be asked, and what it answers.
//!
//! Its words: a *page* is one subject, read alone because only what is in view is read; an *inspection* is one look at
//! one page of one process; a *datum* is a value, or the reason why there is none. As everywhere, counters are the
//! kernel's, since the start of the process; what happened between two looks is worked out by [`Inspection::follow`].
//! It must never know files, clocks, threads, nor how a page is drawn.

mod ancestry;
mod capability;
mod cgroup;
mod command;
mod files;
mod limits;
mod locks;
mod memory;
mod namespaces;
mod overview;
mod page;
mod partners;
mod refused;
mod scheduling;
mod signals;
mod socket;
mod syscall;
mod threads;

use super::{Nanos, ProcId};

pub use ancestry::{Ancestor, Ancestry, Leader, Parentage};
pub use capability::{Capabilities, CapabilitySet};
pub use cgroup::{Cgroups, CpuStat, GroupLevel, GroupMemory, GroupPids, Hierarchy, IoUse, MemoryEvents};
pub use command::{CommandLine, Environment, Variable};
pub use files::{FdInfo, FileKind, Files, OpenFile, Watch};
pub use limits::{Limit, LimitKind, Limits};
pub use locks::{Lock, LockKind, Locks, Party};
pub use memory::{Mapping, MemoryMap, MemoryTotals, Segment, SegmentSum};
pub use namespaces::{IdRange, Namespace, NamespacePage};
pub use overview::{CpuSpent, MemoryNow, Overview, Owner, Rate, ThreadUse};
pub use page::{InspectOrder, Page};
pub use partners::{Partner, Partners};
pub use refused::{Datum, Needed, Refused};
pub use scheduling::{Clamp, Scheduling, Switches, Together};
pub use signals::{Signals, ThreadSignals};
pub use socket::{Endpoint, Protocol, Socket, SocketState};
pub use syscall::{Architecture, Doing, SystemCall};
pub use threads::{Shares, Thread, Threads};

/// One look at one page of one process.
#[derive(Clone, PartialEq, Debug)]
pub struct Inspection {
    /// Whom it is about.
    pub id: ProcId,
    /// When the look began, CLOCK_MONOTONIC.
    pub at: Nanos,
    /// Which look at this process this is, from 1; it goes on over a change of page.
    pub number: u64,
    /// Which page was asked for; also where nothing was found.
    pub page: Page,
    /// What was found.
    pub found: Found,
    /// CPU time that the look took, seconds.
    pub cost: f64,
}

/// What a look found.
#[derive(Clone, PartialEq, Debug)]
pub enum Found {
    /// The process at a glance.
    Overview(Box<Overview>),
    /// Its threads.
    Threads(Box<Threads>),
    /// Its open files.
    Files(Box<Files>),
    /// Its environment.
    Environment(Box<Environment>),
    /// Its command line.
    Command(Box<CommandLine>),
    /// Its memory.
    Memory(Box<MemoryMap>),
    /// Its limits.
    Limits(Box<Limits>),
    /// Its cgroup.
    Cgroup(Box<Cgroups>),
    /// Its namespaces.
    Namespaces(Box<NamespacePage>),
    /// Its signals.
    Signals(Box<Signals>),
    /// The locks it holds and waits for.
    Locks(Box<Locks>),
    /// How it is scheduled.
    Scheduling(Box<Scheduling>),
    /// Where it comes from.
    Ancestry(Box<Ancestry>),
    /// It has ended, or its pid belongs to another now.
    Gone(Ended),
    /// Nothing of the page could be read.
    Refused(Refused),
}

/// How a process was found to have ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// There is no process with its pid any more.
    Vanished,
    /// Its pid was given to another process.
    Recycled,
    /// It is a zombie no more, and this is the status its parent was told, as wait(2) encodes it; where the kernel
    /// keeps it for us (a pidfd's `PIDFD_GET_INFO`, since Linux 6.15).
    Status(i32),
}

impl Ended {
    /// What is said of it.
    pub fn sentence(self) -> String {
        match self {
            Ended::Vanished => "It has ended.".to_owned(),
            Ended::Recycled => "It has ended; its pid belongs to another process now.".to_owned(),
            Ended::Status(status) => match (status & 0x7f, status >> 8 & 0xff) {
                (0, 0) => "It has ended by itself with status 0.".to_owned(),
                (0, code) => format!("It has ended by itself with status {code}."),
                (signal, _) => {
                    let name = super::Signal::new(signal as u8)
                        .map_or_else(|| signal.to_string(), super::Signal::name);
                    let core = if status & 0x80 == 0 { "" } else { " and left a core file" };
                    format!("It was ended by {name}{core}.")
                }
            },
        }
    }
}

impl Inspection {
    /// Works out what happened since `before`, where that is an earlier look at the same page of the same process; else
    /// rates and shares stay unknown.
    #[must_use]
    pub fn follow(mut self, before: Option<&Inspection>) -> Inspection {
        let Some(before) = before.filter(|before| before.id == self.id && before.at < self.at) else {
            return self;
        };
        let seconds = self.at.since(before.at);
        match (&mut self.found, &before.found) {
            (Found::Overview(now), Found::Overview(then)) => now.follow(then, seconds),
            (Found::Threads(now), Found::Threads(then)) => now.follow(then, seconds),
            (Found::Cgroup(now), Found::Cgroup(then)) => now.follow(then, seconds),
            (Found::Scheduling(now), Found::Scheduling(then)) => now.follow(then, seconds),
            _ => {}
        }
        self
    }

    /// Whether the process has ended.
    pub fn is_over(&self) -> bool {
        matches!(self.found, Found::Gone(_))
    }
}

/// Reads pages; what stands behind the inspector's thread.
pub trait Examine: Send {
    /// Looks at one page of one process. With `fresh`, what is otherwise read less often is read now.
    fn examine(&mut self, id: ProcId, page: Page, fresh: bool) -> Inspection;

    /// Lets go of everything that is kept open or remembered of a process.
    fn close(&mut self);
}
