//! I/O priorities: ioprio_set(2), which neither the C library nor anybody else wraps.
//!
//! A value is a class, shifted by [`CLASS_SHIFT`], and the class's own data in the lower bits, of which the lowest three
//! are the level: include/uapi/linux/ioprio.h.

use std::io;

/// Where the class begins in a value.
pub const CLASS_SHIFT: u32 = 13;

/// The value is that of one thread, by its id.
const WHO_PROCESS: libc::c_int = 1;

/// The I/O priority of thread `tid`; 0 is the calling thread.
///
/// # Errors
///
/// `ESRCH`: no such thread. `EPERM` from a security module. `ENOSYS`: this kernel does no block I/O.
pub fn get(tid: i32) -> io::Result<u16> {
    // SAFETY: the call takes two numbers and touches no memory of ours.
    let result = unsafe { libc::syscall(libc::SYS_ioprio_get, WHO_PROCESS, tid) };
    u16::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// Gives thread `tid`, 0 for the calling one, the I/O priority `value`.
///
/// # Errors
///
/// `ESRCH`: no such thread. `EPERM`: it is another user's, or the class is the real-time one; `CAP_SYS_NICE` is needed,
/// for the latter `CAP_SYS_ADMIN` will do, too. `EINVAL`: no such class or level. `ENOSYS`: as in [`get`].
pub fn set(tid: i32, value: u16) -> io::Result<()> {
    // SAFETY: the call takes three numbers and touches no memory of ours.
    let result = unsafe { libc::syscall(libc::SYS_ioprio_set, WHO_PROCESS, tid, libc::c_int::from(value)) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // a thread, which ends with what it was given
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_read_and_what_is_none_is_refused() {
        std::thread::spawn(|| {
            let best_effort_6 = 2 << CLASS_SHIFT | 6;
            set(0, best_effort_6).unwrap();
            assert_eq!(get(0).unwrap(), best_effort_6);
            assert_eq!(set(0, 7 << CLASS_SHIFT).unwrap_err().raw_os_error(), Some(libc::EINVAL));
            assert_eq!(get(0).unwrap(), best_effort_6);
            assert_eq!(get(i32::MAX).unwrap_err().raw_os_error(), Some(libc::ESRCH));
        })
        .join()
        .unwrap();
    }
}
