//! One line of text being typed.

use crate::config::{Chord, Key};

/// A line of text with a cursor. The text is what the user typed: printable characters only.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LineEdit {
    text: String,
    /// Byte offset, always at a character's border.
    cursor: usize,
}

/// Longest text kept, bytes.
const LONGEST: usize = 1024;

impl LineEdit {
    /// A line that holds `text`, the cursor behind it.
    pub fn new(text: &str) -> LineEdit {
        let mut line = LineEdit::default();
        line.insert(text);
        line
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor and the text behind it.
    pub fn around_cursor(&self) -> (&str, &str) {
        self.text.split_at_checked(self.cursor).unwrap_or((&self.text, ""))
    }

    /// Where the cursor stands, in bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Puts `text` in the place of `range`, in bytes, and the cursor behind it; nothing happens where that is not
    /// between characters.
    pub fn replace(&mut self, range: std::ops::Range<usize>, text: &str) {
        if self.text.get(range.clone()).is_some() {
            self.text.drain(range.clone());
            self.cursor = range.start;
            self.insert(text);
        }
    }

    /// Types `text` at the cursor; control characters are left out.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.text.len() + c.len_utf8() > LONGEST {
                return;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    /// Takes a key; `false` where the key means nothing to a line of text.
    pub fn key(&mut self, chord: Chord) -> bool {
        match (chord.key, chord.ctrl, chord.alt) {
            (Key::Char(c), false, false) => self.insert(c.encode_utf8(&mut [0; 4])),
            (Key::Backspace, false, false) => {
                if let Some(at) = self.before() {
                    self.text.remove(at);
                    self.cursor = at;
                }
            }
            (Key::Delete, false, false) => {
                if self.cursor < self.text.len() {
                    self.text.remove(self.cursor);
                }
            }
            (Key::Left, false, false) => self.cursor = self.before().unwrap_or(0),
            (Key::Right, false, false) => {
                self.cursor += self.around_cursor().1.chars().next().map_or(0, char::len_utf8);
            }
            (Key::Home, false, false) | (Key::Char('a'), true, false) => self.cursor = 0,
            (Key::End, false, false) | (Key::Char('e'), true, false) => self.cursor = self.text.len(),
            (Key::Char('u'), true, false) => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            (Key::Char('w'), true, false) => {
                let head = self.around_cursor().0.trim_end();
                let at = head.rfind(' ').map_or(0, |space| space + 1);
                self.text.drain(at..self.cursor);
                self.cursor = at;
            }
            _ => return false,
        }
        true
    }

    fn before(&self) -> Option<usize> {
        self.around_cursor().0.char_indices().next_back().map(|(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> String {
        let mut line = LineEdit::new("größe ab");
        for key in keys.split_whitespace() {
            line.key(key.parse().expect("a key"));
        }
        let (before, after) = line.around_cursor();
        format!("{before}|{after}")
    }

    #[test]
    fn keys_edit_by_characters() {
        assert_eq!(typed("Backspace x"), "größe ax|");
        assert_eq!(typed("Home Right Right Right Delete"), "grö|e ab");
        assert_eq!(typed("Ctrl-W"), "größe |");
        assert_eq!(typed("Left Ctrl-U Delete Delete"), "|");
        assert_eq!(typed("Home Left Backspace"), "|größe ab");
    }
}
