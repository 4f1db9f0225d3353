//! The tag of a run: who started it, so that anybody who finds a process with it can tell whether that one still lives.

use std::fmt;

use crate::lab::pulse::now_ns;

/// Who started a run, and which of his it is. Written `PID-START-BOOT-NUMBER`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::lab) struct Tag {
    /// The glowtop that started it.
    pub(super) pid: u32,
    /// Field 22 of its `stat`: a pid alone may be given to somebody else.
    pub(super) start: u64,
    /// The first digits of the boot's id: pids and start times begin anew with each.
    pub(super) boot: String,
    /// `CLOCK_MONOTONIC` when it was started, nanoseconds.
    pub(super) number: u64,
}

impl Tag {
    /// A new one, of this process.
    pub(in crate::lab) fn new() -> Tag {
        let pid = std::process::id();
        Tag { pid, start: start_of(pid).unwrap_or(0), boot: boot(), number: now_ns() }
    }

    /// The tag that is written so.
    pub(super) fn parse(text: &str) -> Option<Tag> {
        let mut parts = text.split('-');
        let (pid, start, boot, number) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let tag = Tag {
            pid: pid.parse().ok()?,
            start: start.parse().ok()?,
            boot: boot.to_owned(),
            number: number.parse().ok()?,
        };
        (parts.next().is_none() && boot.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(tag)
    }

    /// Whether the one who started it lives: the same process in the same boot, and no zombie.
    pub(super) fn creator_lives(&self) -> bool {
        self.boot == boot() && start_of(self.pid) == Some(self.start)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}-{}", self.pid, self.start, self.boot, self.number)
    }
}

/// The first group of `/proc/sys/kernel/random/boot_id`; empty where it cannot be read.
fn boot() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().split('-').next().unwrap_or_default().to_owned()
}

/// Start time of a process, clock ticks since boot; `None` where it does not exist, or is a zombie.
pub(super) fn start_of(pid: u32) -> Option<u64> {
    start_in_stat(&std::fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// Field 22, unless field 3 says that it has ended.
fn start_in_stat(stat: &[u8]) -> Option<u64> {
    let end_of_name = stat.iter().rposition(|&byte| byte == b')')?;
    let mut fields = std::str::from_utf8(stat.get(end_of_name + 1..)?).ok()?.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_as_it_was_written_and_nothing_else_is() {
        let tag = Tag::new();
        assert_eq!(Tag::parse(&tag.to_string()), Some(tag.clone()));
        assert!(tag.creator_lives());
        for wrong in ["", "1", "1-2-ab", "1-2-ab-3-4", "x-2-ab-3", "1-2-a/b-3", "1-2-ab-", "test-1"] {
            assert_eq!(Tag::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_creator_of_another_time_or_boot_is_gone() {
        let tag = Tag::new();
        assert!(!Tag { start: tag.start + 1, ..tag.clone() }.creator_lives());
        assert!(!Tag { boot: "0".to_owned(), ..tag }.creator_lives());
    }

    #[test]
    fn the_start_is_found_whatever_the_name_and_zombies_have_none() {
        let stat = |state| format!("7 (a) Z 1 (b) {state} 1 1 1 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 4711 99 1");
        assert_eq!(start_in_stat(stat("S").as_bytes()), Some(4711));
        assert_eq!(start_in_stat(stat("Z").as_bytes()), None);
        assert_eq!(start_in_stat(b"7 (x"), None);
    }
}
