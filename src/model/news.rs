//! What comes back through the door of `control`: what an act came to, and what the process did about it.

use super::{Act, Pid, ProcId, Setting, Settings, Signal, Target, Untrusted};

/// What came of an order, one target at a time, as it happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ControlNews {
    /// The dialog.
    pub session: u64,
    /// Whose news this is.
    pub target: Target,
    /// The act it answers; of a ladder the signal of the rung. `None` before anything was ordered.
    pub act: Option<Act>,
    /// What happened.
    pub what: Happened,
}

/// One step in the story of one target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Happened {
    /// The pidfd is open and the start time agrees: this very process was alive. Carries how it stands.
    Pinned(Box<Standing>),
    /// It ended while it was pinned, before anything was sent.
    Vanished,
    /// The act was attempted.
    Outcome(Outcome),
    /// A signal was delivered, and this is what the process did.
    Verdict(Verdict),
    /// What belongs to it.
    Surveyed(Box<Survey>),
    /// It was killed, and somebody with the same program and cgroup has appeared.
    Respawned(Box<Respawn>),
    /// Everybody whom an order to act was about has an outcome, and a verdict where one was due. Told once an order; the
    /// target is the first that was pinned.
    Over {
        /// Processes for which the act was attempted.
        reached: u32,
        /// Processes that left the scope before they could be held.
        escaped: u32,
    },
}

/// How a process stands when it is pinned.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// What it does with signals.
    pub disposition: Disposition,
    /// Whether it is the init of a pid namespace, that of a container for instance.
    pub is_init: bool,
    /// Whether it is a thread of the kernel, which takes no signals.
    pub is_kernel: bool,
    /// Whether the kernel offers no pidfd here, so that identity is checked by start time before and after each act,
    /// which leaves a gap of some microseconds.
    pub weak: bool,
    /// What can be changed about it, and how it is now.
    pub settings: Settings,
}

/// What belongs to a process beyond what `/proc/PID/stat` tells.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Survey {
    /// Its cgroup (v2), where there is one.
    pub cgroup: Option<Cgroup>,
    /// Ports that are listened on, by process, ordered; only of processes whose descriptors may be read.
    pub listens: Vec<(Pid, u16)>,
    /// Whether somebody's descriptors could not be read, so that there may be more ports.
    pub partial: bool,
}

/// A control group of version 2.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cgroup {
    /// Its path below the mount point, as in `/proc/PID/cgroup`; `/` is the root, which holds everybody else.
    pub path: Untrusted,
    /// The systemd unit it stands for: the last part of the path that ends as units do.
    pub unit: Option<Untrusted>,
    /// Who is in it or below it.
    pub members: Vec<Pid>,
}

/// Who came in the place of one that was killed.
#[derive(Clone, PartialEq, Debug)]
pub struct Respawn {
    /// The newcomer.
    pub by: ProcId,
    /// Seconds after the kill.
    pub after: f64,
    /// Its parent.
    pub parent: Option<Pid>,
    /// The parent's name.
    pub parent_name: Untrusted,
    /// The systemd unit of its cgroup, where it has one.
    pub unit: Option<Untrusted>,
}

impl Eq for Respawn {}

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
    /// A value changed, or was that already.
    Changed(Box<Change>),
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
    /// It left the scope of the act before it could be held; nothing was sent.
    Escaped,
    /// A call failed.
    Failed {
        /// Which.
        call: Call,
        /// errno(3).
        errno: i32,
    },
}

/// From what to what a value was changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Before; of several threads the main one's.
    pub from: Setting,
    /// After.
    pub to: Setting,
    /// Threads that have it now; 1 for what is not a thread's.
    pub threads: u32,
}

/// The calls an act is made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Call {
    /// Opening a process handle: pidfd_open(2), or watching it.
    OpenHandle,
    /// pidfd_send_signal(2), or kill(2) where there are no handles.
    SendSignal,
    /// Reading who and what it is in `/proc`.
    ReadProc,
    /// setpriority(2).
    SetNice,
    /// `/proc/PID/autogroup`: sched(7).
    SetAutogroup,
    /// ioprio_set(2).
    SetIoPriority,
    /// sched_setaffinity(2).
    SetAffinity,
    /// sched_setscheduler(2).
    SetPolicy,
    /// `/proc/PID/oom_score_adj`: proc_pid_oom_score_adj(5).
    SetOomScoreAdj,
    /// `cpu.max` of cgroup v2.
    SetCpuMax,
    /// `memory.high` of cgroup v2.
    SetMemoryHigh,
    /// `cgroup.kill` of cgroup v2.
    KillCgroup,
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
    /// It blocks the signal, in every thread (`SigBlk`): pending until unblocked.
    Blocks,
    /// It caught the signal (`SigCgt`), or took it from its queue (sigwait(3), signalfd(2)), and went on.
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
    /// A tracer, a debugger for instance, holds it or may have kept the signal from it: ptrace(2).
    Traced {
        /// `TracerPid`.
        tracer: Pid,
        /// The tracer's name.
        tracer_name: Untrusted,
        /// Whether it is held right now (state `t`), so that the signal waits.
        held: bool,
    },
    /// It is dying and writes its core file (`CoreDumping`): core(5).
    DumpsCore,
    /// Its cgroup is frozen, so that the signal waits until it is thawed.
    Frozen {
        /// The cgroup that was told to freeze: its own or one above it, as in `/proc/PID/cgroup`.
        cgroup: Untrusted,
        /// Whether even SIGKILL waits: so it does in cgroup version 1, and not in version 2.
        kill_waits: bool,
    },
    /// It waits in vfork(2) until its child runs a program or ends.
    Vfork {
        /// The child.
        child: Option<Pid>,
        /// The child's name.
        child_name: Untrusted,
    },
    /// Its main thread has ended, so that it looks like a zombie, and others go on: pthread_exit(3).
    MainEnded {
        /// How many go on.
        threads: u32,
        /// Why those outlive the signal.
        why: Box<WhyAlive>,
    },
    /// It could not be found out.
    Unknown,
}

/// What would help after a verdict: [`ControlNews::next_step`](super::ControlNews::next_step).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NextStep {
    /// Send this signal to the same process: SIGKILL, SIGSTOP or SIGCONT.
    Send(Signal),
    /// Send this signal, which may help and may not: nobody can see from outside which sleep it ends.
    Try(Signal),
    /// End its parent, which does not reap it; whoever adopts it will.
    EndParent {
        /// The parent, where known.
        pid: Option<Pid>,
        /// The parent's name.
        name: Untrusted,
    },
    /// End the child for which it waits in vfork(2).
    EndChild {
        /// The child, where known.
        pid: Option<Pid>,
        /// The child's name.
        name: Untrusted,
    },
    /// Make its tracer let go of it, or end the tracer.
    Detach {
        /// The tracer.
        tracer: Pid,
        /// The tracer's name.
        name: Untrusted,
    },
    /// Thaw this cgroup: `cgroup.freeze` (version 2), `freezer.state` (version 1).
    ThawCgroup {
        /// Its path, as in `/proc/PID/cgroup`.
        path: Untrusted,
    },
    /// It is the init here: shut the system or the container down.
    ShutDown,
    /// Nothing stronger can be sent; it ends by itself when what holds it is over.
    Wait,
}
