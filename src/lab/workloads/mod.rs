//! The workloads: one file each, and the list of them.
//!
//! A *workload* is a number of independent tasks with known answers. It knows neither modes nor processes; the
//! worker calls it, the supervisor checks what it says.

mod primes;

use crate::model::lab::WorkloadInfo;

/// One workload.
pub(super) struct Workload {
    /// What the chooser shows.
    pub(super) info: WorkloadInfo,
    /// Does task 1, 2, … `info.tasks` once and returns its answer.
    pub(super) run: fn(task: u32) -> u64,
    /// The right answer of a task, known beforehand; `None` where there is no such task.
    pub(super) answer: fn(task: u32) -> Option<u64>,
    /// How much work a task is, in units of its own; what counts is only the ratio between tasks.
    pub(super) weight: fn(task: u32) -> f64,
}

/// All workloads. A new one is a file here and its name in this list.
pub(super) static ALL: &[Workload] = &[primes::WORKLOAD];

/// The workload with this id.
pub(super) fn find(id: &str) -> Option<&'static Workload> {
    ALL.iter().find(|workload| workload.info.id == id)
}

impl Workload {
    /// The numbers of its tasks, in the order of the queue.
    pub(super) fn tasks(&self) -> Vec<u32> {
        (1..=self.info.tasks).collect()
    }

    /// Whether `answer` is the right one for `task`.
    pub(super) fn is_right(&self, task: u32, answer: u64) -> bool {
        (self.answer)(task) == Some(answer)
    }

    /// Work of all tasks together.
    pub(super) fn total_weight(&self) -> f64 {
        (1..=self.info.tasks).map(self.weight).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_is_complete_and_right() {
        for (i, workload) in ALL.iter().enumerate() {
            let info = &workload.info;
            assert!(
                ALL.iter().skip(i + 1).all(|other| other.info.id != info.id),
                "{} is there twice",
                info.id
            );
            assert!(info.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
            assert!(!info.title.is_empty() && !info.lesson.is_empty() && !info.modes.is_empty());
            // The queue of a run is one pipe, filled before anybody reads.
            assert!((1..=super::super::worker::MAX_TASKS).contains(&info.tasks));
            assert_eq!((workload.answer)(0), None);
            assert_eq!((workload.answer)(info.tasks + 1), None);
            for task in workload.tasks() {
                assert!((workload.weight)(task) > 0.0);
                assert!(workload.is_right(task, (workload.run)(task)), "{} task {task}", info.id);
            }
        }
    }
}
