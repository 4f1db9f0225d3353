//! *gil*: primes by threads under a global lock, and why that can take longer than one after the other.
//!
//! Two threads counted primes nearly three times as slowly as one in the Python of 2008, and hardly slower in that of
//! today: what the lock costs depends on whom it is given to. All three kinds, and the same threads without a lock.

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
        kind: Kind::Tasks(|run| Box::new(Turns::new(run))),
        probe: Some(probe),
    }
}

/// The tasks of a run.
struct Turns {
    count: u32,
    step: u64,
}

impl Turns {
    fn new(run: &RunPlan) -> Turns {
        Turns { count: run.settings.whole("tasks"), step: u64::from(run.settings.whole("step")) }
    }
}

impl Tasks for Turns {
    fn count(&self) -> u32 {
        self.count
    }

    fn run(&self, task: u32, pulse: &mut Pulse) -> u64 {
        next_prime(u64::from(task) * self.step, pulse)
    }

    fn answer(&self, task: u32) -> u64 {
        next_prime_by_root(u64::from(task) * self.step)
    }

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
