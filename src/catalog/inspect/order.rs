//! The rows of a table in order of one of its columns.

use std::cmp::Ordering;

use super::{Block, Col, Exact, Line, Place};

/// By which column, and which way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order {
    /// The word of the column.
    pub col: &'static str,
    /// Whether the greatest come first.
    pub down: bool,
}

/// The title of a column, by its block and its place there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spotted {
    /// The block.
    pub block: usize,
    /// The place of the column among its columns.
    pub col: usize,
}

impl Order {
    /// What is wanted first of a column: the greatest figures, and texts from A on.
    pub fn of(col: &Col) -> Order {
        Order { col: col.id, down: col.right }
    }

    /// The other way round.
    #[must_use]
    pub fn turned(self) -> Order {
        Order { down: !self.down, ..self }
    }

    /// What is said of it.
    pub fn sentence(self, block: &Block<'_>) -> String {
        let col = block.cols.iter().find(|col| col.id == self.col);
        let which = if self.down { "the greatest first" } else { "the least first" };
        col.map_or_else(String::new, |col| format!("{}: by {}, {which}", block.title, col.title))
    }
}

/// What rows are compared by.
#[derive(PartialEq, Debug)]
enum Key {
    Number(f64),
    Text(Vec<u8>),
    /// It comes last, whichever way the others are.
    Unknown,
}

impl Key {
    fn of(place: Option<&Place>) -> Key {
        let Some(place) = place else { return Key::Unknown };
        match &place.exact {
            Exact::Int(n) => Key::Number(*n as f64),
            // What looks the same keeps its place.
            Exact::Float(n) => Key::Number((n * 10.0).round()),
            Exact::Flag(yes) => Key::Number(f64::from(u8::from(*yes))),
            Exact::Text(text) => Key::Text(text.clone()),
            Exact::Shown => Key::Text(place.text.text().as_bytes().to_vec()),
            Exact::Unknown => Key::Unknown,
        }
    }

    fn compare(&self, other: &Key, down: bool) -> Ordering {
        let turned = |order: Ordering| if down { order.reverse() } else { order };
        match (self, other) {
            (Key::Unknown, Key::Unknown) => Ordering::Equal,
            (Key::Unknown, _) => Ordering::Greater,
            (_, Key::Unknown) => Ordering::Less,
            (Key::Number(a), Key::Number(b)) => turned(a.total_cmp(b)),
            (Key::Text(a), Key::Text(b)) => turned(a.cmp(b)),
            (Key::Number(_), Key::Text(_)) => turned(Ordering::Less),
            (Key::Text(_), Key::Number(_)) => turned(Ordering::Greater),
        }
    }
}

impl Block<'_> {
    /// Whether its rows can be put in order by this column: facts and bars cannot.
    pub fn sorts_by(&self, id: &str) -> bool {
        !self.is_facts()
            && !matches!(id, "bar" | "shares" | "fill")
            && self.cols.iter().any(|col| col.id == id)
    }

    /// The places of its rows in this order; where there is no such column, as they are. `line` must be one for
    /// programs, since they are compared by what they are and not by how they look.
    pub fn sorted(&self, order: Order, line: &mut Line) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..self.count).collect();
        let Some(col) = self.cols.iter().position(|col| col.id == order.col) else { return rows };
        let keys: Vec<Key> = rows
            .iter()
            .map(|row| {
                self.write(*row, line);
                Key::of(line.places().get(col))
            })
            .collect();
        rows.sort_by(|a, b| match (keys.get(*a), keys.get(*b)) {
            (Some(one), Some(other)) => one.compare(other, order.down),
            _ => Ordering::Equal,
        });
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Nanos, Role};

    const COLS: &[Col] = &[Col::text("name", "NAME", 4), Col::figure("share", "SHARE", 5)];

    #[test]
    fn rows_are_in_order_of_a_column_and_what_is_unknown_is_last() {
        let rows = [("c", Some(1.0)), ("a", None), ("b", Some(7.0)), ("d", Some(1.01))];
        let block = Block::of("rows", "rows", COLS, &rows, |(name, share), line| {
            line.say(Role::Text, name).percent(*share);
        });
        let mut line = Line::exact(Nanos(0));
        let mut by = |col, down| {
            let order = block.sorted(Order { col, down }, &mut line);
            order.iter().map(|row| rows[*row].0).collect::<String>()
        };
        // Those that look the same keep their places.
        assert_eq!((by("share", true), by("share", false)), ("bcda".into(), "cdba".into()));
        assert_eq!((by("name", false), by("none", true)), ("abcd".into(), "cabd".into()));
        let of = |n: usize| Order::of(&COLS[n]);
        assert_eq!((of(0).down, of(1).down, of(1).turned().down), (false, true, false));
    }
}
