//! What a complete sequence means.
//!
//! Spellings are those of xterm, the Linux console, rxvt, putty, kitty's keyboard protocol and xterm's
//! modifyOtherKeys. We ask the terminal for none of the last two; who has them on in the outer world still gets keys.

use crate::app::{Mouse, MouseEvent};
use crate::config::{Chord, Key};

/// The meaning of a complete sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    /// A key.
    Key(Chord),
    /// The mouse.
    Mouse(Mouse),
    /// Text follows, up to the end mark.
    PasteBegins,
    /// Something the terminal says that is no key: an answer, a focus report, a key let go.
    Reply,
    /// We do not know.
    Unknown,
}

/// One byte that is a key by itself.
pub(super) fn single(byte: u8) -> Chord {
    match byte {
        0x00 => Chord::ctrl(' '),
        0x08 | 0x7f => Chord::plain(Key::Backspace),
        b'\t' => Chord::plain(Key::Tab),
        // Return sends CR in raw mode; LF is what scripts and some serial lines send for it.
        b'\r' | b'\n' => Chord::plain(Key::Enter),
        0x1b => Chord::plain(Key::Esc),
        // Ctrl takes 0x40 off: ^A is 0x01, ^_ is 0x1f.
        0x01..=0x1f => Chord::ctrl(char::from(byte | 0x40)),
        _ => Chord::char(char::from(byte)),
    }
}

/// `ESC [ [ last`: F1 to F5 of the Linux console.
pub(super) fn console(last: u8) -> Meaning {
    match last {
        b'A'..=b'E' => Meaning::Key(Chord::plain(Key::F(last - b'A' + 1))),
        _ => Meaning::Unknown,
    }
}

/// `ESC O body last`, where `body` holds digits and semicolons.
pub(super) fn ss3(body: &[u8], last: u8) -> Meaning {
    let params = Params::read(body);
    // `ESC O 5 A` and `ESC O 1;5 A` both are Ctrl-Up.
    let held = match params.count {
        0 => Held::default(),
        1 => match Held::read(params.first(0)) {
            Some(held) => held,
            None => return Meaning::Unknown,
        },
        _ => match Held::read(params.first(1)) {
            Some(held) => held,
            None => return Meaning::Unknown,
        },
    };
    let key = match last {
        // rxvt: Ctrl with a cursor key.
        b'a'..=b'd' => return key_with(arrow(last - b'a' + b'A'), Held { ctrl: true, ..held }),
        // The keypad in application mode.
        b'M' => Some(Key::Enter),
        b'I' => Some(Key::Tab),
        b' ' => Some(Key::Char(' ')),
        b'X' => Some(Key::Char('=')),
        b'j'..=b'o' => "*+,-./".chars().nth(usize::from(last - b'j')).map(Key::Char),
        b'p'..=b'y' => Some(Key::Char(char::from(last - b'p' + b'0'))),
        _ => arrow(last).or_else(|| function(last)),
    };
    key_with(key, held)
}

/// Whether `body` is the number of a key alone, as in `ESC [ 3 ~`.
pub(super) fn is_numbered(body: &[u8]) -> bool {
    !body.is_empty() && body.iter().all(u8::is_ascii_digit) && numbered(Params::read(body).first(0)).is_some()
}

/// `ESC [ body last`.
pub(super) fn csi(body: &[u8], last: u8) -> Meaning {
    match body.split_first() {
        Some((b'<', rest)) if matches!(last, b'M' | b'm') => return mouse(rest, last),
        // Private: device attributes, mode reports, keyboard flags. All of them are answers.
        Some((b'<'..=b'?', _)) => return Meaning::Reply,
        _ => {}
    }
    if last == b'y' && body.ends_with(b"$") {
        return Meaning::Reply; // DECRPM
    }
    if !body.iter().all(|b| matches!(b, b'0'..=b';')) {
        return Meaning::Unknown; // an intermediate byte: no key has one
    }
    let params = Params::read(body);
    // The third state of a key is "let go".
    if params.event() == 3 {
        return Meaning::Reply;
    }
    match last {
        b'I' | b'O' if body.is_empty() => return Meaning::Reply, // focus
        b'n' | b't' | b'x' | b'M' => return Meaning::Reply,      // status, window, parameters, mouse of urxvt
        // The cursor position looks like F3 with modifiers. We never ask for it, but an answer to somebody else may
        // still be on its way: only row 1 and a column that is a modifier pass, and F3 does no harm.
        b'R' if (params.count, params.first(0)) != (2, 1) || !matches!(params.first(1), 2..=8) => {
            return Meaning::Reply;
        }
        _ => {}
    }
    let Some(held) = Held::read(params.first(1)) else { return Meaning::Unknown };
    match last {
        b'Z' => key_with(Some(Key::Tab), Held { shift: true, ..held }),
        b'a'..=b'd' if body.is_empty() => {
            key_with(arrow(last - b'a' + b'A'), Held { shift: true, ..Held::default() }) // rxvt
        }
        b'A'..=b'H' | b'P'..=b'S' if params.count <= 2 && params.first(0) <= 1 => {
            key_with(arrow(last).or_else(|| function(last)), held)
        }
        b'~' => match params.first(0) {
            27 => key_with(character(params.first(2)), held), // modifyOtherKeys
            200 => Meaning::PasteBegins,
            201 => Meaning::Reply, // the end of a paste whose beginning was dropped
            number => key_with(numbered(number), held),
        },
        b'^' => key_with(numbered(params.first(0)), Held { ctrl: true, ..Held::default() }),
        b'$' => key_with(numbered(params.first(0)), Held { shift: true, ..Held::default() }),
        b'@' => key_with(numbered(params.first(0)), Held { ctrl: true, shift: true, ..Held::default() }),
        b'u' => {
            let shifted = params.second(0);
            let code = if held.shift && shifted != 0 { shifted } else { params.first(0) };
            key_with(character(code), held)
        }
        _ => Meaning::Unknown,
    }
}

/// An SGR mouse report: `button ; column ; row`, both from 1.
fn mouse(body: &[u8], last: u8) -> Meaning {
    let params = Params::read(body);
    let cell = |n: u32| u16::try_from(n.checked_sub(1)?).ok();
    let (3, Some(x), Some(y)) = (params.count, cell(params.first(1)), cell(params.first(2))) else {
        return Meaning::Unknown;
    };
    let button = params.first(0);
    // 4, 8 and 16 are Shift, Alt and Ctrl, which no mouse event of ours has; 32 is motion, 64 the wheel.
    let what = match (button & !0b1_1100, last) {
        (0..=2, b'm') => MouseEvent::Release,
        (0, _) => MouseEvent::Left,
        (1, _) => MouseEvent::Middle,
        (2, _) => MouseEvent::Right,
        (32, b'M') => MouseEvent::Drag,
        (64, b'M') => MouseEvent::WheelUp,
        (65, b'M') => MouseEvent::WheelDown,
        _ => return Meaning::Reply, // further buttons, sideways wheels, motion with other buttons
    };
    Meaning::Mouse(Mouse { what, x, y })
}

/// The keys that end in a letter of their own.
fn arrow(last: u8) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        _ => return None,
    })
}

/// F1 to F4 of the VT100.
fn function(last: u8) -> Option<Key> {
    matches!(last, b'P'..=b'S').then(|| Key::F(last - b'P' + 1))
}

/// The keys that have a number: `ESC [ number ~`.
fn numbered(number: u32) -> Option<Key> {
    Some(match number {
        1 | 7 => Key::Home,
        2 => Key::Insert,
        3 => Key::Delete,
        4 | 8 => Key::End,
        5 => Key::PageUp,
        6 => Key::PageDown,
        // The VT220 left gaps where its keyboard had them.
        11..=15 => Key::F(number as u8 - 10),
        17..=21 => Key::F(number as u8 - 11),
        23..=26 => Key::F(number as u8 - 12),
        28 | 29 => Key::F(number as u8 - 13),
        31..=34 => Key::F(number as u8 - 14),
        _ => return None,
    })
}

/// A key by its code point, with the private code points of kitty's protocol.
fn character(code: u32) -> Option<Key> {
    Some(match code {
        8 | 127 => Key::Backspace,
        9 => Key::Tab,
        10 | 13 | 57_414 => Key::Enter,
        27 => Key::Esc,
        57_376..=57_387 => Key::F((code - 57_376) as u8 + 13),
        // The keypad.
        57_399..=57_408 => Key::Char(char::from((code - 57_399) as u8 + b'0')),
        57_409 => Key::Char('.'),
        57_410 => Key::Char('/'),
        57_411 => Key::Char('*'),
        57_412 => Key::Char('-'),
        57_413 => Key::Char('+'),
        57_415 => Key::Char('='),
        57_417 => Key::Left,
        57_418 => Key::Right,
        57_419 => Key::Up,
        57_420 => Key::Down,
        57_421 => Key::PageUp,
        57_422 => Key::PageDown,
        57_423 => Key::Home,
        57_424 => Key::End,
        57_425 => Key::Insert,
        57_426 => Key::Delete,
        0xe000..=0xf8ff => return None, // lock, media and modifier keys
        _ => Key::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    })
}

fn key_with(key: Option<Key>, held: Held) -> Meaning {
    let Some(key) = key else { return Meaning::Unknown };
    let Held { shift, alt, ctrl } = held;
    Meaning::Key(match key {
        // Shift is in the character already, but for letters that a terminal reports by their unshifted code.
        Key::Char(c) if ctrl => Chord { key: Key::Char(c.to_ascii_lowercase()), ctrl, alt, shift: false },
        Key::Char(c) if shift && c.is_alphabetic() => {
            Chord { alt, ..Chord::char(c.to_uppercase().next().unwrap_or(c)) }
        }
        Key::Char(c) => Chord { alt, ..Chord::char(c) },
        key => Chord { key, ctrl, alt, shift },
    })
}

/// The modifiers of a sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Held {
    shift: bool,
    alt: bool,
    ctrl: bool,
}

impl Held {
    /// From xterm's parameter, 1 plus a bit for each modifier; 0 stands for a missing one. Super, Hyper and Meta make
    /// another key of it, which we do not have; the lock keys make no difference.
    fn read(param: u32) -> Option<Held> {
        let bits = param.saturating_sub(1);
        let locks = 0b1100_0000;
        (bits & !locks < 8).then_some(Held { shift: bits & 1 != 0, alt: bits & 2 != 0, ctrl: bits & 4 != 0 })
    }
}

/// The numbers of a sequence: `1;5:3` has two parameters, the second with two parts. A missing number is 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Params {
    numbers: [[u32; 2]; 3],
    count: usize,
}

impl Params {
    fn read(body: &[u8]) -> Params {
        let mut params = Params::default();
        if body.is_empty() {
            return params;
        }
        for (at, field) in body.split(|b| *b == b';').enumerate() {
            params.count = at + 1;
            let Some(slot) = params.numbers.get_mut(at) else { continue };
            for (number, part) in slot.iter_mut().zip(field.split(|b| *b == b':')) {
                *number = part.iter().fold(0, |n: u32, b| {
                    n.saturating_mul(10).saturating_add(u32::from(b.wrapping_sub(b'0')))
                });
            }
        }
        params
    }

    /// The parameter at `at`, counted from 0.
    fn first(&self, at: usize) -> u32 {
        self.numbers.get(at).map_or(0, |[first, _]| *first)
    }

    /// The second part of the parameter at `at`.
    fn second(&self, at: usize) -> u32 {
        self.numbers.get(at).map_or(0, |[_, second]| *second)
    }

    /// Kitty's event type of a key: 0 and 1 pressed, 2 repeated, 3 let go.
    fn event(&self) -> u32 {
        self.second(1)
    }
}
