//! `--rescue`: what lets the monitor through on a machine that hardly answers.
//!
//! Real-time priority rather than a nice value: nice values count only among the processes of one session
//! (autogroups) and one control group, and whoever overloads the machine is elsewhere. It is next to the lowest there is, and
//! the kernel keeps a share of the time for ordinary processes (sched(7)), so a monitor gone wild starves nobody.

use std::path::Path;
use std::{fs, io};

use rustix::process::{Resource, getrlimit};
use rustix::thread::{CapabilitySet, capabilities};

use crate::app::Table;
use crate::catalog::column;
use crate::sys::scheduling;

/// The real-time priorities of those who see and act, the least there is, and of those who answer keys: a look at
/// thousands of processes must not come between.
const HANDS: u32 = 1;
const FACE: u32 = 2;
/// The highest priority of an ordinary process, where a real-time one is refused.
const NICE: i32 = -20;
/// Points of `oom_score_adj` (proc(5)): everybody else goes first. The one below would make us immortal.
const OOM_SCORE: i32 = -999;

/// Raises our priority, locks our memory and lowers our OOM score, as far as that is permitted; returns a sentence
/// about what is not. To be called before there is a second thread: those to come inherit it all.
pub(super) fn prepare() -> Option<String> {
    let parts = [
        ("higher priority", raise_priority()),
        ("locked memory", scheduling::lock_memory(may_lock_any())),
        ("lower OOM score", lower_oom_score()),
    ];
    let missed: Vec<_> = parts.iter().filter(|(_, done)| done.is_err()).map(|(part, _)| *part).collect();
    let root = if rustix::process::geteuid().is_root() { "" } else { " (not root)" };
    (!missed.is_empty()).then(|| format!("rescue goes without {}{root}", missed.join(", ")))
}

fn raise_priority() -> io::Result<()> {
    // A control group without a real-time share refuses even root.
    scheduling::round_robin(FACE).or_else(|_| Ok(rustix::process::setpriority_process(None, NICE)?))
}

/// Does `start` so that the threads it starts come after those that answer keys, where [`prepare`] gave us priority.
pub(super) fn behind_the_screen<T>(start: impl FnOnce() -> T) -> T {
    let lowered = scheduling::is_round_robin() && scheduling::round_robin(HANDS).is_ok();
    let started = start();
    if lowered {
        // What was permitted a moment ago is so still.
        let _ = scheduling::round_robin(FACE);
    }
    started
}

/// Whether memory to come can be locked without a limit at which it would be refused instead.
fn may_lock_any() -> bool {
    capabilities(None).is_ok_and(|ours| ours.effective.contains(CapabilitySet::IPC_LOCK))
        || getrlimit(Resource::Memlock).current.is_none()
}

fn lower_oom_score() -> io::Result<()> {
    const FILE: &str = "/proc/self/oom_score_adj";
    let now = fs::read_to_string(FILE)?.trim().parse::<i32>().unwrap_or(0);
    if now > OOM_SCORE { fs::write(FILE, OOM_SCORE.to_string()) } else { Ok(()) }
}

/// Sorts by what is short on the machine below `root`.
pub(super) fn look_at_culprits(table: &mut Table, root: &Path) {
    let read = |name: &str| fs::read_to_string(root.join("proc").join(name)).unwrap_or_default();
    let short = is_memory_short(&read("meminfo"), &read("pressure/memory"));
    if let Some(column) = column(if short { "res" } else { "cpu" }) {
        table.sort = column;
        table.descending = column.descending;
    }
}

/// Whether memory rather than CPU is what the machine is short of: less than a tenth is available, or somebody has
/// waited for it for more than a tenth of the last ten seconds. What is not said is not short.
fn is_memory_short(meminfo: &str, pressure: &str) -> bool {
    let amount = |name: &str| -> Option<u64> {
        let rest = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        rest.split_whitespace().next()?.parse().ok()
    };
    let waited = |line: &str| -> Option<f64> {
        let share =
            line.strip_prefix("some ")?.split_whitespace().find_map(|word| word.strip_prefix("avg10="))?;
        share.parse().ok()
    };
    let little = amount("MemTotal")
        .zip(amount("MemAvailable"))
        .is_some_and(|(total, available)| available < total / 10);
    little || pressure.lines().find_map(waited).is_some_and(|percent| percent > 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_decides_what_is_looked_at() {
        let meminfo = |available: u32| {
            format!("MemTotal:       1000 kB\nMemFree:  1 kB\nMemAvailable:   {available} kB\n")
        };
        let pressure = |share: &str| {
            format!("some avg10={share} avg60=99.0 avg300=0.00 total=0\nfull avg10=99.00 avg60=0.00\n")
        };
        assert!(is_memory_short(&meminfo(99), ""));
        assert!(is_memory_short(&meminfo(500), &pressure("10.50")));
        assert!(!is_memory_short(&meminfo(500), &pressure("3.00")));
        assert!(!is_memory_short(&meminfo(100), "garbage"));
        assert!(!is_memory_short("", ""));
    }
}
