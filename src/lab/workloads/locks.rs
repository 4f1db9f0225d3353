//! *locks*: workers that want the same thing: a lock, a lock that its holder may take again, or one of k permits.
//!
//! With one lock they go in one after the other; with k permits in waves of k. What is inside counts itself, so that
//! too many would be seen. A plain lock that is taken twice by its holder waits for itself.

use std::io;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, SeqCst},
};

use super::super::pulse::{Pulse, now_ns};
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
                     a reentrant one: a plain lock makes it wait for itself. Who waits for a limited time may come back \
                     without the lock.",
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
                    id: "timeout-ms",
                    help: "give up after waiting so long, milliseconds; 0: wait as long as it takes",
                    kind: number(0.0, 60_000.0, 10.0),
                    default: "0",
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
    /// How long somebody waits at most, nanoseconds; 0 for as long as it takes.
    patience_ns: u64,
    again: bool,
    /// Times somebody gave up waiting for others, and for himself.
    gave_up: &'a AtomicU64,
    gave_himself_up: &'a AtomicU64,
    inside: &'a AtomicU64,
    most: &'a AtomicU64,
    passed: &'a AtomicU64,
    deepest: &'a AtomicU64,
}

impl Room<'_> {
    /// Whether he got in before his patience ended.
    fn enter(&self, pulse: &mut Pulse) -> Result<bool, Stopping> {
        let until = if self.patience_ns == 0 { u64::MAX } else { now_ns().saturating_add(self.patience_ns) };
        match self.wanted {
            Wanted::Permit => self.permits.acquire_until(until, pulse),
            // Who holds it already only goes one deeper.
            Wanted::Again if self.locks.owner(0) == Some(pulse.number()) => Ok(true),
            Wanted::Lock | Wanted::Again => self.locks.lock_until(0, until, pulse),
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
            if !self.enter(pulse)? {
                self.gave_up.fetch_add(1, SeqCst);
                continue;
            }
            pulse.mark(Mark::Got(1));
            self.most.fetch_max(self.inside.fetch_add(1, SeqCst) + 1, SeqCst);
            self.deepest.fetch_max(1, SeqCst);
            if self.again {
                if self.enter(pulse)? {
                    self.deepest.fetch_max(2, SeqCst);
                } else {
                    self.gave_himself_up.fetch_add(1, SeqCst);
                }
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
        patience_ns: u64::from(settings.whole("timeout-ms")) * 1_000_000,
        again: settings.word("again") == "yes" && wanted != Wanted::Permit,
        gave_up: cells.one(),
        gave_himself_up: cells.one(),
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
    let waits_for_himself = room.again && wanted == Wanted::Lock;
    if waits_for_himself && room.patience_ns == 0 {
        scene.check(
            "a holder that waits for itself",
            "found",
            if watch.found() { "found" } else { "not found" },
        );
        return Ok(());
    }
    let gave_up = got(room.gave_up);
    let what = if room.patience_ns == 0 {
        "times that one was inside"
    } else {
        "times that one was inside or gave up"
    };
    scene.check(what, all, got(room.passed) + gave_up);
    if waits_for_himself {
        let what = "times that a holder gave up waiting for itself";
        scene.check(what, got(room.passed), got(room.gave_himself_up));
    } else if room.again {
        scene.check("times that a holder has it at once", 2, got(room.deepest));
    }
    if wanted == Wanted::Permit {
        let refused = room.permits.release() == Err(TooMany);
        scene.check("a permit too many given back", "refused", if refused { "refused" } else { "taken" });
    }
    let waves = (all - gave_up.min(all)).div_ceil(u64::from(permits));
    scene.means(if waits_for_himself {
        "A plain lock does not know who holds it: whoever asks for it twice waits for himself. A lock that can be taken \
         again (kind rlock) lets its holder in."
            .to_owned()
    } else {
        let workers = scene.workers;
        let hold_s = room.hold_ns as f64 / 1e9;
        format!(
            "At most {permits} of {workers} workers can be inside at a time, so they go through in {waves} waves of {hold_s} \
             s each, and more workers only wait longer."
        )
    });
    scene.figure("most inside at a time", most as f64, "");
    if room.patience_ns > 0 {
        scene.figure("gave up waiting", gave_up as f64, "");
    }
    scene.figure("waves", waves as f64, "");
    Ok(())
}
