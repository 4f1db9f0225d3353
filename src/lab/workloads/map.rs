//! *map*: a caller, a pool of workers, and the ways in which results come back.
//!
//! The caller is a process that forks the pool, as the main program of Python's multiprocessing does: tasks go out by
//! one pipe, from which whoever is free takes the next, and results come back by another.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, Signal, kill_process};

use super::super::pulse::{Pulse, cpu_ns, now_ns, sleep_ns};
use super::super::random::Random;
use super::super::scene::{Child, Scene};
use super::common::is_prime;
use super::knobs::{choice, number};
use super::{Kind, Workload};
use crate::model::lab::{BlockedOn, Bounds, Fate, Group, Mark, Mode, Settings, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "map",
            group: Group::Compute,
            title: "how results come back from a pool: map, imap, unordered, lazy, async",
            lesson: "map gives all results at the end, imap each in its turn, unordered each when it is ready. Whoever \
                     waits for each result before he submits the next task has paid for a pool and uses one worker.",
            watch: "The caller's lane: what it waits for, and how many results it holds back. Compare the orders of \
                    finishing and of delivery.",
            modes: &[Mode::Pool, Mode::Serial],
            workers: Workers::Exactly(4),
            knobs: vec![
                choice(
                    "api",
                    "how the caller gets its results",
                    &["map", "imap", "unordered", "lazy", "async"],
                    "imap",
                ),
                number("tasks", "number of tasks", [1.0, 64.0, 1.0], "6"),
                number("length", "a task takes about so many ms", [1.0, 2000.0, 10.0], "200"),
                number("jitter", "give or take so many per cent", [0.0, 100.0, 10.0], "60"),
                choice("work", "what a task does for that time", &["sleep", "compute"], "sleep"),
                number(
                    "timeout",
                    "the caller gives up its first result after so many ms; 0 for never",
                    [0.0, 5000.0, 50.0],
                    "0",
                ),
                number(
                    "callback",
                    "the caller computes so many ms for each result",
                    [0.0, 1000.0, 10.0],
                    "0",
                ),
                choice(
                    "end",
                    "how the pool ends: after its tasks, or at once",
                    &["close", "terminate"],
                    "close",
                ),
                number("seed", "which of the uneven lengths", [0.0, 999_999.0, 1.0], "1"),
            ],
            bounds: Bounds { processes: 67, seconds: 120, ..Bounds::ORDINARY },
        },
        kind: Kind::Scene(scene),
        probe: None,
    }
}

fn scene(scene: &Scene) -> io::Result<()> {
    let caller = scene.fork("caller", |pulse| {
        let order = Order::new(scene.settings);
        let pool = (scene.mode != Mode::Serial).then(|| Pool::start(scene, &order)).transpose()?;
        pulse.start();
        let mut caller =
            Caller { scene, order, pool, from: now_ns(), finished: Vec::new(), delivered: Vec::new() };
        caller.run(pulse)?;
        pulse.stop();
        caller.tell();
        Ok(())
    })?;
    match scene.wait(caller)? {
        Fate::Exited(0) => Ok(()),
        _ => Err(io::Error::other("the caller did not come to its end")),
    }
}

/// What the knobs say of the tasks.
struct Order {
    /// Length of each, nanoseconds.
    lengths: Vec<u64>,
    compute: bool,
}

impl Order {
    fn new(settings: &Settings) -> Order {
        let mut random = Random::new(u64::from(settings.whole("seed")));
        let length = u64::from(settings.whole("length")) * 1_000_000;
        let spread = length * u64::from(settings.whole("jitter")) / 100;
        let lengths = (0..settings.whole("tasks")).map(|_| length - spread + random.below(2 * spread + 1));
        Order { lengths: lengths.collect(), compute: settings.word("work") == "compute" }
    }

    fn count(&self) -> u32 {
        self.lengths.len() as u32
    }

    /// Does a task: the square of its number, counted from 0, after a time.
    fn run(&self, task: u32, pulse: &mut Pulse) -> u64 {
        let length = self.lengths.get(task.saturating_sub(1) as usize).copied().unwrap_or(0);
        pulse.begin(task);
        if self.compute {
            let end = cpu_ns() + length;
            compute_until(pulse, || cpu_ns() >= end);
        } else {
            pulse.wait(BlockedOn::Sleep, || sleep_ns(length));
        }
        let answer = square(task);
        pulse.end(answer);
        answer
    }
}

fn square(task: u32) -> u64 {
    u64::from(task.saturating_sub(1)).pow(2)
}

fn compute_until(pulse: &mut Pulse, is_done: impl Fn() -> bool) {
    while !is_done() {
        is_prime(20_011, pulse);
    }
}

/// The workers and the pipes to and from them.
struct Pool {
    workers: Vec<Child>,
    tasks: Option<PipeWriter>,
    results: PipeReader,
}

impl Pool {
    fn start(scene: &Scene, order: &Order) -> io::Result<Pool> {
        let (take, give) = io::pipe()?;
        let (results, deliver) = io::pipe()?;
        let give = Cell::new(Some(give));
        let mut workers = Vec::new();
        for number in 1..=scene.workers {
            workers.push(scene.fork(&format!("{number}/{}", scene.workers), |pulse| {
                // Its own copy: while somebody can write, the tasks have no end.
                drop(give.take());
                pulse.start();
                while let Some(task) = next_task(pulse, &take)? {
                    let answer = order.run(task, pulse);
                    (&deliver).write_all(&record(task, answer))?;
                }
                Ok(())
            })?);
        }
        Ok(Pool { workers, tasks: give.take(), results })
    }

    /// No more tasks; the workers end when they have done what was submitted.
    fn close(&mut self, scene: &Scene) -> io::Result<()> {
        self.tasks = None;
        self.workers.drain(..).try_for_each(|worker| scene.wait(worker).map(drop))
    }

    /// The workers end at once, whatever they are about.
    fn terminate(&mut self, scene: &Scene) -> io::Result<()> {
        // Not waited for yet, so the pids are certainly theirs.
        for worker in &self.workers {
            if let Some(pid) = Pid::from_raw(worker.pid.cast_signed()) {
                let _ = kill_process(pid, Signal::TERM);
            }
        }
        self.close(scene)
    }
}

/// The next task from the pipe that all workers share; `None` when there will be no more. One task is one write and
/// one read, so that nobody gets half of one: pipe(7).
fn next_task(pulse: &mut Pulse, mut take: &PipeReader) -> io::Result<Option<u32>> {
    let mut number = [0; 4];
    match pulse.wait(BlockedOn::Empty, || take.read_exact(&mut number)) {
        Ok(()) => Ok(Some(u32::from_ne_bytes(number))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// A result on its way.
fn record(task: u32, answer: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (to, from) in
        bytes.iter_mut().zip(u64::from(task).to_ne_bytes().into_iter().chain(answer.to_ne_bytes()))
    {
        *to = from;
    }
    bytes
}

fn unrecord(bytes: [u8; 16]) -> (u32, u64) {
    match bytes.as_chunks::<8>().0 {
        [task, answer] => (u64::from_ne_bytes(*task) as u32, u64::from_ne_bytes(*answer)),
        _ => (0, 0),
    }
}

/// Which results can be delivered in the order of the tasks, as they come in.
#[derive(Default)]
struct InOrder {
    delivered: u32,
    held: BTreeSet<u32>,
}

impl InOrder {
    /// Task `task` is done: those that can be delivered now.
    fn came(&mut self, task: u32) -> Vec<u32> {
        self.held.insert(task);
        let from = self.delivered + 1;
        while self.held.remove(&(self.delivered + 1)) {
            self.delivered += 1;
        }
        (from..=self.delivered).collect()
    }
}

/// The main program.
struct Caller<'a> {
    scene: &'a Scene<'a>,
    order: Order,
    pool: Option<Pool>,
    /// When it began, `CLOCK_MONOTONIC` in nanoseconds.
    from: u64,
    /// Tasks and answers in the order in which they came.
    finished: Vec<(u32, u64)>,
    /// Tasks in the order in which they were delivered, and when.
    delivered: Vec<(u32, u64)>,
}

impl Caller<'_> {
    fn run(&mut self, pulse: &mut Pulse) -> io::Result<()> {
        let tasks: Vec<u32> = (1..=self.order.count()).collect();
        if self.pool.is_none() {
            for task in tasks {
                let answer = self.order.run(task, pulse);
                self.finished.push((task, answer));
                self.deliver(task, pulse);
            }
            return Ok(());
        }
        match self.scene.settings.word("api") {
            "lazy" => {
                for task in tasks {
                    self.submit(task)?;
                    self.patiently(pulse)?;
                    self.receive(pulse)?;
                    self.deliver(task, pulse);
                }
                self.end()?;
            }
            "async" => {
                tasks.iter().try_for_each(|&task| self.submit(task))?;
                self.patiently(pulse)?;
                // Something of its own meanwhile, about as long as a task.
                pulse.begin(self.order.count() + 1);
                let end = now_ns() + self.order.lengths.iter().copied().max().unwrap_or(0);
                compute_until(pulse, || now_ns() >= end);
                pulse.end(0);
                self.end()?;
                while self.receive(pulse)? {}
                let mut done: Vec<u32> = self.finished.iter().map(|&(task, _)| task).collect();
                done.sort_unstable();
                for task in done {
                    self.deliver(task, pulse);
                }
            }
            api => {
                tasks.iter().try_for_each(|&task| self.submit(task))?;
                self.patiently(pulse)?;
                let mut in_order = InOrder::default();
                while self.finished.len() < tasks.len() && self.receive(pulse)? {
                    let Some(&(task, _)) = self.finished.last() else { break };
                    match api {
                        "imap" => {
                            let ready = in_order.came(task);
                            pulse.mark(Mark::Depth(in_order.held.len() as u32));
                            for task in ready {
                                self.deliver(task, pulse);
                            }
                        }
                        "unordered" => self.deliver(task, pulse),
                        _ => pulse.mark(Mark::Depth(self.finished.len() as u32)),
                    }
                }
                if api == "map" && self.finished.len() == tasks.len() {
                    for task in tasks {
                        self.deliver(task, pulse);
                    }
                }
                self.end()?;
            }
        }
        Ok(())
    }

    fn submit(&mut self, task: u32) -> io::Result<()> {
        let pipe = self.pool.as_ref().and_then(|pool| pool.tasks.as_ref());
        pipe.map_or(Ok(()), |mut pipe| pipe.write_all(&task.to_ne_bytes()))
    }

    /// Waits for the next result; false where there will be none.
    fn receive(&mut self, pulse: &mut Pulse) -> io::Result<bool> {
        let Some(pool) = &self.pool else { return Ok(false) };
        let mut bytes = [0; 16];
        match pulse.wait(BlockedOn::Others, || (&pool.results).read_exact(&mut bytes)) {
            Ok(()) => self.finished.push(unrecord(bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Waits for a first result no longer than the knob says, and tells if it did not come.
    fn patiently(&mut self, pulse: &mut Pulse) -> io::Result<()> {
        let ms = self.scene.settings.whole("timeout");
        let Some(pool) = self.pool.as_ref().filter(|_| ms > 0 && self.finished.is_empty()) else {
            return Ok(());
        };
        let timeout = PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(pool.results.as_fd(), PollFlags::POLLIN)];
        let came = match pulse.wait(BlockedOn::Others, || poll(&mut fds, timeout)) {
            Ok(ready) => ready.min(1),
            // Nobody sends it signals; then nothing can be said.
            Err(Errno::EINTR) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        self.scene.figure("results within the timeout", f64::from(came), "");
        if came == 0 {
            self.scene.note(format!(
                "No result within {ms} ms: the caller gives up waiting, but the worker goes on with its task."
            ));
        }
        Ok(())
    }

    /// The result of `task` is there for whoever asked, and for the callback.
    fn deliver(&mut self, task: u32, pulse: &mut Pulse) {
        self.delivered.push((task, now_ns() - self.from));
        let callback = u64::from(self.scene.settings.whole("callback")) * 1_000_000;
        if callback > 0 {
            let end = now_ns() + callback;
            pulse.begin(task);
            compute_until(pulse, || now_ns() >= end);
            pulse.end(square(task));
        }
    }

    fn end(&mut self) -> io::Result<()> {
        let Some(pool) = &mut self.pool else { return Ok(()) };
        match self.scene.settings.word("end") {
            "terminate" => pool.terminate(self.scene),
            _ => pool.close(self.scene),
        }
    }

    /// Says and checks what came of it.
    fn tell(&self) {
        let scene = self.scene;
        let line = |tasks: &mut dyn Iterator<Item = u64>| {
            tasks.map(|task| task.to_string()).collect::<Vec<_>>().join(" ")
        };
        let finished = line(&mut self.finished.iter().map(|&(task, _)| u64::from(task)));
        let delivered = line(&mut self.delivered.iter().map(|&(task, _)| u64::from(task)));
        scene.note(format!("Finished: {finished}"));
        scene.note(format!("Delivered: {delivered}"));
        let api = scene.settings.word("api");
        let may_be_cut_short = api == "async" && scene.settings.word("end") == "terminate";
        let mut answers = self.finished.clone();
        answers.sort_unstable();
        let expected: Vec<u32> = if may_be_cut_short {
            answers.iter().map(|&(task, _)| task).collect()
        } else {
            (1..=self.order.count()).collect()
        };
        scene.check(
            "squares",
            line(&mut expected.iter().map(|&task| square(task))),
            line(&mut answers.iter().map(|&(_, answer)| answer)),
        );
        let order = match api {
            "unordered" => finished,
            _ => line(&mut expected.iter().map(|&task| u64::from(task))),
        };
        scene.check("order of delivery", order, delivered);
        scene.figure("tasks done", self.finished.len() as f64, "");
        if let Some((_, first)) = self.delivered.first() {
            let sum: u64 = self.delivered.iter().map(|&(_, at)| at).sum();
            scene.figure("first result after", *first as f64 / 1e9, "s");
            scene.figure("results after, on average", sum as f64 / self.delivered.len() as f64 / 1e9, "s");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_head_holds_back_those_behind_it() {
        let mut in_order = InOrder::default();
        assert!(in_order.came(2).is_empty());
        assert!(in_order.came(4).is_empty());
        assert_eq!(in_order.came(1), [1, 2]);
        assert_eq!((in_order.came(3), in_order.held.len()), (vec![3, 4], 0));
    }

    #[test]
    fn a_result_survives_its_way() {
        for (task, answer) in [(1, 0), (64, 3969), (u32::MAX, u64::MAX)] {
            assert_eq!(unrecord(record(task, answer)), (task, answer));
        }
        assert_eq!((1..=6).map(square).collect::<Vec<_>>(), [0, 1, 4, 9, 16, 25]);
    }

    #[test]
    fn lengths_stay_within_the_jitter() {
        let mut settings = Settings::defaults(&workload().info.knobs);
        settings.set("tasks", "64");
        let lengths = Order::new(&settings).lengths;
        assert!(lengths.iter().all(|ns| (80_000_000..=320_000_000).contains(ns)));
        assert_eq!(lengths, Order::new(&settings).lengths, "the seed says which");
        settings.set("jitter", "0");
        assert_eq!(Order::new(&settings).lengths, [200_000_000; 64]);
    }
}
