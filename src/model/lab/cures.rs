//! What would help against a loss: the next run to try.

use super::case::{Case, Cause, Cure};
use super::whatif::{QueueOrder, chunk};
use super::{Beside, Mode, RunPlan, RunReport};

/// Knobs that cure what a workload shows: name, value that shows it, value that cures it, and how to say so.
const REMEDIES: [(&str, &str, &str, &str); 3] = [
    ("fix", "none", "mutex", "with a mutex"),
    ("layout", "adjacent", "padded", "padded to cache lines"),
    ("order", "left", "fixed", "locks in a fixed order"),
];

/// The plan that a run came from.
pub(super) fn plan_of(run: &RunReport) -> RunPlan {
    RunPlan { mode: run.mode, workers: run.workers, settings: run.settings.clone() }
}

/// The run with a knob set.
fn with(run: &RunReport, knob: &str, value: &str) -> RunPlan {
    let mut plan = plan_of(run);
    plan.settings.set(knob, value);
    plan
}

/// The remedy that a workload of its own kind has a knob for.
pub(super) fn remedy(run: &RunReport) -> Option<Cure> {
    let (knob, _, cure, label) = REMEDIES.iter().find(|(knob, ill, _, _)| run.settings.word(knob) == *ill)?;
    Some(Cure { label: (*label).to_owned(), run: with(run, knob, cure), predicted: None })
}

/// What would help against this cause, in a run that was `speedup` times faster; `None` where the lab can do nothing.
pub(super) fn cure(case: &Case<'_>, cause: Cause, speedup: f64) -> Option<Cure> {
    match cause {
        Cause::Tail => tail(case, speedup),
        Cause::ExtraCpu => remedy(case.run).or_else(|| extra_cpu(case, speedup)),
        Cause::OwnWait => own_wait(case, speedup),
        Cause::OthersWait => Some(quiet(case, speedup)),
        Cause::Blocked => remedy(case.run).or_else(|| blocked(case, speedup)),
        Cause::StartUp => (case.run.mode == Mode::Fork).then(|| pool(case, speedup)),
    }
}

/// How much better a cure must be than what is, to be worth naming.
pub const WORTH: f64 = 1.03;

fn tail(case: &Case<'_>, speedup: f64) -> Option<Cure> {
    let (run, ceiling) = (case.run, case.ceiling?);
    let order = run.settings.word("order");
    if run.mode == Mode::Static && ceiling.largest_first > ceiling.now * WORTH {
        let plan = RunPlan { mode: Mode::Steal, ..plan_of(run) };
        let predicted = case.foretold(speedup, QueueOrder::Fifo, run.workers);
        return Some(Cure { label: "stealing from who has most left".to_owned(), run: plan, predicted });
    }
    if run.mode == Mode::Fork {
        return Some(pool(case, speedup));
    }
    if !order.is_empty() && order != "lpt" && ceiling.largest_first > ceiling.now * WORTH {
        let predicted = case.foretold(speedup, QueueOrder::Lpt, run.workers);
        return Some(Cure { label: "largest first".to_owned(), run: with(run, "order", "lpt"), predicted });
    }
    if chunk(run) > 1 {
        let predicted = case.tasks.and_then(|tasks| {
            let then = super::whatif::Replay::on(run.workers).ceiling(&tasks.times);
            (speedup > 0.0).then_some(speedup * then / ceiling.now)
        });
        return Some(Cure {
            label: "one task at a time".to_owned(),
            run: with(run, "chunk", "1"),
            predicted,
        });
    }
    if let Some(more) = more_workers(case, speedup) {
        return Some(more);
    }
    // The longest task decides: fewer workers are as fast.
    let enough = ceiling.any.ceil() as u32;
    (enough >= 1 && enough < run.workers && ceiling.largest_first * WORTH >= ceiling.any).then(|| {
        let plan = RunPlan { workers: enough, ..plan_of(run) };
        let predicted = case.foretold(speedup, QueueOrder::Lpt, enough);
        Cure { label: format!("{enough} workers instead of {}", run.workers), run: plan, predicted }
    })
}

/// A pool of as many processes as there are CPUs, the largest task first where the order is to be chosen.
fn pool(case: &Case<'_>, speedup: f64) -> Cure {
    let run = case.run;
    let workers = run.workers.min(run.noise.cpus.max(1));
    let mut plan = RunPlan { mode: Mode::Pool, workers, ..plan_of(run) };
    let mut label = format!("a pool of {workers}");
    if !run.settings.word("order").is_empty() {
        plan.settings.set("order", "lpt");
        label += ", largest first";
    }
    Cure { label, run: plan, predicted: case.foretold(speedup, QueueOrder::Lpt, workers) }
}

fn extra_cpu(case: &Case<'_>, speedup: f64) -> Option<Cure> {
    let run = case.run;
    let cores = case.machine.and_then(|machine| machine.cores);
    if let Some(cores) = cores.filter(|&cores| cores > 0 && cores < run.workers) {
        let plan = RunPlan { workers: cores, ..plan_of(run) };
        return Some(Cure {
            label: "one worker for each physical core".to_owned(),
            run: plan,
            predicted: None,
        });
    }
    run.mode.is_threads().then(|| processes(case, speedup))
}

/// Processes instead of threads.
fn processes(case: &Case<'_>, speedup: f64) -> Cure {
    let run = case.run;
    let workers = run.workers.min(run.noise.cpus.max(1));
    let plan = RunPlan { mode: Mode::Pool, workers, ..plan_of(run) };
    let ceiling = case.tasks.map(|tasks| tasks.ceiling(run, QueueOrder::Fifo, workers));
    // Without what they contend for, only order and number of the tasks are in the way.
    Cure {
        label: "processes instead of threads".to_owned(),
        run: plan,
        predicted: ceiling.filter(|_| speedup > 0.0),
    }
}

fn own_wait(case: &Case<'_>, speedup: f64) -> Option<Cure> {
    let run = case.run;
    if !run.settings.list("pin").is_empty() {
        let plan = with(run, "pin", "none");
        return Some(Cure { label: "workers that are not pinned".to_owned(), run: plan, predicted: None });
    }
    let cpus = run.noise.cpus;
    if run.mode == Mode::Fork {
        return Some(pool(case, speedup));
    }
    (cpus > 0 && cpus < run.workers).then(|| {
        let plan = RunPlan { workers: cpus, ..plan_of(run) };
        let predicted = case.foretold(speedup, QueueOrder::Fifo, cpus);
        Cure { label: format!("{cpus} workers instead of {}", run.workers), run: plan, predicted }
    })
}

/// The same once more: with nobody else there, neither the workers nor the serial run would have waited for others.
fn quiet(case: &Case<'_>, speedup: f64) -> Cure {
    let run = case.run;
    let waited_s = case.account.map_or(0.0, |account| case.waits(account).1) / f64::from(run.workers.max(1));
    let serial_waited_s =
        case.serial.map_or(0.0, |serial| Beside::new(serial).run_queue_others_s.unwrap_or(0.0));
    let serial_s = case.serial.map_or(0.0, |serial| serial.real_s) - serial_waited_s;
    let most = case.ceiling.map_or(f64::INFINITY, |ceiling| ceiling.now).min(case.limit());
    let predicted = (speedup > 0.0).then(|| (serial_s / (run.real_s - waited_s)).min(most));
    // Where most of the time went to others, or workers waited for one another meanwhile, nobody can say.
    let certain = case.account.is_some_and(|account| {
        account.share(account.run_queue_s) < 0.5 && account.share(account.blocked_s) < 0.05
    });
    let predicted = predicted.filter(|predicted| certain && predicted.is_finite() && *predicted > speedup);
    Cure { label: "the same again".to_owned(), run: plan_of(run), predicted }
}

fn blocked(case: &Case<'_>, speedup: f64) -> Option<Cure> {
    let run = case.run;
    if run.mode.is_threads() && case.computes() {
        return Some(processes(case, speedup));
    }
    more_workers(case, speedup)
}

/// More workers for tasks that wait, which need no CPU for it: so more of them can wait at the same time.
fn more_workers(case: &Case<'_>, speedup: f64) -> Option<Cure> {
    let run = case.run;
    let tasks = run.answers.len() as u32;
    (!case.computes() && run.workers < tasks).then(|| {
        let workers = run.workers.saturating_mul(2).min(tasks);
        let plan = RunPlan { workers, ..plan_of(run) };
        let predicted = case.foretold(speedup, QueueOrder::Fifo, workers);
        Cure { label: format!("{workers} workers instead of {}", run.workers), run: plan, predicted }
    })
}
