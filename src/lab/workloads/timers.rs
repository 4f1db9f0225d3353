//! *timers*: workers that only wait for time to pass.

use std::io;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

use super::super::engine::{Tasks, ordered};
use super::super::pulse::{Pulse, now_ns, sleep_ns};
use super::super::scene::Scene;
use super::common::task_knobs;
use super::knobs::{choice, number};
use super::{Kind, Workload};
use crate::model::lab::{BlockedOn, Bounds, Group, Mode, RunPlan, Workers, WorkloadInfo};

/// Cells of the scene: how many timers have fired so far, and the place of each. The engine's own lie before.
const FIRED: usize = 128;

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "timers",
            group: Group::Waiting,
            title: "timers of 1 s, 2 s and so on: one after the other, or at once",
            lesson: "Sleeping is free. Timers that wait one after the other take the sum of their times, timers that \
                     wait at once take the longest, and neither needs a CPU, nor more than one process.",
            watch: "Lanes full of z, and dark cores. Then let one process wait for all at once: waiting many.",
            modes: &[Mode::Threads, Mode::Serial, Mode::Fork, Mode::Pool],
            workers: Workers::Exactly(2),
            knobs: task_knobs(vec![
                number("tasks", "number of timers", [1.0, 16.0, 1.0], "2"),
                number("unit", "timer n takes n times so many seconds", [0.1, 5.0, 0.1], "1"),
                choice(
                    "waiting",
                    "a worker waits for one timer, or for many at once",
                    &["one", "many"],
                    "one",
                ),
            ]),
            bounds: Bounds { seconds: 120, ..Bounds::ORDINARY },
        },
        kind: Kind::Tasks(|run| Box::new(Timers::new(run))),
        probe: None,
    }
}

/// The timers of a run.
struct Timers {
    count: u32,
    unit_s: f64,
    many: bool,
}

impl Timers {
    fn new(run: &RunPlan) -> Timers {
        let settings = &run.settings;
        Timers {
            count: settings.whole("tasks"),
            unit_s: settings.number("unit"),
            many: settings.word("waiting") == "many",
        }
    }

    fn length_ns(&self, task: u32) -> u64 {
        (f64::from(task) * self.unit_s * 1e9).round() as u64
    }

    /// Waits until `end`, `CLOCK_MONOTONIC` in nanoseconds.
    fn wait_until(pulse: &mut Pulse, end: u64) {
        pulse.wait(BlockedOn::Sleep, || sleep_ns(end.saturating_sub(now_ns())));
    }

    fn fired(pulse: &Pulse, task: u32) {
        let cells = pulse.board().cells();
        if let Some(fired) = cells.get(FIRED)
            && let Some(place) = cells.get(FIRED + task as usize)
        {
            place.store(fired.fetch_add(1, AcqRel) + 1, Release);
        }
    }

    /// One worker's share of the timers, all of them set at once.
    fn wait_for_many(&self, scene: &Scene, pulse: &mut Pulse) {
        pulse.start();
        let from = now_ns();
        let mine = |task: &u32| (task - 1) % scene.workers == pulse.number() - 1;
        for task in (1..=self.count).filter(mine).collect::<Vec<_>>() {
            Timers::wait_until(pulse, from + self.length_ns(task));
            pulse.begin(task);
            Timers::fired(pulse, task);
            pulse.end(self.answer(task));
        }
    }
}

impl Tasks for Timers {
    fn count(&self) -> u32 {
        self.count
    }

    fn run(&self, task: u32, pulse: &mut Pulse) -> u64 {
        let from = now_ns();
        Timers::wait_until(pulse, from + self.length_ns(task));
        Timers::fired(pulse, task);
        // Too early is wrong; late is the machine's affair.
        (now_ns() - from).min(self.length_ns(task)) / 1_000_000
    }

    /// The timer's length, milliseconds.
    fn answer(&self, task: u32) -> u64 {
        self.length_ns(task) / 1_000_000
    }

    fn weight(&self, task: u32) -> f64 {
        f64::from(task)
    }

    fn stage(&self, scene: &Scene, work: &dyn Fn() -> io::Result<()>) -> io::Result<()> {
        if self.many {
            scene.crew(scene.workers, &|pulse| {
                self.wait_for_many(scene, pulse);
                Ok(())
            })?;
        } else {
            work()?;
        }
        let mut places: Vec<(u64, u32)> =
            (1..=self.count).map(|task| (scene.cell(FIRED + task as usize).load(Acquire), task)).collect();
        places.sort_unstable();
        let order = |tasks: &mut dyn Iterator<Item = u32>| {
            tasks.map(|task| task.to_string()).collect::<Vec<_>>().join(" ")
        };
        let got = order(&mut places.iter().map(|&(_, task)| task));
        if self.many || scene.workers >= self.count {
            scene.check("timers in the order in which they fired", order(&mut (1..=self.count)), &got);
        } else if scene.mode == Mode::Serial {
            let seed = u64::from(scene.settings.whole("seed"));
            let queue = ordered(self, scene.settings.word("order"), seed);
            scene.check("timers in the order in which they fired", order(&mut queue.into_iter()), &got);
        }
        scene.note(format!("Fired: {got}."));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::pulse::on_a_board_of_its_own;
    use super::*;
    use crate::model::lab::Settings;

    #[test]
    fn a_timer_is_as_long_as_it_says_and_never_shorter() {
        let mut settings = Settings::defaults(&workload().info.knobs);
        settings.set("unit", "0.1");
        let timers = Timers::new(&RunPlan { mode: Mode::Serial, workers: 1, settings });
        assert_eq!((timers.answer(1), timers.answer(2), timers.length_ns(2)), (100, 200, 200_000_000));
        let answer = on_a_board_of_its_own(|pulse| timers.run(1, pulse)).expect("memory");
        assert_eq!(answer, 100);
    }
}
