//! What the rest of the machine does while a run lasts: `/proc/stat`, the cgroup's quota, the clock rate.

use std::fs;

use crate::model::lab::Noise;

/// Ticks since boot in the states of `/proc/stat`, and what else counts up.
#[derive(Clone, Copy, Default)]
pub(super) struct Reading {
    /// On any CPU, not idle, steal excluded, seconds.
    busy_s: Option<f64>,
    /// Given by the hypervisor to others, seconds.
    steal_s: Option<f64>,
    throttled_s: Option<f64>,
    mhz: Option<f64>,
}

impl Reading {
    /// Reads it now.
    pub(super) fn now() -> Reading {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let (busy_s, steal_s) = cpu_line(&stat).unzip();
        let cgroup = ["/sys/fs/cgroup/cpu.stat", "/sys/fs/cgroup/cpu/cpu.stat"];
        let throttled_s = cgroup.iter().find_map(|path| throttled(&fs::read_to_string(path).ok()?));
        let mhz = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| mean_mhz(&text));
        Reading { busy_s, steal_s, throttled_s, mhz }
    }

    /// What others did from `before` to `self`, where the run itself took `own_s` of CPU time in `real_s` seconds.
    pub(super) fn since(&self, before: &Reading, own_s: f64, real_s: f64) -> Noise {
        let cpus = crate::lab::usable_cpus();
        let online = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let capacity = f64::from(cpus.max(online as u32)) * real_s;
        let grown = |after: Option<f64>, before: Option<f64>| Some((after? - before?).max(0.0));
        let part = |seconds: f64| if capacity > 0.0 { (seconds / capacity).clamp(0.0, 1.0) } else { 0.0 };
        Noise {
            cpus,
            others: grown(self.busy_s, before.busy_s).map(|busy| part(busy - own_s)),
            steal: grown(self.steal_s, before.steal_s).map(part),
            throttled_s: grown(self.throttled_s, before.throttled_s),
            mhz: before.mhz.zip(self.mhz),
        }
    }
}

/// Busy and stolen seconds of the first line of `/proc/stat`.
fn cpu_line(stat: &str) -> Option<(f64, f64)> {
    // USER_HZ is 100 on every architecture that Linux runs on today but Alpha and ia64: times(2).
    const USER_HZ: f64 = 100.0;
    let fields: Vec<f64> = stat
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_ascii_whitespace()
        .filter_map(|f| f.parse().ok())
        .collect();
    let get = |at: usize| fields.get(at).copied().unwrap_or(0.0);
    (fields.len() >= 4).then(|| ((get(0) + get(1) + get(2) + get(5) + get(6)) / USER_HZ, get(7) / USER_HZ))
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
        assert_eq!(cpu_line("cpu  100 50 25 1000 9 25 0 300 0 0\ncpu0 1\n"), Some((2.0, 3.0)));
        assert_eq!(cpu_line("cpu  1"), None);
        assert_eq!(throttled("nr_periods 1\nthrottled_usec 1500000\n"), Some(1.5));
        assert_eq!(throttled("throttled_time 2000000000\n"), Some(2.0));
        assert_eq!(throttled(""), None);
        assert_eq!(mean_mhz("cpu MHz\t\t: 2000.0\ncpu MHz\t: 3000.0\n"), Some(2500.0));
    }

    #[test]
    fn others_are_what_the_run_itself_did_not_use() {
        let reading = |busy| Reading { busy_s: Some(busy), steal_s: Some(0.0), ..Reading::default() };
        let noise = reading(10.0).since(&reading(2.0), 8.0, 1.0);
        assert_eq!((noise.others, noise.steal), (Some(0.0), Some(0.0)));
        let noise = Reading::default().since(&Reading::default(), 1.0, 1.0);
        assert_eq!((noise.others, noise.throttled_s), (None, None), "unknown is unknown");
        assert!(reading(4.0).since(&reading(2.0), 1.0, 1.0).others > Some(0.0));
    }
}
