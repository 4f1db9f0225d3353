//! Everything that came of a plan, as it is saved and shown; and what comparing its runs gives.

use serde::{Deserialize, Serialize};

use super::account::{COMPUTES, wanted_cpu};
use super::case::Case;
use super::fit::{Amdahl, Usl};
use super::whatif::TaskTimes;
use super::{
    Account, Beside, Ceiling, Mode, Pop, Ratio, RunReport, Settings, Spread, Subject, Verdict, Why, fit,
};

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
    /// Release of the kernel, without the local name of its build.
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
    /// How its real time spreads over the repeats.
    pub real: Option<Spread>,
    /// How the serial run's does.
    pub serial_real: Option<Spread>,
    /// Serial real time / this one's; `None` without two right runs of the same work.
    pub speedup: Option<Ratio>,
    /// Speed-up / workers.
    pub efficiency: Option<f64>,
    /// CPU time / real time.
    pub cores_used: Option<f64>,
    /// CPU time / that of the serial run; `None` where that hardly wanted a CPU.
    pub inflation: Option<f64>,
    /// Karp and Flatt's experimentally determined serial fraction; `None` on one worker.
    pub karp_flatt: Option<f64>,
    /// Where the workers' time went.
    pub account: Option<Account>,
    /// What else the reports say of it.
    pub beside: Beside,
    /// The efficiency as a product; `None` for work that hardly wants a CPU.
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

    /// The right repeats; all where there is none.
    fn right(&self) -> Vec<&RunReport> {
        let right: Vec<&RunReport> = self.0.iter().copied().filter(|run| run.answer_ok).collect();
        if right.is_empty() { self.0.clone() } else { right }
    }

    /// The repeat of the median real time, the lower one of two; among the right ones where there are any.
    fn median(&self) -> Option<&RunReport> {
        let mut right = self.right();
        right.sort_by(|a, b| a.real_s.total_cmp(&b.real_s));
        right.get(right.len().saturating_sub(1) / 2).copied()
    }

    /// Real times of the right repeats, in their order, seconds.
    fn times(&self) -> Vec<f64> {
        self.right().iter().map(|run| run.real_s).collect()
    }
}

/// The runs of an experiment that differ in nothing but their number of workers, with what was fitted to them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Sweep {
    /// How they ran.
    pub mode: Mode,
    /// With which knobs.
    pub settings: Settings,
    /// Workers and speed-up, by workers.
    pub points: Vec<(u32, f64)>,
    /// Amdahl's law, over the workers that had a CPU each where the work computes; `None` with too few such numbers.
    pub amdahl: Option<Amdahl>,
    /// The universal scalability law, over the same; `None`, not fitted, with less than six.
    pub usl: Option<Usl>,
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
                Comparison::new(serial, group, &self.machine)
            })
            .collect()
    }

    /// The comparisons as sweeps over the number of workers, in the order of their first runs.
    pub fn sweeps(&self) -> Vec<Sweep> {
        let mut sweeps: Vec<Sweep> = Vec::new();
        let serial = self.runs.iter().find(|run| run.mode == Mode::Serial);
        let computes = serial.is_some_and(|serial| wanted_cpu(serial).is_none_or(|part| part >= COMPUTES));
        // The laws are for processors: workers that share one bend the curve, whatever the work.
        let cpus = self.runs.iter().map(|run| run.noise.cpus).max().filter(|&cpus| cpus > 0 && computes);
        let with_a_cpu = cpus.unwrap_or(u32::MAX);
        for comparison in self.comparisons() {
            let Comparison { run, speedup: Some(speedup), .. } = comparison else { continue };
            let point = (run.workers, speedup.value);
            let same = |sweep: &&mut Sweep| sweep.mode == run.mode && sweep.settings == run.settings;
            match sweeps.iter_mut().find(same) {
                Some(sweep) => sweep.points.push(point),
                None => sweeps.push(Sweep {
                    mode: run.mode,
                    settings: run.settings,
                    points: vec![point],
                    amdahl: None,
                    usl: None,
                }),
            }
        }
        for sweep in &mut sweeps {
            sweep.points.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let points: Vec<(f64, f64)> = sweep
                .points
                .iter()
                .filter(|(workers, _)| *workers <= with_a_cpu)
                .map(|&(p, s)| (f64::from(p), s))
                .collect();
            (sweep.amdahl, sweep.usl) = (fit::fit_amdahl(&points), fit::fit_usl(&points));
        }
        sweeps
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
    fn new(serial: Option<&Repeats<'_>>, repeats: &Repeats<'_>, machine: &Machine) -> Option<Comparison> {
        let run = repeats.median()?;
        let base = serial.and_then(Repeats::median);
        let before = serial.map(Repeats::times).unwrap_or_default();
        let speedup = base
            .and_then(|base| super::speedup(base, run))
            .and_then(|_| fit::ratio(&before, &repeats.times()));
        let workers = f64::from(run.workers.max(1));
        // Of work that waits, a few milliseconds of CPU time are left over: their ratio says nothing.
        let computing = base.filter(|base| wanted_cpu(base).is_none_or(|part| part >= COMPUTES));
        let inflation = computing.map(|base| run.cpu_s() / base.cpu_s()).filter(|ratio| ratio.is_finite());
        let account = Account::new(run, base);
        let beside = Beside::new(run);
        let tasks = TaskTimes::new(base, run);
        let ceiling = tasks.as_ref().map(|tasks| tasks.ceilings(run));
        let case = Case {
            serial: base,
            run,
            speedup: speedup.map(|speedup| speedup.value),
            account: account.as_ref(),
            beside: &beside,
            tasks: tasks.as_ref(),
            ceiling: ceiling.as_ref(),
            machine: Some(machine),
        };
        let why = case.why();
        let mut verdict = Verdict::new(base, run, Some(machine)).with_repeats(&repeats.0, "this run");
        if let Some(serial) = serial {
            verdict = verdict.with_repeats(&serial.0, "the serial run");
        }
        Some(Comparison {
            repeats: repeats.0.len() as u32,
            real: Spread::of(&repeats.times()),
            serial_real: Spread::of(&before),
            speedup,
            efficiency: speedup.map(|speedup| speedup.value / workers),
            cores_used: run.cores_used(),
            inflation,
            karp_flatt: speedup.and_then(|speedup| fit::karp_flatt(speedup.value, workers)),
            account,
            beside,
            pop: computing.filter(|_| speedup.is_some()).and_then(|base| Pop::new(base, run)),
            ceiling,
            verdict,
            why,
            serial: base.cloned(),
            run: run.clone(),
        })
    }

    /// The comparison of one repeat by itself with the same serial run; machine and repeats are left out of it.
    #[must_use]
    pub fn of(&self, repeat: &RunReport) -> Comparison {
        let serial = self.serial.as_ref().map(|serial| Repeats(vec![serial]));
        let alone = Comparison::new(serial.as_ref(), &Repeats(vec![repeat]), &Machine::default());
        alone.unwrap_or_else(|| self.clone())
    }

    /// The tasks of the run and how long each takes alone, to be replayed on other workers and in another order.
    pub fn task_times(&self) -> Option<TaskTimes> {
        TaskTimes::new(self.serial.as_ref(), &self.run)
    }
}

#[cfg(test)]
mod tests {
    use super::super::RunPlan;
    use super::*;

    fn run(mode: Mode, workers: u32, real_s: f64, order: &str) -> RunReport {
        let mut settings = Settings::default();
        settings.set("order", order);
        let blank = RunReport::blank(&RunPlan { mode, workers, settings });
        RunReport { real_s, user_s: 2.0, answers: vec![Some(1)], answer_ok: true, ..blank }
    }

    fn experiment(runs: Vec<RunReport>) -> Experiment {
        Experiment {
            schema: SCHEMA,
            version: "0".to_owned(),
            name: "primes".to_owned(),
            subject: Subject::Workload("primes".to_owned()),
            machine: Machine::default(),
            started_unix_s: 0,
            repeat: 1,
            runs,
        }
    }

    #[test]
    fn repeats_of_the_same_run_are_one_comparison_by_their_medians() {
        let turns = [(2.0, 1.0), (2.2, 1.3), (1.9, 0.9), (2.1, 1.1), (2.0, 1.0)];
        let runs = turns.iter().flat_map(|&(serial, pool)| {
            [run(Mode::Serial, 1, serial, "fifo"), run(Mode::Pool, 2, pool, "fifo")]
        });
        let comparisons = experiment(runs.collect()).comparisons();
        let [one] = comparisons.as_slice() else { panic!("{comparisons:?}") };
        assert_eq!((one.repeats, one.run.real_s), (5, 1.0));
        assert_eq!(one.serial.as_ref().map(|serial| serial.real_s), Some(2.0));
        let speedup = one.speedup.expect("right runs");
        assert_eq!((speedup.value, one.efficiency), (2.0, Some(1.0)));
        assert!(speedup.low.is_some_and(|low| low <= 2.0) && speedup.high.is_some_and(|high| high >= 2.0));
        assert_eq!(one.real.map(|real| (real.min, real.max, real.count)), Some((0.9, 1.3, 5)));
    }

    #[test]
    fn a_run_is_compared_with_the_serial_run_most_like_it() {
        let runs = vec![
            run(Mode::Serial, 1, 4.0, "fifo"),
            run(Mode::Serial, 1, 6.0, "lpt"),
            run(Mode::Pool, 2, 2.0, "lpt"),
            run(Mode::Pool, 2, 2.0, "random"),
        ];
        let comparisons = experiment(runs).comparisons();
        let bases: Vec<_> = comparisons.iter().map(|c| c.serial.as_ref().map(|s| s.real_s)).collect();
        assert_eq!(bases, [Some(6.0), Some(4.0)]);
    }

    #[test]
    fn a_serial_run_alone_is_shown_and_compared_with_nothing() {
        let comparisons = experiment(vec![run(Mode::Serial, 1, 4.0, "fifo")]).comparisons();
        let [one] = comparisons.as_slice() else { panic!("{comparisons:?}") };
        assert_eq!((one.serial.is_none(), one.speedup, one.why.clone()), (true, None, None));
        assert!(experiment(Vec::new()).comparisons().is_empty());
    }

    #[test]
    fn a_wrong_repeat_is_not_the_median_but_spoils_the_verdict() {
        let mut wrong = run(Mode::Pool, 2, 0.1, "fifo");
        wrong.answer_ok = false;
        let runs = vec![run(Mode::Serial, 1, 2.0, "fifo"), wrong, run(Mode::Pool, 2, 1.0, "fifo")];
        let comparisons = experiment(runs).comparisons();
        let [one] = comparisons.as_slice() else { panic!("{comparisons:?}") };
        assert_eq!(one.speedup.map(|speedup| speedup.value), Some(2.0));
        assert_eq!(
            one.verdict.reasons.first().map(String::as_str),
            Some("1 of 2 repeats of this run went wrong.")
        );
    }

    #[test]
    fn runs_that_differ_in_workers_only_are_a_sweep() {
        let mut runs = vec![run(Mode::Serial, 1, 8.0, "fifo")];
        for workers in [1, 2, 4, 8, 16, 32] {
            let s = fit::amdahl(0.1, f64::from(workers));
            runs.push(run(Mode::Pool, workers, 8.0 / s, "fifo"));
            runs.push(run(Mode::Pool, workers, 8.0 / f64::from(workers), "lpt"));
        }
        let sweeps = experiment(runs).sweeps();
        let [fifo, lpt] = sweeps.as_slice() else { panic!("{sweeps:?}") };
        assert_eq!(fifo.points.iter().map(|point| point.0).collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32]);
        assert!(fifo.amdahl.is_some_and(|fit| (fit.serial_part - 0.1).abs() < 1e-9), "{fifo:?}");
        assert!(fifo.usl.is_some() && lpt.amdahl.is_some_and(|fit| fit.serial_part.abs() < 1e-9));
    }
}
