//! What can be done to a process, and what came of it: the values that cross the door of `control`.

use super::{Pid, ProcId, Signal, Untrusted};

/// A process as it was when it was chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Who is meant; checked again after the pidfd is open.
    pub id: ProcId,
    /// Its name at that time.
    pub name: Untrusted,
}

/// Something to do to processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Send this signal.
    Signal(Signal),
    /// Add this to the nice value (negative: more urgent); the kernel's range is −20 to 19. Linux keeps one for each
    /// thread: a process's is its main thread's, and its other threads keep theirs.
    Renice(i32),
}

/// An order to the control thread. `session` is chosen by the caller and names one dialog or one key press; later ones
/// have greater numbers, and where sessions are not released the oldest are forgotten first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ControlOrder {
    /// Open and check a pidfd for each target now, when it is chosen. Answers for each with [`Happened::Pinned`], with
    /// [`Happened::Vanished`] where it has ended, or with the [`Outcome`] (`Replaced`, `Refused`, `Failed`) that any
    /// act on it would have. Whenever a pinned one ends before anything was sent, [`Happened::Vanished`] follows.
    Pin {
        /// The dialog.
        session: u64,
        /// Who was chosen.
        targets: Vec<Target>,
    },
    /// Do `act` to every target of `session` that `only` names (all where it is empty). Answers for each with exactly
    /// one [`Happened::Outcome`], and after `Delivered` with a [`Happened::Verdict`]; one that was told to be alive has
    /// a second verdict when it ends within a minute. Sessions that were not pinned are passed over.
    Act {
        /// The dialog.
        session: u64,
        /// What to do.
        act: Act,
        /// Which of the pinned, by identity; empty means all.
        only: Vec<ProcId>,
    },
    /// No more orders will come for this session: let go. What was signalled still gets its verdicts.
    Release {
        /// The dialog.
        session: u64,
    },
}

/// What came of an order, one target at a time, as it happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ControlNews {
    /// The dialog.
    pub session: u64,
    /// Whose news this is.
    pub target: Target,
    /// What happened.
    pub what: Happened,
}

/// One step in the story of one target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Happened {
    /// The pidfd is open and the start time agrees: this very process was alive. Carries what it does with signals.
    Pinned(Disposition),
    /// It ended while it was pinned, before anything was sent.
    Vanished,
    /// The act was attempted.
    Outcome(Outcome),
    /// A signal was delivered, and this is what the process did.
    Verdict(Verdict),
}

/// What a process does with signals, from the masks of `/proc/PID/status`; all unknown where it could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Disposition {
    /// `SigIgn`.
    pub ignored: Option<super::SignalSet>,
    /// `SigBlk` of the main thread.
    pub blocked: Option<super::SignalSet>,
    /// `SigCgt`.
    pub caught: Option<super::SignalSet>,
}

/// What the attempt came to. Delivered is not dead: see [`Verdict`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The kernel took the signal for exactly the process that was meant.
    Delivered,
    /// The nice value changed.
    Reniced {
        /// Before.
        from: i32,
        /// After.
        to: i32,
    },
    /// It had ended before the act; nothing was sent.
    AlreadyGone,
    /// The pid now belongs to another process; nothing was sent.
    Replaced,
    /// Not permitted: whose it is, where known.
    Denied {
        /// The owner's uid.
        owner: Option<u32>,
    },
    /// Refused by us, with the reason as a sentence part ("kernel threads ignore signals").
    Refused(&'static str),
    /// It ended during a call that takes a bare pid, so it is not sure whom the call reached.
    Uncertain,
    /// The system call failed with this errno.
    Failed {
        /// errno(3).
        errno: i32,
    },
}

/// What became of a process after a delivered signal. Times are seconds since the signal was sent.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// It was killed by this signal.
    Killed {
        /// The signal that ended it.
        by: Signal,
        /// Seconds it took.
        after: f64,
    },
    /// It exited by itself with this status.
    Exited {
        /// Exit status, 0 to 255.
        status: i32,
        /// Seconds it took.
        after: f64,
    },
    /// It is gone; how could not be found out (kernel before 6.15, no permission).
    Ended {
        /// Seconds it took.
        after: f64,
    },
    /// SIGSTOP and kin: it is stopped now.
    Stopped,
    /// SIGCONT: it is no longer stopped.
    Continued,
    /// The signal does not end processes and there is nothing more to wait for.
    Alive,
    /// It should have ended and did not.
    StillAlive {
        /// Seconds waited.
        after: f64,
        /// Why, as far as can be told.
        why: WhyAlive,
    },
}

impl Eq for Verdict {}

/// Why a process outlived a deadly signal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WhyAlive {
    /// It ignores the signal (`SigIgn`).
    Ignores,
    /// It blocks the signal (`SigBlk`): pending until unblocked.
    Blocks,
    /// It caught the signal (`SigCgt`) and went on.
    Catches,
    /// It is stopped: the signal waits until it is continued.
    Stopped,
    /// It is in uninterruptible sleep, in this kernel function where known.
    Uninterruptible {
        /// `/proc/PID/wchan`.
        wchan: Option<String>,
    },
    /// It is already dead; this parent has not reaped it.
    Zombie {
        /// The parent.
        parent: Option<Pid>,
        /// The parent's name.
        parent_name: Untrusted,
    },
    /// It is the init of a pid namespace, which takes only signals it has handlers for.
    Init,
    /// It could not be found out.
    Unknown,
}
