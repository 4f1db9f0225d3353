//! The header: title, cores, history and meters, laid out for the room there is.
//!
//! [`plan`] decides what goes where from sizes alone, [`arranged`] does so for a header that somebody set up, `order` says
//! in which order cores stand; the other files draw one thing each into the place they get.

mod arranged;
mod cores;
mod lines;
mod order;
mod plan;
mod title;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Scratch, Theme};
use crate::app::{self, History, Placed};
use crate::catalog::{Data, MeterInput};
use crate::model::{CpuUse, Sensors, Snapshot, Topology};
pub(super) use order::CorePlace;
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
    /// How the header was set up.
    pub header: &'a app::Header,
    /// How the CPUs belong together, where that is known.
    pub topology: Option<&'a Topology>,
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
    pub(super) fn meters(&self) -> MeterInput<'a> {
        let HeaderInput { snapshot, sensors, detailed, delay, old, .. } = *self;
        MeterInput { snapshot, sensors, detailed, delay, old, number: 0 }
    }

    /// What this meter reads.
    fn of(&self, placed: &Placed) -> MeterInput<'a> {
        MeterInput { number: placed.number, ..self.meters() }
    }

    /// How high this meter was at most, where that is known.
    fn peak(&self, placed: &Placed) -> Option<f64> {
        match placed.meter.data {
            Data::Cpu => self.history.core_peak(placed.number).map(f64::from),
            _ => self.history.trail(placed.meter.id)?.peak(),
        }
    }

    /// How high it was in the last looks, newest first.
    fn levels(&self, placed: &Placed) -> impl Iterator<Item = Option<f32>> + use<'a> {
        let cpu = (placed.meter.data == Data::Cpu).then_some(placed.number);
        let trail = self.history.trail(placed.meter.id).filter(|_| cpu.is_none());
        let history = self.history;
        cpu.into_iter()
            .flat_map(move |cpu| history.core(cpu))
            .chain(trail.into_iter().flat_map(app::Trail::levels))
    }

    /// Decimal digits of the greatest core's number.
    fn digits(&self) -> u16 {
        self.snapshot.cpus.last().map_or(1, |(number, _)| digits(*number))
    }

    /// How busy a core was at most, where that is to be marked.
    fn core_peak(&self, number: u32) -> Option<f32> {
        self.history.core_peak(number).filter(|_| self.header.peaks)
    }

    /// Puts the cores into their order: for rows of cells, or for bars.
    fn order(&self, cells: bool, out: &mut Vec<CorePlace>) {
        order::order(self.snapshot.cpus.iter().map(|(number, _)| *number), self.topology, cells, out);
    }

    /// Cores of each node, where they are alike and there are several; else 0.
    fn node_size(&self) -> usize {
        order::node_size(self.snapshot.cpus.iter().map(|(number, _)| *number), self.topology)
    }

    fn plan(&self, area: Rect) -> Plan {
        plan::plan(
            area,
            &Wish {
                cores: self.snapshot.cpus.len(),
                digits: self.digits(),
                group: self.node_size(),
                lines: lines::wanted(self),
                rich: lines::rich(self),
                all: lines::all(self),
                hidden: self.meters_hidden,
                history: !self.history.is_empty(),
            },
        )
    }
}

/// Rows that the header takes of a screen like `area`.
pub fn height(area: Rect, input: &HeaderInput<'_>) -> u16 {
    if is_arranged(input) {
        return arranged::height(area, input);
    }
    input.plan(area).height
}

/// Whether the header is as somebody set it up; what is hidden is not.
fn is_arranged(input: &HeaderInput<'_>) -> bool {
    !input.header.is_automatic() && !input.meters_hidden
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
    if is_arranged(input) {
        return arranged::draw(area, buf, theme, input, scratch);
    }
    let plan = input.plan(area);
    let mut room = Rect::default();
    if let Some(row) = plan.title {
        room = title::draw(row, buf, theme, input, scratch);
    }
    let Scratch { text, gauge, order } = scratch;
    input.order(plan.cells, order);
    let field = cores::Field {
        area: plan.cores,
        style: plan.style,
        columns: plan.columns,
        order,
        group: plan.group,
        history: input.per_core_history,
    };
    cores::draw(&field, buf, theme, input, &mut gauge.parts);
    if let Some(place) = plan.graph {
        lines::history(place, plan.cells, buf, theme, input, text);
    }
    lines::draw(&plan, buf, theme, input, text, gauge);
    room
}

/// The part of the title's row that is free for the names of the screens; empty where there is no title.
pub fn title_room(area: Rect, input: &HeaderInput<'_>) -> Rect {
    let row = if is_arranged(input) { arranged::title(area) } else { input.plan(area).title };
    row.map_or(Rect::default(), |row| title::room(row, input, &mut Scratch::default()))
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
