//! What a run would have given with other workers, or its tasks in another order: a replay of what was measured.

use serde::Serialize;

use super::whatif::{QueueOrder, Replay};
use super::{Comparison, RunReport};

/// The speed-ups of a run as it might have been.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Outlook {
    /// Workers.
    pub workers: u32,
    /// The order of their queue.
    pub order: QueueOrder,
    /// The greatest speed-up that the tasks allow on the CPUs that there were.
    pub here: f64,
    /// The same with a CPU for each worker.
    pub with_a_cpu_each: f64,
    /// What it should give here: as much below the ceiling as the run was below its own. `None` without a speed-up to
    /// go by.
    pub foretold: Option<f64>,
}

impl Comparison {
    /// What so many workers would give, with the tasks in this order; `None` where no tasks were measured, and for a scene,
    /// whose workers do not take theirs from a queue.
    pub fn outlook(&self, workers: u32, order: QueueOrder) -> Option<Outlook> {
        if self.run.answers.is_empty() {
            return None;
        }
        let (tasks, now) = (self.task_times()?, self.ceiling?.now);
        let queue = order.apply(&tasks.by_number());
        let with_a_cpu_each = Replay::on(workers).ceiling(&queue);
        let cpus = Some(self.run.noise.cpus).filter(|cpus| tasks.computes && *cpus > 0);
        let here = Replay { cpus, ..Replay::on(workers) }.ceiling(&queue);
        let foretold = self.speedup.map(|speedup| (speedup.value * here / now).min(here));
        let foretold = foretold.filter(|foretold| foretold.is_finite() && *foretold > 0.0);
        Some(Outlook { workers, order, here, with_a_cpu_each, foretold })
    }
}

/// The order of a run's queue.
pub fn order_of(run: &RunReport) -> QueueOrder {
    let seed = u64::from(run.settings.whole("seed"));
    QueueOrder::parse(run.settings.word("order"), seed).unwrap_or(QueueOrder::Fifo)
}

#[cfg(test)]
mod tests {
    use super::super::{Experiment, Machine, Mode, Noise, RunPlan, SCHEMA, Settings, Subject, TaskReport};
    use super::*;

    /// Tasks of 1 to 9 s on `workers` workers, begun in this order, on two CPUs.
    fn run(mode: Mode, workers: u32, order: &str, real_s: f64) -> RunReport {
        let mut settings = Settings::default();
        settings.set("order", order);
        let mut numbers: Vec<u32> = (1..=9).collect();
        if order == "lpt" {
            numbers.reverse();
        }
        let tasks = (0..).zip(numbers).map(|(begun, task)| {
            let (from, run_s) = (f64::from(begun), f64::from(task));
            TaskReport { task, worker: 1, from, to: from + run_s, run_s }
        });
        RunReport {
            real_s,
            user_s: 45.0,
            answers: vec![Some(1); 9],
            answer_ok: true,
            tasks: tasks.collect(),
            noise: Noise { cpus: 2, ..Noise::default() },
            ..RunReport::blank(&RunPlan { mode, workers, settings })
        }
    }

    fn comparison(order: &str, real_s: f64) -> Comparison {
        let runs = vec![run(Mode::Serial, 1, "fifo", 45.0), run(Mode::Pool, 2, order, real_s)];
        let experiment = Experiment {
            schema: SCHEMA,
            version: String::new(),
            name: "primes".to_owned(),
            subject: Subject::Workload("primes".to_owned()),
            machine: Machine::default(),
            started_unix_s: 0,
            repeat: 1,
            runs,
        };
        experiment.comparisons().remove(0)
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 0.005
    }

    #[test]
    fn nine_tasks_as_they_might_have_been() {
        // Ends at 25 where nothing else costs time: 1.8.
        let measured = comparison("fifo", 30.0);
        let of = |workers, order| measured.outlook(workers, order).expect("tasks");
        let fifo = of(4, QueueOrder::Fifo);
        assert!(close(fifo.with_a_cpu_each, 3.0) && fifo.here <= 2.0, "{fifo:?}");
        assert!(close(of(4, QueueOrder::Lpt).with_a_cpu_each, 3.75));
        let now = of(2, QueueOrder::Fifo);
        assert!(close(now.here, 1.8) && now.foretold.is_some_and(|then| close(then, 1.5)), "{now:?}");
        assert!(of(2, QueueOrder::Lpt).foretold.is_some_and(|then| then > 1.5));
    }

    #[test]
    fn first_in_first_out_is_by_number_whatever_order_was_measured() {
        let measured = comparison("lpt", 23.0);
        assert_eq!(order_of(&measured.run), QueueOrder::Lpt);
        let fifo = measured.outlook(4, QueueOrder::Fifo).expect("tasks");
        assert!(close(fifo.with_a_cpu_each, 3.0), "{fifo:?}");
    }
}
