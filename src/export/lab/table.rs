//! The table for the terminal: a column for each run, as `time` prints them, then where the time went, and why.

use std::fmt::Write as _;

use super::words::{answer, columns, mebibytes, number, percent, safe, seconds, title, wrapped};
use crate::model::lab::{Account, Comparison, Experiment, RunReport};

/// Width of the first column.
const HEAD: usize = 24;
/// Least width of the others.
const COLUMN: usize = 14;
/// Width that sentences are broken at.
const LINE: usize = 100;

/// A row's cells: what a run, or its comparison, has to say.
type Cell<'c> = &'c dyn Fn(&RunReport, Option<&Comparison>) -> String;

/// The table of an experiment.
pub fn table(experiment: &Experiment) -> String {
    let comparisons = experiment.comparisons();
    let columns = columns(&comparisons);
    let tasks = experiment.runs.first().map_or(0, |run| run.answers.len());
    let mut head = safe(&experiment.name, 16);
    if tasks > 0 {
        let _ = write!(head, "  {tasks} task{}", if tasks == 1 { "" } else { "s" });
    }
    let titles: Vec<String> = columns.iter().map(|(run, _)| title(run, experiment)).collect();
    let widths: Vec<usize> = titles.iter().map(|title| (title.chars().count() + 2).max(COLUMN)).collect();
    let mut text = line(&head, &titles, &widths);
    let mut row = |head: &str, cell: Cell| {
        let cells: Vec<String> = columns.iter().map(|(run, comparison)| cell(run, *comparison)).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            text += &line(head, &cells, &widths);
        }
    };
    row("real", &|run, _| seconds(run.real_s));
    row("user", &|run, _| seconds(run.user_s));
    row("sys", &|run, _| seconds(run.sys_s));
    row("cores in use", &|run, _| number(run.cores_used(), 2));
    row("run-queue wait", &|run, _| seconds(run.crew.iter().map(|worker| worker.wait_s).sum()));
    row("context switches vol", &|run, _| sum(run, |worker| worker.voluntary));
    row("                 inv", &|run, _| sum(run, |worker| worker.involuntary));
    row("migrations", &|run, _| sum(run, |worker| worker.migrations));
    row("max RSS", &|run, _| mebibytes(run.max_rss));
    row("answer", &|run, _| answer(run));
    if comparisons.iter().any(|comparison| comparison.speedup.is_some()) {
        row("speed-up", &|_, c| c.map_or_else(String::new, |c| ratio(c) + " x"));
        row("efficiency", &|_, c| c.map_or_else(String::new, |c| percent(c.efficiency)));
        row("Karp-Flatt", &|_, c| c.map_or_else(String::new, |c| number(c.karp_flatt, 3)));
        row("CPU inflation", &|_, c| c.map_or_else(String::new, |c| number(c.inflation, 2)));
    }
    for comparison in &comparisons {
        text += &explained(comparison, experiment);
    }
    text
}

/// Where the time of one run went, and why.
fn explained(comparison: &Comparison, experiment: &Experiment) -> String {
    let run = &comparison.run;
    let mut text = String::new();
    if let Some(account) = &comparison.account {
        let _ = writeln!(text, "\nwhere {} of {} went", capacity(run), title(run, experiment));
        for (name, part) in parts(account) {
            let share = percent(Some(part / account.capacity_s));
            let _ = writeln!(text, "  {name:<22}{:>14}{share:>10}", seconds(part));
        }
    }
    for check in &run.checks {
        let got = check.got.as_ref().map_or_else(|| "nothing".to_owned(), |got| safe(got, 40));
        let word = if check.holds() { "ok" } else { "WRONG" };
        let what = safe(&check.what, 60);
        let _ = writeln!(text, "check   {what}: {got} of {} {word}", safe(&check.expected, 40));
    }
    for figure in &run.figures {
        let value = number(Some(figure.value), 3);
        let _ = writeln!(text, "figure  {}: {value} {}", safe(&figure.what, 60), safe(&figure.unit, 12));
    }
    if let Some(why) = &comparison.why {
        let _ = writeln!(text, "why     {}", wrapped(&why.sentence, LINE, "        "));
        if let Some(cure) = &why.cure {
            let predicted = cure.predicted.map_or_else(String::new, |x| format!(", predicted {x:.2} x"));
            let _ = writeln!(text, "cure    {}{predicted}", cure.label);
        }
    }
    let _ = writeln!(text, "machine {}", comparison.verdict.kind.word());
    for reason in comparison.verdict.reasons.iter().chain(&comparison.verdict.notes) {
        let _ = writeln!(text, "        {}", wrapped(reason, LINE, "        "));
    }
    text
}

/// The rows of an account, in the order of the sum.
pub(super) fn parts(account: &Account) -> [(&'static str, f64); 6] {
    [
        ("useful work", account.useful_s),
        ("extra CPU", account.extra_cpu_s),
        ("run-queue wait", account.run_queue_s),
        ("blocked", account.blocked_s),
        ("start-up", account.startup_s),
        ("tail: no task left", account.tail_s),
    ]
}

/// `4 x 1.108 s`.
pub(super) fn capacity(run: &RunReport) -> String {
    format!("{} x {}", run.crew.len(), seconds(run.real_s))
}

/// `2.96`, with its interval where there is one: `2.96 (2.90-3.01)`.
pub(super) fn ratio(comparison: &Comparison) -> String {
    let Some(ratio) = comparison.speedup else { return number(None, 2) };
    match ratio.low.zip(ratio.high) {
        Some((low, high)) => format!("{:.2} ({low:.2}-{high:.2})", ratio.value),
        None => format!("{:.2}", ratio.value),
    }
}

fn sum(run: &RunReport, of: impl Fn(&crate::model::lab::WorkerReport) -> u64) -> String {
    run.crew.iter().map(of).sum::<u64>().to_string()
}

fn line(head: &str, cells: &[String], widths: &[usize]) -> String {
    let mut text = format!("{head:<HEAD$}");
    for (cell, width) in cells.iter().zip(widths) {
        let _ = write!(text, "{cell:>width$}");
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}
