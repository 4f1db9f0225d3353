//! How far a plan is, in one line. Pure; `play` says when it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::model::lab::{Did, LabNews, Mode, RunReport};

/// How far a plan is.
pub(super) struct Progress {
    /// Runs of the plan, repeats counted.
    runs: usize,
    /// What a serial run was sized to take, seconds.
    serial_s: Option<f64>,
    /// The run that goes on: number, from 1, and what it is.
    run: usize,
    title: String,
    is_serial: bool,
    tasks: u32,
    began_s: f64,
    /// Tasks of this run that have ended.
    done: Vec<u32>,
    /// CPU time of each task in an earlier run, seconds.
    weights: BTreeMap<u32, f64>,
}

impl Progress {
    /// Of a plan with so many runs, whose serial run was sized for so many seconds.
    pub(super) fn new(runs: usize, serial_s: Option<f64>) -> Progress {
        Progress {
            runs,
            serial_s,
            run: 0,
            title: String::new(),
            is_serial: false,
            tasks: 0,
            began_s: 0.0,
            done: Vec::new(),
            weights: BTreeMap::new(),
        }
    }

    /// Takes down what happened, `now_s` seconds after the plan began.
    pub(super) fn note(&mut self, news: &LabNews, now_s: f64) {
        match news {
            LabNews::RunStarted { index, run, tasks, .. } => {
                self.run = index + 1;
                self.title = match run.mode {
                    Mode::Serial => "serial".to_owned(),
                    mode => format!("{} x{}", mode.word(), run.workers),
                };
                self.is_serial = run.mode == Mode::Serial;
                (self.tasks, self.began_s) = (*tasks, now_s);
                self.done.clear();
            }
            LabNews::Lanes(events) => {
                let ended = events.iter().filter_map(|event| match event.what {
                    Did::End { task, .. } => Some(task),
                    _ => None,
                });
                self.done.extend(ended);
            }
            LabNews::RunDone(report) => self.learn(report),
            _ => {}
        }
    }

    fn learn(&mut self, report: &RunReport) {
        if report.tasks.len() as u32 == self.tasks {
            self.weights = report.tasks.iter().map(|task| (task.task, task.to - task.from)).collect();
        }
    }

    /// Seconds that the run that goes on still takes; `None` where nobody can say.
    fn left_s(&self, elapsed_s: f64) -> Option<f64> {
        // Until it has taken longer than that, because others slow it down.
        let sized = self.serial_s.filter(|_| self.is_serial && self.weights.is_empty());
        if let Some(serial_s) = sized.filter(|serial_s| *serial_s > elapsed_s) {
            return Some(serial_s - elapsed_s);
        }
        let weight = |task: &u32| self.weights.get(task).copied().unwrap_or(1.0);
        let all: f64 = (1..=self.tasks).map(|task| weight(&task)).sum();
        let done: f64 = self.done.iter().map(weight).sum();
        (done > 0.0 && all > 0.0).then(|| elapsed_s * (all - done).max(0.0) / done)
    }

    /// The line, `now_s` seconds after the plan began; empty before the first run.
    pub(super) fn line(&self, now_s: f64) -> String {
        if self.run == 0 {
            return String::new();
        }
        let elapsed_s = (now_s - self.began_s).max(0.0);
        let mut line = format!("run {}/{}  {}", self.run, self.runs, self.title);
        if self.tasks > 0 {
            let _ = write!(line, "  {}/{} tasks", self.done.len(), self.tasks);
        }
        let _ = write!(line, "  {elapsed_s:.1} s");
        if let Some(left_s) = self.left_s(elapsed_s) {
            let _ = write!(line, "  about {left_s:.0} s left");
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lab::{LaneEvent, RunPlan, Settings, TaskReport};

    fn started(index: usize, mode: Mode, workers: u32) -> LabNews {
        let run = RunPlan { mode, workers, settings: Settings::default() };
        LabNews::RunStarted { index, run, tasks: 4, rounds: 1 }
    }

    fn ended(task: u32) -> LabNews {
        let what = Did::End { task, answer: 0, right: true };
        LabNews::Lanes(vec![LaneEvent { worker: 1, at: 0, what }])
    }

    #[test]
    fn it_learns_from_the_run_before_how_long_a_task_is() {
        let mut progress = Progress::new(2, Some(10.0));
        assert_eq!(progress.line(1.0), "");
        progress.note(&started(0, Mode::Serial, 1), 1.0);
        assert_eq!(progress.line(3.0), "run 1/2  serial  0/4 tasks  2.0 s  about 8 s left");
        progress.note(&ended(1), 2.0);
        assert!(
            progress.line(13.0).ends_with("1/4 tasks  12.0 s  about 36 s left"),
            "slower than it was sized for"
        );
        let span = |task, from, to| TaskReport { task, worker: 1, from, to, run_s: to - from };
        let run = RunPlan { mode: Mode::Serial, workers: 1, settings: Settings::default() };
        let tasks = vec![span(1, 0.0, 1.0), span(2, 1.0, 3.0), span(3, 3.0, 6.0), span(4, 6.0, 10.0)];
        progress.note(&LabNews::RunDone(Box::new(RunReport { tasks, ..RunReport::blank(&run) })), 11.0);
        progress.note(&started(1, Mode::Pool, 2), 11.0);
        assert_eq!(progress.line(12.0), "run 2/2  pool x2  0/4 tasks  1.0 s", "nobody can say yet");
        progress.note(&ended(4), 13.0);
        assert_eq!(progress.line(13.0), "run 2/2  pool x2  1/4 tasks  2.0 s  about 3 s left");
        assert_eq!(progress.done.len(), 1);
    }
}
