//! Trial division up to the root, as most textbooks have it, and the same by quicker ways to check it.

use std::hint::black_box;
use std::ops::Range;

use super::super::pulse::Pulse;

/// Divisions after which there is a beat: a few microseconds on any machine of today. One number below 2^24 takes no
/// more than twice as many.
const STRETCH: u64 = 2048;

/// Somebody who divides, and counts his divisions.
#[derive(Default)]
pub(super) struct Divider {
    /// Divisions so far.
    pub(super) divisions: u64,
    beaten: u64,
}

impl Divider {
    /// Whether `n` is a prime: tries every number up to its root.
    fn is_prime(&mut self, n: u64, pulse: &mut Pulse) -> bool {
        // `black_box` keeps the optimiser from seeing through the loop, or through its being repeated.
        let n = black_box(n);
        let mut divisor = 2;
        while divisor * divisor <= n && !n.is_multiple_of(divisor) {
            divisor += 1;
        }
        let is_prime = divisor * divisor > n;
        self.divisions += divisor - 1 - u64::from(is_prime);
        if self.divisions - self.beaten >= STRETCH {
            self.beaten = self.divisions;
            pulse.beat();
        }
        n >= 2 && is_prime
    }

    /// Number of primes in `range`.
    pub(super) fn count(&mut self, range: Range<u64>, pulse: &mut Pulse) -> u64 {
        range.filter(|&n| self.is_prime(n, pulse)).count() as u64
    }

    /// Sum of the primes below `end`.
    pub(super) fn sum_below(&mut self, end: u64, pulse: &mut Pulse) -> u64 {
        (2..end).filter(|&n| self.is_prime(n, pulse)).sum()
    }
}

/// Number of primes in `range`, by a sieve of just that range. For ranges that fit into memory.
pub(super) fn count_by_sieve(range: Range<u64>) -> u64 {
    let length = range.end.saturating_sub(range.start);
    let mut composite = vec![false; usize::try_from(length).unwrap_or(0)];
    for divisor in (2..).take_while(|divisor| divisor * divisor < range.end) {
        let first = (divisor * divisor).max(range.start.next_multiple_of(divisor));
        let from = usize::try_from(first - range.start).unwrap_or(usize::MAX);
        composite.iter_mut().skip(from).step_by(divisor as usize).for_each(|is| *is = true);
    }
    (range.start..range.end).zip(composite).filter(|&(n, composite)| n >= 2 && !composite).count() as u64
}

/// Sum of the primes below `end`, without looking at each number: from the sum of all numbers up to each quotient of
/// `end` - 1, prime after prime takes away its multiples (Lehmer's phi with sums; known as Lucy's).
pub(super) fn sum_below_by_quotients(end: u64) -> u64 {
    let most = end.saturating_sub(1);
    let root = most.isqrt();
    let at = |list: &[u64], place: u64| {
        usize::try_from(place).ok().and_then(|place| list.get(place)).copied().unwrap_or(0)
    };
    let all = |n: u64| (n * (n + 1) / 2).saturating_sub(1);
    // Of the numbers up to v, and up to most / i: the sum of those that no prime so far divides, and of those primes.
    let mut up_to: Vec<u64> = (0..=root).map(all).collect();
    let mut up_to_quotient: Vec<u64> = (0..=root).map(|i| all(most.checked_div(i).unwrap_or(0))).collect();
    for prime in 2..=root {
        let before = at(&up_to, prime - 1);
        if at(&up_to, prime) == before {
            continue;
        }
        for i in 1..=root.min(most / (prime * prime)) {
            let inner = i * prime;
            let rest = if inner <= root { at(&up_to_quotient, inner) } else { at(&up_to, most / inner) };
            if let Some(sum) = up_to_quotient.get_mut(i as usize) {
                *sum -= prime * (rest - before);
            }
        }
        for v in (prime * prime..=root).rev() {
            let rest = at(&up_to, v / prime);
            if let Some(sum) = up_to.get_mut(v as usize) {
                *sum -= prime * (rest - before);
            }
        }
    }
    at(&up_to_quotient, 1)
}

#[cfg(test)]
mod tests {
    use super::super::super::pulse::on_a_board_of_its_own;
    use super::*;

    #[test]
    fn the_known_sums_and_counts() {
        let known = [(100_000, 454_396_537), (1_000_000, 37_550_402_023), (4_900_000, 806_316_986_093)];
        for (end, sum) in known {
            assert_eq!(sum_below_by_quotients(end), sum, "{end}");
        }
        assert_eq!([0, 1, 2, 3, 4, 6, 11].map(sum_below_by_quotients), [0, 0, 0, 2, 5, 10, 17]);
        assert_eq!(count_by_sieve(1_000_000..1_100_000), 7_216);
        assert_eq!(count_by_sieve(0..30), 10);
    }

    #[test]
    fn dividing_comes_to_the_same_and_counts_its_divisions() {
        on_a_board_of_its_own(|pulse| {
            for end in 0..200 {
                assert_eq!(Divider::default().sum_below(end, pulse), sum_below_by_quotients(end), "{end}");
                assert_eq!(Divider::default().count(end..end + 50, pulse), count_by_sieve(end..end + 50));
            }
            let mut divider = Divider::default();
            assert_eq!(divider.sum_below(20_000, pulse), sum_below_by_quotients(20_000));
            // A composite number is tried up to its smallest divisor, a prime up to its root.
            let mut few = Divider::default();
            few.count(25..28, pulse);
            assert_eq!(few.divisions, 4 + 1 + 2);
            let mut prime = Divider::default();
            prime.count(29..30, pulse);
            assert_eq!(prime.divisions, 4);
        })
        .expect("memory");
    }
}
