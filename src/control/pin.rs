//! Holding on to exactly the process that was chosen.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{PidfdFlags, pidfd_open};

use crate::model::{Call, Outcome, Pid, ProcId};
use crate::sys::{ExitRecord, pidfd_exit_record, pidfd_send};

use super::look::{self, Stat};

/// No start time, no identity: hidepid or a seccomp filter stands before `/proc/PID/stat`.
const UNREADABLE: &str =
    "its start time cannot be read, so it is not certain that it is the process that was chosen";
/// `pidfd_open` is missing.
const NO_PIDFD: &str =
    "this kernel has no process handles (pidfd, Linux 5.3), so another process could be hit";
/// `pidfd_open` is forbidden, by a seccomp filter for instance.
const NO_PIDFD_FOR_US: &str = "process handles (pidfd) are forbidden here, so another process could be hit";

/// A hold on what was chosen.
pub(super) enum Hold {
    /// A process, by a file descriptor that means it for ever, even when its pid is given out again.
    Process {
        pidfd: OwnedFd,
        /// It takes no signals, though it has a nice value.
        kernel_thread: bool,
    },
    /// A thread that is not the main thread of its process. There is no pidfd that `setpriority` could be checked
    /// with, so all that is known is that the start time agreed a moment ago.
    Thread,
}

/// What a pidfd says about its process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Life {
    /// At least one of its threads lives.
    Alive,
    /// Ended; its parent has not reaped it, so its pid is not free yet.
    Zombie,
    /// Ended and reaped: its pid may be another process now.
    Reaped,
}

/// Opens a pidfd for `id` and makes sure that it means the process that was chosen; else the outcome says why not.
///
/// The order matters: the pidfd first, the start time second. The start time that was shown was read before this
/// call; if `/proc/PID/stat` still shows it after the pidfd was opened, then that process lived all the time between,
/// its pid was its own, and the pidfd is its. The other way round it could end between the check and the opening.
pub(super) fn pin(id: ProcId) -> Result<Hold, Outcome> {
    let Some(pid) = rustix::process::Pid::from_raw(id.pid.raw()) else { return Err(Outcome::AlreadyGone) };
    let pidfd = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(pidfd) => pidfd,
        // Depending on the kernel one of these means "no such process" and another "a thread, not a process".
        Err(Errno::SRCH | Errno::INVAL | Errno::NOENT) => return pin_thread(id),
        Err(Errno::NOSYS) => return Err(Outcome::Refused(NO_PIDFD)),
        Err(Errno::PERM | Errno::ACCESS) => return Err(Outcome::Refused(NO_PIDFD_FOR_US)),
        Err(errno) => return Err(Outcome::Failed { call: Call::OpenHandle, errno: errno.raw_os_error() }),
    };
    match look::stat(id.pid) {
        Ok(stat) if stat.start_time == id.start_time => {
            Ok(Hold::Process { pidfd, kernel_thread: stat.is_kernel_thread() })
        }
        Ok(_) => Err(Outcome::Replaced),
        Err(_) if life(pidfd.as_fd()) == Life::Reaped => Err(Outcome::AlreadyGone),
        Err(_) => Err(Outcome::Refused(UNREADABLE)),
    }
}

/// The start time is looked at before and after asking whose thread it is, so that both are about the same thread.
fn pin_thread(id: ProcId) -> Result<Hold, Outcome> {
    let is_it = || look::stat(id.pid).map(|stat| stat.start_time == id.start_time);
    match is_it() {
        Ok(true) => {}
        Ok(false) => return Err(Outcome::Replaced),
        Err(_) => return Err(Outcome::AlreadyGone),
    }
    let is_thread = look::status(id.pid).tgid.is_some_and(|tgid| tgid != id.pid.get());
    if is_thread && matches!(is_it(), Ok(true)) { Ok(Hold::Thread) } else { Err(Outcome::AlreadyGone) }
}

/// Whether the process behind `pidfd` lives.
pub(super) fn life(pidfd: BorrowedFd<'_>) -> Life {
    let mut fds = [PollFd::new(&pidfd, PollFlags::IN)];
    // A pidfd becomes readable when the last thread has ended: pidfd_open(2).
    let ended = poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0);
    match (ended, pidfd_send(pidfd, 0)) {
        (false, _) => Life::Alive,
        (true, Err(error)) if error.raw_os_error() == Some(libc::ESRCH) => Life::Reaped,
        (true, _) => Life::Zombie,
    }
}

/// How a process ended: a wait status, or what is to be done about not knowing it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    Known(i32),
    /// It may become known when the parent reaps it.
    Later,
    Unknown,
}

/// How the process behind `pidfd`, which has ended, did so.
pub(super) fn end(pidfd: BorrowedFd<'_>, pid: Pid) -> End {
    match pidfd_exit_record(pidfd) {
        ExitRecord::Ended(status) => return End::Known(status),
        ExitRecord::NotYet | ExitRecord::Unsupported if life(pidfd) == Life::Reaped => {
            // Reaped between the two questions, perhaps: then the record is there now.
            return match pidfd_exit_record(pidfd) {
                ExitRecord::Ended(status) => End::Known(status),
                ExitRecord::NotYet | ExitRecord::Unsupported => End::Unknown,
            };
        }
        ExitRecord::NotYet | ExitRecord::Unsupported => {}
    }
    match zombie_status(pid) {
        // Still not reaped after reading: the pid was its own, and so was the status.
        Some(status) if life(pidfd) == Life::Zombie => End::Known(status),
        _ => End::Later,
    }
}

/// The wait status that stat shows for a zombie, where we may know it.
fn zombie_status(pid: Pid) -> Option<i32> {
    let status = look::stat(pid).ok().filter(Stat::is_dead)?.exit_code?;
    (status != 0 || look::may_read_guarded(pid)).then_some(status)
}
