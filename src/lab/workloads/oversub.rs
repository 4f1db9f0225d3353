//! *oversub*: more workers than CPUs.

use super::common::task_knobs;
use super::knobs::number;
use super::searches::{Searches, alike};
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Mode, Settings, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "oversub",
            group: Group::Compute,
            title: "many short tasks for more workers than there are CPUs",
            lesson: "Workers beyond the CPUs make nothing faster: they take turns. Their time goes into waiting for a \
                     CPU, and each turn is a context switch that nobody asked for.",
            watch: "Gaps in all lanes at once, and the run-queue wait in the account. Double the workers: the real \
                    time stays, the wait doubles.",
            modes: &[Mode::Pool, Mode::Serial, Mode::Threads, Mode::Static],
            workers: Workers::PerCpu(4),
            knobs: task_knobs(vec![
                number("tasks", "number of tasks", [1.0, 512.0, 1.0], "128"),
                number(
                    "step",
                    "about how many divisions a task is",
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
    Searches(alike(settings.whole("tasks"), settings.whole("step")))
}
