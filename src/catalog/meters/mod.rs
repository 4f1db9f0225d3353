//! The meters: what can be said of the machine as a whole, one row each.
//!
//! A file holds the rows of one subject, this door their order and the ways to ask for them. To add a meter, write a
//! row; `tests/it/meters.rs` says what is missing.

mod account;
mod cpu;
mod limits;
mod machine;
mod memory;
mod power;
mod pressure;
mod sensors;
mod special;
mod style;
mod time;

use std::sync::LazyLock;

use super::Cell;
use crate::model::{Facts, Needs, Role, Sensors, SlowNeeds, Snapshot};

pub use cpu::core_parts;
pub use sensors::rate;
pub use style::{Cores, Data, Style, Unit};

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
    /// Which CPU a meter of one CPU shows, by its number.
    pub number: u32,
}

impl<'a> MeterInput<'a> {
    /// What is known of the machine beyond what every look reads.
    pub(super) fn facts(&self) -> Option<&'a Facts> {
        self.sensors.map(|sensors| &sensors.facts)
    }
}

/// What a meter says: parts of a whole, and a text. A caller keeps one and uses it again.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Gauge {
    /// The parts in the order in which they are stacked, in the unit of `total`; never negative, together never
    /// more than `total`.
    pub parts: Vec<(Role, f64)>,
    /// The whole; 0 for a meter that is text only, or whose figures are not known.
    pub total: f64,
    /// The figure that a graph follows and whose peak is marked, in the unit of `total`, or in one of its own where there
    /// is no whole; `None`: what all parts take together.
    pub level: Option<f64>,
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
        self.level = None;
        self.text.clear();
    }

    /// The figure that a graph follows, never negative; `None` where it is not known.
    pub fn level(&self) -> Option<f64> {
        let sum = || (self.total > 0.0).then(|| self.parts.iter().map(|(_, part)| part).sum());
        self.level.or_else(sum).filter(|level: &f64| level.is_finite()).map(|level| level.max(0.0))
    }

    /// Says that nothing is known, or that there is no such thing, where `need` was read and nothing was found.
    fn missing(&mut self, input: &MeterInput<'_>, need: SlowNeeds) {
        if input.sensors.is_some_and(|sensors| sensors.read.has(need)) {
            self.text.push(Role::Dim, "none");
        } else {
            self.text.push_unknown();
        }
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
    /// Its label, at most 4 cells. Meters of one kind may share one, where their texts tell them apart.
    pub title: &'static str,
    /// What it says, in a sentence.
    pub help: &'static str,
    /// What must be read for it in every look.
    pub needs: Needs,
    /// What must be read for it now and then.
    pub slow: SlowNeeds,
    /// What kind of thing it says, and so in which styles it can be drawn.
    pub data: Data,
    /// The style it likes best.
    pub style: Style,
    /// Reads it into a gauge; whatever was in there is gone.
    pub read: for<'a> fn(&MeterInput<'a>, &mut Gauge),
}

impl Meter {
    /// A meter of words that needs nothing; rows say what is different.
    const WORDS: Meter = Meter {
        id: "",
        title: "",
        help: "",
        needs: Needs::NOTHING,
        slow: SlowNeeds::NOTHING,
        data: Data::Words,
        style: Style::Text,
        read: |_, gauge| gauge.clear(),
    };

    /// The styles in which it can be drawn, the one it likes best first.
    pub fn styles(&self) -> impl Iterator<Item = Style> + use<> {
        let Meter { data, style, .. } = *self;
        std::iter::once(style).chain(data.styles().iter().copied().filter(move |other| *other != style))
    }
}

/// Every meter, in the order in which menus list them.
pub fn meters() -> &'static [Meter] {
    static TABLE: LazyLock<Vec<Meter>> = LazyLock::new(|| {
        [
            cpu::METERS,
            pressure::METERS,
            account::METERS,
            memory::METERS,
            special::METERS,
            limits::METERS,
            machine::METERS,
            time::METERS,
            power::METERS,
            sensors::METERS,
        ]
        .concat()
    });
    &TABLE
}

/// The meter with this id.
pub fn meter(id: &str) -> Option<&'static Meter> {
    meters().iter().find(|meter| meter.id == id)
}
