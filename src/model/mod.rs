//! The vocabulary of the house and its arithmetic; pure.
//!
//! Its words: a *sample* is what the kernel said, dated; a *snapshot* is what it means. This room knows no files,
//! clocks, threads, colours or keys.

mod act;
mod id;
pub mod lab;
mod signal;
mod untrusted;

pub use act::{Act, ControlNews, ControlOrder, Disposition, Happened, Outcome, Target, Verdict, WhyAlive};
pub use id::{Pid, ProcId};
pub use signal::{DefaultAction, Signal, SignalSet};
pub use untrusted::{REPLACEMENT, Untrusted, showable};
