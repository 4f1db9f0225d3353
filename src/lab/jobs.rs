//! Commands of the user's own, a few at a time.
//!
//! Each worker takes the next command, starts it as a child of its own, in a process group of its own, and waits. What
//! the command took is what wait4(2) says of it and of all that it waited for; its run-queue wait is read from its
//! `schedstat` while it is a zombie. Arguments are passed as they are: no shell looks at them.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, setpgid};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};

use super::order::{VARIABLE, pieces_of_commands};
use super::protocol::say;
use super::pulse::{Used, field, now_ns, sleep_ns};
use super::scene::{Child, Scene, SceneSaid};
use crate::model::lab::Jobs;
use crate::sys::{Ended, wait4};

/// Exit status for a command that is not there, as shells have it.
const NOT_FOUND: i32 = 127;
/// Exit status for one that is there but cannot be run.
const NOT_RUNNABLE: i32 = 126;
/// Added to the number of the signal that ended a command, as shells do.
const BY_SIGNAL: i32 = 128;

/// How often a worker looks whether everybody is to come to an end, nanoseconds.
const LOOK: u64 = 50_000_000;
/// How long a command that is to end may take over it before it is killed, nanoseconds.
const PATIENCE: u64 = 2_000_000_000;

/// Runs all commands, as many at a time as the scene has workers, in their order; each is a task whose answer is its
/// exit status. After one that failed no other is started, and those that run are ended, unless the user wants to keep
/// going.
///
/// # Errors
/// Where a worker could not be started.
pub(super) fn run(scene: &Scene, jobs: &Jobs) -> io::Result<()> {
    scene.crew(scene.workers, &|pulse| {
        while !pulse.is_stopping() {
            let at = scene.board.next_tasks(1) as usize;
            let Some(command) = jobs.commands.get(at) else { break };
            pulse.begin_for_child(at as u32 + 1);
            let child = start(scene, jobs, command)?;
            pulse.child_started(child.pid);
            let (ended, wait_ns, by_us) = wait(scene, child.pid)?;
            scene.board.return_token();
            let used = Used {
                run_ns: (ended.user_us + ended.sys_us).max(0).cast_unsigned() * 1000,
                wait_ns,
                voluntary: ended.voluntary.max(0).cast_unsigned(),
                involuntary: ended.involuntary.max(0).cast_unsigned(),
            };
            let status = status(&ended);
            // One that was ended by us has not failed; it just was not done.
            pulse.child_ended(u64::from(status.cast_unsigned()), !by_us, &used);
            if status != 0 && !jobs.keep_going {
                scene.board.ask_to_stop();
            }
        }
        Ok(())
    })
}

/// The exit status as a shell would have it.
fn status(ended: &Ended) -> i32 {
    ended.code().or_else(|| ended.signal().map(|signal| BY_SIGNAL + signal)).unwrap_or(NOT_RUNNABLE)
}

/// Starts a command. It is forked first and becomes the command then: so it has all layers of safety that
/// pass through exec(2), and dies with its worker.
fn start(scene: &Scene, jobs: &Jobs, command: &[String]) -> io::Result<Child> {
    let name = command.first().map_or("", String::as_str);
    scene.fork_without_lane(name, |_| {
        // A group of its own, so that it can be ended with its children.
        let _ = setpgid(Pid::from_raw(0), Pid::from_raw(0));
        // Where the command cannot be started, standard output is its own already.
        let news = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let error = ready(jobs, command).map_or_else(|error| error, |mut command| command.exec());
        let _ = say(news, &SceneSaid::Note(format!("{name} could not be started: {error}.")));
        let missing = error.kind() == io::ErrorKind::NotFound;
        std::process::exit(if missing { NOT_FOUND } else { NOT_RUNNABLE });
    })
}

fn ready(jobs: &Jobs, words: &[String]) -> io::Result<Command> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::NotFound)?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&jobs.directory).env_remove(VARIABLE).stdin(Stdio::null());
    for piece in pieces_of_commands() {
        command.env_remove(piece);
    }
    if jobs.pass_output {
        let shared = || io::stderr().as_fd().try_clone_to_owned();
        command.stdout(shared()?).stderr(shared()?);
    } else {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    Ok(command)
}

/// Waits for a command's end; ends it where everybody is to come to an end. Returns its run-queue wait, nanoseconds, and
/// whether it was ended by us, too.
fn wait(scene: &Scene, pid: u32) -> io::Result<(Ended, u64, bool)> {
    let id = rustix::process::Pid::from_raw(pid.cast_signed()).ok_or(io::ErrorKind::InvalidInput)?;
    // Kernels before 5.3 have none; then it is looked at every so often.
    let pidfd = pidfd_open(id, PidfdFlags::empty()).ok();
    let mut ending = Ending::default();
    // What it took is still to be read when it is a zombie, and not after that.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    loop {
        match waitid(WaitId::Pid(id), options) {
            Ok(Some(_)) => break,
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if scene.board.is_stopping() {
            ending.go_on(pid);
        }
        rest(pidfd.as_ref());
    }
    let schedstat = std::fs::read(format!("/proc/{pid}/schedstat")).unwrap_or_default();
    let ended = wait4(pid, true)?.ok_or(io::ErrorKind::InvalidData)?;
    Ok((ended, field(&schedstat, 1).unwrap_or(0), ending.asked_at.is_some()))
}

/// Sleeps until the command ends or it is time to look again.
fn rest(pidfd: Option<&OwnedFd>) {
    let Some(pidfd) = pidfd else { return sleep_ns(LOOK / 10) };
    let patience = Timespec { tv_sec: 0, tv_nsec: LOOK.cast_signed() };
    // An error, such as a signal, only means that it is looked at sooner.
    let _ = poll(&mut [PollFd::new(pidfd, PollFlags::IN)], Some(&patience));
}

/// How far the ending of a command has gone: it is asked first, and killed when it takes too long.
#[derive(Default)]
struct Ending {
    asked_at: Option<u64>,
}

impl Ending {
    fn go_on(&mut self, pid: u32) {
        let pid = Pid::from_raw(pid.cast_signed());
        let now = now_ns();
        let signal = match self.asked_at {
            None => Signal::SIGTERM,
            Some(at) if now.saturating_sub(at) > PATIENCE => Signal::SIGKILL,
            Some(_) => return,
        };
        self.asked_at.get_or_insert(now);
        // It has not been reaped, so neither number can be another's.
        let _ = kill(pid, signal);
        let _ = killpg(pid, signal);
    }
}
