//! What came out of a run: times as `time` prints them, what each worker and each task took, answers, and what else
//! the machine did.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::account::{COMPUTES, wanted_cpu};
use super::{BlockedOn, Cut, Mode, RunPlan, Settings};

/// One run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RunReport {
    /// How it ran.
    pub mode: Mode,
    /// On how many workers.
    pub workers: u32,
    /// With which knobs.
    pub settings: Settings,
    /// How often each task was done, so that the run takes long enough to be measured.
    pub rounds: u32,
    /// From the moment at which the master begins to start workers to the end of the last, seconds.
    pub real_s: f64,
    /// CPU time in user mode of all its processes, by wait4(2), seconds.
    pub user_s: f64,
    /// CPU time in kernel mode, seconds.
    pub sys_s: f64,
    /// Largest resident set of any of its processes, bytes: `ru_maxrss` of getrusage(2).
    pub max_rss: u64,
    /// One answer per task; `None` where a task did not finish.
    pub answers: Vec<Option<u64>>,
    /// What it shows, in the workload's own words; `None` where the figures have to say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// What else was checked.
    pub checks: Vec<Check>,
    /// What the workload counted and measured.
    pub figures: Vec<Figure>,
    /// Whether every answer is there and right, and every check holds.
    pub answer_ok: bool,
    /// Each worker.
    pub crew: Vec<WorkerReport>,
    /// Each task, in the order of their ends.
    pub tasks: Vec<TaskReport>,
    /// What else the machine did.
    pub noise: Noise,
    /// Events that were lost because nobody fetched them in time.
    pub lost_events: u64,
    /// The bound at which it was ended; `None` where it came to its own end.
    #[serde(default)]
    pub cut: Option<Cut>,
}

impl RunReport {
    /// CPU time in all, seconds.
    pub fn cpu_s(&self) -> f64 {
        self.user_s + self.sys_s
    }

    /// Average number of CPUs in use; `None` for a run without duration.
    pub fn cores_used(&self) -> Option<f64> {
        (self.real_s > 0.0).then(|| self.cpu_s() / self.real_s)
    }

    /// Time that all workers together were off the CPU without having asked for it, seconds: as their own clocks saw it,
    /// and as the kernel counts it (field 2 of `schedstat`). The two should agree within a few percent; where they do
    /// not, a hypervisor took the CPU, or a worker did not look at its clock. `None` where neither saw any.
    pub fn cross_check(&self) -> Option<(f64, f64)> {
        let gaps: f64 = self.crew.iter().map(|worker| worker.gaps_s).sum();
        let waits: f64 = self.crew.iter().map(|worker| worker.wait_s).sum();
        (gaps > 0.0 || waits > 0.0).then_some((gaps, waits))
    }

    /// Whether its workers wanted a CPU nearly all the time: only then do they look at their clocks often enough to see
    /// themselves lose it.
    pub(crate) fn computed(&self) -> bool {
        wanted_cpu(self).is_some_and(|part| part >= COMPUTES)
    }

    /// A report of a run that has yet to happen.
    pub fn blank(plan: &RunPlan) -> RunReport {
        RunReport {
            mode: plan.mode,
            workers: plan.workers,
            settings: plan.settings.clone(),
            rounds: 1,
            real_s: 0.0,
            user_s: 0.0,
            sys_s: 0.0,
            max_rss: 0,
            answers: Vec::new(),
            meaning: None,
            checks: Vec::new(),
            figures: Vec::new(),
            answer_ok: false,
            crew: Vec::new(),
            tasks: Vec::new(),
            noise: Noise::default(),
            lost_events: 0,
            cut: None,
        }
    }
}

/// Something that must come out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Check {
    /// What, in a few words.
    pub what: String,
    /// What must come out.
    pub expected: String,
    /// What did; `None` where nothing did.
    pub got: Option<String>,
}

impl Check {
    /// Whether it did.
    pub fn holds(&self) -> bool {
        self.got.as_ref() == Some(&self.expected)
    }
}

/// Something that was counted or measured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Figure {
    /// What, in a few words.
    pub what: String,
    /// How much.
    pub value: f64,
    /// Of what: `s`, `/s`, `MiB`, `ns/op`, `%` …; empty for a plain number.
    pub unit: String,
}

/// The figures that the lab adds to those of a workload: two sources for the same, which must agree.
pub(crate) const CROSS_CHECK: [&str; 2] =
    ["off the CPU, by the workers' own clocks", "waiting for a CPU, by the kernel's"];

impl Figure {
    /// `46.82 %`, `0.0313 s`, `47492 /s`: with as many digits as it needs.
    pub fn shown(&self) -> String {
        let value = self.value;
        if !value.is_finite() {
            return "unknown".to_owned();
        }
        let digits = match value.abs() {
            _ if value.fract() == 0.0 => 0,
            size if size >= 100.0 => 0,
            size if size >= 1.0 => 2,
            size if size >= 0.0005 => 4,
            _ => 6,
        };
        format!("{value:.digits$} {}", self.unit).trim_end().to_owned()
    }
}

/// What became of one worker. Times are seconds since the run began.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct WorkerReport {
    /// Counted from 1.
    pub worker: u32,
    /// Its process.
    pub pid: u32,
    /// Its thread; the same as `pid` where the worker is a process.
    pub tid: u32,
    /// Its name, for instance `producer`; empty where the number says it all.
    pub name: String,
    /// When it was started.
    pub started: f64,
    /// When it began its first task; `None` where it had none.
    pub first: Option<f64>,
    /// When it ended its last task.
    pub last: Option<f64>,
    /// When it ended.
    pub ended: Option<f64>,
    /// Between first and last, seconds: on a CPU (field 1 of `schedstat`).
    pub run_s: f64,
    /// Between first and last: ready, but waiting for a CPU (field 2).
    pub wait_s: f64,
    /// Between first and last: waiting for something else, as the worker itself measured it.
    pub blocked_s: f64,
    /// Before its first task: waiting for something else than a CPU, as it measured it, seconds.
    #[serde(default)]
    pub blocked_before_s: f64,
    /// What it waited for in all, seconds; waits too short to be told are missing.
    #[serde(default)]
    pub blocked_on: BTreeMap<BlockedOn, f64>,
    /// Off the CPU without having asked for it, as its own clock saw it.
    pub gaps_s: f64,
    /// Context switches that it asked for, and that it did not: getrusage(2).
    pub voluntary: u64,
    /// See `voluntary`.
    pub involuntary: u64,
    /// Times it was seen on another CPU than before.
    pub migrations: u64,
    /// Tasks that it did.
    pub tasks: u32,
    /// How it ended.
    pub fate: Fate,
}

/// How a worker ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Fate {
    /// It did not, or nobody knows how.
    #[default]
    Unknown,
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
}

/// One task. Times are seconds since the run began.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct TaskReport {
    /// Counted from 1.
    pub task: u32,
    /// Who did it, counted from 1.
    pub worker: u32,
    /// When it began.
    pub from: f64,
    /// When it ended.
    pub to: f64,
    /// On a CPU, seconds.
    pub run_s: f64,
}

/// What else the machine did while the run lasted. `None` where it could not be known.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Noise {
    /// CPUs that the run could use, by affinity and cgroup.
    pub cpus: u32,
    /// Part of the usable CPUs' time that others used, 0 to 1: `/proc/stat` less the lab's own.
    pub others: Option<f64>,
    /// Part that the hypervisor gave to others, 0 to 1.
    pub steal: Option<f64>,
    /// Time that a cgroup quota held the run back, seconds.
    pub throttled_s: Option<f64>,
    /// Clock rate before and after, MHz: the mean of all CPUs, idle ones too. A run that keeps more of them busy than
    /// another has another mean where each CPU has its own rate, so it is no reason to doubt a comparison.
    pub mhz: Option<(f64, f64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_as_many_digits_as_it_needs() {
        let shown = |value, unit: &str| Figure { what: String::new(), value, unit: unit.to_owned() }.shown();
        assert_eq!(shown(881_123.0, ""), "881123");
        assert_eq!(shown(47_491.536, "/s"), "47492 /s");
        assert_eq!(shown(44.0625, "%"), "44.06 %");
        assert_eq!(shown(0.264_3, "ms"), "0.2643 ms");
        assert_eq!(shown(f64::NAN, "s"), "unknown");
    }
}
