//! The X-ray's screen over made-up looks at a `make` and its children.
//!
//! After a change of the look: `INSTA_UPDATE=always cargo test --test it xray_screens`, then read the diff.

use glowtop::app::Msg;
use glowtop::model::Pid;
use glowtop::model::lab::watch::{Arrival, ThreadLook, WatchFold};
use glowtop::model::lab::{BlockedOn, LabNews, Mode, Noise, RunPlan, Settings};
use glowtop::view::Depth;

use crate::screens::{Desk, LARGE, MIDDLE, SMALL, assert_inside};

const STEP: u64 = 50_000_000;

fn pid(number: u32) -> Pid {
    Pid::new(number).unwrap()
}

/// make, and three places for compilers, each for half a second; two of them come at a time, one waits for a CPU.
fn make(desk: &mut Desk, rounds: u64, ended: bool) {
    let mut fold = WatchFold::default();
    let make = fold.process(pid(3000), "make", None, false, 0, 0);
    let look =
        |at, state, cpu, run, wait, blocked| ThreadLook { at, state, cpu, run, wait, turns: run, blocked };
    let waits = |at| look(at, b'S', 0, 0, 0, Some(BlockedOn::Child));
    let arrival = |process, tid, born, name: &str, look| Arrival {
        process,
        tid: pid(tid),
        name: name.to_owned(),
        born,
        look,
        switches: (0, 0),
    };
    fold.arrive(arrival(make, 3000, false, "make", waits(0)));
    fold.close(0, 0);
    let run = RunPlan { mode: Mode::Threads, workers: 1, settings: Settings::default() };
    let mut news = vec![LabNews::RunStarted { index: 0, run, tasks: 0, rounds: 1 }];
    news.extend(fold.news());
    let mut places = [None::<(usize, u32, u64)>; 3];
    let (mut number, mut gone) = (3000, 0);
    for round in 1..=rounds {
        let at = round * STEP;
        for (n, place) in places.iter_mut().enumerate() {
            if let Some((process, _, since)) = *place
                && round >= since + 10 + n as u64
            {
                fold.leave(n + 1);
                gone += 450_000_000;
                fold.process_gone(process);
                *place = None;
            }
            match place {
                Some((process, _, since)) => {
                    let age = (round - *since) * STEP;
                    let (run, wait) = if n == 2 { (age / 3, age / 2) } else { (age - age / 20, age / 20) };
                    fold.look(n + 1, look(at, b'R', n as u32 % 2, run, wait, None));
                    fold.process_now(*process, None, Some(run), None);
                }
                None => {
                    number += 1;
                    let name = if n == 2 { "as" } else { "cc1plus" };
                    let process = fold.process(pid(number), name, Some(make), true, 0, 0);
                    fold.arrive(arrival(
                        process,
                        number,
                        true,
                        name,
                        look(at, b'R', n as u32 % 2, 0, 0, None),
                    ));
                    *place = Some((process, number, round));
                }
            }
        }
        fold.look(0, waits(at));
        fold.process_now(make, None, None, Some(gone + round * STEP / 20));
        fold.close(at, 0);
        news.extend(fold.news());
        if round % 20 == 0 {
            let noise = Noise { cpus: 4, others: Some(0.031), ..Noise::default() };
            news.push(LabNews::Watched(Box::new(fold.report(ended, 0.004 * round as f64 / 20.0, noise))));
        }
    }
    if ended {
        news.push(LabNews::Ended { problem: None });
    }
    desk.press("Alt-w");
    for piece in news {
        if matches!(piece, LabNews::Looks(_)) {
            desk.at += STEP;
        }
        desk.tell(Msg::Lab(piece));
    }
}

#[test]
fn running() {
    for (name, size) in [("80x24", SMALL), ("120x40", MIDDLE), ("200x50", LARGE)] {
        let mut desk = Desk::new(size);
        make(&mut desk, 80, false);
        insta::assert_snapshot!(format!("xray_running_{name}"), desk.picture());
    }
}

#[test]
fn who_is_only_watched_has_no_clock_to_compare_with() {
    let mut desk = Desk::new(MIDDLE);
    make(&mut desk, 80, false);
    desk.press("z");
    assert!(desk.picture().contains("a cell = ") && !desk.picture().contains("off the CPU"));
}

#[test]
fn over_and_without_colour_or_unicode() {
    let mut desk = Desk::bare(SMALL, Depth::Mono, false).looked();
    make(&mut desk, 60, true);
    insta::assert_snapshot!("xray_over_80x24_mono_ascii", desk.picture());
    assert!(desk.drawn().content.iter().all(|cell| cell.symbol().is_ascii()));
    desk.press("Esc");
    assert!(!desk.picture().contains("X-ray"), "Esc leads back to the processes");
}

#[test]
fn it_fits_wherever() {
    for columns in [1, 20, 40, 61, 79, 121] {
        for rows in [1, 5, 9, 14, 23] {
            let mut desk = Desk::new((columns, rows));
            make(&mut desk, 40, false);
            assert_inside(&desk);
            desk.press("v z Space");
            assert_inside(&desk);
        }
    }
}
