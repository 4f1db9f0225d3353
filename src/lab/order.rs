//! What a process of the lab is told by the one that starts it, and the command that tells it.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::model::lab::LabPlan;

/// The environment variable that carries an [`Order`].
pub(super) const VARIABLE: &str = "GLOWTOP_LAB";

/// The program that this process runs, even where an upgrade has replaced its file: proc(5).
pub(super) const THIS_PROGRAM: &str = "/proc/self/exe";

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
