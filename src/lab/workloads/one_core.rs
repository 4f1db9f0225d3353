//! *one-core*: several workers that share one CPU.

use std::io;

use super::super::scene::Scene;
use super::knobs::{list, number};
use super::window::{play, shares, turn_ms};
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Mode, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "one-core",
            group: Group::Schedule,
            title: "several workers on one CPU, in turns of a few milliseconds",
            lesson: "One CPU runs one worker at a time. It changes every few milliseconds, so that all seem to run at \
                     once; each gets the same share, and nothing gets done sooner.",
            watch: "Zoom to 1 ms: never two lanes bright at the same time. From afar all of them are.",
            modes: &[Mode::Pool, Mode::Threads],
            workers: Workers::Exactly(3),
            knobs: vec![
                number("time", "how long they compute, seconds", [0.2, 20.0, 0.2], "2"),
                list(
                    "pin",
                    "the CPU that they share; none for the first that can be used",
                    [0, 1023],
                    "none",
                ),
            ],
            bounds: Bounds { processes: 66, ..Bounds::ORDINARY },
        },
        kind: Kind::Scene(scene),
        probe: None,
    }
}

fn scene(scene: &Scene) -> io::Result<()> {
    let cpu_s = play(scene, scene.settings.number("time"), &|_| ())?;
    for (worker, share) in (1..).zip(shares(&cpu_s)) {
        scene.figure(&format!("share of worker {worker}"), 100.0 * share, "%");
    }
    if let Some(turn_ms) = turn_ms(scene) {
        scene.means(format!(
            "{} workers take turns of {turn_ms:.1} ms on one CPU. A look each second sees all of them at work; at 1 ms \
             there is never more than one.",
            scene.workers
        ));
    }
    scene.figure("an equal share", 100.0 / f64::from(scene.workers), "%");
    Ok(())
}
