//! A figure over the last looks, and the highest it was in the last minutes.

use std::collections::VecDeque;

use crate::model::Nanos;

/// Looks that are remembered.
pub(super) const KEPT: usize = 600;

/// Seconds for which a peak is remembered.
const PEAK: f64 = 300.0;

/// The highest value of the last five minutes, without looking through them all: values that a later one has reached
/// can be no peak any more and are forgotten.
#[derive(Clone, Debug, Default)]
pub(super) struct Peak {
    falling: VecDeque<(Nanos, f32)>,
}

impl Peak {
    /// Takes in the value of a look at `now`.
    pub(super) fn push(&mut self, now: Nanos, value: f32) {
        while self.falling.back().is_some_and(|(_, last)| *last <= value) {
            self.falling.pop_back();
        }
        let full = self.falling.len() >= KEPT;
        while self.falling.front().is_some_and(|(then, _)| now.since(*then) > PEAK) {
            self.falling.pop_front();
        }
        if !full || self.falling.len() < KEPT {
            self.falling.push_back((now, value));
        }
    }

    /// The highest value; `None` where there was none.
    pub(super) fn highest(&self) -> Option<f32> {
        self.falling.front().map(|(_, value)| *value)
    }
}

/// The levels of a meter in the last looks. In a steady state nothing is allocated.
#[derive(Clone, Debug)]
pub struct Trail {
    pub(super) id: &'static str,
    levels: VecDeque<Option<f32>>,
    peak: Peak,
}

impl Trail {
    pub(super) fn new(id: &'static str) -> Trail {
        Trail { id, levels: VecDeque::new(), peak: Peak::default() }
    }

    /// Takes in the level of a look at `now`; `None` where it is not known.
    pub(super) fn push(&mut self, now: Nanos, level: Option<f64>) {
        let level = level.map(|level| level as f32).filter(|level| level.is_finite());
        push(&mut self.levels, level);
        if let Some(level) = level {
            self.peak.push(now, level);
        }
    }

    /// The levels, newest first; `None` where it was not known.
    pub fn levels(&self) -> impl Iterator<Item = Option<f32>> + '_ {
        self.levels.iter().rev().copied()
    }

    /// The highest level of the last minutes.
    pub fn peak(&self) -> Option<f64> {
        self.peak.highest().map(f64::from)
    }
}

/// Appends to a ring of bounded length.
pub(super) fn push<T>(ring: &mut VecDeque<T>, value: T) {
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
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_peak_is_the_highest_of_the_window(values in prop::collection::vec((0u64..60, 0u8..20), 1..300)) {
            let (mut peak, mut now, mut all) = (Peak::default(), 0, Vec::new());
            for (seconds, value) in values {
                now += seconds * 1_000_000_000;
                peak.push(Nanos(now), f32::from(value));
                all.push((Nanos(now), f32::from(value)));
                let within = all.iter().filter(|(then, _)| Nanos(now).since(*then) <= PEAK);
                prop_assert_eq!(peak.highest(), within.map(|(_, value)| *value).reduce(f32::max));
            }
        }
    }

    #[test]
    fn a_trail_is_bounded_and_has_gaps() {
        let mut trail = Trail::new("x");
        for n in 0..2 * KEPT as u64 {
            trail.push(Nanos(n), (n % 2 == 0).then_some(1.0 - n as f64 / 1e6));
        }
        assert_eq!((trail.levels().count(), trail.levels().next()), (KEPT, Some(None)));
        assert!(trail.peak().is_some_and(|peak| peak == 1.0));
        assert!(trail.peak.falling.len() <= KEPT);
    }
}
