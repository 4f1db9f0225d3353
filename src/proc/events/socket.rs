//! The socket on which the kernel tells of processes, and the manners it wants.
//!
//! The kernel keeps one count of its listeners and tells nobody anything while that is below 1. Since Linux 6.6 it
//! sets the count to 0 when a message reached nobody (the only listener's buffer was full, or it had asked for other
//! events only), and another listener's leaving can take away what was ours (drivers/connector/cn_proc.c, `send_msg`
//! and `cn_proc_mcast_ctl`). From then on there is silence, and silence looks like peace. Three rules follow:
//!
//! * We do not ask for some kinds of events only, which would save little: that filter keeps the acknowledgement
//!   from us and is one way to bring the count to 0.
//! * Whether we are told anything is tried out: giving a thread its own name once more is an event like any other,
//!   which needs no permission, moves no count, and is in the queue when the call returns (`Listener::answers`).
//! * Where it did not work, the socket is given up *without* a word: leaving would take the count below 0, and keep
//!   the next one who listens in silence.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::ffi::CStr;
use rustix::io::Errno;
use rustix::net::netlink::{CONNECTOR, SocketAddrNetlink};
use rustix::net::sockopt::{
    Timeout, set_socket_recv_buffer_size, set_socket_recv_buffer_size_force, set_socket_timeout,
};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use rustix::net::{bind, recvfrom, send, socket_with};

use super::Refused;
use crate::proc::parse::{self, Event, Request};

/// The group of the process events: `CN_IDX_PROC`, as a mask.
const GROUP: u32 = 1;

/// Room for messages in the kernel, bytes; each takes about 1 KiB there, and only while it waits.
const ROOM: usize = 4 << 20;

/// How long the kernel may take to acknowledge a request. It does so before the call returns, so this is for one
/// that might not.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

/// How long a wait on the socket may last.
const WAIT: Duration = Duration::from_secs(1);

/// The largest datagram of the connector is far smaller; the rest of a larger one is lost.
const LARGEST: usize = 4096;

/// The thread's name, 15 bytes at most.
const NAME: &CStr = c"glowtop-events";

/// Whether to wait for something to be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wait {
    /// Up to a second.
    Yes,
    /// Only what is there already.
    No,
}

/// Why there is nothing to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Silence {
    /// Nothing has been told.
    Empty,
    /// The room was full, and some was not kept (ENOBUFS).
    Overrun,
    /// The socket is of no use any more.
    Broken,
}

/// A socket that is subscribed to the process events.
#[derive(Debug)]
pub(super) struct Socket {
    fd: OwnedFd,
}

impl Socket {
    /// Subscribes. On return the kernel has acknowledged it: whatever begins afterwards is told.
    pub(super) fn open() -> Result<Socket, Refused> {
        // Twice: another program may have left the count of listeners at −1, see above.
        Socket::subscribe(1).or_else(|Refused| Socket::subscribe(2))
    }

    fn subscribe(attempt: u32) -> Result<Socket, Refused> {
        let fd =
            socket_with(AddressFamily::NETLINK, SocketType::DGRAM, SocketFlags::CLOEXEC, Some(CONNECTOR))?;
        // The first needs CAP_NET_ADMIN; the second gives as much as net.core.rmem_max says.
        if set_socket_recv_buffer_size_force(&fd, ROOM).is_err() {
            set_socket_recv_buffer_size(&fd, ROOM)?;
        }
        set_socket_timeout(&fd, Timeout::Recv, Some(WAIT))?;
        bind(&fd, &SocketAddrNetlink::new(0, GROUP))?;
        let socket = Socket { fd };
        // Everybody who listens hears every acknowledgement; the number tells ours.
        let number = std::process::id().rotate_left(8) ^ attempt;
        send(&socket.fd, &parse::request(Request::Listen, number), SendFlags::DONTWAIT)?;
        let mut poll_fd = [PollFd::new(&socket.fd, PollFlags::IN)];
        // A signal cuts it short; then nothing is there, and we are refused for now.
        let _ = poll(&mut poll_fd, Some(&PATIENCE));
        let mut acknowledged = false;
        let mut buffer = [0; LARGEST];
        while !acknowledged {
            let heard = socket.read(&mut buffer, Wait::No, |event| {
                let ours = number.wrapping_add(1);
                acknowledged |= matches!(event, Event::Acknowledged { number, error: 0 } if number == ours);
            });
            match heard {
                Ok(()) | Err(Silence::Overrun) => {}
                Err(_) => return Err(Refused),
            }
        }
        Ok(socket)
    }

    /// Reads one datagram and hands on what it tells, which may be nothing of interest.
    pub(super) fn read(&self, buffer: &mut [u8], wait: Wait, hear: impl FnMut(Event)) -> Result<(), Silence> {
        let flags = if wait == Wait::Yes { RecvFlags::empty() } else { RecvFlags::DONTWAIT };
        let (len, from) = loop {
            match recvfrom(&self.fd, &mut *buffer, flags) {
                Ok((len, _, from)) => break (len, from),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Err(Silence::Empty),
                Err(Errno::NOBUFS) => return Err(Silence::Overrun),
                Err(_) => return Err(Silence::Broken),
            }
        };
        // Port 0 is the kernel; others have nothing to tell us.
        let kernel =
            from.and_then(|from| SocketAddrNetlink::try_from(from).ok()).is_some_and(|a| a.pid() == 0);
        if kernel {
            parse::events(buffer.get(..len).unwrap_or_default()).for_each(hear);
        }
        Ok(())
    }

    /// A buffer that every message fits in.
    pub(super) fn buffer() -> Vec<u8> {
        vec![0; LARGEST]
    }

    /// Makes an event of the calling thread's own, a [`Event::Renamed`]. Where we are told anything, it can be read
    /// when this returns.
    pub(super) fn call_out() {
        let _ = rustix::thread::set_name(NAME);
    }

    /// Tells the kernel that there is one less who listens. Only for a socket that works.
    pub(super) fn leave(&self) {
        let _ = send(&self.fd, &parse::request(Request::Ignore, 0), SendFlags::DONTWAIT);
    }
}

impl From<Errno> for Refused {
    fn from(_: Errno) -> Refused {
        Refused
    }
}
