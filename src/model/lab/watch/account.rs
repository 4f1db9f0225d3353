//! Where lanes × time went: an account that closes, and the CPU time of those who had no lane.

use serde::{Deserialize, Serialize};

/// Where lanes × time went, in seconds. The parts add up to the capacity.
///
/// What a thread ran and waited, the kernel has counted. What is left over of the time that it was there, it was blocked
/// or asleep. A wait is counted when it ends: one that goes on is taken for as long as the thread was seen in it.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct WatchAccount {
    /// Lanes × real time.
    pub capacity_s: f64,
    /// On a CPU: field 1 of `schedstat`.
    pub run_s: f64,
    /// Ready, but waiting for a CPU: field 2.
    pub wait_s: f64,
    /// Blocked or asleep.
    pub blocked_s: f64,
    /// Nobody was there: before the first came to this lane, and after one had ended.
    pub absent_s: f64,
}

impl WatchAccount {
    /// What the parts add up to; the capacity, but for rounding.
    pub fn sum_s(&self) -> f64 {
        self.run_s + self.wait_s + self.blocked_s + self.absent_s
    }

    /// The parts with their names, in the order of the sum.
    pub fn parts(&self) -> [(&'static str, f64); 4] {
        [
            ("on a CPU", self.run_s),
            ("waiting for a CPU", self.wait_s),
            ("blocked or asleep", self.blocked_s),
            ("not there", self.absent_s),
        ]
    }

    /// A part of the capacity, 0 to 1.
    pub fn share(&self, part_s: f64) -> f64 {
        if self.capacity_s > 0.0 { part_s / self.capacity_s } else { 0.0 }
    }

    /// Of the time in which threads wanted a CPU, the part in which they had none, 0 to 1.
    pub fn starved(&self) -> f64 {
        let wanted = self.run_s + self.wait_s;
        if wanted > 0.0 { self.wait_s / wanted } else { 0.0 }
    }
}

/// CPU time of those who had no lane, seconds.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Unseen {
    /// Of children that lived between two looks, and of the last moments of those who were seen: what their parents were
    /// told of them when they waited for them (fields 16 and 17 of `stat`), less what was seen. The kernel tells it in
    /// hundredths of a second.
    pub children_s: f64,
    /// Of threads that lived between two looks, or for which there was no lane: their processes' CPU clocks, less what
    /// was seen.
    pub threads_s: f64,
}

impl Unseen {
    /// Both.
    pub fn sum_s(&self) -> f64 {
        self.children_s + self.threads_s
    }
}
