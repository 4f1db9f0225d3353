//! What can be done to a process: the orders that go through the door of `control`. What comes back is in `news`.

use std::sync::Arc;

use super::{Pid, ProcId, Setting, Signal, Untrusted};

/// A process as it was when it was chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Who is meant; checked again after the pidfd is open.
    pub id: ProcId,
    /// Its name at that time.
    pub name: Untrusted,
    /// Its owner at that time, where known.
    pub owner: Option<Owner>,
}

impl Target {
    /// A target of which no more is known.
    pub fn new(id: ProcId, name: impl Into<Untrusted>) -> Target {
        Target { id, name: name.into(), owner: None }
    }
}

/// Whose a process is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The effective uid.
    pub uid: u32,
    /// The user's name.
    pub name: Arc<Untrusted>,
}

/// Something to do to processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Send this signal.
    Signal(Signal),
    /// SIGTERM; whoever is left after this many seconds gets SIGKILL. [`ControlOrder::Cancel`] stops it before.
    Ladder {
        /// Seconds between the two.
        seconds: u32,
    },
    /// Add this to the nice value (negative: more urgent); the kernel's range is −20 to 19.
    Renice(i32),
    /// Add this to the nice value of the autogroup, which is that of the whole session: sched(7), "The autogroup
    /// feature".
    ReniceAutogroup(i32),
    /// Give it this value.
    Set(Setting),
}

/// Who is reached by an order to act beyond those that were pinned.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Reach {
    /// Nobody else.
    #[default]
    Pinned,
    /// Also every descendant of theirs that is there when the order is carried out. For a signal that ends or stops, the
    /// set is stopped first and searched until nobody new appears, so that nobody is forked past it.
    Subtree,
    /// Also whoever is then in this process group.
    Group(u32),
    /// Also whoever is then in this session.
    Session(u32),
    /// Also whoever is then in this cgroup (the path of cgroup v2 as in `/proc/PID/cgroup`) or below it.
    Cgroup(Untrusted),
}

/// An order to the control thread. `session` is chosen by the caller and names one dialog or one key press; later ones
/// have greater numbers, and where sessions are not released the oldest are forgotten first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ControlOrder {
    /// Open and check a pidfd for each target now, when it is chosen. Answers for each with [`Happened::Pinned`], with
    /// [`Happened::Vanished`] where it has ended, or with the [`Outcome`] (`Replaced`, `Refused`, `Failed`) that any
    /// act on it would have. Whenever a pinned one ends before anything was sent, [`Happened::Vanished`] follows.
    ///
    /// [`Happened::Pinned`]: super::Happened::Pinned
    /// [`Happened::Vanished`]: super::Happened::Vanished
    /// [`Outcome`]: super::Outcome
    Pin {
        /// The dialog.
        session: u64,
        /// Who was chosen.
        targets: Vec<Target>,
    },
    /// Find out what belongs to a target beyond what is on screen: its cgroup with its members, and which ports those
    /// listen on. Answers with [`Happened::Surveyed`](super::Happened::Surveyed), which may take its time.
    Survey {
        /// The dialog.
        session: u64,
        /// Whose cgroup.
        target: Target,
        /// Whose ports, besides those of the cgroup's members.
        among: Vec<Pid>,
    },
    /// Do `act` to every target of `session` that `only` names (all where it is empty), and to whom `reach` adds.
    /// Answers for each with exactly one [`Happened::Outcome`](super::Happened::Outcome), and after `Delivered` with a
    /// [`Happened::Verdict`](super::Happened::Verdict); one that was told to be alive has a second verdict when it ends
    /// within a minute. When all have theirs, [`Happened::Over`](super::Happened::Over) closes the order. Sessions that
    /// were not pinned are passed over.
    Act {
        /// The dialog.
        session: u64,
        /// What to do.
        act: Act,
        /// Which of the pinned, by identity; empty means all.
        only: Vec<ProcId>,
        /// Who else.
        reach: Reach,
    },
    /// Stop the ladder of this session: no SIGKILL will follow.
    Cancel {
        /// The dialog.
        session: u64,
    },
    /// Give back what the acts of session `of` changed: each value to each thread it was taken from, SIGCONT to whom it
    /// stopped, and only to the same processes. Answers under `session` as an order to act does.
    Undo {
        /// The name of this undoing.
        session: u64,
        /// Whose acts.
        of: u64,
    },
    /// No more orders will come for this session: let go. What was signalled still gets its verdicts.
    Release {
        /// The dialog.
        session: u64,
    },
}
