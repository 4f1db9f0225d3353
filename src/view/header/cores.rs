//! The cores: bars, histories, or one glowing cell each.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::HeaderInput;
use super::order::{self, CorePlace, Mark};
use super::plan::{self, Style};
use crate::catalog::core_parts;
use crate::model::{CpuUse, Role};
use crate::view::pen::Pen;
use crate::view::{Theme, bar, graph};

/// Where cores stand, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    /// Their place.
    pub(super) area: Rect,
    /// How each is drawn.
    pub(super) style: Style,
    /// Cores side by side in a row.
    pub(super) columns: u16,
    /// Which, in their order.
    pub(super) order: &'a [CorePlace],
    /// Cores of each node or socket, which begin a row of their own; 0: they follow each other.
    pub(super) group: usize,
    /// Whether bars are histories.
    pub(super) history: bool,
}

/// Draws every core in its place. `parts` is memory that is kept.
pub(super) fn draw(
    field: &Field<'_>,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    parts: &mut Vec<(Role, f64)>,
) {
    if field.area.is_empty() {
        return;
    }
    match field.style {
        Style::Bar | Style::Tight => bars(field, buf, theme, input, parts),
        Style::Cell | Style::Pair => cells(field, buf, theme, input),
    }
}

/// The number and the use of a core.
fn look(input: &HeaderInput<'_>, core: &CorePlace) -> (u32, Option<CpuUse>) {
    input.snapshot.cpus.get(core.index).copied().unwrap_or_default()
}

fn bars(
    field: &Field<'_>,
    buf: &mut Buffer,
    theme: &Theme,
    input: &HeaderInput<'_>,
    parts: &mut Vec<(Role, f64)>,
) {
    let Field { area, columns, order, .. } = *field;
    let rows = usize::from(area.height);
    let each = area.width / columns.max(1);
    let digits = usize::from(input.digits());
    let tight = field.style == Style::Tight;
    let percent = if tight || each < plan::SIGNED {
        3
    } else if each < 20 {
        4
    } else {
        5
    };
    for (index, core) in order.iter().enumerate() {
        let (number, usage) = look(input, core);
        // Down the columns, as htop's users expect; what has no place has none.
        let (column, row) = ((index / rows) as u16, (index % rows) as u16);
        if column >= columns {
            break;
        }
        // A blank at either side keeps neighbours apart.
        let x = area.x + column * each + 1;
        let place = Rect { x, y: area.y + row, width: each.saturating_sub(2), height: 1 };
        if core.mark != Mark::None {
            let before = Rect { x: x - 1, width: 1, ..place };
            Pen::new(buf, before).put(theme.style(Role::Dim), core.mark.symbol());
        }
        let mut pen = Pen::new(buf, place);
        pen.fmt(theme.style(Role::Dim), format_args!("{number:>digits$}"));
        let start = pen.x();
        let width = place.right().saturating_sub(start + percent);
        let meter = Rect { x: start, width, ..place };
        if field.history {
            let inner = Rect { x: start + 1, width: width.saturating_sub(1), ..place };
            graph::strip(buf, inner, theme, input.history.core(number));
        } else {
            parts.clear();
            if let Some(usage) = &usage {
                core_parts(usage, input.detailed, parts);
            }
            if tight {
                bar::bare(buf, meter, theme, parts, 1.0);
            } else {
                bar::bar(buf, meter, theme, parts, 1.0);
                if let (Some(usage), Some(peak)) = (&usage, input.core_peak(number)) {
                    bar::peak(buf, meter, theme, f64::from(usage.busy()), f64::from(peak));
                }
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

fn cells(field: &Field<'_>, buf: &mut Buffer, theme: &Theme, input: &HeaderInput<'_>) {
    let Field { area, columns, order, .. } = *field;
    let digits = input.digits();
    // Where every column counts, the numbers go first.
    let label = if area.width > plan::label(digits) + 8 { plan::label(digits) } else { 0 };
    let per_cell = if field.style == Style::Pair { 2 } else { 1 };
    let group = if field.group > 0 { field.group } else { order.len().max(1) };
    let rows = order.chunks(group).flat_map(|node| {
        node.chunks(usize::from(columns.max(1))).enumerate().map(|(row, line)| (row == 0, line))
    });
    for (row, (first, line)) in rows.take(area.height.into()).enumerate() {
        let y = area.y + row as u16;
        let dim = theme.style(Role::Dim);
        if let (Some(core), true) = (line.first(), label > 0) {
            let (number, _) = look(input, core);
            let width = usize::from(label) - 1;
            let place = Rect { x: area.x, y, width: label, height: 1 };
            Pen::new(buf, place).fmt(dim, format_args!("{number:>width$} "));
        }
        let mut end = area.x + label;
        for (n, cores) in line.chunks(per_cell).enumerate() {
            let n = n as u16;
            let x = area.x + label + n + n / plan::GROUP;
            let busy = |core: &CorePlace| look(input, core).1.map(|usage| usage.busy());
            let first = cores.first().and_then(busy);
            let second = cores.get(1).and_then(busy);
            if !area.contains((x, y).into()) {
                break;
            }
            end = x + 1;
            let Some(hot) = first.into_iter().chain(second).reduce(f32::max) else { continue };
            let Some(cell) = buf.cell_mut((x, y)) else { break };
            let style = theme.glow((hot * 100.0).round() as u8);
            if per_cell == 2 {
                let dots = |share: Option<f32>| share.map_or(0, |share| graph::eighths(share).div_ceil(2));
                cell.set_char(theme.glyphs().dots(dots(first), dots(second))).set_style(style);
            } else {
                cell.set_symbol(theme.glyphs().from_bottom(graph::eighths(hot))).set_style(style);
            }
        }
        if field.group > 0 && first {
            let place = Rect { x: end, y, width: area.right().saturating_sub(end), height: 1 };
            name(place, line.first(), buf, theme, input);
        }
    }
}

/// Which node, or which socket, a row of cells belongs to.
fn name(place: Rect, core: Option<&CorePlace>, buf: &mut Buffer, theme: &Theme, input: &HeaderInput<'_>) {
    let Some(cpu) = core.and_then(|core| order::cpu(input.topology, look(input, core).0)) else { return };
    let dim = theme.style(Role::Dim);
    let mut pen = Pen::new(buf, place);
    match (cpu.node, cpu.package) {
        (Some(node), _) if place.width >= 7 => pen.fmt(dim, format_args!(" node {node}")),
        (None, Some(package)) if place.width >= 9 => pen.fmt(dim, format_args!(" socket {package}")),
        _ => &mut pen,
    };
}
