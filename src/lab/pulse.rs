//! What a worker tells while it works: its tasks, what it waits for, and when it was off the CPU without having asked.
//!
//! Code that computes calls [`Pulse::beat`] every few microseconds. Between two beats that lie further apart than any
//! instruction takes, somebody else was on this CPU: so a worker sees its own time slices, without rights and to the
//! microsecond, and the sum of its gaps must agree with the run-queue wait that the kernel counts.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering::*;

use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};
use rustix::thread::{gettid, sched_getcpu};

use super::board::{Board, Event, Word, place};
use crate::model::lab::{BlockedOn, Did, Mark};

/// Two beats further apart than this, nanoseconds, have a gap between them. The timer's tick and other interrupts stay
/// below; a time slice of the scheduler is well above.
const GAP: u64 = 100_000;

/// A wait shorter than this, nanoseconds, is added up but gets no event of its own.
const NOTEWORTHY: u64 = 20_000;

/// Nanoseconds of `CLOCK_MONOTONIC`, the one clock that all processes of the machine share; 0 should there be none.
pub(super) fn now_ns() -> u64 {
    nanoseconds(ClockId::CLOCK_MONOTONIC)
}

/// CPU time of the calling thread so far, nanoseconds. Unlike field 1 of its `schedstat` it includes the current tick.
pub(super) fn cpu_ns() -> u64 {
    nanoseconds(ClockId::CLOCK_THREAD_CPUTIME_ID)
}

fn nanoseconds(clock: ClockId) -> u64 {
    clock_gettime(clock).map_or(0, |now| now.tv_sec() as u64 * 1_000_000_000 + now.tv_nsec() as u64)
}

/// What is done at each beat besides looking at the clock, for instance giving up a global lock.
pub(super) trait OnBeat {
    /// `now` is `CLOCK_MONOTONIC`, nanoseconds. Time spent waiting here is to be spent in [`Pulse::wait`].
    fn beat(&mut self, pulse: &mut Pulse, now: u64);
}

/// One worker's hand on the board. It belongs to one thread.
pub(super) struct Pulse<'a> {
    board: &'a Board,
    slot: usize,
    schedstat: Option<File>,
    /// Time of the last beat.
    last: u64,
    cpu: u32,
    task: u32,
    run_at_begin: u64,
    on_beat: Option<Box<dyn OnBeat + 'a>>,
}

impl<'a> Pulse<'a> {
    /// The calling thread takes a slot, under this name; `None` where all are taken.
    pub(super) fn new(board: &'a Board, name: &str) -> Option<Pulse<'a>> {
        let slot = board.take_slot()?;
        board.set_name(slot, name);
        let now = now_ns();
        board.slot(slot, Word::Started).store(now, Relaxed);
        let tid = gettid().as_raw_nonzero().get().cast_unsigned();
        board.slot(slot, Word::Tid).store(u64::from(tid), Relaxed);
        board.slot(slot, Word::Pid).store(u64::from(std::process::id()), Release);
        let schedstat = File::open("/proc/thread-self/schedstat").ok();
        let cpu = sched_getcpu() as u32;
        Some(Pulse { board, slot, schedstat, last: now, cpu, task: 0, run_at_begin: 0, on_beat: None })
    }

    /// The worker's number, from 1.
    pub(super) fn number(&self) -> u32 {
        self.slot as u32 + 1
    }

    /// What all workers share.
    pub(super) fn board(&self) -> &'a Board {
        self.board
    }

    /// The task it is on, from 1; 0 between tasks.
    pub(super) fn task(&self) -> u32 {
        self.task
    }

    /// Does something at each beat from now on.
    pub(super) fn set_on_beat(&mut self, on_beat: Option<Box<dyn OnBeat + 'a>>) {
        self.on_beat = on_beat;
    }

    fn set(&self, word: Word, value: u64) {
        self.board.slot(self.slot, word).store(value, Relaxed);
    }

    fn add(&self, word: Word, value: u64) {
        // Nobody else writes this word.
        let word = self.board.slot(self.slot, word);
        word.store(word.load(Relaxed) + value, Relaxed);
    }

    fn blocked_ns(&self) -> u64 {
        self.board.slot(self.slot, Word::Blocked).load(Relaxed)
    }

    fn tell(&self, at: u64, what: Did, run: u64) {
        self.board.write(self.slot, Event { at, what, run });
    }

    /// A task begins, from 1.
    pub(super) fn begin(&mut self, task: u32) {
        let (now, run) = (now_ns(), cpu_ns());
        if self.board.slot(self.slot, Word::First).load(Relaxed) == 0 {
            self.set(Word::RunFirst, run);
            self.set(Word::WaitFirst, self.waited_ns());
            self.set(Word::First, now);
            self.set(Word::Last, now);
            self.set(Word::RunLast, run);
            self.set(Word::WaitLast, self.waited_ns());
            self.set(Word::BlockedFirst, self.blocked_ns());
            self.set(Word::BlockedLast, self.blocked_ns());
        }
        (self.task, self.run_at_begin, self.last) = (task, run, now);
        self.cpu = sched_getcpu() as u32;
        self.tell(now, Did::Begin { task, cpu: self.cpu }, 0);
    }

    /// The task ends, with its answer.
    pub(super) fn end(&mut self, answer: u64) {
        self.beat();
        let task = std::mem::take(&mut self.task);
        self.board.answer(task, answer);
        let (now, run) = (now_ns(), cpu_ns());
        self.add(Word::Done, 1);
        self.tell(now, Did::End { task, answer, right: false }, run.saturating_sub(self.run_at_begin));
        self.stamp_last(now, run);
    }

    fn stamp_last(&mut self, now: u64, run: u64) {
        self.set(Word::RunLast, run);
        self.set(Word::WaitLast, self.waited_ns());
        self.set(Word::BlockedLast, self.blocked_ns());
        self.set(Word::Last, now);
        self.last = now;
    }

    /// To be called every few microseconds of computing.
    #[inline]
    pub(super) fn beat(&mut self) {
        let now = now_ns();
        if now.saturating_sub(self.last) > GAP {
            self.gap(now);
        }
        self.last = now;
        if let Some(mut on_beat) = self.on_beat.take() {
            on_beat.beat(self, now);
            self.on_beat = Some(on_beat);
        }
    }

    #[cold]
    fn gap(&mut self, now: u64) {
        self.add(Word::Gaps, now - self.last);
        let cpu = sched_getcpu() as u32;
        if cpu != self.cpu {
            self.add(Word::Moved, 1);
        }
        self.cpu = cpu;
        self.tell(now, Did::Gap { from: self.last, cpu }, 0);
    }

    /// Waits for something in `wait`; the time is told as blocked.
    pub(super) fn wait<T>(&mut self, on: BlockedOn, wait: impl FnOnce() -> T) -> T {
        let from = now_ns();
        if from.saturating_sub(self.last) > GAP {
            self.gap(from);
        }
        self.set(Word::BlockedSince, from);
        self.board.slot(self.slot, Word::BlockedOn).store(u64::from(place(on)) + 1, Release);
        let done = wait();
        let now = now_ns();
        self.board.slot(self.slot, Word::BlockedOn).store(0, Release);
        self.add(Word::Blocked, now - from);
        if now - from >= NOTEWORTHY {
            self.tell(now, Did::Blocked { from, on }, 0);
            let cpu = sched_getcpu() as u32;
            if cpu != self.cpu {
                self.cpu = cpu;
                self.add(Word::Moved, 1);
                self.tell(now, Did::Moved { cpu }, 0);
            }
        }
        self.last = now;
        done
    }

    /// Something of the workload's own, for the picture of its lane.
    pub(super) fn mark(&mut self, mark: Mark) {
        self.tell(now_ns(), Did::Mark(mark), 0);
    }

    /// Whether everybody is to come to an end.
    pub(super) fn is_stopping(&self) -> bool {
        self.board.is_stopping()
    }

    /// Time that this thread was ready but without a CPU, nanoseconds: field 2 of `schedstat`; 0 where the kernel
    /// does not count.
    fn waited_ns(&self) -> u64 {
        let mut text = [0; 64];
        let length = self.schedstat.as_ref().and_then(|file| file.read_at(&mut text, 0).ok()).unwrap_or(0);
        field(text.get(..length).unwrap_or_default(), 1).unwrap_or(0)
    }
}

impl Drop for Pulse<'_> {
    fn drop(&mut self) {
        if let Ok(usage) = getrusage(UsageWho::RUSAGE_THREAD) {
            self.set(Word::Voluntary, usage.voluntary_context_switches().cast_unsigned());
            self.set(Word::Involuntary, usage.involuntary_context_switches().cast_unsigned());
        }
        self.board.slot(self.slot, Word::Ended).store(now_ns(), Release);
    }
}

/// A number in a line of them with blanks between.
pub(super) fn field(line: &[u8], at: usize) -> Option<u64> {
    std::str::from_utf8(line).ok()?.split_ascii_whitespace().nth(at)?.parse().ok()
}

/// Sleeps for so many nanoseconds.
pub(super) fn sleep_ns(ns: u64) {
    std::thread::sleep(std::time::Duration::from_nanos(ns));
}

/// Only used where a pulse is needed and nobody looks: calibration, tests.
pub(super) fn on_a_board_of_its_own<T>(work: impl FnOnce(&mut Pulse) -> T) -> io::Result<T> {
    let board = Board::new()?;
    let mut pulse = Pulse::new(&board, "").ok_or(io::ErrorKind::OutOfMemory)?;
    Ok(work(&mut pulse))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(board: &Board) -> Vec<Did> {
        let mut all = Vec::new();
        board.read(0, &mut 0, |event| all.push(event.what));
        all
    }

    #[test]
    fn a_task_leaves_its_answer_and_its_times() {
        let board = Board::new().expect("memory");
        let mut pulse = Pulse::new(&board, "worker").expect("a slot");
        pulse.begin(3);
        assert_eq!(pulse.task(), 3);
        pulse.end(42);
        assert_eq!(board.answered(3), Some(42));
        let word = |word| board.slot(0, word).load(Relaxed);
        assert!(word(Word::Started) <= word(Word::First) && word(Word::First) <= word(Word::Last));
        assert!(word(Word::RunFirst) <= word(Word::RunLast));
        assert_eq!(word(Word::BlockedFirst), word(Word::BlockedLast));
        assert_eq!((word(Word::Done), word(Word::Ended)), (1, 0));
        drop(pulse);
        assert!(word(Word::Ended) >= word(Word::Last));
        let all = events(&board);
        assert!(matches!(all.first(), Some(Did::Begin { task: 3, .. })), "{all:?}");
        assert!(matches!(all.last(), Some(Did::End { task: 3, answer: 42, .. })), "{all:?}");
    }

    #[test]
    fn a_wait_is_seen_while_it_lasts_and_told_when_it_is_over() {
        let board = Board::new().expect("memory");
        let mut pulse = Pulse::new(&board, "worker").expect("a slot");
        let seen = pulse.wait(BlockedOn::Full, || {
            sleep_ns(NOTEWORTHY * 2);
            board.slot(0, Word::BlockedOn).load(Relaxed)
        });
        assert_eq!(seen, u64::from(place(BlockedOn::Full)) + 1);
        assert_eq!(board.slot(0, Word::BlockedOn).load(Relaxed), 0);
        assert!(board.slot(0, Word::Blocked).load(Relaxed) >= NOTEWORTHY * 2);
        assert!(events(&board).iter().any(|did| matches!(did, Did::Blocked { on: BlockedOn::Full, .. })));
    }

    #[test]
    fn waits_before_and_after_the_tasks_are_told_apart_from_those_between() {
        let board = Board::new().expect("memory");
        let mut pulse = Pulse::new(&board, "worker").expect("a slot");
        let blocked = |word| board.slot(0, word).load(Relaxed);
        let sleep = |pulse: &mut Pulse| {
            let before = blocked(Word::Blocked);
            pulse.wait(BlockedOn::Others, || sleep_ns(NOTEWORTHY));
            blocked(Word::Blocked) - before
        };
        let first = sleep(&mut pulse);
        pulse.begin(1);
        let between = sleep(&mut pulse);
        pulse.end(0);
        sleep(&mut pulse);
        assert_eq!((blocked(Word::BlockedFirst), blocked(Word::BlockedLast)), (first, first + between));
    }

    #[test]
    fn time_off_the_cpu_between_two_beats_is_a_gap() {
        let board = Board::new().expect("memory");
        let mut pulse = Pulse::new(&board, "worker").expect("a slot");
        pulse.begin(1);
        sleep_ns(GAP * 3);
        pulse.beat();
        assert!(board.slot(0, Word::Gaps).load(Relaxed) >= GAP * 3);
        assert!(events(&board).iter().any(|did| matches!(did, Did::Gap { .. })));
    }
}
