//! Commands of the user's own, a few at a time.

use std::io;
use std::process::{Command, Stdio};

use super::order::VARIABLE;
use super::scene::Scene;
use crate::model::lab::Jobs;

/// Runs all commands, as many at a time as the scene has workers, in their order; each is a task whose answer is its
/// exit status.
///
/// # Errors
/// Where a worker could not be started.
pub(super) fn run(scene: &Scene, jobs: &Jobs) -> io::Result<()> {
    scene.crew(scene.workers, &|pulse| {
        loop {
            let at = scene.board.next_tasks(1) as usize;
            let Some((program, arguments)) = jobs.commands.get(at).and_then(|command| command.split_first())
            else {
                return Ok(());
            };
            pulse.begin(at as u32 + 1);
            let mut command = Command::new(program);
            command.args(arguments).current_dir(&jobs.directory).env_remove(VARIABLE);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let status = command.status()?;
            pulse.end(status.code().map_or(255, |code| u64::from(code.cast_unsigned())));
        }
    })
}
