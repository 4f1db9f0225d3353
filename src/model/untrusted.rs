//! Bytes from strangers, and the one function that makes them showable.
//!
//! Names, command lines, user names and cgroup paths are chosen by whoever runs a process. They may hold escape
//! sequences, C1 controls, bidirectional overrides, newlines, invalid UTF-8 or a megabyte of combining marks.
//! [`Untrusted`] keeps them as they are and has no `Display`; [`showable`] is the only way to a screen, a log or a
//! file (JSON escapes what it prints on top of it).

use std::borrow::Cow;
use std::fmt;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Stands for a byte or character that must not reach a terminal.
pub const REPLACEMENT: char = '\u{fffd}';

/// Most bytes one grapheme may keep, so that a tower of combining marks costs a cell, not a screen.
const MAX_GRAPHEME_BYTES: usize = 24;

/// Bytes that somebody else chose. They have no `Display`: see [`showable`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Untrusted(Box<[u8]>);

impl Untrusted {
    /// Keeps `bytes` as they are.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Untrusted {
        Untrusted(bytes.into())
    }

    /// The raw bytes, for comparing, matching and sorting; never for showing.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes as text that can be shown, at most `max_cells` terminal cells wide.
    pub fn show(&self, max_cells: usize) -> String {
        let mut out = String::new();
        showable(&self.0, max_cells, &mut out);
        out
    }
}

impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Untrusted {
        Untrusted(text.as_bytes().into())
    }
}

/// Appends `bytes` to `out` as text that is safe to show, at most `max_cells` cells wide; returns its width.
///
/// Valid UTF-8 passes. Replaced by one visible cell each: invalid bytes, C0 and C1 controls (tab and newline too),
/// line and paragraph separators, bidirectional and other format characters, private use, noncharacters and
/// unassigned tags. A wide character is never split. The work is bounded by `max_cells`, not by the input.
pub fn showable(bytes: &[u8], max_cells: usize, out: &mut String) -> usize {
    // Plain ASCII, nearly every name there is, goes the short way.
    let head = bytes.get(..bytes.len().min(max_cells)).unwrap_or(bytes);
    let plain = |b: &u8| matches!(b, 0x20..=0x7e);
    // What follows may be a mark on the last of them.
    if head.iter().all(plain) && bytes.get(max_cells).is_none_or(plain) {
        out.push_str(str::from_utf8(head).unwrap_or(""));
        return head.len();
    }
    let mut cells = 0;
    // A cell may stand for at most this many bytes, so no more of the input can ever be visible.
    let mut budget = bytes.len().min(max_cells.saturating_mul(MAX_GRAPHEME_BYTES * 2).saturating_add(64));
    // Do not cut a character in two: at most three continuation bytes belong to the one before.
    for _ in 0..3 {
        if bytes.get(budget).is_some_and(|b| b & 0xc0 == 0x80) {
            budget -= 1;
        }
    }
    let head = bytes.get(..budget).unwrap_or(bytes);
    let text = match str::from_utf8(head) {
        Ok(text) if !text.contains(is_hostile) => Cow::Borrowed(text),
        _ => Cow::Owned(disarmed(head)),
    };
    for grapheme in text.graphemes(true) {
        let shown: &str = if grapheme.len() > MAX_GRAPHEME_BYTES || grapheme.width() == 0 {
            // Too tall, or a lone combining mark: its base character, else the replacement.
            match grapheme.char_indices().next() {
                Some((_, c)) if c.width().unwrap_or(0) > 0 => {
                    grapheme.get(..c.len_utf8()).unwrap_or("\u{fffd}")
                }
                _ => "\u{fffd}",
            }
        } else {
            grapheme
        };
        let width = shown.width();
        if cells + width > max_cells {
            break;
        }
        out.push_str(shown);
        cells += width;
    }
    cells
}

/// The text with its invalid bytes and hostile characters replaced, one for one.
fn disarmed(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().min(256));
    for chunk in bytes.utf8_chunks() {
        text.extend(chunk.valid().chars().map(|c| if is_hostile(c) { REPLACEMENT } else { c }));
        text.extend(std::iter::repeat_n(REPLACEMENT, chunk.invalid().len()));
    }
    text
}

/// Whether `c` could steer a terminal, reorder its neighbours or stay invisible.
fn is_hostile(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'            // C0, DEL, C1
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' // soft hyphen, joiners and marks without width
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // fillers that look like nothing
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' // zero width, separators, bidi
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffc}'
        | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' // private use
        | '\u{e0000}'..='\u{e0fff}' | '\u{fdd0}'..='\u{fdef}'
    ) || (c as u32) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn show(bytes: &[u8], cells: usize) -> String {
        Untrusted::new(bytes).show(cells)
    }

    #[test]
    fn escape_sequences_become_visible_cells() {
        assert_eq!(show(b"\x1b[31mred\x07", 80), "\u{fffd}[31mred\u{fffd}");
        assert_eq!(show("a\u{9b}31mb".as_bytes(), 80), "a\u{fffd}31mb");
        assert_eq!(show("x\u{202e}gpj.exe".as_bytes(), 80), "x\u{fffd}gpj.exe");
        assert_eq!(show(b"a\nb\tc", 80), "a\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn each_bad_byte_is_one_cell_and_text_goes_on() {
        assert_eq!(show(b"a\xff\xfeb", 80), "a\u{fffd}\u{fffd}b");
        assert_eq!(show("größe 漢字".as_bytes(), 80), "größe 漢字");
    }

    #[test]
    fn wide_characters_are_not_split() {
        assert_eq!(show("漢字".as_bytes(), 3), "漢");
        assert_eq!(show("漢字".as_bytes(), 1), "");
    }

    #[test]
    fn a_tower_of_marks_costs_one_cell() {
        let zalgo = format!("e{}x", "\u{301}".repeat(1000));
        assert_eq!(show(zalgo.as_bytes(), 5), "e");
        assert!(show("\u{301}a".as_bytes(), 5).starts_with('\u{fffd}'));
    }

    proptest! {
        #[test]
        fn never_wider_than_asked_never_a_control(bytes in prop::collection::vec(any::<u8>(), 0..200), max in 0usize..50) {
            let mut out = String::new();
            let width = showable(&bytes, max, &mut out);
            prop_assert!(width <= max);
            prop_assert_eq!(width, out.graphemes(true).map(UnicodeWidthStr::width).sum::<usize>());
            prop_assert!(!out.chars().any(is_hostile));
        }

        #[test]
        fn showing_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = show(text.as_bytes(), 1000);
            prop_assert_eq!(show(once.as_bytes(), 1000), once.clone());
        }
    }
}
