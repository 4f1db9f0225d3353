//! A place where everybody waits until all are there.

use std::hint::spin_loop;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use super::super::board::Board;
use super::super::pulse::Pulse;
use super::{Cells, Stopping, nap, wake};
use crate::model::lab::BlockedOn;

/// Looks at the clock of the run while spinning, once in so many rounds.
const SPINS: u32 = 1 << 12;

/// See the file's text. It can be used again and again.
#[derive(Clone, Copy)]
pub(in super::super) struct Barrier<'a> {
    count: u64,
    arrived: &'a AtomicU64,
    /// How often it has opened.
    opened: &'a AtomicU64,
}

impl<'a> Barrier<'a> {
    /// A barrier for `count` workers.
    pub(in super::super) fn new(cells: &mut Cells<'a>, count: u32) -> Barrier<'a> {
        let arrived = cells.one();
        Barrier { count: u64::from(count), arrived, opened: cells.one() }
    }

    /// Sleeps until all are there. Says whether the caller was the last: he goes on at once, the others are woken.
    ///
    /// # Errors
    /// [`Stopping`].
    pub(in super::super) fn wait(&self, pulse: &mut Pulse) -> Result<bool, Stopping> {
        self.wait_and(pulse, &|| {})
    }

    /// As [`Barrier::wait`]; calls `look` ten times a second meanwhile.
    ///
    /// # Errors
    /// [`Stopping`].
    pub(in super::super) fn wait_and(&self, pulse: &mut Pulse, look: &dyn Fn()) -> Result<bool, Stopping> {
        let board = pulse.board();
        self.meet(pulse, |opened| {
            look();
            nap(board, self.opened, opened)
        })
    }

    /// Spins until all are there, so that all go on at the same moment, as far as there are CPUs for them.
    ///
    /// # Errors
    /// [`Stopping`].
    pub(in super::super) fn spin(&self, pulse: &mut Pulse) -> Result<bool, Stopping> {
        let board = pulse.board();
        self.meet(pulse, |opened| self.spin_a_while(board, opened))
    }

    fn spin_a_while(&self, board: &Board, opened: u64) -> Result<(), Stopping> {
        for _ in 0..SPINS {
            if self.opened.load(Acquire) != opened {
                return Ok(());
            }
            spin_loop();
        }
        // Where there are fewer CPUs than workers, whoever is still missing may be waiting for this one.
        std::thread::yield_now();
        if board.is_stopping() { Err(Stopping) } else { Ok(()) }
    }

    fn meet(
        &self,
        pulse: &mut Pulse,
        a_while: impl Fn(u64) -> Result<(), Stopping>,
    ) -> Result<bool, Stopping> {
        let opened = self.opened.load(Acquire);
        if self.arrived.fetch_add(1, AcqRel) + 1 == self.count {
            self.arrived.store(0, Relaxed);
            self.opened.store(opened + 1, Release);
            wake(self.opened, u32::MAX >> 1);
            return Ok(true);
        }
        pulse.wait(BlockedOn::Others, || {
            while self.opened.load(Acquire) == opened {
                a_while(opened)?;
            }
            Ok(false)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::together;
    use super::*;
    use std::sync::atomic::Ordering::SeqCst;

    #[test]
    fn nobody_is_a_round_ahead() {
        let board = Board::new().expect("memory");
        let mut cells = Cells::new(&board);
        let (barrier, sum, lasts) = (Barrier::new(&mut cells, 3), cells.one(), cells.one());
        together(&board, 3, |pulse| {
            for round in 1..=200 {
                sum.fetch_add(1, SeqCst);
                let last = if round % 2 == 0 { barrier.wait(pulse) } else { barrier.spin(pulse) };
                lasts.fetch_add(u64::from(last.expect("nobody stops us")), SeqCst);
                assert_eq!(sum.load(SeqCst), round * 3);
                barrier.wait(pulse).expect("nobody stops us");
            }
        });
        assert_eq!(lasts.load(SeqCst), 200);
    }

    #[test]
    fn who_waits_comes_out_when_the_run_ends() {
        let board = Board::new().expect("memory");
        let barrier = Barrier::new(&mut Cells::new(&board), 3);
        board.ask_to_stop();
        together(&board, 1, |pulse| assert_eq!(barrier.wait(pulse), Err(Stopping)));
        together(&board, 1, |pulse| assert_eq!(barrier.spin(pulse), Err(Stopping)));
    }
}
