//! From flags to plans of the lab's own workloads.

use clap::{Arg, ArgMatches, Args, Command};

use super::Failure;
use super::words::{seconds, wrong};
use crate::lab;
use crate::model::lab::{LabPlan, Mode, RunPlan, Settings, Subject, WorkloadInfo};

/// How long a serial run is where nobody says, seconds.
const SERIAL_S: f64 = 2.0;

/// How large, how often and how long.
#[derive(Args, Clone, Debug)]
pub(super) struct Sizing {
    /// Also run it serially and compare, or do not [default: serial where no mode is asked for and it can be serial]
    #[arg(long, value_name = "MODE", value_parser = ["serial", "none"])]
    pub compare: Option<String>,
    /// Repeat all runs so often, in turns; times are medians then
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub repeat: u32,
    /// Repeat each task so often that the serial run takes about this long [default: 2]
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub seconds: Option<f64>,
    /// Do each task once (seed), as the program it comes from, or as often as --seconds says (auto)
    #[arg(long, value_name = "SIZE", value_parser = ["seed", "auto"], default_value = "auto")]
    pub size: String,
    /// End a run after so many seconds [default: what the workload allows]
    #[arg(long, value_name = "S")]
    pub time_limit: Option<u32>,
}

/// Flags for work that can also be done serially.
const OF_WORK: [&str; 3] = ["compare", "seconds", "size"];

/// The flags of [`Sizing`] that a workload has: none of those for which it has a knob of its own, and those of work only
/// where there is some.
pub(super) fn sizing_flags(command: Command, info: &WorkloadInfo) -> Command {
    let all = Sizing::augment_args(Command::new(""));
    let has = |flag: &&Arg| {
        let id = flag.get_long().unwrap_or_default();
        info.knob(id).is_none() && (info.compares() || !OF_WORK.contains(&id))
    };
    command.args(all.get_arguments().filter(has).cloned())
}

impl Sizing {
    /// What the flags say; those that a workload does not have are as where nobody says anything.
    pub(super) fn of(flags: &ArgMatches) -> Sizing {
        let word = |id| flags.try_get_one::<String>(id).ok().flatten().cloned();
        let count = |id| flags.try_get_one::<u32>(id).ok().flatten().copied();
        Sizing {
            compare: word("compare"),
            repeat: count("repeat").unwrap_or(1),
            seconds: flags.try_get_one::<f64>("seconds").ok().flatten().copied(),
            size: word("size").unwrap_or_else(|| "auto".to_owned()),
            time_limit: count("time_limit"),
        }
    }
}

/// What was chosen of a workload.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub info: &'static WorkloadInfo,
    /// `None` for its first.
    pub mode: Option<Mode>,
    /// Empty for its own number.
    pub workers: Vec<u32>,
    /// The knobs that were set.
    pub knobs: Vec<(&'static str, String)>,
}

/// How many workers a workload has on this machine where nobody says.
pub(super) fn workers_of(info: &WorkloadInfo) -> u32 {
    info.workers.on(lab::usable_cpus()).min(lab::most_workers())
}

/// The plan of one run, with the serial one before it where they are to be compared.
pub(super) fn run(choice: &Choice, sizing: &Sizing) -> Result<LabPlan, Failure> {
    let info = choice.info;
    let mode = choice.mode.or(info.modes.first().copied()).unwrap_or(Mode::Serial);
    let asked = choice.workers.first().copied();
    let mut settings = Settings::default();
    choice.knobs.iter().for_each(|(id, value)| settings.set(id, value.clone()));
    let compares = match sizing.compare.as_deref() {
        Some("serial") if !info.compares() => {
            return Err(wrong(format!("{} has no serial form that it could be compared with.", info.id)));
        }
        Some(compare) => compare == "serial",
        None => choice.mode.is_none() && info.compares(),
    };
    let mut runs = Vec::new();
    if compares && mode != Mode::Serial {
        runs.push(RunPlan { mode: Mode::Serial, workers: 1, settings: settings.clone() });
    }
    runs.push(RunPlan { mode, workers: asked.unwrap_or_else(|| workers_of(info)), settings });
    let plan = lab::check(plan(info, runs, sizing)?)?;
    let real = plan.runs.last().map_or(1, |run| run.workers);
    match asked {
        Some(asked) if asked != real => {
            let noun = if real == 1 { "worker" } else { "workers" };
            Err(wrong(format!("{} in mode {} has {real} {noun} here, not {asked}.", info.id, mode.word())))
        }
        _ => Ok(plan),
    }
}

/// A plan of these runs.
pub(super) fn plan(info: &WorkloadInfo, runs: Vec<RunPlan>, sizing: &Sizing) -> Result<LabPlan, Failure> {
    let is_seed = sizing.size == "seed";
    if is_seed && sizing.seconds.is_some() {
        return Err(wrong("--size seed does each task once; --seconds does not go with it."));
    }
    Ok(LabPlan {
        subject: Subject::Workload(info.id.to_owned()),
        runs,
        serial_seconds: (!is_seed).then(|| sizing.seconds.unwrap_or(SERIAL_S)),
        repeat: sizing.repeat,
        limit_s: sizing.time_limit,
    })
}
