//! The world: argv, terminal, threads, channels; wires the rooms together.
#![allow(clippy::disallowed_methods)]

use std::process::ExitCode;

/// Runs the program; the binary's `main` only calls this.
pub fn main() -> ExitCode {
    ExitCode::FAILURE
}
