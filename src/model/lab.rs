//! What the lab is told and what it tells: the values that cross its door.

use super::Pid;

/// How a workload's tasks are spread.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One worker process, one task after the other.
    Serial,
    /// One worker process with a thread per worker; the threads take tasks from one queue.
    Threads,
    /// One process per task, all at once.
    Processes,
    /// A pool of k worker processes that take tasks from one queue.
    Pool,
}

impl Mode {
    /// All modes, in the order of the menu.
    pub const ALL: [Mode; 4] = [Mode::Serial, Mode::Threads, Mode::Processes, Mode::Pool];

    /// The word used in menus, flags and reports.
    pub const fn word(self) -> &'static str {
        match self {
            Mode::Serial => "serial",
            Mode::Threads => "threads",
            Mode::Processes => "processes",
            Mode::Pool => "pool",
        }
    }

    /// The mode with this word.
    pub fn parse(word: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// An order to the lab.
#[derive(Clone, PartialEq, Debug)]
pub enum LabOrder {
    /// Run this plan; refused while another runs.
    Run(LabPlan),
    /// End the run and everything it started, now.
    Stop,
}

/// One experiment: a workload, run once for each entry of `runs`, in order.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct LabPlan {
    /// Which workload, by its id in the lab's list.
    pub workload: String,
    /// Mode and number of workers of each run; the first one is the base of the comparison where it is serial.
    /// Serial always runs on one worker and `Processes` on one per task, whatever number stands here.
    pub runs: Vec<(Mode, u32)>,
    /// How long the serial run should take, seconds; the size is calibrated for it. `None` runs each task once.
    pub serial_seconds: Option<f64>,
}

/// One workload, as the chooser shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkloadInfo {
    /// The word used in flags and reports.
    pub id: &'static str,
    /// One line: what it is.
    pub title: &'static str,
    /// What it teaches and what to watch.
    pub lesson: &'static str,
    /// Number of tasks.
    pub tasks: u32,
    /// The modes it can run in.
    pub modes: &'static [Mode],
}

/// What happens in the lab, as it happens.
#[derive(Clone, PartialEq, Debug)]
pub enum LabNews {
    /// A run began. `index` counts the plan's runs from 0.
    RunStarted {
        /// Which of the plan's runs.
        index: usize,
        /// Its mode.
        mode: Mode,
        /// Its workers.
        workers: u32,
        /// Its number of tasks.
        tasks: u32,
    },
    /// A worker process exists (and can be found in the table). The workers of `Mode::Threads` are threads of one
    /// process: each has its news, all with the same pid.
    WorkerStarted {
        /// Counted from 1.
        worker: u32,
        /// Its pid.
        pid: Pid,
    },
    /// A task began on a worker. Seconds since the run began.
    TaskStarted {
        /// Counted from 1.
        task: u32,
        /// Counted from 1.
        worker: u32,
        /// Seconds since the run began.
        at: f64,
    },
    /// A task ended on a worker, with its answer.
    TaskDone {
        /// Counted from 1.
        task: u32,
        /// Counted from 1.
        worker: u32,
        /// Seconds since the run began.
        at: f64,
        /// The answer, for instance the prime found.
        answer: u64,
        /// Whether it is the right one.
        right: bool,
    },
    /// A run ended.
    RunDone(RunReport),
    /// The whole plan ended, or was stopped, or failed with this sentence.
    Ended {
        /// Why it did not run to its end; `None` where it did.
        problem: Option<String>,
    },
}

/// A run as `time` prints it, with its answers.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct RunReport {
    /// How it ran.
    pub mode: Mode,
    /// On how many workers.
    pub workers: u32,
    /// From the first start to the last end, seconds.
    pub real_s: f64,
    /// CPU time in user mode of all workers, by wait4(2), seconds.
    pub user_s: f64,
    /// CPU time in kernel mode of all workers, seconds.
    pub sys_s: f64,
    /// One answer per task; `None` where a task did not finish.
    pub answers: Vec<Option<u64>>,
    /// Whether every answer is there and right.
    pub answer_ok: bool,
}

/// Serial and parallel side by side: `speedup` = serial real / parallel real, `efficiency` = speed-up / workers.
///
/// `None` where there is no pair of right runs to compare.
pub fn speedup(runs: &[RunReport]) -> Option<(f64, f64)> {
    let base = runs.iter().find(|run| run.mode == Mode::Serial && run.answer_ok)?;
    let run = runs.iter().rev().find(|run| run.mode != Mode::Serial && run.answer_ok)?;
    let ratio = base.real_s / run.real_s;
    (ratio.is_finite() && run.workers > 0).then(|| (ratio, ratio / f64::from(run.workers)))
}
