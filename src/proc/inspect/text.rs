//! Reading below a directory that is kept open: whole files, links and names that are numbers.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags, RawDir, openat, readlinkat_raw};
use rustix::io::Errno;
use rustix::path::Arg;

use super::super::files::Miss;
use super::super::parse;

/// No file that is read here as a whole is larger, but for those that readers read.
const LARGEST: usize = 8 << 20;

/// What most files of a process fit in.
const ROOM: usize = 16 << 10;

/// The longest path that a link tells: `PATH_MAX`, and the words behind it.
const LINK: usize = 4200;

/// What is read into, again and again.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    entries: Vec<MaybeUninit<u8>>,
}

impl Default for Buffer {
    fn default() -> Buffer {
        let mut entries = Vec::new();
        entries.resize_with(16 << 10, MaybeUninit::uninit);
        Buffer { bytes: vec![0; ROOM], entries }
    }
}

/// Opens a file or directory below `dir`.
pub(super) fn open(dir: impl AsFd, path: impl Arg, more: OFlags) -> Result<OwnedFd, Miss> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | more;
    let opened = path.into_with_c_str(|path| {
        loop {
            match openat(&dir, path, flags, Mode::empty()) {
                Err(Errno::INTR) => {}
                result => return result,
            }
        }
    });
    Ok(opened?)
}

impl Buffer {
    /// The text of a file below `dir`.
    pub(super) fn read(&mut self, dir: impl AsFd, path: impl Arg) -> Result<&[u8], Miss> {
        let file = open(dir, path, OFlags::empty())?;
        self.read_open(&file)
    }

    /// The text of an open file, from its beginning.
    pub(super) fn read_open(&mut self, file: &OwnedFd) -> Result<&[u8], Miss> {
        let mut len = 0;
        loop {
            if len == self.bytes.len() {
                if len >= LARGEST {
                    return Err(Miss::Failed);
                }
                self.bytes.resize(len * 2, 0);
            }
            let room = self.bytes.get_mut(len..).unwrap_or_default();
            let size = room.len();
            match rustix::io::pread(file, room, len as u64) {
                Ok(0) => break,
                Ok(n) => {
                    len += n;
                    // A file of one short record is over with the first read; longer ones come in pages.
                    let short = n < size && len < 2048;
                    if short && self.bytes.get(len - 1) == Some(&b'\n') {
                        break;
                    }
                }
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(self.bytes.get(..len).unwrap_or_default())
    }

    /// Hands each line of a file below `dir` to `take`, up to about `most` bytes; whether that was all of it. However
    /// long the file is, little of it is held.
    pub(super) fn each_line(
        &mut self,
        dir: impl AsFd,
        path: impl Arg,
        most: usize,
        mut take: impl FnMut(&[u8]),
    ) -> Result<bool, Miss> {
        let file = open(dir, path, OFlags::empty())?;
        let (mut kept, mut total) = (0, 0);
        loop {
            if self.bytes.len() - kept < ROOM / 2 {
                if self.bytes.len() >= LARGEST {
                    return Err(Miss::Failed);
                }
                self.bytes.resize(self.bytes.len() * 2, 0);
            }
            let n = match rustix::io::read(&file, self.bytes.get_mut(kept..).unwrap_or_default()) {
                Ok(n) => n,
                Err(Errno::INTR) => continue,
                Err(errno) => return Err(errno.into()),
            };
            let filled = self.bytes.get(..kept + n).unwrap_or_default();
            let whole = match filled.iter().rposition(|byte| *byte == b'\n') {
                Some(end) if n > 0 => end + 1,
                None if n > 0 => 0,
                _ => filled.len(),
            };
            parse::lines(filled.get(..whole).unwrap_or_default()).for_each(&mut take);
            total += n;
            if n == 0 || total >= most {
                return Ok(n == 0);
            }
            self.bytes.copy_within(whole..kept + n, 0);
            kept = kept + n - whole;
        }
    }

    /// Where a link below `dir` leads.
    pub(super) fn link(&mut self, dir: impl AsFd, path: &str) -> Result<&[u8], Miss> {
        let room = self.bytes.get_mut(..LINK).unwrap_or_default();
        let len = readlinkat_raw(dir, path, &mut *room)?;
        Ok(self.bytes.get(..len).unwrap_or_default())
    }

    /// Appends the names in a directory below `dir` that are numbers, in order.
    pub(super) fn numbers(&mut self, dir: impl AsFd, out: &mut Vec<u32>) -> Result<(), Miss> {
        rustix::fs::seek(dir.as_fd(), rustix::fs::SeekFrom::Start(0))?;
        let mut entries = RawDir::new(dir, &mut self.entries);
        while let Some(entry) = entries.next() {
            match entry {
                Ok(entry) => {
                    let number = parse::unsigned(entry.file_name().to_bytes());
                    out.extend(number.and_then(|number| u32::try_from(number).ok()));
                }
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        out.sort_unstable();
        Ok(())
    }
}

/// A path below a directory that begins with a number: `123/stat`. Short, and without allocation.
pub(super) struct Numbered {
    text: [u8; 40],
    len: usize,
}

impl Numbered {
    /// `number`, and `rest` behind it.
    pub(super) fn new(number: u32, rest: &str) -> Numbered {
        use std::io::Write;
        let mut text = [0; 40];
        let room = text.len();
        let mut left = &mut text[..];
        let fits = write!(left, "{number}{rest}").is_ok();
        let len = if fits { room - left.len() } else { 0 };
        Numbered { text, len }
    }

    /// It as text.
    pub(super) fn as_str(&self) -> &str {
        self.text.get(..self.len).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_read_line_by_line_and_not_further_than_is_wanted() {
        let place = tempfile::tempdir().unwrap();
        let line = "x".repeat(70);
        let text: Vec<String> = (0..5000).map(|n| format!("{n} {line}\n")).collect();
        std::fs::write(place.path().join("long"), format!("{}last", text.concat())).unwrap();
        let dir = std::fs::File::open(place.path()).unwrap();
        let mut buffer = Buffer::default();
        let mut read = |most| {
            let mut lines = Vec::new();
            let whole = buffer.each_line(&dir, "long", most, |line| lines.push(line.len())).unwrap();
            (whole, lines)
        };
        let (whole, lines) = read(usize::MAX);
        assert_eq!((whole, lines.len(), lines[0], lines[4999], lines[5000]), (true, 5001, 72, 75, 4));
        let (whole, lines) = read(100_000);
        assert!(!whole && (1300..2000).contains(&lines.len()), "{}", lines.len());
        assert!(buffer.bytes.len() <= 2 * ROOM);
    }
}
