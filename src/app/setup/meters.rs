//! Changing which meters a header has, and where.

use crate::app::{Header, HeaderColumn, Placed};
use crate::catalog::{Data, Meter, meter};
use crate::config::{HTOP_LAYOUTS, MOST_METERS};

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

    /// Draws a meter in its next style.
    pub(in crate::app) fn next_style(&mut self, column: usize, at: usize) {
        let Some(placed) = self.columns.get_mut(column).and_then(|column| column.meters.get_mut(at)) else {
            return;
        };
        let next = placed.meter.styles().skip_while(|style| *style != placed.style).nth(1);
        placed.style = next.unwrap_or(placed.meter.style);
    }
}
