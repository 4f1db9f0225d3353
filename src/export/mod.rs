//! Snapshot → text, sentences, JSON, CSV; what was done to processes → JSON.
//!
//! Its word: a *line* is one process of a listing, or one group, with its depth where the listing is a tree. `lab` has the
//! reports of the lab and of the X-ray. Text is for eyes: the cells of the table. JSON and CSV are for programs: plain numbers in bytes, seconds and percent of one core. All of
//! it is safe to print to a terminal, whatever names the processes chose. This room must never know the terminal, a
//! selection, or where what it writes goes.

mod act;
mod csv;
mod groups;
pub mod inspect;
mod json;
pub mod lab;
mod select;
pub mod spoken;
mod table;

#[cfg(test)]
mod tests;

pub use act::{Moment, act, acts};
pub use csv::{csv, csv_of_groups};
pub use groups::{group_lines, groups};
pub use json::json;
pub use select::{Line, Order, select};
pub use table::table;
