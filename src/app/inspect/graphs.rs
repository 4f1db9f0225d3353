//! What the overview's graphs show: what was seen of the process while the inspector is open.

use std::collections::VecDeque;

use crate::model::inspect::Overview;
use crate::model::{Nanos, Pid, Proc, Untrusted};

/// Looks that are remembered.
const KEPT: usize = 400;
/// Threads whose CPU use is remembered: of more, those that used most.
const LANES: usize = 64;

/// One figure of the overview.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Series {
    /// CPU use, percent of one core.
    Cpu,
    /// Resident memory, bytes.
    Memory,
    /// Bytes fetched from storage, a second.
    Read,
    /// Bytes sent to storage, a second.
    Write,
    /// Page faults of both kinds, a second.
    Faults,
    /// Context switches, a second.
    Switches,
}

impl Series {
    /// All of them, in the order of the overview.
    pub const ALL: [Series; 6] =
        [Series::Cpu, Series::Memory, Series::Read, Series::Write, Series::Faults, Series::Switches];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Series::Cpu => "CPU",
            Series::Memory => "resident",
            Series::Read => "disk read",
            Series::Write => "disk write",
            Series::Faults => "page faults",
            Series::Switches => "switches",
        }
    }
}

/// A ring of the last values.
#[derive(Clone, Debug, Default)]
pub struct Graph(VecDeque<Option<f32>>);

impl Graph {
    fn push(&mut self, value: Option<f64>) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(value.filter(|value| value.is_finite()).map(|value| value as f32));
    }

    /// The values, newest first; `None` where it was not known.
    pub fn newest_first(&self) -> impl Iterator<Item = Option<f32>> + '_ {
        self.0.iter().rev().copied()
    }

    /// The newest value.
    pub fn last(&self) -> Option<f32> {
        self.0.back().copied().flatten()
    }

    /// The greatest value that is remembered.
    pub fn peak(&self) -> Option<f32> {
        self.0.iter().flatten().copied().reduce(f32::max)
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

/// A thread and its CPU use, percent of one core.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Its number.
    pub tid: Pid,
    /// Its name.
    pub name: Untrusted,
    /// Its use.
    pub cpu: Graph,
    /// The sum of what is remembered and of what is not: who has used most comes first.
    total: f64,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Graphs {
    series: [Graph; 6],
    lanes: Vec<Lane>,
    /// The number of the last look at the machine.
    number: u64,
    /// When the overview was last read.
    taken: Option<Nanos>,
}

impl Graphs {
    /// What was seen of `series`.
    pub fn of(&self, series: Series) -> Option<&Graph> {
        self.series.get(series as usize)
    }

    /// The threads, the one that has used most first.
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    fn push(&mut self, series: Series, value: Option<f64>) {
        if let Some(graph) = self.series.get_mut(series as usize) {
            graph.push(value);
        }
    }

    /// Takes in how the process stands in look `number` at the machine: CPU and memory, whichever page is shown.
    pub(super) fn look(&mut self, proc: &Proc, number: u64) {
        if number == self.number {
            return;
        }
        self.number = number;
        self.push(Series::Cpu, proc.cpu);
        self.push(Series::Memory, proc.task.memory.known().map(|memory| memory.resident as f64));
    }

    /// Takes in the overview, read at `at`.
    pub(super) fn take(&mut self, overview: &Overview, at: Nanos) {
        // Where other pages were shown meanwhile, there is a gap.
        if self.taken.is_some_and(|taken| at <= taken) {
            return;
        }
        self.taken = Some(at);
        let Some(rate) = overview.rate else { return };
        self.push(Series::Read, rate.read);
        self.push(Series::Write, rate.write);
        self.push(Series::Faults, Some(rate.minor_faults + rate.major_faults));
        self.push(Series::Switches, rate.switches);
        let Ok(threads) = &overview.by_thread else { return };
        // Who has ended leaves with the look after.
        self.lanes.retain(|lane| threads.binary_search_by_key(&lane.tid, |thread| thread.tid).is_ok());
        let mut count = self.lanes.len();
        for thread in threads {
            let percent = thread.share.map(|share| share * 100.0);
            let known = self.lanes.iter_mut().find(|lane| lane.tid == thread.tid);
            match known {
                Some(lane) => {
                    lane.cpu.push(percent);
                    lane.total += percent.unwrap_or(0.0);
                    if lane.name != thread.name {
                        lane.name.clone_from(&thread.name);
                    }
                }
                None if count < LANES || percent.is_some_and(|percent| percent >= 1.0) => {
                    let mut cpu = Graph::default();
                    cpu.push(percent);
                    let total = percent.unwrap_or(0.0);
                    count += 1;
                    self.lanes.push(Lane { tid: thread.tid, name: thread.name.clone(), cpu, total });
                }
                None => {}
            }
        }
        // By all that was used since the inspector is open, so that a short burst moves no rows.
        self.lanes.sort_by(|a, b| b.total.total_cmp(&a.total).then(a.tid.cmp(&b.tid)));
        self.lanes.truncate(LANES);
    }
}
