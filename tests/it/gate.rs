//! The gate: passing over who has not run must not be seen. A reader that does is held against one that reads
//! everybody in full, before and after it, on made-up trees and on the machine this runs on.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use glowtop::model::{CensusBy, Hearing, Needs, Pid, ProcId, Reading, Sample, Source, State, Task, Wants};
use glowtop::proc::Live;
use nix::sys::signal::{Signal, kill};

use crate::fixture::{Fixture, stat};

/// A child, and whoever it leaves behind: all end with the test.
struct Guarded {
    child: Child,
    others: Vec<i32>,
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        for pid in &self.others {
            let _ = kill(nix::unistd::Pid::from_raw(*pid), Signal::SIGKILL);
        }
    }
}

impl Guarded {
    fn shell(script: &str) -> Guarded {
        crate::inherited::default_signals();
        let child = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Guarded { child, others: Vec::new() }
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A number that the script wrote on a line of its own.
    fn number(&mut self) -> u32 {
        let mut line = String::new();
        BufReader::new(self.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line.trim().parse().unwrap()
    }

    /// Lets the script go on behind its next `read`.
    fn go_on(&mut self) {
        let stdin: &mut ChildStdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(b"\n").unwrap();
    }

    fn signal(&self, signal: Signal) {
        kill(nix::unistd::Pid::from_raw(self.pid() as i32), signal).unwrap();
    }
}

/// Without threads, and without command lines, which come when they come.
const NEEDS: [Needs; 2] = [Needs::MEMORY, Needs::USER];

fn look(live: &mut Live, visible: &Arc<[ProcId]>) -> Sample {
    let needs = NEEDS[0] | NEEDS[1];
    live.sample(&Wants { needs, visible: Arc::clone(visible), ..Wants::default() }).unwrap()
}

fn by_pid(sample: &Sample) -> BTreeMap<Pid, Task> {
    sample.tasks.iter().map(|seen| (seen.id.pid, Task::clone(&seen.task))).collect()
}

/// Some ticks of the slowest kernel (100 a second). A thread that is running has its time added at each tick, so only
/// looks that are further apart tell by the clock whether somebody ran in between.
const TICKS: Duration = Duration::from_millis(25);

/// Two looks of the reader that reads everything, with one of the other in between: where the two agree about a
/// process it cannot have changed meanwhile, and the one in between must say the same.
struct Pair {
    gated: Live,
    full: Live,
    visible: Arc<[ProcId]>,
    compared: usize,
}

impl Pair {
    fn new() -> Pair {
        let root = Path::new("/");
        Pair { gated: Live::new(root), full: Live::new(root).ungated(), visible: Arc::from([]), compared: 0 }
    }

    /// Compares one look; hands out what the gated reader saw.
    fn compare(&mut self) -> BTreeMap<Pid, Task> {
        let first = look(&mut self.full, &self.visible);
        let since = first.since_boot.0 / (1_000_000_000 / first.system.host.ticks_per_second);
        let before = by_pid(&first);
        std::thread::sleep(TICKS);
        let gated = by_pid(&look(&mut self.gated, &self.visible));
        std::thread::sleep(TICKS);
        let after = by_pid(&look(&mut self.full, &self.visible));
        for (pid, task) in &before {
            let Some(later) = after.get(pid).filter(|later| later.id == task.id) else { continue };
            let Some(ours) = gated.get(pid) else { panic!("{pid} was not seen: {task:?}") };
            if task != later {
                continue;
            }
            assert_eq!(facts(ours, self.sees(task)), facts(task, self.sees(task)), "{pid}");
            self.compared += 1;
        }
        for (pid, task) in &gated {
            let brief = task.id.start_time >= since;
            let seen = before.contains_key(pid) || after.contains_key(pid);
            assert!(seen || brief, "{pid} is not there: {task:?}");
        }
        gated
    }

    fn sees(&self, task: &Task) -> bool {
        self.visible.contains(&task.id)
    }
}

/// What must be the same at once: of who is not on screen, all but what others can change of a sleeper without a sign,
/// and but for a sleeper that was woken and has not come to run.
fn facts(task: &Task, visible: bool) -> Task {
    let mut facts = task.clone();
    if !visible {
        facts.memory = Reading::NotRead;
        (facts.nice, facts.priority) = (0, 0);
        if matches!(facts.state, State::RUNNING | State(b'I')) {
            facts.state = State::SLEEPING;
        }
        // An interrupt may have found it on the way.
        facts.processor = None;
    }
    facts
}

/// Compares until `seen` finds what it waits for in a gated look.
fn until(pair: &mut Pair, what: &str, seen: impl Fn(&BTreeMap<Pid, Task>) -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !seen(&pair.compare()) {
        assert!(Instant::now() < end, "never seen: {what}");
    }
}

#[test]
fn whatever_processes_do_the_gate_hides_none_of_it() {
    let mut pair = Pair::new();
    let pid = |n: u32| Pid::new(n).unwrap();
    // Somebody forks and reaps all the time.
    let _churn = Guarded::shell("while :; do sleep 0.01; done");
    pair.compare();
    let looks = |pair: &mut Pair| (0..10).for_each(|_| drop(pair.compare()));
    looks(&mut pair);

    let mut actor = Guarded::shell(
        "read x; printf renamed > /proc/self/comm; read x; sleep 1000 & echo $!; read x; exec sleep 1000",
    );
    let me = pid(actor.pid());
    until(&mut pair, "a fork", |all| all.contains_key(&me));
    actor.go_on();
    until(&mut pair, "another name", |all| all[&me].comm.bytes() == b"renamed");
    actor.go_on();
    let grandchild = actor.number();
    actor.others.push(grandchild as i32);
    until(&mut pair, "a grandchild", |all| all.get(&pid(grandchild)).is_some_and(|t| t.parent == Some(me)));
    actor.go_on();
    until(&mut pair, "an exec", |all| all[&me].comm.bytes() == b"sleep");
    looks(&mut pair);
    actor.signal(Signal::SIGSTOP);
    until(&mut pair, "a stop", |all| all[&me].state == State::STOPPED);
    actor.signal(Signal::SIGCONT);
    until(&mut pair, "that it goes on", |all| all[&me].state == State::SLEEPING);

    // Nobody on screen: its turn comes. On screen: at once.
    let raw = rustix::process::Pid::from_raw(me.raw()).unwrap();
    let from = rustix::process::getpriority_process(Some(raw)).unwrap();
    rustix::process::setpriority_process(Some(raw), (from + 1).min(19)).unwrap();
    until(&mut pair, "another nice value", |all| all[&me].nice == (from + 1).min(19));
    let id = pair.compare()[&me].id;
    pair.visible = Arc::from([id]);
    rustix::process::setpriority_process(Some(raw), (from + 2).min(19)).unwrap();
    assert_eq!(pair.compare()[&me].nice, (from + 2).min(19));

    // Dead and not reaped: its child belongs to somebody else from then on.
    actor.signal(Signal::SIGKILL);
    until(&mut pair, "a zombie", |all| all[&me].state == State::ZOMBIE);
    assert_ne!(pair.compare()[&pid(grandchild)].parent, Some(me));
    actor.child.wait().unwrap();
    assert!(!pair.compare().contains_key(&me));
    looks(&mut pair);
    assert!(pair.compared > 100, "hardly anything was compared: {}", pair.compared);
}

#[test]
fn who_is_there_is_known_by_asking_for_pids() {
    known_without_listing(Live::new(Path::new("/")), CensusBy::Probe);
}

#[test]
fn who_is_there_is_known_by_listening() {
    let mut live = Live::new(Path::new("/")).listening();
    if hears(&mut live) {
        known_without_listing(live, CensusBy::Events);
    }
}

/// Whether the kernel tells of forks and ends here; says so where it does not.
fn hears(live: &mut Live) -> bool {
    let none: Arc<[ProcId]> = Arc::from([]);
    let heard = (0..2).map(|_| look(live, &none).census.events).last();
    if heard != Some(Hearing::All) {
        println!("skipped: the kernel does not tell us of processes: {heard:?}");
    }
    heard == Some(Hearing::All)
}

#[test]
fn all_that_come_and_go_are_counted() {
    let mut live = Live::new(Path::new("/")).listening();
    if !hears(&mut live) {
        return;
    }
    let none: Arc<[ProcId]> = Arc::from([]);
    for (life, count) in [("0.005", 200), ("0.05", 60)] {
        let script = format!(
            "read x; i=0; while [ $i -lt {count} ]; do sleep {life}; i=$((i+1)); done; echo 1; read x"
        );
        let mut parent = Guarded::shell(&script);
        let id = Pid::new(parent.pid()).unwrap();
        look(&mut live, &none);
        parent.go_on();
        let (mut listed, mut brief, mut named) = (BTreeSet::new(), 0, 0);
        let done = std::thread::scope(|scope| {
            let done = scope.spawn(|| parent.number());
            let mut looks_after = 0;
            while looks_after < 5 {
                looks_after += usize::from(done.is_finished());
                std::thread::sleep(8 * TICKS);
                let sample = look(&mut live, &none);
                if sample.census.events != Hearing::All {
                    println!("skipped: too much goes on to be told of all: {:?}", sample.census.events);
                    return None;
                }
                let children = sample.tasks.iter().filter(|task| task.parent == Some(id));
                listed.extend(children.map(|task| task.id));
                for gone in sample.short_lived.iter().filter(|gone| gone.parent == Some(id)) {
                    brief += gone.count;
                    // Forked and seen before it had executed anything, it is called as its parent.
                    let name = gone.name.as_ref().map(|name| name.show(20));
                    named += if name.as_deref() == Some("sleep") { gone.count } else { 0 };
                }
            }
            Some(done.join())
        });
        let Some(done) = done else { return };
        assert!(done.is_ok());
        assert_eq!(listed.len() + brief as usize, count, "{} listed, {brief} heard of", listed.len());
        assert!(brief > 0 && named > 0, "{named} of {brief} have a name");
    }
}

fn known_without_listing(mut gated: Live, by: CensusBy) {
    let none: Arc<[ProcId]> = Arc::from([]);
    if !matches!(fs_root_sees_us(), Some(true)) {
        println!("skipped: pids below / are not ours");
        return;
    }
    look(&mut gated, &none);
    let mut ways = BTreeMap::new();
    for _ in 0..100 {
        let children: Vec<Guarded> = (0..3).map(|_| Guarded::shell("read x")).collect();
        let sample = look(&mut gated, &none);
        let all = by_pid(&sample);
        for child in &children {
            assert!(all.contains_key(&Pid::new(child.pid()).unwrap()), "by {:?}", sample.census);
        }
        *ways.entry(format!("{:?}", sample.census.by)).or_insert(0) += 1;
    }
    let census = look(&mut gated, &none).census;
    assert!(census.checks >= 2, "{census:?}");
    assert_eq!(census.overlooked, 0, "{ways:?}");
    assert!(ways.contains_key(&format!("{by:?}")), "{ways:?}");
}

/// Whether `/proc` is of our pid namespace.
fn fs_root_sees_us() -> Option<bool> {
    let link = std::fs::read_link("/proc/self").ok()?;
    Some(link == Path::new(&std::process::id().to_string()))
}

/// A process of a fixture that says how long it has run, and what it uses besides.
fn ran(fixture: &Fixture, pid: u32, nanoseconds: u64, resident: u64) {
    fixture.write(&format!("proc/{pid}/schedstat"), format!("{nanoseconds} 0 1\n"));
    fixture.write(&format!("proc/{pid}/statm"), format!("300 {resident} 10 1 0 50 0\n"));
}

#[test]
fn who_has_not_run_is_not_read_and_who_has_is() {
    let fixture = Fixture::new();
    for pid in [10, 11] {
        fixture.process(pid, 1, "before", 100, 1);
        ran(&fixture, pid, 1_000, 20);
    }
    let mut live = Live::new(fixture.root());
    let mut full = Live::new(fixture.root()).ungated();
    let none: Arc<[ProcId]> = Arc::from([]);
    let names = |sample: &Sample| -> Vec<String> { sample.tasks.iter().map(|t| t.comm.show(20)).collect() };
    assert_eq!(names(&look(&mut live, &none)), ["before", "before"]);
    // Only the gate's own evidence says that 11 ran; the names say what was read.
    for pid in [10, 11] {
        fixture.write(&format!("proc/{pid}/stat"), stat(pid, 1, b"after", 100, 1));
    }
    ran(&fixture, 11, 2_000, 30);
    let sample = look(&mut live, &none);
    assert_eq!(names(&sample), ["before", "after"]);
    assert_eq!(sample.tasks[1].cpu_clock, Some(2_000));
    assert_eq!(names(&look(&mut full, &none)), ["after", "after"]);
    // On screen all of it is of this look.
    let visible: Arc<[ProcId]> = Arc::from([sample.tasks[0].id]);
    assert_eq!(names(&look(&mut live, &visible)), ["after", "after"]);
}

#[test]
fn a_sleeper_has_its_turn() {
    let fixture = Fixture::new();
    fixture.process(10, 1, "sleeper", 100, 1);
    ran(&fixture, 10, 1_000, 20);
    let mut live = Live::new(fixture.root());
    let none: Arc<[ProcId]> = Arc::from([]);
    let resident = |sample: &Sample| sample.tasks[0].memory.known().unwrap().resident;
    let page = 4096;
    assert_eq!(resident(&look(&mut live, &none)), 20 * page);
    // Reclaim took half of it while it slept.
    ran(&fixture, 10, 1_000, 10);
    let seen = (1..=100).find(|_| resident(&look(&mut live, &none)) == 10 * page);
    assert!(seen.is_some_and(|looks| looks <= 60), "{seen:?}");
    // Who orders by memory wants it now.
    ran(&fixture, 10, 1_000, 5);
    let wants = Wants { needs: Needs::MEMORY | Needs::USER | Needs::FRESH_MEMORY, ..Wants::default() };
    assert_eq!(resident(&live.sample(&wants).unwrap()), 5 * page);
    // And who orders by parent or nice value, the rest.
    fixture.write("proc/10/stat", stat(10, 7, b"sleeper", 100, 1));
    let wants = Wants { needs: Needs::MEMORY | Needs::USER | Needs::FRESH_STAT, ..Wants::default() };
    assert_eq!(live.sample(&wants).unwrap().tasks[0].parent, Pid::new(7));
}
