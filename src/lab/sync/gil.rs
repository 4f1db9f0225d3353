//! A global lock under which threads of one process work, in the three ways in which Python has had or could have it.
//!
//! *old*: the holder gives it up and takes it again every few microseconds, and is nearly always quicker than whom it
//! woke. *new*: who waits asks for it after 5 ms, and the holder gives it up and waits until somebody has taken it
//! (CPython since 3.2, `DEFAULT_INTERVAL` and `FORCE_SWITCHING` in `Python/ceval_gil.h`). *fair*: the holder hands it
//! to whoever has waited longest, every few microseconds; so each of them costs a switch of threads.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::Duration;

use super::super::board::Board;
use super::super::pulse::{OnBeat, Pulse, now_ns};
use super::{Cells, FairLock, Mutex, Stopping, nap, wake};
use crate::model::lab::{BlockedOn, Mode};
use crate::sys::futex_wait;

/// How long the old and the fair one are held, nanoseconds: some hundred steps of an interpreter.
const TURN: u64 = 5_000;

/// After so long a waiter asks for the new one.
const ASK: Duration = Duration::from_millis(5);

/// The words of a board that are a global lock.
#[derive(Clone, Copy)]
pub(in super::super) struct Gil<'a> {
    lock: Lock<'a>,
    /// How often it went from one thread to another.
    handovers: &'a AtomicU64,
    /// Number of the worker that held it last.
    last: &'a AtomicU64,
}

#[derive(Clone, Copy)]
enum Lock<'a> {
    Old(Mutex<'a>),
    New(Asked<'a>),
    Fair(FairLock<'a>),
}

impl<'a> Gil<'a> {
    /// The global lock of this mode; `None` where it has none.
    pub(in super::super) fn of(mode: Mode, board: &'a Board) -> Option<Gil<'a>> {
        let mut cells = Cells::new(board);
        let (handovers, last) = (cells.one(), cells.one());
        let lock = match mode {
            Mode::GilOld => Lock::Old(Mutex::new(&mut cells)),
            Mode::GilNew => Lock::New(Asked { state: cells.one(), asked: cells.one() }),
            Mode::GilFair => Lock::Fair(FairLock::new(&mut cells)),
            _ => return None,
        };
        Some(Gil { lock, handovers, last })
    }

    /// How often it went from one thread to another so far.
    pub(in super::super) fn handovers(&self) -> u64 {
        self.handovers.load(Acquire)
    }

    /// Takes it; from then on it is given up at beats, as its kind says, and while the worker waits for anything. It
    /// is held until [`Pulse::set_on_beat`] takes that away.
    ///
    /// # Errors
    /// [`Stopping`].
    pub(in super::super) fn enter(self, pulse: &mut Pulse<'a>) -> Result<(), Stopping> {
        let mut hand = Hand { gil: self, held: None, since: 0 };
        hand.take(pulse)?;
        pulse.set_on_beat(Some(Box::new(hand)));
        Ok(())
    }
}

/// One thread's hand on the lock.
struct Hand<'a> {
    gil: Gil<'a>,
    held: Option<Held>,
    since: u64,
}

/// What is needed to release what is held.
#[derive(Clone, Copy)]
enum Held {
    Plain,
    Ticket(super::fair::Ticket),
}

impl Hand<'_> {
    fn take(&mut self, pulse: &mut Pulse) -> Result<(), Stopping> {
        let held = match self.gil.lock {
            Lock::Old(mutex) => mutex.lock(pulse).map(|()| Held::Plain),
            Lock::New(asked) => asked.lock(pulse, self.gil.handovers).map(|()| Held::Plain),
            Lock::Fair(fair) => fair.lock(pulse).map(Held::Ticket),
        }?;
        self.took(held, pulse);
        Ok(())
    }

    fn took(&mut self, held: Held, pulse: &Pulse) {
        self.held = Some(held);
        let me = u64::from(pulse.number());
        let before = self.gil.last.load(Relaxed);
        if before != me {
            // Only who holds the lock writes these.
            self.gil.last.store(me, Release);
            if before != 0 {
                self.gil.handovers.store(self.gil.handovers.load(Relaxed) + 1, Release);
            }
            if matches!(self.gil.lock, Lock::New(_)) {
                wake(self.gil.last, 1);
            }
        }
        self.since = now_ns();
    }

    fn release(&mut self) {
        match (self.held.take(), self.gil.lock) {
            (Some(Held::Plain), Lock::Old(mutex)) => mutex.unlock(),
            (Some(Held::Plain), Lock::New(asked)) => asked.unlock(),
            (Some(Held::Ticket(ticket)), Lock::Fair(fair)) => fair.unlock(ticket),
            _ => {}
        }
    }
}

impl OnBeat for Hand<'_> {
    fn beat(&mut self, pulse: &mut Pulse, now: u64) {
        let turn_is_over = now.saturating_sub(self.since) >= TURN;
        let gives_up = match (self.gil.lock, self.held) {
            (Lock::Old(_), _) => turn_is_over,
            (Lock::New(asked), _) => asked.asked.load(Relaxed) != 0,
            (Lock::Fair(fair), Some(Held::Ticket(ticket))) => turn_is_over && fair.is_awaited(ticket),
            (Lock::Fair(_), _) => false,
        };
        if gives_up {
            // Where everybody is to come to an end nobody needs it any more; then it is just not held.
            if let (Lock::Fair(fair), Some(Held::Ticket(ticket))) = (self.gil.lock, self.held) {
                self.held = None;
                if let Ok(ticket) = fair.pass(ticket, pulse) {
                    self.took(Held::Ticket(ticket), pulse);
                }
                return;
            }
            self.release();
            if let Lock::New(asked) = self.gil.lock {
                asked.let_another(pulse, self.gil.last);
            }
            let _ = self.take(pulse);
        }
    }

    fn waits(&mut self) {
        self.release();
    }

    fn waited(&mut self, pulse: &mut Pulse) {
        let _ = self.take(pulse);
    }
}

impl Drop for Hand<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

const FREE: u64 = 0;
const HELD: u64 = 1;
/// Held, and perhaps somebody sleeps.
const AWAITED: u64 = 2;

/// A lock that is given up when somebody asks for it.
#[derive(Clone, Copy)]
struct Asked<'a> {
    state: &'a AtomicU64,
    asked: &'a AtomicU64,
}

impl Asked<'_> {
    fn lock(&self, pulse: &mut Pulse, handovers: &AtomicU64) -> Result<(), Stopping> {
        if self.state.compare_exchange(FREE, HELD, Acquire, Relaxed).is_err() {
            let board = pulse.board();
            pulse.wait(BlockedOn::Lock, || self.wait(board, handovers))?;
        }
        self.asked.store(0, Relaxed);
        Ok(())
    }

    fn wait(&self, board: &Board, handovers: &AtomicU64) -> Result<(), Stopping> {
        while self.state.swap(AWAITED, Acquire) != FREE {
            let before = handovers.load(Relaxed);
            let slept = futex_wait(self.state, AWAITED as u32, ASK);
            if board.is_stopping() {
                return Err(Stopping);
            }
            // Whoever has just taken it has his 5 ms before him.
            if slept.is_err_and(|why| why.kind() == std::io::ErrorKind::TimedOut)
                && handovers.load(Relaxed) == before
            {
                self.asked.store(1, Relaxed);
            }
        }
        Ok(())
    }

    fn unlock(&self) {
        if self.state.swap(FREE, Release) == AWAITED {
            wake(self.state, 1);
        }
    }

    /// Waits until another has taken it: without this, who gave it up would be the first to have it again.
    fn let_another(&self, pulse: &mut Pulse, last: &AtomicU64) {
        let (board, me) = (pulse.board(), u64::from(pulse.number()));
        pulse.wait(BlockedOn::Lock, || {
            // Who asked may meanwhile have come to its end, or have been served: then there is nothing to wait for.
            while last.load(Acquire) == me && self.asked.load(Relaxed) != 0 {
                if nap(board, last, me).is_err() {
                    return;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::SeqCst;

    const MODES: [Mode; 3] = [Mode::GilOld, Mode::GilNew, Mode::GilFair];

    /// Three threads that beat under the lock until `enough`; how many were ever inside at the same time, and how
    /// often the lock changed hands.
    fn play(mode: Mode, enough: impl Fn(u64) -> bool + Sync, rest: bool) -> (u64, u64) {
        let board = Board::new().expect("memory");
        let (inside, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let mut pulse = Pulse::new(&board, "").expect("a lane");
                    let gil = Gil::of(mode, &board).expect("a mode with a lock");
                    gil.enter(&mut pulse).expect("nobody stops us");
                    let mut beats = 0;
                    while !enough(beats) || gil.handovers() < 2 {
                        for _ in 0..100 {
                            most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
                            inside.fetch_sub(1, SeqCst);
                        }
                        pulse.beat();
                        beats += 1;
                        if rest && beats % 50 == 0 {
                            pulse.wait(BlockedOn::Sleep, std::thread::yield_now);
                        }
                    }
                    pulse.set_on_beat(None);
                });
            }
        });
        let handovers = Gil::of(mode, &board).expect("a mode with a lock").handovers();
        (most.load(SeqCst), handovers)
    }

    #[test]
    fn one_at_a_time_and_everybody_in_turn() {
        for mode in MODES {
            let (most, handovers) = play(mode, |beats| beats >= 300, false);
            assert_eq!(most, 1, "{mode:?}");
            assert!(handovers >= 2, "{mode:?}");
        }
    }

    #[test]
    fn who_waits_for_something_else_does_not_hold_it() {
        for mode in MODES {
            assert_eq!(play(mode, |beats| beats >= 300, true).0, 1, "{mode:?}");
        }
    }

    #[test]
    fn the_fair_one_is_handed_on_when_its_turn_is_over() {
        let board = Board::new().expect("memory");
        let mut first = Pulse::new(&board, "").expect("a lane");
        let gil = Gil::of(Mode::GilFair, &board).expect("a mode with a lock");
        gil.enter(&mut first).expect("it is free");
        let Lock::Fair(fair) = gil.lock else { panic!("a fair lock") };
        first.beat();
        assert_eq!(gil.handovers(), 0, "nobody waits");
        let over = AtomicU64::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut second = Pulse::new(&board, "").expect("a lane");
                gil.enter(&mut second).expect("our turn");
                while over.load(SeqCst) == 0 {
                    second.beat();
                }
            });
            while fair.tickets() < 2 {
                std::thread::yield_now();
            }
            let begin = now_ns();
            while now_ns() - begin < TURN {}
            first.beat();
            // The other has had it, and has waited in vain for nobody but us.
            assert_eq!(gil.handovers(), 2);
            over.store(1, SeqCst);
            first.set_on_beat(None);
        });
        assert_eq!(gil.handovers(), 3);
    }

    #[test]
    fn modes_without_a_lock_have_none() {
        let board = Board::new().expect("memory");
        assert!(Mode::ALL.iter().all(|mode| Gil::of(*mode, &board).is_some() == MODES.contains(mode)));
    }
}
