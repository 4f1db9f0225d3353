//! The ports of the sockets that a process has open.

/// The local ports of the TCP and UDP sockets that a process has open, of IPv4 and IPv6 alike.
///
/// A socket *listens* where anybody may send to it: one of TCP in state LISTEN, one of UDP that is bound and not
/// connected. Socket activation and forking let several processes have the same socket; each of them has the port.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ports {
    numbers: Box<[u16]>,
    listening: usize,
    partial: bool,
}

impl Ports {
    /// Ports and whether somebody listens there, in any order and as often as they come. `partial`: there may be others
    /// that nobody could read.
    pub fn new(found: impl IntoIterator<Item = (u16, bool)>, partial: bool) -> Ports {
        // Those that listen come first; who does both listens.
        let mut found: Vec<(bool, u16)> = found.into_iter().map(|(port, listens)| (!listens, port)).collect();
        found.sort_unstable();
        found.dedup();
        let listening = found.partition_point(|(connected, _)| !connected);
        let mut numbers: Vec<u16> = found.iter().take(listening).map(|(_, port)| *port).collect();
        for (_, port) in found.iter().skip(listening) {
            if numbers.get(..listening).is_some_and(|listening| listening.binary_search(port).is_err()) {
                numbers.push(*port);
            }
        }
        Ports { numbers: numbers.into(), listening, partial }
    }

    /// All of them, each once: those on which it listens in order, then the others in order.
    pub fn all(&self) -> &[u16] {
        &self.numbers
    }

    /// Those on which it listens, in order.
    pub fn listening(&self) -> &[u16] {
        self.numbers.get(..self.listening).unwrap_or(&[])
    }

    /// Whether there may be others that nobody could read.
    pub fn is_partial(&self) -> bool {
        self.partial
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_ones_come_first_and_each_once() {
        let ports =
            Ports::new([(443, true), (9, false), (80, true), (443, false), (80, true), (7, false)], false);
        assert_eq!((ports.all(), ports.listening()), (&[80, 443, 7, 9][..], &[80, 443][..]));
        let none = Ports::new([], true);
        assert!(none.all().is_empty() && none.listening().is_empty() && none.is_partial());
        assert!(Ports::new([(5, false)], false).listening().is_empty());
    }
}
