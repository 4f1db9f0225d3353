//! The cores: bars, histories, or one glowing cell each.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::HeaderInput;
use super::plan::{self, Plan, Style};
use crate::catalog::core_parts;
use crate::model::{CpuUse, Role};
use crate::view::pen::Pen;
use crate::view::{Theme, bar, graph};

/// Draws every core in its place. `parts` is memory that is kept.
pub(super) fn draw(
    plan: &Plan,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    parts: &mut Vec<(Role, f64)>,
) {
    if plan.cores.is_empty() {
        return;
    }
    match plan.style {
        Style::Bar | Style::Tight => bars(plan, buf, theme, input, parts),
        Style::Cell | Style::Pair => cells(plan, buf, theme, input),
    }
}

fn bars(plan: &Plan, buf: &mut Buffer, theme: &Theme, input: &HeaderInput<'_>, parts: &mut Vec<(Role, f64)>) {
    let area = plan.cores;
    let cpus = &input.snapshot.cpus;
    let rows = usize::from(area.height);
    let each = area.width / plan.columns.max(1);
    let digits = usize::from(cpus.last().map_or(1, |(number, _)| super::digits(*number)));
    let tight = plan.style == Style::Tight;
    let percent = if tight || each < plan::SIGNED {
        3
    } else if each < 20 {
        4
    } else {
        5
    };
    for (index, (number, usage)) in cpus.iter().enumerate() {
        // Down the columns, as htop's users expect; what has no place has none.
        let (column, row) = ((index / rows) as u16, (index % rows) as u16);
        if column >= plan.columns {
            break;
        }
        // A blank at either side keeps neighbours apart.
        let x = area.x + column * each + 1;
        let place = Rect { x, y: area.y + row, width: each.saturating_sub(2), height: 1 };
        let mut pen = Pen::new(buf, place);
        pen.fmt(theme.style(Role::Dim), format_args!("{number:>digits$}"));
        let start = pen.x();
        let width = place.right().saturating_sub(start + percent);
        let meter = Rect { x: start, width, ..place };
        if input.per_core_history {
            let inner = Rect { x: start + 1, width: width.saturating_sub(1), ..place };
            graph::strip(buf, inner, theme, input.history.core(*number));
        } else {
            parts.clear();
            if let Some(usage) = usage {
                core_parts(usage, input.detailed, parts);
            }
            if tight {
                bar::bare(buf, meter, theme, parts, 1.0);
            } else {
                bar::bar(buf, meter, theme, parts, 1.0);
            }
        }
        share(buf, Rect { x: meter.right(), width: percent, ..place }, theme, usage.as_ref());
    }
}

/// Writes how busy a core is, glowing, right-aligned.
fn share(buf: &mut Buffer, area: Rect, theme: &Theme, usage: Option<&CpuUse>) {
    let sign = usize::from(area.width >= 4);
    let width = usize::from(area.width).saturating_sub(sign);
    let mut pen = Pen::new(buf, area);
    match usage {
        None => pen.fmt(theme.style(Role::Dim), format_args!("{:>width$}", theme.glyphs().unknown())),
        Some(usage) => {
            let percent = f64::from(usage.busy()) * 100.0;
            let style = theme.style(Role::heat_of_percent(percent));
            pen.fmt(style, format_args!("{percent:>width$.0}"));
            if sign == 1 { pen.put(style, "%") } else { &mut pen }
        }
    };
}

fn cells(plan: &Plan, buf: &mut Buffer, theme: &Theme, input: &HeaderInput<'_>) {
    let area = plan.cores;
    let cpus = &input.snapshot.cpus;
    let digits = cpus.last().map_or(1, |(number, _)| super::digits(*number));
    // Where every column counts, the numbers go first.
    let label = if area.width > plan::label(digits) + 8 { plan::label(digits) } else { 0 };
    let per_cell = if plan.style == Style::Pair { 2 } else { 1 };
    let busy = |usage: Option<CpuUse>| usage.map(|usage| usage.busy());
    for (row, line) in cpus.chunks(usize::from(plan.columns.max(1))).take(area.height.into()).enumerate() {
        let y = area.y + row as u16;
        if let (Some((number, _)), true) = (line.first(), label > 0) {
            let width = usize::from(label) - 1;
            let place = Rect { x: area.x, y, width: label, height: 1 };
            Pen::new(buf, place).fmt(theme.style(Role::Dim), format_args!("{number:>width$} "));
        }
        for (n, cores) in line.chunks(per_cell).enumerate() {
            let n = n as u16;
            let x = area.x + label + n + n / plan::GROUP;
            let first = cores.first().and_then(|(_, usage)| busy(*usage));
            let second = cores.get(1).and_then(|(_, usage)| busy(*usage));
            let Some(hot) = first.into_iter().chain(second).reduce(f32::max) else { continue };
            if !area.contains((x, y).into()) {
                break;
            }
            let Some(cell) = buf.cell_mut((x, y)) else { break };
            let style = theme.glow((hot * 100.0).round() as u8);
            if per_cell == 2 {
                let dots = |share: Option<f32>| share.map_or(0, |share| graph::eighths(share).div_ceil(2));
                cell.set_char(theme.glyphs().dots(dots(first), dots(second))).set_style(style);
            } else {
                cell.set_symbol(theme.glyphs().from_bottom(graph::eighths(hot))).set_style(style);
            }
        }
    }
}
