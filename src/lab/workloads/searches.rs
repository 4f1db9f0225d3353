//! Tasks that each look for one prime: as long as they are wanted, and easy to check.

use super::super::engine::Tasks;
use super::super::pulse::Pulse;
use super::common::{next_prime, next_prime_by_root};
use crate::model::lab::Settings;

/// Task n looks for the first prime from the nth of these numbers on. That takes about as many divisions as the number
/// says: the composite numbers before the prime cost next to nothing.
pub(super) struct Searches(pub(super) Vec<u64>);

impl Searches {
    fn from(&self, task: u32) -> u64 {
        let at = task.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.0.get(at)).copied().unwrap_or(1)
    }

    /// Does the shortest task; returns which part of all the work it is.
    pub(super) fn probe(&self, pulse: &mut Pulse) -> f64 {
        let shortest = self.0.iter().copied().min().unwrap_or(1);
        next_prime(shortest, pulse);
        shortest as f64 / self.0.iter().sum::<u64>().max(1) as f64
    }
}

impl Tasks for Searches {
    fn count(&self) -> u32 {
        self.0.len() as u32
    }

    fn run(&self, task: u32, pulse: &mut Pulse) -> u64 {
        next_prime(self.from(task), pulse)
    }

    fn answer(&self, task: u32) -> u64 {
        next_prime_by_root(self.from(task))
    }

    fn weight(&self, task: u32) -> f64 {
        self.from(task) as f64
    }
}

/// The tasks that the knobs `tasks` and `step` ask for: task n begins at n times the step.
pub(super) fn stepped(settings: &Settings) -> Searches {
    let step = u64::from(settings.whole("step"));
    Searches((1..=u64::from(settings.whole("tasks"))).map(|task| task * step).collect())
}

/// `count` starting points of nearly the same length, from `from` on.
pub(super) fn alike(count: u32, from: u32) -> Vec<u64> {
    (0..count).map(|task| u64::from(from) + 100 * u64::from(task)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::pulse::on_a_board_of_its_own;
    use super::*;

    #[test]
    fn each_task_is_its_own_search_and_as_long_as_its_number() {
        let searches = Searches(vec![90, 1000, 10]);
        assert_eq!((1..=3).map(|task| searches.answer(task)).collect::<Vec<_>>(), [97, 1009, 11]);
        assert_eq!((searches.count(), searches.weight(2)), (3, 1000.0));
        let part = on_a_board_of_its_own(|pulse| searches.probe(pulse)).expect("memory");
        assert!((part - 10.0 / 1100.0).abs() < 1e-12);
        assert_eq!(alike(3, 500), [500, 600, 700]);
    }
}
