//! Finding a piece of text in bytes, upper and lower case alike, without allocating.

use std::ops::Range;

/// What is looked for, folded to lower case once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Needle {
    folded: String,
}

impl Needle {
    pub(super) fn new(text: &str) -> Needle {
        Needle { folded: text.chars().flat_map(char::to_lowercase).collect() }
    }

    /// Where it first occurs in `text`.
    pub(super) fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        if self.folded.is_ascii() {
            return self.find_ascii(text);
        }
        let mut start = 0;
        for chunk in text.utf8_chunks() {
            let valid = chunk.valid();
            for (at, _) in valid.char_indices() {
                if let Some(length) = self.length_at(valid.get(at..).unwrap_or("")) {
                    return Some(start + at..start + at + length);
                }
            }
            start += valid.len() + chunk.invalid().len();
        }
        None
    }

    /// ASCII never is a part of another character in UTF-8, so bytes can be compared as they are.
    fn find_ascii(&self, text: &[u8]) -> Option<Range<usize>> {
        let needle = self.folded.as_bytes();
        let first = *needle.first()?;
        let starts = 0..(text.len() + 1).saturating_sub(needle.len());
        let mut windows = starts.zip(text.windows(needle.len()));
        windows
            .find(|(_, window)| {
                window.first().is_some_and(|b| b.to_ascii_lowercase() == first)
                    && window.eq_ignore_ascii_case(needle)
            })
            .map(|(at, window)| at..at + window.len())
    }

    /// How many bytes of `text` it takes, if `text` begins with it.
    fn length_at(&self, text: &str) -> Option<usize> {
        let mut wanted = self.folded.chars();
        let mut length = 0;
        for c in text.chars() {
            if wanted.as_str().is_empty() {
                break;
            }
            for lower in c.to_lowercase() {
                if wanted.next() != Some(lower) {
                    return None;
                }
            }
            length += c.len_utf8();
        }
        wanted.as_str().is_empty().then_some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_in_it_is_found(before in any::<Vec<u8>>(), needle in "[a-zA-Zäöüσ漢 ]{1,6}", after in any::<Vec<u8>>()) {
            let mut text = before;
            text.push(b' ');
            text.extend(needle.as_bytes());
            text.extend(after);
            let found = Needle::new(&needle).find(&text);
            let found = found.and_then(|range| text.get(range)).and_then(|bytes| std::str::from_utf8(bytes).ok());
            prop_assert_eq!(found.map(str::to_lowercase), Some(needle.to_lowercase()));
        }

        #[test]
        fn any_bytes_will_do(text in any::<Vec<u8>>(), needle in "\\PC{1,4}") {
            if let Some(range) = Needle::new(&needle).find(&text) {
                prop_assert!(range.end <= text.len() && !range.is_empty());
            }
        }
    }
}
