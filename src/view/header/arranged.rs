//! A header that somebody set up: columns of meters, each in its style.
//!
//! Where a screen has no room for all of a column, that shrinks: first graphs become lower, then graphs and large digits become
//! one row, then cores become cells, then pressure and blank lines leave, and at last what stands lowest. Where a screen
//! is narrow, columns leave from the right, those of cores last. It never takes more than about a third of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::cores::{self, Field};
use super::lines;
use super::plan::{self, Room};
use super::{CorePlace, HeaderInput, title};
use crate::app::{HeaderColumn, Placed};
use crate::catalog::{Data, Style};
use crate::config::MOST_COLUMNS;
use crate::view::{Scratch, Theme, graph, led};

/// The narrowest column of meters.
const NARROWEST: u16 = 20;
/// How much smaller than it wants to be a header can become: how many steps its rows take down.
const SMALLEST: u8 = 4;

/// Rows that may be taken of a screen so high, and whether the title is the first of them.
fn budget(height: u16) -> (u16, u16) {
    let budget = plan::budget(height);
    (budget, u16::from(budget >= 4))
}

/// The title's row.
pub(super) fn title(area: Rect) -> Option<Rect> {
    let (_, titled) = budget(area.height);
    (titled == 1 && area.width > 0).then_some(Rect { height: 1, ..area })
}

/// Rows that it takes of a screen like `area`.
pub(super) fn height(area: Rect, input: &HeaderInput<'_>) -> u16 {
    Shape::new(area, input).map_or(0, |shape| shape.titled + shape.body)
}

/// What is decided before anything is drawn.
struct Shape<'a> {
    columns: &'a [HeaderColumn],
    area: Rect,
    titled: u16,
    /// Rows below the title, and the most that they might be.
    body: u16,
    most: u16,
    /// How much smaller than it wants to be each column is; those with cores are as small as the smallest of them.
    small: [u8; MOST_COLUMNS],
    /// Which columns are shown, a bit each.
    shown: u8,
    /// Whether a column with cores is not shown, so that those of the others are all.
    all_cores: bool,
    room: Room,
}

impl<'a> Shape<'a> {
    fn new(area: Rect, input: &HeaderInput<'a>) -> Option<Shape<'a>> {
        let (budget, titled) = budget(area.height);
        let most = budget.checked_sub(titled).filter(|most| *most > 0 && area.width > 0)?;
        let columns = input.header.columns.as_slice();
        let (shown, all_cores) = shown(columns, area.width);
        // How nodes stand apart is known where cores are drawn.
        let room = Room { cores: input.snapshot.cpus.len().max(1), digits: input.digits(), group: 0 };
        let small = [0; MOST_COLUMNS];
        let mut shape = Shape { columns, area, titled, body: most, most, small, shown, all_cores, room };
        let mut cores = 0;
        let mut levels = small;
        for (at, place, column) in shape.places() {
            let level = (0..SMALLEST).find(|small| shape.height(column, place.width, *small) <= most);
            let level = level.unwrap_or(SMALLEST);
            if has_cores(column) {
                cores = level.max(cores);
            }
            if let Some(small) = levels.get_mut(at) {
                *small = level;
            }
        }
        for (small, column) in levels.iter_mut().zip(columns) {
            *small = if has_cores(column) { cores } else { *small };
        }
        shape.small = levels;
        let heights =
            shape.places().map(|(at, place, column)| shape.height(column, place.width, shape.level(at)));
        shape.body = heights.max().unwrap_or(0).min(most);
        Some(shape)
    }

    fn level(&self, column: usize) -> u8 {
        self.small.get(column).copied().unwrap_or(SMALLEST)
    }

    /// Rows of a column that is so wide and so small.
    fn height(&self, column: &HeaderColumn, width: u16, small: u8) -> u16 {
        let rows = column.meters.iter().map(|placed| self.rows(placed, width, small));
        rows.fold(0, u16::saturating_add)
    }

    /// The columns that are shown, each with its place over the whole height.
    fn places(&self) -> impl Iterator<Item = (usize, Rect, &'a HeaderColumn)> + use<'a> {
        let Shape { columns, area, titled, body, shown, .. } = *self;
        let is_shown = move |at: usize| shown & 1u8.checked_shl(at as u32).unwrap_or(0) != 0;
        let each = move || columns.iter().enumerate().filter(move |(at, _)| is_shown(*at));
        let all: u32 = each().map(|(_, column)| u32::from(column.width)).sum::<u32>().max(1);
        let mut sum = 0;
        each().map(move |(number, column)| {
            let at = |sum: u32| (u32::from(area.width) * sum / all) as u16;
            let start = at(sum);
            sum += u32::from(column.width);
            let width = at(sum) - start;
            (number, Rect { x: area.x + start, y: area.y + titled, width, height: body }, column)
        })
    }

    /// Rows of a meter in a column so wide and so small.
    fn rows(&self, placed: &Placed, width: u16, small: u8) -> u16 {
        match (placed.meter.data, placed.style) {
            (Data::Blank, _) => u16::from(small < SMALLEST),
            _ if small >= SMALLEST && placed.meter.id.starts_with("pressure") => 0,
            (Data::Cores(_), style) if style != Style::Text => self.cores(placed, width, small).2,
            (_, Style::Graph) => [4, 2, 1].get(usize::from(small)).copied().unwrap_or(1),
            (_, Style::Led) if small < 2 => led::ROWS,
            _ => 1,
        }
    }

    /// Which cores a meter shows.
    fn which(&self, placed: &Placed) -> std::ops::Range<usize> {
        match placed.meter.data {
            Data::Cores(which) if !self.all_cores => which.of(self.room.cores),
            _ => 0..self.room.cores,
        }
    }

    /// How cores are drawn, in how many columns and rows.
    fn cores(&self, placed: &Placed, width: u16, small: u8) -> (plan::Style, u16, u16) {
        let room = Room { cores: self.which(placed).len().max(1), ..self.room };
        // Where there is little room, others shall have some of it.
        let most = if small >= 3 { (self.most / 2).max(1) } else { self.most };
        let bars = placed.style != Style::Cells;
        if let Some(columns) = placed.columns.filter(|_| small < 3) {
            let rows = room.cores.div_ceil(usize::from(columns.max(1))) as u16;
            if !bars {
                let columns = columns.min(room.cells(plan::Style::Cell, width)).max(1);
                return (plan::Style::Cell, columns, room.cores.div_ceil(usize::from(columns)) as u16);
            }
            let style =
                if width / columns.max(1) > room.digits + 10 { plan::Style::Bar } else { plan::Style::Tight };
            if width / columns.max(1) > room.digits + 5 {
                return (style, columns, rows);
            }
        }
        let pleasant = most.min(if self.area.height >= 45 { 8 } else { 4 });
        let fit = |style, rows, least| room.fit(style, width, rows, least).map(|fit| (style, fit));
        let bar = |rows, least| if bars { fit(plan::Style::Bar, rows, least) } else { None };
        let (style, (columns, rows)) = bar(pleasant, 6)
            .or_else(|| bar(most, 4))
            .or_else(|| if bars { fit(plan::Style::Tight, most, 3) } else { None })
            .or_else(|| fit(plan::Style::Cell, most, 1))
            .or_else(|| fit(plan::Style::Pair, most, 1))
            .unwrap_or_else(|| (plan::Style::Pair, (room.cells(plan::Style::Pair, width).max(1), most)));
        (style, columns, rows)
    }
}

fn has_cores(column: &HeaderColumn) -> bool {
    column.meters.iter().any(|placed| matches!(placed.meter.data, Data::Cores(_)))
}

/// Which columns have room, a bit each, and whether cores are among the others.
fn shown(columns: &[HeaderColumn], width: u16) -> (u8, bool) {
    let bit = |at: usize| 1u8.checked_shl(at as u32).unwrap_or(0);
    let mut shown = (0..columns.len()).fold(0, |all, at| all | bit(at));
    let mut all_cores = false;
    loop {
        let kept = || columns.iter().enumerate().filter(|(at, _)| shown & bit(*at) != 0);
        let all: u32 = kept().map(|(_, column)| u32::from(column.width)).sum();
        let narrow =
            |column: &HeaderColumn| u32::from(width) * u32::from(column.width) < u32::from(NARROWEST) * all;
        if kept().count() <= 1 || !kept().any(|(_, column)| narrow(column)) {
            return (shown, all_cores);
        }
        let last = kept().rfind(|(_, column)| !has_cores(column)).or_else(|| kept().next_back());
        let Some((at, column)) = last else { return (shown, all_cores) };
        all_cores |= has_cores(column);
        shown &= !bit(at);
    }
}

/// Draws it; returns the room that the title leaves.
pub(super) fn draw(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    scratch: &mut Scratch,
) -> Rect {
    let Some(shape) = Shape::new(area, input) else { return Rect::default() };
    let mut room = Rect::default();
    if let Some(row) = title(area) {
        room = title::draw(row, buf, theme, input, scratch);
    }
    for (number, place, column) in shape.places() {
        let small = shape.level(number);
        let mut y = place.y;
        for placed in &column.meters {
            let rows = shape.rows(placed, place.width, small).min(place.bottom().saturating_sub(y));
            if rows == 0 {
                continue;
            }
            let at = Rect { y, height: rows, ..place };
            y += rows;
            match (placed.meter.data, placed.style) {
                (Data::Blank, _) => {}
                (Data::Cores(_), style) if style != Style::Text => {
                    field(&shape, placed, at, small, buf, theme, input, scratch);
                }
                _ => meter(placed, at, buf, theme, input, scratch),
            }
        }
    }
    room
}

/// The cores of a meter in their place.
#[expect(clippy::too_many_arguments, reason = "all of it is needed once")]
fn field(
    shape: &Shape<'_>,
    placed: &Placed,
    area: Rect,
    small: u8,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    scratch: &mut Scratch,
) {
    let (style, columns, rows) = shape.cores(placed, area.width, small);
    let Scratch { gauge, order, .. } = scratch;
    input.order(matches!(style, plan::Style::Cell | plan::Style::Pair), order);
    let node = input.node_size();
    let which: &[CorePlace] = order.get(shape.which(placed)).unwrap_or(&[]);
    let room = Room { cores: which.len(), group: node, ..shape.room };
    let field = Field {
        area: Rect { height: area.height.min(rows), ..area },
        style,
        columns,
        order: which,
        group: if room.grouped(columns, rows) { node } else { 0 },
        history: input.per_core_history || placed.style == Style::Graph,
    };
    cores::draw(&field, buf, theme, input, &mut gauge.parts);
}

/// Any other meter in its place.
fn meter(
    placed: &Placed,
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    scratch: &mut Scratch,
) {
    let gauge = &mut scratch.gauge;
    let edge = 1.min(area.width);
    let area = Rect { x: area.x + edge, width: area.width.saturating_sub(2), ..area };
    let row = Rect { height: 1, ..area };
    match placed.style {
        Style::Graph => {
            (placed.meter.read)(&input.of(placed), gauge);
            let rest = lines::label(row, lines::title(placed, input), buf, theme);
            let words = lines::figure(rest.width, &gauge.text);
            let width = rest.width.saturating_sub(words);
            let whole = if gauge.total > 0.0 { Some(gauge.total) } else { input.peak(placed) };
            let scale = whole.filter(|whole| *whole > 0.0).unwrap_or(1.0) as f32;
            let shares = input.levels(placed).map(|level| level.map_or(f32::NAN, |level| level / scale));
            graph::graph(buf, Rect { width, height: area.height, ..rest }, theme, shares);
            let last = Rect { x: rest.x + width, y: area.bottom() - 1, width: words, height: 1 };
            lines::words_at_end(last, buf, theme, &gauge.text);
            if area.height > 1 && input.header.peaks {
                let above = Rect { y: last.y - 1, ..last };
                peak(above, placed, buf, theme, input, scratch);
            }
        }
        Style::Led if area.height >= led::ROWS => {
            (placed.meter.read)(&input.of(placed), gauge);
            let rest = lines::label(Rect { y: area.y + 1, ..row }, lines::title(placed, input), buf, theme);
            led::draw(Rect { y: area.y, height: led::ROWS, ..rest }, buf, theme, &gauge.text);
        }
        _ => lines::styled(row, placed, buf, theme, input, gauge),
    }
}

/// Says in words how high a graph was at most: `peak 83%`.
fn peak(
    area: Rect,
    placed: &Placed,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    scratch: &mut Scratch,
) {
    use crate::model::Role;
    let Some(peak) = input.peak(placed) else { return };
    let Scratch { text, gauge, .. } = scratch;
    text.clear();
    text.push(Role::Dim, "peak ");
    match placed.meter.data {
        Data::Amount(unit) => text.push_with(Role::Dim, |out| unit.write(peak, out)),
        _ if gauge.total > 0.0 => {
            text.push_fmt(Role::Dim, format_args!("{:.0}%", (peak / gauge.total * 100.0).clamp(0.0, 100.0)));
        }
        _ => return,
    }
    lines::words_at_end(area, buf, theme, text);
}
