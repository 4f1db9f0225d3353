//! Two experiments side by side.

use crate::model::lab::Experiment;

/// Two experiments side by side.
pub fn diff(before: &Experiment, after: &Experiment) -> String {
    format!("before\n{}\nafter\n{}", super::table(before), super::table(after))
}
