//! Changing which meters a header has, and where.

use crate::app::{Header, HeaderColumn, Placed};
use crate::catalog::{Data, Meter, meter};
use crate::config::{HTOP_LAYOUTS, MOST_COLUMNS, MOST_METERS};

/// By so much a column becomes wider, and so wide it is at least and at most: parts of the sum of all.
const STEP: u16 = 5;
const WIDEST: u16 = 1000;
/// Most cores side by side.
const MOST_CORES: u16 = 256;

/// The meters with which a header begins that was automatic: those in its first column, and those in its last.
const FIRST: [&str; 3] = ["cores", "memory", "swap"];
const LAST: [&str; 3] = ["tasks", "load", "uptime"];

impl Header {
    /// The layout of htop's that it has.
    pub(in crate::app) fn layout(&self) -> Option<usize> {
        let same = |widths: &&[u16]| widths.iter().eq(self.columns.iter().map(|column| &column.width));
        let equal = self.columns.iter().map(|column| column.width).collect::<std::collections::BTreeSet<_>>();
        let alike = |widths: &[u16]| {
            equal.len() == 1
                && widths.len() == self.columns.len()
                && widths.iter().all(|width| Some(width) == widths.first())
        };
        HTOP_LAYOUTS.iter().position(|(_, widths)| same(widths) || alike(widths))
    }

    /// Takes the layout of htop's at `to`, or is automatic. Meters of columns that are gone stand in the last one.
    pub(in crate::app) fn set_layout(&mut self, to: Option<usize>) {
        let Some((_, widths)) = to.and_then(|to| HTOP_LAYOUTS.get(to)) else {
            self.columns.clear();
            return;
        };
        if self.is_automatic() {
            let column = |ids: [&str; 3]| HeaderColumn {
                width: 1,
                meters: ids.into_iter().filter_map(meter).map(Placed::new).collect(),
            };
            self.columns = [FIRST, LAST].map(column).into();
        }
        let rest = self.columns.split_off(widths.len().min(self.columns.len()));
        if let Some(last) = self.columns.last_mut() {
            last.meters.extend(rest.into_iter().flat_map(|column| column.meters));
        }
        self.columns.resize(widths.len(), HeaderColumn { width: 1, meters: Vec::new() });
        for (column, width) in self.columns.iter_mut().zip(*widths) {
            column.width = *width;
        }
    }

    /// Adds a meter at the foot of `column`; where it stands, or `None` where there is no room.
    pub(in crate::app) fn add(&mut self, column: usize, meter: &'static Meter) -> Option<usize> {
        // Who adds one CPU after the other wants the next one.
        let all = self.columns.iter().flat_map(|column| &column.meters);
        let cpus = all.filter(|placed| meter.data == Data::Cpu && placed.meter.id == meter.id);
        let number = cpus.map(|placed| placed.number.saturating_add(1)).max().unwrap_or(0);
        let meters = &mut self.columns.get_mut(column)?.meters;
        (meters.len() < MOST_METERS).then(|| meters.push(Placed { number, ..Placed::new(meter) }))?;
        Some(meters.len() - 1)
    }

    /// Takes a meter away, unless it is the only one: a header without any is automatic.
    pub(in crate::app) fn remove(&mut self, column: usize, at: usize) -> bool {
        let count: usize = self.columns.iter().map(|column| column.meters.len()).sum();
        let meters = self.columns.get_mut(column).map(|column| &mut column.meters);
        match meters.filter(|meters| count > 1 && at < meters.len()) {
            Some(meters) => {
                meters.remove(at);
                true
            }
            None => false,
        }
    }

    /// Moves a meter one place up or down, at the end of its column into the next one; where it stands then.
    pub(in crate::app) fn shift(&mut self, column: usize, at: usize, down: bool) -> (usize, usize) {
        let stays = (column, at);
        let last = self.columns.get(column).map_or(0, |column| column.meters.len()).saturating_sub(1);
        let within = if down { (at < last).then_some(at + 1) } else { at.checked_sub(1) };
        if let (Some(to), Some(from)) = (within, self.columns.get_mut(column)) {
            from.meters.swap(at, to);
            return (column, to);
        }
        let Some(next) = (if down { Some(column + 1) } else { column.checked_sub(1) }) else { return stays };
        if self.columns.get(next).is_none_or(|next| next.meters.len() >= MOST_METERS) {
            return stays;
        }
        let moved = self.columns.get_mut(column).filter(|from| at < from.meters.len());
        let Some(moved) = moved.map(|from| from.meters.remove(at)) else { return stays };
        let Some(to) = self.columns.get_mut(next) else { return stays };
        let place = if down { 0 } else { to.meters.len() };
        to.meters.insert(place, moved);
        (next, place)
    }

    /// The part of the width that a column has, percent.
    pub(in crate::app) fn share(&self, column: usize) -> u32 {
        let sum: u32 = self.columns.iter().map(|column| u32::from(column.width)).sum();
        let width = self.columns.get(column).map_or(0, |column| u32::from(column.width));
        (width * 100 + sum / 2) / sum.max(1)
    }

    /// Gives a column a greater part of the width, or a smaller one.
    pub(in crate::app) fn widen(&mut self, column: usize, more: bool) {
        // Parts such as 2 and 3 would go too far by one: they are hundredths from here on.
        let sum: u32 = self.columns.iter().map(|column| u32::from(column.width)).sum();
        if sum < 50 {
            let percent = |width: u16| (u32::from(width) * 100 / sum.max(1)).max(1) as u16;
            self.columns.iter_mut().for_each(|column| column.width = percent(column.width));
        }
        if let Some(column) = self.columns.get_mut(column) {
            let to = if more { column.width.saturating_add(STEP) } else { column.width.saturating_sub(STEP) };
            column.width = to.clamp(STEP, WIDEST);
        }
    }

    /// Adds a column at the end, as wide as the others are in the mean; where it stands, or `None` where there is no room.
    pub(in crate::app) fn add_column(&mut self) -> Option<usize> {
        let count = self.columns.len();
        if count == 0 || count >= MOST_COLUMNS {
            return None;
        }
        let sum: u32 = self.columns.iter().map(|column| u32::from(column.width)).sum();
        let width = (sum / count as u32).clamp(1, u32::from(WIDEST)) as u16;
        self.columns.push(HeaderColumn { width, meters: Vec::new() });
        Some(count)
    }

    /// Takes a column away, unless it is the only one; its meters stand in the one beside it then, as far as there is
    /// room.
    pub(in crate::app) fn remove_column(&mut self, column: usize) -> bool {
        if self.columns.len() < 2 || column >= self.columns.len() {
            return false;
        }
        let gone = self.columns.remove(column);
        if let Some(beside) = self.columns.get_mut(column.saturating_sub(1)) {
            beside.meters.extend(gone.meters);
            beside.meters.truncate(MOST_METERS);
        }
        true
    }

    /// Exchanges a column with the one beside it; where it stands then.
    pub(in crate::app) fn shift_column(&mut self, column: usize, right: bool) -> usize {
        let to = if right { column + 1 } else { column.saturating_sub(1) };
        if to.max(column) < self.columns.len() {
            self.columns.swap(column, to);
            return to;
        }
        column
    }

    /// Has a meter of cores show one more side by side, or one fewer, or as many as have room; whether it can.
    pub(in crate::app) fn spread(&mut self, column: usize, at: usize, more: bool) -> bool {
        let placed = self.columns.get_mut(column).and_then(|column| column.meters.get_mut(at));
        let Some(placed) = placed.filter(|placed| matches!(placed.meter.data, Data::Cores(_))) else {
            return false;
        };
        placed.columns = match (placed.columns, more) {
            (None, true) => Some(1),
            (None | Some(0 | 1), false) => None,
            (Some(count), true) => Some((count + 1).min(MOST_CORES)),
            (Some(count), false) => Some(count - 1),
        };
        true
    }

    /// Draws a meter in its next style.
    pub(in crate::app) fn next_style(&mut self, column: usize, at: usize) {
        let Some(placed) = self.columns.get_mut(column).and_then(|column| column.meters.get_mut(at)) else {
            return;
        };
        let next = placed.meter.styles().skip_while(|style| *style != placed.style).nth(1);
        placed.style = next.unwrap_or(placed.meter.style);
    }
}
