//! *straggler*: tasks of one length, and one that takes many times as long.

use super::common::task_knobs;
use super::knobs::{choice, number};
use super::searches::{Searches, alike};
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Mode, Settings, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "straggler",
            group: Group::Compute,
            title: "tasks of one length, and one that takes many times as long",
            lesson: "A single long task bounds the speed-up, and most of all when it begins last: nobody can help with \
                     it. Larger chunks make it worse, because short tasks wait behind the long one.",
            watch: "The one long lane at the end. Then set the order to lpt, or place to first; then try chunk 4.",
            modes: &[Mode::Pool, Mode::Serial, Mode::Threads, Mode::Fork, Mode::Static, Mode::Steal],
            workers: Workers::Cpus,
            knobs: task_knobs(vec![
                number("tasks", "number of tasks", [2.0, 64.0, 1.0], "16"),
                number("skew", "how many times as long the long task takes", [1.0, 64.0, 1.0], "8"),
                choice("place", "where in the queue the long task is", &["last", "middle", "first"], "last"),
                number(
                    "step",
                    "about how many divisions a short task is",
                    [10_000.0, 1_000_000.0, 10_000.0],
                    "100000",
                ),
            ]),
            bounds: Bounds::ORDINARY,
        },
        kind: Kind::Tasks(|run| Box::new(searches(&run.settings))),
        probe: Some(|settings, pulse| searches(settings).probe(pulse)),
    }
}

/// The tasks of a run.
fn searches(settings: &Settings) -> Searches {
    let count = settings.whole("tasks").max(1);
    let mut from = alike(count, settings.whole("step"));
    let long = match settings.word("place") {
        "first" => 0,
        "middle" => count / 2,
        _ => count - 1,
    };
    if let Some(length) = from.get_mut(long as usize) {
        *length *= u64::from(settings.whole("skew"));
    }
    Searches(from)
}

#[cfg(test)]
mod tests {
    use super::super::super::engine::{Tasks, ordered};
    use super::*;
    use crate::model::lab::whatif::{ceiling, ceiling_largest_first};

    fn with(knobs: &[(&str, &str)]) -> Searches {
        let mut settings = Settings::defaults(&workload().info.knobs);
        for (id, value) in knobs {
            settings.set(id, *value);
        }
        searches(&settings)
    }

    fn weights(tasks: &Searches) -> Vec<f64> {
        (1..=tasks.count()).map(|task| tasks.weight(task)).collect()
    }

    #[test]
    fn one_task_is_skew_times_the_others() {
        for (place, long) in [("last", 15), ("middle", 8), ("first", 0)] {
            let weights = weights(&with(&[("place", place)]));
            for (at, weight) in weights.iter().enumerate() {
                let expected = if at == long { 8.0 } else { 1.0 };
                assert!((weight / 1e5 / expected - 1.0).abs() < 0.02, "{place} {at}: {weight}");
            }
        }
    }

    /// Fifteen tasks of 1 and one of 8 are 23. Four workers are done with the fifteen after 4, the fourth of them
    /// after 3; the long one ends at 3 + 8 where it begins last, and at 8 where it begins first.
    #[test]
    fn the_tail_is_what_the_order_makes_it() {
        let tasks = with(&[]);
        let weights = weights(&tasks);
        assert!((ceiling(&weights, 4) - 23.0 / 11.0).abs() < 0.02);
        assert!((ceiling_largest_first(&weights, 4) - 23.0 / 8.0).abs() < 0.02);
        assert_eq!(ordered(&tasks, "lpt", 0).first(), Some(&16));
    }
}
