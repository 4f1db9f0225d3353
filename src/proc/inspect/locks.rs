//! File locks: `/proc/locks`, joined with the files that the process has open.

use std::collections::BTreeMap;

use rustix::fs::OFlags;

use super::super::parse;
use super::Look;
use super::status::hex;
use super::text::{self, Buffer, Numbered};
use crate::model::inspect::{Datum, Lock, LockKind, Locks, Party, Refused};
use crate::model::{Pid, Untrusted};

/// So many descriptors are joined with locks.
const MOST_FILES: usize = 4096;

/// So many locks are told.
const MOST: usize = 1024;

/// What is open is asked again in so many looks.
const SELDOM: u32 = 5;

/// What the page remembers: the files that the process has open, by descriptor.
#[derive(Default)]
pub(super) struct Memo {
    files: Vec<Open>,
    looks: u32,
}

/// A file that is open.
struct Open {
    fd: u32,
    inode: Option<u64>,
    device: Option<(u32, u32)>,
    /// The locks that `fdinfo` names.
    locks: Vec<Line>,
    path: Untrusted,
}

/// One line of `/proc/locks`, or of a `lock:` of `fdinfo`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Line {
    number: u64,
    waits: bool,
    kind: LockKind,
    mandatory: bool,
    write: bool,
    pid: Option<Pid>,
    device: (u32, u32),
    inode: u64,
    start: u64,
    end: Option<u64>,
}

pub(super) fn read(look: &Look<'_>, memo: &mut Memo, buffer: &mut Buffer) -> Locks {
    if memo.looks.is_multiple_of(SELDOM) || look.fresh {
        memo.files = files(look, buffer);
    }
    memo.looks = memo.looks.wrapping_add(1);
    let lines: Vec<Line> = match buffer.read(look.proc, "locks") {
        Ok(text) => parse::lines(text).filter_map(line).collect(),
        Err(miss) => return Locks { locks: Err(look.refused(miss)) },
    };
    Locks { locks: join(look, &lines, &memo.files, buffer) }
}

fn join(look: &Look<'_>, lines: &[Line], files: &[Open], buffer: &mut Buffer) -> Datum<Vec<Lock>> {
    let mut names: BTreeMap<Pid, Option<Untrusted>> = BTreeMap::new();
    let mut party = |pid: Pid, write: bool| Party {
        pid,
        name: names
            .entry(pid)
            .or_insert_with(|| {
                let text = buffer.read(look.proc, Numbered::new(pid.get(), "/comm").as_str()).ok()?;
                Some(Untrusted::new(text.strip_suffix(b"\n").unwrap_or(text)))
            })
            .clone(),
        write,
    };
    let me = look.id.pid;
    let mut locks = Vec::new();
    let mut rest = lines;
    while let Some((held, behind)) = rest.split_first() {
        // Who waits follows the lock it waits for, under the same number.
        let count = behind.iter().take_while(|line| line.waits && line.number == held.number).count();
        let (waiters, next) = behind.split_at_checked(count).unwrap_or((&[], behind));
        rest = next;
        let same = |line: &Line| {
            (line.kind, line.device, line.inode, line.start, line.end)
                == (held.kind, held.device, held.inode, held.start, held.end)
        };
        let by_info = files.iter().find(|file| file.locks.iter().any(same));
        let by_inode = files.iter().find(|file| {
            file.inode == Some(held.inode) && file.device.is_none_or(|device| device == held.device)
        });
        let (we_hold, we_wait) =
            (held.pid == Some(me) || by_info.is_some(), waiters.iter().any(|line| line.pid == Some(me)));
        let file = by_info.or(by_inode);
        if !we_hold && !we_wait && file.is_none() || locks.len() >= MOST {
            continue;
        }
        locks.push(Lock {
            kind: held.kind,
            mandatory: held.mandatory,
            write: held.write,
            holder: held.pid.map(|pid| party(pid, held.write)),
            ours: we_hold,
            fd: file.map(|file| file.fd),
            device: held.device,
            inode: held.inode,
            path: file.map(|file| file.path.clone()),
            start: held.start,
            end: held.end,
            waiters: waiters.iter().filter_map(|line| Some(party(line.pid?, line.write))).collect(),
            we_wait,
        });
    }
    if locks.is_empty() && lines.is_empty() && !look.ours {
        return Err(Refused::HasNone);
    }
    Ok(locks)
}

/// The files that the process has open and on which there may be locks.
fn files(look: &Look<'_>, buffer: &mut Buffer) -> Vec<Open> {
    let (Ok(info), Ok(links)) =
        (text::open(look.dir, "fdinfo", OFlags::DIRECTORY), text::open(look.dir, "fd", OFlags::DIRECTORY))
    else {
        return Vec::new();
    };
    let mounts = mounts(buffer.read(look.dir, "mountinfo").unwrap_or_default());
    let mut fds = Vec::new();
    if buffer.numbers(&links, &mut fds).is_err() {
        return Vec::new();
    }
    let mut files = Vec::new();
    for fd in fds.into_iter().take(MOST_FILES) {
        let Ok(path) = buffer.link(&links, Numbered::new(fd, "").as_str()) else { continue };
        // Pipes, sockets and what has no path cannot be locked.
        if !path.starts_with(b"/") {
            continue;
        }
        let path = Untrusted::new(path);
        let Ok(text) = buffer.read(&info, Numbered::new(fd, "").as_str()) else { continue };
        let mut file = Open { fd, inode: None, device: None, locks: Vec::new(), path };
        for (name, value) in parse::pairs(text) {
            let number = || parse::words(value).next().and_then(parse::unsigned);
            match name {
                b"ino" => file.inode = number(),
                b"mnt_id" => file.device = number().and_then(|mount| mounts.get(&mount).copied()),
                b"lock" => file.locks.extend(line(value)),
                _ => {}
            }
        }
        files.push(file);
    }
    files
}

/// The devices of mounts by their numbers: `mountinfo`.
fn mounts(text: &[u8]) -> BTreeMap<u64, (u32, u32)> {
    let line = |line: &[u8]| {
        let mut words = parse::words(line);
        let number = parse::unsigned(words.next()?)?;
        let device = words.nth(1)?;
        let colon = device.iter().position(|byte| *byte == b':')?;
        let part = |word: &[u8]| u32::try_from(parse::unsigned(word)?).ok();
        Some((number, (part(device.get(..colon)?)?, part(device.get(colon + 1..)?)?)))
    };
    parse::lines(text).filter_map(line).collect()
}

/// `1: POSIX  ADVISORY  WRITE 3548 fe:00:12345 0 EOF`, with `->` behind the number for who waits.
fn line(text: &[u8]) -> Option<Line> {
    let mut words = parse::words(text).peekable();
    let number = parse::unsigned(words.next()?.strip_suffix(b":")?)?;
    let waits = words.next_if(|word| *word == b"->").is_some();
    let kind = match words.next()? {
        b"POSIX" | b"ACCESS" => LockKind::Posix,
        b"OFDLCK" => LockKind::OpenFile,
        b"FLOCK" => LockKind::Flock,
        b"LEASE" => LockKind::Lease,
        b"DELEG" => LockKind::Delegation,
        _ => LockKind::Other,
    };
    let mandatory = words.next()? == b"MANDATORY";
    let write = matches!(words.next()?, b"WRITE" | b"RW");
    let pid = parse::signed(words.next()?)?;
    let mut place = words.next()?.splitn(3, |byte| *byte == b':');
    let mut part = || u32::try_from(hex(place.next()?)?).ok();
    let device = (part()?, part()?);
    let inode = parse::unsigned(place.next()?)?;
    let start = parse::unsigned(words.next()?)?;
    let end = words.next()?;
    let end = if end == b"EOF" { None } else { Some(parse::unsigned(end)?) };
    let pid = u32::try_from(pid).ok().and_then(Pid::new);
    Some(Line { number, waits, kind, mandatory, write, pid, device, inode, start, end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_locks_and_who_waits() {
        let held = line(b"7: POSIX  ADVISORY  WRITE 3548 fe:00:12345 10 19").unwrap();
        assert_eq!((held.number, held.waits, held.kind, held.write), (7, false, LockKind::Posix, true));
        assert_eq!((held.pid, held.device, held.inode), (Pid::new(3548), (254, 0), 12345));
        assert_eq!((held.start, held.end), (10, Some(19)));
        let waits = line(b"7:  -> POSIX  ADVISORY  READ 99 fe:00:12345 0 EOF").unwrap();
        assert_eq!((waits.waits, waits.write, waits.end), (true, false, None));
        let of_file = line(b"\t1: OFDLCK ADVISORY  READ  -1 00:2c:9 0 EOF").unwrap();
        assert_eq!((of_file.pid, of_file.kind, of_file.device), (None, LockKind::OpenFile, (0, 44)));
        assert_eq!((line(b"7: POSIX ADVISORY"), line(b"")), (None, None));
    }

    #[test]
    fn mounts_have_devices() {
        let text = b"24 1 0:22 / /proc rw - proc proc rw\n31 1 254:0 / / rw - ext4 /dev/vda rw\n";
        assert_eq!(mounts(text), BTreeMap::from([(24, (0, 22)), (31, (254, 0))]));
    }
}
