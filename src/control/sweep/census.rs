//! Who is there at this moment, and how they are related: as much of `/proc/PID/stat` as a sweep needs.

use std::fmt::Write;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, OFlags, RawDir, open, openat, statat};

use crate::model::{Pid, ProcId};

/// A kernel thread: `PF_KTHREAD` of include/linux/sched.h.
const PF_KTHREAD: u64 = 0x0020_0000;
/// More than the fields up to the start time can take: a name of 64 bytes and 20 numbers.
const STAT_BYTES: usize = 1024;

/// One process, as `/proc/PID/stat` tells: proc_pid_stat(5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub(super) id: ProcId,
    pub(super) state: u8,
    /// 0 where it is outside our pid namespace, as are the next two.
    pub(super) parent: u32,
    pub(super) group: u32,
    pub(super) session: u32,
    pub(super) threads: u32,
    pub(super) kernel: bool,
}

impl Row {
    /// Takes the text of stat apart, without allocation. The name may hold anything, so the fields are counted from the
    /// last `)`.
    fn parse(pid: Pid, text: &[u8]) -> Option<Row> {
        let close = text.iter().rposition(|&b| b == b')')?;
        // From the third field on.
        let mut fields = text.get(close + 2..)?.split(|&b| b == b' ');
        let [state] = *fields.next()? else { return None };
        let parent = number(fields.next()?)?;
        let group = number(fields.next()?)?;
        let session = number(fields.next()?)?;
        let flags = number(fields.nth(2)?)?;
        let threads = number(fields.nth(10)?)?;
        let start_time = number(fields.nth(1)?)?;
        Some(Row {
            id: ProcId { pid, start_time },
            state,
            parent: parent as u32,
            group: group as u32,
            session: session as u32,
            threads: threads as u32,
            kernel: flags & PF_KTHREAD != 0,
        })
    }

    /// Stopped by a signal. Held by a tracer is not meant: SIGSTOP waits there.
    pub(super) fn is_stopped(&self) -> bool {
        self.state == b'T'
    }

    pub(super) fn is_dead(&self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x') && self.threads <= 1
    }
}

/// A decimal number; what the kernel writes as negative (a process that is just being reaped) is 0.
fn number(text: &[u8]) -> Option<u64> {
    if let Some(rest) = text.strip_prefix(b"-") {
        return number(rest).map(|_| 0);
    }
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// `/proc`, held open, and what is needed again for each reading.
pub(super) struct Census {
    proc: OwnedFd,
    path: String,
}

impl Census {
    pub(super) fn open() -> io::Result<Census> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Census { proc: open("/proc", flags, Mode::empty())?, path: String::new() })
    }

    /// Everybody who can be seen, ordered by pid. Who ends while it is read may be missing.
    pub(super) fn everybody(&mut self) -> io::Result<Vec<Row>> {
        // A descriptor of its own, for the position in the directory is the descriptor's.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = openat(&self.proc, ".", flags, Mode::empty())?;
        let mut buffer = [MaybeUninit::uninit(); 16 << 10];
        let mut entries = RawDir::new(dir, &mut buffer);
        let mut rows = Vec::new();
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let pid =
                std::str::from_utf8(entry.file_name().to_bytes()).ok().and_then(|name| name.parse().ok());
            rows.extend(pid.and_then(Pid::new).and_then(|pid| self.row(pid)));
        }
        rows.sort_unstable_by_key(|row| row.id.pid);
        Ok(rows)
    }

    /// These, ordered by pid.
    pub(super) fn those(&mut self, pids: &[Pid]) -> Vec<Row> {
        let mut rows: Vec<Row> = pids.iter().filter_map(|&pid| self.row(pid)).collect();
        rows.sort_unstable_by_key(|row| row.id.pid);
        rows.dedup_by_key(|row| row.id.pid);
        rows
    }

    /// One of them; `None` where it has ended.
    pub(super) fn row(&mut self, pid: Pid) -> Option<Row> {
        self.path.clear();
        write!(self.path, "{pid}/stat").ok()?;
        self.read(pid)
    }

    /// The effective uid: the owner of `/proc/PID`; root's where the process is not dumpable, prctl(2).
    pub(super) fn owner(&mut self, pid: Pid) -> Option<u32> {
        self.path.clear();
        write!(self.path, "{pid}").ok()?;
        statat(&self.proc, self.path.as_str(), AtFlags::empty()).ok().map(|stat| stat.st_uid)
    }

    /// Whether nothing of a process can run: each of its threads is stopped or dead. True also when it has gone.
    pub(super) fn stands_still(&mut self, pid: Pid) -> bool {
        let still = |row: &Row| matches!(row.state, b'T' | b't' | b'Z' | b'X' | b'x');
        match self.row(pid) {
            None => true,
            Some(row) if row.threads <= 1 => still(&row),
            // Its state is the main thread's, and a signal stops one thread after the other.
            Some(row) => still(&row) && self.threads(pid).iter().all(still),
        }
    }

    fn threads(&mut self, pid: Pid) -> Vec<Row> {
        let mut rows = Vec::new();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let Ok(dir) = openat(&self.proc, format!("{pid}/task"), flags, Mode::empty()) else { return rows };
        let mut buffer = [MaybeUninit::uninit(); 4 << 10];
        let mut entries = RawDir::new(dir, &mut buffer);
        while let Some(Ok(entry)) = entries.next() {
            let tid =
                std::str::from_utf8(entry.file_name().to_bytes()).ok().and_then(|name| name.parse().ok());
            if let Some(tid) = tid.and_then(Pid::new) {
                self.path.clear();
                if write!(self.path, "{pid}/task/{tid}/stat").is_ok() {
                    rows.extend(self.read(tid));
                }
            }
        }
        rows
    }

    /// Reads the file that `path` names.
    fn read(&self, pid: Pid) -> Option<Row> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = openat(&self.proc, self.path.as_str(), flags, Mode::empty()).ok()?;
        let mut text = [0; STAT_BYTES];
        let length = rustix::io::read(&file, &mut text).ok()?;
        Row::parse(pid, text.get(..length)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_everybody_as_procfs_does() {
        let mut census = Census::open().unwrap();
        let rows = census.everybody().unwrap();
        assert!(rows.is_sorted_by_key(|row| row.id.pid));
        let me = Pid::new(std::process::id()).unwrap();
        let mut compared = 0;
        for row in rows {
            // Some end meanwhile.
            let Ok(process) = procfs::process::Process::new(row.id.pid.raw()) else { continue };
            let Ok(stat) = process.stat() else { continue };
            assert_eq!(row.id.start_time, stat.starttime);
            if row.id.pid == me {
                let theirs = (stat.ppid as u32, stat.pgrp as u32, stat.session as u32);
                assert_eq!((row.parent, row.group, row.session), theirs);
                assert!(row.threads > 1 && !row.kernel);
                assert_eq!(census.owner(me), Some(rustix::process::geteuid().as_raw()));
                assert!(!census.stands_still(me));
                compared += 1;
            }
        }
        assert_eq!(compared, 1);
    }

    #[test]
    fn a_hostile_name_moves_no_field() {
        let pid = Pid::new(4711).unwrap();
        for name in ["cat", "", ") R 1 (", "x)\n(y"] {
            let text =
                format!("4711 ({name}) T 900 4710 4709 0 -1 2097216 0 0 0 0 1 2 3 4 20 0 3 0 9876543 0 0\n");
            let row = Row::parse(pid, text.as_bytes()).unwrap();
            assert_eq!((row.parent, row.group, row.session), (900, 4710, 4709));
            assert_eq!((row.id.start_time, row.threads, row.kernel), (9_876_543, 3, true));
            assert!(row.is_stopped() && !row.is_dead());
            let cut = text.find("20 0 3").unwrap();
            assert_eq!(Row::parse(pid, &text.as_bytes()[..cut]), None);
        }
        // One that is just being reaped has no group any more.
        let text = b"4711 (cat) X 0 -1 -1 0 -1 4 0 0 0 0 1 2 3 4 20 0 0 0 9876543 0 0\n";
        assert_eq!(Row::parse(pid, text).map(|row| (row.group, row.session)), Some((0, 0)));
    }
}
