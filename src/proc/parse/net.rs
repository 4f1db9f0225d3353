//! The tables of sockets in `/proc/PID/net`, and the links that lead to them.

use super::{number, unsigned, words};

/// TCP_LISTEN of include/net/tcp_states.h.
const TCP_LISTEN: u64 = 0x0a;

/// TCP_CLOSE: of a UDP socket that it is not connected.
const UDP_OPEN: u64 = 0x07;

/// A socket as a line of `tcp`, `tcp6`, `udp` or `udp6` has it, proc_pid_net(5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::proc) struct Socket {
    /// By which a descriptor's link names it.
    pub(in crate::proc) inode: u64,
    /// Its local port, not 0.
    pub(in crate::proc) port: u16,
    /// Whether anybody may send to it.
    pub(in crate::proc) listens: bool,
}

/// One line of a table, of `udp` or else of TCP. `None` for the heading, for a socket that has no port, and for one that
/// belongs to nobody any more.
pub(in crate::proc) fn socket(line: &[u8], udp: bool) -> Option<Socket> {
    let mut fields = words(line);
    let local = fields.nth(1)?;
    let colon = local.iter().rposition(|&b| b == b':')?;
    let port = hexadecimal(local.get(colon + 1..)?).and_then(|port| u16::try_from(port).ok())?;
    let state = fields.nth(1).and_then(hexadecimal)?;
    let inode = fields.nth(5).and_then(unsigned)?;
    let listens = state == if udp { UDP_OPEN } else { TCP_LISTEN };
    (inode != 0 && port != 0).then_some(Socket { inode, port, listens })
}

/// The inode that a descriptor's link names, where it is a socket: `socket:[12345]`.
pub(in crate::proc) fn socket_inode(link: &[u8]) -> Option<u64> {
    let (inode, rest) = number(link.strip_prefix(b"socket:[")?)?;
    (rest == b"]").then_some(inode)
}

fn hexadecimal(word: &[u8]) -> Option<u64> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(u64::from);
    let fits = (1..=16).contains(&word.len());
    word.iter().try_fold(0u64, |sum, byte| Some(sum << 4 | digit(byte)?)).filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // Captured on Linux 6.18.
    const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n\
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 43210 1 0000000000000000 100 0 0 10 0\n\
   1: 0100007F:CC56 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 43211 1 0000000000000000 20 4 30 10 -1\n\
   2: 0100007F:CC58 0100007F:1F90 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0000000000000000\n";
    const UDP6: &str = "\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
 1139: 00000000000000000000000000000000:14E9 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 777 2 0000000000000000 0\n";

    fn all(table: &str, udp: bool) -> Vec<(u64, u16, bool)> {
        let sockets = table.lines().filter_map(|line| socket(line.as_bytes(), udp));
        sockets.map(|socket| (socket.inode, socket.port, socket.listens)).collect()
    }

    #[test]
    fn sockets_have_an_inode_a_port_and_a_state() {
        assert_eq!(all(TCP, false), [(43_210, 8080, true), (43_211, 52_310, false)]);
        assert_eq!(all(UDP6, true), [(777, 5353, true)]);
        assert_eq!(all(UDP6, false), [(777, 5353, false)]);
        for cut in 0..TCP.len() {
            let _ = all(&TCP[..cut], false);
        }
    }

    #[test]
    fn links_name_sockets() {
        assert_eq!(socket_inode(b"socket:[43210]"), Some(43_210));
        for link in ["socket:[]", "socket:[1", "pipe:[1]", "/dev/null", "socket:[1]x", ""] {
            assert_eq!(socket_inode(link.as_bytes()), None, "{link}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), udp: bool) {
            let _ = (socket(&bytes, udp), socket_inode(&bytes));
        }

        #[test]
        fn no_kernel_like_line_panics(line in "( {0,2}[0-9A-F:\\[\\]]{0,40}){0,14}", udp: bool) {
            let _ = socket(line.as_bytes(), udp);
        }
    }
}
