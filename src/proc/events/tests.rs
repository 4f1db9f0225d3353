//! With the kernel itself; each test passes with a printed reason where that tells us nothing.

use std::collections::{HashMap, HashSet};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::*;

/// How long something that must happen may take.
const SOON: Duration = Duration::from_secs(30);

fn proc_dir() -> OwnedFd {
    std::fs::File::open("/proc").unwrap().into()
}

fn me() -> Pid {
    Pid::new(std::process::id()).unwrap()
}

fn pid(child: &Child) -> Pid {
    Pid::new(child.id()).unwrap()
}

/// Somebody who listens, unless the kernel will not have it or our pids are not those it tells of.
fn listen() -> Option<Events> {
    // The initial namespaces have fixed numbers: include/linux/proc_ns.h.
    let initial = [("pid", "pid:[4026531836]"), ("user", "user:[4026531837]")];
    for (name, inode) in initial {
        if std::fs::read_link(format!("/proc/self/ns/{name}")).unwrap().to_str() != Some(inode) {
            assert!(Events::start(proc_dir()).is_err(), "it is told of the processes of another namespace");
            println!("skipped: this is not the initial {name} namespace");
            return None;
        }
    }
    match Events::start(proc_dir()) {
        Ok(events) => Some(events),
        Err(Refused) => {
            println!("skipped: the kernel does not tell us of processes");
            None
        }
    }
}

/// All that was heard so far, over many calls.
#[derive(Default)]
struct Heard {
    births: Vec<Pid>,
    execs: Vec<Pid>,
    deaths: HashMap<Pid, Death>,
    twice: Vec<Pid>,
    whole: bool,
}

impl Heard {
    fn new() -> Heard {
        Heard { whole: true, ..Heard::default() }
    }

    /// Takes news until `enough`.
    fn until(&mut self, events: &mut Events, enough: impl Fn(&Heard) -> bool) {
        let begun = Instant::now();
        let mut news = News::default();
        while !enough(self) {
            assert!(begun.elapsed() < SOON, "not heard of in time");
            events.take(&mut news);
            self.births.append(&mut news.births);
            self.execs.append(&mut news.execs);
            for death in news.deaths.drain(..) {
                if self.deaths.insert(death.pid, death).is_some() {
                    self.twice.push(death.pid);
                }
            }
            self.whole &= news.hearing == Hearing::All;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Whether something else on this machine made the kernel's room overflow, or too much noise to listen to.
fn disturbed(heard: &Heard) -> bool {
    if !heard.whole {
        println!("skipped: too much else happens on this machine to hear all of it");
    }
    !heard.whole
}

#[test]
fn every_short_lived_process_is_counted_with_its_parent() {
    let Some(mut events) = listen() else { return };
    let mut children = HashSet::new();
    for _ in 0..200 {
        let mut child = Command::new("/bin/true").spawn().unwrap();
        children.insert(pid(&child));
        child.wait().unwrap();
    }
    let mut heard = Heard::new();
    // One more, after which all of them must have been told of, lost or not.
    let mut last = Command::new("/bin/true").spawn().unwrap();
    last.wait().unwrap();
    heard.until(&mut events, |heard| !heard.whole || heard.deaths.contains_key(&pid(&last)));
    if disturbed(&heard) {
        return;
    }
    let unheard: Vec<_> = children.iter().filter(|child| !heard.deaths.contains_key(child)).collect();
    assert!(unheard.is_empty(), "{} of {} were not heard of", unheard.len(), children.len());
    assert!(children.iter().all(|child| heard.deaths[child].parent == Some(me())));
    assert!(heard.twice.iter().all(|pid| !children.contains(pid)), "somebody died twice");
    let named = children.iter().filter(|child| matches!(heard.deaths[child].name, Name::Read(_))).count();
    println!("{named} of {} were named in time", children.len());
}

#[test]
fn who_lives_a_moment_is_named() {
    let Some(mut events) = listen() else { return };
    let mut sleeper = Command::new("/bin/sleep").arg("1000").spawn().unwrap();
    let mut heard = Heard::new();
    heard.until(&mut events, |heard| !heard.whole || heard.births.contains(&pid(&sleeper)));
    // It has been seen to be born, and its death is told in a later call; in between it becomes what it is, and sleeps.
    let stat = format!("/proc/{}/stat", sleeper.id());
    let begun = Instant::now();
    while !std::fs::read_to_string(&stat).unwrap().contains("(sleep) S") {
        assert!(begun.elapsed() < SOON);
        std::thread::sleep(Duration::from_millis(1));
    }
    // The kernel has told of the exec before; what was told is handled in order, so nothing but a full nap of the
    // listener stands between: a second process that is heard to end came after it.
    let mut other = Command::new("/bin/true").spawn().unwrap();
    other.wait().unwrap();
    heard.until(&mut events, |heard| !heard.whole || heard.deaths.contains_key(&pid(&other)));
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    heard.until(&mut events, |heard| !heard.whole || heard.deaths.contains_key(&pid(&sleeper)));
    if disturbed(&heard) {
        return;
    }
    let death = heard.deaths[&pid(&sleeper)];
    let Name::Read(name) = death.name else { panic!("{death:?}") };
    assert_eq!((death.parent, name.bytes()), (Some(me()), &b"sleep"[..]));
}

#[test]
fn threads_are_nobody_and_a_process_outlives_them() {
    let Some(mut events) = listen() else { return };
    for _ in 0..20 {
        std::thread::spawn(|| ()).join().unwrap();
    }
    let mut last = Command::new("/bin/true").spawn().unwrap();
    last.wait().unwrap();
    let mut heard = Heard::new();
    heard.until(&mut events, |heard| !heard.whole || heard.deaths.contains_key(&pid(&last)));
    if disturbed(&heard) {
        return;
    }
    assert!(!heard.deaths.contains_key(&me()) && !heard.births.contains(&me()));
}

#[test]
fn dropping_it_ends_its_thread() {
    let Some(events) = listen() else { return };
    let shared = Arc::downgrade(&events.shared);
    drop(events);
    let begun = Instant::now();
    while shared.strong_count() > 0 {
        assert!(begun.elapsed() < SOON, "the thread goes on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn two_can_listen_and_one_can_leave() {
    let (Some(one), Some(mut other)) = (listen(), listen()) else { return };
    drop(one);
    let mut child = Command::new("/bin/true").spawn().unwrap();
    child.wait().unwrap();
    let mut heard = Heard::new();
    heard.until(&mut other, |heard| !heard.whole || heard.deaths.contains_key(&pid(&child)));
    disturbed(&heard);
}

#[test]
fn a_name_is_what_the_file_says_but_for_its_newline() {
    assert_eq!(Comm::parse(b"cat\n").bytes(), b"cat");
    assert_eq!(Comm::parse(b"a\nb\n\n").bytes(), b"a\nb\n");
    assert_eq!(Comm::parse(b"kworker/u8:1-events_unbound\n").bytes(), b"kworker/u8:1-ev");
    assert_eq!(Comm::parse(b"\n").bytes(), b"");
}

#[test]
fn being_prompt_is_used_up_and_comes_back() {
    let begun = Instant::now();
    let mut promptness = Promptness::new(begun);
    assert_eq!((0..1000).filter(|_| promptness.spend(begun)).count() as u32, PROMPT);
    // A thousand times in the next second, evenly.
    let within = (1..=1000).filter(|ms| promptness.spend(begun + Duration::from_millis(*ms))).count() as u32;
    assert_eq!(within, PROMPT);
    // A long rest fills it, and no more than that.
    let later = begun + Duration::from_hours(1);
    assert_eq!((0..1000).filter(|_| promptness.spend(later)).count() as u32, PROMPT);
}
