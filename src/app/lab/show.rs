//! A plan as it is seen: its runs with their lanes, what was said, and what came out.

use std::collections::VecDeque;

use crate::model::lab::watch::WatchReport;
use crate::model::lab::{
    Check, Comparison, Did, Experiment, Fate, Figure, LabNews, LabPlan, Lanes, Machine, Mode, RunPlan,
    RunReport, SCHEMA, Subject, whatif,
};
use crate::model::{Nanos, Snapshot, showable};

/// Most sentences of the workload that are kept.
const NOTES: usize = 64;
/// Most runs of a plan that keep their lanes: the one that runs, the one before, and the serial one.
const WITH_LANES: usize = 2;
/// Most looks at the cores that are kept.
const LOOKS: usize = 512;

/// A look at the cores while a run goes on.
#[derive(Clone, PartialEq, Debug)]
pub struct CoreLook {
    /// Its time, nanoseconds since the run began.
    pub at: u64,
    /// How busy each core was since the look before, 0 to 1, by kernel number.
    pub busy: Vec<(u32, f32)>,
}

/// A run as it is seen.
#[derive(Clone, PartialEq, Debug)]
pub struct RunView {
    /// How it was asked for.
    pub plan: RunPlan,
    /// How many tasks there are; 0 for a scene that has none.
    pub tasks: u32,
    /// How often each is done.
    pub rounds: u32,
    /// When it began.
    pub began: Nanos,
    /// What each worker does.
    pub lanes: Lanes,
    /// How busy the cores were.
    pub cores: VecDeque<CoreLook>,
    /// Tasks done with the right answer, and with a wrong one.
    pub right: u32,
    /// See `right`.
    pub wrong: u32,
    /// What came out.
    pub report: Option<RunReport>,
    /// How far the run's own clock is ahead of `began`, nanoseconds: news travels.
    ahead: u64,
    /// When the X-ray ended, by its own clock.
    stopped: Option<u64>,
}

impl RunView {
    fn new(plan: RunPlan, tasks: u32, rounds: u32, began: Nanos) -> RunView {
        let (lanes, cores) = (Lanes::default(), VecDeque::new());
        RunView {
            plan,
            tasks,
            rounds,
            began,
            lanes,
            cores,
            right: 0,
            wrong: 0,
            report: None,
            ahead: 0,
            stopped: None,
        }
    }

    /// Whether it is the serial one.
    pub fn is_serial(&self) -> bool {
        self.plan.mode == Mode::Serial
    }

    /// Nanoseconds since the run began, by its own clock; when it is over, how long it took.
    pub fn clock(&self, now: Nanos) -> u64 {
        match (&self.report, self.stopped) {
            (Some(report), _) => (report.real_s.max(0.0) * 1e9) as u64,
            (None, Some(stopped)) => stopped,
            (None, None) => now.0.saturating_sub(self.began.0).saturating_add(self.ahead),
        }
    }

    /// Whether it goes on no more.
    pub fn is_over(&self) -> bool {
        self.report.is_some() || self.stopped.is_some()
    }

    /// Seconds it has taken so far, or in all.
    pub fn elapsed(&self, now: Nanos) -> f64 {
        self.clock(now) as f64 / 1e9
    }

    /// Workers that were killed, with the signal.
    pub fn killed(&self) -> impl Iterator<Item = (u32, i32)> + '_ {
        (1..).zip(&self.lanes.lanes).filter_map(|(worker, lane)| match lane.ended {
            Some((_, Fate::Killed(signal))) => Some((worker, signal)),
            _ => None,
        })
    }

    fn hears(&mut self, at: u64, now: Nanos) {
        let behind = now.0.saturating_sub(self.began.0);
        self.ahead = self.ahead.max(at.saturating_sub(behind));
    }

    fn news(&mut self, now: Nanos, news: LabNews) {
        match news {
            LabNews::WorkerStarted { worker, pid, tid, name } => {
                self.lanes.start(worker, pid, tid, shown(&name, 24));
            }
            LabNews::WorkerEnded { worker, at, fate } => {
                self.hears(at, now);
                self.lanes.end(worker, at, fate);
            }
            LabNews::Lanes(events) => {
                for event in &events {
                    if let Did::End { right, .. } = event.what {
                        self.right += u32::from(right);
                        self.wrong += u32::from(!right);
                    }
                }
                if let Some(last) = events.iter().map(|event| event.at).max() {
                    self.hears(last, now);
                }
                self.lanes.events(&events);
            }
            LabNews::Looks(looks) => {
                if let Some(last) = looks.iter().map(|look| look.at).max() {
                    self.hears(last, now);
                }
                self.lanes.looks(&looks);
            }
            LabNews::RunDone(report) => {
                for worker in &report.crew {
                    let ended = worker.ended.unwrap_or(report.real_s).max(0.0);
                    let open = self.lanes.of(worker.worker).is_some_and(|lane| lane.ended.is_none());
                    if open {
                        self.lanes.end(worker.worker, (ended * 1e9) as u64, worker.fate);
                    }
                }
                self.report = Some(*report);
            }
            LabNews::RunStarted { .. } | LabNews::Note(_) | LabNews::Watched(_) | LabNews::Ended { .. } => {}
        }
    }
}

/// A plan as it is seen, while it runs and after it.
#[derive(Clone, Debug, Default)]
pub struct Show {
    /// The word for its subject.
    pub name: String,
    /// What was asked for; `None` before the first plan.
    pub plan: Option<LabPlan>,
    /// Its runs so far.
    pub runs: Vec<RunView>,
    /// What the workload said, the newest last: seconds since its run began, and the sentence.
    pub notes: VecDeque<(f64, String)>,
    /// What the runs that are over give when they are compared.
    pub results: Vec<Comparison>,
    /// The speed-up that was bet on.
    pub bet: Option<f64>,
    /// What another run promised of this one.
    pub promised: Option<f64>,
    /// What the X-ray has seen, where it is one and no plan.
    pub xray: Option<Box<WatchReport>>,
    /// Usable CPUs.
    pub cpus: u32,
    machine: Machine,
}

impl Show {
    /// A plan that is about to begin.
    pub fn new(plan: LabPlan, machine: Machine, bet: Option<f64>) -> Show {
        let name = shown(plan.name(), 32);
        Show { name, plan: Some(plan), cpus: machine.cpus, machine, bet, ..Show::default() }
    }

    /// An X-ray that is about to begin.
    pub fn xray(name: String, machine: Machine) -> Show {
        Show { name, xray: Some(Box::default()), cpus: machine.cpus, machine, ..Show::default() }
    }

    /// Whether there is nothing to be shown.
    pub fn is_empty(&self) -> bool {
        self.plan.is_none() && self.xray.is_none()
    }

    /// Nothing more comes.
    pub(super) fn end(&mut self, now: Nanos) {
        let seen = self.xray.as_ref().map(|report| (report.real_s * 1e9) as u64);
        if let (Some(seen), Some(run)) = (seen, self.runs.last_mut()) {
            run.stopped = Some(if seen > 0 { seen } else { run.clock(now) });
        }
    }

    /// The run that goes on, or went on last.
    pub fn current(&self) -> Option<&RunView> {
        self.runs.last()
    }

    /// The serial run that the current one is compared with.
    pub fn serial(&self) -> Option<&RunView> {
        let current = self.current()?;
        let mut before = self.runs.iter().rev().skip(1);
        if current.is_serial() { None } else { before.find(|run| run.is_serial()) }
    }

    /// What comparing the current run gave, once it is over.
    pub fn result(&self) -> Option<&Comparison> {
        let current = self.current()?.report.as_ref()?;
        let same = |found: &&Comparison| {
            (found.run.mode, found.run.workers) == (current.mode, current.workers)
                && found.run.settings == current.settings
        };
        self.results.iter().rev().find(same).or_else(|| self.results.last())
    }

    /// What was checked and what was measured in the current run.
    pub fn found(&self) -> (&[Check], &[Figure]) {
        let report = self.current().and_then(|run| run.report.as_ref());
        report.map_or((&[], &[]), |report| (&report.checks, &report.figures))
    }

    /// Seconds that the current run should take in all; `None` where nobody knows.
    pub fn expected(&self) -> Option<f64> {
        let (run, plan) = (self.current()?, self.plan.as_ref()?);
        if run.is_serial() {
            return plan.serial_seconds;
        }
        let serial = self.serial()?.report.as_ref()?;
        let times: Vec<f64> = serial.tasks.iter().map(|task| task.run_s).collect();
        // Neither the order of the tasks nor the machine lets it be quicker.
        let most = f64::from(run.plan.workers.min(self.cpus.max(1)));
        let allowed = if times.is_empty() { most } else { whatif::ceiling(&times, run.plan.workers) };
        let ceiling = allowed.min(most);
        Some(serial.real_s / ceiling.max(0.1)).filter(|seconds| seconds.is_finite() && *seconds > 0.0)
    }

    /// Takes news of the plan.
    pub fn news(&mut self, now: Nanos, news: LabNews) {
        match news {
            LabNews::RunStarted { run, tasks, rounds, .. } => {
                self.runs.push(RunView::new(run, tasks, rounds, now));
                self.forget_lanes();
            }
            LabNews::Note(sentence) => {
                let at = self.current().map_or(0.0, |run| run.elapsed(now));
                if self.notes.len() >= NOTES {
                    self.notes.pop_front();
                }
                self.notes.push_back((at, shown(&sentence, 240)));
            }
            LabNews::Watched(report) => {
                if self.xray.is_some() {
                    self.xray = Some(report);
                }
            }
            LabNews::Ended { .. } => {}
            other => {
                let done = matches!(other, LabNews::RunDone(_));
                if let Some(run) = self.runs.last_mut() {
                    run.news(now, other);
                }
                if done {
                    self.compare();
                }
            }
        }
    }

    /// Takes a look at the machine: how busy each core was.
    pub fn look(&mut self, snapshot: &Snapshot) {
        let Some(run) = self.runs.last_mut().filter(|run| !run.is_over()) else { return };
        let busy = snapshot.cpus.iter().filter_map(|(cpu, usage)| Some((*cpu, usage.as_ref()?.busy())));
        let at = run.clock(snapshot.taken);
        if run.cores.len() >= LOOKS {
            run.cores.pop_front();
        }
        run.cores.push_back(CoreLook { at, busy: busy.collect() });
    }

    /// Only the newest runs, and the serial one, keep their lanes: a sweep has many.
    fn forget_lanes(&mut self) {
        let old = self.runs.len().saturating_sub(WITH_LANES);
        let serial = self.runs.iter().rposition(RunView::is_serial);
        for (at, run) in self.runs.iter_mut().enumerate().take(old) {
            if Some(at) != serial {
                run.lanes = Lanes::default();
                run.cores = VecDeque::new();
            }
        }
    }

    fn compare(&mut self) {
        self.results = self.experiment().map(|experiment| experiment.comparisons()).unwrap_or_default();
    }

    /// All that came out so far; `None` before the first plan. When it began is not known here.
    pub fn experiment(&self) -> Option<Experiment> {
        let plan = self.plan.as_ref()?;
        Some(Experiment {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: self.name.clone(),
            subject: Subject::clone(&plan.subject),
            machine: self.machine.clone(),
            started_unix_s: 0,
            repeat: plan.repeat,
            runs: self.runs.iter().filter_map(|run| run.report.clone()).collect(),
        })
    }
}

/// What a workload says, fit for a terminal.
fn shown(text: &str, most: usize) -> String {
    let mut shown = String::new();
    showable(text.as_bytes(), most, &mut shown);
    shown
}
