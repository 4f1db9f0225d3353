//! *catfacts*: requests to a server that takes its time, as programs that fetch things from the net have them.
//!
//! The server is a process of the run, on the loopback interface; nothing leaves the machine.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::Ordering::{Acquire, Release};

use super::super::engine::Tasks;
use super::super::pulse::Pulse;
use super::super::scene::Scene;
use super::common::task_knobs;
use super::http::{Client, Pace, many, one, serve};
use super::knobs::{choice, number};
use super::{Kind, Workload};
use crate::model::lab::{BlockedOn, Bounds, Group, Mark, Mode, RunPlan, Workers, WorkloadInfo};

/// Cells of the scene, after the engine's own: the server's port, and the most requests it had open at once.
const PORT: usize = 128;
const OPEN: usize = 129;

/// What the server knows. No two are equally long.
const FACTS: [&str; 20] = [
    "A cat sleeps for half of the day, or even for more of it.",
    "Cats purr both when they are content and when they are hurt.",
    "A group of kittens of one mother is a litter.",
    "Most cats have eighteen toes, five on each front paw and four on each hind paw.",
    "A cat cannot taste what is sweet.",
    "Whiskers tell a cat whether it fits through a gap.",
    "Cats walk on their toes, as dogs do.",
    "A cat's collarbone floats free, so that where its head goes through the rest can follow.",
    "Kittens are born with blue eyes.",
    "In dim light a cat sees far better than a human does, but it sees fewer colours by day.",
    "Each cat's nose has a pattern of its own.",
    "Cats turn each ear by itself, with more than a score of muscles.",
    "A falling cat turns its front first and its back after, and so lands on its feet without pushing against anything.",
    "Farmers kept cats near their grain nine thousand years ago.",
    "Cats rub against people to leave their scent there.",
    "A cat meows at people far more often than at other cats.",
    "Three colours in one coat nearly always mean that the cat is a female.",
    "The third eyelid of a cat wipes its eye clean.",
    "A sprinting cat can reach forty-five kilometres an hour for a short while.",
    "Cats drink by pulling up a thin column of water with the tip of the tongue.",
];

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "catfacts",
            group: Group::Waiting,
            title: "twenty requests to a slow server on this machine",
            lesson: "Whoever waits for others needs no CPU: eight workers are eight times faster even on one core, and \
                     one worker that waits for many answers at once is as good as all of them.",
            watch: "Lanes full of I, and dark cores. Then set the client to poll with a single worker.",
            modes: &[Mode::Threads, Mode::Serial, Mode::Pool],
            workers: Workers::Exactly(8),
            knobs: task_knobs(vec![
                number("tasks", "number of requests", [1.0, 64.0, 1.0], "20"),
                number("latency", "the server answers after so many ms", [0.0, 1000.0, 10.0], "50"),
                number("jitter", "give or take so many ms", [0.0, 500.0, 10.0], "0"),
                choice(
                    "client",
                    "a worker waits for one answer at a time, or for all of its answers at once",
                    &["blocking", "poll"],
                    "blocking",
                ),
            ]),
            bounds: Bounds { processes: 67, seconds: 90, ..Bounds::ORDINARY },
        },
        kind: Kind::Tasks(|run| Box::new(Requests::new(run))),
        probe: None,
    }
}

/// The fact that a request asks for; requests count from 1.
fn fact(task: u32) -> &'static str {
    let at = (task.saturating_sub(1) as usize) % FACTS.len();
    FACTS.get(at).copied().unwrap_or_default()
}

/// The requests of a run.
struct Requests {
    count: u32,
    pace: Pace,
    poll: bool,
}

impl Requests {
    fn new(run: &RunPlan) -> Requests {
        let settings = &run.settings;
        let ms = |knob: &str| u64::from(settings.whole(knob)) * 1_000_000;
        Requests {
            count: settings.whole("tasks"),
            pace: Pace {
                latency_ns: ms("latency"),
                jitter_ns: ms("jitter"),
                seed: u64::from(settings.whole("seed")),
            },
            poll: settings.word("client") == "poll",
        }
    }

    /// The answer of a request: the fact's length, or 0 where anything else came.
    fn judged(&self, task: u32, got: io::Result<String>) -> u64 {
        if got.is_ok_and(|text| text == fact(task)) { self.answer(task) } else { 0 }
    }

    /// One worker's share of the requests, all of them open at once.
    fn poll(&self, scene: &Scene, pulse: &mut Pulse, port: u16) {
        let mine = |task: &u32| (task - 1) % scene.workers == pulse.number() - 1;
        let mine: Vec<u32> = (1..=self.count).filter(mine).collect();
        pulse.start();
        let mut clients: Vec<Client> = mine.into_iter().map(|task| Client::ask(port, task)).collect();
        while !clients.is_empty() && !pulse.is_stopping() {
            pulse.mark(Mark::Depth(clients.len() as u32));
            let done = pulse.wait(BlockedOn::Io, || many(&mut clients));
            for (task, got) in done {
                pulse.begin(task);
                let answer = self.judged(task, got);
                pulse.end(answer);
            }
        }
    }
}

impl Tasks for Requests {
    fn count(&self) -> u32 {
        self.count
    }

    fn run(&self, task: u32, pulse: &mut Pulse) -> u64 {
        let port = pulse.board().cells().get(PORT).map_or(0, |port| port.load(Acquire));
        let got = pulse.wait(BlockedOn::Io, || one(port as u16, task));
        self.judged(task, got)
    }

    /// The length of the fact, bytes.
    fn answer(&self, task: u32) -> u64 {
        fact(task).len() as u64
    }

    fn weight(&self, _: u32) -> f64 {
        1.0
    }

    fn stage(&self, scene: &Scene, work: &dyn Fn() -> io::Result<()>) -> io::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        scene.cell(PORT).store(u64::from(port), Release);
        let (lifeline, held) = io::pipe()?;
        let held = std::cell::Cell::new(Some(held));
        let server = scene.fork_without_lane("server", |scene| {
            // Its own copy of the end that it waits for.
            drop(held.take());
            serve(&listener, &lifeline, &self.pace, fact, scene.cell(OPEN))
        })?;
        drop(listener);
        let done = if self.poll {
            scene.crew(scene.workers, &|pulse| {
                self.poll(scene, pulse, port);
                Ok(())
            })
        } else {
            work()
        };
        drop(held.take());
        scene.wait(server)?;
        done?;
        scene.figure("requests open at once", scene.cell(OPEN).load(Acquire) as f64, "");
        let longest = (1..=self.count).filter(|&task| scene.board.answered(task).is_some());
        let longest = longest.max_by_key(|&task| scene.board.answered(task));
        let known = (1..=self.count).max_by_key(|&task| fact(task).len());
        let text = |task: Option<u32>| task.map_or("", fact);
        scene.check("the longest fact", text(known), text(longest));
        if let Some(task) = longest {
            scene.note(format!("The longest fact: {}", fact(task)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_facts_are_equally_long() {
        let mut lengths: Vec<usize> = FACTS.iter().map(|fact| fact.len()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        assert_eq!(lengths.len(), FACTS.len());
        assert_eq!(fact(1), fact(21), "the server knows no more than these");
    }
}
