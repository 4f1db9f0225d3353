//! The vocabulary of the house and its arithmetic; pure.
//!
//! Its words: a *sample* is what the kernel said, dated; a *snapshot* is what it means. This room knows no files,
//! clocks, threads, colours or keys. Read next: [`sample`](Sample), then [`derive`](derive()).

mod id;
mod untrusted;

pub use id::{Pid, ProcId};
pub use untrusted::{REPLACEMENT, Untrusted, showable};
