//! Why the speed-up is what it is: the account of a run's core time, and the bound that the queue sets. Pure.
//!
//! Each core that a run could use had its real time to give; together that is the run's *capacity*. It went into
//! the work that the serial run needed too, into extra CPU time, into waiting for a core, and into idling: before
//! the last task was taken (starting, handing out) or after it (the *tail*). The five add up to the capacity.

use super::lab::{LabNews, RunReport};

/// One task on one worker.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Span {
    /// Counted from 1.
    pub task: u32,
    /// Counted from 1.
    pub worker: u32,
    /// When it began, seconds since the run began.
    pub from: f64,
    /// When it ended; `None` while it runs, or where it never did.
    pub to: Option<f64>,
}

/// Takes down `news` in the spans of the run that goes on; a run that starts clears them.
pub fn note(spans: &mut Vec<Span>, news: &LabNews) {
    match *news {
        LabNews::RunStarted { .. } => spans.clear(),
        LabNews::TaskStarted { task, worker, at } => spans.push(Span { task, worker, from: at, to: None }),
        LabNews::TaskDone { task, worker, at, .. } => {
            let open = |span: &&mut Span| span.task == task && span.worker == worker && span.to.is_none();
            if let Some(span) = spans.iter_mut().rev().find(open) {
                span.to = Some(at);
            }
        }
        LabNews::WorkerStarted { .. } | LabNews::RunDone(_) | LabNews::Ended { .. } => {}
    }
}

/// The greatest speed-up that a queue of tasks in this order allows on `workers` workers: each free worker takes
/// the next task (list scheduling), nothing else costs time.
///
/// Tasks in seconds or any other unit; 1.0 where there is nothing to do.
pub fn ceiling(tasks: &[f64], workers: u32) -> f64 {
    let mut free_at = vec![0.0_f64; (workers.max(1) as usize).min(tasks.len().max(1))];
    for &task in tasks {
        if let Some(first) = free_at.iter_mut().min_by(|a, b| a.total_cmp(b)) {
            *first += task;
        }
    }
    let end = free_at.into_iter().fold(0.0, f64::max);
    if end > 0.0 { tasks.iter().sum::<f64>() / end } else { 1.0 }
}

/// [`ceiling`] with the largest task first, the order that leaves the smallest tail in all but odd cases.
pub fn ceiling_largest_first(tasks: &[f64], workers: u32) -> f64 {
    let mut sorted = tasks.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    ceiling(&sorted, workers)
}

/// Where the core time of a run went, in core seconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Account {
    /// How many cores the run could use: its workers, but no more than there are.
    pub cores: u32,
    /// Cores × real time.
    pub capacity_s: f64,
    /// CPU time of the serial run: what the work takes.
    pub useful_s: f64,
    /// CPU time on top of it; negative where the parallel run needed less.
    pub extra_s: f64,
    /// Workers had a task but no core: others used the machine. Slightly negative where workers used CPU time
    /// outside of their tasks.
    pub waiting_s: f64,
    /// Idle before the last task was taken.
    pub starting_s: f64,
    /// Idle after it.
    pub tail_s: f64,
}

impl Account {
    /// The account of `run` against `serial` on a machine with `cpus` usable CPUs; `None` where a run is not right or
    /// a span is missing.
    pub fn new(serial: &RunReport, run: &RunReport, spans: &[Span], cpus: u32) -> Option<Account> {
        if !serial.answer_ok || !run.answer_ok || spans.len() != run.answers.len() {
            return None;
        }
        let cores = run.workers.min(cpus).max(1);
        let last_start = spans.iter().map(|span| span.from).fold(0.0, f64::max);
        let busy = |until: f64| busy_core_seconds(spans, f64::from(cores), until);
        let capacity_s = f64::from(cores) * run.real_s;
        let (busy_all, busy_before) = (busy(run.real_s)?, busy(last_start)?);
        let cpu = |report: &RunReport| report.user_s + report.sys_s;
        let starting_s = f64::from(cores) * last_start - busy_before;
        Some(Account {
            cores,
            capacity_s,
            useful_s: cpu(serial),
            extra_s: cpu(run) - cpu(serial),
            waiting_s: busy_all - cpu(run),
            starting_s,
            tail_s: capacity_s - busy_all - starting_s,
        })
    }
}

/// The integral from 0 to `until` of the number of tasks that run, but at most `cores`; `None` where one has no end.
fn busy_core_seconds(spans: &[Span], cores: f64, until: f64) -> Option<f64> {
    let mut steps = Vec::with_capacity(spans.len() * 2);
    for span in spans {
        steps.push((span.from.min(until), 1.0));
        steps.push((span.to?.min(until), -1.0));
    }
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut sum, mut running, mut since) = (0.0, 0.0_f64, 0.0);
    for (at, step) in steps {
        sum += (at - since) * running.min(cores);
        running += step;
        since = at;
    }
    Some(sum)
}

/// One or two sentences that say why `run` is not as many times faster than `serial` as it has workers.
///
/// `spans` are those of `run`. `None` where there is nothing to compare.
pub fn why_not(serial: &RunReport, run: &RunReport, spans: &[Span], cpus: u32) -> Option<String> {
    /// From this part of the possible speed-up on there is nothing to explain.
    const NEARLY_ALL: f64 = 0.9;
    /// Above this part of it the comparison is not to be believed.
    const MORE_THAN_CAN_BE: f64 = 1.05;
    let account = Account::new(serial, run, spans, cpus)?;
    let speedup = serial.real_s / run.real_s;
    if !speedup.is_finite() || account.capacity_s <= 0.0 {
        return None;
    }
    let cores = account.cores;
    let shared = if run.workers > cores {
        format!("{} workers share {cores} {}. ", run.workers, if cores == 1 { "core" } else { "cores" })
    } else {
        String::new()
    };
    if speedup > MORE_THAN_CAN_BE * f64::from(cores) {
        return Some(format!(
            "{shared}{speedup:.2} times faster is more than {cores} can give: something slowed the serial run down."
        ));
    }
    if speedup >= NEARLY_ALL * f64::from(cores) {
        return Some(format!("{shared}{speedup:.2} times faster is nearly all that {cores} can give."));
    }
    let losses = [
        (account.tail_s, Loss::Tail),
        (account.extra_s, Loss::Extra),
        (account.waiting_s, Loss::Waiting),
        (account.starting_s, Loss::Starting),
    ];
    let (lost, why) = losses.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let share = 100.0 * lost / account.capacity_s;
    let because = match why {
        Loss::Tail => {
            let last = spans.iter().max_by(|a, b| a.to.unwrap_or(0.0).total_cmp(&b.to.unwrap_or(0.0)))?.task;
            format!(
                "{share:.0} % of the core time was idle at the end, while the last tasks ran (task {last} ended \
                 last).{}",
                advice_on_order(run, spans, cores)
            )
        }
        Loss::Extra => format!(
            "The same work took {:.2} times the CPU time of the serial run: cores that share caches, memory or a \
             clock rate slow each other down.",
            (account.useful_s + account.extra_s) / account.useful_s
        ),
        Loss::Waiting => {
            format!(
                "{share:.0} % of the core time the workers waited for a core: others used this machine too."
            )
        }
        Loss::Starting => {
            format!(
                "{share:.0} % of the core time went by before the last task was taken: starting and handing out."
            )
        }
    };
    Some(shared + &because)
}

/// What the order of the queue allows, where another order would allow clearly more.
fn advice_on_order(run: &RunReport, spans: &[Span], cores: u32) -> String {
    // From this ratio on the order of the queue is worth a word.
    const CLEARLY: f64 = 1.02;
    let tasks: Vec<f64> = spans.iter().map(|span| span.to.unwrap_or(span.from) - span.from).collect();
    let (now, best) = (ceiling(&tasks, cores), ceiling_largest_first(&tasks, cores));
    // With more workers than cores there is hardly a queue: all of them share the cores at once.
    if run.workers > cores || best < now * CLEARLY {
        return String::new();
    }
    format!(" This order allows {now:.2} times, largest first {best:.2}.")
}

/// What took most of the time that was lost.
#[derive(Clone, Copy)]
enum Loss {
    Tail,
    Extra,
    Waiting,
    Starting,
}

#[cfg(test)]
mod tests {
    use super::super::lab::Mode;
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

    fn report(mode: Mode, workers: u32, real_s: f64, user_s: f64) -> RunReport {
        let answers = vec![Some(1); NINE.len()];
        RunReport { mode, workers, real_s, user_s, sys_s: 0.0, answers, answer_ok: true }
    }

    /// The nine tasks as list scheduling lays them, each `stretch` times as long, from `begin` on.
    fn scheduled(workers: usize, begin: f64, stretch: f64) -> (Vec<Span>, f64) {
        let mut free = vec![begin; workers];
        let mut spans = Vec::new();
        for (task, length) in (1..).zip(NINE) {
            let worker = (0..workers).min_by(|&a, &b| free[a].total_cmp(&free[b])).expect("a worker");
            spans.push(Span { task, worker: worker as u32 + 1, from: free[worker], to: None });
            free[worker] += length * stretch;
            spans[task as usize - 1].to = Some(free[worker]);
        }
        (spans, free.into_iter().fold(0.0, f64::max))
    }

    #[test]
    fn the_account_closes() {
        let serial = report(Mode::Serial, 1, 45.0, 45.0);
        for (workers, cpus) in [(4, 8), (4, 4), (4, 2), (9, 2), (1, 1)] {
            let (spans, end) = scheduled(workers, 0.5, 1.25);
            let run = report(Mode::Pool, workers as u32, end + 0.25, 50.0);
            let account = Account::new(&serial, &run, &spans, cpus).expect("right runs");
            let sum =
                account.useful_s + account.extra_s + account.waiting_s + account.starting_s + account.tail_s;
            assert!((sum - account.capacity_s).abs() < 1e-9, "{account:?}");
            assert!(account.starting_s >= 0.0 && account.tail_s >= 0.0, "{account:?}");
        }
    }

    #[test]
    fn the_greatest_loss_is_named() {
        let serial = report(Mode::Serial, 1, 45.0, 45.0);
        let why = |workers: usize, cpus, begin, stretch, user| {
            let (spans, end) = scheduled(workers, begin, stretch);
            let run = report(Mode::Pool, workers as u32, end, user);
            why_not(&serial, &run, &spans, cpus).expect("right runs")
        };
        let tail = why(4, 4, 0.0, 1.0, 45.0);
        assert!(tail.contains("25 %") && tail.contains("task 9"), "{tail}");
        assert!(tail.contains("allows 3.00 times, largest first 3.75"), "{tail}");
        assert!(why(4, 4, 0.0, 3.0, 135.0).contains("3.00 times the CPU time"));
        assert!(why(4, 4, 0.0, 3.0, 45.0).contains("waited for a core"));
        assert!(why(4, 4, 30.0, 1.0, 45.0).contains("starting"));
        assert!(why(1, 1, 0.0, 1.0, 45.0).contains("nearly all"));
        assert!(why(9, 2, 0.0, 2.0, 45.0).contains("more than 2 can give"));
        assert!(why(9, 2, 0.0, 4.0, 45.0).starts_with("9 workers share 2 cores. "));
    }

    #[test]
    fn nothing_is_said_of_runs_that_are_not_right() {
        let serial = report(Mode::Serial, 1, 45.0, 45.0);
        let (mut spans, end) = scheduled(2, 0.0, 1.0);
        let mut run = report(Mode::Pool, 2, end, 45.0);
        assert!(why_not(&serial, &run, &spans, 2).is_some());
        run.answer_ok = false;
        assert_eq!(why_not(&serial, &run, &spans, 2), None);
        run.answer_ok = true;
        spans[3].to = None;
        assert_eq!(why_not(&serial, &run, &spans, 2), None);
        spans.pop();
        assert_eq!(why_not(&serial, &run, &spans, 2), None);
    }

    #[test]
    fn spans_follow_the_news() {
        let mut spans = Vec::new();
        let done = LabNews::TaskDone { task: 1, worker: 2, at: 0.75, answer: 7, right: true };
        let start = LabNews::RunStarted { index: 0, mode: Mode::Pool, workers: 2, tasks: 1 };
        note(&mut spans, &done);
        assert!(spans.is_empty(), "an end without a beginning is no span");
        note(&mut spans, &LabNews::TaskStarted { task: 1, worker: 2, at: 0.25 });
        note(&mut spans, &done);
        assert_eq!(spans, [Span { task: 1, worker: 2, from: 0.25, to: Some(0.75) }]);
        note(&mut spans, &start);
        assert!(spans.is_empty());
    }
}
