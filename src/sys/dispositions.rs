//! What a process does about a signal: ignoring and catching, sigaction(2).

use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How often each signal has come since it is caught, by its number.
static COUNTS: [AtomicU32; 65] = [const { AtomicU32::new(0) }; 65];

extern "C" fn count(number: libc::c_int) {
    if let Some(count) = usize::try_from(number).ok().and_then(|number| COUNTS.get(number)) {
        count.fetch_add(1, Relaxed);
    }
}

/// Ignores a signal; children inherit it.
///
/// # Errors
/// `EINVAL`: no such signal, or SIGKILL or SIGSTOP, which nobody can ignore.
pub fn ignore_signal(number: u8) -> io::Result<()> {
    set(number, libc::SIG_IGN)
}

/// Catches a signal: it is counted, [`caught_signals`], and nothing else happens. Calls that it interrupts go on.
///
/// # Errors
/// As [`ignore_signal`].
pub fn catch_signal(number: u8) -> io::Result<()> {
    set(number, count as *const () as libc::sighandler_t)
}

/// How often this signal was caught.
pub fn caught_signals(number: u8) -> u32 {
    COUNTS.get(usize::from(number)).map_or(0, |count| count.load(Relaxed))
}

fn set(number: u8, handler: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: a structure of plain numbers, for which zero is a value: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: the structure is valid, the place for the old one may be null. The only handler of ours adds to an atomic
    // number, which is safe at any moment: signal-safety(7).
    let done = unsafe { libc::sigaction(libc::c_int::from(number), &raw const action, std::ptr::null_mut()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_caught_is_counted_and_the_unstoppable_is_refused() {
        // A signal that nothing else in this process uses and that comes from nowhere by itself.
        let number = u8::try_from(libc::SIGRTMAX() - 3).expect("a signal");
        catch_signal(number).expect("can be caught");
        // SAFETY: raise(3) takes a number and touches no memory of ours.
        unsafe { libc::raise(i32::from(number)) };
        assert_eq!(caught_signals(number), 1);
        ignore_signal(number).expect("can be ignored");
        // SAFETY: as above.
        unsafe { libc::raise(i32::from(number)) };
        assert_eq!(caught_signals(number), 1);
        for unstoppable in [libc::SIGKILL, libc::SIGSTOP] {
            let number = u8::try_from(unstoppable).expect("a signal");
            assert_eq!(ignore_signal(number).expect_err("refused").raw_os_error(), Some(libc::EINVAL));
            assert!(catch_signal(number).is_err());
        }
    }
}
