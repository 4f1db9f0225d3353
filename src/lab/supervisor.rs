//! The supervisor: starts the workers of each run, listens to them, measures, reports, and ends everything below it
//! when its lifeline breaks. It has one thread; it sleeps in poll(2) while the workers work.

use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::unistd::Pid;

use super::order::{Order, Role, THIS_PROGRAM, Work};
use super::protocol::{GARBLED, Lines, SupervisorSaid, WorkerSaid, now_ns, say, seconds_between};
use super::workloads::{self, Workload};
use super::{safety, worker};
use crate::model::lab::{LabPlan, Mode, RunReport};

/// How long the speed of the machine is measured before the first run.
const PROBE: Duration = Duration::from_millis(50);

/// Why a plan did not run to its end.
enum Halt {
    /// The monitor is gone, or wants the end.
    Lifeline,
    /// A sentence for the user.
    Failed(String),
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Halt {
        Halt::Failed(format!("The lab could not go on: {error}."))
    }
}

/// Runs the supervisor to its end.
pub(super) fn main(order: &Order, plan: &LabPlan) -> ExitCode {
    let time = safety::LIMIT * u32::try_from(plan.runs.len()).unwrap_or(1).max(1);
    let settled =
        safety::settle_supervisor(time).and_then(|deadline| Ok((deadline, Supervisor::new(order)?)));
    let Ok((_deadline, supervisor)) = settled else { return ExitCode::FAILURE };
    safety::set_name(&format!("lab:{}", plan.workload));
    let halt = supervisor.run(plan);
    safety::end_everything();
    let (problem, code) = match halt {
        Ok(()) => (None, ExitCode::SUCCESS),
        Err(Halt::Lifeline) => (Some("The run was stopped.".to_owned()), ExitCode::FAILURE),
        Err(Halt::Failed(sentence)) => (Some(sentence), ExitCode::FAILURE),
    };
    // The last word; nobody may be there to hear it.
    let _ = supervisor.tell(&SupervisorSaid::Ended(problem));
    code
}

/// Its two ends of pipes to the monitor, and what it tells its workers about itself.
struct Supervisor<'a> {
    order: &'a Order,
    lifeline: OwnedFd,
    news: File,
}

impl Supervisor<'_> {
    fn new(order: &Order) -> io::Result<Supervisor<'_>> {
        let lifeline = io::stdin().as_fd().try_clone_to_owned()?;
        let news = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Ok(Supervisor { order, lifeline, news })
    }

    /// Tells the monitor; one that does not listen any more is gone.
    fn tell(&self, what: &SupervisorSaid) -> Result<(), Halt> {
        say(&self.news, what).map_err(|_| Halt::Lifeline)
    }

    fn run(&self, plan: &LabPlan) -> Result<(), Halt> {
        let workload = workloads::find(&plan.workload).ok_or_else(|| Halt::Failed(GARBLED.to_owned()))?;
        let rounds = plan.serial_seconds.map_or(1, |seconds| calibrate(workload, seconds));
        for (index, &(mode, workers)) in plan.runs.iter().enumerate() {
            let tasks = workload.info.tasks;
            self.tell(&SupervisorSaid::RunStarted { index, mode, workers, tasks })?;
            self.one_run(workload, rounds, mode, workers)?;
        }
        Ok(())
    }

    fn one_run(
        &self,
        workload: &'static Workload,
        rounds: u32,
        mode: Mode,
        workers: u32,
    ) -> Result<(), Halt> {
        let cpu_before = cpu_of_children()?;
        let (reports, report_end) = io::pipe()?;
        let start_ns = now_ns()?;
        let mut run = Run { workload, start_ns, answers: vec![None; workload.info.tasks as usize] };
        let mut pids = self.start_workers(workload, rounds, mode, workers, &report_end)?;
        // Now only workers hold it, so the end of the file is the end of the last of them.
        drop(report_end);
        let in_time = self.listen(&mut run, reports, safety::LIMIT)?;
        if !in_time {
            safety::end_everything();
        }
        safety::reap(&mut pids);
        let real_s = seconds_between(start_ns, now_ns()?);
        let cpu_after = cpu_of_children()?;
        // Whatever a worker may have left behind must not disturb the next run.
        safety::end_everything();
        self.tell(&SupervisorSaid::RunDone(RunReport {
            mode,
            workers,
            real_s,
            user_s: (cpu_after.0 - cpu_before.0) as f64 / 1e6,
            sys_s: (cpu_after.1 - cpu_before.1) as f64 / 1e6,
            answer_ok: run.is_right(),
            answers: run.answers,
        }))?;
        if in_time {
            return Ok(());
        }
        let limit = safety::LIMIT.as_secs();
        Err(Halt::Failed(format!("The run was ended at its limit of {limit} seconds.")))
    }

    /// Starts all worker processes of a run; `report_end` is where they say what they do.
    fn start_workers(
        &self,
        workload: &Workload,
        rounds: u32,
        mode: Mode,
        workers: u32,
        report_end: &io::PipeWriter,
    ) -> Result<Vec<Pid>, Halt> {
        let (processes, threads) = match mode {
            Mode::Serial => (1, None),
            Mode::Threads => (1, Some(workers)),
            Mode::Processes | Mode::Pool => (workers, None),
        };
        let id = workload.info.id;
        let shared = worker::queue(&workload.tasks())?;
        let mut pids = Vec::new();
        for worker in 1..=processes {
            let queue =
                if mode == Mode::Processes { worker::queue(&[worker])? } else { shared.try_clone()? };
            let work = Work { workload: id.to_owned(), rounds, worker, of: processes, threads };
            let order =
                Order { run: self.order.run.clone(), parent: std::process::id(), role: Role::Worker(work) };
            let title = format!("lab:{id} {worker}/{processes}");
            let program = Path::new(THIS_PROGRAM);
            let mut command = order.command(program, &title, queue, report_end.try_clone()?)?;
            let child = command.spawn().map_err(|error| {
                Halt::Failed(format!("Worker {worker} of {processes} could not be started: {error}."))
            })?;
            pids.push(Pid::from_raw(child.id() as i32));
            // Threads are workers too: all of them are found in this process.
            let last = worker + threads.unwrap_or(1).saturating_sub(1);
            for worker in worker..=last {
                self.tell(&SupervisorSaid::WorkerStarted { worker, pid: child.id() })?;
            }
        }
        Ok(pids)
    }

    /// Listens until the last worker has closed its end; says whether that was before `limit`.
    fn listen(&self, run: &mut Run, mut reports: PipeReader, limit: Duration) -> Result<bool, Halt> {
        let end = Instant::now() + limit;
        let mut lines = Lines::default();
        let mut buffer = [0; 4096];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            let mut fds = [
                PollFd::new(self.lifeline.as_fd(), PollFlags::POLLIN),
                PollFd::new(reports.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut fds, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
            // Nothing is ever written to the lifeline: whatever poll has to say about it means its end.
            let [lifeline_broke, something_said] = fds.map(|fd| fd.any().unwrap_or(true));
            if lifeline_broke {
                return Err(Halt::Lifeline);
            }
            if !something_said {
                continue;
            }
            let length = match reports.read(&mut buffer) {
                Ok(0) => return Ok(true),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            for line in lines.feed(buffer.get(..length).unwrap_or_default())? {
                let said = serde_json::from_slice(&line).ok().and_then(|said| run.note(said));
                self.tell(&said.ok_or_else(|| Halt::Failed(GARBLED.to_owned()))?)?;
            }
        }
    }
}

/// What is known of a run while it runs.
struct Run {
    workload: &'static Workload,
    start_ns: u64,
    answers: Vec<Option<u64>>,
}

impl Run {
    /// Takes down what a worker said; `None` where it makes no sense.
    fn note(&mut self, said: WorkerSaid) -> Option<SupervisorSaid> {
        let index = |task: u32| usize::try_from(task.checked_sub(1)?).ok();
        Some(match said {
            WorkerSaid::Started { task, worker, at_ns } => {
                self.answers.get(index(task)?)?;
                SupervisorSaid::TaskStarted { task, worker, at: seconds_between(self.start_ns, at_ns) }
            }
            WorkerSaid::Done { task, worker, at_ns, answer } => {
                *self.answers.get_mut(index(task)?)? = Some(answer);
                let at = seconds_between(self.start_ns, at_ns);
                let right = self.workload.is_right(task, answer);
                SupervisorSaid::TaskDone { task, worker, at, answer, right }
            }
        })
    }

    /// Whether every answer is there and right.
    fn is_right(&self) -> bool {
        (1..).zip(&self.answers).all(|(task, answer)| answer.is_some_and(|a| self.workload.is_right(task, a)))
    }
}

/// CPU time in user and in kernel mode of all children that were waited for, microseconds: `RUSAGE_CHILDREN` in
/// getrusage(2).
fn cpu_of_children() -> io::Result<(i64, i64)> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok((usage.user_time().num_microseconds(), usage.system_time().num_microseconds()))
}

/// How often each task must be done for a serial run of `seconds`: at least once.
fn calibrate(workload: &Workload, seconds: f64) -> u32 {
    let begin = Instant::now();
    let mut quickest = f64::INFINITY;
    // The quickest of several: what others take from this machine meanwhile only ever makes a pass slower.
    while begin.elapsed() < PROBE {
        let pass = Instant::now();
        std::hint::black_box((workload.run)(1));
        quickest = quickest.min(pass.elapsed().as_secs_f64());
    }
    let once = quickest * workload.total_weight() / (workload.weight)(1);
    // A cast from float stays within the bounds of the type.
    ((seconds / once).round() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> Run {
        let workload = workloads::find("primes").expect("the first workload");
        Run { workload, start_ns: 1_000_000_000, answers: vec![None; 9] }
    }

    #[test]
    fn a_run_is_right_only_with_every_answer_right() {
        let mut run = run();
        for task in 1..=9 {
            assert!(!run.is_right());
            let answer = (run.workload.answer)(task).expect("known");
            let said = run.note(WorkerSaid::Done { task, worker: 2, at_ns: 1_500_000_000, answer });
            let right = SupervisorSaid::TaskDone { task, worker: 2, at: 0.5, answer, right: true };
            assert_eq!(said, Some(right));
        }
        assert!(run.is_right());
        run.note(WorkerSaid::Done { task: 4, worker: 1, at_ns: 0, answer: 4 });
        assert!(!run.is_right());
    }

    /// Listens to `said`, with or without the lifeline and somebody who might say more; gives the news as well.
    fn listen(
        said: &[WorkerSaid],
        lifeline: bool,
        more: bool,
        limit: Duration,
    ) -> (Result<bool, Halt>, String) {
        let plan = LabPlan { workload: String::new(), runs: Vec::new(), serial_seconds: None };
        let order = Order { run: String::new(), parent: 0, role: Role::Supervisor(plan) };
        let (lifeline_end, held) = io::pipe().expect("a pipe");
        let held = lifeline.then_some(held);
        let (mut heard, news) = io::pipe().expect("a pipe");
        let (reports, mut worker) = io::pipe().expect("a pipe");
        for said in said {
            say(&mut worker, said).expect("room in the pipe");
        }
        let worker = more.then_some(worker);
        let supervisor =
            Supervisor { order: &order, lifeline: lifeline_end.into(), news: OwnedFd::from(news).into() };
        let result = supervisor.listen(&mut run(), reports, limit);
        drop((supervisor, held, worker));
        let mut told = String::new();
        heard.read_to_string(&mut told).expect("lines of JSON");
        (result, told)
    }

    #[test]
    fn listening_ends_with_the_workers_the_lifeline_or_the_limit() {
        let said = [WorkerSaid::Started { task: 3, worker: 1, at_ns: 2_000_000_000 }];
        let (long, short) = (safety::LIMIT, Duration::from_millis(20));
        let (ended, told) = listen(&said, true, false, long);
        assert!(matches!(ended, Ok(true)));
        assert_eq!(told, "{\"TaskStarted\":{\"task\":3,\"worker\":1,\"at\":1.0}}\n");
        assert!(matches!(listen(&said, true, true, short).0, Ok(false)));
        assert!(matches!(listen(&said, false, true, long).0, Err(Halt::Lifeline)));
        let nonsense = [WorkerSaid::Started { task: 10, worker: 1, at_ns: 0 }];
        assert!(matches!(listen(&nonsense, true, true, long).0, Err(Halt::Failed(_))));
    }

    #[test]
    fn tasks_that_do_not_exist_make_no_sense() {
        for task in [0, 10, u32::MAX] {
            assert_eq!(run().note(WorkerSaid::Started { task, worker: 1, at_ns: 0 }), None);
            assert_eq!(run().note(WorkerSaid::Done { task, worker: 1, at_ns: 0, answer: 0 }), None);
        }
    }
}
