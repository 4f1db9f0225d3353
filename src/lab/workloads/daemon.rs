//! *daemon*: a process that leaves its family: forked twice, a session of its own, no terminal, files of its own.
//!
//! The steps are those of daemon(7), "SysV daemons". The other two stories are about the word as programming languages
//! use it: a thread or child that is not waited for and ends with the program.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Release};

use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout, getsid, setsid};

use super::super::board::Word;
use super::super::pulse::{Pulse, now_ns};
use super::super::safety;
use super::super::scene::Scene;
use super::life::{self, SECOND, end_of_stay, signal_name, stay, stay_knob, watch, yes};
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Knob, KnobKind, Mode, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "daemon",
            group: Group::Life,
            title: "a process that leaves its family: new session, no terminal",
            lesson: "A daemon forks twice and lets its parent end, so that whoever adopts orphans becomes its parent; \
                     setsid(2) in between takes it out of the session, so that no terminal can end it. It still runs \
                     and still belongs to you.",
            watch: "The tree: the daemon hangs below the supervisor, not below the master that started it. SESSION \
                    differs from all others, TTY is none. Killing the master would not reach it; F9 on the daemon does.",
            modes: &[Mode::Fork],
            workers: Workers::Fixed(1),
            knobs: vec![
                Knob {
                    id: "kind",
                    help: "a true daemon, a child that ends with its parent, or a thread that ends with its process",
                    kind: KnobKind::Choice(&["daemon", "child", "thread"]),
                    default: "daemon",
                },
                stay_knob("20", "seconds until it is ended"),
            ],
            bounds: Bounds { processes: 5, memory_mib: 32, seconds: 100 },
        },
        kind: Kind::Scene(|scene| match scene.settings.word("kind") {
            "child" => child(scene),
            "thread" => thread(scene),
            _ => daemon(scene),
        }),
        probe: None,
    }
}

/// Cell with the daemon's pid.
const PID: usize = 0;

/// Later than any run may last.
const NEVER: u64 = u64::MAX;

fn daemon(scene: &Scene) -> io::Result<()> {
    let until = end_of_stay(scene);
    let heir = life::parent();
    // Whoever is below holds the other end; the last of them closes it.
    let (gone, held) = io::pipe()?;
    let starter = scene.fork_without_lane("starter", |scene| {
        setsid()?;
        let starter = std::process::id();
        // The second fork: what is not the leader of its session can never get a terminal.
        let daemon = scene.fork_for_adoption("daemon", |scene| be_a_daemon(scene, starter, heir))?;
        scene.cell(PID).store(u64::from(daemon.pid), Release);
        Ok(())
    })?;
    drop(held);
    let starter_pid = starter.pid;
    scene.wait(starter)?;
    let pid = scene.cell(PID).load(Acquire) as u32;
    let ended_by_user = life::all_gone(&gone, until)?;
    if ended_by_user {
        scene.note("Somebody ended the daemon. Its parent, the supervisor, was told and has reaped it.");
        return Ok(());
    }
    if let Some(seen) = life::look(pid) {
        let own = getsid(None).map_or(0, |session| session.as_raw().cast_unsigned());
        scene.check("the daemon's parent is the supervisor", heir, seen.parent);
        scene.check("its session is the one that the starter made", starter_pid, seen.session);
        scene.check("it is another session than the master's", "yes", yes(seen.session != own));
        scene.check("its terminal", 0, seen.terminal);
    }
    let ended = life::end_adopted(pid, &gone)?;
    scene.check("the daemon is within reach", "yes", yes(ended));
    scene.note(format!("Time is up: daemon {pid} was sent SIGTERM."));
    scene.means(
        "The daemon had left its parent, its session and its terminal, so no end of theirs could end it; its pid was \
         enough to find and end it.",
    );
    Ok(())
}

/// What the second child does once its parent has ended.
fn be_a_daemon(scene: &Scene, starter: u32, heir: u32) -> io::Result<()> {
    safety::be_adopted(starter, heir)?;
    scene.note(format!(
        "Process {} is a daemon now: its parent is {heir}, its session {starter}, its terminal none. Only its own pid \
         leads to it.",
        std::process::id()
    ));
    std::env::set_current_dir("/")?;
    let null = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    dup2_stderr(&null)?;
    let mut pulse = lane(scene, "daemon")?;
    pulse.begin(1);
    stay(&mut pulse, NEVER, || false);
    pulse.end(0);
    Ok(())
}

/// A child that has asked the kernel to end it with its parent.
fn child(scene: &Scene) -> io::Result<()> {
    let until = end_of_stay(scene);
    let (gone, held) = io::pipe()?;
    let parent = scene.fork("parent", |pulse| {
        let child = scene.fork("child", |pulse| {
            pulse.begin(1);
            stay(pulse, NEVER, || false);
            pulse.end(0);
            Ok(())
        })?;
        scene.cell(PID).store(u64::from(child.pid), Release);
        pulse.begin(2);
        stay(pulse, until, || false);
        pulse.end(0);
        // It does not wait for its child, and ends.
        Ok(())
    })?;
    drop(held);
    scene.note(
        "The child has asked the kernel to be killed when its parent ends: PR_SET_PDEATHSIG of prctl(2).",
    );
    let watched = watch(scene, parent, until)?;
    let ended = now_ns();
    let together = life::all_gone(&gone, ended + 5 * SECOND)?;
    if let Some(signal) = watched.killed_by() {
        scene.note(format!("Somebody ended the parent by {}.", signal_name(signal)));
    }
    scene.check("the child ended with its parent", "yes", yes(together));
    let outlived_ms = now_ns().saturating_sub(ended) as f64 / 1e6;
    scene.means(format!(
        "The child ended {outlived_ms:.1} ms after its parent: it had asked for that. Otherwise it would have got a new \
         parent and gone on."
    ));
    scene.figure("the child outlived its parent by", outlived_ms, "ms");
    Ok(())
}

/// A thread that works on until its process ends.
fn thread(scene: &Scene) -> io::Result<()> {
    let until = end_of_stay(scene);
    let process = scene.fork_without_lane("main", |scene| {
        std::thread::scope(|scope| {
            let cleaner = std::thread::Builder::new().name("cleaner".to_owned()).spawn_scoped(scope, || {
                let mut pulse = lane(scene, "cleaner")?;
                safety::set_name("cleaner");
                pulse.begin(1);
                stay(&mut pulse, NEVER, || false);
                pulse.end(0);
                io::Result::Ok(())
            });
            cleaner?;
            let mut pulse = lane(scene, "main")?;
            pulse.begin(2);
            stay(&mut pulse, until, || false);
            pulse.end(0);
            drop(pulse);
            scene.note("The main thread is done and does not wait for the cleaner: the process ends, and both with it.");
            // The end of a process is the end of all its threads, wherever they are: exit(3), _exit(2).
            std::process::exit(0)
        })
    })?;
    let watched = watch(scene, process, until)?;
    if let Some(signal) = watched.killed_by() {
        scene.note(format!(
            "Somebody ended the process by {}, and both threads with it.",
            signal_name(signal)
        ));
        return Ok(());
    }
    let cleaner = (0..scene.board.slots()).find(|&slot| scene.board.name(slot) == "cleaner");
    let cut = cleaner.map(|slot| scene.board.slot(slot, Word::Ended).load(Acquire) == 0);
    scene.means(
        "The end of a process is the end of all its threads, wherever they are: the cleaner was cut off.",
    );
    scene.check("the cleaner came to no end of its own", "yes", cut.map_or("nobody cleaned", yes));
    Ok(())
}

fn lane<'a>(scene: &Scene<'a>, name: &str) -> io::Result<Pulse<'a>> {
    Pulse::new(scene.board, name).ok_or_else(|| io::Error::other("there is no lane left"))
}
