//! I/O priorities: ioprio_set(2), include/uapi/linux/ioprio.h.

use rustix::io::Errno;

use super::threads::Kind;
use super::whom::errno;
use crate::model::{Call, IoPriority, Outcome, Pid, Setting};
use crate::sys::ioprio::{self, CLASS_SHIFT};

pub(super) const KIND: Kind = Kind { call: Call::SetIoPriority, read, write };

const NONE: u16 = 0;
const REAL_TIME: u16 = 1;
const BEST_EFFORT: u16 = 2;
const IDLE: u16 = 3;

/// Levels go from 0 (first) to this.
const LAST_LEVEL: u8 = 7;

/// Refuses what the kernel has no level for.
pub(super) fn check(wanted: IoPriority) -> Result<(), Outcome> {
    match wanted {
        IoPriority::RealTime(level) | IoPriority::BestEffort(level) if level > LAST_LEVEL => {
            Err(Outcome::Refused("levels of I/O priority go from 0 to 7"))
        }
        _ => Ok(()),
    }
}

pub(super) fn read(tid: Pid) -> Result<Setting, Errno> {
    ioprio::get(tid.raw()).map(|value| Setting::IoPriority(decode(value))).map_err(|error| errno(&error))
}

fn write(tid: Pid, wanted: Setting) -> Result<(), Errno> {
    let Setting::IoPriority(wanted) = wanted else { return Err(Errno::INVAL) };
    ioprio::set(tid.raw(), encode(wanted)).map_err(|error| errno(&error))
}

/// What the kernel's number says. Old kernels give a level along with no class, which means nothing, and new ones hints
/// for the disk between class and level.
fn decode(value: u16) -> IoPriority {
    let level = value as u8 & LAST_LEVEL;
    match value >> CLASS_SHIFT {
        REAL_TIME => IoPriority::RealTime(level),
        BEST_EFFORT => IoPriority::BestEffort(level),
        IDLE => IoPriority::Idle,
        _ => IoPriority::Unset,
    }
}

fn encode(priority: IoPriority) -> u16 {
    let of = |class: u16, level: u8| class << CLASS_SHIFT | u16::from(level & LAST_LEVEL);
    match priority {
        IoPriority::Unset => of(NONE, 0),
        IoPriority::RealTime(level) => of(REAL_TIME, level),
        IoPriority::BestEffort(level) => of(BEST_EFFORT, level),
        IoPriority::Idle => of(IDLE, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_what_the_kernel_says() {
        let levels = || 0..=LAST_LEVEL;
        let all = levels().map(IoPriority::RealTime).chain(levels().map(IoPriority::BestEffort));
        for priority in all.chain([IoPriority::Unset, IoPriority::Idle]) {
            assert_eq!(decode(encode(priority)), priority);
            assert_eq!(check(priority), Ok(()));
        }
        // ionice -c2 -n3 is 0x4003; a hint is in bits 3 to 12.
        assert_eq!(encode(IoPriority::BestEffort(3)), 0x4003);
        assert_eq!(decode(0x4003 | 5 << 3), IoPriority::BestEffort(3));
        assert_eq!(decode(4), IoPriority::Unset);
        assert!(check(IoPriority::RealTime(8)).is_err());
    }
}
