//! The scene: what the master of a run and everybody below it may do. Forks workers with all layers of safety, gives
//! each a lane, tells the supervisor what it must know.
//!
//! Everything that forks has one thread; threads live in a forked process of their own.

use std::io;
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde::{Deserialize, Serialize};

use super::board::{Board, Word};
use super::protocol::say;
use super::pulse::{Pulse, now_ns};
use super::safety;
use crate::model::lab::{Check, Fate, Figure, Mode, Settings};
use crate::sys::{Ended, Forked, fork_alone, fork_and_be_held, set_title, wait4};

/// What a run's processes say to the supervisor over the pipe; what they do is on the board.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) enum SceneSaid {
    /// A process ended, and was waited for by its parent.
    Ended { pid: u32, at_ns: u64, fate: Fate, took: Took },
    /// A sentence for the user.
    Note(String),
    /// What the run shows, in a sentence or two; the last one counts.
    Means(String),
    /// Something that must come out.
    Check(Check),
    /// Something that was counted or measured.
    Figure(Figure),
    /// The work is done, and everybody was waited for: the run's last moment.
    Done { at_ns: u64 },
    /// The workload could not go on, because the bound of processes was reached.
    AtBound,
    /// The workload could not go on.
    Failed(String),
}

/// What a process took until it was waited for, its own reaped children included: getrusage(2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Took {
    /// CPU time, microseconds.
    pub(super) cpu_us: u64,
    /// Context switches it asked for.
    pub(super) voluntary: u64,
    /// Context switches it did not ask for.
    pub(super) involuntary: u64,
}

impl From<Ended> for Took {
    fn from(ended: Ended) -> Took {
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        Took {
            cpu_us: count(ended.user_us) + count(ended.sys_us),
            voluntary: count(ended.voluntary),
            involuntary: count(ended.involuntary),
        }
    }
}

/// How a process that was waited for ended.
pub(super) fn fate_of(ended: Ended) -> Fate {
    match (ended.code(), ended.signal()) {
        (Some(code), _) => Fate::Exited(code),
        (None, Some(signal)) => Fate::Killed(signal),
        (None, None) => Fate::Unknown,
    }
}

/// What a run is about, for everybody in it.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    /// What all workers share.
    pub(super) board: &'a Board,
    /// The knobs.
    pub(super) settings: &'a Settings,
    /// How it shall run.
    pub(super) mode: Mode,
    /// On how many workers.
    pub(super) workers: u32,
    /// How often each task is to be done.
    pub(super) rounds: u32,
    /// Id of the workload.
    pub(super) id: &'a str,
    /// Real time after which each process is killed, seconds.
    pub(super) limit_s: u32,
}

/// A process of the scene that its creator has to wait for.
#[must_use = "a child that nobody waits for stays a zombie"]
#[derive(Debug)]
pub(super) struct Child {
    /// Its pid.
    pub(super) pid: u32,
}

/// What a forked process does; it ends with its result.
pub(super) type Work<'w> = &'w (dyn Fn(&mut Pulse) -> io::Result<()> + Sync);

/// Exit status of a forked process whose work failed.
const FAILED: i32 = 1;
/// Exit status of a forked process that panicked, as Rust's own.
const PANICKED: i32 = 101;

/// The error where the bound of processes is reached: of this kind, and no other is.
fn at_bound() -> io::Error {
    io::Error::new(io::ErrorKind::QuotaExceeded, "the bound of processes is reached")
}

impl<'a> Scene<'a> {
    /// Forks a process that does `work` with a lane under this name, and ends.
    ///
    /// # Errors
    /// Where the bound of processes is reached, or the machine has no room.
    pub(super) fn fork(
        &self,
        name: &str,
        work: impl FnOnce(&mut Pulse) -> io::Result<()>,
    ) -> io::Result<Child> {
        self.fork_without_lane(name, |scene| {
            let mut pulse =
                Pulse::new(scene.board, name).ok_or_else(|| io::Error::other("there is no lane left"))?;
            work(&mut pulse)
        })
    }

    /// Forks a process that does `work` and ends; it may fork on, or take lanes for its threads.
    ///
    /// # Errors
    /// As [`Scene::fork`].
    pub(super) fn fork_without_lane(
        &self,
        name: &str,
        work: impl FnOnce(&Scene<'a>) -> io::Result<()>,
    ) -> io::Result<Child> {
        self.fork_and_settle(name, fork_alone, safety::settle_forked, work)
    }

    /// Forks a process that is to outlive this one, as every daemon does: the supervisor adopts it, reaps it, and tells
    /// how it ended. `work` has to call [`safety::be_adopted`], from which on the lab holds it as it holds all others.
    ///
    /// # Errors
    /// As [`Scene::fork`].
    pub(super) fn fork_for_adoption(
        &self,
        name: &str,
        work: impl FnOnce(&Scene<'a>) -> io::Result<()>,
    ) -> io::Result<Child> {
        self.fork_and_settle(name, fork_alone, safety::settle_for_adoption, work)
    }

    /// As [`Scene::fork_without_lane`], but comes back only when the child has ended; until then this process is in
    /// state D, as after vfork(2).
    ///
    /// # Errors
    /// As [`Scene::fork`].
    pub(super) fn fork_and_be_held(
        &self,
        name: &str,
        work: impl FnOnce(&Scene<'a>) -> io::Result<()>,
    ) -> io::Result<Child> {
        self.fork_and_settle(name, fork_and_be_held, safety::settle_forked, work)
    }

    fn fork_and_settle(
        &self,
        name: &str,
        fork: fn() -> io::Result<Forked>,
        settle: fn(u32, u32) -> io::Result<safety::Deadline>,
        work: impl FnOnce(&Scene<'a>) -> io::Result<()>,
    ) -> io::Result<Child> {
        if !self.board.take_token() {
            return Err(at_bound());
        }
        let parent = std::process::id();
        match fork() {
            Ok(Forked::Parent(pid)) => Ok(Child { pid }),
            Ok(Forked::Child) => {
                let done = catch_unwind(AssertUnwindSafe(|| {
                    let _deadline = settle(parent, self.limit_s)?;
                    self.set_process_name(name);
                    work(self)
                }));
                std::process::exit(match done {
                    Ok(Ok(())) => 0,
                    Ok(Err(_)) => FAILED,
                    Err(_) => PANICKED,
                });
            }
            Err(error) => {
                self.board.return_token();
                Err(error)
            }
        }
    }

    /// Names this process in all lists: `lab:primes 3/8`, whole in its command line, 15 bytes of it as its name.
    pub(super) fn set_process_name(&self, name: &str) {
        let id = self.id;
        // The name last: whoever sees it finds the whole of it in the command line.
        set_title(&format!("lab:{id} {name}"));
        safety::set_name(&super::names::comm(id, name));
    }

    /// Runs `count` workers, as threads of one process or as a process each, as the mode says, and waits for all.
    /// Workers are numbered from 1 in the order of their start; their names are `1/4`, `2/4` ….
    ///
    /// # Errors
    /// Where a worker could not be started; those that were are waited for all the same.
    pub(super) fn crew(&self, count: u32, work: Work) -> io::Result<()> {
        if self.mode.is_threads() {
            let threads = self.fork_without_lane("threads", |scene| scene.threads(count, work))?;
            self.wait(threads)?;
            return Ok(());
        }
        let mut children = Vec::new();
        let mut problem = Ok(());
        for number in 1..=count {
            match self.fork(&format!("{number}/{count}"), |pulse| work(pulse)) {
                Ok(child) => children.push(child),
                Err(error) => {
                    problem = Err(error);
                    break;
                }
            }
        }
        self.wait_all(children)?;
        problem
    }

    /// Runs `count` workers as threads of this process and waits for all.
    ///
    /// # Errors
    /// Where a thread could not be started, or failed.
    pub(super) fn threads(
        &self,
        count: u32,
        work: impl Fn(&mut Pulse) -> io::Result<()> + Sync,
    ) -> io::Result<()> {
        std::thread::scope(|scope| {
            let mut started = Vec::new();
            for number in 1..=count {
                let (work, board) = (&work, self.board);
                if !board.take_token() {
                    return Err(at_bound());
                }
                started.push(std::thread::Builder::new().spawn_scoped(scope, move || {
                    let name = format!("{number}/{count}");
                    let mut pulse =
                        Pulse::new(board, &name).ok_or_else(|| io::Error::other("there is no lane left"))?;
                    safety::set_name(&format!("w{}", pulse.number()));
                    let done = work(&mut pulse);
                    board.return_token();
                    done
                })?);
            }
            started
                .into_iter()
                .try_for_each(|thread| thread.join().unwrap_or(Err(io::ErrorKind::Other.into())))
        })
    }

    /// Waits for a child's end and tells it.
    ///
    /// # Errors
    /// Those of wait4(2).
    #[expect(clippy::needless_pass_by_value, reason = "who has been waited for is nobody's child any more")]
    pub(super) fn wait(&self, child: Child) -> io::Result<Fate> {
        loop {
            match wait4(child.pid, true) {
                Ok(Some(ended)) => return Ok(self.ended(&child, ended)),
                Ok(None) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for the end of all these children, and tells each as it comes.
    ///
    /// # Errors
    /// Those of wait4(2).
    pub(super) fn wait_all(&self, mut children: Vec<Child>) -> io::Result<()> {
        // Before 5.3 there are no such descriptors; then one is waited for after the other.
        let open =
            |child: &Child| pidfd_open(Pid::from_raw(child.pid.cast_signed())?, PidfdFlags::empty()).ok();
        let mut hands: Vec<_> = children.iter().map_while(open).collect();
        while hands.len() == children.len() && !children.is_empty() {
            let mut fds: Vec<PollFd> =
                hands.iter().map(|hand| PollFd::new(hand.as_fd(), PollFlags::POLLIN)).collect();
            match poll(&mut fds, PollTimeout::NONE) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => break,
            }
            let ready: Vec<bool> = fds.iter().map(|fd| fd.any().unwrap_or(true)).collect();
            for at in (0..children.len()).rev().filter(|&at| ready.get(at) == Some(&true)) {
                drop(hands.remove(at));
                self.wait(children.remove(at))?;
            }
        }
        children.into_iter().try_for_each(|child| self.wait(child).map(drop))
    }

    /// Whether a child has ended; if so it is waited for, and told.
    ///
    /// # Errors
    /// Those of wait4(2).
    pub(super) fn has_ended(&self, child: &Child) -> io::Result<Option<Fate>> {
        Ok(wait4(child.pid, false)?.map(|ended| self.ended(child, ended)))
    }

    fn ended(&self, child: &Child, ended: Ended) -> Fate {
        self.board.return_token();
        let fate = fate_of(ended);
        self.tell(&SceneSaid::Ended { pid: child.pid, at_ns: now_ns(), fate, took: ended.into() });
        fate
    }

    /// Tells the supervisor; where nobody listens, this process is about to be killed anyway.
    #[expect(clippy::unused_self, reason = "only a process of a scene has somebody to tell")]
    pub(super) fn tell(&self, what: &SceneSaid) {
        let _ = say(io::stdout().lock(), what);
    }

    /// Says a sentence about what happens.
    pub(super) fn note(&self, sentence: impl Into<String>) {
        self.tell(&SceneSaid::Note(sentence.into()));
    }

    /// Says what the run shows: what stands before its figures.
    pub(super) fn means(&self, sentence: impl Into<String>) {
        self.tell(&SceneSaid::Means(sentence.into()));
    }

    /// Tells what must have come out, and what did.
    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts, as they come")]
    pub(super) fn check(&self, what: &str, expected: impl ToString, got: impl ToString) {
        let got = Some(got.to_string());
        self.tell(&SceneSaid::Check(Check { what: what.to_owned(), expected: expected.to_string(), got }));
    }

    /// Tells what was counted or measured.
    pub(super) fn figure(&self, what: &str, value: f64, unit: &str) {
        self.tell(&SceneSaid::Figure(Figure { what: what.to_owned(), value, unit: unit.to_owned() }));
    }

    /// One of them.
    pub(super) fn cell(&self, at: usize) -> &'a AtomicU64 {
        static NOWHERE: AtomicU64 = AtomicU64::new(0);
        self.board.cells().get(at).unwrap_or(&NOWHERE)
    }

    /// Sum of a word over all workers.
    pub(super) fn sum(&self, word: Word) -> u64 {
        (0..self.board.slots()).map(|slot| self.board.slot(slot, word).load(Relaxed)).sum()
    }
}
