//! `/proc/PID/status` by the names of its lines: proc_pid_status(5).

use super::super::parse;
use crate::model::inspect::{Capabilities, CapabilitySet};
use crate::model::{CpuSet, SignalSet};

/// The text of a `status` file.
#[derive(Clone, Copy)]
pub(super) struct Status<'a>(pub(super) &'a [u8]);

impl<'a> Status<'a> {
    /// What stands behind a name, without blanks around it.
    pub(super) fn field(self, name: &str) -> Option<&'a [u8]> {
        parse::pairs(self.0).find(|(known, _)| *known == name.as_bytes()).map(|(_, value)| value.trim_ascii())
    }

    /// A number.
    pub(super) fn number(self, name: &str) -> Option<u64> {
        parse::words(self.field(name)?).next().and_then(parse::unsigned)
    }

    /// A size, which is given in KiB, in bytes.
    pub(super) fn bytes(self, name: &str) -> Option<u64> {
        self.number(name).map(|kib| kib.saturating_mul(1024))
    }

    /// Four ids.
    pub(super) fn ids(self, name: &str) -> Option<[u32; 4]> {
        let mut words = parse::words(self.field(name)?).map(small);
        Some([words.next()??, words.next()??, words.next()??, words.next()??])
    }

    /// Any number of ids.
    pub(super) fn list(self, name: &str) -> Vec<u32> {
        self.field(name).map_or_else(Vec::new, |text| parse::words(text).filter_map(small).collect())
    }

    /// A hexadecimal mask.
    pub(super) fn mask(self, name: &str) -> Option<u64> {
        hex(self.field(name)?)
    }

    /// A set of signals.
    pub(super) fn signals(self, name: &str) -> Option<SignalSet> {
        self.mask(name).map(SignalSet)
    }

    /// A list such as `0-3,8`.
    pub(super) fn set(self, name: &str) -> Option<CpuSet> {
        CpuSet::parse(std::str::from_utf8(self.field(name)?).ok()?)
    }

    /// The capabilities.
    pub(super) fn capabilities(self) -> Capabilities {
        let set = |name| CapabilitySet(self.mask(name).unwrap_or(0));
        Capabilities {
            effective: set("CapEff"),
            permitted: set("CapPrm"),
            inheritable: set("CapInh"),
            bounding: set("CapBnd"),
            ambient: set("CapAmb"),
        }
    }
}

/// A word as a small number.
fn small(word: &[u8]) -> Option<u32> {
    parse::unsigned(word).and_then(|number| u32::try_from(number).ok())
}

/// A word as a hexadecimal number, with or without `0x`.
pub(super) fn hex(word: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(word).ok()?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(digits, 16).ok()
}

/// Scheduling policies by their numbers in include/uapi/linux/sched.h.
pub(super) fn policy(number: u32, priority: u32) -> crate::model::Policy {
    use crate::model::Policy;
    let priority = priority.min(99) as u8;
    match number {
        0 => Policy::Other,
        1 => Policy::Fifo(priority),
        2 => Policy::RoundRobin(priority),
        3 => Policy::Batch,
        5 => Policy::Idle,
        6 => Policy::Deadline,
        other => Policy::Unknown(other),
    }
}
