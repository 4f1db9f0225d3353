//! A socket: what it speaks, with whom, and what waits in it.

use core::net::SocketAddr;

use super::partners::Partners;
use crate::model::Untrusted;

/// A socket, as `/proc/PID/net` has it.
#[derive(Clone, PartialEq, Debug)]
pub struct Socket {
    /// Its inode.
    pub inode: u64,
    /// What it speaks; [`Protocol::Unknown`] where no table lists it: a socket that is neither bound nor connected, or
    /// one of another network namespace.
    pub protocol: Protocol,
    /// Its own end.
    pub local: Endpoint,
    /// The other end.
    pub remote: Endpoint,
    /// The state, where the protocol has states.
    pub state: Option<SocketState>,
    /// Bytes received and not yet read; for a listening TCP socket connections not yet accepted.
    pub receive_queue: Option<u64>,
    /// Bytes sent and not yet acknowledged; for a listening TCP socket `None`.
    pub send_queue: Option<u64>,
    /// Who has the other end: of a unix socket by the kernel's word, of a connection over the loopback by its
    /// addresses; and who else has this one.
    pub partners: Partners,
}

/// What a socket speaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Protocol {
    /// tcp(7).
    Tcp,
    /// The same over IPv6.
    Tcp6,
    /// udp(7).
    Udp,
    /// The same over IPv6.
    Udp6,
    /// UDP-Lite, over IPv4 or IPv6.
    UdpLite,
    /// raw(7).
    Raw,
    /// The same over IPv6.
    Raw6,
    /// ICMP by `SOCK_DGRAM`.
    Icmp,
    /// unix(7), a stream.
    UnixStream,
    /// unix(7), datagrams.
    UnixDatagram,
    /// unix(7), packets in sequence.
    UnixPacket,
    /// netlink(7).
    Netlink,
    /// packet(7).
    Packet,
    /// Another one.
    #[default]
    Unknown,
}

impl Protocol {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Tcp6 => "tcp6",
            Protocol::Udp => "udp",
            Protocol::Udp6 => "udp6",
            Protocol::UdpLite => "udplite",
            Protocol::Raw => "raw",
            Protocol::Raw6 => "raw6",
            Protocol::Icmp => "icmp",
            Protocol::UnixStream => "unix stream",
            Protocol::UnixDatagram => "unix dgram",
            Protocol::UnixPacket => "unix seqpacket",
            Protocol::Netlink => "netlink",
            Protocol::Packet => "packet",
            Protocol::Unknown => "socket",
        }
    }
}

/// One end of a socket.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Endpoint {
    /// There is none, or it is unknown.
    #[default]
    None,
    /// An address of the internet protocols.
    Address(SocketAddr),
    /// The path of a unix socket; one in the abstract name space begins with `@`.
    Path(Untrusted),
    /// The inode of the unix socket at the other end.
    Inode(u64),
    /// What else identifies it: the family of a netlink socket, the interface of a packet socket.
    Number(u32),
}

/// The state of a socket: include/net/tcp_states.h, and for unix sockets include/uapi/linux/net.h.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SocketState {
    /// Connected.
    Established,
    /// Has asked to connect.
    SynSent,
    /// Was asked to connect.
    SynReceived,
    /// Closed by us, not yet acknowledged.
    FinWait1,
    /// Closed by us, waits for the other end to close.
    FinWait2,
    /// Closed by both; waits for stragglers.
    TimeWait,
    /// Neither bound to a peer nor listening.
    Closed,
    /// Closed by the other end, not by us.
    CloseWait,
    /// Closed by the other end and then by us.
    LastAck,
    /// Waits for connections.
    Listen,
    /// Closed by both at once.
    Closing,
    /// A unix socket on its way to a connection.
    Connecting,
}

impl SocketState {
    /// The state with this number in `/proc/net/tcp`.
    pub const fn of_tcp(number: u8) -> Option<SocketState> {
        Some(match number {
            1 => SocketState::Established,
            2 => SocketState::SynSent,
            3 | 12 => SocketState::SynReceived,
            4 => SocketState::FinWait1,
            5 => SocketState::FinWait2,
            6 => SocketState::TimeWait,
            7 => SocketState::Closed,
            8 => SocketState::CloseWait,
            9 => SocketState::LastAck,
            10 => SocketState::Listen,
            11 => SocketState::Closing,
            _ => return None,
        })
    }

    /// Its name, as ss(8) writes it.
    pub const fn name(self) -> &'static str {
        match self {
            SocketState::Established => "ESTAB",
            SocketState::SynSent => "SYN-SENT",
            SocketState::SynReceived => "SYN-RECV",
            SocketState::FinWait1 => "FIN-WAIT-1",
            SocketState::FinWait2 => "FIN-WAIT-2",
            SocketState::TimeWait => "TIME-WAIT",
            SocketState::Closed => "UNCONN",
            SocketState::CloseWait => "CLOSE-WAIT",
            SocketState::LastAck => "LAST-ACK",
            SocketState::Listen => "LISTEN",
            SocketState::Closing => "CLOSING",
            SocketState::Connecting => "CONNECTING",
        }
    }
}
