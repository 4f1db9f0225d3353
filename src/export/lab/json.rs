//! JSON for programs. It reads back as the experiment it was made from; what was computed stands beside what was
//! measured.

use serde::Serialize;

use super::super::json::printable;
use crate::model::lab::{
    Account, Beside, Ceiling, Comparison, Experiment, Machine, Pop, Ratio, RunReport, Subject, Sweep,
    VerdictKind, Why,
};

/// The whole of it.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    version: &'a str,
    name: &'a str,
    /// The name once more, as the command line calls it.
    workload: &'a str,
    subject: &'a Subject,
    machine: &'a Machine,
    started_unix_s: u64,
    repeat: u32,
    /// Of the last comparison.
    speedup: Option<f64>,
    efficiency: Option<f64>,
    /// Of all repeats of each run: medians, intervals, fits.
    comparisons: Vec<Summary<'a>>,
    sweeps: &'a [Sweep],
    runs: Vec<Run<'a>>,
}

/// A comparison by its medians.
#[derive(Serialize)]
struct Summary<'a> {
    mode: &'static str,
    workers: u32,
    repeats: u32,
    speedup: Option<Ratio>,
    #[serde(flatten)]
    figures: Figures,
    verdict: VerdictKind,
    reasons: &'a [String],
    notes: &'a [String],
    why: Option<&'a Why>,
}

/// What dividing gives.
#[derive(Serialize)]
struct Figures {
    efficiency: Option<f64>,
    cores_used: Option<f64>,
    inflation: Option<f64>,
    karp_flatt: Option<f64>,
    pop: Option<Pop>,
    ceiling: Option<Ceiling>,
}

/// A run with what comparing it gives.
#[derive(Serialize)]
struct Run<'a> {
    #[serde(flatten)]
    report: &'a RunReport,
    #[serde(flatten)]
    compared: Option<Compared<'a>>,
}

#[derive(Serialize)]
struct Compared<'a> {
    speedup: Option<f64>,
    #[serde(flatten)]
    figures: Figures,
    account: Option<Account>,
    account_beside: Beside,
    /// How long exactly 0, 1, 2 … workers were on a task, seconds.
    concurrency_s: Vec<f64>,
    verdict: VerdictKind,
    reasons: &'a [String],
    notes: &'a [String],
    why: Option<&'a str>,
}

/// The experiment in one line.
///
/// # Errors
/// Where a value cannot be written, which plain values can.
pub fn json(experiment: &Experiment) -> Result<String, serde_json::Error> {
    let (comparisons, sweeps) = (experiment.comparisons(), experiment.sweeps());
    let last = comparisons.last();
    let report = Report {
        schema: experiment.schema,
        version: &experiment.version,
        name: &experiment.name,
        workload: &experiment.name,
        subject: &experiment.subject,
        machine: &experiment.machine,
        started_unix_s: experiment.started_unix_s,
        repeat: experiment.repeat,
        speedup: last.and_then(|last| last.speedup).map(|ratio| ratio.value),
        efficiency: last.and_then(|last| last.efficiency),
        comparisons: comparisons.iter().map(summary).collect(),
        sweeps: &sweeps,
        runs: experiment.runs.iter().map(|run| extended(run, &comparisons)).collect(),
    };
    Ok(printable(&serde_json::to_string(&report)?) + "\n")
}

fn summary(comparison: &Comparison) -> Summary<'_> {
    Summary {
        mode: comparison.run.mode.word(),
        workers: comparison.run.workers,
        repeats: comparison.repeats,
        speedup: comparison.speedup,
        figures: figures(comparison),
        verdict: comparison.verdict.kind,
        reasons: &comparison.verdict.reasons,
        notes: &comparison.verdict.notes,
        why: comparison.why.as_ref(),
    }
}

fn figures(comparison: &Comparison) -> Figures {
    Figures {
        efficiency: comparison.efficiency,
        cores_used: comparison.cores_used,
        inflation: comparison.inflation,
        karp_flatt: comparison.karp_flatt,
        pop: comparison.pop,
        ceiling: comparison.ceiling,
    }
}

/// A repeat by its own times, against the median serial run.
fn extended<'a>(report: &'a RunReport, comparisons: &'a [Comparison]) -> Run<'a> {
    let same = |comparison: &&Comparison| {
        let run = &comparison.run;
        (run.mode, run.workers, &run.settings) == (report.mode, report.workers, &report.settings)
    };
    let compared = comparisons.iter().find(same).map(|comparison| {
        let one = comparison.of(report);
        Compared {
            speedup: one.speedup.map(|speedup| speedup.value),
            figures: figures(&one),
            account: one.account,
            account_beside: one.beside,
            concurrency_s: crate::model::lab::fit::concurrency(report),
            verdict: comparison.verdict.kind,
            reasons: &comparison.verdict.reasons,
            notes: &comparison.verdict.notes,
            why: comparison.why.as_ref().map(|why| why.sentence.as_str()),
        }
    });
    Run { report, compared }
}
