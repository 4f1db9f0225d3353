//! What the rest of the machine does while a run lasts: `/proc/stat`, the cgroup's quota, the clock rate.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::thread::{CpuSet, sched_getaffinity};

use crate::model::lab::Noise;

/// Seconds since boot in the states of `/proc/stat`, and what else counts up.
#[derive(Clone, Copy, Default)]
pub(in crate::lab) struct Reading {
    /// Of the CPUs on which the run may be.
    times: Option<Times>,
    throttled_s: Option<f64>,
    mhz: Option<f64>,
}

/// What some CPUs did since boot, seconds.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Times {
    /// How many they are: those of them that are online.
    cpus: u32,
    /// Not idle, steal excluded.
    busy_s: f64,
    /// Given by the hypervisor to others.
    steal_s: f64,
}

impl Reading {
    /// Reads it now.
    pub(in crate::lab) fn now() -> Reading {
        let mhz = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| mean_mhz(&text));
        Reading { mhz, ..Reading::of_use() }
    }

    /// The same without the clock rate, which on many CPUs takes longer than all the rest.
    pub(in crate::lab) fn of_use() -> Reading {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let usable = sched_getaffinity(None).ok();
        let is_usable = |cpu| usable.as_ref().is_none_or(|set| cpu < CpuSet::MAX_CPU && set.is_set(cpu));
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let throttled_s = cpu_stats(&own)
            .iter()
            .filter_map(|path| throttled(&fs::read_to_string(path).ok()?))
            .reduce(|sum, more| sum + more);
        Reading { times: times(&stat, is_usable), throttled_s, mhz: None }
    }

    /// What others did from `before` to `self`, where the run itself took `own_s` of CPU time in `real_s` seconds.
    pub(in crate::lab) fn since(&self, before: &Reading, own_s: f64, real_s: f64) -> Noise {
        let grown = |after: f64, before: f64| (after - before).max(0.0);
        // A CPU that went on or off line meanwhile took its past along.
        let times = self.times.zip(before.times).filter(|(now, then)| now.cpus == then.cpus && real_s > 0.0);
        let part = |seconds: f64, cpus: u32| (seconds / (f64::from(cpus) * real_s)).clamp(0.0, 1.0);
        Noise {
            cpus: crate::lab::usable_cpus(),
            others: times.map(|(now, then)| part(grown(now.busy_s, then.busy_s) - own_s, now.cpus)),
            steal: times.map(|(now, then)| part(grown(now.steal_s, then.steal_s), now.cpus)),
            throttled_s: self.throttled_s.zip(before.throttled_s).map(|(now, then)| grown(now, then)),
            mhz: before.mhz.zip(self.mhz),
        }
    }
}

/// Sums the lines `cpuN` of those CPUs that are wanted; `None` where there is none of them.
///
/// The run can be on no other: what others do elsewhere is no disturbance, and idle CPUs that it may not use are no room.
fn times(stat: &str, is_wanted: impl Fn(usize) -> bool) -> Option<Times> {
    // USER_HZ is 100 on every architecture that Linux runs on today but Alpha and ia64: times(2).
    const USER_HZ: f64 = 100.0;
    let mut sum = Times::default();
    for line in stat.lines() {
        let Some((number, fields)) = line.strip_prefix("cpu").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        if !number.parse().is_ok_and(&is_wanted) {
            continue;
        }
        let fields: Vec<f64> =
            fields.split_ascii_whitespace().filter_map(|field| field.parse().ok()).collect();
        let get = |at: usize| fields.get(at).copied().unwrap_or(0.0);
        // user, nice, system, irq, softirq; guest time is in user already.
        sum.busy_s += (get(0) + get(1) + get(2) + get(5) + get(6)) / USER_HZ;
        sum.steal_s += get(7) / USER_HZ;
        sum.cpus += 1;
    }
    (sum.cpus > 0).then_some(sum)
}

/// The files that count how long a quota held this process back: of its own cgroup and of all above it, in both
/// versions. Within a container the path of `/proc/self/cgroup` may not be there; its root always is.
fn cpu_stats(own: &str) -> BTreeSet<PathBuf> {
    let mut all = BTreeSet::new();
    for line in own.lines() {
        let mut fields = line.splitn(3, ':');
        let (_, Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let mounts: &[&str] = match controllers {
            "" => &["/sys/fs/cgroup", "/sys/fs/cgroup/unified"],
            _ if controllers.split(',').any(|name| name == "cpu") => {
                &["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"]
            }
            _ => continue,
        };
        for mount in mounts {
            let levels = Path::new(path.trim_start_matches('/')).ancestors();
            let files = levels.map(|level| Path::new(mount).join(level).join("cpu.stat"));
            // A mount may be there under two names.
            all.extend(files.filter_map(|file| fs::canonicalize(file).ok()));
        }
    }
    all
}

/// `throttled_usec` of cgroup v2, `throttled_time` (nanoseconds) of v1.
fn throttled(text: &str) -> Option<f64> {
    let value =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
    value("throttled_usec ").map(|us| us / 1e6).or_else(|| value("throttled_time ").map(|ns| ns / 1e9))
}

/// Mean of all `cpu MHz` lines; not every architecture has them.
fn mean_mhz(text: &str) -> Option<f64> {
    let all: Vec<f64> = text
        .lines()
        .filter(|line| line.starts_with("cpu MHz"))
        .filter_map(|line| line.rsplit(':').next()?.trim().parse().ok())
        .collect();
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_words_are_understood() {
        let stat = "cpu  300 0 0 0 0 0 0 0 0 0\ncpu0 100 50 25 1000 9 25 0 300 0 0\ncpu1 200 0 0 0 0 0 0 0 0 0\nintr 1\n";
        let first = Times { cpus: 1, busy_s: 2.0, steal_s: 3.0 };
        assert_eq!(times(stat, |cpu| cpu == 0), Some(first), "the run cannot be on the other one");
        assert_eq!(times(stat, |_| true), Some(Times { cpus: 2, busy_s: 4.0, steal_s: 3.0 }));
        assert_eq!(times(stat, |cpu| cpu == 7), None);
        assert_eq!(times("", |_| true), None);
        assert_eq!(throttled("nr_periods 1\nthrottled_usec 1500000\n"), Some(1.5));
        assert_eq!(throttled("throttled_time 2000000000\n"), Some(2.0));
        assert_eq!(throttled(""), None);
        assert_eq!(mean_mhz("cpu MHz\t\t: 2000.0\ncpu MHz\t: 3000.0\n"), Some(2500.0));
    }

    #[test]
    fn others_are_what_the_run_itself_did_not_use() {
        let reading = |cpus, busy_s| Reading {
            times: Some(Times { cpus, busy_s, steal_s: 0.5 }),
            ..Reading::default()
        };
        let noise = reading(2, 10.0).since(&reading(2, 2.0), 8.0, 4.0);
        assert_eq!((noise.others, noise.steal), (Some(0.0), Some(0.0)));
        let noise = reading(2, 4.0).since(&reading(2, 2.0), 1.0, 1.0);
        assert_eq!(noise.others, Some(0.5), "one second of two CPUs' one");
        for (after, before) in [(reading(2, 4.0), reading(3, 2.0)), (Reading::default(), Reading::default())]
        {
            let noise = after.since(&before, 1.0, 1.0);
            assert_eq!(
                (noise.others, noise.steal, noise.throttled_s),
                (None, None, None),
                "unknown is unknown"
            );
        }
    }

    #[test]
    fn every_level_that_can_hold_us_back_is_asked() {
        assert_eq!(cpu_stats(""), BTreeSet::new());
        assert_eq!(cpu_stats("4:memory:/x\ngarbage\n"), BTreeSet::new());
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        for path in cpu_stats(&own) {
            assert!(path.starts_with("/sys/fs/cgroup") && path.ends_with("cpu.stat"), "{}", path.display());
        }
    }
}
