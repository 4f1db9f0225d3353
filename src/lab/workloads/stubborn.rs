//! *stubborn*: a process that polite signals do not end: it ignores, blocks or catches them.
//!
//! What a process does about its signals stands in `/proc/PID/status` before anybody tries: `SigIgn`, `SigBlk`, `SigCgt`.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Release};

use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};

use super::super::pulse::{Pulse, now_ns};
use super::super::scene::Scene;
use super::life::{end_of_stay, signal_name, stay, stay_knob, watch, yes};
use super::{Kind, Workload};
use crate::model::Signal;
use crate::model::lab::{Bounds, Group, Knob, KnobKind, Mode, Settings, Workers, WorkloadInfo};
use crate::sys::{catch_signal, caught_signals, ignore_signal};

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "stubborn",
            group: Group::Trouble,
            title: "a process that ignores SIGINT and SIGTERM",
            lesson: "A process decides what most signals do to it: it can ignore, block or catch them. Only SIGKILL and \
                     SIGSTOP are not its to decide.",
            watch: "F9 on it: the menu says of each signal, before you send it, whether the process ignores, blocks or \
                    catches it (SigIgn, SigBlk, SigCgt in /proc/PID/status). Send SIGTERM, look again, send SIGKILL.",
            modes: &[Mode::Fork],
            workers: Workers::Fixed(1),
            knobs: vec![
                Knob {
                    id: "ignore",
                    help: "the signals that do nothing to it; all are those that a process can decide about",
                    kind: KnobKind::Choice(&["int,term", "int", "term", "int,term,hup", "all"]),
                    default: "int,term",
                },
                Knob {
                    id: "how",
                    help: "why they do nothing",
                    kind: KnobKind::Choice(&["ignores", "blocks", "catches"]),
                    default: "ignores",
                },
                stay_knob("30", "seconds after which it gives in"),
            ],
            bounds: Bounds { processes: 3, memory_mib: 16, seconds: 100 },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// The signals of the knob `ignore`.
fn signals(settings: &Settings) -> Vec<Signal> {
    match settings.word("ignore") {
        "all" => Signal::all().filter(|signal| can_be_decided(*signal)).collect(),
        words => words.split(',').filter_map(Signal::parse).collect(),
    }
}

/// Whether a process can ignore, block and catch it: not those two, nor the two that the C library keeps to itself, nor
/// those that say that the process itself went wrong.
fn can_be_decided(signal: Signal) -> bool {
    const OWN_FAULTS: [i32; 6] =
        [libc::SIGILL, libc::SIGTRAP, libc::SIGBUS, libc::SIGFPE, libc::SIGSEGV, libc::SIGSYS];
    !signal.is_unstoppable()
        && !OWN_FAULTS.contains(&i32::from(signal.number()))
        && !(32..34).contains(&signal.number())
}

fn play(scene: &Scene) -> io::Result<()> {
    let until = end_of_stay(scene);
    let child = scene.fork("stubborn", |pulse| be_stubborn(scene, pulse, until))?;
    let watched = watch(scene, child, until)?;
    match watched.killed_by() {
        Some(signal) => {
            let by = signal_name(signal);
            scene.means(format!(
                "It was ended by {by} after {:.1} s. What a process ignores, blocks or catches does not end it; SIGKILL is \
                 not its to decide.",
                watched.after
            ));
            scene.figure("time to find and kill", watched.after, "s");
            let asked = signals(scene.settings).iter().any(|deaf| i32::from(deaf.number()) == signal);
            // Somebody may have been quicker than the process itself.
            let in_vain = !asked || scene.cell(DEAF).load(Acquire) == 0;
            scene.check("none of the signals to which it is deaf ended it", "yes", yes(in_vain));
        }
        None => {
            scene
                .means("Nobody ended it in time. SIGKILL would have: no process decides what that one does.");
        }
    }
    scene.figure("signals that it caught", scene.cell(CAUGHT).load(Acquire) as f64, "");
    Ok(())
}

/// Cell with the number of signals that were caught.
const CAUGHT: usize = 0;
/// Cell that is set when the process has done to its signals what it is to do.
const DEAF: usize = 1;

fn be_stubborn(scene: &Scene, pulse: &mut Pulse, until: u64) -> io::Result<()> {
    let signals = signals(scene.settings);
    let how = scene.settings.word("how");
    for signal in &signals {
        match how {
            "blocks" => {}
            "catches" => catch_signal(signal.number())?,
            _ => ignore_signal(signal.number())?,
        }
    }
    if how == "blocks" {
        let mut mask = SigSet::empty();
        // The C library knows the standard ones by name; the set of all holds the others as well.
        if scene.settings.word("ignore") == "all" {
            mask = SigSet::all();
        }
        for signal in &signals {
            if let Ok(signal) = nix::sys::signal::Signal::try_from(i32::from(signal.number())) {
                mask.add(signal);
            }
        }
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&mask), None)?;
    }
    let list = match scene.settings.word("ignore") {
        "all" => "every signal that it can".to_owned(),
        _ => signals.iter().map(|signal| signal.name()).collect::<Vec<_>>().join(" and "),
    };
    let pid = std::process::id();
    scene.note(format!("Process {pid} {how} {list}. End it before it gives in."));
    scene.cell(DEAF).store(1, Release);
    pulse.begin(1);
    if how == "catches" {
        answer_signals(scene, pulse, until, &signals);
    } else {
        stay(pulse, until, || false);
    }
    pulse.end(0);
    Ok(())
}

/// Stays, and says of each signal that it came.
fn answer_signals(scene: &Scene, pulse: &mut Pulse, until: u64, signals: &[Signal]) {
    let mut seen: Vec<u32> = vec![0; signals.len()];
    let came = || signals.iter().map(|signal| caught_signals(signal.number())).sum::<u32>();
    let mut told: u32 = 0;
    while now_ns() < until && !pulse.is_stopping() {
        stay(pulse, until, || came() != told);
        for (signal, seen) in signals.iter().zip(&mut seen) {
            let now = caught_signals(signal.number());
            if now != *seen {
                told += now - *seen;
                *seen = now;
                // Before it is said: whoever hears it may end this process.
                scene.cell(CAUGHT).store(u64::from(told), Release);
                scene.note(format!("{} came. It is caught, and nothing is done about it.", signal.name()));
            }
        }
    }
}
