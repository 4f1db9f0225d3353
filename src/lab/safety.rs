//! What makes sure that nothing of the lab outlives the monitor.
//!
//! The layers, each enough for what the one before cannot do:
//! 1. The *lifeline*: a pipe whose write end only the monitor holds. The kernel closes it however the monitor ends;
//!    the supervisor then kills and reaps all there is below it. Being a *subreaper* (prctl(2)), it is also the
//!    parent of whatever lost its own, however often it forked and whatever session it went to.
//! 2. `PR_SET_PDEATHSIG`: a worker gets SIGKILL when its supervisor ends. The supervisor gets SIGCONT when the
//!    monitor ends, because a stopped process cannot read its lifeline.
//! 3. A timer in each process that sends SIGKILL, which no mask and no handler stops, and a limit of CPU time that
//!    children inherit.

use std::ffi::CString;
use std::io;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigEvent, SigSet, SigevNotify, Signal, kill};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::sys::wait::waitpid;
use nix::time::ClockId;
use nix::unistd::{Pid, getpid, setsid};

use crate::sys::{inherited, scheduling};

/// A run that takes longer is ended, unless its plan says otherwise.
pub(super) const LIMIT: Duration = Duration::from_mins(1);

/// What a process gets on top of the time that it is given before its own timer kills it.
const GRACE: Duration = Duration::from_secs(10);

/// How often a process that is to be adopted looks for its parent.
const LOOK_FOR_PARENT: Duration = Duration::from_millis(2);

/// Points of `oom_score_adj`: when memory runs out, the lab goes before the user's programs: proc(5).
const OOM_SCORE: i32 = 500;

/// The timer that kills the process it is in; it is off when dropped.
pub(super) struct Deadline {
    _timer: Timer,
}

impl Deadline {
    fn after(time: Duration) -> io::Result<Deadline> {
        let event = SigEvent::new(SigevNotify::SigevSignal { signal: Signal::SIGKILL, si_value: 0 });
        let mut timer = Timer::new(ClockId::CLOCK_MONOTONIC, event)?;
        timer.set(Expiration::OneShot(time.into()), TimerSetTimeFlags::empty())?;
        Ok(Deadline { _timer: timer })
    }
}

/// Turns this process into a supervisor that may live for `time`.
///
/// # Errors
/// Where a layer without which the lab must not run cannot be set up.
pub(super) fn settle_supervisor(time: Duration) -> io::Result<Deadline> {
    forget_inherited()?;
    // A session of its own: no terminal, and a scheduling group of its own where the kernel has autogroups.
    setsid()?;
    prctl::set_child_subreaper(true)?;
    prctl::set_pdeathsig(Signal::SIGCONT)?;
    // Best effort from here on: these make the lab a better guest, they do not hold it.
    let _ = prctl::set_no_new_privs();
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    let _ = be_killed_before_others();
    // A monitor's priority, and its habit to be let in soon and often, are not for its demonstrations.
    let _ = scheduling::ordinary();
    let _ = std::env::set_current_dir("/");
    Deadline::after(time + GRACE)
}

/// Turns this process into the master of a run of the supervisor `parent`, which may take `limit_s` seconds.
///
/// # Errors
/// Where a layer cannot be set up, or the supervisor is gone already.
pub(super) fn settle_master(parent: u32, limit_s: u32) -> io::Result<Deadline> {
    forget_inherited()?;
    // Inherited by all below; the limit is of each process's own CPU time.
    let cpu_seconds =
        u64::from(limit_s).saturating_add(GRACE.as_secs()).saturating_mul(u64::from(most_cpus()));
    setrlimit(Resource::RLIMIT_CPU, cpu_seconds, cpu_seconds)?;
    settle_forked(parent, limit_s)
}

/// What exec(2) keeps and fork(2) does not, for a process of a run: it dies with its parent, and by itself in time.
///
/// # Errors
/// Where a layer cannot be set up, or the parent is gone already.
pub(super) fn settle_forked(parent: u32, limit_s: u32) -> io::Result<Deadline> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    // It may have died before the line above; then nobody would send the signal any more.
    if !is_our_parent(parent) {
        return Err(io::Error::other("the parent is gone"));
    }
    Deadline::after(Duration::from_secs(u64::from(limit_s)) + GRACE)
}

/// The same for a process that is to outlive its parent: the end of that one is no reason to end, but to look around,
/// which a stopped process could not. [`be_adopted`] does the rest.
///
/// # Errors
/// Where a layer cannot be set up.
pub(super) fn settle_for_adoption(_parent: u32, limit_s: u32) -> io::Result<Deadline> {
    prctl::set_pdeathsig(Signal::SIGCONT)?;
    Deadline::after(Duration::from_secs(u64::from(limit_s)) + GRACE)
}

/// Waits for the end of the parent `parent`, and binds this process to `heir`, the subreaper that adopts it.
///
/// # Errors
/// Where another has adopted it: then the lab is gone, and so should the caller be.
pub(super) fn be_adopted(parent: u32, heir: u32) -> io::Result<()> {
    while is_our_parent(parent) {
        std::thread::sleep(LOOK_FOR_PARENT);
    }
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    // After the line above, as in `settle_forked`.
    if is_our_parent(heir) { Ok(()) } else { Err(io::Error::other("the supervisor is gone")) }
}

/// CPUs that a process with threads can use at the same time.
fn most_cpus() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u32)
}

/// A mask of blocked signals and ignored signals pass through exec(2), as do open files without close-on-exec.
fn forget_inherited() -> io::Result<()> {
    inherited::default_signal_actions();
    SigSet::empty().thread_set_mask()?;
    // Kernels before 5.11 cannot; then a foreign file stays open until the lab's process ends.
    let _ = inherited::close_on_exec_from(3);
    Ok(())
}

fn be_killed_before_others() -> io::Result<()> {
    const FILE: &str = "/proc/self/oom_score_adj";
    let now = std::fs::read_to_string(FILE)?.trim().parse::<i32>().unwrap_or(0);
    if now < OOM_SCORE { std::fs::write(FILE, OOM_SCORE.to_string()) } else { Ok(()) }
}

/// Sets the name of the calling thread (of the process, if it is its first); the kernel keeps 15 bytes.
pub(super) fn set_name(name: &str) {
    if let Ok(name) = CString::new(name) {
        let _ = prctl::set_name(&name);
    }
}

/// Waits for the children `pids`, and for adopted ones that end meanwhile.
fn reap(pids: &mut Vec<Pid>) {
    while !pids.is_empty() {
        match waitpid(None, None) {
            Ok(status) => pids.retain(|&pid| Some(pid) != status.pid()),
            Err(Errno::EINTR) => {}
            Err(_) => pids.clear(),
        }
    }
}

/// Kills and reaps everything below this process: its children, and those that become its children by the death of
/// their parents, until there are none.
pub(super) fn end_everything() {
    while waitpid_finds_children() {
        // A listed child cannot have been replaced by another process of that pid: only we could have reaped it.
        let mut children = children_of(getpid());
        for &child in &children {
            let _ = kill(child, Signal::SIGKILL);
        }
        if children.is_empty() {
            // Children that /proc does not show: there is no name by which to kill them, their timers will.
            break;
        }
        reap(&mut children);
    }
}

/// Whether there are children, after reaping those that have ended.
fn waitpid_finds_children() -> bool {
    use nix::sys::wait::{WaitPidFlag, WaitStatus};
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return true,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return false,
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
fn parent_in_stat(stat: &[u8]) -> Option<Pid> {
    let end_of_name = stat.iter().rposition(|&b| b == b')')?;
    let fields = std::str::from_utf8(stat.get(end_of_name + 1..)?).ok()?;
    fields.split_ascii_whitespace().nth(1)?.parse().ok().map(Pid::from_raw)
}

/// Whether `pid` is (still) our parent.
pub(super) fn is_our_parent(pid: u32) -> bool {
    u32::try_from(nix::unistd::getppid().as_raw()) == Ok(pid)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// Runs the test `name` again in a process of its own, in which this returns `None`; otherwise how that ended.
    fn in_a_process_of_its_own(name: &str) -> Option<std::process::Output> {
        if std::env::var_os(TAG).is_some() {
            return None;
        }
        let mut again = std::process::Command::new(std::env::current_exe().expect("a test binary"));
        let full = format!("lab::safety::tests::{name}");
        Some(again.args(["--exact", &full]).env(TAG, name).output().expect("the test binary"))
    }

    /// The environment variable of such a process, and of everything that it starts: the name of the test.
    const TAG: &str = "GLOWTOP_TEST_OF_LAB_SAFETY";

    #[test]
    fn a_deadline_ends_what_has_blocked_every_signal() {
        use std::os::unix::process::ExitStatusExt;
        if let Some(done) = in_a_process_of_its_own("a_deadline_ends_what_has_blocked_every_signal") {
            assert_eq!(done.status.signal(), Some(Signal::SIGKILL as i32), "{done:?}");
            return;
        }
        SigSet::all().thread_set_mask().expect("a mask");
        let _deadline = Deadline::after(Duration::from_millis(20)).expect("a timer");
        // Long enough to fail by itself where the deadline does not come.
        std::thread::sleep(LIMIT);
    }

    /// Orphans and daemons included; in a process of its own, because everything below that must end.
    #[test]
    #[expect(clippy::zombie_processes, reason = "end_everything waits for it: that is what is tested")]
    fn nothing_below_survives() {
        use std::io::Read;
        use std::process::{Command, Stdio};
        if let Some(done) = in_a_process_of_its_own("nothing_below_survives") {
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
        end_everything();
        assert_eq!(waitpid(None, None), Err(Errno::ECHILD));
        assert_eq!(children_of(getpid()), []);
        let tag = format!("{TAG}=nothing_below_survives");
        let others = std::fs::read_dir("/proc").expect("proc").flatten().filter_map(|entry| {
            entry.file_name().to_str()?.parse::<u32>().ok().filter(|&pid| pid != std::process::id())
        });
        for pid in others {
            let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            assert!(!environ.split(|&b| b == 0).any(|var| var == tag.as_bytes()), "{pid} is left");
        }
    }
}
