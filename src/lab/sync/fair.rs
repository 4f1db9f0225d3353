//! A lock that is handed on to whoever has waited longest: tickets, and a seat to sleep in for each.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Relaxed, SeqCst},
};

use super::super::board::{Board, SLOTS};
use super::super::pulse::Pulse;
use super::{Cells, Stopping, nap, wake};
use crate::model::lab::BlockedOn;

/// Seats; more than there can be workers, so no two wait in the same.
const SEATS: usize = SLOTS.next_power_of_two();

/// See the file's text. Nobody can overtake, so whoever releases it while others wait has to wait himself.
#[derive(Clone, Copy)]
pub(in super::super) struct FairLock<'a> {
    /// The next ticket.
    next: &'a AtomicU64,
    /// In each the ticket whose turn it was there last.
    seats: &'a [AtomicU64],
}

/// The right to the lock, now or later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) struct Ticket(u64);

impl<'a> FairLock<'a> {
    /// A free lock: it is the turn of ticket 0, because all cells begin as 0.
    pub(in super::super) fn new(cells: &mut Cells<'a>) -> FairLock<'a> {
        let next = cells.one();
        FairLock { next, seats: cells.many(SEATS) }
    }

    fn seat(&self, ticket: u64) -> &'a AtomicU64 {
        self.seats.get(ticket as usize % SEATS).unwrap_or(self.next)
    }

    /// Waits for its turn.
    ///
    /// # Errors
    /// [`Stopping`]; nobody gets the lock any more then.
    pub(in super::super) fn lock(&self, pulse: &mut Pulse) -> Result<Ticket, Stopping> {
        let ticket = self.ticket();
        self.await_turn(ticket, pulse)
    }

    /// The next ticket.
    fn ticket(&self) -> u64 {
        // SeqCst here and in `unlock`: of a newcomer and a releaser at least one must see what the other wrote.
        self.next.fetch_add(1, SeqCst)
    }

    fn await_turn(&self, ticket: u64, pulse: &mut Pulse) -> Result<Ticket, Stopping> {
        if self.seat(ticket).load(SeqCst) != ticket {
            let board = pulse.board();
            pulse.wait(BlockedOn::Lock, || self.wait(board, ticket))?;
        }
        Ok(Ticket(ticket))
    }

    fn wait(&self, board: &Board, ticket: u64) -> Result<(), Stopping> {
        loop {
            let turn = self.seat(ticket).load(SeqCst);
            if turn == ticket {
                return Ok(());
            }
            nap(board, self.seat(ticket), turn)?;
        }
    }

    /// Whether somebody waits for what the holder of this ticket has.
    pub(in super::super) fn is_awaited(&self, ticket: Ticket) -> bool {
        self.next.load(Relaxed) > ticket.0 + 1
    }

    /// Queues up again, hands it on, and waits for its turn. The order is what makes it fair: who hands it on first may
    /// lose his CPU to the one whom he has just woken, and then that one finds nobody who waits.
    ///
    /// # Errors
    /// [`Stopping`]; it is handed on all the same.
    pub(in super::super) fn pass(&self, ticket: Ticket, pulse: &mut Pulse) -> Result<Ticket, Stopping> {
        let again = self.ticket();
        self.unlock(ticket);
        self.await_turn(again, pulse)
    }

    /// How many have come for it so far.
    #[cfg(test)]
    pub(super) fn tickets(&self) -> u64 {
        self.next.load(SeqCst)
    }

    /// Hands it on.
    pub(in super::super) fn unlock(&self, ticket: Ticket) {
        let turn = ticket.0 + 1;
        self.seat(turn).store(turn, SeqCst);
        if self.next.load(SeqCst) > turn {
            wake(self.seat(turn), 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::together;
    use super::*;

    #[test]
    fn it_goes_round_in_the_order_of_arrival() {
        let board = Board::new().expect("memory");
        let mut cells = Cells::new(&board);
        let (lock, counter, log) = (FairLock::new(&mut cells), cells.one(), cells.many(4000));
        // More often than there are seats, so that each is used again.
        together(&board, 4, |pulse| {
            let mut ticket = lock.lock(pulse).expect("nobody stops us");
            for round in 0..1000 {
                let at = counter.load(Relaxed);
                log[at as usize].store(ticket.0, Relaxed);
                counter.store(at + 1, Relaxed);
                if round == 999 {
                    lock.unlock(ticket);
                } else if round % 2 == 0 {
                    ticket = lock.pass(ticket, pulse).expect("nobody stops us");
                } else {
                    lock.unlock(ticket);
                    ticket = lock.lock(pulse).expect("nobody stops us");
                }
            }
        });
        assert_eq!(counter.load(Relaxed), 4000);
        assert!((0..4000).all(|at| log[at as usize].load(Relaxed) == at), "nobody overtakes");
    }

    #[test]
    fn the_holder_sees_whether_somebody_waits_and_waiting_ends_with_the_run() {
        let board = Board::new().expect("memory");
        let lock = FairLock::new(&mut Cells::new(&board));
        let mut first = Pulse::new(&board, "").expect("a lane");
        let ticket = lock.lock(&mut first).expect("it is free");
        assert!(!lock.is_awaited(ticket));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| lock.lock(&mut Pulse::new(&board, "").expect("a lane")));
            while !lock.is_awaited(ticket) {
                std::thread::yield_now();
            }
            board.ask_to_stop();
            assert_eq!(waiting.join().expect("no panic"), Err(Stopping));
        });
    }
}
