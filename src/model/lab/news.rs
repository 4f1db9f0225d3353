//! What happens in the lab, as it happens.

use serde::{Deserialize, Serialize};

use super::watch::WatchReport;
use super::{Fate, RunPlan, RunReport};
use crate::model::Pid;

/// What happens in the lab, as it happens.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum LabNews {
    /// A run began.
    RunStarted {
        /// Which of the plan's runs, from 0; repeats count on.
        index: usize,
        /// How it runs.
        run: RunPlan,
        /// Its number of tasks; 0 for a scene that has none.
        tasks: u32,
        /// How often each task is done.
        rounds: u32,
    },
    /// A worker exists (and can be found in the table).
    WorkerStarted {
        /// Counted from 1.
        worker: u32,
        /// Its process.
        pid: Pid,
        /// Its thread; the process's own where it is none.
        tid: Pid,
        /// What it is in its scene, for instance `producer`; empty where the number says it all.
        name: String,
    },
    /// A worker ended.
    WorkerEnded {
        /// Counted from 1.
        worker: u32,
        /// Nanoseconds since the run began.
        at: u64,
        /// How.
        fate: Fate,
    },
    /// What the workers did since the last news, each worker's in order.
    Lanes(Vec<LaneEvent>),
    /// How the workers stand as the kernel and they themselves say; some twenty times a second.
    Looks(Vec<LaneLook>),
    /// A sentence that the workload says about what happens.
    Note(String),
    /// A run ended.
    RunDone(Box<RunReport>),
    /// What was seen so far of processes that are watched; the last of these is all of it.
    Watched(Box<WatchReport>),
    /// The whole plan ended, or was stopped, or failed with this sentence.
    Ended {
        /// Why it did not run to its end; `None` where it did.
        problem: Option<String>,
    },
}

/// Something that a worker did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LaneEvent {
    /// Counted from 1.
    pub worker: u32,
    /// When, nanoseconds since the run began.
    pub at: u64,
    /// What.
    pub what: Did,
}

/// What a worker did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Did {
    /// It began a task, on this CPU.
    Begin {
        /// Counted from 1.
        task: u32,
        /// The CPU's number.
        cpu: u32,
    },
    /// It ended the task.
    End {
        /// Counted from 1.
        task: u32,
        /// Its answer.
        answer: u64,
        /// Whether it is the right one.
        right: bool,
    },
    /// It was off the CPU since `from` without having asked for it, and is back on this one.
    Gap {
        /// Nanoseconds since the run began.
        from: u64,
        /// The CPU's number.
        cpu: u32,
    },
    /// It waited since `from` for something.
    Blocked {
        /// Nanoseconds since the run began.
        from: u64,
        /// For what.
        on: BlockedOn,
    },
    /// It goes on on another CPU.
    Moved {
        /// The CPU's number.
        cpu: u32,
    },
    /// Something of its workload's own, as a picture of its lane shows it.
    Mark(Mark),
}

/// What a worker waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockedOn {
    /// A lock.
    Lock,
    /// Something to take from a queue.
    Empty,
    /// Room in a queue.
    Full,
    /// Input or output.
    Io,
    /// Time to pass.
    Sleep,
    /// Others to arrive, or a signal.
    Others,
    /// A child to end.
    Child,
}

impl BlockedOn {
    /// All of them.
    pub const ALL: [BlockedOn; 7] = [
        BlockedOn::Lock,
        BlockedOn::Empty,
        BlockedOn::Full,
        BlockedOn::Io,
        BlockedOn::Sleep,
        BlockedOn::Others,
        BlockedOn::Child,
    ];

    /// The letter of its cells in a lane.
    pub const fn letter(self) -> char {
        match self {
            BlockedOn::Lock => 'L',
            BlockedOn::Empty => 'E',
            BlockedOn::Full => 'F',
            BlockedOn::Io => 'I',
            BlockedOn::Sleep => 'z',
            BlockedOn::Others => 'B',
            BlockedOn::Child => 'C',
        }
    }

    /// In a word or two, after "waits for".
    pub const fn word(self) -> &'static str {
        match self {
            BlockedOn::Lock => "a lock",
            BlockedOn::Empty => "something in the queue",
            BlockedOn::Full => "room in the queue",
            BlockedOn::Io => "input or output",
            BlockedOn::Sleep => "time to pass",
            BlockedOn::Others => "the others",
            BlockedOn::Child => "a child's end",
        }
    }
}

/// Something of a workload's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Mark {
    /// It got the lock (or semaphore) of this number.
    Got(u32),
    /// It released it.
    Released(u32),
    /// The queue has so many items now.
    Depth(u32),
    /// It took a task from this worker.
    Stole(u32),
}

/// How a worker stands at one moment.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct LaneLook {
    /// Counted from 1.
    pub worker: u32,
    /// When, nanoseconds since the run began.
    pub at: u64,
    /// The letter of `/proc/PID/stat`; 0 where it is gone.
    pub state: u8,
    /// The CPU it ran on last.
    pub cpu: u32,
    /// On a CPU so far, nanoseconds.
    pub run: u64,
    /// Waiting for a CPU so far, nanoseconds.
    pub wait: u64,
    /// What it waits for by its own word, and since when.
    pub blocked: Option<(BlockedOn, u64)>,
}
