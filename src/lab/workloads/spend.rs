//! Ways for the players of a scene to spend time: on a CPU, or without one.

use std::hint::black_box;

use super::super::pulse::{Pulse, cpu_ns, sleep_ns};
use super::super::sync::Stopping;
use crate::model::lab::BlockedOn;

/// Steps of computing between two looks at the clock: a few microseconds on any machine of today.
const STRETCH: u64 = 2000;

/// Longest sleep without a look whether the run comes to its end, nanoseconds.
const NAP: u64 = 50_000_000;

/// Computes until the calling thread has used so much CPU time, nanoseconds.
///
/// # Errors
/// [`Stopping`].
pub(super) fn compute(ns: u64, pulse: &mut Pulse) -> Result<(), Stopping> {
    let end = cpu_ns() + ns;
    let mut number = black_box(end);
    while cpu_ns() < end {
        for _ in 0..STRETCH {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        }
        number = black_box(number);
        pulse.beat();
        if pulse.is_stopping() {
            return Err(Stopping);
        }
    }
    Ok(())
}

/// Sleeps for so many nanoseconds.
///
/// # Errors
/// [`Stopping`].
pub(super) fn rest(ns: u64, pulse: &mut Pulse) -> Result<(), Stopping> {
    if ns == 0 {
        return Ok(());
    }
    let board = pulse.board();
    pulse.wait(BlockedOn::Sleep, || {
        let mut left = ns;
        while left > 0 {
            sleep_ns(left.min(NAP));
            if board.is_stopping() {
                return Err(Stopping);
            }
            left = left.saturating_sub(NAP);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::pulse::on_a_board_of_its_own;
    use super::*;

    #[test]
    fn computing_takes_the_cpu_time_that_it_shall_and_ends_with_the_run() {
        on_a_board_of_its_own(|pulse| {
            let before = cpu_ns();
            assert_eq!(compute(2_000_000, pulse), Ok(()));
            assert!(cpu_ns() - before >= 2_000_000);
            pulse.board().ask_to_stop();
            assert_eq!(compute(u64::MAX / 2, pulse), Err(Stopping));
            assert_eq!(rest(u64::MAX, pulse), Err(Stopping));
        })
        .expect("memory");
    }
}
