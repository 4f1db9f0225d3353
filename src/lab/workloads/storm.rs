//! *storm*: children that live for milliseconds, so that whoever looks once a second sees hardly any of them.
//!
//! What they took is not lost: a parent is charged for children that it has waited for (`cutime` in proc(5)). The
//! difference between that and what a look at the living shows is the part that a monitor misses.

use std::io;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use super::super::pulse::{Pulse, cpu_ns, field, now_ns, sleep_ns};
use super::super::scene::{Child, Scene};
use super::life::{SECOND, end_of_stay, signal_name, stay_knob, watch, yes};
use super::{Kind, Workload};
use crate::model::lab::{BlockedOn, Bounds, Group, Knob, KnobKind, Mark, Mode, Workers, WorkloadInfo};

/// Most children at a time.
const AT_ONCE: u32 = 8;

/// How often the storm is looked at as a monitor would, nanoseconds.
const LOOK: u64 = SECOND;

/// The line in the list.
pub(super) fn workload() -> Workload {
    let number = |min, max, step| KnobKind::Number { min, max, step };
    Workload {
        info: WorkloadInfo {
            id: "storm",
            group: Group::Trouble,
            title: "children that are gone before anybody looks",
            lesson: "A process that lives for 15 ms between two looks is never in the table, and yet a core is busy. \
                     Its parent is charged for it when it has waited, so births and the parent's cutime tell.",
            watch: "The table: CPU time that no row explains, and a count of who came and went. Sort by PPID or open the \
                    tree to find the parent; ending the children is hopeless, ending the parent ends it.",
            modes: &[Mode::Fork],
            workers: Workers::Fixed(1),
            knobs: vec![
                Knob {
                    id: "rate",
                    help: "children that are born each second",
                    kind: number(1.0, 50.0, 1.0),
                    default: "50",
                },
                Knob {
                    id: "ms",
                    help: "CPU time of each, milliseconds",
                    kind: number(1.0, 100.0, 1.0),
                    default: "15",
                },
                stay_knob("10", "seconds until it is over"),
            ],
            bounds: Bounds { processes: AT_ONCE + 2, memory_mib: 64, seconds: 100 },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// Cells of the storm.
mod cell {
    /// Children that were born.
    pub(super) const BIRTHS: usize = 0;
    /// Most of them at the same time.
    pub(super) const MOST: usize = 1;
    /// CPU time of those that were waited for, microseconds.
    pub(super) const CHARGED: usize = 2;
    /// The part of it that was seen while they lived, microseconds.
    pub(super) const SEEN: usize = 3;
    /// Nanoseconds that it went on.
    pub(super) const LASTED: usize = 4;
}

fn play(scene: &Scene) -> io::Result<()> {
    let until = end_of_stay(scene);
    let child = scene.fork("storm", |pulse| blow(scene, pulse, until))?;
    scene.note(format!("Process {} starts children that live for milliseconds.", child.pid));
    let watched = watch(scene, child, until)?;
    let count = |at: usize| scene.cell(at).load(Acquire);
    if let Some(signal) = watched.killed_by() {
        scene.note(format!("You ended the storm after {:.1} s by {}.", watched.after, signal_name(signal)));
        scene.figure("time to find and kill", watched.after, "s");
    }
    let lasted = count(cell::LASTED) as f64 / SECOND as f64;
    scene.figure("births", count(cell::BIRTHS) as f64, "");
    if lasted > 0.0 {
        scene.figure("birth rate", count(cell::BIRTHS) as f64 / lasted, "/s");
    }
    scene.figure("most at once", count(cell::MOST) as f64, "");
    let (charged, seen) = (count(cell::CHARGED) as f64, count(cell::SEEN) as f64);
    scene.figure("CPU time charged to the parent", charged / 1e6, "s");
    if charged > 0.0 {
        let unseen = ((1.0 - seen / charged) * 100.0).clamp(0.0, 100.0);
        scene.figure("unseen by a look each second", unseen, "%");
        scene.means(format!(
            "{} children lived so briefly that a look each second misses {unseen:.0} % of their CPU time. Their parent is \
             charged for it when it has waited for them.",
            count(cell::BIRTHS)
        ));
    }
    scene.check("never more at once than allowed", "yes", yes(count(cell::MOST) <= u64::from(AT_ONCE)));
    Ok(())
}

/// Bears children until it is time.
fn blow(scene: &Scene, pulse: &mut Pulse, until: u64) -> io::Result<()> {
    let began = now_ns();
    let every = (SECOND as f64 / scene.settings.number("rate").max(1.0)) as u64;
    let mut children: Vec<(Child, u64)> = Vec::new();
    let (mut next_birth, mut next_look) = (began, began + LOOK);
    pulse.begin(1);
    while now_ns() < until && !pulse.is_stopping() {
        reap(scene, &mut children)?;
        if now_ns() >= next_birth && children.len() < AT_ONCE as usize {
            // A late one does not make the next ones hurry: the rate is a bound.
            next_birth = now_ns() + every;
            children.push((bear(scene)?, 0));
            scene.cell(cell::BIRTHS).fetch_add(1, AcqRel);
            scene.cell(cell::MOST).fetch_max(children.len() as u64, AcqRel);
            pulse.mark(Mark::Depth(children.len() as u32));
        }
        if now_ns() >= next_look {
            next_look += LOOK;
            look(scene, &mut children);
        }
        scene.cell(cell::LASTED).store(now_ns() - began, Release);
        let rest = next_birth.min(next_look).saturating_sub(now_ns()).clamp(SECOND / 1000, SECOND / 200);
        pulse.wait(BlockedOn::Child, || sleep_ns(rest));
    }
    while !children.is_empty() {
        reap(scene, &mut children)?;
        pulse.wait(BlockedOn::Child, || sleep_ns(SECOND / 1000));
    }
    pulse.end(scene.cell(cell::BIRTHS).load(Acquire));
    Ok(())
}

/// One child: it computes for its milliseconds and ends.
fn bear(scene: &Scene) -> io::Result<Child> {
    let share = u64::from(scene.settings.whole("ms")) * 1_000_000;
    scene.fork_without_lane("child", |scene| {
        while cpu_ns() < share && !scene.board.is_stopping() {
            std::hint::black_box((0..500_u64).fold(1, |a: u64, b| a.wrapping_mul(b | 1)));
        }
        Ok(())
    })
}

/// Waits for those that have ended, and takes down what this process was charged for them.
fn reap(scene: &Scene, children: &mut Vec<(Child, u64)>) -> io::Result<()> {
    let mut at = 0;
    while let Some((child, _)) = children.get(at) {
        if scene.has_ended(child)?.is_some() {
            drop(children.swap_remove(at));
        } else {
            at += 1;
        }
    }
    if let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) {
        let charged = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        scene.cell(cell::CHARGED).store(charged.cast_unsigned(), Release);
    }
    Ok(())
}

/// Looks at those that live, as a monitor does: what they took since the last look is seen.
fn look(scene: &Scene, children: &mut [(Child, u64)]) {
    for (child, before) in children {
        let schedstat = std::fs::read(format!("/proc/{}/schedstat", child.pid)).unwrap_or_default();
        let run = field(&schedstat, 0).unwrap_or(0);
        scene.cell(cell::SEEN).fetch_add(run.saturating_sub(*before) / 1000, AcqRel);
        *before = run;
    }
}
