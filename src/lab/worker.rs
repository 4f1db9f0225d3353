//! The worker's side: takes tasks from the queue, does them, says so.
//!
//! The queue is a pipe that was filled and closed before the run: whoever reads next gets the next task, and the end
//! of the file is the end of the work. The kernel keeps the order, and nobody has to hand anything out.

use std::fs::File;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use super::order::{Order, Work};
use super::protocol::{WorkerSaid, now_ns, say};
use super::safety;
use super::workloads::{self, Workload};

/// Most tasks of a workload: so many fit into an empty pipe of the smallest size, one page: pipe(7).
pub(super) const MAX_TASKS: u32 = (4096 / TASK_BYTES) as u32;

/// A task in the queue is its number in this many bytes.
const TASK_BYTES: usize = 4;

/// Longest name of a process or thread, bytes: `PR_SET_NAME` in prctl(2).
const NAME_BYTES: usize = 15;

/// A queue with these tasks, ready to be read to its end.
pub(super) fn queue(tasks: &[u32]) -> io::Result<PipeReader> {
    if tasks.len() > MAX_TASKS as usize {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let (reader, mut writer) = io::pipe()?;
    let bytes: Vec<u8> = tasks.iter().flat_map(|task| task.to_ne_bytes()).collect();
    writer.write_all(&bytes)?;
    Ok(reader)
}

/// The next task; `None` at the end of the queue.
///
/// All read the same number of bytes at a time and read(2) on a pipe is one piece, so no task is torn.
fn next(mut queue: &File) -> io::Result<Option<u32>> {
    let mut bytes = [0; TASK_BYTES];
    loop {
        match queue.read(&mut bytes) {
            Ok(0) => return Ok(None),
            Ok(TASK_BYTES) => return Ok(Some(u32::from_ne_bytes(bytes))),
            Ok(_) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The name of worker process `worker` of `of`: `lab:primes 3/8`, or `lab:primes 12` where that is too long.
pub(super) fn name(workload: &str, worker: u32, of: u32) -> String {
    let full = format!("lab:{workload} {worker}/{of}");
    if full.len() <= NAME_BYTES {
        return full;
    }
    let number = format!(" {worker}");
    let mut short = format!("lab:{workload}");
    short.truncate(NAME_BYTES.saturating_sub(number.len()));
    short + &number
}

/// Runs a worker process to its end.
pub(super) fn main(order: &Order, work: &Work) -> ExitCode {
    match run(order, work) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn run(order: &Order, work: &Work) -> io::Result<()> {
    let workload = workloads::find(&work.workload).ok_or(io::ErrorKind::NotFound)?;
    let _deadline = safety::settle_worker(order.parent, work.threads.unwrap_or(1))?;
    safety::set_name(&name(workload.info.id, work.worker, work.of));
    let bench = Bench {
        workload,
        rounds: work.rounds,
        queue: File::from(io::stdin().as_fd().try_clone_to_owned()?),
        report: File::from(io::stdout().as_fd().try_clone_to_owned()?),
    };
    let Some(threads) = work.threads else {
        return bench.drain(work.worker, |_| ());
    };
    std::thread::scope(|scope| {
        let mut started = Vec::new();
        for worker in 1..=threads {
            let bench = &bench;
            started.push(std::thread::Builder::new().spawn_scoped(scope, move || {
                safety::set_name(&format!("w{worker}"));
                // So that any tool that lists threads shows who does what.
                bench.drain(worker, |task| safety::set_name(&format!("w{worker} t{task}")))
            })?);
        }
        started.into_iter().try_for_each(|thread| thread.join().unwrap_or(Err(io::ErrorKind::Other.into())))
    })
}

/// What the workers of one process share.
struct Bench {
    workload: &'static Workload,
    rounds: u32,
    queue: File,
    report: File,
}

impl Bench {
    /// Does tasks until there are none.
    fn drain(&self, worker: u32, announce: impl Fn(u32)) -> io::Result<()> {
        while let Some(task) = next(&self.queue)? {
            announce(task);
            say(&self.report, &WorkerSaid::Started { task, worker, at_ns: now_ns()? })?;
            let answer = self.work(task);
            say(&self.report, &WorkerSaid::Done { task, worker, at_ns: now_ns()?, answer })?;
        }
        Ok(())
    }

    /// Does a task as often as the plan says; the answer of a round that was wrong, where there was one.
    fn work(&self, task: u32) -> u64 {
        let mut answer = (self.workload.run)(task);
        for _ in 1..self.rounds {
            if !self.workload.is_right(task, answer) {
                break;
            }
            answer = (self.workload.run)(task);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_gives_each_task_once_in_order_to_all_its_readers() {
        let tasks: Vec<u32> = (1..=MAX_TASKS).collect();
        let queue = queue(&tasks).expect("fits into a pipe");
        let other = File::from(std::os::fd::OwnedFd::from(queue.try_clone().expect("a copy")));
        let queue = File::from(std::os::fd::OwnedFd::from(queue));
        let mut got = Vec::new();
        loop {
            let reader = if got.len() % 3 == 0 { &other } else { &queue };
            match next(reader).expect("a whole task") {
                Some(task) => got.push(task),
                None => break,
            }
        }
        assert_eq!(got, tasks);
    }

    #[test]
    fn names_fit_and_keep_their_number() {
        assert_eq!(name("primes", 3, 8), "lab:primes 3/8");
        assert_eq!(name("primes", 12, 16), "lab:primes 12");
        assert_eq!(name("philosophers", 12, 16), "lab:philosop 12");
    }

    #[test]
    fn every_round_is_done_and_a_wrong_one_is_told() {
        use crate::model::lab::{Mode, WorkloadInfo};
        use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
        static CALLS: AtomicU64 = AtomicU64::new(0);
        static FAULTY: Workload = Workload {
            info: WorkloadInfo { id: "faulty", title: "", lesson: "", tasks: 1, modes: &[Mode::Serial] },
            // Right twice, then wrong once.
            run: |_| if CALLS.fetch_add(1, Relaxed) == 2 { 8 } else { 7 },
            answer: |_| Some(7),
            weight: |_| 1.0,
        };
        let null = || File::open("/dev/null").expect("the null device");
        let mut bench = Bench { workload: &FAULTY, rounds: 2, queue: null(), report: null() };
        assert_eq!((bench.work(1), CALLS.load(Relaxed)), (7, 2));
        bench.rounds = 10;
        assert_eq!((bench.work(1), CALLS.load(Relaxed)), (8, 3));
    }
}
