//! What the reports of the lab have in common: how runs are called, how times, shares and ratios are written.

use crate::model::lab::{Comparison, Experiment, Mode, RunReport};
use crate::model::showable;

/// Stands for what is not known.
pub(super) const UNKNOWN: &str = "-";

/// Text of others, safe to print, at most so many cells.
pub(super) fn safe(text: &str, cells: usize) -> String {
    let mut shown = String::new();
    showable(text.as_bytes(), cells, &mut shown);
    shown
}

/// `1.108 s`.
pub(super) fn seconds(seconds: f64) -> String {
    format!("{seconds:.3} s")
}

/// A number with two digits after the point, or [`UNKNOWN`].
pub(super) fn number(value: Option<f64>, digits: usize) -> String {
    value
        .filter(|value| value.is_finite())
        .map_or_else(|| UNKNOWN.to_owned(), |value| format!("{value:.digits$}"))
}

/// `74.0 %`, or [`UNKNOWN`].
pub(super) fn percent(part: Option<f64>) -> String {
    let known = part.filter(|part| part.is_finite());
    known.map_or_else(|| UNKNOWN.to_owned(), |part| format!("{:.1} %", part * 100.0))
}

/// `3.1 MiB`, or [`UNKNOWN`] for 0: no process has none.
pub(super) fn mebibytes(bytes: u64) -> String {
    if bytes == 0 { UNKNOWN.to_owned() } else { format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)) }
}

/// `serial`, `pool x4`; with the knobs that not all runs of the experiment share: `pool x4 order=lpt`.
pub(super) fn title(run: &RunReport, experiment: &Experiment) -> String {
    let mut title = match run.mode {
        Mode::Serial => "serial".to_owned(),
        mode => format!("{} x{}", mode.word(), run.workers),
    };
    for (knob, value) in &run.settings.0 {
        if experiment.runs.iter().any(|other| other.settings.0.get(knob) != Some(value)) {
            title.extend([" ", &safe(knob, 20), "=", &safe(value, 20)]);
        }
    }
    title
}

/// `9/9 ok`: how many answers are there, and whether all are right; where there are none, what the checks say.
pub(super) fn answer(run: &RunReport) -> String {
    let (there, all) = (run.answers.iter().flatten().count(), run.answers.len());
    let (there, all) = match all {
        0 => (run.checks.iter().filter(|check| check.holds()).count(), run.checks.len()),
        _ => (there, all),
    };
    let word = match () {
        () if run.answer_ok => "ok",
        () if there < all => "MISSING",
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

/// Breaks a text at blanks into lines of at most `width` cells; `indent` begins all lines but the first.
pub(super) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let mut out = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            out.push('\n');
            out.push_str(indent);
            used = indent.chars().count();
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
    out
}
