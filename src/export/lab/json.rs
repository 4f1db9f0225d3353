//! JSON for programs. It reads back as the experiment it was made from; what was computed stands beside what was
//! measured.

use serde::Serialize;

use super::super::json::printable;
use crate::model::lab::{Account, Comparison, Experiment, RunReport, VerdictKind};

/// A run with what comparing it gives.
#[derive(Serialize)]
struct Run<'a> {
    #[serde(flatten)]
    report: &'a RunReport,
    #[serde(flatten)]
    compared: Option<Compared>,
}

#[derive(Serialize)]
struct Compared {
    account: Option<Account>,
    verdict: VerdictKind,
    reasons: Vec<String>,
}

#[derive(Serialize)]
struct Report<'a> {
    /// The subject's word once more, under the name of its flag.
    workload: &'a str,
    speedup: Option<f64>,
    efficiency: Option<f64>,
    #[serde(flatten)]
    experiment: &'a Experiment,
}

/// The experiment in one line.
///
/// # Errors
/// Where a value cannot be written, which plain values can.
pub fn json(experiment: &Experiment) -> Result<String, serde_json::Error> {
    let comparisons = experiment.comparisons();
    let last = comparisons.last();
    let report = Report {
        workload: &experiment.name,
        speedup: last.and_then(|last| last.speedup).map(|ratio| ratio.value),
        efficiency: last.and_then(|last| last.efficiency),
        experiment,
    };
    let mut value = serde_json::to_value(&report)?;
    let runs = experiment.runs.iter().map(|run| serde_json::to_value(extended(run, &comparisons)));
    if let Some(place) = value.get_mut("runs") {
        *place = runs.collect::<Result<_, _>>()?;
    }
    Ok(printable(&value.to_string()) + "\n")
}

fn extended<'a>(report: &'a RunReport, comparisons: &[Comparison]) -> Run<'a> {
    let same = |comparison: &&Comparison| {
        let run = &comparison.run;
        (run.mode, run.workers, &run.settings) == (report.mode, report.workers, &report.settings)
    };
    let compared = comparisons.iter().find(same).map(|comparison| Compared {
        account: Account::new(report, comparison.serial.as_ref()),
        verdict: comparison.verdict.kind,
        reasons: comparison.verdict.reasons.clone(),
    });
    Run { report, compared }
}
