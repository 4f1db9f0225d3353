//! The table of a sweep: a row for each number of workers.

use std::fmt::Write as _;

use super::table::ratio;
use super::words::{number, percent, safe, seconds, title};
use crate::model::lab::Experiment;

/// The table of a sweep over workers.
pub fn sweep(experiment: &Experiment) -> String {
    let mut text = format!("{}\n", safe(&experiment.name, 40));
    let comparisons = experiment.comparisons();
    if let Some(serial) = comparisons.iter().find_map(|comparison| comparison.serial.as_ref()) {
        let _ = writeln!(text, "{:<24}{:>12}", "serial", seconds(serial.real_s));
    }
    for comparison in &comparisons {
        let _ = writeln!(
            text,
            "{:<24}{:>12}{:>20}{:>10}{:>8}",
            title(&comparison.run, experiment),
            seconds(comparison.run.real_s),
            ratio(comparison),
            percent(comparison.efficiency),
            number(comparison.karp_flatt, 3),
        );
    }
    text
}
