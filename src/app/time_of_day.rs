//! The time of day of what happened, reckoned from the look that is shown: it knows both clocks.

use crate::model::Nanos;

use super::App;

impl App {
    /// The moment `at` in seconds since the epoch, moved by the offset of the local time where that is known; `None`
    /// before the first look.
    pub(super) fn local_seconds(&self, at: Nanos) -> Option<i64> {
        let snapshot = &self.snapshot;
        if snapshot.number == 0 {
            return None;
        }
        let since = at.0.cast_signed().saturating_sub(snapshot.taken.0.cast_signed());
        let wall = snapshot.wall.cast_signed().saturating_add(since);
        let offset = snapshot.host().utc_offset_s.unwrap_or(0);
        Some(wall.div_euclid(1_000_000_000).saturating_add(offset.into()))
    }

    /// The time of day at `at`: hours, minutes, seconds, with a `Z` where it is UTC because nobody knows the local time;
    /// `None` before the first look.
    pub fn time_of_day(&self, at: Nanos) -> Option<String> {
        let second = self.local_seconds(at)?.rem_euclid(86_400);
        let zone = if self.snapshot.host().utc_offset_s.is_none() { "Z" } else { "" };
        Some(format!("{:02}:{:02}:{:02}{zone}", second / 3600, second / 60 % 60, second % 60))
    }
}
