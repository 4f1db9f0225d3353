//! *deadlock*: the dining philosophers (Dijkstra 1965), who starve because each holds what another needs.
//!
//! Each of n sits between two forks and needs both to eat. If all take the one on their left first, there comes a
//! moment at which everybody holds one and nobody can have two. If all take the one with the smaller number first,
//! that moment cannot come. With two of them it is the everyday case: two locks, taken in different orders.

use std::io;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire},
};

use super::super::pulse::Pulse;
use super::super::scene::Scene;
use super::super::sync::{Barrier, Cells, Locks, Stopping, Watch};
use super::super::troupe::numbered;
use super::{Kind, Workload, spend};
use crate::model::lab::{Bounds, Group, Knob, KnobKind, Mark, Mode, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    let number = |min, max, step| KnobKind::Number { min, max, step };
    Workload {
        info: WorkloadInfo {
            id: "deadlock",
            group: Group::Sync,
            title: "dining philosophers: n workers, n locks, two for each meal",
            lesson: "A deadlock is a circle of workers that wait for each other: no CPU is used, nothing happens any \
                     more, and nothing will. Locks that everybody takes in the same order cannot make a circle. It \
                     is expected to happen here within a moment; --order fixed is the cure, and then all meals are \
                     eaten.",
            watch: "All lanes turn to L. The note names the circle; the run ends by itself.",
            modes: &[Mode::Threads, Mode::Pool],
            workers: Workers::Exactly(5),
            knobs: vec![
                Knob {
                    id: "order",
                    help: "which fork first: the left one, or the one with the smaller number",
                    kind: KnobKind::Choice(&["left", "fixed"]),
                    default: "left",
                },
                Knob { id: "meals", help: "meals for each", kind: number(1.0, 1000.0, 1.0), default: "20" },
                Knob {
                    id: "reach-ms",
                    help: "time from the first fork to the second, milliseconds",
                    kind: number(0.0, 1000.0, 1.0),
                    default: "10",
                },
                Knob {
                    id: "eat-ms",
                    help: "how long a meal takes, milliseconds",
                    kind: number(0.0, 1000.0, 1.0),
                    default: "10",
                },
                Knob {
                    id: "show",
                    help: "how long a deadlock is shown before the run ends, seconds",
                    kind: number(0.0, 30.0, 1.0),
                    default: "4",
                },
            ],
            bounds: Bounds { seconds: 90, ..Bounds::ORDINARY },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// The forks and what the philosophers make of them.
struct Table<'a> {
    forks: Locks<'a>,
    seats: usize,
    fixed: bool,
    meals: u32,
    reach_ns: u64,
    eat_ns: u64,
    start: Barrier<'a>,
    eaten: &'a AtomicU64,
}

impl Table<'_> {
    /// The forks of a seat, in the order in which they are taken; with two seats both have the same two.
    fn forks_of(&self, seat: usize) -> (usize, usize) {
        let (left, right) = (seat, (seat + 1) % self.seats.max(1));
        if self.fixed { (left.min(right), left.max(right)) } else { (left, right) }
    }

    fn dine(&self, seat: usize, pulse: &mut Pulse) -> Result<(), Stopping> {
        let (first, second) = self.forks_of(seat);
        self.start.wait(pulse)?;
        for meal in 1..=self.meals {
            pulse.begin(meal);
            self.take(first, pulse)?;
            let both = self.eat_with(second, pulse);
            // Also where nobody may eat any more, so that none waits for a fork that will not come back.
            self.put(first, pulse);
            both?;
            self.eaten.fetch_add(1, AcqRel);
            pulse.end(u64::from(meal));
        }
        Ok(())
    }

    fn eat_with(&self, second: usize, pulse: &mut Pulse) -> Result<(), Stopping> {
        spend::rest(self.reach_ns, pulse)?;
        self.take(second, pulse)?;
        let eaten = spend::rest(self.eat_ns, pulse);
        self.put(second, pulse);
        eaten
    }

    fn take(&self, fork: usize, pulse: &mut Pulse) -> Result<(), Stopping> {
        self.forks.lock(fork, pulse)?;
        pulse.mark(Mark::Got(fork as u32 + 1));
        Ok(())
    }

    fn put(&self, fork: usize, pulse: &mut Pulse) {
        pulse.mark(Mark::Released(fork as u32 + 1));
        self.forks.unlock(fork);
    }
}

fn play(scene: &Scene) -> io::Result<()> {
    let settings = scene.settings;
    let mut cells = Cells::new(scene.board);
    let ns = |knob| u64::from(settings.whole(knob)) * 1_000_000;
    if scene.workers < 2 {
        return Err(io::Error::other("it takes two to wait for each other"));
    }
    let table = Table {
        forks: Locks::new(&mut cells, scene.workers as usize),
        seats: scene.workers as usize,
        fixed: settings.word("order") == "fixed",
        meals: settings.whole("meals"),
        reach_ns: ns("reach-ms"),
        eat_ns: ns("eat-ms"),
        start: Barrier::new(&mut cells, scene.workers),
        eaten: cells.one(),
    };
    let mut watch = Watch::new(&table.forks, settings.whole("show"));
    scene.troupe(
        &numbered(scene.workers),
        &|seat, pulse| {
            // Whoever is sent away while he waits has done no wrong; what is missing, the master counts.
            if table.dine(seat, pulse).is_err() {
                pulse.end(0);
            }
            Ok(())
        },
        || watch.look(scene),
    )?;
    let all = u64::from(scene.workers) * u64::from(table.meals);
    let eaten = table.eaten.load(Acquire);
    if table.fixed {
        scene.check("meals", all, eaten);
        scene.check("workers in a circle", 0, watch.length());
        scene.means(
            "All meals were eaten: where everybody takes the locks in the same order, no circle can close.",
        );
    } else if !watch.found() && eaten == all {
        scene.means("All meals were eaten: the deadlock was possible, but did not happen this time.");
    } else if watch.found() {
        scene.means(format!(
            "A deadlock: {} workers wait in a circle, each for a lock that the next one holds. Nothing moves any more, \
             and no CPU is used.",
            watch.length()
        ));
    }
    scene.figure("meals eaten", eaten as f64, "");
    scene.figure("meals wanted", all as f64, "");
    scene.figure("workers in a circle", watch.length() as f64, "");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::board::Board;
    use super::*;

    #[test]
    fn in_the_fixed_order_nobody_takes_a_larger_fork_first() {
        let board = Board::new().expect("memory");
        let mut cells = Cells::new(&board);
        let mut table = Table {
            forks: Locks::new(&mut cells, 5),
            seats: 5,
            fixed: false,
            meals: 1,
            reach_ns: 0,
            eat_ns: 0,
            start: Barrier::new(&mut cells, 5),
            eaten: cells.one(),
        };
        let order = |table: &Table| (0..5).map(|seat| table.forks_of(seat)).collect::<Vec<_>>();
        assert_eq!(order(&table), [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)]);
        table.fixed = true;
        assert_eq!(order(&table), [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)]);
    }
}
