//! The shell of netlink messages, netlink(7): all numbers in the byte order of the machine, everything at multiples of
//! four, and lengths believed only as far as the bytes go.

/// Bytes of `struct nlmsghdr`: length (4), type (2), flags (2), sequence number (4), port (4).
pub(super) const HEAD: usize = 16;

/// `NLMSG_ERROR`: a request was refused.
pub(super) const ERROR: u16 = 2;

/// `NLMSG_DONE`, the type of every message of the connector.
pub(super) const DONE: u16 = 3;

/// One message of a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Message<'a> {
    /// Its type.
    pub(super) kind: u16,
    /// Its sequence number, by which an answer is known.
    pub(super) number: u32,
    /// What follows the head.
    pub(super) body: &'a [u8],
}

/// The bytes of a number at byte `at`.
fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    chunk(bytes, at).map(u16::from_ne_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    chunk(bytes, at).map(u32::from_ne_bytes)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    chunk(bytes, at).map(u64::from_ne_bytes)
}

/// The messages of a datagram, in their order. It ends at the first whose length makes no sense.
pub(super) fn messages(datagram: &[u8]) -> impl Iterator<Item = Message<'_>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let len = u32_at(rest, 0)? as usize;
        let message = rest.get(..len).filter(|message| message.len() >= HEAD)?;
        // The last may lack its padding.
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some(Message { kind: u16_at(message, 4)?, number: u32_at(message, 8)?, body: message.get(HEAD..)? })
    })
}

/// The attributes in `bytes`, each its kind and its value: `struct nlattr` is length (2), head included, and type (2).
pub(super) fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let len = usize::from(u16_at(rest, 0)?);
        let attribute = (u16_at(rest, 2)?, rest.get(4..len)?);
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some(attribute)
    })
}
