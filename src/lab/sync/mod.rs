//! Tools by which the processes and threads of a scene wait for each other: locks, a semaphore, a queue, a barrier.
//!
//! All of them live in the board's cells, so they work between processes as between threads, and sleep by futex(2).
//! Who has to wait tells it through its pulse. Nobody waits longer than the run lasts: when everybody is asked to
//! come to an end, whoever waits gets [`Stopping`].

mod barrier;
mod cells;
mod deadlock;
mod fair;
mod gil;
mod mutex;
mod queue;
mod semaphore;

use std::io;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::board::Board;
use super::pulse::now_ns;
use crate::sys::{futex_wait, futex_wake};

pub(super) use barrier::Barrier;
pub(super) use cells::{Cells, LINE};
pub(super) use deadlock::{Locks, Watch};
pub(super) use fair::FairLock;
pub(super) use gil::Gil;
pub(super) use mutex::Mutex;
pub(super) use queue::{Policy, Queue};
pub(super) use semaphore::{Semaphore, TooMany};

/// Everybody is asked to come to an end, so what was waited for will not come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stopping;

impl From<Stopping> for io::Error {
    fn from(_: Stopping) -> io::Error {
        io::Error::other("the run comes to its end")
    }
}

/// How long somebody sleeps before he looks whether the run comes to its end.
const NAP: Duration = Duration::from_millis(100);

/// Sleeps while the low half of `word` is `value`; may return before it changes, so the caller looks again.
fn nap(board: &Board, word: &AtomicU64, value: u64) -> Result<(), Stopping> {
    nap_until(board, word, value, u64::MAX)
}

/// The same, at most until then, nanoseconds of the run's clock.
fn nap_until(board: &Board, word: &AtomicU64, value: u64, until: u64) -> Result<(), Stopping> {
    let left = Duration::from_nanos(until.saturating_sub(now_ns()));
    // However it ended: the caller looks at the word.
    let _ = futex_wait(word, value as u32, left.min(NAP));
    if board.is_stopping() { Err(Stopping) } else { Ok(()) }
}

fn wake(word: &AtomicU64, count: u32) {
    // The address is good, so there is nothing to go wrong.
    let _ = futex_wake(word, count);
}

#[cfg(test)]
mod tests {
    use super::super::board::Board;
    use super::super::pulse::Pulse;

    /// Lets `count` threads do `work` at the same time, each with a pulse; the first is number 1.
    pub(super) fn together(board: &Board, count: usize, work: impl Fn(&mut Pulse) + Sync) {
        std::thread::scope(|scope| {
            for _ in 0..count {
                scope.spawn(|| work(&mut Pulse::new(board, "").expect("a lane")));
            }
        });
    }
}
