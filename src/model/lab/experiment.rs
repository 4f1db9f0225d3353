//! Everything that came of a plan, as it is saved and shown; and what comparing its runs gives.

use serde::{Deserialize, Serialize};

use super::{Account, Ceiling, Mode, Pop, Ratio, RunReport, Settings, Subject, Verdict, Why, fit, whatif};

/// Version of the saved form of [`Experiment`]; a reader refuses a higher one.
pub const SCHEMA: u32 = 1;

/// Everything that came of a plan.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Experiment {
    /// Version of this form: [`SCHEMA`].
    pub schema: u32,
    /// Version of the program that measured.
    pub version: String,
    /// The word for its subject.
    pub name: String,
    /// What was run.
    pub subject: Subject,
    /// Where.
    pub machine: Machine,
    /// When it began, seconds since the epoch.
    pub started_unix_s: u64,
    /// How often each run was to be done.
    pub repeat: u32,
    /// All runs, in the order in which they were done.
    pub runs: Vec<RunReport>,
}

/// The machine, as far as it matters to times. `None` where it could not be known.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Machine {
    /// The CPU's name: `model name` of `/proc/cpuinfo`.
    pub model: String,
    /// Usable CPUs, by affinity and cgroup quota.
    pub cpus: u32,
    /// CPUs that are online.
    pub online: u32,
    /// Physical cores among the online CPUs.
    pub cores: Option<u32>,
    /// CPUs that the cgroup quota allows.
    pub quota: Option<f64>,
    /// `scaling_governor` of cpufreq.
    pub governor: Option<String>,
    /// Release of the kernel.
    pub kernel: String,
}

/// One run against the serial one, each by its median repeat.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    /// The serial run; `None` where there is none.
    pub serial: Option<RunReport>,
    /// The run.
    pub run: RunReport,
    /// How often the run was done.
    pub repeats: u32,
    /// Serial real time / this one's; `None` without two right runs of the same work.
    pub speedup: Option<Ratio>,
    /// Speed-up / workers.
    pub efficiency: Option<f64>,
    /// CPU time / real time.
    pub cores_used: Option<f64>,
    /// CPU time / that of the serial run.
    pub inflation: Option<f64>,
    /// Karp and Flatt's experimentally determined serial fraction; `None` on one worker.
    pub karp_flatt: Option<f64>,
    /// Where the workers' time went.
    pub account: Option<Account>,
    /// The efficiency as a product.
    pub pop: Option<Pop>,
    /// What the tasks allow.
    pub ceiling: Option<Ceiling>,
    /// How far to believe all this.
    pub verdict: Verdict,
    /// Why it is not as many times faster as it has workers.
    pub why: Option<Why>,
}

/// The repeats of one run of the plan.
struct Repeats<'a>(Vec<&'a RunReport>);

impl Repeats<'_> {
    fn mode(&self) -> Mode {
        self.0.first().map_or(Mode::Serial, |run| run.mode)
    }

    fn settings(&self) -> Option<&Settings> {
        self.0.first().map(|run| &run.settings)
    }

    /// The repeat of the median real time, the lower one of two; among the right ones where there are any.
    fn median(&self) -> Option<&RunReport> {
        let mut right: Vec<&RunReport> = self.0.iter().copied().filter(|run| run.answer_ok).collect();
        if right.is_empty() {
            right.clone_from(&self.0);
        }
        right.sort_by(|a, b| a.real_s.total_cmp(&b.real_s));
        right.get(right.len().saturating_sub(1) / 2).copied()
    }
}

impl Experiment {
    /// Each distinct run of the plan but the serial ones that others are compared with; of a plan without others,
    /// those too.
    pub fn comparisons(&self) -> Vec<Comparison> {
        let groups = self.groups();
        let bases: Vec<Option<usize>> = groups.iter().map(|group| base_of(group, &groups)).collect();
        groups
            .iter()
            .enumerate()
            .filter(|(at, _)| !bases.contains(&Some(*at)))
            .filter_map(|(at, group)| {
                let serial = bases.get(at).copied().flatten().and_then(|base| groups.get(base));
                Comparison::new(serial, group)
            })
            .collect()
    }

    /// The runs, repeats of the same together, in the order of their first.
    fn groups(&self) -> Vec<Repeats<'_>> {
        let mut groups: Vec<Repeats<'_>> = Vec::new();
        for run in &self.runs {
            let same = |group: &&mut Repeats<'_>| {
                let key = |run: &RunReport| (run.mode, run.workers, run.settings.clone());
                group.0.first().is_some_and(|first| key(first) == key(run))
            };
            match groups.iter_mut().find(same) {
                Some(group) => group.0.push(run),
                None => groups.push(Repeats(vec![run])),
            }
        }
        groups
    }
}

/// The serial runs that a run is compared with: those whose knobs differ least from its own.
fn base_of(group: &Repeats<'_>, groups: &[Repeats<'_>]) -> Option<usize> {
    if group.mode() == Mode::Serial {
        return None;
    }
    let own = group.settings()?;
    let differing = |other: &Repeats<'_>| {
        other.settings().map_or(usize::MAX, |theirs| {
            own.0.iter().filter(|(knob, value)| theirs.0.get(*knob) != Some(*value)).count()
        })
    };
    let serial = groups.iter().enumerate().filter(|(_, other)| other.mode() == Mode::Serial);
    serial.min_by_key(|(_, other)| differing(other)).map(|(at, _)| at)
}

impl Comparison {
    fn new(serial: Option<&Repeats<'_>>, repeats: &Repeats<'_>) -> Option<Comparison> {
        let run = repeats.median()?;
        let base = serial.and_then(Repeats::median);
        let speedup = base.and_then(|base| super::speedup(base, run)).map(|(value, _)| Ratio {
            value,
            low: None,
            high: None,
        });
        let workers = f64::from(run.workers.max(1));
        let efficiency = speedup.map(|speedup| speedup.value / workers);
        let inflation = base.map(|base| run.cpu_s() / base.cpu_s()).filter(|ratio| ratio.is_finite());
        Some(Comparison {
            repeats: repeats.0.len() as u32,
            efficiency,
            cores_used: run.cores_used(),
            inflation,
            karp_flatt: speedup.and_then(|speedup| fit::karp_flatt(speedup.value, workers)),
            account: Account::new(run, base),
            pop: None,
            ceiling: whatif::TaskTimes::new(base, run).map(|tasks| tasks.ceilings(run)),
            verdict: Verdict::new(base, run),
            why: base.and_then(|base| super::why_not(base, run)),
            speedup,
            serial: base.cloned(),
            run: run.clone(),
        })
    }
}
