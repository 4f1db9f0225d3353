//! *gil*: primes by threads under a global lock, and why that can take longer than one after the other.
//!
//! Two threads counted primes nearly three times as slowly as one in the Python of 2008, and hardly slower in that of
//! today: what the lock costs depends on whom it is given to. All three kinds, and the same threads without a lock.

use super::common::task_knobs;
use super::searches::stepped;
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Knob, KnobKind, Mode, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    let number = |min, max, step| KnobKind::Number { min, max, step };
    Workload {
        info: WorkloadInfo {
            id: "gil",
            group: Group::Sync,
            title: "primes by threads under one global lock: old, new and fair",
            lesson: "With one lock for all, threads only take turns: at most one core is in use, and each turn costs. \
                     Handed fairly from one to the other it is several times slower than serial work; given up only \
                     when somebody has asked for 5 ms it is nearly as fast. No kind of it is faster.",
            watch: "Cores in use, which stay at 1 with any number of threads, and the hand-overs a second.",
            modes: &[Mode::GilFair, Mode::GilNew, Mode::GilOld, Mode::Serial, Mode::Threads, Mode::Pool],
            workers: Workers::Exactly(2),
            knobs: task_knobs(vec![
                Knob { id: "tasks", help: "number of tasks", kind: number(1.0, 64.0, 1.0), default: "8" },
                Knob {
                    id: "step",
                    help: "task n looks from n times this number on",
                    kind: number(10_000.0, 1_000_000.0, 10_000.0),
                    default: "100000",
                },
                Knob {
                    id: "release",
                    help: "work without the lock, as native code can: it is only needed between tasks",
                    kind: KnobKind::Choice(&["no", "yes"]),
                    default: "no",
                },
            ]),
            bounds: Bounds { seconds: 120, ..Bounds::ORDINARY },
        },
        kind: Kind::Tasks(|run| Box::new(stepped(&run.settings))),
        probe: Some(|settings, pulse| stepped(settings).probe(pulse)),
    }
}
