//! `glowtop lab scale`: a workload serially, and on more and more workers.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::Failure;
use super::args::{chosen, described, knob_flags, knobs_of, mode_flag, mode_of};
use super::plan::{self, Choice, Sizing};
use super::play::{self, Ending};
use super::words::{counts, wrong};
use crate::lab;
use crate::model::lab::{Knob, KnobKind, LabPlan, Mode, RunPlan, Settings, WorkloadInfo};

/// The flag for the levels.
const WORKERS: &str = "workers";

/// Knobs that say how work is spread, not what it is: they do not matter to a serial run, so one is enough for all of
/// their values.
const OF_SPREADING: [&str; 6] = ["order", "chunk", "seed", "pin", "hop", "nice"];

/// A sweep of a workload.
#[derive(Clone, Debug)]
pub(super) struct ScaleArgs {
    choice: Choice,
    sizing: Sizing,
    ending: Ending,
}

impl FromArgMatches for ScaleArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<ScaleArgs, clap::Error> {
        let (info, flags) = chosen(matches)?;
        Ok(ScaleArgs {
            choice: Choice {
                info,
                mode: mode_of(flags),
                workers: flags.get_one::<Vec<u32>>(WORKERS).cloned().unwrap_or_default(),
                knobs: knobs_of(info, flags),
            },
            sizing: Sizing::of(flags),
            ending: Ending::from_arg_matches(flags)?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = ScaleArgs::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for ScaleArgs {
    fn augment_args(command: Command) -> Command {
        command.subcommand_required(true).arg_required_else_help(false).defer(|command| {
            lab::workloads()
                .iter()
                .filter(|info| info.compares())
                .fold(command, |command, info| command.subcommand(subcommand(info)))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        ScaleArgs::augment_args(command)
    }
}

fn subcommand(info: &'static WorkloadInfo) -> Command {
    let command = Command::new(info.id).arg(mode_flag(info)).arg(
        Arg::new(WORKERS)
            .long(WORKERS)
            .value_name("LEVELS")
            .value_parser(counts)
            .help("Numbers of workers: 1,2,4 or 1..8 [default: up to the CPUs that can be used]"),
    );
    let command = knob_flags(command, info, |knob, text| {
        values(knob, text).iter().try_for_each(|value| knob.check(value))
    });
    described(Ending::augment_args(plan::sizing_flags(command, info)), info)
        .after_help("A knob may have several values with commas between them: one sweep for each of them.")
}

/// The values of a knob; one that takes a list has one.
fn values<'a>(knob: &Knob, text: &'a str) -> Vec<&'a str> {
    match knob.kind {
        KnobKind::List { .. } => vec![text],
        KnobKind::Number { .. } | KnobKind::Choice(_) => text.split(',').collect(),
    }
}

/// Runs the sweep.
pub(super) fn main(args: &ScaleArgs) -> Result<ExitCode, Failure> {
    play::main(plan(&args.choice, &args.sizing)?, &args.ending)
}

fn plan(choice: &Choice, sizing: &Sizing) -> Result<LabPlan, Failure> {
    let info = choice.info;
    let parallel = || info.modes.iter().copied().find(|mode| *mode != Mode::Serial);
    let mode = choice.mode.or_else(parallel).filter(|mode| *mode != Mode::Serial);
    let Some(mode) = mode else { return Err(wrong("A sweep needs a mode with more than one worker.")) };
    if mode == Mode::Fork {
        return Err(wrong("In mode fork there is a worker for each task; their number cannot be chosen."));
    }
    let levels =
        if choice.workers.is_empty() { default_levels(lab::usable_cpus()) } else { choice.workers.clone() };
    let (mut bases, mut rest) = (Vec::new(), Vec::new());
    for settings in combinations(choice) {
        let mut of_work = settings.clone();
        of_work.0.retain(|id, _| !OF_SPREADING.contains(&id.as_str()));
        let base = RunPlan { mode: Mode::Serial, workers: 1, settings: of_work };
        if !bases.contains(&base) {
            bases.push(base);
        }
        rest.extend(levels.iter().map(|&workers| RunPlan { mode, workers, settings: settings.clone() }));
    }
    if sizing.compare.as_deref() == Some("none") {
        bases.clear();
    }
    bases.extend(rest);
    plan::plan(info, bases, sizing)
}

/// One to eight workers one by one; on more CPUs in doubling steps, and all of them.
fn default_levels(cpus: u32) -> Vec<u32> {
    let most = cpus.clamp(2, lab::most_workers());
    if most <= 8 {
        return (1..=most).collect();
    }
    let mut levels: Vec<u32> = (0..31).map(|power| 1 << power).take_while(|level| *level < most).collect();
    levels.push(most);
    levels
}

/// Every combination of the values of the knobs.
fn combinations(choice: &Choice) -> Vec<Settings> {
    let mut all = vec![Settings::default()];
    for (id, text) in &choice.knobs {
        let values = choice.info.knob(id).map(|knob| values(knob, text)).unwrap_or_default();
        all = all
            .iter()
            .flat_map(|settings| {
                values.iter().map(|value| {
                    let mut settings = settings.clone();
                    settings.set(id, *value);
                    settings
                })
            })
            .collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(workers: &[u32], knobs: &[(&'static str, &str)]) -> Choice {
        let info = lab::workloads().iter().find(|info| info.id == "primes").expect("primes");
        let knobs = knobs.iter().map(|(id, value)| (*id, (*value).to_owned())).collect();
        Choice { info, mode: None, workers: workers.to_vec(), knobs }
    }

    fn sizing() -> Sizing {
        Sizing { compare: None, repeat: 1, seconds: None, size: "auto".to_owned(), time_limit: None }
    }

    #[test]
    fn a_sweep_has_one_serial_run_for_each_kind_of_work() {
        let choice = choice(&[1, 2, 4], &[("order", "fifo,lpt"), ("tasks", "9,12")]);
        let plan = plan(&choice, &sizing()).ok().expect("a plan");
        let serial: Vec<&str> = plan
            .runs
            .iter()
            .filter(|run| run.mode == Mode::Serial)
            .map(|run| run.settings.word("tasks"))
            .collect();
        assert_eq!(serial, ["9", "12"], "the order is nothing to them");
        assert_eq!(plan.runs.len(), 2 + 4 * 3);
        assert!(plan.runs.iter().skip(2).all(|run| run.mode == Mode::Pool));
        assert!(lab::check(plan).is_ok());
    }

    #[test]
    fn levels_where_nobody_says() {
        assert_eq!(default_levels(1), [1, 2]);
        assert_eq!(default_levels(4), [1, 2, 3, 4]);
        assert_eq!(default_levels(1).last(), Some(&2));
        assert!(choice(&[], &[]).knobs.is_empty());
        assert_eq!(combinations(&choice(&[], &[])).len(), 1);
    }

    #[test]
    fn what_cannot_be_swept_is_refused() {
        for mode in [Mode::Serial, Mode::Fork] {
            let choice = Choice { mode: Some(mode), ..choice(&[], &[]) };
            assert!(plan(&choice, &sizing()).is_err(), "{}", mode.word());
        }
    }
}
