//! What another order, or another number of workers, would give: list scheduling of the task times that were measured.

use super::Ceiling;

/// The greatest speed-up that a queue of tasks in this order allows on `workers` workers: each free worker takes
/// the next task (list scheduling), nothing else costs time.
///
/// Tasks in seconds or any other unit; 1.0 where there is nothing to do.
pub fn ceiling(tasks: &[f64], workers: u32) -> f64 {
    let mut free_at = vec![0.0_f64; (workers.max(1) as usize).min(tasks.len().max(1))];
    for &task in tasks {
        if let Some(first) = free_at.iter_mut().min_by(|a, b| a.total_cmp(b)) {
            *first += task;
        }
    }
    let end = free_at.into_iter().fold(0.0, f64::max);
    if end > 0.0 { tasks.iter().sum::<f64>() / end } else { 1.0 }
}

/// [`ceiling`] with the largest task first, the order that leaves the smallest tail in all but odd cases.
pub fn ceiling_largest_first(tasks: &[f64], workers: u32) -> f64 {
    let mut sorted = tasks.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    ceiling(&sorted, workers)
}

/// All ceilings of these tasks; `None` where there are none.
pub fn ceilings(tasks: &[f64], workers: u32) -> Option<Ceiling> {
    let longest = tasks.iter().copied().fold(0.0, f64::max);
    (longest > 0.0).then(|| Ceiling {
        now: ceiling(tasks, workers),
        largest_first: ceiling_largest_first(tasks, workers),
        any: tasks.iter().sum::<f64>() / longest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NINE: [f64; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 0.005
    }

    #[test]
    fn nine_tasks_on_four_workers() {
        assert!(close(ceiling(&NINE, 4), 3.0));
        assert!(close(ceiling_largest_first(&NINE, 4), 3.75));
        assert!(close(ceiling(&NINE, 1), 1.0));
        assert!(close(ceiling(&NINE, 1000), 5.0), "no machine beats the longest task");
        assert!(close(ceiling(&[], 4), 1.0) && close(ceiling(&[0.0], 0), 1.0));
    }

    /// Forty-nine sums of the primes below 100 000, 200 000, … 4 900 000, smallest first; a task is as long as its
    /// trial divisions, for each number up to its smallest divisor or, for a prime, up to its root.
    #[test]
    fn forty_nine_growing_tasks_lose_to_their_order() {
        const STEP: usize = 100_000;
        let mut smallest_divisor = vec![0_u32; STEP * 49];
        for divisor in 2..=2214_usize {
            if smallest_divisor[divisor] == 0 {
                for multiple in (divisor * divisor..smallest_divisor.len()).step_by(divisor) {
                    if smallest_divisor[multiple] == 0 {
                        smallest_divisor[multiple] = divisor as u32;
                    }
                }
            }
        }
        let (mut tasks, mut divisions) = (Vec::new(), 0.0);
        for (number, &divisor) in smallest_divisor.iter().enumerate() {
            divisions += match divisor {
                0 => (number as f64).sqrt().ceil() - 1.0,
                divisor => f64::from(divisor - 1),
            };
            if (number + 1) % STEP == 0 {
                tasks.push(divisions);
            }
        }
        assert_eq!(tasks.len(), 49);
        let found = [2, 4, 8].map(|workers| ceiling(&tasks, workers));
        assert!(close(found[0], 1.95) && close(found[1], 3.73) && close(found[2], 6.81), "{found:?}");
        let best = [2, 4, 8].map(|workers| ceiling_largest_first(&tasks, workers));
        assert!(close(best[0], 2.0) && close(best[1], 4.0) && close(best[2], 7.97), "{best:?}");
    }
}
