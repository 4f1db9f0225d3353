//! *primes*: the first prime from n on, for n = 1, 2, … 9 million, by plain trial division.
//!
//! The running example of every introduction to multiprocessing: nine tasks that share nothing, task n being n
//! times the work of task 1. So the answer is easy to check and the speed-up is bounded by the order of the queue.

use std::hint::black_box;

use super::Workload;
use crate::model::lab::{Mode, WorkloadInfo};

/// The row in the list.
pub(super) const WORKLOAD: Workload = Workload {
    info: WorkloadInfo {
        id: "primes",
        title: "the first prime from 1, 2, … 9 million on, by trial division",
        lesson: "Nine tasks that share nothing: every core lights up. Task 9 is nine times task 1, so watch who \
                 works at the end while the others are done.",
        tasks: 9,
        modes: &Mode::ALL,
    },
    run,
    answer,
    weight,
};

/// The answers to tasks 1 to 9.
const ANSWERS: [u64; 9] =
    [1_000_003, 2_000_003, 3_000_017, 4_000_037, 5_000_011, 6_000_011, 7_000_003, 8_000_009, 9_000_011];

fn run(task: u32) -> u64 {
    let mut candidate = u64::from(task) * 1_000_000;
    while !is_prime(candidate) {
        candidate += 1;
    }
    candidate
}

/// Slow on purpose: tries every number below `n` as a divisor, not only those up to its root.
fn is_prime(n: u64) -> bool {
    // `black_box` keeps the optimiser from seeing through the loop, or through its being repeated.
    let n = black_box(n);
    let mut divisor = 2;
    while divisor < n {
        if n.is_multiple_of(divisor) {
            return false;
        }
        divisor += 1;
    }
    true
}

fn answer(task: u32) -> Option<u64> {
    ANSWERS.get(usize::try_from(task.checked_sub(1)?).ok()?).copied()
}

/// Trial divisions: those of the prime itself; the composite numbers before it cost next to nothing.
fn weight(task: u32) -> f64 {
    f64::from(task) * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By another way than the workload's: divisors up to the root only.
    fn prime_by_root(n: u64) -> bool {
        n > 1 && (2..n).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d))
    }

    #[test]
    fn the_answers_are_the_first_primes() {
        for task in 1..=9 {
            let first = (u64::from(task) * 1_000_000..).take(1000).find(|&n| prime_by_root(n));
            assert_eq!(answer(task), first);
        }
    }

    #[test]
    fn small_numbers_are_judged_as_everywhere() {
        let found: Vec<u64> = (2..60).filter(|&n| is_prime(n)).collect();
        assert_eq!(found, [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59]);
    }
}
