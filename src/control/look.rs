//! What `/proc` says about one process at one moment: as much as pinning and verdicts need.
//!
//! Only files that never block are read (stat, status, wchan, children), so that a stuck process cannot hold up the others.
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
    /// How many threads it has, the main one included even when that has ended.
    pub(super) threads: u32,
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
            threads: field(20)?.parse().ok()?,
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

    /// Held by a tracer.
    pub(super) fn is_held(&self) -> bool {
        self.state == b't'
    }

    /// Its main thread, that is; see [`Stat::others`].
    pub(super) fn is_dead(&self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }

    /// How many threads go on though the main one has ended.
    pub(super) fn others(&self) -> Option<u32> {
        self.threads.checked_sub(1).filter(|others| self.is_dead() && *others > 0)
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
    /// Who traces it: ptrace(2).
    pub(super) tracer: Option<Pid>,
    /// It is dying and writes its core file.
    pub(super) dumps_core: bool,
    /// The state's letter.
    pub(super) state: Option<u8>,
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
                b"State" => status.state = words().next().and_then(|word| word.bytes().next()),
                b"TracerPid" => status.tracer = first().and_then(Pid::new),
                b"CoreDumping" => status.dumps_core = first() == Some(1),
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

    /// Blocked by the main thread. Another thread may take the signal all the same.
    pub(super) fn blocks(&self, signal: Signal) -> bool {
        self.disposition.blocked.is_some_and(|set| set.has(signal))
    }

    /// Sent to the process as a whole, and taken by none of its threads yet.
    pub(super) fn is_pending(&self, signal: Signal) -> bool {
        self.pending.is_some_and(|set| set.has(signal))
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

/// One thread of a process, as far as it has a say in what becomes of a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Thread {
    pub(super) id: Pid,
    /// The state's letter.
    pub(super) state: u8,
    /// `SigBlk`.
    pub(super) blocked: Option<SignalSet>,
}

impl Thread {
    pub(super) fn is_alive(&self) -> bool {
        !matches!(self.state, b'Z' | b'X' | b'x')
    }

    /// Uninterruptible sleep.
    pub(super) fn is_stuck(&self) -> bool {
        self.state == b'D'
    }
}

/// Of how many threads the status is read.
const MOST_THREADS: usize = 1024;

/// The threads of a process, its main thread first; of very many the first of them.
pub(super) fn threads(pid: Pid) -> Vec<Thread> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let ids = entries.flatten().filter_map(|entry| {
        let name = entry.file_name();
        name.to_str()?.parse().ok().and_then(Pid::new)
    });
    ids.take(MOST_THREADS)
        .filter_map(|id| {
            let status = Status::parse(&fs::read(format!("/proc/{pid}/task/{id}/status")).ok()?);
            Some(Thread { id, state: status.state?, blocked: status.disposition.blocked })
        })
        .collect()
}

/// The youngest child of this thread, where the kernel tells us (`CONFIG_PROC_CHILDREN`).
///
/// Children stand in the order in which they came, so for a thread that waits in vfork(2), and has been able to start
/// nobody since, this is the one it waits for.
pub(super) fn youngest_child(thread: Pid) -> Option<Pid> {
    let text = fs::read_to_string(format!("/proc/{thread}/task/{thread}/children")).ok()?;
    text.split_ascii_whitespace().last()?.parse().ok().and_then(Pid::new)
}

/// The name of a process or thread, empty where it cannot be read.
pub(super) fn name(pid: Pid) -> Untrusted {
    stat(pid).map(|stat| stat.name).unwrap_or_default()
}

/// The kernel function in which a thread waits, where the kernel tells us.
pub(super) fn wchan(thread: Pid) -> Option<String> {
    let text = fs::read(format!("/proc/{thread}/wchan")).ok()?;
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
            assert_eq!((stat.start_time, stat.exit_code, stat.threads), (9_876_543, Some(15), 1));
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
        let text = b"Name:\tevil\\nSigIgn:\tffff\nState:\tt (tracing stop)\nTgid:\t4711\nTracerPid:\t12\nUid:\t1000\t0\t0\t0\nNSpid:\t4711\t12\t1\n\
            ShdPnd:\t0000000000004000\nSigBlk:\t0000000000004000\nSigIgn:\t0000000000001000\nSigCgt:\tjunk\n\
            CoreDumping:\t1\n";
        let status = Status::parse(text);
        assert_eq!((status.tgid, status.uid), (Some(4711), Some(1000)));
        assert!(status.is_init());
        assert!(status.blocks(Signal::TERM) && status.is_pending(Signal::TERM));
        assert!(!status.ignores(Signal::TERM) && !status.blocks(Signal::KILL));
        assert_eq!((status.state, status.tracer, status.dumps_core), (Some(b't'), Pid::new(12), true));
        let free = Status::parse(b"TracerPid:\t0\nCoreDumping:\t0\n");
        assert_eq!((free.tracer, free.dumps_core), (None, false));
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
        let threads = threads(pid);
        assert_eq!(threads.first().map(|thread| thread.id), Some(pid));
        assert!(threads.iter().all(|thread| thread.blocked.is_some()));
    }

    #[test]
    fn a_main_thread_that_has_ended_is_told_from_a_zombie() {
        let with = |state, threads| Stat { state, threads, ..Stat::parse(&text(b"x")).unwrap() };
        assert_eq!(with(b'Z', 1).others(), None);
        assert_eq!(with(b'Z', 3).others(), Some(2));
        assert_eq!(with(b'S', 3).others(), None);
    }
}
