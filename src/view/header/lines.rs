//! The meters as lines: beside the cores, across the screen, and the history with its words.

use std::fmt::{self, Display};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::HeaderInput;
use super::plan::Plan;
use crate::app::{self, Placed};
use crate::catalog::{Cell, Data, Gauge, Meter, Style, meter, rate};
use crate::model::{Facts, Role, Sensors, units};
use crate::view::pen::Pen;
use crate::view::{Theme, bar, graph};

/// Cells of a meter's label.
pub(super) const LABEL: u16 = 5;
/// Cells that are left free at the left of a column.
const EDGE: u16 = 2;
/// The same at the left of the screen, where the numbers of the cores stand.
const SIDE: u16 = 1;
/// Cells of the figure behind a disk's bar.
const FREE: u16 = 18;
/// Cells of the figure behind a bar: `11.2/31.2G` and a blank.
const FIGURE: u16 = 11;
/// The same where there is little room: `24.7%`; and how much is not little.
const FIGURE_SHORT: u16 = 7;
const ROOMY: u16 = 24;
/// The shortest bar.
const SHORTEST: u16 = 4;
/// The most that is shown of a foreign name.
const NAME: usize = 15;

/// A line of meters.
#[derive(Clone, Copy, Debug)]
enum Line {
    /// A meter of the catalog.
    Meter(&'static Meter),
    /// How full a disk is, by its place among the sensors'.
    Disk(usize),
    /// What an interface carries.
    Network(usize),
}

/// Whether there is anything to be said by a meter that the automatic header has: some say things that most machines do
/// not have.
fn has(id: &str, input: &HeaderInput<'_>) -> bool {
    let fact = |there: fn(&Facts) -> bool| input.sensors.is_some_and(|sensors| there(&sensors.facts));
    match id {
        "pressure_cpu" | "pressure_io" | "pressure_memory" | "pressure" => {
            input.snapshot.pressure().is_some()
        }
        "swap" => input.snapshot.memory().is_none_or(|memory| memory.swap_total > 0),
        "temperature" => input.sensors.is_some_and(|sensors| !sensors.temperatures.is_empty()),
        "disk" => input.sensors.is_some_and(|sensors| !sensors.disks.is_empty()),
        "limits" => fact(|facts| facts.limits.any()),
        "frequency" => fact(|facts| facts.frequency.is_some()),
        "battery" => fact(|facts| facts.battery.is_some()),
        "zram" => fact(|facts| facts.zram.is_some()),
        "gpu" => fact(|facts| !facts.gpus.is_empty()),
        _ => true,
    }
}

/// The lines beside the cores, the most wanted first; with riches beside them, the riches have the pressure.
fn column(input: &HeaderInput<'_>, rich: bool) -> impl Iterator<Item = &'static Meter> {
    app::beside(rich).iter().copied().filter(|meter| has(meter.id, input))
}

/// As many of these lines as have room: before any other what is available leaves, where a line on the swap space tells
/// of want of memory too.
fn fitting_lines(input: &HeaderInput<'_>, rich: bool, rows: u16) -> impl Iterator<Item = Line> {
    let spared = column(input, rich).count() > usize::from(rows) && has("swap", input);
    column(input, rich).filter(move |meter| !spared || meter.id != "available").map(Line::Meter)
}

/// The lines that only a large screen has.
fn riches<'a>(input: &HeaderInput<'a>) -> impl Iterator<Item = Line> + use<'a> {
    let sensors: Option<&'a Sensors> = input.sensors;
    let input = *input;
    // Each interface has a line of its own.
    let meters = app::second().iter().filter(move |meter| meter.id != "network" && has(meter.id, &input));
    let slow = sensors.into_iter().flat_map(|sensors| {
        let outside = sensors.networks.iter().enumerate().filter(|(_, network)| !network.loopback);
        let networks = outside.map(|(at, _)| Line::Network(at)).take(2);
        networks.chain((0..sensors.disks.len().min(3)).map(Line::Disk))
    });
    meters.map(|meter| Line::Meter(meter)).chain(slow)
}

/// How many lines every screen wants.
pub(super) fn wanted(input: &HeaderInput<'_>) -> u16 {
    column(input, false).count() as u16
}

/// How many more a large screen has.
pub(super) fn rich(input: &HeaderInput<'_>) -> u16 {
    riches(input).count() as u16
}

/// How many lines a large screen has in all.
pub(super) fn all(input: &HeaderInput<'_>) -> u16 {
    column(input, true).count() as u16 + rich(input)
}

/// Draws the meters where the plan has room for them.
pub(super) fn draw(
    plan: &Plan,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    cell: &mut Cell,
    gauge: &mut Gauge,
) {
    if plan.third.is_empty() {
        let beside = fitting_lines(input, !plan.rich.is_empty(), plan.meters.height);
        for (row, line) in rows(plan.meters).zip(beside).chain(rows(plan.rich).zip(riches(input))) {
            draw_line(row, line, buf, theme, input, gauge);
        }
    } else {
        let places = [plan.meters, plan.rich, plan.third].into_iter().flat_map(rows);
        for (row, line) in places.zip(fitting_lines(input, true, u16::MAX).chain(riches(input))) {
            draw_line(row, line, buf, theme, input, gauge);
        }
    }
    let mut across = rows(plan.across);
    if plan.across.height > 1
        && let Some(row) = across.next()
    {
        // Half a narrow screen has no room for a bar and its figure.
        let half = if row.width < 54 { row.width } else { row.width / 2 - EDGE };
        if let Some(memory) = meter("memory") {
            draw_line(Rect { width: half, ..row }, Line::Meter(memory), buf, theme, input, gauge);
        }
        let start = (half + EDGE).min(row.width);
        let rest = Rect { x: row.x + start, width: row.width - start, ..row };
        if let Some(other) = meter(if has("swap", input) { "swap" } else { "available" }) {
            draw_line(rest, Line::Meter(other), buf, theme, input, gauge);
        }
    }
    if let Some(row) = across.next() {
        sentence(row, plan, buf, theme, input, cell, gauge);
    }
    if !plan.foot.is_empty() {
        let row =
            Rect { x: plan.foot.x + SIDE, width: plan.foot.width.saturating_sub(SIDE + 1), ..plan.foot };
        foot(row, buf, theme, input, gauge);
    }
}

/// How the CPU time adds up, and at the right who came and went.
fn foot(row: Rect, buf: &mut Buffer, theme: &Theme, input: &HeaderInput<'_>, gauge: &mut Gauge) {
    let dim = theme.style(Role::Dim);
    let mut right = 0;
    if let Some(census) = meter("census") {
        (census.read)(&input.meters(), gauge);
        right = LABEL + gauge.text.width() as u16;
        let place = Rect { x: row.right().saturating_sub(right), width: right.min(row.width), ..row };
        let mut pen = Pen::new(buf, place);
        pen.put(dim, census.title).skip(LABEL - census.title.len() as u16).cell(theme, &gauge.text);
    }
    if let Some(account) = meter("account") {
        (account.read)(&input.meters(), gauge);
        let room = row.width.saturating_sub(right + EDGE);
        let whole = usize::from(room) >= usize::from(LABEL) + gauge.text.width();
        // Where not all of it has room, that must be seen: it would not add up.
        let place = Rect { width: if whole { room } else { room.saturating_sub(2) }, ..row };
        let mut pen = Pen::new(buf, place);
        pen.put(dim, account.title).skip(LABEL - account.title.len() as u16);
        whole_parts(&mut pen, theme, &gauge.text);
        let end = pen.x();
        if !whole {
            Pen::new(buf, Rect { x: end, width: 2.min(row.right().saturating_sub(end)), ..row })
                .put(dim, " …");
        }
    }
}

/// The rows of a place, a little from its edges.
fn rows(area: Rect) -> impl Iterator<Item = Rect> {
    let edge = EDGE.min(area.width);
    let row = Rect { x: area.x + edge, width: area.width.saturating_sub(edge + 1), height: 1, ..area };
    (0..area.height).map(move |n| Rect { y: area.y + n, ..row })
}

fn draw_line(
    row: Rect,
    line: Line,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    gauge: &mut Gauge,
) {
    let title = match line {
        Line::Meter(meter) => return styled(row, &Placed::new(meter), buf, theme, input, gauge),
        Line::Disk(at) => {
            disk(at, input, gauge);
            "use"
        }
        Line::Network(at) => {
            network(at, input, theme, gauge);
            "net"
        }
    };
    let rest = label(row, title, buf, theme);
    let figure = (gauge.text.width() as u16 + 1).max(FREE);
    let narrow = rest.width.saturating_sub(figure);
    if gauge.total > 0.0 && narrow >= SHORTEST {
        bar::bar(buf, Rect { width: narrow, ..rest }, theme, &gauge.parts, gauge.total);
        let place = Rect { x: rest.x + narrow, width: figure, ..rest };
        Pen::new(buf, place).cell_at_end(theme, &gauge.text);
    } else {
        whole_parts(&mut Pen::new(buf, rest), theme, &gauge.text);
    }
}

/// A meter's label: its title, and for one CPU its number: `cpu3`, and `c17` where there are more than ten.
pub(super) fn title(placed: &Placed, input: &HeaderInput<'_>) -> impl Display + use<> {
    let (number, title) = (placed.number, placed.meter.title);
    let cpu = (placed.meter.data == Data::Cpu).then(|| input.digits().max(super::digits(number)));
    fmt::from_fn(move |f| match cpu {
        None => f.write_str(title),
        Some(1) => write!(f, "{title}{number}"),
        Some(_) => write!(f, "{}{number}", title.get(..1).unwrap_or("")),
    })
}

/// Writes a meter's label; returns the rest of the row.
pub(super) fn label(row: Rect, title: impl Display, buf: &mut Buffer, theme: &Theme) -> Rect {
    Pen::new(buf, Rect { width: row.width.min(LABEL - 1), height: 1, ..row })
        .fmt(theme.style(Role::Dim), format_args!("{title}"));
    Rect { x: row.x + LABEL.min(row.width), width: row.width.saturating_sub(LABEL), ..row }
}

/// A meter in one row, as a bar or in words.
pub(super) fn styled(
    row: Rect,
    placed: &Placed,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    gauge: &mut Gauge,
) {
    let Placed { meter, style, .. } = *placed;
    (meter.read)(&input.of(placed), gauge);
    let rest = label(row, title(placed, input), buf, theme);
    let peak = input.peak(placed);
    if style == Style::Bar && matches!(meter.data, Data::Amount(_)) && gauge.total <= 0.0 {
        // It has no whole: the highest there was is it.
        let level = gauge.level().unwrap_or(0.0);
        gauge.total = peak.unwrap_or(level).max(level);
        gauge.parts.push((Role::heat(level / gauge.total), level));
    }
    if style != Style::Bar || gauge.total <= 0.0 {
        return whole_parts(&mut Pen::new(buf, rest), theme, &gauge.text);
    }
    let figure = figure(rest.width, &gauge.text);
    let narrow = rest.width.saturating_sub(figure);
    if narrow < SHORTEST {
        return whole_parts(&mut Pen::new(buf, rest), theme, &gauge.text);
    }
    let place = Rect { width: narrow, ..rest };
    bar::bar(buf, place, theme, &gauge.parts, gauge.total);
    if let (Some(level), Some(peak), true) = (gauge.level(), peak, input.header.peaks) {
        bar::peak(buf, place, theme, level / gauge.total, peak / gauge.total);
    }
    words_at_end(Rect { x: rest.x + narrow, width: figure, ..rest }, buf, theme, &gauge.text);
}

/// Cells that the words behind a bar or a graph get of so many: all they want where a bar remains beside them, else as
/// many whole parts as half of the room holds.
pub(super) fn figure(room: u16, text: &Cell) -> u16 {
    let least = if room < ROOMY { FIGURE_SHORT } else { FIGURE };
    let all = (text.width() as u16 + 1).max(least);
    if room.saturating_sub(all) >= SHORTEST {
        return all;
    }
    (fitting(text, usize::from(room / 2)).min(usize::from(room)) as u16 + 1).max(least.min(room))
}

/// Writes the whole parts that fit so that they end where the room ends.
pub(super) fn words_at_end(area: Rect, buf: &mut Buffer, theme: &Theme, text: &Cell) {
    let width = fitting(text, usize::from(area.width)) as u16;
    let mut pen = Pen::new(buf, area);
    pen.skip(area.width.saturating_sub(width));
    whole_parts(&mut pen, theme, text);
}

/// Cells that the parts take that [`whole_parts`] writes where there are so many.
fn fitting(cell: &Cell, room: usize) -> usize {
    let mut sum = 0;
    whole(cell, room, |text, _| sum += text.width());
    sum
}

/// Writes the parts that fit and stops before the first that does not: half a figure is another figure. What ends
/// with a blank leads to what follows it, and is not written without that, nor `1.2` without the `/2.0G` behind it.
fn whole_parts(pen: &mut Pen<'_>, theme: &Theme, cell: &Cell) {
    whole(cell, usize::from(pen.left()), |text, role| _ = pen.put(theme.style(role), text));
}

/// Hands out those parts.
fn whole(cell: &Cell, mut room: usize, mut take: impl FnMut(&str, Role)) {
    let mut parts = cell.parts().peekable();
    while let Some((text, role)) = parts.next() {
        let joined = |next: &str| text.ends_with(' ') || next.starts_with('/');
        let next = parts.peek().filter(|(next, _)| joined(next)).map_or("", |(next, _)| *next);
        let wanted =
            if next.is_empty() { text.trim_end().width() } else { text.width() + next.trim_end().width() };
        if wanted > room {
            break;
        }
        room = room.saturating_sub(text.width());
        take(text, role);
    }
}

/// How full a disk is.
fn disk(at: usize, input: &HeaderInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let Some(disk) = input.sensors.and_then(|sensors| sensors.disks.get(at)) else { return };
    let used = disk.total.saturating_sub(disk.available);
    gauge.total = disk.total as f64;
    gauge.parts.push((if used as f64 > 0.9 * gauge.total { Role::Warn } else { Role::MemUsed }, used as f64));
    gauge.text.push_foreign(Role::Text, disk.mount.bytes(), NAME);
    gauge.text.push(Role::Dim, " ");
    gauge.text.push_right(Role::Text, 5, |out| units::bytes(disk.available, out));
    gauge.text.push(Role::Dim, " free");
}

/// What an interface carries.
fn network(at: usize, input: &HeaderInput<'_>, theme: &Theme, gauge: &mut Gauge) {
    gauge.clear();
    let Some(network) = input.sensors.and_then(|sensors| sensors.networks.get(at)) else { return };
    let text = &mut gauge.text;
    let width = text.push_foreign(Role::Text, network.name.bytes(), NAME);
    text.push_fmt(Role::Dim, format_args!("{:blank$}", "", blank = 8usize.saturating_sub(width).max(1)));
    let (down, up) = theme.glyphs().arrows();
    rate(down, network.receive_rate, text);
    text.push(Role::Dim, "  ");
    rate(up, network.transmit_rate, text);
}

/// Meters in words, as many as fit in a row.
fn sentence(
    row: Rect,
    plan: &Plan,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    cell: &mut Cell,
    gauge: &mut Gauge,
) {
    let mut pen = Pen::new(buf, row);
    // What the second row of two says, and what the only row says.
    let ids: &[&str] = if plan.across.height > 1 {
        &["limits", "load", "tasks", "pressure", "self"]
    } else {
        &["memory", "limits", "load", "tasks", "pressure"]
    };
    cell.clear();
    if plan.graph.is_none() {
        summary(input, cell);
    }
    if plan.cells && plan.graph.is_none_or(|graph| !names_hottest(graph)) {
        if !cell.is_empty() {
            cell.push(Role::Text, "  ");
        }
        hottest(input, cell);
    }
    if !cell.is_empty() {
        pen.cell(theme, cell).skip(3);
    }
    let look = input.meters();
    for meter in ids.iter().filter_map(|id| meter(id)) {
        if !has(meter.id, input) {
            continue;
        }
        (meter.read)(&look, gauge);
        if usize::from(pen.left()) < meter.title.len() + 1 + gauge.text.width() {
            continue;
        }
        pen.put(theme.style(Role::Dim), meter.title).skip(1).cell(theme, &gauge.text).skip(3);
    }
}

/// `27% of 8 cores`.
fn summary(input: &HeaderInput<'_>, cell: &mut Cell) {
    share(input, cell);
    let cores = input.snapshot.cores();
    cell.push_fmt(Role::Dim, format_args!(" of {cores} core{}", if cores == 1 { "" } else { "s" }));
}

/// How busy all cores together are.
fn share(input: &HeaderInput<'_>, cell: &mut Cell) {
    match input.snapshot.cpu {
        None => cell.push_unknown(),
        Some(usage) => {
            let busy = f64::from(usage.busy());
            cell.push_fmt(Role::heat(busy), format_args!("{:>3.0}%", busy * 100.0));
        }
    }
}

/// `hottest 17: 100% java/31842`.
fn hottest(input: &HeaderInput<'_>, cell: &mut Cell) {
    let Some((core, usage)) = super::hottest(input.snapshot) else { return };
    let busy = f64::from(usage.busy());
    cell.push_fmt(Role::Dim, format_args!("hottest {core}: "));
    cell.push_fmt(Role::heat(busy), format_args!("{:.0}%", busy * 100.0));
    cell.push(Role::Dim, " ");
    culprit(input, core, cell);
}

/// The busiest process that was last seen on this core.
fn culprit(input: &HeaderInput<'_>, core: u32, cell: &mut Cell) {
    let there = input.snapshot.procs.iter().filter(|proc| proc.task.processor == Some(core));
    let busiest = there
        .filter_map(|proc| proc.cpu.filter(|cpu| *cpu > 0.0).map(|cpu| (proc, cpu)))
        .reduce(|best, next| if next.1 > best.1 { next } else { best });
    if let Some((proc, _)) = busiest {
        cell.push_foreign(Role::Strong, proc.task.comm.bytes(), NAME);
        cell.push_fmt(Role::Dim, format_args!("/{}", proc.id().pid));
    }
}

/// Whether the words beside a history of this size have room for the hottest core.
fn names_hottest(graph: Rect) -> bool {
    match graph.height {
        0 | 2 => false,
        1 => graph.width >= 100,
        _ => graph.width >= 40,
    }
}

/// Draws the history, the span it covers at its left, and what is now at its right.
pub(super) fn history(
    area: Rect,
    cells: bool,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    cell: &mut Cell,
) {
    let words = match (area.height, cells) {
        (1, false) => 17,
        (1, true) if names_hottest(area) => 46,
        (1, true) => 18,
        (_, false) => 13,
        (_, true) => 20,
    };
    let words = if area.width >= words + 20 { words } else { 0 };
    let before = LABEL + 1;
    let place =
        Rect { x: area.x + before.min(area.width), width: area.width.saturating_sub(before + words), ..area };
    graph::graph(buf, place, theme, input.history.total());

    // Two looks a cell.
    if let Some(interval) = input.history.interval() {
        let seconds = (interval * 10.0).round() / 10.0 * f64::from(place.width) * 2.0;
        cell.clear();
        cell.push_with(Role::Dim, |out| span(seconds, out));
        let at = Rect { x: area.x, y: area.bottom().saturating_sub(1), width: before, height: 1 };
        Pen::new(buf, at).skip(SIDE).cell(theme, cell);
    }
    if words == 0 {
        return;
    }
    let mut at = Rect { x: place.right() + 1, width: words - 1, height: 1, ..area };
    cell.clear();
    if area.height == 1 {
        summary(input, cell);
        if cells && words > 20 {
            cell.push(Role::Text, "  ");
            hottest(input, cell);
        }
        Pen::new(buf, at).cell(theme, cell);
        return;
    }
    let named = cells && names_hottest(area);
    // They stand on the same ground as the graph.
    let height = if !named {
        2
    } else if area.height >= 4 {
        4
    } else {
        3
    };
    at.y = area.bottom().saturating_sub(height);
    share(input, cell);
    Pen::new(buf, at).cell(theme, cell);
    at.y += 1;
    let cores = input.snapshot.cores();
    let plural = if cores == 1 { "" } else { "s" };
    Pen::new(buf, at).fmt(theme.style(Role::Dim), format_args!(" of {cores} core{plural}"));
    let Some((core, usage)) = super::hottest(input.snapshot).filter(|_| named) else { return };
    if height == 4 {
        let busy = f64::from(usage.busy());
        at.y += 1;
        Pen::new(buf, at)
            .fmt(theme.style(Role::Dim), format_args!(" hottest {core}: "))
            .fmt(theme.style(Role::heat(busy)), format_args!("{:.0}%", busy * 100.0));
        at.y += 1;
        cell.clear();
        culprit(input, core, cell);
        Pen::new(buf, at).skip(1).cell(theme, cell);
    } else {
        at.y += 1;
        cell.clear();
        cell.push_fmt(Role::Dim, format_args!("{core}: "));
        culprit(input, core, cell);
        Pen::new(buf, at).skip(1).cell(theme, cell);
    }
}

/// A span short enough for the graph's left edge: `50s`, `3m20`, `2h05`.
fn span(seconds: f64, out: &mut String) {
    let whole = seconds.clamp(0.0, 359_999.0).round() as u64;
    // Writing to a String does not fail.
    let _ = match whole {
        0..60 => std::fmt::Write::write_fmt(out, format_args!("{whole}s")),
        60..3600 if whole.is_multiple_of(60) => {
            std::fmt::Write::write_fmt(out, format_args!("{}m", whole / 60))
        }
        60..3600 => std::fmt::Write::write_fmt(out, format_args!("{}m{:02}", whole / 60, whole % 60)),
        _ => std::fmt::Write::write_fmt(out, format_args!("{}h{:02}", whole / 3600, whole / 60 % 60)),
    };
}
