//! The columns: what can be said of a process, one row each.
//!
//! A file holds the rows of one subject, this door their order and the ways to ask for them. To add a column, write a
//! row; `tests.rs` says what is missing.

mod command;
mod cpu;
mod detail;
mod format;
mod group;
mod htop;
mod identity;
mod io;
mod memory;
mod merged;
mod net;
mod place;
mod schedule;
mod shares;
mod time;
mod waits;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use super::{Cell, Value};
pub use crate::model::units::tty_name;
use crate::model::{GroupBy, Kind, Needs, Proc, Snapshot, Sums};
pub use htop::column_of_htop;
pub use schedule::state_role;

/// What a column is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The look at the machine that it is part of.
    pub snapshot: &'a Snapshot,
    /// The process or thread.
    pub proc: &'a Proc,
    /// For a folded row, the sums over its subtree: the additive columns show these.
    pub sums: Option<&'a Sums>,
    /// For a row that stands for a group, who is in it; the process is then one of them.
    pub group: Option<Grouped<'a>>,
}

/// Who is in the group that a row stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grouped<'a> {
    /// What they have in common.
    pub by: GroupBy,
    /// Where they are in [`Snapshot::procs`].
    pub members: &'a [u32],
}

impl<'a> Row<'a> {
    /// The row of one process alone.
    pub fn new(snapshot: &'a Snapshot, proc: &'a Proc) -> Row<'a> {
        Row { snapshot, proc, sums: None, group: None }
    }
}

/// To which side a column leans.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Something that can be said of a process.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name on the command line, in settings and in JSON: lower case, unique, for ever.
    pub id: &'static str,
    /// Its title in the header; unique.
    pub title: &'static str,
    /// What it says, in a sentence.
    pub help: &'static str,
    /// Its width in terminal cells, enough for its title and for every cell; where `grows`, the least.
    pub width: u16,
    /// Whether it takes what room is left; such a column stands last.
    pub grows: bool,
    /// To which side it leans.
    pub align: Align,
    /// What must be read for it.
    pub needs: Needs,
    /// Whether the greatest comes first when it is first sorted by.
    pub descending: bool,
    /// Whether a folded row shows the sum of its subtree here.
    pub additive: bool,
    /// Values that differ by less than this look the same, or nearly so: the use of CPUs tells nothing from next to
    /// nothing. Sorting takes them for equal, so that rows which do next to nothing keep their places. 0 where every
    /// difference counts.
    pub grain: f64,
    /// Whether its value may change while the process does not run, by what others do: its memory is reclaimed, somebody
    /// renices it. Who sorts by it needs every row fresh.
    pub drifts: bool,
    /// Whether anything is known of it for a row of [short-lived](crate::model::Kind::ShortLived) processes.
    pub short_lived: bool,
    /// Its value, where the row is a process; ask with [`Column::value`].
    pub value: for<'a> fn(&Row<'a>) -> Value<'a>,
    /// Appends what is shown, where the row is a process; ask with [`Column::cell`].
    pub cell: for<'a> fn(&Row<'a>, &mut Cell),
}

impl Column {
    /// Its value, for sorting and export.
    pub fn value<'a>(&self, row: &Row<'a>) -> Value<'a> {
        if let Some(group) = row.group {
            return self.value_of_group(row, group);
        }
        if self.says(row) { (self.value)(row) } else { Value::Unknown }
    }

    /// Appends what is shown.
    pub fn cell(&self, row: &Row<'_>, cell: &mut Cell) {
        if let Some(group) = row.group {
            return self.cell_of_group(row, group, cell);
        }
        if self.says(row) { (self.cell)(row, cell) } else { cell.push_unknown() }
    }

    /// What must be read so that rows are in its order.
    pub fn needs_to_sort(&self) -> Needs {
        let needs = self.needs.of_all();
        match (self.drifts, self.needs.has(Needs::MEMORY)) {
            (false, _) => needs,
            (true, true) => needs | Needs::FRESH_MEMORY,
            (true, false) => needs | Needs::FRESH_STAT,
        }
    }

    /// Whether anything is known of it for this row.
    fn says(&self, row: &Row<'_>) -> bool {
        self.short_lived || row.proc.task.kind != Kind::ShortLived
    }
}

/// Ids are unique, so a column is its id.
impl PartialEq for Column {
    fn eq(&self, other: &Column) -> bool {
        self.id == other.id
    }
}

impl Eq for Column {}

/// Every column, in the order in which menus list them.
pub fn columns() -> &'static [Column] {
    static TABLE: LazyLock<Vec<Column>> = LazyLock::new(|| {
        [
            identity::COLUMNS,
            schedule::COLUMNS,
            cpu::COLUMNS,
            memory::COLUMNS,
            time::COLUMNS,
            waits::COLUMNS,
            shares::COLUMNS,
            io::COLUMNS,
            net::COLUMNS,
            place::COLUMNS,
            command::COLUMNS,
            merged::COLUMNS,
        ]
        .concat()
    });
    &TABLE
}

/// The column with this id.
pub fn column(id: &str) -> Option<&'static Column> {
    columns().iter().find(|column| column.id == id)
}

/// Ids of the columns that a table has unless somebody chose others, in order.
const DEFAULT: [&str; 12] =
    ["pid", "user", "priority", "nice", "virt", "res", "shr", "state", "cpu", "mem", "time", "command"];

/// The columns that a table has unless somebody chose others, in order.
pub fn default_columns() -> Vec<&'static Column> {
    DEFAULT.iter().filter_map(|id| column(id)).collect()
}
