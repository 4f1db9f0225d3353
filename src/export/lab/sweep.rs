//! The table of a sweep: a row for each number of workers, then what was fitted to it.

use std::fmt::Write as _;

use super::words::{heading, knobs, number, percent, ratio, safe, seconds};
use crate::model::lab::fit::USL_LEVELS;
use crate::model::lab::{Comparison, Experiment, Sweep, VerdictKind};

/// Cells of the bar of the greatest number of workers.
const BAR: f64 = 32.0;

/// The table of a sweep over workers.
pub fn sweep(experiment: &Experiment) -> String {
    let mut text = heading(experiment) + "\n";
    let comparisons = experiment.comparisons();
    let mut seen: Vec<(crate::model::lab::Mode, String)> = Vec::new();
    let sweeps = experiment.sweeps();
    for comparison in &comparisons {
        let key = (comparison.run.mode, knobs(&comparison.run, experiment));
        if seen.contains(&key) {
            continue;
        }
        let mut rows: Vec<&Comparison> = comparisons
            .iter()
            .filter(|other| (other.run.mode, knobs(&other.run, experiment)) == key)
            .collect();
        rows.sort_by_key(|row| row.run.workers);
        let fitted = sweeps
            .iter()
            .find(|sweep| sweep.mode == comparison.run.mode && sweep.settings == comparison.run.settings);
        text += &block(&rows, &key.1, fitted);
        seen.push(key);
    }
    text
}

fn block(rows: &[&Comparison], knobs: &str, fitted: Option<&Sweep>) -> String {
    let mode = rows.first().map_or("", |row| row.run.mode.word());
    let mut text = format!("\n{mode}{knobs}");
    if let Some(serial) = rows.iter().find_map(|row| row.serial.as_ref()) {
        let _ = write!(text, "   serial {}", seconds(serial.real_s));
    }
    let width = rows.iter().map(|row| ratio(row).len()).max().unwrap_or(0).max("speed-up".len());
    let _ = writeln!(
        text,
        "\n{:>7}{:>12}  {:>width$}{:>12}{:>12}{:>11}{:>9}{:>9}  machine",
        "workers", "real", "speed-up", "efficiency", "Karp-Flatt", "inflation", "ceiling", "largest"
    );
    let most = rows.iter().map(|row| row.run.workers).max().unwrap_or(1);
    for row in rows {
        let _ = writeln!(
            text,
            "{:>7}{:>12}  {:>width$}{:>12}{:>12}{:>11}{:>9}{:>9}  {}",
            row.run.workers,
            seconds(row.run.real_s),
            ratio(row),
            percent(row.efficiency),
            number(row.karp_flatt, 3),
            number(row.inflation, 2),
            number(row.ceiling.map(|ceiling| ceiling.now), 2),
            number(row.ceiling.map(|ceiling| ceiling.largest_first), 2),
            row.verdict.kind.word(),
        );
    }
    text += "\n  # measured   . ideal   | ceiling of this order\n";
    for row in rows {
        text += &bar(row, most);
    }
    text += &fits(fitted);
    if fitted.is_some_and(|sweep| sweep.amdahl.is_some())
        && rows.iter().any(|row| row.verdict.kind != VerdictKind::Valid)
    {
        text += "  The machine was not quiet, so what is fitted is no better than that.\n";
    }
    let mut reasons: Vec<String> = Vec::new();
    for row in rows {
        let which = match row.run.workers {
            1 => "the run of 1 worker".to_owned(),
            workers => format!("the run of {workers} workers"),
        };
        let named = |reason: &String| match reason.strip_prefix("This run") {
            Some(rest) => format!("The {}{rest}", which.trim_start_matches("the ")),
            None => reason.replace("this run", &which),
        };
        for reason in row.verdict.reasons.iter().map(named) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    // What is said of the serial run is said once, before the others.
    reasons.sort_by_key(|reason| !reason.to_lowercase().contains("the serial run"));
    for reason in reasons {
        let _ = writeln!(text, "  {}", safe(&reason, 200));
    }
    text
}

/// The speed-up as a bar, on the scale of the greatest number of workers.
fn bar(row: &Comparison, most: u32) -> String {
    let cells = |speedup: f64| (speedup / f64::from(most) * BAR).round().clamp(0.0, BAR * 1.5) as usize;
    let mut bar = vec!['.'; cells(f64::from(row.run.workers))];
    let measured = row.speedup.map_or(0, |speedup| cells(speedup.value));
    bar.resize(bar.len().max(measured), '#');
    for cell in bar.iter_mut().take(measured) {
        *cell = '#';
    }
    if let Some(ceiling) = row.ceiling {
        let at = cells(ceiling.now).saturating_sub(1);
        if at >= measured
            && let Some(cell) = bar.get_mut(at)
        {
            *cell = '|';
        }
    }
    let bar: String = bar.into_iter().collect();
    format!("{:>7}  {bar}\n", row.run.workers)
}

fn fits(fitted: Option<&Sweep>) -> String {
    let mut text = String::new();
    match fitted.and_then(|sweep| sweep.amdahl) {
        Some(fit) => {
            let (part, rms) = (fit.serial_part, fit.rms);
            let _ = write!(text, "  Amdahl: serial part {part:.3}, off by {rms:.2} (root mean square)");
            if part > 0.0 {
                let _ = write!(text, "; at most {:.1} times faster", 1.0 / part);
            }
            text.push('\n');
        }
        None => {
            let least = "two numbers of workers above one, with a CPU for each worker";
            let _ = writeln!(text, "  Amdahl: not fitted; it takes {least}");
        }
    }
    match fitted.and_then(|sweep| sweep.usl) {
        Some(fit) => {
            let (contention, coherence) = (fit.contention, fit.coherence);
            let _ = write!(
                text,
                "  USL: contention {contention:.4}, coherence {coherence:.6}, off by {:.2}",
                fit.rms
            );
            if let Some(peak) = fit.peak() {
                let _ = write!(text, "; slower beyond {peak:.0} workers");
            }
            text.push('\n');
        }
        None => {
            let _ = writeln!(text, "  USL: not fitted; it takes {USL_LEVELS} such numbers of workers");
        }
    }
    text
}
