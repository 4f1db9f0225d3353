//! Control groups: which one a process is in, whether it is frozen, who else is in it.
//!
//! Both hierarchies are asked, because a machine may have version 2 beside version 1: cgroups(7). What is read for a
//! verdict waits for no process, only for locks that the kernel holds for a moment; `members` may take its time.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::model::{Pid, Untrusted};

/// What systemd calls the units that a cgroup can stand for: systemd.unit(5).
const UNIT_ENDS: [&[u8]; 6] = [b".service", b".scope", b".slice", b".mount", b".socket", b".swap"];

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
    let mounts = Mounts::get();
    // In version 2 the events tell the truth of the whole way up, and the root has none.
    if let (Some(path), Some(mount)) = (&places.v2, &mounts.v2)
        && mount.read(path, "cgroup.events").is_some_and(|events| events.lines().any(|l| l == "frozen 1"))
    {
        let cgroup = told_to(mount, path, "cgroup.freeze");
        return Some(Frozen { cgroup: Untrusted::new(cgroup), kill_waits: false });
    }
    if let (Some(path), Some(mount)) = (&places.freezer, &mounts.freezer)
        && mount.read(path, "freezer.state").is_some_and(|state| state.trim_end() != "THAWED")
    {
        let cgroup = told_to(mount, path, "freezer.self_freezing");
        return Some(Frozen { cgroup: Untrusted::new(cgroup), kill_waits: true });
    }
    None
}

/// The nearest cgroup from `path` upwards whose `file` says 1; `path` itself where none can be seen to.
fn told_to<'a>(mount: &Mount, path: &'a [u8], file: &str) -> &'a [u8] {
    let mut here = path;
    loop {
        if mount.read(here, file).is_some_and(|text| text.trim_end() == "1") {
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

/// Who is in the cgroup of version 2 at `path` or below it, ordered; at most `most`.
pub(super) fn members(path: &[u8], most: usize) -> Vec<Pid> {
    let mut found = Vec::new();
    let Some(top) = Mounts::get().v2.as_ref().and_then(|mount| mount.folder(path)) else { return found };
    let mut folders = vec![top];
    while let Some(folder) = folders.pop() {
        if found.len() >= most {
            break;
        }
        // A process of another pid namespace is a 0 here.
        let text = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        found.extend(text.lines().filter_map(|line| line.parse().ok().and_then(Pid::new)));
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let below = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        folders.extend(below.map(|entry| entry.path()));
    }
    found.sort_unstable();
    found.dedup();
    found.truncate(most);
    found
}

/// A mounted hierarchy.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Mount {
    /// Where.
    at: PathBuf,
    /// Which of its cgroups is visible there: `/` is all of them.
    root: Vec<u8>,
}

impl Mount {
    /// The folder of the cgroup at `path`, if it is visible here.
    fn folder(&self, path: &[u8]) -> Option<PathBuf> {
        let below = match self.root.as_slice() {
            b"/" => path,
            root => path.strip_prefix(root).filter(|rest| rest.is_empty() || rest.starts_with(b"/"))?,
        };
        // One outside of our cgroup namespace: cgroup_namespaces(7).
        if below.split(|&b| b == b'/').any(|part| part == b"..") {
            return None;
        }
        let below = below.strip_prefix(b"/").unwrap_or(below);
        Some(self.at.join(OsStr::from_bytes(below)))
    }

    fn read(&self, path: &[u8], file: &str) -> Option<String> {
        fs::read_to_string(self.folder(path)?.join(file)).ok()
    }
}

/// The hierarchies that matter here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Mounts {
    v2: Option<Mount>,
    freezer: Option<Mount>,
}

impl Mounts {
    /// Those of this machine, which mounts them when it boots.
    fn get() -> &'static Mounts {
        static MOUNTS: OnceLock<Mounts> = OnceLock::new();
        MOUNTS.get_or_init(|| Mounts::parse(&fs::read("/proc/self/mountinfo").unwrap_or_default()))
    }

    /// Reads `/proc/PID/mountinfo`: proc_pid_mountinfo(5).
    fn parse(text: &[u8]) -> Mounts {
        let mut mounts = Mounts::default();
        for line in text.split(|&b| b == b'\n') {
            let fields: Vec<&[u8]> = line.split(|&b| b == b' ').collect();
            // A number of optional fields stand before the lone dash.
            let Some(dash) = fields.iter().position(|field| *field == b"-") else { continue };
            let (Some(root), Some(at)) = (fields.get(3), fields.get(4)) else { continue };
            let (Some(kind), Some(options)) = (fields.get(dash + 1), fields.get(dash + 3)) else { continue };
            let mount =
                || Mount { at: PathBuf::from(std::ffi::OsString::from_vec(plain(at))), root: plain(root) };
            if *kind == b"cgroup2" {
                mounts.v2.get_or_insert_with(mount);
            } else if *kind == b"cgroup" && options.split(|&b| b == b',').any(|name| name == b"freezer") {
                mounts.freezer.get_or_insert_with(mount);
            }
        }
        mounts
    }
}

/// Undoes the octal escapes (`\040`) of mountinfo.
fn plain(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..3).filter(|_| first == b'\\');
        let code =
            digits.and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| u8::from_str_radix(d, 8).ok());
        match code {
            Some(byte) => {
                out.push(byte);
                rest = tail.get(3..).unwrap_or_default();
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    out
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
    fn mounts_are_found_whatever_stands_between() {
        let text = b"24 30 0:22 / /proc rw shared:13 - proc proc rw\n\
            37 31 0:34 / /sys/fs/cgroup/freezer rw master:7 - cgroup cgroup rw,freezer\n\
            41 31 0:38 /box /mnt/a\\040b rw - cgroup2 cgroup2 rw,nsdelegate\n\
            42 31 0:38 / /second rw - cgroup2 cgroup2 rw\n";
        let mounts = Mounts::parse(text);
        let freezer = mounts.freezer.unwrap();
        assert_eq!(freezer.folder(b"/jail").unwrap(), Path::new("/sys/fs/cgroup/freezer/jail"));
        let v2 = mounts.v2.unwrap();
        assert_eq!(v2.folder(b"/box/x").unwrap(), Path::new("/mnt/a b/x"));
        assert_eq!(v2.folder(b"/box").unwrap(), Path::new("/mnt/a b"));
        // Neither what is beside it nor what is above it can be seen there.
        for hidden in [&b"/boxer/x"[..], b"/other", b"/box/../other", b"/../x"] {
            assert_eq!(v2.folder(hidden), None);
        }
        assert_eq!(Mounts::parse(b"41 31 0:38 / /x rw"), Mounts::default());
    }

    #[test]
    fn the_root_is_told_from_the_rest() {
        assert!(is_root(b"/") && !is_root(b"/a") && !is_root(b""));
    }
}
