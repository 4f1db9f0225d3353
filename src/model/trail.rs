//! The CPU use of a process in the last looks, small enough to be carried by every row.

/// How busy a process was in the last [`Trail::LOOKS`] looks: four bits a look, the latest in the lowest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Trail(u64);

/// The lowest percentage of each level above the first, which is nothing at all. Finer below, because most processes are
/// there; a core in full is the eleventh.
const FROM: [f64; 13] = [0.05, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 75.0, 90.0, 150.0, 300.0];

impl Trail {
    /// How many looks it goes back.
    pub const LOOKS: usize = 16;

    /// The highest level.
    pub const MOST: u8 = FROM.len() as u8;

    /// It, after one more look in which the process used `cpu` percent of one core.
    #[must_use]
    pub fn then(self, cpu: Option<f64>) -> Trail {
        let level = match cpu {
            None => 0,
            Some(0.0) => 1,
            Some(cpu) => 1 + FROM.iter().take_while(|from| cpu >= **from).count() as u64,
        };
        Trail(self.0 << 4 | level)
    }

    /// The levels, 0 to [`Trail::MOST`], the oldest first; `None` for a look without it.
    pub fn levels(self) -> impl Iterator<Item = Option<u8>> {
        (0..Trail::LOOKS).rev().map(move |at| ((self.0 >> (4 * at)) as u8 & 15).checked_sub(1))
    }

    /// The mean level of the looks with it; `None` where there is none.
    pub fn mean(self) -> Option<f64> {
        let known = || self.levels().flatten().map(f64::from);
        let count = known().count();
        (count > 0).then(|| known().sum::<f64>() / count as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_looks_are_remembered_in_order() {
        let mut trail = Trail::default();
        assert_eq!((trail.mean(), trail.levels().flatten().count()), (None, 0));
        for cpu in [Some(100.0), None, Some(0.0), Some(0.01), Some(0.05), Some(100.0), Some(1e9)] {
            trail = trail.then(cpu);
        }
        let last: Vec<_> = trail.levels().skip(Trail::LOOKS - 7).collect();
        assert_eq!(last, [Some(11), None, Some(0), Some(0), Some(1), Some(11), Some(Trail::MOST)]);
        assert_eq!(trail.mean(), Some(36.0 / 6.0));
        for _ in 0..Trail::LOOKS {
            trail = trail.then(Some(2.0));
        }
        assert!(trail.levels().all(|level| level == Some(3)));
    }
}
