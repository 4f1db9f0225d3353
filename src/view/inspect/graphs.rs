//! What the overview has seen so far: a graph for each figure, and the CPU use of each thread.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{Graph, Inspector, Lane, Series};
use crate::catalog::Cell;
use crate::model::{Role, units};
use crate::view::graph::graph;
use crate::view::pen::Pen;
use crate::view::{Theme, graph};

/// Cells of a graph's name and of its value.
const LABEL: u16 = 12;
const VALUE: u16 = 8;
/// Cells of a thread's number, its name and its value.
const TID: u16 = 8;
const NAME: u16 = 16;
const SHARE: u16 = 6;

/// Rows of one graph in a column of `area`.
fn height(area: Rect) -> u16 {
    match area.height {
        0..14 => 0,
        14..28 => 1,
        28..40 => 2,
        _ => 3,
    }
}

/// Rows that the graphs take of `area`, with one of air.
pub(super) fn rows(area: Rect) -> u16 {
    let one = height(area);
    let rows = Series::ALL.len().div_ceil(abreast(area)) as u16;
    if one == 0 || area.width < LABEL + VALUE + 8 { 0 } else { one * rows + 1 }
}

/// How many graphs stand side by side.
fn abreast(area: Rect) -> usize {
    if area.width >= 72 { 2 } else { 1 }
}

/// Rows that the threads take of what is left of `area`, with a heading and one of air.
pub(super) fn lane_rows(area: Rect) -> u16 {
    if area.height >= 24 { 8 } else { 0 }
}

/// Draws a graph for each figure.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, inspector: &Inspector) {
    let columns = abreast(area) as u16;
    let (high, wide) = ((area.height.saturating_sub(1)) / (6 / columns).max(1), area.width / columns);
    if high == 0 {
        return;
    }
    for (n, series) in (0u16..).zip(Series::ALL) {
        let place = Rect {
            x: area.x + n % columns * wide,
            y: area.y + n / columns * high,
            width: wide.saturating_sub(1),
            height: high,
        };
        if let Some(values) = inspector.graphs.of(series) {
            draw_one(place, buf, theme, series, values);
        }
    }
}

fn draw_one(area: Rect, buf: &mut Buffer, theme: &Theme, series: Series, values: &Graph) {
    let last = Rect { y: area.bottom() - 1, height: 1, ..area };
    let mut cell = Cell::new();
    write(series, values.last(), &mut cell);
    Pen::new(buf, Rect { x: last.x + 1, width: LABEL - 1, ..last })
        .put(theme.style(Role::Dim), series.name());
    let place = Rect { x: last.x + LABEL, width: VALUE, ..last };
    Pen::new(buf, place).cell_at_end(theme, &cell);
    let top = scale(series, values);
    if area.height > 1 {
        // Above the value, what the height of the graph stands for.
        cell.clear();
        write(series, Some(top), &mut cell);
        let place = Rect { y: area.y, height: 1, ..place };
        Pen::new(buf, Rect { x: place.x, width: place.width, ..place }).cell_at_end(theme, &faint(&cell));
    }
    let room = LABEL + VALUE + 1;
    let place = Rect { x: area.x + room, width: area.width.saturating_sub(room), ..area };
    // What is not known is a gap.
    let shares = values.newest_first().map(|value| value.map_or(f32::NAN, |value| value / top));
    graph(buf, place, theme, shares);
}

/// The same text, quiet.
fn faint(cell: &Cell) -> Cell {
    let mut faint = Cell::new();
    faint.push(Role::Dim, cell.text());
    faint
}

/// What the whole height stands for: the least round value that none exceeds.
fn scale(series: Series, values: &Graph) -> f32 {
    let peak = values.peak().unwrap_or(0.0);
    let least = match series {
        Series::Cpu => 100.0,
        Series::Memory => 1_048_576.0,
        Series::Read | Series::Write => 65_536.0,
        Series::Faults | Series::Switches => 10.0,
    };
    let mut top: f32 = least;
    while top < peak && top.is_finite() {
        top *= 2.0;
    }
    top
}

fn write(series: Series, value: Option<f32>, cell: &mut Cell) {
    let Some(value) = value.map(f64::from) else {
        cell.push_unknown();
        return;
    };
    match series {
        Series::Cpu => {
            cell.push_with(Role::heat_of_percent(value), |out| units::percent(Some(value), out));
            cell.push(Role::Dim, " %");
        }
        Series::Memory => cell.push_with(Role::Text, |out| units::bytes(value as u64, out)),
        Series::Read | Series::Write => {
            let role = if value < 1.0 { Role::Dim } else { Role::Text };
            cell.push_with(role, |out| units::bytes(value as u64, out));
            cell.push(Role::Dim, "/s");
        }
        Series::Faults | Series::Switches => {
            let role = if value < 0.5 { Role::Dim } else { Role::Text };
            cell.push_fmt(role, format_args!("{value:.0}"));
            cell.push(Role::Dim, "/s");
        }
    }
}

/// Draws the CPU use of the threads that have used most, one a row.
pub(super) fn draw_lanes(area: Rect, buf: &mut Buffer, theme: &Theme, inspector: &Inspector) {
    if area.height < 2 || area.width < TID + NAME + SHARE + 4 {
        return;
    }
    let dash = if theme.glyphs().unicode() { "─" } else { "-" };
    let lanes = inspector.graphs.lanes();
    let mut pen = Pen::new(buf, Rect { height: 1, ..area });
    let dim = theme.style(Role::Dim);
    pen.put(dim, dash).skip(1).put(theme.style(Role::Title), "CPU by thread").skip(1);
    let rows = usize::from(area.height - 1);
    if lanes.len() > rows {
        // More than there are lanes for may have done nothing yet.
        let all = inspector.seen.as_ref().and_then(|seen| usize::try_from(seen.task.threads).ok());
        pen.fmt(dim, format_args!("the busiest {rows} of {} ", all.unwrap_or(0).max(lanes.len())));
    }
    while pen.left() > 0 {
        pen.put(dim, dash);
    }
    for (n, lane) in lanes.iter().take(rows).enumerate() {
        let y = area.y + 1 + n as u16;
        draw_lane(Rect { y, height: 1, ..area }, buf, theme, lane);
    }
}

fn draw_lane(area: Rect, buf: &mut Buffer, theme: &Theme, lane: &Lane) {
    let mut cell = Cell::new();
    cell.push_fmt(Role::Dim, format_args!("{:>7} ", lane.tid));
    cell.push_foreign(Role::Thread, lane.name.bytes(), usize::from(NAME - 1));
    Pen::new(buf, Rect { width: TID + NAME, ..area }).cell(theme, &cell);
    cell.clear();
    match lane.cpu.last().map(f64::from) {
        Some(percent) => {
            let role = if percent < 0.05 { Role::Dim } else { Role::heat_of_percent(percent) };
            cell.push_with(role, |out| units::percent(Some(percent), out));
        }
        None => cell.push_unknown(),
    }
    let place = Rect { x: area.x + TID + NAME, width: SHARE, ..area };
    Pen::new(buf, place).cell_at_end(theme, &cell);
    let room = TID + NAME + SHARE + 1;
    let place = Rect { x: area.x + room, width: area.width.saturating_sub(room + 1), ..area };
    graph::strip(buf, place, theme, lane.cpu.newest_first().map(|value| value.map(|value| value / 100.0)));
}
