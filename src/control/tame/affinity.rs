//! The CPUs on which a thread may run: sched_setaffinity(2).

use rustix::io::Errno;
use rustix::process::Pid as RawPid;
use rustix::thread::{CpuSet as RawCpuSet, sched_getaffinity, sched_setaffinity};

use super::threads::Kind;
use crate::model::{Call, CpuSet, MOST_CPUS, Outcome, Pid, Setting};

/// What is read back may be less than what was asked for: CPUs that are offline or outside the thread's cpuset are left
/// out by the kernel.
pub(super) const KIND: Kind = Kind { call: Call::SetAffinity, read, write };

/// Refuses a set of nothing.
pub(super) fn check(wanted: &CpuSet) -> Result<(), Outcome> {
    if wanted.is_empty() { Err(Outcome::Refused("it must be left at least one CPU")) } else { Ok(()) }
}

pub(super) fn read(tid: Pid) -> Result<Setting, Errno> {
    let raw = sched_getaffinity(RawPid::from_raw(tid.raw()))?;
    let count = raw.count() as usize;
    Ok(Setting::Affinity((0..MOST_CPUS).filter(|&cpu| raw.is_set(cpu as usize)).take(count).collect()))
}

fn write(tid: Pid, wanted: Setting) -> Result<(), Errno> {
    let Setting::Affinity(wanted) = wanted else { return Err(Errno::INVAL) };
    let mut raw = RawCpuSet::new();
    wanted.iter().for_each(|cpu| raw.set(cpu as usize));
    sched_setaffinity(RawPid::from_raw(tid.raw()), &raw)
}

// The sets are of one size, so that no number is out of range.
const _: () = assert!(RawCpuSet::MAX_CPU >= MOST_CPUS as usize);
