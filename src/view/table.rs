//! The process table: header, rows, tree. Only visible rows × visible columns are formatted, straight into the buffer.

mod look;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Theme;
use super::pen::Pen;
use crate::app::{Action, Among, App, DEEPEST, Fold, Hit, Line, Table};
use crate::catalog::{Align, Cell, Column, Row};
use crate::model::{Pid, Role, Untrusted};
use look::{Look, is_frozen};

/// The room the command keeps, cells, in a list and in the tree with its branches.
const COMMAND_ROOM: [usize; 2] = [25, 36];

/// The room it keeps besides where a column is a picture, which says in other words what figures say.
const PICTURE_ROOM: usize = 40;

/// The columns that are shown at this width, with their places among the table's.
fn shown(table: &Table, width: u16) -> impl Iterator<Item = (usize, &'static Column)> + Clone + '_ {
    let hidden = hidden(table, width);
    let columns = table.columns.iter().copied().enumerate();
    columns.filter(move |(at, _)| hidden >> (*at).min(MOST) & 1 == 0)
}

/// The last bit of [`hidden`], which is never set.
const MOST: usize = 63;

/// The columns that have left, so that the command keeps some room: a bit for each, by its place. The one that sorts
/// stays, as it explains the order.
fn hidden(table: &Table, width: u16) -> u64 {
    let mut hidden = 0;
    // A table that was scrolled shows everything: its user looks for what is not in view.
    if table.shift > 0 {
        return hidden;
    }
    // Groups have short names and one level.
    let deep = table.tree && table.group.is_none();
    let room = |c: &Column| match c.grows {
        true => COMMAND_ROOM[usize::from(deep)],
        false if c.id == "trail" => usize::from(c.width) + 1 + PICTURE_ROOM,
        false => usize::from(c.width) + 1,
    };
    let mut sum: usize = table.columns.iter().map(|column| room(column)).sum();
    // There is one of each in the catalog: this is asked for each row of each frame.
    let place = |wanted: &Column| table.columns.iter().position(|column| std::ptr::eq(*column, wanted));
    let listed = table.drop.iter().filter_map(|column| place(column));
    // Where nothing is said, from the right; the first column says who it is.
    let others = (1..table.columns.len()).rev().filter(|_| table.drop.is_empty());
    for at in listed.chain(others).filter(|at| *at < MOST) {
        if sum <= usize::from(width) {
            break;
        }
        if let Some(column) = table.columns.get(at).filter(|c| !c.grows && **c != table.sort) {
            hidden |= 1 << at;
            sum = sum.saturating_sub(room(column));
        }
    }
    hidden
}

/// Draws the header row into the first row of `area` and the lines below it. `cell` is memory that is kept.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, cell: &mut Cell) {
    let header = Rect { height: area.height.min(1), ..area };
    draw_header(header, buf, theme, &app.table);
    let crumbs = crumbs(area.height, &app.table);
    if crumbs > 0 {
        draw_crumbs(Rect { y: area.y + 1, height: 1, ..area }, buf, theme, app, cell);
    }
    for (i, line) in app.table.visible().iter().enumerate() {
        let y = area.y.saturating_add(1 + crumbs).saturating_add(i as u16);
        if y >= area.bottom() {
            break;
        }
        let Some(row) = app.table.arranged().row(&app.snapshot, line) else { continue };
        let chosen = app.table.first + i == app.table.cursor();
        draw_line(Rect { y, height: 1, ..area }, buf, theme, app, *line, &row, chosen, cell);
    }
}

/// Rows between the header and the first process, in a table of this height: one that says where a subtree hangs that is
/// looked at alone.
fn crumbs(height: u16, table: &Table) -> u16 {
    u16::from(height >= 4 && table.focus().is_some())
}

/// Rows that a table of this height has for processes.
pub(super) fn rows(height: u16, table: &Table) -> u16 {
    height.saturating_sub(1 + crumbs(height, table))
}

/// Draws the ancestors of the subtree that is looked at alone; where there is little room, the nearest.
fn draw_crumbs(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, cell: &mut Cell) {
    /// Cells of a name, so that a chain of them is seen.
    const NAME: usize = 16;
    let Some(focus) = app.table.focus() else { return };
    let key = app.keymap.keys(app.screen, Action::Focus).next();
    let leave = key.map_or_else(String::new, |key| format!("  {key} shows all"));
    let room = usize::from(area.width).saturating_sub(leave.len());
    // Backwards, until there is no room: what is left out is far away.
    let (mut left, mut from) = (room.saturating_sub(2), focus.above.len());
    for (pid, name) in focus.above.iter().rev() {
        cell.clear();
        push_crumb(cell, *pid, name, NAME);
        if cell.width() > left {
            break;
        }
        (left, from) = (left - cell.width(), from - 1);
    }
    cell.clear();
    if from > 0 {
        cell.push(Role::Dim, "… ");
    }
    for (pid, name) in focus.above.iter().skip(from) {
        push_crumb(cell, *pid, name, NAME);
    }
    if focus.above.is_empty() {
        cell.push(Role::Dim, "nobody is above");
    }
    Pen::new(buf, area).cell(theme, cell).put(theme.style(Role::Dim), &leave);
}

fn push_crumb(cell: &mut Cell, pid: Pid, name: &Untrusted, cells: usize) {
    cell.push_fmt(Role::Dim, format_args!("{pid} "));
    cell.push_foreign(Role::Dim, name.bytes(), cells);
    cell.push(Role::Dim, " › ");
}

fn draw_header(area: Rect, buf: &mut Buffer, theme: &Theme, table: &Table) {
    fill(area, buf, theme.style(Role::Header));
    let mut pen = Pen::scrolled(buf, area, table.shift);
    for (i, column) in shown(table, area.width) {
        let sorts = column.id == table.sort.id;
        let style = theme.style(if sorts { Role::HeaderSort } else { Role::Header });
        if i > 0 {
            pen.put(theme.style(Role::Header), " ");
        }
        let mark = match (sorts, table.descending, theme.glyphs().unicode()) {
            (false, ..) => "",
            (true, true, true) => "▽",
            (true, false, true) => "△",
            (true, true, false) => "v",
            (true, false, false) => "^",
        };
        let used = column.title.len() as u16 + u16::from(sorts);
        let pad = column.width.saturating_sub(used);
        match column.align {
            Align::Right => put_blanks(&mut pen, style, pad).put(style, column.title).put(style, mark),
            Align::Left => put_blanks(pen.put(style, column.title).put(style, mark), style, pad),
        };
    }
}

fn put_blanks<'p, 'b>(pen: &'p mut Pen<'b>, style: Style, cells: u16) -> &'p mut Pen<'b> {
    const BLANKS: &str = "                                ";
    let mut left = usize::from(cells);
    while left > 0 {
        let some = left.min(BLANKS.len());
        pen.put(style, BLANKS.get(..some).unwrap_or(BLANKS));
        left -= some;
    }
    pen
}

fn fill(area: Rect, buf: &mut Buffer, style: Style) {
    buf.set_style(area.intersection(buf.area), style);
}

#[allow(clippy::too_many_arguments)]
fn draw_line(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    app: &App,
    line: Line,
    row: &Row<'_>,
    chosen: bool,
    cell: &mut Cell,
) {
    let table = &app.table;
    // Rows that only lead to a match, those that are gone and those that stand for many have their own look.
    let plain = line.among == Among::Present && !line.context;
    let rule = if plain { app.saved.looks.of(row.proc) } else { None };
    let look = Look::new(theme, app, line, row, chosen, rule.map(|rule| rule.look));
    let over = look.whole();
    let mark = rule.and_then(|rule| rule.mark);
    let frozen = is_frozen(app, line, row.proc);
    if let Some(style) = look.ground() {
        fill(area, buf, style);
    }
    let mut pen = Pen::scrolled(buf, area, table.shift);
    for (i, column) in shown(table, area.width) {
        if pen.left() == 0 {
            break;
        }
        if i > 0 && frozen && column.is_name() {
            pen.put(over.unwrap_or_else(|| theme.style(Role::Stopped)), theme.glyphs().frozen());
        } else if i > 0
            && column.is_name()
            && let Some(mark) = mark
        {
            // Whatever look the row has: what is marked is also selected or tagged.
            let style = over.unwrap_or_else(|| theme.style(Role::Text));
            pen.put(style, mark.encode_utf8(&mut [0; 4]));
        } else if i > 0 {
            pen.skip(1);
        }
        let mut room = column.width;
        if table.is_nested() && column.is_name() {
            room =
                room.saturating_sub(draw_branch(&mut pen, theme, over, line, Indent::new(table, area.width)));
        }
        cell.clear();
        if column.grows {
            cell.limit(pen.reach());
        }
        column.cell(row, cell);
        let pad = room.saturating_sub(cell.width() as u16);
        if column.align == Align::Right {
            pen.skip(pad);
        }
        for (text, role) in cell.parts() {
            pen.put(look.style(theme, role, i == 0, column.grows), text);
        }
        if column.align == Align::Left && !column.grows {
            pen.skip(pad);
        }
    }
}

/// How far the tree's rows are indented: the branches take half of the name's room, however deep it is.
#[derive(Clone, Copy)]
struct Indent {
    /// Cells for each level above a row's own.
    unit: u16,
    /// Levels that are drawn; deeper rows say by a number how many more there are.
    deepest: u16,
}

impl Indent {
    /// As wide as the column of names allows in a terminal of this width.
    fn new(table: &Table, width: u16) -> Indent {
        let before: u16 =
            shown(table, width).take_while(|(_, c)| !c.is_name()).map(|(_, c)| c.width + 1).sum();
        let room = width.saturating_sub(before);
        let unit = match room {
            0..24 => 1,
            24..60 => 2,
            _ => 3,
        };
        Indent { unit, deepest: (room / 2 / unit).clamp(1, DEEPEST) }
    }

    /// How many levels are left out above a row of this depth.
    fn left_out(self, depth: u16) -> u16 {
        depth.saturating_sub(self.deepest)
    }

    /// The cells before a row's own piece, which ends with its fold mark.
    fn before(self, depth: u16) -> u16 {
        let number = match self.left_out(depth) {
            0 => 0,
            n => 3 + n.ilog10() as u16,
        };
        depth.min(self.deepest).saturating_sub(1) * self.unit + number
    }
}

/// The pieces that branches are made of.
struct Branches {
    rail: &'static str,
    tee: &'static str,
    corner: &'static str,
}

const BRANCHES: Branches = Branches { rail: "│", tee: "├", corner: "└" };
const ASCII_BRANCHES: Branches = Branches { rail: "|", tee: "|", corner: "`" };

/// Draws the branches that lead to a row; returns their width. A root has none, or only its fold mark.
fn draw_branch(pen: &mut Pen<'_>, theme: &Theme, over: Option<Style>, line: Line, indent: Indent) -> u16 {
    let unicode = theme.glyphs().unicode();
    let style = over.unwrap_or_else(|| theme.style(Role::Branch));
    let mark_style = over.unwrap_or_else(|| theme.style(Role::Key));
    let pieces = if unicode { &BRANCHES } else { &ASCII_BRANCHES };
    let mark = match (line.fold, unicode) {
        (Fold::Leaf, true) => "─ ",
        (Fold::Open, true) => "┬ ",
        (Fold::Closed, true) => "▸ ",
        (Fold::Leaf, false) => "- ",
        (Fold::Open, false) => "+ ",
        (Fold::Closed, false) => "> ",
    };
    if line.among == Among::Group {
        let open = if unicode { "▾ " } else { "v " };
        pen.put(mark_style, if line.fold == Fold::Open { open } else { mark });
        return 2;
    }
    if line.depth == 0 {
        if line.fold != Fold::Closed {
            return 0;
        }
        pen.put(mark_style, mark);
        return 2;
    }
    for level in 1..line.depth.min(indent.deepest) {
        let goes_on = line.rails >> (level - 1) & 1 == 1;
        put_blanks(pen.put(style, if goes_on { pieces.rail } else { " " }), style, indent.unit - 1);
    }
    if indent.left_out(line.depth) > 0 {
        pen.fmt(style, format_args!("+{} ", indent.left_out(line.depth)));
    }
    pen.put(style, if line.last { pieces.corner } else { pieces.tee });
    pen.put(if line.fold == Fold::Closed { mark_style } else { style }, mark);
    indent.before(line.depth) + 3
}

/// What lies at (`x`, `y`) of the table drawn into `area`.
pub(super) fn hit(area: Rect, app: &App, x: u16, y: u16) -> Hit {
    let table = &app.table;
    let at = usize::from(x.saturating_sub(area.x)) + table.shift;
    let mut start = 0_usize;
    let mut column = None;
    for (i, c) in shown(table, area.width) {
        let end = if c.grows { usize::MAX } else { start.saturating_add(usize::from(c.width) + 1) };
        if (start..end).contains(&at) {
            column = Some((i, c, start));
        }
        start = end;
    }
    if y == area.y {
        return column.map_or(Hit::Nothing, |(i, ..)| Hit::Column(i));
    }
    let Some(below) = (y - area.y).checked_sub(1 + crumbs(area.height, table)) else { return Hit::Nothing };
    let number = table.first + usize::from(below);
    let Some(line) = table.lines().get(number) else { return Hit::Nothing };
    if let Some((_, c, start)) = column
        && table.is_nested()
        && c.is_name()
        && line.fold != Fold::Leaf
    {
        // The mark is the last piece of the branch; a root's is at its very start.
        let mark = start + usize::from(Indent::new(table, area.width).before(line.depth));
        if (mark..mark + if line.depth == 0 { 2 } else { 3 }).contains(&at) {
            return Hit::FoldMark(number);
        }
    }
    Hit::Line(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_room_however_deep_it_stands() {
        let table = Table::default();
        for width in [80, 100, 120, 200] {
            let indent = Indent::new(&table, width);
            let before: u16 = shown(&table, width).filter(|(_, c)| !c.grows).map(|(_, c)| c.width + 1).sum();
            for depth in [1, 2, 5, 9, 40, 41, 100] {
                let branch = indent.before(depth) + 3;
                let room = width - before;
                assert!(branch + 2 <= room, "{branch} of {room} cells at {width}, depth {depth}");
            }
        }
        assert_eq!(Indent::new(&table, 200).unit, 3);
        assert_eq!(Indent::new(&table, 80).unit, 2);
    }

    #[test]
    fn branches_are_as_wide_as_they_say_so_that_a_click_finds_the_mark() {
        let theme = Theme::default();
        let area = Rect::new(0, 0, 200, 1);
        for unit in 1..=3 {
            let indent = Indent { unit, deepest: 12 };
            for depth in [1, 2, 3, 12, 13, 22, 112, 12_012] {
                let mut buf = Buffer::empty(area);
                let mut pen = Pen::new(&mut buf, area);
                let line = Line { depth, fold: Fold::Closed, last: true, rails: u64::MAX, ..Line::default() };
                let width = draw_branch(&mut pen, &theme, None, line, indent);
                assert_eq!(width, pen.x());
                let symbol = |x: u16| buf.cell((x, 0)).map(ratatui::buffer::Cell::symbol);
                assert_eq!(symbol(indent.before(depth)), Some(BRANCHES.corner), "depth {depth}");
            }
        }
    }
}
