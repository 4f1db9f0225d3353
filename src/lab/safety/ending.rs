//! The end of everything: killing and reaping all there is below this process, wherever it went.

use std::io;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getpid};

use crate::sys::{Ended, wait4_any};

/// Kills and reaps everything below this process: its children, and those that become its children by the death of
/// their parents, until there are none. Tells of each that it reaped.
pub(in crate::lab) fn end_everything(mut ended: impl FnMut(u32, Ended)) {
    loop {
        while let Some((pid, how)) = reap_one(false) {
            ended(pid, how);
        }
        if !has_children() {
            return;
        }
        // A listed child cannot have been replaced by another process of that pid: only we could have reaped it.
        let mut children = children_of(getpid());
        for &child in &children {
            let _ = kill(child, Signal::SIGKILL);
        }
        if children.is_empty() {
            // Children that /proc does not show: there is no name by which to kill them, their timers will.
            return;
        }
        // Not one look at /proc for each of them: the next when all of these, and adopted ones meanwhile, have ended.
        while !children.is_empty() {
            let Some((pid, how)) = reap_one(true) else { return };
            ended(pid, how);
            children.retain(|child| child.as_raw().cast_unsigned() != pid);
        }
    }
}

/// Reaps a child, whichever; waits for one where `hang`. `None` where there is none (that has ended).
pub(in crate::lab) fn reap_one(hang: bool) -> Option<(u32, Ended)> {
    loop {
        match wait4_any(hang) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            reaped => return reaped.ok().flatten(),
        }
    }
}

/// Whether there are children, dead or alive.
pub(in crate::lab) fn has_children() -> bool {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
    loop {
        match waitid(Id::All, flags) {
            Err(Errno::EINTR) => {}
            other => return other.is_ok(),
        }
    }
}

/// Everybody whose parent is `parent`. `/proc/PID/task/TID/children` would say it at once, but not every kernel has
/// it.
fn children_of(parent: Pid) -> Vec<Pid> {
    let Ok(proc) = std::fs::read_dir("/proc") else { return Vec::new() };
    proc.flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| {
            parent_in_stat(&std::fs::read(format!("/proc/{pid}/stat")).unwrap_or_default()) == Some(parent)
        })
        .map(Pid::from_raw)
        .collect()
}

/// Field 4 of `/proc/PID/stat`; the name in field 2 may hold anything, but the last parenthesis ends it: proc(5).
pub(super) fn parent_in_stat(stat: &[u8]) -> Option<Pid> {
    let end_of_name = stat.iter().rposition(|&b| b == b')')?;
    let fields = std::str::from_utf8(stat.get(end_of_name + 1..)?).ok()?;
    fields.split_ascii_whitespace().nth(1)?.parse().ok().map(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{TAG, in_a_process_of_its_own};
    use super::*;
    use nix::sys::prctl;

    #[test]
    fn the_parent_is_found_whatever_the_name() {
        assert_eq!(parent_in_stat(b"12 (a) R 7 (b c) S 5 1 1 0"), Some(Pid::from_raw(5)));
        assert_eq!(parent_in_stat(b"12 (\xff\n) Z 1 0"), Some(Pid::from_raw(1)));
        assert_eq!(parent_in_stat(b""), None);
        assert_eq!(parent_in_stat(b"12 (x)"), None);
        assert_eq!(parent_in_stat(b"12 (x) R garbage"), None);
    }

    #[test]
    fn children_are_found_in_proc() {
        let mut child = std::process::Command::new("sleep").arg("600").spawn().expect("sleep");
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
        let found = children_of(getpid());
        child.kill().expect("our child");
        child.wait().expect("our child");
        assert!(found.contains(&pid));
    }

    /// Orphans and daemons included; in a process of its own, because everything below that must end.
    #[test]
    #[expect(clippy::zombie_processes, reason = "end_everything waits for it: that is what is tested")]
    fn nothing_below_survives() {
        use std::io::Read;
        use std::process::{Command, Stdio};
        if let Some(done) = in_a_process_of_its_own("ending::tests::nothing_below_survives") {
            let said = String::from_utf8_lossy(&done.stdout);
            assert!(done.status.success() && said.contains("1 passed"), "{said}");
            return;
        }
        prctl::set_child_subreaper(true).expect("any kernel since 3.4");
        // An orphan, a daemon in a session of its own, a grandchild whose parent lives, and all of them ignore what
        // can be ignored.
        // They end by themselves in time, should they not be ended.
        let script = "trap '' TERM HUP INT; (sleep 20 & setsid sleep 20 &)
            sh -c 'sleep 20 & echo ready; wait' & exec sleep 20";
        let mut shell = Command::new("sh").args(["-c", script]).stdout(Stdio::piped()).spawn().expect("sh");
        let mut word = [0; 6];
        shell.stdout.take().expect("a pipe").read_exact(&mut word).expect("a word");
        end_everything(|_, _| ());
        assert!(!has_children());
        assert_eq!(children_of(getpid()), []);
        let tag = format!("{TAG}=ending::tests::nothing_below_survives");
        let others = std::fs::read_dir("/proc").expect("proc").flatten().filter_map(|entry| {
            entry.file_name().to_str()?.parse::<u32>().ok().filter(|&pid| pid != std::process::id())
        });
        for pid in others {
            let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            assert!(!environ.split(|&b| b == 0).any(|var| var == tag.as_bytes()), "{pid} is left");
        }
    }
}
