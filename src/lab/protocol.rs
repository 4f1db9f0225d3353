//! What is said over the pipes: one line of JSON each, shorter than `PIPE_BUF`, so that one write(2) is one line
//! even where many write to the same pipe: pipe(7).

use std::io::{self, Write};

use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::model::Pid;
use crate::model::lab::{LabNews, Mode, RunReport};

/// What a worker says to the supervisor.
#[derive(Clone, Copy, Serialize, Deserialize, PartialEq, Debug)]
pub(super) enum WorkerSaid {
    /// It took `task` from the queue.
    Started { task: u32, worker: u32, at_ns: u64 },
    /// It finished `task`.
    Done { task: u32, worker: u32, at_ns: u64, answer: u64 },
}

/// What the supervisor says to the monitor: the lab's news with plain numbers.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
pub(super) enum SupervisorSaid {
    RunStarted {
        index: usize,
        mode: Mode,
        workers: u32,
        tasks: u32,
    },
    WorkerStarted {
        worker: u32,
        pid: u32,
    },
    TaskStarted {
        task: u32,
        worker: u32,
        at: f64,
    },
    TaskDone {
        task: u32,
        worker: u32,
        at: f64,
        answer: u64,
        right: bool,
    },
    RunDone(RunReport),
    /// The plan ran to its end: `None`; or the sentence that says why it did not.
    Ended(Option<String>),
}

impl SupervisorSaid {
    /// As news; `None` for a pid that is none.
    pub(super) fn into_news(self) -> Option<LabNews> {
        Some(match self {
            SupervisorSaid::RunStarted { index, mode, workers, tasks } => {
                LabNews::RunStarted { index, mode, workers, tasks }
            }
            SupervisorSaid::WorkerStarted { worker, pid } => {
                LabNews::WorkerStarted { worker, pid: Pid::new(pid)? }
            }
            SupervisorSaid::TaskStarted { task, worker, at } => LabNews::TaskStarted { task, worker, at },
            SupervisorSaid::TaskDone { task, worker, at, answer, right } => {
                LabNews::TaskDone { task, worker, at, answer, right }
            }
            SupervisorSaid::RunDone(report) => LabNews::RunDone(report),
            SupervisorSaid::Ended(problem) => LabNews::Ended { problem },
        })
    }
}

/// The sentence for a line that nobody of ours can have written.
pub(super) const GARBLED: &str = "The lab's processes said something that makes no sense; the run was ended.";

/// Says `what` as one line in one write.
pub(super) fn say(mut to: impl Write, what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Nanoseconds of `CLOCK_MONOTONIC`, the one clock that all processes of the machine share.
pub(super) fn now_ns() -> io::Result<u64> {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC)?;
    Ok(now.tv_sec() as u64 * 1_000_000_000 + now.tv_nsec() as u64)
}

/// Seconds from `from_ns` to `to_ns`, never negative.
pub(super) fn seconds_between(from_ns: u64, to_ns: u64) -> f64 {
    to_ns.saturating_sub(from_ns) as f64 / 1e9
}

/// Cuts what comes out of a pipe into lines.
#[derive(Default)]
pub(super) struct Lines {
    pending: Vec<u8>,
}

/// Longer than any line that is ever said: a report of 4096 answers.
const MAX_LINE: usize = 256 * 1024;

impl Lines {
    /// Adds `bytes`; returns the lines that are complete now, or an error where a line does not end.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|&b| b == b'\n') {
            self.pending.extend_from_slice(piece);
            if self.pending.last() == Some(&b'\n') {
                self.pending.pop();
                lines.push(std::mem::take(&mut self.pending));
            } else if self.pending.len() > MAX_LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, GARBLED));
            }
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_line_however_it_arrives() {
        let mut bytes = Vec::new();
        let said = [
            WorkerSaid::Started { task: 9, worker: 3, at_ns: u64::MAX },
            WorkerSaid::Done { task: 9, worker: 3, at_ns: 17, answer: u64::MAX },
        ];
        for what in &said {
            say(&mut bytes, what).expect("a vector takes all");
            assert!(bytes.len() < 4096);
        }
        for step in 1..bytes.len() {
            let mut lines = Lines::default();
            let heard: Vec<WorkerSaid> = bytes
                .chunks(step)
                .flat_map(|chunk| lines.feed(chunk).expect("short lines"))
                .map(|line| serde_json::from_slice(&line).expect("what was said"))
                .collect();
            assert_eq!(heard, said);
        }
    }

    #[test]
    fn a_line_without_end_is_an_error_not_a_memory_leak() {
        let mut lines = Lines::default();
        let chunk = [b'x'; 4096];
        assert!((0..100).any(|_| lines.feed(&chunk).is_err()));
    }

    #[test]
    fn a_report_survives_the_pipe() {
        let report = RunReport {
            mode: Mode::Pool,
            workers: 2,
            real_s: 0.125,
            user_s: 0.25,
            sys_s: 0.0,
            answers: vec![Some(7), None],
            answer_ok: false,
        };
        let mut bytes = Vec::new();
        say(&mut bytes, &SupervisorSaid::RunDone(report.clone())).expect("a vector takes all");
        let heard: SupervisorSaid = serde_json::from_slice(&bytes).expect("what was said");
        assert_eq!(heard.into_news(), Some(LabNews::RunDone(report)));
        assert_eq!(SupervisorSaid::WorkerStarted { worker: 1, pid: 0 }.into_news(), None);
    }
}
