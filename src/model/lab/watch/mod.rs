//! The X-ray of processes that run already: what is asked for ([`WatchPlan`]), what was seen ([`WatchReport`]), and what
//! they are bound by ([`WatchBound`]). Pure.
//!
//! Its words: a *lane* is the place of a thread in the picture; whoever comes later takes the lane of one who has ended,
//! so a tree of many short processes has as many lanes as it had threads at a time. An *interval* lies between two
//! looks: how much ran, and how much waited in it, the kernel counts exactly; when in it, nobody knows. *Unseen* is CPU
//! time of those who had no lane: they lived too short, or there were too many of them.
//!
//! [`WatchFold`] makes the report out of looks. It must never know where these come from.

mod account;
mod bound;
mod fold;
mod sums;
#[cfg(test)]
mod tests;
mod waits;

use serde::{Deserialize, Serialize};

use super::Noise;
use crate::model::ProcId;

pub use account::{Unseen, WatchAccount};
pub use bound::{BoundKind, WatchBound};
pub use fold::{Arrival, ThreadLook, WatchFold};
pub use sums::{WatchName, WatchThread};
pub use waits::waits_for;

/// Most threads that have a lane at a time; what others do is only counted. Each keeps two files open, of the 1024 that a
/// program may have as a rule.
pub const MOST_LANES: usize = 256;

/// Shortest and longest time between two looks, nanoseconds. Below a tick of the scheduler a CPU's count may stand still
/// though a thread runs.
pub const EVERY: (u64, u64) = (20_000_000, 10_000_000_000);

/// The time between two looks where nobody says, nanoseconds.
pub const EVERY_DEFAULT: u64 = 50_000_000;

/// What is to be looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchPlan {
    /// What it is called; safe to show.
    pub name: String,
    /// The processes, pinned: whoever gets their numbers later is somebody else.
    pub roots: Vec<ProcId>,
    /// Without their children.
    pub alone: bool,
    /// The time between two looks, nanoseconds, within [`EVERY`]; longer where looking takes too much.
    pub every: u64,
    /// For how long, nanoseconds; `None` until the last of them has ended.
    pub limit: Option<u64>,
}

/// What was seen of some processes.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct WatchReport {
    /// How long it was looked, seconds.
    pub real_s: f64,
    /// How often.
    pub looks: u32,
    /// Whether all of them have ended.
    pub over: bool,
    /// Lanes: the most threads at a time.
    pub lanes: u32,
    /// Threads that had one, those included that ended.
    pub threads: u32,
    /// Processes that were seen.
    pub processes: u32,
    /// The most threads at a time that had no lane.
    pub without_lane: u32,
    /// Where lanes × time went.
    pub account: WatchAccount,
    /// CPU time of those who had no lane.
    pub unseen: Unseen,
    /// How long 0, 1, 2 … threads with a lane ran at the same time, seconds; within an interval as evenly as can be. It
    /// adds up to the real time.
    pub concurrency_s: Vec<f64>,
    /// How often one of the threads was given a CPU: field 3 of `schedstat`.
    pub turns: u64,
    /// Context switches that they asked for, and that they did not, as far as they were read before they ended.
    pub voluntary: u64,
    /// See `voluntary`.
    pub involuntary: u64,
    /// Times that a thread was seen on another CPU than at the look before; they were at least so many.
    pub migrations: u64,
    /// Threads that were on a CPU for a hundredth of the time that they were there, or longer.
    pub working: u32,
    /// What these waited for, or all where none of them works, seconds, as it was seen at the looks; of other users' it is
    /// not told. What is waited for longest comes first.
    pub waits: Vec<(super::BlockedOn, f64)>,
    /// The same of waits whose reason is not known.
    pub waits_unknown_s: f64,
    /// How long the same were stopped, by a signal or a debugger, seconds.
    #[serde(default)]
    pub stopped_s: f64,
    /// Whether it could be read at all what any of them waits for.
    pub waits_told: bool,
    /// Those who used the most CPU time, the busiest first.
    pub busiest: Vec<WatchThread>,
    /// The same in sums by program name, the busiest first.
    pub names: Vec<WatchName>,
    /// What else the machine did.
    pub noise: Noise,
    /// CPU time that looking took, seconds.
    pub cost_s: f64,
}

impl WatchReport {
    /// CPU time in all, seconds: that of the lanes, and what nobody saw.
    pub fn cpu_s(&self) -> f64 {
        self.account.run_s + self.unseen.sum_s()
    }

    /// Average number of CPUs in use; `None` before the second look.
    pub fn cores_used(&self) -> Option<f64> {
        (self.real_s > 0.0).then(|| self.cpu_s() / self.real_s)
    }

    /// Mean time between two looks, seconds.
    pub fn every_s(&self) -> Option<f64> {
        (self.looks > 1).then(|| self.real_s / f64::from(self.looks - 1))
    }

    /// What looking took, as a part of one CPU.
    pub fn cost(&self) -> Option<f64> {
        (self.real_s > 0.0).then(|| self.cost_s / self.real_s)
    }

    /// What they are bound by, and what would help; `None` before the second look.
    pub fn bound(&self) -> Option<WatchBound> {
        bound::bound(self)
    }
}
