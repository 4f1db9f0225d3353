//! The screens of acting, as pictures: scopes, the question whether it is meant, a ladder that runs, frozen rows. After
//! a change of the look: `INSTA_UPDATE=always cargo test --test it control_screens`, then read the diff.

use std::sync::Arc;

use glowtop::app::{Hit, Input, Layer, Mouse, MouseEvent, Msg};
use glowtop::model::{
    Act, Cgroup, ControlNews, Disposition, Happened, Outcome, Pid, ProcId, Sample, Signal, SignalSet,
    Standing, State, Survey, Target, Verdict, WhyAlive,
};
use glowtop::view::{self, Depth};
use ratatui::layout::Rect;

use crate::screens::{Desk, LARGE, MACHINE, MIDDLE, SECOND, SMALL, sample};

const TERM: Act = Act::Signal(Signal::TERM);
const STOP: Act = Act::Signal(Signal::STOP);

/// The machine with groups and sessions, in which these are stopped.
fn grouped(at: u64, stopped: &[u32]) -> Sample {
    let mut sample = sample(at, MACHINE);
    for seen in &mut sample.tasks {
        let pid = seen.id.pid.get();
        let task = Arc::make_mut(&mut seen.task);
        (task.pgrp, task.session) = match pid {
            2 | 17 => (0, 0),
            1310..=1313 => (1310, 1203),
            1203 | 1400 => (pid, 1203),
            690..=704 => (690, 690),
            810..=812 => (810, 810),
            1501..=1503 => (1501, 1501),
            other => (other, other),
        };
        if stopped.contains(&pid) {
            task.state = State::STOPPED;
        }
    }
    sample
}

fn see(desk: &mut Desk, stopped: &[u32]) {
    desk.at += SECOND;
    let sample = grouped(desk.at, stopped);
    desk.show(sample);
}

fn desk(size: (u16, u16), depth: Depth, unicode: bool) -> Desk {
    let mut desk = Desk::bare(size, depth, unicode).looked();
    see(&mut desk, &[]);
    desk
}

fn news(desk: &mut Desk, session: u64, pid: u32, act: Option<Act>, what: Happened) {
    let id = ProcId::new(pid, u64::from(pid) * 100).unwrap();
    let name = desk.app.snapshot.find(id).map(|proc| (*proc.task.comm).clone()).expect("it is there");
    let target = Target::new(id, name);
    desk.tell(Msg::Control(Box::new(ControlNews { session, target, act, what })));
}

/// The session of the open dialog, and whom it names.
fn dialog(desk: &Desk) -> (u64, Vec<u32>) {
    let Some(Layer::Signal(menu)) = &desk.app.layer else { panic!("no dialog") };
    (menu.aims.session, menu.aims.targets.iter().map(|aimed| aimed.target.id.pid.get()).collect())
}

fn pinned(desk: &mut Desk) {
    let (session, pids) = dialog(desk);
    let caught = SignalSet(1 << (Signal::TERM.number() - 1));
    for (i, pid) in pids.into_iter().enumerate() {
        let caught = (i == 0).then_some(caught);
        let disposition = Disposition { caught, ..Disposition::default() };
        let standing = Standing { disposition, ..Standing::default() };
        news(desk, session, pid, None, Happened::Pinned(Box::new(standing)));
    }
}

fn surveyed(desk: &mut Desk, of: u32, members: &[u32], unit: &str, listens: &[(u32, u16)]) {
    let pid = |n: u32| Pid::new(n).unwrap();
    let cgroup = Cgroup {
        path: format!("/system.slice/{unit}").as_str().into(),
        unit: Some(unit.into()),
        members: members.iter().copied().map(pid).collect(),
    };
    let listens = listens.iter().map(|(n, port)| (pid(*n), *port)).collect();
    let survey = Survey { cgroup: Some(cgroup), listens, partial: false };
    let session = dialog(desk).0;
    news(desk, session, of, None, Happened::Surveyed(Box::new(survey)));
}

#[test]
fn scopes_with_their_counts() {
    for (name, size) in [("80x24", SMALL), ("120x40", MIDDLE)] {
        let mut desk = desk(size, Depth::True, true);
        desk.press("F4 n g i n x Enter 8 1 0 F9");
        surveyed(&mut desk, 810, &[810, 811, 812], "nginx.service", &[(810, 443), (810, 80)]);
        desk.press("Right");
        pinned(&mut desk);
        insta::assert_snapshot!(format!("control_scopes_{name}"), desk.picture());
    }
}

#[test]
fn what_is_dangerous_is_asked_about() {
    let mut desk = desk(SMALL, Depth::Mono, false);
    desk.press("1 2 0 3 F9 Right 9");
    pinned(&mut desk);
    desk.press("Enter y e");
    insta::assert_snapshot!("control_confirm_80x24_mono_ascii", desk.picture());
}

#[test]
fn a_ladder_that_runs_is_told_in_the_line_that_speaks() {
    let mut desk = desk(SMALL, Depth::True, true);
    desk.press("1 3 1 0 ! Right + +");
    pinned(&mut desk);
    insta::assert_snapshot!("control_ladder_chosen_80x24", desk.picture());
    let (session, pids) = dialog(&desk);
    desk.press("Enter");
    for pid in &pids {
        news(&mut desk, session, *pid, Some(TERM), Happened::Outcome(Outcome::Delivered));
    }
    news(
        &mut desk,
        session,
        1311,
        Some(TERM),
        Happened::Verdict(Verdict::Killed { by: Signal::TERM, after: 0.1 }),
    );
    desk.at += 3 * SECOND;
    desk.tell(Msg::Tick);
    let text = desk.picture();
    let line = "ladder: 1 of 4 ended, SIGKILL for 3 in 4 s, Esc stops it";
    assert!(text.contains(line), "{text}");
    insta::assert_snapshot!("control_ladder_runs_80x24", text);
    desk.press("Esc");
    assert!(!desk.picture().contains(line) && desk.picture().contains("no SIGKILL will follow"));
}

#[test]
fn frozen_rows_are_marked_in_every_terminal() {
    for (name, depth, unicode, mark) in
        [("80x24", Depth::True, true, "║"), ("80x24_mono_ascii", Depth::Mono, false, "#")]
    {
        let mut desk = desk(SMALL, depth, unicode);
        desk.press("F5 1 5 0 1 f Home");
        let session = 1;
        for pid in [1501, 1502] {
            news(&mut desk, session, pid, Some(STOP), Happened::Verdict(Verdict::Stopped));
        }
        see(&mut desk, &[1501, 1502]);
        let text = desk.picture();
        let rows: Vec<&str> =
            text.lines().filter(|line| line.contains("python3") && line.contains(mark)).collect();
        assert_eq!(rows.len(), 2, "{text}");
        assert!(rows[0].contains("1501") && rows[1].contains("1502"), "{rows:?}");
        insta::assert_snapshot!(format!("control_frozen_{name}"), text);
    }
}

#[test]
fn the_menu_of_acts() {
    let mut desk = desk(SMALL, Depth::True, true);
    desk.press("1 3 1 1 o");
    insta::assert_snapshot!("control_acts_80x24", desk.picture());
}

/// Every word that can be pressed does what it says, where it is drawn.
#[test]
fn the_mouse_finds_what_is_drawn_in_the_dialog() {
    for size in [(60, 20), SMALL, MIDDLE, LARGE] {
        let fresh = || {
            let mut desk = desk(size, Depth::True, true);
            desk.press("1 3 1 0 F9");
            desk
        };
        let at = |desk: &Desk, word: &str| -> (u16, u16) {
            let text = desk.picture();
            let rows = text.lines().take(usize::from(size.1)).enumerate();
            let mut found = rows.filter_map(|(y, row)| {
                let before = row.split_once(word)?.0;
                Some((before.chars().count() as u16, y as u16))
            });
            found.next().unwrap_or_else(|| panic!("{word} is not drawn:\n{text}"))
        };
        let click = |desk: &mut Desk, word: &str| {
            let (x, y) = at(desk, word);
            desk.click(x, y);
        };
        let mut desk = fresh();
        for (word, count) in [("subtree", 4), ("session", 6), ("chosen", 1), ("group", 4)] {
            click(&mut desk, word);
            assert_eq!(dialog(&desk).1.len(), count, "{word} at {size:?}:\n{}", desk.picture());
        }
        click(&mut desk, "SIGALRM");
        let signal = |desk: &Desk| match &desk.app.layer {
            Some(Layer::Signal(menu)) => menu.signal(),
            _ => panic!("no dialog"),
        };
        assert_eq!(signal(&desk), Signal::parse("ALRM").unwrap(), "{size:?}");
        click(&mut desk, "ladder");
        assert!(desk.picture().contains("longer"), "{}", desk.picture());
        click(&mut desk, "longer");
        assert!(desk.picture().contains("6 s"), "{}", desk.picture());
        click(&mut desk, "cancel");
        assert!(desk.app.layer.is_none());
        // Beside the dialog is nothing but its end; on its frame is nothing.
        let mut desk = fresh();
        let area = Rect::new(0, 0, size.0, size.1);
        let (x, y) = at(&desk, "╭─ Send");
        assert_eq!(view::hit(&desk.app, area, x, y), Hit::Layer);
        desk.tell(Msg::Input(Input::Mouse(Mouse { what: MouseEvent::Left, x, y })));
        assert!(desk.app.layer.is_some());
    }
}

/// What would help next is seen also where there is no room for all of what happened; what is cut is marked.
#[test]
fn the_next_step_is_seen_in_a_narrow_terminal() {
    let blocks = || Verdict::StillAlive { after: 5.0, why: WhyAlive::Blocks };
    for (size, said) in [
        (
            MIDDLE,
            "1311 cc1plus: blocks SIGTERM, still alive after 5 s: it waits until it is unblocked; SIGKILL ends it (!)",
        ),
        (SMALL, "1311 cc1plus: blocks SIGTERM, still alive after 5 s: it wa…; SIGKILL ends it (!)"),
        ((40, 12), "1311 cc1plus: blocks SIGTERM, still ali…"),
    ] {
        let mut desk = desk(size, Depth::True, true);
        news(&mut desk, 1, 1311, Some(TERM), Happened::Verdict(blocks()));
        let text = desk.picture();
        let width = usize::from(size.0);
        assert!(
            text.lines().any(|line| line.chars().take(width).collect::<String>().trim_end() == said),
            "{text}"
        );
    }
}

#[test]
fn the_chosen_scope_is_seen_in_a_narrow_terminal() {
    let mut desk = desk((40, 12), Depth::True, true);
    desk.press("1 3 1 0 F9");
    for word in ["subtree", "group", "session", "chosen"] {
        desk.press("Tab");
        let text = desk.picture();
        assert!(text.contains(&format!("▸{word} ")), "{text}");
        // No word is cut.
        let row = text.lines().find(|line| line.contains("scope")).expect("it is drawn");
        let row: String = row.chars().take(40).collect();
        let words = row.split_whitespace().map(|word| word.trim_start_matches('▸'));
        for word in words.filter(|word| word.chars().all(char::is_alphabetic)) {
            assert!(["scope", "chosen", "subtree", "group", "session", "matches"].contains(&word), "{row}");
        }
    }
}

/// However little room there is, the keys and what is chosen are seen, and nothing of the keys is cut.
#[test]
fn small_dialogs_keep_their_keys_and_their_list() {
    for (keys, chosen) in [("F9", "SIGTERM"), ("i", "none"), ("Y", "OTHER"), ("a", "CPU 0")] {
        for size in [(40, 6), (40, 8), (40, 10), (44, 12)] {
            let mut desk = desk(size, Depth::True, true);
            desk.press("1 3 1 0");
            desk.press(keys);
            let text = desk.picture();
            assert!(text.contains("Enter") && text.contains("Esc cancel"), "{keys} {size:?}:\n{text}");
            assert!(text.contains(chosen), "{keys} {size:?}:\n{text}");
        }
    }
}

#[test]
fn whom_a_freeze_with_an_end_would_reach_is_named() {
    let mut desk = desk(SMALL, Depth::True, true);
    desk.press("1 3 1 1 Alt-z");
    assert!(desk.picture().contains("Freeze 1311 cc1plus for seconds: 30"), "{}", desk.picture());
    desk.press("Esc 1 3 1 0 c Alt-z");
    assert!(desk.picture().contains("Freeze 4 processes for seconds: 30"), "{}", desk.picture());
}
