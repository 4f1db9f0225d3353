//! Whether there is address space to work in. Where RLIMIT_AS (setrlimit(2), `ulimit -v`) leaves none, an allocation
//! that fails ends a program with a signal and no word for its user; it is better said before.

use std::fmt;
use std::fs::File;
use std::io::Read;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
use nix::unistd::{SysconfVar, sysconf};

/// Least that must be left when the program begins, bytes.
const LEAST: u64 = 4 << 20;

/// Too little address space: the limit, and what would do, bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lack {
    limit: u64,
    needed: u64,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (limit, needed) = (self.limit >> 10, self.needed >> 10);
        write!(
            f,
            "there is no memory to work in: ulimit -v is {limit} KiB, and glowtop needs {needed} KiB to begin"
        )
    }
}

/// What is lacking where there is too little; `None` where there is enough, or nobody can say. Allocates nothing: there
/// may be no room for the least.
pub(super) fn missing() -> Option<Lack> {
    let (limit, _) = getrlimit(Resource::RLIMIT_AS).ok()?;
    if limit == RLIM_INFINITY {
        return None;
    }
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten()?;
    let mut statm = [0; 32];
    let read = File::open("/proc/self/statm").ok()?.read(&mut statm).ok()?;
    let pages = statm.get(..read)?.split(|byte| *byte == b' ').next()?;
    let pages = std::str::from_utf8(pages).ok()?.parse::<u64>().ok()?;
    lacking(limit, pages.saturating_mul(u64::try_from(page).ok()?))
}

/// The same for a limit, and what is in use of it already, bytes.
fn lacking(limit: u64, used: u64) -> Option<Lack> {
    let needed = used.saturating_add(LEAST);
    (limit < needed).then_some(Lack { limit, needed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_said_with_what_would_do() {
        assert_eq!(lacking(64 << 20, 10 << 20), None);
        assert_eq!(
            lacking(11 << 20, 10 << 20).map(|lack| lack.to_string()).as_deref(),
            Some(
                "there is no memory to work in: ulimit -v is 11264 KiB, and glowtop needs 14336 KiB to begin"
            )
        );
        assert!(lacking(0, u64::MAX).is_some());
    }
}
