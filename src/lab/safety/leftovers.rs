//! The last layer: finding what a crash left behind, by the tag in its environment, and ending it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{PidfdFlags, pidfd_open};

use super::cgroup;
use super::tag::{Tag, start_of};
use crate::lab::order::{RUN_VARIABLE, VARIABLE};
use crate::model::lab::Leftover;
use crate::model::{ProcId, Untrusted};
use crate::sys;

/// How often everything is looked for anew: what forks while it is killed is found the next time.
const ROUNDS: u32 = 5;

/// How long all that was killed in one round may take to end.
const DYING: Duration = Duration::from_secs(2);

/// No environment is longer for us; a process of ours has one variable, a command of the user's has his.
const ENVIRONMENT: u64 = 4 * 1024 * 1024;

/// `SIGKILL`.
const KILL: u8 = 9;

/// Processes of the lab whose run nobody watches any more, because the glowtop that started it is gone. Only those of
/// this user, in this pid namespace: the numbers of another one mean nothing here.
pub fn leftovers() -> Vec<Leftover> {
    find(|tag| !tag.creator_lives())
}

/// Ends leftovers, and whoever else belongs to their runs by now; returns who is still there.
pub fn end_leftovers(them: &[Leftover]) -> Vec<Leftover> {
    let runs: BTreeSet<&str> = them.iter().map(|leftover| leftover.run.as_str()).collect();
    let left = end(|tag| runs.contains(tag.to_string().as_str()) && !tag.creator_lives());
    for run in runs {
        cgroup::forget(run);
    }
    left
}

/// Ends whatever carries this tag, after the supervisor of that run has ended: it may have been killed before it could
/// do so itself.
pub(in crate::lab) fn end_run(tag: &Tag) {
    let _ = end(|other| other == tag);
    cgroup::forget(&tag.to_string());
}

fn end(is_meant: impl Fn(&Tag) -> bool) -> Vec<Leftover> {
    for _ in 0..ROUNDS {
        let found = find(&is_meant);
        if found.is_empty() {
            return found;
        }
        let end = Instant::now() + DYING;
        let killed: Vec<_> = found.iter().filter_map(|leftover| kill(leftover, &is_meant)).collect();
        for pidfd in killed {
            let left = end.saturating_duration_since(Instant::now());
            let _ = poll(
                &mut [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)],
                PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO),
            );
        }
    }
    find(is_meant)
}

/// Sends SIGKILL to exactly this process; gives what to wait with. Without process handles (Linux before 5.3) nobody
/// is killed: the number might be another's by now.
fn kill(leftover: &Leftover, is_meant: impl Fn(&Tag) -> bool) -> Option<std::os::fd::OwnedFd> {
    let pid = leftover.id.pid.get();
    let handle =
        pidfd_open(rustix::process::Pid::from_raw(leftover.id.pid.raw())?, PidfdFlags::empty()).ok()?;
    // Whoever has the number now has the handle; whether it is who was found, only this says.
    let same = start_of(pid) == Some(leftover.id.start_time) && tag_of(pid).is_some_and(|tag| is_meant(&tag));
    (same && sys::pidfd_send(handle.as_fd(), KILL).is_ok()).then_some(handle)
}

/// All living processes of ours with a tag that is meant, but for this process.
fn find(is_meant: impl Fn(&Tag) -> bool) -> Vec<Leftover> {
    let me = std::process::id();
    let Ok(proc) = fs::read_dir("/proc") else { return Vec::new() };
    let namespace = namespace_of("self");
    proc.flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|&pid| pid != me)
        .filter_map(|pid| {
            let tag = tag_of(pid).filter(&is_meant)?;
            let id = ProcId::new(pid, start_of(pid)?)?;
            // Last, because it is asked of few.
            if namespace_of(&pid.to_string()) != namespace {
                return None;
            }
            let mut name = fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
            name.pop();
            Some(Leftover { id, name: Untrusted::new(name), run: tag.to_string() })
        })
        .collect()
}

/// The tag of a process of this user; `None` where it has none, or is somebody else's.
fn tag_of(pid: u32) -> Option<Tag> {
    let status = fs::read(format!("/proc/{pid}/status")).ok()?;
    if uid_in_status(&status)? != rustix::process::getuid().as_raw() {
        return None;
    }
    let mut environment = Vec::new();
    File::open(format!("/proc/{pid}/environ")).ok()?.take(ENVIRONMENT).read_to_end(&mut environment).ok()?;
    tag_in(&environment)
}

fn namespace_of(pid: &str) -> Option<std::path::PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/pid")).ok()
}

/// The real user: first number of the line `Uid:`. The name above it cannot contain a line of its own: proc(5) says
/// that it is escaped.
fn uid_in_status(status: &[u8]) -> Option<u32> {
    let line = status.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"Uid:"))?;
    std::str::from_utf8(line).ok()?.split_ascii_whitespace().next()?.parse().ok()
}

/// The tag in an environment: in an order of ours, or by itself, where a command of the user's got it.
fn tag_in(environment: &[u8]) -> Option<Tag> {
    #[derive(serde::Deserialize)]
    struct Order {
        run: String,
    }
    let value = |variable: &'static str| {
        environment
            .split(|&byte| byte == 0)
            .find_map(move |entry| entry.strip_prefix(variable.as_bytes())?.strip_prefix(b"="))
    };
    let of_order = || serde_json::from_slice::<Order>(value(VARIABLE)?).ok();
    let alone = || std::str::from_utf8(value(RUN_VARIABLE)?).ok();
    of_order().and_then(|order| Tag::parse(&order.run)).or_else(|| alone().and_then(Tag::parse))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command};

    #[test]
    fn a_tag_is_found_in_either_variable() {
        let tag = "12-345-ab-6";
        let order = format!("A=1\0{VARIABLE}={{\"run\":\"{tag}\",\"parent\":1,\"role\":{{}}}}\0B=2\0");
        for environment in
            [order.as_str(), &format!("{RUN_VARIABLE}={tag}\0"), &format!("X=\0{RUN_VARIABLE}={tag}")]
        {
            assert_eq!(tag_in(environment.as_bytes()).map(|tag| tag.to_string()).as_deref(), Some(tag));
        }
        for environment in ["", "X=GLOWTOP_LAB_RUN=1-2-3-4", "GLOWTOP_LAB={}", "GLOWTOP_LAB_RUN=nonsense"] {
            assert_eq!(tag_in(environment.as_bytes()), None, "{environment}");
        }
    }

    #[test]
    fn the_user_is_the_real_one() {
        assert_eq!(uid_in_status(b"Name:\tUid:\\n0\nUmask:\t0022\nUid:\t1000\t0\t0\t0\n"), Some(1000));
        assert_eq!(uid_in_status(b"Name:\tx\n"), None);
    }

    /// A process with this tag; it is gone when the test is.
    struct Tagged(Child);

    impl Tagged {
        fn start(tag: &Tag) -> Tagged {
            let child = Command::new("sleep").arg("1000").env(RUN_VARIABLE, tag.to_string()).spawn();
            let tagged = Tagged(child.expect("sleep"));
            // Between fork and exec it still has our environment.
            while tag_of(tagged.0.id()).as_ref() != Some(tag) {
                std::thread::yield_now();
            }
            tagged
        }
    }

    impl Drop for Tagged {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn only_those_whose_creator_is_gone_are_leftovers_and_only_they_are_ended() {
        use std::os::unix::process::ExitStatusExt;
        let mine = Tag::new();
        // The same number at another time: as if it had been given to us only now.
        let gone = Tag { start: mine.start + 1, ..Tag::new() };
        let other = Tag { start: mine.start + 2, ..Tag::new() };
        let (mut kept, mut left, mut spared) =
            (Tagged::start(&mine), Tagged::start(&gone), Tagged::start(&other));
        let found = leftovers();
        let is_found = |child: &Tagged| found.iter().find(|leftover| leftover.id.pid.get() == child.0.id());
        assert_eq!(is_found(&kept), None);
        let it = is_found(&left).expect("a leftover").clone();
        assert_eq!((it.name.bytes(), it.run.as_str()), (b"sleep".as_slice(), gone.to_string().as_str()));
        assert!(is_found(&spared).is_some());
        assert_eq!(end_leftovers(&[it]), []);
        assert_eq!(left.0.wait().expect("our child").signal(), Some(9));
        assert!(kept.0.try_wait().expect("our child").is_none());
        assert!(spared.0.try_wait().expect("our child").is_none(), "nobody asked for that one");
        end_run(&mine);
        assert_eq!(kept.0.wait().expect("our child").signal(), Some(9), "its own glowtop may");
    }
}
