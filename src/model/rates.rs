//! What two readings of the details of a process mean: rates, shares of time, and how its threads work together.

use super::{Delays, Details, Gpu, Io, Reading, Task, ThreadTimes};

/// Rates of one process between two looks; `None` where either look lacks what is needed.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rates {
    /// Bytes fetched from storage, a second.
    pub read: Option<f64>,
    /// Bytes sent to storage, a second.
    pub write: Option<f64>,
    /// Its waits for pages to come back from swap by the time that passed, all threads together.
    pub swap_wait: Option<f64>,
    /// Its waits for memory that had to be freed first, by the time that passed.
    pub reclaim_wait: Option<f64>,
    /// The use of graphics engines, percent of one engine.
    pub gpu: Option<f64>,
    /// How its threads worked together.
    pub crew: Option<Crew>,
}

/// How the threads of a process worked together between two looks. Those that ended in between are left out: what they
/// did nobody has told.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Crew {
    /// How many threads there are.
    pub threads: u32,
    /// Of these, how many used at least a tenth of a CPU.
    pub active: u32,
    /// CPUs they used, all together: sum of their times on a CPU by the time that passed.
    pub cores: f64,
    /// CPUs they waited for, ready to run: sum of their waits by the time that passed.
    pub waiting: f64,
    /// Sum of their times blocked on block devices by the time that passed; `None` where the kernel does not count it.
    pub blocked: Option<f64>,
    /// The mean of the active threads' use by the greatest, 0 to 1; 1 where at most one was active.
    pub balance: f64,
    /// How long a thread kept a CPU when it was given one, on the average, seconds; 0 where none was.
    pub slice: f64,
}

/// A thread that uses less than this share of a CPU is not taken for one that works.
pub(super) const ACTIVE: f64 = 0.1;

impl Rates {
    /// What happened between `before` and `now`, which lie `seconds` apart.
    pub(super) fn between(before: Option<&Task>, now: &Task, seconds: f64, ticks: u64) -> Option<Box<Rates>> {
        let now = now.details.as_deref()?;
        let before = before.and_then(|task| task.details.as_deref()).filter(|_| seconds > 0.0);
        let Some(before) = before else { return Some(Box::default()) };
        Some(Box::new(Rates {
            read: rate(before, now, |io: &Io| io.read_bytes, seconds),
            write: rate(before, now, |io| io.write_bytes, seconds),
            swap_wait: wait(before, now, |delays| delays.swap, seconds),
            reclaim_wait: wait(before, now, |delays| delays.reclaim, seconds),
            gpu: both(&before.gpu, &now.gpu).and_then(|(before, now): (&Gpu, &Gpu)| {
                let used = now.engine.checked_sub(before.engine)?;
                Some(used as f64 / 1e9 / seconds * 100.0)
            }),
            crew: both(&before.threads, &now.threads)
                .map(|(before, now)| Crew::between(before, now, seconds, ticks)),
        }))
    }
}

fn both<'a, T>(before: &'a Reading<T>, now: &'a Reading<T>) -> Option<(&'a T, &'a T)> {
    before.known().zip(now.known())
}

fn rate(before: &Details, now: &Details, pick: fn(&Io) -> u64, seconds: f64) -> Option<f64> {
    let (before, now) = both(&before.io, &now.io)?;
    pick(now).checked_sub(pick(before)).map(|bytes| bytes as f64 / seconds)
}

fn wait(before: &Details, now: &Details, pick: fn(&Delays) -> u64, seconds: f64) -> Option<f64> {
    let (before, now) = both(&before.delays, &now.delays)?;
    pick(now).checked_sub(pick(before)).map(|nanos| nanos as f64 / 1e9 / seconds)
}

impl Crew {
    /// What the threads did between two looks that lie `seconds` apart; both lists are ordered by number.
    pub fn between(before: &[ThreadTimes], now: &[ThreadTimes], seconds: f64, ticks: u64) -> Crew {
        let mut crew = Crew { balance: 1.0, ..Crew::default() };
        let (mut most, mut sum, mut slices) = (0.0f64, 0.0, 0);
        let mut blocked = Some(0.0);
        for thread in now {
            // Who is new, and who has the number of one that has ended, has done all of it since.
            let old = before.binary_search_by_key(&thread.tid, |thread| thread.tid).ok();
            let old = old.and_then(|at| before.get(at)).filter(|old| old.run <= thread.run);
            let new = ThreadTimes { blocked: thread.blocked.map(|_| 0), ..ThreadTimes::default() };
            let old = old.unwrap_or(&new);
            let (run, wait) = (thread.run - old.run, thread.wait.saturating_sub(old.wait));
            let run = run as f64 / 1e9 / seconds;
            crew.threads += 1;
            crew.cores += run;
            crew.waiting += wait as f64 / 1e9 / seconds;
            slices += thread.slices.saturating_sub(old.slices);
            blocked = blocked.zip(thread.blocked.zip(old.blocked)).map(|(sum, (now, old))| {
                sum + now.saturating_sub(old) as f64 / ticks.max(1) as f64 / seconds
            });
            if run >= ACTIVE {
                crew.active += 1;
                sum += run;
                most = most.max(run);
            }
        }
        if crew.active > 1 {
            crew.balance = sum / f64::from(crew.active) / most;
        }
        if slices > 0 {
            crew.slice = crew.cores * seconds / slices as f64;
        }
        crew.blocked = blocked.filter(|_| ticks > 0);
        crew
    }

    /// What is said of it, on a machine with `cpus` CPUs; see [`Teamwork`]. `all` is how many CPUs the whole process
    /// used: nothing is said where threads that have ended had most of it.
    pub fn teamwork(&self, cpus: usize, all: f64) -> Option<Teamwork> {
        (all <= 2.0 * self.cores + IDLE).then(|| self.of_those_left(cpus))
    }

    fn of_those_left(&self, cpus: usize) -> Teamwork {
        let wanted = self.cores + self.waiting;
        let blocked = self.blocked.unwrap_or(0.0);
        let room = f64::from(self.active).min(cpus.max(1) as f64);
        if wanted + blocked < IDLE {
            Teamwork::Idle
        } else if blocked >= BLOCKED && blocked > self.cores {
            Teamwork::IoBound
        } else if self.waiting >= STARVED * wanted {
            Teamwork::CpuStarved
        } else if self.active <= 1 {
            Teamwork::Serial
        } else if self.cores < LOCKED * room && self.slice < SHORT {
            Teamwork::LockBound
        } else if self.balance < UNEVEN {
            Teamwork::Imbalanced
        } else {
            Teamwork::Parallel(self.cores)
        }
    }
}

/// Who neither computes nor waits for this much of a CPU, all in all, is idle.
const IDLE: f64 = 0.05;
/// Blocked for this share of the time, and for more than it computed: the disk decides.
const BLOCKED: f64 = 0.3;
/// Of the time in which it wanted to run it waited for a CPU for this share: others have the CPUs.
const STARVED: f64 = 0.3;
/// With less than this share of the CPUs that its active threads could use at the same time ...
const LOCKED: f64 = 0.6;
/// ... and threads that give up the CPU after less than this, seconds, they take turns: the scheduler alone lets a
/// thread run for a few milliseconds.
const SHORT: f64 = 0.001;
/// The active threads do less than this share of what the busiest does, on the average.
const UNEVEN: f64 = 0.6;

/// How well the threads of a process work at the same time: what it lacks most, in this order.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Teamwork {
    /// It computes next to nothing.
    Idle,
    /// It waits for block devices more than it computes.
    IoBound,
    /// It waits for CPUs that others have.
    CpuStarved,
    /// One thread computes.
    Serial,
    /// Several threads compute, one after the other, in short turns: as behind a lock.
    LockBound,
    /// Several compute at the same time, one of them much more than the others.
    Imbalanced,
    /// Several compute at the same time, on so many CPUs.
    Parallel(f64),
}

impl Teamwork {
    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Teamwork::Idle => "idle",
            Teamwork::IoBound => "I/O-BOUND",
            Teamwork::CpuStarved => "CPU-STARVED",
            Teamwork::Serial => "SERIAL",
            Teamwork::LockBound => "LOCK-BOUND",
            Teamwork::Imbalanced => "IMBALANCED",
            Teamwork::Parallel(_) => "PARALLEL",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// Milliseconds on a CPU and waiting for one, slices, ticks blocked.
    type Second = (u64, u64, u64, Option<u64>);

    /// Threads that were at nothing a second ago, by milliseconds on a CPU and waiting for one, slices, and ticks
    /// blocked.
    fn crew(threads: &[Second]) -> Crew {
        let times = |scale: u64| -> Vec<ThreadTimes> {
            let mut tid = 0;
            let mut one = |(run, wait, slices, blocked): &Second| {
                tid += 1;
                ThreadTimes {
                    tid,
                    run: run * MS * scale,
                    wait: wait * MS * scale,
                    slices: slices * scale,
                    blocked: blocked.map(|ticks| ticks * scale),
                }
            };
            threads.iter().map(&mut one).collect()
        };
        Crew::between(&times(0), &times(1), 1.0, 100)
    }

    #[test]
    fn each_kind_of_teamwork_is_told_from_the_others() {
        let samples: [(&[Second], Teamwork); 11] = [
            (&[(2, 1, 9, None)], Teamwork::Idle),
            (&[(990, 5, 40, None)], Teamwork::Serial),
            // Helpers that tick now and then do not make it parallel.
            (&[(990, 5, 40, None), (3, 0, 9, None), (0, 0, 0, None)], Teamwork::Serial),
            (&[(950, 9, 90, None), (950, 9, 90, None), (940, 9, 90, None)], Teamwork::Parallel(2.84)),
            // One has three times the work of each other.
            (&[(990, 0, 90, None), (300, 0, 30, None), (300, 0, 30, None)], Teamwork::Imbalanced),
            // Four threads that pass one lock round, ten thousand times a second.
            (
                &[(250, 10, 2500, None), (250, 10, 2500, None), (250, 10, 2500, None), (250, 10, 2500, None)],
                Teamwork::LockBound,
            ),
            // The same use of CPUs in long turns: they have little to do, but at the same time.
            (&[(250, 1, 25, None), (250, 1, 25, None)], Teamwork::Parallel(0.5)),
            // Four threads on one CPU.
            (&[(250, 750, 60, None), (250, 750, 60, None)], Teamwork::CpuStarved),
            (&[(400, 500, 60, None)], Teamwork::CpuStarved),
            (&[(100, 5, 900, Some(80))], Teamwork::IoBound),
            (&[(900, 5, 90, Some(8))], Teamwork::Serial),
        ];
        for (threads, expected) in samples {
            let said = crew(threads).of_those_left(8);
            match (said, expected) {
                (Teamwork::Parallel(cores), Teamwork::Parallel(wanted)) => {
                    assert!((cores - wanted).abs() < 1e-9, "{cores} {threads:?}");
                }
                _ => assert_eq!(said, expected, "{threads:?}"),
            }
        }
    }

    #[test]
    fn the_figures_are_sums_over_the_threads() {
        let before = [ThreadTimes { tid: 3, run: 500 * MS, wait: 0, slices: 5, blocked: None }];
        let now = [
            ThreadTimes { tid: 3, run: 1500 * MS, wait: 250 * MS, slices: 25, blocked: None },
            ThreadTimes { tid: 9, run: 500 * MS, wait: 0, slices: 10, blocked: None },
        ];
        let crew = Crew::between(&before, &now, 2.0, 100);
        assert_eq!((crew.threads, crew.active, crew.cores, crew.waiting), (2, 2, 0.75, 0.125));
        assert_eq!((crew.blocked, crew.balance, crew.slice), (None, 0.75, 0.05));
        // Somebody else has the number of the first now, and the second has ended.
        let crew = Crew::between(&now, &before, 2.0, 100);
        assert_eq!((crew.threads, crew.cores, crew.waiting), (1, 0.25, 0.0));
    }

    #[test]
    fn nothing_is_said_of_threads_that_have_ended() {
        let crew = crew(&[(300, 0, 30, None)]);
        assert_eq!(crew.teamwork(4, 0.31), Some(Teamwork::Serial));
        assert_eq!(crew.teamwork(4, 2.5), None);
    }

    #[test]
    fn a_crew_of_many_is_measured_by_the_cpus_there_are() {
        // Eight threads share two CPUs fully, in short turns: not a lock's fault.
        let crew = crew(&[(240, 60, 900, None); 8]);
        assert_eq!(crew.of_those_left(2).word(), "PARALLEL");
        assert_eq!(crew.of_those_left(16).word(), "LOCK-BOUND");
    }
}
