//! *affinity*: workers that run where the kernel puts them, each on a CPU of its own, or on one after the other.

use super::common::task_knobs;
use super::knobs::{choice, number};
use super::searches::{Searches, alike};
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Mode, Settings, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "affinity",
            group: Group::Schedule,
            title: "workers on any CPU, on one each, or hopping from CPU to CPU",
            lesson: "The kernel moves work to idle CPUs, and a move costs little unless it happens all the time. \
                     Pinning prevents it, and may make a worker wait for its CPU while another is idle.",
            watch: "The colour of each lane is its CPU: one when pinned, changing every few milliseconds when hopping.",
            modes: &[Mode::Pool, Mode::Serial, Mode::Threads],
            workers: Workers::Cpus,
            knobs: task_knobs(vec![
                choice(
                    "place",
                    "where workers run: anywhere, pinned to one CPU each, or hopping",
                    &["free", "pinned", "hop"],
                    "free",
                ),
                number("hop", "a hopping worker changes its CPU after so many ms", [1.0, 1000.0, 1.0], "5"),
                number("tasks", "number of tasks", [1.0, 256.0, 1.0], "32"),
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
