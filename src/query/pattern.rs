//! A regular expression over bytes.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

/// Bytes that a compiled pattern may take: enough for anything that is typed, so little that none is slow. The worst
/// one takes some milliseconds for a command line of 4 KiB, where one that is meant takes microseconds.
const LARGEST: usize = 1 << 16;
/// The same for patterns with characters beyond ASCII, for which a `\w` alone takes 64 KiB.
const LARGEST_UNICODE: usize = 1 << 18;
/// How deep groups may be nested.
const DEEPEST: u32 = 32;

/// A regular expression that has to be found somewhere in a text.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: String,
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text == other.text
    }
}

impl Pattern {
    /// Understands `text`, or says in a few words what is wrong with it.
    ///
    /// Where it is all ASCII, it looks at bytes: names hardly ever hold anything else, and classes take a fraction of the
    /// memory. Then `\w` is ASCII's, and `.` matches a byte of a longer character.
    pub(super) fn new(text: &str) -> Result<Pattern, String> {
        let built = RegexBuilder::new(text)
            .case_insensitive(folds(text))
            .unicode(!text.is_ascii())
            .size_limit(if text.is_ascii() { LARGEST } else { LARGEST_UNICODE })
            .dfa_size_limit(LARGEST_UNICODE)
            .nest_limit(DEEPEST)
            .build();
        match built {
            Ok(regex) => Ok(Pattern { text: text.to_owned(), regex }),
            Err(regex::Error::CompiledTooBig(_)) => Err("this pattern is too large".to_owned()),
            // The last line says what it is; those above draw the pattern once more.
            Err(error) => {
                let error = error.to_string();
                let last = error.lines().last().unwrap_or_default().trim();
                Err(format!("this is no pattern: {}", last.strip_prefix("error: ").unwrap_or(last)))
            }
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn matches(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// Where it is first found, if that is not a place between two bytes.
    pub(super) fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        self.regex.find(text).map(|found| found.range()).filter(|range| !range.is_empty())
    }
}

/// Whether upper and lower case are alike: where there is no capital but in an escape such as `\S`.
fn folds(text: &str) -> bool {
    let mut escaped = false;
    !text.chars().any(|c| {
        let capital = c.is_uppercase() && !escaped;
        escaped = c == '\\' && !escaped;
        capital
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &[u8]) -> bool {
        Pattern::new(pattern).unwrap().matches(text)
    }

    #[test]
    fn a_capital_makes_case_matter() {
        assert!(matches("^cc1(plus)?$", b"CC1PLUS") && matches("é", "É".as_bytes()));
        assert!(matches("X", b"X") && !matches("X", b"x"));
        assert!(matches(r"\Spg", b"xPG") && matches(r"é\w+\d", "éß7".as_bytes()) && !matches(r"\\S", br"\s"));
        assert!(matches("b$", b"\xff\xfeb") && matches("^.b", b"\xffb"));
        assert!(matches(r"^\w{3,20}-\d+(\.\w{1,30})?$", b"worker-17.service"));
    }

    #[test]
    fn what_is_no_pattern_or_too_large_says_so() {
        let error = |text: &str| Pattern::new(text).unwrap_err();
        assert_eq!(error("a("), "this is no pattern: unclosed group");
        assert!(error(&"(".repeat(5000)).starts_with("this is no pattern"));
        for hostile in ["(a{900}){900}", "((\\w{99}){99}){9}", "(a?){20000}a{20000}", "é\\w{99}"] {
            assert_eq!(error(hostile), "this pattern is too large", "{hostile}");
        }
    }
}
