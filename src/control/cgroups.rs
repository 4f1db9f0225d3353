//! Control groups: which one a process is in, whether it is frozen, who else is in it.
//!
//! Both hierarchies are asked, because a machine may have version 2 beside version 1: cgroups(7). What is read for a
//! verdict waits for no process, only for locks that the kernel holds for a moment; `members` may take its time.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::mounts::Mount;
use crate::model::{Pid, Untrusted};

/// What systemd calls the units that a cgroup can stand for: systemd.unit(5).
const UNIT_ENDS: [&[u8]; 6] = [b".service", b".scope", b".slice", b".mount", b".socket", b".swap"];

/// How deep below a cgroup members are looked for.
const DEEPEST: u32 = 32;

/// Where a process is, as in `/proc/PID/cgroup`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Places {
    /// In the hierarchy of version 2.
    pub(super) v2: Option<Vec<u8>>,
    /// In the freezer of version 1.
    freezer: Option<Vec<u8>>,
}

impl Places {
    /// Where `pid` is now; nowhere that is known if that cannot be read.
    pub(super) fn of(pid: Pid) -> Places {
        fs::read(format!("/proc/{pid}/cgroup")).map(|text| Places::parse(&text)).unwrap_or_default()
    }

    /// Takes `hierarchy:controllers:path` apart; the path may hold colons too, though no newline.
    pub(super) fn parse(text: &[u8]) -> Places {
        let mut places = Places::default();
        for line in text.split(|&b| b == b'\n') {
            let mut parts = line.splitn(3, |&b| b == b':');
            let (Some(number), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            if number == b"0" && controllers.is_empty() {
                places.v2 = Some(path.to_owned());
            } else if controllers.split(|&b| b == b',').any(|name| name == b"freezer") {
                places.freezer = Some(path.to_owned());
            }
        }
        places
    }
}

/// A cgroup that keeps its processes from running.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Frozen {
    /// Which was told to: the process's own or one above it.
    pub(super) cgroup: Untrusted,
    /// Version 1, whose frozen ones take not even SIGKILL.
    pub(super) kill_waits: bool,
}

/// Whether a cgroup keeps `pid` from running.
pub(super) fn frozen(pid: Pid) -> Option<Frozen> {
    let places = Places::of(pid);
    // In version 2 the events tell the truth of the whole way up, and the root has none.
    if let (Some(path), Some(mount)) = (&places.v2, Mount::v2())
        && read(&mount, path, "cgroup.events").is_some_and(|events| events.lines().any(|l| l == "frozen 1"))
    {
        let cgroup = told_to(&mount, path, "cgroup.freeze");
        return Some(Frozen { cgroup: Untrusted::new(cgroup), kill_waits: false });
    }
    if let (Some(path), Some(mount)) = (&places.freezer, Mount::freezer())
        && read(&mount, path, "freezer.state").is_some_and(|state| state.trim_end() != "THAWED")
    {
        let cgroup = told_to(&mount, path, "freezer.self_freezing");
        return Some(Frozen { cgroup: Untrusted::new(cgroup), kill_waits: true });
    }
    None
}

fn read(mount: &Mount, path: &[u8], file: &str) -> Option<String> {
    fs::read_to_string(mount.folder(path).ok()?.join(file)).ok()
}

/// The nearest cgroup from `path` upwards whose `file` says 1; `path` itself where none can be seen to.
fn told_to<'a>(mount: &Mount, path: &'a [u8], file: &str) -> &'a [u8] {
    let mut here = path;
    loop {
        if read(mount, here, file).is_some_and(|text| text.trim_end() == "1") {
            return here;
        }
        match here.iter().rposition(|&b| b == b'/') {
            Some(slash) if slash > 0 => here = here.get(..slash).unwrap_or_default(),
            _ => return path,
        }
    }
}

/// The systemd unit that `path` stands for: its last part that ends as units do.
pub(super) fn unit(path: &[u8]) -> Option<&[u8]> {
    let is_unit = |part: &&[u8]| UNIT_ENDS.iter().any(|end| part.len() > end.len() && part.ends_with(end));
    path.rsplit(|&b| b == b'/').find(is_unit)
}

/// The folder of the cgroup of version 2 at `path`; `None` where it cannot be seen from here.
pub(super) fn folder(path: &[u8]) -> Option<PathBuf> {
    Mount::v2()?.folder(path).ok().filter(|folder| folder.join("cgroup.procs").exists())
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

/// Who is in the cgroup of version 2 at `folder` or below it, ordered; at most `most`. Nobody where nothing can be
/// read. Zombies are in no such list.
pub(super) fn members(folder: &Path, most: usize) -> Vec<Pid> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        if found.len() >= most {
            break;
        }
        // A process of another pid namespace is a 0 here.
        let text = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        found.extend(text.lines().filter_map(|line| line.parse().ok().and_then(Pid::new)));
        if depth < DEEPEST {
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            let below = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
            open.extend(below.map(|entry| (entry.path(), depth + 1)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found.truncate(most);
    found
}

/// Whether `path` is the root of the hierarchy, which holds everybody who is nowhere else.
pub(super) fn is_root(path: &[u8]) -> bool {
    Path::new(OsStr::from_bytes(path)) == Path::new("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_a_place_in_each_hierarchy() {
        let text = b"6:freezer,net_cls:/jail\n4:memory:/m\n1:name=systemd:/s\n0::/a.slice/b:c.service\n";
        let places = Places::parse(text);
        assert_eq!(places.v2.as_deref(), Some(&b"/a.slice/b:c.service"[..]));
        assert_eq!(places.freezer.as_deref(), Some(&b"/jail"[..]));
        assert_eq!(Places::parse(b"junk\n3:freezer\n"), Places::default());
    }

    #[test]
    fn the_unit_is_the_last_part_that_is_one() {
        let cases: [(&[u8], Option<&[u8]>); 6] = [
            (b"/system.slice/nginx.service", Some(b"nginx.service")),
            (b"/user.slice/user-1000.slice/user@1000.service/app.slice", Some(b"app.slice")),
            (b"/system.slice/docker-1234.scope/inner", Some(b"docker-1234.scope")),
            (b"/system.slice/x.service/payload/worker", Some(b"x.service")),
            (b"/kubepods/pod7", None),
            (b"/.service", None),
        ];
        for (path, expected) in cases {
            assert_eq!(unit(path), expected);
        }
    }

    #[test]
    fn the_root_is_told_from_the_rest() {
        assert!(is_root(b"/") && !is_root(b"/a") && !is_root(b""));
    }
}
