//! When the next look is due: pure arithmetic over times that are handed in.

use std::time::{Duration, Instant};

/// The first interval is short, so that the first rates are there at once.
const FIRST: Duration = Duration::from_millis(250);

/// Two looks are at least this far apart unless the interval itself is shorter: a key pressed again and again must
/// not make rates of a few ticks.
const APART: Duration = Duration::from_millis(100);

/// The shortest and the longest interval, seconds.
const RANGE: (f64, f64) = (0.05, 86_400.0);

/// The grid of looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beat {
    interval: Duration,
    /// When the last look began.
    last: Option<Instant>,
    /// When the next one is due.
    due: Instant,
}

impl Beat {
    /// A grid whose first look is due at once.
    pub(super) fn new(seconds: f64, now: Instant) -> Beat {
        Beat { interval: interval(seconds), last: None, due: now }
    }

    /// When the next look is due.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// A look began at `began` and is over at `now`. The next beat lies on the grid of the one before, whatever the
    /// look took; beats that were missed meanwhile are left out, which stretches the period.
    pub(super) fn looked(&mut self, began: Instant, now: Instant) {
        let first = self.last.replace(began).is_none();
        if first && self.interval > FIRST {
            self.due = began + FIRST;
            return;
        }
        // A look that was asked for lies between two beats; the grid stays.
        while self.due <= now || self.due < began + self.apart() {
            let behind = now.saturating_duration_since(self.due).as_nanos() / self.interval.as_nanos().max(1);
            self.due += self.interval * u32::try_from(behind).unwrap_or(u32::MAX).saturating_add(1);
        }
    }

    /// Somebody wants a look now.
    pub(super) fn hasten(&mut self, now: Instant) {
        let soonest = self.last.map_or(now, |last| now.max(last + self.apart()));
        self.due = self.due.min(soonest);
    }

    /// Another interval from the last look on.
    pub(super) fn set_interval(&mut self, seconds: f64, now: Instant) {
        self.interval = interval(seconds);
        self.due = self.last.map_or(now, |last| now.max(last + self.interval));
    }

    fn apart(&self) -> Duration {
        APART.min(self.interval)
    }
}

/// Seconds that make sense as an interval; 1 where they are no number.
fn interval(seconds: f64) -> Duration {
    let seconds = if seconds.is_nan() { 1.0 } else { seconds.clamp(RANGE.0, RANGE.1) };
    Duration::from_secs_f64(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    /// The times at which looks begin, in ms, where each takes `took` ms.
    fn looks(seconds: f64, took: &[u32]) -> Vec<u128> {
        let start = Instant::now();
        let mut beat = Beat::new(seconds, start);
        let mut now = start;
        took.iter()
            .map(|took| {
                let began = beat.due().max(now);
                now = began + MS * *took;
                beat.looked(began, now);
                (began - start).as_millis()
            })
            .collect()
    }

    #[test]
    fn the_second_look_is_early_and_then_there_is_no_drift() {
        assert_eq!(looks(1.0, &[5, 30, 20, 10, 1]), [0, 250, 1250, 2250, 3250]);
        assert_eq!(looks(0.1, &[5, 5, 5]), [0, 100, 200]);
    }

    #[test]
    fn a_look_that_takes_too_long_stretches_the_period() {
        assert_eq!(looks(1.0, &[1, 1, 1500, 1, 1]), [0, 250, 1250, 3250, 4250]);
        assert_eq!(looks(1.0, &[600, 1, 1]), [0, 600, 1250]);
    }

    #[test]
    fn a_look_asked_for_keeps_its_distance_and_the_grid() {
        let start = Instant::now();
        let mut beat = Beat::new(1.0, start);
        beat.looked(start, start + MS);
        beat.hasten(start + MS * 20);
        assert_eq!(beat.due() - start, MS * 100);
        beat.looked(beat.due(), beat.due() + MS);
        assert!(beat.due() - start >= MS * 200);
        let next = beat.due();
        beat.hasten(next + MS * 5);
        assert_eq!(beat.due(), next);
    }

    #[test]
    fn intervals_that_make_no_sense_are_made_sensible() {
        for (asked, seconds) in
            [(f64::NAN, 1.0), (-3.0, 0.05), (0.0, 0.05), (f64::INFINITY, 86_400.0), (2.5, 2.5)]
        {
            assert_eq!(interval(asked).as_secs_f64(), seconds);
        }
    }

    proptest! {
        #[test]
        fn looks_are_apart_and_never_due_before_now(
            seconds in 0.0f64..3.0,
            steps in prop::collection::vec((0u32..4000, 0u32..400, any::<bool>(), prop::option::of(0.0f64..3.0)), 1..30)
        ) {
            let start = Instant::now();
            let mut beat = Beat::new(seconds, start);
            let mut last: Option<Instant> = None;
            for (took, wait, hasten, change) in steps {
                let began = beat.due();
                if let Some(last) = last {
                    prop_assert!(began >= last + beat.apart());
                }
                last = Some(began);
                let end = began + MS * took;
                beat.looked(began, end);
                prop_assert!(beat.due() > end || beat.last.is_some_and(|l| l == start));
                prop_assert!(beat.due() <= end + beat.interval + APART + FIRST);
                if hasten { beat.hasten(end + MS * wait); }
                if let Some(seconds) = change { beat.set_interval(seconds, end + MS * wait); }
            }
        }
    }
}
