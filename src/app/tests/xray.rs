//! The X-ray by keys: whom it is of, what ends it, and that it starts and reaches nobody else.

use super::*;
use crate::model::lab::watch::{WatchPlan, WatchReport};

fn watched(desk: &Desk) -> &WatchPlan {
    let newest = desk.effects.iter().rev().find_map(|effect| match effect {
        Effect::Watch(plan) => plan.as_deref(),
        _ => None,
    });
    newest.unwrap_or_else(|| panic!("{:?}", desk.effects))
}

fn hear(desk: &mut Desk, news: LabNews) {
    desk.tell(Msg::Lab(news));
}

/// It has begun, with a lane of this process.
fn begun(desk: &mut Desk, pid: u32) {
    let run = RunPlan { mode: Mode::Threads, workers: 1, settings: Settings::default() };
    hear(desk, LabNews::RunStarted { index: 0, run, tasks: 0, rounds: 1 });
    let pid = Pid::new(pid).expect("a pid");
    hear(desk, LabNews::WorkerStarted { worker: 1, pid, tid: pid, name: "cc1plus".to_owned() });
    hear(desk, LabNews::Watched(Box::new(WatchReport { real_s: 1.0, looks: 21, ..WatchReport::default() })));
}

#[test]
fn it_is_of_the_selected_process_and_esc_ends_it() {
    for readonly in [false, true] {
        let mut desk = Desk::new();
        desk.app.readonly = readonly;
        desk.press("3 1 Alt-w");
        let plan = watched(&desk);
        let ids: Vec<u32> = plan.roots.iter().map(|root| root.pid.get()).collect();
        assert_eq!((ids, plan.name.as_str(), plan.alone), (vec![31], "cc1plus 31", false));
        assert_eq!(desk.app.screen, Screen::Lab);
        begun(&mut desk, 31);
        assert!(desk.app.lab.running && desk.app.lab.show.xray.is_some());
        desk.press("Esc");
        assert_eq!(desk.effects.last(), Some(&Effect::Watch(None)));
        assert_eq!(desk.app.screen, Screen::Processes);
        hear(&mut desk, LabNews::Ended { problem: None });
        assert!(!desk.app.lab.running);
        assert_eq!(desk.app.wakeup().filter(|at| *at <= desk.app.now), None, "nothing moves any more");
    }
}

#[test]
fn it_is_of_the_process_that_is_looked_into() {
    let mut desk = Desk::new();
    desk.press("3 0 Enter");
    assert!(desk.app.inspector.is_some());
    desk.press("Alt-w");
    assert_eq!(watched(&desk).roots.first().map(|root| root.pid.get()), Some(30));
    assert!(desk.app.inspector.is_none());
}

#[test]
fn one_thing_at_a_time() {
    let mut desk = Desk::new();
    desk.press("L r Esc Esc");
    assert_eq!(desk.app.screen, Screen::Processes);
    let before = desk.effects.len();
    desk.press("3 1 Alt-w");
    assert!(!desk.effects.iter().skip(before).any(|effect| matches!(effect, Effect::Watch(_))));
    assert!(desk.said().starts_with("the lab is busy"), "{}", desk.said());
    let mut desk = Desk::new();
    desk.press("3 1 Alt-w");
    begun(&mut desk, 31);
    desk.press("r");
    assert!(desk.said().starts_with("the X-ray is none of the lab's experiments"), "{}", desk.said());
    desk.press("K");
    assert_eq!(desk.effects.last(), Some(&Effect::Watch(None)), "nobody is signalled for that");
    hear(&mut desk, LabNews::Ended { problem: None });
    desk.at += 60 * SECOND;
    desk.look(MACHINE);
    let run = desk.app.lab.show.current().expect("it is shown");
    assert_eq!(run.elapsed(desk.app.now), 1.0, "its clock stands");
}

#[test]
fn a_signal_goes_to_the_one_in_the_chosen_lane() {
    let mut desk = Desk::new();
    desk.press("3 0 Alt-w");
    begun(&mut desk, 32);
    desk.press("F9");
    let Some(Layer::Signal(menu)) = &desk.app.layer else { panic!("{:?}", desk.app.layer) };
    let ids: Vec<u32> = menu.aims.targets.iter().map(|aimed| aimed.target.id.pid.get()).collect();
    assert_eq!(ids, [32]);
    desk.press("Esc");
    hear(&mut desk, LabNews::Ended { problem: None });
    desk.press("F9");
    assert!(desk.app.layer.is_none(), "its number may be somebody else's by now");
}

#[test]
fn a_lane_that_went_to_somebody_else_is_not_acted_upon_at_once() {
    let mut desk = Desk::new();
    desk.press("3 0 Alt-w");
    begun(&mut desk, 31);
    let pid = Pid::new(32).expect("a pid");
    hear(&mut desk, LabNews::WorkerStarted { worker: 1, pid, tid: pid, name: "make".to_owned() });
    assert_eq!(desk.app.lab.chosen_pid(), Some(pid), "a newcomer has the lane of one who ended");
    let acts = |desk: &Desk| desk.effects.iter().filter(|e| matches!(e, Effect::Control(_))).count();
    desk.press("t");
    assert_eq!(acts(&desk), 0, "it was not he who was seen when the last key went down");
    assert!(desk.said().contains("once more to freeze"), "{}", desk.said());
    desk.press("t");
    assert!(acts(&desk) > 0, "now he is meant");
}

#[test]
fn nobody_there_is_told() {
    let mut desk = Desk::new();
    desk.press("3 1 Alt-w");
    hear(&mut desk, LabNews::Ended { problem: Some("All of them have ended.".to_owned()) });
    assert_eq!(desk.said(), "All of them have ended.");
    assert!(!desk.app.lab.running);
}
