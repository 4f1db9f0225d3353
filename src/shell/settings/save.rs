//! Writing the configuration: whole or not at all, for this user alone, and onto nothing that is not the user's own.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, Stat, fchmod, fstat, fsync, open, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::file;
use crate::shell::output::reason;

/// Changes the file at `path` by `change`, which is given its text, empty where there is none, and returns the new one;
/// whether there was anything to write.
///
/// The new text is written beside it, brought to the disk and put in its place: whoever reads at any time finds all of
/// one or all of the other.
///
/// # Errors
///
/// A sentence without the path that says why nothing was written.
pub(in crate::shell) fn save(
    path: &Path,
    change: impl FnOnce(&str) -> Result<String, String>,
) -> Result<bool, String> {
    let name = path.file_name().ok_or("it has no name")?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let built = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    built.map_err(|error| format!("its folder cannot be created: {}", reason(error)))?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = open(folder, flags, Mode::empty()).map_err(|errno| match errno {
        Errno::LOOP | Errno::NOTDIR => "its folder is a symbolic link".to_owned(),
        errno => format!("its folder cannot be opened: {}", reason(errno)),
    })?;
    let found = fstat(&folder).map_err(file::sentence)?;
    if found.st_uid != geteuid().as_raw() {
        return Err("its folder belongs to another user".to_owned());
    }
    if found.st_mode & 0o002 != 0 {
        return Err("others may write to its folder (chmod o-w)".to_owned());
    }
    let found = there(folder.as_fd(), name).map_err(file::sentence)?;
    let before = match &found {
        Some(found) => {
            may_be_replaced(found)?;
            let flags =
                OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
            let old = openat(&folder, name, flags, Mode::empty()).map_err(file::sentence)?;
            file::text(File::from(old))?
        }
        None => String::new(),
    };
    let after = change(&before)?;
    if after == before {
        return Ok(false);
    }
    // One of this name can only be left over from a process of our number that was killed here.
    let other = format!(".config.{}.new", std::process::id());
    let _ = unlinkat(&folder, other.as_str(), AtFlags::empty());
    let cannot = |error: io::Error| format!("it cannot be written: {}", reason(error));
    let written = write(folder.as_fd(), &other, after.as_bytes()).map_err(cannot).and_then(|()| {
        // The disk took its time: what another editor wrote meanwhile is not in the new text.
        if !is_same(there(folder.as_fd(), name).map_err(file::sentence)?.as_ref(), found.as_ref()) {
            return Err("it was changed in this moment; save once more".to_owned());
        }
        renameat(&folder, other.as_str(), &folder, name).map_err(|errno| cannot(errno.into()))
    });
    if written.is_err() {
        let _ = unlinkat(&folder, other.as_str(), AtFlags::empty());
    }
    written?;
    // The new name may still be lost with the power; the old text is not.
    let _ = fsync(&folder);
    Ok(true)
}

/// What stands in the place of `name`, if anything does.
fn there(folder: BorrowedFd<'_>, name: &OsStr) -> Result<Option<Stat>, Errno> {
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => Ok(Some(found)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Whether nobody wrote to a file meanwhile, nor put another one in its place.
fn is_same(one: Option<&Stat>, other: Option<&Stat>) -> bool {
    let version = |found: &Stat| (found.st_ino, found.st_size, found.st_mtime, found.st_mtime_nsec);
    one.map(version) == other.map(version)
}

/// Creates the file `name` in `folder`, for this user alone, with these bytes on the disk.
fn write(folder: BorrowedFd<'_>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(openat(folder, name, flags, Mode::RUSR | Mode::WUSR)?);
    // A umask can take from that.
    fchmod(&file, Mode::RUSR | Mode::WUSR)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Whether what stands in the place may be replaced: an ordinary file of ours that has no other name.
fn may_be_replaced(found: &Stat) -> Result<(), String> {
    let refuse = |why: &str| Err(why.to_owned());
    if FileType::from_raw_mode(found.st_mode) == FileType::Symlink {
        return refuse("it is a symbolic link");
    }
    file::is_ours(found)?;
    if found.st_uid != geteuid().as_raw() {
        return refuse("it belongs to another user");
    }
    if found.st_nlink > 1 {
        return refuse("it has another name (a hard link)");
    }
    Ok(())
}
