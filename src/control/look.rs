//! What `/proc` says about one process at one moment: as much as pinning and verdicts need.
//!
//! Only files that never block are read (stat, status, wchan), so that a stuck process cannot hold up the others.
//! Whoever reads here must hold a pidfd and ask it afterwards whether the process still lives: then what was read
//! was about that process.

use std::fs;
use std::io;

use crate::model::{Disposition, Pid, Signal, SignalSet, Untrusted};

/// A kernel thread: `PF_KTHREAD` of include/linux/sched.h, in the flags of stat.
const PF_KTHREAD: u64 = 0x0020_0000;

/// The parts of `/proc/PID/stat` that matter here: `proc_pid_stat(5)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Stat {
    pub(super) name: Untrusted,
    pub(super) state: u8,
    pub(super) parent: Option<Pid>,
    pub(super) flags: u64,
    /// Clock ticks since boot.
    pub(super) start_time: u64,
    /// The wait status of a zombie; 0 also where we may not know it.
    pub(super) exit_code: Option<i32>,
}

impl Stat {
    /// Takes the text of stat apart. The name may hold anything, parentheses and newlines too, so the fields are
    /// counted from the last `)`.
    pub(super) fn parse(text: &[u8]) -> Option<Stat> {
        let open = text.iter().position(|&b| b == b'(')?;
        let close = text.iter().rposition(|&b| b == b')')?;
        let name = text.get(open + 1..close)?;
        let rest = std::str::from_utf8(text.get(close + 1..)?).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // proc_pid_stat(5) numbers the fields from 1, and the state, the first one here, is its third.
        let field = |number: usize| fields.get(number - 3).copied();
        let [state] = *field(3)?.as_bytes() else { return None };
        Some(Stat {
            name: Untrusted::new(name),
            state,
            parent: field(4)?.parse().ok().and_then(Pid::new),
            flags: field(9)?.parse().ok()?,
            start_time: field(22)?.parse().ok()?,
            exit_code: field(52).and_then(|text| text.parse().ok()),
        })
    }

    pub(super) fn is_kernel_thread(&self) -> bool {
        self.flags & PF_KTHREAD != 0
    }

    /// Stopped by a signal (`T`) or held by a tracer (`t`).
    pub(super) fn is_stopped(&self) -> bool {
        matches!(self.state, b'T' | b't')
    }

    /// Uninterruptible sleep.
    pub(super) fn is_stuck(&self) -> bool {
        self.state == b'D'
    }

    pub(super) fn is_dead(&self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }
}

/// The parts of `/proc/PID/status` that matter here: `proc_pid_status(5)`. All unknown where it could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Status {
    /// The process that this id, if it is a thread's, belongs to.
    pub(super) tgid: Option<u32>,
    /// The real uid.
    pub(super) uid: Option<u32>,
    /// Its pid in the innermost pid namespace; 1 is the init of one.
    pub(super) innermost_pid: Option<u32>,
    /// Signals that wait for the process as a whole (`ShdPnd`).
    pub(super) pending: Option<SignalSet>,
    /// What it does with signals.
    pub(super) disposition: Disposition,
}

impl Status {
    /// Takes the text of status apart. The kernel escapes newlines in the name, so a line is a line.
    pub(super) fn parse(text: &[u8]) -> Status {
        let mut status = Status::default();
        for line in text.split(|&b| b == b'\n') {
            let Some(colon) = line.iter().position(|&b| b == b':') else { continue };
            let (key, value) = line.split_at(colon);
            let words = || {
                let value = std::str::from_utf8(value.get(1..).unwrap_or_default()).unwrap_or_default();
                value.split_ascii_whitespace()
            };
            let first = || words().next().and_then(|word| word.parse().ok());
            let mask = || words().next().and_then(|word| u64::from_str_radix(word, 16).ok()).map(SignalSet);
            match key {
                b"Tgid" => status.tgid = first(),
                b"Uid" => status.uid = first(),
                b"NSpid" => status.innermost_pid = words().last().and_then(|word| word.parse().ok()),
                b"ShdPnd" => status.pending = mask(),
                b"SigBlk" => status.disposition.blocked = mask(),
                b"SigIgn" => status.disposition.ignored = mask(),
                b"SigCgt" => status.disposition.caught = mask(),
                _ => {}
            }
        }
        status
    }

    pub(super) fn ignores(&self, signal: Signal) -> bool {
        self.disposition.ignored.is_some_and(|set| set.has(signal))
    }

    pub(super) fn catches(&self, signal: Signal) -> bool {
        self.disposition.caught.is_some_and(|set| set.has(signal))
    }

    /// Blocked by the main thread and indeed waiting. `SigBlk` alone would not do: it is the main thread's, and
    /// another thread may have taken the signal.
    pub(super) fn holds_back(&self, signal: Signal) -> bool {
        let has = |set: Option<SignalSet>| set.is_some_and(|set| set.has(signal));
        has(self.disposition.blocked) && has(self.pending)
    }

    pub(super) fn is_init(&self) -> bool {
        self.innermost_pid == Some(1)
    }
}

/// Reads `/proc/PID/stat`; `InvalidData` where it makes no sense.
pub(super) fn stat(pid: Pid) -> io::Result<Stat> {
    let text = fs::read(format!("/proc/{pid}/stat"))?;
    Stat::parse(&text).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Reads `/proc/PID/status`; all unknown where that fails.
pub(super) fn status(pid: Pid) -> Status {
    fs::read(format!("/proc/{pid}/status")).map(|text| Status::parse(&text)).unwrap_or_default()
}

/// The kernel function in which a process waits, where the kernel tells us.
pub(super) fn wchan(pid: Pid) -> Option<String> {
    let text = fs::read(format!("/proc/{pid}/wchan")).ok()?;
    let name = String::from_utf8(text).ok()?;
    let is_symbol = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    // "0" is what the kernel says when it does not know or does not tell.
    (is_symbol && !name.is_empty() && name != "0").then_some(name)
}

/// Whether the kernel shows us the guarded fields of stat. It hides them as 0, which for an exit code also means
/// success, so they are to be believed only where a link under the same guard (`PTRACE_MODE_READ_FSCREDS`) opens.
pub(super) fn may_read_guarded(pid: Pid) -> bool {
    fs::read_link(format!("/proc/{pid}/ns/user")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 52 fields, of which the ones that are read carry values of their own.
    fn text(name: &[u8]) -> Vec<u8> {
        let mut text = b"4711 (".to_vec();
        text.extend_from_slice(name);
        text.extend_from_slice(b") Z 900 4711 4711 0 -1 4228108 0 0 0 0 1 2 3 4 20 0 1 0 9876543 ");
        text.extend_from_slice(b"0 0 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 ");
        text.extend_from_slice(b"0 0 0 0 0 0 0 15\n");
        text
    }

    #[test]
    fn a_hostile_name_moves_no_field() {
        for name in [&b"cat"[..], b"", b") R 1 (", b"a b", b"x)\n(y", b"\xff\x1b[31m"] {
            let stat = Stat::parse(&text(name)).unwrap();
            assert_eq!(stat.name.bytes(), name);
            assert_eq!((stat.state, stat.parent), (b'Z', Pid::new(900)));
            assert_eq!((stat.start_time, stat.exit_code), (9_876_543, Some(15)));
            assert!(!stat.is_kernel_thread());
        }
    }

    #[test]
    fn cut_or_strange_text_is_no_stat() {
        let whole = text(b"cat");
        // Up to the start time nothing may be missing; what follows is optional.
        let needed = whole.windows(7).position(|w| w == b"9876543").unwrap();
        for length in 0..=needed {
            assert_eq!(Stat::parse(&whole[..length]), None, "{length} bytes");
        }
        assert_eq!(Stat::parse(b")("), None);
        assert_eq!(Stat::parse(b"1 (x) RR 1"), None);
    }

    #[test]
    fn the_masks_are_read_by_their_names() {
        let text = b"Name:\tevil\\nSigIgn:\tffff\nTgid:\t4711\nUid:\t1000\t0\t0\t0\nNSpid:\t4711\t12\t1\n\
            ShdPnd:\t0000000000004000\nSigBlk:\t0000000000004000\nSigIgn:\t0000000000001000\nSigCgt:\tjunk\n";
        let status = Status::parse(text);
        assert_eq!((status.tgid, status.uid), (Some(4711), Some(1000)));
        assert!(status.is_init());
        assert!(status.holds_back(Signal::TERM) && !status.ignores(Signal::TERM));
        assert_eq!(status.disposition.ignored, Some(SignalSet(0x1000)));
        assert_eq!(status.disposition.caught, None);
        assert_eq!(Status::parse(b"").disposition, Disposition::default());
    }

    #[test]
    fn it_reads_this_very_process_as_procfs_does() {
        let pid = Pid::new(std::process::id()).unwrap();
        let ours = stat(pid).unwrap();
        let theirs = procfs::process::Process::myself().unwrap();
        assert_eq!(ours.start_time, theirs.stat().unwrap().starttime);
        assert_eq!(ours.parent.map(Pid::raw), Some(theirs.stat().unwrap().ppid));
        let masks = status(pid).disposition;
        let expected = theirs.status().unwrap();
        assert_eq!(masks.ignored, Some(SignalSet(expected.sigign)));
        assert_eq!(masks.caught, Some(SignalSet(expected.sigcgt)));
        assert!(may_read_guarded(pid));
    }
}
