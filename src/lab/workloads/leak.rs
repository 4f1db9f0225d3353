//! *leak*: a process that takes more memory each second, up to a bound.
//!
//! The bound is the least of what is asked for, 10 % of what the machine and the cgroup have available, and a quarter
//! of a gibibyte. It stops earlier where memory gets short, and is the first that the kernel would end.

use std::fs;
use std::io;
use std::sync::atomic::Ordering::{Acquire, Release};

use super::super::pulse::{Pulse, now_ns};
use super::super::scene::Scene;
use super::life::{SECOND, end_of_stay, signal_name, stay, stay_knob, watch, yes};
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Knob, KnobKind, Mode, Workers, WorkloadInfo};

/// Bytes of a MiB.
const MIB: u64 = 1 << 20;

/// Most that it ever takes, MiB.
const MOST: u64 = 256;

/// The line in the list.
pub(super) fn workload() -> Workload {
    let number = |min, max| KnobKind::Number { min, max, step: 1.0 };
    Workload {
        info: WorkloadInfo {
            id: "leak",
            group: Group::Trouble,
            title: "a process that takes more and more memory",
            lesson: "Memory that is never given back is seen by its slope, not by its size. When memory runs out, the \
                     kernel ends the process with the highest oom_score, and says so in its log.",
            watch: "RES of the process grows by the same amount each second, and VIRT with it. Its oom_score_adj in /proc is \
                    1000: it would be the first to go. End it by F9 before it stops itself.",
            modes: &[Mode::Fork],
            workers: Workers::Fixed(1),
            knobs: vec![
                Knob {
                    id: "rate",
                    help: "MiB that it takes each second",
                    kind: number(1.0, 64.0),
                    default: "16",
                },
                Knob {
                    id: "mib",
                    help: "MiB at which it stops; less where the machine has not ten times as much to spare",
                    kind: number(1.0, MOST as f64),
                    default: "256",
                },
                stay_knob("30", "seconds until it gives all back and ends"),
            ],
            bounds: Bounds { processes: 3, memory_mib: MOST as u32 + 16, seconds: 100 },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// Cells of the leak.
mod cell {
    /// Bytes that it has taken.
    pub(super) const TAKEN: usize = 0;
    /// Nanoseconds until it was at its bound; 0 before.
    pub(super) const FULL_AFTER: usize = 1;
    /// Bytes by which its resident set grew.
    pub(super) const GREW: usize = 2;
    /// Whether it stopped because memory got short.
    pub(super) const SHORT: usize = 3;
    /// Its oom_score_adj.
    pub(super) const OOM: usize = 4;
    /// Nanoseconds that it grew.
    pub(super) const GREW_FOR: usize = 5;
}

fn play(scene: &Scene) -> io::Result<()> {
    let until = end_of_stay(scene);
    let asked = u64::from(scene.settings.whole("mib")) * MIB;
    let bound = bound(asked, spare());
    if bound < MIB {
        return Err(io::Error::other("there is not enough memory to spare"));
    }
    let child = scene.fork("leak", |pulse| leak(scene, pulse, bound, until))?;
    let rate = scene.settings.whole("rate");
    scene.note(format!("Process {} takes {rate} MiB each second, up to {} MiB.", child.pid, bound / MIB));
    let watched = watch(scene, child, until)?;
    let said = |at: usize| scene.cell(at).load(Acquire);
    if let Some(signal) = watched.killed_by() {
        let by = signal_name(signal);
        let taken = said(cell::TAKEN) / MIB;
        scene
            .means(format!("It was ended after {:.1} s by {by}: {taken} MiB are free again.", watched.after));
        scene.figure("time to find and kill", watched.after, "s");
    } else if said(cell::SHORT) != 0 {
        scene.means("Memory got short: it stopped by itself before its bound.");
    } else if said(cell::FULL_AFTER) != 0 {
        scene.figure("time to its bound", said(cell::FULL_AFTER) as f64 / SECOND as f64, "s");
    }
    let mib = |bytes: u64| bytes as f64 / MIB as f64;
    scene.figure("taken", mib(said(cell::TAKEN)), "MiB");
    scene.figure("its bound", mib(bound), "MiB");
    let grew_for = said(cell::GREW_FOR) as f64 / SECOND as f64;
    if grew_for > 0.0 {
        let slope = mib(said(cell::GREW)) / grew_for;
        scene.figure("slope of its resident set", slope, "MiB/s");
        if watched.killed_by().is_none() && said(cell::SHORT) == 0 {
            scene.means(format!(
                "It grew by {slope:.0} MiB each second to {:.0} MiB, and gave nothing back: the slope tells a leak, the size \
                 does not.",
                mib(said(cell::TAKEN))
            ));
        }
    }
    scene.check("it took no more than its bound", "yes", yes(said(cell::TAKEN) <= bound));
    scene.check("it is the first to go when memory runs out: oom_score_adj", 1000, said(cell::OOM));
    Ok(())
}

/// How much it may take, bytes, of what is asked for and what can be spared.
fn bound(asked: u64, spare: Option<u64>) -> u64 {
    asked.min(MOST * MIB).min(spare.map_or(0, |spare| spare / 10))
}

/// Takes its share each tenth of a second, to its bound, and holds it for the rest of its time.
fn leak(scene: &Scene, pulse: &mut Pulse, bound: u64, until: u64) -> io::Result<()> {
    // Upwards everybody may.
    fs::write("/proc/self/oom_score_adj", "1000")?;
    let adjusted = fs::read_to_string("/proc/self/oom_score_adj")?;
    scene.cell(cell::OOM).store(adjusted.trim().parse().unwrap_or(0), Release);
    let rate = u64::from(scene.settings.whole("rate")) * MIB;
    let mut held: Vec<Vec<u8>> = Vec::new();
    let mut taken = 0;
    let (began, before) = (now_ns(), resident());
    pulse.begin(1);
    while taken < bound && now_ns() < until && !pulse.is_stopping() {
        if is_short() {
            scene.cell(cell::SHORT).store(1, Release);
            break;
        }
        // What should be there by now; after a pause it does not catch up by more than a second's worth.
        let due = (u128::from(now_ns() - began) * u128::from(rate) / u128::from(SECOND)) as u64;
        let more = due.min(bound).saturating_sub(taken).min(rate);
        let mut block: Vec<u8> = Vec::new();
        if more > 0 && block.try_reserve_exact(more as usize).is_ok() {
            // Written to, so that there are pages behind it.
            block.resize(more as usize, 0xa5);
            held.push(block);
            taken += more;
        }
        scene.cell(cell::TAKEN).store(taken, Release);
        if let Some((now, before)) = resident().zip(before) {
            scene.cell(cell::GREW).store(now.saturating_sub(before), Release);
            scene.cell(cell::GREW_FOR).store(now_ns() - began, Release);
        }
        if taken < bound {
            stay(pulse, until.min(now_ns() + SECOND / 10), || false);
        }
    }
    if taken >= bound {
        scene.cell(cell::FULL_AFTER).store(now_ns() - began, Release);
        scene.note("It is at its bound and stays there until its time is up.");
    }
    // Others may need the memory that it holds.
    while now_ns() < until && !pulse.is_stopping() && scene.cell(cell::SHORT).load(Acquire) == 0 {
        stay(pulse, until.min(now_ns() + SECOND), || false);
        if is_short() {
            scene.cell(cell::SHORT).store(1, Release);
        }
    }
    drop(std::hint::black_box(held));
    pulse.end(taken);
    Ok(())
}

/// Resident set and swap of this process, bytes: statm has no swap, so `VmRSS` and `VmSwap` of proc(5).
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    Some((kib(&status, "VmRSS:")? + kib(&status, "VmSwap:").unwrap_or(0)) * 1024)
}

/// What the machine, and the cgroup where it has a limit, can spare, bytes; `None` where nobody says.
fn spare() -> Option<u64> {
    let machine = kib(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")? * 1024;
    Some(machine.min(spare_in_cgroup().unwrap_or(u64::MAX)))
}

/// What is left below the nearest limit of this process's cgroup, version 2; `None` where there is none.
fn spare_in_cgroup() -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = own.lines().find_map(|line| line.strip_prefix("0::/"))?.to_owned();
    let mut at = std::path::Path::new("/sys/fs/cgroup").join(path);
    let mut least: Option<u64> = None;
    while at.starts_with("/sys/fs/cgroup") {
        let number = |file: &str| fs::read_to_string(at.join(file)).ok()?.trim().parse::<u64>().ok();
        if let Some((most, now)) = number("memory.max").zip(number("memory.current")) {
            let left = most.saturating_sub(now);
            least = Some(least.map_or(left, |least| least.min(left)));
        }
        if !at.pop() {
            break;
        }
    }
    least
}

/// Whether memory gets short: less than a tenth of the machine's is available, or tasks wait for it more than 10 % of the
/// time.
fn is_short() -> bool {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let pressure = fs::read_to_string("/proc/pressure/memory").unwrap_or_default();
    gets_short(&meminfo, &pressure)
}

fn gets_short(meminfo: &str, pressure: &str) -> bool {
    let scarce = kib(meminfo, "MemAvailable:")
        .zip(kib(meminfo, "MemTotal:"))
        .is_some_and(|(available, total)| available < total / 10);
    let some = pressure.lines().find_map(|line| line.strip_prefix("some avg10="));
    let waits = some.and_then(|rest| rest.split_ascii_whitespace().next()?.parse::<f64>().ok());
    scarce || waits.is_some_and(|percent| percent > 10.0)
}

/// A number of KiB in a file of lines `name: number kB`.
fn kib(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_the_least_of_three() {
        assert_eq!(bound(64 * MIB, Some(10_000 * MIB)), 64 * MIB);
        assert_eq!(bound(64 * MIB, Some(100 * MIB)), 10 * MIB);
        assert_eq!(bound(1000 * MIB, Some(1 << 40)), 256 * MIB);
        assert_eq!(bound(64 * MIB, None), 0, "where nobody says what is available, nothing is taken");
    }

    #[test]
    fn short_memory_is_seen_in_either_file() {
        let meminfo = "MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    100 kB\n";
        let pressure = "some avg10=10.00 avg60=0.00 avg300=0.00 total=1\nfull avg10=99.00 avg60=0.00\n";
        assert!(!gets_short(meminfo, pressure));
        assert!(gets_short(&meminfo.replace("    100 kB", "     99 kB"), pressure));
        assert!(gets_short(meminfo, &pressure.replace("=10.00", "=10.01")));
        assert!(!gets_short("", ""), "what nobody says is no reason to stop");
        assert_eq!(kib(meminfo, "MemTotal:"), Some(1000));
        assert!(spare().is_some_and(|bytes| bytes > 0) && resident().is_some_and(|bytes| bytes > 0));
    }
}
