//! Cells of lanes: what was done in each, in shares of it, and which one state is drawn of them.

use crate::model::lab::BlockedOn;

/// What a worker did in a stretch of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Doing {
    /// Nothing that is known of: between tasks, or asleep.
    #[default]
    Idle,
    /// On a CPU with this task; 0 where it has none.
    Run(u32),
    /// Ready, but waiting for a CPU.
    Ready,
    /// Waiting for something else.
    Blocked(BlockedOn),
    /// Stopped by a signal.
    Stopped,
    /// It has ended, and nobody has waited for it.
    Zombie,
}

/// One cell of a drawn lane: what was done in it, in shares of the cell.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Share {
    /// On a CPU.
    pub run: f32,
    /// Ready, but waiting for a CPU.
    pub ready: f32,
    /// Waiting for something else, stopped, or a zombie.
    pub blocked: f32,
    /// The task that took most of it; 0 for none.
    pub task: u32,
    /// The CPU that most of it was spent on.
    pub cpu: u32,
    /// The longest wait of it.
    pub wait: Doing,
    /// How long the longest run and the longest wait were, so that a longer one replaces them.
    longest: (f32, f32),
}

impl Share {
    pub(super) fn add(&mut self, what: Doing, cpu: u32, part: f32) {
        match what {
            Doing::Idle => {}
            Doing::Run(task) => {
                self.run += part;
                if part > self.longest.0 {
                    (self.longest.0, self.task, self.cpu) = (part, task, cpu);
                }
            }
            Doing::Ready => self.ready += part,
            Doing::Blocked(_) | Doing::Stopped | Doing::Zombie => {
                self.blocked += part;
                if part > self.longest.1 {
                    (self.longest.1, self.wait) = (part, what);
                }
            }
        }
    }

    pub(super) fn add_all(&mut self, other: &Share, part: f32) {
        self.add(Doing::Run(other.task), other.cpu, other.run * part);
        self.ready += other.ready * part;
        self.add(other.wait, other.cpu, other.blocked * part);
    }
}

/// A part of the time of a run, cut into cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// Where the first cell begins, nanoseconds since the run began.
    pub from: u64,
    /// What a cell spans, nanoseconds; at least 1.
    pub cell: u64,
    /// How many cells.
    pub cells: usize,
    /// Nothing is drawn from here on, nanoseconds since the run began.
    pub until: u64,
}

impl Window {
    pub(super) fn to(&self) -> u64 {
        self.from.saturating_add(self.cell.saturating_mul(self.cells as u64))
    }

    /// Adds a stretch to the cells that it touches.
    pub(super) fn add(&self, from: u64, to: u64, cells: &mut [Share], mut add: impl FnMut(&mut Share, f32)) {
        let (from, to) = (from.max(self.from), to.min(self.to()).min(self.until));
        if from >= to || self.cell == 0 {
            return;
        }
        let (first, last) = ((from - self.from) / self.cell, (to - 1 - self.from) / self.cell);
        let touched = cells.iter_mut().enumerate().skip(first as usize);
        for (n, cell) in touched.take((last - first + 1) as usize) {
            let begins = self.from + n as u64 * self.cell;
            let inside = to.min(begins + self.cell).saturating_sub(from.max(begins));
            add(cell, inside as f32 / self.cell as f32);
        }
    }
}

/// Chooses one state for each cell so that over the lane they stand in proportion to the time that each took: what is
/// left over in one cell counts in the next (error diffusion).
#[derive(Clone, Copy, Debug, Default)]
pub struct Dither {
    left: [f32; 4],
}

impl Dither {
    /// What to draw of the next cell.
    pub fn next(&mut self, cell: &Share) -> Doing {
        let idle = (1.0 - cell.run - cell.ready - cell.blocked).max(0.0);
        let shares = [cell.run, cell.ready, cell.blocked, idle];
        let mut best = 3;
        for (n, (left, share)) in self.left.iter_mut().zip(shares).enumerate() {
            *left += share;
            // Nothing is drawn where there is none of it.
            if share <= 0.0 {
                *left = left.clamp(-0.5, 0.5);
            }
            best = if share > 0.0 { n } else { best };
        }
        for (n, (left, share)) in self.left.iter().zip(shares).enumerate() {
            let more = self.left.get(best).is_none_or(|best| left > best);
            if share > 0.0 && more {
                best = n;
            }
        }
        if let Some(left) = self.left.get_mut(best) {
            *left -= 1.0;
        }
        match best {
            0 => Doing::Run(cell.task),
            1 => Doing::Ready,
            2 => cell.wait,
            _ => Doing::Idle,
        }
    }
}
