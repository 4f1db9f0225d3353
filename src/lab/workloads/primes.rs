//! *primes*: the first prime from n on, for n = 1, 2, … 9 million, by plain trial division.
//!
//! The running example of every introduction to multiprocessing: nine tasks that share nothing, task n being n
//! times the work of task 1. So the answer is easy to check and the speed-up is bounded by the order of the queue.

use super::super::engine::Tasks;
use super::super::pulse::Pulse;
use super::common::{next_prime, next_prime_by_root, task_knobs};
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Knob, KnobKind, Mode, RunPlan, Settings, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    let number = |min, max, step| KnobKind::Number { min, max, step };
    Workload {
        info: WorkloadInfo {
            id: "primes",
            group: Group::Compute,
            title: "the first prime from 1, 2, … 9 million on, by trial division",
            lesson: "Tasks that share nothing: every core lights up. Task 9 is nine times task 1, so the order of the \
                     queue decides who works alone at the end.",
            watch: "The lanes: who still works when the others are done. Then try the largest first.",
            modes: &[Mode::Pool, Mode::Serial, Mode::Threads, Mode::Fork, Mode::Static, Mode::Steal],
            workers: Workers::Cpus,
            knobs: task_knobs(vec![
                Knob { id: "tasks", help: "number of tasks", kind: number(1.0, 64.0, 1.0), default: "9" },
                Knob {
                    id: "step",
                    help: "task n looks from n times this number on",
                    kind: number(10_000.0, 1_000_000.0, 10_000.0),
                    default: "1000000",
                },
            ]),
            bounds: Bounds::ORDINARY,
        },
        kind: Kind::Tasks(|run| Box::new(Primes::new(run))),
        probe: Some(probe),
    }
}

/// The tasks of a run.
struct Primes {
    count: u32,
    step: u64,
}

impl Primes {
    fn new(run: &RunPlan) -> Primes {
        Primes { count: run.settings.whole("tasks"), step: u64::from(run.settings.whole("step")) }
    }
}

impl Tasks for Primes {
    fn count(&self) -> u32 {
        self.count
    }

    fn run(&self, task: u32, pulse: &mut Pulse) -> u64 {
        next_prime(u64::from(task) * self.step, pulse)
    }

    fn answer(&self, task: u32) -> u64 {
        next_prime_by_root(u64::from(task) * self.step)
    }

    /// Trial divisions: those of the prime itself; the composite numbers before it cost next to nothing.
    fn weight(&self, task: u32) -> f64 {
        f64::from(task) * self.step as f64
    }
}

/// The first task: 1 of 1 + 2 + … + n.
fn probe(settings: &Settings, pulse: &mut Pulse) -> f64 {
    let tasks = settings.number("tasks");
    next_prime(u64::from(settings.whole("step")), pulse);
    2.0 / (tasks * (tasks + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nine_primes() {
        let settings = Settings::defaults(&workload().info.knobs);
        let primes = Primes::new(&RunPlan { mode: Mode::Serial, workers: 1, settings });
        let answers: Vec<u64> = (1..=9).map(|task| primes.answer(task)).collect();
        let known = [
            1_000_003, 2_000_003, 3_000_017, 4_000_037, 5_000_011, 6_000_011, 7_000_003, 8_000_009, 9_000_011,
        ];
        assert_eq!(answers, known);
    }
}
