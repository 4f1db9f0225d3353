//! What can happen to the program, and the clock by which it happens.

use std::sync::Arc;

use rustix::time::{ClockId, clock_gettime};

use crate::app::{Input, LabFound};
use crate::config::Settings;
use crate::model::inspect::Inspection;
use crate::model::lab::LabNews;
use crate::model::{ControlNews, Nanos, Sensors, Snapshot, Topology};

/// Everything that can happen to the program.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// Something done at the terminal.
    Input(Input),
    /// The terminal has another size.
    Resized,
    /// A new look at the machine.
    Snapshot(Arc<Snapshot>),
    /// A new reading of the slow sensors.
    Sensors(Arc<Sensors>),
    /// How the CPUs belong together.
    Topology(Arc<Topology>),
    /// What became of an act.
    Control(Box<ControlNews>),
    /// What happens in the lab.
    Lab(LabNews),
    /// What the lab found when it looked back.
    LabFound(LabFound),
    /// A look at the process in the inspector.
    Inspected(Arc<Inspection>),
    /// Something went wrong: a sentence for the notice line.
    Notice(String),
    /// Something to know: a sentence for the notice line.
    Remark(String),
    /// The configuration was written: a sentence for the notice line, and what stands there now.
    Saved(String, Box<Settings>),
    /// The configuration was not written: this was changed here and in the file.
    Clash(Vec<String>),
    /// SIGTSTP: leave the terminal and stop.
    Stop,
    /// SIGCONT: we run again; others may have used the terminal.
    Continued,
    /// This signal asks us to leave.
    Leave(i32),
    /// The terminal is gone.
    Hangup,
}

/// The time on the clock of all messages: CLOCK_MONOTONIC.
pub(super) fn now() -> Nanos {
    let time = clock_gettime(ClockId::Monotonic);
    Nanos((time.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64))
}
