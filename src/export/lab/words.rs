//! What the reports of the lab have in common: how runs are called, how times, shares and ratios are written, and
//! lanes as text.

use crate::model::lab::{Comparison, Experiment, Mode, RunReport, Verdict};
use crate::model::showable;

/// Stands for what is not known.
pub(super) const UNKNOWN: &str = "-";

/// Text of others, safe to print, at most so many cells.
pub(super) fn safe(text: &str, cells: usize) -> String {
    let mut shown = String::new();
    showable(text.as_bytes(), cells, &mut shown);
    shown
}

/// A sentence of the model, which may quote others.
pub(super) fn sentence(text: &str) -> String {
    safe(text, 1000)
}

/// `1.108 s`.
pub(super) fn seconds(seconds: f64) -> String {
    // Nothing is less than nothing by less than can be seen.
    let seconds = if seconds.abs() < 0.0005 { 0.0 } else { seconds };
    format!("{seconds:.3} s")
}

/// A number with so many digits after the point, or [`UNKNOWN`].
pub(super) fn number(value: Option<f64>, digits: usize) -> String {
    let known = value.filter(|value| value.is_finite());
    known.map_or_else(|| UNKNOWN.to_owned(), |value| format!("{value:.digits$}"))
}

/// `74.0 %`, or [`UNKNOWN`].
pub(super) fn percent(part: Option<f64>) -> String {
    let known = part.filter(|part| part.is_finite()).map(|part| if part.abs() < 0.0005 { 0.0 } else { part });
    known.map_or_else(|| UNKNOWN.to_owned(), |part| format!("{:.1} %", part * 100.0))
}

/// `3.1 MiB`, or [`UNKNOWN`] for 0: no process has none.
pub(super) fn mebibytes(bytes: u64) -> String {
    if bytes == 0 { UNKNOWN.to_owned() } else { format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)) }
}

/// `2.96`, with its interval where there is one: `2.96 (2.90-3.01)`.
pub(super) fn ratio(comparison: &Comparison) -> String {
    let Some(ratio) = comparison.speedup else { return UNKNOWN.to_owned() };
    match ratio.low.zip(ratio.high) {
        Some((low, high)) => format!("{:.2} ({low:.2}-{high:.2})", ratio.value),
        None => format!("{:.2}", ratio.value),
    }
}

/// `4 x 1.108 s`: workers × real time.
pub(super) fn capacity(comparison: &Comparison) -> String {
    let run = &comparison.run;
    let workers =
        comparison.account.map_or(f64::from(run.workers), |account| account.capacity_s / run.real_s);
    format!("{workers:.0} x {}", seconds(run.real_s))
}

/// The heading of an experiment: its name, and its tasks where it has some.
pub(super) fn heading(experiment: &Experiment) -> String {
    let tasks = experiment.runs.first().map_or(0, |run| run.answers.len());
    let name = safe(&experiment.name, 40);
    match tasks {
        0 => name,
        1 => format!("{name}  1 task"),
        tasks => format!("{name}  {tasks} tasks"),
    }
}

/// `serial`, `pool x4`; with the knobs that not all runs of the experiment share: `pool x4 order=lpt`.
pub(super) fn title(run: &RunReport, experiment: &Experiment) -> String {
    let mut title = match run.mode {
        Mode::Serial => "serial".to_owned(),
        mode => format!("{} x{}", mode.word(), run.workers),
    };
    title += &knobs(run, experiment);
    title
}

/// The knobs of a run that not all runs of the experiment share, each after a blank.
pub(super) fn knobs(run: &RunReport, experiment: &Experiment) -> String {
    let mut text = String::new();
    for (knob, value) in &run.settings.0 {
        if experiment.runs.iter().any(|other| other.settings.0.get(knob) != Some(value)) {
            text.extend([" ", &safe(knob, 20), "=", &safe(value, 20)]);
        }
    }
    text
}

/// `9/9 ok`: how many answers are there, and whether all are right; where there are none, how many checks hold.
pub(super) fn answer(run: &RunReport) -> String {
    let (there, all) = match run.answers.len() {
        0 => (run.checks.iter().filter(|check| check.holds()).count(), run.checks.len()),
        all => (run.answers.iter().flatten().count(), all),
    };
    let word = match () {
        () if run.answer_ok => "ok",
        () if there < all && !run.answers.is_empty() => "MISSING",
        () => "WRONG",
    };
    if all == 0 { word.to_owned() } else { format!("{there}/{all} {word}") }
}

/// The columns of a table: the serial runs that others are compared with, each once, and the runs.
pub(super) fn columns(comparisons: &[Comparison]) -> Vec<(&RunReport, Option<&Comparison>)> {
    let mut columns: Vec<(&RunReport, Option<&Comparison>)> = Vec::new();
    for comparison in comparisons {
        if let Some(serial) = &comparison.serial
            && !columns.iter().any(|(run, _)| *run == serial)
        {
            columns.push((serial, None));
        }
        columns.push((&comparison.run, Some(comparison)));
    }
    columns
}

/// `VALID`, with the load of others where it is known.
pub(super) fn machine(verdict: &Verdict, run: &RunReport) -> String {
    let others = run.noise.others.map_or_else(String::new, |part| format!(" (others {:.0} %)", part * 100.0));
    verdict.kind.word().to_owned() + &others
}

/// How often it was measured, and how far the times lie apart.
pub(super) fn repeats(comparison: &Comparison) -> String {
    match (comparison.repeats, comparison.real) {
        (0 | 1, _) | (_, None) => "1 run each".to_owned(),
        (repeats, Some(real)) => {
            format!("{repeats} runs each, medians; real {:.3} to {}", real.min, seconds(real.max))
        }
    }
}

/// Breaks a text at blanks into lines of at most `width` cells; `indent` begins all lines but the first.
pub(super) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let mut out = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            out.push('\n');
            out.push_str(indent);
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
    out
}

/// Stands for a task in a lane: its number, then letters; of more than there are, all the same.
pub(super) fn task_letter(task: u32) -> char {
    let letter = |base: u8, at: u32| char::from(base.saturating_add(at as u8));
    match task {
        0..=9 => letter(b'0', task),
        10..=35 => letter(b'a', task - 10),
        36..=61 => letter(b'A', task - 36),
        _ => '#',
    }
}

/// A lane for each worker as text: the task that it was on at the middle of each cell, or `.`; the name of the worker
/// before it.
pub(super) fn lanes(run: &RunReport, width: usize, until_s: f64) -> Vec<(String, String)> {
    let lane = |worker: u32| -> String {
        let mut tasks: Vec<_> = run.tasks.iter().filter(|task| task.worker == worker).collect();
        tasks.sort_by(|a, b| a.from.total_cmp(&b.from));
        let mut cells = vec!['.'; width];
        for task in tasks {
            for (at, cell) in cells.iter_mut().enumerate() {
                let middle = (at as f64 + 0.5) / width as f64 * until_s;
                if (task.from..task.to).contains(&middle) {
                    *cell = task_letter(task.task);
                }
            }
        }
        cells.into_iter().collect()
    };
    run.crew.iter().map(|worker| (format!("w{}", worker.worker), lane(worker.worker))).collect()
}
