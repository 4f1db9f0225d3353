//! *gustafson*: work that grows with the workers.
//!
//! John Gustafson, 1988: whoever has more processors solves larger problems in the same time. With a serial part f
//! of the time, p workers do f + p (1 - f) times the work.

use std::io;

use super::super::pulse::Pulse;
use super::super::scene::Scene;
use super::knobs::number;
use super::phases::{Done, Phases, play};
use super::trial::Divider;
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Mode, Settings, Workers, WorkloadInfo};

/// Numbers that a run of one worker looks at.
const NUMBERS: u64 = 9600;

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "gustafson",
            group: Group::Compute,
            title: "counting primes, the more of them the more workers there are",
            lesson: "Amdahl's bound is for a problem that stays as it is. Where each worker brings his own share of \
                     work the time stays the same, and what gets done grows with the workers.",
            watch: "The real time as workers are added: it stays, as long as there are CPUs for them. To compare, let \
                    a serial run do the same work with scale.",
            modes: &[Mode::Pool, Mode::Serial, Mode::Threads],
            workers: Workers::Cpus,
            knobs: vec![
                number("serial", "part of the time that one worker works alone", [0.0, 1.0, 0.05], "0.2"),
                number(
                    "scale",
                    "workers for which the work is meant; 0 for those of the run",
                    [0.0, 64.0, 1.0],
                    "0",
                ),
            ],
            bounds: Bounds { processes: 66, ..Bounds::ORDINARY },
        },
        kind: Kind::Scene(scene),
        probe: Some(probe),
    }
}

/// The numbers of a run: the serial part, and a piece for each worker.
fn phases(settings: &Settings, workers: u32) -> Phases {
    let each = ((1.0 - settings.number("serial")) * NUMBERS as f64).round() as u64;
    let scale = match settings.whole("scale") {
        0 => workers,
        scale => scale,
    };
    Phases::new(NUMBERS - each, u64::from(scale), each)
}

fn scene(scene: &Scene) -> io::Result<()> {
    let phases = phases(scene.settings, scene.workers);
    let done = play(scene, &phases)?;
    let serial = scene.settings.number("serial");
    let pieces = phases.together.len() as f64;
    let work = serial + pieces * (1.0 - serial);
    scene.means(format!(
        "{} workers did {work:.2} times the work of one: the more work there is for them, the less the serial part weighs. \
         That is Gustafson's answer to Amdahl.",
        scene.workers
    ));
    scene.figure("work, where one worker would have 1", work, "x");
    if let Some(scaled) = scaled(&done) {
        scene.figure("scaled speed-up by the CPU time of the parts", scaled, "x");
    }
    Ok(())
}

/// All CPU time, by that of the serial part and the busiest worker: the speed-up where everybody has a CPU. `None`
/// where nothing was done.
fn scaled(done: &Done) -> Option<f64> {
    let all = done.alone_s + done.workers_s.iter().sum::<f64>();
    let path = done.alone_s + done.workers_s.iter().copied().fold(0.0, f64::max);
    (path > 0.0).then(|| all / path)
}

/// A tenth of what one worker does.
fn probe(settings: &Settings, pulse: &mut Pulse) -> f64 {
    let one = phases(settings, 1);
    let end = one.together.last().map_or(one.alone.end, |piece| piece.end);
    let tenth = (end - one.alone.start) / 10;
    Divider::default().count(one.alone.start..one.alone.start + tenth, pulse);
    let (serial, scale) = (settings.number("serial"), settings.number("scale").max(1.0));
    0.1 / (serial + scale * (1.0 - serial))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(scale: &str) -> Settings {
        let mut settings = Settings::defaults(&workload().info.knobs);
        settings.set("scale", scale);
        settings
    }

    #[test]
    fn each_worker_brings_a_piece_and_the_serial_part_stays() {
        let lengths = |phases: &Phases| {
            let together: Vec<u64> = phases.together.iter().map(|piece| piece.end - piece.start).collect();
            (phases.alone.end - phases.alone.start, together)
        };
        let (alone, pieces) = lengths(&phases(&settings("0"), 1));
        assert_eq!((alone, pieces), (1920, vec![7680]));
        assert_eq!(lengths(&phases(&settings("0"), 8)), (1920, vec![7680; 8]));
        assert_eq!(phases(&settings("8"), 1), phases(&settings("0"), 8), "the same work for one");
    }

    #[test]
    fn the_scaled_speed_up_is_gustafsons() {
        let done = Done { alone: 0.0, alone_s: 0.2, workers_s: vec![0.8; 8] };
        let found = scaled(&done).expect("time");
        assert!((found - (0.2 + 8.0 * 0.8)).abs() < 1e-9, "{found}");
        assert_eq!(scaled(&Done { alone: 0.0, alone_s: 0.0, workers_s: vec![] }), None);
    }
}
