//! What this session found out: the last result of each workload, and the points of its speed-up curve.

use std::collections::BTreeMap;

use crate::model::lab::{Comparison, Mode, Settings};

use super::Show;

/// Most points that are kept for a workload.
const POINTS: usize = 128;

/// A measured speed-up.
#[derive(Clone, PartialEq, Debug)]
pub struct Point {
    /// How it ran.
    pub mode: Mode,
    /// On how many workers.
    pub workers: u32,
    /// With which knobs.
    pub settings: Settings,
    /// How many times faster than the serial run.
    pub speedup: f64,
}

/// What this session found out, by workload.
#[derive(Clone, Debug, Default)]
pub struct Past {
    found: BTreeMap<String, Found>,
}

#[derive(Clone, Debug, Default)]
struct Found {
    last: String,
    points: Vec<Point>,
}

impl Past {
    /// The last result of a workload, in a few words.
    pub fn last(&self, id: &str) -> Option<&str> {
        self.found.get(id).map(|found| found.last.as_str())
    }

    /// The measured points of a workload's runs in this mode with these knobs.
    pub fn points<'a>(
        &'a self,
        id: &str,
        mode: Mode,
        settings: &'a Settings,
    ) -> impl Iterator<Item = &'a Point> + use<'a> {
        let points = self.found.get(id).map_or(&[][..], |found| &found.points);
        points.iter().filter(move |point| point.mode == mode && point.settings == *settings)
    }

    /// Keeps what came of a plan.
    pub(super) fn remember(&mut self, show: &Show) {
        let Some(last) = show.results.last() else { return };
        let found = self.found.entry(show.name.clone()).or_default();
        found.last = said(last);
        for result in &show.results {
            let Some(speedup) = &result.speedup else { continue };
            let run = &result.run;
            let point = Point {
                mode: run.mode,
                workers: run.workers,
                settings: run.settings.clone(),
                speedup: speedup.value,
            };
            // The newest counts.
            let same = |old: &Point| {
                (old.mode, old.workers) == (point.mode, point.workers) && old.settings == point.settings
            };
            found.points.retain(|old| !same(old));
            found.points.push(point);
        }
        let over = found.points.len().saturating_sub(POINTS);
        found.points.drain(..over);
    }
}

fn said(result: &Comparison) -> String {
    let run = &result.run;
    match &result.speedup {
        Some(speedup) => format!("{:.2}x {} x{}", speedup.value, run.mode.word(), run.workers),
        None if !run.answer_ok => "wrong or missing".to_owned(),
        None => format!("{:.2} s, as it must be", run.real_s),
    }
}
