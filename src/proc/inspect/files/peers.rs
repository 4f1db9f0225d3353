//! To whom unix sockets are connected: sock_diag(7), asked for our own network namespace. It needs no right.

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::net::netlink::SOCK_DIAG;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

/// `SOCK_DIAG_BY_FAMILY`.
const BY_FAMILY: u16 = 20;
/// `NLM_F_REQUEST` and `NLM_F_DUMP`.
const DUMP: u16 = 0x301;
/// `NLMSG_DONE` and `NLMSG_ERROR`.
const OVER: [u16; 2] = [3, 2];
/// `AF_UNIX`.
const UNIX: u8 = 1;
/// `UDIAG_SHOW_PEER` and `UDIAG_SHOW_RQLEN`, and the attributes that they mean.
const SHOW: u32 = 0x4 | 0x10;
const PEER: u16 = 2;
const QUEUES: u16 = 4;

/// The dump is there when it is asked for; the wait is for one that might not be.
const PATIENCE: Duration = Duration::from_millis(50);

/// More sockets than this nobody looks through in one go.
const MOST_MESSAGES: usize = 4096;

/// What is known of a unix socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Diag {
    /// The inode of the socket at the other end.
    pub(super) peer: Option<u64>,
    /// Bytes that wait to be read; of one that listens connections that wait.
    pub(super) queue: Option<u64>,
}

/// All unix sockets by inode; `None` where the kernel does not answer.
pub(super) fn unix() -> Option<BTreeMap<u64, Diag>> {
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, Some(SOCK_DIAG)).ok()?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE)).ok()?;
    send(&socket, &request(), SendFlags::empty()).ok()?;
    let mut found = BTreeMap::new();
    let mut buffer = vec![0; 32 << 10];
    for _ in 0..MOST_MESSAGES {
        let (len, _) = recv(&socket, &mut *buffer, RecvFlags::empty()).ok()?;
        if len == 0 || !messages(buffer.get(..len)?, &mut found) {
            break;
        }
    }
    Some(found)
}

/// `struct nlmsghdr` and `struct unix_diag_req`.
fn request() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(40);
    bytes.extend(40u32.to_ne_bytes());
    bytes.extend(BY_FAMILY.to_ne_bytes());
    bytes.extend(DUMP.to_ne_bytes());
    // Sequence and port.
    bytes.extend([0; 8]);
    bytes.extend([UNIX, 0, 0, 0]);
    // All states, all inodes.
    bytes.extend(u32::MAX.to_ne_bytes());
    bytes.extend(0u32.to_ne_bytes());
    bytes.extend(SHOW.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes
}

/// The first `N` bytes at a place.
fn at<const N: usize>(bytes: &[u8], place: usize) -> Option<[u8; N]> {
    bytes.get(place..place.checked_add(N)?)?.try_into().ok()
}

/// Reads one datagram; whether there may be more.
fn messages(mut rest: &[u8], found: &mut BTreeMap<u64, Diag>) -> bool {
    while let Some(len) = at::<4>(rest, 0).map(u32::from_ne_bytes) {
        let len = len as usize;
        let Some(kind) = at::<2>(rest, 4).map(u16::from_ne_bytes) else { return false };
        let Some(message) = rest.get(16..len) else { return false };
        if OVER.contains(&kind) {
            return false;
        }
        if kind == BY_FAMILY
            && let Some(inode) = at::<4>(message, 4).map(u32::from_ne_bytes)
        {
            found.insert(u64::from(inode), attributes(message.get(16..).unwrap_or_default()));
        }
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    true
}

fn attributes(mut rest: &[u8]) -> Diag {
    let mut diag = Diag::default();
    while let (Some(len), Some(kind)) =
        (at::<2>(rest, 0).map(u16::from_ne_bytes), at::<2>(rest, 2).map(u16::from_ne_bytes))
    {
        let value = at::<4>(rest, 4).map(|bytes| u64::from(u32::from_ne_bytes(bytes)));
        match kind {
            PEER => diag.peer = value.filter(|inode| *inode != 0),
            QUEUES => diag.queue = value,
            _ => {}
        }
        // An attribute of no length would never end.
        rest = rest.get(usize::from(len).max(4).next_multiple_of(4)..).unwrap_or_default();
    }
    diag
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn both_ends_of_a_pair_know_each_other() {
        let (a, b) = UnixStream::pair().unwrap();
        let inode = |socket: &UnixStream| rustix::fs::fstat(socket.as_fd()).unwrap().st_ino;
        let Some(found) = unix() else {
            println!("skipped: the kernel does not answer");
            return;
        };
        assert_eq!(found[&inode(&a)].peer, Some(inode(&b)));
        assert_eq!(found[&inode(&b)].peer, Some(inode(&a)));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut found = BTreeMap::new();
            let _ = (messages(&bytes, &mut found), attributes(&bytes));
        }
    }
}
