//! The figures of parallel work: ratios with their uncertainty, and what is fitted to a sweep over workers.

use serde::{Deserialize, Serialize};

/// A ratio of two measured times.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ratio {
    /// Ratio of the medians.
    pub value: f64,
    /// Lower end of its 95 % confidence interval (bootstrap percentiles); `None` with less than three repeats.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

/// The efficiency as a product, in the terms of the POP methodology: each 0 to 1 but for the luck of the machine.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pop {
    /// Load balance: mean CPU time of the workers / the greatest.
    pub balance: f64,
    /// Communication efficiency: greatest CPU time of a worker / real time.
    pub comm: f64,
    /// Computation scaling: CPU time of the serial run / of this one.
    pub cpu: f64,
}

impl Pop {
    /// The product: the efficiency, as far as the serial run was on a CPU all the time.
    pub fn product(&self) -> f64 {
        self.balance * self.comm * self.cpu
    }
}

/// The greatest speed-up that the tasks allow, by list scheduling of the times that they took.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ceiling {
    /// In the order in which they were begun, on as many workers.
    pub now: f64,
    /// With the largest first.
    pub largest_first: f64,
    /// On any number of workers: the longest task is in the way.
    pub any: f64,
}

/// Karp and Flatt's experimentally determined serial fraction: (1/S − 1/p) / (1 − 1/p). `None` on one worker.
pub fn karp_flatt(speedup: f64, workers: f64) -> Option<f64> {
    let fraction = (1.0 / speedup - 1.0 / workers) / (1.0 - 1.0 / workers);
    (workers > 1.0 && fraction.is_finite()).then_some(fraction)
}
