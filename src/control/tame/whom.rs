//! Whom a value is given to: a process or thread, by a directory of `/proc` that means it for ever.
//!
//! A file that is opened below such a directory is the same process's for ever, too: when it has ended, reading and
//! writing fail with ESRCH, whoever has its pid by then. So what is done through files needs no second look.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, pread};

use crate::control::look::{self, Stat};
use crate::control::pin::{Hold, Life};
use crate::model::{Call, Outcome, ProcId};

/// Longer than any file that is read here: stat has some 350 bytes, a cgroup's path at most 4096 in each line.
const LONGEST: usize = 16 * 1024;

const ZOMBIE: &str = "it is a zombie: already dead, not reaped by its parent";
const OF_THE_PROCESS: &str = "threads have no such value of their own; choose the process";

/// A process or thread that was held a moment ago, and everything of its that `/proc` has.
pub(super) struct Whom {
    pub(super) id: ProcId,
    /// Whether it is a thread of the kernel.
    pub(super) is_kernel: bool,
    /// Whether it is a thread that is meant alone.
    pub(super) is_thread: bool,
    dir: OwnedFd,
}

impl Whom {
    /// Opens the directory of what is held, and makes sure that it is its.
    ///
    /// The order matters, as in `pin`: what was alive after the directory had been opened had its pid then.
    pub(super) fn open(id: ProcId, hold: &Hold) -> Result<Whom, Outcome> {
        let dir = open(CWD, &format!("/proc/{}", id.pid), OFlags::PATH | OFlags::DIRECTORY);
        if !matches!(hold, Hold::Thread) {
            match hold.life(id) {
                Life::Alive => {}
                Life::Zombie => return Err(Outcome::Refused(ZOMBIE)),
                Life::Reaped => return Err(Outcome::AlreadyGone),
            }
        }
        let dir = dir.map_err(unread)?;
        let whom = Whom { id, is_kernel: false, is_thread: matches!(hold, Hold::Thread), dir };
        let stat = whom.read("stat").map_err(unread)?;
        let Some(stat) = Stat::parse(&stat) else {
            return Err(Outcome::Failed { call: Call::ReadProc, errno: libc::EINVAL });
        };
        if stat.start_time != id.start_time {
            return Err(Outcome::Replaced);
        }
        // The main thread of a living process may be dead; a thread alone may not.
        if whom.is_thread && stat.is_dead() {
            return Err(Outcome::Refused(ZOMBIE));
        }
        Ok(Whom { is_kernel: stat.is_kernel_thread(), ..whom })
    }

    /// Refuses threads, for a value that is a process's.
    pub(super) fn as_process(&self) -> Result<&Whom, Outcome> {
        if self.is_thread { Err(Outcome::Refused(OF_THE_PROCESS)) } else { Ok(self) }
    }

    /// The whole text of a file of its.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, Errno> {
        read(self.file(name, OFlags::RDONLY)?.as_fd())
    }

    /// Opens a file of its.
    pub(super) fn file(&self, name: &str, how: OFlags) -> Result<OwnedFd, Errno> {
        open(self.dir.as_fd(), name, how)
    }

    /// Whether it is still there; a zombie is.
    pub(super) fn is_there(&self) -> bool {
        self.read("stat").is_ok()
    }

    /// What a failed `call` on it comes to.
    pub(super) fn failed(&self, call: Call, errno: Errno) -> Outcome {
        match errno {
            Errno::PERM | Errno::ACCESS => Outcome::Denied { owner: look::status(self.id.pid).uid },
            Errno::SRCH => Outcome::AlreadyGone,
            Errno::NOENT if !self.is_there() => Outcome::AlreadyGone,
            errno => Outcome::Failed { call, errno: errno.raw_os_error() },
        }
    }
}

/// What it comes to that its files in `/proc` cannot be read.
fn unread(errno: Errno) -> Outcome {
    match errno {
        Errno::NOENT | Errno::SRCH => Outcome::AlreadyGone,
        errno => Outcome::Failed { call: Call::ReadProc, errno: errno.raw_os_error() },
    }
}

/// Opens `name` below `dir`; no program that is started meanwhile gets it.
pub(super) fn open(dir: BorrowedFd<'_>, name: &str, how: OFlags) -> Result<OwnedFd, Errno> {
    openat(dir, name, how | OFlags::CLOEXEC | OFlags::NOCTTY, Mode::empty())
}

/// The whole text of a file of the kernel's, which makes it anew when it is read from the beginning.
pub(super) fn read(file: BorrowedFd<'_>) -> Result<Vec<u8>, Errno> {
    let mut text = vec![0; 512];
    loop {
        let length = pread(file, &mut text[..], 0)?;
        if length < text.len() || length >= LONGEST {
            text.truncate(length);
            return Ok(text);
        }
        text.resize(text.len() * 4, 0);
    }
}

/// The number of an error that is the kernel's.
pub(super) fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

/// Writes a line to a file of the kernel's that was just opened; [`read`] does not move its position. It must not be
/// pwrite(2): many of these files answer that with ESPIPE.
pub(super) fn write_line(file: BorrowedFd<'_>, text: &str) -> Result<(), Errno> {
    rustix::io::write(file, format!("{text}\n").as_bytes()).map(drop)
}

/// The first line of `text`, as far as it is text at all.
pub(super) fn first_line(text: &[u8]) -> &str {
    let line = text.split(|&b| b == b'\n').next().unwrap_or_default();
    std::str::from_utf8(line).unwrap_or_default().trim()
}
