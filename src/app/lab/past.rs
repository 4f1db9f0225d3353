//! What was found out before: the last result of each workload, and the points of its speed-up curve; by this session,
//! and by earlier ones that kept it.

use std::collections::BTreeMap;

use crate::model::lab::{Comparison, Leftover, Mode, Settings};

/// Most points that are kept for a workload.
const POINTS: usize = 128;

/// What the lab found when it looked back, or was told.
#[derive(Clone, Debug)]
pub enum LabFound {
    /// Processes that crashed sessions left behind.
    Leftovers(Vec<Leftover>),
    /// What earlier sessions kept.
    Past(Past),
    /// What ran is kept under this name, which is safe to show.
    Kept(String),
}

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
    /// Whether an earlier session measured it.
    pub earlier: bool,
}

impl Point {
    fn is_same(&self, other: &Point) -> bool {
        (self.mode, self.workers) == (other.mode, other.workers) && self.settings == other.settings
    }
}

/// What was found out, by workload.
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

    /// Remembers what came of an experiment; the newest counts.
    pub fn remember(&mut self, name: &str, results: &[Comparison]) {
        let Some(last) = results.last() else { return };
        let found = self.found.entry(name.to_owned()).or_default();
        found.last = said(last);
        for result in results {
            let Some(speedup) = &result.speedup else { continue };
            let run = &result.run;
            let (mode, workers, settings) = (run.mode, run.workers, run.settings.clone());
            let point = Point { mode, workers, settings, speedup: speedup.value, earlier: false };
            found.points.retain(|old| !old.is_same(&point));
            found.points.push(point);
        }
        let over = found.points.len().saturating_sub(POINTS);
        found.points.drain(..over);
    }

    /// Puts what earlier sessions found out behind what this one did, in place of what was known of them.
    pub(super) fn put_behind(&mut self, earlier: Past) {
        for found in self.found.values_mut() {
            found.points.retain(|point| !point.earlier);
        }
        for (name, theirs) in earlier.found {
            let ours = self.found.entry(name).or_default();
            if ours.last.is_empty() {
                ours.last = theirs.last;
            }
            let own = ours.points.clone();
            let new = theirs.points.into_iter().filter(|point| !own.iter().any(|own| own.is_same(point)));
            ours.points.splice(0..0, new.map(|point| Point { earlier: true, ..point }));
        }
    }
}

fn said(result: &Comparison) -> String {
    let run = &result.run;
    match &result.speedup {
        Some(speedup) => format!("{:.2}x {} x{}", speedup.value, run.mode.word(), run.workers),
        None if !run.answer_ok => "wrong or missing".to_owned(),
        None => format!("{:.2} s, answers right", run.real_s),
    }
}
