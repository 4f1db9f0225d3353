//! Where the time of the workers went: an account that closes.

use serde::{Deserialize, Serialize};

use super::{BlockedOn, Check, Fate, RunReport};

/// Where workers × real time went, in seconds. The parts add up to the capacity.
///
/// Each worker's time is cut at its first task's begin and its last task's end. Before lies start-up, after it the
/// tail; between them it was on a CPU, ready but without one, or blocked. What is blocked is what is left over, so
/// it is also what the other measurements miss; [`Beside`] has the workers' own word on it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Workers × real time.
    pub capacity_s: f64,
    /// What the work takes: CPU time of the serial run's tasks; without one of the same work, of this run's.
    pub useful_s: f64,
    /// CPU time on top of it; negative where this run needed less.
    pub extra_cpu_s: f64,
    /// Ready, but waiting for a CPU.
    pub run_queue_s: f64,
    /// Waiting for something else: a lock, a queue, input or output, time, or others before its first task.
    pub blocked_s: f64,
    /// Before the first task: starting, preparing. A worker that never came to be is all start-up.
    pub startup_s: f64,
    /// After the last task, while others still worked; of a killed worker, from the last task that it finished.
    pub tail_s: f64,
}

/// What the measurements may differ by without making nonsense of the account, as a part of the capacity.
const SLACK: f64 = 0.02;

/// How many workers a run had: those that it should have had, or more where some were replaced.
pub(super) fn lanes(run: &RunReport) -> f64 {
    let asked = if run.answers.is_empty() { 0 } else { run.workers as usize };
    run.crew.len().max(asked) as f64
}

/// CPU time of all workers' tasks, seconds.
fn cpu(run: &RunReport) -> f64 {
    run.crew.iter().map(|worker| worker.run_s).sum()
}

/// Whether both did the same tasks, each as often: then their times can be compared.
pub(super) fn same_work(serial: &RunReport, run: &RunReport) -> bool {
    let differ = |(a, b): (&Option<u64>, &Option<u64>)| a.is_some() && b.is_some() && a != b;
    // A scene's work is what its checks count: where it grows with the workers, so does the number expected.
    let count = |check: &Check| check.expected.parse::<u64>().ok();
    let other = |check: &Check| {
        let theirs = serial.checks.iter().find(|theirs| theirs.what == check.what).and_then(count);
        theirs.zip(count(check)).is_some_and(|(a, b)| a != b)
    };
    serial.answers.len() == run.answers.len()
        && serial.rounds == run.rounds
        && !run.checks.iter().any(other)
        && !(serial.answer_ok && run.answer_ok && serial.answers.iter().zip(&run.answers).any(differ))
}

impl Account {
    /// The account of `run`, against `serial` where there is one.
    ///
    /// `None` where no worker had a task, and where the workers used more CPU time than they had time: then a task
    /// used several CPUs at once, and its worker's time cannot be cut into these parts.
    pub fn new(run: &RunReport, serial: Option<&RunReport>) -> Option<Account> {
        let capacity_s = lanes(run) * run.real_s;
        if !run.crew.iter().any(|worker| worker.first.is_some()) || capacity_s <= 0.0 {
            return None;
        }
        let mut account = Account {
            capacity_s,
            useful_s: 0.0,
            extra_cpu_s: 0.0,
            run_queue_s: 0.0,
            blocked_s: 0.0,
            startup_s: (lanes(run) - run.crew.len() as f64) * run.real_s,
            tail_s: 0.0,
        };
        let mut inside_s = 0.0;
        for worker in &run.crew {
            let Some(first) = worker.first else {
                // It had no task: from its start on, none was left for it.
                let started = worker.started.clamp(0.0, run.real_s);
                account.startup_s += started;
                account.tail_s += run.real_s - started;
                continue;
            };
            let first = first.clamp(0.0, run.real_s);
            let last = worker.last.unwrap_or(first).clamp(first, run.real_s);
            let held_up = worker.blocked_before_s.clamp(0.0, first);
            account.startup_s += first - held_up;
            account.blocked_s += held_up;
            account.tail_s += run.real_s - last;
            inside_s += last - first;
        }
        let cpu_s = cpu(run);
        let left_s = inside_s - cpu_s;
        if left_s < -SLACK * capacity_s {
            return None;
        }
        // No kernel and no clock is exact: what is over by a little is taken from the wait, then from the CPU time.
        let run_queue_s = waited(run, left_s);
        account.run_queue_s = run_queue_s.min(left_s.max(0.0));
        account.blocked_s += (left_s - account.run_queue_s).max(0.0);
        account.useful_s = serial.filter(|serial| same_work(serial, run)).map_or(cpu_s, cpu);
        account.extra_cpu_s = cpu_s - account.useful_s + left_s.min(0.0);
        Some(account)
    }

    /// What the parts add up to; the capacity, but for rounding.
    pub fn sum_s(&self) -> f64 {
        self.useful_s + self.extra_cpu_s + self.run_queue_s + self.blocked_s + self.startup_s + self.tail_s
    }

    /// The parts with their names, in the order of the sum.
    pub fn parts(&self) -> [(&'static str, f64); 6] {
        [
            ("useful work", self.useful_s),
            ("extra CPU", self.extra_cpu_s),
            ("run-queue wait", self.run_queue_s),
            ("blocked", self.blocked_s),
            ("start-up", self.startup_s),
            ("tail", self.tail_s),
        ]
    }

    /// A part of the capacity, 0 to 1.
    pub fn share(&self, part_s: f64) -> f64 {
        part_s / self.capacity_s
    }
}

/// The run-queue wait: the kernel's count; where it does not count, the gaps that the workers saw, as far as they fit
/// into the time that is left.
fn waited(run: &RunReport, left_s: f64) -> f64 {
    let counted: f64 = run.crew.iter().map(|worker| worker.wait_s).sum();
    let seen: f64 = run.crew.iter().map(|worker| worker.gaps_s).sum();
    if counted > 0.0 { counted } else { seen.min(left_s).max(0.0) }
}

/// What else speaks to an account, beside its sum. Seconds.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Beside {
    /// Blocked, as the workers themselves told: the check on what is left over in the account.
    pub blocked_told_s: f64,
    /// What they told that they waited for most, and how long; `None` where nobody told a wait.
    pub blocked_most: Option<(BlockedOn, f64)>,
    /// Run-queue wait that the workers caused one another, being more than there are CPUs or sharing one. `None`
    /// where the load of others is not known.
    pub run_queue_own_s: Option<f64>,
    /// Run-queue wait that others' load accounts for.
    pub run_queue_others_s: Option<f64>,
    /// Workers that were killed, and by which signal.
    pub killed: Vec<(u32, i32)>,
}

impl Beside {
    /// What else `run` says.
    pub fn new(run: &RunReport) -> Beside {
        let blocked_most = BlockedOn::ALL
            .into_iter()
            .map(|on| (on, run.crew.iter().filter_map(|worker| worker.blocked_on.get(&on)).sum::<f64>()))
            .filter(|(_, seconds)| *seconds > 0.0)
            .max_by(|a, b| a.1.total_cmp(&b.1));
        let waits: f64 = run.crew.iter().map(|worker| worker.wait_s).sum();
        let others = run.noise.others.map(|part| {
            let used = part * f64::from(run.noise.cpus) * run.real_s;
            (waits - crowding(run)).clamp(0.0, used.max(0.0))
        });
        let killed = run.crew.iter().filter_map(|worker| match worker.fate {
            Fate::Killed(signal) => Some((worker.worker, signal)),
            _ => None,
        });
        Beside {
            blocked_told_s: run.crew.iter().map(|worker| worker.blocked_before_s + worker.blocked_s).sum(),
            blocked_most,
            run_queue_own_s: others.map(|others| waits - others),
            run_queue_others_s: others,
            killed: killed.collect(),
        }
    }
}

/// How long workers had to wait because there were more of them than CPUs, if nobody else were there, seconds: each
/// moment has as many too many as there are workers between first and last task, less the CPUs and less who was
/// blocked.
fn crowding(run: &RunReport) -> f64 {
    let pinned: std::collections::BTreeSet<i32> = run.settings.list("pin").into_iter().collect();
    let cpus = if pinned.is_empty() { run.noise.cpus as usize } else { pinned.len() };
    let mut edges: Vec<(f64, isize)> = Vec::new();
    for worker in &run.crew {
        if let Some((first, last)) = worker.first.zip(worker.last) {
            edges.extend([(first, 1), (last.max(first), -1)]);
        }
    }
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut at, mut ready, mut too_many) = (0.0, 0_usize, 0.0);
    for (when, step) in edges {
        too_many += ready.saturating_sub(cpus) as f64 * (when - at);
        (at, ready) = (when, ready.saturating_add_signed(step));
    }
    let blocked: f64 = run.crew.iter().map(|worker| worker.blocked_s).sum();
    // Under a global lock or in one queue, who is blocked does not want a CPU.
    (too_many - blocked).max(0.0)
}

/// Serial and parallel side by side: serial real / parallel real, and that by the workers.
///
/// `None` where there is no pair of right runs of the same work.
pub fn speedup(serial: &RunReport, run: &RunReport) -> Option<(f64, f64)> {
    let ratio = serial.real_s / run.real_s;
    let comparable = serial.answer_ok && run.answer_ok && ratio.is_finite() && ratio > 0.0;
    (comparable && run.workers > 0 && same_work(serial, run)).then(|| (ratio, ratio / f64::from(run.workers)))
}

/// Work that wants a CPU for this part of its time computes.
pub(super) const COMPUTES: f64 = 0.9;

/// Which part of their time between first and last task the workers wanted a CPU, 0 to 1; `None` where nobody had a
/// task.
pub(super) fn wanted_cpu(run: &RunReport) -> Option<f64> {
    let (mut inside_s, mut wanted_s, mut gaps_s) = (0.0, 0.0, 0.0);
    for worker in &run.crew {
        if let Some((first, last)) = worker.first.zip(worker.last) {
            inside_s += last - first;
            wanted_s += worker.run_s + worker.wait_s;
            gaps_s += if worker.wait_s > 0.0 { 0.0 } else { worker.gaps_s };
        }
    }
    (inside_s > 0.0).then(|| ((wanted_s + gaps_s) / inside_s).min(1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Mode, Noise, RunPlan, Settings, WorkerReport};
    use super::*;

    fn report(mode: Mode, real_s: f64, crew: Vec<WorkerReport>) -> RunReport {
        let plan = RunPlan { mode, workers: crew.len() as u32, settings: Settings::default() };
        let noise = Noise { cpus: 4, others: Some(0.0), ..Noise::default() };
        RunReport { real_s, crew, noise, answer_ok: true, ..RunReport::blank(&plan) }
    }

    fn worker(first: f64, last: f64, run_s: f64, wait_s: f64) -> WorkerReport {
        WorkerReport { first: Some(first), last: Some(last), run_s, wait_s, ..WorkerReport::default() }
    }

    fn closes(account: &Account) -> bool {
        (account.sum_s() - account.capacity_s).abs() <= 0.01 * account.capacity_s
    }

    #[test]
    fn work_that_grows_with_the_workers_is_other_work() {
        let counting = |primes: &str| {
            let check = |what: &str, expected: &str| Check {
                what: what.to_owned(),
                expected: expected.to_owned(),
                got: Some(expected.to_owned()),
            };
            let mut run = report(Mode::Pool, 1.0, vec![worker(0.0, 1.0, 1.0, 0.0)]);
            // Only a count says how much work there was.
            run.checks = vec![
                check("primes found", primes),
                check("order", if primes == "8" { "1 2" } else { "2 1" }),
            ];
            run
        };
        assert_eq!(speedup(&counting("8"), &counting("8")), Some((1.0, 1.0)));
        assert_eq!(speedup(&counting("8"), &counting("16")), None);
        let mut otherwise = counting("16");
        otherwise.checks.remove(0);
        assert_eq!(speedup(&counting("8"), &otherwise), Some((1.0, 1.0)), "the order is no amount of work");
    }

    #[test]
    fn the_well_known_example_closes() {
        let serial = report(Mode::Serial, 3.281, vec![worker(0.0, 3.281, 3.281, 0.0)]);
        let crew = vec![
            worker(0.003, 1.108, 1.101, 0.004),
            worker(0.003, 0.585, 0.576, 0.006),
            worker(0.003, 0.738, 0.732, 0.003),
            worker(0.003, 0.918, 0.913, 0.002),
        ];
        let run = report(Mode::Pool, 1.108, crew);
        let account = Account::new(&run, Some(&serial)).expect("tasks were done");
        assert!(closes(&account), "{account:?}");
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(account.capacity_s, 4.432) && close(account.useful_s, 3.281), "{account:?}");
        assert!(close(account.extra_cpu_s, 0.041) && close(account.run_queue_s, 0.015), "{account:?}");
        assert!(close(account.startup_s, 0.012) && close(account.tail_s, 1.083), "{account:?}");
        assert!(close(account.blocked_s, 0.0), "{account:?}");
    }

    #[test]
    fn who_has_no_task_or_never_came_is_accounted_for() {
        let idle = WorkerReport { started: 0.25, ..WorkerReport::default() };
        let mut run = report(Mode::Pool, 1.0, vec![worker(0.0, 1.0, 1.0, 0.0), idle]);
        let account = Account::new(&run, None).expect("one had tasks");
        assert!(closes(&account) && account.tail_s == 0.75 && account.startup_s == 0.25, "{account:?}");
        (run.workers, run.answers) = (4, vec![Some(1)]);
        let account = Account::new(&run, None).expect("one had tasks");
        assert!(closes(&account) && account.capacity_s == 4.0 && account.startup_s == 2.25, "{account:?}");
        assert_eq!(Account::new(&report(Mode::Pool, 1.0, vec![WorkerReport::default()]), None), None);
        assert_eq!(Account::new(&report(Mode::Pool, 1.0, vec![]), None), None);
    }

    #[test]
    fn a_killed_worker_ends_at_its_last_task_and_is_named() {
        let killed = WorkerReport { worker: 2, fate: Fate::Killed(9), ..worker(0.0, 0.3, 0.3, 0.0) };
        let run = report(Mode::Pool, 1.0, vec![worker(0.0, 1.0, 1.0, 0.0), killed]);
        let account = Account::new(&run, None).expect("tasks were done");
        assert!(closes(&account) && account.tail_s == 0.7, "{account:?}");
        assert_eq!(Beside::new(&run).killed, [(2, 9)]);
    }

    #[test]
    fn standing_at_a_barrier_before_the_first_task_is_no_start_up() {
        let held_up = WorkerReport { blocked_before_s: 0.4, ..worker(0.5, 1.0, 0.5, 0.0) };
        let account = Account::new(&report(Mode::Pool, 1.0, vec![held_up]), None).expect("a task");
        assert!(closes(&account) && (account.startup_s - 0.1).abs() < 1e-9, "{account:?}");
        assert!((account.blocked_s - 0.4).abs() < 1e-9, "{account:?}");
    }

    #[test]
    fn a_task_that_used_several_cpus_has_no_account() {
        assert_eq!(Account::new(&report(Mode::Pool, 1.0, vec![worker(0.0, 1.0, 3.5, 0.0)]), None), None);
        let a_bit_over = report(Mode::Pool, 1.0, vec![worker(0.0, 1.0, 1.001, 0.002)]);
        let account = Account::new(&a_bit_over, None).expect("clocks differ");
        assert!(closes(&account) && account.run_queue_s == 0.0 && account.blocked_s == 0.0, "{account:?}");
    }

    #[test]
    fn where_the_kernel_does_not_count_the_workers_own_gaps_do() {
        let blind = WorkerReport { gaps_s: 0.3, ..worker(0.0, 1.0, 0.6, 0.0) };
        let account = Account::new(&report(Mode::Pool, 1.0, vec![blind]), None).expect("a task");
        assert!((account.run_queue_s - 0.3).abs() < 1e-9 && closes(&account), "{account:?}");
    }

    #[test]
    fn own_crowding_and_the_load_of_others_are_told_apart() {
        let mut run = report(Mode::Pool, 1.0, vec![worker(0.0, 1.0, 0.5, 0.5); 4]);
        run.noise.cpus = 2;
        let beside = Beside::new(&run);
        assert_eq!((beside.run_queue_own_s, beside.run_queue_others_s), (Some(2.0), Some(0.0)));
        // Two on two CPUs, of which another process takes a half.
        let mut run = report(Mode::Pool, 1.0, vec![worker(0.0, 1.0, 0.75, 0.25); 2]);
        run.noise = Noise { cpus: 2, others: Some(0.25), ..Noise::default() };
        let beside = Beside::new(&run);
        assert_eq!((beside.run_queue_own_s, beside.run_queue_others_s), (Some(0.0), Some(0.5)));
        // Nobody else was there: they can only have been put on one CPU.
        run.noise.others = Some(0.0);
        assert_eq!(Beside::new(&run).run_queue_own_s, Some(0.5));
        run.noise.others = None;
        assert_eq!(Beside::new(&run).run_queue_own_s, None, "unknown is unknown");
        run.settings.set("pin", "1,1");
        (run.noise.cpus, run.noise.others) = (8, Some(0.9));
        run.crew = vec![worker(0.0, 1.0, 0.5, 0.5); 2];
        assert_eq!(
            Beside::new(&run).run_queue_own_s,
            Some(1.0),
            "they share the CPU that they are pinned to"
        );
    }

    #[test]
    fn only_right_runs_of_the_same_work_are_compared() {
        let serial = report(Mode::Serial, 4.0, vec![worker(0.0, 4.0, 4.0, 0.0)]);
        let run = report(Mode::Pool, 2.0, vec![worker(0.0, 2.0, 2.0, 0.0); 4]);
        assert_eq!(speedup(&serial, &run), Some((2.0, 0.5)));
        for spoil in [
            (|run: &mut RunReport| run.answer_ok = false) as fn(&mut RunReport),
            |run| run.answers = vec![Some(3)],
            |run| run.rounds = 2,
            |run| run.real_s = 0.0,
            |run| run.workers = 0,
        ] {
            let mut other = run.clone();
            spoil(&mut other);
            assert_eq!(speedup(&serial, &other), None, "{other:?}");
        }
    }

    fn any_worker() -> impl Strategy<Value = (f64, WorkerReport)> {
        let part = || 0.0..=1.0_f64;
        (any::<u8>(), [part(), part(), part(), part(), part(), part()]).prop_map(|(kind, parts)| {
            // Cut points of its life, and how its time between first and last task was spent.
            let mut cuts = [parts[0], parts[1], parts[2]];
            cuts.sort_by(f64::total_cmp);
            let [started, first, last] = cuts;
            let inside = last - first;
            let run_s = inside * parts[3];
            let wait_s = (inside - run_s) * parts[4];
            let blocked_s = inside - run_s - wait_s;
            let has_task = kind % 8 != 0;
            let worker = WorkerReport {
                started,
                first: has_task.then_some(first),
                last: has_task.then_some(last),
                ended: (kind % 3 != 0).then_some(last),
                run_s: if has_task { run_s } else { 0.0 },
                wait_s: if has_task { wait_s } else { 0.0 },
                blocked_s: if has_task { blocked_s } else { 0.0 },
                blocked_before_s: if has_task { (first - started) * parts[5] } else { 0.0 },
                gaps_s: wait_s,
                fate: if kind % 5 == 0 { Fate::Killed(9) } else { Fate::Exited(0) },
                ..WorkerReport::default()
            };
            (blocked_s, worker)
        })
    }

    proptest! {
        #[test]
        fn every_account_closes_and_agrees_with_the_workers(
            crew in prop::collection::vec(any_worker(), 1..40),
            useful in 0.0..20.0_f64,
            absent in 0..5_u32,
        ) {
            let blocked: f64 = crew.iter().filter(|(_, w)| w.first.is_some()).map(|(blocked, _)| blocked).sum();
            let mut run = report(Mode::Pool, 1.0, crew.into_iter().map(|(_, worker)| worker).collect());
            run.workers += absent;
            run.answers = vec![Some(1)];
            let mut serial = report(Mode::Serial, useful, vec![worker(0.0, useful, useful, 0.0)]);
            serial.answers = vec![Some(1)];
            let account = Account::new(&run, Some(&serial));
            prop_assert_eq!(account.is_some(), run.crew.iter().any(|worker| worker.first.is_some()));
            let Some(account) = account else { return Ok(()) };
            prop_assert!((account.sum_s() - account.capacity_s).abs() < 1e-9 * account.capacity_s.max(1.0));
            prop_assert!((account.capacity_s - f64::from(run.workers)).abs() < 1e-9);
            prop_assert!((account.useful_s - useful).abs() < 1e-12);
            for part in [account.run_queue_s, account.blocked_s, account.startup_s, account.tail_s] {
                prop_assert!(part >= 0.0);
            }
            let beside = Beside::new(&run);
            let counted: f64 = run.crew.iter().map(|worker| worker.wait_s).sum();
            if counted > 0.0 {
                // The residual is what the workers told.
                prop_assert!((account.blocked_s - beside.blocked_told_s).abs() < 1e-9 * account.capacity_s.max(1.0));
                prop_assert!(beside.blocked_told_s >= blocked - 1e-9);
            }
            let both = beside.run_queue_own_s.zip(beside.run_queue_others_s);
            prop_assert!(both.is_some_and(|(own, others)| own >= 0.0 && others >= 0.0));
        }
    }
}
