//! Rows for processes that no look ever saw: one for each parent under whom some died between two looks.
//!
//! Such a row is a [`Proc`] so that it stands among the others, but it is no process: its kind is
//! [`Kind::ShortLived`], its id is none that a kernel gives out ([`ProcId::short_lived`]), and nothing counts it.

use std::sync::Arc;

use super::account::{Dead, Unseen};
use super::snapshot::position;
use super::{Command, Kind, Nanos, Proc, ProcId, Reading, Snapshot, State, Task, Untrusted};

/// Without a count a row is worth its place from this much CPU on, percent of one core.
const WORTH: f64 = 0.5;
/// So many names are told.
const TOLD: usize = 4;
/// So many can be found by a filter.
const FOUND: usize = 16;

/// What the rows are made from.
pub(super) struct Look<'a> {
    /// The look before.
    pub(super) before: &'a Snapshot,
    /// The processes of now.
    pub(super) procs: &'a [Proc],
    /// When they were looked at.
    pub(super) taken: Nanos,
    /// Seconds since the look before.
    pub(super) seconds: f64,
    /// Nanoseconds of a clock tick.
    pub(super) per_tick: u64,
    /// CPUs.
    pub(super) cores: f64,
    /// How long a row stays after the last death, seconds.
    pub(super) linger: f64,
}

/// The rows of this look, and those of the looks before that are still to be seen; ordered by id, each once. `dead` is
/// ordered by position.
pub(super) fn rows(look: &Look<'_>, dead: &[Dead], unseen: &Unseen) -> Vec<Proc> {
    let mut parents: Vec<Option<usize>> = unseen.by_parent.iter().map(|(at, _)| *at).collect();
    parents.extend(dead.iter().map(|one| Some(one.at)));
    parents.sort_unstable();
    parents.dedup();
    let mut rows: Vec<Proc> = parents.into_iter().filter_map(|at| row(look, at, dead, unseen)).collect();
    // The row of nobody who is known comes first among the parents, and last by its id.
    rows.sort_unstable_by_key(Proc::id);
    let news = rows.len();
    for old in &look.before.short_lived {
        let known =
            rows.get(..news).is_some_and(|rows| rows.binary_search_by_key(&old.id(), Proc::id).is_ok());
        let young = old.gone.is_some_and(|gone| look.taken.since(gone) < look.linger);
        if young && !known && still_there(look, old) {
            rows.push(old.clone());
        }
    }
    rows.sort_unstable_by_key(Proc::id);
    rows
}

/// Whether the parent that a row stands under is there, or was never known.
fn still_there(look: &Look<'_>, row: &Proc) -> bool {
    let Some(parent) = row.task.parent else { return true };
    let now = position(look.procs, parent).and_then(|at| look.procs.get(at)).map(Proc::id);
    now.is_some() && now == look.before.find_pid(parent).map(Proc::id)
}

/// The row under the process at `at`, if it is worth one.
fn row(look: &Look<'_>, at: Option<usize>, dead: &[Dead], unseen: &Unseen) -> Option<Proc> {
    let died =
        at.and_then(|at| dead.binary_search_by_key(&at, |one| one.at).ok()).and_then(|at| dead.get(at));
    let cpu = died.map(|one| {
        let percent = one.used as f64 / 1e9 / look.seconds * 100.0;
        percent.min(look.cores * 100.0)
    });
    let here = unseen.under(at);
    let count: u64 = here.iter().map(|(_, one)| u64::from(one.count)).sum();
    if count == 0 {
        // Where listed ones ended, what is left of the sum may be nothing but its error.
        let sure = died.is_some_and(|one| !one.ended || one.used > 2 * look.per_tick);
        if !sure || cpu.is_none_or(|cpu| cpu < WORTH) {
            return None;
        }
    }
    let parent = at.and_then(|at| look.procs.get(at));
    let all_ended = died.is_some_and(|one| one.ended && unseen.none_under(one.at));
    let names = Names::of(here);
    let task = Task {
        kind: Kind::ShortLived,
        parent: parent.map(|proc| proc.task.id.pid),
        state: State::DEAD,
        // For the filters: they were its children, whoever they ran as.
        uid: parent.map_or(Reading::NotRead, |proc| proc.task.uid),
        comm: Arc::new(Untrusted::new(names.found())),
        command: Reading::Known(Arc::new(sentence(parent, count, all_ended, &names))),
        threads: 0,
        ..Task::bare(ProcId::short_lived(parent.map(|proc| proc.task.id.pid)))
    };
    Some(Proc { cpu, read_at: look.taken, gone: Some(look.taken), ..Proc::new(task) })
}

/// What the row says: how many of whom, whose, and what became of them. Who they were comes first, for the end may have
/// no room.
fn sentence(parent: Option<&Proc>, count: u64, all_ended: bool, names: &Names<'_>) -> Command {
    let mut line = Vec::new();
    if names.0.is_empty() {
        if count > 0 {
            line.extend_from_slice(format!("{count} ").as_bytes());
        }
        line.extend_from_slice(match (parent, count) {
            (Some(_), 1) => b"child",
            (Some(_), _) => b"children",
            (None, 1) => b"process",
            (None, _) => b"processes",
        });
    } else {
        names.tell(count, &mut line);
    }
    let program_end = line.len();
    if let Some(parent) = parent {
        line.extend_from_slice(b" of ");
        line.extend_from_slice(parent.task.comm.bytes());
    }
    line.extend_from_slice(if all_ended && count == 0 {
        b" ended: used since they were last seen"
    } else {
        b" died between samples"
    });
    Command { line: Untrusted::new(line), program_end, base_start: 0 }
}

/// Names and how many had each, the most frequent first.
struct Names<'a>(Vec<(&'a [u8], u64)>);

impl<'a> Names<'a> {
    fn of(here: &'a [(Option<usize>, super::ShortLived)]) -> Names<'a> {
        let mut names: Vec<(&[u8], u64)> = here
            .iter()
            .filter_map(|(_, one)| Some((one.name.as_deref()?.bytes(), u64::from(one.count))))
            .collect();
        names.sort_unstable();
        names.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        names.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        Names(names)
    }

    /// The names alone, for whoever looks for one.
    fn found(&self) -> Vec<u8> {
        let names: Vec<&[u8]> = self.0.iter().take(FOUND).map(|(name, _)| *name).collect();
        names.join(&b", "[..])
    }

    /// Appends `200 sh, 40 date, 3 others`: the others of `all` are those of rarer names, and those without one.
    fn tell(&self, all: u64, line: &mut Vec<u8>) {
        let mut told = 0;
        for (n, (name, count)) in self.0.iter().take(TOLD).enumerate() {
            told += count;
            line.extend_from_slice(format!("{}{count} ", if n == 0 { "" } else { ", " }).as_bytes());
            line.extend_from_slice(name);
        }
        match all.saturating_sub(told) {
            0 => {}
            1 => line.extend_from_slice(b", 1 other"),
            others => line.extend_from_slice(format!(", {others} others").as_bytes()),
        }
    }
}
