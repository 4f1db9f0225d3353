//! The pages of the inspector, and what its thread can be told.

use crate::model::ProcId;

/// One subject of the inspector.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Page {
    /// The process at a glance.
    #[default]
    Overview,
    /// Its threads and what each does.
    Threads,
    /// Its open files and sockets.
    Files,
    /// Its environment.
    Environment,
    /// Its command line.
    Command,
    /// Its memory.
    Memory,
    /// Its resource limits.
    Limits,
    /// Its place in the cgroup tree, and what that allows.
    Cgroup,
    /// The namespaces it is in.
    Namespaces,
    /// Its signals.
    Signals,
    /// File locks.
    Locks,
    /// How it is scheduled.
    Scheduling,
    /// Why it runs.
    Ancestry,
}

impl Page {
    /// All pages, in the order of their tabs.
    pub const ALL: [Page; 13] = [
        Page::Overview,
        Page::Threads,
        Page::Files,
        Page::Environment,
        Page::Command,
        Page::Memory,
        Page::Limits,
        Page::Cgroup,
        Page::Namespaces,
        Page::Signals,
        Page::Locks,
        Page::Scheduling,
        Page::Ancestry,
    ];

    /// Its name, as tabs and the command line have it.
    pub const fn name(self) -> &'static str {
        match self {
            Page::Overview => "overview",
            Page::Threads => "threads",
            Page::Files => "files",
            Page::Environment => "environment",
            Page::Command => "command",
            Page::Memory => "memory",
            Page::Limits => "limits",
            Page::Cgroup => "cgroup",
            Page::Namespaces => "namespaces",
            Page::Signals => "signals",
            Page::Locks => "locks",
            Page::Scheduling => "scheduling",
            Page::Ancestry => "ancestry",
        }
    }

    /// The page with this name.
    pub fn named(name: &str) -> Option<Page> {
        Page::ALL.into_iter().find(|page| page.name() == name)
    }
}

/// What the inspector's thread is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InspectOrder {
    /// Look at this process from now on, at the page that was in view last; at first the overview.
    Open(ProcId),
    /// Look at this page from now on.
    Page(Page),
    /// Look now, at all of the page.
    Refresh,
    /// Look no more, and keep nothing.
    Close,
}
