//! Workloads that really run: as serial work, as threads, as processes, as a pool, measured and checked.
//!
//! Its words. A *workload* is what is run: independent tasks with known answers, or a scene of its own. A *plan* is
//! one experiment with it; a *run* is the workload once, in one mode; a *worker* is a process or a thread that has a
//! lane. The *supervisor* is the process between the monitor and everything else, the *master* stages one run:
//!
//! ```text
//! glowtop                       holds the write end of the lifeline, hears the news
//!  └─ lab:primes supervisor    a session of its own; starts, watches, measures, ends
//!      └─ lab:primes master    has one thread, so that it may fork
//!          ├─ lab:primes 1/2
//!          └─ lab:primes 2/2
//! ```
//!
//! Supervisor and master are this same program, started through a hidden entry; workers are forked. They note what
//! they do on a *board* of shared memory that the supervisor reads. Nothing here outlives the monitor, whatever ends
//! it: `safety` has the layers.
//!
//! This room must never know the monitor: what a user sees of the workers in table and tree comes through `/proc`,
//! like everything else. Read next: `pulse` (what a worker tells), `scene` (what a workload may do), `engine`, `troupe` and
//! `sync` (workers that wait for each other); a new workload is a file in `workloads`.
#![allow(clippy::disallowed_methods)]

mod board;
mod engine;
mod entry;
mod host;
mod jobs;
mod master;
mod names;
mod order;
mod places;
mod plan;
mod protocol;
mod pulse;
mod random;
mod safety;
mod scene;
mod supervisor;
mod sync;
mod troupe;
mod watch;
mod workloads;

use std::io::{self, PipeReader, PipeWriter, Read};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{LazyLock, Mutex};

use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::model::Pid;
use crate::model::lab::{LabNews, LabPlan, WorkloadInfo};
pub use entry::hidden_entry;
pub use host::machine;
use order::{Order, Role, THIS_PROGRAM};
use protocol::{GARBLED, Lines};
pub use safety::{end_leftovers, leftovers};
pub use watch::{Watching, watch};

/// Why the lab did not do what it was told; the text is a sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The plan cannot be run here, whoever asks.
    #[error("{0}")]
    Refused(String),
    /// The supervisor could not be started.
    #[error("The lab could not be started: {0}.")]
    Start(#[from] io::Error),
}

/// All workloads, in the order of the menu.
pub fn workloads() -> &'static [WorkloadInfo] {
    static INFOS: LazyLock<Vec<WorkloadInfo>> =
        LazyLock::new(|| workloads::ALL.iter().map(|workload| workload.info.clone()).collect());
    &INFOS
}

/// Number of CPUs that workers can use here, by affinity and cgroup quota, when it was first asked for; at least 1.
pub fn usable_cpus() -> u32 {
    // It reads files, and every workload asks.
    static CPUS: LazyLock<u32> = LazyLock::new(|| {
        std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX))
    });
    *CPUS
}

/// Most workers that a run may have here.
pub fn most_workers() -> u32 {
    plan::most_workers(usable_cpus())
}

/// The plan as it would run here: every knob has its value, and serial runs and processes for each task have their own
/// numbers of workers.
///
/// # Errors
/// [`LabError::Refused`] where it cannot be run here.
pub fn check(plan: LabPlan) -> Result<LabPlan, LabError> {
    plan::check(plan, usable_cpus()).map_err(LabError::Refused)
}

/// A plan that runs. Dropping it stops it.
#[must_use = "a run that nobody holds is stopped"]
pub struct Run {
    supervisor: Pid,
    /// Not to be confused with another process, also after its end.
    pidfd: Option<OwnedFd>,
    lifeline: Mutex<Option<PipeWriter>>,
}

impl Run {
    /// The supervisor's pid; its children are the workers.
    pub fn supervisor(&self) -> Pid {
        self.supervisor
    }

    /// Ends the run and everything it started, now; does not wait. [`LabNews::Ended`] tells when it is done.
    pub fn stop(&self) {
        // A poisoned lock only means that another thread panicked while it closed the same pipe.
        drop(self.lifeline.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
        if let Some(pidfd) = &self.pidfd {
            // A supervisor that somebody stopped could not see the end of its lifeline.
            let _ = pidfd_send_signal(pidfd, Signal::CONT);
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts a plan. `news` is called on a thread of the lab's own; the last call is [`LabNews::Ended`].
///
/// Whether another plan runs already is the caller's business.
///
/// # Errors
/// [`LabError::Refused`] or [`LabError::Start`].
pub fn start(plan: LabPlan, news: impl Fn(LabNews) + Send + 'static) -> Result<Run, LabError> {
    start_in(Path::new(THIS_PROGRAM), plan, news)
}

/// [`start`] where this process is not glowtop itself: `program` is, and calls [`hidden_entry`] first thing.
///
/// # Errors
/// As [`start`].
pub fn start_in(
    program: &Path,
    plan: LabPlan,
    news: impl Fn(LabNews) + Send + 'static,
) -> Result<Run, LabError> {
    let plan = plan::check(plan, usable_cpus()).map_err(LabError::Refused)?;
    plan::check_memory(&plan, safety::available_mib()).map_err(LabError::Refused)?;
    let (parent, tag) = (std::process::id(), safety::Tag::new());
    let title = format!("lab:{} supervisor", plan.name());
    let order = Order { run: tag.to_string(), parent, role: Role::Supervisor(plan) };
    let (lifeline_end, lifeline) = io::pipe()?;
    let (heard, news_end) = io::pipe()?;
    let mut child = order.command(program, &title, lifeline_end, news_end)?.spawn()?;
    // From here on, whatever goes wrong, the lifeline ends the supervisor when it is dropped.
    let supervisor = Pid::new(child.id()).ok_or(io::ErrorKind::InvalidData).map_err(io::Error::from)?;
    // Not reaped yet, so the pid is certainly its own. Kernels before 5.3 have none: then only the lifeline acts.
    let pidfd = rustix::process::Pid::from_raw(supervisor.raw())
        .and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    std::thread::Builder::new().name("lab".to_owned()).spawn(move || {
        let problem = hear(heard, &news);
        if problem.is_some() {
            // It has ended everything already, or it is not to be trusted; its workers end with it.
            let _ = child.kill();
        }
        // Not a zombie any more before the end is told. How it ended, it has told itself, or it was killed.
        let done = child.wait().is_ok_and(|status| status.success());
        if !done {
            // It ends everything before it goes, unless it was killed; then what has no tie to it is still there.
            safety::end_run(&tag);
        }
        news(LabNews::Ended { problem });
    })?;
    Ok(Run { supervisor, pidfd, lifeline: Mutex::new(Some(lifeline)) })
}

/// Passes on what the supervisor says, to its last word; returns why the plan did not run to its end.
fn hear(mut heard: PipeReader, news: &impl Fn(LabNews)) -> Option<String> {
    let garbled = || Some(GARBLED.to_owned());
    let mut lines = Lines::default();
    let mut buffer = [0; 4096];
    loop {
        let length = match heard.read(&mut buffer) {
            Ok(0) => return Some("The lab's supervisor was ended, and its workers with it.".to_owned()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Some(format!("The lab's supervisor cannot be heard: {error}.")),
        };
        let Ok(complete) = lines.feed(buffer.get(..length).unwrap_or_default()) else { return garbled() };
        for line in complete {
            match serde_json::from_slice(&line) {
                Ok(LabNews::Ended { problem }) => return problem,
                Ok(what) => news(what),
                Err(_) => return garbled(),
            }
        }
    }
}
