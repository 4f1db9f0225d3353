//! The hidden entry: how a glowtop that was started by a glowtop learns that it is a supervisor or a worker.
//!
//! The order stands in an environment variable. It counts only if all of this is true, so that nobody is turned
//! into a worker by accident: it can be read, its writer is our parent, and both standard input (lifeline or queue)
//! and standard output (the way back) are pipes.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use nix::sys::stat::{SFlag, fstat};
use serde::{Deserialize, Serialize};

use super::{supervisor, worker};
use crate::model::lab::LabPlan;

/// The environment variable that carries an [`Order`].
const VARIABLE: &str = "GLOWTOP_LAB";

/// The program that this process runs, even where an upgrade has replaced its file: proc(5).
pub(super) const THIS_PROGRAM: &str = "/proc/self/exe";

/// Exit code for a hidden entry that was not meant.
const REFUSED: u8 = 2;

/// What a process of the lab is told by the one that starts it.
#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    /// The same for all processes of one plan, different for each plan: whoever looks for leftovers finds it in
    /// `/proc/PID/environ`.
    pub(super) run: String,
    /// Who starts it.
    pub(super) parent: u32,
    /// What it shall be.
    pub(super) role: Role,
}

/// What a process of the lab is.
#[derive(Serialize, Deserialize)]
pub(super) enum Role {
    /// The supervisor of a checked plan.
    Supervisor(LabPlan),
    /// One of the worker processes of a run.
    Worker(Work),
}

/// What a worker process has to do; which tasks, it reads from its standard input.
#[derive(Serialize, Deserialize)]
pub(super) struct Work {
    /// Id of the workload.
    pub(super) workload: String,
    /// How often each task is done.
    pub(super) rounds: u32,
    /// Its number, from 1.
    pub(super) worker: u32,
    /// Of how many worker processes.
    pub(super) of: u32,
    /// Number of threads in it; `None` where it works itself.
    pub(super) threads: Option<u32>,
}

impl Order {
    /// The command that starts `program` with this order, shown as `title` in process lists.
    ///
    /// Nothing of our environment goes along, nor a file but the two pipes.
    pub(super) fn command(
        &self,
        program: &Path,
        title: &str,
        stdin: impl Into<Stdio>,
        stdout: impl Into<Stdio>,
    ) -> io::Result<Command> {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(program);
        command.arg0(title).env_clear().env(VARIABLE, serde_json::to_string(self)?);
        command.stdin(stdin).stdout(stdout).stderr(Stdio::null());
        Ok(command)
    }
}

/// Runs this process as what the lab started it for and returns its exit code; `None` where it is no process of
/// the lab. Must be called first thing, while the process has one thread.
pub fn hidden_entry() -> Option<ExitCode> {
    let variable = std::env::var_os(VARIABLE)?;
    let Some(order) = accept(&variable) else {
        let _ = writeln!(
            io::stderr(),
            "glowtop: {VARIABLE} is set, but glowtop's lab did not start this process. Unset it."
        );
        return Some(ExitCode::from(REFUSED));
    };
    Some(match &order.role {
        Role::Supervisor(plan) => supervisor::main(&order, plan),
        Role::Worker(work) => worker::main(&order, work),
    })
}

/// The order, if it is one and meant for us.
fn accept(variable: &OsStr) -> Option<Order> {
    let order: Order = serde_json::from_slice(variable.as_encoded_bytes()).ok()?;
    let from_parent = is_our_parent(order.parent);
    (from_parent && is_pipe(io::stdin()) && is_pipe(io::stdout())).then_some(order)
}

/// Whether `pid` is (still) our parent.
pub(super) fn is_our_parent(pid: u32) -> bool {
    u32::try_from(nix::unistd::getppid().as_raw()) == Ok(pid)
}

fn is_pipe(fd: impl AsFd) -> bool {
    fstat(fd).is_ok_and(|stat| SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFIFO)
}
