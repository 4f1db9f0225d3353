//! The machine, as far as it matters to times: what a report says of where it was measured.

use std::fs;

use crate::model::lab::Machine;

/// Looks at the machine. What cannot be known stays unknown.
pub fn machine() -> Machine {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let online = fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    let cpus = super::usable_cpus();
    let line = |path: &str| fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    Machine {
        model: first(&info, &["model name", "Model", "Processor", "cpu"]).unwrap_or_default(),
        cpus,
        online: count_list(online.trim()).unwrap_or(cpus),
        cores: physical_cores(&info),
        quota: line("/sys/fs/cgroup/cpu.max").and_then(|text| quota_v2(&text)).or_else(|| {
            let number = |name: &str| line(&format!("/sys/fs/cgroup/cpu/cpu.cfs_{name}_us"))?.parse().ok();
            quota_v1(number("quota")?, number("period")?)
        }),
        governor: line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        kernel: line("/proc/sys/kernel/osrelease").map(|text| release(&text).to_owned()).unwrap_or_default(),
    }
}

/// The release without the local name of its build: `6.8.0-45` of `6.8.0-45-generic`. Versions matter to times; a name may
/// say whose machine it is, and reports are passed on.
fn release(text: &str) -> &str {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.split('-');
    let version = parts.next().unwrap_or_default().len();
    let numbers: usize = parts.take_while(|part| is_number(part)).map(|part| part.len() + 1).sum();
    text.get(..version + numbers).unwrap_or(text)
}

/// The value of the first line of `/proc/cpuinfo` with one of these keys, which differ between architectures.
fn first(info: &str, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| values(info, key).next()).map(str::to_owned)
}

/// The values of a key, in the order of the lines.
fn values<'a>(info: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    info.lines().filter_map(move |line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim())
    })
}

/// Cores that differ in package or number; `None` where `/proc/cpuinfo` does not say.
fn physical_cores(info: &str) -> Option<u32> {
    let mut cores: Vec<(&str, &str)> = values(info, "physical id").zip(values(info, "core id")).collect();
    cores.sort_unstable();
    cores.dedup();
    u32::try_from(cores.len()).ok().filter(|count| *count > 0)
}

/// How many numbers a list such as `0-3,6` has: cpuset(7).
fn count_list(list: &str) -> Option<u32> {
    list.split(',').try_fold(0_u32, |sum, part| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to): (u32, u32) = (from.parse().ok()?, to.parse().ok()?);
        Some(sum + to.checked_sub(from)? + 1)
    })
}

/// CPUs that `cpu.max` allows; `None` for `max`.
fn quota_v2(text: &str) -> Option<f64> {
    let (quota, period) = text.split_once(' ')?;
    quota_v1(quota.parse().ok()?, period.parse().ok()?)
}

/// CPUs that a quota in each period allows; `None` for −1, which is none.
fn quota_v1(quota: f64, period: f64) -> Option<f64> {
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_words_are_understood() {
        assert_eq!(
            [count_list("0-3,6"), count_list("0"), count_list(""), count_list("3-1")],
            [Some(5), Some(1), None, None]
        );
        assert_eq!(
            [quota_v2("150000 100000"), quota_v2("max 100000"), quota_v1(-1.0, 1e5)],
            [Some(1.5), None, None]
        );
        let smt = "processor\t: 0\nphysical id\t: 0\ncore id\t\t: 0\n\nprocessor\t: 1\nphysical id\t: 0\ncore id\t\t: 0\n\
            processor\t: 2\nphysical id\t: 1\ncore id\t\t: 0\nmodel name\t: A: B\n";
        assert_eq!(physical_cores(smt), Some(2));
        assert_eq!(physical_cores("processor: 0\n"), None, "unknown is unknown");
        assert_eq!(first(smt, &["Model", "model name"]).as_deref(), Some("A: B"));
    }

    #[test]
    fn a_release_keeps_its_numbers_and_not_the_name_of_who_built_it() {
        for (text, kept) in [
            ("6.18.5", "6.18.5"),
            ("6.8.0-45-generic", "6.8.0-45"),
            ("5.15.0-1057-aws", "5.15.0-1057"),
            ("6.1.0-example-web17", "6.1.0"),
            ("6.11.4-301.fc41.x86_64", "6.11.4"),
            ("", ""),
        ] {
            assert_eq!(release(text), kept);
        }
    }

    #[test]
    fn this_machine_has_a_cpu_and_a_kernel() {
        let machine = machine();
        assert!(machine.cpus >= 1 && machine.online >= 1 && !machine.kernel.is_empty(), "{machine:?}");
    }
}
