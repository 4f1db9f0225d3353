//! Holding on to exactly the process that was chosen.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid as RawPid, PidfdFlags, pidfd_open};

use crate::model::{Call, Outcome, Pid, ProcId, Signal};
use crate::sys::{ExitRecord, pid_send, pidfd_exit_record, pidfd_send};

use super::look::{self, Stat};

/// No start time, no identity: hidepid or a seccomp filter stands before `/proc/PID/stat`.
const UNREADABLE: &str =
    "its start time cannot be read, so it is not certain that it is the process that was chosen";
/// How a pidfd is opened. Tests put in its place a kernel that has none.
pub(super) type Open = fn(RawPid) -> Result<OwnedFd, Errno>;

/// pidfd_open(2).
pub(super) fn open(pid: RawPid) -> Result<OwnedFd, Errno> {
    pidfd_open(pid, PidfdFlags::empty())
}

/// A hold on what was chosen.
pub(super) enum Hold {
    /// A process, by a file descriptor that means it for ever, even when its pid is given out again.
    Process {
        pidfd: OwnedFd,
        /// It takes no signals, though it has a nice value.
        kernel_thread: bool,
    },
    /// A process, by nothing but its pid: this kernel has no pidfd (before Linux 5.3), or a seccomp filter keeps it from
    /// us. The start time is checked before and after each act, which leaves a gap of some microseconds.
    Weak {
        /// It takes no signals, though it has a nice value.
        kernel_thread: bool,
    },
    /// A thread that is not the main thread of its process. There is no pidfd that `setpriority` could be checked
    /// with, so all that is known is that the start time agreed a moment ago.
    Thread,
}

/// What a hold says about its process.
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
pub(super) fn pin(id: ProcId, open: Open) -> Result<Hold, Outcome> {
    let Some(pid) = RawPid::from_raw(id.pid.raw()) else { return Err(Outcome::AlreadyGone) };
    let pidfd = match open(pid) {
        Ok(pidfd) => pidfd,
        // Depending on the kernel one of these means "no such process" and another "a thread, not a process".
        Err(Errno::SRCH | Errno::INVAL | Errno::NOENT) => return pin_thread(id),
        Err(Errno::NOSYS | Errno::PERM | Errno::ACCESS) => return pin_weakly(id),
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

/// Where there is no pidfd to hold it by.
fn pin_weakly(id: ProcId) -> Result<Hold, Outcome> {
    match look::stat(id.pid) {
        Ok(stat) if stat.start_time != id.start_time => Err(Outcome::Replaced),
        // Only a process's id is its threads' tgid; where that cannot be read nobody knows which it is.
        Ok(stat) => match look::status(id.pid).tgid {
            Some(tgid) if tgid == id.pid.get() => Ok(Hold::Weak { kernel_thread: stat.is_kernel_thread() }),
            Some(_) => pin_thread(id),
            None => Err(Outcome::Refused(UNREADABLE)),
        },
        Err(error) if is_absence(&error) => Err(Outcome::AlreadyGone),
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

impl Hold {
    /// Whether what is held lives; for what is held weakly, whether its pid is still its own.
    pub(super) fn life(&self, id: ProcId) -> Life {
        match self {
            Hold::Process { pidfd, .. } => life(pidfd.as_fd()),
            Hold::Weak { .. } | Hold::Thread => match look::stat(id.pid) {
                Ok(stat) if stat.start_time != id.start_time => Life::Reaped,
                Ok(stat) if stat.is_dead() && stat.others().is_none() => Life::Zombie,
                Err(error) if is_absence(&error) => Life::Reaped,
                // What cannot be read just now has not been seen to end.
                Ok(_) | Err(_) => Life::Alive,
            },
        }
    }

    /// Whether it is a thread of the kernel.
    pub(super) fn is_kernel_thread(&self) -> bool {
        matches!(self, Hold::Process { kernel_thread: true, .. } | Hold::Weak { kernel_thread: true })
    }

    /// Sends `signal` to what is held. An error is the outcome of the act: nothing was sent, but for `Uncertain`.
    pub(super) fn send(&self, id: ProcId, signal: Signal) -> Result<(), Outcome> {
        let sent = match self {
            Hold::Process { pidfd, .. } => pidfd_send(pidfd.as_fd(), signal.number()),
            Hold::Weak { .. } => return self.send_weakly(id, signal),
            Hold::Thread => {
                return Err(Outcome::Refused("a thread cannot be signalled alone; choose its process"));
            }
        };
        sent.map_err(|error| unsent(&error, id.pid))
    }

    /// The same by pid. The start time is asked for last before and first after, so that it can have hit another
    /// process only if the pid was given out anew within microseconds; and then it is told.
    fn send_weakly(&self, id: ProcId, signal: Signal) -> Result<(), Outcome> {
        let Some(pid) = RawPid::from_raw(id.pid.raw()) else { return Err(Outcome::AlreadyGone) };
        if self.life(id) == Life::Reaped {
            return Err(Outcome::AlreadyGone);
        }
        pid_send(pid, signal.number()).map_err(|error| unsent(&error, id.pid))?;
        if self.life(id) == Life::Reaped { Err(Outcome::Uncertain) } else { Ok(()) }
    }

    /// How what is held, which has ended, did so.
    pub(super) fn end(&self, id: ProcId) -> End {
        match self {
            Hold::Process { pidfd, .. } => end(pidfd.as_fd(), id.pid),
            // The pid says nothing of one that was reaped.
            Hold::Weak { .. } | Hold::Thread if self.life(id) != Life::Zombie => End::Unknown,
            Hold::Weak { .. } | Hold::Thread => match zombie_status(id.pid) {
                Some(status) if self.life(id) == Life::Zombie => End::Known(status),
                _ => End::Later,
            },
        }
    }
}

/// Whether an error of reading in `/proc` says that there is no such process.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH))
}

/// What the kernel's refusal to send a signal means.
fn unsent(error: &io::Error, pid: Pid) -> Outcome {
    match error.raw_os_error() {
        Some(libc::ESRCH) => Outcome::AlreadyGone,
        Some(libc::EPERM | libc::EACCES) => Outcome::Denied { owner: look::status(pid).uid },
        Some(libc::ENOSYS) => {
            Outcome::Refused("this kernel cannot signal a process handle (pidfd, Linux 5.1)")
        }
        errno => Outcome::Failed { call: Call::SendSignal, errno: errno.unwrap_or(libc::EIO) },
    }
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
