//! Asking for properties over D-Bus, in a conversation of its own.
//!
//! Its words: a *bus* is a daemon that hands messages on, and wants to be greeted; a *peer* is the service itself, at a
//! socket of its own. Either is asked for properties that are a string or a number, and nothing else: nothing is ever changed.
//! Whoever does not answer by the deadline, or answers nonsense, is left. It must never know what the properties mean.

mod wire;

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

pub(super) use wire::Value;
use wire::{Call, HEAD, Message};

/// Messages that are no answers and are passed over: a bus greets, and tells who came.
const MOST_OTHERS: usize = 32;

/// A line of the authentication is not longer.
const LINE: usize = 256;

/// An object of a service, and the interface whose properties are wanted.
pub(super) struct Object<'a> {
    pub(super) service: &'a str,
    pub(super) path: &'a str,
    pub(super) interface: &'a str,
}

/// The properties with these names, each `None` where it was refused or is neither a string nor a number. All in one
/// conversation, which takes no longer than `patience`.
///
/// # Errors
/// Where nobody listens at the socket `at`, we are not let in, nobody answered in time, or it was no D-Bus.
pub(super) fn properties<const N: usize>(
    at: &Path,
    is_bus: bool,
    object: &Object<'_>,
    names: [&str; N],
    patience: Duration,
) -> io::Result<[Option<Value>; N]> {
    let mut talk = Talk::begin(at, Instant::now() + patience)?;
    let mut out = Vec::new();
    let mut serial = 0;
    let mut ask = |call: &Call<'_>| {
        serial += 1;
        wire::call(call, serial, &mut out);
        serial
    };
    if is_bus {
        let bus = "org.freedesktop.DBus";
        let path = "/org/freedesktop/DBus";
        ask(&Call { destination: bus, path, interface: bus, member: "Hello", arguments: &[] });
    }
    let asked = names.map(|name| {
        ask(&Call {
            destination: object.service,
            path: object.path,
            interface: "org.freedesktop.DBus.Properties",
            member: "Get",
            arguments: &[object.interface, name],
        })
    });
    talk.write(&out)?;
    let mut values = [const { None }; N];
    let (mut left, mut others) = (N, 0);
    while left > 0 {
        let (to, value) = match talk.message()? {
            Message::Answer { to, value } => (to, value),
            Message::Refused { to } => (to, None),
            Message::Other => (0, None),
        };
        match asked.iter().zip(&mut values).find(|(serial, _)| **serial == to) {
            Some((_, place)) => {
                *place = value;
                left -= 1;
            }
            None if others < MOST_OTHERS => others += 1,
            None => return Err(nonsense()),
        }
    }
    Ok(values)
}

fn nonsense() -> io::Error {
    io::Error::from(io::ErrorKind::InvalidData)
}

/// A conversation that has begun.
struct Talk {
    stream: UnixStream,
    until: Instant,
}

impl Talk {
    /// Connects and says who we are, which the kernel vouches for: the mechanism EXTERNAL of the specification,
    /// "Authentication Protocol".
    fn begin(at: &Path, until: Instant) -> io::Result<Talk> {
        // Without waiting: where nobody takes up connections any more there is nothing to wait for.
        let socket = socket_with(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            None,
        )?;
        connect(&socket, &SocketAddrUnix::new(at)?)?;
        let stream = UnixStream::from(socket);
        stream.set_nonblocking(false)?;
        let mut talk = Talk { stream, until };
        // The number of the user in digits, and each of these by its code in ASCII: 3 and the digit itself.
        let uid = nix::unistd::geteuid().as_raw().to_string();
        let hex: String = uid.chars().flat_map(|digit| ['3', digit]).collect();
        talk.write(format!("\0AUTH EXTERNAL {hex}\r\n").as_bytes())?;
        if !talk.line()?.starts_with(b"OK ") {
            return Err(io::Error::from(io::ErrorKind::PermissionDenied));
        }
        talk.write(b"BEGIN\r\n")?;
        Ok(talk)
    }

    /// What is left of the time; an error where there is none.
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::Error::from(io::ErrorKind::TimedOut)) } else { Ok(Some(left)) }
    }

    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.stream.set_write_timeout(self.left()?)?;
            match self.stream.write(bytes) {
                Ok(written) => {
                    bytes = bytes.get(written..).filter(|_| written > 0).ok_or(io::ErrorKind::WriteZero)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn fill(&mut self, mut place: &mut [u8]) -> io::Result<()> {
        while !place.is_empty() {
            self.stream.set_read_timeout(self.left()?)?;
            match self.stream.read(place) {
                Ok(read) => {
                    place = place.get_mut(read..).filter(|_| read > 0).ok_or(io::ErrorKind::UnexpectedEof)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// A line of the authentication. Byte by byte: what follows it is none of it.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        while line.len() < LINE {
            let mut byte = [0];
            self.fill(&mut byte)?;
            match byte {
                [b'\n'] => return Ok(line),
                [other] => line.push(other),
            }
        }
        Err(nonsense())
    }

    fn message(&mut self) -> io::Result<Message> {
        let mut head = [0; HEAD];
        self.fill(&mut head)?;
        let length = wire::length(&head).ok_or_else(nonsense)?;
        let mut message = head.to_vec();
        message.resize(length, 0);
        self.fill(message.get_mut(HEAD..).unwrap_or_default())?;
        wire::read(&message).ok_or_else(nonsense)
    }
}
