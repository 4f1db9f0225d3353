//! Who is there at this moment, and how they are related: as much of `/proc/PID/stat` as a sweep needs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::io::{self, Read};
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

/// What may still come of one that was told to stop; of several threads, the liveliest counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Motion {
    /// Nothing of it can run: each thread is stopped or dead.
    Still,
    /// It sleeps, and the signal does not wake it: uninterruptibly, or in a frozen cgroup.
    Sleeps,
    /// It will stop as soon as it is given a CPU, and not before. It may be in the middle of fork(2).
    Runs,
}

impl Motion {
    fn of(state: u8) -> Motion {
        match state {
            b'T' | b't' | b'Z' | b'X' | b'x' => Motion::Still,
            b'R' => Motion::Runs,
            _ => Motion::Sleeps,
        }
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

    /// Those that `known` and `numbers` lead to: the known ones with their descendants, and whoever is in a process group
    /// or session with one of these numbers, with the parent. Ordered by pid; all others are not read, for to read one
    /// takes ten times as long as to ask for its group and session. Who ends meanwhile may be missing, and a child of
    /// one that does not stand still.
    ///
    /// Where the kernel does not tell whose children they are (`CONFIG_PROC_CHILDREN`), everybody is read.
    pub(super) fn around(&mut self, known: &[ProcId], numbers: &BTreeSet<u32>) -> io::Result<Vec<Row>> {
        let mut children = Vec::new();
        let me = Pid::new(std::process::id()).ok_or(io::ErrorKind::Unsupported)?;
        if !known.is_empty() && !self.children_of_thread(me, me, &mut children) {
            return self.everybody();
        }
        let mut rows = BTreeMap::new();
        for pid in self.list()? {
            // Not rustix's, which has no value for the 0 of the kernel's own threads.
            let raw = nix::unistd::Pid::from_raw(pid.raw());
            let is_in = |number: nix::Result<nix::unistd::Pid>| {
                number.is_ok_and(|number| numbers.contains(&number.as_raw().unsigned_abs()))
            };
            if (is_in(nix::unistd::getpgid(Some(raw))) || is_in(nix::unistd::getsid(Some(raw))))
                && let Some(row) = self.row(pid)
            {
                rows.insert(pid, row);
                let parent = Pid::new(row.parent).filter(|parent| !rows.contains_key(parent));
                rows.extend(parent.and_then(|parent| Some((parent, self.row(parent)?))));
            }
        }
        let mut queue = Vec::new();
        for id in known {
            let row = rows.get(&id.pid).copied().or_else(|| self.row(id.pid));
            queue.extend(row.filter(|row| row.id == *id));
            rows.extend(row.map(|row| (id.pid, row)));
        }
        let mut asked: BTreeSet<Pid> = queue.iter().map(|row| row.id.pid).collect();
        while let Some(parent) = queue.pop() {
            children.clear();
            self.children(&parent, &mut children);
            for &child in &children {
                let row = rows.get(&child).copied().or_else(|| self.row(child));
                if let Some(row) = row {
                    rows.insert(child, row);
                    if asked.insert(child) {
                        queue.push(row);
                    }
                }
            }
        }
        Ok(rows.into_values().collect())
    }

    /// The children that any thread of `parent` started.
    fn children(&mut self, parent: &Row, into: &mut Vec<Pid>) {
        if parent.threads <= 1 {
            self.children_of_thread(parent.id.pid, parent.id.pid, into);
            return;
        }
        for thread in self.threads(parent.id.pid) {
            self.children_of_thread(parent.id.pid, thread.id.pid, into);
        }
    }

    /// Reads `/proc/PID/task/TID/children`; false where there is no such file.
    fn children_of_thread(&mut self, pid: Pid, tid: Pid, into: &mut Vec<Pid>) -> bool {
        self.path.clear();
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        if write!(self.path, "{pid}/task/{tid}/children").is_err() {
            return false;
        }
        let Ok(file) = openat(&self.proc, self.path.as_str(), flags, Mode::empty()) else { return false };
        let mut text = String::new();
        let _ = std::fs::File::from(file).read_to_string(&mut text);
        into.extend(text.split_ascii_whitespace().filter_map(|word| word.parse().ok().and_then(Pid::new)));
        true
    }

    /// Everybody who can be seen, ordered by pid. Who ends while it is read may be missing.
    pub(super) fn everybody(&mut self) -> io::Result<Vec<Row>> {
        let all = self.list()?;
        Ok(self.those(&all))
    }

    /// The pids of everybody who can be seen.
    fn list(&self) -> io::Result<Vec<Pid>> {
        // A descriptor of its own, for the position in the directory is the descriptor's.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = openat(&self.proc, ".", flags, Mode::empty())?;
        let mut buffer = [MaybeUninit::uninit(); 16 << 10];
        let mut entries = RawDir::new(dir, &mut buffer);
        let mut pids = Vec::new();
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let pid =
                std::str::from_utf8(entry.file_name().to_bytes()).ok().and_then(|name| name.parse().ok());
            pids.extend(pid.and_then(Pid::new));
        }
        Ok(pids)
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

    /// How still a process stands that was told to stop. One that has gone stands still.
    pub(super) fn motion(&mut self, pid: Pid) -> Motion {
        match self.row(pid) {
            None => Motion::Still,
            Some(row) if row.threads <= 1 => Motion::of(row.state),
            // Its state is the main thread's, and a signal stops one thread after the other.
            Some(row) => {
                let threads = self.threads(pid);
                threads.iter().fold(Motion::of(row.state), |most, row| most.max(Motion::of(row.state)))
            }
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
                assert_ne!(census.motion(me), Motion::Still);
                compared += 1;
            }
        }
        assert_eq!(compared, 1);
    }

    #[test]
    fn whoever_belongs_is_found_by_less_reading() {
        use std::os::unix::process::CommandExt;
        let start =
            |group| std::process::Command::new("sleep").arg("1000").process_group(group).spawn().unwrap();
        let mut leader = start(0);
        let mut other = start(leader.id() as i32);
        let pid = |child: &std::process::Child| Pid::new(child.id()).unwrap();
        let (first, second, me) = (pid(&leader), pid(&other), Pid::new(std::process::id()).unwrap());
        let mut census = Census::open().unwrap();
        let mine = census.row(me).unwrap();
        // As children of a thread of ours, though not of the main one.
        let children = census.around(&[mine.id], &BTreeSet::new()).unwrap();
        // As members of a group, of which we are not.
        let leading = census.row(first).unwrap().id;
        let group = census.around(&[leading], &BTreeSet::from([first.get()])).unwrap();
        // A stranger with the same pid leads to nobody.
        let old = ProcId { start_time: mine.id.start_time - 1, ..mine.id };
        let stranger = census.around(&[old], &BTreeSet::new()).unwrap();
        for child in [&mut leader, &mut other] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let pids = |rows: &[Row]| rows.iter().map(|row| row.id.pid).collect::<Vec<_>>();
        for rows in [&children, &group] {
            assert!(rows.is_sorted_by_key(|row| row.id.pid));
            assert!([first, second, me].iter().all(|pid| pids(rows).contains(pid)), "{rows:?}");
        }
        assert!(!pids(&stranger).contains(&first));
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
