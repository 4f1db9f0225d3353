//! What the history graphs show: rings of the last looks, for all cores together and for each.

use std::collections::VecDeque;

use crate::model::{Nanos, Snapshot};

/// Looks that are remembered.
const KEPT: usize = 600;

/// How busy the machine was in the last looks. In a steady state nothing is allocated.
#[derive(Clone, Debug, Default)]
pub struct History {
    total: VecDeque<(Nanos, f32)>,
    cores: Vec<(u32, VecDeque<Option<f32>>)>,
    newest: u64,
}

impl History {
    /// Takes in a look; one that was taken in already, or that has no rates, changes nothing.
    pub fn push(&mut self, snapshot: &Snapshot) {
        let Some(cpu) = snapshot.cpu else { return };
        if snapshot.number == self.newest {
            return;
        }
        self.newest = snapshot.number;
        push(&mut self.total, (snapshot.taken, cpu.busy()));
        for (core, ring) in &mut self.cores {
            // Both lists are ordered by number; a CPU that went offline leaves a gap.
            let found = snapshot.cpus.binary_search_by_key(core, |(number, _)| *number).ok();
            let usage = found.and_then(|at| snapshot.cpus.get(at)).and_then(|(_, usage)| *usage);
            push(ring, usage.map(|usage| usage.busy()));
        }
        for (core, usage) in &snapshot.cpus {
            if let Err(at) = self.cores.binary_search_by_key(core, |(number, _)| *number) {
                let mut ring = VecDeque::with_capacity(KEPT);
                push(&mut ring, usage.map(|usage| usage.busy()));
                self.cores.insert(at, (*core, ring));
            }
        }
    }

    /// How busy all cores together were, 0 to 1, newest first.
    pub fn total(&self) -> impl Iterator<Item = f32> + '_ {
        self.total.iter().rev().map(|(_, busy)| *busy)
    }

    /// How busy this core was, newest first; `None` where it was offline. A core nobody knows has no history.
    pub fn core(&self, number: u32) -> impl Iterator<Item = Option<f32>> + '_ {
        let found = self.cores.binary_search_by_key(&number, |(core, _)| *core).ok();
        let ring = found.and_then(|at| self.cores.get(at));
        ring.into_iter().flat_map(|(_, ring)| ring.iter().rev().copied())
    }

    /// Mean seconds between two looks; `None` before the second.
    pub fn interval(&self) -> Option<f64> {
        let (first, last) = (self.total.front()?.0, self.total.back()?.0);
        let steps = self.total.len().checked_sub(1).filter(|steps| *steps > 0)?;
        Some(last.since(first) / steps as f64)
    }

    /// Looks that are remembered.
    pub fn len(&self) -> usize {
        self.total.len()
    }

    /// Whether nothing is remembered yet.
    pub fn is_empty(&self) -> bool {
        self.total.is_empty()
    }
}

fn push<T>(ring: &mut VecDeque<T>, value: T) {
    if ring.capacity() < KEPT {
        ring.reserve_exact(KEPT - ring.len());
    }
    if ring.len() >= KEPT {
        ring.pop_front();
    }
    ring.push_back(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CpuUse;

    fn look(number: u64, cores: &[(u32, f32)]) -> Snapshot {
        let usage = |user| CpuUse { user, ..CpuUse::default() };
        Snapshot {
            number,
            taken: Nanos(number * 2_000_000_000),
            cpu: Some(usage(0.5)),
            cpus: cores.iter().map(|(core, user)| (*core, Some(usage(*user)))).collect(),
            ..Snapshot::default()
        }
    }

    #[test]
    fn cores_come_and_go() {
        let mut history = History::default();
        history.push(&look(1, &[(0, 0.1), (2, 0.2)]));
        history.push(&look(2, &[(0, 0.3)]));
        history.push(&look(2, &[(0, 0.9)]));
        history.push(&look(3, &[(0, 0.4), (1, 0.5), (2, 0.6)]));
        assert_eq!(history.core(0).collect::<Vec<_>>(), [Some(0.4), Some(0.3), Some(0.1)]);
        assert_eq!(history.core(1).collect::<Vec<_>>(), [Some(0.5)]);
        assert_eq!(history.core(2).collect::<Vec<_>>(), [Some(0.6), None, Some(0.2)]);
        assert_eq!(history.core(9).count(), 0);
        assert_eq!(history.interval(), Some(2.0));
    }

    #[test]
    fn a_look_without_rates_is_no_point() {
        let mut history = History::default();
        history.push(&Snapshot { cpu: None, ..look(1, &[]) });
        assert!(history.is_empty());
        assert_eq!(history.interval(), None);
    }

    #[test]
    fn the_ring_is_bounded_and_keeps_its_room() {
        let mut history = History::default();
        history.push(&look(1, &[(0, 0.1)]));
        let room = history.total.capacity();
        for number in 2..=(3 * KEPT as u64) {
            history.push(&look(number, &[(0, 0.1)]));
        }
        assert_eq!((history.len(), history.core(0).count()), (KEPT, KEPT));
        assert_eq!(history.total.capacity(), room);
    }
}
