//! What a workload says of itself: what it is, what it teaches, which knobs it has, and how a run of it is asked for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Experiment, Leftover};

/// How the work of a run is spread.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// One worker process, one task after the other.
    Serial,
    /// One worker process with a thread per worker; the threads take tasks from one queue.
    Threads,
    /// One process per task, all at once.
    Fork,
    /// A pool of k worker processes that take tasks from one queue.
    Pool,
    /// k worker processes, each with its share of the tasks, fixed in advance.
    Static,
    /// As `Static`, but whoever is done takes a task from the one with the most left.
    Steal,
    /// Threads under a global lock that is given up and retaken every 5 µs or so: whoever comes first gets it.
    GilOld,
    /// Threads under a global lock that a waiter asks for after 5 ms.
    GilNew,
    /// Threads under a global lock that is handed to whoever has waited longest.
    GilFair,
}

impl Mode {
    /// All modes, in the order of the menu.
    pub const ALL: [Mode; 9] = [
        Mode::Serial,
        Mode::Threads,
        Mode::Fork,
        Mode::Pool,
        Mode::Static,
        Mode::Steal,
        Mode::GilOld,
        Mode::GilNew,
        Mode::GilFair,
    ];

    /// The word used in menus, flags and reports.
    pub const fn word(self) -> &'static str {
        match self {
            Mode::Serial => "serial",
            Mode::Threads => "threads",
            Mode::Fork => "fork",
            Mode::Pool => "pool",
            Mode::Static => "static",
            Mode::Steal => "steal",
            Mode::GilOld => "gil-old",
            Mode::GilNew => "gil-new",
            Mode::GilFair => "gil-fair",
        }
    }

    /// The mode with this word.
    pub fn parse(word: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.word() == word)
    }

    /// Whether its workers are threads of one process.
    pub const fn is_threads(self) -> bool {
        matches!(self, Mode::Threads | Mode::GilOld | Mode::GilNew | Mode::GilFair)
    }
}

/// Where a workload stands in the chooser.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Group {
    /// Work for the CPU.
    Compute,
    /// Waiting for others.
    Waiting,
    /// Workers that talk to each other.
    Talking,
    /// Synchronising, and its accidents.
    Sync,
    /// Who runs when and where.
    Schedule,
    /// Memory and hardware.
    Memory,
    /// Birth and death of processes.
    Life,
    /// What is to be found and killed.
    Trouble,
}

impl Group {
    /// All groups, in the order of the chooser.
    pub const ALL: [Group; 8] = [
        Group::Compute,
        Group::Waiting,
        Group::Talking,
        Group::Sync,
        Group::Schedule,
        Group::Memory,
        Group::Life,
        Group::Trouble,
    ];

    /// Its heading in the chooser.
    pub const fn word(self) -> &'static str {
        match self {
            Group::Compute => "Compute",
            Group::Waiting => "Waiting",
            Group::Talking => "Talking",
            Group::Sync => "Sync",
            Group::Schedule => "Schedule",
            Group::Memory => "Memory",
            Group::Life => "Life",
            Group::Trouble => "Trouble",
        }
    }
}

/// One workload, as the chooser shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct WorkloadInfo {
    /// The word used in flags and reports.
    pub id: &'static str,
    /// Where it stands in the chooser.
    pub group: Group,
    /// One line: what it is.
    pub title: &'static str,
    /// What it teaches.
    pub lesson: &'static str,
    /// What to watch while it runs.
    pub watch: &'static str,
    /// The modes it can run in; the first is chosen where nobody chooses. Where [`Mode::Serial`] is among them, a
    /// run can be compared with a serial one.
    pub modes: &'static [Mode],
    /// How many workers where nobody says.
    pub workers: Workers,
    /// Its knobs, those that all workloads of independent tasks share included.
    pub knobs: Vec<Knob>,
    /// What it may take at most, for the chooser.
    pub bounds: Bounds,
}

impl WorkloadInfo {
    /// Whether it is one of independent tasks, which can also be done one after the other.
    pub fn compares(&self) -> bool {
        self.modes.contains(&Mode::Serial)
    }

    /// The knob with this id.
    pub fn knob(&self, id: &str) -> Option<&Knob> {
        self.knobs.iter().find(|knob| knob.id == id)
    }
}

/// How many workers a run has where nobody says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Workers {
    /// One for each usable CPU.
    Cpus,
    /// So many.
    Exactly(u32),
    /// So many for each usable CPU.
    PerCpu(u32),
    /// The scene needs so many and takes no other number.
    Fixed(u32),
}

impl Workers {
    /// The number on a machine with `cpus` usable CPUs; at least 1.
    pub fn on(self, cpus: u32) -> u32 {
        match self {
            Workers::Cpus => cpus,
            Workers::Exactly(count) | Workers::Fixed(count) => count,
            Workers::PerCpu(count) => cpus.saturating_mul(count),
        }
        .max(1)
    }
}

/// What a run may take at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Processes and threads at a time, master included.
    pub processes: u32,
    /// Memory of all of them together, MiB.
    pub memory_mib: u32,
    /// Real time, seconds.
    pub seconds: u32,
}

impl Bounds {
    /// What most workloads need.
    pub const ORDINARY: Bounds = Bounds { processes: 65, memory_mib: 64, seconds: 60 };
}

/// One setting of a workload.
#[derive(Clone, PartialEq, Debug)]
pub struct Knob {
    /// The word used as flag and in reports.
    pub id: &'static str,
    /// One line: what it changes, with its unit.
    pub help: &'static str,
    /// What can be set.
    pub kind: KnobKind,
    /// What it is where nobody says; one of its values.
    pub default: &'static str,
}

/// What a knob can be set to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum KnobKind {
    /// A number from `min` to `max`; keys change it by `step`, and where `step` is whole the number is.
    Number {
        /// Least.
        min: f64,
        /// Greatest.
        max: f64,
        /// How far one key goes.
        step: f64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Whole numbers from `min` to `max` with commas between them, one for each worker in turn; or `none`.
    List {
        /// Least.
        min: i32,
        /// Greatest.
        max: i32,
    },
}

impl Knob {
    /// Whether `value` can be set; otherwise a sentence that says what can.
    pub fn check(&self, value: &str) -> Result<(), String> {
        let id = self.id;
        match self.kind {
            KnobKind::Number { min, max, step } => {
                let whole = step.fract() == 0.0 && min.fract() == 0.0;
                let kind = if whole { "a whole number" } else { "a number" };
                match value.parse::<f64>() {
                    Ok(number) if (min..=max).contains(&number) && (!whole || number.fract() == 0.0) => {
                        Ok(())
                    }
                    _ => Err(format!("{id} takes {kind} from {min} to {max}.")),
                }
            }
            KnobKind::Choice(words) if words.contains(&value) => Ok(()),
            KnobKind::Choice(words) => Err(format!("{id} takes one of: {}.", words.join(", "))),
            KnobKind::List { min, max } => {
                let good = |one: &str| one.parse::<i32>().is_ok_and(|number| (min..=max).contains(&number));
                if value == "none" || (value.split(',').all(good) && value.split(',').count() <= 64) {
                    return Ok(());
                }
                Err(format!("{id} takes whole numbers from {min} to {max} with commas, or none."))
            }
        }
    }

    /// The value that `by` steps of the key make of `value`; lists stay what they are.
    pub fn turned(&self, value: &str, by: i32) -> String {
        match self.kind {
            KnobKind::Number { min, max, step } => {
                let now = value.parse::<f64>().unwrap_or(min);
                // Rounded to the step's grid, so that tenths stay tenths.
                let turned = ((now / step).round() + f64::from(by)) * step;
                let text = format!("{:.6}", turned.clamp(min, max));
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            KnobKind::Choice(words) => {
                let at = words.iter().position(|word| *word == value).unwrap_or(0) as i32;
                let turned = (at + by).rem_euclid(words.len().max(1) as i32);
                words.get(turned as usize).map_or_else(|| value.to_owned(), |word| (*word).to_owned())
            }
            KnobKind::List { .. } => value.to_owned(),
        }
    }
}

/// The values of a workload's knobs, by id. In a checked plan every knob has its value.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(pub BTreeMap<String, String>);

impl Settings {
    /// The defaults of `knobs`.
    pub fn defaults(knobs: &[Knob]) -> Settings {
        Settings(knobs.iter().map(|knob| (knob.id.to_owned(), knob.default.to_owned())).collect())
    }

    /// The value of a knob; empty where it has none.
    pub fn word(&self, id: &str) -> &str {
        self.0.get(id).map_or("", String::as_str)
    }

    /// The value of a knob that takes a number; 0 where it has none.
    pub fn number(&self, id: &str) -> f64 {
        self.word(id).parse().unwrap_or(0.0)
    }

    /// The value of a knob that takes a whole number; 0 where it has none.
    pub fn whole(&self, id: &str) -> u32 {
        // A cast from float stays within the bounds of the type.
        self.number(id) as u32
    }

    /// The numbers of a knob that takes a list; empty where it says none.
    pub fn list(&self, id: &str) -> Vec<i32> {
        self.word(id).split(',').filter_map(|one| one.parse().ok()).collect()
    }

    /// Sets a knob.
    pub fn set(&mut self, id: &str, value: impl Into<String>) {
        self.0.insert(id.to_owned(), value.into());
    }
}

/// One run of a plan.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RunPlan {
    /// How it runs.
    pub mode: Mode,
    /// On how many workers; serial always has one, and `Fork` one for each task.
    pub workers: u32,
    /// The values of the knobs; what is missing is the default.
    pub settings: Settings,
}

/// What is to be run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Subject {
    /// A workload of the lab's list, by its id.
    Workload(String),
    /// Commands of the user's own, one for each task.
    Jobs(Jobs),
}

/// Commands of the user's own.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Jobs {
    /// Program and arguments of each job.
    pub commands: Vec<Vec<String>>,
    /// Go on after a job that failed.
    pub keep_going: bool,
    /// The folder in which they are run.
    pub directory: String,
    /// What they write goes to the standard error of whoever started the lab; otherwise it is discarded.
    #[serde(default)]
    pub pass_output: bool,
}

/// One experiment: a subject, run once for each entry of `runs`, in order, and that `repeat` times over.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LabPlan {
    /// What is to be run.
    pub subject: Subject,
    /// The runs; the first serial one is the base of the comparison.
    pub runs: Vec<RunPlan>,
    /// How long the serial run should take, seconds; the size is calibrated for it. `None` runs each task once.
    pub serial_seconds: Option<f64>,
    /// How often all of it is repeated, serial and parallel in turns, so that drift hits both; at least 1.
    pub repeat: u32,
    /// After so many seconds a run is ended; `None` for what its workload allows.
    pub limit_s: Option<u32>,
}

impl LabPlan {
    /// The word for its subject: the workload's id, or the program of the user's first job.
    pub fn name(&self) -> &str {
        match &self.subject {
            Subject::Workload(id) => id,
            Subject::Jobs(jobs) => {
                let program = jobs.commands.first().and_then(|command| command.first());
                let program = program.map_or("jobs", String::as_str);
                program.rsplit('/').next().unwrap_or(program)
            }
        }
    }
}

/// An order to the lab.
#[derive(Clone, PartialEq, Debug)]
pub enum LabOrder {
    /// Run this plan; refused while another runs.
    Run(LabPlan),
    /// End the run and everything it started, now.
    Stop,
    /// End these leftovers.
    Clear(Vec<Leftover>),
    /// Keep this experiment; when it began, whoever keeps it knows.
    Keep(Box<Experiment>),
}
