//! *race*: several workers add 1 to one counter, and some of what they add is lost.
//!
//! To add 1 is to load, to add, and to store. Whoever stores what he loaded a while ago overwrites all that the others
//! stored meanwhile: one stale store can undo thousands of additions. Each load and each store here is atomic by
//! itself, which is just not enough.

use std::hint::black_box;
use std::io;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use super::super::places;
use super::super::pulse::{Pulse, cpu_ns};
use super::super::scene::Scene;
use super::super::sync::{Barrier, Cells, Mutex, Stopping};
use super::super::troupe::numbered;
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Knob, KnobKind, Mode, Workers, WorkloadInfo};

/// Most repeats of a run.
const TIMES: u32 = 1000;

/// Additions between two beats.
const STRETCH: u64 = 512;

/// The line in the list.
pub(super) fn workload() -> Workload {
    let number = |min, max, step| KnobKind::Number { min, max, step };
    let choice = KnobKind::Choice(&["no", "yes"]);
    Workload {
        info: WorkloadInfo {
            id: "race",
            group: Group::Sync,
            title: "k workers add 1 to one counter N times each: what is lost",
            lesson: "Adding 1 is three steps: load, add, store. A store of something loaded long ago undoes whatever \
                     the others stored since. Whether it happens is luck: it is rare in short runs and nearly sure in \
                     long ones, so a test that passes proves nothing. A lock or an atomic addition cures it, and costs.",
            watch: "The lost additions of each repeat; then try --fix atomic and --fix mutex, and see what one costs.",
            modes: &[Mode::Threads, Mode::Pool],
            workers: Workers::Exactly(2),
            knobs: vec![
                Knob {
                    id: "n",
                    help: "additions of each worker in each repeat",
                    kind: number(1.0, 100_000_000.0, 1.0),
                    default: "10000000",
                },
                Knob {
                    id: "fix",
                    help: "what guards the counter: nothing, a lock, or an atomic addition",
                    kind: KnobKind::Choice(&["none", "mutex", "atomic"]),
                    default: "none",
                },
                Knob {
                    id: "barrier",
                    help: "all start at the same moment; otherwise one after the other, as they wake",
                    kind: choice,
                    default: "no",
                },
                Knob { id: "one-core", help: "all on the same CPU", kind: choice, default: "no" },
                Knob {
                    id: "times",
                    help: "repeats, each with a new counter",
                    kind: number(1.0, f64::from(TIMES), 1.0),
                    default: "20",
                },
            ],
            bounds: Bounds { seconds: 120, ..Bounds::ORDINARY },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// How a worker adds 1.
#[derive(Clone, Copy)]
enum Fix<'a> {
    None,
    Mutex(Mutex<'a>),
    Atomic,
}

/// One counter, and all that is to be done to it in each repeat.
struct Race<'a> {
    n: u64,
    fix: Fix<'a>,
    /// In cache lines of their own, as all of these.
    counter: &'a AtomicU64,
    /// Additions done, in all repeats and by all.
    done: &'a AtomicU64,
    /// CPU time of all additions, nanoseconds.
    cpu: &'a AtomicU64,
    /// What came out in each repeat, plus 1.
    results: &'a [AtomicU64],
    start: Barrier<'a>,
    finish: Barrier<'a>,
    spins: bool,
    pinned: Option<usize>,
}

impl Race<'_> {
    fn run(&self, pulse: &mut Pulse) -> io::Result<()> {
        if let Some(cpu) = self.pinned {
            places::pin(cpu);
        }
        for (repeat, result) in (1..).zip(self.results) {
            // Who comes last to a barrier goes on at once, the others have yet to wake: the naive start.
            if self.spins { self.start.spin(pulse) } else { self.start.wait(pulse) }?;
            pulse.begin(repeat);
            let before = cpu_ns();
            self.add_all(pulse)?;
            self.cpu.fetch_add(cpu_ns().saturating_sub(before), Relaxed);
            self.done.fetch_add(self.n, Relaxed);
            pulse.end(self.n);
            // Nobody adds again before the last one has come to the start, and he does this first.
            if self.finish.wait(pulse)? {
                result.store(self.counter.swap(0, AcqRel) + 1, Release);
            }
        }
        Ok(())
    }

    fn add_all(&self, pulse: &mut Pulse) -> Result<(), Stopping> {
        let mut left = self.n;
        while left > 0 {
            let now = left.min(STRETCH);
            for _ in 0..now {
                match self.fix {
                    // Three steps also for the optimiser, which would make one instruction of them: that can still lose
                    // to another core, but no interrupt can come in between.
                    Fix::None => self.counter.store(black_box(self.counter.load(Relaxed)) + 1, Relaxed),
                    Fix::Atomic => drop(self.counter.fetch_add(1, Relaxed)),
                    Fix::Mutex(mutex) => {
                        mutex.lock(pulse)?;
                        self.counter.store(self.counter.load(Relaxed) + 1, Relaxed);
                        mutex.unlock();
                    }
                }
            }
            left -= now;
            pulse.beat();
            if pulse.is_stopping() {
                return Err(Stopping);
            }
        }
        Ok(())
    }
}

fn play(scene: &Scene) -> io::Result<()> {
    let yes = |knob| scene.settings.word(knob) == "yes";
    let mut cells = Cells::new(scene.board);
    let times = scene.settings.whole("times").clamp(1, TIMES);
    let race = Race {
        n: u64::from(scene.settings.whole("n")),
        fix: match scene.settings.word("fix") {
            "mutex" => Fix::Mutex(Mutex::new(&mut cells)),
            "atomic" => Fix::Atomic,
            _ => Fix::None,
        },
        counter: cells.one(),
        done: cells.one(),
        cpu: cells.one(),
        results: cells.many(times as usize),
        start: Barrier::new(&mut cells, scene.workers),
        finish: Barrier::new(&mut cells, scene.workers),
        spins: yes("barrier"),
        pinned: places::usable().first().copied().filter(|_| yes("one-core")),
    };
    scene.troupe(&numbered(scene.workers), &|_, pulse| race.run(pulse), || {})?;

    let each = race.n * u64::from(scene.workers);
    let all = each * u64::from(times);
    scene.check("additions done", all, race.done.load(Acquire));
    let results: Vec<u64> =
        race.results.iter().filter_map(|result| result.load(Acquire).checked_sub(1)).collect();
    let mut lost: Vec<u64> = results.iter().map(|got| each.saturating_sub(*got)).collect();
    lost.sort_unstable();
    let sum: u64 = lost.iter().sum();
    if matches!(race.fix, Fix::None) {
        scene.check("repeats that came to a result", times, results.len());
    } else {
        scene.check("additions in the counter", all, results.iter().sum::<u64>());
    }
    let part = |lost: u64, of: u64| lost as f64 / of as f64 * 100.0;
    let middle = lost.get(lost.len() / 2).copied().unwrap_or(0);
    scene.figure("lost additions", sum as f64, "");
    scene.figure("lost", part(sum, all), "%");
    scene.figure("lost in the median repeat", middle as f64, "");
    scene.figure("lost in the worst repeat", lost.last().copied().unwrap_or(0) as f64, "");
    scene.figure("repeats that lost something", lost.iter().filter(|lost| **lost > 0).count() as f64, "");
    scene.means(match race.fix {
        Fix::Mutex(_) => "Nothing is lost: with a lock, each addition is over before the next one reads.".to_owned(),
        Fix::Atomic => "Nothing is lost: an atomic addition reads and writes in one step.".to_owned(),
        Fix::None if sum == 0 => "Nothing was lost this time: the workers hardly met. That is luck, and no \
                                  correctness; more additions, or a start together, make them meet."
            .to_owned(),
        Fix::None => format!(
            "{:.0} % of the additions were lost: two workers read the same number, and whoever wrote later overwrote \
             what the other had added.",
            part(sum, all).max(1.0)
        ),
    });
    let done = race.done.load(Acquire);
    if done > 0 {
        scene.figure("CPU time of an addition", race.cpu.load(Acquire) as f64 / done as f64, "ns/op");
    }
    if !lost.is_empty() {
        scene.note(histogram(&lost, each));
    }
    Ok(())
}

/// How many repeats lost how much of `each`, as a sentence.
fn histogram(lost: &[u64], each: u64) -> String {
    const BOUNDS: [(u64, &str); 6] = [
        (0, "nothing"),
        (1, "up to 1 %"),
        (10, "up to 10 %"),
        (25, "up to 25 %"),
        (50, "up to 50 %"),
        (100, "more"),
    ];
    let class = |lost: u64| {
        let reaches = |bound: u64| u128::from(lost) * 100 <= u128::from(bound) * u128::from(each);
        BOUNDS.iter().position(|(bound, _)| reaches(*bound)).unwrap_or(BOUNDS.len() - 1)
    };
    let counted = BOUNDS.iter().enumerate().filter_map(|(at, (_, name))| {
        let count = lost.iter().filter(|one| class(**one) == at).count();
        (count > 0).then(|| format!("{name} in {count}"))
    });
    format!("Of {each} additions were lost: {}.", counted.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_histogram_has_every_repeat_once() {
        assert_eq!(
            histogram(&[0, 0, 1, 20, 21, 500, 1999, 2000], 2000),
            "Of 2000 additions were lost: nothing in 2, up to 1 % in 2, up to 10 % in 1, up to 25 % in 1, more in 2."
        );
        assert_eq!(histogram(&[1000], 2000), "Of 2000 additions were lost: up to 50 % in 1.");
        assert_eq!(histogram(&[0], u64::MAX), format!("Of {} additions were lost: nothing in 1.", u64::MAX));
    }
}
