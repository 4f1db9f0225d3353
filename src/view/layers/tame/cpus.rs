//! The body that chooses CPUs: a tree of what the machine is made of.

use ratatui::buffer::Buffer;

use super::Parts;
use super::{first_shown, row};
use crate::app::{Branch, CpuChoice, Part};
use crate::model::{CoreKind, Role};
use crate::view::Theme;
use crate::view::pen::Pen;

/// Cells a line stands further in than what it is a part of.
const INDENT: u16 = 2;
/// Cells of the fold mark.
const MARK: u16 = 2;
/// Cells of box and name, so that details stand in a column.
const NAME: u16 = 26;

/// Whether column `x` of the line of item `item` belongs to its fold mark.
pub(super) fn is_on_fold_mark(list: &CpuChoice, item: usize, x: u16) -> bool {
    let folds =
        |line: &Branch| line.is_group() && (line.depth * INDENT..line.depth * INDENT + MARK).contains(&x);
    list.shown().nth(item).is_some_and(folds)
}

/// Draws the tree, and which CPUs are chosen.
pub(super) fn draw(parts: &Parts, buf: &mut Buffer, theme: &Theme, list: &CpuChoice) {
    let area = parts.list.intersection(buf.area);
    let first = first_shown(list.at, list.shown_count(), area.height);
    for (item, line) in list.shown().enumerate().skip(first).take(usize::from(area.height)) {
        let place = row(area, item - first);
        let over = (item == list.at).then(|| theme.style(Role::Selection));
        if let Some(style) = over {
            buf.set_style(place.intersection(buf.area), style);
        }
        let style = |role: Role| over.unwrap_or_else(|| theme.style(role));
        let mut pen = Pen::new(buf, place);
        pen.skip(line.depth * INDENT);
        let mark = match (line.is_group(), line.open) {
            (false, _) => "  ",
            (true, true) => "▾ ",
            (true, false) => "▸ ",
        };
        pen.put(style(Role::Branch), mark);
        let all = line.cpus.len();
        let chosen = line.cpus.shared(&list.chosen);
        let (check, role) = match chosen {
            0 => ("[ ] ", Role::Dim),
            some if some == all => ("[x] ", Role::Strong),
            _ => ("[-] ", Role::Text),
        };
        pen.put(style(role), check);
        put_name(&mut pen, style(role), line.part);
        if line.is_group() {
            let column = place.x + NAME;
            pen.skip(column.saturating_sub(pen.x()).max(1));
            pen.fmt(style(Role::Dim), format_args!("{chosen} of {all} CPUs  {}", line.cpus));
        }
    }
    Pen::new(buf, row(parts.notes, 1))
        .put(theme.style(Role::Dim), "chosen: ")
        .fmt(theme.style(Role::Dim), format_args!("{} of {}  ", list.chosen.len(), list.count()))
        .fmt(theme.style(Role::Strong), format_args!("{}", list.chosen));
}

fn put_name(pen: &mut Pen<'_>, style: ratatui::style::Style, part: Part) {
    match part {
        Part::Package(Some(number)) => pen.fmt(style, format_args!("package {number}")),
        Part::Package(None) => pen.put(style, "of no known package"),
        Part::Node(Some(number)) => pen.fmt(style, format_args!("node {number}")),
        Part::Node(None) => pen.put(style, "of no known node"),
        Part::Kind(Some(CoreKind::Performance)) => pen.put(style, "P-cores (fast)"),
        Part::Kind(Some(CoreKind::Efficiency)) => pen.put(style, "E-cores (thrifty)"),
        Part::Kind(None) => pen.put(style, "other cores"),
        Part::Core(first) => pen.fmt(style, format_args!("core of CPU {first}")),
        Part::Cpu(number) => pen.fmt(style, format_args!("CPU {number}")),
    };
}
