//! A gate at which workers wait for one of them.
//!
//! It is a pipe to which nobody writes: reading from it ends when its last writer has closed it, on purpose or by his
//! death. So nobody waits for somebody who is gone, and those who wait need no time.

use std::io::{self, PipeReader, PipeWriter, Read};
use std::sync::{Mutex, PoisonError};

use super::super::pulse::Pulse;
use crate::model::lab::BlockedOn;

/// The side of those who wait.
pub(super) struct Gate(PipeReader);

/// The side of the one who opens. A forked process has a copy of its own, which it must drop or open, too.
pub(super) struct Keeper(Mutex<Option<PipeWriter>>);

/// A closed gate.
///
/// # Errors
/// Those of pipe(2).
pub(super) fn gate() -> io::Result<(Gate, Keeper)> {
    let (reader, writer) = io::pipe()?;
    Ok((Gate(reader), Keeper(Mutex::new(Some(writer)))))
}

impl Gate {
    /// Waits until it is open.
    pub(super) fn pass(&self, pulse: &mut Pulse) {
        pulse.wait(BlockedOn::Others, || {
            while (&self.0).read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {}
        });
    }
}

impl Keeper {
    /// Opens it, as far as this process is concerned.
    pub(super) fn open(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::*};

    use super::super::super::pulse::on_a_board_of_its_own;
    use super::*;

    #[test]
    fn nobody_passes_before_it_is_opened_and_everybody_after() {
        let (gate, keeper) = gate().expect("a pipe");
        let opened = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let pass = || {
                on_a_board_of_its_own(|pulse| gate.pass(pulse)).expect("memory");
                opened.load(Acquire)
            };
            let passed = [scope.spawn(pass), scope.spawn(pass)];
            opened.store(true, Release);
            keeper.open();
            assert!(passed.into_iter().all(|passed| passed.join().expect("a thread")));
            assert!(pass(), "and it stays open");
            keeper.open();
        });
    }
}
