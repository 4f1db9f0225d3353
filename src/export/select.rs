//! Which processes are listed, and in which order.

use std::cmp::Ordering;

use crate::catalog::{Column, Grouped, Row};
use crate::model::{Forest, Proc, Snapshot, Sums};
use crate::query::Filter;

/// One process of a listing, or one group.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The process.
    pub proc: &'a Proc,
    /// How many of its ancestors are listed above it; 0 in a flat listing.
    pub depth: u32,
    /// Where the line stands for a group: who is in it, of whom the process is one, and their sums.
    pub group: Option<(Grouped<'a>, &'a Sums)>,
}

/// In which order processes are listed.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The column that sorts; ties go by pid.
    pub column: &'a Column,
    /// Whether the greatest comes first. The unknown is last in either direction.
    pub descending: bool,
    /// Whether children follow their parents; the order is then that of siblings.
    pub tree: bool,
}

impl<'a> Order<'a> {
    /// A flat listing, in the natural direction of `column`.
    pub fn by(column: &'a Column) -> Order<'a> {
        Order { column, descending: column.descending, tree: false }
    }
}

/// The processes that match, in order.
///
/// In a tree, a process whose parent does not match hangs below the nearest ancestor that does.
pub fn select<'a>(snapshot: &'a Snapshot, filter: &Filter, order: &Order<'_>) -> Vec<Line<'a>> {
    let sorted = sorted(snapshot, order);
    let proc = |at: u32| snapshot.procs.get(at as usize);
    if !order.tree {
        let matching = sorted.iter().filter_map(|at| proc(*at)).filter(|proc| filter.matches(proc));
        return matching.map(|proc| Line::of(proc, 0)).collect();
    }
    let ordered = Forest::new(&snapshot.procs).ordered(sorted.iter().copied());
    let mut lines = Vec::with_capacity(sorted.len());
    let mut waiting: Vec<(u32, u32)> = ordered.roots().iter().rev().map(|root| (*root, 0)).collect();
    while let Some((at, depth)) = waiting.pop() {
        let mut below = depth;
        if let Some(proc) = proc(at).filter(|proc| filter.matches(proc)) {
            lines.push(Line::of(proc, depth));
            below += 1;
        }
        waiting.extend(ordered.children(at as usize).iter().rev().map(|child| (*child, below)));
    }
    lines
}

/// The positions of all processes, in order.
fn sorted(snapshot: &Snapshot, order: &Order<'_>) -> Vec<u32> {
    let value = |proc| order.column.value(&Row::new(snapshot, proc));
    let mut keyed: Vec<_> = (0u32..).zip(&snapshot.procs).map(|(at, proc)| (value(proc), at)).collect();
    // Positions are in the order of pids, so that they settle ties.
    keyed.sort_unstable_by(|(a, a_at), (b, b_at)| match a.order(b, order.descending) {
        Ordering::Equal => a_at.cmp(b_at),
        unequal => unequal,
    });
    keyed.into_iter().map(|(_, at)| at).collect()
}
