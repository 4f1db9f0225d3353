//! Runs a plan to its end, with its progress on a terminal, and takes down what came of it.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::output::{Reports, remark};
use super::progress::Progress;
use super::{BOUND, FAILED, Failure, JOB, REFUSED, saved};
use crate::lab::{self, LabError};
use crate::model::lab::{Experiment, LabNews, LabPlan, RunReport, SCHEMA, Subject, VerdictKind};

/// How often the line of progress is written anew.
const REDRAW: Duration = Duration::from_millis(200);

/// What is to become of an experiment.
#[derive(clap::Args, Clone, Debug, Default)]
pub(super) struct Ending {
    #[command(flatten)]
    reports: Reports,
    /// Keep the reports below $XDG_STATE_HOME/glowtop/lab; `glowtop lab ls` lists them
    #[arg(long)]
    save: bool,
    /// Fail where the machine was such that the times mean nothing
    #[arg(long)]
    strict: bool,
}

/// What came of a plan.
struct Played {
    experiment: Experiment,
    /// Why it did not run to its end.
    problem: Option<String>,
}

/// Runs a plan, writes and keeps its reports, and says how the command ends.
pub(super) fn main(plan: LabPlan, ending: &Ending) -> Result<ExitCode, Failure> {
    let plan = lab::check(plan)?;
    let places = ending.reports.open()?;
    let played = play(plan)?;
    let experiment = &played.experiment;
    if let Some(sentence) = &played.problem {
        remark(sentence);
    }
    if experiment.runs.is_empty() {
        return Ok(ExitCode::from(FAILED));
    }
    places.write(experiment)?;
    if ending.save {
        remark(&format!("Kept as {}.", saved::save(experiment)?));
    }
    Ok(ExitCode::from(status(&played, ending.strict)))
}

/// The exit code of a plan that ran.
fn status(played: &Played, strict: bool) -> u8 {
    let Played { experiment, problem } = played;
    let is_jobs = matches!(experiment.subject, Subject::Jobs(_));
    let is_right = experiment.runs.iter().all(|run| run.answer_ok);
    let is_invalid = || {
        let comparisons = experiment.comparisons();
        comparisons.iter().any(|comparison| comparison.verdict.kind == VerdictKind::Invalid)
    };
    match () {
        () if experiment.runs.iter().any(|run| run.cut.is_some()) => BOUND,
        () if problem.is_some() => FAILED,
        () if !is_right && is_jobs => JOB,
        () if !is_right => FAILED,
        () if strict && is_invalid() => REFUSED,
        () => 0,
    }
}

fn play(plan: LabPlan) -> Result<Played, LabError> {
    let mut experiment = Experiment {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        name: plan.name().to_owned(),
        subject: plan.subject.clone(),
        machine: lab::machine(),
        started_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        repeat: plan.repeat,
        runs: Vec::new(),
    };
    let mut line = Line::new(&plan);
    let (sender, news) = channel();
    let run = lab::start(plan, move |what| {
        // Nobody listens any more only where this thread is on its way out.
        let _ = sender.send(what);
    })?;
    let problem = loop {
        match news.recv_timeout(line.patience()) {
            Ok(LabNews::Ended { problem }) => break problem,
            Ok(what) => {
                line.note(&what);
                match what {
                    LabNews::Note(sentence) => {
                        line.clear();
                        remark(&sentence);
                    }
                    LabNews::RunDone(report) => {
                        line.clear();
                        tell_failures(&experiment.subject, &report);
                        experiment.runs.push(*report);
                    }
                    _ => {}
                }
            }
            Err(RecvTimeoutError::Timeout) => line.draw(),
            Err(RecvTimeoutError::Disconnected) => {
                break Some("The lab has ended without a word.".to_owned());
            }
        }
    };
    line.clear();
    drop(run);
    Ok(Played { experiment, problem })
}

/// Says which of the user's commands failed.
fn tell_failures(subject: &Subject, report: &RunReport) {
    let Subject::Jobs(jobs) = subject else { return };
    let answers = || (1..).zip(&report.answers);
    for (number, status) in
        answers().filter_map(|(number, answer)| Some((number, answer.filter(|a| *a != 0)?)))
    {
        remark(&format!("Job {number} of {} ended with status {status}.", report.answers.len()));
    }
    let missing = report.answers.iter().filter(|answer| answer.is_none()).count();
    if missing > 0 && !jobs.keep_going && report.cut.is_none() {
        let noun = if missing == 1 { "job was" } else { "jobs were" };
        remark(&format!("{missing} {noun} not done; --keep-going does all."));
    }
}

/// One line of progress, rewritten in place; only on a terminal that nobody else writes to.
struct Line {
    shown: bool,
    began: Instant,
    drawn: Option<Instant>,
    progress: Progress,
}

impl Line {
    fn new(plan: &LabPlan) -> Line {
        let passes_output = matches!(&plan.subject, Subject::Jobs(jobs) if jobs.pass_output);
        let runs = plan.runs.len() * plan.repeat as usize;
        Line {
            shown: io::stderr().is_terminal() && !passes_output,
            began: Instant::now(),
            drawn: None,
            progress: Progress::new(runs, plan.serial_seconds),
        }
    }

    fn patience(&self) -> Duration {
        if self.shown { REDRAW } else { Duration::from_hours(1) }
    }

    fn note(&mut self, news: &LabNews) {
        self.progress.note(news, self.began.elapsed().as_secs_f64());
        if self.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW) {
            self.draw();
        }
    }

    fn draw(&mut self) {
        if !self.shown {
            return;
        }
        let mut line = self.progress.line(self.began.elapsed().as_secs_f64());
        // The line is ASCII, so a byte is a cell; one that wraps could not be rewritten.
        let (columns, _) = crossterm::terminal::size().unwrap_or((80, 24));
        line.truncate(usize::from(columns).saturating_sub(1));
        let _ = write!(io::stderr(), "\r{line}\x1b[K");
        self.drawn = Some(Instant::now());
    }

    fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lab::{Cut, Jobs, Machine, Mode, RunPlan, Settings};

    fn played(subject: Subject, answer_ok: bool, cut: Option<Cut>, problem: Option<&str>) -> Played {
        let blank =
            RunReport::blank(&RunPlan { mode: Mode::Serial, workers: 1, settings: Settings::default() });
        let run = RunReport { answer_ok, real_s: 1.0, cut, ..blank };
        let experiment = Experiment {
            schema: SCHEMA,
            version: String::new(),
            name: "x".to_owned(),
            subject,
            machine: Machine::default(),
            started_unix_s: 0,
            repeat: 1,
            runs: vec![run],
        };
        Played { experiment, problem: problem.map(str::to_owned) }
    }

    #[test]
    fn each_end_has_its_exit_code() {
        let workload = || Subject::Workload("x".to_owned());
        let jobs = || Subject::Jobs(Jobs::default());
        assert_eq!(status(&played(workload(), true, None, None), false), 0);
        assert_eq!(status(&played(workload(), false, None, None), false), FAILED);
        assert_eq!(status(&played(workload(), true, None, Some("It failed.")), false), FAILED);
        assert_eq!(status(&played(workload(), false, Some(Cut::Time(60)), Some("Too long.")), false), BOUND);
        assert_eq!(status(&played(jobs(), false, Some(Cut::Time(60)), Some("Too long.")), false), BOUND);
        assert_eq!(status(&played(jobs(), false, None, None), true), JOB);
        assert_eq!(
            status(&played(workload(), false, None, None), true),
            FAILED,
            "wrong comes before refused"
        );
    }
}
