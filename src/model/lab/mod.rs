//! The lab's vocabulary: what can be run ([`WorkloadInfo`]), what is asked for ([`LabPlan`]), what happens
//! ([`LabNews`]), what came out ([`RunReport`]), and why ([`why_not()`]). Pure values and their arithmetic.
//!
//! An *experiment* is all that came of a plan; a *comparison* is one of its runs against the serial one; the *account*
//! says where the workers' time went, the *verdict* how far to believe it. [`Lanes`] fold what happens into what can be
//! drawn. [`watch`] is the X-ray: the same of processes that the lab did not start. Read next:
//! [`Experiment`], [`Account`].

mod account;
mod case;
mod cures;
mod cut;
mod experiment;
pub mod fit;
mod lanes;
mod leftover;
mod news;
mod outlook;
mod random;
mod report;
mod verdict;
pub mod watch;
pub mod whatif;
mod why;
mod workload;

pub use account::{Account, Beside, speedup};
pub use case::{Cause, Cure};
pub use cures::WORTH;
pub use cut::Cut;
pub use experiment::{Comparison, Experiment, Machine, SCHEMA, Sweep};
pub use fit::{Ceiling, Pop, Ratio, Spread};
pub use lanes::{Dither, Doing, Lane, Lanes, Share, Stretch, Window};
pub use leftover::Leftover;
pub use news::{BlockedOn, Did, LabNews, LaneEvent, LaneLook, Mark};
pub use outlook::{Outlook, order_of};
pub use random::Random;
pub(crate) use report::CROSS_CHECK;
pub use report::{Check, Fate, Figure, Noise, RunReport, TaskReport, WorkerReport};
pub use verdict::{Verdict, VerdictKind};
pub use why::{Why, why_not};
pub use workload::{
    Bounds, Group, Jobs, Knob, KnobKind, LabOrder, LabPlan, Mode, RunPlan, Settings, Subject, Workers,
    WorkloadInfo,
};
