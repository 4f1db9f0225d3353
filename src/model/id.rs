//! Who is meant: the one identity of a process.

use std::fmt;
use std::num::NonZeroU32;

/// A process or thread id: a positive 32-bit number, as in proc(5).
///
/// A bare pid is not an identity, because the kernel gives it out again: see [`ProcId`]. Zero and negative
/// numbers, which kill(2) reads as "a whole group", cannot be expressed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Pid(NonZeroU32);

impl From<Pid> for u32 {
    fn from(pid: Pid) -> u32 {
        pid.get()
    }
}

impl TryFrom<u32> for Pid {
    type Error = &'static str;

    fn try_from(n: u32) -> Result<Pid, &'static str> {
        Pid::new(n).ok_or("no kernel gives out this pid")
    }
}

impl Pid {
    /// The pid `n`, or `None` for 0 and for numbers above `i32::MAX`, which no kernel gives out.
    pub const fn new(n: u32) -> Option<Pid> {
        if n > i32::MAX as u32 {
            return None;
        }
        match NonZeroU32::new(n) {
            Some(n) => Some(Pid(n)),
            None => None,
        }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The number as the kernel's `pid_t`, always positive.
    pub const fn raw(self) -> i32 {
        self.0.get() as i32
    }

    /// PID 1: init, or the first process of a container.
    pub const INIT: Pid = Pid(NonZeroU32::MIN);
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The only identity of a process or thread: its pid and when it started.
///
/// `start_time` is field 22 of `/proc/PID/stat`, in clock ticks since boot. Two samples belong to the same
/// process only if both agree; no function outside the rooms that read, act and print takes a bare [`Pid`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProcId {
    /// The pid (for a row that is a thread: its tid).
    pub pid: Pid,
    /// Clock ticks (`sysconf(_SC_CLK_TCK)`, 100 a second) between boot and the start.
    pub start_time: u64,
}

impl ProcId {
    /// The identity made of `pid` and `start_time`, or `None` where `pid` is no pid.
    pub const fn new(pid: u32, start_time: u64) -> Option<ProcId> {
        match Pid::new(pid) {
            Some(pid) => Some(ProcId { pid, start_time }),
            None => None,
        }
    }

    /// The id of the row that stands for the short-lived children of `parent`, or for those of a parent that is not
    /// known.
    ///
    /// It can never be a real process's: no process starts 2⁶⁴ − 1 ticks after boot, and the pid of the nameless row is
    /// far above what a kernel gives out (PID_MAX_LIMIT, 2²²). Whoever compares it with the start time in
    /// `/proc/PID/stat`, as everybody must before acting, finds that it is somebody else.
    pub const fn short_lived(parent: Option<Pid>) -> ProcId {
        const NOBODY: Pid = Pid(NonZeroU32::MIN.saturating_add(i32::MAX as u32 - 1));
        let pid = match parent {
            Some(pid) => pid,
            None => NOBODY,
        };
        ProcId { pid, start_time: u64::MAX }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_is_positive_and_fits_pid_t() {
        assert_eq!(Pid::new(0), None);
        assert_eq!(Pid::new(u32::MAX), None);
        assert_eq!(Pid::new(i32::MAX as u32).map(Pid::raw), Some(i32::MAX));
        assert_eq!(size_of::<Option<Pid>>(), 4);
    }
}
