//! Opening and reading below a directory that is kept open: no allocation, one read for most files.
//!
//! Only files that cannot block are read through here (`stat`, `statm`, the machine's own): see `commands` for the
//! others. `O_NONBLOCK` means nothing to a file of procfs, and keeps a fixture's FIFO or device from hanging us.

use std::io::Write;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::ffi::CStr;
use rustix::fs::{AtFlags, Mode, OFlags, RawDir, SeekFrom, fstat, openat, seek, statat};
use rustix::io::Errno;

use super::kept::{Kept, Of};
use crate::model::{Pid, ProcId};

/// Why a file could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Miss {
    /// It is not there (any more): the process has ended.
    Gone,
    /// The kernel does not permit it.
    Denied,
    /// Something is short (descriptors, memory) or broken: nothing is known about the file.
    Failed,
}

impl From<Errno> for Miss {
    fn from(errno: Errno) -> Miss {
        match errno {
            Errno::NOENT | Errno::SRCH | Errno::NOTDIR => Miss::Gone,
            Errno::ACCESS | Errno::PERM => Miss::Denied,
            _ => Miss::Failed,
        }
    }
}

/// A path below `/proc` as text on the stack: `PID/stat`, `PID/task/TID/stat`.
pub(super) struct Path {
    text: [u8; 48],
    len: usize,
}

impl Path {
    /// `PID/name`. Names are ours and short; one that did not fit would name no file.
    pub(super) fn process(pid: Pid, name: &str) -> Path {
        Path::format(format_args!("{pid}/{name}\0"))
    }

    /// `TGID/task/TID/name`.
    pub(super) fn thread(process: Pid, thread: Pid, name: &str) -> Path {
        Path::format(format_args!("{process}/task/{thread}/{name}\0"))
    }

    fn format(path: std::fmt::Arguments<'_>) -> Path {
        let mut text = [0; 48];
        let room = text.len();
        let mut rest = &mut text[..];
        let fits = rest.write_fmt(path).is_ok();
        let len = if fits { room - rest.len() } else { 0 };
        Path { text, len }
    }

    pub(super) fn as_c_str(&self) -> &CStr {
        self.text.get(..self.len).and_then(|text| CStr::from_bytes_with_nul(text).ok()).unwrap_or_default()
    }
}

/// What was read of a file, and the owner of it.
pub(super) struct Content<'a> {
    /// The bytes, at most as many as the buffer holds.
    pub(super) text: &'a [u8],
    /// The file's owner, where it was asked for: for a file of procfs the effective uid of the process.
    pub(super) uid: Option<u32>,
}

/// Opens files below one directory, into one buffer.
pub(super) struct Files {
    dir: OwnedFd,
    /// Descriptors kept for the hour of need: given up when there are no others left, so that a look goes on.
    spare: Vec<OwnedFd>,
    /// The machine's own files, kept open where that is sound: below a real `/proc`.
    machine: Vec<(&'static CStr, OwnedFd)>,
    keeps: bool,
    kept: Kept,
    buffer: Vec<u8>,
    entries: Vec<MaybeUninit<u8>>,
}

/// One for us and one for a reader of command lines, who may still be at it when the next look begins.
const SPARE: usize = 2;

/// What most files of a process fit in; the lines of `/proc/stat` of a large machine need more.
const BUFFER: usize = 16 << 10;

/// No file that we read here is larger: 512 CPUs and thousands of interrupt counters stay far below.
const LARGEST: usize = 4 << 20;

impl Files {
    /// Opens the directory `path`.
    ///
    /// With `keeps`, files may be kept open from look to look: their text is made anew whenever they are read from the
    /// beginning, as in the kernel's own `/proc`, and nobody puts others into their places.
    pub(super) fn open(path: &std::path::Path, keeps: bool) -> Result<Files, Errno> {
        let dir =
            rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let mut entries = Vec::new();
        entries.resize_with(32 << 10, MaybeUninit::uninit);
        let mut files = Files {
            dir,
            spare: Vec::with_capacity(SPARE),
            machine: Vec::new(),
            keeps,
            kept: Kept::default(),
            buffer: vec![0; BUFFER],
            entries,
        };
        files.keep_spare();
        Ok(files)
    }

    /// The directory itself, for readers on other threads.
    pub(super) fn share(&self) -> Result<OwnedFd, Errno> {
        rustix::io::fcntl_dupfd_cloexec(&self.dir, 3)
    }

    /// Takes the spare descriptors back, if there are any again. Once a look.
    pub(super) fn keep_spare(&mut self) {
        while self.spare.len() < SPARE
            && let Ok(spare) = self.share()
        {
            self.spare.push(spare);
        }
    }

    fn open_below(&mut self, path: &CStr, more: OFlags) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | more;
        loop {
            match openat(&self.dir, path, flags, Mode::empty()) {
                Err(Errno::INTR) => {}
                Err(Errno::MFILE | Errno::NFILE) if self.lets_go() => {}
                Err(Errno::MFILE | Errno::NFILE) if !self.spare.is_empty() => self.spare.clear(),
                result => return result,
            }
        }
    }

    /// Closes the files of processes on screen, which are kept open only for speed; whether there were any. From now on
    /// no more is kept, so that the last descriptors go round among those who need one for a moment: the other files,
    /// the readers of command lines, whoever acts on a process.
    fn lets_go(&mut self) -> bool {
        self.keeps = false;
        self.kept.clear()
    }

    /// The files' whole text, and the uid of its owner where `owner` is asked for. Text that does not end with a
    /// newline may be a short read and is read on.
    pub(super) fn read(&mut self, path: &Path, owner: bool) -> Result<Content<'_>, Miss> {
        let file = self.open_below(path.as_c_str(), OFlags::empty())?;
        let len = self.fill(&file)?;
        let uid = if owner { Some(fstat(&file)?.st_uid) } else { None };
        Ok(Content { text: self.buffer.get(..len).unwrap_or(&[]), uid })
    }

    /// The text of a file of a process on screen, which is kept open for the next look.
    pub(super) fn read_kept(&mut self, id: ProcId, of: Of) -> Result<Content<'_>, Miss> {
        if let Some(file) = self.kept.take(id, of) {
            // One that has ended may have left its pid to another: that one is asked below.
            if let Ok(len) = self.fill(&file) {
                self.kept.put(id, of, file);
                return Ok(Content { text: self.buffer.get(..len).unwrap_or(&[]), uid: None });
            }
        }
        let file = self.open_below(Path::process(id.pid, of.name()).as_c_str(), OFlags::empty())?;
        let len = self.fill(&file)?;
        if self.keeps {
            self.kept.put(id, of, file);
        }
        Ok(Content { text: self.buffer.get(..len).unwrap_or(&[]), uid: None })
    }

    /// Keeps files of nobody but those in `ids`, which is ordered.
    pub(super) fn keep_only(&mut self, ids: &[ProcId]) {
        self.kept.only(ids);
    }

    /// Reads a file of a process from its beginning into the buffer; how long it is.
    fn fill(&mut self, file: &OwnedFd) -> Result<usize, Errno> {
        let mut len = 0;
        while let Some(room) = self.buffer.get_mut(len..).filter(|room| !room.is_empty()) {
            match rustix::io::pread(file, room, len as u64) {
                Ok(0) => break,
                Ok(n) => len += n,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
            if len.checked_sub(1).and_then(|last| self.buffer.get(last)) == Some(&b'\n') {
                break;
            }
        }
        Ok(len)
    }

    /// The text of a file of the machine, by its name below the directory: read until its end, however many reads
    /// that takes.
    pub(super) fn read_whole(&mut self, name: &'static CStr) -> Result<&[u8], Miss> {
        let kept = self.machine.iter().position(|(known, _)| *known == name);
        let was_kept = kept.is_some();
        let file = match kept.map(|at| self.machine.swap_remove(at)) {
            Some((_, file)) => file,
            None => self.open_below(name, OFlags::empty())?,
        };
        let len = self.fill_whole(&file)?;
        if was_kept || self.keeps {
            self.machine.push((name, file));
        }
        Ok(self.buffer.get(..len).unwrap_or(&[]))
    }

    /// Reads a file of any length from its beginning into the buffer; how long it is.
    fn fill_whole(&mut self, file: &OwnedFd) -> Result<usize, Miss> {
        let mut len = 0;
        loop {
            if len == self.buffer.len() {
                if len >= LARGEST {
                    return Err(Miss::Failed);
                }
                self.buffer.resize(len * 2, 0);
            }
            let room = self.buffer.get_mut(len..).unwrap_or_default();
            match rustix::io::pread(file, room, len as u64) {
                Ok(0) => return Ok(len),
                Ok(n) => len += n,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// The owner of the directory of a process: its effective uid.
    pub(super) fn owner_of(&self, pid: Pid) -> Result<u32, Miss> {
        Ok(statat(&self.dir, Path::process(pid, "").as_c_str(), AtFlags::empty())?.st_uid)
    }

    /// Appends the pids that are names in the directory itself.
    pub(super) fn list(&mut self, pids: &mut Vec<Pid>) -> Result<(), Miss> {
        seek(&self.dir, SeekFrom::Start(0))?;
        numbers(self.dir.as_fd(), &mut self.entries, pids)
    }

    /// Appends the threads of a process, its leader too.
    pub(super) fn list_threads(&mut self, process: Pid, tids: &mut Vec<Pid>) -> Result<(), Miss> {
        self.list_numbers(process, "task", tids)
    }

    /// Appends the names in a directory of a process that are numbers above 0.
    pub(super) fn list_numbers(&mut self, process: Pid, name: &str, out: &mut Vec<Pid>) -> Result<(), Miss> {
        let dir = self.open_below(Path::process(process, name).as_c_str(), OFlags::DIRECTORY)?;
        numbers(dir.as_fd(), &mut self.entries, out)
    }

    /// Where a link leads.
    pub(super) fn link(&self, path: &Path) -> Result<Vec<u8>, Miss> {
        Ok(rustix::fs::readlinkat(&self.dir, path.as_c_str(), Vec::new())?.into_bytes())
    }
}

/// The entries of a directory that are numbers.
fn numbers(dir: BorrowedFd<'_>, buffer: &mut [MaybeUninit<u8>], out: &mut Vec<Pid>) -> Result<(), Miss> {
    let mut entries = RawDir::new(dir, buffer);
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) => out.extend(super::parse::pid(entry.file_name().to_bytes())),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pid(n: u32) -> Pid {
        Pid::new(n).unwrap()
    }

    #[test]
    fn the_longest_path_fits() {
        let path = Path::thread(pid(i32::MAX as u32), pid(i32::MAX as u32), "schedstat");
        assert_eq!(path.as_c_str().to_bytes(), b"2147483647/task/2147483647/schedstat");
        assert_eq!(Path::process(pid(7), "stat").as_c_str().to_bytes(), b"7/stat");
        assert_eq!(Path::process(pid(7), &"x".repeat(60)).as_c_str().to_bytes(), b"");
    }

    #[test]
    fn only_canonical_numbers_are_pids() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["12", "7", "self", "07", "0", "4294967296", "-1", "1x"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        let mut files = Files::open(dir.path(), false).unwrap();
        for _ in 0..2 {
            let mut pids = Vec::new();
            files.list(&mut pids).unwrap();
            pids.sort_unstable();
            assert_eq!(pids, [pid(7), pid(12)]);
        }
    }

    #[test]
    fn long_files_are_read_to_their_end() {
        let dir = tempfile::tempdir().unwrap();
        let text = "x\n".repeat(BUFFER);
        std::fs::write(dir.path().join("long"), &text).unwrap();
        let mut files = Files::open(dir.path(), false).unwrap();
        assert_eq!(files.read_whole(c"long").map(<[u8]>::len), Ok(text.len()));
        assert_eq!(files.read_whole(c"none").map(<[u8]>::len), Err(Miss::Gone));
    }
}
