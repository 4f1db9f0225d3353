//! A lock that whoever comes first gets, as in "Futexes Are Tricky" (Drepper 2011), with its holder's number beside
//! it.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use super::super::board::Board;
use super::super::pulse::{Pulse, now_ns};
use super::{Cells, Stopping, nap_until, wake};
use crate::model::lab::BlockedOn;

const FREE: u64 = 0;
const HELD: u64 = 1;
/// Held, and perhaps somebody sleeps.
const AWAITED: u64 = 2;

/// See the file's text. Who releases it and comes again at once is likely to be quicker than the sleeper he woke.
#[derive(Clone, Copy)]
pub(in super::super) struct Mutex<'a> {
    state: &'a AtomicU64,
    /// Number of the worker that holds it; 0 for nobody.
    owner: &'a AtomicU64,
}

impl<'a> Mutex<'a> {
    /// A free lock.
    pub(in super::super) fn new(cells: &mut Cells<'a>) -> Mutex<'a> {
        let state = cells.one();
        Mutex { state, owner: cells.one() }
    }

    /// Takes it, and waits for it where another has it.
    ///
    /// # Errors
    /// [`Stopping`]; it is not held then.
    pub(in super::super) fn lock(&self, pulse: &mut Pulse) -> Result<(), Stopping> {
        self.lock_until(u64::MAX, pulse).map(drop)
    }

    /// The same, but waits only until then, nanoseconds of the run's clock; says whether it is held.
    ///
    /// # Errors
    /// [`Stopping`]; it is not held then.
    pub(in super::super) fn lock_until(&self, until: u64, pulse: &mut Pulse) -> Result<bool, Stopping> {
        if !self.try_lock(pulse) {
            let board = pulse.board();
            if !pulse.wait(BlockedOn::Lock, || self.wait(board, until))? {
                return Ok(false);
            }
            self.owner.store(u64::from(pulse.number()), Relaxed);
        }
        Ok(true)
    }

    /// Takes it if it is free; says whether it was.
    #[inline]
    pub(in super::super) fn try_lock(&self, pulse: &Pulse) -> bool {
        let was_free = self.state.compare_exchange(FREE, HELD, Acquire, Relaxed).is_ok();
        if was_free {
            self.owner.store(u64::from(pulse.number()), Relaxed);
        }
        was_free
    }

    fn wait(&self, board: &Board, until: u64) -> Result<bool, Stopping> {
        // Whoever was woken looks first whether it is free, and only then at the time: no waking gets lost.
        while self.state.swap(AWAITED, Acquire) != FREE {
            if until != u64::MAX && now_ns() >= until {
                return Ok(false);
            }
            nap_until(board, self.state, AWAITED, until)?;
        }
        Ok(true)
    }

    /// Releases it. Only its holder may.
    #[inline]
    pub(in super::super) fn unlock(&self) {
        self.owner.store(0, Relaxed);
        if self.state.swap(FREE, Release) == AWAITED {
            wake(self.state, 1);
        }
    }

    /// Number of the worker that holds it.
    pub(in super::super) fn owner(&self) -> Option<u32> {
        Some(self.owner.load(Relaxed) as u32).filter(|&owner| owner != 0)
    }

    /// Where its sleepers sleep, in the memory of every process of the run.
    pub(in super::super) fn address(&self) -> usize {
        std::ptr::from_ref(self.state) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::together;
    use super::*;

    #[test]
    fn nothing_that_is_done_under_it_gets_lost() {
        let board = Board::new().expect("memory");
        let mut cells = Cells::new(&board);
        let (mutex, counter, inside) = (Mutex::new(&mut cells), cells.one(), cells.one());
        together(&board, 4, |pulse| {
            for _ in 0..2000 {
                mutex.lock(pulse).expect("nobody stops us");
                assert_eq!(inside.fetch_add(1, Relaxed), 0, "alone");
                assert_eq!(mutex.owner(), Some(pulse.number()));
                counter.store(counter.load(Relaxed) + 1, Relaxed);
                inside.fetch_sub(1, Relaxed);
                mutex.unlock();
            }
        });
        assert_eq!((counter.load(Relaxed), mutex.owner()), (8000, None));
    }

    #[test]
    fn who_waits_for_a_time_gives_up_and_leaves_it_as_it_was() {
        let board = Board::new().expect("memory");
        let mutex = Mutex::new(&mut Cells::new(&board));
        let lane = || Pulse::new(&board, "").expect("a lane");
        let (mut first, mut second) = (lane(), lane());
        mutex.lock(&mut first).expect("it is free");
        for until in [0, now_ns() + 2_000_000] {
            assert_eq!(mutex.lock_until(until, &mut second), Ok(false));
            assert_eq!(mutex.owner(), Some(first.number()));
        }
        mutex.unlock();
        assert_eq!(mutex.lock_until(0, &mut second), Ok(true), "no time is needed where it is free");
        assert_eq!(mutex.owner(), Some(second.number()));
    }

    #[test]
    fn who_waits_comes_out_when_the_run_ends() {
        let board = Board::new().expect("memory");
        let mutex = Mutex::new(&mut Cells::new(&board));
        let mut first = Pulse::new(&board, "").expect("a lane");
        mutex.lock(&mut first).expect("it is free");
        assert!(!mutex.try_lock(&first), "it is not for taking twice");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| mutex.lock(&mut Pulse::new(&board, "").expect("a lane")));
            board.ask_to_stop();
            assert_eq!(waiting.join().expect("no panic"), Err(Stopping));
        });
        assert_eq!(mutex.owner(), Some(1));
    }
}
