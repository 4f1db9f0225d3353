//! A text that is read, and what is wrong with it: which line a mistake is in, and how many are told.

use std::ops::Range;

use toml_edit::TableLike;

use super::{Complaint, complaint};

/// Most complaints of a text that are told one by one.
const MOST: usize = 100;

/// What is wrong with one text.
pub(super) struct Reader<'a> {
    text: &'a str,
    /// Where its lines end, so that no complaint has to count them; found with the first.
    ends: Option<Vec<usize>>,
    complaints: Vec<Complaint>,
    /// How many are not told.
    untold: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Reader<'a> {
        Reader { text, ends: None, complaints: Vec::new(), untold: 0 }
    }

    /// The text, from its beginning.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// Complains of what stands at `span`, or of the text as a whole.
    pub(super) fn complain(&mut self, span: Option<Range<usize>>, text: impl Into<String>) {
        let line = self.line(span);
        self.add(line, text);
    }

    /// Complains of what stands in `line`.
    pub(super) fn add(&mut self, line: Option<usize>, text: impl Into<String>) {
        if self.is_full() {
            self.untold += 1;
            return;
        }
        self.complaints.push(Complaint::of_line(line, text));
    }

    /// Says something about the text as a whole that must not be missed, however much is wrong with it.
    pub(super) fn insist(&mut self, text: impl Into<String>) {
        self.complaints.push(Complaint::whole(text));
    }

    /// Complains of the key `name` of `table`, which has no such key.
    pub(super) fn unknown_key<'n>(
        &mut self,
        table: &dyn TableLike,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        // What is meant is not looked for where it would not be told.
        if self.is_full() {
            self.untold += 1;
            return;
        }
        let span = table.key(name).and_then(toml_edit::Key::span);
        self.complain(span, complaint::unknown(what, name, known));
    }

    /// Whether another complaint would not be told.
    pub(super) fn is_full(&self) -> bool {
        self.complaints.len() >= MOST
    }

    /// The complaints by their lines, then those about the whole, and how many are not among them.
    pub(super) fn finish(mut self) -> Vec<Complaint> {
        self.complaints.sort_by_key(|complaint| complaint.line.unwrap_or(usize::MAX));
        if self.untold > 0 {
            self.insist(match self.untold {
                1 => "there is 1 complaint more".to_owned(),
                count => format!("there are {count} complaints more"),
            });
        }
        self.complaints
    }

    /// The line of `span`, counted from 1.
    pub(super) fn line(&mut self, span: Option<Range<usize>>) -> Option<usize> {
        let text = self.text;
        let ends = self.ends.get_or_insert_with(|| text.match_indices('\n').map(|(at, _)| at).collect());
        span.map(|span| ends.partition_point(|end| *end < span.start) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_from_one() {
        let mut reader = Reader::new("a\nbé\nd");
        let lines = [Some(0..1), Some(1..2), Some(2..3), Some(4..5), Some(6..7), Some(99..100), None]
            .map(|span| reader.line(span));
        assert_eq!(lines, [Some(1), Some(1), Some(2), Some(2), Some(3), Some(3), None]);
    }

    #[test]
    fn the_first_are_told_by_their_lines_and_the_rest_is_counted() {
        let text = "\n".repeat(300);
        let mut reader = Reader::new(&text);
        for at in (0..250).rev() {
            reader.complain(Some(at..at + 1), "x");
        }
        let told = reader.finish();
        assert_eq!(told.len(), MOST + 1);
        assert_eq!((told[0].line, told[MOST - 1].line), (Some(151), Some(250)));
        assert_eq!(told[MOST].to_string(), "there are 150 complaints more");
    }
}
