//! The lab's screen: what is chosen, what runs, what came out.

use crate::model::lab::{
    Did, LabNews, LabOrder, LabPlan, Mode, RunPlan, RunReport, Settings, Subject, WorkloadInfo, speedup,
    why_not,
};
use crate::model::{Nanos, Pid};

/// Most workers that can be chosen.
const MOST_WORKERS: u32 = 64;

/// How long the serial run is to take, seconds: the steps of the size key.
const SIZES: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 15.0, 25.0];

/// One task on one worker.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Span {
    /// Counted from 1.
    pub task: u32,
    /// Counted from 1.
    pub worker: u32,
    /// When it began, seconds since the run began.
    pub from: f64,
    /// When it ended; `None` while it runs, or where it never did.
    pub to: Option<f64>,
}

/// A run as it is seen.
#[derive(Clone, PartialEq, Debug)]
pub struct RunView {
    /// How it runs.
    pub mode: Mode,
    /// On how many workers.
    pub workers: u32,
    /// How many tasks there are.
    pub tasks: u32,
    /// When it began.
    pub began: Nanos,
    /// Worker and pid, as they started.
    pub pids: Vec<(u32, Pid)>,
    /// Tasks as they ran.
    pub spans: Vec<Span>,
    /// Tasks done with the right answer.
    pub right: u32,
    /// What came out.
    pub report: Option<RunReport>,
}

impl RunView {
    /// Seconds it has taken so far, or in all.
    pub fn elapsed(&self, now: Nanos) -> f64 {
        self.report.as_ref().map_or_else(|| now.since(self.began), |report| report.real_s)
    }
}

/// The state of the lab's screen.
#[derive(Clone, Debug, Default)]
pub struct Lab {
    /// What can be run.
    pub workloads: Vec<WorkloadInfo>,
    /// The chosen one's place.
    pub at: usize,
    /// The parallel mode; `None` means [`Mode::Pool`].
    mode: Option<Mode>,
    /// Workers of the parallel run.
    pub workers: u32,
    /// Usable CPUs.
    cpus: u32,
    size: usize,
    /// Whether a plan runs now.
    pub running: bool,
    /// The runs of the last plan.
    pub runs: Vec<RunView>,
    /// Why it did not run to its end.
    pub problem: Option<String>,
}

impl Lab {
    /// A lab that offers `workloads` on `cpus` usable CPUs.
    pub fn new(workloads: Vec<WorkloadInfo>, cpus: u32) -> Lab {
        Lab { workloads, workers: cpus.clamp(2, MOST_WORKERS), cpus, size: 2, ..Lab::default() }
    }

    /// The parallel mode that is chosen.
    pub fn mode(&self) -> Mode {
        self.mode.unwrap_or(Mode::Pool)
    }

    /// Workers of the parallel run: one for each task where each task is a process.
    pub fn run_workers(&self) -> u32 {
        match self.mode() {
            Mode::Fork => self
                .workload()
                .map_or(1, |info| info.knob("tasks").map_or(1, |knob| knob.default.parse().unwrap_or(1))),
            _ => self.workers,
        }
    }

    /// How long the serial run is meant to take, seconds.
    pub fn seconds(&self) -> f64 {
        SIZES.get(self.size).copied().unwrap_or(4.0)
    }

    /// The chosen workload.
    pub fn workload(&self) -> Option<&WorkloadInfo> {
        self.workloads.get(self.at)
    }

    /// Chooses another parallel mode.
    pub fn next_mode(&mut self) {
        let parallel = [Mode::Threads, Mode::Fork, Mode::Pool];
        let at = parallel.iter().position(|mode| *mode == self.mode()).unwrap_or(0);
        self.mode = parallel.get((at + 1) % parallel.len()).copied();
    }

    /// More or fewer workers.
    pub fn add_workers(&mut self, by: i32) {
        self.workers = self.workers.saturating_add_signed(by).clamp(1, MOST_WORKERS);
    }

    /// More or less work.
    pub fn add_size(&mut self, by: isize) {
        self.size = self.size.saturating_add_signed(by).min(SIZES.len() - 1);
    }

    /// The chosen experiment as a command line.
    pub fn command_line(&self) -> String {
        let id = self.workload().map_or("primes", |workload| workload.id);
        let workers = match self.mode() {
            Mode::Fork => String::new(),
            _ => format!(" --workers {}", self.workers),
        };
        format!(
            "glowtop lab run {id} --mode {}{workers} --compare serial --seconds {}",
            self.mode().word(),
            self.seconds()
        )
    }

    /// Starts the chosen experiment, unless one runs.
    pub fn run(&mut self) -> Option<LabOrder> {
        let workload = self.workload()?.id.to_owned();
        if self.running {
            return None;
        }
        let one = |mode, workers| RunPlan { mode, workers, settings: Settings::default() };
        let runs = vec![one(Mode::Serial, 1), one(self.mode(), self.run_workers())];
        self.running = true;
        self.runs.clear();
        self.problem = None;
        let subject = Subject::Workload(workload);
        Some(LabOrder::Run(LabPlan {
            subject,
            runs,
            serial_seconds: Some(self.seconds()),
            repeat: 1,
            limit_s: None,
        }))
    }

    /// Takes news of the run.
    pub fn news(&mut self, now: Nanos, news: LabNews) {
        match news {
            LabNews::RunStarted { run: RunPlan { mode, workers, .. }, tasks, .. } => {
                self.runs.push(RunView {
                    mode,
                    workers,
                    tasks,
                    began: now,
                    pids: Vec::new(),
                    spans: Vec::new(),
                    right: 0,
                    report: None,
                });
            }
            LabNews::Ended { problem } => {
                self.running = false;
                self.problem = problem;
            }
            other => {
                if let Some(run) = self.runs.last_mut() {
                    run.news(other);
                }
            }
        }
    }

    /// Serial real time / parallel real time, and that by the workers; once both runs are done and right.
    pub fn speedup(&self) -> Option<(f64, f64)> {
        let (serial, run) = self.pair()?;
        speedup(serial, run)
    }

    /// Why the parallel run is not as many times faster as it has workers, in a sentence or two.
    pub fn why_not(&self) -> Option<String> {
        let (serial, run) = self.pair()?;
        why_not(serial, run).map(|why| why.sentence)
    }

    fn pair(&self) -> Option<(&RunReport, &RunReport)> {
        let serial = self.runs.iter().find(|run| run.mode == Mode::Serial)?.report.as_ref()?;
        Some((serial, self.runs.iter().rev().find(|run| run.mode != Mode::Serial)?.report.as_ref()?))
    }
}

impl RunView {
    fn news(&mut self, news: LabNews) {
        match news {
            LabNews::WorkerStarted { worker, pid, .. } => self.pids.push((worker, pid)),
            LabNews::Lanes(events) => {
                for event in events {
                    let at = event.at as f64 / 1e9;
                    match event.what {
                        Did::Begin { task, .. } => {
                            self.spans.push(Span { task, worker: event.worker, from: at, to: None });
                        }
                        Did::End { task, right, .. } => {
                            let open = |span: &&mut Span| {
                                span.task == task && span.worker == event.worker && span.to.is_none()
                            };
                            if let Some(span) = self.spans.iter_mut().rev().find(open) {
                                span.to = Some(at);
                            }
                            self.right += u32::from(right);
                        }
                        Did::Gap { .. } | Did::Blocked { .. } | Did::Moved { .. } | Did::Mark(_) => {}
                    }
                }
            }
            LabNews::RunDone(report) => self.report = Some(*report),
            LabNews::RunStarted { .. }
            | LabNews::WorkerEnded { .. }
            | LabNews::Looks(_)
            | LabNews::Note(_)
            | LabNews::Ended { .. } => {}
        }
    }
}
