//! The lab's vocabulary: what can be run ([`WorkloadInfo`]), what is asked for ([`LabPlan`]), what happens
//! ([`LabNews`]), what came out ([`RunReport`]), and why ([`why_not()`]). Pure values and their arithmetic; [`Lanes`]
//! folds what happens into what can be drawn.

mod account;
mod cures;
mod experiment;
pub mod fit;
mod lanes;
mod news;
mod random;
mod report;
mod verdict;
pub mod whatif;
mod why;
mod workload;

pub use account::{Account, Beside, speedup};
pub use experiment::{Comparison, Experiment, Machine, SCHEMA, Sweep};
pub use fit::{Ceiling, Pop, Ratio, Spread};
pub use lanes::{Dither, Doing, Lane, Lanes, Share, Stretch, Window};
pub use news::{BlockedOn, Did, LabNews, LaneEvent, LaneLook, Mark};
pub use random::Random;
pub use report::{Check, Fate, Figure, Noise, RunReport, TaskReport, WorkerReport};
pub use verdict::{Verdict, VerdictKind};
pub use why::{Cause, Cure, Why, why_not};
pub use workload::{
    Bounds, Group, Jobs, Knob, KnobKind, LabOrder, LabPlan, Mode, RunPlan, Settings, Subject, Workers,
    WorkloadInfo,
};
