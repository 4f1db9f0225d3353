//! Terminal bytes → [`Input`]: a state machine after ECMA-48 and xterm's "Control Sequences" document.
//!
//! Pure: bytes and their time go in, values come out. Its words: a *sequence* is everything from an ESC to its last
//! byte; *unknown* is a sequence whose meaning we do not know; *unfinished* is one whose last byte has not come.
//!
//! What it promises, whatever the terminal sends:
//!
//! * A byte of a sequence is never a key. Replies, strings (OSC, DCS, APC, PM, SOS), unknown and unfinished sequences
//!   are swallowed whole.
//! * After an unknown or unfinished sequence nothing acts for [`HUSH`]: what follows may be its rest.
//! * How the bytes are cut into reads makes no difference.
//! * It never panics and its memory is bounded.

mod keys;
#[cfg(test)]
mod tests;

use crate::app::Input;
use crate::config::{Chord, Key};
use crate::model::Nanos;

use keys::Meaning;

const MILLISECOND: u64 = 1_000_000;
/// An ESC after which nothing came for this long is the Escape key.
pub(super) const ESCAPE: u64 = 50 * MILLISECOND;
/// A sequence that is older than this and has no end is dropped.
pub(super) const UNFINISHED: u64 = 1000 * MILLISECOND;
/// For this long after a sequence that we could not read, nothing acts.
pub(super) const HUSH: u64 = 100 * MILLISECOND;
/// A `[`, `O` or `]` that comes this soon after an Escape was the rest of a sequence on a slow line, not a key: nobody
/// types that fast, and `[` alone would change a nice value.
pub(super) const LATE: u64 = 100 * MILLISECOND;
/// Bytes of one paste that are kept; the rest is swallowed.
pub(super) const PASTE: usize = 64 * 1024;

/// Ends a bracketed paste.
const PASTE_ENDS: &[u8] = b"\x1b[201~";
/// Parameter and intermediate bytes that are kept of one sequence; a longer one is unknown.
const BODY: usize = 48;

/// Where in the grammar the next byte stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    /// Between sequences.
    #[default]
    Ground,
    /// After ESC.
    Esc,
    /// After two ESC: Escape twice, or a sequence with Alt as rxvt sends it.
    EscEsc,
    /// After ESC `[`.
    Csi,
    /// After ESC `[` `[`: the function keys of the Linux console.
    Console,
    /// So many coordinate bytes of an X10 mouse report are to come.
    Coordinates(u8),
    /// After ESC `O`.
    Ss3,
    /// In the text of an OSC, DCS, APC, PM or SOS.
    Text {
        /// BEL ends it too: OSC only.
        bell: bool,
        /// The last byte was ESC, so a `\` ends it.
        esc: bool,
    },
    /// In a character of several bytes; so many are to come.
    Utf8(u8),
    /// Between the marks of a paste.
    Paste,
}

/// The parser. Feed it what was read, and let it [`expire`](Parser::expire) at its [`deadline`](Parser::deadline).
#[derive(Debug, Default)]
pub(super) struct Parser {
    state: State,
    /// When the sequence began; in a paste, when its last byte came.
    since: Nanos,
    /// Alt belongs to what is being read.
    alt: bool,
    /// Parameters and intermediates of a sequence, or the bytes of a character.
    body: Vec<u8>,
    paste: Vec<u8>,
    /// How many bytes of [`PASTE_ENDS`] have been seen.
    ends: usize,
    /// Until when nothing acts.
    hushed: Nanos,
    /// Whether each further byte makes the hush longer: the rest of something unfinished is still coming.
    growing: bool,
    /// Until when a `[`, `O` or `]` belongs to the Escape before it.
    late: Nanos,
}

/// What these reads mean, one right after the other and then nothing for long; for fuzzers.
pub fn keys_of(reads: &[&[u8]]) -> Vec<Input> {
    let now = Nanos(5_000_000_000);
    let (mut parser, mut out) = (Parser::default(), Vec::new());
    for read in reads {
        parser.feed(now, read, &mut out);
    }
    if let Some(deadline) = parser.deadline() {
        parser.expire(deadline, &mut out);
    }
    out
}

impl Parser {
    /// When [`Parser::expire`] must be called if no byte has come until then.
    pub(super) fn deadline(&self) -> Option<Nanos> {
        match self.state {
            State::Ground => None,
            State::Esc | State::EscEsc => Some(later(self.since, ESCAPE)),
            _ => Some(later(self.since, UNFINISHED)),
        }
    }

    /// Takes note that it is `now` and nothing more has come: a lone ESC becomes Escape, an old unfinished sequence is
    /// dropped.
    pub(super) fn expire(&mut self, now: Nanos, out: &mut Vec<Input>) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.state {
            State::Esc | State::EscEsc => {
                for _ in 0..if self.state == State::Esc { 1 } else { 2 } {
                    self.emit(now, Input::Key(Chord::plain(Key::Esc)), out);
                }
                self.late = later(now, LATE);
            }
            _ => self.hush(now, true),
        }
        self.ground();
    }

    /// Takes in `bytes` read at `now` and appends what they mean to `out`.
    pub(super) fn feed(&mut self, now: Nanos, bytes: &[u8], out: &mut Vec<Input>) {
        if bytes.is_empty() {
            return;
        }
        // An ESC waits for as long as an unfinished sequence here: its rest is in hand, we were only late to look.
        if self.state != State::Ground && now >= later(self.since, UNFINISHED) {
            self.expire(now, out);
        }
        if self.growing && now < self.hushed {
            self.hush(now, true);
        }
        for &byte in bytes {
            self.byte(now, byte, out);
        }
    }

    fn byte(&mut self, now: Nanos, byte: u8, out: &mut Vec<Input>) {
        match self.state {
            State::Ground => self.first(now, byte, out),
            State::Esc => self.after_escape(now, byte, out),
            State::EscEsc if matches!(byte, b'[' | b'O') => {
                self.alt = true;
                self.after_escape(now, byte, out);
            }
            State::EscEsc => {
                // The first was a key of its own.
                self.emit(now, Input::Key(Chord::plain(Key::Esc)), out);
                self.state = State::Esc;
                self.after_escape(now, byte, out);
            }
            State::Csi => self.in_csi(now, byte, out),
            State::Console => self.end(now, keys::console(byte), out),
            State::Coordinates(left) => match left {
                0 | 1 => self.ground(),
                _ => self.state = State::Coordinates(left - 1),
            },
            State::Ss3 => match byte {
                b'0'..=b'9' | b';' => self.keep(byte),
                0x20..=0x7e => {
                    let meaning = keys::ss3(&self.body, byte);
                    self.end(now, meaning, out);
                }
                _ => self.broken(now, byte),
            },
            State::Text { bell, esc } => match byte {
                b'\\' if esc => self.ground(),
                0x07 if bell => self.ground(),
                // CAN and SUB end any sequence; what follows is not its text.
                0x18 | 0x1a => self.broken(now, byte),
                // Any other byte after ESC stays in the text: what a string carries must never act.
                _ => self.state = State::Text { bell, esc: byte == 0x1b },
            },
            State::Utf8(left) => self.in_character(now, left, byte, out),
            State::Paste => self.in_paste(now, byte, out),
        }
    }

    /// The first byte after something complete.
    fn first(&mut self, now: Nanos, byte: u8, out: &mut Vec<Input>) {
        let late = now < self.late;
        self.late = Nanos(0);
        self.since = now;
        match byte {
            b'[' | b'O' | b']' if late => self.after_escape(now, byte, out),
            0x1b => self.state = State::Esc,
            0x00..=0x7f => {
                let chord = Chord { alt: self.alt, ..keys::single(byte) };
                self.emit(now, Input::Key(chord), out);
                self.ground();
            }
            // Neither a lone continuation nor an overlong or impossible start.
            0xc2..=0xf4 => {
                self.keep(byte);
                self.state = State::Utf8(match byte {
                    0xc2..=0xdf => 1,
                    0xe0..=0xef => 2,
                    _ => 3,
                });
            }
            _ => self.broken(now, byte),
        }
    }

    /// The byte after ESC.
    fn after_escape(&mut self, now: Nanos, byte: u8, out: &mut Vec<Input>) {
        match byte {
            0x1b => self.state = State::EscEsc,
            b'[' => self.state = State::Csi,
            b'O' => self.state = State::Ss3,
            b']' => self.state = State::Text { bell: true, esc: false },
            b'P' | b'X' | b'^' | b'_' => self.state = State::Text { bell: false, esc: false },
            // The end of a string whose beginning was dropped.
            b'\\' => self.ground(),
            _ => {
                self.alt = true;
                self.first(now, byte, out);
            }
        }
    }

    fn in_csi(&mut self, now: Nanos, byte: u8, out: &mut Vec<Input>) {
        match byte {
            b'[' if self.body.is_empty() => self.state = State::Console,
            b'M' if self.body.is_empty() => self.state = State::Coordinates(3),
            // rxvt ends the keys with Shift in a byte that is no final byte; no report has a key's number alone there.
            b'$' if keys::is_numbered(&self.body) => {
                let meaning = keys::csi(&self.body, byte);
                self.end(now, meaning, out);
            }
            0x20..=0x3f => self.keep(byte),
            0x40..=0x7e => {
                let meaning = keys::csi(&self.body, byte);
                self.end(now, meaning, out);
            }
            _ => self.broken(now, byte),
        }
    }

    fn in_character(&mut self, now: Nanos, left: u8, byte: u8, out: &mut Vec<Input>) {
        if !matches!(byte, 0x80..=0xbf) {
            // What came was no character; this byte begins something new.
            self.hush(now, false);
            self.ground();
            self.first(now, byte, out);
            return;
        }
        self.keep(byte);
        if left > 1 {
            self.state = State::Utf8(left - 1);
            return;
        }
        match std::str::from_utf8(&self.body).ok().and_then(|text| text.chars().next()) {
            Some(c) if !c.is_control() => {
                let chord = Chord { alt: self.alt, ..Chord::char(c) };
                self.emit(now, Input::Key(chord), out);
                self.ground();
            }
            // C1 controls, surrogates, overlong forms.
            _ => self.broken(now, byte),
        }
    }

    fn in_paste(&mut self, now: Nanos, byte: u8, out: &mut Vec<Input>) {
        self.since = now;
        if PASTE_ENDS.get(self.ends) == Some(&byte) {
            self.ends += 1;
            if self.ends == PASTE_ENDS.len() {
                let text = String::from_utf8_lossy(&self.paste).into_owned();
                self.emit(now, Input::Paste(text), out);
                self.ground();
            }
            return;
        }
        // Not the end after all: what looked like it is text. Only its first byte can begin the mark anew.
        let looked = PASTE_ENDS.get(..self.ends).unwrap_or_default();
        let room = PASTE.saturating_sub(self.paste.len());
        self.paste.extend(looked.iter().take(room));
        self.ends = 0;
        if byte == 0x1b {
            self.ends = 1;
        } else if self.paste.len() < PASTE {
            self.paste.push(byte);
        }
    }

    /// Acts on a complete sequence.
    fn end(&mut self, now: Nanos, meaning: Meaning, out: &mut Vec<Input>) {
        let alt = self.alt;
        let whole = self.body.len() < BODY;
        self.ground();
        match meaning {
            _ if !whole => self.hush(now, false),
            Meaning::Key(chord) => self.emit(now, Input::Key(Chord { alt: chord.alt || alt, ..chord }), out),
            Meaning::Mouse(mouse) => self.emit(now, Input::Mouse(mouse), out),
            Meaning::PasteBegins => {
                self.state = State::Paste;
                self.since = now;
            }
            Meaning::Reply => {}
            Meaning::Unknown => self.hush(now, false),
        }
    }

    /// Drops a sequence that `byte` made impossible; an ESC begins the next.
    fn broken(&mut self, now: Nanos, byte: u8) {
        self.hush(now, false);
        self.ground();
        if byte == 0x1b {
            self.since = now;
            self.state = State::Esc;
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.body.len() < BODY {
            self.body.push(byte);
        }
    }

    fn ground(&mut self) {
        self.state = State::Ground;
        self.alt = false;
        self.body.clear();
        // A large paste gives its memory back.
        self.paste = Vec::new();
        self.ends = 0;
    }

    fn hush(&mut self, now: Nanos, growing: bool) {
        self.hushed = later(now, HUSH);
        self.growing = growing;
    }

    fn emit(&mut self, now: Nanos, input: Input, out: &mut Vec<Input>) {
        if now >= self.hushed {
            self.growing = false;
            out.push(input);
        }
    }
}

fn later(time: Nanos, by: u64) -> Nanos {
    Nanos(time.0.saturating_add(by))
}
