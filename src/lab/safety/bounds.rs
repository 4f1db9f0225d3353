//! The bound of a run's memory: what all of its processes take together, looked at from outside, and what the machine has
//! left.
//!
//! A limit of the kernel's (`RLIMIT_DATA`) holds each process; that alone would let many small ones fill the memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::lab::pulse::now_ns;
use crate::model::lab::Cut;

/// How often memory is looked at, nanoseconds.
const LOOK: u64 = 250_000_000;

/// How often all processes are searched for those of the run, nanoseconds. Those that have a lane are known anyway.
const SEARCH: u64 = 1_000_000_000;

/// Of a run that takes less, MiB, the machine's memory is not freed by ending it.
const NOTEWORTHY: u64 = 32;

/// What a process may have on top of the run's bound, MiB: stacks and arenas of threads count although nobody touches
/// most of them.
pub(super) const SLACK: u64 = 256;

const MIB: u64 = 1024 * 1024;

/// Watches the memory of one run.
pub(in crate::lab) struct MemoryWatch {
    /// MiB; `None` for commands of the user's own, which have no bound.
    bound: Option<u32>,
    next_look: u64,
    next_search: u64,
    found: BTreeSet<u32>,
}

impl MemoryWatch {
    /// Over a run that may take so many MiB.
    pub(in crate::lab) fn new(bound: Option<u32>) -> MemoryWatch {
        MemoryWatch { bound, next_look: 0, next_search: 0, found: BTreeSet::new() }
    }

    /// Looks, if it is time; says why the run has to be ended. `known` are those of its processes that are known.
    pub(in crate::lab) fn look(&mut self, known: impl Iterator<Item = u32>) -> Option<Cut> {
        let (bound, now) = (self.bound?, now_ns());
        if now < self.next_look {
            return None;
        }
        self.next_look = now + LOOK;
        if now >= self.next_search {
            self.next_search = now + SEARCH;
            self.found = below(std::process::id(), &parents());
        }
        let all: BTreeSet<u32> = known.chain(self.found.iter().copied()).collect();
        let taken: u64 = all.iter().filter_map(|&pid| private_bytes(pid)).sum();
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        judge(bound, taken, is_short(&meminfo), || {
            // What a fork shares with its parent was counted in both of them.
            all.iter().filter_map(|&pid| proportional_bytes(pid).or_else(|| private_bytes(pid))).sum()
        })
    }
}

/// Whether so many bytes are too much. `exactly` is asked only where it matters: it costs far more.
fn judge(bound: u32, taken: u64, machine_is_short: bool, exactly: impl FnOnce() -> u64) -> Option<Cut> {
    if machine_is_short && taken > NOTEWORTHY * MIB {
        return Some(Cut::MachineMemory);
    }
    let bytes = u64::from(bound) * MIB;
    (taken > bytes && exactly() > bytes).then_some(Cut::Memory(bound))
}

/// Everybody's parent.
fn parents() -> BTreeMap<u32, u32> {
    let Ok(proc) = fs::read_dir("/proc") else { return BTreeMap::new() };
    proc.flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse::<u32>().ok()?;
            let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
            Some((pid, super::ending::parent_in_stat(&stat)?.as_raw().cast_unsigned()))
        })
        .collect()
}

/// Everybody below `top`.
fn below(top: u32, parents: &BTreeMap<u32, u32>) -> BTreeSet<u32> {
    let mut all = BTreeSet::from([top]);
    loop {
        let before = all.len();
        all.extend(
            parents
                .iter()
                .filter(|(_, parent)| all.contains(parent))
                .map(|(&pid, _)| pid)
                .collect::<Vec<_>>(),
        );
        if all.len() == before {
            all.remove(&top);
            return all;
        }
    }
}

/// Memory of a process that no file backs, bytes: fields 2 and 3 of `/proc/PID/statm`.
fn private_bytes(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let mut fields = text.split_ascii_whitespace().skip(1).map(|field| field.parse::<u64>().unwrap_or(0));
    let (resident, shared) = (fields.next()?, fields.next()?);
    Some(resident.saturating_sub(shared) * rustix::param::page_size() as u64)
}

/// The same with shared pages divided by those who share them; what the board takes is not counted.
fn proportional_bytes(pid: u32) -> Option<u64> {
    pss_anon(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?)
}

/// The line `Pss_Anon:` (Linux 5.0), in bytes.
fn pss_anon(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Pss_Anon:"))?;
    Some(line.split_ascii_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// Memory that is available on this machine, MiB: `MemAvailable` of proc(5).
pub(in crate::lab) fn available_mib() -> Option<u64> {
    Some(kib(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")? / 1024)
}

/// Whether less than a tenth of the memory is available; unknown is not short.
fn is_short(meminfo: &str) -> bool {
    let (total, available) = (kib(meminfo, "MemTotal:"), kib(meminfo, "MemAvailable:"));
    total.zip(available).is_some_and(|(total, available)| available < total / 10)
}

fn kib(meminfo: &str, name: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_ended_at_its_bound_and_not_before() {
        let never = || unreachable!("asked only above the bound");
        assert_eq!(judge(64, 64 * MIB, false, never), None);
        assert_eq!(judge(64, 65 * MIB, false, || 65 * MIB), Some(Cut::Memory(64)));
        assert_eq!(judge(64, 256 * MIB, false, || 64 * MIB), None, "four that share the same pages");
        assert_eq!(judge(256, 33 * MIB, true, never), Some(Cut::MachineMemory));
        assert_eq!(judge(256, 32 * MIB, true, never), None, "it is not this run that fills the memory");
    }

    #[test]
    fn the_kernel_s_words_are_understood() {
        assert!(is_short("MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 99 kB\n"));
        assert!(!is_short("MemTotal: 1000 kB\nMemAvailable: 100 kB\n"));
        assert!(!is_short("MemTotal: 1000 kB\n"), "unknown");
        assert_eq!(pss_anon("Pss:  300 kB\nPss_Dirty: 9 kB\nPss_Anon:   200 kB\n"), Some(200 * 1024));
        assert_eq!(pss_anon("Rss: 1 kB\n"), None);
        let me = std::process::id();
        assert!(private_bytes(me) > Some(0) && proportional_bytes(me) > Some(0));
    }

    #[test]
    fn whoever_is_below_is_found_however_deep() {
        let parents = BTreeMap::from([(2, 1), (9, 2), (3, 9), (4, 1), (1, 0), (5, 3)]);
        assert_eq!(below(2, &parents), BTreeSet::from([9, 3, 5]));
        assert_eq!(below(7, &parents), BTreeSet::new());
    }

    #[test]
    fn commands_of_the_user_s_own_have_no_bound() {
        assert_eq!(MemoryWatch::new(None).look(std::iter::once(1)), None);
    }
}
