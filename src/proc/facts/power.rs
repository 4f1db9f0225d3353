//! Batteries and the frequencies of CPUs.

use std::path::Path;

use super::{names, number, text};
use crate::model::{Battery, BatteryState, Frequency};

/// All batteries below `/sys/class/power_supply` together; those of mice and other devices are none of the machine's.
pub(super) fn battery(folder: &Path) -> Option<Battery> {
    // Energy in microwatt-hours, or charge in microampere-hours, which a voltage turns into energy.
    let (mut now, mut full, mut power) = (0.0, 0.0, Some(0.0));
    let (mut share, mut shares) = (0.0, 0u32);
    let mut state = None;
    for name in names(folder) {
        let own = folder.join(name);
        let word = |file: &str| text(&own.join(file)).map(|text| text.trim().to_owned());
        let device = word("scope").is_some_and(|scope| scope == "Device");
        if word("type").as_deref() != Some("Battery") || device || word("present").as_deref() == Some("0") {
            continue;
        }
        let micro = |file: &str| number(&own.join(file)).map(|n| n as f64 / 1e6);
        let volts = micro("voltage_now").or_else(|| micro("voltage_min_design"));
        let energy = |energy: &str, charge: &str| micro(energy).or_else(|| Some(micro(charge)? * volts?));
        if let Some(percent) = number(&own.join("capacity")) {
            share += percent.min(100) as f64 / 100.0;
            shares += 1;
        }
        match (energy("energy_now", "charge_now"), energy("energy_full", "charge_full")) {
            (Some(one), Some(most)) if most > 0.0 => {
                now += one.min(most);
                full += most;
            }
            // Of one of them it is not known: then the shares must do, and no time can be told.
            _ => power = None,
        }
        // Some drivers give the current a sign.
        let watts = signed(&own.join("power_now"))
            .map_or_else(|| Some(signed(&own.join("current_now"))? * volts?), Some);
        power = power.zip(watts).map(|(sum, watts)| sum + watts.abs());
        state = Some(match (state, state_of(word("status").as_deref())) {
            (None | Some(BatteryState::Idle | BatteryState::Unknown), one) => one,
            // One that is used counts more than one that waits for its turn.
            (Some(all), _) => all,
        });
    }
    let state = state?;
    let charge = if full > 0.0 && power.is_some() {
        now / full
    } else if shares > 0 {
        share / f64::from(shares)
    } else if full > 0.0 {
        now / full
    } else {
        return None;
    };
    let watts = power.filter(|watts| *watts > 0.0);
    let seconds = watts.and_then(|watts| match state {
        BatteryState::Discharging => Some(now / watts * 3600.0),
        BatteryState::Charging => Some((full - now) / watts * 3600.0),
        BatteryState::Idle | BatteryState::Unknown => None,
    });
    // Right after the plug was pulled the power may be next to nothing.
    let seconds = seconds.filter(|seconds| *seconds < 1e6);
    Some(Battery { charge: charge.clamp(0.0, 1.0), state, watts, seconds })
}

/// A number of millionths, which may have a sign.
fn signed(path: &Path) -> Option<f64> {
    text(path)?.trim().parse::<i64>().ok().map(|n| n as f64 / 1e6)
}

fn state_of(status: Option<&str>) -> BatteryState {
    match status {
        Some("Charging") => BatteryState::Charging,
        Some("Discharging") => BatteryState::Discharging,
        Some("Full" | "Not charging") => BatteryState::Idle,
        _ => BatteryState::Unknown,
    }
}

/// How fast the CPUs run: by sysfs, or where there is no cpufreq, as in most virtual machines, by `/proc/cpuinfo`.
/// `fastest` is the most that any of them can do, kilohertz, and is looked for until it is known.
pub(super) fn frequency(cpus: &Path, cpuinfo: &Path, fastest: &mut Option<u64>) -> Option<Frequency> {
    let mut limit = *fastest;
    let mut all = Vec::new();
    for name in names(cpus) {
        if !name
            .strip_prefix("cpu")
            .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()) && !rest.is_empty())
        {
            continue;
        }
        let own = cpus.join(name).join("cpufreq");
        // Kilohertz.
        all.extend(number(&own.join("scaling_cur_freq")).map(|khz| khz as f64 * 1e3));
        if fastest.is_none() {
            limit = limit.max(number(&own.join("cpuinfo_max_freq")));
        }
    }
    *fastest = limit;
    if all.is_empty() {
        all = text(cpuinfo)?.lines().filter_map(megahertz).collect();
    }
    let lowest = all.iter().copied().reduce(f64::min)?;
    let highest = all.iter().copied().reduce(f64::max)?;
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    Some(Frequency { lowest, mean, highest, limit: limit.map(|khz| khz as f64 * 1e3) })
}

/// `cpu MHz         : 2450.000`, as hertz.
fn megahertz(line: &str) -> Option<f64> {
    let (name, value) = line.split_once(':')?;
    let value: f64 = value.trim().parse().ok()?;
    (name.trim_end() == "cpu MHz" && value.is_finite() && value > 0.0).then_some(value * 1e6)
}

#[cfg(test)]
mod tests {
    use super::super::tests::root;
    use super::*;

    #[test]
    fn two_batteries_and_a_mouse() {
        let dir = root(&[
            ("p/AC/type", "Mains\n"),
            ("p/BAT0/type", "Battery\n"),
            ("p/BAT0/status", "Not charging\n"),
            ("p/BAT0/energy_now", "10000000\n"),
            ("p/BAT0/energy_full", "20000000\n"),
            ("p/BAT0/power_now", "0\n"),
            ("p/BAT1/type", "Battery\n"),
            ("p/BAT1/status", "Discharging\n"),
            // 2 Ah of 4 Ah at 10 V: 20 of 40 Wh; 1 A, with a sign: 10 W.
            ("p/BAT1/charge_now", "2000000\n"),
            ("p/BAT1/charge_full", "4000000\n"),
            ("p/BAT1/voltage_now", "10000000\n"),
            ("p/BAT1/current_now", "-1000000\n"),
            ("p/hidpp_battery_0/type", "Battery\n"),
            ("p/hidpp_battery_0/scope", "Device\n"),
            ("p/hidpp_battery_0/capacity", "3\n"),
        ]);
        let battery = battery(&dir.path().join("p")).unwrap();
        assert_eq!((battery.charge, battery.state), (0.5, BatteryState::Discharging));
        assert_eq!((battery.watts, battery.seconds), (Some(10.0), Some(30.0 / 10.0 * 3600.0)));
    }

    #[test]
    fn a_battery_that_says_little() {
        let dir = root(&[("p/BAT0/type", "Battery\n"), ("p/BAT0/capacity", "250\n")]);
        let battery = battery(&dir.path().join("p")).unwrap();
        assert_eq!(
            battery,
            Battery { charge: 1.0, state: BatteryState::Unknown, watts: None, seconds: None }
        );
    }

    #[test]
    fn frequencies_by_sysfs_or_by_cpuinfo() {
        let dir = root(&[
            ("c/cpu0/cpufreq/scaling_cur_freq", "800000\n"),
            ("c/cpu0/cpufreq/cpuinfo_max_freq", "4000000\n"),
            ("c/cpu10/cpufreq/scaling_cur_freq", "3200000\n"),
            ("c/cpufreq/policy0/scaling_cur_freq", "9\n"),
            ("c/cpuidle/current_driver", "none\n"),
            ("info", "processor\t: 0\ncpu MHz\t\t: 2450.000\n\nprocessor\t: 1\ncpu MHz\t\t: 2550.000\n"),
        ]);
        let (cpus, info) = (dir.path().join("c"), dir.path().join("info"));
        let read = frequency(&cpus, &info, &mut None).unwrap();
        assert_eq!((read.lowest, read.mean, read.highest, read.limit), (8e8, 2e9, 3.2e9, Some(4e9)));
        let read = frequency(&dir.path().join("none"), &info, &mut None).unwrap();
        assert_eq!((read.lowest, read.mean, read.highest, read.limit), (2.45e9, 2.5e9, 2.55e9, None));
        assert_eq!(frequency(&dir.path().join("none"), &dir.path().join("none"), &mut None), None);
    }
}
