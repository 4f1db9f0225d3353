//! The sum on literal looks: where it closes, and what is left where it cannot.

use std::sync::Arc;

use super::*;
use crate::model::{Census, CensusBy, Host, Nanos, ProcId, Sample, Seen, State, System, Untrusted, derive};
use proptest::prelude::*;

const SECOND: u64 = 1_000_000_000;

/// pid, parent, milliseconds of its own, of the children it waited for.
type Spec = (u32, u32, u64, u64);

/// A look at `specs` at `at` seconds; the CPUs have done so many milliseconds in user mode.
fn look(at: u64, busy_ms: u64, specs: &[Spec]) -> Sample {
    let tasks = specs.iter().map(|(pid, parent, own, waited)| Task {
        parent: Pid::new(*parent),
        comm: Arc::new(Untrusted::from(format!("p{pid}").as_str())),
        cpu_clock: Some(own * 1_000_000),
        utime: own / 10,
        cutime: waited / 20,
        cstime: waited / 10 - waited / 20,
        ..Task::bare(ProcId::new(*pid, if *pid < 100 { 1 } else { at * 100 - 50 }).unwrap())
    });
    let cpus = vec![(0, CpuTimes::default()), (1, CpuTimes::default())];
    let cpu = CpuTimes { user: busy_ms / 10, idle: 10_000 + at * 200 - busy_ms / 10, ..CpuTimes::default() };
    let host = Arc::new(Host { ticks_per_second: 100, own_uid: 1000, ..Host::default() });
    Sample {
        taken: Nanos(at * SECOND),
        since_boot: Nanos(at * SECOND),
        tasks: tasks.map(|task| Seen::new(task, Nanos(at * SECOND))).collect(),
        system: System { host, cpu, cpus, ..System::default() },
        census: Census { by: CensusBy::Events, events: Hearing::All, ..Census::default() },
        ..Sample::default()
    }
}

fn died(parent: u32, name: &str, count: u32) -> ShortLived {
    let name = (!name.is_empty()).then(|| Arc::new(Untrusted::from(name)));
    ShortLived { parent: Pid::new(parent), name, count }
}

fn between(before: Sample, now: Sample) -> Snapshot {
    derive(Some(&derive(None, before)), now)
}

fn account(snapshot: &Snapshot) -> Account {
    snapshot.account.expect("an account")
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-6
}

/// The rows: id, CPU, sentence.
fn rows(snapshot: &Snapshot) -> Vec<(u32, Option<f64>, String)> {
    let row = |row: &Proc| {
        let said = row.task.command.known().map_or_else(String::new, |c| c.line.show(200));
        (row.task.id.pid.get(), row.cpu.map(|cpu| (cpu * 10.0).round() / 10.0), said)
    };
    snapshot.short_lived.iter().map(row).collect()
}

#[test]
fn no_more_is_done_than_there_are_cpus() {
    // The counters were read a tick later than a second after the last time, and nobody rested.
    let before = look(10, 0, &[(1, 0, 500, 0), (20, 1, 100, 0)]);
    let mut now = look(11, 2010, &[(1, 0, 500, 0), (20, 1, 2100, 0)]);
    now.system.cpu.idle = before.system.cpu.idle;
    let sum = account(&between(before, now));
    assert!(near(sum.busy, 200.0) && near(sum.listed, 200.0) && near(sum.remainder, 0.0), "{sum:?}");
}

#[test]
fn it_closes_where_everybody_was_waited_for() {
    let before = look(10, 0, &[(1, 0, 500, 9000), (20, 1, 100, 2000)]);
    // make used 430 ms itself and waited for 240 children that used 290 ms; nothing else ran.
    let mut now = look(11, 720, &[(1, 0, 500, 9000), (20, 1, 530, 2290)]);
    now.short_lived = vec![died(20, "date", 40), died(20, "sh", 150), died(20, "sh", 50)];
    let shot = between(before, now);
    let sum = account(&shot);
    assert!(near(sum.busy, 72.0) && near(sum.listed, 43.0) && near(sum.came_and_went, 29.0), "{sum:?}");
    assert!(near(sum.remainder, 0.0) && near(sum.dead(), 29.0) && sum.unseen == 240, "{sum:?}");
    let sentence = "200 sh, 40 date of p20 died between samples";
    assert_eq!(rows(&shot), [(20, Some(29.0), sentence.to_owned())]);
    assert!(shot.procs.iter().all(|proc| proc.task.kind == Kind::Process), "a row is no process");
    assert_eq!(shot.counts.processes, 2);
}

#[test]
fn who_is_read_late_in_a_long_look_has_its_own_interval() {
    let before = look(10, 0, &[(1, 0, 0, 0), (20, 1, 0, 0)]);
    // The look took 600 ms before it came to 20, which went on at 100 % meanwhile.
    let mut now = look(11, 1000, &[(1, 0, 0, 0), (20, 1, 1600, 0)]);
    now.tasks[1].read_at = Nanos(11 * SECOND + 600_000_000);
    let sum = account(&between(before, now));
    assert!(near(sum.listed, 100.0) && near(sum.remainder, 0.0), "{sum:?}");
}

#[test]
fn a_newcomer_and_its_dead_belong_to_this_interval() {
    let before = look(10, 0, &[(1, 0, 0, 0)]);
    let sum = account(&between(before, look(11, 300, &[(1, 0, 0, 0), (200, 1, 100, 200)])));
    assert!(near(sum.listed, 10.0) && near(sum.came_and_went, 20.0) && near(sum.remainder, 0.0), "{sum:?}");
}

#[test]
fn who_is_not_waited_for_ends_in_the_remainder() {
    let before = look(10, 0, &[(1, 0, 0, 0), (20, 1, 100, 0)]);
    let mut now = look(11, 300, &[(1, 0, 0, 0), (20, 1, 200, 0)]);
    now.short_lived = vec![died(20, "sh", 7)];
    let shot = between(before, now);
    let sum = account(&shot);
    assert!(near(sum.remainder, 20.0) && near(sum.dead(), 0.0), "{sum:?}");
    // What they used is not known, which is not 0.
    assert_eq!(rows(&shot), [(20, None, "7 sh of p20 died between samples".to_owned())]);
}

#[test]
fn what_was_known_of_the_ended_is_no_news() {
    let before = look(10, 0, &[(1, 0, 0, 0), (20, 1, 100, 500), (30, 20, 4000, 1000), (31, 20, 50, 0)]);
    // 30 used 150 ms more and ended: 5150 ms and what was known of 31 went to its parent.
    let now = look(11, 150, &[(1, 0, 0, 0), (20, 1, 100, 5700)]);
    let shot = between(before.clone(), now.clone());
    let sum = account(&shot);
    assert!(near(sum.ended, 15.0) && near(sum.remainder, 0.0), "{sum:?}");
    let sentence = "children of p20 ended: used since they were last seen";
    assert_eq!(rows(&shot), [(20, Some(15.0), sentence.to_owned())]);

    // Others came and went beside them, or nobody would know: it cannot be told whose it was.
    let mut both = now.clone();
    both.short_lived = vec![died(20, "", 1)];
    let shot = between(before.clone(), both);
    assert!(near(account(&shot).ended_or_came, 15.0), "{:?}", shot.account);
    assert_eq!(rows(&shot), [(20, Some(15.0), "1 child of p20 died between samples".to_owned())]);
    let mut untold = now;
    untold.census.events = Hearing::Refused;
    let shot = between(before, untold);
    assert!(near(account(&shot).ended_or_came, 15.0), "{:?}", shot.account);
    assert_eq!(rows(&shot), [(20, Some(15.0), "children of p20 died between samples".to_owned())]);
}

#[test]
fn an_orphan_is_reaped_by_an_ancestor() {
    // A shell, its make, its compiler. make dies and is waited for by the shell; the compiler goes to PID 1, which
    // waits for it: an hour of CPU that was known long ago.
    let hour = 3_600_000;
    let specs = [(1, 0, 0, 5000), (20, 1, 100, 700), (30, 20, 200, 0), (31, 30, hour, 0)];
    let now = look(11, 130, &[(1, 0, 0, 5000 + hour + 120), (20, 1, 100, 910)]);
    let shot = between(look(10, 0, &specs), now);
    let sum = account(&shot);
    assert!(near(sum.dead(), 13.0) && near(sum.remainder, 0.0), "{sum:?}");
    assert!(shot.short_lived.iter().all(|row| row.cpu.is_some_and(|cpu| cpu < 20.0)), "{:?}", rows(&shot));

    // make had waited for it before it died: all of it goes to the shell.
    let now = look(11, 130, &[(1, 0, 0, 5000), (20, 1, 100, 910 + hour + 120)]);
    let sum = account(&between(look(10, 0, &specs), now));
    assert!(near(sum.dead(), 13.0) && near(sum.remainder, 0.0), "{sum:?}");
}

#[test]
fn a_child_that_dies_while_the_look_goes_on_is_no_news_at_the_next() {
    // The shell is read, then its child dies and is waited for, then it is found to be gone.
    let specs = [(1, 0, 0, 0), (20, 1, 100, 0), (30, 20, 700, 0)];
    let shell = |waited| vec![(1, 0, 0, 0), (20, 1, 100, waited)];
    let first = derive(None, look(10, 0, &specs));
    let second = derive(Some(&first), look(11, 20, &shell(0)));
    assert_eq!(second.unpaid, [(Pid::new(20).unwrap(), 700_000_000)]);
    let third = derive(Some(&second), look(12, 20, &shell(720)));
    assert!(near(account(&third).dead(), 2.0) && third.unpaid.is_empty(), "{:?}", third.account);
    // It is waited for at once or never.
    let never = derive(Some(&second), look(12, 20, &shell(0)));
    assert!(never.unpaid.is_empty());
}

#[test]
fn older_time_than_fits_into_the_interval_is_not_of_it() {
    // A child that was never listed brought an hour.
    let before = look(10, 0, &[(1, 0, 0, 0), (20, 1, 100, 0)]);
    let shot = between(before, look(11, 100, &[(1, 0, 0, 0), (20, 1, 200, 3_600_000)]));
    let sum = account(&shot);
    assert!(near(sum.dead(), 0.0) && near(sum.remainder, 0.0), "{sum:?}");
    assert_eq!(rows(&shot), []);
}

#[test]
fn guests_are_in_it_once_and_interrupts_have_their_lines() {
    let mut before = look(10, 0, &[(20, 1, 0, 0)]);
    before.system.cpu = CpuTimes { user: 50, guest: 50, idle: 1, ..CpuTimes::default() };
    let mut now = look(11, 0, &[(20, 1, 900, 0)]);
    // 800 ms of the 900 ms of the virtual machine's process ran its guest.
    let times =
        CpuTimes { user: 140, guest: 130, irq: 3, softirq: 4, steal: 5, idle: 99, ..CpuTimes::default() };
    now.system.cpu = times;
    let sum = account(&between(before, now));
    assert!(near(sum.busy, 102.0) && near(sum.guest, 80.0) && near(sum.listed, 10.0), "{sum:?}");
    assert_eq!([sum.irq, sum.softirq, sum.steal].map(f64::round), [3.0, 4.0, 5.0]);
    assert!(near(sum.remainder, 0.0), "{sum:?}");
}

#[test]
fn threads_are_not_counted_twice() {
    let mut before = look(10, 0, &[(20, 1, 0, 0), (21, 20, 0, 0)]);
    let mut now = look(11, 500, &[(20, 1, 500, 100), (21, 20, 400, 100)]);
    for sample in [&mut before, &mut now] {
        for seen in &mut sample.tasks {
            if seen.id.pid.get() == 21 {
                Arc::make_mut(&mut seen.task).kind = Kind::Thread(Pid::new(20).unwrap());
            }
        }
    }
    let sum = account(&between(before, now));
    assert!(near(sum.listed, 50.0) && near(sum.dead(), 10.0), "{sum:?}");
}

#[test]
fn a_first_look_and_a_partial_one_have_no_account() {
    let first = derive(None, look(10, 0, &[(1, 0, 0, 0)]));
    assert_eq!(first.account, None);
    let mut partial = look(11, 100, &[(1, 0, 100, 0)]);
    partial.partial = true;
    partial.short_lived = vec![died(1, "sh", 3)];
    let second = derive(Some(&first), partial);
    assert_eq!((second.account, second.short_lived.len()), (None, 0));
}

#[test]
fn a_row_lingers_and_then_goes_and_has_no_parent_where_none_is_known() {
    let mut shot = derive(None, look(10, 0, &[(1, 0, 0, 0), (20, 1, 100, 0)]));
    let mut next = |at: u64, waited: u64, list: Vec<ShortLived>| {
        let mut sample = look(at, 0, &[(1, 0, 0, 0), (20, 1, 100, waited)]);
        sample.short_lived = list;
        shot = derive(Some(&shot), sample);
        rows(&shot).into_iter().map(|(pid, cpu, _)| (pid, cpu)).collect::<Vec<_>>()
    };
    // One child's parent is not listed and never was: it is nobody's.
    let nobody = (i32::MAX as u32, None);
    assert_eq!(next(11, 50, vec![died(20, "sh", 2), died(99, "sh", 1)]), [(20, Some(5.0)), nobody]);
    assert_eq!(next(12, 50, vec![]), [(20, Some(5.0)), nobody], "as it was when the last one died");
    assert_eq!(next(13, 80, vec![died(20, "sh", 1)]), [(20, Some(3.0))]);
    assert_eq!(next(14, 80, vec![]), [(20, Some(3.0))]);
    assert_eq!(next(15, 80, vec![]), []);
}

#[test]
fn a_row_cannot_be_taken_for_a_process() {
    let mut now = look(11, 0, &[(1, 0, 0, 0), (20, 1, 100, 0)]);
    now.short_lived = vec![died(20, "sh", 2), died(0, "date", 1)];
    let shot = between(look(10, 0, &[(1, 0, 0, 0), (20, 1, 100, 0)]), now);
    assert_eq!(shot.short_lived.len(), 2);
    for row in &shot.short_lived {
        assert_eq!((row.task.kind, row.task.state), (Kind::ShortLived, State::DEAD));
        assert!(shot.find(row.id()).is_none() && row.id().start_time == u64::MAX);
        assert_eq!((shot.age(row), shot.started(row)), (None, None));
    }
    let nobody = shot.short_lived.last().unwrap();
    assert_eq!(nobody.task.command.known().unwrap().base(), b"1 date");
}

#[test]
fn names_are_told_up_to_a_few() {
    let mut now = look(11, 0, &[(20, 1, 100, 0)]);
    now.short_lived = ["a", "b", "c", "d", "e"].map(|name| died(20, name, 1)).to_vec();
    now.short_lived.push(died(20, "", 9));
    let shot = between(look(10, 0, &[(20, 1, 100, 0)]), now);
    assert_eq!(rows(&shot)[0].2, "1 a, 1 b, 1 c, 1 d, 10 others of p20 died between samples");
    assert_eq!(shot.short_lived[0].task.comm.bytes(), b"a, b, c, d, e");
}

/// Processes, CPU columns, parents and counts of the short-lived, whether the kernel told of all.
type Made = (Vec<Spec>, [u64; 10], Vec<(u32, u32)>, bool);

fn any_look() -> impl Strategy<Value = Made> {
    let spec = (1u32..12, 0u32..12, 0u64..5_000, 0u64..5_000);
    let times = prop::array::uniform10(prop_oneof![0u64..1000, 0u64..1 << 40]);
    (
        prop::collection::vec(spec, 0..10),
        times,
        prop::collection::vec((0u32..14, 0u32..9), 0..4),
        any::<bool>(),
    )
}

proptest! {
    #[test]
    fn the_parts_make_the_whole(looks in prop::collection::vec(any_look(), 2..5)) {
        let mut shot: Option<Snapshot> = None;
        for (n, (mut specs, v, unseen, told)) in (1..).zip(looks) {
            specs.sort_unstable();
            specs.dedup_by_key(|spec| spec.0);
            let mut sample = look(10 * n, 0, &specs);
            sample.system.cpu = CpuTimes {
                user: v[0], nice: v[1], system: v[2], idle: v[3], iowait: v[4],
                irq: v[5], softirq: v[6], steal: v[7], guest: v[8], guest_nice: v[9],
            };
            sample.short_lived = unseen.iter().map(|(parent, count)| died(*parent, "x", *count)).collect();
            sample.census.events = if told { Hearing::All } else { Hearing::Lost };
            let next = derive(shot.as_ref(), sample);
            if let Some(sum) = next.account {
                let parts = [sum.listed, sum.came_and_went, sum.ended, sum.ended_or_came, sum.irq, sum.softirq,
                             sum.steal, sum.guest];
                prop_assert!(parts.iter().all(|part| part.is_finite() && *part >= 0.0), "{:?}", sum);
                let whole = parts.iter().sum::<f64>() + sum.remainder;
                let greatest = parts.iter().copied().fold(sum.busy.max(1.0), f64::max);
                prop_assert!((whole - sum.busy).abs() <= 1e-12 * greatest, "{:?}", sum);
            }
            prop_assert!(next.short_lived.is_sorted_by(|a, b| a.id() < b.id()));
            for row in &next.short_lived {
                prop_assert!(row.cpu.is_none_or(|cpu| cpu.is_finite() && (0.0..=200.0).contains(&cpu)));
            }
            shot = Some(next);
        }
    }
}
