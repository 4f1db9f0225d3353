//! CPUs as a tree that folds: what a large machine is made of, down to the threads of a core.

use std::collections::BTreeSet;

use crate::model::{CoreKind, CpuSet, TopologyCpu};

/// With more CPUs than this the parts they belong to are folded at first.
const UNFOLDED: usize = 32;

/// One line of the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Branch {
    /// What it is.
    pub part: Part,
    /// How many parts it is a part of.
    pub depth: u16,
    /// The CPUs it holds.
    pub cpus: CpuSet,
    /// Whether what it holds has lines too; always for a CPU.
    pub open: bool,
    /// The place behind the last line below it.
    end: usize,
}

impl Branch {
    /// Whether it holds more than itself.
    pub fn is_group(&self) -> bool {
        !matches!(self.part, Part::Cpu(_))
    }
}

/// What a line stands for; `None` is the part of whom the kernel does not say where they belong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// A package (socket).
    Package(Option<u32>),
    /// A NUMA node.
    Node(Option<u32>),
    /// The cores of one class.
    Kind(Option<CoreKind>),
    /// A core with several threads, by the lowest number among them.
    Core(u32),
    /// A CPU.
    Cpu(u32),
}

/// What CPUs can have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Level {
    Package,
    Node,
    Kind,
    Core,
}

impl Level {
    fn part(self, cpu: &TopologyCpu) -> Part {
        match self {
            Level::Package => Part::Package(cpu.package),
            Level::Node => Part::Node(cpu.node),
            Level::Kind => Part::Kind(cpu.kind),
            Level::Core => Part::Core(cpu.core.unwrap_or(cpu.number)),
        }
    }
}

/// The lines of the tree of `cpus`, which are each there once, every part before what it holds.
pub(super) fn tree(cpus: &[TopologyCpu]) -> Vec<Branch> {
    let levels = levels(cpus);
    let mut sorted = cpus.to_vec();
    let parts = |cpu: &TopologyCpu| levels.map(|level| level.map(|level| level.part(cpu)));
    sorted.sort_by_key(|cpu| (parts(cpu), cpu.number));
    let mut lines = Vec::with_capacity(cpus.len() * 2);
    grow(&sorted, &levels, 0, cpus.len() <= UNFOLDED, &mut lines);
    lines
}

/// The levels that tell CPUs of this machine apart, the outermost first.
fn levels(cpus: &[TopologyCpu]) -> [Option<Level>; 4] {
    fn count<T: Ord>(cpus: &[TopologyCpu], of: impl Fn(&TopologyCpu) -> T) -> usize {
        cpus.iter().map(of).collect::<BTreeSet<T>>().len()
    }
    let packages = count(cpus, |cpu| cpu.package);
    let nodes = count(cpus, |cpu| cpu.node);
    let both = count(cpus, |cpu| (cpu.package, cpu.node));
    let kinds = count(cpus, |cpu| cpu.kind);
    let cores = count(cpus, |cpu| cpu.core.unwrap_or(cpu.number));
    let node = (nodes > 1).then_some(Level::Node);
    // Where each package is one node it goes by the node's name.
    let package = (packages > 1 && !(both == packages && both == nodes)).then_some(Level::Package);
    let (outer, inner) = if both == nodes { (package, node) } else { (node, package) };
    [outer, inner, (kinds > 1).then_some(Level::Kind), (cores < cpus.len()).then_some(Level::Core)]
}

fn grow(cpus: &[TopologyCpu], levels: &[Option<Level>], depth: u16, open: bool, lines: &mut Vec<Branch>) {
    let Some((level, below)) = levels.split_first() else {
        for cpu in cpus {
            let (part, end) = (Part::Cpu(cpu.number), lines.len() + 1);
            lines.push(Branch { part, depth, cpus: CpuSet::from_iter([cpu.number]), open: true, end });
        }
        return;
    };
    let Some(level) = level else { return grow(cpus, below, depth, open, lines) };
    for group in cpus.chunk_by(|a, b| level.part(a) == level.part(b)) {
        let Some(part) = group.first().map(|cpu| level.part(cpu)) else { continue };
        if matches!(part, Part::Core(_)) && group.len() == 1 {
            grow(group, below, depth, open, lines);
            continue;
        }
        let at = lines.len();
        let cpus = group.iter().map(|cpu| cpu.number).collect();
        lines.push(Branch { part, depth, cpus, open, end: 0 });
        grow(group, below, depth + 1, open, lines);
        let end = lines.len();
        if let Some(line) = lines.get_mut(at) {
            line.end = end;
        }
    }
}

/// The places of the lines that no fold hides.
pub(super) fn shown(lines: &[Branch]) -> Vec<usize> {
    let mut shown = Vec::with_capacity(lines.len());
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        shown.push(at);
        at = if line.open { at + 1 } else { line.end };
    }
    shown
}

/// Opens whatever hides the CPU; its place, where there is such a CPU.
pub(super) fn reveal(lines: &mut [Branch], cpu: u32) -> Option<usize> {
    let at = lines.iter().position(|line| line.part == Part::Cpu(cpu))?;
    for line in lines.iter_mut().take(at).filter(|line| line.cpus.has(cpu)) {
        line.open = true;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpu(number: u32, core: u32, package: u32, node: u32, kind: Option<CoreKind>) -> TopologyCpu {
        TopologyCpu { number, core: Some(core), package: Some(package), node: Some(node), kind }
    }

    fn drawn(lines: &[Branch]) -> Vec<String> {
        let line = |at: usize| {
            let Branch { part, depth, cpus, .. } = &lines[at];
            let name = match part {
                Part::Package(n) => format!("package {}", n.unwrap()),
                Part::Node(n) => format!("node {}", n.unwrap()),
                Part::Kind(kind) => format!("{:?}", kind.unwrap()),
                Part::Core(n) => format!("core {n}"),
                Part::Cpu(n) => return format!("{}{n}", ".".repeat(usize::from(*depth))),
            };
            format!("{}{name}: {cpus}", ".".repeat(usize::from(*depth)))
        };
        shown(lines).into_iter().map(line).collect()
    }

    #[test]
    fn cpus_that_are_all_alike_are_a_list() {
        let lines = tree(&[cpu(0, 0, 0, 0, None), cpu(1, 1, 0, 0, None)]);
        assert_eq!(drawn(&lines), ["0", "1"]);
        let unknown = [3, 1].map(|number| TopologyCpu { number, ..TopologyCpu::default() });
        assert_eq!(drawn(&tree(&unknown)), ["1", "3"]);
    }

    #[test]
    fn a_package_that_is_a_node_is_one_part() {
        let all: Vec<TopologyCpu> = (0..8).map(|n| cpu(n, n % 4, n % 4 / 2, n % 4 / 2, None)).collect();
        let expected = [
            "node 0: 0-1,4-5",
            ".core 0: 0,4",
            "..0",
            "..4",
            ".core 1: 1,5",
            "..1",
            "..5",
            "node 1: 2-3,6-7",
            ".core 2: 2,6",
            "..2",
            "..6",
            ".core 3: 3,7",
            "..3",
            "..7",
        ];
        assert_eq!(drawn(&tree(&all)), expected);
    }

    #[test]
    fn packages_hold_nodes_and_nodes_may_hold_packages() {
        let all: Vec<TopologyCpu> = (0..4).map(|n| cpu(n, n, n / 2, n, None)).collect();
        let expected = [
            "package 0: 0-1",
            ".node 0: 0",
            "..0",
            ".node 1: 1",
            "..1",
            "package 1: 2-3",
            ".node 2: 2",
            "..2",
            ".node 3: 3",
            "..3",
        ];
        assert_eq!(drawn(&tree(&all)), expected);
        let all: Vec<TopologyCpu> = (0..2).map(|n| cpu(n, n, n, 0, None)).collect();
        assert_eq!(drawn(&tree(&all)), ["package 0: 0", ".0", "package 1: 1", ".1"]);
        let all: Vec<TopologyCpu> = (0..4).map(|n| cpu(n, n, n, n / 2, None)).collect();
        assert_eq!(drawn(&tree(&all))[..3], ["node 0: 0-1", ".package 0: 0", "..0"]);
    }

    #[test]
    fn only_cores_with_several_threads_are_parts() {
        use CoreKind::{Efficiency, Performance};
        let fast = [(0, 0), (1, 0)].map(|(n, core)| cpu(n, core, 0, 0, Some(Performance)));
        let slow = [2, 3].map(|n| cpu(n, n, 0, 0, Some(Efficiency)));
        let all = [slow, fast].concat();
        let expected = ["Performance: 0-1", ".core 0: 0-1", "..0", "..1", "Efficiency: 2-3", ".2", ".3"];
        assert_eq!(drawn(&tree(&all)), expected);
    }

    #[test]
    fn a_large_machine_is_folded_until_a_cpu_is_looked_for() {
        let all: Vec<TopologyCpu> =
            (0..256).map(|n| cpu(n, n % 128, n % 128 / 64, n % 128 / 64, None)).collect();
        let mut lines = tree(&all);
        assert_eq!(drawn(&lines), ["node 0: 0-63,128-191", "node 1: 64-127,192-255"]);
        let at = reveal(&mut lines, 200).unwrap();
        assert_eq!(lines[at].part, Part::Cpu(200));
        let now = drawn(&lines);
        assert_eq!(now.len(), 2 + 64 + 2);
        assert!(now.contains(&"..200".to_owned()) && now.contains(&".core 71: 71,199".to_owned()));
        assert_eq!(reveal(&mut lines, 256), None);
    }
}
