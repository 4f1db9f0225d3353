//! What another order, or another number of workers, would give: a replay of the task times that were measured.

use serde::Serialize;

use super::account::wanted_cpu;
use super::{Ceiling, Mode, Random, RunReport, TaskReport};

/// Order of the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueueOrder {
    /// As numbered.
    Fifo,
    /// The largest first (longest processing time, Graham 1969).
    Lpt,
    /// Shuffled by this seed, as the lab itself does it.
    Random(u64),
}

impl QueueOrder {
    /// The order that this word means; `seed` is for the shuffled one.
    pub fn parse(word: &str, seed: u64) -> Option<QueueOrder> {
        match word {
            "fifo" => Some(QueueOrder::Fifo),
            "lpt" => Some(QueueOrder::Lpt),
            "random" => Some(QueueOrder::Random(seed)),
            _ => None,
        }
    }

    /// The word for it, as the command line and the knob call it.
    pub const fn word(self) -> &'static str {
        match self {
            QueueOrder::Fifo => "fifo",
            QueueOrder::Lpt => "lpt",
            QueueOrder::Random(_) => "random",
        }
    }

    /// The tasks in this order.
    pub fn apply(self, tasks: &[f64]) -> Vec<f64> {
        let mut queue = tasks.to_vec();
        match self {
            QueueOrder::Fifo => {}
            QueueOrder::Lpt => queue.sort_by(|a, b| b.total_cmp(a)),
            QueueOrder::Random(seed) => Random::new(seed).shuffle(&mut queue),
        }
        queue
    }
}

/// Where and how tasks are replayed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Replay {
    /// Workers that take tasks from one queue.
    pub workers: u32,
    /// CPUs that they have; where there are fewer than busy workers, all get the same share. `None` for tasks that
    /// need none because they wait.
    pub cpus: Option<u32>,
    /// Tasks that a worker takes at a time.
    pub chunk: u32,
}

impl Replay {
    /// As many CPUs as workers, one task at a time.
    pub fn on(workers: u32) -> Replay {
        Replay { workers, cpus: None, chunk: 1 }
    }

    /// How long a queue of tasks in this order takes, in the unit of the tasks: each free worker takes the next ones
    /// (list scheduling), nothing else costs time.
    fn makespan(self, tasks: &[f64]) -> f64 {
        let most = tasks.len().max(1);
        let workers = (self.workers.max(1) as usize).min(most);
        let mut chunks = tasks.chunks(self.chunk.max(1) as usize).map(|chunk| chunk.iter().sum::<f64>());
        // What each busy worker has left to do.
        let mut left: Vec<f64> = chunks.by_ref().take(workers).collect();
        let mut now = 0.0;
        while let Some(least) = left.iter().copied().min_by(f64::total_cmp) {
            let share = self.cpus.map_or(1.0, |cpus| (f64::from(cpus.max(1)) / left.len() as f64).min(1.0));
            now += least / share;
            for task in &mut left {
                *task -= least;
            }
            let before = left.len();
            left.retain(|task| *task > 0.0);
            left.extend(chunks.by_ref().take(before - left.len()));
        }
        now
    }

    /// The greatest speed-up that this allows: 1.0 where there is nothing to do.
    pub fn ceiling(self, tasks: &[f64]) -> f64 {
        over(tasks, self.makespan(tasks))
    }
}

/// The work over the time that it takes.
fn over(tasks: &[f64], makespan: f64) -> f64 {
    let ceiling = tasks.iter().sum::<f64>() / makespan;
    if ceiling.is_finite() && ceiling > 0.0 { ceiling } else { 1.0 }
}

/// The greatest speed-up that a queue of tasks in this order allows on `workers` workers with a CPU each.
///
/// Tasks in seconds or any other unit; 1.0 where there is nothing to do.
pub fn ceiling(tasks: &[f64], workers: u32) -> f64 {
    Replay::on(workers).ceiling(tasks)
}

/// [`ceiling`] with the largest task first, the order that leaves the smallest tail in all but odd cases.
pub fn ceiling_largest_first(tasks: &[f64], workers: u32) -> f64 {
    ceiling(&QueueOrder::Lpt.apply(tasks), workers)
}

/// The tasks of a run and how long each takes alone, in the order in which they were begun.
#[derive(Clone, PartialEq, Debug)]
pub struct TaskTimes {
    /// How long each takes, seconds.
    pub times: Vec<f64>,
    /// The tasks' numbers.
    numbers: Vec<u32>,
    /// Which worker did it.
    workers: Vec<u32>,
    /// Whether they need a CPU, rather than wait.
    pub computes: bool,
}

/// Who wants a CPU for less than this part of its time has tasks that wait.
const COMPUTES: f64 = 0.5;

impl TaskTimes {
    /// The tasks of `run`, as long as they took in the serial run where there is one that did the same.
    ///
    /// Tasks that compute are as long as they were on a CPU, others as long as they lasted. `None` where no task was
    /// measured.
    pub fn new(serial: Option<&RunReport>, run: &RunReport) -> Option<TaskTimes> {
        let mut begun: Vec<&TaskReport> = run.tasks.iter().collect();
        begun.sort_by(|a, b| a.from.total_cmp(&b.from));
        let measured = serial.filter(|serial| serial.tasks.len() == begun.len()).unwrap_or(run);
        let computes = wanted_cpu(measured).is_none_or(|part| part >= COMPUTES);
        let length = |task: &TaskReport| if computes { task.run_s } else { task.to - task.from };
        let times: Vec<f64> = begun
            .iter()
            .map(|task| length(measured.tasks.iter().find(|other| other.task == task.task).unwrap_or(task)))
            .map(|time| time.max(0.0))
            .collect();
        let workers = begun.iter().map(|task| task.worker).collect();
        let numbers = begun.iter().map(|task| task.task).collect();
        (times.iter().sum::<f64>() > 0.0).then_some(TaskTimes { times, numbers, workers, computes })
    }

    /// How long each takes, seconds, in the order of their numbers.
    pub fn by_number(&self) -> Vec<f64> {
        let mut tasks: Vec<(u32, f64)> =
            self.numbers.iter().copied().zip(self.times.iter().copied()).collect();
        tasks.sort_by_key(|(number, _)| *number);
        tasks.into_iter().map(|(_, time)| time).collect()
    }

    /// The CPUs that bound it.
    fn cpus(&self, run: &RunReport) -> Option<u32> {
        Some(run.noise.cpus).filter(|cpus| self.computes && *cpus > 0)
    }

    /// The greatest speed-up on `workers` workers of the machine that `run` ran on, in this order.
    pub fn ceiling(&self, run: &RunReport, order: QueueOrder, workers: u32) -> f64 {
        Replay { workers, cpus: self.cpus(run), chunk: 1 }.ceiling(&order.apply(&self.times))
    }

    /// All ceilings.
    pub fn ceilings(&self, run: &RunReport) -> Ceiling {
        let replay = Replay { workers: run.workers, cpus: self.cpus(run), chunk: chunk(run) };
        let now = match run.mode {
            // Each has its own share, whoever is done.
            Mode::Static => over(&self.times, self.longest_share()),
            Mode::Serial => 1.0,
            Mode::Fork => {
                Replay { workers: self.times.len() as u32, chunk: 1, ..replay }.ceiling(&self.times)
            }
            _ => replay.ceiling(&self.times),
        };
        let longest = self.times.iter().copied().fold(0.0, f64::max);
        Ceiling {
            now,
            largest_first: self.ceiling(run, QueueOrder::Lpt, run.workers),
            any: over(&self.times, longest),
        }
    }

    fn longest_share(&self) -> f64 {
        let mut shares: Vec<(u32, f64)> = Vec::new();
        for (worker, time) in self.workers.iter().zip(&self.times) {
            match shares.iter_mut().find(|(other, _)| other == worker) {
                Some((_, share)) => *share += time,
                None => shares.push((*worker, *time)),
            }
        }
        shares.into_iter().map(|(_, share)| share).fold(0.0, f64::max)
    }
}

/// Tasks that a worker took at a time.
pub(super) fn chunk(run: &RunReport) -> u32 {
    if matches!(run.mode, Mode::Pool | Mode::Threads) { run.settings.whole("chunk").max(1) } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::super::{Noise, RunPlan, Settings, WorkerReport};
    use super::*;

    const NINE: [f64; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 0.005
    }

    #[test]
    fn nine_tasks_on_four_workers() {
        assert!(close(ceiling(&NINE, 4), 3.0));
        assert!(close(ceiling_largest_first(&NINE, 4), 3.75));
        assert!(close(ceiling(&NINE, 1), 1.0));
        assert!(close(ceiling(&NINE, 1000), 5.0), "no machine beats the longest task");
        assert!(close(ceiling(&[], 4), 1.0) && close(ceiling(&[0.0], 0), 1.0));
    }

    #[test]
    fn all_at_once_share_the_cores_fairly() {
        let shared =
            |tasks: &[f64], workers, cpus| Replay { workers, cpus: Some(cpus), chunk: 1 }.ceiling(tasks);
        assert!(close(shared(&NINE, 9, 4), 3.53));
        assert!(close(shared(&NINE, 4, 4), 3.0), "a core each is list scheduling");
        assert!(close(shared(&NINE, 9, 1), 1.0) && close(shared(&NINE, 4, 1), 1.0));
        assert!(shared(&NINE, 16, 2) <= 2.0);
        assert!(close(shared(&[], 4, 0), 1.0));
    }

    #[test]
    fn chunks_make_the_tail_longer() {
        let chunked = |chunk| Replay { workers: 4, cpus: None, chunk }.ceiling(&NINE);
        assert!(close(chunked(1), 3.0) && chunked(3) < chunked(2) && close(chunked(9), 1.0));
        assert!(close(chunked(3), 45.0 / 24.0));
    }

    #[test]
    fn a_shuffle_is_foretold_by_its_seed() {
        let order = |seed| QueueOrder::Random(seed).apply(&NINE);
        assert_eq!(order(3), order(3));
        let mut sorted = order(3);
        sorted.sort_by(f64::total_cmp);
        assert_eq!(sorted, NINE);
        assert_eq!(QueueOrder::Fifo.apply(&NINE), NINE);
        assert_eq!(QueueOrder::Lpt.apply(&NINE).first(), Some(&9.0));
    }

    /// A run of the nine tasks, seconds; begun in the order of their numbers.
    fn nine(mode: Mode, workers: u32, cpus: u32, run_part: f64) -> RunReport {
        let settings = Settings::default();
        let blank = RunReport::blank(&RunPlan { mode, workers, settings });
        let task = |n: u32| {
            let (from, long) = (f64::from(n) * 0.1, f64::from(n));
            TaskReport { task: n, worker: (n - 1) / 3 + 1, from, to: from + long, run_s: long * run_part }
        };
        let noise = Noise { cpus, ..Noise::default() };
        // In the order of their ends: the others first.
        let worker =
            WorkerReport { first: Some(0.0), last: Some(9.0), run_s: 9.0 * run_part, ..Default::default() };
        RunReport { tasks: (1..=9).rev().map(task).collect(), noise, crew: vec![worker], ..blank }
    }

    #[test]
    fn ceilings_mind_the_mode_and_the_machine() {
        let now = |mode, workers, cpus| {
            let run = nine(mode, workers, cpus, 1.0);
            TaskTimes::new(None, &run).expect("tasks").ceilings(&run).now
        };
        assert!(close(now(Mode::Pool, 4, 8), 3.0) && close(now(Mode::Threads, 4, 4), 3.0));
        assert!(close(now(Mode::Static, 3, 8), 45.0 / 24.0), "7, 8 and 9 were in one share");
        assert!(close(now(Mode::Fork, 9, 4), 3.53) && close(now(Mode::Fork, 9, 64), 5.0));
        assert!(now(Mode::Pool, 4, 2) <= 2.0, "two CPUs are two CPUs");
        let run = nine(Mode::Pool, 4, 2, 0.01);
        let waiting = TaskTimes::new(None, &run).expect("tasks");
        assert!(!waiting.computes && close(waiting.ceilings(&run).now, 3.0), "who waits needs no CPU");
        let ceilings = TaskTimes::new(None, &nine(Mode::Pool, 4, 8, 1.0)).expect("tasks");
        let ceilings = ceilings.ceilings(&nine(Mode::Pool, 4, 8, 1.0));
        assert!(close(ceilings.largest_first, 3.75) && close(ceilings.any, 5.0), "{ceilings:?}");
    }

    #[test]
    fn the_serial_run_says_how_long_tasks_are() {
        let (serial, mut run) = (nine(Mode::Serial, 1, 4, 1.0), nine(Mode::Pool, 4, 4, 1.0));
        for task in &mut run.tasks {
            task.run_s = 1.0;
        }
        assert_eq!(TaskTimes::new(Some(&serial), &run).expect("tasks").times, NINE);
        assert_eq!(TaskTimes::new(None, &run).expect("tasks").times, [1.0; 9]);
        run.tasks.pop();
        assert_eq!(TaskTimes::new(Some(&serial), &run).expect("tasks").times, [1.0; 8], "not the same work");
        assert_eq!(TaskTimes::new(None, &RunReport { tasks: Vec::new(), ..run }), None);
    }

    /// Forty-nine sums of the primes below 100 000, 200 000, … 4 900 000, smallest first; a task is as long as its
    /// trial divisions, for each number up to its smallest divisor or, for a prime, up to its root.
    #[test]
    fn forty_nine_growing_tasks_lose_to_their_order() {
        const STEP: usize = 100_000;
        let mut smallest_divisor = vec![0_u32; STEP * 49];
        for divisor in 2..=2214_usize {
            if smallest_divisor[divisor] == 0 {
                for multiple in (divisor * divisor..smallest_divisor.len()).step_by(divisor) {
                    if smallest_divisor[multiple] == 0 {
                        smallest_divisor[multiple] = divisor as u32;
                    }
                }
            }
        }
        let (mut tasks, mut divisions) = (Vec::new(), 0.0);
        for (number, &divisor) in smallest_divisor.iter().enumerate() {
            divisions += match divisor {
                0 => (number as f64).sqrt().ceil() - 1.0,
                divisor => f64::from(divisor - 1),
            };
            if (number + 1) % STEP == 0 {
                tasks.push(divisions);
            }
        }
        assert_eq!(tasks.len(), 49);
        let found = [2, 4, 8].map(|workers| ceiling(&tasks, workers));
        assert!(close(found[0], 1.95) && close(found[1], 3.73) && close(found[2], 6.81), "{found:?}");
        let best = [2, 4, 8].map(|workers| ceiling_largest_first(&tasks, workers));
        assert!(close(best[0], 2.0) && close(best[1], 4.0) && close(best[2], 7.97), "{best:?}");
    }
}
