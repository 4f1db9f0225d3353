//! The mind: `update(&mut App, Msg) -> Vec<Effect>`.
//!
//! Pure: no clock (each message comes with its time), no I/O, no ratatui, no `/proc`. Its words: a *message* is
//! something that happened, an *effect* is something the shell must do, an *action* is something a user can do.

mod input;

use std::sync::Arc;

use crate::model::lab::{LabNews, LabOrder};
use crate::model::{ControlNews, ControlOrder, Nanos, Sensors, Snapshot, Wants};

pub use input::{Input, Mouse, MouseEvent};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// Somebody did something at the terminal.
    Input(Input),
    /// The terminal has this size now: columns, rows.
    Size(u16, u16),
    /// A new look at the machine.
    Snapshot(Arc<Snapshot>),
    /// A new reading of the slow sensors.
    Sensors(Arc<Sensors>),
    /// What became of an act.
    Control(ControlNews),
    /// What happens in the lab.
    Lab(LabNews),
    /// A sentence from the shell for the notice line.
    Notice(String),
    /// Time passed: see [`App::wakeup`].
    Tick,
}

/// Something the shell must do.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Leave the terminal and stop, as Ctrl-Z means.
    Suspend,
    /// Draw everything anew, whatever the terminal holds.
    Redraw,
    /// Look at the machine now.
    Sample,
    /// The sampler is to read this from now on.
    Wants(WantsChange),
    /// Sample every so many seconds from now on.
    Interval(f64),
    /// For the control thread.
    Control(ControlOrder),
    /// For the lab.
    Lab(LabOrder),
}

/// A change of what is to be read.
#[derive(Clone, Debug)]
pub struct WantsChange(pub Wants);

impl PartialEq for WantsChange {
    fn eq(&self, other: &WantsChange) -> bool {
        self.0.needs == other.0.needs && self.0.visible == other.0.visible
    }
}

/// The whole state of the program's mind.
#[derive(Debug, Default)]
pub struct App {
    dirty: bool,
}

impl App {
    /// Takes in what happened at `now` and says what must be done.
    pub fn update(&mut self, _now: Nanos, _msg: Msg) -> Vec<Effect> {
        self.dirty = true;
        Vec::new()
    }

    /// Whether something changed that the screen does not show yet; asking clears it.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// When the app wants a [`Msg::Tick`], at the latest.
    pub fn wakeup(&self) -> Option<Nanos> {
        None
    }
}
