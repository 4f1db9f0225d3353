//! *tree*: processes that fork, whose children fork: how many will there be?
//!
//! fork(2) returns twice, with the child's pid in the parent and with 0 in the child; code goes on from there in both.

use std::io;
use std::sync::atomic::Ordering::{AcqRel, Acquire};

use super::super::pulse::Pulse;
use super::super::scene::Scene;
use super::life::{end_of_stay, signal_name, stay, stay_knob, watch};
use super::{Kind, Workload};
use crate::model::lab::{BlockedOn, Bounds, Fate, Group, Knob, KnobKind, Mode, Workers, WorkloadInfo};

/// Most processes of the tree.
const MOST: u32 = 31;

/// The line in the list.
pub(super) fn workload() -> Workload {
    let number = |min, max| KnobKind::Number { min, max, step: 1.0 };
    Workload {
        info: WorkloadInfo {
            id: "tree",
            group: Group::Life,
            title: "processes that fork, whose children fork",
            lesson: "Each process has one parent and any number of children. With two children each and a depth of d \
                     there are 2^(d+1) - 1 of them. A bound on processes is what stops a tree that would not stop.",
            watch: "The tree: count the nodes before you read the answer; PPID is the PID of the row above. Kill one in \
                    the middle: all below it go with it, because each has asked to end with its parent.",
            modes: &[Mode::Fork],
            workers: Workers::Fixed(1),
            knobs: vec![
                Knob {
                    id: "depth",
                    help: "generations below the first process",
                    kind: number(0.0, 4.0),
                    default: "3",
                },
                Knob {
                    id: "fan-out",
                    help: "children of each process",
                    kind: number(1.0, 3.0),
                    default: "2",
                },
                stay_knob("20", "seconds that the leaves stay"),
            ],
            bounds: Bounds { processes: MOST, memory_mib: 96, seconds: 100 },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// Cells of the tree.
mod cell {
    /// Processes that were born.
    pub(super) const BORN: usize = 0;
    /// Forks that were refused.
    pub(super) const REFUSED: usize = 1;
    /// Processes that somebody killed, as far as their parents know.
    pub(super) const KILLED: usize = 2;
}

/// Number of processes of a whole tree.
fn nodes(depth: u32, fan_out: u32) -> u64 {
    (0..=depth).map(|generation| u64::from(fan_out).pow(generation)).sum()
}

fn play(scene: &Scene) -> io::Result<()> {
    let until = end_of_stay(scene);
    let (depth, fan_out) = (scene.settings.whole("depth"), scene.settings.whole("fan-out"));
    scene.note(format!(
        "Each of the first {depth} generations forks {fan_out} times. How many processes will the tree have?"
    ));
    let root = scene.fork("1", |pulse| grow(scene, pulse, "1", depth, until))?;
    scene.note(format!("fork returned {} in the parent, and 0 in process {} itself.", root.pid, root.pid));
    let watched = watch(scene, root, until)?;
    if let Some(signal) = watched.killed_by() {
        scene.note(format!(
            "Somebody ended the first process by {}; the whole tree went with it.",
            signal_name(signal)
        ));
    }
    let count = |at: usize| scene.cell(at).load(Acquire);
    let whole = nodes(depth, fan_out);
    let (born, refused) = (count(cell::BORN), count(cell::REFUSED));
    scene.figure("processes", born as f64, "");
    scene.figure("forks refused at the bound", refused as f64, "");
    if count(cell::KILLED) > 0 || watched.killed_by().is_some() {
        scene.figure("processes killed by others, first of each branch", count(cell::KILLED) as f64, "");
        return Ok(());
    }
    scene.check("processes of the tree", whole.min(u64::from(MOST)), born);
    if whole <= u64::from(MOST) {
        scene.means(format!(
            "There were {born} processes: one, and {fan_out} times as many in each generation."
        ));
    } else {
        scene.means(format!(
            "A whole tree would have {whole}; {MOST} is the bound, and {refused} forks were refused."
        ));
    }
    Ok(())
}

/// One process of the tree: it forks its children and waits for them, or stays a while if it has none.
fn grow(scene: &Scene, pulse: &mut Pulse, name: &str, depth: u32, until: u64) -> io::Result<()> {
    scene.cell(cell::BORN).fetch_add(1, AcqRel);
    pulse.begin(pulse.number());
    let mut children = Vec::new();
    for number in 1..=if depth == 0 { 0 } else { scene.settings.whole("fan-out") } {
        // One digit for each generation, so that the whole name fits into the kernel's 15 bytes.
        let name = format!("{name}{number}");
        match scene.fork(&name, |pulse| grow(scene, pulse, &name, depth - 1, until)) {
            Ok(child) => children.push((name, child)),
            Err(_) => drop(scene.cell(cell::REFUSED).fetch_add(1, AcqRel)),
        }
    }
    if children.is_empty() {
        stay(pulse, until, || false);
    }
    for (name, child) in children {
        if let Fate::Killed(signal) = pulse.wait(BlockedOn::Child, || scene.wait(child))? {
            scene.cell(cell::KILLED).fetch_add(1, AcqRel);
            let by = signal_name(signal);
            scene.note(format!("Process {name} was ended by {by}, and all below it with it."));
        }
    }
    pulse.end(0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_of_depth_d_has_two_to_the_d_plus_one_less_one() {
        assert_eq!([0, 1, 2, 3, 4].map(|depth| nodes(depth, 2)), [1, 3, 7, 15, 31]);
        assert_eq!((nodes(3, 1), nodes(3, 3)), (4, 40));
    }
}
