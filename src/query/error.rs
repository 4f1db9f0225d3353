//! What is wrong with a query, and where.

use std::fmt;

use crate::model::showable;

/// Cells of a query that are shown before the place that is wrong; what lies further in front is left out.
const BEFORE: usize = 60;
/// Most cells of a query that are shown.
const SHOWN: usize = 100;

/// What is wrong with a query, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueryError {
    /// Where it begins in the text, in bytes; the end of the text where something is missing.
    pub at: usize,
    /// How many bytes it takes; 0 where something is missing.
    pub len: usize,
    /// What is wrong: a sentence without a full stop, part of the text in it.
    pub what: String,
    /// What to do about it, where that can be guessed.
    pub hint: Option<String>,
}

impl QueryError {
    pub(super) fn new(at: usize, end: usize, what: impl Into<String>) -> QueryError {
        QueryError { at, len: end.saturating_sub(at), what: what.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> QueryError {
        self.hint = Some(hint.into());
        self
    }

    /// Two lines: the text, and carets below the place. They can be shown: what could steer a terminal is replaced.
    pub fn pointed(&self, text: &str) -> [String; 2] {
        let bytes = text.as_bytes();
        let before = bytes.get(..self.at.min(bytes.len())).unwrap_or(bytes);
        // Of a long text the part around the place, cut between characters.
        let cut = before.len().saturating_sub(BEFORE);
        let cut = (cut..=before.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let (mut line, mut carets) = (String::new(), String::new());
        if cut > 0 {
            line.push('…');
        }
        let width = usize::from(cut > 0) + showable(before.get(cut..).unwrap_or(&[]), SHOWN, &mut line);
        let after = bytes.get(before.len()..).unwrap_or(&[]);
        let place = after.get(..self.len.min(after.len())).unwrap_or(after);
        let room = SHOWN.saturating_sub(width).max(1);
        let wide = showable(place, room, &mut line).max(1);
        showable(after.get(place.len()..).unwrap_or(&[]), room.saturating_sub(wide), &mut line);
        carets.extend(std::iter::repeat_n(' ', width));
        carets.extend(std::iter::repeat_n('^', wide));
        [line, carets]
    }
}

/// A part of a query within a sentence: so much of it as is readable there.
pub(super) fn spelt(text: &str) -> String {
    let mut shown = String::new();
    showable(text.as_bytes(), 40, &mut shown);
    if text.chars().count() > 40 {
        shown.push('…');
    }
    shown
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

impl std::error::Error for QueryError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_caret_stands_below_the_place() {
        let error = QueryError::new(8, 12, "no");
        assert_eq!(error.pointed("漢字: cpuu>50"), ["漢字: cpuu>50", "      ^^^^"]);
        assert_eq!(QueryError::new(4, 4, "no").pointed("cpu>"), ["cpu>", "    ^"]);
        assert_eq!(QueryError::new(2, 3, "no").pointed("\x1b[m"), ["\u{fffd}[m", "  ^"]);
        let far = QueryError::new(300, 301, "no").pointed(&"abcdefghij".repeat(40));
        assert!(far[0].starts_with('…') && far[0].chars().count() <= SHOWN + 2 && far[1].ends_with(" ^"));
        assert_eq!(far[0].chars().nth(far[1].len() - 1), Some('a'));
    }

    proptest! {
        #[test]
        fn any_place_in_any_text_will_do(text in "\\PC{0,200}", at in 0usize..700, len in 0usize..700) {
            let [line, carets] = QueryError { at, len, what: String::new(), hint: None }.pointed(&text);
            prop_assert!(carets.ends_with('^') && carets.len() <= SHOWN + 2);
            prop_assert!(line.len() < 10_000);
        }
    }
}
