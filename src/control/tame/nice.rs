//! Nice values: setpriority(2). On Linux each thread has its own, whatever POSIX says: sched(7).

use rustix::io::Errno;
use rustix::process::{Pid as RawPid, getpriority_process, setpriority_process};

use super::threads::Kind;
use crate::model::{Call, Pid, Setting};

/// The kernel's range: sched(7). It clamps to it, too.
pub(super) const MOST_URGENT: i32 = -20;
pub(super) const LEAST_URGENT: i32 = 19;

pub(super) const KIND: Kind = Kind { call: Call::SetNice, read, write };

pub(super) fn read(tid: Pid) -> Result<Setting, Errno> {
    getpriority_process(RawPid::from_raw(tid.raw())).map(Setting::Nice)
}

fn write(tid: Pid, wanted: Setting) -> Result<(), Errno> {
    let Setting::Nice(value) = wanted else { return Err(Errno::INVAL) };
    setpriority_process(RawPid::from_raw(tid.raw()), value)
}

/// `by` further from a nice value, within the kernel's range.
pub(super) fn step(now: Setting, by: i32) -> Setting {
    match now {
        Setting::Nice(value) => Setting::Nice(clamp(value.saturating_add(by))),
        other => other,
    }
}

pub(super) fn clamp(value: i32) -> i32 {
    value.clamp(MOST_URGENT, LEAST_URGENT)
}
