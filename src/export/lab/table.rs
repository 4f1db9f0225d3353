//! The table for the terminal: a column for each run, as `time` prints them, then where the time went, and why.

use std::fmt::Write as _;

use super::words::{
    answer, capacity, columns, heading, lanes, machine, mebibytes, number, percent, ratio, repeats, safe,
    seconds, sentence, title, wrapped,
};
use crate::model::lab::{Comparison, Experiment, RunReport, Subject, WORTH, WorkerReport};

/// Width of the first column.
const HEAD: usize = 24;
/// Least width of the others.
const COLUMN: usize = 14;
/// Most cells of a line of columns.
const WIDEST: usize = 132;
/// Width that sentences are broken at, and what they are indented by.
const LINE: usize = 92;
const INDENT: &str = "        ";
/// Cells of a lane, and of the bar of an account.
const LANE: usize = 72;
const BAR: usize = 40;
/// Lanes are drawn for no more workers than this.
const LANES: usize = 16;

/// A column: a run, and what comparing it gives.
type Column<'r> = (&'r RunReport, Option<&'r Comparison>);

/// A row's cells: what a run, or its comparison, has to say; empty where it has nothing to.
type Cell<'c> = &'c dyn Fn(&RunReport, Option<&Comparison>) -> String;

/// The table of an experiment.
pub fn table(experiment: &Experiment) -> String {
    let comparisons = experiment.comparisons();
    let columns = columns(&comparisons);
    if columns.is_empty() {
        return heading(experiment) + ": no run came to its end\n";
    }
    let mut text = String::new();
    for (at, block) in blocks(&columns, experiment).into_iter().enumerate() {
        text += if at == 0 { "" } else { "\n" };
        text += &figures(block, experiment);
    }
    for comparison in &comparisons {
        text += &explained(comparison, experiment);
    }
    text
}

/// As many columns side by side as fit on a wide terminal.
fn blocks<'c, 'r>(columns: &'c [Column<'r>], experiment: &Experiment) -> Vec<&'c [Column<'r>]> {
    let widest = columns.iter().map(|(run, _)| width(&title(run, experiment))).max().unwrap_or(COLUMN);
    columns.chunks(((WIDEST - HEAD) / widest).max(1)).collect()
}

/// Width of the column with this title.
fn width(title: &str) -> usize {
    (title.chars().count() + 2).max(COLUMN)
}

/// What was measured, and what dividing gives.
fn figures(columns: &[Column<'_>], experiment: &Experiment) -> String {
    let titles: Vec<String> = columns.iter().map(|(run, _)| title(run, experiment)).collect();
    let widths: Vec<usize> = titles.iter().map(|title| width(title)).collect();
    let mut text = line(&heading(experiment), &titles, &widths);
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
    row("run-queue wait", &|run, _| of_crew(run, |crew| seconds(crew.iter().map(|w| w.wait_s).sum())));
    row("switches, voluntary", &|run, _| of_crew(run, |crew| total(crew.iter().map(|w| w.voluntary))));
    row("switches, involuntary", &|run, _| of_crew(run, |crew| total(crew.iter().map(|w| w.involuntary))));
    row("migrations", &|run, _| of_crew(run, |crew| total(crew.iter().map(|w| w.migrations))));
    row("max RSS", &|run, _| mebibytes(run.max_rss));
    row("answer", &|run, _| answer(run));
    if columns.iter().any(|(_, c)| c.is_some_and(|c| c.speedup.is_some())) {
        row("speed-up", &|_, c| c.map_or_else(String::new, |c| number(c.speedup.map(|s| s.value), 2) + " x"));
        row("efficiency", &|_, c| c.map_or_else(String::new, |c| percent(c.efficiency)));
        row("Karp-Flatt", &|_, c| c.map_or_else(String::new, |c| number(c.karp_flatt, 3)));
        row("CPU inflation", &|_, c| c.map_or_else(String::new, |c| number(c.inflation, 2)));
        if columns.iter().any(|(_, c)| c.is_some_and(|c| c.ceiling.is_some())) {
            row("ceiling, this order", &|_, c| {
                c.map_or_else(String::new, |c| number(c.ceiling.map(|c| c.now), 2))
            });
            row("ceiling, largest first", &|_, c| {
                c.map_or_else(String::new, |c| number(c.ceiling.map(|c| c.largest_first), 2))
            });
        }
    }
    text
}

/// Lanes of one run, where its time went, and why.
fn explained(comparison: &Comparison, experiment: &Experiment) -> String {
    let run = &comparison.run;
    let mut text = String::from("\n");
    if !run.tasks.is_empty() && run.crew.len() <= LANES {
        let _ = writeln!(
            text,
            "{}: digit = task, . = none, 0 to {}",
            title(run, experiment),
            seconds(run.real_s)
        );
        for (worker, lane) in lanes(run, LANE, run.real_s) {
            let _ = writeln!(text, "  {worker:<5} {lane}");
        }
    }
    if let Some(account) = &comparison.account {
        let _ = writeln!(text, "where {} of {} went", capacity(comparison), title(run, experiment));
        for (name, part) in account.parts() {
            let share = account.share(part);
            let bar = "#".repeat((share.clamp(0.0, 1.0) * BAR as f64).round() as usize);
            text += &trimmed(&format!("  {name:<20}{:>11}{:>9}  {bar}", seconds(part), percent(Some(share))));
        }
        let sum = account.sum_s();
        let _ = writeln!(text, "  {:<20}{:>11}{:>9}", "sum", seconds(sum), percent(Some(account.share(sum))));
        text += &beside(comparison, matches!(experiment.subject, Subject::Jobs(_)));
    }
    for check in &run.checks {
        let got = check.got.as_ref().map_or_else(|| "nothing".to_owned(), |got| safe(got, 40));
        let (what, expected) = (safe(&check.what, 60), safe(&check.expected, 40));
        let _ = if check.holds() {
            writeln!(text, "check   {what}: {got} ok")
        } else {
            writeln!(text, "check   {what}: {got} instead of {expected} WRONG")
        };
    }
    for figure in &run.figures {
        let _ = writeln!(text, "figure  {}: {}", safe(&figure.what, 60), safe(&figure.shown(), 40));
    }
    if let Some(why) = &comparison.why {
        let _ = writeln!(text, "why     {}", wrapped(&sentence(&why.sentence), LINE, INDENT));
        if let Some(cure) = &why.cure {
            let now = comparison.speedup.map_or(0.0, |speedup| speedup.value);
            let foretold = match cure.predicted {
                Some(then) if then < now * WORTH => ", which should do as well".to_owned(),
                Some(then) => format!(", which should give {then:.2} x"),
                None => String::new(),
            };
            let _ = writeln!(text, "try     {}{foretold}", safe(&cure.label, 60));
        }
    }
    let _ = writeln!(text, "machine {}   {}", machine(&comparison.verdict, run), repeats(comparison));
    if comparison.speedup.is_some_and(|speedup| speedup.low.is_some()) {
        let _ = writeln!(text, "        speed-up {}: 95 % confidence", ratio(comparison));
    }
    for reason in comparison.verdict.reasons.iter().chain(&comparison.verdict.notes) {
        let _ = writeln!(text, "        {}", wrapped(&sentence(reason), LINE, INDENT));
    }
    text
}

/// What else speaks to the account.
fn beside(comparison: &Comparison, commands: bool) -> String {
    let (beside, mut text) = (&comparison.beside, String::new());
    if let Some((own, others)) = beside.run_queue_own_s.zip(beside.run_queue_others_s)
        && own + others >= 0.0005
    {
        let (own, others) = (seconds(own), seconds(others));
        let _ = writeln!(text, "  run-queue wait: own {own}, by others' load {others}");
    }
    if beside.blocked_told_s >= 0.0005 {
        let most =
            beside.blocked_most.map_or_else(String::new, |(on, _)| format!(", most for {}", on.word()));
        let told = seconds(beside.blocked_told_s);
        let _ = writeln!(text, "  blocked by the workers' own word: {told}{most}");
    }
    // The kernel counts the wait of each process for itself alone, and nobody reads it before it is gone.
    if commands && comparison.account.is_some_and(|account| account.share(account.blocked_s) >= 0.01) {
        text += "  blocked: holds, too, what processes of the commands themselves waited for a CPU\n";
    }
    if let Some(pop) = comparison.pop {
        let _ = writeln!(
            text,
            "  balance {:.3} x communication {:.3} x computation {:.3} = {:.3}",
            pop.balance,
            pop.comm,
            pop.cpu,
            pop.product()
        );
    }
    text
}

/// Something of the crew, or nothing where there is none.
fn of_crew(run: &RunReport, of: impl Fn(&[WorkerReport]) -> String) -> String {
    if run.crew.is_empty() { String::new() } else { of(&run.crew) }
}

fn total(counts: impl Iterator<Item = u64>) -> String {
    counts.sum::<u64>().to_string()
}

fn line(head: &str, cells: &[String], widths: &[usize]) -> String {
    let mut text = format!("{head:<HEAD$}");
    for (cell, width) in cells.iter().zip(widths) {
        let _ = write!(text, "{cell:>width$}");
    }
    trimmed(&text)
}

/// A line without the blanks at its end.
fn trimmed(line: &str) -> String {
    line.trim_end().to_owned() + "\n"
}
