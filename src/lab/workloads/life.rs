//! What the workloads about the life and the trouble of processes have in common: how long they stay, who watches them,
//! and how a process stands in `/proc`.

use std::fs;
use std::io::{self, PipeReader};
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, PidfdFlags, Signal, getppid, pidfd_open, pidfd_send_signal};

use super::super::pulse::{Pulse, now_ns, sleep_ns};
use super::super::scene::{Child, Scene};
use crate::model::lab::{BlockedOn, Fate, Knob, KnobKind};

/// Nanoseconds of a second.
pub(super) const SECOND: u64 = 1_000_000_000;

/// How often somebody who watches looks, nanoseconds: small against a second, and no work to speak of.
pub(super) const STEP: u64 = 10_000_000;

/// How often somebody who only stays looks up, nanoseconds: rare enough to be called idle.
const DOZE: u64 = 50_000_000;

/// How long the master lets a worker be late before it ends it, nanoseconds. One that was stopped would never come.
const PATIENCE: u64 = SECOND;

/// How long a process may take to be gone after it was killed, nanoseconds.
const DYING: u64 = 5 * SECOND;

/// The knob `stay`: how long the scene stays where nobody ends it.
pub(super) fn stay_knob(default: &'static str, help: &'static str) -> Knob {
    Knob { id: "stay", help, kind: KnobKind::Number { min: 0.5, max: 90.0, step: 0.5 }, default }
}

/// The time so many seconds from now as the knob says, `CLOCK_MONOTONIC` in nanoseconds.
pub(super) fn end_of_stay(scene: &Scene) -> u64 {
    now_ns() + (scene.settings.number("stay") * SECOND as f64) as u64
}

/// Sleeps until then, or until everybody is to come to an end, or `enough` says so.
pub(super) fn stay(pulse: &mut Pulse, until: u64, enough: impl Fn() -> bool) {
    let board = pulse.board();
    pulse.wait(BlockedOn::Sleep, || {
        while now_ns() < until && !board.is_stopping() && !enough() {
            sleep_ns(DOZE.min(until.saturating_sub(now_ns())));
        }
    });
}

/// How a watched child ended.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Watched {
    /// How.
    pub(super) fate: Fate,
    /// Seconds since it was first watched.
    pub(super) after: f64,
    /// Whether it was late and the master ended it.
    pub(super) was_late: bool,
}

impl Watched {
    /// The signal by which somebody else ended it.
    pub(super) fn killed_by(&self) -> Option<i32> {
        match self.fate {
            Fate::Killed(signal) if !self.was_late => Some(signal),
            _ => None,
        }
    }
}

/// Watches a child until its end, which comes soon after `until` whatever it does.
///
/// # Errors
/// Those of wait4(2).
pub(super) fn watch(scene: &Scene, child: Child, until: u64) -> io::Result<Watched> {
    let began = now_ns();
    let after = || now_ns().saturating_sub(began) as f64 / SECOND as f64;
    while now_ns() < until.saturating_add(PATIENCE) {
        if let Some(fate) = scene.has_ended(&child)? {
            return Ok(Watched { fate, after: after(), was_late: false });
        }
        sleep_ns(STEP);
    }
    // Not waited for yet, so the pid is certainly its own.
    kill(child.pid);
    Ok(Watched { fate: scene.wait(child)?, after: after(), was_late: true })
}

/// Kills a child that was not waited for.
pub(super) fn kill(child: u32) {
    if let Some(pid) = Pid::from_raw(child.cast_signed()) {
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}

/// The parent's pid: in the master, that of the supervisor, which adopts whoever loses its parent.
pub(super) fn parent() -> u32 {
    Pid::as_raw(getppid()).cast_unsigned()
}

/// Waits until all that hold the other end of the pipe have ended, or `until`; says whether they have.
///
/// The way to wait for processes that are somebody else's children.
///
/// # Errors
/// Those of poll(2).
pub(super) fn all_gone(gone: &PipeReader, until: u64) -> io::Result<bool> {
    loop {
        let left = until.saturating_sub(now_ns());
        let mut fds = [PollFd::new(gone.as_fd(), PollFlags::POLLIN)];
        let patience =
            PollTimeout::try_from((left / 1_000_000).min(1000) as i32).unwrap_or(PollTimeout::ZERO);
        match poll(&mut fds, patience) {
            Ok(0) if left == 0 => return Ok(false),
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Ends a process that is not our child but holds the other end of the pipe: politely, then by force. Says whether it is
/// gone. On kernels without pidfds the supervisor ends it a moment later.
///
/// # Errors
/// Those of poll(2).
pub(super) fn end_adopted(pid: u32, gone: &PipeReader) -> io::Result<bool> {
    let hand = Pid::from_raw(pid.cast_signed()).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    // That it still holds the pipe says that the handle is that of this process and of no later one.
    let Some(hand) = hand.filter(|_| !matches!(all_gone(gone, 0), Ok(true))) else {
        return all_gone(gone, 0);
    };
    for signal in [Signal::TERM, Signal::KILL] {
        let _ = pidfd_send_signal(&hand, signal);
        // A stopped process hears only the second of them.
        let _ = pidfd_send_signal(&hand, Signal::CONT);
        if all_gone(gone, now_ns() + DYING)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A process as `/proc/PID/stat` shows it: proc(5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    /// Field 3.
    pub(super) state: char,
    /// Field 4.
    pub(super) parent: u32,
    /// Field 6.
    pub(super) session: u32,
    /// Field 7; 0 for none.
    pub(super) terminal: i32,
    /// Field 24: resident pages.
    pub(super) resident: i64,
}

/// Looks at a process; `None` where there is none.
pub(super) fn look(pid: u32) -> Option<Seen> {
    seen(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

fn seen(stat: &[u8]) -> Option<Seen> {
    let end_of_name = stat.iter().rposition(|&byte| byte == b')')?;
    let fields = std::str::from_utf8(stat.get(end_of_name + 1..)?).ok()?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    // Field 3, the state, is the first after the name.
    let field = |number: usize| fields.get(number - 3);
    Some(Seen {
        state: field(3)?.chars().next()?,
        parent: field(4)?.parse().ok()?,
        session: field(6)?.parse().ok()?,
        terminal: field(7)?.parse().ok()?,
        resident: field(24)?.parse().ok()?,
    })
}

/// `SIGTERM (15)`, for a sentence.
pub(super) fn signal_name(number: i32) -> String {
    let signal = u8::try_from(number).ok().and_then(crate::model::Signal::new);
    signal.map_or_else(|| number.to_string(), |signal| format!("{} ({number})", signal.name()))
}

/// `yes` or `no`, for a check.
pub(super) fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_stat_is_read_whatever_the_name() {
        let line = b"812 (a) Z 9 (b) S 790 811 811 0 -1 4194304 1 0 0 0 1 2 0 0 20 0 1 0 99 4096 321 1844";
        let expected = Seen { state: 'S', parent: 790, session: 811, terminal: 0, resident: 321 };
        assert_eq!(seen(line), Some(expected));
        assert_eq!(seen(b"812 (a) S 790"), None);
        assert_eq!(look(std::process::id()).map(|me| me.parent), Some(parent()));
    }

    #[test]
    fn the_end_of_a_pipes_holders_is_seen_and_not_before() {
        let (gone, held) = io::pipe().expect("a pipe");
        assert!(!all_gone(&gone, 0).expect("poll"));
        drop(held);
        assert!(all_gone(&gone, 0).expect("poll"));
    }

    #[test]
    fn signals_have_their_names() {
        assert_eq!(signal_name(15), "SIGTERM (15)");
        assert_eq!(signal_name(0), "0");
    }
}
