//! Scheduling policies: sched(7). The nice value, the slice and the reset-on-fork flag stay as they are.

use rustix::io::Errno;

use super::threads::Kind;
use super::whom::errno;
use crate::model::{Call, Outcome, Pid, Policy, Setting};
use crate::sys::scheduling::{self, Scheduling};

pub(super) const KIND: Kind = Kind { call: Call::SetPolicy, read, write };

// include/uapi/linux/sched.h
const OTHER: u32 = 0;
const FIFO: u32 = 1;
const ROUND_ROBIN: u32 = 2;
const BATCH: u32 = 3;
const IDLE: u32 = 5;
const DEADLINE: u32 = 6;

/// Refuses what cannot be set from outside.
pub(super) fn check(wanted: Policy) -> Result<(), Outcome> {
    match wanted {
        Policy::Other | Policy::Batch | Policy::Idle | Policy::Fifo(1..=99) | Policy::RoundRobin(1..=99) => {
            Ok(())
        }
        Policy::Fifo(_) | Policy::RoundRobin(_) => {
            Err(Outcome::Refused("real-time priorities go from 1 to 99"))
        }
        Policy::Deadline => {
            Err(Outcome::Refused("a program asks for SCHED_DEADLINE itself, with times only it knows"))
        }
        Policy::Unknown(_) => Err(Outcome::Refused("glowtop does not know what this policy would do")),
    }
}

pub(super) fn read(tid: Pid) -> Result<Setting, Errno> {
    let now = scheduling::of_thread(tid.raw()).map_err(|error| errno(&error))?;
    let priority = now.priority as u8;
    Ok(Setting::Policy(match now.policy {
        OTHER => Policy::Other,
        FIFO => Policy::Fifo(priority),
        ROUND_ROBIN => Policy::RoundRobin(priority),
        BATCH => Policy::Batch,
        IDLE => Policy::Idle,
        DEADLINE => Policy::Deadline,
        other => Policy::Unknown(other),
    }))
}

fn write(tid: Pid, wanted: Setting) -> Result<(), Errno> {
    let Setting::Policy(wanted) = wanted else { return Err(Errno::INVAL) };
    let (policy, priority) = match wanted {
        Policy::Other => (OTHER, 0),
        Policy::Fifo(priority) => (FIFO, priority),
        Policy::RoundRobin(priority) => (ROUND_ROBIN, priority),
        Policy::Batch => (BATCH, 0),
        Policy::Idle => (IDLE, 0),
        // Its times are gone: the kernel refuses it without them.
        Policy::Deadline => (DEADLINE, 0),
        Policy::Unknown(policy) => (policy, 0),
    };
    let reset_on_fork = scheduling::of_thread(tid.raw()).map_err(|error| errno(&error))?.reset_on_fork;
    let wanted = Scheduling { policy, priority: u32::from(priority), reset_on_fork };
    scheduling::set_of_thread(tid.raw(), wanted).map_err(|error| errno(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_set_is_refused() {
        for policy in [Policy::Other, Policy::Batch, Policy::Idle, Policy::Fifo(1), Policy::RoundRobin(99)] {
            assert_eq!(check(policy), Ok(()), "{policy}");
        }
        for policy in [Policy::Fifo(0), Policy::RoundRobin(100), Policy::Deadline, Policy::Unknown(7)] {
            assert!(matches!(check(policy), Err(Outcome::Refused(_))), "{policy}");
        }
    }
}
