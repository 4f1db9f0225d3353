//! Rows as a tree: parents above their children, in depth first order.

use crate::catalog::Row;
use crate::model::{Forest, Link, Snapshot};

use super::calm::take_in;
use super::dead::{below, mourn};
use super::keyed::{Keyed, settled, value_at};
use super::within::Within;
use super::{Among, Arrangement, Fold, Line, Rules};

/// What is noted of a process while the tree is made; a byte, because ancestors are asked for in any order and those of
/// a million should stay close to the CPU.
#[derive(Clone, Copy, Default)]
struct Mark(u8);

impl Mark {
    /// It is wanted.
    const MATCHING: u8 = 1;
    /// It has a row, perhaps only because a descendant is wanted.
    const KEPT: u8 = 1 << 1;
    /// Its subtree is folded.
    const FOLDED: u8 = 1 << 2;
    /// Rows of the dead stand below it.
    const MOURNS: u8 = 1 << 3;

    fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

/// The processes below their parents, siblings in the order of the sorting column.
pub(super) fn arrange(
    snapshot: &Snapshot,
    rules: &Rules<'_>,
    within: &Within,
    dead: &[Line],
    out: &mut Arrangement,
) {
    let procs = &snapshot.procs;
    let mut links = Vec::with_capacity(procs.len());
    let mut marks = Vec::with_capacity(procs.len());
    let mut keyed = Keyed::with_capacity(procs.len());
    for (at, proc) in (0u32..).zip(procs) {
        links.push(Link::of(proc));
        let wanted = out.wants(at as usize, proc, rules, within);
        marks.push(if wanted { Mark(Mark::MATCHING | Mark::KEPT) } else { Mark::default() });
        if !rules.by_total {
            keyed.push(at, &settled(rules, &Row::new(snapshot, proc)), rules.descending);
        }
    }
    let forest = Forest::of_links(&links);
    if rules.by_total || !rules.folded.is_empty() {
        out.sums = forest.sums(procs, snapshot.host().ticks_per_second);
    }
    // Ancestors of what matches stay, so that a match is seen in its place.
    if out.matching < procs.len() {
        for at in 0..procs.len() {
            if marks.get(at).is_some_and(|mark| mark.has(Mark::MATCHING)) {
                lead_to(&mut marks, forest.ancestry(at).skip(1));
            }
        }
    }
    for line in dead.iter().filter(|line| line.among == Among::ShortLived) {
        let parent = line.proc(snapshot).and_then(|row| row.task.parent);
        if let Some(at) = parent.and_then(|pid| snapshot.position_of_pid(pid)) {
            lead_to(&mut marks, forest.ancestry(at));
        }
    }
    for id in rules.folded {
        if let Some(mark) = snapshot.position(*id).and_then(|at| marks.get_mut(at)) {
            mark.0 |= Mark::FOLDED;
        }
    }
    let below = below(snapshot, dead);
    for up in below.iter().filter_map(|(up, _)| *up) {
        if let Some(mark) = marks.get_mut(up) {
            mark.0 |= Mark::MOURNS;
        }
    }
    let value = |at| value_at(snapshot, rules, &out.sums, at);
    if rules.by_total {
        for at in 0..procs.len() as u32 {
            keyed.push(at, &value(at), rules.descending);
        }
    }
    keyed.keep(|at| marks.get(at as usize).is_some_and(|mark| mark.has(Mark::KEPT)));
    let order = keyed.sorted(value, rules.descending);
    out.lines.reserve(order.len() + below.len());
    let mut ordered = forest.ordered(order.iter().copied());
    drop(order);
    out.calm.settle(
        snapshot.number,
        rules,
        |change| ordered.each_group(change),
        |seats, old| take_in(&links, &forest, seats, old),
        value,
    );
    drop(links);
    // Depth first with a stack of our own: siblings that are still to come, their depth and rails.
    let kept = |at: &u32| marks.get(*at as usize).is_some_and(|mark| mark.has(Mark::KEPT));
    let root = within.root().map(|root| root as u32);
    let own: &[u32] = root.as_ref().filter(|at| kept(at)).map_or(&[], std::slice::from_ref);
    let roots = if root.is_some() { own } else { ordered.roots() };
    let mut stack = vec![(roots.iter(), 0u16, 0u64)];
    while let Some((siblings, depth, rails)) = stack.last_mut() {
        let Some(&at) = siblings.next() else {
            stack.pop();
            continue;
        };
        let (depth, rails, last) = (*depth, *rails, siblings.as_slice().is_empty());
        let children = ordered.children(at as usize);
        let mark = marks.get(at as usize).copied().unwrap_or_default();
        let fold = match (children.is_empty(), mark.has(Mark::FOLDED)) {
            (true, _) => Fold::Leaf,
            (false, true) => Fold::Closed,
            (false, false) => Fold::Open,
        };
        let line =
            Line { at, among: Among::Present, depth, rails, last, fold, context: !mark.has(Mark::MATCHING) };
        out.lines.push(line);
        if mark.has(Mark::MOURNS) && fold != Fold::Closed {
            mourn(&line, &below, &mut out.lines);
        }
        if fold == Fold::Open {
            stack.push((children.iter(), depth.saturating_add(1), line.rails_below()));
        }
    }
    out.lines.extend(below.iter().take_while(|(up, _)| up.is_none()).map(|(_, line)| *line));
    out.forest = Some(forest);
}

/// Keeps the rows of a chain of ancestors, up to the first that is kept already.
fn lead_to(marks: &mut [Mark], chain: impl Iterator<Item = usize>) {
    for up in chain {
        match marks.get_mut(up) {
            Some(mark) if !mark.has(Mark::KEPT) => mark.0 |= Mark::KEPT,
            _ => break,
        }
    }
}
