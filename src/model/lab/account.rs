//! Where the time of the workers went: an account that closes.

use serde::Serialize;

use super::RunReport;

/// Where workers × real time went, in seconds. The parts add up to the capacity.
///
/// Each worker's time is cut at its first task's begin and its last task's end. Before lies start-up, after it the
/// tail; between them it was on a CPU, ready but without one, or blocked.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Account {
    /// Workers × real time.
    pub capacity_s: f64,
    /// What the work takes: CPU time of the serial run's tasks; without one, of this run's.
    pub useful_s: f64,
    /// CPU time on top of it; negative where this run needed less.
    pub extra_cpu_s: f64,
    /// Ready, but waiting for a CPU.
    pub run_queue_s: f64,
    /// Waiting for something else: a lock, a queue, input or output, time.
    pub blocked_s: f64,
    /// Before the first task: starting, preparing.
    pub startup_s: f64,
    /// After the last task, while others still worked.
    pub tail_s: f64,
}

impl Account {
    /// The account of `run`, against `serial` where there is one; `None` without workers or duration.
    pub fn new(run: &RunReport, serial: Option<&RunReport>) -> Option<Account> {
        if run.crew.is_empty() || run.real_s <= 0.0 {
            return None;
        }
        let cpu = |report: &RunReport| report.crew.iter().map(|worker| worker.run_s).sum::<f64>();
        let capacity_s = run.crew.len() as f64 * run.real_s;
        let (mut startup_s, mut tail_s, mut inside_s) = (0.0, 0.0, 0.0);
        for worker in &run.crew {
            let first = worker.first.unwrap_or(run.real_s).min(run.real_s);
            let last = worker.last.unwrap_or(first).clamp(first, run.real_s);
            startup_s += first;
            tail_s += run.real_s - last;
            inside_s += last - first;
        }
        let run_queue_s = run.crew.iter().map(|worker| worker.wait_s).sum::<f64>();
        let useful_s = serial.map_or_else(|| cpu(run), cpu);
        Some(Account {
            capacity_s,
            useful_s,
            extra_cpu_s: cpu(run) - useful_s,
            run_queue_s,
            blocked_s: inside_s - cpu(run) - run_queue_s,
            startup_s,
            tail_s,
        })
    }

    /// What the parts add up to; the capacity, but for rounding.
    pub fn sum_s(&self) -> f64 {
        self.useful_s + self.extra_cpu_s + self.run_queue_s + self.blocked_s + self.startup_s + self.tail_s
    }
}

/// Serial and parallel side by side: serial real / parallel real, and that by the workers.
///
/// `None` where there is no pair of right runs to compare.
pub fn speedup(serial: &RunReport, run: &RunReport) -> Option<(f64, f64)> {
    let ratio = serial.real_s / run.real_s;
    let comparable = serial.answer_ok && run.answer_ok && ratio.is_finite() && run.workers > 0;
    comparable.then(|| (ratio, ratio / f64::from(run.workers)))
}
