//! The world: argv, terminal, threads, channels; wires the rooms together.
//!
//! Its words: to *enter* the terminal is to take it over, to *leave* is to give it back; an *event* is anything that
//! happens to the program, a *frame* is one picture of it. It must never know what a column, key, theme or workload
//! means. Read next: `watch`, which opens the monitor; then `run`, its main loop; `args` for the command line, of which each
//! command is a file or folder with its arguments.
#![allow(clippy::disallowed_methods)]

mod args;
mod capabilities;
mod clipboard;
mod event;
mod frames;
mod input;
mod inspect;
mod kill;
mod lab;
mod linear;
mod log;
mod output;
mod print;
mod ps;
mod reader;
mod rescue;
mod room;
mod run;
mod save;
mod screen;
mod settings;
mod shot;
mod signals;
mod start;
mod terminal;
mod themes;
mod watch;
mod words;

use std::process::ExitCode;

use crate::proc::Live;
use crate::query::Views;
use args::{Command, CommandLine};

pub use frames::Frames;
#[doc(hidden)]
pub use input::keys_of;

/// Runs the program; the binary's `main` only calls this.
pub fn main() -> ExitCode {
    // First of all, while there is one thread: this may be one of the lab's own processes.
    if let Some(code) = crate::lab::hidden_entry() {
        return code;
    }
    if let Some(lack) = room::missing() {
        output::complain(&format_args!("glowtop: {lack}"));
        return ExitCode::FAILURE;
    }
    let line = match args::parse(std::env::args_os()) {
        Ok(line) => line,
        Err(code) => return code,
    };
    match line.command {
        None if line.accessible => linear::main(&line.options, line.config.as_deref(), &line.root),
        None => watch::main(&line),
        Some(_) => command(line, None),
    }
}

/// Does what a command of the shell asks for. Where the saved views are not `known`, they are read, and what is wrong
/// with the configuration is told.
fn command(line: CommandLine, known: Option<&Views>) -> ExitCode {
    let (config, root) = (line.config.as_deref(), line.root.as_path());
    let views = |text: &str| known.cloned().unwrap_or_else(|| words::views(text, config));
    match line.command {
        None => ExitCode::SUCCESS,
        Some(Command::Ps(ps)) => {
            ps::main(&ps, Box::new(Live::new(root)), &views(ps.filter.as_deref().unwrap_or("")))
        }
        Some(Command::Kill(kill)) => kill::main(&kill, root, &views(&kill.filter)),
        Some(Command::Lab(lab)) => lab::main(&lab, config),
        Some(Command::Inspect(inspect)) => {
            // It asks nothing of the configuration: that is read for what somebody who named it wants to know of it.
            let _ = views("");
            inspect::main(&inspect, root)
        }
        Some(Command::Shot(shot)) => shot::main(&shot, config, root),
        Some(Command::Print { what, keymap, check }) => print::main(what, keymap.as_deref(), check, config),
        Some(Command::Completions { shell }) => args::completions(shell),
        Some(Command::Man) => args::man(),
    }
}
