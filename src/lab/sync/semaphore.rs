//! A number of permits (Dijkstra 1965): whoever takes one when there is none waits until one is given back.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Release, SeqCst},
};

use super::super::board::Board;
use super::super::pulse::{Pulse, now_ns};
use super::{Cells, Stopping, nap_until, wake};
use crate::model::lab::BlockedOn;

/// See the file's text. It is bounded: no more permits can be given back than there are.
#[derive(Clone, Copy)]
pub(in super::super) struct Semaphore<'a> {
    /// Permits that are there.
    free: &'a AtomicU64,
    /// How many wait, or are about to.
    waiting: &'a AtomicU64,
    most: u64,
    on: BlockedOn,
}

/// More permits were given back than were ever taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) struct TooMany;

impl<'a> Semaphore<'a> {
    /// A semaphore with `free` of `most` permits; whoever waits waits for `on`. To be called before anybody uses it.
    pub(in super::super) fn new(cells: &mut Cells<'a>, free: u64, most: u64, on: BlockedOn) -> Semaphore<'a> {
        let semaphore = Semaphore { free: cells.one(), waiting: cells.one(), most, on };
        semaphore.free.store(free, Release);
        semaphore
    }

    /// Takes a permit, and waits for one where there is none.
    ///
    /// # Errors
    /// [`Stopping`]; none is taken then.
    pub(in super::super) fn acquire(&self, pulse: &mut Pulse) -> Result<(), Stopping> {
        self.acquire_until(u64::MAX, pulse).map(drop)
    }

    /// The same, but waits only until then, nanoseconds of the run's clock; says whether one was taken.
    ///
    /// # Errors
    /// [`Stopping`]; none is taken then.
    pub(in super::super) fn acquire_until(&self, until: u64, pulse: &mut Pulse) -> Result<bool, Stopping> {
        if self.try_acquire() {
            return Ok(true);
        }
        let board = pulse.board();
        pulse.wait(self.on, || self.wait(board, until))
    }

    fn wait(&self, board: &Board, until: u64) -> Result<bool, Stopping> {
        self.waiting.fetch_add(1, SeqCst);
        let taken = loop {
            if self.try_acquire() {
                break Ok(true);
            }
            if until != u64::MAX && now_ns() >= until {
                break Ok(false);
            }
            if let Err(stopping) = nap_until(board, self.free, 0, until) {
                break Err(stopping);
            }
        };
        self.waiting.fetch_sub(1, SeqCst);
        taken
    }

    /// Takes a permit if there is one; says whether there was.
    pub(in super::super) fn try_acquire(&self) -> bool {
        self.free.fetch_update(SeqCst, SeqCst, |free| free.checked_sub(1)).is_ok()
    }

    /// Gives a permit back.
    ///
    /// # Errors
    /// [`TooMany`] where all are there already.
    pub(in super::super) fn release(&self) -> Result<(), TooMany> {
        let more = |free| (free < self.most).then_some(free + 1);
        self.free.fetch_update(SeqCst, SeqCst, more).map_err(|_| TooMany)?;
        if self.waiting.load(SeqCst) > 0 {
            wake(self.free, 1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::together;
    use super::*;

    #[test]
    fn never_more_inside_than_permits() {
        let board = Board::new().expect("memory");
        let mut cells = Cells::new(&board);
        let semaphore = Semaphore::new(&mut cells, 2, 2, BlockedOn::Lock);
        let (inside, most, passed) = (cells.one(), cells.one(), cells.one());
        together(&board, 5, |pulse| {
            for _ in 0..500 {
                semaphore.acquire(pulse).expect("nobody stops us");
                most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
                std::thread::yield_now();
                inside.fetch_sub(1, SeqCst);
                passed.fetch_add(1, SeqCst);
                semaphore.release().expect("it was ours");
            }
        });
        assert_eq!(passed.load(SeqCst), 2500);
        assert!(most.load(SeqCst) <= 2);
        assert_eq!(semaphore.release(), Err(TooMany));
        assert!(semaphore.try_acquire() && semaphore.try_acquire() && !semaphore.try_acquire());
    }

    #[test]
    fn who_waits_comes_out_when_the_run_ends() {
        let board = Board::new().expect("memory");
        let semaphore = Semaphore::new(&mut Cells::new(&board), 0, 1, BlockedOn::Empty);
        board.ask_to_stop();
        together(&board, 2, |pulse| assert_eq!(semaphore.acquire(pulse), Err(Stopping)));
        assert!(semaphore.release().is_ok(), "nobody took anything");
    }
}
