//! Control groups of version 2: where they are mounted, who is in one, and the file that ends all of them at once.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::model::Pid;

/// How deep below a cgroup members are looked for.
const DEEPEST: u32 = 32;

/// The folder of the cgroup that `/proc/PID/cgroup` calls `path`; `None` where it cannot be seen from here.
pub(super) fn folder(path: &[u8]) -> Option<PathBuf> {
    let found = find(&fs::read("/proc/self/mountinfo").ok()?, path)?;
    found.join("cgroup.procs").exists().then_some(found)
}

/// Looks for the cgroup in the mounts of proc_pid_mountinfo(5).
fn find(mounts: &[u8], path: &[u8]) -> Option<PathBuf> {
    // Outside our cgroup namespace the kernel writes paths that lead up.
    if path.first() != Some(&b'/') || path.split(|&b| b == b'/').any(|part| part == b"..") {
        return None;
    }
    mounts.split(|&b| b == b'\n').find_map(|line| {
        let mut words = line.split(|&b| b == b' ');
        let (root, point) = (unescape(words.nth(3)?), unescape(words.next()?));
        // After optional fields a lonely hyphen, then the kind of file system.
        words.find(|word| *word == b"-")?;
        if words.next() != Some(b"cgroup2") {
            return None;
        }
        // What is mounted may itself be a part of the whole.
        let below = if root == b"/" { path } else { path.strip_prefix(root.as_slice())? };
        if !below.is_empty() && !below.starts_with(b"/") {
            return None;
        }
        let below = below.strip_prefix(b"/").unwrap_or(below);
        Some(Path::new(std::ffi::OsStr::from_bytes(&point)).join(std::ffi::OsStr::from_bytes(below)))
    })
}

/// Spaces, tabs, newlines and backslashes stand as three octal digits.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) if first == b'\\' => {
                out.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            _ => {
                out.push(first);
                rest = after;
            }
        }
    }
    out
}

/// Who is in the cgroup or below it; empty where nothing can be read. Zombies are in no such list.
pub(super) fn members(folder: &Path) -> Vec<Pid> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        let text = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        // 0 stands for somebody outside our pid namespace.
        found.extend(text.lines().filter_map(|line| line.parse().ok().and_then(Pid::new)));
        if depth < DEEPEST {
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
            open.extend(folders.map(|entry| (entry.path(), depth + 1)));
        }
    }
    found
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_is_found_among_others() {
        let mounts = b"25 1 0:22 / /sys rw shared:1 - sysfs sysfs rw\n\
            30 25 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
            31 25 0:27 / /sys/fs/my\\040groups rw,nosuid shared:9 master:2 - cgroup2 cgroup2 rw\n";
        let at = |path: &str| find(mounts, path.as_bytes());
        assert_eq!(at("/a.slice/b.service").unwrap(), Path::new("/sys/fs/my groups/a.slice/b.service"));
        assert_eq!(at("/").unwrap(), Path::new("/sys/fs/my groups/"));
        for bad in ["", "a", "/../a", "/a/.."] {
            assert_eq!(at(bad), None, "{bad}");
        }
        assert_eq!(find(b"", b"/a"), None);
    }

    #[test]
    fn a_mounted_part_shows_only_what_is_in_it() {
        let mounts = b"31 25 0:27 /pod /cg rw - cgroup2 cgroup2 rw\n";
        assert_eq!(find(mounts, b"/pod/x").unwrap(), Path::new("/cg/x"));
        assert_eq!(find(mounts, b"/pod").unwrap(), Path::new("/cg/"));
        assert_eq!(find(mounts, b"/podium"), None);
        assert_eq!(find(mounts, b"/x"), None);
    }
}
