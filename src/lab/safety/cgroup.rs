//! A cgroup (version 2) of the run's own, where this user may make one: cgroups(7).
//!
//! Its end is one write, which reaches also those that fork while they are killed, and it can bound processes and memory
//! of all together. Most users may not make one, or not with bounds; then the other layers do without.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::bounds::SLACK;
use super::tag::Tag;
use crate::model::lab::Bounds;

/// Before the tag in the name of the directory.
const PREFIX: &str = "glowtop-lab-";

/// What the tokens do not count: the master, and a process whose threads they count.
const UNCOUNTED: u32 = 8;

/// How long the last of a killed cgroup may take to be gone. Nobody waits longer: an empty directory does no harm, and
/// the next run removes it.
const PATIENCE: Duration = Duration::from_secs(1);

/// The cgroup of a run. Dropping it kills whoever is in it, and removes it.
pub(in crate::lab) struct Cgroup {
    directory: PathBuf,
}

impl Cgroup {
    /// Makes one for the run with this tag; `None` where that cannot be done. Removes those of runs that are gone.
    pub(in crate::lab) fn make(run: &str, bounds: Option<Bounds>) -> Option<Cgroup> {
        places_here().iter().find_map(|place| Cgroup::make_in(place, run, bounds))
    }

    fn make_in(place: &Path, run: &str, bounds: Option<Bounds>) -> Option<Cgroup> {
        tidy(place);
        let directory = place.join(format!("{PREFIX}{run}"));
        match fs::create_dir(&directory) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(_) => return None,
        }
        let group = Cgroup { directory };
        // Without this file (Linux before 5.14, or no cgroup at all) there is no point in it.
        if !group.directory.join("cgroup.kill").exists() {
            return None;
        }
        if let Some(bounds) = bounds {
            // Each is there only where the controller is. Beyond what the supervisor itself watches, which says why.
            let _ = group.set("pids.max", u64::from(bounds.processes + UNCOUNTED));
            let _ = group.set("memory.max", (u64::from(bounds.memory_mib) + SLACK) << 20);
        }
        Some(group)
    }

    fn set(&self, file: &str, value: u64) -> io::Result<()> {
        fs::write(self.directory.join(file), value.to_string())
    }

    /// Where it is, for [`enter`].
    pub(in crate::lab) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Kills everybody in it, at once.
    pub(in crate::lab) fn kill(&self) {
        let _ = self.set("cgroup.kill", 1);
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let end = Instant::now() + PATIENCE;
        // Busy while there is anybody in it, zombies too.
        while fs::remove_dir(&self.directory).is_err_and(|error| error.kind() == io::ErrorKind::ResourceBusy)
            && Instant::now() < end
        {
            self.kill();
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Moves this process, and whom it will fork, into the cgroup in `directory`. Where that is refused, it stays where it is.
pub(in crate::lab) fn enter(directory: &Path) {
    let _ = fs::write(directory.join("cgroup.procs"), "0");
}

/// Removes the cgroups of runs whose glowtop is gone, if there is nobody in them.
fn tidy(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let tag = name.to_str().and_then(|name| Tag::parse(name.strip_prefix(PREFIX)?));
        if tag.is_some_and(|tag| !tag.creator_lives()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// Removes the cgroup of the run with this tag, whose supervisor was killed, and those of runs that are gone.
pub(super) fn forget(run: &str) {
    for place in places_here() {
        let _ = fs::remove_dir(place.join(format!("{PREFIX}{run}")));
        tidy(&place);
    }
}

fn places_here() -> Vec<PathBuf> {
    let text = |path| fs::read_to_string(path).unwrap_or_default();
    let uid = rustix::process::getuid().as_raw();
    places(&text("/proc/self/mountinfo"), &text("/proc/self/cgroup"), uid)
}

/// Where a cgroup could be made, the best place first: beside the own one in the part of the tree that systemd left to
/// this user, because only there have new cgroups controllers; else below the own one.
fn places(mounts: &str, own: &str, uid: u32) -> Vec<PathBuf> {
    let Some((root, point)) = mounts.lines().find_map(cgroup2_mount) else { return Vec::new() };
    let Some(path) = own.lines().find_map(|line| line.strip_prefix("0::")) else { return Vec::new() };
    // Of a process outside of this mount, or of this cgroup namespace, the path leads nowhere here.
    let Ok(inside) = Path::new(path).strip_prefix(root) else { return Vec::new() };
    if path.contains("..") {
        return Vec::new();
    }
    let here = Path::new(point).join(inside);
    let delegated = format!("user@{uid}.service");
    let beside =
        here.parent().filter(|parent| parent.components().any(|part| part.as_os_str() == delegated.as_str()));
    beside.map(Path::to_path_buf).into_iter().chain([here.clone()]).collect()
}

/// Root and mount point of a line of `/proc/self/mountinfo` that is about cgroups of version 2.
fn cgroup2_mount(line: &str) -> Option<(&str, &str)> {
    let (before, after) = line.split_once(" - ")?;
    let mut fields = before.split(' ').skip(3);
    let (root, point) = (fields.next()?, fields.next()?);
    (after.split(' ').next() == Some("cgroup2")).then_some((root, point))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "20 1 0:19 / /sys rw - sysfs sysfs rw\n\
                          30 20 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";

    #[test]
    fn the_place_is_the_users_own_part_of_the_tree() {
        let paths = |own, uid| -> Vec<String> {
            places(MOUNTS, own, uid).iter().map(|path| path.to_str().expect("text").to_owned()).collect()
        };
        let own = "1:name=x:/y\n0::/user.slice/user@7.service/app.slice/term.scope\n";
        let here = "/sys/fs/cgroup/user.slice/user@7.service/app.slice/term.scope";
        assert_eq!(paths(own, 7), [here.trim_end_matches("/term.scope"), here]);
        assert_eq!(paths(own, 8), [here], "somebody else's");
        assert_eq!(paths("0::/\n", 7), ["/sys/fs/cgroup/"]);
        assert_eq!(paths("0::/../x\n", 7), [""; 0], "outside of this namespace");
        assert_eq!(paths("4:memory:/\n", 7), [""; 0]);
        assert_eq!(places("20 1 0:19 / /sys rw - sysfs sysfs rw\n", "0::/\n", 7), Vec::<PathBuf>::new());
        let part = "30 20 0:26 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        assert_eq!(places(part, "0::/docker/1/a\n", 7), [PathBuf::from("/sys/fs/cgroup/a")]);
        assert_eq!(places(part, "0::/docker/2\n", 7), Vec::<PathBuf>::new());
    }

    #[test]
    fn no_cgroup_is_no_failure() {
        let place = tempfile::tempdir().expect("a directory");
        assert!(
            Cgroup::make_in(place.path(), "1-2-ab-3", Some(Bounds::ORDINARY)).is_none(),
            "an ordinary directory"
        );
        assert!(Cgroup::make_in(Path::new("/nowhere"), "1-2-ab-3", None).is_none());
        enter(Path::new("/nowhere"));
    }

    #[test]
    fn whoever_is_in_it_ends_with_it_and_what_others_left_is_removed() {
        use std::os::unix::process::ExitStatusExt;
        let tag = Tag::new();
        let gone = Tag { start: tag.start + 1, ..tag.clone() };
        let Some(left) = Cgroup::make(&gone.to_string(), None) else {
            println!("skipped: this user may make no cgroup here");
            return;
        };
        let left = left.directory().to_path_buf();
        fs::create_dir_all(&left).expect("it was made before");
        let group = Cgroup::make(&tag.to_string(), Some(Bounds::ORDINARY)).expect("as the one before");
        assert!(!left.exists(), "its glowtop is gone");
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().expect("sleep");
        let moved = fs::write(group.directory().join("cgroup.procs"), child.id().to_string());
        let directory = group.directory().to_path_buf();
        group.kill();
        if moved.is_err() {
            child.kill().expect("our child");
        }
        let ended = child.wait().expect("our child");
        drop(group);
        assert!(moved.is_ok() && ended.signal() == Some(9), "{moved:?} {ended:?}");
        assert!(!directory.exists());
    }
}
