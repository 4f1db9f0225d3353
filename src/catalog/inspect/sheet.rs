//! A page as blocks of rows. A row is written only when somebody looks at it.

use super::{Line, Order};

/// A column of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Col {
    /// The word for programs.
    pub id: &'static str,
    /// Over the column.
    pub title: &'static str,
    /// Cells it takes.
    pub width: u16,
    /// Whether what stands in it ends at its right edge: figures do.
    pub right: bool,
    /// 0 always stays; where there is little room, the greatest leaves first.
    pub rank: u8,
    /// Whether it takes the room that is left: the last one does.
    pub grows: bool,
}

impl Col {
    /// A column of words.
    pub const fn text(id: &'static str, title: &'static str, width: u16) -> Col {
        Col { id, title, width, right: false, rank: 0, grows: false }
    }

    /// A column of figures.
    pub const fn figure(id: &'static str, title: &'static str, width: u16) -> Col {
        Col { right: true, ..Col::text(id, title, width) }
    }

    /// The column that takes what is left, with the least it needs.
    pub const fn rest(id: &'static str, title: &'static str, width: u16) -> Col {
        Col { grows: true, ..Col::text(id, title, width) }
    }

    /// The same, which leaves where there is little room, the greatest rank first.
    #[must_use]
    pub const fn leaves(self, rank: u8) -> Col {
        Col { rank, ..self }
    }
}

/// The columns of a block of facts: what it is, and how it stands.
pub const FACTS: &[Col] = &[Col::text("what", "", 18), Col::rest("value", "", 20)];

/// What writes a row into a line.
type Write<'a> = Box<dyn Fn(usize, &mut Line) + 'a>;

/// Rows of one kind.
pub struct Block<'a> {
    /// The word for programs.
    pub id: &'static str,
    /// Its heading; none where that is empty.
    pub title: &'static str,
    /// What stands beside the heading.
    pub remark: String,
    /// Its columns.
    pub cols: &'static [Col],
    /// How many rows there are.
    pub count: usize,
    /// In which order they are shown, where that is not as they come.
    pub order: Option<Order>,
    write: Write<'a>,
}

impl<'a> Block<'a> {
    /// A table of `count` rows.
    pub fn table(
        id: &'static str,
        title: &'static str,
        cols: &'static [Col],
        count: usize,
        write: impl Fn(usize, &mut Line) + 'a,
    ) -> Block<'a> {
        Block { id, title, remark: String::new(), cols, count, order: None, write: Box::new(write) }
    }

    /// A table of what is in `rows`.
    pub fn of<T>(
        id: &'static str,
        title: &'static str,
        cols: &'static [Col],
        rows: &'a [T],
        write: impl Fn(&T, &mut Line) + 'a,
    ) -> Block<'a> {
        Block::table(id, title, cols, rows.len(), move |at, line| {
            if let Some(row) = rows.get(at) {
                write(row, line);
            }
        })
    }

    /// The same with what stands beside the heading.
    #[must_use]
    pub fn remark(self, remark: impl Into<String>) -> Block<'a> {
        Block { remark: remark.into(), ..self }
    }

    /// The same with the rows that have the most in this column first.
    #[must_use]
    pub fn most_first(self, col: &'static str) -> Block<'a> {
        Block { order: Some(Order { col, down: true }), ..self }
    }

    /// Whether it holds facts, not a table.
    pub fn is_facts(&self) -> bool {
        std::ptr::eq(self.cols, FACTS)
    }

    /// Whether the titles of its columns are shown.
    pub fn has_titles(&self) -> bool {
        self.cols.iter().any(|col| !col.title.is_empty())
    }

    /// Writes row `at` into `line`, which is cleared first.
    pub fn write(&self, at: usize, line: &mut Line) {
        line.clear();
        (self.write)(at, line);
    }
}

/// A fact: its name, and what writes it.
type Fact<'a> = (&'static str, Box<dyn Fn(&mut Line) + 'a>);

/// Facts, one a row: a name, and how it stands.
#[derive(Default)]
pub struct Facts<'a>(Vec<Fact<'a>>);

impl<'a> Facts<'a> {
    /// None yet.
    pub fn new() -> Facts<'a> {
        Facts(Vec::new())
    }

    /// One more; `write` fills one place.
    pub fn add(&mut self, name: &'static str, write: impl Fn(&mut Line) + 'a) -> &mut Facts<'a> {
        self.0.push((name, Box::new(write)));
        self
    }

    /// All of them as a block.
    pub fn block(self, id: &'static str, title: &'static str) -> Block<'a> {
        let facts = self.0;
        Block::table(id, title, FACTS, facts.len(), move |at, line| {
            if let Some((name, write)) = facts.get(at) {
                line.say(crate::model::Role::Dim, name);
                write(line);
            }
        })
    }
}

/// A page: blocks, one below the other.
#[derive(Default)]
pub struct Sheet<'a> {
    /// The blocks, from the top.
    pub blocks: Vec<Block<'a>>,
}

/// Where a row of a page is: its block, and its place there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct At {
    /// The block.
    pub block: usize,
    /// The row in it.
    pub row: usize,
}

impl<'a> Sheet<'a> {
    /// A page of these blocks; those without rows are left out.
    pub fn new(blocks: impl IntoIterator<Item = Block<'a>>) -> Sheet<'a> {
        Sheet {
            blocks: blocks.into_iter().filter(|block| block.count > 0 || !block.remark.is_empty()).collect(),
        }
    }

    /// Writes the row at `at` into `line`; `false` where there is none.
    pub fn write(&self, at: At, line: &mut Line) -> bool {
        let block = self.blocks.get(at.block).filter(|block| at.row < block.count);
        block.is_some_and(|block| {
            block.write(at.row, line);
            true
        })
    }

    /// Where all its rows are, in order.
    pub fn all(&self) -> impl Iterator<Item = At> + '_ {
        let rows = |(block, one): (usize, &Block<'_>)| (0..one.count).map(move |row| At { block, row });
        self.blocks.iter().enumerate().flat_map(rows)
    }
}

/// The pieces of `wanted` in lower case, with | between alternatives: what [`Line::holds`] looks for.
pub fn pieces(wanted: &str) -> Vec<String> {
    wanted.split('|').filter(|piece| !piece.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Nanos, Role};

    const COLS: &[Col] = &[Col::figure("n", "N", 4), Col::rest("name", "NAME", 8)];

    #[test]
    fn rows_are_written_when_they_are_looked_at() {
        let names = ["one", "two", "three"];
        let mut facts = Facts::new();
        facts.add("age", |line| _ = line.span(Some(3.0)));
        let sheet = Sheet::new([
            facts.block("facts", ""),
            Block::table("none", "nothing", COLS, 0, |_, _| {}),
            Block::of("names", "names", COLS, &names, |name, line| {
                line.number(Role::Text, name.len() as u64).say(Role::Text, name);
            }),
        ]);
        let mut line = Line::new(Nanos(0));
        let said: Vec<String> = sheet
            .all()
            .map(|at| {
                assert!(sheet.write(at, &mut line));
                line.text()
            })
            .collect();
        assert_eq!(said, ["age  3s", "3  one", "3  two", "5  three"]);
        assert!(!sheet.write(At { block: 1, row: 3 }, &mut line));
        assert!(sheet.blocks[0].is_facts() && !sheet.blocks[1].is_facts());
    }
}
