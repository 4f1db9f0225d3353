//! The workloads in which workers talk, share and wait for each other: what each must come to. No test asserts a time.

use std::path::Path;

use glowtop::lab;
use glowtop::model::lab::{LabNews, LabPlan, Mode, RunPlan, RunReport, Settings, Subject};

/// What a run came to, and what it said meanwhile.
struct Played {
    report: RunReport,
    news: Vec<LabNews>,
}

impl Played {
    /// What the workload counted or measured under this name.
    fn figure(&self, what: &str) -> f64 {
        let found = self.report.figures.iter().find(|figure| figure.what == what);
        found.unwrap_or_else(|| panic!("no figure {what}: {:?}", self.report.figures)).value
    }

    fn notes(&self) -> Vec<&str> {
        let notes = self.news.iter().filter_map(|news| match news {
            LabNews::Note(text) => Some(text.as_str()),
            _ => None,
        });
        notes.collect()
    }

    fn has_check(&self, what: &str) -> bool {
        self.report.checks.iter().any(|check| check.what == what && check.holds())
    }
}

/// Plays a workload once to its end, with these knobs.
fn play(id: &str, mode: Mode, workers: u32, knobs: &[(&str, &str)]) -> Played {
    let mut settings = Settings::default();
    knobs.iter().for_each(|(knob, value)| settings.set(knob, *value));
    let runs = vec![RunPlan { mode, workers, settings }];
    let plan = LabPlan {
        subject: Subject::Workload(id.to_owned()),
        runs,
        serial_seconds: None,
        repeat: 1,
        limit_s: None,
    };
    let (sender, receiver) = std::sync::mpsc::channel();
    let program = Path::new(env!("CARGO_BIN_EXE_glowtop"));
    let run = lab::start_in(program, plan, move |news| drop(sender.send(news))).expect("a good plan");
    let news: Vec<LabNews> = receiver.iter().collect();
    drop(run);
    assert_eq!(news.last(), Some(&LabNews::Ended { problem: None }), "{id} {mode:?} {knobs:?}");
    let report = news.iter().find_map(|news| match news {
        LabNews::RunDone(report) => Some((**report).clone()),
        _ => None,
    });
    let played = Played { report: report.expect("a report"), news };
    println!("{id} {} {workers} {knobs:?}: {:.3} s", mode.word(), played.report.real_s);
    played
        .report
        .figures
        .iter()
        .for_each(|figure| println!("  {} {:.3} {}", figure.what, figure.value, figure.unit));
    played.report.checks.iter().for_each(|check| println!("  {check:?}"));
    played.notes().iter().for_each(|note| println!("  {note}"));
    played
}

/// Plays it and holds that all came out right.
fn right(id: &str, mode: Mode, workers: u32, knobs: &[(&str, &str)]) -> Played {
    let played = play(id, mode, workers, knobs);
    assert!(played.report.answer_ok, "{id} {mode:?} {knobs:?}: {:?}", played.report);
    assert!(played.report.checks.iter().all(glowtop::model::lab::Check::holds));
    assert!(played.report.crew.iter().all(|worker| worker.first.is_some() && worker.last.is_some()));
    played
}

const BOTH: [Mode; 2] = [Mode::Threads, Mode::Pool];

#[test]
fn a_race_does_all_additions_whatever_is_lost() {
    for mode in BOTH {
        for knobs in [
            [("n", "20000"), ("barrier", "yes"), ("one-core", "no")],
            [("n", "20000"), ("barrier", "no"), ("one-core", "no")],
            [("n", "20000"), ("barrier", "no"), ("one-core", "yes")],
        ] {
            let played = right("race", mode, 3, &knobs);
            assert!(played.has_check("additions done"));
            let lost = played.figure("lost additions");
            assert!((0.0..=20.0 * 60000.0).contains(&lost), "{lost}");
            assert!(played.notes().iter().any(|note| note.contains("were lost:")), "{:?}", played.notes());
        }
    }
}

#[test]
fn a_thousand_repeats_lose_nothing_with_either_cure() {
    for mode in BOTH {
        for fix in ["mutex", "atomic"] {
            let knobs = [("fix", fix), ("n", "200"), ("times", "1000"), ("barrier", "yes")];
            let played = right("race", mode, 2, &knobs);
            assert!(played.has_check("additions in the counter"));
            assert_eq!(played.figure("lost additions"), 0.0);
        }
    }
}

#[test]
fn under_a_global_lock_threads_give_right_answers_and_take_turns() {
    for mode in [Mode::GilOld, Mode::GilNew, Mode::GilFair] {
        for release in ["no", "yes"] {
            let knobs = [("tasks", "4"), ("step", "10000"), ("release", release)];
            let played = play("gil", mode, 3, &knobs);
            assert!(played.report.answer_ok, "{mode:?}: {:?}", played.report);
            assert_eq!(played.report.answers.len(), 4);
            assert!(played.figure("hand-overs of the global lock") >= 0.0);
        }
    }
}
#[test]
#[ignore]
fn measure_gil() {
    for mode in [Mode::Serial, Mode::Threads, Mode::GilOld, Mode::GilNew, Mode::GilFair] {
        let played = play("gil", mode, if mode == Mode::Serial { 1 } else { 3 }, &[]);
        println!("cores {:?}", played.report.cores_used());
        println!("lost {:?}", played.report.lost_events);
    }
}
