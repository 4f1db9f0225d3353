//! Rows as a list, those of the dead among them.

use std::cmp::Ordering;

use crate::catalog::{Row, Value};
use crate::model::{Proc, Snapshot};

use super::calm::settle_list;
use super::keyed::{Keyed, settled, value_at};
use super::within::Within;
use super::{Arrangement, Line, Rules};

/// The processes in the order of the sorting column.
pub(super) fn arrange(
    snapshot: &Snapshot,
    rules: &Rules<'_>,
    within: &Within,
    dead: &[Line],
    out: &mut Arrangement,
) {
    let mut keyed = Keyed::with_capacity(snapshot.procs.len());
    for (at, proc) in (0u32..).zip(&snapshot.procs) {
        if out.wants(at as usize, proc, rules, within) {
            keyed.push(at, &settled(rules, &Row::new(snapshot, proc)), rules.descending);
        }
    }
    let value = |at| value_at(snapshot, rules, &[], at);
    let mut order = keyed.sorted(value, rules.descending);
    let id = |at: u32| snapshot.procs.get(at as usize).map(Proc::id);
    settle_list(&mut out.calm_list, snapshot.number, rules, &mut order, id, value);
    out.lines.reserve(order.len() + dead.len());
    out.lines.extend(order.into_iter().map(|at| Line { at, ..Line::default() }));
    insert_in_list(snapshot, rules, dead, &mut out.lines);
}
/// Puts the rows of the dead where their last figures belong, behind what is equal to them. Every row is moved once,
/// however many are put in.
pub(super) fn insert_in_list(snapshot: &Snapshot, rules: &Rules<'_>, dead: &[Line], lines: &mut Vec<Line>) {
    let valued = |line: &Line| {
        let proc = line.proc(snapshot)?;
        Some((settled(rules, &Row::new(snapshot, proc)), *line))
    };
    let mut dead: Vec<(Value<'_>, Line)> = dead.iter().filter_map(valued).collect();
    dead.sort_by(|a, b| a.0.order(&b.0, rules.descending));
    let mut end = lines.len();
    lines.resize(end + dead.len(), Line::default());
    // From the last on, so that each finds its place among rows that have not been moved yet.
    for (left, (value, line)) in dead.iter().enumerate().rev() {
        let place = lines.get(..end).unwrap_or(&[]).partition_point(|l| {
            l.proc(snapshot).is_some_and(|other| {
                let theirs = settled(rules, &Row::new(snapshot, other));
                theirs.order(value, rules.descending) != Ordering::Greater
            })
        });
        lines.copy_within(place..end, place + left + 1);
        if let Some(free) = lines.get_mut(place + left) {
            *free = *line;
        }
        end = place;
    }
}
