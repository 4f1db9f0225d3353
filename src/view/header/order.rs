//! In which order cores stand: sockets apart, NUMA nodes apart, and who shares a core with whom.

use crate::model::{CoreKind, Topology, TopologyCpu};

/// A core in its place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::view) struct CorePlace {
    /// Socket, node, class and rank: what it is ordered by before its number.
    key: (Option<u32>, Option<u32>, Option<CoreKind>, bool),
    /// Its number.
    number: u32,
    /// Its place in the list of the snapshot.
    pub(super) index: usize,
    /// What stands before its number.
    pub(super) mark: Mark,
}

/// What a core is, where that is not the usual.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Mark {
    /// The first thread of a core, and a fast one where there are two classes.
    None,
    /// The second thread of a core, or one more.
    Sibling,
    /// An efficiency core.
    Thrifty,
}

impl Mark {
    /// The character that stands before the number.
    pub(super) const fn symbol(self) -> &'static str {
        match self {
            Mark::None => " ",
            Mark::Sibling => "'",
            Mark::Thrifty => "e",
        }
    }
}

/// Writes into `out` the cores with these numbers in the order of the topology: by socket and node, and in them by
/// number; `siblings` puts all first threads before all second ones, so that rows of cells of a core stand below each
/// other, and fast cores before thrifty ones.
pub(super) fn order(
    numbers: impl Iterator<Item = u32>,
    topology: Option<&Topology>,
    siblings: bool,
    out: &mut Vec<CorePlace>,
) {
    out.clear();
    out.extend(numbers.enumerate().map(|(index, number)| {
        let cpu = cpu(topology, number);
        let sibling = cpu.is_some_and(|cpu| cpu.core.is_some_and(|core| core != number));
        let kind = cpu.and_then(|cpu| cpu.kind);
        let mark = match kind {
            Some(CoreKind::Efficiency) => Mark::Thrifty,
            _ if sibling => Mark::Sibling,
            _ => Mark::None,
        };
        let (package, node) = place(cpu);
        let (kind, sibling) = if siblings { (kind, sibling) } else { (None, false) };
        CorePlace { key: (package, node, kind, sibling), number, index, mark }
    }));
    if topology.is_some() {
        out.sort_unstable();
    }
}

/// How many cores each node has (each socket, where there are no nodes), where all have as many and there are several;
/// else 0.
pub(super) fn node_size(numbers: impl Iterator<Item = u32>, topology: Option<&Topology>) -> usize {
    if topology.is_none() {
        return 0;
    }
    // Without a list of its own, because it is asked twice for each frame.
    let mut nodes = [((None, None), 0usize); MOST_NODES];
    let mut used = 0;
    for number in numbers {
        let here = place(cpu(topology, number));
        let found = nodes.iter().take(used).position(|(node, _)| *node == here);
        let at = found.unwrap_or(used);
        let Some(node) = nodes.get_mut(at) else { return 0 };
        *node = (here, node.1 + 1);
        used = used.max(at + 1);
    }
    let mut sizes = nodes.iter().take(used).map(|(_, size)| *size);
    let first = sizes.next().unwrap_or(0);
    if used > 1 && first > 1 && sizes.all(|size| size == first) { first } else { 0 }
}

/// More nodes than this are not told apart.
const MOST_NODES: usize = 32;

/// What is known of a CPU.
pub(super) fn cpu(topology: Option<&Topology>, number: u32) -> Option<&TopologyCpu> {
    let known = &topology?.cpus;
    known.binary_search_by_key(&number, |cpu| cpu.number).ok().and_then(|at| known.get(at))
}

/// The socket and the node of a CPU.
fn place(cpu: Option<&TopologyCpu>) -> (Option<u32>, Option<u32>) {
    cpu.map_or((None, None), |cpu| (cpu.package, cpu.node))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(topology: Option<&Topology>, cores: u32, siblings: bool) -> (Vec<u32>, usize) {
        let mut out = Vec::new();
        order(0..cores, topology, siblings, &mut out);
        (out.iter().map(|core| core.number).collect(), node_size(0..cores, topology))
    }

    /// Two sockets of two cores with two threads each, numbered by turns.
    fn interleaved() -> Topology {
        let of = |number: u32| TopologyCpu {
            number,
            core: Some(number % 4),
            package: Some(number % 2),
            node: Some(number % 2),
            kind: None,
        };
        Topology { cpus: (0..8).map(of).collect() }
    }

    #[test]
    fn without_a_topology_numbers_are_all() {
        assert_eq!(ordered(None, 3, true), (vec![0, 1, 2], 0));
        assert_eq!(ordered(Some(&Topology::of_numbers(0..2)), 3, false), (vec![0, 1, 2], 0));
        assert_eq!(ordered(None, 0, true), (vec![], 0));
    }

    #[test]
    fn sockets_are_apart_and_siblings_below_each_other() {
        let topology = interleaved();
        assert_eq!(ordered(Some(&topology), 8, false), (vec![0, 2, 4, 6, 1, 3, 5, 7], 4));
        assert_eq!(ordered(Some(&topology), 8, true), (vec![0, 2, 4, 6, 1, 3, 5, 7], 4));
        let mut out = Vec::new();
        order(0..8, Some(&topology), false, &mut out);
        let marks: String = out.iter().map(|core| core.mark.symbol()).collect();
        assert_eq!(marks, "  ''  ''");
        // One went offline, so the sockets are no longer alike.
        assert_eq!(ordered(Some(&topology), 7, false).1, 0);
    }

    #[test]
    fn fast_cores_stand_before_thrifty_ones_in_cells() {
        let of = |number: u32| TopologyCpu {
            number,
            core: Some(if number < 4 { number / 2 * 2 } else { number }),
            package: Some(0),
            node: Some(0),
            kind: Some(if number < 4 { CoreKind::Performance } else { CoreKind::Efficiency }),
        };
        let topology = Topology { cpus: (0..6).map(of).collect() };
        assert_eq!(ordered(Some(&topology), 6, false).0, [0, 1, 2, 3, 4, 5]);
        assert_eq!(ordered(Some(&topology), 6, true), (vec![0, 2, 1, 3, 4, 5], 0));
        let mut out = Vec::new();
        order(0..6, Some(&topology), false, &mut out);
        assert_eq!(out.iter().map(|core| core.mark.symbol()).collect::<String>(), " ' 'ee");
    }
}
