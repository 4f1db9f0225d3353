//! `glowtop lab`: the lab from the command line.
//!
//! Its words: an *experiment* is a plan with all that came of it; it is written as a table, and kept if asked for.
//! `args` is what a run takes, `jobs` are commands of the user's own, `scale` is a sweep, `play` runs a plan to its end,
//! `output` says where reports go, `saved` is what was kept; `watch` looks at what runs already. `bench` does the same
//! for the lab's screen.

mod args;
mod bench;
mod jobs;
mod list;
mod output;
mod plan;
mod play;
mod progress;
mod saved;
mod scale;
mod sweep;
mod watch;
mod what_if;
mod words;

use std::path::Path;
use std::process::ExitCode;

pub(super) use bench::Bench;

use super::output::complain;
use crate::lab::LabError;

/// Exit code of a run with a wrong or missing answer, or of a lab that failed.
const FAILED: u8 = 1;
/// Exit code of a command line that asks for what cannot be.
const USAGE: u8 = 2;
/// Exit code of a run that was ended at its limit of time, memory or processes.
const BOUND: u8 = 3;
/// Exit code where a command of the user's own failed.
const JOB: u8 = 4;
/// Exit code where the machine was such that the times mean nothing, and that was not to be accepted.
const REFUSED: u8 = 5;

/// What to do in the lab
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXIT_STATUS)]
pub(super) struct LabArgs {
    #[command(subcommand)]
    command: LabCommand,
}

const EXIT_STATUS: &str = "\
Exit status: 0 done and right; 1 a wrong or missing answer, or the lab failed; 2 wrong usage; 3 ended at a bound of time, \
memory or processes; 4 a command failed; 5 refused, with --strict; 128+n ended by signal n.";

#[derive(clap::Subcommand, Clone, Debug)]
enum LabCommand {
    /// List the workloads
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Run a workload, or commands of your own, and write what they took, as time(1) does, and where the time went
    #[command(after_help = EXIT_STATUS)]
    Run(Box<args::RunArgs>),
    /// Run a workload serially and on more and more workers, and write the speed-up of each
    #[command(after_help = EXIT_STATUS)]
    Scale(scale::ScaleArgs),
    /// Look at processes that run already, with their children, and say what they are bound by; nothing is started or stopped
    #[command(after_help = watch::AFTER_HELP)]
    Watch(watch::WatchArgs),
    /// List the experiments that were kept
    Ls,
    /// Write the report of an experiment that was kept
    Show(saved::ShowArgs),
    /// Write what differs between two experiments that were kept
    Diff(saved::DiffArgs),
    /// Write what an experiment that was kept would give on other numbers of workers, or in another order
    WhatIf(what_if::WhatIfArgs),
    /// List and end what runs left behind whose glowtop is gone
    Sweep(sweep::SweepArgs),
}

/// How a command of the lab ends where it does not come to its end: the exit code, and a sentence for the user.
struct Failure {
    code: u8,
    sentence: String,
}

impl Failure {
    fn new(code: u8, sentence: impl Into<String>) -> Failure {
        Failure { code, sentence: sentence.into() }
    }
}

impl From<LabError> for Failure {
    fn from(error: LabError) -> Failure {
        let code = if matches!(error, LabError::Refused(_)) { USAGE } else { FAILED };
        Failure::new(code, error.to_string())
    }
}

/// Runs `glowtop lab …`.
pub(super) fn main(args: &LabArgs, config: Option<&Path>) -> ExitCode {
    let done = match &args.command {
        LabCommand::List { json } => Ok(list::main(*json)),
        LabCommand::Run(args) => args::main(args),
        LabCommand::Scale(args) => scale::main(args),
        LabCommand::Watch(args) => watch::main(args, config),
        LabCommand::Ls => saved::list(),
        LabCommand::Show(args) => saved::show(args),
        LabCommand::Diff(args) => saved::diff(args),
        LabCommand::WhatIf(args) => what_if::main(args),
        LabCommand::Sweep(args) => sweep::main(args),
    };
    done.unwrap_or_else(|failure| {
        complain(&format!("glowtop: {}", failure.sentence));
        ExitCode::from(failure.code)
    })
}
