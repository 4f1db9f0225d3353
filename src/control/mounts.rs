//! Where control groups are mounted: version 2 alone at `/sys/fs/cgroup`, beside version 1 at `/sys/fs/cgroup/unified`,
//! or elsewhere; and which folder stands for the cgroup that `/proc/PID/cgroup` names.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::OnceLock;

const OUTSIDE: &str = "its cgroup lies outside of what is mounted here";
const DELETED: &str = "its cgroup was removed";

/// A mounted hierarchy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Mount {
    /// Where it is mounted.
    pub(super) at: PathBuf,
    /// Which of its cgroups is mounted there, as `/proc/PID/cgroup` names it: `/` is all of them.
    pub(super) root: Vec<u8>,
}

impl Mount {
    /// The hierarchy of version 2.
    pub(super) fn v2() -> Option<Mount> {
        Mounts::get().v2
    }

    /// The freezer of version 1.
    pub(super) fn freezer() -> Option<Mount> {
        Mounts::get().freezer
    }

    /// The folder of the cgroup at `path`; else why there is none, as a part of a sentence.
    pub(super) fn folder(&self, path: &[u8]) -> Result<PathBuf, &'static str> {
        if path.ends_with(b" (deleted)") {
            return Err(DELETED);
        }
        let root = self.root.strip_suffix(b"/").unwrap_or(&self.root);
        let below = path.strip_prefix(root).and_then(|rest| match rest.strip_prefix(b"/") {
            Some(below) => Some(below),
            None => (rest.is_empty() && !root.is_empty()).then_some(rest),
        });
        let below = below.ok_or(OUTSIDE)?;
        // Above our cgroup namespace: cgroup_namespaces(7).
        if below.split(|&b| b == b'/').any(|part| part == b"..") {
            return Err(OUTSIDE);
        }
        if below.is_empty() { Ok(self.at.clone()) } else { Ok(self.at.join(OsStr::from_bytes(below))) }
    }
}

/// The hierarchies that matter here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Mounts {
    v2: Option<Mount>,
    freezer: Option<Mount>,
}

impl Mounts {
    /// Those of this machine. They are looked for until there are some, and stay.
    fn get() -> Mounts {
        static FOUND: OnceLock<Mounts> = OnceLock::new();
        if let Some(mounts) = FOUND.get() {
            return mounts.clone();
        }
        let mounts = Mounts::parse(&fs::read("/proc/self/mountinfo").unwrap_or_default());
        if mounts == Mounts::default() { mounts } else { FOUND.get_or_init(|| mounts).clone() }
    }

    /// Finds them in the text of `/proc/PID/mountinfo`: proc_pid_mountinfo(5). Of several mounts of version 2 the one
    /// that shows most.
    fn parse(text: &[u8]) -> Mounts {
        let mut mounts = Mounts::default();
        for line in text.split(|&b| b == b'\n') {
            let mut words = line.split(|&b| b == b' ');
            let (Some(root), Some(at)) = (words.nth(3), words.next()) else { continue };
            // Any number of optional fields, a dash, the type, the source, the options.
            let mut words = words.skip_while(|word| *word != b"-").skip(1);
            let (Some(kind), options) = (words.next(), words.nth(1)) else { continue };
            let mount =
                || Mount { at: PathBuf::from(OsString::from_vec(unescape(at))), root: unescape(root) };
            if kind == b"cgroup2" {
                let mount = mount();
                if mounts.v2.as_ref().is_none_or(|known| mount.root.len() < known.root.len()) {
                    mounts.v2 = Some(mount);
                }
            } else if kind == b"cgroup"
                && options.is_some_and(|all| all.split(|&b| b == b',').any(|name| name == b"freezer"))
            {
                mounts.freezer.get_or_insert_with(mount);
            }
        }
        mounts
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
    use std::path::Path;

    fn mount(at: &str, root: &str) -> Mount {
        Mount { at: PathBuf::from(at), root: root.as_bytes().to_vec() }
    }

    #[test]
    fn the_mount_is_found_on_all_kinds_of_hosts() {
        let alone = b"22 1 0:21 / /proc rw - proc proc rw\n\
            30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
        assert_eq!(Mounts::parse(alone).v2, Some(mount("/sys/fs/cgroup", "/")));
        let beside = b"31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
            33 31 0:30 / /sys/fs/cgroup/cpu rw master:1 propagate_from:2 - cgroup cgroup rw,cpu\n\
            37 31 0:34 / /sys/fs/cgroup/freezer rw master:7 - cgroup cgroup rw,freezer\n\
            41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";
        let found = Mounts::parse(beside);
        assert_eq!(found.v2, Some(mount("/sys/fs/cgroup/unified", "/")));
        assert_eq!(found.freezer, Some(mount("/sys/fs/cgroup/freezer", "/")));
        let bound = b"50 1 0:26 /a/b /mnt/my\\040part rw - cgroup2 cgroup2 rw\n\
            51 1 0:26 /a /mnt/more rw - cgroup2 cgroup2 rw\n\
            52 1 0:26 /a /mnt/second rw - cgroup2 cgroup2 rw\n";
        assert_eq!(Mounts::parse(bound).v2, Some(mount("/mnt/more", "/a")));
        let part = bound.split(|&b| b == b'\n').next().unwrap();
        assert_eq!(Mounts::parse(part).v2, Some(mount("/mnt/my part", "/a/b")));
        let none =
            [&b""[..], b"1 2 3", b"31 23 0:28 / /cgroup2 rw - tmpfs cgroup2 rw", b"41 31 0:38 / /x rw"];
        for none in none {
            assert_eq!(Mounts::parse(none), Mounts::default());
        }
    }

    #[test]
    fn a_path_becomes_a_folder_below_the_mount_or_none() {
        let whole = mount("/cg", "/");
        let folder = |mount: &Mount, path: &str| mount.folder(path.as_bytes());
        let is = |path: &str| Ok(Path::new(path).to_owned());
        assert_eq!(folder(&whole, "/"), is("/cg"));
        assert_eq!(folder(&whole, "/a.slice/b"), is("/cg/a.slice/b"));
        for outside in ["", "a", "/../b", "/a/.."] {
            assert_eq!(folder(&whole, outside), Err(OUTSIDE), "{outside}");
        }
        assert_eq!(folder(&whole, "/a (deleted)"), Err(DELETED));
        let part = mount("/cg", "/a");
        assert_eq!(folder(&part, "/a/b"), is("/cg/b"));
        assert_eq!(folder(&part, "/a"), is("/cg"));
        // Neither what is beside it nor what is above it can be seen there.
        for outside in ["/ab", "/", "/b", "/a/../b", "/../a"] {
            assert_eq!(folder(&part, outside), Err(OUTSIDE), "{outside}");
        }
    }

    #[test]
    fn names_are_read_as_they_are() {
        for (written, name) in
            [("a\\040b\\011", "a b\t"), ("\\134x", "\\x"), ("\\04", "\\04"), ("\\999", "\\999"), ("", "")]
        {
            assert_eq!(unescape(written.as_bytes()), name.as_bytes());
        }
    }
}
