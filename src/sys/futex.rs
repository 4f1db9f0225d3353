//! Sleeping until a word of shared memory changes: futex(2).

use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::Duration;

use rustix::thread::futex::{self, Flags, Timespec};

/// The low 32 bits of `word`, for the kernel's eyes only.
fn low_half(word: &AtomicU64) -> &AtomicU32 {
    let offset = usize::from(cfg!(target_endian = "big"));
    // SAFETY: half of a word that lives as long as the reference, well aligned. Nothing in this program looks through
    // the smaller reference, so there is no access of another size beside the atomic ones of the word; the kernel
    // reads it by itself, as it would any address.
    unsafe { AtomicU32::from_ptr(word.as_ptr().cast::<u32>().add(offset)) }
}

/// Sleeps while the low 32 bits of `word` are `value`, for at most `time`; any process that maps the word can wake.
///
/// # Errors
/// `WouldBlock` where they are another value already, `TimedOut`, `Interrupted`; all of them mean: look again.
pub fn futex_wait(word: &AtomicU64, value: u32, time: Duration) -> io::Result<()> {
    let time = Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(time.subsec_nanos()),
    };
    Ok(futex::wait(low_half(word), Flags::empty(), value, Some(&time))?)
}

/// Wakes up to `count` of those that sleep at `word`; returns how many there were.
///
/// # Errors
/// Those of futex(2); none for a word of mapped memory.
pub fn futex_wake(word: &AtomicU64, count: u32) -> io::Result<usize> {
    Ok(futex::wake(low_half(word), Flags::empty(), count)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::SeqCst;

    #[test]
    fn who_sleeps_is_woken_and_who_looks_at_another_value_does_not_sleep() {
        let word = AtomicU64::new(7);
        let long = Duration::from_mins(1);
        let kind = |done: io::Result<()>| done.expect_err("no sleep").kind();
        assert_eq!(kind(futex_wait(&word, 8, long)), io::ErrorKind::WouldBlock);
        assert_eq!(kind(futex_wait(&word, 7, Duration::from_millis(1))), io::ErrorKind::TimedOut);
        std::thread::scope(|scope| {
            let sleeper = scope.spawn(|| {
                while word.load(SeqCst) == 7 {
                    let _ = futex_wait(&word, 7, long);
                }
            });
            // The high half is none of the kernel's business.
            word.store(7 | 1 << 40, SeqCst);
            word.store(9, SeqCst);
            while !sleeper.is_finished() {
                assert!(futex_wake(&word, 1).expect("a good address") <= 1);
                std::thread::yield_now();
            }
        });
    }
}
