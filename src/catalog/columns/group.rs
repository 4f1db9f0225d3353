//! What columns say of a group: the sum where figures add up, what all members agree on elsewhere, else nothing.
//!
//! A blank is no dash: that the members differ is known. Only rows in view are asked for cells, and those that sort for
//! values.

use super::format::{count, cpu_time, size, usage};
use super::{Column, Grouped, Row};
use crate::catalog::{Cell, Value};
use crate::model::{GroupName, Needs, Role};

/// How the members' figures add up, in columns that are not [additive](Column::additive) in the tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Adds {
    /// Bytes, or bytes a second.
    Bytes,
    /// A number of things.
    Count,
    /// Percent of a CPU or of an engine.
    Usage,
    /// Seconds.
    Time,
}

/// Those columns. What is shared counts for each who has it, as it does in RES.
pub(super) const ADDS: &[(&str, Adds)] = &[
    ("private", Adds::Bytes),
    ("pss", Adds::Bytes),
    ("uss", Adds::Bytes),
    ("swap", Adds::Bytes),
    ("swap_pss", Adds::Bytes),
    ("epss", Adds::Bytes),
    ("anon", Adds::Bytes),
    ("file", Adds::Bytes),
    ("shmem", Adds::Bytes),
    ("minflt", Adds::Count),
    ("majflt", Adds::Count),
    ("utime", Adds::Time),
    ("stime", Adds::Time),
    ("active", Adds::Count),
    ("io_rate", Adds::Bytes),
    ("read_rate", Adds::Bytes),
    ("write_rate", Adds::Bytes),
    ("read_bytes", Adds::Bytes),
    ("write_bytes", Adds::Bytes),
    ("cancelled", Adds::Bytes),
    ("rchar", Adds::Bytes),
    ("wchar", Adds::Bytes),
    ("syscr", Adds::Count),
    ("syscw", Adds::Count),
    ("gpu", Adds::Usage),
    ("gpu_time", Adds::Time),
    ("gpu_mem", Adds::Bytes),
];

/// The most that is shown of a name, which whoever makes cgroups may choose, so that the count behind it is seen.
const MOST_CELLS: usize = 64;

/// The columns that say what a row is called.
const NAMES: [&str; 4] = ["command", "cmdline", "comm", "merged"];

impl Column {
    /// What a row stands by in a list sorted by this column. A group has its sum; where there is none, it stands where
    /// the first of its members would, and by pid those with few members come before those with many.
    pub fn value_to_sort<'a>(&self, row: &Row<'a>, descending: bool) -> Value<'a> {
        let Some(group) = row.group else { return self.value(row) };
        if self.id == "pid" {
            return Value::Uint(group.members.len() as u64);
        }
        if self.adds_up() || self.is_name() {
            return self.value(row);
        }
        let members = members(row, group).map(|member| self.value(&member));
        members.min_by(|a, b| a.order(b, descending)).unwrap_or_default()
    }

    /// Whether what it says of members makes a sum.
    fn adds_up(&self) -> bool {
        self.additive || self.adds().is_some()
    }

    /// What must be read so that groups can be shown: the sums are those of all members, wherever these stand.
    pub fn needs_to_group(&self) -> Needs {
        if self.adds_up() && self.needs.has(Needs::MEMORY) { Needs::FRESH_MEMORY } else { Needs::NOTHING }
    }

    fn adds(&self) -> Option<Adds> {
        ADDS.iter().find(|(id, _)| *id == self.id).map(|(_, adds)| *adds)
    }

    /// Whether it says what a row is called.
    pub fn is_name(&self) -> bool {
        NAMES.contains(&self.id)
    }

    pub(super) fn value_of_group<'a>(&self, row: &Row<'a>, group: Grouped<'a>) -> Value<'a> {
        if self.is_name() {
            return name(row, group);
        }
        if self.additive {
            return (self.value)(row);
        }
        if self.adds().is_some() {
            return self.sum(row, group);
        }
        self.agreed(row, group).unwrap_or_default()
    }

    pub(super) fn cell_of_group(&self, row: &Row<'_>, group: Grouped<'_>, cell: &mut Cell) {
        if self.is_name() {
            return name_cell(row, group, if self.grows { None } else { Some(self.width) }, cell);
        }
        if self.additive {
            return (self.cell)(row, cell);
        }
        let Some(adds) = self.adds() else {
            if self.agreed(row, group).is_some() {
                self.cell(&Row::new(row.snapshot, row.proc), cell);
            }
            return;
        };
        let sum = match self.sum(row, group) {
            Value::Uint(n) => n as f64,
            Value::Float(n) => n,
            _ => return cell.push_unknown(),
        };
        match adds {
            Adds::Bytes => size(Some(sum as u64), cell),
            Adds::Usage => usage(Some(sum), cell),
            Adds::Time => cpu_time(Some((sum * 1e9).round() as u64), cell),
            Adds::Count => {
                let role = if sum == 0.0 { Role::Dim } else { Role::Text };
                count(sum as u64, usize::from(self.width), role, cell);
            }
        }
    }

    /// The sum over those members of whom it is known.
    fn sum<'a>(&self, row: &Row<'a>, group: Grouped<'a>) -> Value<'a> {
        members(row, group).fold(Value::Unknown, |sum, member| match (sum, self.value(&member)) {
            (Value::Uint(a), Value::Uint(b)) => Value::Uint(a.saturating_add(b)),
            (Value::Float(a), Value::Float(b)) => Value::Float(a + b),
            (Value::Unknown, one) => one,
            (sum, _) => sum,
        })
    }

    /// What all members agree on.
    fn agreed<'a>(&self, row: &Row<'a>, group: Grouped<'a>) -> Option<Value<'a>> {
        let mut values = members(row, group).map(|member| self.value(&member));
        let first = values.next()?;
        values.all(|other| other == first).then_some(first)
    }
}

/// The members as rows of their own.
fn members<'a>(row: &Row<'a>, group: Grouped<'a>) -> impl Iterator<Item = Row<'a>> {
    let snapshot = row.snapshot;
    let procs = group.members.iter().filter_map(|at| snapshot.procs.get(*at as usize));
    procs.map(|proc| Row::new(snapshot, proc))
}

/// What the group is called.
fn name<'a>(row: &Row<'a>, group: Grouped<'a>) -> Value<'a> {
    let name = group.by.of(row.proc);
    match (name.text(group.by, row.proc), name) {
        (Some(text), _) => Value::Text(text),
        (None, GroupName::User(uid)) => Value::Uint(u64::from(uid)),
        (None, _) => Value::Unknown,
    }
}

/// What the group is called, and how many are in it: `nginx ×12`.
fn name_cell(row: &Row<'_>, group: Grouped<'_>, width: Option<u16>, cell: &mut Cell) {
    let count = group.members.len();
    let room = width.map(|width| usize::from(width).saturating_sub(3 + count.max(1).ilog10() as usize));
    let name = group.by.of(row.proc);
    let role = match name {
        GroupName::Kernel => Role::Kernel,
        GroupName::Outside | GroupName::Unknown => Role::Text,
        GroupName::Named(_) | GroupName::User(_) => Role::Strong,
    };
    match (name.text(group.by, row.proc), name) {
        (Some([]), _) => cell.push(Role::Dim, "\"\""),
        (Some(text), _) => _ = cell.push_foreign(role, text, room.unwrap_or(MOST_CELLS)),
        (None, GroupName::User(uid)) => cell.push_fmt(role, format_args!("{uid}")),
        (None, _) => cell.push_unknown(),
    }
    cell.push_fmt(Role::Dim, format_args!(" ×{count}"));
}
