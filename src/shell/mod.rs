//! The world: argv, terminal, threads, channels; wires the rooms together.
//!
//! Its words: to *enter* the terminal is to take it over, to *leave* is to give it back; an *event* is anything that
//! happens to the program, a *frame* is one picture of it. It must never know what a column, key, theme or workload
//! means. Read next: `watch`, which opens the monitor; then `run`, its main loop; `args` for the command line.
#![allow(clippy::disallowed_methods)]

mod args;
mod event;
mod frames;
mod input;
mod kill;
mod lab;
mod log;
mod output;
mod print;
mod ps;
mod reader;
mod rescue;
mod run;
mod screen;
mod settings;
mod shot;
mod signals;
mod terminal;
mod watch;
mod words;

use std::process::ExitCode;

use crate::proc::Live;
use args::Command;

pub use frames::Frames;
#[doc(hidden)]
pub use input::keys_of;

/// Runs the program; the binary's `main` only calls this.
pub fn main() -> ExitCode {
    // First of all, while there is one thread: this may be one of the lab's own processes.
    if let Some(code) = crate::lab::hidden_entry() {
        return code;
    }
    let line = match args::parse(std::env::args_os()) {
        Ok(line) => line,
        Err(code) => return code,
    };
    match line.command {
        None => watch::main(&line),
        Some(Command::Ps(ps)) => ps::main(&ps, Box::new(Live::new(&line.root)), line.config.as_deref()),
        Some(Command::Kill(kill)) => kill::main(&kill, &line.root, line.config.as_deref()),
        Some(Command::Lab(lab)) => lab::main(&lab),
        Some(Command::Shot(shot)) => shot::main(&shot, line.config.as_deref(), &line.root),
        Some(Command::Print { what, check }) => print::main(what, check, line.config.as_deref()),
        Some(Command::Completions { shell }) => args::completions(shell),
        Some(Command::Man) => args::man(),
    }
}
