//! The lab's screen by keys: the form, what is ordered, whom a signal reaches.

use super::{Desk, MACHINE};
use crate::app::{Effect, FormField, LabFound, Layer, Msg, Past, Rows, Screen, ZOOMS};
use crate::model::Pid;
use crate::model::lab::{
    Cure, Did, Fate, LabNews, LabOrder, LabPlan, LaneEvent, Leftover, Mode, RunPlan, RunReport, Settings, Why,
};

fn ordered(desk: &Desk) -> &LabPlan {
    let Some(Effect::Lab(LabOrder::Run(plan))) = desk.effects.last() else { panic!("{:?}", desk.effects) };
    plan
}

fn news(desk: &mut Desk, news: LabNews) {
    desk.tell(Msg::Lab(news));
}

fn started(desk: &mut Desk, mode: Mode, workers: u32, pid: u32) {
    let run = RunPlan { mode, workers, settings: Settings::default() };
    news(desk, LabNews::RunStarted { index: 0, run, tasks: 1, rounds: 1 });
    let pid = Pid::new(pid).expect("a pid");
    news(desk, LabNews::WorkerStarted { worker: 1, pid, tid: pid, name: String::new() });
}

fn done(desk: &mut Desk, mode: Mode, workers: u32, real_s: f64) {
    let run = RunPlan { mode, workers, settings: Settings::default() };
    let report = RunReport { real_s, user_s: real_s, answer_ok: true, ..RunReport::blank(&run) };
    news(desk, LabNews::RunDone(Box::new(report)));
}

#[test]
fn the_form_says_what_is_run_and_the_command_says_the_same() {
    let mut desk = Desk::new();
    desk.press("L m + ]");
    let command = desk.app.lab.form.command_line();
    assert_eq!(command, "glowtop lab run primes --mode threads --workers 5 --compare serial --seconds 8");
    // To the knob: mode, workers, size, tasks.
    desk.press("Tab Tab Tab Tab");
    assert_eq!(desk.app.lab.form.field, FormField::Knob(0));
    desk.press("Right Right +");
    assert!(desk.app.lab.form.command_line().ends_with(" --tasks 12"));
    desk.press("r");
    let plan = ordered(&desk);
    assert_eq!((plan.serial_seconds, plan.runs.len()), (Some(8.0), 2));
    assert_eq!(
        (plan.runs[0].mode, plan.runs[1].mode, plan.runs[1].workers),
        (Mode::Serial, Mode::Threads, 5)
    );
    assert!(plan.runs.iter().all(|run| run.settings.word("tasks") == "12"), "both do the same work");
    // What stands at its default needs no word.
    desk.press("l Left Left Left");
    assert!(!desk.app.lab.form.command_line().contains("--tasks"));
}

#[test]
fn values_can_be_typed_and_only_those_that_can_be() {
    let mut desk = Desk::new();
    desk.press("L Tab Tab");
    desk.press("7 Enter");
    assert_eq!(desk.app.lab.form.run_workers(), 7);
    desk.press("9 9 9 Enter");
    assert_eq!(desk.said(), "workers takes a whole number from 1 to 32.");
    assert!(matches!(&desk.app.layer, Some(Layer::Line(line)) if line.failed), "what was typed stays");
    desk.press("Esc Tab Enter Ctrl-U s e e d Enter");
    assert_eq!(desk.app.lab.form.choice().map(|choice| choice.seconds), Some(None));
    assert!(desk.app.lab.form.command_line().ends_with("--size seed"));
    desk.press("Tab 0 Enter");
    assert_eq!(desk.said(), "tasks takes a whole number from 1 to 64.");
}

#[test]
fn each_task_is_a_process_where_the_mode_says_so() {
    let mut desk = Desk::new();
    desk.press("L m m");
    assert_eq!((desk.app.lab.form.mode(), desk.app.lab.form.run_workers()), (Mode::Fork, 9));
    assert!(!desk.app.lab.form.fields().contains(&FormField::Workers));
    desk.press("+");
    assert_eq!(desk.said(), "this experiment takes no other number of workers");
}

#[test]
fn a_sweep_runs_serially_and_on_more_and_more_workers() {
    let mut desk = Desk::new();
    desk.press("L + + s");
    let workers: Vec<(Mode, u32)> = ordered(&desk).runs.iter().map(|run| (run.mode, run.workers)).collect();
    let pool = |n| (Mode::Pool, n);
    assert_eq!(workers, [(Mode::Serial, 1), pool(1), pool(2), pool(4), pool(6)]);
    for (mode, workers, real_s) in [(Mode::Serial, 1, 4.0), (Mode::Pool, 1, 4.0), (Mode::Pool, 2, 2.0)] {
        started(&mut desk, mode, workers, 9000);
        done(&mut desk, mode, workers, real_s);
    }
    news(&mut desk, LabNews::Ended { problem: None });
    let points: Vec<(u32, f64)> = desk
        .app
        .lab
        .past
        .points("primes", Mode::Pool, &Settings::default())
        .map(|point| (point.workers, point.speedup))
        .collect();
    assert_eq!(points, [(1, 1.0), (2, 2.0)]);
    assert_eq!(desk.app.lab.past.last("primes"), Some("2.00x pool x2"));
}

#[test]
fn the_lab_goes_on_while_another_screen_is_shown() {
    let mut desk = Desk::new();
    desk.press("L Enter");
    assert_eq!((desk.app.lab.choosing, desk.app.screen), (false, Screen::Lab));
    desk.press("Tab");
    assert_eq!(desk.app.screen, Screen::Processes);
    started(&mut desk, Mode::Serial, 1, 9000);
    assert!(desk.app.lab.running && desk.app.lab.show.runs.len() == 1);
    // Esc leads from the run to the form, and from there to the processes; the run goes on.
    desk.press("L Esc");
    assert!(desk.app.lab.choosing && desk.app.lab.running);
    desk.press("Esc");
    assert_eq!(desk.app.screen, Screen::Processes);
    desk.press("L Enter");
    assert_eq!(desk.said(), "the lab is busy; K ends the run");
    desk.press("K");
    assert_eq!(desk.effects.last(), Some(&Effect::Lab(LabOrder::Stop)));
}

#[test]
fn nothing_is_drawn_for_news_that_nobody_sees() {
    let mut desk = Desk::new();
    desk.press("L Enter");
    started(&mut desk, Mode::Serial, 1, 9000);
    let event = |at| LaneEvent { worker: 1, at, what: Did::Begin { task: 1, cpu: 0 } };
    desk.app.take_dirty();
    news(&mut desk, LabNews::Lanes(vec![event(1)]));
    desk.app.take_dirty();
    // The next within the same frame waits for it.
    news(&mut desk, LabNews::Lanes(vec![event(2)]));
    assert!(!desk.app.take_dirty());
    assert!(desk.app.wakeup().is_some(), "the frame will come");
    desk.press("Tab");
    desk.app.take_dirty();
    desk.at += 1_000_000_000;
    news(&mut desk, LabNews::Lanes(vec![event(3)]));
    assert!(!desk.app.take_dirty());
}

#[test]
fn a_signal_reaches_the_chosen_worker_and_only_a_process_of_the_lab() {
    // Pid 40 stands in the table, under another name than the lab's processes have.
    let mut desk = Desk::new();
    desk.press("L Enter");
    started(&mut desk, Mode::Serial, 1, 40);
    desk.press("F9");
    assert!(desk.app.layer.is_none());
    assert_eq!(desk.said(), "worker 1 is not in the table yet: the next look finds it");
    let mut machine: Vec<_> = MACHINE.to_vec();
    for spec in &mut machine {
        if spec.0 == 40 {
            spec.2 = "lab:primes 1/1";
        }
    }
    desk.look(&machine);
    desk.press("F9");
    let Some(Layer::Signal(menu)) = &desk.app.layer else { panic!("{:?}", desk.app.layer) };
    let pids: Vec<u32> = menu.aims.targets.iter().map(|aimed| aimed.target.id.pid.get()).collect();
    assert_eq!(pids, [40]);
    desk.press("Esc");
    news(&mut desk, LabNews::WorkerEnded { worker: 1, at: 5, fate: Fate::Killed(9) });
    desk.press("k");
    assert!(desk.app.layer.is_none());
    assert_eq!(desk.said(), "worker 1 has ended");
}

#[test]
fn the_picture_can_be_turned_zoomed_and_scrolled() {
    let mut desk = Desk::new();
    desk.press("L v z");
    assert_eq!(
        (desk.app.lab.picture.rows, desk.app.lab.picture.zoom),
        (Rows::Workers, 0),
        "there is none yet"
    );
    desk.press("Enter");
    started(&mut desk, Mode::Serial, 1, 9000);
    desk.press("v z z z");
    assert_eq!((desk.app.lab.picture.rows, desk.app.lab.picture.cell()), (Rows::Cores, Some(1_000_000)));
    let window = |desk: &Desk| desk.app.lab.picture.window(10, 1_000_000_000, None).from;
    let newest = window(&desk);
    desk.press("Left");
    assert_eq!(newest - window(&desk), 5_000_000);
    desk.press("Right Right Right");
    assert_eq!(window(&desk), newest);
    desk.press("z");
    assert_eq!(desk.app.lab.picture.cell(), ZOOMS[0]);
}

#[test]
fn a_bet_is_kept_and_can_be_taken_back() {
    let mut desk = Desk::new();
    desk.press("L p 3 . 2 Enter");
    assert_eq!(desk.app.lab.form.choice().and_then(|choice| choice.bet), Some(3.2));
    desk.press("Enter");
    assert_eq!(desk.app.lab.show.bet, Some(3.2));
    desk.press("l p Ctrl-U Enter");
    assert_eq!(desk.app.lab.form.choice().and_then(|choice| choice.bet), None);
    desk.press("p y Enter");
    assert!(desk.said().starts_with("A bet is how many times faster"));
}

#[test]
fn a_cure_is_offered_where_it_can_be_run_and_runs_what_it_was_found_for() {
    let mut desk = Desk::new();
    desk.press("L Enter");
    started(&mut desk, Mode::Serial, 1, 9000);
    done(&mut desk, Mode::Serial, 1, 4.0);
    started(&mut desk, Mode::Pool, 4, 9000);
    done(&mut desk, Mode::Pool, 4, 2.0);
    news(&mut desk, LabNews::Ended { problem: None });
    let with = |desk: &mut Desk, id: &str, value: &str| {
        let mut run = RunPlan { mode: Mode::Pool, workers: 2, settings: Settings::default() };
        run.settings.set(id, value);
        let result = desk.app.lab.show.results.last_mut().expect("a result");
        let cure = Cure { label: "something".to_owned(), run, predicted: None };
        result.why = Some(Why { sentence: String::new(), cause: None, cure: Some(cure) });
    };
    with(&mut desk, "layout", "padded");
    desk.press("o");
    assert_eq!(desk.said(), "there is no cure to try", "primes has no such knob");
    with(&mut desk, "tasks", "12");
    assert!(desk.app.lab.offered_cure().is_some());
    desk.press("o");
    let runs: Vec<(Mode, u32)> = ordered(&desk).runs.iter().map(|run| (run.mode, run.workers)).collect();
    assert_eq!(runs, [(Mode::Serial, 1), (Mode::Pool, 2)]);
    assert!(ordered(&desk).runs.iter().all(|run| run.settings.word("tasks") == "12"));
}

#[test]
fn tab_walks_the_form_and_then_on_and_esc_goes_back_to_the_list() {
    let mut desk = Desk::new();
    desk.press("L");
    let fields = desk.app.lab.form.fields();
    for field in fields.iter().skip(1) {
        desk.press("Tab");
        assert_eq!((desk.app.lab.form.field, desk.app.screen), (*field, Screen::Lab));
    }
    // Nobody is caught in the form: behind the last field lies the next screen, before the list the one before.
    desk.press("Tab");
    assert_eq!((desk.app.lab.form.field, desk.app.screen), (FormField::Experiment, Screen::Processes));
    desk.press("L Shift-Tab");
    assert_eq!(desk.app.screen, Screen::Processes);
    desk.press("L Tab Tab Shift-Tab Shift-Tab");
    assert_eq!((desk.app.lab.form.field, desk.app.screen), (FormField::Experiment, Screen::Lab));
    desk.press("Tab Tab Esc");
    assert_eq!((desk.app.lab.form.field, desk.app.screen), (FormField::Experiment, Screen::Lab));
    desk.press("Esc");
    assert_eq!(desk.app.screen, Screen::Processes);
    // Whoever comes back begins at the list.
    desk.press("L Tab Tab L L");
    assert_eq!(desk.app.lab.form.field, FormField::Experiment);
}

fn leftover(pid: u32) -> Leftover {
    let id = crate::model::ProcId::new(pid, 7).expect("a process");
    Leftover { id, name: "lab:primes 1/2".into(), run: "1-2-ab-3".to_owned() }
}

#[test]
fn the_lab_looks_back_when_it_is_opened_and_ends_leftovers_only_when_told_to() {
    let mut desk = Desk::new();
    desk.press("L");
    assert_eq!(desk.effects.last(), Some(&Effect::LookBack));
    desk.press("Down Up Tab L L");
    let looks = desk.effects.iter().filter(|effect| **effect == Effect::LookBack);
    assert_eq!(looks.count(), 2, "once each time that it comes up");
    desk.press("x");
    assert_eq!(desk.said(), "crashed sessions left nothing behind");
    desk.tell(Msg::LabFound(LabFound::Leftovers(vec![leftover(4711), leftover(4712)])));
    desk.press("x");
    let cleared = Effect::Lab(LabOrder::Clear(vec![leftover(4711), leftover(4712)]));
    assert_eq!(desk.effects.last(), Some(&cleared), "those that were shown, and no others");
    assert!(desk.app.lab.leftovers.is_empty());
}

#[test]
fn what_ran_is_kept_once_and_when_it_is_over() {
    let mut desk = Desk::new();
    desk.press("L S");
    assert_eq!(desk.said(), "there is nothing to keep: run something first");
    desk.press("Enter S");
    assert_eq!(desk.said(), "nothing is kept before the run is over");
    for (mode, workers, real_s) in [(Mode::Serial, 1, 4.0), (Mode::Pool, 2, 2.0)] {
        started(&mut desk, mode, workers, 9000);
        done(&mut desk, mode, workers, real_s);
    }
    news(&mut desk, LabNews::Ended { problem: None });
    desk.press("S");
    let Some(Effect::Lab(LabOrder::Keep(experiment))) = desk.effects.last() else {
        panic!("{:?}", desk.effects.last())
    };
    assert_eq!((experiment.name.as_str(), experiment.runs.len()), ("primes", 2));
    desk.tell(Msg::LabFound(LabFound::Kept("20261121T203412Z-primes-pool2".to_owned())));
    assert_eq!(desk.said(), "kept: glowtop lab show 20261121T203412Z-primes-pool2");
    desk.press("S");
    assert_eq!(desk.said(), "this is kept already");
}

#[test]
fn what_earlier_sessions_kept_stands_behind_what_this_one_measured() {
    let mut earlier = Past::default();
    let mut desk = Desk::new();
    desk.press("L Enter");
    for (mode, workers, real_s) in [(Mode::Serial, 1, 4.0), (Mode::Pool, 2, 2.0), (Mode::Pool, 4, 2.0)] {
        started(&mut desk, mode, workers, 9000);
        done(&mut desk, mode, workers, real_s);
    }
    earlier.remember("primes", &desk.app.lab.show.results);
    earlier.remember("queue", &desk.app.lab.show.results);
    let mut desk = Desk::new();
    desk.press("L Enter");
    for (mode, workers, real_s) in [(Mode::Serial, 1, 4.0), (Mode::Pool, 2, 4.0)] {
        started(&mut desk, mode, workers, 9000);
        done(&mut desk, mode, workers, real_s);
    }
    news(&mut desk, LabNews::Ended { problem: None });
    for _ in 0..2 {
        desk.tell(Msg::LabFound(LabFound::Past(earlier.clone())));
        let past = &desk.app.lab.past;
        let settings = Settings::default();
        let points = past.points("primes", Mode::Pool, &settings);
        let points: Vec<_> = points.map(|point| (point.workers, point.speedup, point.earlier)).collect();
        assert_eq!(points, [(4, 2.0, true), (2, 1.0, false)], "each once, however often it is told");
        assert_eq!((past.last("primes"), past.last("queue")), (Some("1.00x pool x2"), Some("2.00x pool x4")));
    }
}
