//! Which rows there are and in what order: a snapshot and the table's rules → lines. Pure.
//!
//! A *line* is one row of the table before it is drawn. Lines are small and cheap; nothing of a row is formatted here.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::catalog::{Column, Row, Value};
use crate::model::{Forest, Kind, Link, Pid, Proc, ProcId, Snapshot, Sums};
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
    /// Sums of every process's subtree, by position; empty where not a tree, and where nothing is folded nor sorted by
    /// them.
    pub sums: Vec<Sums>,
    /// The forest; `None` where not a tree.
    pub forest: Option<Forest>,
    /// Kernel threads that are not shown.
    pub hidden_kernel: usize,
    /// Processes that match, context not counted.
    pub matching: usize,
    /// Processes among which the filter chose: those that would be shown without it.
    pub asked: usize,
}

/// The rows of `snapshot` by `rules`.
pub fn arrange(snapshot: &Snapshot, rules: &Rules<'_>) -> Arrangement {
    let mut out = Arrangement::default();
    out.arrange(snapshot, rules);
    out
}

impl Arrangement {
    /// Becomes the rows of `snapshot` by `rules`; the memory of the rows that were is used again.
    pub fn arrange(&mut self, snapshot: &Snapshot, rules: &Rules<'_>) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.clear();
        *self = Arrangement { lines, ..Arrangement::default() };
        let dead = dead_lines(snapshot, rules);
        if rules.tree {
            arrange_tree(snapshot, rules, &dead, self);
        } else {
            arrange_list(snapshot, rules, &dead, self);
        }
    }

    /// Whether a process is wanted, which is noted.
    fn wants(&mut self, proc: &Proc, rules: &Rules<'_>) -> bool {
        let hidden = !rules.kernel && proc.task.kind == Kind::Kernel;
        let asked = !hidden && is_asked(proc, rules);
        let wanted = asked && rules.filter.matches(proc);
        self.hidden_kernel += usize::from(hidden);
        self.asked += usize::from(asked);
        self.matching += usize::from(wanted);
        wanted
    }
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
                (rules.kernel || !kernel) && is_asked(proc, rules) && rules.filter.matches(proc)
            })
            .map(move |(at, _)| Line { at, among, last: true, ..Line::default() })
    });
    wanted.collect()
}

fn is_kernel(proc: &Proc) -> bool {
    proc.task.kind == Kind::Kernel
}

/// Whether the filter decides about a process, kernel threads aside.
fn is_asked(proc: &Proc, rules: &Rules<'_>) -> bool {
    let owned = rules.uid.is_none_or(|uid| proc.task.uid.known() == Some(&uid));
    let named =
        rules.pids.is_empty() || rules.pids.contains(&proc.task.id.pid) || thread_of(proc, rules.pids);
    owned && named
}

fn thread_of(proc: &Proc, pids: &[Pid]) -> bool {
    matches!(proc.task.kind, Kind::Thread(process) if pids.contains(&process))
}

/// Positions and what they sort by. Gathered in one go over the processes, which lie all over the memory.
#[derive(Default)]
struct Keyed {
    keys: Vec<u128>,
    positions: Vec<u32>,
    /// Whether some of the values are texts, which may have the same key though they differ.
    text: bool,
}

impl Keyed {
    fn with_capacity(count: usize) -> Keyed {
        Keyed { keys: Vec::with_capacity(count), positions: Vec::with_capacity(count), text: false }
    }

    fn push(&mut self, at: u32, value: &Value<'_>, descending: bool) {
        self.text |= matches!(value, Value::Text(_));
        self.keys.push(value.key(descending));
        self.positions.push(at);
    }

    /// Keeps some of them.
    fn keep(&mut self, kept: impl Fn(u32) -> bool) {
        let mut each = self.positions.iter().map(|at| kept(*at));
        self.keys.retain(|_| each.next() == Some(true));
        self.positions.retain(|at| kept(*at));
    }

    /// The positions in the order of the sorting column; unknown values last, ties by pid.
    fn sorted<'a>(mut self, value: impl Fn(u32) -> Value<'a>, descending: bool) -> Vec<u32> {
        super::order::sort(&mut self.keys, &mut self.positions);
        if !self.text {
            return self.positions;
        }
        // Texts whose beginnings agree have the same key, and stand side by side now.
        let mut rest = &mut *self.positions;
        for run in self.keys.chunk_by(|a, b| a == b) {
            let (these, others) = rest.split_at_mut(run.len().min(rest.len()));
            rest = others;
            let Some(first) = these.first().map(|at| value(*at)) else { continue };
            // Often they are wholly equal, as the command lines of a server's workers are.
            if these.iter().skip(1).all(|at| value(*at).order(&first, descending).is_eq()) {
                continue;
            }
            let mut valued: Vec<(Value<'_>, u32)> = these.iter().map(|at| (value(*at), *at)).collect();
            valued.sort_unstable_by(|a, b| a.0.order(&b.0, descending).then(a.1.cmp(&b.1)));
            these.iter_mut().zip(valued).for_each(|(place, (_, at))| *place = at);
        }
        self.positions
    }
}

/// What the process at `at` sorts by.
fn value_at<'a>(snapshot: &'a Snapshot, rules: &Rules<'_>, sums: &'a [Sums], at: u32) -> Value<'a> {
    let sums = if rules.by_total { sums.get(at as usize) } else { None };
    let row = snapshot.procs.get(at as usize).map(|proc| Row { snapshot, proc, sums });
    row.map_or(Value::Unknown, |row| settled(rules.sort, &row))
}

/// What a row sorts by: its value as far as it can be seen.
fn settled<'a>(column: &Column, row: &Row<'a>) -> Value<'a> {
    match column.value(row) {
        Value::Float(value) if column.grain > 0.0 => Value::Float((value / column.grain).round()),
        value => value,
    }
}

fn arrange_list(snapshot: &Snapshot, rules: &Rules<'_>, dead: &[Line], out: &mut Arrangement) {
    let mut keyed = Keyed::with_capacity(snapshot.procs.len());
    for (at, proc) in (0u32..).zip(&snapshot.procs) {
        if out.wants(proc, rules) {
            keyed.push(at, &settled(rules.sort, &Row::new(snapshot, proc)), rules.descending);
        }
    }
    let order = keyed.sorted(|at| value_at(snapshot, rules, &[], at), rules.descending);
    out.lines.reserve(order.len() + dead.len());
    out.lines.extend(order.into_iter().map(|at| Line { at, ..Line::default() }));
    insert_in_list(snapshot, rules, dead, &mut out.lines);
}

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

fn arrange_tree(snapshot: &Snapshot, rules: &Rules<'_>, dead: &[Line], out: &mut Arrangement) {
    let procs = &snapshot.procs;
    let mut links = Vec::with_capacity(procs.len());
    let mut marks = Vec::with_capacity(procs.len());
    let mut keyed = Keyed::with_capacity(procs.len());
    for (at, proc) in (0u32..).zip(procs) {
        links.push(Link::of(proc));
        let wanted = out.wants(proc, rules);
        marks.push(if wanted { Mark(Mark::MATCHING | Mark::KEPT) } else { Mark::default() });
        if !rules.by_total {
            keyed.push(at, &settled(rules.sort, &Row::new(snapshot, proc)), rules.descending);
        }
    }
    let forest = Forest::of_links(&links);
    drop(links);
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
        if let Some(at) = parent.and_then(|pid| position(procs, pid)) {
            lead_to(&mut marks, forest.ancestry(at));
        }
    }
    for id in rules.folded {
        if let Some(at) = position(procs, id.pid).filter(|at| procs.get(*at).map(Proc::id) == Some(*id))
            && let Some(mark) = marks.get_mut(at)
        {
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
    let ordered = forest.ordered(order.iter().copied());
    drop(order);
    // Depth first with a stack of our own: siblings that are still to come, their depth and rails.
    let mut stack = vec![(ordered.roots().iter(), 0u16, 0u64)];
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
            stack.push((children.iter(), depth.saturating_add(1), rails | rail_below(depth, last)));
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

/// Where the process with this pid is in `procs`.
fn position(procs: &[Proc], pid: Pid) -> Option<usize> {
    procs.binary_search_by_key(&pid, |proc| proc.task.id.pid).ok()
}

/// Puts the rows of the dead where their last figures belong, behind what is equal to them. Every row is moved once,
/// however many are put in.
fn insert_in_list(snapshot: &Snapshot, rules: &Rules<'_>, dead: &[Line], lines: &mut Vec<Line>) {
    let valued = |line: &Line| {
        let proc = line.proc(snapshot)?;
        Some((settled(rules.sort, &Row::new(snapshot, proc)), *line))
    };
    let mut dead: Vec<(Value<'_>, Line)> = dead.iter().filter_map(valued).collect();
    dead.sort_by(|a, b| a.0.order(&b.0, rules.descending));
    let mut end = lines.len();
    lines.resize(end + dead.len(), Line::default());
    // From the last on, so that each finds its place among rows that have not been moved yet.
    for (left, (value, line)) in dead.iter().enumerate().rev() {
        let place = lines.get(..end).unwrap_or(&[]).partition_point(|l| {
            l.proc(snapshot).is_some_and(|other| {
                let theirs = settled(rules.sort, &Row::new(snapshot, other));
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

/// Below which position each of the dead stands, and who: below the nearest ancestor that lives, or below nobody, who
/// comes first; those that no look saw before those that have just ended.
fn below(snapshot: &Snapshot, dead: &[Line]) -> Vec<(Option<usize>, Line)> {
    if dead.is_empty() {
        return Vec::new();
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
    let mut below: Vec<(Option<usize>, Line)> = dead.iter().map(|line| (nearest(line), *line)).collect();
    below.sort_by_key(|(up, line)| (*up, line.among, line.at));
    below
}

/// Puts the rows of the dead that stand below `up` below it, before its children.
fn mourn(up: &Line, below: &[(Option<usize>, Line)], lines: &mut Vec<Line>) {
    let at = Some(up.at as usize);
    let from = below.partition_point(|(parent, _)| *parent < at);
    let here = below.get(from..).unwrap_or(&[]).iter().take_while(|(parent, _)| *parent == at);
    let (depth, rails) = (up.depth.saturating_add(1), up.rails | rail_below(up.depth, up.last));
    let before = lines.len();
    lines.extend(here.map(|(_, line)| Line { depth, rails, last: false, ..*line }));
    if let Some(line) = lines.get_mut(before..).and_then(<[Line]>::last_mut) {
        line.last = up.fold == Fold::Leaf;
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::catalog::columns;
    use crate::model::{Nanos, Reading, Task, TaskMemory};
    use proptest::prelude::*;

    /// CPU use, resident memory, name, parent.
    type Spec = (Option<u8>, Option<u8>, &'static str, u32);

    fn proc(pid: u32, (cpu, resident, name, parent): Spec) -> Proc {
        let id = ProcId::new(pid, 1).unwrap();
        let memory = TaskMemory { resident: u64::from(resident.unwrap_or(0)), shared: 0 };
        let task = Task {
            parent: Pid::new(parent),
            memory: if resident.is_some() { Reading::Known(memory) } else { Reading::NotRead },
            comm: Arc::new(name.into()),
            ..Task::bare(id)
        };
        Proc { cpu: cpu.map(f64::from), ..Proc::new(task) }
    }

    fn any_spec() -> impl Strategy<Value = Spec> {
        let name = prop::sample::select(vec!["", "a", "the same twelve, a", "the same twelve, b", "z"]);
        (prop::option::of(0u8..4), prop::option::of(any::<u8>()), name, 0u32..40)
    }

    fn any_snapshot() -> impl Strategy<Value = Snapshot> {
        let list = || prop::collection::vec(any_spec(), 0..30);
        (list(), list()).prop_map(|(now, ended)| Snapshot {
            number: 1,
            procs: (1..).zip(now).map(|(pid, spec)| proc(pid, spec)).collect(),
            ended: (50..)
                .zip(ended)
                .map(|(pid, spec)| Proc { gone: Some(Nanos(1)), ..proc(pid, spec) })
                .collect(),
            ..Snapshot::default()
        })
    }

    fn rules<'a>(
        sort: &'static Column,
        filter: &'a Filter,
        folded: &'a HashSet<ProcId>,
        descending: bool,
    ) -> Rules<'a> {
        Rules {
            sort,
            descending,
            tree: false,
            by_total: false,
            folded,
            kernel: true,
            ended: true,
            short_lived: true,
            filter,
            uid: None,
            pids: &[],
        }
    }

    /// The order as it is promised, by comparing values one by one.
    fn plainly(snapshot: &Snapshot, rules: &Rules<'_>) -> Vec<Line> {
        let order = |a: &Line, b: &Line| {
            let value = |line: &Line| settled(rules.sort, &Row::new(snapshot, line.proc(snapshot).unwrap()));
            value(a).order(&value(b), rules.descending)
        };
        let present = (0..snapshot.procs.len() as u32).map(|at| Line { at, ..Line::default() });
        let mut lines: Vec<Line> = present.chain(dead_lines(snapshot, rules)).collect();
        lines.sort_by(order);
        lines
    }

    proptest! {
        #[test]
        fn rows_are_in_the_order_of_their_values(snapshot in any_snapshot(), descending: bool) {
            let (filter, folded) = (Filter::default(), HashSet::new());
            for sort in columns() {
                let rules = rules(sort, &filter, &folded, descending);
                prop_assert_eq!(&arrange(&snapshot, &rules).lines, &plainly(&snapshot, &rules), "{}", sort.id);
            }
        }

        #[test]
        fn in_a_tree_everybody_stands_once_below_the_parent_and_siblings_in_order(snapshot in any_snapshot(), descending: bool) {
            let (filter, folded) = (Filter::default(), HashSet::new());
            for sort in columns() {
                let list = rules(sort, &filter, &folded, descending);
                let order = arrange(&Snapshot { ended: Vec::new(), ..snapshot.clone() }, &list).lines;
                let rank = |at: u32| order.iter().position(|line| line.at == at);
                let tree = arrange(&snapshot, &Rules { tree: true, ..list });
                let forest = tree.forest.as_ref().unwrap();
                let mut path: Vec<u32> = Vec::new();
                let mut seen = HashSet::new();
                let mut latest: HashMap<Option<u32>, u32> = HashMap::new();
                for line in tree.lines.iter().filter(|line| line.among == Among::Present) {
                    path.truncate(usize::from(line.depth));
                    let up = path.last().copied();
                    prop_assert_eq!(forest.parent(line.at as usize), up.map(|up| up as usize));
                    prop_assert!(seen.insert(line.at));
                    if let Some(before) = latest.insert(up, line.at) {
                        prop_assert!(rank(before) < rank(line.at));
                    }
                    path.push(line.at);
                }
                prop_assert_eq!(seen.len(), snapshot.procs.len());
                let dead = tree.lines.iter().filter(|line| line.among == Among::Ended).count();
                prop_assert_eq!(dead, snapshot.ended.len());
            }
        }

        #[test]
        fn nothing_is_left_of_the_rows_that_were(first in any_snapshot(), second in any_snapshot(), tree: bool) {
            let (filter, folded) = (Filter::parse("a"), HashSet::new());
            let rules = Rules { tree, ..rules(&columns()[0], &filter, &folded, true) };
            let mut used = arrange(&first, &Rules { tree: !tree, ..rules.clone() });
            used.arrange(&second, &rules);
            let fresh = arrange(&second, &rules);
            prop_assert_eq!(used.lines, fresh.lines);
            prop_assert_eq!((used.matching, used.hidden_kernel), (fresh.matching, fresh.hidden_kernel));
            prop_assert_eq!(used.sums, fresh.sums);
        }
    }
}
