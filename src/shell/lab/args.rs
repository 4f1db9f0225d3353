//! What `glowtop lab run` takes: a workload with its knobs as flags, or commands of the user's own.
//!
//! Each workload is a subcommand that is built from what the workload says of itself, so its help explains it.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand};

use super::jobs::JobArgs;
use super::plan::{self, Choice, Sizing};
use super::play::{self, Ending};
use super::{Failure, jobs};
use crate::lab;
use crate::model::lab::{Knob, KnobKind, Mode, WorkloadInfo};

/// Where the settings of all workloads stand: not among the flags of the one that is run.
const MODE: &str = "mode";
const WORKERS: &str = "workers";

/// A workload, or commands of your own after `--`
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true)]
#[command(override_usage = "glowtop lab run WORKLOAD [OPTIONS]\n       \
    glowtop lab run [-n N] [-j N[,N]…] [OPTIONS] -- COMMAND [{i}]…\n       \
    … | glowtop lab run --each [-j N[,N]…] [OPTIONS] -- COMMAND [{}]…")]
pub(super) struct RunArgs {
    #[command(flatten)]
    jobs: JobArgs,
    #[command(flatten)]
    ending: Ending,
    #[command(subcommand)]
    workload: Option<WorkloadArgs>,
}

/// Runs what was asked for.
pub(super) fn main(args: &RunArgs) -> Result<ExitCode, Failure> {
    match &args.workload {
        Some(workload) => play::main(plan::run(&workload.choice, &workload.sizing)?, &workload.ending),
        None => play::main(jobs::plan(&args.jobs)?, &args.ending),
    }
}

/// A workload with its flags.
#[derive(Clone, Debug)]
struct WorkloadArgs {
    choice: Choice,
    sizing: Sizing,
    ending: Ending,
}

impl FromArgMatches for WorkloadArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<WorkloadArgs, clap::Error> {
        let (info, flags) = chosen(matches)?;
        Ok(WorkloadArgs {
            choice: Choice {
                info,
                mode: flags.get_one::<String>(MODE).and_then(|word| Mode::parse(word)),
                workers: flags.get_one::<u32>(WORKERS).map(|count| vec![*count]).unwrap_or_default(),
                knobs: knobs_of(info, flags),
            },
            sizing: Sizing::of(flags),
            ending: Ending::from_arg_matches(flags)?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = WorkloadArgs::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Subcommand for WorkloadArgs {
    fn augment_subcommands(command: Command) -> Command {
        // Put off until the lab is asked for: they are many, and the monitor needs none of them.
        command.defer(|command| {
            lab::workloads().iter().fold(command, |command, info| command.subcommand(subcommand(info)))
        })
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        WorkloadArgs::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        lab::workloads().iter().any(|info| info.id == name)
    }
}

/// The workload that was named, and its flags.
pub(super) fn chosen(matches: &ArgMatches) -> Result<(&'static WorkloadInfo, &ArgMatches), clap::Error> {
    let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
    let (id, flags) = matches.subcommand().ok_or_else(missing)?;
    let info = lab::workloads().iter().find(|info| info.id == id).ok_or_else(missing)?;
    Ok((info, flags))
}

/// A workload as a subcommand.
fn subcommand(info: &'static WorkloadInfo) -> Command {
    let command = Command::new(info.id).arg(mode_flag(info)).arg(
        Arg::new(WORKERS)
            .long(WORKERS)
            .value_name("N")
            .value_parser(clap::value_parser!(u32))
            .help(format!("Number of workers [default: {} here]", plan::workers_of(info))),
    );
    let command = knob_flags(command, info, Knob::check);
    // Last, because what a group of flags says of itself would take its place.
    described(Ending::augment_args(plan::sizing_flags(command, info)), info)
}

/// The command with what a workload says of itself.
pub(super) fn described(command: Command, info: &'static WorkloadInfo) -> Command {
    let bounds = info.bounds;
    command.about(info.title).long_about(format!(
        "{}: {}\n\n{}\n\nWatch: {}\n\nBounds: at most {} processes, {} MiB and {} seconds a run.",
        info.id, info.title, info.lesson, info.watch, bounds.processes, bounds.memory_mib, bounds.seconds
    ))
}

/// How its work is spread.
pub(super) fn mode_flag(info: &'static WorkloadInfo) -> Arg {
    Arg::new(MODE)
        .long(MODE)
        .value_name("MODE")
        .value_parser(PossibleValuesParser::new(info.modes.iter().map(|mode| mode.word())))
        .help(format!(
            "How its work is spread [default: {}]",
            info.modes.first().map_or("", |mode| mode.word())
        ))
}

/// A flag for each knob, with what it changes and what it is where nobody says.
pub(super) fn knob_flags(
    command: Command,
    info: &'static WorkloadInfo,
    check: fn(&Knob, &str) -> Result<(), String>,
) -> Command {
    info.knobs.iter().fold(command, |command, knob| {
        let parse = move |text: &str| check(knob, text).map(|()| text.to_owned());
        let what = match knob.kind {
            KnobKind::Number { min, max, .. } => format!("; from {min} to {max}"),
            KnobKind::Choice(words) => format!("; one of: {}", words.join(", ")),
            KnobKind::List { .. } => String::new(),
        };
        let value = match knob.kind {
            KnobKind::Number { .. } => "N",
            KnobKind::Choice(_) => "WORD",
            KnobKind::List { .. } => "LIST",
        };
        command.arg(
            Arg::new(knob.id)
                .long(knob.id)
                .value_name(value)
                .value_parser(parse)
                .help_heading("Knobs")
                .help(format!("{}{what} [default: {}]", capital(knob.help), knob.default)),
        )
    })
}

/// The values of the knobs that were set.
pub(super) fn knobs_of(info: &WorkloadInfo, flags: &ArgMatches) -> Vec<(&'static str, String)> {
    let value = |id| flags.get_one::<String>(id).map(|value| (id, value.clone()));
    info.knobs.iter().filter_map(|knob| value(knob.id)).collect()
}

/// The mode that was asked for.
pub(super) fn mode_of(flags: &ArgMatches) -> Option<Mode> {
    flags.get_one::<String>(MODE).and_then(|word| Mode::parse(word))
}

/// A help text as clap's own begin.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_is_a_command_that_explains_itself() {
        for info in lab::workloads() {
            let mut command = subcommand(info);
            command.clone().debug_assert();
            let help = command.render_long_help().to_string();
            // However the lines are broken.
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words(&help).contains(&words(info.lesson)), "{help}");
            for knob in &info.knobs {
                assert!(help.contains(&format!("--{} ", knob.id)), "{}: {}", info.id, knob.id);
            }
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{}", arg.get_id());
            }
        }
    }
}
