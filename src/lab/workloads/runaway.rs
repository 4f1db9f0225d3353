//! *runaway*: one process among many computes and does not stop. Find it and end it.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Release};

use nix::sys::resource::Resource;

use super::super::pulse::{Pulse, now_ns, sleep_ns};
use super::super::random::Random;
use super::super::safety;
use super::super::scene::{Child, Scene};
use super::common::is_prime;
use super::life::{SECOND, STEP, end_of_stay, kill, signal_name, stay, stay_knob};
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Fate, Group, Knob, KnobKind, Mode, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "runaway",
            group: Group::Trouble,
            title: "one of many processes takes a core: find it and end it",
            lesson: "A name says nothing about what a process does; CPU% does. SIGTERM is enough for a process that has \
                     not asked for anything else. A limit, RLIMIT_CPU of setrlimit(2), ends what nobody finds.",
            watch: "Sort by CPU%: one of the lab's processes has nearly 100, the others 0. End it by F9. Ending one of \
                    the others is counted.",
            modes: &[Mode::Fork],
            workers: Workers::Exactly(12),
            knobs: vec![
                Knob {
                    id: "cpu-limit",
                    help: "seconds of CPU time after which the kernel ends it",
                    kind: KnobKind::Number { min: 1.0, max: 60.0, step: 1.0 },
                    default: "60",
                },
                stay_knob("60", "seconds until it is over"),
            ],
            bounds: Bounds { processes: 64, memory_mib: 96, seconds: 100 },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// What the processes are called: as if each had a duty.
const NAMES: [&str; 16] = [
    "mailer", "indexer", "logger", "backup", "cache", "report", "import", "export", "sync", "notify",
    "search", "archive", "billing", "metrics", "session", "upload",
];

/// Cell that is set when the runaway has ended.
const OVER: usize = 0;

fn play(scene: &Scene) -> io::Result<()> {
    let until = end_of_stay(scene);
    let began = now_ns();
    // Another one each time.
    let chosen = Random::new(began ^ u64::from(std::process::id())).below(u64::from(scene.workers)) as u32;
    let mut idle: Vec<(String, Child)> = Vec::new();
    let mut hog = None;
    for number in 0..scene.workers {
        let name = name(number);
        let child = scene.fork(&name, |pulse| {
            safety::set_name(&format!("lab:{name}"));
            pulse.begin(number + 1);
            if number == chosen {
                run_away(scene, pulse)?;
            } else {
                stay(pulse, until + 10 * SECOND, || is_over(scene));
            }
            pulse.end(0);
            Ok(())
        })?;
        if number == chosen { hog = Some((name, child)) } else { idle.push((name, child)) }
    }
    let Some((name, hog)) = hog else { return Err(io::ErrorKind::NotFound.into()) };
    scene.note(format!("One of {} processes has run away. Find it and end it.", scene.workers));
    let pid = hog.pid;
    let mut wrong = 0;
    let fate = loop {
        if let Some(fate) = scene.has_ended(&hog)? {
            break Some(fate);
        }
        let mut at = 0;
        while let Some((name, child)) = idle.get(at) {
            if scene.has_ended(child)?.is_some() {
                wrong += 1;
                scene.note(format!("It was not {name}: that one slept."));
                drop(idle.swap_remove(at));
            } else {
                at += 1;
            }
        }
        if now_ns() > until {
            break None;
        }
        sleep_ns(STEP);
    };
    let after = now_ns().saturating_sub(began) as f64 / SECOND as f64;
    match fate {
        Some(Fate::Killed(libc::SIGXCPU)) => {
            scene.means(format!(
                "Nobody found {name}, process {pid}: its limit of CPU time ended it by SIGXCPU. Sorted by CPU, it stands at \
                 the top."
            ));
        }
        Some(Fate::Killed(signal)) => {
            let by = signal_name(signal);
            scene.means(format!("Found: {name}, process {pid}, was ended by {by} after {after:.1} s."));
            scene.figure("time to find and kill", after, "s");
        }
        _ => {
            kill(pid);
            scene.wait(hog)?;
            scene.means(format!(
                "Nobody found it in time: it was {name}, process {pid}. Sorted by CPU, it stood at the top."
            ));
        }
    }
    scene.figure("others that were ended instead", f64::from(wrong), "");
    scene.cell(OVER).store(1, Release);
    for (_, child) in idle {
        super::life::watch(scene, child, now_ns() + SECOND)?;
    }
    Ok(())
}

fn is_over(scene: &Scene) -> bool {
    scene.cell(OVER).load(Acquire) != 0
}

/// The name of a process: those of the list, then with numbers.
fn name(number: u32) -> String {
    let at = number as usize;
    let name = NAMES.get(at % NAMES.len()).copied().unwrap_or("worker");
    if at < NAMES.len() { name.to_owned() } else { format!("{name}{}", at / NAMES.len() + 1) }
}

/// Computes until somebody ends it, the kernel at last.
fn run_away(scene: &Scene, pulse: &mut Pulse) -> io::Result<()> {
    let limit = u64::from(scene.settings.whole("cpu-limit").max(1));
    // SIGXCPU first, which says what it was; SIGKILL a second later.
    safety::limit(Resource::RLIMIT_CPU, limit, limit + 1)?;
    while !pulse.is_stopping() && !is_over(scene) {
        is_prime(10_007, pulse);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_process_has_a_name_of_its_own_that_fits() {
        let names: Vec<String> = (0..64).map(name).collect();
        for (at, name) in names.iter().enumerate() {
            assert!(!names.iter().skip(at + 1).any(|other| other == name), "{name}");
            assert!(format!("lab:{name}").len() <= 15, "{name}");
        }
    }
}
