//! What makes sure that nothing of the lab outlives the monitor.
//!
//! The layers, each enough for what the one before cannot do:
//! 1. The *lifeline*: a pipe whose write end only the monitor holds. The kernel closes it however the monitor ends;
//!    the supervisor then kills and reaps all there is below it. Being a *subreaper* (prctl(2)), it is also the
//!    parent of whatever lost its own, however often it forked and whatever session it went to.
//! 2. `PR_SET_PDEATHSIG`: a worker gets SIGKILL when its supervisor ends. The supervisor gets SIGCONT when the
//!    monitor ends, because a stopped process cannot read its lifeline.
//!    Who is to outlive its parent says so again when the supervisor has adopted it.
//! 3. A timer in each process that sends SIGKILL, which no mask and no handler stops, and limits of CPU time and memory
//!    that children inherit.
//! 4. A bound on processes, whose tokens are taken before each fork, and one on memory, which the supervisor watches.
//! 5. A cgroup of the run's own, where this user may make one: all in it end at one word.
//! 6. The tag in the environment of all of them, by which the monitor ends what lost its supervisor, and by which
//!    anybody finds what lost both.

mod bounds;
mod cgroup;
mod ending;
mod leftovers;
mod tag;

use std::ffi::CString;
use std::io;
use std::path::Path;
use std::time::Duration;

use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigEvent, SigSet, SigevNotify, Signal};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::time::ClockId;
use nix::unistd::{Pid, setpgid, setsid};

use crate::sys::{inherited, scheduling};
pub(super) use bounds::{MemoryWatch, available_mib};
pub(super) use cgroup::Cgroup;
pub(super) use ending::{end_everything, has_children, reap_one};
pub(super) use leftovers::end_run;
pub use leftovers::{end_leftovers, leftovers};
pub(super) use tag::Tag;

/// A run of the user's own commands that takes longer, seconds, is ended, unless its plan says otherwise: a week.
pub(super) const ENDLESS: u32 = 7 * 24 * 60 * 60;

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

/// Turns this process into the master of a run of the supervisor `parent`, which may take `limit_s` seconds and, all of
/// it together, `memory_mib`; commands of the user's own have no limit but the first. `cgroup` is where that of the run
/// is, where there is one.
///
/// # Errors
/// Where a layer cannot be set up, or the supervisor is gone already.
pub(super) fn settle_master(
    parent: u32,
    limit_s: u32,
    memory_mib: Option<u32>,
    cgroup: Option<&Path>,
) -> io::Result<Deadline> {
    forget_inherited()?;
    // A process group for each run, so that it is one job for whoever looks, and can be signalled as one.
    setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
    if let Some(directory) = cgroup {
        cgroup::enter(directory);
    }
    if let Some(mib) = memory_mib {
        // Inherited by all below; the limits are of each process's own.
        let cpu_seconds = u64::from(limit_s)
            .saturating_add(GRACE.as_secs())
            .saturating_mul(u64::from(super::usable_cpus()));
        limit(Resource::RLIMIT_CPU, cpu_seconds, cpu_seconds)?;
        let bytes = (u64::from(mib) + bounds::SLACK) << 20;
        // Not the address space: an arena of memory that a thread may want one day counts there, too.
        limit(Resource::RLIMIT_DATA, bytes, bytes)?;
    }
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

/// Sets a resource limit of this process and of all below it, to less where less is allowed already: only a privileged
/// process may have more than its hard limit, setrlimit(2).
///
/// # Errors
/// Those of setrlimit(2).
pub(super) fn limit(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let (_, most) = getrlimit(resource)?;
    Ok(setrlimit(resource, soft.min(most), hard.min(most))?)
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

/// Whether `pid` is (still) our parent.
pub(super) fn is_our_parent(pid: u32) -> bool {
    u32::try_from(nix::unistd::getppid().as_raw()) == Ok(pid)
}

#[cfg(test)]
pub(in crate::lab) use tests::in_a_process_of_its_own;

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the test `name` again in a process of its own, in which this returns `None`; otherwise how that ended.
    pub(in crate::lab) fn in_a_process_of_its_own(name: &str) -> Option<std::process::Output> {
        if std::env::var_os(TAG).is_some() {
            return None;
        }
        let mut again = std::process::Command::new(std::env::current_exe().expect("a test binary"));
        let full = format!("lab::{name}");
        Some(again.args(["--exact", &full]).env(TAG, name).output().expect("the test binary"))
    }

    /// The environment variable of such a process, and of everything that it starts: the name of the test.
    pub(super) const TAG: &str = "GLOWTOP_TEST_OF_LAB_SAFETY";

    #[test]
    fn a_deadline_ends_what_has_blocked_every_signal() {
        use std::os::unix::process::ExitStatusExt;
        if let Some(done) =
            in_a_process_of_its_own("safety::tests::a_deadline_ends_what_has_blocked_every_signal")
        {
            assert_eq!(done.status.signal(), Some(Signal::SIGKILL as i32), "{done:?}");
            return;
        }
        SigSet::all().thread_set_mask().expect("a mask");
        let _deadline = Deadline::after(Duration::from_millis(20)).expect("a timer");
        // Long enough to fail by itself where the deadline does not come.
        std::thread::sleep(Duration::from_mins(1));
    }
}
