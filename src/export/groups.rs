//! One row for many in a listing: which groups there are, and in which order.

use super::{Line, Order};
use crate::catalog::{Grouped, Row};
use crate::model::{GroupBy, Groups, Kind, Proc, Snapshot};

/// The groups of those processes that are wanted, by what they have in common.
pub fn groups(snapshot: &Snapshot, by: GroupBy, wanted: impl Fn(&Proc) -> bool) -> Groups {
    let of_process = |proc: &Proc| !matches!(proc.task.kind, Kind::Thread(_)) && wanted(proc);
    let each = (0u32..).zip(&snapshot.procs).filter(|(_, proc)| of_process(proc));
    Groups::of(by, snapshot, each.map(|(at, _)| at))
}

/// A line for each group, in order; ties go by the lowest pid of their members.
pub fn group_lines<'a>(snapshot: &'a Snapshot, groups: &'a Groups, order: &Order<'_>) -> Vec<Line<'a>> {
    let line = |at: usize| {
        let proc = groups.first(snapshot, at)?;
        let group =
            Some((Grouped { by: groups.by, members: groups.members(at) }, &groups.list().get(at)?.sums));
        Some(Line { proc, depth: 0, group })
    };
    let lines = (0..groups.list().len()).filter_map(line);
    let value = |line: &Line<'a>| order.column.value_to_sort(&line.row(snapshot), order.descending);
    let mut keyed: Vec<_> = lines.map(|line| (value(&line), line)).collect();
    keyed.sort_by(|(a, _), (b, _)| a.order(b, order.descending));
    keyed.into_iter().map(|(_, line)| line).collect()
}

impl<'a> Line<'a> {
    /// The line of a process, `depth` levels below the margin.
    pub fn of(proc: &'a Proc, depth: u32) -> Line<'a> {
        Line { proc, depth, group: None }
    }

    /// What columns are asked about for it.
    pub fn row(&self, snapshot: &'a Snapshot) -> Row<'a> {
        let row = Row::new(snapshot, self.proc);
        match self.group {
            Some((group, sums)) => Row { sums: Some(sums), group: Some(group), ..row },
            None => row,
        }
    }

    /// What its group is called, as bytes of strangers, or as a number where it has no name; nothing for a process.
    pub(super) fn group_name(&self) -> Option<String> {
        let (group, _) = self.group?;
        let name = group.by.of(self.proc);
        Some(match (name.text(group.by, self.proc), name) {
            (Some(text), _) => String::from_utf8_lossy(text).into_owned(),
            (None, crate::model::GroupName::User(uid)) => uid.to_string(),
            (None, _) => String::new(),
        })
    }
}
