//! *false-sharing*: each worker counts for itself, but the counters are in one cache line, so they share it after all.
//!
//! Processors keep memory in lines of 64 bytes, and whoever writes to a line takes it away from all other cores. Two
//! counters next to each other therefore travel between the cores at every step, although nobody looks at the other's.

use std::io;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed},
};

use super::super::pulse::{Pulse, cpu_ns};
use super::super::scene::Scene;
use super::super::sync::{Barrier, Cells, LINE, Stopping};
use super::super::troupe::numbered;
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Knob, KnobKind, Mode, Workers, WorkloadInfo};

/// Additions between two beats.
const STRETCH: u64 = 1024;

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "false-sharing",
            group: Group::Memory,
            title: "counters next to each other against counters a cache line apart",
            lesson: "Memory moves in lines of 64 bytes. Data that different cores write should not share one, even \
                     where no worker looks at what another writes: the line goes to and fro, and every core waits.",
            watch: "The time of an addition: first with the counters side by side, then each in its own line. All \
                    cores look equally busy.",
            modes: &[Mode::Threads, Mode::Pool],
            workers: Workers::Exactly(2),
            knobs: vec![
                Knob {
                    id: "n",
                    help: "additions of each worker in each part, millions",
                    kind: KnobKind::Number { min: 0.01, max: 1000.0, step: 0.01 },
                    default: "300",
                },
                Knob {
                    id: "layout",
                    help: "counters side by side, a line apart, or one after the other",
                    kind: KnobKind::Choice(&["both", "adjacent", "padded"]),
                    default: "both",
                },
            ],
            bounds: Bounds { seconds: 120, ..Bounds::ORDINARY },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// Counters of all workers, `stride` words from one to the next.
struct Part<'a> {
    name: &'static str,
    stride: usize,
    counters: &'a [AtomicU64],
    /// CPU time of all, nanoseconds.
    cpu: &'a AtomicU64,
}

impl<'a> Part<'a> {
    fn new(cells: &mut Cells<'a>, name: &'static str, workers: u32, stride: usize) -> Part<'a> {
        Part { name, stride, counters: cells.many(workers as usize * stride), cpu: cells.one() }
    }

    fn count(&self, which: usize, n: u64, pulse: &mut Pulse) -> Result<(), Stopping> {
        let Some(counter) = self.counters.get(which * self.stride) else { return Ok(()) };
        let before = cpu_ns();
        let mut left = n;
        while left > 0 {
            let now = left.min(STRETCH);
            for _ in 0..now {
                // No atomic addition is needed: nobody else writes this word.
                counter.store(counter.load(Relaxed) + 1, Relaxed);
            }
            left -= now;
            pulse.beat();
            if pulse.is_stopping() {
                return Err(Stopping);
            }
        }
        self.cpu.fetch_add(cpu_ns().saturating_sub(before), Relaxed);
        Ok(())
    }

    fn sum(&self) -> u64 {
        self.counters.iter().map(|word| word.load(Acquire)).sum()
    }
}

fn play(scene: &Scene) -> io::Result<()> {
    let mut cells = Cells::new(scene.board);
    let n = (scene.settings.number("n") * 1e6).round() as u64;
    let start = Barrier::new(&mut cells, scene.workers);
    let layout = scene.settings.word("layout");
    let mut parts = Vec::new();
    for (name, stride) in [("adjacent", 1), ("padded", LINE)] {
        if layout == name || layout == "both" {
            parts.push(Part::new(&mut cells, name, scene.workers, stride));
        }
    }
    scene.troupe(
        &numbered(scene.workers),
        &|which, pulse| {
            for (task, part) in (1..).zip(&parts) {
                start.wait(pulse)?;
                pulse.begin(task);
                part.count(which, n, pulse)?;
                pulse.end(n);
            }
            Ok(())
        },
        || {},
    )?;
    let all = n * u64::from(scene.workers);
    let mut times = Vec::new();
    for part in &parts {
        let done = part.sum();
        scene.check(&format!("additions, {}", part.name), all, done);
        if done == all {
            let time = part.cpu.load(Acquire) as f64 / all as f64;
            scene.figure(&format!("CPU time of an addition, {}", part.name), time, "ns/op");
            times.push(time);
        }
    }
    if let [adjacent, padded] = times[..]
        && padded > 0.0
    {
        let ratio = adjacent / padded;
        scene.figure("side by side, an addition takes so many times as long", ratio, "×");
        scene.means(if ratio >= 1.2 {
            format!(
                "Counters on one cache line cost {ratio:.1} times as much as counters a line apart, though no counter is \
                 shared: the line goes back and forth between the cores."
            )
        } else {
            format!(
                "On one cache line an addition took {ratio:.2} times as long as a line apart: hardly more. Workers that \
                 share a core, or take turns on one, do not fight for the line."
            )
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::board::Board;
    use super::*;

    #[test]
    fn adjacent_counters_share_a_line_and_padded_ones_do_not() {
        let board = Board::new().expect("memory");
        let mut cells = Cells::new(&board);
        let lines = |part: &Part| {
            let at = |which: usize| std::ptr::from_ref(&part.counters[which * part.stride]) as usize / 64;
            (at(0), at(1))
        };
        let adjacent = lines(&Part::new(&mut cells, "adjacent", 2, 1));
        let padded = lines(&Part::new(&mut cells, "padded", 2, LINE));
        assert_eq!(adjacent.0, adjacent.1);
        assert_ne!(padded.0, padded.1);
    }
}
