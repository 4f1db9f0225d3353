//! Copies of the calling process, and how they end: fork(2), wait4(2).

use std::io;

/// Which of the two a process is after a fork.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forked {
    /// The one that called, with the pid of the new one.
    Parent(u32),
    /// The new one.
    Child,
}

/// Makes a copy of this process.
///
/// # Errors
/// Those of fork(2), and `ResourceBusy` where the process has more than one thread: what the others hold (the
/// allocator's lock, for one) would stay held in the copy for ever.
#[allow(clippy::disallowed_methods)]
pub fn fork_alone() -> io::Result<Forked> {
    if std::fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(io::ErrorKind::ResourceBusy.into());
    }
    // SAFETY: there is no other thread whose locks or half-done changes the copy would inherit.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent(pid.cast_unsigned())),
    }
}

/// Makes a copy of this process and comes back in it, and in the caller only when the copy has ended (or has run another
/// program): until then the caller sleeps uninterruptibly, state D, as after vfork(2). Only SIGKILL gets it out.
///
/// Unlike with vfork(2) the copy has memory of its own, and may do whatever a forked process may.
///
/// # Errors
/// As [`fork_alone`].
#[allow(clippy::disallowed_methods)]
pub fn fork_and_be_held() -> io::Result<Forked> {
    if std::fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(io::ErrorKind::ResourceBusy.into());
    }
    let none: libc::c_long = 0;
    let flags = libc::c_long::from(libc::CLONE_VFORK | libc::SIGCHLD);
    // On this one the stack comes first, clone(2); all else is null everywhere.
    let (first, second) = if cfg!(target_arch = "s390x") { (none, flags) } else { (flags, none) };
    // SAFETY: as for fork(2), of which this is the system call: without CLONE_VM the copy has its own memory and, as no
    // stack is given, its own copy of this stack. There is no other thread whose locks it would inherit. The C library
    // is not asked to prepare itself; it would only take its own locks, which nobody holds, and note the new thread's id,
    // which it needs for locks shared by several threads.
    match unsafe { libc::syscall(libc::SYS_clone, first, second, none, none, none) } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent((pid as libc::pid_t).cast_unsigned())),
    }
}

/// How a child ended and what it took, its own reaped children included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ended {
    /// The status word of wait(2).
    pub status: i32,
    /// CPU time in user mode, microseconds.
    pub user_us: i64,
    /// CPU time in kernel mode, microseconds.
    pub sys_us: i64,
    /// Largest resident set of any of them, KiB.
    pub max_rss_kib: i64,
    /// Context switches it asked for.
    pub voluntary: i64,
    /// Context switches it did not ask for.
    pub involuntary: i64,
}

impl Ended {
    /// The status that it exited with; `None` where a signal ended it.
    pub fn code(&self) -> Option<i32> {
        libc::WIFEXITED(self.status).then(|| libc::WEXITSTATUS(self.status))
    }

    /// The signal that ended it.
    pub fn signal(&self) -> Option<i32> {
        libc::WIFSIGNALED(self.status).then(|| libc::WTERMSIG(self.status))
    }
}

/// Waits for the end of a child and reaps it; with `hang` false only if it has ended already, else `None`.
///
/// # Errors
/// Those of wait4(2): `EINTR`, and `ECHILD` for a process that is not (or no longer) a child.
pub fn wait4(pid: u32, hang: bool) -> io::Result<Option<Ended>> {
    let pid = libc::pid_t::try_from(pid).map_err(|_| io::ErrorKind::InvalidInput)?;
    if pid == 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(reap(pid, if hang { 0 } else { libc::WNOHANG })?.map(|(_, ended)| ended))
}

/// Reaps a child that has ended, whichever, with its pid; with `hang` waits for one, else `None` where all live.
///
/// # Errors
/// Those of wait4(2): `ECHILD` where there are no children.
pub fn wait4_any(hang: bool) -> io::Result<Option<(u32, Ended)>> {
    reap(-1, if hang { 0 } else { libc::WNOHANG })
}

fn reap(pid: libc::pid_t, flags: libc::c_int) -> io::Result<Option<(u32, Ended)>> {
    let mut status = 0;
    // SAFETY: a structure of plain numbers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both places to write to are ours and live longer than the call.
    match unsafe { libc::wait4(pid, &raw mut status, flags, &raw mut usage) } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        pid => {
            let micros = |time: libc::timeval| time.tv_sec * 1_000_000 + time.tv_usec;
            let ended = Ended {
                status,
                user_us: micros(usage.ru_utime),
                sys_us: micros(usage.ru_stime),
                max_rss_kib: usage.ru_maxrss,
                voluntary: usage.ru_nvcsw,
                involuntary: usage.ru_nivcsw,
            };
            Ok(Some((pid.cast_unsigned(), ended)))
        }
    }
}
