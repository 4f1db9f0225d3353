//! What the scheduler and the memory manager can be asked for: sched(7), mlockall(2).

use std::io;

/// The first version of the kernel's `struct sched_attr` (include/uapi/linux/sched/types.h, `SCHED_ATTR_SIZE_VER0`).
/// Later kernels know longer ones and accept this one.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Attributes {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    /// Nanoseconds; with an ordinary policy the slice, since Linux 6.12.
    runtime: u64,
    deadline: u64,
    period: u64,
}

const SIZE: u32 = size_of::<Attributes>() as u32;
const _: () = assert!(SIZE == 48);

const OTHER: u32 = libc::SCHED_OTHER as u32;
const BATCH: u32 = libc::SCHED_BATCH as u32;

/// `SCHED_FLAG_RESET_ON_FORK` of include/uapi/linux/sched.h.
const RESET_ON_FORK: u64 = 1;

fn get() -> io::Result<Attributes> {
    get_of(0)
}

/// The attributes of thread `tid`; 0 is the calling thread.
fn get_of(tid: i32) -> io::Result<Attributes> {
    let mut attributes = Attributes { size: SIZE, ..Attributes::default() };
    // SAFETY: the kernel fills at most the size it is told, which is that of the value, and any bits are a valid one.
    let result = unsafe { libc::syscall(libc::SYS_sched_getattr, tid, &raw mut attributes, SIZE, 0) };
    if result == 0 { Ok(attributes) } else { Err(io::Error::last_os_error()) }
}

fn set(attributes: Attributes) -> io::Result<()> {
    let attributes = Attributes { size: SIZE, ..attributes };
    // SAFETY: 0 is the calling thread; the kernel reads the size that stands in the value, which is its own.
    let result = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Asks that the calling thread, and every one it starts from then on, run for `nanoseconds` at a time: the shorter,
/// the sooner it is let in when it wakes on a busy machine, and the more often it is interrupted. Its share stays the
/// same. 100 000 to 100 000 000; 0 is the system's own value. Anybody may ask; kernels before 6.12 do not listen, nor
/// does a policy without slices.
///
/// # Errors
///
/// Those of sched_setattr(2); a container may refuse the call altogether.
pub fn slice(nanoseconds: u64) -> io::Result<()> {
    let now = get()?;
    if [OTHER, BATCH].contains(&now.policy) {
        set(Attributes { runtime: nanoseconds, ..now })
    } else {
        Ok(())
    }
}

/// Lets the calling thread, and every one it starts from then on, go before all ordinary ones: policy `SCHED_RR`, at
/// `priority`, 1 to 99.
///
/// # Errors
///
/// `EPERM` without `CAP_SYS_NICE` or a limit (`RLIMIT_RTPRIO`) that permits it, and in a control group that has no
/// real-time share.
pub fn round_robin(priority: u32) -> io::Result<()> {
    set(Attributes { policy: libc::SCHED_RR as u32, priority, ..Attributes::default() })
}

/// How a thread is scheduled: sched(7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scheduling {
    /// The number of its policy: `SCHED_OTHER` and its kin of include/uapi/linux/sched.h.
    pub policy: u32,
    /// 1 to 99 with a real-time policy, else 0.
    pub priority: u32,
    /// Whether the children and threads it starts begin with an ordinary policy and a nice value of at least 0.
    pub reset_on_fork: bool,
}

/// How thread `tid` is scheduled; 0 is the calling thread.
///
/// # Errors
///
/// `ESRCH`: no such thread; and what a security module says: sched_getattr(2).
pub fn of_thread(tid: i32) -> io::Result<Scheduling> {
    let now = get_of(tid)?;
    let reset_on_fork = now.flags & RESET_ON_FORK != 0;
    Ok(Scheduling { policy: now.policy, priority: now.priority, reset_on_fork })
}

/// Schedules thread `tid`, 0 for the calling one, so. It keeps its nice value and its slice, which sched_setattr(2)
/// would have to be told.
///
/// # Errors
///
/// `ESRCH`: no such thread. `EPERM`: it is another user's; or `CAP_SYS_NICE` or a limit (`RLIMIT_RTPRIO`,
/// `RLIMIT_NICE`) is wanting; or its control group has no real-time share. `EINVAL`: no such policy, or not with this
/// priority. See sched_setscheduler(2).
pub fn set_of_thread(tid: i32, wanted: Scheduling) -> io::Result<()> {
    let flag = if wanted.reset_on_fork { libc::SCHED_RESET_ON_FORK as u32 } else { 0 };
    // The kernel's structure has this one member on every architecture; some C libraries add others of their own.
    let priority = wanted.priority as libc::c_int;
    // SAFETY: the kernel reads one `int`, the whole of its `struct sched_param`, which lives across the call.
    let result = unsafe {
        libc::syscall(libc::SYS_sched_setscheduler, tid, wanted.policy | flag, &raw const priority)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Whether the calling thread has the policy `SCHED_RR`.
pub fn is_round_robin() -> bool {
    get().is_ok_and(|now| now.policy == libc::SCHED_RR as u32)
}

/// Takes back what [`round_robin`] and [`slice()`] gave, also through fork(2) and execve(2), for the calling thread; a
/// thread with an ordinary policy keeps it. A nice value below 0 becomes 0.
///
/// # Errors
///
/// Those of sched_setattr(2).
pub fn ordinary() -> io::Result<()> {
    let now = get()?;
    let real_time = [libc::SCHED_RR as u32, libc::SCHED_FIFO as u32].contains(&now.policy);
    let policy = if real_time { OTHER } else { now.policy };
    let runtime = if [OTHER, BATCH].contains(&policy) { 0 } else { now.runtime };
    set(Attributes { policy, nice: now.nice.max(0), priority: 0, runtime, ..now })
}

/// Keeps in memory what this process has there, and all of its program; `future`: and what it touches from then on.
///
/// With `future` but without `CAP_IPC_LOCK`, memory that is asked for beyond `RLIMIT_MEMLOCK` is refused.
///
/// # Errors
///
/// `EPERM` and `ENOMEM`: without `CAP_IPC_LOCK`, `RLIMIT_MEMLOCK` does not permit it.
pub fn lock_memory(future: bool) -> io::Result<()> {
    // Two calls: what is there is to be read in now, what comes (the stacks of threads, say) when it is touched.
    // SAFETY: the calls take flags.
    let mut result = unsafe { libc::mlockall(libc::MCL_CURRENT) };
    if result == 0 && future {
        // SAFETY: as above.
        result = unsafe { libc::mlockall(libc::MCL_FUTURE | libc::MCL_ONFAULT) };
    }
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // threads, which end with what they were given
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_asked_for_and_given_back() {
        std::thread::spawn(|| {
            let before = get().unwrap();
            if before.policy != OTHER || before.runtime == 0 {
                println!("skipped: slices are known of ordinary threads, on Linux 6.12 and later");
                return;
            }
            slice(100_000).unwrap();
            assert_eq!(get().unwrap().runtime, 100_000);
            let inherited = std::thread::spawn(|| get().unwrap().runtime).join().unwrap();
            assert_eq!(inherited, 100_000);
            ordinary().unwrap();
            assert_eq!((get().unwrap().runtime, get().unwrap().nice), (before.runtime, before.nice.max(0)));
        })
        .join()
        .unwrap();
    }

    #[test]
    fn another_policy_leaves_nice_value_slice_and_flag() {
        std::thread::spawn(|| {
            let before = get().unwrap();
            if before.policy != OTHER {
                println!("skipped: this thread's policy is not the ordinary one");
                return;
            }
            let nice = before.nice.max(0) + 1;
            set(Attributes { nice, flags: RESET_ON_FORK, runtime: 3_000_000, ..before }).unwrap();
            let (tid, before) = (rustix::thread::gettid().as_raw_nonzero().get(), get().unwrap());
            assert_eq!(of_thread(tid).unwrap(), of_thread(0).unwrap());
            let batch = Scheduling { policy: BATCH, priority: 0, reset_on_fork: true };
            set_of_thread(tid, batch).unwrap();
            assert_eq!(of_thread(tid).unwrap(), batch);
            let after = get().unwrap();
            assert_eq!((after.nice, after.runtime, after.flags), (nice, before.runtime, RESET_ON_FORK));
            let wrong = Scheduling { priority: 1, ..batch };
            assert_eq!(set_of_thread(tid, wrong).unwrap_err().raw_os_error(), Some(libc::EINVAL));
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_priority_is_given_back() {
        std::thread::spawn(|| match round_robin(1) {
            Ok(()) => {
                let now = get().unwrap();
                assert_eq!(now.priority, 1);
                assert!(is_round_robin());
                // It has none, and that is no error.
                slice(100_000).unwrap();
                ordinary().unwrap();
                let now = get().unwrap();
                assert_eq!((now.policy, now.priority, now.nice), (OTHER, 0, 0));
                assert!(!is_round_robin());
            }
            Err(error) => {
                assert_eq!(error.raw_os_error(), Some(libc::EPERM));
                println!("skipped: no real-time priority is permitted here");
            }
        })
        .join()
        .unwrap();
    }
}
