//! What came of the lab's experiments → a table for the terminal, JSON for programs, Markdown and SVG to hand on.
//!
//! All of it is made from an [`crate::model::lab::Experiment`] and its comparisons; nothing is computed here that the
//! model does not know. Whatever a workload or a user's command called itself is safe to print.

mod diff;
mod json;
mod markdown;
mod svg;
mod sweep;
mod table;
pub mod watch;
mod what_if;
mod words;

#[cfg(test)]
mod tests;

pub use diff::diff;
pub use json::json;
pub use markdown::markdown;
pub use svg::svg;
pub use sweep::sweep;
pub use table::table;
pub use what_if::{what_if, what_if_json};
