//! *zombie*: children that have ended and whose parent does not wait for them.
//!
//! All that is left of them is their entry in the process table: pid, exit status, what they took. It goes when their
//! parent has read that, wait(2), or when the parent ends and whoever adopts them reads it.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::super::pulse::{Pulse, now_ns, sleep_ns};
use super::super::scene::{Child, Scene};
use super::life::{STEP, end_of_stay, look, parent, signal_name, stay_knob, watch};
use super::{Kind, Workload};
use crate::model::lab::{BlockedOn, Bounds, Group, Knob, KnobKind, Mode, Workers, WorkloadInfo};

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "zombie",
            group: Group::Life,
            title: "children that have ended and were not waited for",
            lesson: "A zombie is dead already: no signal does anything to it, and it holds nothing but its pid and its \
                     exit status, until its parent waits. The one to act on is the parent.",
            watch: "State Z, no memory, no command line. F9 on a zombie does nothing. Send SIGCHLD (17) to its parent, \
                    which then waits, or end the parent: whoever adopts the zombies waits.",
            modes: &[Mode::Fork],
            workers: Workers::Fixed(1),
            knobs: vec![
                Knob {
                    id: "zombies",
                    help: "how many",
                    kind: KnobKind::Number { min: 1.0, max: 5.0, step: 1.0 },
                    default: "3",
                },
                stay_knob("20", "seconds until the parent waits by itself"),
            ],
            bounds: Bounds { processes: 8, memory_mib: 32, seconds: 100 },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// Cells: what the parent saw.
mod cell {
    /// Children that were zombies all at once.
    pub(super) const ZOMBIES: usize = 0;
    /// Pages that they had resident.
    pub(super) const PAGES: usize = 1;
    /// Whether somebody sent it SIGCHLD.
    pub(super) const NUDGED: usize = 2;
    /// Zombies that were left after it had waited.
    pub(super) const LEFT: usize = 3;
    /// First of the zombies' pids.
    pub(super) const PIDS: usize = 8;
}

fn play(scene: &Scene) -> io::Result<()> {
    let until = end_of_stay(scene);
    let count = scene.settings.whole("zombies");
    let heir = parent();
    let child = scene.fork("parent", |pulse| neglect(scene, pulse, until))?;
    let pid = child.pid;
    scene.note(format!("Process {pid} does not wait for its children. Kill one of them: nothing happens."));
    let watched = watch(scene, child, until)?;
    let said = |at: usize| scene.cell(at).load(Acquire);
    if let Some(signal) = watched.killed_by() {
        scene.note(format!(
            "Somebody ended the parent by {}. Its children went to the supervisor, {heir}, which waits for all: they \
             are gone.",
            signal_name(signal)
        ));
        let gone = gone(scene, count);
        scene.check("zombies that their new parent left", 0, count as usize - gone);
        return Ok(());
    }
    scene.check("zombies while the parent did not wait", count, said(cell::ZOMBIES));
    scene.check("their resident pages", 0, said(cell::PAGES));
    scene.check("zombies after the parent had waited", 0, said(cell::LEFT));
    scene.means(
        "The zombies were dead already: they held no memory, no signal did anything to them, and they went when their \
         parent waited for them.",
    );
    scene.figure("woken by SIGCHLD from outside", said(cell::NUDGED) as f64, "");
    Ok(())
}

/// How many of the zombies are gone within a moment: the supervisor looks for the dead some twenty times a second.
fn gone(scene: &Scene, count: u32) -> usize {
    let end = now_ns() + super::life::SECOND * 5;
    loop {
        let pids = (0..count as usize).map(|at| scene.cell(cell::PIDS + at).load(Acquire) as u32);
        let gone = pids.filter(|&pid| look(pid).is_none_or(|seen| seen.state != 'Z')).count();
        if gone == count as usize || now_ns() > end {
            return gone;
        }
        sleep_ns(STEP);
    }
}

/// The parent: it has children, lets them end, and does not look.
fn neglect(scene: &Scene, pulse: &mut Pulse, until: u64) -> io::Result<()> {
    // Blocked, so that it can be read together with who sent it: the kernel at a child's end, or somebody else.
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGCHLD);
    mask.thread_block()?;
    let nudge = SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    let count = scene.settings.whole("zombies");
    pulse.begin(1);
    let mut children: Vec<Child> = Vec::new();
    for number in 1..=count {
        let child = scene.fork(&format!("{number}/{count}"), |_| Ok(()))?;
        scene.cell(cell::PIDS + children.len()).store(u64::from(child.pid), Release);
        children.push(child);
    }
    let dead = || children.iter().filter_map(|child| look(child.pid)).filter(|seen| seen.state == 'Z');
    pulse.wait(BlockedOn::Sleep, || {
        while dead().count() < count as usize && now_ns() < until {
            sleep_ns(STEP);
        }
    });
    scene.cell(cell::ZOMBIES).store(dead().count() as u64, Release);
    scene.cell(cell::PAGES).store(dead().map(|seen| seen.resident.max(0).cast_unsigned()).sum(), Release);
    scene.note(format!(
        "{} children are zombies now. A SIGCHLD to {} ends that.",
        dead().count(),
        std::process::id()
    ));
    if wait_for_nudge(pulse, &nudge, until)? {
        scene.cell(cell::NUDGED).store(1, Release);
        scene.note("Somebody sent SIGCHLD: the parent waits for its children, and they are gone.");
    }
    let pids: Vec<u32> = children.iter().map(|child| child.pid).collect();
    for child in children {
        pulse.wait(BlockedOn::Child, || scene.wait(child))?;
    }
    let own = std::process::id();
    let left = pids.into_iter().filter_map(look).filter(|seen| seen.parent == own).count();
    scene.cell(cell::LEFT).fetch_add(left as u64, AcqRel);
    pulse.end(0);
    Ok(())
}

/// Waits for a SIGCHLD that a process sent, not the kernel; says whether it came in time.
fn wait_for_nudge(pulse: &mut Pulse, nudge: &SignalFd, until: u64) -> io::Result<bool> {
    while now_ns() < until && !pulse.is_stopping() {
        while let Some(came) = nudge.read_signal()? {
            // `SI_USER` and what is below it come from processes; CLD_EXITED and its like are above: sigaction(2).
            if came.ssi_code <= libc::SI_USER {
                return Ok(true);
            }
        }
        let left = (until.saturating_sub(now_ns()) / 1_000_000).clamp(1, 100) as i32;
        pulse.wait(BlockedOn::Others, || {
            let mut fds = [PollFd::new(nudge.as_fd(), PollFlags::POLLIN)];
            poll(&mut fds, PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO))
        })?;
    }
    Ok(false)
}
