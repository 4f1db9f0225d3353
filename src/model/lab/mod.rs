//! The lab's vocabulary: what can be run ([`WorkloadInfo`]), what is asked for ([`LabPlan`]), what happens
//! ([`LabNews`]), what came out ([`RunReport`]), and why ([`why_not()`]). Pure values and their arithmetic.

mod account;
mod cut;
mod leftover;
mod news;
mod report;
pub mod whatif;
mod why;
mod workload;

pub use account::{Account, speedup};
pub use cut::Cut;
pub use leftover::Leftover;
pub use news::{BlockedOn, Did, LabNews, LaneEvent, LaneLook, Mark};
pub use report::{Check, Fate, Figure, Noise, RunReport, TaskReport, WorkerReport};
pub use why::{Cure, Why, why_not};
pub use workload::{
    Bounds, Group, Jobs, Knob, KnobKind, LabOrder, LabPlan, Mode, RunPlan, Settings, Subject, Workers,
    WorkloadInfo,
};
