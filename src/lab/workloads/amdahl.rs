//! *amdahl*: work of which a part can only be done by one.
//!
//! Gene Amdahl, 1967: with a serial part f no number of workers p makes it more than 1 / (f + (1 - f) / p) times
//! faster.

use std::io;

use super::super::pulse::Pulse;
use super::super::scene::Scene;
use super::knobs::number;
use super::phases::{Phases, play};
use super::trial::Divider;
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Mode, Settings, Workers, WorkloadInfo};

/// The work that can be shared is cut into so many pieces: so many that all workers end nearly together, also where
/// the number of workers does not divide it.
const PIECES: u64 = 96;

/// Numbers to look at in all.
const NUMBERS: u64 = PIECES * 1000;

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "amdahl",
            group: Group::Compute,
            title: "counting primes, of which one worker does a part alone",
            lesson: "A part that only one can do bounds the speed-up, however many workers there are: with a fifth \
                     of the work it stays below 5. The others can only wait.",
            watch: "One bright lane while the rest waits (B), then all of them. Change serial and watch the curve.",
            modes: &[Mode::Pool, Mode::Serial, Mode::Threads],
            workers: Workers::Cpus,
            knobs: vec![number(
                "serial",
                "part of the work that one worker does alone",
                [0.0, 1.0, 0.05],
                "0.2",
            )],
            bounds: Bounds { processes: 66, ..Bounds::ORDINARY },
        },
        kind: Kind::Scene(scene),
        probe: Some(probe),
    }
}

/// The numbers of a run, split as the knob says.
fn phases(settings: &Settings) -> Phases {
    let each = ((1.0 - settings.number("serial")) * (NUMBERS / PIECES) as f64).round() as u64;
    Phases::new(NUMBERS - PIECES * each, PIECES, each)
}

fn scene(scene: &Scene) -> io::Result<()> {
    let done = play(scene, &phases(scene.settings))?;
    scene.figure("divisions that one worker did alone", 100.0 * done.alone, "%");
    let cpu = done.alone_s + done.workers_s.iter().sum::<f64>();
    if cpu > 0.0 {
        scene.figure("CPU time of the serial part", 100.0 * done.alone_s / cpu, "%");
    }
    let most = 1.0 / (done.alone + (1.0 - done.alone) / f64::from(scene.workers));
    scene.figure("Amdahl's bound for these workers", most, "x");
    Ok(())
}

/// A hundredth or so of the numbers.
fn probe(_: &Settings, pulse: &mut Pulse) -> f64 {
    let all = Phases::new(0, PIECES, NUMBERS / PIECES);
    let Some(piece) = all.together.first() else { return 1.0 };
    Divider::default().count(piece.clone(), pulse);
    1.0 / PIECES as f64
}

#[cfg(test)]
mod tests {
    use super::super::super::pulse::on_a_board_of_its_own;
    use super::*;

    /// The divisions are the work; that the numbers are split as the knob says is not enough.
    #[test]
    fn the_serial_part_is_what_the_knob_says() {
        for serial in ["0", "0.05", "0.2", "0.5", "1"] {
            let mut settings = Settings::default();
            settings.set("serial", serial);
            let phases = phases(&settings);
            let numbers: u64 = phases.together.iter().map(|piece| piece.end - piece.start).sum();
            assert_eq!(numbers + phases.alone.end - phases.alone.start, NUMBERS, "{serial}");
            // A tenth of each part says enough, and takes a tenth of the time.
            let divisions = on_a_board_of_its_own(|pulse| {
                let mut of = |range: std::ops::Range<u64>| {
                    let mut divider = Divider::default();
                    let tenth = (range.end - range.start) / 10;
                    divider.count(range.start..range.start + tenth, pulse);
                    divider.divisions as f64
                };
                let end = phases.together.last().map_or(phases.alone.end, |piece| piece.end);
                (of(phases.alone.clone()), of(phases.alone.end..end))
            })
            .expect("memory");
            let found = divisions.0 / (divisions.0 + divisions.1);
            let knob: f64 = serial.parse().expect("a number");
            assert!((found - knob).abs() < 0.02, "{serial}: {found}");
        }
    }
}
