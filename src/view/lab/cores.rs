//! The cores while a run goes on: how busy each is with the lab and with others, and which workers are on it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{digit, put_cell};
use crate::app::{App, RunView};
use crate::model::lab::Window;
use crate::model::{Nanos, Role};
use crate::view::Theme;
use crate::view::pen::Pen;

/// Columns of a core with its bar.
const CORE: u16 = 38;
/// More cores than this are a cell each.
const BARS: usize = 32;
/// Cores that are a cell each, in a row.
const CELLS: u16 = 64;
/// Cells of the last second, in which workers are told from each other.
const SLICES: usize = 10;
/// Most workers that are named on a core.
const NAMED: usize = 4;

/// Rows that the cores want.
pub(super) fn rows(app: &App, width: u16) -> u16 {
    let count = app.snapshot.cpus.len();
    let rows = if count > BARS {
        count.div_ceil(usize::from(CELLS.min(width.saturating_sub(6)).max(1)))
    } else {
        count.div_ceil(usize::from(columns(width)))
    };
    u16::try_from(rows).unwrap_or(u16::MAX)
}

fn columns(width: u16) -> u16 {
    (width / CORE).max(1)
}

/// What is on a core.
#[derive(Clone, Default, Debug)]
struct Core {
    lab: f32,
    busy: f32,
    /// Workers, counted from 1, and how much of the last slice.
    now: Vec<(u32, f32)>,
}

pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, run: &RunView, now: Nanos) {
    if area.is_empty() {
        return;
    }
    let cores = measured(app, run, now);
    if app.snapshot.cpus.len() > BARS {
        draw_cells(area, buf, theme, app, &cores);
        return;
    }
    let across = columns(area.width);
    let each = area.width / across;
    let rows = area.height;
    for (n, ((cpu, _), core)) in app.snapshot.cpus.iter().zip(&cores).enumerate() {
        let (column, row) = ((n / usize::from(rows)) as u16, (n % usize::from(rows)) as u16);
        if column >= across {
            break;
        }
        let place = Rect { x: area.x + column * each, y: area.y + row, width: each, height: 1 };
        draw_core(place, buf, theme, *cpu, core);
    }
}

/// How busy each core was in the last second, and who of the lab is on it.
fn measured(app: &App, run: &RunView, now: Nanos) -> Vec<Core> {
    let busy = |usage: &Option<crate::model::CpuUse>| usage.as_ref().map_or(0.0, crate::model::CpuUse::busy);
    let mut cores: Vec<Core> =
        app.snapshot.cpus.iter().map(|(_, usage)| Core { busy: busy(usage), ..Core::default() }).collect();
    if run.report.is_some() {
        return cores;
    }
    let clock = run.clock(now);
    let cell = 1_000_000_000 / SLICES as u64;
    let from = clock.saturating_sub(1_000_000_000);
    let window = Window { from, cell, cells: SLICES, until: clock };
    let mut shares = Vec::new();
    for (worker, lane) in (1..).zip(&run.lanes.lanes) {
        lane.shares(&window, &mut shares);
        for (n, share) in shares.iter().enumerate().filter(|(_, share)| share.run > 0.0) {
            let at = app.snapshot.cpus.binary_search_by_key(&share.cpu, |(cpu, _)| *cpu);
            let Some(core) = at.ok().and_then(|at| cores.get_mut(at)) else { continue };
            core.lab += share.run / SLICES as f32;
            if n + 1 == SLICES {
                core.now.push((worker, share.run));
            }
        }
    }
    for core in &mut cores {
        core.lab = core.lab.min(1.0);
        core.busy = core.busy.max(core.lab);
        core.now.sort_by(|a, b| b.1.total_cmp(&a.1));
    }
    cores
}

fn draw_core(area: Rect, buf: &mut Buffer, theme: &Theme, cpu: u32, core: &Core) {
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    let who = 4 + 3 * NAMED as u16;
    let mut pen = Pen::new(buf, area);
    pen.fmt(dim, format_args!("{cpu:>3} "));
    let width = pen.left().saturating_sub(who + 2).min(40);
    let bar = Rect { x: pen.x(), width, ..area };
    let cells = f32::from(width);
    let lab = (core.lab * cells).round() as u16;
    let busy = ((core.busy * cells).round() as u16).max(lab);
    let (full, idle) = if theme.glyphs().unicode() { ('█', '·') } else { ('#', '.') };
    let first = core.now.first().map_or(0, |(worker, _)| *worker);
    for x in 0..width {
        let (symbol, style) = if x < lab {
            (full, theme.style(Role::Lane((cpu % 256) as u8)))
        } else if x < busy {
            (':', text)
        } else {
            (idle, dim)
        };
        put_cell(buf, bar, x, symbol, style);
    }
    let mut pen =
        Pen::new(buf, Rect { x: bar.right(), width: area.right().saturating_sub(bar.right()), ..area });
    let percent = f64::from(core.busy) * 100.0;
    pen.fmt(theme.style(Role::heat_of_percent(percent)), format_args!("{percent:>4.0}% "));
    if first == 0 {
        return;
    }
    for (worker, _) in core.now.iter().take(NAMED) {
        pen.fmt(text, format_args!("w{worker} "));
    }
    if core.now.len() > NAMED {
        pen.put(dim, "+");
    }
}

fn draw_cells(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, cores: &[Core]) {
    let width = CELLS.min(area.width.saturating_sub(6)).max(1);
    for (n, ((cpu, _), core)) in app.snapshot.cpus.iter().zip(cores).enumerate() {
        let (row, x) = ((n / usize::from(width)) as u16, (n % usize::from(width)) as u16);
        if row >= area.height {
            break;
        }
        let place = Rect { y: area.y + row, height: 1, ..area };
        if x == 0 {
            Pen::new(buf, place).fmt(theme.style(Role::Dim), format_args!("{cpu:>4} "));
        }
        let (symbol, style) = match core.now.first() {
            Some((worker, _)) => (digit(*worker), theme.style(Role::Lane((cpu % 256) as u8))),
            None if core.busy >= 0.5 => (':', theme.style(Role::Text)),
            None if theme.glyphs().unicode() => ('·', theme.style(Role::Dim)),
            None => ('.', theme.style(Role::Dim)),
        };
        put_cell(buf, place, x + 5, symbol, style);
    }
}
