//! *locks*: workers that want the same thing: a lock, a lock that its holder may take again, or one of k permits.
//!
//! With one lock they go in one after the other; with k permits in waves of k. What is inside counts itself, so that
//! too many would be seen. A plain lock that is taken twice by its holder waits for itself.

use std::io;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, SeqCst},
};

use super::super::pulse::Pulse;
use super::super::scene::Scene;
use super::super::sync::{Cells, Locks, Semaphore, Stopping, TooMany, Watch};
use super::super::troupe::numbered;
use super::{Kind, Workload, spend};
use crate::model::lab::{BlockedOn, Bounds, Group, Knob, KnobKind, Mark, Mode, Workers, WorkloadInfo};

/// How long a worker that waits for itself is shown, seconds.
const SHOWN: u32 = 3;

/// The line in the list.
pub(super) fn workload() -> Workload {
    let number = |min, max, step| KnobKind::Number { min, max, step };
    Workload {
        info: WorkloadInfo {
            id: "locks",
            group: Group::Sync,
            title: "one lock, a lock to take again, or k permits, and who waits for them",
            lesson: "A lock lets one in at a time, so n workers take n times as long: what is locked is serial. A \
                     semaphore of k lets k in: n workers go in ⌈n/k⌉ waves. A holder that takes its lock again needs \
                     a reentrant one: a plain lock makes it wait for itself.",
            watch: "One holder at a time, the others L; with --kind sem as many as there are permits.",
            modes: &[Mode::Pool, Mode::Threads],
            workers: Workers::Exactly(4),
            knobs: vec![
                Knob {
                    id: "kind",
                    help: "a lock, a lock that its holder may take again, or a semaphore",
                    kind: KnobKind::Choice(&["lock", "rlock", "sem"]),
                    default: "lock",
                },
                Knob {
                    id: "permits",
                    help: "how many the semaphore lets in at a time",
                    kind: number(1.0, 64.0, 1.0),
                    default: "2",
                },
                Knob {
                    id: "hold-ms",
                    help: "how long each holds it each time, milliseconds",
                    kind: number(0.0, 5000.0, 10.0),
                    default: "300",
                },
                Knob {
                    id: "turns",
                    help: "how often each wants it",
                    kind: number(1.0, 1000.0, 1.0),
                    default: "1",
                },
                Knob {
                    id: "again",
                    help: "take the lock again while it is held; a plain one then waits for itself",
                    kind: KnobKind::Choice(&["no", "yes"]),
                    default: "no",
                },
            ],
            bounds: Bounds { seconds: 60, ..Bounds::ORDINARY },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// What they want.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Lock,
    /// A lock that lets its holder in again.
    Again,
    Permit,
}

/// The thing, and who was inside.
struct Room<'a> {
    wanted: Wanted,
    locks: Locks<'a>,
    permits: Semaphore<'a>,
    turns: u32,
    hold_ns: u64,
    again: bool,
    inside: &'a AtomicU64,
    most: &'a AtomicU64,
    passed: &'a AtomicU64,
    deepest: &'a AtomicU64,
}

impl Room<'_> {
    fn enter(&self, pulse: &mut Pulse) -> Result<(), Stopping> {
        match self.wanted {
            Wanted::Permit => self.permits.acquire(pulse),
            // Who holds it already only goes one deeper.
            Wanted::Again if self.locks.owner(0) == Some(pulse.number()) => Ok(()),
            Wanted::Lock | Wanted::Again => self.locks.lock(0, pulse),
        }
    }

    fn leave(&self) {
        match self.wanted {
            // It was taken, so there is room for it.
            Wanted::Permit => drop(self.permits.release()),
            Wanted::Lock | Wanted::Again => self.locks.unlock(0),
        }
    }

    fn visit(&self, pulse: &mut Pulse) -> Result<(), Stopping> {
        for _ in 0..self.turns {
            self.enter(pulse)?;
            pulse.mark(Mark::Got(1));
            self.most.fetch_max(self.inside.fetch_add(1, SeqCst) + 1, SeqCst);
            self.deepest.fetch_max(1, SeqCst);
            if self.again {
                self.enter(pulse)?;
                self.deepest.fetch_max(2, SeqCst);
            }
            spend::rest(self.hold_ns, pulse)?;
            self.inside.fetch_sub(1, SeqCst);
            self.passed.fetch_add(1, SeqCst);
            pulse.mark(Mark::Released(1));
            self.leave();
        }
        Ok(())
    }

    fn work(&self, pulse: &mut Pulse) {
        pulse.begin(1);
        // Whoever is sent away while he waits has nothing to undo; what is missing, the master sees.
        let _ = self.visit(pulse);
        pulse.end(0);
    }
}

fn play(scene: &Scene) -> io::Result<()> {
    let settings = scene.settings;
    let wanted = match settings.word("kind") {
        "rlock" => Wanted::Again,
        "sem" => Wanted::Permit,
        _ => Wanted::Lock,
    };
    let permits = if wanted == Wanted::Permit { settings.whole("permits") } else { 1 };
    let mut cells = Cells::new(scene.board);
    let room = Room {
        wanted,
        locks: Locks::new(&mut cells, 1),
        permits: Semaphore::new(&mut cells, u64::from(permits), u64::from(permits), BlockedOn::Lock),
        turns: settings.whole("turns"),
        hold_ns: u64::from(settings.whole("hold-ms")) * 1_000_000,
        again: settings.word("again") == "yes" && wanted != Wanted::Permit,
        inside: cells.one(),
        most: cells.one(),
        passed: cells.one(),
        deepest: cells.one(),
    };
    let mut watch = Watch::new(&room.locks, SHOWN);
    scene.troupe(
        &numbered(scene.workers),
        &|_, pulse| {
            room.work(pulse);
            Ok(())
        },
        || watch.look(scene),
    )?;
    let got = |cell: &AtomicU64| cell.load(Acquire);
    let all = u64::from(scene.workers) * u64::from(room.turns);
    let most = got(room.most);
    scene.check("never more inside than may", "yes", if most <= u64::from(permits) { "yes" } else { "no" });
    if room.again && wanted == Wanted::Lock {
        scene.check(
            "a holder that waits for itself",
            "found",
            if watch.found() { "found" } else { "not found" },
        );
        return Ok(());
    }
    scene.check("times that one was inside", all, got(room.passed));
    if room.again {
        scene.check("times that a holder has it at once", 2, got(room.deepest));
    }
    if wanted == Wanted::Permit {
        let refused = room.permits.release() == Err(TooMany);
        scene.check("a permit too many given back", "refused", if refused { "refused" } else { "taken" });
    }
    scene.figure("most inside at a time", most as f64, "");
    scene.figure("waves", all.div_ceil(u64::from(permits)) as f64, "");
    Ok(())
}
