//! The header: title, cores, history and meters, laid out for the room there is.
//!
//! [`plan`] decides what goes where from sizes alone; the other files draw one thing each into the place they get.

mod cores;
mod lines;
mod plan;
mod title;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Scratch, Theme};
use crate::app::History;
use crate::catalog::MeterInput;
use crate::model::{CpuUse, Sensors, Snapshot};
use plan::{Plan, Wish};

/// What the header shows.
#[derive(Clone, Copy, Debug)]
pub struct HeaderInput<'a> {
    /// The look.
    pub snapshot: &'a Snapshot,
    /// The slow sensors, where they were read.
    pub sensors: Option<&'a Sensors>,
    /// The looks before.
    pub history: &'a History,
    /// Whether the cores' bars tell interrupts, stolen time, guests and waiting for I/O apart.
    pub detailed: bool,
    /// Whether each core has its history instead of its bar.
    pub per_core_history: bool,
    /// Whether only the title is wanted.
    pub meters_hidden: bool,
    /// The time of day.
    pub clock: Option<&'a str>,
    /// Whether the screen is held.
    pub paused: bool,
    /// Seconds that were wanted from one look to the next; `None` where there is no such wish.
    pub delay: Option<f64>,
    /// Whether the look is older than it should be.
    pub old: bool,
    /// Cells that the names of the screens want in the title's row.
    pub tabs: u16,
}

impl<'a> HeaderInput<'a> {
    /// What the meters read.
    fn meters(&self) -> MeterInput<'a> {
        let HeaderInput { snapshot, sensors, detailed, delay, old, .. } = *self;
        MeterInput { snapshot, sensors, detailed, delay, old }
    }

    fn plan(&self, area: Rect) -> Plan {
        plan::plan(
            area,
            &Wish {
                cores: self.snapshot.cpus.len(),
                digits: self.snapshot.cpus.last().map_or(1, |(number, _)| digits(*number)),
                lines: lines::wanted(self),
                rich: lines::rich(self),
                hidden: self.meters_hidden,
                history: !self.history.is_empty(),
            },
        )
    }
}

/// Rows that the header takes of a screen like `area`.
pub fn height(area: Rect, input: &HeaderInput<'_>) -> u16 {
    input.plan(area).height
}

/// Draws the header at the top of `area`, which is the whole screen: the header knows itself how much of it is its.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, input: &HeaderInput<'_>) {
    draw_with(area, buf, theme, input, &mut Scratch::default());
}

/// The same with memory that is kept; returns the [`title_room`].
pub(super) fn draw_with(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    scratch: &mut Scratch,
) -> Rect {
    let area = area.intersection(buf.area);
    let plan = input.plan(area);
    let mut room = Rect::default();
    if let Some(row) = plan.title {
        room = title::draw(row, buf, theme, input, scratch);
    }
    let Scratch { text, gauge } = scratch;
    cores::draw(&plan, buf, theme, input, &mut gauge.parts);
    if let Some(place) = plan.graph {
        lines::history(place, plan.cells, buf, theme, input, text);
    }
    lines::draw(&plan, buf, theme, input, text, gauge);
    room
}

/// The part of the title's row that is free for the names of the screens; empty where there is no title.
pub fn title_room(area: Rect, input: &HeaderInput<'_>) -> Rect {
    input.plan(area).title.map_or(Rect::default(), |row| title::room(row, input, &mut Scratch::default()))
}

/// Decimal digits of a number.
fn digits(number: u32) -> u16 {
    number.checked_ilog10().unwrap_or(0) as u16 + 1
}

/// The core that is busiest, with its use; the first of several.
fn hottest(snapshot: &Snapshot) -> Option<(u32, CpuUse)> {
    let known = snapshot.cpus.iter().filter_map(|(number, usage)| usage.map(|usage| (*number, usage)));
    known.reduce(|best, next| if next.1.busy() > best.1.busy() { next } else { best })
}
