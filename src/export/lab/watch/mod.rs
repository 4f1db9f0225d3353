//! What the X-ray saw → text for the terminal, JSON, Markdown, SVG.
//!
//! The lanes are drawn from the same folds as on the screen; everything else is the report's.

mod json;
mod picture;
mod text;

pub use json::json;
pub use picture::svg;
pub use text::{markdown, text};

use crate::model::lab::watch::WatchReport;
use crate::model::lab::{BlockedOn, Dither, Doing, Lane, Lanes, Machine, Share, Window};

/// What was watched, and what was seen.
#[derive(Clone, Debug)]
pub struct Watched<'a> {
    /// What it is called; safe to show.
    pub name: &'a str,
    /// The machine it ran on.
    pub machine: &'a Machine,
    /// When it began, seconds since the epoch.
    pub started_unix_s: u64,
    /// Version of the program that looked.
    pub version: &'a str,
    /// What was seen.
    pub report: &'a WatchReport,
    /// The lanes.
    pub lanes: &'a Lanes,
}

impl Watched<'_> {
    /// All of the time in so many cells.
    fn window(&self, cells: usize) -> Window {
        let clock = ((self.report.real_s * 1e9) as u64).max(1);
        Window { from: 0, cell: clock.div_ceil(cells.max(1) as u64).max(1), cells, until: clock }
    }

    /// The lanes of those who did the most, at most so many, in their order; and how many are left out.
    fn chosen(&self, most: usize) -> (Vec<(usize, &Lane)>, usize) {
        let window = self.window(1);
        let mut shares = Vec::new();
        let mut all: Vec<(usize, &Lane, f32)> = Vec::new();
        for (at, lane) in self.lanes.lanes.iter().enumerate() {
            lane.shares(&window, &mut shares);
            all.push((at, lane, shares.first().map_or(0.0, |share| share.run + share.ready)));
        }
        let left_out = all.len().saturating_sub(most);
        all.sort_by(|a, b| b.2.total_cmp(&a.2));
        all.truncate(most);
        all.sort_by_key(|(at, ..)| *at);
        (all.into_iter().map(|(at, lane, _)| (at, lane)).collect(), left_out)
    }
}

/// A lane as text: a letter for what it did most of each cell, so that over the lane they stand in proportion.
fn lane_text(lane: &Lane, window: &Window) -> String {
    let (mut shares, mut dither): (Vec<Share>, Dither) = (Vec::new(), Dither::default());
    lane.shares(window, &mut shares);
    let letter = |share: &Share| match dither.next(share) {
        Doing::Run(_) => '#',
        Doing::Ready => 'x',
        Doing::Blocked(on) => on.letter(),
        Doing::Stopped => 'T',
        Doing::Zombie => 'Z',
        Doing::Idle => '.',
    };
    shares.iter().map(letter).collect()
}

/// What the letters of lanes mean.
fn legend() -> String {
    let waits: Vec<String> =
        BlockedOn::ALL.iter().map(|on| format!("{} {}", on.letter(), short(*on))).collect();
    format!("# on a CPU, x waits for one, . asleep or not there, {} T stopped", waits.join(" "))
}

fn short(on: BlockedOn) -> &'static str {
    match on {
        BlockedOn::Lock => "lock",
        BlockedOn::Empty => "empty pipe",
        BlockedOn::Full => "full pipe",
        BlockedOn::Io => "I/O",
        BlockedOn::Sleep => "sleep",
        BlockedOn::Others => "signal",
        BlockedOn::Child => "child",
    }
}

/// `thread 12 of 7`, or `7` for the first one.
fn who(pid: crate::model::Pid, tid: crate::model::Pid) -> String {
    if pid == tid { pid.to_string() } else { format!("{pid}/{tid}") }
}
