//! What the cgroup of this program, and those above it, may use: cgroups(7), both versions and the mixture of them.
//!
//! In a container that is what the container may use. A limit counts where it is less than what the machine has; of
//! several on the way up the least is it, and what is used is told of the same cgroup.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{field, number, text};
use crate::model::{CpuLimit, CpuSet, Limits, MemoryLimit};

/// Cgroups further up than this are not looked at.
const DEEPEST: usize = 32;

/// Reads the limits, and remembers how much CPU time had been used.
#[derive(Debug)]
pub(super) struct Limiter {
    root: PathBuf,
    /// Which cgroup's CPU time, nanoseconds, and when.
    before: Option<(PathBuf, u64, Instant)>,
}

/// A cgroup of one controller, and which version it is of.
struct Group {
    /// The folder of the mount, and that of the cgroup below it.
    mount: PathBuf,
    folder: PathBuf,
    v2: bool,
}

impl Group {
    /// Its folder and those above it, up to the mount's.
    fn chain(&self) -> impl Iterator<Item = &Path> {
        self.folder.ancestors().take_while(|folder| folder.starts_with(&self.mount)).take(DEEPEST)
    }
}

impl Limiter {
    pub(super) fn new(root: &Path) -> Limiter {
        Limiter { root: root.to_owned(), before: None }
    }

    /// Reads them all.
    pub(super) fn read(&mut self) -> Limits {
        let own = |name: &str| text(&self.root.join("proc/self").join(name));
        let (Some(cgroups), Some(mounts)) = (own("cgroup"), own("mountinfo")) else {
            return Limits::default();
        };
        let root = self.root.clone();
        let group = |controller: &str| find(&root, &cgroups, &mounts, controller);
        let online = text(&self.root.join("sys/devices/system/cpu/online"))
            .and_then(|text| CpuSet::parse(&text))
            .map(|cpus| cpus.len())
            .filter(|cpus| *cpus > 0);
        let total = text(&self.root.join("proc/meminfo"))
            .and_then(|text| field(&text, "MemTotal:"))
            .map(|kib| kib.saturating_mul(1024));
        let memory = group("memory").and_then(|group| memory(&group, total));
        let cpus =
            group("cpuset").and_then(|group| cpus(&group)).filter(|n| online.is_some_and(|all| *n < all));
        let found = group("cpu").and_then(|group| cpu(&group, online));
        let cpu = found.map(|(most, folder, v2)| {
            let used = if v2 {
                text(&folder.join("cpu.stat"))
                    .and_then(|text| field(&text, "usage_usec"))
                    .map(|used| used.saturating_mul(1000))
            } else {
                // Mounted together, or apart at the same path.
                number(&folder.join("cpuacct.usage"))
                    .or_else(|| number(&group("cpuacct")?.folder.join("cpuacct.usage")))
            };
            CpuLimit { most, used: self.rate(folder, used) }
        });
        Limits { memory, cpu, cpus }
    }

    /// CPUs in use since the reading before.
    fn rate(&mut self, folder: PathBuf, used: Option<u64>) -> Option<f64> {
        let now = Instant::now();
        let before = self.before.take();
        self.before = used.map(|used| (folder, used, now));
        let ((was, then_used, then), (is, used, _)) = (before?, self.before.as_ref()?);
        let seconds = now.duration_since(then).as_secs_f64();
        let grown = used.checked_sub(then_used)?;
        (was == *is && seconds > 0.0).then(|| grown as f64 / 1e9 / seconds)
    }
}

/// The cgroup that has this controller, by the texts of `/proc/self/cgroup` and `/proc/self/mountinfo`.
fn find(root: &Path, cgroups: &str, mounts: &str, controller: &str) -> Option<Group> {
    let lists = |list: &str, name: &str| list.split(',').any(|one| one == name);
    let of = |wanted: &dyn Fn(&str, &str) -> bool| {
        cgroups.lines().find_map(|line| {
            let (number, rest) = line.split_once(':')?;
            let (controllers, path) = rest.split_once(':')?;
            wanted(number, controllers).then_some(path)
        })
    };
    let first = of(&|_, controllers| lists(controllers, controller));
    let v2 = first.is_none();
    let path = first.or_else(|| of(&|number, controllers| number == "0" && controllers.is_empty()))?;
    let (mounted, at) = mounts.lines().find_map(|line| {
        let mut words = line.split(' ');
        let (mounted, at) = (words.nth(3)?, words.next()?);
        // Any number of optional fields, a dash, the type, the source, the options: proc_pid_mountinfo(5).
        let mut words = words.skip_while(|word| *word != "-").skip(1);
        let (kind, options) = (words.next()?, words.nth(1)?);
        let right = if v2 { kind == "cgroup2" } else { kind == "cgroup" && lists(options, controller) };
        right.then_some((mounted, at))
    })?;
    let mount = root.join(at.trim_start_matches('/'));
    // Where the path is not below what is mounted, as in a container without a namespace of its own, what is mounted
    // is ours.
    let below = path.strip_prefix(mounted.trim_end_matches('/')).unwrap_or("").trim_start_matches('/');
    let below = if below.split('/').any(|part| part == "..") { "" } else { below };
    let folder = if below.is_empty() { mount.clone() } else { mount.join(below) };
    Some(Group { mount, folder, v2 })
}

fn memory(group: &Group, total: Option<u64>) -> Option<MemoryLimit> {
    let [most, used, cache] = if group.v2 {
        ["memory.max", "memory.current", "inactive_file"]
    } else {
        ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"]
    };
    // `max` is no number, and the first version says something huge.
    let limited = group.chain().filter_map(|folder| Some((number(&folder.join(most))?, folder)));
    let (most, folder) =
        limited.min_by_key(|(most, _)| *most).filter(|(most, _)| total.is_none_or(|all| *most < all))?;
    // Without a total, a limit that no machine has is none.
    if most >= 1 << 60 {
        return None;
    }
    let used = number(&folder.join(used))?;
    let cache = text(&folder.join("memory.stat")).and_then(|text| field(&text, cache)).unwrap_or(0);
    Some(MemoryLimit { most, used: used.saturating_sub(cache) })
}

/// The least limit in CPUs, and whose it is.
fn cpu(group: &Group, online: Option<u32>) -> Option<(f64, PathBuf, bool)> {
    let limit = |folder: &Path| {
        let (quota, period) = if group.v2 {
            let text = text(&folder.join("cpu.max"))?;
            let (quota, period) = text.trim().split_once(' ')?;
            (quota.parse::<f64>().ok()?, period.parse::<f64>().ok()?)
        } else {
            // -1 is no limit, and no number here.
            (
                number(&folder.join("cpu.cfs_quota_us"))? as f64,
                number(&folder.join("cpu.cfs_period_us"))? as f64,
            )
        };
        (quota > 0.0 && period > 0.0).then(|| quota / period)
    };
    let all = group.chain().filter_map(|folder| Some((limit(folder)?, folder)));
    let (most, folder) = all.min_by(|a, b| a.0.total_cmp(&b.0))?;
    online.is_none_or(|online| most < f64::from(online)).then(|| (most, folder.to_owned(), group.v2))
}

/// How many CPUs it may run on; the nearest cgroup that says so.
fn cpus(group: &Group) -> Option<u32> {
    let names: &[&str] =
        if group.v2 { &["cpuset.cpus.effective"] } else { &["cpuset.effective_cpus", "cpuset.cpus"] };
    let said = group.chain().find_map(|folder| names.iter().find_map(|name| text(&folder.join(name))));
    said.and_then(|text| CpuSet::parse(&text)).map(|cpus| cpus.len()).filter(|n| *n > 0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{root, write};
    use super::*;

    const GIB: u64 = 1 << 30;
    const V2: &str = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    const MEMINFO: &str = "MemTotal: 33554432 kB\n";

    #[test]
    fn a_container_of_version_2() {
        let dir = root(&[
            ("proc/self/cgroup", "0::/\n"),
            ("proc/self/mountinfo", V2),
            ("proc/meminfo", MEMINFO),
            ("sys/devices/system/cpu/online", "0-7\n"),
            ("sys/fs/cgroup/memory.max", "2147483648\n"),
            ("sys/fs/cgroup/memory.current", "1500000000\n"),
            ("sys/fs/cgroup/memory.stat", "anon 5\ninactive_file 500000000\n"),
            ("sys/fs/cgroup/cpu.max", "150000 100000\n"),
            ("sys/fs/cgroup/cpu.stat", "usage_usec 1000000\nuser_usec 1\n"),
            ("sys/fs/cgroup/cpuset.cpus.effective", "0-3\n"),
        ]);
        let mut limiter = Limiter::new(dir.path());
        let limits = limiter.read();
        assert_eq!(limits.memory, Some(MemoryLimit { most: 2 * GIB, used: 1_000_000_000 }));
        assert_eq!((limits.cpu, limits.cpus), (Some(CpuLimit { most: 1.5, used: None }), Some(4)));
        assert!(limits.any());
        write(dir.path(), "sys/fs/cgroup/cpu.stat", "usage_usec 1000001\n");
        assert!(limiter.read().cpu.and_then(|cpu| cpu.used).is_some_and(|used| used > 0.0));
    }

    #[test]
    fn the_least_limit_on_the_way_up_counts() {
        let dir = root(&[
            ("proc/self/cgroup", "0::/user.slice/user-1000.slice/app.scope\n"),
            ("proc/self/mountinfo", V2),
            ("proc/meminfo", MEMINFO),
            ("sys/devices/system/cpu/online", "0-7\n"),
            ("sys/fs/cgroup/user.slice/memory.max", "max\n"),
            ("sys/fs/cgroup/user.slice/user-1000.slice/memory.max", "1073741824\n"),
            ("sys/fs/cgroup/user.slice/user-1000.slice/memory.current", "900\n"),
            ("sys/fs/cgroup/user.slice/user-1000.slice/app.scope/memory.max", "2147483648\n"),
            ("sys/fs/cgroup/user.slice/user-1000.slice/app.scope/memory.current", "5\n"),
            ("sys/fs/cgroup/user.slice/user-1000.slice/app.scope/cpu.max", "max 100000\n"),
        ]);
        let limits = Limiter::new(dir.path()).read();
        assert_eq!(
            limits,
            Limits { memory: Some(MemoryLimit { most: GIB, used: 900 }), ..Limits::default() }
        );
    }

    #[test]
    fn version_1_and_the_mixture() {
        let dir = root(&[
            ("proc/self/cgroup", "4:memory:/box/a\n2:cpu,cpuacct:/box\n3:cpuset:/box\n0::/\n"),
            (
                "proc/self/mountinfo",
                "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                 32 31 0:29 /box /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
                 34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n\
                 41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
            ),
            ("proc/meminfo", MEMINFO),
            ("sys/devices/system/cpu/online", "0-7\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1073741824\n"),
            ("sys/fs/cgroup/memory/box/memory.usage_in_bytes", "1000\n"),
            ("sys/fs/cgroup/memory/box/memory.stat", "inactive_file 1\ntotal_inactive_file 400\n"),
            ("sys/fs/cgroup/memory/box/a/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/cpu/cpuacct.usage", "5\n"),
            ("sys/fs/cgroup/cpuset/box/cpuset.effective_cpus", "1,3\n"),
        ]);
        let limits = Limiter::new(dir.path()).read();
        assert_eq!(limits.memory, Some(MemoryLimit { most: GIB, used: 600 }));
        assert_eq!((limits.cpu.map(|cpu| cpu.most), limits.cpus), (Some(0.5), Some(2)));
        // No limit is a number that no machine has, or -1.
        write(dir.path(), "sys/fs/cgroup/memory/box/memory.limit_in_bytes", "9223372036854771712\n");
        write(dir.path(), "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
        write(dir.path(), "sys/fs/cgroup/cpuset/box/cpuset.effective_cpus", "0-7\n");
        assert_eq!(Limiter::new(dir.path()).read(), Limits::default());
    }
}
