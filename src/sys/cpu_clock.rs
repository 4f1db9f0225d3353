//! The CPU clocks of other processes.

use nix::libc::clockid_t;

/// The CPU clock of a process, nanoseconds, all its threads and those that ended together: one system call, no file,
/// no privilege, zombies included.
///
/// The clock's number is the complement of the pid above three bits, and in these 2 (CPUCLOCK_SCHED, the time by the
/// scheduler; include/linux/posix-timers.h): what clock_getcpuclockid(3) computes. `None` once there is no such
/// process, for a thread that is not the first of its process (unless it asks for itself), and where a sandbox refuses. Single threads have clocks
/// like it, but for their own process only (`pid_for_clock()` of kernel/time/posix-cpu-timers.c).
pub fn process_cpu(pid: i32) -> Option<u64> {
    // A pid that large, which no kernel gives out, would lose bits and name another clock.
    let id: clockid_t = if (1..1 << 28).contains(&pid) { (!pid << 3) | 2 } else { return None };
    let time = nix::time::ClockId::from_raw(id).now().ok()?;
    Some(
        (time.tv_sec().max(0) as u64)
            .saturating_mul(1_000_000_000)
            .saturating_add(time.tv_nsec().max(0) as u64),
    )
}
