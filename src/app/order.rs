//! Sorting positions by whole numbers, at a cost that grows with their number and no faster. Pure.

/// Bits that one pass over the numbers sorts by: a table of 2048 counts stays close to the CPU.
const DIGIT: u32 = 11;
/// Fewer than this are sorted by comparing.
const FEW: usize = 512;

/// Sorts `positions`, which ascend, by `keys`, one for each in the same order; equal keys keep their order. The keys are
/// sorted along.
///
/// Only as many bits as tell the keys apart are looked at: the CPU use of ten thousand processes differs in twenty.
pub(super) fn sort(keys: &mut [u128], positions: &mut [u32]) {
    let known = || keys.iter().copied().filter(|key| *key != u128::MAX);
    let (least, greatest) = known().fold((u128::MAX, 0), |(a, b), key| (a.min(key), b.max(key)));
    let span = greatest.saturating_sub(least);
    let zeros = keys.iter().filter(|key| **key != u128::MAX).fold(0, |all, key| all | (key - least));
    let shift = if zeros == 0 { 0 } else { zeros.trailing_zeros() };
    // One more, for the greatest number of all: it stands for what is not known, and comes last.
    let bits = u128::BITS - (span >> shift).saturating_add(1).leading_zeros();
    if bits + u32::BITS > u128::BITS {
        let mut both: Vec<(u128, u32)> = keys.iter().copied().zip(positions.iter().copied()).collect();
        both.sort_unstable();
        for ((key, at), sorted) in keys.iter_mut().zip(positions).zip(both) {
            (*key, *at) = sorted;
        }
        return;
    }
    // What counts of the key, and the position below it, in one number.
    let unknown = (span >> shift) + 1;
    for (key, at) in keys.iter_mut().zip(&*positions) {
        let counts = if *key == u128::MAX { unknown } else { (*key - least) >> shift };
        *key = counts << u32::BITS | u128::from(*at);
    }
    if keys.len() < FEW {
        keys.sort_unstable();
    } else {
        by_digits(keys, bits);
    }
    for (key, at) in keys.iter_mut().zip(positions) {
        *at = *key as u32;
        let counts = *key >> u32::BITS;
        *key = if counts == unknown { u128::MAX } else { least + (counts << shift) };
    }
}

/// Sorts by the `bits` above the lowest 32, from the lowest digit up; what is equal in a digit keeps its order.
fn by_digits(keys: &mut [u128], bits: u32) {
    let mut other = vec![0; keys.len()];
    let (mut from, mut to) = (&mut *keys, &mut *other);
    let mut swapped = false;
    for digit in 0..bits.div_ceil(DIGIT) {
        let of = |key: u128| (key >> (u32::BITS + digit * DIGIT)) as usize & ((1 << DIGIT) - 1);
        let mut places = [0usize; 1 << DIGIT];
        for key in &*from {
            if let Some(count) = places.get_mut(of(*key)) {
                *count += 1;
            }
        }
        if places.contains(&from.len()) {
            continue;
        }
        let mut sum = 0;
        for place in &mut places {
            (sum, *place) = (sum + *place, sum);
        }
        for key in &*from {
            let Some(place) = places.get_mut(of(*key)) else { continue };
            if let Some(slot) = to.get_mut(*place) {
                *slot = *key;
            }
            *place += 1;
        }
        std::mem::swap(&mut from, &mut to);
        swapped = !swapped;
    }
    if swapped {
        to.copy_from_slice(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(keys: Vec<u128>) -> Result<(), TestCaseError> {
        // Positions ascend, not one by one.
        let positions: Vec<u32> = (0..keys.len() as u32).map(|n| n * 3 + 1).collect();
        let mut wanted: Vec<(u128, u32)> = keys.iter().copied().zip(positions.iter().copied()).collect();
        wanted.sort_unstable();
        let (mut sorted, mut order) = (keys, positions);
        sort(&mut sorted, &mut order);
        let got: Vec<(u128, u32)> = sorted.into_iter().zip(order).collect();
        prop_assert_eq!(got, wanted);
        Ok(())
    }

    proptest! {
        #[test]
        fn few_are_sorted(keys in prop::collection::vec(prop_oneof![any::<u128>(), 0u128..9, Just(u128::MAX)], 0..40)) {
            check(keys)?;
        }

        #[test]
        fn many_are_sorted_whatever_tells_them_apart(
            seed in prop::collection::vec(any::<u64>(), 1..8), shift in 0u32..90, mask in any::<u64>(), low in any::<bool>()
        ) {
            let mut n = 0u64;
            let keys = (0..3 * FEW).map(|i| {
                n = n.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(seed[i % seed.len()] | 1);
                let key = u128::from(n & mask) << shift.min(63) | u128::from(low);
                if n >> 60 == 0 { u128::MAX } else { key }
            });
            check(keys.collect())?;
        }
    }
}
