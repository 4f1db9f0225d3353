//! What many workloads have in common: knobs, and the work of the first of them.

use std::hint::black_box;

use super::super::pulse::Pulse;
use crate::model::lab::{Knob, KnobKind};

/// The knobs that every workload of independent tasks has: order of the queue, chunk, seed, pinning, nice values.
pub(super) fn task_knobs(own: Vec<Knob>) -> Vec<Knob> {
    let number = |min, max| KnobKind::Number { min, max, step: 1.0 };
    let mut knobs = own;
    knobs.extend([
        Knob {
            id: "order",
            help: "order of the queue: as numbered, largest first, or shuffled",
            kind: KnobKind::Choice(&["fifo", "lpt", "random"]),
            default: "fifo",
        },
        Knob {
            id: "chunk",
            help: "tasks that a worker takes at a time",
            kind: number(1.0, 64.0),
            default: "1",
        },
        Knob { id: "seed", help: "which of the shuffled orders", kind: number(0.0, 999_999.0), default: "1" },
        Knob {
            id: "pin",
            help: "CPU of each worker in turn: 0,1 pins them one after the other",
            kind: KnobKind::List { min: 0, max: 1023 },
            default: "none",
        },
        Knob {
            id: "nice",
            help: "nice value of each worker in turn",
            kind: KnobKind::List { min: 0, max: 19 },
            default: "none",
        },
    ]);
    knobs
}

/// How many divisions lie between two beats: a few microseconds on any machine of today.
const STRETCH: u64 = 2048;

/// Whether `n` is a prime. Slow on purpose: tries every number below `n` as a divisor, not only those up to its root.
pub(super) fn is_prime(n: u64, pulse: &mut Pulse) -> bool {
    // `black_box` keeps the optimiser from seeing through the loop, or through its being repeated.
    let n = black_box(n);
    let mut divisor = 2;
    while divisor < n {
        let end = n.min(divisor + STRETCH);
        while divisor < end {
            if n.is_multiple_of(divisor) {
                return false;
            }
            divisor += 1;
        }
        pulse.beat();
    }
    n >= 2
}

/// The first prime from `from` on.
pub(super) fn next_prime(from: u64, pulse: &mut Pulse) -> u64 {
    let mut candidate = from;
    while !is_prime(candidate, pulse) {
        candidate += 1;
    }
    candidate
}

/// The first prime from `from` on, by another and quicker way: divisors up to the root only.
pub(super) fn next_prime_by_root(from: u64) -> u64 {
    let is_prime = |n: u64| n > 1 && (2..n).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d));
    (from..u64::MAX).find(|&n| is_prime(n)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::super::pulse::on_a_board_of_its_own;
    use super::*;

    #[test]
    fn small_numbers_are_judged_as_everywhere() {
        let found: Vec<u64> =
            on_a_board_of_its_own(|pulse| (0..60).filter(|&n| is_prime(n, pulse)).collect()).expect("memory");
        assert_eq!(found, [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59]);
        assert_eq!([0, 4, 24, 90].map(next_prime_by_root), [2, 5, 29, 97]);
    }
}
