//! What a whole cgroup may use: `cpu.max` and `memory.high` of cgroup v2, Documentation/admin-guide/cgroup-v2.rst.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::Duration;

use rustix::fs::{CWD, OFlags};
use rustix::io::Errno;

use super::whom::{Whom, errno, first_line, open, read, write_line};
use super::{CHANGED_SINCE, Taken};
use crate::control::mounts::Mount;
use crate::model::{Call, Change, CpuMax, Outcome, Setting};

const NO_TREE: &str = "no cgroup v2 is mounted here";
const NO_GROUP: &str = "it has no cgroup v2";
const ROOT: &str = "it is in the root cgroup, which has no limits";
const NO_CPU: &str = "its cgroup has no cpu.max: the cpu controller is not enabled there";
const NO_MEMORY: &str = "its cgroup has no memory.high: the memory controller is not enabled there";
const MOVED: &str = "it was moved to another cgroup just then";
const GONE: &str = "its cgroup is gone, or another one has its name";
const PERIOD: &str = "periods of cpu.max go from 1000 to 1000000 microseconds";

/// How long a write that makes the kernel take memory back is waited for. The limit holds from its beginning.
const RECLAIM: Duration = Duration::from_millis(20);

/// What a cgroup had before it was given another value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::control) struct Before {
    folder: PathBuf,
    /// Device and inode of the folder: a new one of the same name has another.
    identity: (u64, u64),
    limit: Limit,
    /// The values as texts.
    from: String,
    to: String,
}

impl Before {
    /// The value before.
    pub(super) fn from(&self) -> Option<Setting> {
        self.limit.parse(&self.from)
    }
}

/// A limit of a cgroup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Limit {
    Cpu,
    Memory,
}

impl Limit {
    fn file(self) -> &'static str {
        match self {
            Limit::Cpu => "cpu.max",
            Limit::Memory => "memory.high",
        }
    }

    fn call(self) -> Call {
        match self {
            Limit::Cpu => Call::SetCpuMax,
            Limit::Memory => Call::SetMemoryHigh,
        }
    }

    fn missing(self) -> &'static str {
        match self {
            Limit::Cpu => NO_CPU,
            Limit::Memory => NO_MEMORY,
        }
    }

    /// The value that the text of the file is.
    pub(super) fn parse(self, text: &str) -> Option<Setting> {
        let number = |text: &str| if text == "max" { Some(None) } else { text.parse().ok().map(Some) };
        match self {
            Limit::Cpu => {
                let (quota, period) = text.split_once(' ')?;
                let (quota, period) = (number(quota)?, period.parse().ok()?);
                Some(Setting::CpuMax(CpuMax { quota, period }))
            }
            Limit::Memory => Some(Setting::MemoryHigh(number(text)?)),
        }
    }
}

/// Where `text`, that of `/proc/PID/cgroup`, says a process is; as bytes, for a name may hold any but newlines.
pub(super) fn path(text: &[u8]) -> Option<&[u8]> {
    text.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(b"0::"))
}

/// The value of a cgroup; `None` where it has none.
pub(super) fn value(tree: &Mount, path: &[u8], limit: Limit) -> Option<Setting> {
    let folder = tree.folder(path).ok()?;
    let file = open(CWD, folder.join(limit.file()).to_str()?, OFlags::RDONLY).ok()?;
    limit.parse(first_line(&read(file.as_fd()).ok()?))
}

/// Gives the cgroup of `whom` this value.
pub(super) fn set(whom: &Whom, wanted: Setting) -> Result<(Outcome, Option<Taken>), Outcome> {
    let tree = Mount::v2().ok_or(Outcome::Refused(NO_TREE))?;
    set_in(&tree, wanted, || whereabouts(whom))
}

/// The path of its cgroup.
fn whereabouts(whom: &Whom) -> Result<Vec<u8>, Outcome> {
    let text = whom.as_process()?.read("cgroup").map_err(|errno| whom.failed(Call::ReadProc, errno))?;
    path(&text).map(<[u8]>::to_vec).ok_or(Outcome::Refused(NO_GROUP))
}

/// The same in any tree. `whereabouts` is asked before the cgroup is opened and after.
fn set_in(
    tree: &Mount,
    wanted: Setting,
    whereabouts: impl Fn() -> Result<Vec<u8>, Outcome>,
) -> Result<(Outcome, Option<Taken>), Outcome> {
    let (limit, text) = match wanted {
        Setting::CpuMax(CpuMax { period, .. }) if !(1_000..=1_000_000).contains(&period) => {
            return Err(Outcome::Refused(PERIOD));
        }
        Setting::CpuMax(CpuMax { quota: None, period }) => (Limit::Cpu, format!("max {period}")),
        Setting::CpuMax(CpuMax { quota: Some(quota), period }) => (Limit::Cpu, format!("{quota} {period}")),
        Setting::MemoryHigh(None) => (Limit::Memory, "max".to_owned()),
        Setting::MemoryHigh(Some(bytes)) => (Limit::Memory, bytes.to_string()),
        _ => return Err(Outcome::Failed { call: Call::SetCpuMax, errno: libc::EINVAL }),
    };
    let path = whereabouts()?;
    let folder = tree.folder(&path).map_err(Outcome::Refused)?;
    let missing = if path == b"/" { ROOT } else { limit.missing() };
    let group = Group::open(folder, limit, missing)?;
    // It was in this cgroup while the folder was opened; one that was made anew since has another inode, not this one.
    if whereabouts()? != path {
        return Err(Outcome::Refused(MOVED));
    }
    let from = group.text()?;
    let to = group.write(&text)?;
    let outcome = group.changed(&from, &to)?;
    let Group { folder, identity, .. } = group;
    let taken = (from != to).then_some(Taken::Cgroup(Before { folder, identity, limit, from, to }));
    Ok((outcome, taken))
}

/// Gives back what the cgroup had before.
pub(super) fn give_back(before: &Before) -> Result<Outcome, Outcome> {
    let group = Group::open(before.folder.clone(), before.limit, GONE)?;
    if group.identity != before.identity {
        return Err(Outcome::Refused(GONE));
    }
    let now = group.text()?;
    if now != before.to {
        return Err(Outcome::Refused(CHANGED_SINCE));
    }
    let to = group.write(&before.from)?;
    group.changed(&now, &to)
}

/// A cgroup, and one of its limits, both open.
struct Group {
    folder: PathBuf,
    identity: (u64, u64),
    limit: Limit,
    file: File,
}

impl Group {
    fn open(folder: PathBuf, limit: Limit, missing: &'static str) -> Result<Group, Outcome> {
        let failed = |errno: Errno| match errno {
            Errno::NOENT => Outcome::Refused(missing),
            Errno::ACCESS | Errno::PERM => Outcome::Denied { owner: None },
            errno => Outcome::Failed { call: limit.call(), errno: errno.raw_os_error() },
        };
        let path = folder.to_str().ok_or(Outcome::Refused("the name of its cgroup is no text"))?;
        let dir = open(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW).map_err(failed)?;
        let dir = File::from(dir);
        // Without blocking a lower memory.high takes no memory back here, but from whoever asks for more: Linux 6.16.
        let how = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = open(dir.as_fd(), limit.file(), how).map_err(|errno| match errno {
            Errno::ACCESS | Errno::PERM => denied(&dir),
            errno => failed(errno),
        })?;
        let stat = dir.metadata().map_err(|error| failed(errno(&error)))?;
        Ok(Group { folder, identity: (stat.dev(), stat.ino()), limit, file: File::from(file) })
    }

    fn failed(&self, errno: Errno) -> Outcome {
        match errno {
            Errno::ACCESS | Errno::PERM => denied(&self.file),
            errno => Outcome::Failed { call: self.limit.call(), errno: errno.raw_os_error() },
        }
    }

    fn text(&self) -> Result<String, Outcome> {
        let text = read(self.file.as_fd()).map_err(|errno| self.failed(errno))?;
        Ok(first_line(&text).to_owned())
    }

    /// Writes a value, and reads back what it has become: the kernel rounds to pages.
    fn write(&self, text: &str) -> Result<String, Outcome> {
        match self.limit {
            Limit::Cpu => {
                write_line(self.file.as_fd(), text).map_err(|errno| self.failed(errno))?;
            }
            Limit::Memory => self.write_aside(text.to_owned())?,
        }
        self.text()
    }

    /// Writes on a thread that may be left behind: kernels before 6.16 return from this when they have taken the memory
    /// back, which may mean to write it to a disk first.
    fn write_aside(&self, text: String) -> Result<(), Outcome> {
        let out_of = |error: std::io::Error| Outcome::Failed {
            call: self.limit.call(),
            errno: error.raw_os_error().unwrap_or(libc::EAGAIN),
        };
        let file = self.file.try_clone().map_err(out_of)?;
        let (tell, told) = channel();
        std::thread::Builder::new()
            .name("reclaim".to_owned())
            .spawn(move || {
                // Nobody listens any more when it took too long.
                let _ = tell.send(write_line(file.as_fd(), &text));
            })
            .map_err(out_of)?;
        match told.recv_timeout(RECLAIM) {
            Ok(done) => done.map_err(|errno| self.failed(errno)),
            Err(_) => Ok(()),
        }
    }

    fn changed(&self, from: &str, to: &str) -> Result<Outcome, Outcome> {
        match (self.limit.parse(from), self.limit.parse(to)) {
            (Some(from), Some(to)) => Ok(Outcome::Changed(Box::new(Change { from, to, threads: 1 }))),
            _ => Err(Outcome::Failed { call: self.limit.call(), errno: libc::EINVAL }),
        }
    }
}

/// The files of a cgroup are whose the cgroup is.
fn denied(file: &File) -> Outcome {
    Outcome::Denied { owner: file.metadata().ok().map(|stat| stat.uid()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::fs;

    const UNLIMITED: Setting = Setting::CpuMax(CpuMax::NONE);
    const HALF: Setting = Setting::CpuMax(CpuMax::percent(50));
    const MEBIBYTE: Setting = Setting::MemoryHigh(Some(1 << 20));

    /// A tree of plain files, which unlike the kernel's take anything.
    struct Fake {
        folder: tempfile::TempDir,
        tree: Mount,
    }

    impl Fake {
        fn new() -> Fake {
            let folder = tempfile::tempdir().unwrap();
            let tree = Mount { at: folder.path().to_owned(), root: b"/".to_vec() };
            let fake = Fake { folder, tree };
            fake.grow("a.slice");
            fake
        }

        fn grow(&self, name: &str) {
            let group = self.path(name);
            fs::create_dir(&group).unwrap();
            fs::write(group.join("cpu.max"), "max 100000\n").unwrap();
            fs::write(group.join("memory.high"), "max\n").unwrap();
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn text(&self, name: &str) -> String {
            first_line(&fs::read(self.path(name)).unwrap()).to_owned()
        }

        /// Sets a value of the cgroup that is named, for somebody who stays in it.
        fn set(&self, wanted: Setting, path: &str) -> Result<(Outcome, Option<Taken>), Outcome> {
            set_in(&self.tree, wanted, || Ok(path.as_bytes().to_vec()))
        }
    }

    fn changed(from: Setting, to: Setting) -> Outcome {
        Outcome::Changed(Box::new(Change { from, to, threads: 1 }))
    }

    fn before(done: Result<(Outcome, Option<Taken>), Outcome>) -> Before {
        match done {
            Ok((_, Some(Taken::Cgroup(before)))) => before,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn limits_are_set_read_back_and_given_back() {
        let fake = Fake::new();
        let done = fake.set(HALF, "/a.slice");
        assert_eq!(done.as_ref().map(|done| &done.0), Ok(&changed(UNLIMITED, HALF)));
        assert_eq!(fake.text("a.slice/cpu.max"), "50000 100000");
        assert_eq!(value(&fake.tree, b"/a.slice", Limit::Cpu), Some(HALF));
        let cpu = before(done);
        assert_eq!(cpu.from(), Some(UNLIMITED));
        let done = fake.set(MEBIBYTE, "/a.slice");
        assert_eq!(done.as_ref().map(|done| &done.0), Ok(&changed(Setting::MemoryHigh(None), MEBIBYTE)));
        assert_eq!(fake.text("a.slice/memory.high"), "1048576");
        assert_eq!(value(&fake.tree, b"/a.slice", Limit::Memory), Some(MEBIBYTE));
        assert_eq!(give_back(&before(done)), Ok(changed(MEBIBYTE, Setting::MemoryHigh(None))));
        assert_eq!(give_back(&cpu), Ok(changed(HALF, UNLIMITED)));
        assert_eq!(fake.text("a.slice/cpu.max"), "max 100000");
        assert_eq!(fake.text("a.slice/memory.high"), "max");
        // What it had already is nothing to give back.
        assert_eq!(fake.set(UNLIMITED, "/a.slice"), Ok((changed(UNLIMITED, UNLIMITED), None)));
    }

    #[test]
    fn where_there_is_no_limit_it_is_said_why() {
        let fake = Fake::new();
        assert_eq!(fake.set(HALF, "/"), Err(Outcome::Refused(ROOT)));
        fs::remove_file(fake.path("a.slice/cpu.max")).unwrap();
        assert_eq!(fake.set(HALF, "/a.slice"), Err(Outcome::Refused(NO_CPU)));
        assert_eq!(value(&fake.tree, b"/a.slice", Limit::Cpu), None);
        fs::remove_file(fake.path("a.slice/memory.high")).unwrap();
        assert_eq!(fake.set(MEBIBYTE, "/a.slice"), Err(Outcome::Refused(NO_MEMORY)));
        assert!(matches!(fake.set(HALF, "/../other"), Err(Outcome::Refused(_))));
        let far = Setting::CpuMax(CpuMax { quota: None, period: 999 });
        assert_eq!(fake.set(far, "/a.slice"), Err(Outcome::Refused(PERIOD)));
    }

    #[test]
    fn one_that_was_moved_meanwhile_changes_neither_cgroup() {
        let fake = Fake::new();
        fake.grow("b.slice");
        let asked = Cell::new(false);
        let outcome = set_in(&fake.tree, HALF, || {
            let path = if asked.replace(true) { b"/b.slice" } else { b"/a.slice" };
            Ok(path.to_vec())
        });
        assert_eq!(outcome, Err(Outcome::Refused(MOVED)));
        assert!(asked.get());
        assert_eq!([fake.text("a.slice/cpu.max"), fake.text("b.slice/cpu.max")], ["max 100000"; 2]);
    }

    #[test]
    fn nothing_is_given_back_to_another_cgroup_or_over_another_value() {
        let fake = Fake::new();
        let before = before(fake.set(HALF, "/a.slice"));
        let file = fake.path("a.slice/cpu.max");
        fs::write(&file, "70000 100000\n").unwrap();
        assert_eq!(give_back(&before), Err(Outcome::Refused(CHANGED_SINCE)));
        assert_eq!(fake.text("a.slice/cpu.max"), "70000 100000");
        // The same name and value, but a new cgroup; the old one still has its inode.
        fs::rename(fake.path("a.slice"), fake.path("old.slice")).unwrap();
        fake.grow("a.slice");
        fs::write(&file, "50000 100000\n").unwrap();
        assert_eq!(give_back(&before), Err(Outcome::Refused(GONE)));
        assert_eq!(fake.text("a.slice/cpu.max"), "50000 100000");
        fs::remove_dir_all(fake.path("a.slice")).unwrap();
        assert_eq!(give_back(&before), Err(Outcome::Refused(GONE)));
    }

    #[test]
    fn a_limit_that_may_not_be_written_names_its_owner() {
        use std::os::unix::fs::PermissionsExt;
        let fake = Fake::new();
        let file = fake.path("a.slice/cpu.max");
        let allow = |path: &std::path::Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        allow(fake.folder.path(), 0o755);
        allow(&file, 0o444);
        let owner = Some(fs::metadata(&file).unwrap().uid());
        // Root may write everything, so a thread of root's looks at files as nobody.
        let try_it = || {
            if rustix::process::geteuid().is_root() {
                nix::unistd::setfsuid(nix::unistd::Uid::from_raw(65534));
            }
            fake.set(HALF, "/a.slice")
        };
        let done = std::thread::scope(|scope| scope.spawn(try_it).join().unwrap());
        assert_eq!(done, Err(Outcome::Denied { owner }));
        assert_eq!(fake.text("a.slice/cpu.max"), "max 100000");
    }

    #[test]
    fn texts_of_the_kernel_are_read() {
        let cpu = |text: &str| Limit::Cpu.parse(text);
        assert_eq!(cpu("max 100000"), Some(UNLIMITED));
        assert_eq!(cpu("150000 100000"), Some(Setting::CpuMax(CpuMax::percent(150))));
        assert_eq!([cpu(""), cpu("max"), cpu("-1 100000")], [None; 3]);
        assert_eq!(
            Limit::Memory.parse("9223372036854771712"),
            Some(Setting::MemoryHigh(Some(0x7fff_ffff_ffff_f000)))
        );
        assert_eq!(path(b"9:name=systemd:/\n0::/a b\n"), Some(&b"/a b"[..]));
        assert_eq!(path(b"1:cpu:/\n"), None);
    }
}
