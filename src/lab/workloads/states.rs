//! *states*: a process in each of the states that `/proc/PID/stat` has letters for, all at once.
//!
//! And the story of two cooks, which shows the same for a thread: made, started, alive, joined.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::Duration;

use nix::sys::ptrace;
use nix::sys::signal::{Signal, raise};

use super::super::pulse::{Pulse, now_ns, sleep_ns};
use super::super::scene::{Child, Scene};
use super::common::is_prime;
use super::life::{SECOND, STEP, end_of_stay, kill, look, signal_name, stay, stay_knob, watch};
use super::{Kind, Workload};
use crate::model::lab::{BlockedOn, Bounds, Fate, Group, Knob, KnobKind, Mode, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "states",
            group: Group::Life,
            title: "a process in each state: R S D T t Z at once",
            lesson: "R runs or waits for a CPU, S sleeps until something happens, D sleeps and hears no signal but \
                     SIGKILL, T was stopped, t is held by a tracer such as a debugger, Z has ended and was not waited for. Only R \
                     takes CPU time. I, idle, is for threads of the kernel: no program can be that.",
            watch: "The column S, one letter for each name. Stop R with SIGSTOP and it is T; continue T with SIGCONT and \
                    it is S. SIGTERM to D does nothing until it is out of it; here SIGKILL gets it out at once.",
            modes: &[Mode::Fork],
            workers: Workers::Fixed(6),
            knobs: vec![
                Knob {
                    id: "story",
                    help: "the letters, or the life of a thread: two cooks and a soup",
                    kind: KnobKind::Choice(&["letters", "soup"]),
                    default: "letters",
                },
                stay_knob("20", "seconds that they stay; a soup takes 3 of them at most"),
            ],
            bounds: Bounds { processes: 11, memory_mib: 56, seconds: 100 },
        },
        kind: Kind::Scene(|scene| match scene.settings.word("story") {
            "soup" => soup(scene),
            _ => letters(scene),
        }),
        probe: None,
    }
}

/// What the processes are for, in the order of the lanes.
const LETTERS: [char; 6] = ['R', 'S', 'D', 'T', 't', 'Z'];

/// First of the cells with the pids to look at.
const PIDS: usize = 0;

/// First of the cells of the story.
const ANSWERS: usize = 16;

/// Cell that is 1 where this machine lets nobody be traced.
const UNTRACED: usize = 32;

fn letters(scene: &Scene) -> io::Result<()> {
    let until = end_of_stay(scene);
    let mut children: Vec<(char, Child)> = Vec::new();
    for (at, letter) in LETTERS.into_iter().enumerate() {
        let child = scene.fork(&letter.to_string(), |pulse| {
            pulse.begin(at as u32 + 1);
            be(scene, pulse, letter, at, until)?;
            pulse.end(0);
            Ok(())
        })?;
        if !matches!(letter, 't' | 'Z') {
            scene.cell(PIDS + at).store(u64::from(child.pid), Release);
        }
        children.push((letter, child));
    }
    let seen = see_all(scene, until);
    let all = wanted(scene);
    scene.check("states seen at the same time", &all, &seen);
    if seen == all {
        scene.note("All letters are there now. Sort by state, and try the signals on each.");
        scene.means("All of these states are there at the same time, and only R takes CPU time.");
    }
    for (letter, child) in children {
        let pid = child.pid;
        // One that is still stopped cannot come to its end by itself; it is late, and ended.
        let watched = watch(scene, child, until)?;
        match watched.fate {
            Fate::Killed(signal) if !watched.was_late => {
                scene.note(format!("Somebody ended {letter}, process {pid}, by {}.", signal_name(signal)));
            }
            Fate::Exited(0) if letter == 'T' => scene.note("Somebody continued T: it went on where it was."),
            _ => {}
        }
    }
    Ok(())
}

/// The letters that this machine can show.
fn wanted(scene: &Scene) -> String {
    let untraced = scene.cell(UNTRACED).load(Acquire) != 0;
    LETTERS.into_iter().filter(|letter| *letter != 't' || !untraced).collect()
}

/// Looks until all states are there at once, and says which were at the last look, `?` for one that is gone.
fn see_all(scene: &Scene, until: u64) -> String {
    loop {
        let wanted = wanted(scene);
        let shown = LETTERS.into_iter().enumerate().filter(|(_, letter)| wanted.contains(*letter));
        let states = shown.map(|(at, _)| {
            let pid = scene.cell(PIDS + at).load(Acquire) as u32;
            look(pid).map_or('?', |seen| seen.state)
        });
        let seen: String = states.collect();
        if seen == wanted || now_ns() >= until || scene.board.is_stopping() {
            return seen;
        }
        sleep_ns(STEP);
    }
}

/// Gets into the state of this letter, and stays there.
fn be(scene: &Scene, pulse: &mut Pulse, letter: char, at: usize, until: u64) -> io::Result<()> {
    match letter {
        'R' => {
            while now_ns() < until && !pulse.is_stopping() {
                is_prime(10_007, pulse);
            }
        }
        'D' => {
            let held = pulse.wait(BlockedOn::Child, || {
                scene.fork_and_be_held("holds D", |scene| {
                    while now_ns() < until && !scene.board.is_stopping() {
                        sleep_ns(STEP.min(until.saturating_sub(now_ns())));
                    }
                    Ok(())
                })
            })?;
            scene.wait(held)?;
        }
        'T' => {
            let stopped = pulse.wait(BlockedOn::Others, || raise(Signal::SIGSTOP));
            stopped?;
            stay(pulse, until, || false);
        }
        't' => {
            // The one that is traced is a child of this one, its tracer, which never lets it go on.
            let child = scene.fork_without_lane("traced", |scene| {
                if ptrace::traceme().is_err() {
                    scene.cell(UNTRACED).store(1, Release);
                    scene.note("This machine lets nobody be traced, so t is missing.");
                    return Ok(());
                }
                // Any signal but SIGKILL stops it, for its tracer to decide.
                Ok(raise(Signal::SIGSTOP)?)
            })?;
            scene.cell(PIDS + at).store(u64::from(child.pid), Release);
            stay(pulse, until, || false);
            // Not waited for yet, so the pid is certainly its own.
            kill(child.pid);
            pulse.wait(BlockedOn::Child, || scene.wait(child))?;
        }
        'Z' => {
            // The zombie is a child of this one, which sleeps and does not wait.
            let child = scene.fork_without_lane("zombie", |_| Ok(()))?;
            scene.cell(PIDS + at).store(u64::from(child.pid), Release);
            stay(pulse, until, || false);
            pulse.wait(BlockedOn::Child, || scene.wait(child))?;
        }
        _ => stay(pulse, until, || false),
    }
    Ok(())
}

/// Two cooks: Olivia makes the soup and lets Barron cut the vegetables; she looks after him, waits a little, and waits
/// to the end.
fn soup(scene: &Scene) -> io::Result<()> {
    let whole = (scene.settings.number("stay").min(3.0) * SECOND as f64) as u64;
    let until = now_ns() + whole;
    let kitchen = scene.fork_without_lane("kitchen", |scene| cook(scene, whole))?;
    let pid = kitchen.pid;
    scene.note(format!("Process {pid}: Olivia is its first thread and starts a second one, Barron."));
    let watched = watch(scene, kitchen, until + SECOND)?;
    if let Some(signal) = watched.killed_by() {
        scene.note(format!("Somebody ended the kitchen by {}: both cooks are gone.", signal_name(signal)));
        return Ok(());
    }
    let told = |at: usize| match scene.cell(ANSWERS + at).load(Acquire) {
        0 => "nobody said",
        1 => "no",
        _ => "yes",
    };
    scene.check("Barron is alive before he is started", "no", told(0));
    scene.check("after he is started", "yes", told(1));
    scene.check("after a wait of a sixth of his time", "yes", told(2));
    scene.check("after he was joined", "no", told(3));
    scene
        .means("A thread lives from its start to the end of its work, however its starter spends that time.");
    scene.figure("the soup took", watched.after, "s");
    Ok(())
}

fn cook(scene: &Scene, whole: u64) -> io::Result<()> {
    let lane =
        |name: &str| Pulse::new(scene.board, name).ok_or_else(|| io::Error::other("there is no lane left"));
    let say = |at: usize, alive: bool| scene.cell(ANSWERS + at).store(1 + u64::from(alive), Release);
    let mut olivia = lane("Olivia")?;
    olivia.begin(1);
    let threads = || std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    say(0, threads() > 1);
    std::thread::scope(|scope| {
        let barron = std::thread::Builder::new().name("Barron".to_owned()).spawn_scoped(scope, || {
            let mut barron = lane("Barron")?;
            barron.begin(2);
            stay(&mut barron, now_ns() + whole, || false);
            barron.end(0);
            io::Result::Ok(())
        })?;
        say(1, !barron.is_finished());
        olivia.wait(BlockedOn::Others, || std::thread::sleep(Duration::from_nanos(whole / 6)));
        say(2, !barron.is_finished());
        let done = olivia.wait(BlockedOn::Others, || barron.join());
        done.unwrap_or(Err(io::ErrorKind::Other.into()))
    })?;
    say(3, threads() > 1);
    olivia.end(0);
    Ok(())
}
