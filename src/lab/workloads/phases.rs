//! Work in two phases: a part that one worker does alone while the others wait, then a part that all do together.
//! Both count primes, of numbers so large that one costs about as much as the next.

use std::io;
use std::ops::Range;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

use super::super::places;
use super::super::pulse::{Pulse, cpu_ns};
use super::super::scene::Scene;
use super::gate::{Gate, Keeper, gate};
use super::trial::{Divider, count_by_sieve};
use crate::model::lab::Mode;

/// The numbers begin here.
const FIRST: u64 = 10_000_000;

/// Cells of the scene.
mod cell {
    /// Primes found.
    pub(super) const FOUND: usize = 0;
    /// Divisions in one round of the serial part.
    pub(super) const ALONE: usize = 1;
    /// Divisions in one round of all the rest.
    pub(super) const TOGETHER: usize = 2;
    /// CPU time of the serial part, nanoseconds.
    pub(super) const ALONE_NS: usize = 3;
    /// CPU time of the pieces; those of worker k lie k cells further.
    pub(super) const WORKER_NS: usize = 4;
}

/// What there is to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Phases {
    /// The numbers that one worker looks at alone.
    pub(super) alone: Range<u64>,
    /// Those that all look at together, piece by piece.
    pub(super) together: Vec<Range<u64>>,
}

impl Phases {
    /// `alone` numbers, then `pieces` pieces of `each` numbers.
    pub(super) fn new(alone: u64, pieces: u64, each: u64) -> Phases {
        let middle = FIRST + alone;
        let piece = |n| middle + n * each..middle + (n + 1) * each;
        let together = if each == 0 { Vec::new() } else { (0..pieces).map(piece).collect() };
        Phases { alone: FIRST..middle, together }
    }

    fn end(&self) -> u64 {
        self.together.last().map_or(self.alone.end, |piece| piece.end)
    }
}

/// What came out, by the workers' own counts.
pub(super) struct Done {
    /// Part of all divisions that one worker did alone, 0 to 1.
    pub(super) alone: f64,
    /// CPU time of the serial part, seconds.
    pub(super) alone_s: f64,
    /// CPU time of each worker's pieces, seconds.
    pub(super) workers_s: Vec<f64>,
}

/// Plays both phases with the scene's workers and checks the number of primes.
///
/// # Errors
/// Where a worker could not be started.
pub(super) fn play(scene: &Scene, phases: &Phases) -> io::Result<Done> {
    let (gate, keeper) = gate()?;
    let first = |pulse: &mut Pulse| first(scene, phases, &keeper, pulse);
    let other = |pulse: &mut Pulse| other(scene, phases, &gate, pulse);
    if scene.mode == Mode::Threads {
        let threads = scene.fork_without_lane("threads", |scene| {
            let threads = scene.threads(scene.workers, |pulse| {
                if pulse.number() == 1 {
                    first(pulse);
                } else {
                    other(pulse);
                }
                Ok(())
            });
            // The first may never have come to it.
            keeper.open();
            threads
        });
        keeper.open();
        scene.wait(threads?)?;
    } else {
        processes(scene, &keeper, &first, &other)?;
    }
    let got = |at: usize| scene.cell(at).load(Acquire);
    scene.check("primes found", count_by_sieve(phases.alone.start..phases.end()), got(cell::FOUND));
    let (alone, together) = (got(cell::ALONE) as f64, got(cell::TOGETHER) as f64);
    let seconds = |at: usize| got(at) as f64 / 1e9;
    Ok(Done {
        alone: alone / (alone + together).max(1.0),
        alone_s: seconds(cell::ALONE_NS),
        workers_s: (1..=scene.workers as usize).map(|worker| seconds(cell::WORKER_NS + worker)).collect(),
    })
}

/// A process for each worker. Only the first has the keeper's end: whatever becomes of him, the others go on.
fn processes(
    scene: &Scene,
    keeper: &Keeper,
    first: &dyn Fn(&mut Pulse),
    other: &dyn Fn(&mut Pulse),
) -> io::Result<()> {
    let mut children = Vec::new();
    let mut problem = Ok(());
    for number in 1..=scene.workers {
        let name = format!("{number}/{}", scene.workers);
        let child = scene.fork(&name, |pulse| {
            if number == 1 {
                first(pulse);
            } else {
                other(pulse);
            }
            Ok(())
        });
        keeper.open();
        match child {
            Ok(child) => children.push(child),
            Err(error) => {
                problem = Err(error);
                break;
            }
        }
    }
    for child in children {
        scene.wait(child)?;
    }
    problem
}

/// Does the serial part, opens the gate, and joins the others.
fn first(scene: &Scene, phases: &Phases, keeper: &Keeper, pulse: &mut Pulse) {
    places::take(scene, pulse);
    if !phases.alone.is_empty() {
        let before = cpu_ns();
        let divisions = task(scene, 1, phases.alone.clone(), pulse);
        scene.cell(cell::ALONE_NS).store(cpu_ns() - before, Release);
        scene.cell(cell::ALONE).store(divisions, Release);
    }
    keeper.open();
    join(scene, phases, pulse);
}

/// Waits for the serial part, and takes its share of the rest.
fn other(scene: &Scene, phases: &Phases, gate: &Gate, pulse: &mut Pulse) {
    places::take(scene, pulse);
    pulse.start();
    gate.pass(pulse);
    join(scene, phases, pulse);
}

/// Takes pieces until there are none.
fn join(scene: &Scene, phases: &Phases, pulse: &mut Pulse) {
    let before = cpu_ns();
    loop {
        let place = scene.board.next_tasks(1);
        let piece = usize::try_from(place).ok().and_then(|place| phases.together.get(place));
        let Some(piece) = piece.filter(|_| !pulse.is_stopping()) else { break };
        let divisions = task(scene, place as u32 + 2, piece.clone(), pulse);
        scene.cell(cell::TOGETHER).fetch_add(divisions, AcqRel);
    }
    scene.cell(cell::WORKER_NS + pulse.number() as usize).store(cpu_ns() - before, Release);
}

/// Counts the primes of one range, as often as the plan says; returns the divisions of one round.
fn task(scene: &Scene, number: u32, range: Range<u64>, pulse: &mut Pulse) -> u64 {
    pulse.begin(number);
    let mut divider = Divider::default();
    let found = divider.count(range.clone(), pulse);
    for _ in 1..scene.rounds {
        if pulse.is_stopping() || Divider::default().count(range.clone(), pulse) != found {
            break;
        }
    }
    pulse.end(found);
    scene.cell(cell::FOUND).fetch_add(found, AcqRel);
    divider.divisions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_follow_the_serial_part_without_a_gap() {
        let phases = Phases::new(100, 3, 50);
        assert_eq!(phases.alone, FIRST..FIRST + 100);
        assert_eq!(phases.together.iter().map(|piece| piece.end - piece.start).sum::<u64>(), 150);
        assert!(phases.together.windows(2).all(|two| two[0].end == two[1].start));
        assert_eq!((phases.together[0].start, phases.end()), (FIRST + 100, FIRST + 250));
        assert_eq!(Phases::new(100, 3, 0), Phases { alone: FIRST..FIRST + 100, together: Vec::new() });
    }
}
