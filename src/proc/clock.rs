//! What time it is, and how much CPU time a process, a thread or this program has had.

use rustix::time::{ClockId, clock_gettime};

use crate::model::{Nanos, Pid};
use crate::sys;

fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    combine(time.tv_sec, time.tv_nsec)
}

fn combine(seconds: i64, nanos: i64) -> u64 {
    (seconds.max(0) as u64).saturating_mul(1_000_000_000).saturating_add(nanos.max(0) as u64)
}

/// CLOCK_MONOTONIC.
pub(super) fn now() -> Nanos {
    Nanos(nanos(ClockId::Monotonic))
}

/// CLOCK_BOOTTIME: since boot, suspend included; the clock of start times.
pub(super) fn since_boot() -> Nanos {
    Nanos(nanos(ClockId::Boottime))
}

/// CLOCK_REALTIME in nanoseconds since the epoch.
pub(super) fn wall() -> u64 {
    nanos(ClockId::Realtime)
}

/// CPU time of the calling thread, seconds.
pub(super) fn own_thread() -> f64 {
    nanos(ClockId::ThreadCPUTime) as f64 / 1e9
}

/// CPU time of this whole program, seconds.
pub(super) fn own_program() -> f64 {
    nanos(ClockId::ProcessCPUTime) as f64 / 1e9
}

/// The CPU clock of a process, nanoseconds: see [`sys::process_cpu`].
pub(super) fn cpu(pid: Pid) -> Option<u64> {
    sys::process_cpu(pid.raw())
}

/// The nice value of a process, by one system call; `None` once there is no such process.
pub(super) fn nice(pid: Pid) -> Option<i32> {
    let pid = rustix::process::Pid::from_raw(pid.raw())?;
    rustix::process::getpriority_process(Some(pid)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_clock_is_the_one_that_the_kernel_calls_ours() {
        let me = Pid::new(std::process::id()).unwrap();
        let before = own_program();
        let clock = cpu(me).unwrap() as f64 / 1e9;
        assert!((before..=own_program()).contains(&clock));
        // This test runs in a thread that is not the first, which has no such clock to others.
        let thread = Pid::new(nix::unistd::gettid().as_raw() as u32).unwrap();
        assert_eq!(std::thread::scope(|scope| scope.spawn(|| cpu(thread)).join().unwrap()), None);
    }

    #[test]
    fn nobody_has_no_clock() {
        for pid in [i32::MAX as u32, (1 << 28) - 1] {
            assert_eq!(cpu(Pid::new(pid).unwrap()), None);
        }
    }
}
