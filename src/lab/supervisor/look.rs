//! Looking at a worker from outside, through files that stay open: opening them anew each time costs twice as much as
//! reading them.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::super::pulse::{field, now_ns};

/// How often context switches are read, nanoseconds: `status` takes longer than all the rest.
const SWITCHES: u64 = 1_000_000_000;

/// What was seen of a worker last.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Seen {
    /// When, `CLOCK_MONOTONIC` in nanoseconds.
    pub(super) at: u64,
    /// State, field 3 of `stat`; 0 where it could not be read.
    pub(super) state: u8,
    /// CPU it was last on, field 39.
    pub(super) cpu: u32,
    /// On a CPU since its start, nanoseconds: field 1 of `schedstat`.
    pub(super) run: u64,
    /// Ready, but without a CPU, since its start, nanoseconds: field 2.
    pub(super) wait: u64,
    /// Context switches it asked for: `voluntary_ctxt_switches` of `status`.
    pub(super) voluntary: u64,
    /// Context switches it did not ask for.
    pub(super) involuntary: u64,
}

/// The open files of one worker. They are of this task and no other, whoever gets its number later.
pub(super) struct Eye {
    stat: Option<File>,
    schedstat: Option<File>,
    /// Only for threads: of a process, its parent tells when it has ended.
    status: Option<File>,
    seen: Seen,
    switches_at: u64,
}

impl Eye {
    /// Looks at this thread of this process from now on.
    pub(super) fn open(pid: u32, tid: u32) -> Eye {
        let open = |name| File::open(format!("/proc/{pid}/task/{tid}/{name}")).ok();
        Eye {
            stat: open("stat"),
            schedstat: open("schedstat"),
            status: if tid == pid { None } else { open("status") },
            seen: Seen::default(),
            switches_at: 0,
        }
    }

    /// What was seen last.
    pub(super) fn seen(&self) -> Seen {
        self.seen
    }

    /// Looks. A worker that has ended is as it was seen last.
    pub(super) fn look(&mut self) -> Seen {
        let mut buffer = [0; 1024];
        let now = now_ns();
        let Some((state, cpu)) = read(self.stat.as_ref(), &mut buffer).and_then(state_and_cpu) else {
            self.seen.state = 0;
            return self.seen;
        };
        self.seen = Seen { at: now, state, cpu, ..self.seen };
        if let Some(line) = read(self.schedstat.as_ref(), &mut buffer)
            && let Some((run, wait)) = field(line, 0).zip(field(line, 1))
        {
            (self.seen.run, self.seen.wait) = (run, wait);
        }
        if self.status.is_some() && now.saturating_sub(self.switches_at) >= SWITCHES {
            self.switches_at = now;
            let mut buffer = [0; 4096];
            if let Some((voluntary, involuntary)) = read(self.status.as_ref(), &mut buffer).and_then(switches)
            {
                (self.seen.voluntary, self.seen.involuntary) = (voluntary, involuntary);
            }
        }
        self.seen
    }
}

pub(in crate::lab) fn read<'b>(file: Option<&File>, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let length = file?.read_at(buffer, 0).ok().filter(|&length| length > 0)?;
    buffer.get(..length)
}

/// Fields 3 and 39 of `stat`; the name in field 2 may hold anything, but the last parenthesis ends it: proc(5).
fn state_and_cpu(stat: &[u8]) -> Option<(u8, u32)> {
    let end_of_name = stat.iter().rposition(|&byte| byte == b')')?;
    let fields = stat.get(end_of_name + 1..)?;
    let state = fields.iter().copied().find(u8::is_ascii_alphabetic)?;
    Some((state, field(fields, 36)? as u32))
}

/// The last two lines of `status`.
pub(in crate::lab) fn switches(status: &[u8]) -> Option<(u64, u64)> {
    let number = |name: &str| {
        let line = status.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(name.as_bytes()))?;
        field(line, 0)
    };
    number("voluntary_ctxt_switches:").zip(number("nonvoluntary_ctxt_switches:"))
}

/// Switches of this thread so far, by the same file: what tests compare with.
#[cfg(test)]
fn own_switches() -> Option<(u64, u64)> {
    switches(&std::fs::read("/proc/thread-self/status").ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_words_are_understood() {
        let line =
            "7 (a) Z 1) S 1 1 1 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 4711 99 1 0 0 0 0 0 0 0 0 0 0 0 0 0 17 5 0 0";
        assert_eq!(state_and_cpu(line.as_bytes()), Some((b'S', 5)));
        assert_eq!(state_and_cpu(b"7 (a) S 1"), None);
        let status = b"Name:\tx\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t34\n";
        assert_eq!(switches(status), Some((12, 34)));
        assert_eq!(switches(b"Name:\tx\n"), None);
    }

    #[test]
    fn a_thread_is_seen_and_stays_as_it_was_seen_when_it_has_ended() {
        let (hold, wait) = std::sync::mpsc::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let tid = rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned();
            let _ = tell.send((tid, own_switches()));
            let _ = wait.recv();
        });
        let (tid, before) = told.recv().expect("a thread");
        let mut eye = Eye::open(std::process::id(), tid);
        let seen = eye.look();
        assert!(matches!(seen.state, b'S' | b'R') && seen.run > 0, "{seen:?}");
        assert!(before.is_some_and(|(voluntary, _)| seen.voluntary >= voluntary), "{seen:?}");
        drop(hold);
        thread.join().expect("a thread");
        // The task may take a moment to be gone after it was joined.
        while eye.look().state != 0 {
            std::thread::yield_now();
        }
        assert!(eye.seen().run >= seen.run);
        assert_eq!(Eye::open(std::process::id(), u32::MAX).look(), Seen::default(), "nobody");
    }
}
