//! Who used how much: the busiest threads, and sums by program name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Pid;

/// Most threads that are told one by one.
const BUSIEST: usize = 32;
/// Most names whose sums are kept; those of later ones are added up under [`OTHERS`].
const NAMES: usize = 256;
/// Most names that are told.
const TOLD: usize = 16;
/// Stands for all names beyond the first ones.
const OTHERS: &str = "(others)";

/// What one thread did while it was watched.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WatchThread {
    /// Its lane, counted from 1.
    pub lane: u32,
    /// Its process.
    pub pid: Pid,
    /// Its number.
    pub tid: Pid,
    /// Its name, as in `comm`; safe to show.
    pub name: String,
    /// On a CPU, seconds.
    pub run_s: f64,
    /// Waiting for a CPU, seconds.
    pub wait_s: f64,
    /// Blocked or asleep, seconds.
    pub blocked_s: f64,
    /// The CPU that it was on last.
    pub cpu: u32,
    /// Times that it was seen on another CPU than before.
    pub migrations: u64,
    /// Whether it has ended.
    pub ended: bool,
}

/// What all threads of programs of one name did.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct WatchName {
    /// The name of the processes, as in `comm`; safe to show.
    pub name: String,
    /// How many processes of that name were seen.
    pub processes: u32,
    /// On a CPU, seconds.
    pub run_s: f64,
    /// Waiting for a CPU, seconds.
    pub wait_s: f64,
}

/// Sums by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(BTreeMap<String, WatchName>);

impl Names {
    /// Adds to the sum of a name.
    pub(super) fn add(&mut self, name: &str, processes: u32, run_s: f64, wait_s: f64) {
        let known = self.0.contains_key(name) || self.0.len() < NAMES;
        let name = if known { name } else { OTHERS };
        let sum = self.0.entry(name.to_owned()).or_default();
        sum.processes += processes;
        sum.run_s += run_s;
        sum.wait_s += wait_s;
    }

    /// The busiest ones.
    pub(super) fn told(self) -> Vec<WatchName> {
        let mut all: Vec<WatchName> =
            self.0.into_iter().map(|(name, sum)| WatchName { name, ..sum }).collect();
        all.sort_by(|a, b| b.run_s.total_cmp(&a.run_s));
        all.truncate(TOLD);
        all
    }
}

/// The busiest of those who have ended and of those who are there.
#[derive(Clone, Debug, Default)]
pub(super) struct Busiest(Vec<WatchThread>);

impl Busiest {
    /// Takes one more.
    pub(super) fn add(&mut self, thread: WatchThread) {
        let full = self.0.len() >= BUSIEST;
        if full && self.0.last().is_some_and(|least| least.run_s >= thread.run_s) {
            return;
        }
        let at = self.0.partition_point(|other| other.run_s >= thread.run_s);
        self.0.insert(at, thread);
        self.0.truncate(BUSIEST);
    }

    /// All of them, the busiest first.
    pub(super) fn told(self) -> Vec<WatchThread> {
        self.0
    }

    /// Whether somebody with so much would be among them.
    pub(super) fn wants(&self, run_s: f64) -> bool {
        self.0.len() < BUSIEST || self.0.last().is_some_and(|least| least.run_s < run_s)
    }
}
