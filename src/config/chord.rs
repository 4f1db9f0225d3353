//! Keys as values and as text: `F5`, `Ctrl-U`, `Shift-Tab`, `a`, `[`, `Space`.

use std::fmt;
use std::str::FromStr;

/// One key of the keyboard, without modifiers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Key {
    /// A printable character; Shift is already in it (`K` is not Shift-`k`).
    Char(char),
    /// F1 to F24.
    F(u8),
    /// Return.
    Enter,
    /// Escape alone.
    Esc,
    /// Tab; Shift-Tab is `Tab` with `shift`.
    Tab,
    /// Backspace (0x7f or Ctrl-H).
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Cursor up.
    Up,
    /// Cursor down.
    Down,
    /// Cursor left.
    Left,
    /// Cursor right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// A key with its modifiers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Chord {
    /// The key.
    pub key: Key,
    /// Ctrl held.
    pub ctrl: bool,
    /// Alt (Meta) held.
    pub alt: bool,
    /// Shift held; never set for [`Key::Char`].
    pub shift: bool,
}

impl Chord {
    /// `key` without modifiers.
    pub const fn plain(key: Key) -> Chord {
        Chord { key, ctrl: false, alt: false, shift: false }
    }

    /// The character `c` without modifiers.
    pub const fn char(c: char) -> Chord {
        Chord::plain(Key::Char(c))
    }

    /// The character `c` with Ctrl; letters are lower case.
    pub const fn ctrl(c: char) -> Chord {
        Chord { key: Key::Char(c.to_ascii_lowercase()), ctrl: true, alt: false, shift: false }
    }
}

/// The keys that have a name, with it; printable characters name themselves.
const NAMES: [(&str, Key); 18] = [
    ("Enter", Key::Enter),
    ("Esc", Key::Esc),
    ("Tab", Key::Tab),
    ("Backspace", Key::Backspace),
    ("Delete", Key::Delete),
    ("Insert", Key::Insert),
    ("Up", Key::Up),
    ("Down", Key::Down),
    ("Left", Key::Left),
    ("Right", Key::Right),
    ("Home", Key::Home),
    ("End", Key::End),
    ("PageUp", Key::PageUp),
    ("PageDown", Key::PageDown),
    ("PgUp", Key::PageUp),
    ("PgDn", Key::PageDown),
    ("Space", Key::Char(' ')),
    ("Minus", Key::Char('-')),
];

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
        }
        if self.shift {
            f.write_str("Shift-")?;
        }
        match self.key {
            Key::Char(' ') => f.write_str("Space"),
            Key::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            Key::Char(c) => write!(f, "{c}"),
            Key::F(n) => write!(f, "F{n}"),
            key => f.write_str(NAMES.iter().find(|(_, k)| *k == key).map_or("?", |(name, _)| name)),
        }
    }
}

/// Why a text names no chord; the message is a sentence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("'{0}' is no key: write F5, Ctrl-U, Shift-Tab, Space or the character itself")]
pub struct NoChord(pub String);

impl FromStr for Chord {
    type Err = NoChord;

    fn from_str(text: &str) -> Result<Chord, NoChord> {
        let wrong = || NoChord(text.chars().take(40).collect());
        let mut chord = Chord::char(' ');
        let mut rest = text;
        loop {
            if let Some(tail) = rest.strip_prefix("Ctrl-").filter(|t| !t.is_empty()) {
                (chord.ctrl, rest) = (true, tail);
            } else if let Some(tail) = rest.strip_prefix("Alt-").filter(|t| !t.is_empty()) {
                (chord.alt, rest) = (true, tail);
            } else if let Some(tail) = rest.strip_prefix("Shift-").filter(|t| !t.is_empty()) {
                (chord.shift, rest) = (true, tail);
            } else {
                break;
            }
        }
        let mut chars = rest.chars();
        chord.key = match (chars.next(), chars.next()) {
            (Some(c), None) if chord.shift && c.is_alphabetic() => {
                chord.shift = false;
                Key::Char(c.to_uppercase().next().unwrap_or(c))
            }
            (Some(c), None) if !chord.shift && !c.is_control() => Key::Char(c),
            _ => match NAMES.iter().find(|(name, _)| *name == rest) {
                Some((_, key)) => *key,
                None => match rest.strip_prefix('F').and_then(|n| n.parse().ok()) {
                    Some(n @ 1..=24) => Key::F(n),
                    _ => return Err(wrong()),
                },
            },
        };
        if let (true, Key::Char(c)) = (chord.ctrl, chord.key) {
            chord.key = Key::Char(c.to_ascii_lowercase());
        }
        Ok(chord)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_read_back_as_they_print() {
        for text in
            ["F5", "Ctrl-U", "Shift-Tab", "Space", "a", "K", "[", "-", "Alt-j", "Shift-F6", "Ctrl-Left"]
        {
            let chord: Chord = text.parse().expect(text);
            assert_eq!(chord.to_string(), text);
        }
        assert_eq!("Ctrl-u".parse(), Ok(Chord::ctrl('U')));
        assert_eq!("Minus".parse(), Ok(Chord::char('-')));
    }

    #[test]
    fn nonsense_is_a_sentence() {
        for text in ["", "F0", "F99", "Hyper-x", "ab", "Ctrl-"] {
            assert!(text.parse::<Chord>().is_err(), "{text}");
        }
    }
}
