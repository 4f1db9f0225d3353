//! What rustix does not give for a pidfd: any signal number, and how the process ended.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use rustix::io::Errno;
use rustix::ioctl::{Updater, ioctl, opcode};

/// Sends signal `number` to the process behind `pidfd`; 0 sends nothing and only asks whether that could be done.
///
/// rustix has the call, but its signal type cannot hold 0 or a real-time signal without `unsafe`.
///
/// # Errors
///
/// `ESRCH`: it has ended and was reaped. `EPERM`: it exists and may not be signalled by us. `EINVAL`: no such
/// signal. `EAGAIN`: its queue of real-time signals is full. `ENOSYS`: Linux before 5.1. See
/// `pidfd_send_signal(2)`.
pub fn pidfd_send(pidfd: BorrowedFd<'_>, number: u8) -> io::Result<()> {
    send(pidfd, number, 0)
}

/// Sends signal `number` to everybody in the process group that the process behind `pidfd` leads, at once: nobody in it
/// can fork past the signal.
///
/// # Errors
///
/// As [`pidfd_send`]; `EINVAL` also before Linux 6.9, `ESRCH` also where it leads no group. `EPERM`: not one of them may
/// be signalled by us.
pub fn pidfd_send_group(pidfd: BorrowedFd<'_>, number: u8) -> io::Result<()> {
    /// `PIDFD_SIGNAL_PROCESS_GROUP` of include/uapi/linux/pidfd.h.
    const PROCESS_GROUP: u32 = 1 << 2;
    send(pidfd, number, PROCESS_GROUP)
}

fn send(pidfd: BorrowedFd<'_>, number: u8, flags: u32) -> io::Result<()> {
    // SAFETY: the call takes four integers, of which the third is a pointer that may be null ("as if by kill(2)").
    // The file descriptor is borrowed, hence open; nothing in our memory is read or written.
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            libc::c_int::from(number),
            std::ptr::null::<libc::siginfo_t>(),
            flags,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Sends signal `number` to whoever has `pid` at this moment, for kernels without process handles; 0 only asks.
///
/// rustix has the call, but its signal type cannot hold 0 or a real-time signal without `unsafe`.
///
/// # Errors
///
/// `ESRCH`: nobody has this pid. `EPERM`: it may not be signalled by us. `EINVAL`: no such signal. `EAGAIN`: its queue
/// of real-time signals is full. See kill(2).
pub fn pid_send(pid: rustix::process::Pid, number: u8) -> io::Result<()> {
    // SAFETY: kill(2) takes two integers and touches no memory of ours. The pid is positive, hence one process.
    let result = unsafe { libc::kill(pid.as_raw_nonzero().get(), libc::c_int::from(number)) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// What the kernel recorded about the end of a process: [`pidfd_exit_record`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitRecord {
    /// Its wait status, as in wait(2).
    Ended(i32),
    /// It has not ended, or its parent has not reaped it yet; the record is written when that happens.
    NotYet,
    /// This kernel keeps no such record (before 6.15), or keeps it from us.
    Unsupported,
}

/// The first version of the kernel's `struct pidfd_info` (include/uapi/linux/pidfd.h, `PIDFD_INFO_SIZE_VER0`).
/// Later kernels know longer ones and accept this one.
#[repr(C)]
#[derive(Default)]
struct PidfdInfo {
    mask: u64,
    cgroupid: u64,
    pid: u32,
    tgid: u32,
    ppid: u32,
    ids: [u32; 8],
    exit_code: i32,
}

const _: () = assert!(size_of::<PidfdInfo>() == 64);

/// `PIDFD_INFO_EXIT`: asked for in `mask`, and set in the answer where `exit_code` is valid.
const INFO_EXIT: u64 = 1 << 3;

/// How the process behind `pidfd` ended: the ioctl `PIDFD_GET_INFO`, Linux 6.15 and later.
///
/// It needs no right over the process, and works after it was reaped and for children of others.
pub fn pidfd_exit_record(pidfd: BorrowedFd<'_>) -> ExitRecord {
    const GET_INFO: rustix::ioctl::Opcode = opcode::read_write::<PidfdInfo>(0xff, 11);
    let mut info = PidfdInfo { mask: INFO_EXIT, ..PidfdInfo::default() };
    // SAFETY: the opcode carries the size of `PidfdInfo`, and the kernel reads and writes no more than that size
    // (fs/pidfs.c, `pidfd_info`). The value lives across the call, and any bits are a valid one. A file that is no
    // pidfd does not know the number (ENOTTY), or is bound by the same size.
    let result = unsafe { ioctl(pidfd.as_fd(), Updater::<GET_INFO, PidfdInfo>::new(&mut info)) };
    match result {
        Ok(()) if info.mask & INFO_EXIT != 0 => ExitRecord::Ended(info.exit_code),
        // ESRCH: it is being reaped at this moment, or it was, on a kernel that keeps no record.
        Ok(()) | Err(Errno::SRCH) => ExitRecord::NotYet,
        Err(_) => ExitRecord::Unsupported,
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // real files and children
mod tests {
    use super::*;
    use rustix::process::{Pid, PidfdFlags, pidfd_open};

    #[test]
    fn signal_zero_asks_and_an_impossible_number_is_refused() {
        let me = pidfd_open(rustix::process::getpid(), PidfdFlags::empty()).unwrap();
        pidfd_send(me.as_fd(), 0).unwrap();
        assert_eq!(pidfd_send(me.as_fd(), 65).unwrap_err().raw_os_error(), Some(libc::EINVAL));
        assert!(!matches!(pidfd_exit_record(me.as_fd()), ExitRecord::Ended(_)));
        let me = rustix::process::getpid();
        pid_send(me, 0).unwrap();
        assert_eq!(pid_send(me, 65).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    }

    #[test]
    fn a_group_is_signalled_by_its_leader_only() {
        use std::os::unix::process::{CommandExt, ExitStatusExt};
        let start =
            |group| std::process::Command::new("sleep").arg("1000").process_group(group).spawn().unwrap();
        let mut leader = start(0);
        let mut other = start(leader.id() as i32);
        let open = |child| pidfd_open(Pid::from_child(child), PidfdFlags::empty()).unwrap();
        let (of_leader, of_other) = (open(&leader), open(&other));
        let refused = pidfd_send_group(of_other.as_fd(), 9).unwrap_err().raw_os_error();
        let done = pidfd_send_group(of_leader.as_fd(), 9);
        if done.is_err() {
            pidfd_send(of_leader.as_fd(), 9).unwrap();
            pidfd_send(of_other.as_fd(), 9).unwrap();
        }
        let ends = [&mut leader, &mut other].map(|child| child.wait().unwrap().signal());
        assert_eq!(ends, [Some(9), Some(9)]);
        match done {
            Ok(()) => assert_eq!(refused, Some(libc::ESRCH)),
            Err(error) => println!("skipped: {error}; signals to a group need Linux 6.9"),
        }
    }

    #[test]
    fn a_file_that_is_no_pidfd_is_unsupported() {
        let file = std::fs::File::open("/dev/null").unwrap();
        assert_eq!(pidfd_exit_record(file.as_fd()), ExitRecord::Unsupported);
    }

    #[test]
    fn the_record_is_the_wait_status() {
        let mut child = std::process::Command::new("sh").args(["-c", "exit 7"]).spawn().unwrap();
        let pidfd = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).unwrap();
        child.wait().unwrap();
        match pidfd_exit_record(pidfd.as_fd()) {
            ExitRecord::Ended(status) => assert_eq!(status, 7 << 8),
            other => eprintln!("skipped: {other:?}; the record needs Linux 6.15"),
        }
        assert_eq!(pidfd_send(pidfd.as_fd(), 0).unwrap_err().raw_os_error(), Some(libc::ESRCH));
    }
}
