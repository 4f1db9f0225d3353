//! Who started whom: the forest of processes, from one snapshot, whatever its parent data say.
//!
//! Every process is in it exactly once. Orphans are roots. A parent must not be younger than its child, and where the
//! data still form a circle the circle is cut. No recursion, so a chain of 100 000 is as good as any.

use super::{Kind, Pid, Proc, ProcId};

/// Stands for "no parent" in the arrays of [`Forest`].
const ROOT: u32 = u32::MAX;

/// The forest over a slice of processes, by their position in it.
#[derive(Clone, Debug, Default)]
pub struct Forest {
    parent: Vec<u32>,
    /// Every position, each parent before its children; empty where that is the order of the positions themselves.
    top_down: Vec<u32>,
}

/// All that the forest has to know of a process. Gathered in one go: processes lie all over the memory, these side by
/// side.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pid: Pid,
    /// Below whom it wants to stand.
    parent: Option<Pid>,
    start_time: u64,
}

impl Link {
    /// Who it is.
    pub fn id(&self) -> ProcId {
        ProcId { pid: self.pid, start_time: self.start_time }
    }

    /// What the forest has to know of `proc`.
    pub fn of(proc: &Proc) -> Link {
        let task = &*proc.task;
        let parent = match task.kind {
            Kind::Thread(process) => Some(process),
            Kind::Process | Kind::Kernel | Kind::ShortLived => task.parent,
        };
        Link { pid: task.id.pid, parent, start_time: task.id.start_time }
    }
}

/// Finds pids in a list that is ordered by them, in a step or two as long as they are spread evenly, and never in more
/// steps than a binary search takes.
struct Index<'a> {
    links: &'a [Link],
    /// The pids of a bucket agree in all but this many of their lowest bits.
    shift: u32,
    /// Where each bucket begins; one more than there are.
    begins: Vec<u32>,
}

impl<'a> Index<'a> {
    fn new(links: &'a [Link]) -> Index<'a> {
        let last = links.last().map_or(0, |last| last.pid.get());
        // As many buckets as processes, or up to twice as many.
        let shift = (0..u32::BITS - 1).find(|shift| (last >> shift) as usize <= 2 * links.len()).unwrap_or(0);
        let mut begins = Vec::with_capacity((last >> shift) as usize + 2);
        for (at, link) in (0u32..).zip(links) {
            let bucket = (link.pid.get() >> shift) as usize;
            if bucket >= begins.len() {
                begins.resize(bucket + 1, at);
            }
        }
        begins.push(links.len() as u32);
        Index { links, shift, begins }
    }

    fn find(&self, pid: Pid) -> Option<(usize, &'a Link)> {
        let bucket = (pid.get() >> self.shift) as usize;
        let (from, to) = self.begins.get(bucket).zip(self.begins.get(bucket + 1))?;
        let few = self.links.get(*from as usize..*to as usize)?;
        let at = few.binary_search_by_key(&pid, |link| link.pid).ok()?;
        Some((*from as usize + at, few.get(at)?))
    }
}

/// A forest whose siblings stand in a given order.
#[derive(Clone, Debug, Default)]
pub struct Ordered {
    /// Children of node `i` are `children[first[i]..first[i + 1]]`; roots stand at index `n`.
    first: Vec<u32>,
    children: Vec<u32>,
}

/// Sums over a process and all its descendants.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Sums {
    /// CPU use, percent of one core; `None` where no member's is known.
    pub cpu: Option<f64>,
    /// Resident memory, bytes; shared pages count once for each process. `None` where no member's is known.
    pub resident: Option<u64>,
    /// CPU time, nanoseconds.
    pub cpu_time: u64,
    /// Processes, itself included; threads are not counted.
    pub processes: u32,
    /// Threads of all of them.
    pub threads: u32,
}

impl Forest {
    /// The forest over `procs`, which must be ordered by pid.
    pub fn new(procs: &[Proc]) -> Forest {
        Forest::of_links(&procs.iter().map(Link::of).collect::<Vec<_>>())
    }

    /// The forest over processes of which the [`Link`]s are given, ordered by pid.
    pub fn of_links(links: &[Link]) -> Forest {
        let index = Index::new(links);
        // Siblings often stand side by side.
        let mut last = (None, None);
        let mut find = |wanted: Option<Pid>| {
            if wanted != last.0 {
                last = (wanted, wanted.and_then(|pid| index.find(pid)));
            }
            last.1
        };
        let mut backwards = false;
        let parent = links.iter().enumerate().map(|(at, link)| match find(link.parent) {
            // A pid that was given out again is nobody's parent: a parent is never younger.
            Some((up, above)) if up != at && above.start_time <= link.start_time => {
                backwards |= up > at;
                up as u32
            }
            _ => ROOT,
        });
        let mut parent: Vec<u32> = parent.collect();
        // Where everybody's pid is above the parent's, which it is until the pids start anew, there is no circle.
        let top_down = if backwards { cut_circles(&mut parent) } else { Vec::new() };
        Forest { parent, top_down }
    }

    /// The position of the parent of the process at `at`.
    pub fn parent(&self, at: usize) -> Option<usize> {
        self.parent.get(at).filter(|up| **up != ROOT).map(|up| *up as usize)
    }

    /// The positions from the process at `at` up to its root, itself first.
    pub fn ancestry(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors((at < self.parent.len()).then_some(at), |at| self.parent(*at))
    }

    /// Of each position whether the process there is that at `root` or descends from it. In one pass, however long the
    /// chains are.
    pub fn inside(&self, root: usize) -> Vec<bool> {
        let mut inside = vec![false; self.parent.len()];
        let mut look = |at: usize| {
            let within = at == root || self.parent(at).and_then(|up| inside.get(up)) == Some(&true);
            if let Some(mark) = inside.get_mut(at) {
                *mark = within;
            }
        };
        if self.top_down.is_empty() {
            (0..self.parent.len()).for_each(&mut look);
        } else {
            self.top_down.iter().for_each(|at| look(*at as usize));
        }
        inside
    }

    /// Sums over every process and its descendants.
    pub fn sums(&self, procs: &[Proc], ticks_per_second: u64) -> Vec<Sums> {
        let mut sums: Vec<Sums> = procs.iter().map(|proc| Sums::of(proc, ticks_per_second)).collect();
        let mut hand_up = |at: usize| {
            let Some(up) = self.parent(at) else { return };
            let Some(own) = sums.get(at).copied() else { return };
            if let Some(total) = sums.get_mut(up) {
                total.add(own);
            }
        };
        if self.top_down.is_empty() {
            (0..self.parent.len()).rev().for_each(&mut hand_up);
        } else {
            self.top_down.iter().rev().for_each(|at| hand_up(*at as usize));
        }
        sums
    }

    /// The same forest with siblings in the order in which `order` lists them.
    pub fn ordered(&self, order: impl DoubleEndedIterator<Item = u32> + Clone) -> Ordered {
        let n = self.parent.len();
        let slot = |at: u32| self.parent(at as usize).unwrap_or(n);
        let mut first = vec![0u32; n + 2];
        for at in order.clone() {
            if let Some(count) = first.get_mut(slot(at)) {
                *count += 1;
            }
        }
        // First where the children of each end; then, as they are put in from the last on, where they begin.
        let mut sum = 0;
        for count in &mut first {
            sum += *count;
            *count = sum;
        }
        let mut children = vec![0u32; sum as usize];
        for at in order.rev() {
            let Some(place) = first.get_mut(slot(at)) else { continue };
            *place = place.saturating_sub(1);
            if let Some(child) = children.get_mut(*place as usize) {
                *child = at;
            }
        }
        Ordered { first, children }
    }
}

impl Ordered {
    /// The children of the process at `at`, in order.
    pub fn children(&self, at: usize) -> &[u32] {
        let bounds = self.first.get(at).zip(self.first.get(at + 1));
        bounds.and_then(|(from, to)| self.children.get(*from as usize..*to as usize)).unwrap_or(&[])
    }

    /// Lets `change` put the children of each, and the roots, into another order. A slice may be empty.
    pub fn each_group(&mut self, mut change: impl FnMut(&mut [u32])) {
        let mut rest = &mut *self.children;
        for (from, to) in self.first.iter().zip(self.first.iter().skip(1)) {
            let count = (to.saturating_sub(*from) as usize).min(rest.len());
            let (group, others) = rest.split_at_mut(count);
            rest = others;
            change(group);
        }
    }

    /// The roots, in order.
    pub fn roots(&self) -> &[u32] {
        self.children(self.first.len().saturating_sub(2))
    }
}

impl Sums {
    /// What a process alone brings to a sum; a thread brings nothing, its process has counted it, nor do the dead.
    pub(super) fn of(proc: &Proc, ticks_per_second: u64) -> Sums {
        if matches!(proc.task.kind, Kind::Thread(_) | Kind::ShortLived) {
            return Sums::default();
        }
        Sums {
            cpu: proc.cpu,
            resident: proc.task.memory.known().map(|m| m.resident),
            cpu_time: proc.task.cpu_nanos(ticks_per_second).unwrap_or(0),
            processes: 1,
            threads: proc.task.threads,
        }
    }

    /// Adds what others bring.
    pub(super) fn add(&mut self, other: Sums) {
        self.cpu = match (self.cpu, other.cpu) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
        self.resident = match (self.resident, other.resident) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (a, b) => a.or(b),
        };
        self.cpu_time = self.cpu_time.saturating_add(other.cpu_time);
        self.processes += other.processes;
        self.threads += other.threads;
    }
}

/// Makes roots of one member of each circle; returns all positions, parents before children.
fn cut_circles(parent: &mut [u32]) -> Vec<u32> {
    let n = parent.len();
    let mut done = vec![false; n];
    let mut top_down = Vec::with_capacity(n);
    let mut path: Vec<u32> = Vec::new();
    let mut on_path = vec![false; n];
    for start in 0..n as u32 {
        let mut at = start;
        loop {
            let i = at as usize;
            if done.get(i).copied().unwrap_or(true) {
                break;
            }
            if on_path.get(i).copied().unwrap_or(true) {
                // Came back to a node of this very walk: it becomes a root, the rest hang below it.
                if let Some(up) = parent.get_mut(i) {
                    *up = ROOT;
                }
                break;
            }
            if let Some(mark) = on_path.get_mut(i) {
                *mark = true;
            }
            path.push(at);
            match parent.get(i) {
                Some(&up) if up != ROOT => at = up,
                _ => break,
            }
        }
        // The walk went upwards, so its reverse is parents first; below a cut circle that holds from the cut on.
        let cut = path.iter().position(|at| parent.get(*at as usize) == Some(&ROOT)).unwrap_or(path.len());
        let (below, circle) = path.split_at((cut + 1).min(path.len()));
        // Members of the circle above the cut node hang below it: walk them from the far end.
        for &at in below.iter().rev().take(1).chain(circle.iter().rev()).chain(below.iter().rev().skip(1)) {
            if let Some(mark) = done.get_mut(at as usize) {
                *mark = true;
            }
            top_down.push(at);
        }
        path.clear();
    }
    top_down
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Task;
    use proptest::prelude::*;

    fn procs(list: &[(u32, u32, u64)]) -> Vec<Proc> {
        list.iter()
            .map(|(pid, ppid, start)| {
                let task = Task::bare(ProcId::new(*pid, *start).expect("a pid"));
                Proc { cpu: Some(f64::from(*pid)), ..Proc::new(Task { parent: Pid::new(*ppid), ..task }) }
            })
            .collect()
    }

    fn walk(forest: &Forest, n: usize) -> Vec<u32> {
        let ordered = forest.ordered(0..n as u32);
        let mut stack: Vec<u32> = ordered.roots().iter().rev().copied().collect();
        let mut seen = Vec::new();
        while let Some(at) = stack.pop() {
            seen.push(at);
            stack.extend(ordered.children(at as usize).iter().rev());
        }
        seen
    }

    #[test]
    fn children_follow_their_parents_and_sums_include_them() {
        let procs = procs(&[(1, 0, 0), (2, 1, 5), (3, 2, 6), (4, 1, 7), (9, 77, 8)]);
        let forest = Forest::new(&procs);
        assert_eq!(walk(&forest, 5), [0, 1, 2, 3, 4]);
        let sums = forest.sums(&procs, 100);
        assert_eq!((sums[0].cpu, sums[0].processes, sums[1].cpu), (Some(10.0), 4, Some(5.0)));
        assert_eq!(forest.ancestry(2).collect::<Vec<_>>(), [2, 1, 0]);
    }

    #[test]
    fn a_younger_parent_is_a_recycled_pid() {
        let procs = procs(&[(5, 0, 100), (6, 5, 50)]);
        assert_eq!(Forest::new(&procs).parent(1), None);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand() {
        let list: Vec<_> = (1..=100_000u32).map(|pid| (pid, pid - 1, 1)).collect();
        let procs = procs(&list);
        let forest = Forest::new(&procs);
        assert_eq!(walk(&forest, procs.len()).len(), 100_000);
        assert_eq!(forest.sums(&procs, 100)[0].processes, 100_000);
    }

    proptest! {
        #[test]
        fn the_index_finds_whoever_is_there_and_nobody_else(
            pids in prop::collection::btree_set(prop_oneof![1u32..60, 1u32..5_000_000], 0..50), others in prop::collection::vec(1u32..5_000_000, 20)
        ) {
            let list: Vec<_> = pids.iter().map(|pid| (*pid, 0, 0)).collect();
            let links: Vec<Link> = procs(&list).iter().map(Link::of).collect();
            let index = Index::new(&links);
            prop_assert!(index.begins.len() <= 2 * links.len() + 2);
            for pid in pids.iter().copied().chain(1..62).chain(others) {
                let wanted = pids.iter().position(|p| *p == pid);
                prop_assert_eq!(Pid::new(pid).and_then(|pid| index.find(pid)).map(|(at, _)| at), wanted);
            }
        }

        #[test]
        fn everybody_is_in_the_tree_once(parents in prop::collection::vec((0u32..30, 0u64..3), 1..30)) {
            let list: Vec<_> = parents.iter().enumerate().map(|(i, (ppid, start))| (i as u32 + 1, *ppid, *start)).collect();
            let procs = procs(&list);
            let forest = Forest::new(&procs);
            let mut seen = walk(&forest, procs.len());
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..procs.len() as u32).collect::<Vec<_>>());
            for root in 0..procs.len() {
                let above: Vec<bool> = (0..procs.len()).map(|at| forest.ancestry(at).any(|up| up == root)).collect();
                prop_assert_eq!(forest.inside(root), above);
            }
            let roots = (0..procs.len()).filter(|at| forest.parent(*at).is_none());
            let sums = forest.sums(&procs, 100);
            prop_assert_eq!(roots.map(|at| sums[at].processes as usize).sum::<usize>(), procs.len());
        }
    }
}
