//! Sockets by their inodes: the tables of `/proc/PID/net`, which are those of the process's own network namespace.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::super::super::parse;
use super::super::Look;
use super::super::status::hex;
use super::super::text::{Buffer, Numbered};
use crate::model::Untrusted;
use crate::model::inspect::{Endpoint, Partners, Protocol, Socket, SocketState};

/// The tables of the internet protocols.
const INTERNET: [(&str, Protocol); 9] = [
    ("net/tcp", Protocol::Tcp),
    ("net/tcp6", Protocol::Tcp6),
    ("net/udp", Protocol::Udp),
    ("net/udp6", Protocol::Udp6),
    ("net/udplite", Protocol::UdpLite),
    ("net/udplite6", Protocol::UdpLite),
    ("net/raw", Protocol::Raw),
    ("net/raw6", Protocol::Raw6),
    ("net/icmp", Protocol::Icmp),
];

/// A socket of which nothing is known but that it is one.
pub(super) fn unknown(inode: u64) -> Socket {
    Socket {
        inode,
        protocol: Protocol::Unknown,
        local: Endpoint::None,
        remote: Endpoint::None,
        state: None,
        receive_queue: None,
        send_queue: None,
        partners: Partners::default(),
    }
}

/// A connection: its own end, the other end, and its inode.
pub(super) type Connection = (SocketAddr, SocketAddr, u64);

/// Of a table no more is read than this: some 40 000 lines.
const TABLE: usize = 6 << 20;
/// Of a table of another network namespace.
const OTHERS_TABLE: usize = 1 << 20;

/// What the tables say.
#[derive(Default)]
pub(super) struct Tables {
    /// Inodes of those on this machine to which they are connected over the internet protocols.
    pub(super) peers: BTreeMap<u64, u64>,
    /// Connections whose other end is in no table of this namespace, and may be in another one's.
    pub(super) far: Vec<Connection>,
    /// Whether a table was too long to be read whole.
    pub(super) cut: bool,
}

/// Fills in what the tables say of `sockets`.
pub(super) fn fill(look: &Look<'_>, buffer: &mut Buffer, sockets: &mut BTreeMap<u64, Socket>) -> Tables {
    let mut tables = Tables::default();
    let mut left = sockets.len();
    // Unix sockets first: most sockets are, and the other tables need not be read then.
    let unix = buffer.each_line(look.dir, "net/unix", TABLE, |line| {
        let Some((inode, kind, state, path)) = unix(line) else { return };
        if let Some(socket) = sockets.get_mut(&inode) {
            (socket.protocol, socket.state) = (kind, state);
            socket.local = path.map_or(Endpoint::None, |path| Endpoint::Path(Untrusted::new(path)));
            left = left.saturating_sub(1);
        }
    });
    tables.cut |= unix == Ok(false);
    let (mut connected, mut others): (Vec<Connection>, Vec<Connection>) = (Vec::new(), Vec::new());
    for (table, protocol) in INTERNET {
        let is_tcp = matches!(protocol, Protocol::Tcp | Protocol::Tcp6);
        // One of TCP that is connected may have its other end in the table of TCP over IPv6.
        if left == 0 && (!is_tcp || connected.is_empty()) {
            continue;
        }
        let read = buffer.each_line(look.dir, table, TABLE, |line| {
            let Some(line) = internet(line) else { return };
            let connects = is_tcp && line.remote.port() != 0 && line.inode != 0;
            let connection = (plain(line.local), plain(line.remote), line.inode);
            let Some(socket) = sockets.get_mut(&line.inode) else {
                others.extend(connects.then_some(connection));
                return;
            };
            left = left.saturating_sub(1);
            connected.extend(connects.then_some(connection));
            fill_internet(socket, &line, protocol);
        });
        tables.cut |= read == Ok(false);
    }
    others.extend(connected.iter().copied());
    others.sort_unstable();
    for (local, remote, inode) in connected {
        match others.binary_search_by(|other| (other.0, other.1).cmp(&(remote, local))) {
            Ok(at) => tables.peers.extend(others.get(at).map(|(.., other)| (inode, *other))),
            // A loopback is its own namespace's.
            Err(_) if !remote.ip().is_loopback() => tables.far.push((local, remote, inode)),
            Err(_) => {}
        }
    }
    if left > 0 {
        fill_others(look, buffer, sockets);
    }
    tables
}

fn fill_internet(socket: &mut Socket, line: &Internet, protocol: Protocol) {
    socket.protocol = protocol;
    socket.local = Endpoint::Address(line.local);
    if !line.remote.ip().is_unspecified() || line.remote.port() != 0 {
        socket.remote = Endpoint::Address(line.remote);
    }
    socket.state = SocketState::of_tcp(line.state);
    socket.receive_queue = Some(line.receive);
    // Of one that listens it is how many connections may wait, and no bytes.
    socket.send_queue = (socket.state != Some(SocketState::Listen)).then_some(line.send);
}

/// Those that speak with the kernel or a card.
fn fill_others(look: &Look<'_>, buffer: &mut Buffer, sockets: &mut BTreeMap<u64, Socket>) {
    for (table, protocol, inode_at, number_at) in
        [("net/netlink", Protocol::Netlink, 9, 1), ("net/packet", Protocol::Packet, 8, 4)]
    {
        let Ok(text) = buffer.read(look.dir, table) else { continue };
        for line in parse::lines(text).skip(1) {
            let inode = parse::words(line).nth(inode_at).and_then(parse::unsigned);
            let Some(socket) = inode.and_then(|inode| sockets.get_mut(&inode)) else { continue };
            socket.protocol = protocol;
            let number = parse::words(line).nth(number_at).and_then(parse::unsigned);
            socket.local = number.map_or(Endpoint::None, |number| Endpoint::Number(number as u32));
        }
    }
}

/// The other ends of `far` in the network namespace of the process with this pid: our inode, and theirs.
pub(super) fn across(look: &Look<'_>, pid: u32, far: &[Connection], buffer: &mut Buffer) -> Vec<(u64, u64)> {
    let mut found = Vec::new();
    for table in ["/net/tcp", "/net/tcp6"] {
        // What cannot be read tells nothing.
        let _ = buffer.each_line(look.proc, Numbered::new(pid, table).as_str(), OTHERS_TABLE, |line| {
            let Some(line) = internet(line).filter(|line| line.inode != 0) else { return };
            let (local, remote) = (plain(line.local), plain(line.remote));
            let mine = far.iter().find(|(mine, other, _)| *mine == remote && *other == local);
            found.extend(mine.map(|(.., inode)| (*inode, line.inode)));
        });
    }
    found
}

/// An address as both ends of a connection have it: one of IPv4 may be written as one of IPv6.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Inode, protocol, state and path of a unix socket.
type Unix<'a> = (u64, Protocol, Option<SocketState>, Option<&'a [u8]>);

/// A line of `net/unix`: `address: refcount protocol flags type state inode path`.
fn unix(line: &[u8]) -> Option<Unix<'_>> {
    let mut words = [&b""[..]; 6];
    let mut rest = line;
    for word in &mut words {
        rest = rest.trim_ascii_start();
        let end = rest.iter().position(|byte| *byte == b' ')?;
        (*word, rest) = rest.split_at_checked(end)?;
    }
    let [_, _, _, flags, kind, state] = words;
    let (flags, state) = (hex(flags)?, hex(state)?);
    let kind = match hex(kind)? {
        1 => Protocol::UnixStream,
        2 => Protocol::UnixDatagram,
        5 => Protocol::UnixPacket,
        _ => Protocol::Unknown,
    };
    // The inode, and a path that may hold blanks.
    let rest = rest.trim_ascii_start();
    let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
    let inode = parse::unsigned(rest.get(..end)?)?;
    let path = rest.get(end + 1..).filter(|path| !path.is_empty());
    // `SO_ACCEPTCON`; else the states of include/uapi/linux/net.h.
    let state = match state {
        _ if flags & 1 << 16 != 0 => Some(SocketState::Listen),
        1 => Some(SocketState::Closed),
        2 => Some(SocketState::Connecting),
        3 => Some(SocketState::Established),
        4 => Some(SocketState::Closing),
        _ => None,
    };
    Some((inode, kind, state, path))
}

/// A line of a table of the internet protocols.
struct Internet {
    local: SocketAddr,
    remote: SocketAddr,
    state: u8,
    send: u64,
    receive: u64,
    inode: u64,
}

fn internet(line: &[u8]) -> Option<Internet> {
    let mut words = parse::words(line);
    let (local, remote) = (address(words.nth(1)?)?, address(words.next()?)?);
    let state = u8::try_from(hex(words.next()?)?).ok()?;
    let queues = words.next()?;
    let colon = queues.iter().position(|byte| *byte == b':')?;
    let (send, receive) = (hex(queues.get(..colon)?)?, hex(queues.get(colon + 1..)?)?);
    let inode = parse::unsigned(words.nth(4)?)?;
    Some(Internet { local, remote, state, send, receive, inode })
}

/// `0100007F:1F90`: the address in words of 32 bits as they lie in memory, and the port.
fn address(word: &[u8]) -> Option<SocketAddr> {
    let colon = word.iter().position(|byte| *byte == b':')?;
    let port = u16::try_from(hex(word.get(colon + 1..)?)?).ok()?;
    let digits = word.get(..colon)?;
    let mut bytes = [0; 16];
    if !matches!(digits.len(), 8 | 32) {
        return None;
    }
    for (place, part) in bytes.chunks_exact_mut(4).zip(digits.chunks_exact(8)) {
        place.copy_from_slice(&u32::try_from(hex(part)?).ok()?.to_ne_bytes());
    }
    let ip = if digits.len() == 8 {
        let [a, b, c, d, ..] = bytes;
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    } else {
        IpAddr::V6(Ipv6Addr::from(bytes))
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn addresses_are_as_they_lie_in_memory() {
        assert_eq!(address(b"0100007F:1F90"), Some("127.0.0.1:8080".parse().unwrap()));
        let six = b"00000000000000000000000001000000:0016";
        assert_eq!(address(six), Some("[::1]:22".parse().unwrap()));
        assert_eq!((address(b"0100007F"), address(b"01:1"), address(b"0100007G:1")), (None, None, None));
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn lines_of_tcp() {
        let line = internet(
            b"   1: 0100007F:07E8 0200007F:1000 01 00000010:00000020 00:00000000 00000000  1000  0 1058 1 0000 100\n",
        )
        .unwrap();
        assert_eq!(
            (line.local.to_string(), line.remote.port(), line.state),
            ("127.0.0.1:2024".into(), 4096, 1)
        );
        assert_eq!((line.send, line.receive, line.inode), (16, 32, 1058));
        assert!(internet(b"sl local_address").is_none());
    }

    #[test]
    fn unix_sockets_may_have_a_path_with_blanks() {
        let named = unix(b"0000000034653864: 00000002 00000000 00010000 0001 01 16415473 /run/a b").unwrap();
        assert_eq!(
            named,
            (16_415_473, Protocol::UnixStream, Some(SocketState::Listen), Some(&b"/run/a b"[..]))
        );
        let bare = unix(b"0000000034653864: 00000003 00000000 00000000 0002 03   77").unwrap();
        assert_eq!(bare, (77, Protocol::UnixDatagram, Some(SocketState::Established), None));
        assert_eq!(unix(b"junk"), None);
    }
}
