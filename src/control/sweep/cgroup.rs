//! What a sweep wants of a control group: who is in it, and the file that ends all of them at once.

use std::fs;
use std::io;
use std::path::Path;

use crate::control::cgroups;
use crate::model::Pid;

pub(super) use crate::control::cgroups::folder;

/// All who are in the cgroup or below it.
pub(super) fn members(folder: &Path) -> Vec<Pid> {
    cgroups::members(folder, usize::MAX)
}

/// Sends SIGKILL to whoever is in the cgroup or below it, at once and atomically against fork(2): `cgroup.kill`,
/// Linux 5.14.
///
/// # Errors
///
/// There is no such file, or it may not be written by us.
pub(super) fn kill(folder: &Path) -> io::Result<()> {
    // Not created where it is missing, and not cut.
    fs::OpenOptions::new().write(true).open(folder.join("cgroup.kill")).and_then(|mut file| {
        use std::io::Write;
        file.write_all(b"1")
    })
}
