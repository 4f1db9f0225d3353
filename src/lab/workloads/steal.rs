//! *steal*: tasks dealt out in advance, unevenly, and what stealing makes of it.

use super::common::task_knobs;
use super::knobs::number;
use super::searches::{Searches, alike};
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Mode, Settings, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "steal",
            group: Group::Compute,
            title: "uneven tasks: dealt out in advance, from one queue, or stolen",
            lesson: "The last quarter of the tasks is heavy. Dealt out in advance, one worker has them all while the \
                     others are idle. With one queue, or where the idle take from the busy, all end together.",
            watch: "Who has nothing to do, and when. Then set the mode to steal: arrows show who took from whom.",
            modes: &[Mode::Static, Mode::Serial, Mode::Pool, Mode::Steal],
            workers: Workers::Cpus,
            knobs: task_knobs(vec![
                number("tasks", "number of tasks", [4.0, 256.0, 4.0], "32"),
                number("skew", "how many times as long a heavy task takes", [1.0, 64.0, 1.0], "8"),
                number(
                    "step",
                    "about how many divisions a light task is",
                    [10_000.0, 1_000_000.0, 10_000.0],
                    "50000",
                ),
            ]),
            bounds: Bounds::ORDINARY,
        },
        kind: Kind::Tasks(|run| Box::new(searches(&run.settings))),
        probe: Some(|settings, pulse| searches(settings).probe(pulse)),
    }
}

/// The tasks of a run: the last quarter is heavy.
fn searches(settings: &Settings) -> Searches {
    let count = settings.whole("tasks");
    let mut from = alike(count, settings.whole("step"));
    let heavy = count.div_ceil(4) as usize;
    from.iter_mut().rev().take(heavy).for_each(|length| *length *= u64::from(settings.whole("skew")));
    Searches(from)
}

#[cfg(test)]
mod tests {
    use super::super::super::engine::Tasks;
    use super::*;
    use crate::model::lab::whatif::ceiling;

    /// Dealt out to four, three have 8 light tasks each and one has 8 heavy ones: 24 + 64, and 64 of it one after the
    /// other. One queue ends in the heavy ones, two for each worker.
    #[test]
    fn dealing_out_loses_to_one_queue() {
        let tasks = searches(&Settings::defaults(&workload().info.knobs));
        let weights: Vec<f64> = (1..=tasks.count()).map(|task| tasks.weight(task)).collect();
        let all: f64 = weights.iter().sum();
        let longest_share = weights.chunks(8).map(|share| share.iter().sum::<f64>()).fold(0.0_f64, f64::max);
        assert!((all / longest_share - 88.0 / 64.0).abs() < 0.03, "{}", all / longest_share);
        assert!(ceiling(&weights, 4) > 3.9, "{}", ceiling(&weights, 4));
    }
}
