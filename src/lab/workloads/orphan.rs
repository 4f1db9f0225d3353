//! *orphan*: a process whose parent ends before it does, and who is its parent then.
//!
//! It goes to the nearest living ancestor that has declared itself a subreaper, PR_SET_CHILD_SUBREAPER of prctl(2), and
//! where there is none to process 1. What it has computed, and the time that it took, stay its own.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Release};

use super::super::pulse::{Pulse, cpu_ns, now_ns};
use super::super::safety;
use super::super::scene::Scene;
use super::common::is_prime;
use super::life::{self, SECOND, all_gone, end_of_stay, look, signal_name, stay, stay_knob, watch, yes};
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Mode, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "orphan",
            group: Group::Life,
            title: "a process whose parent ends first",
            lesson: "The end of a parent is not the end of its children. They get a new parent at once: the nearest \
                     subreaper above them, here the lab's supervisor, in the end process 1.",
            watch: "The tree: the orphan moves from below its parent to below the supervisor, and its PPID changes; its \
                    PID, its TIME+ and its work do not. End its parent by F9 and see it sooner.",
            modes: &[Mode::Fork],
            workers: Workers::Fixed(2),
            knobs: vec![stay_knob("20", "seconds that the orphan lives; its parent lives a quarter of them")],
            bounds: Bounds { processes: 4, memory_mib: 32, seconds: 100 },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// Cells: what the orphan says.
mod cell {
    /// Its pid.
    pub(super) const PID: usize = 0;
    /// Its parent before.
    pub(super) const BEFORE: usize = 1;
    /// Its parent after.
    pub(super) const AFTER: usize = 2;
    /// Its CPU time before, nanoseconds.
    pub(super) const RUN_BEFORE: usize = 3;
    /// Its CPU time after.
    pub(super) const RUN_AFTER: usize = 4;
}

fn play(scene: &Scene) -> io::Result<()> {
    let began = now_ns();
    let until = end_of_stay(scene);
    let parents_end = began + (until - began) / 4;
    let heir = life::parent();
    let (gone, held) = io::pipe()?;
    let parent = scene.fork("parent", |pulse| {
        let child = scene.fork_for_adoption("orphan", |scene| live_on(scene, heir, until))?;
        scene.cell(cell::PID).store(u64::from(child.pid), Release);
        pulse.begin(1);
        stay(pulse, parents_end, || false);
        pulse.end(0);
        Ok(())
    })?;
    drop(held);
    let parent_pid = parent.pid;
    let watched = watch(scene, parent, parents_end)?;
    match watched.killed_by() {
        Some(signal) => scene.note(format!("Somebody ended the parent by {}.", signal_name(signal))),
        None => scene.note("The parent has ended. It did not wait for its child."),
    }
    let said = |at: usize| scene.cell(at).load(Acquire);
    let by_itself = all_gone(&gone, until + SECOND)?;
    // Only now: a parent that was ended early has not said it, and its child may not have come to it yet.
    let pid = said(cell::PID) as u32;
    if pid == 0 {
        // It was ended before it had a child.
        return Ok(());
    }
    if !by_itself {
        let parent_now = look(pid).map_or(0, |seen| seen.parent);
        scene.check("the orphan is within reach", "yes", yes(life::end_adopted(pid, &gone)?));
        scene.check("its parent", heir, parent_now);
        return Ok(());
    }
    if said(cell::AFTER) == 0 {
        scene.note("Somebody ended the orphan before it had a new parent.");
        return Ok(());
    }
    scene.check("parent before", parent_pid, said(cell::BEFORE));
    scene.check("parent after: the supervisor", heir, said(cell::AFTER));
    scene.means(
        "The end of the parent was not the end of its child: the nearest subreaper, the lab's supervisor, became its \
         parent, and it went on.",
    );
    let kept = said(cell::RUN_BEFORE) > 0 && said(cell::RUN_AFTER) >= said(cell::RUN_BEFORE);
    scene.check("its CPU time went on from where it was", "yes", yes(kept));
    Ok(())
}

/// The child: it works, loses its parent, and works on.
fn live_on(scene: &Scene, heir: u32, until: u64) -> io::Result<()> {
    let parent = life::parent();
    let mut pulse =
        Pulse::new(scene.board, "orphan").ok_or_else(|| io::Error::other("there is no lane left"))?;
    scene.cell(cell::PID).store(u64::from(std::process::id()), Release);
    scene.cell(cell::BEFORE).store(u64::from(parent), Release);
    pulse.begin(2);
    let prime = is_prime(1_000_003, &mut pulse);
    scene.cell(cell::RUN_BEFORE).store(cpu_ns(), Release);
    pulse.wait(crate::model::lab::BlockedOn::Others, || safety::be_adopted(parent, heir))?;
    scene.cell(cell::AFTER).store(u64::from(life::parent()), Release);
    scene.cell(cell::RUN_AFTER).store(cpu_ns(), Release);
    let me = std::process::id();
    scene.note(format!(
        "The parent of process {me} was {parent} and is {heir} now, the supervisor, which is the nearest subreaper."
    ));
    stay(&mut pulse, until, || false);
    pulse.end(u64::from(prime));
    Ok(())
}
