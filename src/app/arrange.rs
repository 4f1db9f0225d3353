//! Which rows there are and in what order: a snapshot and the table's rules → lines. Pure.
//!
//! A *line* is one row of the table before it is drawn. Lines are small and cheap; nothing of a row is formatted here.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::catalog::{Column, Row, Value};
use crate::model::{Forest, Kind, Pid, Proc, ProcId, Snapshot, Sums};
use crate::query::Filter;

/// How deep a line is drawn indented; deeper ones say so by a number.
pub const DEEPEST: u16 = 40;

/// Whether a line has a subtree below it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fold {
    /// No children, or not a tree.
    #[default]
    Leaf,
    /// Its children stand below it.
    Open,
    /// Its children are hidden; the row shows their sum.
    Closed,
}

/// One row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// Position in [`Snapshot::procs`], or in [`Snapshot::ended`] where `ended`.
    pub at: u32,
    /// Whether the process has just ended.
    pub ended: bool,
    /// Ancestors above it in the tree.
    pub depth: u16,
    /// Bit `d` is set where the ancestor at depth `d + 1` has a sibling below, so that its rail goes on.
    pub rails: u64,
    /// Whether it is the last of its siblings.
    pub last: bool,
    /// Its subtree.
    pub fold: Fold,
    /// It does not match, but a descendant does.
    pub context: bool,
}

/// What decides which rows there are and their order.
#[derive(Clone, Debug)]
pub struct Rules<'a> {
    /// The column that sorts.
    pub sort: &'static Column,
    /// Greatest first.
    pub descending: bool,
    /// As a tree.
    pub tree: bool,
    /// In the tree, siblings by the sum of their subtrees.
    pub by_total: bool,
    /// Subtrees that are folded.
    pub folded: &'a HashSet<ProcId>,
    /// Kernel threads too.
    pub kernel: bool,
    /// Rows that have just ended too.
    pub ended: bool,
    /// Only what matches.
    pub filter: &'a Filter,
    /// Only this owner's.
    pub uid: Option<u32>,
    /// Only these, where not empty.
    pub pids: &'a [Pid],
}

/// The rows in order, and what was found out on the way.
#[derive(Clone, Debug, Default)]
pub struct Arrangement {
    /// The rows.
    pub lines: Vec<Line>,
    /// Sums of every process's subtree, by position; empty where not a tree.
    pub sums: Vec<Sums>,
    /// The forest; `None` where not a tree.
    pub forest: Option<Forest>,
    /// Kernel threads that are not shown.
    pub hidden_kernel: usize,
    /// Processes that match, context not counted.
    pub matching: usize,
}

/// The rows of `snapshot` by `rules`.
pub fn arrange(snapshot: &Snapshot, rules: &Rules<'_>) -> Arrangement {
    let procs = &snapshot.procs;
    let mut out = Arrangement::default();
    let mut keep: Vec<bool> = Vec::with_capacity(procs.len());
    for proc in procs {
        let hidden = proc.task.kind == Kind::Kernel && !rules.kernel;
        let wanted = !hidden && matches(proc, rules);
        out.hidden_kernel += usize::from(hidden);
        out.matching += usize::from(wanted);
        keep.push(wanted);
    }
    if rules.tree {
        arrange_tree(snapshot, rules, &keep, &mut out);
    } else {
        let order = sorted(snapshot, rules, &keep, &[]);
        out.lines.extend(order.into_iter().map(|at| Line { at, ..Line::default() }));
    }
    if rules.ended {
        insert_ended(snapshot, rules, &mut out);
    }
    out
}

/// Whether a process is wanted, kernel threads aside.
fn matches(proc: &Proc, rules: &Rules<'_>) -> bool {
    let owned = rules.uid.is_none_or(|uid| proc.task.uid.known() == Some(&uid));
    let named =
        rules.pids.is_empty() || rules.pids.contains(&proc.task.id.pid) || thread_of(proc, rules.pids);
    owned && named && rules.filter.matches(proc)
}

fn thread_of(proc: &Proc, pids: &[Pid]) -> bool {
    matches!(proc.task.kind, Kind::Thread(process) if pids.contains(&process))
}

/// The kept positions in the order of the sorting column; unknown values last, ties by pid.
fn sorted(snapshot: &Snapshot, rules: &Rules<'_>, keep: &[bool], sums: &[Sums]) -> Vec<u32> {
    let kept = snapshot.procs.iter().enumerate().filter(|(at, _)| keep.get(*at) == Some(&true));
    let mut keyed: Vec<(Value<'_>, u32)> = kept
        .map(|(at, proc)| {
            let sums = if rules.by_total { sums.get(at) } else { None };
            (settled(rules.sort, &Row { snapshot, proc, sums }), at as u32)
        })
        .collect();
    keyed.sort_unstable_by(|a, b| a.0.order(&b.0, rules.descending).then(a.1.cmp(&b.1)));
    keyed.into_iter().map(|(_, at)| at).collect()
}

/// What a row sorts by: its value as far as it can be seen.
fn settled<'a>(column: &Column, row: &Row<'a>) -> Value<'a> {
    match column.value(row) {
        Value::Float(value) if column.grain > 0.0 => Value::Float((value / column.grain).round()),
        value => value,
    }
}

fn arrange_tree(snapshot: &Snapshot, rules: &Rules<'_>, matching: &[bool], out: &mut Arrangement) {
    let procs = &snapshot.procs;
    let forest = Forest::new(procs);
    out.sums = forest.sums(procs, snapshot.host().ticks_per_second);
    // Ancestors of what matches stay, so that a match is seen in its place.
    let mut keep = matching.to_vec();
    for at in 0..procs.len() {
        if matching.get(at) == Some(&true) {
            for up in forest.ancestry(at).skip(1) {
                match keep.get_mut(up) {
                    Some(kept) if !*kept => *kept = true,
                    _ => break,
                }
            }
        }
    }
    let order = sorted(snapshot, rules, &keep, &out.sums);
    let ordered = forest.ordered(order.iter().copied());
    // Depth first with a stack of our own: (position, depth, rails, last).
    let mut stack: Vec<(u32, u16, u64, bool)> = Vec::new();
    let push = |stack: &mut Vec<_>, nodes: &[u32], depth: u16, rails: u64| {
        for (i, at) in nodes.iter().enumerate().rev() {
            stack.push((*at, depth, rails, i + 1 == nodes.len()));
        }
    };
    push(&mut stack, ordered.roots(), 0, 0);
    while let Some((at, depth, rails, last)) = stack.pop() {
        let children = ordered.children(at as usize);
        let folded = procs.get(at as usize).is_some_and(|proc| rules.folded.contains(&proc.id()));
        let fold = match (children.is_empty(), folded) {
            (true, _) => Fold::Leaf,
            (false, true) => Fold::Closed,
            (false, false) => Fold::Open,
        };
        let context = matching.get(at as usize) == Some(&false);
        out.lines.push(Line { at, ended: false, depth, rails, last, fold, context });
        if fold == Fold::Open {
            push(&mut stack, children, depth.saturating_add(1), rails | rail_below(depth, last));
        }
    }
    out.forest = Some(forest);
}

/// Puts the rows that have just ended where they stood: by their last figures in a list, below their parent in a tree.
fn insert_ended(snapshot: &Snapshot, rules: &Rules<'_>, out: &mut Arrangement) {
    let wanted = |proc: &Proc| (rules.kernel || proc.task.kind != Kind::Kernel) && matches(proc, rules);
    let ended = snapshot.ended.iter().enumerate().filter(|(_, proc)| wanted(proc));
    if rules.tree {
        insert_ended_in_tree(snapshot, ended.map(|(at, proc)| (at as u32, proc)), &mut out.lines);
        return;
    }
    for (at, proc) in ended {
        let value = settled(rules.sort, &Row { snapshot, proc, sums: None });
        let place = out.lines.partition_point(|l| {
            l.proc(snapshot).is_some_and(|other| {
                let theirs = settled(rules.sort, &Row { snapshot, proc: other, sums: None });
                theirs.order(&value, rules.descending) != Ordering::Greater
            })
        });
        out.lines.insert(place, Line { at: at as u32, ended: true, ..Line::default() });
    }
}

/// Puts rows that have just ended first below the nearest ancestor that lives, or below all where none does. They are
/// left out where that ancestor is folded or not shown itself.
fn insert_ended_in_tree<'a>(
    snapshot: &'a Snapshot,
    ended: impl Iterator<Item = (u32, &'a Proc)>,
    lines: &mut Vec<Line>,
) {
    let mut ended = ended.peekable();
    if ended.peek().is_none() {
        return;
    }
    let shown: HashMap<Pid, usize> =
        lines.iter().enumerate().filter_map(|(i, l)| Some((l.proc(snapshot)?.task.id.pid, i))).collect();
    let parents: HashMap<Pid, Option<Pid>> =
        snapshot.ended.iter().map(|p| (p.task.id.pid, p.task.parent)).collect();
    let lives = |pid: Pid| snapshot.procs.binary_search_by_key(&pid, |p| p.task.id.pid).is_ok();
    // Below which line, and whom; the roots come after all lines.
    let mut below: Vec<(usize, u32)> = Vec::new();
    for (at, proc) in ended {
        let mut up = proc.task.parent;
        // As many steps as have ended are enough, whatever circle the data form.
        for _ in 0..parents.len() {
            match up.filter(|pid| !lives(*pid)).and_then(|pid| parents.get(&pid)) {
                Some(further) => up = *further,
                None => break,
            }
        }
        match up.filter(|pid| lives(*pid)) {
            None => below.push((lines.len(), at)),
            Some(pid) => match shown.get(&pid).and_then(|i| Some((*i, lines.get(*i)?))) {
                Some((i, line)) if line.fold != Fold::Closed => below.push((i, at)),
                _ => {}
            },
        }
    }
    below.sort_unstable();
    let mut below = below.into_iter().peekable();
    let mut all = Vec::with_capacity(lines.len() + snapshot.ended.len());
    for (i, up) in lines.iter().enumerate() {
        all.push(*up);
        let rails = up.rails | rail_below(up.depth, up.last);
        while let Some((_, at)) = below.next_if(|(line, _)| *line == i) {
            let last = up.fold == Fold::Leaf && below.peek().is_none_or(|(line, _)| *line != i);
            let depth = up.depth.saturating_add(1);
            all.push(Line { at, ended: true, depth, rails, last, ..Line::default() });
        }
    }
    all.extend(below.map(|(_, at)| Line { at, ended: true, last: true, ..Line::default() }));
    *lines = all;
}

/// The rail that goes on below a line that has a sibling to come; roots have no rail.
fn rail_below(depth: u16, last: bool) -> u64 {
    if depth > 0 && depth <= DEEPEST && !last { 1 << (depth - 1) } else { 0 }
}

impl Line {
    /// The process of this line in `snapshot`.
    pub fn proc<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Proc> {
        if self.ended { snapshot.ended.get(self.at as usize) } else { snapshot.procs.get(self.at as usize) }
    }
}
