//! What is shown before anything is done: whom it would reach, how much that is, and what is to be known.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::ids;
use crate::catalog::{Column, column};
use crate::export::{self, Line, Order};
use crate::model::{Danger, Pid, ProcId, Signal, Snapshot, Standing, Target, units};
use crate::query::Filter;

/// Rows shown before a question: the question must stay on the screen.
pub(super) const ROWS: usize = 40;

/// The columns.
const COLUMNS: [&str; 6] = ["pid", "user", "elapsed", "time", "res", "command"];
/// Widest a name is shown in a sentence.
const NAME_CELLS: usize = 24;

/// What is shown.
pub(super) struct Preview<'a> {
    snapshot: &'a Snapshot,
    lines: Vec<Line<'a>>,
    meant: usize,
    /// What to know before acting, the worst first.
    pub(super) dangers: Vec<Danger>,
    notes: Vec<String>,
    left_out: Vec<String>,
}

impl<'a> Preview<'a> {
    /// `standings`: how those stand who could be pinned. `harmful`: whether the signal, or one that follows, may end or
    /// stop somebody; where it does not, only that a thread of the kernel takes none is worth knowing.
    pub(super) fn new(
        snapshot: &'a Snapshot,
        targets: &[Target],
        below: &[Target],
        standings: &BTreeMap<ProcId, Standing>,
        (signal, harmful): (Signal, bool),
        left_out: Vec<String>,
    ) -> Preview<'a> {
        let all: Vec<Target> = targets.iter().chain(below).cloned().collect();
        let mut dangers = snapshot.dangers(&all);
        let inits = all.iter().filter(|target| {
            target.id.pid != Pid::INIT && standings.get(&target.id).is_some_and(|standing| standing.is_init)
        });
        dangers.extend(inits.map(|target| Danger::ContainerInit(target.id.pid, target.name.clone())));
        dangers.retain(|danger| harmful || matches!(danger, Danger::Kernel(_)));
        Preview {
            snapshot,
            lines: lines(snapshot, &all),
            meant: targets.len(),
            dangers,
            notes: notes(&all, standings, signal),
            left_out,
        }
    }

    /// Writes it with at most `rows` processes.
    pub(super) fn write(&self, rows: usize, out: &mut dyn Write) -> io::Result<()> {
        let columns: Vec<&Column> = COLUMNS.iter().filter_map(|id| column(id)).collect();
        // A row more costs no more than the sentence that it is left out.
        let rows = if self.lines.len() == rows.saturating_add(1) { self.lines.len() } else { rows };
        let shown = self.lines.get(..rows).unwrap_or(&self.lines);
        export::table(self.snapshot, shown, &columns, out)?;
        match self.lines.len() - shown.len() {
            0 => {}
            more => writeln!(out, "  and {more} more; --dry-run shows all")?,
        }
        writeln!(out, "{}", self.totals())?;
        for danger in &self.dangers {
            writeln!(out, "! {}", danger.sentence())?;
        }
        for line in self.notes.iter().chain(&self.left_out) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    /// "3 processes and 2 below them, of ann and root: 1:20.50 CPU time, 1.60G memory".
    fn totals(&self) -> String {
        let procs = || self.lines.iter().map(|line| line.proc);
        let noun = if self.meant == 1 { "process" } else { "processes" };
        let them = if self.meant == 1 { "it" } else { "them" };
        let below = match self.lines.len().saturating_sub(self.meant) {
            0 => String::new(),
            below => format!(" and {below} below {them}"),
        };
        let users: BTreeSet<String> =
            procs().filter_map(|proc| proc.task.user.as_ref()).map(|user| user.show(NAME_CELLS)).collect();
        let users = match users.len() {
            0 => String::new(),
            1..4 => format!(", of {}", users.into_iter().collect::<Vec<_>>().join(", ")),
            count => format!(", of {count} users"),
        };
        let per_tick = 1_000_000_000u64.checked_div(self.snapshot.host().ticks_per_second);
        let time = per_tick.map(|per_tick| {
            let ticks: u64 = procs().map(|proc| proc.task.utime.saturating_add(proc.task.stime)).sum();
            let mut text = String::new();
            units::cpu_time(ticks.saturating_mul(per_tick), &mut text);
            format!("{} CPU time", text.trim())
        });
        // What is not known is not counted, and said.
        let sizes: Vec<Option<u64>> =
            procs().map(|proc| proc.task.memory.known().map(|memory| memory.resident)).collect();
        let mut size = String::new();
        units::bytes(sizes.iter().flatten().sum(), &mut size);
        let least = if sizes.contains(&None) { "at least " } else { "" };
        let memory = sizes.iter().any(Option::is_some).then(|| format!("{least}{} memory", size.trim()));
        let figures: Vec<String> = time.into_iter().chain(memory).collect();
        let figures = if figures.is_empty() { String::new() } else { format!(": {}", figures.join(", ")) };
        format!("{} {noun}{below}{users}{figures}", self.meant)
    }
}

/// Their rows in the order of the tree, each as deep as it lies below others of them.
fn lines<'a>(snapshot: &'a Snapshot, all: &[Target]) -> Vec<Line<'a>> {
    let wanted: BTreeSet<ProcId> = ids(all).into_iter().collect();
    let Some(by) = column("pid") else { return Vec::new() };
    let tree = Order { tree: true, ..Order::by(by) };
    let mut above: Vec<u32> = Vec::new();
    let every = export::select(snapshot, &Filter::default(), &tree);
    let some = every.into_iter().map(|line| {
        // Of those above it in the listing, whoever is not less deep is no ancestor.
        above.retain(|depth| *depth < line.depth);
        let depth = above.len() as u32;
        let shown = wanted.contains(&line.proc.id());
        if shown {
            above.push(line.depth);
        }
        shown.then_some(Line { depth, ..line })
    });
    some.flatten().collect()
}

/// What is known of what they do with the signal, where that means that it may not help.
fn notes(all: &[Target], standings: &BTreeMap<ProcId, Standing>, signal: Signal) -> Vec<String> {
    if signal.is_unstoppable() {
        return Vec::new();
    }
    let name = signal.name();
    let note = |who: Vec<&Target>, one: &str, many: &str| match who.as_slice() {
        [] => None,
        [one_of] => Some(format!("{} {} {one} {name}", one_of.id.pid, one_of.name.show(NAME_CELLS))),
        more => Some(format!("{} of them {many} {name}", more.len())),
    };
    let known = |is: fn(&Standing, Signal) -> bool| {
        all.iter()
            .filter(|target| standings.get(&target.id).is_some_and(|standing| is(standing, signal)))
            .collect()
    };
    let ignores = known(|s, signal| s.disposition.ignored.is_some_and(|set| set.has(signal)));
    let blocks = known(|s, signal| s.disposition.blocked.is_some_and(|set| set.has(signal)));
    note(ignores, "ignores", "ignore").into_iter().chain(note(blocks, "blocks", "block")).collect()
}
