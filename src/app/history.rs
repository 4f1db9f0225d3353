//! What the history graphs show: rings of the last looks, for all cores together and for each.

use std::collections::VecDeque;

use super::trail::{KEPT, Peak, Trail, push};
use crate::catalog::{Gauge, Meter, MeterInput};
use crate::model::{Nanos, Snapshot};

/// How busy the machine was in the last looks. In a steady state nothing is allocated.
#[derive(Clone, Debug, Default)]
pub struct History {
    total: VecDeque<(Nanos, f32)>,
    cores: Vec<Core>,
    trails: Vec<Trail>,
    gauge: Gauge,
    newest: u64,
}

/// How busy a core was.
#[derive(Clone, Debug)]
struct Core {
    number: u32,
    looks: VecDeque<Option<f32>>,
    peak: Peak,
}

impl Core {
    fn push(&mut self, now: Nanos, busy: Option<f32>) {
        push(&mut self.looks, busy);
        if let Some(busy) = busy {
            self.peak.push(now, busy);
        }
    }
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
        for core in &mut self.cores {
            // Both lists are ordered by number; a CPU that went offline leaves a gap.
            let found = snapshot.cpus.binary_search_by_key(&core.number, |(number, _)| *number).ok();
            let usage = found.and_then(|at| snapshot.cpus.get(at)).and_then(|(_, usage)| *usage);
            core.push(snapshot.taken, usage.map(|usage| usage.busy()));
        }
        for (number, usage) in &snapshot.cpus {
            if let Err(at) = self.cores.binary_search_by_key(number, |core| core.number) {
                let looks = VecDeque::with_capacity(KEPT);
                let mut core = Core { number: *number, looks, peak: Peak::default() };
                core.push(snapshot.taken, usage.map(|usage| usage.busy()));
                self.cores.insert(at, core);
            }
        }
    }

    /// Takes in the levels of these meters, and forgets those of all others.
    pub fn follow(&mut self, meters: impl Iterator<Item = &'static Meter>, input: &MeterInput<'_>) {
        let mut kept = 0;
        for meter in meters {
            match self.trails.iter().position(|trail| trail.id == meter.id) {
                // It stands in the header twice.
                Some(at) if at < kept => continue,
                Some(at) => self.trails.swap(at, kept),
                None => self.trails.insert(kept, Trail::new(meter.id)),
            }
            (meter.read)(input, &mut self.gauge);
            if let Some(trail) = self.trails.get_mut(kept) {
                trail.push(input.snapshot.taken, self.gauge.level());
            }
            kept += 1;
        }
        self.trails.truncate(kept);
    }

    /// The levels of a meter that is followed.
    pub fn trail(&self, id: &str) -> Option<&Trail> {
        self.trails.iter().find(|trail| trail.id == id)
    }

    /// How busy this core was at most in the last minutes.
    pub fn core_peak(&self, number: u32) -> Option<f32> {
        self.known(number)?.peak.highest()
    }

    fn known(&self, number: u32) -> Option<&Core> {
        let found = self.cores.binary_search_by_key(&number, |core| core.number).ok();
        found.and_then(|at| self.cores.get(at))
    }

    /// How busy all cores together were, 0 to 1, newest first.
    pub fn total(&self) -> impl Iterator<Item = f32> + '_ {
        self.total.iter().rev().map(|(_, busy)| *busy)
    }

    /// How busy this core was, newest first; `None` where it was offline. A core nobody knows has no history.
    pub fn core(&self, number: u32) -> impl Iterator<Item = Option<f32>> + '_ {
        self.known(number).into_iter().flat_map(|core| core.looks.iter().rev().copied())
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
    fn meters_are_followed_as_long_as_they_are_shown() {
        let mut history = History::default();
        let follow = |history: &mut History, ids: &[&str], one: f64| {
            let mut snapshot = look(1, &[(0, 0.1)]);
            snapshot.system.load = Some(crate::model::Load { one, ..crate::model::Load::default() });
            let input = MeterInput {
                snapshot: &snapshot,
                sensors: None,
                detailed: false,
                delay: None,
                old: false,
                number: 0,
            };
            history.follow(ids.iter().filter_map(|id| crate::catalog::meter(id)), &input);
        };
        let levels = |history: &History, id| {
            history.trail(id).map(|trail| trail.levels().collect::<Vec<_>>()).unwrap_or_default()
        };
        follow(&mut history, &["memory", "load"], 0.5);
        follow(&mut history, &["load", "cpu", "load"], 0.25);
        assert_eq!(levels(&history, "load"), [Some(0.25), Some(0.5)]);
        assert_eq!((levels(&history, "cpu"), levels(&history, "memory")), (vec![Some(0.5)], vec![]));
        assert_eq!(history.trail("load").and_then(Trail::peak), Some(0.5));
        follow(&mut history, &["memory"], 0.0);
        assert_eq!((levels(&history, "memory"), levels(&history, "load")), (vec![None], vec![]));
    }

    #[test]
    fn a_core_has_a_peak() {
        let mut history = History::default();
        for (number, busy) in [(1, 0.2), (2, 0.9), (3, 0.1)] {
            history.push(&look(number, &[(4, busy)]));
        }
        assert_eq!((history.core_peak(4), history.core_peak(5)), (Some(0.9), None));
        history.push(&look(200, &[(4, 0.3)]));
        assert_eq!(history.core_peak(4), Some(0.3));
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
