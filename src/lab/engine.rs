//! Independent tasks, done by however many workers in whatever mode.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::*};

use super::pulse::Pulse;
use super::scene::Scene;
use super::{places, safety};
use crate::model::lab::{Mark, Mode};

/// Independent tasks with known answers. Tasks count from 1.
pub(super) trait Tasks: Sync {
    /// How many; at most [`super::board::TASKS`].
    fn count(&self) -> u32;

    /// Does a task once and returns its answer; calls [`Pulse::beat`] every few microseconds.
    fn run(&self, task: u32, pulse: &mut Pulse) -> u64;

    /// The right answer of a task, known beforehand or by another way.
    fn answer(&self, task: u32) -> u64;

    /// How much work a task is, in units of its own; what counts is only the ratio between tasks.
    fn weight(&self, task: u32) -> f64;
}

/// Order of the queue, from the knob `order`.
pub(super) fn ordered(tasks: &dyn Tasks, order: &str, seed: u64) -> Vec<u32> {
    let mut queue: Vec<u32> = (1..=tasks.count()).collect();
    match order {
        "lpt" => queue.sort_by(|&a, &b| tasks.weight(b).total_cmp(&tasks.weight(a))),
        "random" => super::random::Random::new(seed).shuffle(&mut queue),
        _ => {}
    }
    queue
}

/// Does all tasks as the scene says, and waits for everybody.
///
/// # Errors
/// Where a worker could not be started.
pub(super) fn run(scene: &Scene, tasks: &dyn Tasks) -> io::Result<()> {
    let queue = ordered(tasks, scene.settings.word("order"), u64::from(scene.settings.whole("seed")));
    let chunk = scene.settings.whole("chunk").max(1);
    let desk = Desk { scene, tasks, queue: &queue };
    match scene.mode {
        Mode::Serial => scene.crew(1, &|pulse| desk.drain(pulse, 1)),
        Mode::Fork => desk.one_each(),
        Mode::Pool => scene.crew(scene.workers, &|pulse| desk.drain(pulse, chunk)),
        Mode::Static | Mode::Steal => {
            desk.deal();
            scene.crew(scene.workers, &|pulse| desk.from_own_share(pulse, scene.mode == Mode::Steal))
        }
        Mode::Threads | Mode::GilOld | Mode::GilNew | Mode::GilFair => {
            let threads = scene.fork_without_lane("threads", |scene| {
                let desk = Desk { scene, tasks, queue: &queue };
                desk.threads(chunk)
            })?;
            scene.wait(threads).map(drop)
        }
    }
}

/// What the workers of a run take their tasks from.
struct Desk<'a> {
    scene: &'a Scene<'a>,
    tasks: &'a dyn Tasks,
    queue: &'a [u32],
}

impl Desk<'_> {
    /// Does one task, as often as the plan says; the answer of a round that was wrong, where there was one.
    fn work(&self, pulse: &mut Pulse, task: u32) {
        if self.scene.mode.is_threads() {
            // So that any tool that lists threads shows who does what.
            safety::set_name(&format!("w{} t{task}", pulse.number()));
        }
        pulse.begin(task);
        let mut answer = self.tasks.run(task, pulse);
        for _ in 1..self.scene.rounds {
            if pulse.is_stopping() || answer != self.tasks.answer(task) {
                break;
            }
            answer = self.tasks.run(task, pulse);
        }
        pulse.end(answer);
    }

    /// Takes tasks from the queue that all share, `chunk` at a time, until there are none.
    fn drain(&self, pulse: &mut Pulse, chunk: u32) -> io::Result<()> {
        places::take(self.scene, pulse);
        loop {
            let first = self.scene.board.next_tasks(chunk) as usize;
            let mine =
                self.queue.get(first..(first + chunk as usize).min(self.queue.len())).unwrap_or_default();
            if mine.is_empty() || pulse.is_stopping() {
                return Ok(());
            }
            mine.iter().for_each(|&task| self.work(pulse, task));
        }
    }

    /// A process for each task, all at once.
    fn one_each(&self) -> io::Result<()> {
        let count = self.queue.len();
        let mut children = Vec::new();
        let mut problem = Ok(());
        for (number, &task) in (1..).zip(self.queue) {
            let child = self.scene.fork(&format!("{number}/{count}"), |pulse| {
                places::take(self.scene, pulse);
                self.work(pulse, task);
                Ok(())
            });
            match child {
                Ok(child) => children.push(child),
                Err(error) => {
                    problem = Err(error);
                    break;
                }
            }
        }
        for child in children {
            self.scene.wait(child)?;
        }
        problem
    }

    /// Threads that take from one queue, under a global lock where the mode has one.
    fn threads(&self, chunk: u32) -> io::Result<()> {
        self.scene.threads(self.scene.workers, |pulse| self.drain(pulse, chunk))
    }

    /// Splits the queue into as many pieces as there are workers, in advance: cells hold first and end of each.
    fn deal(&self) {
        let (count, workers) = (self.queue.len() as u64, u64::from(self.scene.workers));
        for worker in 0..workers {
            let share = pack(count * worker / workers, count * (worker + 1) / workers);
            self.scene.cell(worker as usize).store(share, Release);
        }
    }

    /// Takes from its own piece, front first, and then, where it may, from the back of whoever has most left.
    fn from_own_share(&self, pulse: &mut Pulse, steal: bool) -> io::Result<()> {
        places::take(self.scene, pulse);
        let own = pulse.number() as usize - 1;
        while !pulse.is_stopping() {
            let own_share = self.scene.cell(own);
            let place = take(own_share, true).or_else(|| {
                let victim = (0..self.scene.workers as usize)
                    .filter(|&other| steal && other != own)
                    .max_by_key(|&other| left(self.scene.cell(other)))?;
                let place = take(self.scene.cell(victim), false)?;
                pulse.mark(Mark::Stole(victim as u32 + 1));
                Some(place)
            });
            let Some(&task) = place.and_then(|place| self.queue.get(place as usize)) else {
                if steal && (0..self.scene.workers as usize).any(|other| left(self.scene.cell(other)) > 0) {
                    continue;
                }
                return Ok(());
            };
            self.work(pulse, task);
        }
        Ok(())
    }
}

fn pack(first: u64, end: u64) -> u64 {
    (first << 32) | end
}

fn left(share: &AtomicU64) -> u64 {
    let share = share.load(Acquire);
    (share & 0xffff_ffff).saturating_sub(share >> 32)
}

/// Takes one place from the front or the back of a share; `None` where it is empty.
fn take(share: &AtomicU64, front: bool) -> Option<u64> {
    let mut now = share.load(Acquire);
    loop {
        let (first, end) = (now >> 32, now & 0xffff_ffff);
        if first >= end {
            return None;
        }
        let (place, rest) =
            if front { (first, pack(first + 1, end)) } else { (end - 1, pack(first, end - 1)) };
        match share.compare_exchange_weak(now, rest, AcqRel, Acquire) {
            Ok(_) => return Some(place),
            Err(other) => now = other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_taken_from_both_ends_until_it_is_empty() {
        let share = AtomicU64::new(pack(3, 6));
        assert_eq!(left(&share), 3);
        assert_eq!(
            [true, false, true, true].map(|front| take(&share, front)),
            [Some(3), Some(5), Some(4), None]
        );
        assert_eq!((left(&share), take(&share, false)), (0, None));
    }

    #[test]
    fn nobody_takes_what_another_has_taken() {
        let share = AtomicU64::new(pack(0, 10_000));
        let mut all: Vec<u64> = std::thread::scope(|scope| {
            let hands: Vec<_> = [true, false, true]
                .map(|front| {
                    scope.spawn({
                        let share = &share;
                        move || std::iter::from_fn(|| take(share, front)).collect::<Vec<u64>>()
                    })
                })
                .into_iter()
                .collect();
            hands.into_iter().flat_map(|hand| hand.join().expect("a thread")).collect()
        });
        all.sort_unstable();
        assert_eq!(all, (0..10_000).collect::<Vec<u64>>());
    }

    struct Five;

    impl Tasks for Five {
        fn count(&self) -> u32 {
            5
        }
        fn run(&self, task: u32, _: &mut Pulse) -> u64 {
            self.answer(task)
        }
        fn answer(&self, task: u32) -> u64 {
            u64::from(task)
        }
        fn weight(&self, task: u32) -> f64 {
            f64::from(task)
        }
    }

    #[test]
    fn every_order_has_every_task_once() {
        assert_eq!(ordered(&Five, "fifo", 0), [1, 2, 3, 4, 5]);
        assert_eq!(ordered(&Five, "lpt", 0), [5, 4, 3, 2, 1]);
        let mut random = ordered(&Five, "random", 7);
        assert_eq!(random, ordered(&Five, "random", 7), "the seed says which");
        random.sort_unstable();
        assert_eq!(random, [1, 2, 3, 4, 5]);
    }
}
