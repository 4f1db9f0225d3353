//! How the lanes are to be drawn: by worker or by core, how much of the time a cell stands for, and from when on.

use crate::model::lab::Window;

/// What a cell spans at each zoom, nanoseconds; `None` fits the whole run.
pub const ZOOMS: [Option<u64>; 4] = [None, Some(20_000_000), Some(4_000_000), Some(1_000_000)];

/// What the rows of the lanes stand for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Rows {
    /// A worker each.
    #[default]
    Workers,
    /// A core each.
    Cores,
}

/// How the lanes are to be drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Picture {
    /// What the rows stand for.
    pub rows: Rows,
    /// The place in [`ZOOMS`].
    pub zoom: usize,
    /// The worker that is chosen, counted from 0.
    pub chosen: usize,
    /// How far the picture was scrolled back from the newest, in tenths of a window.
    back: u32,
}

impl Picture {
    /// What a cell spans, nanoseconds; `None` fits the whole run.
    pub fn cell(&self) -> Option<u64> {
        ZOOMS.get(self.zoom).copied().flatten()
    }

    /// Goes to the next zoom.
    pub fn zoom_on(&mut self) {
        self.zoom = (self.zoom + 1) % ZOOMS.len();
        self.back = 0;
    }

    /// Scrolls by so many tenths of a window; back in time where negative.
    pub fn scroll(&mut self, by: i32) {
        if self.cell().is_some() {
            self.back = self.back.saturating_add_signed(-by).min(1_000_000);
        }
    }

    /// Another run begins: the first worker is chosen, the newest is shown.
    pub fn begin(&mut self) {
        (self.chosen, self.back) = (0, 0);
    }

    /// Shows the newest again.
    pub fn follow(&mut self) {
        self.back = 0;
    }

    /// The part of the time that `cells` cells show of a run that is `clock` nanoseconds old. `whole` is how long all
    /// of it takes or took, where that is known.
    pub fn window(&self, cells: usize, clock: u64, whole: Option<u64>) -> Window {
        let count = cells.max(1) as u64;
        match self.cell() {
            None => {
                let span = whole.unwrap_or_else(|| roomy(clock)).max(clock).max(1_000_000);
                Window { from: 0, cell: span.div_ceil(count).max(1), cells, until: clock }
            }
            Some(cell) => {
                let back = u64::from(self.back) * cell * count / 10;
                let newest = clock.saturating_sub(back).max((cell * count).min(clock));
                // Whole cells, so that what was drawn stays as it was and only moves.
                let to = newest.div_ceil(cell) * cell;
                Window { from: to.saturating_sub(cell * count), cell, cells, until: clock }
            }
        }
    }
}

/// A round time from `clock` on, so that the picture is not redrawn at another scale in each frame.
fn roomy(clock: u64) -> u64 {
    let mut span = 500_000_000u64;
    while span < clock {
        span = span.saturating_mul(3) / 2;
        if span > u64::MAX / 4 {
            break;
        }
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_run_fits() {
        let picture = Picture::default();
        for clock in [0, 1, 499_999_999, 500_000_001, 7_000_000_000, 120_000_000_000] {
            let window = picture.window(100, clock, None);
            assert!(window.from == 0 && window.cell * 100 >= clock, "{clock}");
        }
        assert_eq!(picture.window(100, 5, Some(1_000_000_000)).cell, 10_000_000);
    }

    #[test]
    fn a_zoom_shows_the_newest_and_scrolls_back_to_the_start() {
        let mut picture = Picture { zoom: 3, ..Picture::default() };
        let window = picture.window(100, 950_500_000, None);
        assert_eq!((window.from, window.cell), (851_000_000, 1_000_000));
        picture.scroll(-10);
        assert_eq!(picture.window(100, 950_500_000, None).from, 751_000_000);
        picture.scroll(-1000);
        assert_eq!(picture.window(100, 950_500_000, None).from, 0);
        picture.follow();
        assert_eq!(picture.window(100, 950_500_000, None).from, 851_000_000);
        assert_eq!(picture.window(100, 0, None).from, 0);
    }
}
