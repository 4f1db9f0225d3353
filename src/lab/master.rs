//! The master of a run: the process below the supervisor that stages the workload. It has one thread, so that it may
//! fork; its workers are its children.

use std::io;
use std::process::ExitCode;

use super::board::Board;
use super::order::{Order, Stage};
use super::protocol::say;
use super::pulse::now_ns;
use super::scene::{Scene, SceneSaid};
use super::workloads::{self, Kind};
use super::{engine, jobs, safety};
use crate::model::lab::Subject;

/// Runs the master to its end.
pub(super) fn main(order: &Order, stage: &Stage) -> ExitCode {
    match run(order, stage) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where nobody listens, this process is about to be killed anyway.
            let _ = say(io::stdout().lock(), &SceneSaid::Failed(error.to_string()));
            ExitCode::FAILURE
        }
    }
}

fn run(order: &Order, stage: &Stage) -> io::Result<()> {
    let board = Board::open(stage.board()?)?;
    let _deadline =
        safety::settle_master(order.parent, stage.limit_s, stage.memory_mib, stage.cgroup.as_deref())?;
    let scene = Scene {
        board: &board,
        settings: &stage.run.settings,
        mode: stage.run.mode,
        workers: stage.run.workers,
        rounds: stage.rounds,
        id: stage.subject_name(),
        limit_s: stage.limit_s,
    };
    scene.set_process_name("master");
    // What came before was for safety's sake: to move into a cgroup can take as long as a task.
    board.begin(now_ns());
    let done = match &stage.subject {
        Subject::Workload(id) => match workloads::find(id).map(|workload| &workload.kind) {
            Some(Kind::Tasks(make)) => engine::run(&scene, &*make(&stage.run)),
            Some(Kind::Scene(play)) => play(&scene),
            None => Err(io::ErrorKind::NotFound.into()),
        },
        Subject::Jobs(jobs) => jobs::run(&scene, jobs),
    };
    match done {
        Ok(()) => scene.tell(&SceneSaid::Done { at_ns: now_ns() }),
        Err(error) if error.kind() == io::ErrorKind::QuotaExceeded => scene.tell(&SceneSaid::AtBound),
        Err(error) => scene.tell(&SceneSaid::Failed(error.to_string())),
    }
    Ok(())
}
