//! The sampling thread: when to look, and sources that are no machine.
//!
//! Its words: a *beat* is a moment at which a look is due; beats lie on a grid, so they do not drift. [`start`] runs a
//! [`Source`](crate::model::Source) on a thread of its own and publishes what each look means; [`start_sensors`] does
//! the same for what is slow to read, [`start_inspector`] for one process in depth; [`Synthetic`] makes machines up, for
//! benchmarks and tests.
//!
//! This room must never know which files are read, nor who listens. Read next: `beat.rs`.
#![allow(clippy::disallowed_methods)]

mod beat;
mod inspector;
mod slow;
mod synthetic;
mod thread;

pub use inspector::{Inspecting, start_inspector};
pub use slow::{SlowSensors, start_sensors};
pub use synthetic::Synthetic;
pub use thread::{Sampler, start};
