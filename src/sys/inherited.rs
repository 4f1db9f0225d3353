//! What a process got from whoever started it, and getting rid of it: signal dispositions and open descriptors.

use std::io;

/// Sets every signal back to its default action, but for those that belong to Rust's runtime.
///
/// An *ignored* signal stays ignored through exec(2): under nohup(1) SIGHUP, and from careless parents SIGCHLD
/// (which makes wait4(2) fail) or SIGALRM. SIGPIPE stays ignored, so that a write to a closed pipe is an error
/// that can be handled; SIGSEGV and SIGBUS stay with the handler that tells of a stack overflow.
pub fn default_signal_actions() {
    for number in 1..=libc::SIGRTMAX() {
        let kept = [libc::SIGPIPE, libc::SIGSEGV, libc::SIGBUS, libc::SIGKILL, libc::SIGSTOP];
        if !kept.contains(&number) {
            // SAFETY: SIG_DFL is no function of ours that could run; a number the C library keeps to itself is
            // refused with EINVAL, which is what we want.
            unsafe { libc::signal(number, libc::SIG_DFL) };
        }
    }
}

/// Marks every open descriptor from `first` on to be closed by the next exec(2), so that nothing that an
/// unknown ancestor left open goes on to our children.
///
/// # Errors
/// Where the kernel (before 5.11) has no `CLOSE_RANGE_CLOEXEC`: `close_range(2)`.
pub fn close_on_exec_from(first: u32) -> io::Result<()> {
    // SAFETY: the call takes three numbers and closes nothing now; descriptors of Rust's library carry the mark
    // already.
    let done =
        unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

    #[test]
    fn an_inherited_descriptor_gets_the_mark() {
        let file = std::io::pipe().expect("a pipe").0;
        // SAFETY: F_DUPFD copies an open descriptor to a new one, without the mark, which we own.
        let bare = unsafe { OwnedFd::from_raw_fd(libc::fcntl(file.as_raw_fd(), libc::F_DUPFD, 3)) };
        let marked = |fd: &OwnedFd| {
            let flags = nix::fcntl::fcntl(fd, nix::fcntl::FcntlArg::F_GETFD).expect("an open descriptor");
            flags & libc::FD_CLOEXEC != 0
        };
        assert!(!marked(&bare));
        close_on_exec_from(u32::try_from(bare.as_raw_fd()).expect("positive")).expect("close_range");
        assert!(marked(&bare));
    }
}
