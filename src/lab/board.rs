//! The board: memory that all processes of a run share, in which workers note what they do while they do it.
//!
//! ```text
//! header | slots, one per worker | answers, two words per task | cells for the workload | rings, one per worker
//! ```
//!
//! A worker writes to its own slot and ring only, and never waits; the supervisor reads. A ring that is not read in
//! time is overwritten, and what was lost is counted. Every word is atomic, so nobody can see half of one.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, fence};

use crate::model::lab::{BlockedOn, Did, Mark};
use crate::sys::Shared;

/// Most workers that have a lane.
pub(super) const SLOTS: usize = 72;
/// Most tasks of a run.
pub(super) const TASKS: usize = 1024;
/// Words for the workload itself.
pub(super) const CELLS: usize = 8192;

const HEADER: usize = 16;
const SLOT: usize = 40;
/// Events that a ring holds.
const RING: usize = 2048;
const EVENT: usize = 4;
const WORDS: usize = HEADER + SLOTS * SLOT + TASKS * 2 + CELLS + SLOTS * RING * EVENT;

/// Words of the header.
mod header {
    pub(super) const NEXT_SLOT: usize = 0;
    pub(super) const TOKENS: usize = 1;
    pub(super) const TOKEN_LIMIT: usize = 2;
    pub(super) const NEXT_TASK: usize = 3;
    pub(super) const STOP: usize = 4;
    pub(super) const BEGAN: usize = 5;
}

/// Words of a slot.
#[derive(Clone, Copy)]
#[repr(usize)]
pub(super) enum Word {
    /// Process; 0 for a slot that is not taken.
    Pid,
    /// Thread.
    Tid,
    /// When it was started, `CLOCK_MONOTONIC` in nanoseconds, like all times here.
    Started,
    /// When its first task began; 0 before.
    First,
    /// When its last task so far ended; 0 before.
    Last,
    /// When it ended.
    Ended,
    /// CPU time when its first task began, nanoseconds.
    RunFirst,
    /// Run-queue wait when its first task began, nanoseconds.
    WaitFirst,
    /// CPU time when its last task ended.
    RunLast,
    /// Run-queue wait when its last task ended.
    WaitLast,
    /// Blocked so far, nanoseconds.
    Blocked,
    /// Blocked when its first task began.
    BlockedFirst,
    /// Blocked when its last task ended.
    BlockedLast,
    /// Off the CPU against its will so far, by its own clock, nanoseconds.
    Gaps,
    /// Tasks done.
    Done,
    /// What it waits for now: place in [`BlockedOn::ALL`] + 1; 0 while it does not.
    BlockedOn,
    /// Since when.
    BlockedSince,
    /// Context switches it asked for.
    Voluntary,
    /// Context switches it did not.
    Involuntary,
    /// Times it found itself on another CPU.
    Moved,
    /// The command that runs on its behalf now; 0 while there is none.
    Child,
    /// CPU time of those that have ended, with all their children, nanoseconds.
    ChildRun,
    /// Run-queue wait of those that have ended, nanoseconds.
    ChildWait,
    /// Events written so far.
    Head,
    /// First of the words of its name.
    Name,
}

/// Bytes of a worker's name.
const NAME: usize = 32;

/// See the file's text.
pub(super) struct Board {
    memory: Shared,
}

impl Board {
    /// An empty board.
    pub(super) fn new() -> io::Result<Board> {
        Ok(Board { memory: Shared::new("glowtop-lab", WORDS)? })
    }

    /// The board in this file.
    pub(super) fn open(file: OwnedFd) -> io::Result<Board> {
        let memory = Shared::map(file)?;
        if memory.words().len() != WORDS {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Board { memory })
    }

    fn word(&self, at: usize) -> &AtomicU64 {
        static NOWHERE: AtomicU64 = AtomicU64::new(0);
        // No place is out of bounds; that a test holds.
        self.memory.words().get(at).unwrap_or(&NOWHERE)
    }

    /// A word of a slot. Slots count from 0.
    pub(super) fn slot(&self, slot: usize, word: Word) -> &AtomicU64 {
        self.word(HEADER + slot.min(SLOTS - 1) * SLOT + word as usize)
    }

    /// Takes the next free slot; `None` where all are taken.
    pub(super) fn take_slot(&self) -> Option<usize> {
        let slot = self.word(header::NEXT_SLOT).fetch_add(1, Relaxed) as usize;
        (slot < SLOTS).then_some(slot)
    }

    /// How many slots were taken.
    pub(super) fn slots(&self) -> usize {
        (self.word(header::NEXT_SLOT).load(Acquire) as usize).min(SLOTS)
    }

    /// Names a worker; to be called before its pid is written.
    pub(super) fn set_name(&self, slot: usize, name: &str) {
        let mut bytes = [0; NAME];
        for (to, from) in bytes.iter_mut().zip(name.bytes()) {
            *to = from;
        }
        for (at, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
            let base = HEADER + slot.min(SLOTS - 1) * SLOT + Word::Name as usize;
            self.word(base + at).store(u64::from_ne_bytes(*eight), Relaxed);
        }
    }

    /// A worker's name.
    pub(super) fn name(&self, slot: usize) -> String {
        let base = HEADER + slot.min(SLOTS - 1) * SLOT + Word::Name as usize;
        let bytes: Vec<u8> =
            (0..NAME / 8).flat_map(|at| self.word(base + at).load(Relaxed).to_ne_bytes()).collect();
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(NAME);
        String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
    }

    /// How many processes and threads the run may have at a time.
    pub(super) fn limit_tokens(&self, limit: u32) {
        self.word(header::TOKEN_LIMIT).store(u64::from(limit), Release);
    }

    /// How many it may have.
    pub(super) fn token_limit(&self) -> u64 {
        self.word(header::TOKEN_LIMIT).load(Acquire)
    }

    /// Takes the right to one more process or thread; false where the bound is reached.
    pub(super) fn take_token(&self) -> bool {
        let tokens = self.word(header::TOKENS);
        if tokens.fetch_add(1, AcqRel) < self.word(header::TOKEN_LIMIT).load(Acquire) {
            return true;
        }
        tokens.fetch_sub(1, AcqRel);
        false
    }

    /// Gives it back.
    pub(super) fn return_token(&self) {
        // Never below none, whoever gives back what he did not take: the bound would be gone.
        let _ = self.word(header::TOKENS).fetch_update(AcqRel, Acquire, |tokens| tokens.checked_sub(1));
    }

    /// How many are taken.
    #[cfg(test)]
    pub(super) fn tokens(&self) -> u64 {
        self.word(header::TOKENS).load(Acquire)
    }

    /// Places in the queue that all workers share: the first of the next `count`.
    pub(super) fn next_tasks(&self, count: u32) -> u64 {
        self.word(header::NEXT_TASK).fetch_add(u64::from(count), AcqRel)
    }

    /// The run begins now: `CLOCK_MONOTONIC`, nanoseconds.
    pub(super) fn begin(&self, now: u64) {
        self.word(header::BEGAN).store(now, Release);
    }

    /// When the run began; 0 before.
    pub(super) fn began(&self) -> u64 {
        self.word(header::BEGAN).load(Acquire)
    }

    /// Asks everybody to come to an end.
    pub(super) fn ask_to_stop(&self) {
        self.word(header::STOP).store(1, Release);
    }

    /// Whether they were asked.
    pub(super) fn is_stopping(&self) -> bool {
        self.word(header::STOP).load(Acquire) != 0
    }

    /// Notes the answer of a task, from 1.
    pub(super) fn answer(&self, task: u32, answer: u64) {
        if let Some(at) = answer_at(task) {
            self.word(at + 1).store(answer, Relaxed);
            self.word(at).store(1, Release);
        }
    }

    /// The answer of a task, from 1; `None` where there is none yet.
    pub(super) fn answered(&self, task: u32) -> Option<u64> {
        let at = answer_at(task)?;
        (self.word(at).load(Acquire) == 1).then(|| self.word(at + 1).load(Relaxed))
    }

    /// Words for the workload's own use; they begin as 0.
    pub(super) fn cells(&self) -> &[AtomicU64] {
        let begin = HEADER + SLOTS * SLOT + TASKS * 2;
        self.memory.words().get(begin..begin + CELLS).unwrap_or_default()
    }

    /// Writes an event into the ring of a slot. Only the worker of that slot may.
    pub(super) fn write(&self, slot: usize, event: Event) {
        let head = self.slot(slot, Word::Head);
        let number = head.load(Relaxed);
        let at = ring_at(slot, number);
        // A reader that still reads what stood there must find out; see `read`.
        fence(Release);
        for (offset, word) in event.encode().into_iter().enumerate() {
            self.word(at + offset).store(word, Relaxed);
        }
        head.store(number + 1, Release);
    }

    /// Reads the events of a slot from number `next` on; `next` moves on. Returns how many were lost.
    pub(super) fn read(&self, slot: usize, next: &mut u64, mut to: impl FnMut(Event)) -> u64 {
        let mut lost = 0;
        let head = self.slot(slot, Word::Head);
        while *next < head.load(Acquire) {
            // The one that is written now overwrites the one a whole ring before it.
            let oldest = (head.load(Acquire) + 1).saturating_sub(RING as u64);
            if *next < oldest {
                lost += oldest - *next;
                *next = oldest;
                continue;
            }
            let at = ring_at(slot, *next);
            let words = [0, 1, 2, 3].map(|offset| self.word(at + offset).load(Relaxed));
            fence(Acquire);
            if head.load(Relaxed) >= *next + RING as u64 {
                continue;
            }
            *next += 1;
            match Event::decode(words) {
                Some(event) => to(event),
                None => lost += 1,
            }
        }
        lost
    }
}

impl AsFd for Board {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }
}

fn answer_at(task: u32) -> Option<usize> {
    let index = usize::try_from(task.checked_sub(1)?).ok()?;
    (index < TASKS).then(|| HEADER + SLOTS * SLOT + index * 2)
}

fn ring_at(slot: usize, number: u64) -> usize {
    let place = (number % RING as u64) as usize;
    HEADER + SLOTS * SLOT + TASKS * 2 + CELLS + (slot.min(SLOTS - 1) * RING + place) * EVENT
}

/// Something that a worker did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Event {
    /// When, `CLOCK_MONOTONIC` in nanoseconds; so are the times in `what`.
    pub(super) at: u64,
    /// What; whether an answer is right is not known here.
    pub(super) what: Did,
    /// CPU time of the task that ended, nanoseconds; 0 with everything else.
    pub(super) run: u64,
}

impl Event {
    fn encode(self) -> [u64; 4] {
        let two = |kind: u64, number: u32, small: u32| {
            (kind << 56) | (u64::from(small & 0x00ff_ffff) << 32) | u64::from(number)
        };
        let (head, argument) = match self.what {
            Did::Begin { task, cpu } => (two(1, task, cpu), 0),
            Did::End { task, answer, .. } => (two(2, task, 0), answer),
            Did::Gap { from, cpu } => (two(3, 0, cpu), from),
            Did::Blocked { from, on } => (two(4, place(on), 0), from),
            Did::Moved { cpu } => (two(5, 0, cpu), 0),
            Did::Mark(Mark::Got(number)) => (two(6, number, 0), 0),
            Did::Mark(Mark::Released(number)) => (two(7, number, 0), 0),
            Did::Mark(Mark::Depth(number)) => (two(8, number, 0), 0),
            Did::Mark(Mark::Stole(number)) => (two(9, number, 0), 0),
        };
        [self.at, head, argument, self.run]
    }

    fn decode([at, head, argument, run]: [u64; 4]) -> Option<Event> {
        let number = head as u32;
        let small = ((head >> 32) & 0x00ff_ffff) as u32;
        let what = match head >> 56 {
            1 => Did::Begin { task: number, cpu: small },
            2 => Did::End { task: number, answer: argument, right: false },
            3 => Did::Gap { from: argument, cpu: small },
            4 => Did::Blocked { from: argument, on: *BlockedOn::ALL.get(number as usize)? },
            5 => Did::Moved { cpu: small },
            6 => Did::Mark(Mark::Got(number)),
            7 => Did::Mark(Mark::Released(number)),
            8 => Did::Mark(Mark::Depth(number)),
            9 => Did::Mark(Mark::Stole(number)),
            _ => return None,
        };
        Some(Event { at, what, run })
    }
}

/// The place of `on` in [`BlockedOn::ALL`].
pub(super) fn place(on: BlockedOn) -> u32 {
    BlockedOn::ALL.iter().position(|other| *other == on).unwrap_or(0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_its_own_words() {
        assert!(Word::Name as usize + NAME / 8 <= SLOT);
        assert_eq!(answer_at(1), Some(HEADER + SLOTS * SLOT));
        assert_eq!(answer_at(TASKS as u32), Some(HEADER + SLOTS * SLOT + TASKS * 2 - 2));
        assert_eq!((answer_at(0), answer_at(TASKS as u32 + 1)), (None, None));
        assert_eq!(ring_at(SLOTS - 1, RING as u64 - 1) + EVENT, WORDS);
        assert_eq!(ring_at(0, RING as u64), ring_at(0, 0));
        let board = Board::new().expect("memory");
        assert_eq!(board.memory.words().len(), WORDS);
        assert_eq!(board.cells().len(), CELLS);
    }

    #[test]
    fn events_come_back_as_they_were_written() {
        let mut events: Vec<Did> = vec![
            Did::Begin { task: u32::MAX, cpu: 4095 },
            Did::End { task: 7, answer: u64::MAX, right: false },
            Did::Gap { from: 3, cpu: 1 },
            Did::Moved { cpu: 2 },
            Did::Mark(Mark::Got(1)),
            Did::Mark(Mark::Released(2)),
            Did::Mark(Mark::Depth(3)),
            Did::Mark(Mark::Stole(4)),
        ];
        events.extend(BlockedOn::ALL.map(|on| Did::Blocked { from: 9, on }));
        let board = Board::new().expect("memory");
        let mut next = 0;
        for (number, what) in (1..).zip(events) {
            let event = Event { at: number, what, run: number * 2 };
            board.write(3, event);
            let mut got = Vec::new();
            assert_eq!(board.read(3, &mut next, |event| got.push(event)), 0);
            assert_eq!(got, [event]);
        }
        assert_eq!(Event::decode([1, 200 << 56, 0, 0]), None);
    }

    #[test]
    fn what_is_not_read_in_time_is_counted_as_lost() {
        let board = Board::new().expect("memory");
        let mut next = 0;
        let all = RING as u64 * 2;
        for at in 0..all {
            board.write(0, Event { at, what: Did::Moved { cpu: 1 }, run: 0 });
        }
        let mut got = Vec::new();
        let lost = board.read(0, &mut next, |event| got.push(event.at));
        assert_eq!((lost + got.len() as u64, next), (all, all));
        assert_eq!(got, (lost..all).collect::<Vec<_>>(), "the newest, in order");
    }

    #[test]
    fn a_reader_beside_a_writer_sees_whole_events_or_counts_them() {
        const ALL: u64 = 200_000;
        let board = Board::new().expect("memory");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for at in 1..=ALL {
                    board.write(1, Event { at, what: Did::Gap { from: at, cpu: 1 }, run: at });
                }
            });
            let (mut next, mut seen, mut lost, mut before) = (0, 0, 0, 0);
            while next < ALL {
                lost += board.read(1, &mut next, |event| {
                    assert_eq!((event.what, event.run), (Did::Gap { from: event.at, cpu: 1 }, event.at));
                    assert!(event.at > before);
                    before = event.at;
                    seen += 1;
                });
            }
            assert_eq!(seen + lost, ALL);
        });
    }

    #[test]
    fn answers_and_tokens() {
        let board = Board::new().expect("memory");
        assert_eq!(board.answered(1), None);
        board.answer(1, 0);
        assert_eq!((board.answered(1), board.answered(2)), (Some(0), None));
        board.limit_tokens(2);
        assert!(board.take_token() && board.take_token() && !board.take_token());
        board.return_token();
        assert!(board.take_token());
        assert_eq!(board.tokens(), 2);
        for _ in 0..3 {
            board.return_token();
        }
        assert_eq!(board.tokens(), 0);
        assert!(board.take_token() && board.take_token() && !board.take_token(), "the bound still holds");
        board.set_name(5, "a producer with a very long name indeed");
        assert_eq!(board.name(5), "a producer with a very long name");
    }
}
