//! Capabilities by name: capabilities(7).

/// The names by number: include/uapi/linux/capability.h.
const NAMES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// A set of capabilities, bit by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CapabilitySet(pub u64);

impl CapabilitySet {
    /// The names of those in it, by number; one without a name is left out.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.iter().enumerate().filter(move |(bit, _)| self.0 >> bit & 1 == 1).map(|(_, name)| *name)
    }

    /// How many are in it.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is said of it in short: `none`, `all`, or the names. `all` is what the bounding set of PID 1 has.
    pub fn short(self, all: Option<CapabilitySet>) -> String {
        if self.is_empty() {
            return "none".to_owned();
        }
        if all == Some(self) {
            return "all".to_owned();
        }
        self.names().collect::<Vec<_>>().join(" ")
    }
}

/// The sets of a process, of `/proc/PID/status`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Capabilities {
    /// `CapEff`: what the kernel checks.
    pub effective: CapabilitySet,
    /// `CapPrm`: what it may make effective.
    pub permitted: CapabilitySet,
    /// `CapInh`: what it may keep over execve(2).
    pub inheritable: CapabilitySet,
    /// `CapBnd`: what it can ever get.
    pub bounding: CapabilitySet,
    /// `CapAmb`: what a program without privileges keeps over execve(2).
    pub ambient: CapabilitySet,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_by_number() {
        assert_eq!(CapabilitySet(1 << 19 | 1).names().collect::<Vec<_>>(), ["CAP_CHOWN", "CAP_SYS_PTRACE"]);
        assert_eq!(CapabilitySet(0x1ff_ffff_ffff).names().last(), Some("CAP_CHECKPOINT_RESTORE"));
        let all = CapabilitySet(7);
        assert_eq!([CapabilitySet(0), all].map(|set| set.short(Some(all))), ["none", "all"]);
        assert_eq!(CapabilitySet(1 << 21).short(Some(all)), "CAP_SYS_ADMIN");
    }
}
