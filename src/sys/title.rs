//! What `/proc/PID/cmdline` shows of this process: the memory in which the kernel laid its arguments, proc(5).

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Writes `title` over the arguments that this process was started with, as far as their bytes reach; the rest becomes
/// zeros. Does nothing where the kernel does not say where they lie.
///
/// To be called by a process that does not read its arguments any more, while it has one thread.
#[allow(clippy::disallowed_methods)]
pub fn set_title(title: &str) {
    let Some((start, end)) = std::fs::read("/proc/self/stat").ok().and_then(|stat| arguments(&stat)) else {
        return;
    };
    for (at, address) in (start..end).enumerate() {
        let byte = title.as_bytes().get(at).copied().unwrap_or(0);
        // SAFETY: the kernel says that the argument strings of this process lie there, in the part of its stack above
        // all frames, which is mapped for writing as long as it lives. Rust has no references to it: the library
        // copies from there when it is asked for arguments, in other threads at worst, hence whole atomic bytes.
        unsafe { AtomicU8::from_ptr(address as *mut u8) }.store(byte, Relaxed);
    }
}

/// Fields 48 and 49 of `/proc/PID/stat`: `arg_start` and `arg_end`.
fn arguments(stat: &[u8]) -> Option<(usize, usize)> {
    let end_of_name = stat.iter().rposition(|&byte| byte == b')')?;
    let fields = std::str::from_utf8(stat.get(end_of_name + 1..)?).ok()?;
    let mut fields = fields.split_ascii_whitespace().skip(45);
    let (start, end) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    (start != 0 && start <= end).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods)]
    fn the_kernel_says_where_the_arguments_lie() {
        let stat = std::fs::read("/proc/self/stat").expect("our own");
        let (start, end) = arguments(&stat).expect("fields");
        assert_eq!(end - start, std::fs::read("/proc/self/cmdline").expect("our own").len());
        assert_eq!(arguments(b"1 (x) R 0"), None);
    }
}
