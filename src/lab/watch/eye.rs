//! Looking at one thread of somebody else through files that stay open: they are of this thread and no other, whoever
//! gets its number later.
//!
//! Who sleeps costs one read: while `schedstat` says what it said, nothing else about a sleeper has changed.

use std::fs::{self, File};

use super::super::pulse::field;
use super::super::supervisor::look::{read, switches};
use crate::model::lab::BlockedOn;
use crate::model::lab::watch::waits_for;
use crate::model::showable;

/// Nanoseconds of a tick of `stat`: USER_HZ is 100 on every architecture that Linux runs on today but Alpha and ia64.
const TICK: u64 = 10_000_000;

/// A line of `stat`, as far as it matters here: proc(5).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Stat {
    /// Field 2, safe to show.
    pub(super) name: String,
    /// Field 3.
    pub(super) state: u8,
    /// Field 4.
    pub(super) parent: u32,
    /// CPU time of the process's children that it waited for, nanoseconds: fields 16 and 17.
    pub(super) children: u64,
    /// Ticks between boot and its start: field 22.
    pub(super) start: u64,
    /// Field 39.
    pub(super) cpu: u32,
}

impl Stat {
    /// Takes a line apart. The name may hold anything, but the last parenthesis ends it.
    pub(super) fn parse(line: &[u8]) -> Option<Stat> {
        let (begin, end) =
            (line.iter().position(|byte| *byte == b'(')?, line.iter().rposition(|byte| *byte == b')')?);
        let mut name = String::new();
        showable(line.get(begin + 1..end)?, 16, &mut name);
        let rest = std::str::from_utf8(line.get(end + 1..)?).ok()?;
        let mut fields = rest.split_ascii_whitespace();
        let state = *fields.next()?.as_bytes().first()?;
        let mut number = |skip: usize| fields.nth(skip)?.parse::<i64>().ok().map(|n| n.max(0) as u64);
        let parent = number(0)? as u32;
        // From field 5 on: 16 and 17, 22, 39.
        let children = number(11)?.saturating_add(number(0)?).saturating_mul(TICK);
        let (start, cpu) = (number(4)?, number(16)? as u32);
        Some(Stat { name, state, parent, children, start, cpu })
    }

    /// That of a process, if it is there.
    pub(super) fn of(pid: u32) -> Option<Stat> {
        Stat::parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)
    }
}

/// What a look found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// It has ended, or it is a zombie.
    Ended,
    /// It sleeps as before.
    Same,
    /// It has done something.
    Moved,
}

/// The open files of one thread, and what was seen last.
pub(super) struct Eye {
    pub(super) tid: u32,
    dir: String,
    stat_file: File,
    schedstat_file: File,
    line: Vec<u8>,
    /// What `stat` said last.
    pub(super) stat: Stat,
    /// On a CPU, waiting for one, and how often it was given one: `schedstat`. Nanoseconds.
    pub(super) counts: (u64, u64, u64),
    pub(super) blocked: Option<BlockedOn>,
    /// Whether it ran since its context switches were read.
    pub(super) ran: bool,
    /// Its lane, counted from 0; `None` once it has ended.
    pub(super) lane: Option<usize>,
}

impl Eye {
    /// Looks at this thread from now on; `None` where it has ended, or where no more files can be opened.
    pub(super) fn open(pid: u32, tid: u32) -> Option<Eye> {
        let dir = format!("/proc/{pid}/task/{tid}");
        let open = |name: &str| File::open(format!("{dir}/{name}")).ok();
        let (stat_file, schedstat_file) = (open("stat")?, open("schedstat")?);
        let mut eye = Eye {
            tid,
            dir,
            stat_file,
            schedstat_file,
            line: Vec::new(),
            stat: Stat::default(),
            counts: (0, 0, 0),
            blocked: None,
            ran: true,
            lane: None,
        };
        (eye.look() == Found::Moved).then_some(eye)
    }

    /// Looks.
    pub(super) fn look(&mut self) -> Found {
        let mut buffer = [0; 1024];
        let Some(line) = read(Some(&self.schedstat_file), &mut buffer) else { return Found::Ended };
        let slept = !matches!(self.stat.state, b'R' | 0);
        if line == self.line.as_slice() && slept {
            return Found::Same;
        }
        let moved = line != self.line.as_slice();
        self.line.clear();
        self.line.extend_from_slice(line);
        let count = |at| field(line, at).unwrap_or(0);
        self.counts = (count(0), count(1), count(2));
        let Some(stat) = read(Some(&self.stat_file), &mut buffer).and_then(Stat::parse) else {
            return Found::Ended;
        };
        self.stat = stat;
        self.ran |= moved;
        if matches!(self.stat.state, b'Z' | b'X' | b'x') {
            return Found::Ended;
        }
        self.blocked = match self.stat.state {
            b'R' => None,
            state => {
                let name = fs::read(format!("{}/wchan", self.dir)).unwrap_or_default();
                waits_for(state, &String::from_utf8_lossy(&name))
            }
        };
        Found::Moved
    }

    /// What `stat` says of the process now, though it may be a zombie; `None` once it is gone.
    pub(super) fn remains(&self) -> Option<Stat> {
        read(Some(&self.stat_file), &mut [0; 1024]).and_then(Stat::parse)
    }

    /// Its context switches so far, asked for and not; `None` where it has not run since they were read.
    pub(super) fn switches(&mut self) -> Option<(u64, u64)> {
        if !std::mem::take(&mut self.ran) {
            return None;
        }
        switches(&fs::read(format!("{}/status", self.dir)).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart_whatever_the_name() {
        let line = "7 (a) Z 1\x1b) S 4 1 1 0 -1 0 0 0 0 0 1 2 30 40 20 0 1 0 4711 99 1 0 0 0 0 0 0 0 0 0 0 0 0 0 17 5 0 0";
        let stat = Stat::parse(line.as_bytes()).expect("a line");
        let name = "a) Z 1\u{fffd}".to_owned();
        assert_eq!(
            stat,
            Stat { name, state: b'S', parent: 4, children: 700_000_000, start: 4711, cpu: 5 },
            "as in proc(5)"
        );
        assert_eq!([Stat::parse(b""), Stat::parse(b"7 (a) S 1"), Stat::parse(b")(")], [None, None, None]);
    }

    #[test]
    fn a_sleeper_stays_as_it_was_and_who_ended_is_no_more() {
        let (hold, wait) = std::sync::mpsc::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let _ = tell.send(rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned());
            let _ = wait.recv();
        });
        let tid = told.recv().expect("a thread");
        let mut eye = Eye::open(std::process::id(), tid).expect("a thread of ours");
        while eye.look() != Found::Same {
            std::thread::yield_now();
        }
        assert!(eye.counts.0 > 0 && eye.stat.state == b'S', "{:?}", eye.stat);
        assert!(eye.switches().is_some() && eye.switches().is_none(), "it has not run since");
        drop(hold);
        thread.join().expect("a thread");
        while eye.look() != Found::Ended {
            std::thread::yield_now();
        }
        assert!(Eye::open(std::process::id(), u32::MAX).is_none());
    }
}
