//! *noller*: the sums of the primes below n, for 49 growing n, smallest first.
//!
//! After the example with which Jesse Noller showed, in 2008, that threads made a Python program slower and processes
//! made it faster. What it shows besides: the largest task is 231 times the smallest, so that with the smallest first
//! a pool of eight cannot be more than 6.81 times faster; with the largest first it could be 7.97 times.

use super::super::engine::Tasks;
use super::super::pulse::Pulse;
use super::common::task_knobs;
use super::knobs::number;
use super::trial::{Divider, sum_below_by_quotients};
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Mode, Settings, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "noller",
            group: Group::Compute,
            title: "the sums of the primes below 49 growing numbers, smallest first",
            lesson: "The order of the queue: the longest tasks come last, and whoever has one works alone at the end. \
                     Threads are as good as processes here, unless a global lock lets only one of them run.",
            watch: "The tail on the right of the lanes. Then set the order to lpt, largest first; then try gil-fair.",
            modes: &[
                Mode::Pool,
                Mode::Serial,
                Mode::Threads,
                Mode::Static,
                Mode::Steal,
                Mode::GilOld,
                Mode::GilNew,
                Mode::GilFair,
            ],
            workers: Workers::Cpus,
            knobs: task_knobs(vec![
                number("tasks", "number of tasks", [1.0, 64.0, 1.0], "49"),
                number(
                    "step",
                    "task n sums the primes below n times this number; the original has 100000",
                    [1000.0, 100_000.0, 1000.0],
                    "10000",
                ),
            ]),
            bounds: Bounds { seconds: 120, ..Bounds::ORDINARY },
        },
        kind: Kind::Tasks(|run| Box::new(Noller::new(&run.settings))),
        probe: Some(probe),
    }
}

/// The tasks of a run.
struct Noller {
    count: u32,
    step: u64,
}

impl Noller {
    fn new(settings: &Settings) -> Noller {
        Noller { count: settings.whole("tasks"), step: u64::from(settings.whole("step")) }
    }

    fn end(&self, task: u32) -> u64 {
        u64::from(task) * self.step
    }
}

impl Tasks for Noller {
    fn count(&self) -> u32 {
        self.count
    }

    fn run(&self, task: u32, pulse: &mut Pulse) -> u64 {
        Divider::default().sum_below(self.end(task), pulse)
    }

    fn answer(&self, task: u32) -> u64 {
        sum_below_by_quotients(self.end(task))
    }

    /// Nearly all divisions are those of the primes, each up to its root: about n^1.5 / ln n of them, by the prime
    /// number theorem.
    fn weight(&self, task: u32) -> f64 {
        let end = self.end(task) as f64;
        end.powf(1.5) / end.ln()
    }
}

/// The first tasks, as many as make up a measurable part of the whole.
fn probe(settings: &Settings, pulse: &mut Pulse) -> f64 {
    let tasks = Noller::new(settings);
    let all: f64 = (1..=tasks.count).map(|task| tasks.weight(task)).sum();
    let middle = tasks.count.div_ceil(4);
    tasks.run(middle, pulse);
    tasks.weight(middle) / all
}

#[cfg(test)]
mod tests {
    use super::super::super::engine::ordered;
    use super::super::super::pulse::on_a_board_of_its_own;
    use super::*;
    use crate::model::lab::whatif::{ceiling, ceiling_largest_first};

    fn noller(step: u64) -> Noller {
        Noller { count: 49, step }
    }

    #[test]
    fn the_answers_of_the_original() {
        let original = noller(100_000);
        assert_eq!(original.answer(1), 454_396_537);
        assert_eq!(original.answer(10), 37_550_402_023);
        assert_eq!(original.answer(49), 806_316_986_093);
        assert_eq!((1..=49).map(|task| original.answer(task)).sum::<u64>(), 13_881_114_910_452);
    }

    #[test]
    fn the_ceilings_of_the_original_are_known_before_it_runs() {
        let original = noller(100_000);
        let weights: Vec<f64> = (1..=49).map(|task| original.weight(task)).collect();
        for (workers, fifo, largest_first) in [(2, 1.95, 2.0), (4, 3.73, 4.0), (8, 6.81, 7.97)] {
            let found = (ceiling(&weights, workers), ceiling_largest_first(&weights, workers));
            assert!((found.0 - fifo).abs() < 0.03 && (found.1 - largest_first).abs() < 0.03, "{found:?}");
        }
        let lpt = ordered(&original, "lpt", 0);
        assert_eq!((lpt.first(), lpt.last()), (Some(&49), Some(&1)), "largest first");
    }

    /// The weights are a formula; the divisions are what takes the time.
    #[test]
    fn the_weights_are_as_the_divisions() {
        let small = noller(1000);
        let divisions = |task| {
            let mut divider = Divider::default();
            on_a_board_of_its_own(|pulse| divider.sum_below(small.end(task), pulse)).expect("memory");
            divider.divisions as f64
        };
        let found = divisions(49) / divisions(12);
        let said = small.weight(49) / small.weight(12);
        assert!((found / said - 1.0).abs() < 0.05, "{found} {said}");
    }

    #[test]
    fn the_default_is_the_original_in_small() {
        let tasks = Noller::new(&Settings::defaults(&workload().info.knobs));
        assert_eq!((tasks.count(), tasks.end(49)), (49, 490_000));
    }
}
