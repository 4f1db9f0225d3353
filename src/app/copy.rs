//! What of a row can be copied, and as what text.

use crate::catalog::{Cell, Row};
use crate::model::{Proc, Reading};

use super::App;

/// What can be copied: the word by which it is chosen, its label, and what it is.
pub const COPYABLE: [(&str, &str, &str); 5] = [
    ("pid", "pid", "the number"),
    ("name", "name", "the program's name"),
    ("command", "command line", "with all its arguments"),
    ("row", "row as text", "the columns of the table"),
    ("json", "JSON of the row", "the columns with plain numbers"),
];

/// Cells of a command line that are copied.
const LONGEST: usize = 8192;

impl App {
    /// Whom copying is about: the tagged rows, also where they are not in view, else the selected one.
    pub(super) fn to_copy(&self) -> Vec<&Proc> {
        let all = self.snapshot.procs.iter();
        let tagged: Vec<&Proc> = all.filter(|proc| self.table.is_tagged(proc.id())).collect();
        if tagged.is_empty() { self.table.selected(&self.snapshot).into_iter().collect() } else { tagged }
    }

    /// The text of `what` of all of `rows`: pids with blanks between them, for they stand behind commands; the rest one in
    /// a line. Whatever a terminal would obey is replaced, because a clipboard is pasted into shells.
    pub(super) fn text_to_copy(&self, what: &str, rows: &[&Proc]) -> String {
        let text = |proc: &&Proc| match what {
            "pid" => proc.task.id.pid.to_string(),
            "command" => match &proc.task.command {
                Reading::Known(command) => command.line.show(LONGEST),
                _ => proc.task.comm.show(LONGEST),
            },
            "row" => {
                let mut row = String::new();
                let mut cell = Cell::default();
                for column in &self.table.columns {
                    cell.clear();
                    column.cell(&Row::new(&self.snapshot, proc), &mut cell);
                    row.push_str(if row.is_empty() { "" } else { "  " });
                    row.push_str(cell.text().trim());
                }
                row
            }
            _ => proc.task.comm.show(LONGEST),
        };
        let texts: Vec<String> = rows.iter().map(text).collect();
        texts.join(if what == "pid" { " " } else { "\n" })
    }
}
