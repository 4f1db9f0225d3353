//! Why the speed-up is what it is, in one sentence, with what would cure it. Pure.

use super::{Account, RunPlan, RunReport};

/// Why a run is not as many times faster as it has workers.
#[derive(Clone, PartialEq, Debug)]
pub struct Why {
    /// A sentence or two.
    pub sentence: String,
    /// What would help, if anything of the lab's would.
    pub cure: Option<Cure>,
}

/// Another run that should do better, or show the cause.
#[derive(Clone, PartialEq, Debug)]
pub struct Cure {
    /// What it changes, in a few words: `largest first`.
    pub label: String,
    /// The run.
    pub run: RunPlan,
    /// The speed-up that it should have; `None` where nobody can say.
    pub predicted: Option<f64>,
}

/// Why `run` is not as many times faster than `serial` as it has workers; `None` where there is nothing to compare.
pub fn why_not(serial: &RunReport, run: &RunReport) -> Option<Why> {
    let account = Account::new(run, Some(serial))?;
    let (speedup, _) = super::speedup(serial, run)?;
    let losses = [
        (account.tail_s, "was idle at the end, while the last tasks ran"),
        (account.extra_cpu_s, "went into CPU time that the serial run did not need"),
        (account.run_queue_s, "was spent waiting for a CPU"),
        (account.blocked_s, "was spent waiting for others"),
        (account.startup_s, "went by before the first task"),
    ];
    let (lost, words) = losses.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let share = 100.0 * lost / account.capacity_s;
    let sentence = format!("{speedup:.2} times faster: {share:.0} % of the workers' time {words}.");
    Some(Why { sentence, cure: None })
}
