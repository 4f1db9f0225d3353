//! The meters: what can be said of the machine as a whole, one row each.
//!
//! A file holds the rows of one subject, this door their order and the ways to ask for them. To add a meter, write a
//! row; `tests.rs` says what is missing.

mod account;
mod cpu;
mod machine;
mod memory;
mod sensors;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use super::Cell;
use crate::model::{Needs, Role, Sensors, Snapshot};

pub use cpu::core_parts;

/// What a meter reads.
#[derive(Clone, Copy, Debug)]
pub struct MeterInput<'a> {
    /// The latest look at the machine.
    pub snapshot: &'a Snapshot,
    /// The latest reading of the slow sensors; `None` before the first.
    pub sensors: Option<&'a Sensors>,
    /// Whether CPU time is told apart in detail: interrupts, stolen time, guests, waiting for I/O.
    pub detailed: bool,
    /// Seconds that were wanted from one look to the next; `None` where there is no such wish.
    pub delay: Option<f64>,
    /// Whether the look is older than it should be: the display is frozen, or no other came for long.
    pub old: bool,
}

/// What a meter says: parts of a whole, and a text. A caller keeps one and uses it again.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Gauge {
    /// The parts in the order in which they are stacked, in the unit of `total`; never negative, together never
    /// more than `total`.
    pub parts: Vec<(Role, f64)>,
    /// The whole; 0 for a meter that is text only, or whose figures are not known.
    pub total: f64,
    /// The same in words.
    pub text: Cell,
}

impl Gauge {
    /// An empty gauge.
    pub fn new() -> Gauge {
        Gauge::default()
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.parts.clear();
        self.total = 0.0;
        self.text.clear();
    }

    /// The share of the whole that all parts take together, 0 to 1; `None` for a text-only meter.
    pub fn filled(&self) -> Option<f64> {
        let sum: f64 = self.parts.iter().map(|(_, part)| part).sum();
        (self.total > 0.0).then(|| (sum / self.total).clamp(0.0, 1.0))
    }
}

/// Something that can be said of the machine as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    /// Its name in settings: lower case, unique, for ever.
    pub id: &'static str,
    /// Its label, at most 4 cells; unique.
    pub title: &'static str,
    /// What it says, in a sentence.
    pub help: &'static str,
    /// What must be read for it.
    pub needs: Needs,
    /// Reads it into a gauge; whatever was in there is gone.
    pub read: for<'a> fn(&MeterInput<'a>, &mut Gauge),
}

/// Every meter, in the order in which menus list them.
pub fn meters() -> &'static [Meter] {
    static TABLE: LazyLock<Vec<Meter>> = LazyLock::new(|| {
        [cpu::METERS, account::METERS, memory::METERS, machine::METERS, sensors::METERS].concat()
    });
    &TABLE
}

/// The meter with this id.
pub fn meter(id: &str) -> Option<&'static Meter> {
    meters().iter().find(|meter| meter.id == id)
}
