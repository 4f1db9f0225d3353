//! The reports of made-up experiments.

use super::*;
use crate::model::lab::{
    Check, Experiment, Fate, Figure, Machine, Mode, Noise, RunPlan, RunReport, SCHEMA, Settings, Subject,
    TaskReport, WorkerReport,
};

/// The nine tasks on so many workers, first in, first out; the work takes 3.281 s.
pub(super) fn nine(mode: Mode, workers: u32, order: &str) -> RunReport {
    let mut settings = Settings::default();
    settings.set("order", order);
    let mut run = RunReport::blank(&RunPlan { mode, workers, settings });
    let mut free = vec![0.003_f64; workers as usize];
    let mut queue: Vec<u32> = (1..=9).collect();
    if order == "lpt" {
        queue.reverse();
    }
    let mut crew: Vec<WorkerReport> = (1..=workers)
        .map(|worker| WorkerReport {
            worker,
            pid: 31_841 + worker,
            tid: 31_841 + worker,
            first: Some(0.003),
            fate: Fate::Exited(0),
            voluntary: 3,
            involuntary: 8,
            migrations: 1,
            ..WorkerReport::default()
        })
        .collect();
    for task in queue {
        let at = (0..free.len()).min_by(|&a, &b| free[a].total_cmp(&free[b])).expect("a worker");
        let run_s = 3.281 / 45.0 * f64::from(task);
        let (from, to) = (free[at], free[at] + run_s);
        free[at] = to;
        run.tasks.push(TaskReport { task, worker: at as u32 + 1, from, to, run_s });
        crew[at].run_s += run_s;
        crew[at].last = Some(to);
        crew[at].tasks += 1;
    }
    run.real_s = free.iter().copied().fold(0.0, f64::max) + 0.001;
    run.crew = crew;
    (run.user_s, run.sys_s, run.max_rss) = (3.29, 0.021, 10_276_045);
    run.answers = (1..=9).map(|task| Some(task * 1_000_003)).collect();
    run.answer_ok = true;
    run.noise = Noise { cpus: 8, others: Some(0.01), steal: Some(0.0), ..Noise::default() };
    run
}

pub(super) fn experiment(runs: Vec<RunReport>) -> Experiment {
    Experiment {
        schema: SCHEMA,
        version: "0.1.0".to_owned(),
        name: "primes".to_owned(),
        subject: Subject::Workload("primes".to_owned()),
        machine: Machine {
            model: "AMD EPYC".to_owned(),
            cpus: 8,
            online: 8,
            cores: Some(8),
            quota: None,
            governor: None,
            kernel: "6.18.5".to_owned(),
        },
        started_unix_s: 1_795_300_000,
        repeat: 1,
        runs,
    }
}

fn both() -> Experiment {
    experiment(vec![nine(Mode::Serial, 1, "fifo"), nine(Mode::Pool, 4, "fifo")])
}

fn swept() -> Experiment {
    let mut runs = vec![nine(Mode::Serial, 1, "fifo")];
    for order in ["fifo", "lpt"] {
        runs.extend([1, 2, 3, 4, 6, 8].map(|workers| nine(Mode::Pool, workers, order)));
    }
    experiment(runs)
}

fn scene() -> Experiment {
    let mut run =
        RunReport::blank(&RunPlan { mode: Mode::Threads, workers: 2, settings: Settings::default() });
    (run.real_s, run.answer_ok) = (0.5, true);
    run.checks =
        vec![Check { what: "increments".to_owned(), expected: "8".to_owned(), got: Some("8".to_owned()) }];
    run.figures = vec![Figure { what: "lost".to_owned(), value: 44.0625, unit: "%".to_owned() }];
    Experiment { name: "race".to_owned(), ..experiment(vec![run]) }
}

/// Every report of every experiment.
fn reports(experiment: &Experiment) -> Vec<String> {
    let json = json(experiment).expect("plain values");
    vec![
        table(experiment),
        sweep(experiment),
        json,
        markdown(experiment),
        svg(experiment),
        diff(experiment, &both()),
    ]
}

#[test]
fn the_table_says_what_time_says_and_why() {
    let expected = "\
primes  9 tasks                 serial       pool x4
real                           3.285 s       1.098 s
user                           3.290 s       3.290 s
sys                            0.021 s       0.021 s
cores in use                      1.01          3.02
run-queue wait                 0.000 s       0.000 s
switches, voluntary                  3            12
switches, involuntary                8            32
migrations                           1             4
max RSS                        9.8 MiB       9.8 MiB
answer                          9/9 ok        9/9 ok
speed-up                                      2.99 x
efficiency                                    74.8 %
Karp-Flatt                                     0.112
CPU inflation                                   1.00
ceiling, this order                             3.00
ceiling, largest first                          3.75

pool x4: digit = task, . = none, 0 to 1.098 s
  w1    111115555555555555555555555559999999999999999999999999999999999999999999
  w2    222222222266666666666666666666666666666................................
  w3    3333333333333337777777777777777777777777777777777.......................
  w4    444444444444444444488888888888888888888888888888888888888888.............
";
    let text = table(&both());
    println!("{text}");
    let head: String = text.lines().take(20).map(|line| line.to_owned() + "\n").collect();
    assert_eq!(head, expected.lines().take(20).map(|line| line.to_owned() + "\n").collect::<String>());
}

#[test]
fn print_all() {
    for e in [both(), swept(), scene()] {
        println!("{}", table(&e));
    }
    println!("{}", sweep(&swept()));
    println!("{}", diff(&both(), &swept()));
    println!("{}", markdown(&both()));
    std::fs::write("/tmp/acc_both.svg", svg(&both())).expect("x");
    std::fs::write("/tmp/acc_swept.svg", svg(&swept())).expect("x");
    std::fs::write("/tmp/acc_scene.svg", svg(&scene())).expect("x");
}

#[test]
fn json_reads_back_as_the_experiment() {
    for before in [both(), swept(), scene()] {
        let text = json(&before).expect("plain values");
        assert_eq!(serde_json::from_str::<Experiment>(&text).expect("JSON"), before);
    }
}
