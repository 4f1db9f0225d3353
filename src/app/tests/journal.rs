//! The log of acts: what is written down, and the keys that walk through it.

use super::*;
use crate::model::Outcome;

fn news(desk: &mut Desk, pid: u32, what: Happened) {
    let target = desk.app.snapshot.find_pid(Pid::new(pid).unwrap()).unwrap().target();
    let act = Some(Act::Signal(Signal::TERM));
    desk.tell(Msg::Control(Box::new(ControlNews { session: 77, target, act, what })));
}

fn at(desk: &Desk) -> Option<usize> {
    match desk.app.layer {
        Some(Layer::Journal(at)) => Some(at),
        _ => None,
    }
}

fn results(desk: &Desk) -> Vec<String> {
    let line = |entry: &Entry| format!("{} {}", entry.deed.target.id.pid, entry.deed.result());
    desk.app.journal.newest_first().map(line).collect()
}

#[test]
fn outcome_and_verdict_of_each_target_are_one_line() {
    let mut desk = Desk::new();
    for pid in [31, 32] {
        news(&mut desk, pid, Happened::Outcome(Outcome::Delivered));
    }
    news(&mut desk, 31, Happened::Verdict(Verdict::Killed { by: Signal::TERM, after: 0.1 }));
    assert_eq!(results(&desk), ["32 SIGTERM delivered", "31 killed by SIGTERM after 0.1 s"]);
    // News that belong to an open dialog are written down like any other.
    desk.press("Home F9");
    let session = desk.app.session;
    let Some(Layer::Signal(menu)) = &desk.app.layer else { panic!("no dialog") };
    let target = menu.aims.targets[0].target.clone();
    let what = Happened::Outcome(Outcome::Denied { owner: Some(0) });
    let act = Some(Act::Signal(Signal::TERM));
    desk.tell(Msg::Control(Box::new(ControlNews { session, target, act, what })));
    assert_eq!(results(&desk).len(), 3);
}

#[test]
fn the_time_of_day_is_that_of_the_news() {
    let mut desk = Desk::new();
    let mut snapshot = (*desk.app.snapshot).clone();
    snapshot.wall = 1_000 * SECOND;
    desk.tell(Msg::Snapshot(Arc::new(snapshot)));
    desk.at += 3 * SECOND;
    news(&mut desk, 31, Happened::Outcome(Outcome::Delivered));
    assert_eq!(desk.app.journal.newest_first().next().unwrap().wall, Some(Nanos(1_003 * SECOND)));
}

#[test]
fn keys_walk_and_the_chosen_line_stays_chosen() {
    let mut desk = Desk::new();
    for pid in [31, 32, 40] {
        news(&mut desk, pid, Happened::Outcome(Outcome::AlreadyGone));
    }
    desk.press("J");
    assert_eq!(at(&desk), Some(0));
    news(&mut desk, 30, Happened::Outcome(Outcome::AlreadyGone));
    assert_eq!(at(&desk), Some(0), "the newest is looked at");
    desk.press("Down Down Enter");
    assert_eq!(at(&desk), Some(2));
    news(&mut desk, 20, Happened::Outcome(Outcome::AlreadyGone));
    assert_eq!(at(&desk), Some(3), "the line that is read stays");
    desk.press("PageDown Down");
    assert_eq!(at(&desk), Some(4));
    desk.press("Up Home");
    assert_eq!(at(&desk), Some(0));
    desk.press("End");
    assert_eq!(at(&desk), Some(4));
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Item(1)));
    assert_eq!(at(&desk), Some(1));
    for _ in 0..3 {
        desk.tell(Msg::Mouse(MouseEvent::WheelDown, Hit::Item(1)));
    }
    assert_eq!(at(&desk), Some(4));
    desk.press("Esc");
    assert_eq!(at(&desk), None);
}
