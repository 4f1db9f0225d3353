//! Lanes folded from events and looks, and drawn: what is where, in which cell.

use super::*;
use crate::model::lab::BlockedOn;

const MS: u64 = 1_000_000;

fn event(at: u64, what: Did) -> LaneEvent {
    LaneEvent { worker: 1, at: at * MS, what }
}

fn drawn(lanes: &Lanes, from: u64, cell: u64, cells: usize, until: u64) -> String {
    let window = Window { from: from * MS, cell: cell * MS, cells, until: until * MS };
    let (mut shares, mut dither) = (Vec::new(), Dither::default());
    lanes.of(1).expect("a lane").shares(&window, &mut shares);
    shares
        .iter()
        .map(|share| match dither.next(share) {
            Doing::Idle => '.',
            Doing::Run(task) => char::from_digit(task, 36).unwrap_or('#'),
            Doing::Ready => '-',
            Doing::Blocked(on) => on.letter(),
            Doing::Stopped => 'T',
            Doing::Zombie => 'Z',
        })
        .collect()
}

#[test]
fn a_lane_shows_tasks_gaps_and_waits_where_they_were() {
    let mut lanes = Lanes::default();
    lanes.events(&[
        event(0, Did::Begin { task: 1, cpu: 0 }),
        event(4, Did::Gap { from: 2 * MS, cpu: 1 }),
        event(6, Did::Blocked { from: 5 * MS, on: BlockedOn::Lock }),
        event(8, Did::End { task: 1, answer: 0, right: true }),
        event(10, Did::Begin { task: 2, cpu: 1 }),
    ]);
    assert_eq!(drawn(&lanes, 0, 1, 14, 13), "11--1L11..222.");
    assert_eq!(drawn(&lanes, 4, 1, 3, 13), "1L1");
    let cpus: Vec<u32> = lanes.lanes[0].stretches().map(|stretch| stretch.cpu).collect();
    assert_eq!(cpus[0], 0);
    assert_eq!(*cpus.last().expect("some"), 1);
    assert_eq!((lanes.lanes[0].gaps, lanes.lanes[0].done), (2 * MS, 1));
}

#[test]
fn a_worker_that_ended_does_nothing_more() {
    let mut lanes = Lanes::default();
    lanes.events(&[event(0, Did::Begin { task: 3, cpu: 0 })]);
    assert_eq!(drawn(&lanes, 0, 1, 6, 6), "333333");
    lanes.end(1, 2 * MS, Fate::Killed(9));
    assert_eq!(drawn(&lanes, 0, 1, 6, 6), "33....");
}

#[test]
fn who_is_ended_while_it_waits_has_waited_until_then() {
    let look = |at: u64, state: u8, blocked| LaneLook {
        worker: 1,
        at: at * MS,
        state,
        cpu: 0,
        run: 0,
        wait: 0,
        blocked,
    };
    for (state, blocked, shown) in [
        (b'S', Some((BlockedOn::Lock, 2 * MS)), "33LL.."),
        (b'T', None, "333T.."),
        (b'R', None, "3333.."),
        (b'S', Some((BlockedOn::Lock, 9 * MS)), "3333.."),
    ] {
        let mut lanes = Lanes::default();
        lanes.events(&[event(0, Did::Begin { task: 3, cpu: 0 })]);
        lanes.looks(&[look(3, state, blocked)]);
        lanes.end(1, 4 * MS, Fate::Killed(9));
        assert_eq!(drawn(&lanes, 0, 1, 6, 6), shown, "{state}");
    }
}

#[test]
fn who_tells_nothing_is_judged_by_looks() {
    let look = |at: u64, state: u8, run: u64, wait: u64, blocked| LaneLook {
        worker: 1,
        at: at * MS,
        state,
        cpu: 3,
        run: run * MS,
        wait: wait * MS,
        blocked,
    };
    let mut lanes = Lanes::default();
    lanes.looks(&[
        look(0, b'R', 0, 0, None),
        look(10, b'R', 10, 0, None),
        look(20, b'R', 10, 10, None),
        look(30, b'S', 10, 10, Some((BlockedOn::Empty, 20 * MS))),
        look(40, b'S', 10, 10, None),
        look(50, b'T', 10, 10, None),
    ]);
    assert_eq!(drawn(&lanes, 0, 10, 5, 50), "0-E.T");
    assert_eq!((lanes.lanes[0].ran(), lanes.lanes[0].wait), (10 * MS, 10 * MS));
}

#[test]
fn a_look_shows_a_wait_that_is_not_over() {
    let mut lanes = Lanes::default();
    lanes.events(&[event(0, Did::Begin { task: 1, cpu: 0 })]);
    let blocked = Some((BlockedOn::Full, 4 * MS));
    lanes.looks(&[LaneLook { worker: 1, at: 6 * MS, state: b'S', cpu: 0, run: 0, wait: 0, blocked }]);
    assert_eq!(drawn(&lanes, 0, 1, 8, 8), "1111FFFF");
}

#[test]
fn who_got_no_cpu_of_late_is_shown_as_ready() {
    let mut lanes = Lanes::default();
    lanes.events(&[event(0, Did::Begin { task: 1, cpu: 0 })]);
    let look = |at: u64, wait: u64| LaneLook {
        worker: 1,
        at: at * MS,
        state: b'R',
        cpu: 0,
        run: 0,
        wait: wait * MS,
        blocked: None,
    };
    lanes.looks(&[look(2, 0), look(6, 4)]);
    assert_eq!(drawn(&lanes, 0, 1, 8, 8), "--------");
    lanes.looks(&[look(8, 4)]);
    assert_eq!(drawn(&lanes, 0, 1, 8, 8), "11111111");
}

#[test]
fn the_end_of_a_worker_is_where_it_was_seen_and_not_where_it_was_told() {
    let mut lanes = Lanes::default();
    lanes.events(&[event(0, Did::Begin { task: 1, cpu: 0 })]);
    let look =
        |at: u64, state| LaneLook { worker: 1, at: at * MS, state, cpu: 0, run: 0, wait: 0, blocked: None };
    lanes.looks(&[look(2, b'R'), look(4, b'Z'), look(6, b'Z')]);
    assert_eq!(drawn(&lanes, 0, 1, 8, 6), "11ZZZZ..");
    lanes.end(1, 7 * MS, Fate::Killed(9));
    assert_eq!(lanes.lanes[0].ended, Some((2 * MS, Fate::Killed(9))));
}

#[test]
fn a_stopped_worker_was_stopped_and_not_waiting_for_a_cpu() {
    let mut lanes = Lanes::default();
    lanes.events(&[event(0, Did::Begin { task: 1, cpu: 0 })]);
    let look = LaneLook { worker: 1, at: 4 * MS, state: b'T', cpu: 0, run: 0, wait: 0, blocked: None };
    lanes.looks(&[look]);
    assert_eq!(drawn(&lanes, 0, 1, 8, 8), "1111TTTT");
    lanes.events(&[event(8, Did::Gap { from: 3 * MS, cpu: 0 })]);
    assert_eq!(drawn(&lanes, 0, 1, 9, 9), "111-TTTT1");
}

/// Memory is bounded, and the sums stay those of what happened.
#[test]
fn a_long_run_is_folded_and_keeps_its_sums() {
    let mut lanes = Lanes::default();
    lanes.events(&[event(0, Did::Begin { task: 1, cpu: 0 })]);
    // One millisecond in four off the CPU, for 40 s.
    for n in 0..10_000 {
        lanes.events(&[event(4 * n + 4, Did::Gap { from: (4 * n + 3) * MS, cpu: 0 })]);
    }
    let lane = &lanes.lanes[0];
    assert!(lane.stretches.len() <= OF_ONE.0 && lane.buckets.len() <= BUCKETS && lane.folded > 10_000);
    let window = Window { from: 0, cell: 400 * MS, cells: 100, until: 40_000 * MS };
    let mut cells = Vec::new();
    lane.shares(&window, &mut cells);
    let run: f32 = cells.iter().map(|cell| cell.run).sum();
    let ready: f32 = cells.iter().map(|cell| cell.ready).sum();
    assert!((run - 75.0).abs() < 0.5 && (ready - 25.0).abs() < 0.5, "{run} {ready}");
    let mut dither = Dither::default();
    let running = cells.iter().filter(|cell| dither.next(cell) == Doing::Run(1)).count();
    assert!((74..=76).contains(&running), "{running} of 100 cells");
    // At a millisecond the newest part is there one by one, the first part only in sum.
    assert_eq!(drawn(&lanes, 39_992, 1, 8, 40_000), "111-111-");
    let oldest = drawn(&lanes, 0, 1, 8, 40_000);
    assert_eq!(oldest.chars().filter(|c| *c == '1').count(), 6, "{oldest}");
}

#[test]
fn what_is_told_twice_or_late_counts_once() {
    let mut lanes = Lanes::default();
    lanes.events(&[
        event(0, Did::Begin { task: 1, cpu: 0 }),
        event(4, Did::Gap { from: MS, cpu: 0 }),
        event(5, Did::Gap { from: 2 * MS, cpu: 0 }),
        event(5, Did::End { task: 1, answer: 0, right: true }),
    ]);
    let mut cells = Vec::new();
    let window = Window { from: 0, cell: MS, cells: 6, until: 6 * MS };
    lanes.lanes[0].shares(&window, &mut cells);
    for cell in cells {
        assert!(cell.run + cell.ready + cell.blocked <= 1.001, "{cell:?}");
    }
}

#[test]
fn a_window_of_any_kind_is_no_trouble() {
    let mut lanes = Lanes::default();
    lanes.events(&[event(0, Did::Begin { task: 1, cpu: 0 }), event(9, Did::Moved { cpu: 1 })]);
    let mut cells = Vec::new();
    for (from, cell, count) in [(0, 0, 5), (u64::MAX, 1, 3), (0, u64::MAX, 3), (5 * MS, 1, 0)] {
        let window = Window { from, cell, cells: count, until: u64::MAX };
        lanes.lanes[0].shares(&window, &mut cells);
        assert_eq!(cells.len(), count);
    }
    assert!(lanes.at(0).is_none() && lanes.at(u32::MAX).is_none());
}
