//! `--drop-capabilities`: what root, or a program with file capabilities, gives up before it begins.

use std::io;

use clap::ValueEnum;
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

/// Which capabilities are given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(super) enum DropCapabilities {
    /// None
    #[default]
    Off,
    /// Those that nothing here needs
    Basic,
    /// All
    Strict,
}

impl DropCapabilities {
    /// What stays of `now`.
    fn left(self, now: CapabilitySets) -> CapabilitySets {
        let left = match self {
            DropCapabilities::Off => return now,
            DropCapabilities::Basic => needed(),
            DropCapabilities::Strict => CapabilitySet::empty(),
        };
        CapabilitySets {
            effective: now.effective & left,
            permitted: now.permitted & left,
            // Nothing that is started here needs any.
            inheritable: CapabilitySet::empty(),
        }
    }

    /// Gives them up, for this thread and those that it starts; returns a sentence about what cannot be done then, where
    /// anything was given up that would be missed.
    pub(super) fn carry_out(self) -> io::Result<Option<String>> {
        if self == DropCapabilities::Off {
            return Ok(None);
        }
        let before = capabilities(None)?;
        set_capabilities(None, self.left(before))?;
        let missed = self == DropCapabilities::Strict && before.effective.intersects(needed());
        Ok(missed.then(|| {
            "without capabilities other users' processes cannot be signalled, tamed or looked into".to_owned()
        }))
    }
}

/// What is needed for everything that can be done here, capabilities(7).
fn needed() -> CapabilitySet {
    // Other users' signals, priorities and details; the limits and the OOM score of others; news of processes on kernels
    // that keep them from users.
    CapabilitySet::KILL
        | CapabilitySet::SYS_NICE
        | CapabilitySet::SYS_PTRACE
        | CapabilitySet::DAC_READ_SEARCH
        | CapabilitySet::SYS_RESOURCE
        | CapabilitySet::NET_ADMIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays() {
        let all = CapabilitySet::all();
        let now = CapabilitySets { effective: all, permitted: all, inheritable: all };
        assert_eq!(DropCapabilities::Off.left(now), now);
        let basic = DropCapabilities::Basic.left(now);
        assert_eq!((basic.effective, basic.permitted), (needed(), needed()));
        assert!(basic.inheritable.is_empty() && !basic.permitted.contains(CapabilitySet::SYS_ADMIN));
        let strict = DropCapabilities::Strict.left(now);
        assert!(strict.effective.is_empty() && strict.permitted.is_empty() && strict.inheritable.is_empty());
        // Nobody gains any.
        let few = CapabilitySets { effective: CapabilitySet::KILL, permitted: CapabilitySet::KILL, ..strict };
        assert_eq!(DropCapabilities::Basic.left(few), few);
    }
}
