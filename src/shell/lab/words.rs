//! Words of the lab's command line that several commands read alike.

use super::{Failure, USAGE};

/// Reads numbers of workers: `4`, `1,2,4`, `1..8`, and both mixed.
pub(super) fn counts(text: &str) -> Result<Vec<u32>, String> {
    let refusal = || "numbers of workers are written 4, 1,2,4 or 1..8".to_owned();
    let mut counts = Vec::new();
    for part in text.split(',') {
        let (from, to) = part.split_once("..").unwrap_or((part, part));
        let number = |text: &str| text.trim().parse::<u32>().ok().filter(|count| (1..=1024).contains(count));
        let (from, to) = number(from).zip(number(to)).ok_or_else(refusal)?;
        if from > to {
            return Err(refusal());
        }
        counts.extend((from..=to).filter(|count| !counts.contains(count)).collect::<Vec<_>>());
    }
    Ok(counts)
}

/// Reads a number of seconds for a run; what is possible, the plan's check says.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| seconds.is_finite())
        .ok_or_else(|| "it is not a number of seconds".to_owned())
}

/// A wrong use of the flags.
pub(super) fn wrong(sentence: impl Into<String>) -> Failure {
    Failure::new(USAGE, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_lists_and_ranges() {
        assert_eq!(counts("4"), Ok(vec![4]));
        assert_eq!(counts("1,4,2..3,1"), Ok(vec![1, 4, 2, 3]));
        for wrong in ["", "0", "x", "8..1", "1..", "..", "1025", "1..2..3", "-1"] {
            assert!(counts(wrong).is_err(), "{wrong}");
        }
    }
}
