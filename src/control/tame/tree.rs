//! Where cgroup v2 is mounted: alone at `/sys/fs/cgroup`, beside version 1 at `/sys/fs/cgroup/unified`, or elsewhere.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::OnceLock;

const OUTSIDE: &str = "its cgroup lies outside of what is mounted here";
const DELETED: &str = "its cgroup was removed";

/// A mount of cgroup v2.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Tree {
    /// Where it is mounted.
    pub(super) mount: PathBuf,
    /// Which cgroup is mounted there, as `/proc/PID/cgroup` names it; `/` but in a bind mount.
    pub(super) root: Vec<u8>,
}

impl Tree {
    /// The mount that we see. It is looked for until there is one, and stays.
    pub(super) fn find() -> Option<Tree> {
        static FOUND: OnceLock<Tree> = OnceLock::new();
        if let Some(tree) = FOUND.get() {
            return Some(tree.clone());
        }
        let tree = Tree::parse(&fs::read("/proc/self/mountinfo").ok()?)?;
        Some(FOUND.get_or_init(|| tree).clone())
    }

    /// Finds it in the text of `/proc/self/mountinfo`: proc_pid_mountinfo(5). Of several the one that shows most.
    pub(super) fn parse(mountinfo: &[u8]) -> Option<Tree> {
        let trees = mountinfo.split(|&b| b == b'\n').filter_map(|line| {
            let mut words = line.split(|&b| b == b' ');
            let (root, mount) = (words.nth(3)?, words.next()?);
            // Any number of optional fields, a dash, and the type.
            let kind = words.skip_while(|word| *word != b"-").nth(1)?;
            let mount = PathBuf::from(std::ffi::OsString::from_vec(unescape(mount)));
            (kind == b"cgroup2").then(|| Tree { mount, root: unescape(root) })
        });
        trees.min_by_key(|tree| tree.root.len())
    }

    /// The folder of the cgroup at `path`; else why there is none, as a part of a sentence.
    pub(super) fn folder(&self, path: &[u8]) -> Result<PathBuf, &'static str> {
        if path.ends_with(b" (deleted)") {
            return Err(DELETED);
        }
        let root = self.root.strip_suffix(b"/").unwrap_or(&self.root);
        let below = path.strip_prefix(root).filter(|rest| rest.is_empty() || rest.starts_with(b"/"));
        let below = below.ok_or(OUTSIDE)?;
        // Above our cgroup namespace: cgroup_namespaces(7).
        if below.split(|&b| b == b'/').any(|part| part == b"..") {
            return Err(OUTSIDE);
        }
        let below = below.strip_prefix(b"/").unwrap_or(below);
        if below.is_empty() { Ok(self.mount.clone()) } else { Ok(self.mount.join(OsStr::from_bytes(below))) }
    }
}

/// Blanks, tabs, newlines and backslashes are written as three octal digits.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        match rest {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest = tail;
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(mount: &str, root: &str) -> Tree {
        Tree { mount: PathBuf::from(mount), root: root.as_bytes().to_vec() }
    }

    #[test]
    fn the_mount_is_found_on_all_kinds_of_hosts() {
        let alone = b"22 1 0:21 / /proc rw - proc proc rw\n\
            30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
        assert_eq!(Tree::parse(alone), Some(tree("/sys/fs/cgroup", "/")));
        let beside = b"31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
            33 31 0:30 / /sys/fs/cgroup/cpu rw master:1 propagate_from:2 - cgroup cgroup rw,cpu\n\
            41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";
        assert_eq!(Tree::parse(beside), Some(tree("/sys/fs/cgroup/unified", "/")));
        let bound = b"50 1 0:26 /a/b /mnt/my\\040part rw - cgroup2 cgroup2 rw\n\
            51 1 0:26 /a /mnt/more rw - cgroup2 cgroup2 rw\n";
        assert_eq!(Tree::parse(bound), Some(tree("/mnt/more", "/a")));
        assert_eq!(
            Tree::parse(bound.split(|&b| b == b'\n').next().unwrap()),
            Some(tree("/mnt/my part", "/a/b"))
        );
        for none in [&b""[..], b"1 2 3", b"31 23 0:28 / /cgroup2 rw - tmpfs cgroup2 rw"] {
            assert_eq!(Tree::parse(none), None);
        }
    }

    #[test]
    fn a_path_becomes_a_folder_below_the_mount_or_none() {
        let whole = tree("/cg", "/");
        let folder =
            |tree: &Tree, path: &str| tree.folder(path.as_bytes()).map(|path| path.display().to_string());
        assert_eq!(folder(&whole, "/").as_deref(), Ok("/cg"));
        assert_eq!(folder(&whole, "/a.slice/b").as_deref(), Ok("/cg/a.slice/b"));
        assert_eq!(folder(&whole, "/../b"), Err(OUTSIDE));
        assert_eq!(folder(&whole, "/a (deleted)"), Err(DELETED));
        let part = tree("/cg", "/a");
        assert_eq!(folder(&part, "/a/b").as_deref(), Ok("/cg/b"));
        assert_eq!(folder(&part, "/a").as_deref(), Ok("/cg"));
        assert_eq!(folder(&part, "/ab"), Err(OUTSIDE));
        assert_eq!(folder(&part, "/"), Err(OUTSIDE));
    }
}
