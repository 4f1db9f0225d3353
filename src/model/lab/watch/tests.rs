//! What the X-ray promises, by literal looks.

use super::*;
use crate::model::Pid;
use crate::model::lab::{BlockedOn, LabNews, Lanes};

const MS: u64 = 1_000_000;

fn pid(number: u32) -> Pid {
    Pid::new(number).expect("a pid")
}

/// A thread at a look; times in milliseconds.
fn seen(at: u64, state: u8, run: u64, wait: u64) -> ThreadLook {
    ThreadLook { at: at * MS, state, run: run * MS, wait: wait * MS, ..ThreadLook::default() }
}

fn blocked(at: u64, run: u64, wait: u64, on: BlockedOn) -> ThreadLook {
    ThreadLook { blocked: Some(on), ..seen(at, b'S', run, wait) }
}

fn comes(process: usize, tid: u32, born: bool, look: ThreadLook) -> Arrival {
    Arrival { process, tid: pid(tid), name: format!("t{tid}"), born, look, switches: (0, 0) }
}

fn on(cpus: u32) -> Noise {
    Noise { cpus, others: Some(0.0), ..Noise::default() }
}

/// Threads of one process over a second, looked at each 100 ms: each does in an interval what it is given, ran and
/// waited in ms.
fn second(threads: &[(u64, u64, u8, Option<BlockedOn>)], cpus: u32) -> WatchReport {
    let mut fold = WatchFold::default();
    let process = fold.process(pid(10), "job", None, false, 0, 0);
    for tid in 0..threads.len() as u32 {
        fold.arrive(comes(process, 10 + tid, false, seen(0, b'S', 0, 0)));
    }
    fold.close(0, 0);
    for round in 1..=10 {
        let mut cpu = 0;
        for (lane, &(run, wait, state, blocked)) in threads.iter().enumerate() {
            fold.look(lane, ThreadLook { blocked, ..seen(100 * round, state, run * round, wait * round) });
            cpu += run * round;
        }
        fold.process_now(process, None, Some(cpu * MS), None);
        fold.close(100 * round * MS, 0);
    }
    fold.report(false, 0.0, on(cpus))
}

fn closes(report: &WatchReport) {
    let account = report.account;
    assert!((account.sum_s() - account.capacity_s).abs() < 1e-9, "{account:?}");
    let concurrency: f64 = report.concurrency_s.iter().sum();
    assert!((concurrency - report.real_s).abs() < 1e-9, "{:?}", report.concurrency_s);
}

#[test]
fn the_account_closes_and_counts_only_what_happened_since_it_began() {
    let mut fold = WatchFold::default();
    let process = fold.process(pid(10), "job", None, false, 7000 * MS, 0);
    fold.arrive(comes(process, 10, false, seen(0, b'R', 5000, 900)));
    fold.close(0, 0);
    fold.look(0, seen(100, b'R', 5060, 930));
    fold.process_now(process, None, Some(7060 * MS), None);
    fold.close(100 * MS, 0);
    let report = fold.report(false, 0.0, on(2));
    closes(&report);
    let account = report.account;
    assert_eq!((account.run_s, account.wait_s, account.blocked_s), (0.06, 0.03, 0.01));
    assert_eq!(report.unseen, Unseen::default());
    assert_eq!(report.concurrency_s.len(), 2);
}

#[test]
fn who_comes_later_takes_the_lane_of_one_who_has_ended_and_who_is_not_there_is_told() {
    let mut fold = WatchFold::default();
    let make = fold.process(pid(10), "make", None, false, 0, 0);
    fold.arrive(comes(make, 10, false, seen(0, b'S', 0, 0)));
    fold.close(0, 0);
    let cc = fold.process(pid(20), "cc1", Some(make), true, 0, 0);
    assert_eq!(fold.arrive(comes(cc, 20, true, seen(100, b'R', 60, 20))), Some(1));
    fold.look(0, seen(100, b'S', 0, 0));
    fold.close(100 * MS, 0);
    fold.look(0, seen(200, b'S', 0, 0));
    fold.look(1, seen(200, b'R', 150, 30));
    fold.process_now(cc, None, Some(155 * MS), None);
    fold.close(200 * MS, 0);
    // It has gone: its parent was told of 170 ms, of which 155 were known.
    fold.leave(1);
    fold.process_gone(cc);
    fold.process_now(make, None, None, Some(170 * MS));
    let next = fold.process(pid(30), "cc1", Some(make), true, 0, 0);
    assert_eq!(fold.arrive(comes(next, 30, true, seen(300, b'S', 10, 0))), Some(1), "the same lane");
    fold.process_now(next, None, Some(10 * MS), None);
    fold.look(0, seen(300, b'S', 0, 0));
    fold.close(300 * MS, 0);
    let report = fold.report(false, 0.0, on(2));
    closes(&report);
    assert_eq!((report.lanes, report.threads, report.processes), (2, 3, 3));
    assert_eq!(report.account.run_s, 0.16);
    // cc1 was there from 20 to 200, the next one from 290 to 300: of 300.
    assert!((report.account.absent_s - 0.11).abs() < 1e-9, "{:?}", report.account);
    assert!((report.unseen.children_s - 0.015).abs() < 1e-9, "{:?}", report.unseen);
    let names: Vec<(&str, u32)> = report.names.iter().map(|name| (&*name.name, name.processes)).collect();
    assert_eq!(names, [("cc1", 2), ("make", 1)]);
    assert_eq!(report.busiest.first().map(|thread| (thread.tid, thread.ended)), Some((pid(20), true)));
}

#[test]
fn a_wait_that_nobody_has_counted_yet_is_a_wait() {
    let mut fold = WatchFold::default();
    let process = fold.process(pid(10), "job", None, false, 0, 0);
    fold.arrive(comes(process, 10, false, seen(0, b'R', 5, 0)));
    fold.close(0, 0);
    for at in [100, 200] {
        fold.look(0, seen(at, b'R', 5, 0));
        fold.close(at * MS, 0);
    }
    assert_eq!(fold.report(false, 0.0, on(1)).account.wait_s, 0.2, "as far as it was seen");
    // It got a CPU: now the kernel counts all of it, also what lay before the watch.
    fold.look(0, seen(300, b'R', 20, 900));
    fold.close(300 * MS, 0);
    let report = fold.report(false, 0.0, on(1));
    closes(&report);
    assert_eq!(report.account.wait_s, 0.285, "no more than there was time for");
    assert_eq!(report.account.blocked_s, 0.0);
}

#[test]
fn children_that_nobody_saw_and_threads_without_a_lane_are_told() {
    let mut fold = WatchFold::default();
    let shell = fold.process(pid(10), "sh", None, false, 100 * MS, 5000 * MS);
    fold.arrive(comes(shell, 10, false, seen(0, b'S', 100, 0)));
    fold.close(0, 0);
    for round in 1..=10 {
        fold.look(0, seen(100 * round, b'S', 100 + round, 0));
        fold.process_now(shell, None, Some((100 + 4 * round) * MS), Some((5000 + 60 * round) * MS));
        fold.close(100 * round * MS, 3);
    }
    let report = fold.report(false, 0.0, on(2));
    closes(&report);
    assert!((report.unseen.children_s - 0.6).abs() < 1e-9 && (report.unseen.threads_s - 0.03).abs() < 1e-9);
    assert_eq!(report.without_lane, 3);
    let bound = report.bound().expect("a sentence");
    assert_eq!(bound.kind, BoundKind::TooShort, "{bound:?}");
    assert!(bound.sentence.starts_with("98 % of its CPU time was spent by processes that lived too short"));
}

#[test]
fn there_are_no_more_lanes_than_can_be_held_open() {
    let mut fold = WatchFold::default();
    let process = fold.process(pid(10), "many", None, false, 0, 0);
    let lanes: Vec<Option<usize>> =
        (0..2000).map(|n| fold.arrive(comes(process, 10 + n, false, seen(0, b'S', 0, 0)))).collect();
    assert_eq!(lanes.iter().flatten().count(), MOST_LANES);
    assert_eq!(lanes.iter().flatten().max(), Some(&(MOST_LANES - 1)));
    assert_eq!(fold.living(), MOST_LANES);
}

#[test]
fn each_bound_is_found_by_its_signs() {
    let lock = Some(BlockedOn::Lock);
    let kind = |threads: &[(u64, u64, u8, Option<BlockedOn>)], cpus| {
        let report = second(threads, cpus);
        closes(&report);
        let bound = report.bound().expect("a sentence");
        assert!(bound.sentence.ends_with('.') && !bound.sentence.contains("NaN"), "{bound:?}");
        (bound.kind, bound.sentence)
    };
    let (found, sentence) = kind(&[(100, 0, b'R', None), (2, 0, b'S', lock)], 4);
    assert_eq!(found, BoundKind::OneThread);
    assert!(sentence.contains("t10 (10) had 98 % of the CPU time"), "{sentence}");
    let turns = [(33, 0, b'S', lock), (33, 0, b'S', lock), (33, 0, b'S', lock)];
    let (found, sentence) = kind(&turns, 4);
    assert_eq!(found, BoundKind::Turns);
    assert!(sentence.contains("waited mostly for a lock"), "{sentence}");
    assert_eq!(kind(&[(98, 2, b'R', None), (97, 3, b'R', None)], 2).0, BoundKind::AllCpus);
    assert_eq!(kind(&[(50, 50, b'R', None); 4], 2).0, BoundKind::AllCpus, "their own crowd");
    assert_eq!(kind(&[(50, 50, b'R', None), (50, 50, b'R', None)], 2).0, BoundKind::OthersCpus);
    assert_eq!(kind(&[(2, 0, b'D', Some(BlockedOn::Io)), (0, 0, b'S', lock)], 2).0, BoundKind::Io);
    assert_eq!(kind(&[(5, 0, b'S', lock); 3], 8).0, BoundKind::Locks);
    assert_eq!(kind(&[(0, 0, b'S', Some(BlockedOn::Sleep))], 8).0, BoundKind::Waits);
    let (found, sentence) = kind(&[(3, 0, b'S', None)], 8);
    assert_eq!(found, BoundKind::Waits);
    assert!(sentence.contains("may not be read"), "{sentence}");
    assert_eq!(kind(&[(60, 0, b'S', lock); 4], 8).0, BoundKind::Partly);
    let (found, sentence) = kind(&[(0, 0, b'T', None), (0, 0, b't', None)], 8);
    assert_eq!(found, BoundKind::Stopped, "that it cannot be read what they wait for is no reason");
    assert!(sentence.ends_with("a signal or a debugger held it."), "{sentence}");
    assert_eq!(kind(&[(0, 0, b'T', None), (0, 0, b'S', lock), (0, 0, b'S', lock)], 8).0, BoundKind::Locks);
}

#[test]
fn too_few_looks_say_nothing() {
    let mut fold = WatchFold::default();
    assert_eq!(fold.report(true, 0.0, on(2)).bound(), None);
    let process = fold.process(pid(10), "job", None, false, 0, 0);
    fold.arrive(comes(process, 10, false, seen(0, b'R', 5, 0)));
    fold.close(0, 0);
    fold.leave(0);
    fold.close(50 * MS, 0);
    let report = fold.report(true, 0.0, on(2));
    closes(&report);
    assert_eq!(report.bound().map(|bound| bound.kind), Some(BoundKind::Unknown));
}

#[test]
fn lanes_show_what_was_seen_and_a_newcomer_begins_with_nothing() {
    let mut fold = WatchFold::default();
    let process = fold.process(pid(10), "job", None, false, 0, 0);
    let mut lanes = Lanes::default();
    let mut hear = |fold: &mut WatchFold| {
        for news in fold.news() {
            match news {
                LabNews::WorkerStarted { worker, pid, tid, name } => lanes.start(worker, pid, tid, name),
                LabNews::WorkerEnded { worker, at, fate } => lanes.end(worker, at, fate),
                LabNews::Looks(looks) => lanes.looks(&looks),
                other => panic!("{other:?}"),
            }
        }
    };
    fold.arrive(comes(process, 10, false, seen(0, b'R', 0, 0)));
    fold.close(0, 0);
    hear(&mut fold);
    fold.look(0, blocked(100, 60, 20, BlockedOn::Lock));
    fold.close(100 * MS, 0);
    hear(&mut fold);
    fold.leave(0);
    fold.arrive(comes(process, 11, true, seen(200, b'R', 50, 0)));
    fold.close(200 * MS, 0);
    hear(&mut fold);
    let lane = lanes.of(1).expect("a lane");
    assert_eq!((lane.tid, lane.ended), (Some(pid(11)), None));
    assert_eq!(lane.ran(), 50 * MS, "his own");
    let mut shares = Vec::new();
    let window = crate::model::lab::Window { from: 0, cell: 100 * MS, cells: 2, until: 200 * MS };
    lane.shares(&window, &mut shares);
    let near = |a: f32, b: f32| (a - b).abs() < 0.01;
    assert!(near(shares[0].run, 0.6) && near(shares[0].ready, 0.2) && near(shares[0].blocked, 0.2));
    assert!(near(shares[1].run, 0.5) && near(shares[1].blocked, 0.0), "{:?}", shares[1]);
}
