//! A piece of text whose parts have roles; one buffer that is used again and again.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use crate::model::{Role, showable};

/// Text whose parts have roles. A caller keeps one and clears it, so that drawing does not allocate.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cell {
    text: String,
    /// Cells beyond which nothing foreign needs to be appended.
    limit: Option<usize>,
    /// Where each part ends in `text`, and what it stands for.
    parts: Vec<(usize, Role)>,
}

impl Cell {
    /// An empty cell.
    pub fn new() -> Cell {
        Cell::default()
    }

    /// An empty cell with room for what a line of a large screen holds, so that it need not grow in the middle of the
    /// work, when a line has more parts than all before.
    pub fn roomy() -> Cell {
        Cell { text: String::with_capacity(1024), parts: Vec::with_capacity(64), limit: None }
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.parts.clear();
        self.limit = None;
    }

    /// Says that what lies more than `cells` cells from its start will not be seen, until it is cleared: foreign text may
    /// then end there. A command line may be long, a screen is not.
    pub fn limit(&mut self, cells: usize) {
        self.limit = Some(cells);
    }

    /// Appends `text`, which must be the program's own; for foreign bytes there is [`Cell::push_foreign`].
    pub fn push(&mut self, role: Role, text: &str) {
        self.push_with(role, |out| out.push_str(text));
    }

    /// Appends what `write` writes; it must only append.
    pub fn push_with(&mut self, role: Role, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        if self.text.len() <= start {
            return;
        }
        // Two blanks keep what follows them apart from what stands before, whatever their roles.
        let apart = self.text.get(start..).is_some_and(|text| text.starts_with("  "));
        match self.parts.last_mut() {
            Some((end, last)) if *last == role && !apart => *end = self.text.len(),
            _ => self.parts.push((self.text.len(), role)),
        }
    }

    /// Appends formatted text of the program's own: `cell.push_fmt(role, format_args!("{n}%"))`.
    pub fn push_fmt(&mut self, role: Role, text: fmt::Arguments<'_>) {
        self.push_with(role, |out| {
            // Writing to a String does not fail.
            let _ = fmt::Write::write_fmt(out, text);
        });
    }

    /// Appends bytes from strangers, made showable, at most `max_cells` cells wide; returns the width.
    pub fn push_foreign(&mut self, role: Role, bytes: &[u8], max_cells: usize) -> usize {
        let mut width = 0;
        let max_cells = self.limit.map_or(max_cells, |limit| max_cells.min(limit));
        self.push_with(role, |out| width = showable(bytes, max_cells, out));
        width
    }

    /// Appends ASCII that `write` writes. Where it is wider than `width` only its end stays, behind a `~`: for numbers
    /// beyond what the kernel gives out, which must not shift a column.
    pub fn push_fit(&mut self, role: Role, width: usize, write: impl FnOnce(&mut String)) {
        self.push_with(role, |out| {
            let start = out.len();
            write(out);
            let excess = (out.len() - start).saturating_sub(width);
            if excess > 0 && out.is_char_boundary(start + excess + 1) {
                out.replace_range(start..=start + excess, "~");
            }
        });
    }

    /// Appends what `write` writes, with blanks before it where it is narrower than `width`: so that what follows stays
    /// where it is when a figure grows by a digit.
    pub fn push_right(&mut self, role: Role, width: usize, write: impl FnOnce(&mut String)) {
        self.push_with(role, |out| {
            let start = out.len();
            write(out);
            let written = out.get(start..).map_or(0, |text| text.chars().count());
            for _ in written..width {
                out.insert(start, ' ');
            }
        });
    }

    /// Says that the value is not known.
    pub fn push_unknown(&mut self) {
        self.push(Role::Dim, "–");
    }

    /// All of the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Its width in terminal cells.
    pub fn width(&self) -> usize {
        // Control characters are none of the program's own, and made showable elsewhere.
        if self.text.is_ascii() { self.text.len() } else { self.text.width() }
    }

    /// The parts in order, each with its role; neighbours with the same role are one part, but what was appended with
    /// two blanks before it begins a new one: where room is short, what may be left out must not depend on its role.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Role)> {
        let mut start = 0;
        self.parts.iter().map(move |(end, role)| {
            let part = self.text.get(start..*end).unwrap_or("");
            start = *end;
            (part, *role)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_moves_nothing() {
        let mut cell = Cell::new();
        for value in ["9", "10", "–", "1000"] {
            cell.push_right(Role::Text, 3, |out| out.push_str(value));
        }
        assert_eq!(cell.text(), "  9 10  –1000");
    }

    #[test]
    fn parts_are_the_text_and_equal_neighbours_join() {
        let mut cell = Cell::new();
        cell.push(Role::Dim, "/usr/");
        cell.push(Role::Dim, "bin/");
        cell.push(Role::Strong, "vim");
        cell.push(Role::Text, "");
        cell.push_foreign(Role::Text, b" \x1b[2J", 80);
        let parts: Vec<_> = cell.parts().collect();
        assert_eq!(parts, [("/usr/bin/", Role::Dim), ("vim", Role::Strong), (" \u{fffd}[2J", Role::Text)]);
        assert_eq!(parts.iter().map(|p| p.0).collect::<String>(), cell.text());
    }

    #[test]
    fn two_blanks_keep_figures_apart_whatever_their_roles() {
        let mut cell = Cell::new();
        cell.push(Role::Dim, "io ");
        cell.push(Role::Dim, "0.0");
        cell.push(Role::Dim, "  mem ");
        cell.push(Role::Dim, "0.0");
        let parts: Vec<_> = cell.parts().map(|part| part.0).collect();
        assert_eq!(parts, ["io 0.0", "  mem 0.0"]);
    }

    #[test]
    fn what_is_too_wide_keeps_its_end() {
        let mut cell = Cell::new();
        cell.push_fit(Role::Text, 7, |out| out.push_str("2147483647"));
        assert_eq!(cell.text(), "~483647");
        cell.clear();
        cell.push_fit(Role::Text, 7, |out| out.push_str("4194304"));
        assert_eq!(cell.text(), "4194304");
    }

    #[test]
    fn a_cleared_cell_keeps_its_memory() {
        let mut cell = Cell::new();
        let fill = |cell: &mut Cell| {
            for n in 0..10 {
                cell.push_fmt(Role::Lane(n), format_args!("{n}"));
            }
        };
        fill(&mut cell);
        let before = (cell.text.capacity(), cell.parts.capacity(), cell.text.as_ptr());
        cell.clear();
        fill(&mut cell);
        assert_eq!(before, (cell.text.capacity(), cell.parts.capacity(), cell.text.as_ptr()));
    }
}
