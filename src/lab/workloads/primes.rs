//! *primes*: the first prime from n on, for n = 1, 2, … 9 million, by plain trial division.
//!
//! The running example of every introduction to multiprocessing: nine tasks that share nothing, task n being n
//! times the work of task 1. So the answer is easy to check and the speed-up is bounded by the order of the queue.

use super::common::task_knobs;
use super::searches::stepped;
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Knob, KnobKind, Mode, Workers, WorkloadInfo};

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
        kind: Kind::Tasks(|run| Box::new(stepped(&run.settings))),
        probe: Some(|settings, pulse| stepped(settings).probe(pulse)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::engine::Tasks;
    use super::*;
    use crate::model::lab::Settings;

    #[test]
    fn the_nine_primes() {
        let settings = Settings::defaults(&workload().info.knobs);
        let primes = stepped(&settings);
        let answers: Vec<u64> = (1..=9).map(|task| primes.answer(task)).collect();
        let known = [
            1_000_003, 2_000_003, 3_000_017, 4_000_037, 5_000_011, 6_000_011, 7_000_003, 8_000_009, 9_000_011,
        ];
        assert_eq!(answers, known);
    }
}
