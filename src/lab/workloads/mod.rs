//! The workloads: one file each, and the list of them.
//!
//! A workload is either a number of independent tasks with known answers, which the engine does in any mode, or a
//! scene that stages its processes and threads itself. It says what it teaches and what to watch, checks what comes
//! out, and is bounded in processes, memory and time.

mod common;
mod daemon;
mod leak;
mod life;
mod orphan;
mod primes;
mod runaway;
mod states;
mod storm;
mod stubborn;
mod tree;
mod zombie;

use std::io;
use std::sync::LazyLock;

use super::engine::Tasks;
use super::pulse::Pulse;
use super::scene::Scene;
use crate::model::lab::{RunPlan, Settings, WorkloadInfo};

/// One workload.
pub(super) struct Workload {
    /// What the chooser shows.
    pub(super) info: WorkloadInfo,
    /// What it does.
    pub(super) kind: Kind,
    /// Does a small part of a serial run and says which part of it that was, 0 to 1: so the size is found at which a
    /// serial run takes as long as it shall. `None` for what takes its time anyway.
    pub(super) probe: Option<fn(&Settings, &mut Pulse) -> f64>,
}

/// What a workload does.
pub(super) enum Kind {
    /// Independent tasks, for these settings, mode and number of workers.
    Tasks(fn(&RunPlan) -> Box<dyn Tasks>),
    /// A scene of its own; played by the master, which has one thread. It ends when all it started has ended.
    Scene(fn(&Scene) -> io::Result<()>),
}

/// All workloads, in the order of the chooser. A new one is a file here and its line in this list.
pub(super) static ALL: LazyLock<Vec<Workload>> = LazyLock::new(|| {
    vec![
        primes::workload(),
        tree::workload(),
        zombie::workload(),
        orphan::workload(),
        daemon::workload(),
        states::workload(),
        runaway::workload(),
        stubborn::workload(),
        leak::workload(),
        storm::workload(),
    ]
});

/// The workload with this id.
pub(super) fn find(id: &str) -> Option<&'static Workload> {
    ALL.iter().find(|workload| workload.info.id == id)
}

impl Workload {
    /// Its tasks for this run; `None` for a scene.
    pub(super) fn tasks(&self, run: &RunPlan) -> Option<Box<dyn Tasks>> {
        match self.kind {
            Kind::Tasks(make) => Some(make(run)),
            Kind::Scene(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::board::TASKS;
    use crate::lab::pulse::on_a_board_of_its_own;

    /// Flags of the command line that every workload has.
    const TAKEN: [&str; 13] = [
        "mode",
        "workers",
        "compare",
        "repeat",
        "seconds",
        "size",
        "time-limit",
        "json",
        "md",
        "svg",
        "save",
        "strict",
        "help",
    ];

    #[test]
    fn every_workload_is_complete() {
        for (i, workload) in ALL.iter().enumerate() {
            let info = &workload.info;
            assert!(
                ALL.iter().skip(i + 1).all(|other| other.info.id != info.id),
                "{} is there twice",
                info.id
            );
            assert!(info.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", info.id);
            assert!(!info.title.is_empty() && info.title.len() <= 70, "{}: {}", info.id, info.title.len());
            assert!(
                !info.lesson.is_empty() && !info.watch.is_empty() && !info.modes.is_empty(),
                "{}",
                info.id
            );
            for (at, knob) in info.knobs.iter().enumerate() {
                assert_eq!(knob.check(knob.default), Ok(()), "{} {}", info.id, knob.id);
                assert!(
                    info.knobs.iter().skip(at + 1).all(|other| other.id != knob.id),
                    "{} {}",
                    info.id,
                    knob.id
                );
                assert!(knob.id.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !knob.help.is_empty());
                assert!(!TAKEN.contains(&knob.id), "{}: --{} is a flag of all workloads", info.id, knob.id);
            }
            assert!(
                info.bounds.processes <= 256 && info.bounds.memory_mib <= 512 && info.bounds.seconds <= 120
            );
        }
    }

    #[test]
    fn every_task_gives_its_answer() {
        for workload in ALL.iter() {
            let settings = Settings::defaults(&workload.info.knobs);
            let run = RunPlan { mode: workload.info.modes[0], workers: 2, settings };
            let Some(tasks) = workload.tasks(&run) else { continue };
            assert!((1..=TASKS as u32).contains(&tasks.count()), "{}", workload.info.id);
            on_a_board_of_its_own(|pulse| {
                for task in 1..=tasks.count() {
                    assert!(tasks.weight(task) > 0.0);
                    assert_eq!(
                        tasks.run(task, pulse),
                        tasks.answer(task),
                        "{} task {task}",
                        workload.info.id
                    );
                }
            })
            .expect("memory");
        }
    }
}
