//! The report in Markdown.

use crate::model::lab::Experiment;

/// The report in Markdown.
pub fn markdown(experiment: &Experiment) -> String {
    format!("# {}\n\n```text\n{}```\n", super::words::safe(&experiment.name, 60), super::table(experiment))
}
