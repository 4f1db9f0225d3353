//! Nice values. The kernel offers no call for them that takes a pidfd, so the hold is checked around one that takes
//! a pid.

use rustix::io::Errno;
use rustix::process::{Pid as RawPid, getpriority_process, setpriority_process};

use crate::model::{Call, Change, Outcome, ProcId, Setting};

use crate::control::look;
use crate::control::pin::{Hold, Life};

/// The kernel's range: `sched(7)`.
const MOST_URGENT: i32 = -20;
const LEAST_URGENT: i32 = 19;

/// Adds `delta` to the nice value of what `hold` holds.
///
/// On Linux a nice value belongs to a thread, and a process's is its main thread's: sched(7). Threads it has already
/// started keep theirs.
pub(in crate::control) fn renice(id: ProcId, hold: &Hold, delta: i32) -> Outcome {
    match hold.life(id) {
        Life::Alive => {}
        Life::Zombie => {
            return Outcome::Refused("it is a zombie: already dead, not reaped by its parent");
        }
        Life::Reaped => return Outcome::AlreadyGone,
    }
    let pid = RawPid::from_raw(id.pid.raw());
    let done = getpriority_process(pid).and_then(|from| {
        let to = from.saturating_add(delta).clamp(MOST_URGENT, LEAST_URGENT);
        setpriority_process(pid, to).map(|()| (from, to))
    });
    if hold.life(id) == Life::Reaped {
        // It may have ended before the first call, and then the pid may have been another process's.
        return if matches!(done, Err(Errno::SRCH)) { Outcome::AlreadyGone } else { Outcome::Uncertain };
    }
    match done {
        Ok((from, to)) => Outcome::Changed(Box::new(Change {
            from: Setting::Nice(from),
            to: Setting::Nice(to),
            threads: 1,
        })),
        Err(Errno::PERM | Errno::ACCESS) => Outcome::Denied { owner: look::status(id.pid).uid },
        Err(Errno::SRCH) => Outcome::AlreadyGone,
        Err(errno) => Outcome::Failed { call: Call::SetNice, errno: errno.raw_os_error() },
    }
}
