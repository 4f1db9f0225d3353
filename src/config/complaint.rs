//! Something wrong in a configuration file: where, and in a sentence what. It never stops the program.

use std::fmt;

use crate::model::Untrusted;

/// The most that a complaint says, in cells.
const LONGEST: usize = 1000;

/// Something wrong in a file, with its line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    /// The line, counted from 1; `None` where it concerns the file as a whole.
    pub line: Option<usize>,
    /// What is wrong and what is used instead: one sentence without a full stop, safe to show.
    pub text: String,
}

impl Complaint {
    /// A complaint about the file as a whole.
    pub fn whole(text: impl Into<String>) -> Complaint {
        Complaint::of_line(None, text)
    }

    /// A complaint about this line.
    pub fn of_line(line: Option<usize>, text: impl Into<String>) -> Complaint {
        // What it quotes may have come from anywhere, and a terminal would obey it.
        Complaint { line, text: Untrusted::from(text.into().as_str()).show(LONGEST) }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.text)
    }
}

/// The name out of `names` that was probably meant by `wanted`, if any is near enough to be worth a question.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Two neighbours exchanged, the commonest slip, are two replacements.
    let length = wanted.chars().count();
    let limit = if length < 4 { 1 } else { (length / 3).max(2) };
    let scored = names.into_iter().map(|name| (distance(wanted, name), name));
    scored.filter(|(far, _)| *far <= limit).min_by_key(|(far, _)| *far).map(|(_, name)| name)
}

/// A sentence about a name nobody knows, with the one that was probably meant.
pub(super) fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let shown = Untrusted::from(name).show(40);
    match nearest(name, known) {
        Some(near) => format!("{what} '{shown}'; did you mean '{near}'?"),
        None => format!("{what} '{shown}'"),
    }
}

/// Levenshtein's distance: insertions, deletions and replacements that turn `a` into `b`. Long words are cut, as no
/// name of ours is long and the work is the product of both lengths.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 64;
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(LONGEST).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (slot, cb) in row.iter_mut().skip(1).zip(&b) {
            let replaced = diagonal + usize::from(ca != *cb);
            diagonal = *slot;
            left = replaced.min(left + 1).min(diagonal + 1);
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_levenshteins() {
        for (a, b, far) in [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("cpu_user", "cpu_usr", 1)]
        {
            assert_eq!(distance(a, b), far, "{a} {b}");
            assert_eq!(distance(b, a), far, "{b} {a}");
        }
    }

    #[test]
    fn only_near_names_are_offered() {
        let names = ["selection", "header", "header_sort", "dim"];
        assert_eq!(nearest("selecton", names), Some("selection"));
        assert_eq!(nearest("headr", names), Some("header"));
        assert_eq!(nearest("zebra", names), None);
    }

    #[test]
    fn a_complaint_begins_with_its_line() {
        assert_eq!(Complaint::of_line(Some(2), "x").to_string(), "line 2: x");
        assert_eq!(Complaint::whole("x").to_string(), "x");
    }
}
