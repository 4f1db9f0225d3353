//! Whether there is address space to work in. Where RLIMIT_AS (setrlimit(2), `ulimit -v`) leaves none, an allocation
//! that fails ends a program with a signal and no word for its user; it is better said before.

use std::fs;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
use nix::unistd::{SysconfVar, sysconf};

/// Least that must be left when the program begins, bytes.
const LEAST: u64 = 4 << 20;

/// A sentence where there is too little; `None` where there is enough, or nobody can say.
pub(super) fn missing() -> Option<String> {
    let (limit, _) = getrlimit(Resource::RLIMIT_AS).ok()?;
    if limit == RLIM_INFINITY {
        return None;
    }
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten()?;
    let pages = fs::read_to_string("/proc/self/statm").ok()?.split(' ').next()?.parse::<u64>().ok()?;
    lacking(limit, pages.saturating_mul(u64::try_from(page).ok()?))
}

/// The same for a limit, and what is in use of it already, bytes.
fn lacking(limit: u64, used: u64) -> Option<String> {
    let needed = used.saturating_add(LEAST);
    (limit < needed).then(|| {
        let (limit, needed) = (limit >> 10, needed >> 10);
        format!(
            "there is no memory to work in: ulimit -v is {limit} KiB, and glowtop needs {needed} KiB to begin"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_said_with_what_would_do() {
        assert_eq!(lacking(64 << 20, 10 << 20), None);
        assert_eq!(
            lacking(11 << 20, 10 << 20).as_deref(),
            Some(
                "there is no memory to work in: ulimit -v is 11264 KiB, and glowtop needs 14336 KiB to begin"
            )
        );
        assert!(lacking(0, u64::MAX).is_some());
    }
}
