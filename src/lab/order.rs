//! What a process of the lab is told by the one that starts it, and the command that tells it.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::model::lab::{LabPlan, RunPlan, Subject};

/// The environment variable that carries an [`Order`].
pub(super) const VARIABLE: &str = "GLOWTOP_LAB";

/// Most bytes of one environment variable that carries a piece of the user's commands; the kernel takes 128 KiB
/// (`MAX_ARG_STRLEN`), name included: execve(2).
const PIECE: usize = 100_000;

/// Names of the variables that carry the pieces, for as many as there are in this process.
pub(super) fn pieces_of_commands() -> impl Iterator<Item = String> {
    (0..)
        .map(|number| format!("{VARIABLE}_JOBS_{number}"))
        .take_while(|name| std::env::var_os(name).is_some())
}

/// The environment variable that carries the tag of the run alone: the user's own commands get no order, but have to be
/// found too.
pub(super) const RUN_VARIABLE: &str = "GLOWTOP_LAB_RUN";

/// The program that this process runs, even where an upgrade has replaced its file: proc(5).
pub(super) const THIS_PROGRAM: &str = "/proc/self/exe";

/// What a process of the lab is told by the one that starts it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Order {
    /// The tag of the plan, the same for all of its processes: whoever looks for leftovers finds it in
    /// `/proc/PID/environ`.
    pub(super) run: String,
    /// Who starts it.
    pub(super) parent: u32,
    /// What it shall be.
    pub(super) role: Role,
}

/// What a process of the lab is.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Role {
    /// The supervisor of a checked plan.
    Supervisor(LabPlan),
    /// The master of one run.
    Master(Stage),
}

/// What a master has to do.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Stage {
    /// What is to be run.
    pub(super) subject: Subject,
    /// How.
    pub(super) run: RunPlan,
    /// How often each task is done.
    pub(super) rounds: u32,
    /// Real time after which every process is killed, seconds.
    pub(super) limit_s: u32,
    /// Memory that all of them together may take, MiB; `None` for commands of the user's own, which have no bounds.
    pub(super) memory_mib: Option<u32>,
    /// The board's descriptor.
    pub(super) board_at: i32,
}

impl Stage {
    /// The board, which came along through exec(2).
    pub(super) fn board(&self) -> io::Result<OwnedFd> {
        let path = format!("/proc/self/fd/{}", self.board_at);
        let file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
        Ok(file.into())
    }

    /// The word for its subject.
    pub(super) fn subject_name(&self) -> &str {
        match &self.subject {
            Subject::Workload(id) => id,
            Subject::Jobs(_) => "jobs",
        }
    }
}

impl Order {
    /// The command that starts `program` with this order, shown as `title` in process lists; padded, because forked
    /// processes write their own titles over it.
    ///
    /// No file goes along but the two pipes and what is not marked close-on-exec; nor does our environment, except for
    /// commands of the user's own.
    pub(super) fn command(
        &self,
        program: &Path,
        title: &str,
        stdin: impl Into<Stdio>,
        stdout: impl Into<Stdio>,
    ) -> io::Result<Command> {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(program);
        command.arg0(format!("{title:<48}"));
        if self.is_for_jobs() {
            command.env(RUN_VARIABLE, &self.run);
        } else {
            command.env_clear();
        }
        command.stdin(stdin).stdout(stdout).stderr(Stdio::null());
        let Subject::Jobs(jobs) = self.subject() else {
            command.env(VARIABLE, serde_json::to_string(self)?);
            return Ok(command);
        };
        if jobs.pass_output {
            command.stderr(Stdio::inherit());
        }
        // The commands may be more than one variable takes.
        let mut brief = self.clone();
        if let Subject::Jobs(jobs) = brief.subject_mut() {
            jobs.commands.clear();
        }
        command.env(VARIABLE, serde_json::to_string(&brief)?);
        let commands = serde_json::to_string(&jobs.commands)?;
        let mut rest = commands.as_str();
        for number in 0_u32.. {
            let (piece, left) = rest.split_at(rest.floor_char_boundary(PIECE));
            // After the last piece there must be none of somebody else's.
            let name = format!("{VARIABLE}_JOBS_{number}");
            if piece.is_empty() {
                command.env_remove(name);
                break;
            }
            command.env(name, piece);
            rest = left;
        }
        Ok(command)
    }

    /// The order in the environment; `None` where it makes no sense.
    pub(super) fn from_environment(variable: &[u8]) -> Option<Order> {
        let mut order: Order = serde_json::from_slice(variable).ok()?;
        if let Subject::Jobs(jobs) = order.subject_mut() {
            let pieces: String = pieces_of_commands().filter_map(|name| std::env::var(name).ok()).collect();
            jobs.commands = serde_json::from_str(&pieces).ok()?;
        }
        Some(order)
    }

    fn is_for_jobs(&self) -> bool {
        matches!(self.subject(), Subject::Jobs(_))
    }

    fn subject(&self) -> &Subject {
        match &self.role {
            Role::Supervisor(plan) => &plan.subject,
            Role::Master(stage) => &stage.subject,
        }
    }

    fn subject_mut(&mut self) -> &mut Subject {
        match &mut self.role {
            Role::Supervisor(plan) => &mut plan.subject,
            Role::Master(stage) => &mut stage.subject,
        }
    }
}
