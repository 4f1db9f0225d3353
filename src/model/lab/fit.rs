//! The figures of parallel work: ratios with their uncertainty, and what is fitted to a sweep over workers.
//!
//! S is the speed-up, p the number of workers, everywhere as in Hennessy and Patterson.

use serde::{Deserialize, Serialize};

use super::{Random, RunReport};

/// A ratio of two measured times.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ratio {
    /// Ratio of the medians.
    pub value: f64,
    /// Lower end of its 95 % confidence interval (bootstrap percentiles); `None` with less than three repeats.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

/// How a time spreads over the repeats, seconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// The middle one; of an even number the lower of the two in the middle.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// How many there are.
    pub count: u32,
}

impl Spread {
    /// The spread of these times; `None` where there are none.
    pub fn of(times: &[f64]) -> Option<Spread> {
        let sorted = sorted(times);
        let (min, max) = (sorted.first().copied()?, sorted.last().copied()?);
        Some(Spread { median: middle(&sorted)?, min, max, count: sorted.len() as u32 })
    }
}

fn sorted(times: &[f64]) -> Vec<f64> {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn middle(sorted: &[f64]) -> Option<f64> {
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}

/// How often the repeats are drawn anew for an interval.
const DRAWS: usize = 2000;
/// Fewest repeats of either that an interval can be drawn from.
const FEWEST: usize = 3;

/// The ratio of the medians of two sets of times, `serial` / `parallel`, with its 95 % confidence interval by the
/// percentile bootstrap (Efron 1979): always the same one for the same times.
///
/// Where both have as many, the times of one turn stay together: what drifted, drifted for both. `None` where there
/// is nothing to divide.
pub fn ratio(serial: &[f64], parallel: &[f64]) -> Option<Ratio> {
    let value = middle(&sorted(serial))? / middle(&sorted(parallel))?;
    if !value.is_finite() || value <= 0.0 {
        return None;
    }
    let (low, high) = interval(serial, parallel).unzip();
    Some(Ratio { value, low, high })
}

fn interval(serial: &[f64], parallel: &[f64]) -> Option<(f64, f64)> {
    if serial.len().min(parallel.len()) < FEWEST {
        return None;
    }
    let mut random = Random::new(0x5eed);
    let mut ratios = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        let places: Vec<usize> = draw(serial.len(), &mut random);
        let others =
            if serial.len() == parallel.len() { places.clone() } else { draw(parallel.len(), &mut random) };
        let median = |times: &[f64], places: &[usize]| {
            let drawn: Vec<f64> = places.iter().filter_map(|&at| times.get(at).copied()).collect();
            middle(&sorted(&drawn))
        };
        ratios.push(median(serial, &places)? / median(parallel, &others)?);
    }
    ratios.sort_by(f64::total_cmp);
    let at = |part: f64| ratios.get((part * (DRAWS - 1) as f64).round() as usize).copied();
    at(0.025).zip(at(0.975)).filter(|(low, high)| low.is_finite() && high.is_finite())
}

fn draw(count: usize, random: &mut Random) -> Vec<usize> {
    (0..count).map(|_| random.below(count as u64) as usize).collect()
}

/// The efficiency as a product, in the terms of the POP methodology: each 0 to 1 but for the luck of the machine.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pop {
    /// Load balance: mean CPU time of the workers / the greatest.
    pub balance: f64,
    /// Communication efficiency: greatest CPU time of a worker / real time.
    pub comm: f64,
    /// Computation scaling: CPU time of the serial run / of this one.
    pub cpu: f64,
}

impl Pop {
    /// The factors of `run` against `serial`; `None` where no worker used a CPU, or the serial run none.
    pub fn new(serial: &RunReport, run: &RunReport) -> Option<Pop> {
        let cpu = |report: &RunReport| report.crew.iter().map(|worker| worker.run_s).sum::<f64>();
        let most = run.crew.iter().map(|worker| worker.run_s).fold(0.0, f64::max);
        let (before, now) = (cpu(serial), cpu(run));
        let workers = super::account::lanes(run);
        (most > 0.0 && before > 0.0 && run.real_s > 0.0).then(|| Pop {
            balance: now / workers / most,
            comm: most / run.real_s,
            cpu: before / now,
        })
    }

    /// The product: the efficiency, as far as the serial run was on a CPU all the time.
    pub fn product(&self) -> f64 {
        self.balance * self.comm * self.cpu
    }
}

/// The greatest speed-up that the tasks allow, by replaying the times that they took.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ceiling {
    /// In the order in which they were begun, on as many workers and as the run spread them.
    pub now: f64,
    /// With the largest first, from one queue.
    pub largest_first: f64,
    /// On any number of workers: the longest task is in the way.
    pub any: f64,
}

/// Karp and Flatt's experimentally determined serial fraction (CACM 1990): (1/S − 1/p) / (1 − 1/p). `None` on one
/// worker.
///
/// Constant over a sweep it is work that is serial; growing with p it is overhead.
pub fn karp_flatt(speedup: f64, workers: f64) -> Option<f64> {
    let fraction = (1.0 / speedup - 1.0 / workers) / (1.0 - 1.0 / workers);
    (workers > 1.0 && fraction.is_finite()).then_some(fraction)
}

/// Amdahl's law for a serial part of 0 to 1: 1 / (f + (1 − f)/p).
pub fn amdahl(serial_part: f64, workers: f64) -> f64 {
    1.0 / (serial_part + (1.0 - serial_part) / workers)
}

/// Gustafson's law (CACM 1988), the scaled speed-up: f + p(1 − f), where f is the serial part of the parallel run.
pub fn gustafson(serial_part: f64, workers: f64) -> f64 {
    serial_part + workers * (1.0 - serial_part)
}

/// What was fitted, and how well.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Amdahl {
    /// The serial part that fits best, by least squares of 1/S; 0 to 1 where the law holds.
    pub serial_part: f64,
    /// Root of the mean squared difference between measured and fitted speed-up.
    pub rms: f64,
}

/// Fits Amdahl's law to (workers, speed-up). `None` with less than two numbers of workers above one.
pub fn fit_amdahl(points: &[(f64, f64)]) -> Option<Amdahl> {
    let points = usable(points);
    if levels(&points, 1.0) < 2 {
        return None;
    }
    // 1/S − 1/p = f (1 − 1/p): a line through the origin.
    let (mut xy, mut xx) = (0.0, 0.0);
    for (p, s) in &points {
        let x = 1.0 - 1.0 / p;
        xy += x * (1.0 / s - 1.0 / p);
        xx += x * x;
    }
    let serial_part = xy / xx;
    serial_part.is_finite().then(|| Amdahl { serial_part, rms: rms(&points, |p| amdahl(serial_part, p)) })
}

/// Gunther's universal scalability law: S = p / (1 + α(p − 1) + βp(p − 1)).
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Usl {
    /// Contention α: waiting for what only one can have at a time; 0 or more.
    pub contention: f64,
    /// Coherence β: keeping one another informed; 0 or more.
    pub coherence: f64,
    /// Root of the mean squared difference between measured and fitted speed-up.
    pub rms: f64,
}

impl Usl {
    /// The speed-up on so many workers.
    pub fn at(&self, workers: f64) -> f64 {
        let others = workers - 1.0;
        workers / (1.0 + self.contention * others + self.coherence * workers * others)
    }

    /// The number of workers beyond which it becomes slower: √((1 − α)/β); `None` where it never does.
    pub fn peak(&self) -> Option<f64> {
        (self.coherence > 0.0 && self.contention < 1.0)
            .then(|| ((1.0 - self.contention) / self.coherence).sqrt())
    }
}

/// Fewest numbers of workers that the universal scalability law is fitted to.
pub const USL_LEVELS: usize = 6;

/// Fits the universal scalability law to (workers, speed-up), by least squares of p/S − 1. `None`, not fitted, with
/// less than [`USL_LEVELS`] numbers of workers.
pub fn fit_usl(points: &[(f64, f64)]) -> Option<Usl> {
    let points = usable(points);
    if levels(&points, 0.0) < USL_LEVELS {
        return None;
    }
    let (mut aa, mut ab, mut bb, mut ay, mut by) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (p, s) in &points {
        let (a, b, y) = (p - 1.0, p * (p - 1.0), p / s - 1.0);
        aa += a * a;
        ab += a * b;
        bb += b * b;
        ay += a * y;
        by += b * y;
    }
    let determinant = aa * bb - ab * ab;
    let mut contention = (ay * bb - by * ab) / determinant;
    let mut coherence = (by * aa - ay * ab) / determinant;
    // Neither can be below nothing: then the other alone has to do.
    if coherence < 0.0 {
        (contention, coherence) = ((ay / aa).max(0.0), 0.0);
    } else if contention < 0.0 {
        (contention, coherence) = (0.0, (by / bb).max(0.0));
    }
    let fitted = Usl { contention, coherence, rms: 0.0 };
    let rms = rms(&points, |p| fitted.at(p));
    (contention.is_finite() && coherence.is_finite() && rms.is_finite()).then_some(Usl { rms, ..fitted })
}

fn usable(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    points.iter().copied().filter(|(p, s)| *p >= 1.0 && *s > 0.0 && p.is_finite() && s.is_finite()).collect()
}

/// How many numbers of workers above `above` there are.
fn levels(points: &[(f64, f64)], above: f64) -> usize {
    let mut levels = sorted(&points.iter().map(|(p, _)| *p).filter(|p| *p > above).collect::<Vec<_>>());
    levels.dedup();
    levels.len()
}

fn rms(points: &[(f64, f64)], law: impl Fn(f64) -> f64) -> f64 {
    let squares = points.iter().map(|(p, s)| (s - law(*p)).powi(2)).sum::<f64>();
    (squares / points.len().max(1) as f64).sqrt()
}

/// How long exactly k workers were on a task, for k = 0, 1, 2 …, seconds; they add up to the real time.
pub fn concurrency(run: &RunReport) -> Vec<f64> {
    let mut edges: Vec<(f64, i32)> = Vec::with_capacity(run.tasks.len() * 2);
    for task in &run.tasks {
        let (from, to) = (task.from.clamp(0.0, run.real_s), task.to.clamp(0.0, run.real_s));
        if from < to {
            edges.extend([(from, 1), (to, -1)]);
        }
    }
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut times = vec![0.0; run.crew.len() + 1];
    let (mut at, mut busy) = (0.0, 0_usize);
    let mut spend = |busy: usize, seconds: f64| {
        if times.len() <= busy {
            times.resize(busy + 1, 0.0);
        }
        if let Some(time) = times.get_mut(busy) {
            *time += seconds;
        }
    };
    for (when, step) in edges {
        spend(busy, when - at);
        (at, busy) = (when, busy.saturating_add_signed(step as isize));
    }
    spend(busy, run.real_s - at);
    times
}

#[cfg(test)]
mod tests {
    use super::super::{Mode, RunPlan, Settings, TaskReport, WorkerReport};
    use super::*;

    fn close(a: f64, b: f64, within: f64) -> bool {
        (a - b).abs() <= within
    }

    #[test]
    fn the_figures_of_the_well_known_example() {
        // Nine primes on a machine of four cores: real 3.281 and 1.151 s.
        let s = 3.281 / 1.151;
        assert!(close(s, 2.85, 0.005));
        assert!(close(karp_flatt(s, 4.0).expect("four workers"), 0.134, 0.0005));
        assert_eq!(karp_flatt(1.0, 1.0), None);
        assert!(close(karp_flatt(8.0 * 0.824, 8.0).expect("eight"), 0.031, 0.0005));
    }

    #[test]
    fn amdahl_s_law_is_found_again() {
        for f in [0.0, 0.05, 0.2, 0.5, 1.0] {
            let exact: Vec<_> = [1.0, 2.0, 4.0, 8.0].map(|p| (p, amdahl(f, p))).to_vec();
            let fit = fit_amdahl(&exact).expect("three levels");
            assert!(close(fit.serial_part, f, 1e-9) && fit.rms < 1e-9, "{f}: {fit:?}");
            let shaken: Vec<_> =
                exact.iter().enumerate().map(|(at, (p, s))| (*p, s * (0.98 + 0.01 * at as f64))).collect();
            let fit = fit_amdahl(&shaken).expect("three levels");
            assert!(close(fit.serial_part, f, 0.02), "{f}: {fit:?}");
        }
        assert_eq!(fit_amdahl(&[(1.0, 1.0), (4.0, 3.0)]), None, "one level is no sweep");
        assert_eq!(fit_amdahl(&[(2.0, f64::NAN), (4.0, 0.0), (8.0, -1.0)]), None);
        assert!(close(gustafson(0.2, 8.0), 6.6, 1e-9));
    }

    #[test]
    fn the_universal_law_is_found_again_or_not_fitted() {
        let law = |alpha: f64, beta: f64| Usl { contention: alpha, coherence: beta, rms: 0.0 };
        let levels = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
        for (alpha, beta) in [(0.0, 0.0), (0.05, 0.0), (0.0, 0.001), (0.03, 0.0007)] {
            let points = levels.map(|p| (p, law(alpha, beta).at(p)));
            let fit = fit_usl(&points).expect("six levels");
            assert!(close(fit.contention, alpha, 1e-9) && close(fit.coherence, beta, 1e-9), "{fit:?}");
            assert_eq!(fit_usl(points.get(..5).expect("five")), None, "five levels are too few");
        }
        let peak = law(0.03, 0.0007).peak().expect("it becomes slower");
        assert!(close(peak, (0.97_f64 / 0.0007).sqrt(), 1e-9) && law(0.03, 0.0).peak().is_none());
        let superlinear = levels.map(|p| (p, p * 1.1));
        let fit = fit_usl(&superlinear).expect("six levels");
        assert_eq!((fit.contention, fit.coherence), (0.0, 0.0), "nothing is below nothing");
        let repeated = [(1.0, 1.0), (1.0, 1.1), (2.0, 1.9), (2.0, 1.8), (4.0, 3.0), (4.0, 3.1)];
        assert_eq!(fit_usl(&repeated), None, "repeats are no levels");
    }

    #[test]
    fn the_median_is_one_that_was_measured() {
        let spread = Spread::of(&[3.0, 1.0, 2.0]).expect("three");
        assert_eq!((spread.median, spread.min, spread.max, spread.count), (2.0, 1.0, 3.0, 3));
        assert_eq!(Spread::of(&[4.0, 1.0]).map(|spread| spread.median), Some(1.0));
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn the_interval_holds_the_ratio_and_narrows_with_quiet_times() {
        let quiet = ratio(&[2.0, 2.01, 1.99, 2.0, 2.0], &[1.0, 1.0, 1.01, 0.99, 1.0]).expect("five each");
        let loud = ratio(&[2.0, 2.8, 1.9, 2.0, 2.4], &[1.0, 1.3, 1.01, 0.9, 1.6]).expect("five each");
        for ratio in [quiet, loud] {
            let (low, high) = ratio.low.zip(ratio.high).expect("enough repeats");
            assert!(low <= ratio.value && ratio.value <= high, "{ratio:?}");
        }
        let width = |ratio: Ratio| ratio.high.unwrap_or(0.0) - ratio.low.unwrap_or(0.0);
        assert!(width(quiet) < width(loud));
        assert_eq!(
            ratio(&[2.0, 2.8, 1.9], &[1.0, 1.3]).map(|ratio| ratio.low),
            Some(None),
            "two are too few"
        );
        assert_eq!(ratio(&[2.0, 2.4, 1.9], &[1.0, 1.3, 1.1]), ratio(&[2.0, 2.4, 1.9], &[1.0, 1.3, 1.1]));
        assert_eq!(ratio(&[], &[1.0]), None);
        assert_eq!(ratio(&[1.0], &[0.0]), None);
    }

    #[test]
    fn what_drifts_for_both_does_not_widen_the_interval() {
        let drifting = [1.0, 1.1, 1.2, 1.3, 1.4];
        let paired = ratio(&drifting.map(|t| t * 2.0), &drifting).expect("five each");
        assert!(close(paired.low.expect("low"), 2.0, 1e-9) && close(paired.high.expect("high"), 2.0, 1e-9));
    }

    fn run(real_s: f64, run_s: &[f64], tasks: &[(f64, f64)]) -> RunReport {
        let plan = RunPlan { mode: Mode::Pool, workers: run_s.len() as u32, settings: Settings::default() };
        let crew = run_s.iter().map(|&run_s| WorkerReport { run_s, ..WorkerReport::default() }).collect();
        let tasks =
            tasks.iter().map(|&(from, to)| TaskReport { task: 1, worker: 1, from, to, run_s: to - from });
        RunReport { real_s, crew, tasks: tasks.collect(), ..RunReport::blank(&plan) }
    }

    #[test]
    fn the_factors_multiply_to_the_efficiency() {
        let serial = run(3.281, &[3.281], &[]);
        let parallel = run(1.108, &[1.09, 0.58, 0.73, 0.87], &[]);
        let pop = Pop::new(&serial, &parallel).expect("all used a CPU");
        assert!(close(pop.product(), 3.281 / 1.108 / 4.0, 1e-9), "{pop:?}");
        assert!(close(pop.balance, 0.75, 0.001) && close(pop.comm, 0.984, 0.001), "{pop:?}");
        assert_eq!(Pop::new(&serial, &run(1.0, &[0.0], &[])), None);
    }

    #[test]
    fn the_histogram_closes() {
        let times = concurrency(&run(1.0, &[0.0; 3], &[(0.1, 0.5), (0.2, 0.4), (0.5, 0.9)]));
        let expected = [0.2, 0.6, 0.2, 0.0];
        assert!(times.iter().zip(expected).all(|(a, b)| close(*a, b, 1e-9)), "{times:?}");
        assert_eq!(concurrency(&run(1.0, &[], &[])), [1.0]);
        assert!(close(concurrency(&run(0.5, &[0.0], &[(0.0, 9.0)])).iter().sum(), 0.5, 1e-9));
    }
}
