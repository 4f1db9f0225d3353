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

/// Which list of the snapshot a line points into.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Among {
    /// [`Snapshot::procs`]: it is there.
    #[default]
    Present,
    /// [`Snapshot::short_lived`]: no process, but all those of one parent that died between two looks.
    ShortLived,
    /// [`Snapshot::ended`]: it has just ended.
    Ended,
}

/// One row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// Position in the list `among` names.
    pub at: u32,
    /// Which list that is.
    pub among: Among,
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
    /// Rows of processes that died between two looks too.
    pub short_lived: bool,
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
    let dead = dead_lines(snapshot, rules);
    if rules.tree {
        arrange_tree(snapshot, rules, &keep, &dead, &mut out);
    } else {
        let order = sorted(snapshot, rules, &keep, &[]);
        out.lines.extend(order.into_iter().map(|at| Line { at, ..Line::default() }));
    }
    if rules.tree {
        insert_in_tree(snapshot, &dead, &mut out.lines);
    } else {
        insert_in_list(snapshot, rules, &dead, &mut out.lines);
    }
    out
}

/// The rows of what is no longer there, short-lived ones first, as lines without a place yet.
fn dead_lines(snapshot: &Snapshot, rules: &Rules<'_>) -> Vec<Line> {
    let lists = [
        (rules.short_lived, Among::ShortLived, &snapshot.short_lived),
        (rules.ended, Among::Ended, &snapshot.ended),
    ];
    let wanted = lists.into_iter().filter(|(wanted, ..)| *wanted).flat_map(|(_, among, list)| {
        (0u32..)
            .zip(list)
            .filter(|(_, proc)| {
                // The dead children of a kernel thread are its like.
                let kernel = proc.task.kind == Kind::Kernel
                    || (proc.task.kind == Kind::ShortLived
                        && proc.task.parent.and_then(|pid| snapshot.find_pid(pid)).is_some_and(is_kernel));
                (rules.kernel || !kernel) && matches(proc, rules)
            })
            .map(move |(at, _)| Line { at, among, last: true, ..Line::default() })
    });
    wanted.collect()
}

fn is_kernel(proc: &Proc) -> bool {
    proc.task.kind == Kind::Kernel
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
    let value = |at: usize, proc| {
        let sums = if rules.by_total { sums.get(at) } else { None };
        settled(rules.sort, &Row { snapshot, proc, sums })
    };
    let mut text = false;
    let mut keyed: Vec<(u128, u32)> = Vec::with_capacity(keep.len());
    keyed.extend(kept.map(|(at, proc)| {
        let value = value(at, proc);
        text |= matches!(value, Value::Text(_));
        (value.key(rules.descending), at as u32)
    }));
    if text {
        // Texts whose beginnings agree have the same key.
        let again = keyed.iter().filter_map(|(key, at)| {
            snapshot.procs.get(*at as usize).map(|proc| (*key, value(*at as usize, proc), *at))
        });
        let mut keyed: Vec<(u128, Value<'_>, u32)> = again.collect();
        let order = |a: &Value<'_>, b: &Value<'_>| a.order(b, rules.descending);
        keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| order(&a.1, &b.1)).then(a.2.cmp(&b.2)));
        return keyed.into_iter().map(|(_, _, at)| at).collect();
    }
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, at)| at).collect()
}

/// What a row sorts by: its value as far as it can be seen.
fn settled<'a>(column: &Column, row: &Row<'a>) -> Value<'a> {
    match column.value(row) {
        Value::Float(value) if column.grain > 0.0 => Value::Float((value / column.grain).round()),
        value => value,
    }
}

fn arrange_tree(
    snapshot: &Snapshot,
    rules: &Rules<'_>,
    matching: &[bool],
    dead: &[Line],
    out: &mut Arrangement,
) {
    let procs = &snapshot.procs;
    let forest = Forest::new(procs);
    out.sums = forest.sums(procs, snapshot.host().ticks_per_second);
    // Ancestors of what matches stay, so that a match is seen in its place.
    let mut keep = matching.to_vec();
    for at in 0..procs.len() {
        if matching.get(at) == Some(&true) {
            lead_to(&mut keep, forest.ancestry(at).skip(1));
        }
    }
    for line in dead.iter().filter(|line| line.among == Among::ShortLived) {
        let parent = line.proc(snapshot).and_then(|row| row.task.parent);
        if let Some(at) = parent.and_then(|pid| position(procs, pid)) {
            lead_to(&mut keep, forest.ancestry(at));
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
        out.lines.push(Line { at, among: Among::Present, depth, rails, last, fold, context });
        if fold == Fold::Open {
            push(&mut stack, children, depth.saturating_add(1), rails | rail_below(depth, last));
        }
    }
    out.forest = Some(forest);
}

/// Keeps the rows of a chain of ancestors, up to the first that is kept already.
fn lead_to(keep: &mut [bool], chain: impl Iterator<Item = usize>) {
    for up in chain {
        match keep.get_mut(up) {
            Some(kept) if !*kept => *kept = true,
            _ => break,
        }
    }
}

/// Where the process with this pid is in `procs`.
fn position(procs: &[Proc], pid: Pid) -> Option<usize> {
    procs.binary_search_by_key(&pid, |proc| proc.task.id.pid).ok()
}

/// Puts the rows of the dead where their last figures belong.
fn insert_in_list(snapshot: &Snapshot, rules: &Rules<'_>, dead: &[Line], lines: &mut Vec<Line>) {
    for line in dead {
        let Some(proc) = line.proc(snapshot) else { continue };
        let value = settled(rules.sort, &Row::new(snapshot, proc));
        let place = lines.partition_point(|l| {
            l.proc(snapshot).is_some_and(|other| {
                let theirs = settled(rules.sort, &Row::new(snapshot, other));
                theirs.order(&value, rules.descending) != Ordering::Greater
            })
        });
        lines.insert(place, *line);
    }
}

/// Puts the rows of the dead first below the nearest ancestor that lives, or below all where none does; those that no
/// look saw before those that have just ended. They are left out where that ancestor is folded or not shown itself.
fn insert_in_tree(snapshot: &Snapshot, dead: &[Line], lines: &mut Vec<Line>) {
    if dead.is_empty() {
        return;
    }
    let parents: HashMap<Pid, Option<Pid>> =
        snapshot.ended.iter().map(|p| (p.task.id.pid, p.task.parent)).collect();
    let lives = |pid: Pid| position(&snapshot.procs, pid);
    let nearest = |line: &Line| {
        let mut up = line.proc(snapshot)?.task.parent?;
        // As many steps as have ended are enough, whatever circle the data form.
        for _ in 0..parents.len() {
            match parents.get(&up).filter(|_| lives(up).is_none()) {
                Some(further) => up = (*further)?,
                None => break,
            }
        }
        lives(up)
    };
    // Below whom, by position, and who; the roots come after all lines.
    let mut below: Vec<(Option<usize>, Line)> = dead.iter().map(|line| (nearest(line), *line)).collect();
    below.sort_by_key(|(up, line)| (*up, line.among, line.at));
    let mut wanted = vec![false; snapshot.procs.len()];
    for up in below.iter().filter_map(|(up, _)| *up) {
        if let Some(mark) = wanted.get_mut(up) {
            *mark = true;
        }
    }
    let mut all = Vec::with_capacity(lines.len() + below.len());
    for up in &*lines {
        all.push(*up);
        if up.fold == Fold::Closed || wanted.get(up.at as usize) != Some(&true) {
            continue;
        }
        let at = Some(up.at as usize);
        let from = below.partition_point(|(parent, _)| *parent < at);
        let here = below.get(from..).unwrap_or(&[]).iter().take_while(|(parent, _)| *parent == at);
        let (depth, rails) = (up.depth.saturating_add(1), up.rails | rail_below(up.depth, up.last));
        let before = all.len();
        all.extend(here.map(|(_, line)| Line { depth, rails, last: false, ..*line }));
        if let Some(line) = all.get_mut(before..).and_then(<[Line]>::last_mut) {
            line.last = up.fold == Fold::Leaf;
        }
    }
    all.extend(below.iter().take_while(|(up, _)| up.is_none()).map(|(_, line)| *line));
    *lines = all;
}

/// The rail that goes on below a line that has a sibling to come; roots have no rail.
fn rail_below(depth: u16, last: bool) -> u64 {
    if depth > 0 && depth <= DEEPEST && !last { 1 << (depth - 1) } else { 0 }
}

impl Line {
    /// The process of this line in `snapshot`, or the row that stands for some that died between two looks.
    pub fn proc<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Proc> {
        let list = match self.among {
            Among::Present => &snapshot.procs,
            Among::ShortLived => &snapshot.short_lived,
            Among::Ended => &snapshot.ended,
        };
        list.get(self.at as usize)
    }
}
