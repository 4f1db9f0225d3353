//! Each cause is made, and must be found.

use super::super::{Cut, Fate, Noise, Settings, TaskReport, WorkerReport};
use super::*;
use crate::model::lab::{Machine, RunPlan, WorkloadInfo};

/// How a worker of a made-up run spent its time between 0 and the end of the run, seconds, in this order.
#[derive(Clone, Copy, Default)]
struct Life {
    startup: f64,
    run: f64,
    wait: f64,
    blocked: f64,
}

const ORDER: (&str, &str) = ("order", "fifo");

/// A run of workers that lived so; task n is worker n's.
fn report(mode: Mode, cpus: u32, knobs: &[(&str, &str)], lives: &[Life]) -> RunReport {
    let mut settings = Settings::default();
    for (knob, value) in knobs {
        settings.set(knob, *value);
    }
    let plan = RunPlan { mode, workers: lives.len() as u32, settings };
    let mut report = RunReport { answer_ok: true, ..RunReport::blank(&plan) };
    report.noise = Noise { cpus, others: Some(0.0), ..Noise::default() };
    for (life, number) in lives.iter().zip(1..) {
        let last = life.startup + life.run + life.wait + life.blocked;
        report.real_s = report.real_s.max(last);
        report.user_s += life.run;
        report.answers.push(Some(u64::from(number)));
        report.tasks.push(TaskReport {
            task: number,
            worker: number,
            from: life.startup,
            to: last,
            run_s: life.run,
        });
        report.crew.push(WorkerReport {
            worker: number,
            first: Some(life.startup),
            last: Some(last),
            run_s: life.run,
            wait_s: life.wait,
            blocked_s: life.blocked,
            fate: Fate::Exited(0),
            ..WorkerReport::default()
        });
    }
    report
}

/// The serial run of as many tasks, each this long.
fn serial(tasks: &[f64]) -> RunReport {
    let total = tasks.iter().sum();
    let mut serial = report(Mode::Serial, 4, &[ORDER], &[Life { run: total, ..Life::default() }]);
    (serial.tasks, serial.answers) = (Vec::new(), Vec::new());
    let mut from = 0.0;
    for (&run_s, task) in tasks.iter().zip(1..) {
        serial.tasks.push(TaskReport { task, worker: 1, from, to: from + run_s, run_s });
        serial.answers.push(Some(u64::from(task)));
        from += run_s;
    }
    serial
}

fn even(life: Life) -> [Life; 4] {
    [life; 4]
}

fn busy(run: f64) -> Life {
    Life { run, ..Life::default() }
}

/// The sentence on this pair, which must hold all these words and have this cause.
fn diagnosed(serial: &RunReport, run: &RunReport, cause: Option<Cause>, words: &[&str]) -> Why {
    let why = why_not(serial, run).expect("something to say");
    assert_eq!(why.cause, cause, "{}", why.sentence);
    for word in words {
        assert!(why.sentence.contains(word), "no \"{word}\": {}", why.sentence);
    }
    assert!(why.sentence.ends_with('.') && !why.sentence.contains("NaN") && !why.sentence.contains("inf"));
    why
}

#[test]
fn a_tail_is_found_and_its_cure_foretold() {
    // The nine tasks on four workers, in the order of the queue: task 9 begins last.
    let tasks: Vec<f64> = (1..=9).map(|n| f64::from(n) / 10.0).collect();
    let base = serial(&tasks);
    let mut run = report(Mode::Pool, 4, &[ORDER], &[1.5, 0.8, 1.0, 1.2].map(busy));
    run.answers.clone_from(&base.answers);
    let spans = [
        (1, 1, 0.0),
        (2, 2, 0.0),
        (3, 3, 0.0),
        (4, 4, 0.0),
        (5, 1, 0.1),
        (6, 2, 0.2),
        (7, 3, 0.3),
        (8, 4, 0.4),
        (9, 1, 0.6),
    ];
    run.tasks = spans
        .map(|(task, worker, from)| {
            let run_s = f64::from(task) / 10.0;
            TaskReport { task, worker, from, to: from + run_s, run_s }
        })
        .to_vec();
    let why = diagnosed(
        &base,
        &run,
        Some(Cause::Tail),
        &[
            "3.00 times faster, not 4:",
            "25.0 % of the workers' time was the tail: the 3 others had no task left while worker 1 was still on task 9, \
         the largest",
            "Largest first should give 3.75; no number of cores passes 5.00, as the largest task alone takes 0.900 s.",
        ],
    );
    let cure = why.cure.expect("an order");
    assert_eq!((cure.run.settings.word("order"), cure.label.as_str()), ("lpt", "largest first"));
    assert!(cure.predicted.is_some_and(|predicted| (predicted - 3.75).abs() < 0.001));
}

#[test]
fn a_tail_of_one_great_task_needs_no_more_workers() {
    let base = serial(&[1.0, 0.2, 0.2, 0.2]);
    let run = report(Mode::Pool, 4, &[("order", "lpt")], &[1.0, 0.2, 0.2, 0.2].map(busy));
    let why = diagnosed(&base, &run, Some(Cause::Tail), &["1.60 times faster", "passes 1.60"]);
    assert_eq!(
        why.cure.map(|cure| (cure.run.workers, cure.label)),
        Some((2, "2 workers instead of 4".to_owned()))
    );
}

#[test]
fn a_fixed_share_is_cured_by_stealing() {
    let base = serial(&[1.0, 1.0, 0.2, 0.2]);
    let mut run = report(Mode::Static, 2, &[ORDER], &[2.0, 0.4].map(busy));
    run.answers.clone_from(&base.answers);
    run.tasks.clone_from(&base.tasks);
    for (task, worker) in run.tasks.iter_mut().zip([1, 1, 2, 2]) {
        task.worker = worker;
    }
    let why = diagnosed(&base, &run, Some(Cause::Tail), &["1.20 times faster, not 2"]);
    assert_eq!(why.cure.map(|cure| cure.run.mode), Some(Mode::Steal));
}

#[test]
fn extra_cpu_time_is_found() {
    let base = serial(&[1.0; 4]);
    let run = report(Mode::Pool, 4, &[ORDER], &even(busy(1.5)));
    let why = diagnosed(
        &base,
        &run,
        Some(Cause::ExtraCpu),
        &["2.67 times faster", "33.3 % of the workers' time was CPU"],
    );
    assert_eq!(why.cure, None, "processes that share a memory bus have no cure");
    let run = RunReport { mode: Mode::Threads, ..run };
    let cure = diagnosed(&base, &run, Some(Cause::ExtraCpu), &["threads contend"]).cure.expect("a cure");
    assert_eq!((cure.run.mode, cure.label.as_str()), (Mode::Pool, "processes instead of threads"));
    // Four on two cores.
    let account = Account::new(&run, Some(&base)).expect("tasks");
    let machine = Machine { cores: Some(2), ..Machine::default() };
    let case = Case {
        serial: Some(&base),
        run: &run,
        speedup: Some(2.67),
        account: Some(&account),
        beside: &Beside::new(&run),
        tasks: None,
        ceiling: None,
        machine: Some(&machine),
    };
    let why = case.why().expect("a sentence");
    assert!(why.sentence.contains("4 workers share 2 physical cores"), "{}", why.sentence);
    assert_eq!(why.cure.map(|cure| cure.run.workers), Some(2));
}

#[test]
fn more_workers_than_cpus_wait_for_one_another() {
    let base = serial(&[1.0; 4]);
    // Two CPUs with overhead: 2.4 s for 4 s of work.
    let life = Life { run: 1.0, wait: 1.4, ..Life::default() };
    let run = report(Mode::Pool, 2, &[ORDER], &even(life));
    let why = diagnosed(
        &base,
        &run,
        Some(Cause::OwnWait),
        &[
            "1.67 times faster, not 2:",
            "58.3 % of the workers' time was spent waiting for a CPU, as 4 workers share 2 CPUs",
        ],
    );
    assert!(why.sentence.ends_with("2 workers instead of 4 should do as well."), "{}", why.sentence);
    assert_eq!(why.cure.map(|cure| cure.run.workers), Some(2));
    // As good as two CPUs can be: nothing is wrong.
    let life = Life { run: 1.0, wait: 1.02, ..Life::default() };
    let run = report(Mode::Pool, 2, &[ORDER], &even(life));
    diagnosed(&base, &run, None, &["nearly all that 2 CPUs can give: 4 workers take turns on them"]);
}

#[test]
fn no_cure_is_foretold_to_be_faster_than_the_cpus_allow() {
    let base = serial(&[1.0; 8]);
    // Eight tasks, four at a time: two of four workers get nothing. One at a time, all four would share three CPUs.
    let mut run = report(
        Mode::Pool,
        3,
        &[("order", "lpt"), ("chunk", "4")],
        &[busy(4.0), busy(4.0), Life::default(), Life::default()],
    );
    run.answers.clone_from(&base.answers);
    let span = |task: u32| {
        let (worker, from) = ((task - 1) / 4 + 1, f64::from((task - 1) % 4));
        TaskReport { task, worker, from, to: from + 1.0, run_s: 1.0 }
    };
    run.tasks = (1..=8).map(span).collect();
    let why = diagnosed(&base, &run, Some(Cause::Tail), &["2.00 times faster, not 3"]);
    let foretold = why.cure.and_then(|cure| cure.predicted);
    assert_eq!(foretold, Some(3.0), "{}", why.sentence);
}

#[test]
fn a_scene_with_more_lanes_than_workers_names_who_did_the_last_task() {
    let base = serial(&[1.0, 2.0]);
    let mut run =
        report(Mode::Pool, 4, &[], &[Life { blocked: 2.1, ..Life::default() }, busy(1.0), busy(2.0)]);
    // Who hands the work out has a lane of its own, and is the last to end.
    (run.workers, run.answers) = (2, base.answers.clone());
    run.tasks.remove(0);
    for (task, number) in run.tasks.iter_mut().zip(1..) {
        task.task = number;
    }
    let words = ["the other worker had no task left while worker 3 was still on task 2"];
    let why = why_not(&base, &run).expect("something to say");
    assert!(words.iter().all(|word| why.sentence.contains(word)), "{}", why.sentence);
}

#[test]
fn pinned_workers_wait_for_one_cpu() {
    let base = serial(&[1.0; 2]);
    let life = Life { run: 1.0, wait: 1.0, ..Life::default() };
    let run = report(Mode::Pool, 4, &[ORDER, ("pin", "0,0")], &[life; 2]);
    let why = diagnosed(&base, &run, Some(Cause::OwnWait), &["waiting for 1 CPU that they are pinned to"]);
    assert_eq!(why.cure.map(|cure| cure.run.settings.word("pin").to_owned()), Some("none".to_owned()));
}

#[test]
fn the_load_of_others_is_found_and_what_a_quiet_machine_would_give() {
    let base = serial(&[1.0; 2]);
    let life = Life { run: 1.0, wait: 0.6, ..Life::default() };
    let mut run = report(Mode::Pool, 2, &[ORDER], &[life; 2]);
    run.noise.others = Some(0.4);
    let why = diagnosed(
        &base,
        &run,
        Some(Cause::OthersWait),
        &["37.5 %", "other processes used (40 % of the machine)"],
    );
    let cure = why.cure.expect("a quiet machine");
    assert!(cure.predicted.is_some_and(|predicted| (predicted - 2.0).abs() < 0.01), "{cure:?}");
    // The serial run was held up, too: on a quiet machine it would be quicker as well.
    let mut held_up = base.clone();
    (held_up.real_s, held_up.noise.others) = (3.0, Some(0.25));
    (held_up.crew[0].last, held_up.crew[0].wait_s) = (Some(3.0), 1.0);
    let mut slow = report(Mode::Pool, 2, &[ORDER], &[Life { run: 1.0, wait: 2.0, ..Life::default() }; 2]);
    slow.noise.others = Some(0.7);
    let words = ["1.00 times faster, not 2: 66.7 %"];
    let why = diagnosed(&held_up, &slow, Some(Cause::OthersWait), &words);
    assert_eq!(why.cure.map(|cure| cure.predicted), Some(None), "too much was lost to foretell anything");
    let mut slow = report(Mode::Pool, 2, &[ORDER], &[Life { run: 1.0, wait: 0.9, ..Life::default() }; 2]);
    slow.noise.others = Some(0.5);
    let words = ["1.58 times faster, not 2: 47.4 %", "The same again on a quiet machine should give 2.00"];
    diagnosed(&held_up, &slow, Some(Cause::OthersWait), &words);
    run.noise.others = None;
    diagnosed(&base, &run, Some(Cause::OwnWait), &["waiting for a CPU"]);
}

#[test]
fn a_lock_is_found_by_the_workers_own_word() {
    let base = serial(&[1.0; 4]);
    let life = Life { run: 1.0, blocked: 1.5, ..Life::default() };
    let mut run = report(Mode::Threads, 4, &[ORDER], &even(life));
    for worker in &mut run.crew {
        worker.blocked_on.insert(BlockedOn::Lock, 1.4);
    }
    let why = diagnosed(
        &base,
        &run,
        Some(Cause::Blocked),
        &["60.0 % of the workers' time was spent waiting for a lock"],
    );
    assert_eq!(why.cure.map(|cure| cure.run.mode), Some(Mode::Pool));
    run.settings.set("fix", "none");
    let cure = why_not(&base, &run).and_then(|why| why.cure).expect("a knob");
    assert_eq!(cure.run.settings.word("fix"), "mutex");
    let gil = RunReport { mode: Mode::GilFair, real_s: 10.0, ..run };
    let gil = RunReport {
        crew: gil
            .crew
            .iter()
            .map(|w| WorkerReport { last: Some(10.0), blocked_s: 9.0, ..w.clone() })
            .collect(),
        ..gil
    };
    diagnosed(&base, &gil, Some(Cause::Blocked), &["2.50 times slower than serial", "the global lock"]);
}

#[test]
fn a_serial_part_shows_as_waiting_for_others() {
    let base = serial(&[1.0; 4]);
    let mut run = report(Mode::Pool, 4, &[ORDER], &even(Life { startup: 1.0, run: 1.0, ..Life::default() }));
    for worker in &mut run.crew {
        worker.blocked_before_s = 0.99;
        worker.blocked_on.insert(BlockedOn::Others, 0.99);
    }
    diagnosed(
        &base,
        &run,
        Some(Cause::Blocked),
        &["49.5 %", "others, who did what only one can do at a time"],
    );
}

#[test]
fn work_that_waits_is_cured_by_more_workers() {
    // Five requests of 50 ms: two workers need three rounds, and one of them has nothing to do in the last.
    let waiting = |tasks: f64| Life { run: 0.001 * tasks, blocked: 0.049 * tasks, ..Life::default() };
    let mut base = serial(&[0.05; 5]);
    base.crew[0].run_s = 0.005;
    let mut run = report(Mode::Pool, 2, &[ORDER], &[waiting(3.0), waiting(2.0)]);
    run.answers.clone_from(&base.answers);
    run.tasks.clone_from(&base.tasks);
    for worker in &mut run.crew {
        worker.blocked_on.insert(BlockedOn::Io, worker.blocked_s);
    }
    // That they wait is the work itself, and no loss: the serial run waited as long.
    let why = diagnosed(
        &base,
        &run,
        Some(Cause::Tail),
        &["1.67 times faster, not 2: 16.7 % of the workers' time was"],
    );
    let cure = why.cure.expect("more workers");
    assert_eq!((cure.run.workers, cure.label.as_str()), (4, "4 workers instead of 2"));
    assert!(cure.predicted.is_some_and(|predicted| (predicted - 2.5).abs() < 0.01), "{cure:?}");
    // The server is slower with two of them.
    let slow = |life: Life| Life { blocked: life.blocked * 2.0, ..life };
    let mut run = report(Mode::Pool, 2, &[ORDER], &[slow(waiting(2.5)); 2]);
    run.answers.clone_from(&base.answers);
    for worker in &mut run.crew {
        worker.blocked_on.insert(BlockedOn::Io, worker.blocked_s);
    }
    diagnosed(&base, &run, Some(Cause::Blocked), &["49.5 %", "waiting for input or output"]);
}

#[test]
fn a_slow_start_is_found() {
    let base = serial(&[0.1; 4]);
    let run = report(Mode::Fork, 4, &[ORDER], &even(Life { startup: 0.2, run: 0.1, ..Life::default() }));
    let words = ["66.7 % of the workers' time went by before their first tasks, starting 4 processes"];
    let why = diagnosed(&base, &run, Some(Cause::StartUp), &words);
    assert_eq!(why.cure.map(|cure| cure.run.mode), Some(Mode::Pool));
}

#[test]
fn two_causes_of_like_size_are_both_named() {
    let base = serial(&[1.0; 4]);
    let life = Life { startup: 0.3, run: 1.0, blocked: 0.4, ..Life::default() };
    diagnosed(
        &base,
        &report(Mode::Pool, 4, &[ORDER], &even(life)),
        Some(Cause::Blocked),
        &["23.5 % of the workers' time was spent blocked, nobody told on what, and 17.6 % went by before"],
    );
}

#[test]
fn nearly_all_is_said_as_such() {
    let base = serial(&[1.0; 4]);
    let run = report(Mode::Pool, 4, &[ORDER], &even(busy(1.01)));
    diagnosed(
        &base,
        &run,
        None,
        &["3.96 times faster, nearly all that 4 workers can give: 99.0 % of their time"],
    );
    let one = report(Mode::Pool, 4, &[ORDER], &[busy(4.0)]);
    let one = RunReport { answers: base.answers.clone(), ..one };
    diagnosed(&base, &one, None, &["As fast as serial"]);
}

#[test]
fn the_impossible_is_called_so_and_explained() {
    let run = report(Mode::Pool, 2, &[ORDER], &[busy(1.0), busy(1.0)]);
    let mut slow = serial(&[1.0; 2]);
    slow.real_s = 3.0;
    (slow.crew[0].last, slow.crew[0].wait_s) = (Some(3.0), 1.0);
    diagnosed(
        &slow,
        &run,
        None,
        &["3.00 times faster is more than 2 workers can give", "a CPU for only 67 %"],
    );
    let costly = serial(&[1.5; 2]);
    diagnosed(&costly, &run, None, &["33 % less CPU time"]);
    // Waiting needs no core: four workers on two CPUs may well be four times faster.
    let mut base = serial(&[1.0; 4]);
    base.crew[0].run_s = 0.01;
    let waiting =
        report(Mode::Threads, 2, &[ORDER], &even(Life { run: 0.01, blocked: 1.0, ..Life::default() }));
    diagnosed(&base, &waiting, None, &["3.96 times faster, nearly all that 4 workers can give"]);
}

#[test]
fn a_run_that_was_cut_off_says_at_which_bound() {
    let base = serial(&[1.0; 2]);
    let mut run = report(Mode::Pool, 2, &[ORDER], &[busy(1.0), busy(1.0)]);
    // The supervisor kills what is left at a bound: nobody else did.
    (run.answer_ok, run.answers[1], run.crew[1].fate) = (false, None, Fate::Killed(9));
    run.cut = Some(Cut::Time(1));
    diagnosed(
        &base,
        &run,
        None,
        &["This run was ended at its limit of 1 second: there is nothing to compare."],
    );
}

#[test]
fn a_killed_worker_is_named() {
    let base = serial(&[1.0; 2]);
    let mut run = report(Mode::Pool, 2, &[ORDER], &[busy(1.0), busy(1.0)]);
    (run.answer_ok, run.answers[1], run.crew[1].fate) = (false, None, Fate::Killed(9));
    diagnosed(
        &base,
        &run,
        None,
        &["Worker 2 was killed by SIGKILL, and task 2 has no answer: there is nothing to compare."],
    );
    run.crew[1].fate = Fate::Exited(0);
    diagnosed(&base, &run, None, &["In this run task 2 has no answer"]);
    run.answers[1] = Some(3);
    diagnosed(&base, &run, None, &["An answer of this run is wrong"]);
}

fn alone(run: &RunReport) -> Option<Why> {
    let account = Account::new(run, None);
    let tasks = TaskTimes::new(None, run);
    let ceiling = tasks.as_ref().map(|tasks| tasks.ceilings(run));
    Case {
        serial: None,
        run,
        speedup: None,
        account: account.as_ref(),
        beside: &Beside::new(run),
        tasks: tasks.as_ref(),
        ceiling: ceiling.as_ref(),
        machine: None,
    }
    .why()
}

#[test]
fn without_a_serial_run_the_account_still_speaks() {
    let why = alone(&report(Mode::Pool, 4, &[ORDER], &[2.0, 1.0].map(busy))).expect("a sentence");
    assert!(
        why.sentence.starts_with("The workers were on a CPU for 75.0 % of their time; 25.0 %"),
        "{why:?}"
    );
    assert_eq!(why.cause, Some(Cause::Tail));
}

#[test]
fn a_scene_says_what_its_checks_and_figures_show() {
    use super::super::{Check, Figure};
    let mut scene = report(Mode::Threads, 2, &[("fix", "none")], &[]);
    assert_eq!(alone(&scene), None);
    let figure =
        |what: &str, value, unit: &str| Figure { what: what.to_owned(), value, unit: unit.to_owned() };
    scene.figures = vec![figure("lost updates", 881_123.0, ""), figure("lost", 44.056, "%")];
    let check = |got: &str| Check {
        what: "increments".to_owned(),
        expected: "8".to_owned(),
        got: Some(got.to_owned()),
    };
    scene.checks = vec![check("8")];
    let why = alone(&scene).expect("a sentence");
    assert_eq!(why.sentence, "Lost updates: 881123; lost: 44.06 %. Increments: 8, as it must be.");
    assert_eq!(why.cure.map(|cure| cure.label), Some("with a mutex".to_owned()));
    (scene.checks, scene.answer_ok) = (vec![check("7")], false);
    assert_eq!(alone(&scene).expect("a sentence").sentence, "Increments: 7 instead of 8 in this run.");
}

#[test]
fn a_cure_must_fit_its_workload() {
    use super::super::{Bounds, Group, Knob, KnobKind, Workers};
    let kind = KnobKind::Choice(&["fifo", "lpt"]);
    let info = WorkloadInfo {
        id: "x",
        group: Group::Compute,
        title: "",
        lesson: "",
        watch: "",
        modes: &[Mode::Pool],
        workers: Workers::Cpus,
        knobs: vec![Knob { id: "order", help: "", kind, default: "fifo" }],
        bounds: Bounds::ORDINARY,
    };
    let cure = |mode, order: &str| {
        let mut settings = Settings::default();
        settings.set("order", order);
        Cure { label: String::new(), run: RunPlan { mode, workers: 2, settings }, predicted: None }
    };
    assert!(cure(Mode::Pool, "lpt").fits(&info));
    assert!(!cure(Mode::Pool, "fixed").fits(&info) && !cure(Mode::Steal, "lpt").fits(&info));
}
