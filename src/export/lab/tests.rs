//! The reports of made-up experiments.

use serde_json::Value::{self, Null};

use super::*;
use crate::model::lab::{
    Check, Experiment, Fate, Figure, Jobs, Machine, Mode, Noise, RunPlan, RunReport, SCHEMA, Settings,
    Subject, TaskReport, WorkerReport,
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
  w2    22222222226666666666666666666666666666..................................
  w3    333333333333333777777777777777777777777777777777........................
  w4    4444444444444444444888888888888888888888888888888888888888..............
where 4 x 1.098 s of pool x4 went
  useful work             3.281 s   74.7 %  ##############################
  extra CPU               0.000 s    0.0 %
  run-queue wait          0.000 s    0.0 %
  blocked                 0.000 s    0.0 %
  start-up                0.012 s    0.3 %
  tail                    1.098 s   25.0 %  ##########
  sum                     4.391 s  100.0 %
  balance 0.750 x communication 0.996 x computation 1.000 = 0.747
why     2.99 times faster, not 4: 25.0 % of the workers' time was the tail: the 3 others had no task
        left while worker 1 was still on task 9, the largest. Largest first should give 3.74; no
        number of cores passes 5.00, as the largest task alone takes 0.656 s.
try     largest first, which should give 3.74 x
machine VALID (others 1 %)   1 run each
";
    assert_eq!(table(&both()), expected);
}

#[test]
fn a_scene_shows_its_checks_and_figures() {
    let text = table(&scene());
    let end = "\
check   increments: 8 ok
figure  lost: 44.06 %
why     Lost: 44.06 %. Increments: 8, as it must be.
machine VALID   1 run each
";
    assert!(text.starts_with("race                        threads x2\n"), "{text}");
    assert!(text.ends_with(end), "{text}");
    assert!(!text.contains("speed-up") && !text.contains("where"), "{text}");
}

#[test]
fn a_failed_run_compares_nothing() {
    let mut broken = both();
    let run = &mut broken.runs[1];
    (run.answers[3], run.answer_ok, run.crew[2].fate) = (None, false, Fate::Killed(9));
    let text = table(&broken);
    for words in [
        "8/9 MISSING",
        "Worker 3 was killed by SIGKILL, and task 4 has no answer",
        "machine INVALID",
        "In this run 1 of 9 answers is missing.",
    ] {
        assert!(text.contains(words), "no \"{words}\": {text}");
    }
    assert!(!text.contains("speed-up"), "{text}");
    let value: serde_json::Value = serde_json::from_str(&json(&broken).expect("plain")).expect("JSON");
    assert_eq!((&value["speedup"], &value["runs"][1]["speedup"]), (&Null, &Null));
    assert_eq!(value["runs"][1]["verdict"], "INVALID");
}

#[test]
fn many_runs_stand_below_one_another() {
    let text = table(&swept());
    assert!(text.lines().all(|line| line.chars().count() <= 132), "{text}");
    assert_eq!(text.matches("\nreal  ").count(), 3, "{text}");
    assert!(text.contains("pool x3 order=lpt"), "{text}");
}

#[test]
fn repeats_have_their_spread_and_interval() {
    let turns = (0..5).flat_map(|turn| {
        both()
            .runs
            .into_iter()
            .map(move |run| RunReport { real_s: run.real_s + f64::from(turn) * 0.01, ..run })
    });
    let text = table(&experiment(turns.collect()));
    assert!(text.contains("5 runs each, medians; real 1.098 to 1.138 s"), "{text}");
    assert!(text.contains("speed-up 2.96 (") && text.contains("): 95 % confidence"), "{text}");
}

#[test]
fn a_sweep_has_a_row_for_each_number_of_workers_and_its_fits() {
    let text = sweep(&swept());
    for line in [
        "pool order=fifo   serial 3.285 s",
        "      4     1.098 s      2.99      74.8 %       0.112       1.00     3.00     3.75  VALID",
        "      4     0.879 s      3.74      93.4 %       0.023       1.00     3.75     3.75  VALID",
        "      8  ####################............",
        "  Amdahl: serial part 0.113, off by 0.05 (root mean square); at most 8.9 times faster",
        "  USL: contention 0.1141, coherence 0.000017, off by 0.04; slower beyond 228 workers",
    ] {
        assert!(text.lines().any(|other| other == line), "no \"{line}\": {text}");
    }
    let text = sweep(&both());
    assert!(text.contains("Amdahl: not fitted") && text.contains("USL: not fitted; it takes 6"), "{text}");
}

#[test]
fn a_sweep_names_the_run_that_a_reason_is_about_and_fits_only_workers_with_a_cpu() {
    let mut noisy = swept();
    for run in &mut noisy.runs {
        run.noise.cpus = 2;
        run.noise.others = Some(f64::from(run.workers) / 10.0);
    }
    let text = sweep(&noisy);
    let lines: Vec<&str> = text.lines().collect();
    let at = |words: &str| lines.iter().position(|line| line.contains(words));
    let serial = at("Others used 10 % of the CPUs during the serial run.");
    let pool = at("Others used 40 % of the CPUs during the run of 4 workers.");
    assert!(serial.is_some() && serial < pool, "{text}");
    assert!(!text.contains("this run"), "{text}");
    assert!(
        text.contains("Amdahl: not fitted; it takes two numbers of workers above one, with a CPU"),
        "{text}"
    );
    assert!(sweep(&swept()).contains("Amdahl: serial part"));
}

#[test]
fn a_time_in_a_report_is_a_date() {
    let text = markdown(&both());
    assert!(text.contains("* begun: 2026-11-21 22:26:40 UTC\n"), "{text}");
}

#[test]
fn nobody_told_what_a_command_was_blocked_on() {
    let mut one = both();
    one.subject = Subject::Jobs(Jobs::default());
    for run in &mut one.runs {
        run.crew
            .iter_mut()
            .for_each(|worker| (worker.run_s, worker.wait_s, worker.blocked_s) = (0.0, 0.0, 0.5));
    }
    let text = table(&one);
    assert!(text.contains("holds, too, what processes of the commands"), "{text}");
    assert!(!text.contains("most for"), "{text}");
}

#[test]
fn a_diff_says_what_changed_and_whether_it_may_be_chance() {
    let mut after = experiment(vec![nine(Mode::Serial, 1, "lpt"), nine(Mode::Pool, 4, "lpt")]);
    after.machine.kernel = "6.19".to_owned();
    let text = diff(&both(), &after);
    for line in [
        "kernel: 6.18.5 before, 6.19 after",
        "pool x4   order fifo -> lpt",
        "  real                               1.098 s       0.879 s     -19.9 %",
        "  tail                                25.0 %         6.3 %    -18.7 pp",
        "  One run each: the difference may be chance.",
    ] {
        assert!(text.lines().any(|other| other == line), "no \"{line}\": {text}");
    }
    let more = diff(&both(), &swept());
    assert!(more.contains("pool x8 order=lpt: only after, real 0.660 s"), "{more}");
    assert!(more.contains("pool x4 -> pool x4 order=fifo\n"), "{more}");
    assert!(!diff(&both(), &both()).contains("only"), "the same is alike in all");
}

#[test]
fn json_has_the_account_and_the_verdict_of_each_parallel_run() {
    let value: serde_json::Value = serde_json::from_str(&json(&both()).expect("plain")).expect("JSON");
    let (serial, pool) = (&value["runs"][0], &value["runs"][1]);
    assert_eq!((&serial["account"], &serial["verdict"]), (&Null, &Null), "the base is compared with nobody");
    let account = pool["account"].as_object().expect("an account");
    let part = |name: &str| account[name].as_f64().expect("seconds");
    let names = ["useful_s", "extra_cpu_s", "run_queue_s", "blocked_s", "startup_s", "tail_s"];
    assert_eq!(account.len(), names.len() + 1, "{account:?}");
    let sum: f64 = names.into_iter().map(part).sum();
    assert!((sum - part("capacity_s")).abs() < 1e-9, "{account:?}");
    assert_eq!((&pool["verdict"], &pool["reasons"]), (&"VALID".into(), &serde_json::json!([])));
    assert_eq!(
        (pool["crew"].as_array().map(Vec::len), pool["tasks"].as_array().map(Vec::len)),
        (Some(4), Some(9))
    );
    let busy: f64 = pool["concurrency_s"].as_array().expect("a list").iter().filter_map(Value::as_f64).sum();
    assert!((busy - pool["real_s"].as_f64().expect("seconds")).abs() < 1e-9);
    assert_eq!(value["comparisons"][0]["why"]["cure"]["run"]["settings"]["order"], "lpt");
    assert_eq!(value["workload"], "primes");
}

#[test]
fn the_picture_is_well_formed_and_has_all_its_parts() {
    for experiment in [both(), swept(), scene()] {
        let text = svg(&experiment);
        assert!(text.starts_with("<svg xmlns=") && text.ends_with("</svg>\n"));
        assert!(!text.contains("NaN") && !text.contains("inf\""), "{text}");
        well_formed(&text);
    }
    let text = svg(&both());
    for part in [
        "Lanes",
        "Speed-up over workers",
        "what-if: largest first",
        ">2.99<",
        "3.281 s = 74.7 %",
        "url(#start)",
    ] {
        assert!(text.contains(part), "no {part}");
    }
}

/// Every element that is opened is closed, in the right order, and no text has what only markup may have.
fn well_formed(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in text.split('<').skip(1) {
        let (tag, rest) = tag.split_once('>').expect("a tag ends");
        assert!(!rest.contains('>'), "{rest}");
        let name = tag.split([' ', '/']).find(|name| !name.is_empty()).expect("a name");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn whatever_a_workload_calls_itself_no_report_can_steer_a_terminal_or_a_page() {
    let evil = "<script>\x1b[31m\u{202e}|`x`\u{9b}2J&\"";
    let mut hostile = both();
    hostile.name = evil.to_owned();
    hostile.version = evil.to_owned();
    hostile.machine.model = evil.to_owned();
    hostile.machine.kernel = evil.to_owned();
    let run = &mut hostile.runs[1];
    run.settings.set(evil, evil);
    run.crew[0].name = evil.to_owned();
    run.checks = vec![Check { what: evil.to_owned(), expected: evil.to_owned(), got: Some(evil.to_owned()) }];
    run.figures = vec![Figure { what: evil.to_owned(), value: 1.0, unit: evil.to_owned() }];
    let mut failed = hostile.clone();
    failed.runs[1].checks[0].got = None;
    failed.runs[1].answer_ok = false;
    for experiment in [hostile, failed] {
        for text in reports(&experiment) {
            assert!(!text.contains(['\x1b', '\u{202e}', '\u{9b}']), "{text}");
        }
        let svg = svg(&experiment);
        assert!(!svg.contains("<script>"), "{svg}");
        well_formed(&svg);
        assert!(!markdown(&experiment).replace("```text\n", "").contains("<script>"));
    }
}

#[test]
fn nothing_and_nonsense_have_reports_too() {
    let mut odd = both();
    for run in &mut odd.runs {
        (run.real_s, run.user_s, run.sys_s) = (0.0, 0.0, 0.0);
        run.crew.clear();
    }
    for experiment in [experiment(Vec::new()), odd, experiment(vec![nine(Mode::Serial, 1, "fifo")])] {
        for text in reports(&experiment) {
            assert!(!text.is_empty() && !text.contains("NaN"), "{text}");
        }
    }
}

/// Whether both are the same but for the last digit of a number, which reading may change.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        (Value::Number(a), Value::Number(b)) if a.is_f64() => {
            a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= 1e-12 * a.abs().max(1.0))
        }
        (a, b) => a == b,
    }
}

#[test]
fn json_reads_back_as_the_experiment() {
    for before in [both(), swept(), scene()] {
        let text = json(&before).expect("plain values");
        let after: Experiment = serde_json::from_str(&text).expect("JSON");
        let value = |experiment| serde_json::to_value(experiment).expect("plain values");
        assert!(alike(&value(&before), &value(&after)), "{after:?}");
    }
}
