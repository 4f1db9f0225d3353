//! The terminal as it must be left, whatever ends the program.
//!
//! [`remember`] keeps everything that is needed to put the terminal back; [`restore`] does it once, with nothing but
//! system calls that are allowed in a signal handler (signal-safety(7)), so that a normal end, a panic, the watchdog
//! and a SIGSEGV all take the same way.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// What a terminal needs to be as it was.
struct Before {
    input: RawFd,
    output: RawFd,
    modes: libc::termios,
    farewell: &'static [u8],
}

/// Null while there is nothing to restore. What it points to is never freed: a handler may be reading it. That is 80
/// bytes for each time the user suspends us.
static BEFORE: AtomicPtr<Before> = AtomicPtr::new(ptr::null_mut());

/// How often, and how many milliseconds each time, [`restore`] waits for a terminal that does not read.
const PATIENCE: (u32, i32) = (3, 100);

/// Keeps what [`restore`] puts back: the modes `saved` on `input`, and the bytes `farewell` on `output`. Both files must
/// stay open until [`restore`].
pub fn remember(
    input: BorrowedFd<'_>,
    output: BorrowedFd<'_>,
    saved: libc::termios,
    farewell: &'static [u8],
) {
    let before = Before { input: input.as_raw_fd(), output: output.as_raw_fd(), modes: saved, farewell };
    BEFORE.store(Box::into_raw(Box::new(before)), Ordering::Release);
}

/// Puts the terminal back as it was, once for each [`remember`]; says whether there was anything to do. Takes at most
/// 0.3 s with a terminal that does not read, and may be called in a signal handler.
pub fn restore() -> bool {
    let before = BEFORE.swap(ptr::null_mut(), Ordering::AcqRel);
    // SAFETY: the pointer is null or comes from Box::into_raw in `remember` and is never freed; the swap gives it to
    // this caller alone.
    let Some(before) = (unsafe { before.as_ref() }) else { return false };
    // In the background, both the bytes and the modes would stop us (SIGTTOU) unless it is blocked: tcsetattr(3).
    let mut blocked = MaybeUninit::<libc::sigset_t>::uninit();
    let mut old = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset fills `blocked` before it is read, pthread_sigmask fills `old`.
    unsafe {
        libc::sigemptyset(blocked.as_mut_ptr());
        libc::sigaddset(blocked.as_mut_ptr(), libc::SIGTTOU);
        libc::pthread_sigmask(libc::SIG_BLOCK, blocked.as_ptr(), old.as_mut_ptr());
    }
    say(before.output, before.farewell);
    // Now, not when the output has drained: a terminal that does not read would hold us for ever.
    // SAFETY: `modes` is a valid termios; a stale descriptor is an error that changes nothing.
    unsafe {
        libc::tcsetattr(before.input, libc::TCSANOW, &raw const before.modes);
        libc::pthread_sigmask(libc::SIG_SETMASK, old.as_ptr(), ptr::null_mut());
    }
    true
}

/// Writes all of `bytes` unless the terminal does not take them in time.
fn say(output: RawFd, bytes: &[u8]) {
    let mut rest = bytes;
    let mut patience = PATIENCE.0;
    while !rest.is_empty() && patience > 0 {
        let mut poll = libc::pollfd { fd: output, events: libc::POLLOUT, revents: 0 };
        // SAFETY: one valid pollfd.
        let ready = unsafe { libc::poll(&raw mut poll, 1, PATIENCE.1) };
        if ready < 1 || poll.revents & libc::POLLOUT == 0 {
            patience -= 1;
            continue;
        }
        // SAFETY: `rest` is valid for its length.
        let written = unsafe { libc::write(output, rest.as_ptr().cast(), rest.len()) };
        match usize::try_from(written).ok().and_then(|n| rest.get(n..)) {
            Some(left) if written > 0 => rest = left,
            _ => patience -= 1,
        }
    }
}

/// The signals of a program that has gone wrong.
const FATAL: [i32; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT];

/// Restores the terminal also when a fatal signal ends us. Handlers run on the alternate stacks that Rust's runtime
/// gives each of its threads, so a stack overflow is covered.
///
/// # Errors
///
/// That of sigaction(2).
pub fn restore_on_fatal_signals() -> io::Result<()> {
    extern "C" fn handler(signal: i32) {
        restore();
        // Die of it after all: by default action, once the handler has returned and the signal is unblocked.
        // SAFETY: signal(2) and raise(3) are async-signal-safe; the number is valid.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }
    for signal in FATAL {
        // SAFETY: a zeroed sigaction is valid, the handler has the type that goes without SA_SIGINFO and calls only
        // async-signal-safe functions.
        let result = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as extern "C" fn(i32) as libc::sighandler_t;
            action.sa_flags = libc::SA_ONSTACK | libc::SA_RESETHAND;
            libc::sigfillset(&raw mut action.sa_mask);
            libc::sigaction(signal, &raw const action, ptr::null_mut())
        };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Whether our parent has set `signal` to be ignored, as nohup(1) does with SIGHUP.
pub fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: sigaction(2) with a null second argument only fills the third; it is read only where that succeeded.
    unsafe {
        libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// Columns and rows of the terminal; both may be 0.
///
/// # Errors
///
/// That of ioctl_tty(2), TIOCGWINSZ.
pub fn size(tty: BorrowedFd<'_>) -> io::Result<(u16, u16)> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCGWINSZ fills one winsize.
    match unsafe { libc::ioctl(tty.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) } {
        0 => Ok((size.ws_col, size.ws_row)),
        _ => Err(io::Error::last_os_error()),
    }
}
