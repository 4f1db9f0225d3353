//! What a thread does in the kernel: `/proc/PID/task/TID/syscall`, proc_pid_syscall(5).
//!
//! Numbers have names by a table for each architecture. The arguments are the six registers as they are: how many of
//! them a call takes is in the table too.

mod common;
mod x86_64;

use std::fmt::Write;

/// From here on every architecture gives a new call the same number: `pidfd_send_signal`, Linux 5.1. They stand once,
/// in the common table.
const SHARED: u32 = 424;

/// Whose system call numbers are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Architecture {
    /// x86 with 64 bits.
    X86_64,
    /// Arm with 64 bits; also RISC-V and others that use the kernel's common table.
    Aarch64,
    /// One whose numbers we do not know.
    #[default]
    Other,
}

impl Architecture {
    /// The one this program was built for.
    pub const OURS: Architecture = if cfg!(target_arch = "x86_64") {
        Architecture::X86_64
    } else if cfg!(any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "loongarch64")) {
        Architecture::Aarch64
    } else {
        Architecture::Other
    };

    /// The name of a system call, and how many arguments it takes.
    pub fn call(self, number: u32) -> Option<(&'static str, usize)> {
        let table = match self {
            Architecture::X86_64 if number < SHARED => x86_64::X86_64,
            Architecture::X86_64 | Architecture::Aarch64 => common::COMMON,
            Architecture::Other => return None,
        };
        let at = table.binary_search_by_key(&number, |row| u32::from(row.0)).ok()?;
        table.get(at).map(|row| (row.1, usize::from(row.2)))
    }
}

/// Whether a thread runs, or waits and in what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doing {
    /// It runs, or is about to.
    Running,
    /// It is in a system call.
    Call(SystemCall),
    /// It waits in the kernel, but not in a system call: a page fault, say.
    Kernel,
}

/// A system call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SystemCall {
    /// Its number.
    pub number: u32,
    /// Its registers for arguments, in order, whether it takes so many or not.
    pub arguments: [u64; 6],
}

impl SystemCall {
    /// Its name; the number where that is unknown.
    pub fn name(&self, architecture: Architecture) -> String {
        architecture
            .call(self.number)
            .map_or_else(|| format!("call {}", self.number), |(name, _)| name.to_owned())
    }

    /// As a call: `read(3, 0x7ffd1e2a4c10, 4096)`. Small numbers are decimal, large ones hexadecimal; what is negative as
    /// a 32-bit or 64-bit number is shown so.
    pub fn text(&self, architecture: Architecture) -> String {
        let takes = architecture.call(self.number).map_or(6, |(_, takes)| takes);
        let mut text = self.name(architecture);
        text.push('(');
        for (place, value) in self.arguments.iter().take(takes).enumerate() {
            if place > 0 {
                text.push_str(", ");
            }
            let _ = match *value {
                small if small < 1 << 20 => write!(text, "{small}"),
                int if int >= u64::MAX - 4095 => write!(text, "{}", int as i64),
                int if (0xffff_f000..=0xffff_ffff).contains(&int) => write!(text, "{}", int as u32 as i32),
                large => write!(text, "{large:#x}"),
            };
        }
        text.push(')');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_in_order_and_know_the_calls_of_every_day() {
        for table in [x86_64::X86_64, common::COMMON] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
            assert!(table.iter().all(|row| row.2 <= 6 && !row.1.is_empty()));
        }
        assert!(x86_64::X86_64.iter().all(|row| u32::from(row.0) < SHARED), "the others stand once");
        let shared = common::COMMON.iter().map(|row| u32::from(row.0)).filter(|number| *number >= SHARED);
        assert!(shared.count() > 40);
        assert_eq!(Architecture::X86_64.call(0), Some(("read", 3)));
        assert_eq!(Architecture::X86_64.call(202), Some(("futex", 6)));
        assert_eq!(Architecture::X86_64.call(334), Some(("rseq", 4)));
        for both in [Architecture::X86_64, Architecture::Aarch64] {
            assert_eq!(both.call(424), Some(("pidfd_send_signal", 4)));
            assert_eq!(both.call(441), Some(("epoll_pwait2", 6)));
        }
        assert_eq!(Architecture::Aarch64.call(63), Some(("read", 3)));
        assert_eq!(Architecture::Aarch64.call(98), Some(("futex", 6)));
        assert_eq!((Architecture::X86_64.call(400), Architecture::Other.call(0)), (None, None));
    }

    #[test]
    fn the_table_agrees_with_the_c_library() {
        use nix::libc;
        for (number, name) in [
            (libc::SYS_read, "read"),
            (libc::SYS_futex, "futex"),
            (libc::SYS_wait4, "wait4"),
            (libc::SYS_clock_nanosleep, "clock_nanosleep"),
            (libc::SYS_ppoll, "ppoll"),
            (libc::SYS_epoll_pwait, "epoll_pwait"),
            (libc::SYS_io_uring_enter, "io_uring_enter"),
            (libc::SYS_accept4, "accept4"),
            (libc::SYS_recvmsg, "recvmsg"),
            (libc::SYS_fsync, "fsync"),
            (libc::SYS_rt_sigsuspend, "rt_sigsuspend"),
            (libc::SYS_rt_sigtimedwait, "rt_sigtimedwait"),
            (libc::SYS_futex_waitv, "futex_waitv"),
            (libc::SYS_flock, "flock"),
            (libc::SYS_fcntl, "fcntl"),
            (libc::SYS_nanosleep, "nanosleep"),
        ] {
            assert_eq!(Architecture::OURS.call(number as u32).map(|call| call.0), Some(name));
        }
    }

    #[test]
    fn a_call_reads_as_one() {
        let call = SystemCall { number: 0, arguments: [3, 0x7ffd_1e2a_4c10, 4096, 9, 9, 9] };
        assert_eq!(call.text(Architecture::X86_64), "read(3, 0x7ffd1e2a4c10, 4096)");
        let wait = SystemCall { number: 61, arguments: [0xffff_ffff, 0, u64::MAX - 99, 0, 0, 0] };
        assert_eq!(wait.text(Architecture::X86_64), "wait4(-1, 0, -100, 0)");
        let strange = SystemCall { number: 9999, arguments: [1, 2, 3, 4, 5, 6] };
        assert_eq!(strange.text(Architecture::X86_64), "call 9999(1, 2, 3, 4, 5, 6)");
    }
}
