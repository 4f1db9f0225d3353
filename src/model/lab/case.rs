//! What is asked about: a run beside its serial run, and what was found out of both. Pure.
//!
//! The sentence (`why.rs`) and its cure (`cures.rs`) are made from it.

use serde::Serialize;

use super::account::{COMPUTES, wanted_cpu};
use super::whatif::{QueueOrder, TaskTimes};
use super::{Account, Beside, Ceiling, Machine, RunPlan, RunReport, WorkloadInfo};

/// What time is lost by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// No task was left while others still worked.
    Tail,
    /// CPU time that the serial run did not need.
    ExtraCpu,
    /// Waiting for CPUs that the workers took from one another.
    OwnWait,
    /// Waiting for CPUs that others used.
    OthersWait,
    /// Waiting for something else than a CPU.
    Blocked,
    /// Before the first task.
    StartUp,
}

/// Another run that should do better, or show the cause.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Cure {
    /// What it changes, in a few words: `largest first`.
    pub label: String,
    /// The run.
    pub run: RunPlan,
    /// The speed-up that it should have; `None` where nobody can say.
    pub predicted: Option<f64>,
}

impl Cure {
    /// Whether a workload can be run so.
    pub fn fits(&self, info: &WorkloadInfo) -> bool {
        let knows =
            |(id, value): (&String, &String)| info.knob(id).is_some_and(|knob| knob.check(value).is_ok());
        info.modes.contains(&self.run.mode) && self.run.settings.0.iter().all(knows)
    }
}

/// What the sentence is made from.
pub(super) struct Case<'a> {
    pub(super) serial: Option<&'a RunReport>,
    pub(super) run: &'a RunReport,
    pub(super) speedup: Option<f64>,
    pub(super) account: Option<&'a Account>,
    pub(super) beside: &'a Beside,
    pub(super) tasks: Option<&'a TaskTimes>,
    pub(super) ceiling: Option<&'a Ceiling>,
    pub(super) machine: Option<&'a Machine>,
}

impl Case<'_> {
    /// Whether the work is for the CPU.
    pub(super) fn computes(&self) -> bool {
        self.serial.and_then(wanted_cpu).or_else(|| wanted_cpu(self.run)).is_none_or(|part| part >= COMPUTES)
    }

    /// The greatest speed-up that workers and CPUs allow.
    pub(super) fn limit(&self) -> f64 {
        self.limit_with(self.run.workers)
    }

    /// The same with another number of workers.
    pub(super) fn limit_with(&self, workers: u32) -> f64 {
        let cpus = if self.computes() { self.run.noise.cpus } else { 0 };
        f64::from(if cpus == 0 { workers } else { workers.min(cpus) }.max(1))
    }

    /// Run-queue wait by the workers' own doing and by others'; all own where nobody knows.
    pub(super) fn waits(&self, account: &Account) -> (f64, f64) {
        let both = self.beside.run_queue_own_s.zip(self.beside.run_queue_others_s);
        let (own, others) = both.unwrap_or((account.run_queue_s, 0.0));
        // The account may have trimmed the wait a little.
        let scale = account.run_queue_s / (own + others);
        if scale.is_finite() { (own * scale, others * scale) } else { (0.0, 0.0) }
    }

    /// The speed-up that another order, or other workers, should have: as much below its ceiling as this run is.
    pub(super) fn foretold(&self, speedup: f64, order: QueueOrder, workers: u32) -> Option<f64> {
        let (tasks, now) = (self.tasks?, self.ceiling?.now);
        let then = tasks.ceiling(self.run, order, workers);
        let foretold = speedup * then / now;
        (speedup > 0.0 && foretold.is_finite()).then(|| foretold.min(then))
    }
}
