//! The cgroup and those above it: the files of version 2, or of version 1 where that has the controllers.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::super::parse;
use super::Look;
use super::text::Buffer;
use crate::model::inspect::{
    Cgroups, CpuStat, Datum, GroupLevel, GroupMemory, GroupPids, Hierarchy, IoUse, MemoryEvents, Refused,
};
use crate::model::{CgroupPlace, CpuMax, CpuSet, Pressure, Untrusted};

/// So many levels are told; more are made by nobody but to annoy.
const MOST: usize = 32;

/// So many devices and lines are told of each.
const MOST_LINES: usize = 64;

/// A limit of version 1 at or above this is none: the kernel's greatest number of pages.
const UNLIMITED: u64 = 1 << 62;

pub(super) fn read(look: &Look<'_>, buffer: &mut Buffer) -> Cgroups {
    let text = match buffer.read(look.dir, "cgroup") {
        Ok(text) => text.to_vec(),
        Err(miss) => {
            let why = look.refused(miss);
            return Cgroups { hierarchies: Err(why), place: None, levels: Err(why), version: None };
        }
    };
    let hierarchies = hierarchies(&text);
    let place = parse::cgroup(&text).map(CgroupPlace::of);
    let base = look.root.join("sys/fs/cgroup");
    let unified = ["", "unified"].iter().map(|below| base.join(below)).find(|base| is_unified(base));
    let own = hierarchies.iter().find(|one| one.number == 0);
    let split: Vec<&Hierarchy> = hierarchies
        .iter()
        .filter(|one| one.number != 0 && !one.controllers.bytes().starts_with(b"name="))
        .collect();
    let (levels, version) = match (own, unified) {
        (Some(own), Some(base)) if split.is_empty() => (second(&base, own, buffer), Some(2)),
        _ if !split.is_empty() => (first(&base, &split, buffer), Some(1)),
        _ => (Err(Refused::NoSuch), None),
    };
    Cgroups { hierarchies: Ok(hierarchies), place, levels, version }
}

fn is_unified(base: &Path) -> bool {
    rustix::fs::access(base.join("cgroup.controllers"), rustix::fs::Access::EXISTS).is_ok()
}

fn hierarchies(text: &[u8]) -> Vec<Hierarchy> {
    let line = |line: &[u8]| {
        let mut parts = line.splitn(3, |byte| *byte == b':');
        let number = parse::unsigned(parts.next()?).and_then(|number| u32::try_from(number).ok())?;
        let (controllers, path) = (Untrusted::new(parts.next()?), Untrusted::new(parts.next()?));
        Some(Hierarchy { number, controllers, path })
    };
    parse::lines(text).filter_map(line).collect()
}

/// The parts of a path; `None` where it leads out of what we can see.
fn parts(path: &[u8]) -> Option<Vec<&[u8]>> {
    let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).collect();
    (!parts.contains(&&b".."[..])).then_some(parts)
}

/// A path below a base, without its last `above` parts; `None` where it has fewer.
fn place(base: &Path, path: &[u8], above: usize) -> Option<(PathBuf, Untrusted)> {
    let parts = parts(path)?;
    let kept = parts.get(..parts.len().checked_sub(above)?)?;
    let mut full = base.to_owned();
    full.extend(kept.iter().map(|part| OsStr::from_bytes(part)));
    let shown =
        if kept.is_empty() { b"/".to_vec() } else { [b"/", kept.join(&b"/"[..]).as_slice()].concat() };
    Some((full, Untrusted::new(shown)))
}

/// One directory of a cgroup.
struct Group<'a> {
    dir: OwnedFd,
    buffer: &'a mut Buffer,
}

impl<'a> Group<'a> {
    fn open(path: &Path, buffer: &'a mut Buffer) -> Option<Group<'a>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Some(Group { dir: rustix::fs::open(path, flags, Mode::empty()).ok()?, buffer })
    }

    fn text(&mut self, name: &str) -> Option<&[u8]> {
        self.buffer.read(&self.dir, name).ok()
    }

    fn number(&mut self, name: &str) -> Option<u64> {
        self.text(name).and_then(parse::first_number)
    }

    /// A number, or `max` for none.
    #[allow(clippy::option_option, reason = "unknown, and known to be without a limit")]
    fn limit(&mut self, name: &str) -> Option<Option<u64>> {
        let text = self.text(name)?;
        if text.starts_with(b"max") { Some(None) } else { parse::first_number(text).map(Some) }
    }

    /// A number of version 1, where a very great one is none.
    #[allow(clippy::option_option, reason = "as above")]
    fn old_limit(&mut self, name: &str) -> Option<Option<u64>> {
        self.number(name).map(|number| (number < UNLIMITED).then_some(number))
    }

    /// A number behind its name, as in `cpu.stat`.
    fn pair(text: &[u8], name: &str) -> Option<u64> {
        parse::lines(text).find_map(|line| {
            let mut words = parse::words(line);
            (words.next() == Some(name.as_bytes())).then(|| words.next().and_then(parse::unsigned))?
        })
    }

    fn cpus(&mut self, name: &str) -> Option<CpuSet> {
        CpuSet::parse(std::str::from_utf8(self.text(name)?).ok()?).filter(|set| !set.is_empty())
    }
}

/// Version 2.
fn second(base: &Path, own: &Hierarchy, buffer: &mut Buffer) -> Datum<Vec<GroupLevel>> {
    let mut levels = Vec::new();
    for above in 0..MOST {
        let Some((full, path)) = place(base, own.path.bytes(), above) else { break };
        let Some(mut group) = Group::open(&full, buffer) else { break };
        let level = level_of_second(&mut group, path);
        levels.push(level);
    }
    if levels.is_empty() { Err(Refused::NoSuch) } else { Ok(levels) }
}

fn level_of_second(group: &mut Group<'_>, path: Untrusted) -> GroupLevel {
    let cpu = group.text("cpu.stat").map(|text| CpuStat {
        usage: Group::pair(text, "usage_usec").unwrap_or(0),
        user: Group::pair(text, "user_usec").unwrap_or(0),
        system: Group::pair(text, "system_usec").unwrap_or(0),
        periods: Group::pair(text, "nr_periods"),
        throttled: Group::pair(text, "nr_throttled"),
        throttled_time: Group::pair(text, "throttled_usec"),
    });
    let events = group.text("memory.events").map(|text| MemoryEvents {
        low: Group::pair(text, "low").unwrap_or(0),
        high: Group::pair(text, "high").unwrap_or(0),
        max: Group::pair(text, "max").unwrap_or(0),
        oom: Group::pair(text, "oom").unwrap_or(0),
        oom_kill: Group::pair(text, "oom_kill").unwrap_or(0),
    });
    let lives = group
        .text("cgroup.events")
        .map(|text| (Group::pair(text, "populated"), Group::pair(text, "frozen")))
        .unwrap_or_default();
    GroupLevel {
        path,
        controllers: group.text("cgroup.controllers").map(|text| Untrusted::new(text.trim_ascii())),
        cpu_max: group.text("cpu.max").and_then(cpu_max),
        cpu_weight: group.number("cpu.weight"),
        cpu,
        cpus: group.cpus("cpuset.cpus.effective"),
        memory: GroupMemory {
            current: group.number("memory.current"),
            peak: group.number("memory.peak"),
            min: group.number("memory.min"),
            low: group.number("memory.low"),
            high: group.limit("memory.high"),
            max: group.limit("memory.max"),
            swap: group.number("memory.swap.current"),
            swap_max: group.limit("memory.swap.max"),
            events,
        },
        pids: GroupPids {
            current: group.number("pids.current"),
            max: group.limit("pids.max"),
            failed: group.text("pids.events").and_then(|text| Group::pair(text, "max")),
        },
        io: group.text("io.stat").map(io_stat),
        io_max: group
            .text("io.max")
            .map(|text| parse::lines(text).take(MOST_LINES).map(Untrusted::new).collect()),
        pressure: pressure(group),
        populated: lives.0.map(|value| value != 0),
        frozen: lives.1.map(|value| value != 0),
        cpu_share: None,
        throttled_share: None,
    }
}

fn pressure(group: &mut Group<'_>) -> Option<Pressure> {
    let [cpu, io, memory] =
        ["cpu.pressure", "io.pressure", "memory.pressure"].map(|name| group.text(name).map(parse::pressure));
    if cpu.is_none() && io.is_none() && memory.is_none() {
        return None;
    }
    let [cpu, io, memory] = [cpu, io, memory].map(Option::unwrap_or_default);
    Some(Pressure {
        cpu_some: cpu.0,
        cpu_full: cpu.1,
        io_some: io.0,
        io_full: io.1,
        memory_some: memory.0,
        memory_full: memory.1,
    })
}

/// `cpu.max`: `max 100000` or two numbers.
fn cpu_max(text: &[u8]) -> Option<CpuMax> {
    let mut words = parse::words(text);
    let quota = match words.next()? {
        b"max" => None,
        number => Some(parse::unsigned(number)?),
    };
    Some(CpuMax { quota, period: parse::unsigned(words.next()?)? })
}

/// `io.stat`: `8:0 rbytes=1 wbytes=2 rios=3 wios=4 …`.
fn io_stat(text: &[u8]) -> Vec<IoUse> {
    let line = |line: &[u8]| {
        let mut words = parse::words(line);
        let mut one = IoUse { device: device(words.next()?)?, ..IoUse::default() };
        for word in words {
            let Some(at) = word.iter().position(|byte| *byte == b'=') else { continue };
            let Some(value) = word.get(at + 1..).and_then(parse::unsigned) else { continue };
            match word.get(..at) {
                Some(b"rbytes") => one.read_bytes = value,
                Some(b"wbytes") => one.write_bytes = value,
                Some(b"rios") => one.reads = value,
                Some(b"wios") => one.writes = value,
                _ => {}
            }
        }
        Some(one)
    };
    parse::lines(text).filter_map(line).take(MOST_LINES).collect()
}

/// `major:minor`.
fn device(word: &[u8]) -> Option<(u32, u32)> {
    let colon = word.iter().position(|byte| *byte == b':')?;
    let number = |word| u32::try_from(parse::unsigned(word)?).ok();
    Some((number(word.get(..colon)?)?, number(word.get(colon + 1..)?)?))
}

/// Version 1: each controller has a tree of its own. Every place in any of them is a level, with what those controllers
/// say that have it in their tree above the process; deeper ones first.
fn first(base: &Path, split: &[&Hierarchy], buffer: &mut Buffer) -> Datum<Vec<GroupLevel>> {
    let mut places: Vec<(usize, Untrusted)> = Vec::new();
    for hierarchy in split {
        let path = hierarchy.path.bytes();
        let depth = parts(path).map_or(0, |parts| parts.len());
        places.extend((0..MOST).map_while(|above| {
            let (_, path) = place(base, path, above)?;
            Some((depth.saturating_sub(above), path))
        }));
    }
    places.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    places.dedup();
    let mut levels = Vec::new();
    for (depth, path) in places.into_iter().take(MOST) {
        let mut level = GroupLevel::default();
        let mut any = false;
        for hierarchy in split {
            let (names, own) = (hierarchy.controllers.bytes(), hierarchy.path.bytes());
            let Some(above) = parts(own).and_then(|parts| parts.len().checked_sub(depth)) else { continue };
            let Some((full, known)) = place(&base.join(OsStr::from_bytes(names)), own, above) else {
                continue;
            };
            if known != path {
                continue;
            }
            let Some(mut group) = Group::open(&full, buffer) else { continue };
            any = true;
            for name in names.split(|byte| *byte == b',') {
                old_controller(name, &mut group, &mut level);
            }
        }
        if any {
            levels.push(GroupLevel { path, ..level });
        }
    }
    if levels.is_empty() { Err(Refused::NoSuch) } else { Ok(levels) }
}

fn old_controller(name: &[u8], group: &mut Group<'_>, level: &mut GroupLevel) {
    match name {
        b"cpu" => {
            let quota = group.text("cpu.cfs_quota_us").and_then(parse::lone_signed);
            if let Some((quota, period)) = quota.zip(group.number("cpu.cfs_period_us")) {
                level.cpu_max = Some(CpuMax { quota: u64::try_from(quota).ok(), period });
            }
            if let Some(text) = group.text("cpu.stat") {
                let cpu = level.cpu.get_or_insert_default();
                cpu.periods = Group::pair(text, "nr_periods");
                cpu.throttled = Group::pair(text, "nr_throttled");
                cpu.throttled_time = Group::pair(text, "throttled_time").map(|nanos| nanos / 1000);
            }
        }
        b"cpuacct" => {
            let usage = group.number("cpuacct.usage");
            let user = group.number("cpuacct.usage_user");
            let system = group.number("cpuacct.usage_sys");
            if let Some(usage) = usage {
                let cpu = level.cpu.get_or_insert_default();
                cpu.usage = usage / 1000;
                cpu.user = user.unwrap_or(0) / 1000;
                cpu.system = system.unwrap_or(0) / 1000;
            }
        }
        b"cpuset" => level.cpus = group.cpus("cpuset.effective_cpus").or_else(|| group.cpus("cpuset.cpus")),
        b"memory" => {
            level.memory.current = group.number("memory.usage_in_bytes");
            level.memory.peak = group.number("memory.max_usage_in_bytes");
            level.memory.max = group.old_limit("memory.limit_in_bytes");
            level.memory.low = group.number("memory.soft_limit_in_bytes").filter(|n| *n < UNLIMITED);
        }
        b"pids" => {
            level.pids = GroupPids {
                current: group.number("pids.current"),
                max: group.limit("pids.max"),
                failed: group.text("pids.events").and_then(|text| Group::pair(text, "max")),
            };
        }
        b"freezer" => {
            level.frozen = group.text("freezer.state").map(|text| text.starts_with(b"FROZEN"));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_version_two() {
        assert_eq!(cpu_max(b"50000 100000\n"), Some(CpuMax::percent(50)));
        assert_eq!(cpu_max(b"max 100000\n"), Some(CpuMax::NONE));
        assert_eq!(cpu_max(b"max\n"), None);
        let io = io_stat(b"8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n8:x\n");
        let one = IoUse {
            device: (8, 16),
            read_bytes: 1_459_200,
            write_bytes: 314_773_504,
            reads: 192,
            writes: 353,
        };
        assert_eq!(io, [one]);
        assert_eq!(Group::pair(b"low 0\noom_kill 3\noom 2\n", "oom"), Some(2));
    }

    #[test]
    fn paths_lead_up_and_never_out() {
        let base = Path::new("/base");
        let shown = |path: &[u8], above| place(base, path, above).map(|(full, shown)| (full, shown.show(40)));
        assert_eq!(shown(b"/a/b", 0), Some(("/base/a/b".into(), "/a/b".to_owned())));
        assert_eq!(shown(b"/a/b", 2), Some(("/base".into(), "/".to_owned())));
        assert_eq!(shown(b"/a/b", 3), None);
        assert_eq!(shown(b"/../../etc", 0), None);
    }
}
