//! How the CPUs of the machine belong together: NUMA nodes, packages, cores and the threads of a core.

/// The CPUs that are online, ordered by number; it does not follow CPUs that go offline later.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Topology {
    /// Each of them.
    pub cpus: Vec<TopologyCpu>,
}

/// One CPU as the kernel numbers them, and what it is a part of; `None` where the kernel does not say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TopologyCpu {
    /// Its number.
    pub number: u32,
    /// The lowest number among the CPUs that share its core: their SMT siblings. The kernel's own `core_id` is unique
    /// within a package only.
    pub core: Option<u32>,
    /// The package (socket): `physical_package_id`.
    pub package: Option<u32>,
    /// The NUMA node.
    pub node: Option<u32>,
    /// Which of two classes of cores it is; `None` also where all cores are alike.
    pub kind: Option<CoreKind>,
}

/// The classes of cores of a machine whose cores are not alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CoreKind {
    /// A fast one.
    Performance,
    /// A thrifty one.
    Efficiency,
}

impl Topology {
    /// Of CPUs of which no more than the numbers is known.
    pub fn of_numbers(numbers: impl IntoIterator<Item = u32>) -> Topology {
        let mut cpus: Vec<TopologyCpu> =
            numbers.into_iter().map(|number| TopologyCpu { number, ..TopologyCpu::default() }).collect();
        cpus.sort_unstable();
        cpus.dedup();
        Topology { cpus }
    }
}
