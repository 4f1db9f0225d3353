//! What runs would have given with other workers or in another order, as a table and as JSON.

use std::fmt::Write as _;

use super::super::json::printable;
use super::words::{UNKNOWN, heading, safe, title};
use crate::model::lab::whatif::QueueOrder;
use crate::model::lab::{Comparison, Experiment, Outlook, order_of};

/// A CPU that worked this much more than in the serial run makes a replay of the serial run's tasks too bright.
const INFLATED: f64 = 1.05;

/// For each run that did tasks, a row for each number of workers and each order. `None` where no run did.
pub fn what_if(experiment: &Experiment, workers: &[u32], orders: &[QueueOrder]) -> Option<String> {
    let mut text = String::new();
    for comparison in experiment.comparisons() {
        let rows = rows(&comparison, workers, orders);
        if rows.is_empty() {
            continue;
        }
        text += if text.is_empty() { "" } else { "\n" };
        text += &block(&comparison, experiment, &rows);
    }
    (!text.is_empty()).then_some(text)
}

/// The same for programs: an array with an object for each run, which has its rows. `None` where no run did tasks.
pub fn what_if_json(experiment: &Experiment, workers: &[u32], orders: &[QueueOrder]) -> Option<String> {
    let runs: Vec<serde_json::Value> = experiment
        .comparisons()
        .iter()
        .map(|comparison| (comparison, rows(comparison, workers, orders)))
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(comparison, rows)| {
            let run = &comparison.run;
            let rows = rows.iter().map(|row| {
                serde_json::json!({
                    "workers": row.workers,
                    "order": row.order.word(),
                    "ceiling_here": row.here,
                    "ceiling_with_a_cpu_each": row.with_a_cpu_each,
                    "speedup_foretold": row.foretold,
                })
            });
            serde_json::json!({
                "mode": run.mode.word(),
                "workers": run.workers,
                "order": order_of(run).word(),
                "cpus": run.noise.cpus,
                "speedup": comparison.speedup.map(|speedup| speedup.value),
                "inflation": comparison.inflation,
                "never_beyond": comparison.ceiling.map(|ceiling| ceiling.any),
                "what_if": rows.collect::<Vec<_>>(),
            })
        })
        .collect();
    (!runs.is_empty()).then(|| printable(&serde_json::Value::Array(runs).to_string()) + "\n")
}

fn rows(comparison: &Comparison, workers: &[u32], orders: &[QueueOrder]) -> Vec<Outlook> {
    let all = workers.iter().flat_map(|&workers| orders.iter().map(move |&order| (workers, order)));
    all.filter_map(|(workers, order)| comparison.outlook(workers, order)).collect()
}

fn block(comparison: &Comparison, experiment: &Experiment, rows: &[Outlook]) -> String {
    let run = &comparison.run;
    let order = order_of(run);
    let mut text = format!("{}, measured: {}", heading(experiment), safe(&title(run, experiment), 60));
    if let Some(speedup) = comparison.speedup {
        let _ = write!(text, ", speed-up {:.2}", speedup.value);
    }
    let cpus = run.noise.cpus;
    let here = if cpus == 1 { "on 1 CPU".to_owned() } else { format!("on {cpus} CPUs") };
    let _ = writeln!(
        text,
        "\n\n{:>7}  {:<8}{here:>12}{:>14}{:>14}",
        "workers", "order", "a CPU each", "should give"
    );
    for row in rows {
        let foretold = row.foretold.map_or_else(|| UNKNOWN.to_owned(), |then| format!("{then:.2}"));
        let this = row.workers == run.workers && row.order == order;
        let _ = writeln!(
            text,
            "{:>7}  {:<8}{:>12.2}{:>14.2}{foretold:>14}{}",
            row.workers,
            row.order.word(),
            row.here,
            row.with_a_cpu_each,
            if this { "  as measured" } else { "" }
        );
    }
    text += "\nThe first two are ceilings: what the tasks allow where nothing else costs time.\n";
    if comparison.speedup.is_some() {
        text += "The last is on this machine, as far below its ceiling as the run was below its own.\n";
    }
    if let Some(ceiling) = comparison.ceiling {
        let _ = writeln!(
            text,
            "No number of workers passes {:.2}: the longest task takes its time alone.",
            ceiling.any
        );
    }
    if let Some(inflation) = comparison.inflation.filter(|inflation| *inflation > INFLATED) {
        let _ = writeln!(
            text,
            "The run took {inflation:.2} times the CPU time of the serial one: more workers may make that worse."
        );
    }
    text
}
