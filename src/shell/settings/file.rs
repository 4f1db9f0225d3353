//! Reading a file whose path somebody else may have chosen, or whose place somebody else may have prepared.
//!
//! A FIFO would hang us, a device do something, a large file fill the memory, and a file that others may write to say
//! what they want. All of these are told in a sentence and left alone.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, open, stat};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid};

use crate::shell::output::reason;

/// The largest file that is read, bytes.
const LARGEST: u64 = 1 << 20;

/// The text of `path`; `None` where there is no such file.
///
/// # Errors
///
/// A sentence without the path that says why it cannot be used.
pub(in crate::shell) fn read(path: &Path) -> Result<Option<String>, String> {
    // Before it is opened: the opening alone of some devices does something.
    match stat(path) {
        Ok(found) => is_ours(&found)?,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(sentence(errno)),
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    match open(path, flags, Mode::empty()) {
        Ok(descriptor) => text(File::from(descriptor)).map(Some),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(sentence(errno)),
    }
}

/// The text of a file that is open; what it is is asked again, as it may have been exchanged since.
pub(super) fn text(file: File) -> Result<String, String> {
    is_ours(&fstat(file.as_fd()).map_err(sentence)?)?;
    let mut bytes = Vec::new();
    let mut some = file.take(LARGEST + 1);
    some.read_to_end(&mut bytes).map_err(|error| format!("it cannot be read: {}", reason(error)))?;
    if bytes.len() as u64 > LARGEST {
        return Err(too_large());
    }
    if bytes.contains(&0) {
        return Err("it is no text: there are zero bytes in it".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        format!("it is no text: line {line} is not UTF-8")
    })
}

/// Whether a file is one that only we and root can have written.
pub(super) fn is_ours(found: &Stat) -> Result<(), String> {
    let refuse = |why: &str| Err(why.to_owned());
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return refuse("it is not an ordinary file");
    }
    if found.st_uid != 0 && found.st_uid != geteuid().as_raw() {
        return refuse("it belongs to another user");
    }
    // A group of one's own is usual, and then the umask lets it write.
    let others = if found.st_gid == getegid().as_raw() { 0o002 } else { 0o022 };
    if found.st_mode & others != 0 {
        return refuse("others may write to it (chmod go-w)");
    }
    if u64::try_from(found.st_size).is_ok_and(|size| size > LARGEST) { Err(too_large()) } else { Ok(()) }
}

fn too_large() -> String {
    format!("it is larger than {} KiB", LARGEST >> 10)
}

/// Why a file cannot be opened.
pub(super) fn sentence(errno: Errno) -> String {
    match errno {
        Errno::LOOP => "its symbolic links lead nowhere".to_owned(),
        // What open(2) says of a socket.
        Errno::NXIO => "it is not an ordinary file".to_owned(),
        errno => format!("it cannot be opened: {}", reason(errno)),
    }
}
