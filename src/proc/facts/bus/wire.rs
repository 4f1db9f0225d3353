//! The bytes of D-Bus: calls that ask for a property, and what comes back. Pure; by the D-Bus Specification 0.43,
//! "Message Protocol" and "Type System".
//!
//! Little is known here: calls whose arguments are strings, and answers that hold one string or one number in a variant.
//! Whoever is at the other end may lie: no length is believed before it is seen to lie within what was received.

use std::ops::Range;

/// Bytes of the head of which the length of a message can be told.
pub(super) const HEAD: usize = 16;

/// A message that says it is longer is none for us.
const LARGEST: usize = 64 << 10;

/// What a message is about, by its header.
const METHOD_CALL: u8 = 1;
const METHOD_RETURN: u8 = 2;
const ERROR: u8 = 3;

/// A method of an object.
pub(super) struct Call<'a> {
    pub(super) destination: &'a str,
    pub(super) path: &'a str,
    pub(super) interface: &'a str,
    pub(super) member: &'a str,
    /// Its arguments, all of them strings.
    pub(super) arguments: &'a [&'a str],
}

/// What a message that was received says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Message {
    /// The call with this number was answered.
    Answer { to: u32, value: Option<Value> },
    /// The call with this number was refused.
    Refused { to: u32 },
    /// Anything else: signals, calls.
    Other,
}

/// The first value of an answer, if it is one of these; alone or in a variant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) enum Value {
    Text(String),
    Number(u32),
}

/// Appends the call as number `serial`, which must not be 0, in little-endian bytes.
pub(super) fn call(call: &Call<'_>, serial: u32, out: &mut Vec<u8>) {
    let mut body = Vec::new();
    for argument in call.arguments {
        text(argument, &mut body);
    }
    let mut fields = Vec::new();
    let all =
        [(1u8, "o", call.path), (2, "s", call.interface), (3, "s", call.member), (6, "s", call.destination)];
    for (code, kind, value) in all {
        align(8, &mut fields);
        fields.push(code);
        signature(kind, &mut fields);
        text(value, &mut fields);
    }
    if !call.arguments.is_empty() {
        align(8, &mut fields);
        fields.push(8);
        signature("g", &mut fields);
        signature(&"s".repeat(call.arguments.len()), &mut fields);
    }
    let mut message = vec![b'l', METHOD_CALL, 0, 1];
    for number in [body.len() as u32, serial, fields.len() as u32] {
        message.extend_from_slice(&number.to_le_bytes());
    }
    message.extend_from_slice(&fields);
    align(8, &mut message);
    message.extend_from_slice(&body);
    out.extend_from_slice(&message);
}

fn align(to: usize, out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(to), 0);
}

fn text(text: &str, out: &mut Vec<u8>) {
    align(4, out);
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    out.push(0);
}

fn signature(text: &str, out: &mut Vec<u8>) {
    out.push(text.len() as u8);
    out.extend_from_slice(text.as_bytes());
    out.push(0);
}

/// How long a message with this head is; `None` where it is none, or too long.
pub(super) fn length(head: &[u8; HEAD]) -> Option<usize> {
    let mut reader = Reader::new(head)?;
    reader.at = 4;
    let body = reader.number()? as usize;
    reader.number()?;
    let fields = reader.number()? as usize;
    let all = fields.checked_add(HEAD)?.checked_next_multiple_of(8)?.checked_add(body)?;
    (all <= LARGEST).then_some(all)
}

/// What a whole message says; `None` where it is none.
pub(super) fn read(message: &[u8]) -> Option<Message> {
    let kind = *message.get(1)?;
    let mut reader = Reader::new(message)?;
    reader.at = 12;
    let end = HEAD.checked_add(reader.number()? as usize)?;
    let (mut to, mut content) = (None, "");
    while reader.at < end {
        reader.align(8)?;
        let code = reader.byte()?;
        match (code, reader.signature()?) {
            (5, "u") => to = Some(reader.number()?),
            (8, "g") => content = reader.signature()?,
            (_, "u") => _ = reader.number()?,
            (_, "s" | "o") => _ = reader.text()?,
            (_, "g") => _ = reader.signature()?,
            _ => return None,
        }
    }
    if reader.at != end {
        return None;
    }
    match (kind, to) {
        (METHOD_RETURN, Some(to)) => {
            reader.align(8)?;
            Some(Message::Answer { to, value: reader.value(content) })
        }
        (ERROR, Some(to)) => Some(Message::Refused { to }),
        _ => Some(Message::Other),
    }
}

/// Reads values one after the other; alignment counts from the start of the message.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    big: bool,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Option<Reader<'a>> {
        let big = match (bytes.first()?, bytes.get(3)?) {
            (b'l', 1) => false,
            (b'B', 1) => true,
            _ => return None,
        };
        Some(Reader { bytes, at: 0, big })
    }

    fn align(&mut self, to: usize) -> Option<()> {
        self.at = self.at.checked_next_multiple_of(to)?;
        Some(())
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let range: Range<usize> = self.at..self.at.checked_add(count)?;
        let taken = self.bytes.get(range)?;
        self.at += count;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u32> {
        self.align(4)?;
        let bytes = self.take(4)?.try_into().ok()?;
        Some(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()? as usize;
        self.ended(length)
    }

    fn signature(&mut self) -> Option<&'a str> {
        let length = self.byte()?.into();
        self.ended(length)
    }

    /// So many bytes of text, and the 0 behind them.
    fn ended(&mut self, length: usize) -> Option<&'a str> {
        let text = self.take(length)?;
        (self.byte()? == 0).then(|| std::str::from_utf8(text).ok())?
    }

    /// The value of this type, if it is one of those that are known here.
    fn value(&mut self, kind: &str) -> Option<Value> {
        match kind {
            "s" => self.text().map(|text| Value::Text(text.to_owned())),
            "u" => self.number().map(Value::Number),
            "v" => match self.signature()? {
                // No variant in a variant: that could go on and on.
                "v" => None,
                kind => self.value(kind),
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The greeting of a bus, by the specification.
    const HELLO: &[u8] = b"l\x01\0\x01\0\0\0\0\x01\0\0\0\x6d\0\0\0\
        \x01\x01o\0\x15\0\0\0/org/freedesktop/DBus\0\0\0\
        \x02\x01s\0\x14\0\0\0org.freedesktop.DBus\0\0\0\0\
        \x03\x01s\0\x05\0\0\0Hello\0\0\0\
        \x06\x01s\0\x14\0\0\0org.freedesktop.DBus\0\
        \0\0\0";

    /// The answer to call 3: a variant that holds `degraded`.
    const DEGRADED: &[u8] = b"l\x02\x01\x01\x11\0\0\0\x07\0\0\0\x0f\0\0\0\
        \x05\x01u\0\x03\0\0\0\
        \x08\x01g\0\x01v\0\0\
        \x01s\0\0\x08\0\0\0degraded\0";

    #[test]
    fn a_call_is_what_the_specification_says() {
        let mut out = Vec::new();
        let bus = "org.freedesktop.DBus";
        let hello = Call {
            destination: bus,
            path: "/org/freedesktop/DBus",
            interface: bus,
            member: "Hello",
            arguments: &[],
        };
        call(&hello, 1, &mut out);
        assert_eq!(out, HELLO);
        assert_eq!(length(out.first_chunk().unwrap()), Some(HELLO.len()));
        assert_eq!(read(HELLO), Some(Message::Other));
    }

    #[test]
    fn arguments_are_aligned_and_have_their_signature() {
        let mut out = Vec::new();
        let get =
            Call { destination: "d.d", path: "/", interface: "i.i", member: "Get", arguments: &["abc", "d"] };
        call(&get, 2, &mut out);
        let body = b"\x03\0\0\0abc\0\x01\0\0\0d\0";
        assert!(
            out.ends_with(body) && out.windows(7).any(|window| window == b"\x08\x01g\0\x02ss"),
            "{out:?}"
        );
        assert_eq!(out.get(4..8), Some(&[body.len() as u8, 0, 0, 0][..]));
        assert_eq!((out.len() - body.len()) % 8, 0);
    }

    #[test]
    fn answers_are_read_in_either_order_of_bytes() {
        let answer = |to, value| Some(Message::Answer { to, value });
        assert_eq!(read(DEGRADED), answer(3, Some(Value::Text("degraded".to_owned()))));
        let number = b"B\x02\x01\x01\0\0\0\x08\0\0\0\x09\0\0\0\x0f\
            \x05\x01u\0\0\0\0\x04\
            \x08\x01g\0\x01v\0\0\
            \x01u\0\0\0\0\0\x02";
        assert_eq!(read(number), answer(4, Some(Value::Number(2))));
        // A refusal, with the name of what was wrong; an answer without anything in it.
        let refused = b"l\x03\x01\x01\0\0\0\0\x09\0\0\0\x14\0\0\0\
            \x05\x01u\0\x04\0\0\0\x04\x01s\0\x03\0\0\0a.b\0\0\0\0\0";
        assert_eq!(read(refused), Some(Message::Refused { to: 4 }));
        let empty = b"l\x02\x01\x01\0\0\0\0\x09\0\0\0\x08\0\0\0\x05\x01u\0\x07\0\0\0";
        assert_eq!(read(empty), answer(7, None));
    }

    #[test]
    fn lies_about_lengths_are_no_messages() {
        let with = |at: usize, value: u32| {
            let mut bytes = DEGRADED.to_vec();
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            bytes
        };
        // The body, the fields, the text in the body.
        for value in [u32::MAX, u32::MAX - 7, 1 << 30, 1 << 16] {
            assert_eq!(length(with(4, value).first_chunk().unwrap()), None);
            assert_eq!(length(with(12, value).first_chunk().unwrap()), None);
            assert_eq!(read(&with(12, value)), None);
            assert_eq!(read(&with(36, value)), Some(Message::Answer { to: 3, value: None }));
        }
        assert_eq!(read(&with(12, 9)), None);
        assert_eq!(length(b"HTTP/1.1 400 Bad"), None);
        // Another protocol version, variants in variants, text that is none.
        assert_eq!(read(&[&b"l\x02\x01\x02"[..], &DEGRADED[4..]].concat()), None);
        let mut nested = DEGRADED.to_vec();
        nested[33] = b'v';
        assert_eq!(read(&nested), Some(Message::Answer { to: 3, value: None }));
        let mut strange = DEGRADED.to_vec();
        strange[41] = 0xff;
        assert_eq!(read(&strange), Some(Message::Answer { to: 3, value: None }));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0usize..64, value: u8) {
            let _ = read(&bytes);
            if let Some(head) = bytes.first_chunk() {
                let _ = length(head);
            }
            let mut changed = DEGRADED.to_vec();
            if let Some(byte) = changed.get_mut(at) {
                *byte = value;
            }
            let _ = read(&changed);
            for end in 0..DEGRADED.len() {
                prop_assert_ne!(read(&DEGRADED[..end]), read(DEGRADED));
            }
        }
    }
}
