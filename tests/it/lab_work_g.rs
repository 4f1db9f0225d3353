//! The lab's workloads about life and trouble, through the real binary: what they promise to show is in `/proc`, what
//! is killed ends them, and nothing is left.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use glowtop::lab::{self, Run};
use glowtop::model::lab::{Fate, LabNews, LabPlan, Mode, RunPlan, RunReport, Settings, Subject};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use procfs::process::{Process, Stat};

/// Longer than any test needs; what is started with it is ended by the test.
const LONG: (&str, &str) = ("stay", "80");
/// For what shall come to its end by itself.
const SHORT: (&str, &str) = ("stay", "0.5");

/// One run of a workload. Dropping it ends it.
struct Play {
    run: Run,
    news: Receiver<LabNews>,
    /// Everybody who was ever seen in it.
    seen: Vec<Stat>,
}

impl Play {
    fn start(id: &str, knobs: &[(&str, &str)]) -> Play {
        Play::start_with(id, 1, knobs)
    }

    fn start_with(id: &str, workers: u32, knobs: &[(&str, &str)]) -> Play {
        crate::inherited::default_signals();
        let mut settings = Settings::default();
        for (knob, value) in knobs {
            settings.set(knob, *value);
        }
        let runs = vec![RunPlan { mode: Mode::Fork, workers, settings }];
        let subject = Subject::Workload(id.to_owned());
        let plan = LabPlan { subject, runs, serial_seconds: None, repeat: 1, limit_s: None };
        let (sender, news) = channel();
        let program = Path::new(env!("CARGO_BIN_EXE_glowtop"));
        let run = lab::start_in(program, plan, move |news| drop(sender.send(news))).expect("a good plan");
        Play { run, news, seen: Vec::new() }
    }

    fn supervisor(&self) -> i32 {
        self.run.supervisor().raw()
    }

    /// Everybody below the supervisor, zombies too.
    fn family(&mut self) -> Vec<Stat> {
        let all: Vec<Stat> = procfs::process::all_processes()
            .expect("proc")
            .filter_map(|process| process.and_then(|process| process.stat()).ok())
            .collect();
        let mut below = vec![self.supervisor()];
        let mut at = 0;
        while let Some(&parent) = below.get(at) {
            below.extend(all.iter().filter(|stat| stat.ppid == parent).map(|stat| stat.pid));
            at += 1;
        }
        let family: Vec<Stat> = all.into_iter().filter(|stat| below[1..].contains(&stat.pid)).collect();
        for stat in &family {
            if !self.seen.iter().any(|seen| is_same(seen, stat)) {
                self.seen.push(stat.clone());
            }
        }
        family
    }

    /// Waits until the family looks as it should; the deadline is only there to end a broken test.
    fn until<T>(&mut self, what: &str, mut look: impl FnMut(&[Stat]) -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let family = self.family();
            if let Some(found) = look(&family) {
                return found;
            }
            if Instant::now() > end {
                let family: Vec<_> = family.iter().map(|s| (s.pid, s.ppid, &s.comm, s.state)).collect();
                panic!("waited in vain for {what}: {family:?}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for somebody whose name begins so.
    fn until_there_is(&mut self, name: &str) -> Stat {
        self.until(name, |family| family.iter().find(|stat| stat.comm.starts_with(name)).cloned())
    }

    /// Waits until the workload says a sentence with these words.
    fn until_it_says(&self, words: &str) {
        loop {
            match self.news.recv_timeout(Duration::from_mins(1)) {
                Ok(LabNews::Note(note)) if note.contains(words) => return,
                Ok(LabNews::Ended { problem }) => panic!("it ended before it said {words}: {problem:?}"),
                Ok(_) => {}
                Err(error) => panic!("it never said {words}: {error}"),
            }
        }
    }

    /// What came of it, once it has ended by itself, and everything that it told. Nobody is left.
    fn end(self) -> (RunReport, Vec<String>) {
        let mut report = None;
        let mut notes = Vec::new();
        for news in &self.news {
            match news {
                LabNews::RunDone(done) => report = Some(*done),
                LabNews::Note(sentence) => notes.push(sentence),
                LabNews::Ended { problem } => assert_eq!(problem, None, "{notes:?}"),
                _ => {}
            }
        }
        assert_nobody_left(&self.seen);
        let report = report.expect("a report");
        // What it means stands in the report, not among what was said on the way.
        notes.extend(report.meaning.clone());
        (report, notes)
    }
}

fn is_same(a: &Stat, b: &Stat) -> bool {
    (a.pid, a.starttime) == (b.pid, b.starttime)
}

/// Nobody of these is alive; who was killed may take a moment, and a zombie is nobody's doing but its parent's.
fn assert_nobody_left(seen: &[Stat]) {
    let alive = |stat: &Stat| {
        now(stat.pid).is_some_and(|now| is_same(&now, stat) && now.state != 'Z' && now.state != 'X')
    };
    let end = Instant::now() + Duration::from_secs(30);
    while seen.iter().any(alive) {
        let left: Vec<_> =
            seen.iter().filter(|stat| alive(stat)).map(|stat| (stat.pid, &stat.comm)).collect();
        assert!(Instant::now() < end, "still there: {left:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn now(pid: i32) -> Option<Stat> {
    Process::new(pid).and_then(|process| process.stat()).ok()
}

/// Sends a signal to a process that the test has seen below its own supervisor.
fn send(to: &Stat, signal: Signal) {
    assert!(now(to.pid).is_some_and(|now| is_same(&now, to)), "{} should be there", to.comm);
    kill(Pid::from_raw(to.pid), signal).expect("a process of ours");
}

fn figure(report: &RunReport, what: &str) -> f64 {
    let found = report.figures.iter().find(|figure| figure.what == what);
    found.unwrap_or_else(|| panic!("no {what}: {:?}", report.figures)).value
}

fn got<'a>(report: &'a RunReport, what: &str) -> &'a str {
    let found = report.checks.iter().find(|check| check.what == what);
    found.unwrap_or_else(|| panic!("no {what}: {:?}", report.checks)).got.as_deref().expect("an answer")
}

/// The signals in a mask of `/proc/PID/status`.
fn mask(pid: i32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("a mask").trim();
    u64::from_str_radix(line, 16).expect("hexadecimal")
}

const fn bit(signal: Signal) -> u64 {
    1 << (signal as u32 - 1)
}

#[test]
fn a_daemon_has_its_own_session_no_terminal_and_the_supervisor_for_a_parent() {
    let mut play = Play::start("daemon", &[LONG]);
    let supervisor = play.supervisor();
    let daemon = play.until("a daemon", |family| {
        family
            .iter()
            .find(|stat| stat.comm.starts_with("lab:daemon daem") && stat.ppid == supervisor)
            .cloned()
    });
    assert_ne!(daemon.session, supervisor, "a session of its own");
    assert_ne!(daemon.session, daemon.pid, "which it does not lead, so that no terminal can become its own");
    assert_eq!(daemon.tty_nr, 0);
    play.until("files of its own", |_| {
        let link = |fd: u32| std::fs::read_link(format!("/proc/{}/fd/{fd}", daemon.pid)).ok();
        (0..3).all(|fd| link(fd).is_some_and(|to| to == Path::new("/dev/null"))).then_some(())
    });
    send(&daemon, Signal::SIGTERM);
    let (report, notes) = play.end();
    assert!(report.answer_ok, "{report:?}");
    assert_eq!(report.crew[0].fate, Fate::Killed(Signal::SIGTERM as i32), "told by the one that adopted it");
    assert!(notes.iter().any(|note| note.contains("ended the daemon")), "{notes:?}");
}

#[test]
fn a_daemon_ends_with_its_run() {
    let (report, _) = Play::start("daemon", &[SHORT]).end();
    assert!(report.answer_ok, "{report:?}");
    assert_eq!(got(&report, "the daemon is within reach"), "yes");
    assert_eq!(got(&report, "its terminal"), "0");
    assert_eq!(report.crew[0].fate, Fate::Killed(Signal::SIGTERM as i32));
}

#[test]
fn a_daemon_that_somebody_stopped_ends_with_the_lab_and_with_the_supervisor() {
    for kill_supervisor in [false, true] {
        let mut play = Play::start("daemon", &[LONG]);
        let supervisor = play.supervisor();
        let daemon = play.until("a daemon", |family| {
            family.iter().find(|s| s.comm.starts_with("lab:daemon daem") && s.ppid == supervisor).cloned()
        });
        send(&daemon, Signal::SIGSTOP);
        if kill_supervisor {
            let itself = now(supervisor).expect("a supervisor");
            send(&itself, Signal::SIGKILL);
        } else {
            play.run.stop();
        }
        assert!(matches!(play.news.iter().last(), Some(LabNews::Ended { problem: Some(_) })));
        assert_nobody_left(&play.seen);
    }
}

#[test]
fn daemonic_children_and_threads_end_with_whom_they_belong_to() {
    let (report, _) = Play::start("daemon", &[SHORT, ("kind", "child")]).end();
    assert!(report.answer_ok, "{report:?}");
    assert_eq!(got(&report, "the child ended with its parent"), "yes");
    let fate = |name: &str| report.crew.iter().find(|worker| worker.name == name).expect("a worker").fate;
    assert_eq!(fate("parent"), Fate::Exited(0));
    assert_eq!(fate("child"), Fate::Killed(Signal::SIGKILL as i32));

    let (report, notes) = Play::start("daemon", &[SHORT, ("kind", "thread")]).end();
    assert!(report.answer_ok, "{report:?}");
    assert_eq!(got(&report, "the cleaner came to no end of its own"), "yes");
    assert!(notes.iter().any(|note| note.contains("does not wait for the cleaner")), "{notes:?}");
}

#[test]
fn the_masks_of_a_stubborn_process_tell_before_anybody_tries() {
    let both = bit(Signal::SIGINT) | bit(Signal::SIGTERM);
    for (how, field) in [("ignores", "SigIgn:"), ("blocks", "SigBlk:"), ("catches", "SigCgt:")] {
        let mut play = Play::start("stubborn", &[LONG, ("how", how)]);
        let stubborn = play.until_there_is("lab:stubborn st");
        play.until(field, |_| (mask(stubborn.pid, field) & both == both).then_some(()));
        for signal in [Signal::SIGINT, Signal::SIGTERM] {
            send(&stubborn, signal);
        }
        if how == "blocks" {
            play.until("pending signals", |_| (mask(stubborn.pid, "ShdPnd:") & both == both).then_some(()));
        }
        assert!(now(stubborn.pid).is_some_and(|now| is_same(&now, &stubborn) && now.state != 'Z'), "{how}");
        if how == "catches" {
            // Both were counted before the end is sent.
            play.until_it_says("came");
            play.until_it_says("came");
        }
        send(&stubborn, Signal::SIGKILL);
        let (report, notes) = play.end();
        assert!(report.answer_ok, "{how}: {report:?}");
        assert!(notes.iter().any(|note| note.contains("SIGKILL (9)")), "{how}: {notes:?}");
        assert!(figure(&report, "time to find and kill") > 0.0);
        assert_eq!(figure(&report, "signals that it caught"), if how == "catches" { 2.0 } else { 0.0 });
        assert_eq!(report.crew[0].fate, Fate::Killed(Signal::SIGKILL as i32));
    }
}

#[test]
fn what_a_stubborn_process_does_not_ignore_ends_it_and_so_does_time() {
    let mut play = Play::start("stubborn", &[LONG, ("ignore", "int")]);
    let stubborn = play.until_there_is("lab:stubborn st");
    play.until("deafness", |_| (mask(stubborn.pid, "SigIgn:") & bit(Signal::SIGINT) != 0).then_some(()));
    send(&stubborn, Signal::SIGTERM);
    let (report, _) = play.end();
    assert_eq!(report.crew[0].fate, Fate::Killed(Signal::SIGTERM as i32));
    assert!(report.answer_ok);

    // Nothing can be sent to it that would end it but SIGKILL; even so it ends with its time.
    let (report, notes) =
        Play::start("stubborn", &[("stay", "1"), ("ignore", "all"), ("how", "blocks")]).end();
    assert_eq!(report.crew[0].fate, Fate::Exited(0));
    assert!(
        report.answer_ok && notes.iter().any(|note| note.contains("Nobody ended it in time")),
        "{notes:?}"
    );
}

#[test]
fn a_storm_is_bounded_and_mostly_unseen() {
    let (report, _) = Play::start("storm", &[("stay", "2.5"), ("ms", "5")]).end();
    assert!(report.answer_ok, "{report:?}");
    let births = figure(&report, "births");
    assert!((1.0..=126.0).contains(&births), "at most 50 a second: {births}");
    assert!(figure(&report, "most at once") <= 8.0);
    // Each takes its 5 ms, whoever else wants the CPU.
    assert!(figure(&report, "CPU time charged to the parent") >= births * 0.004, "{report:?}");
    // Three looks at eight children, each of which had at most its 5 ms and what its start and end cost.
    let unseen = figure(&report, "unseen by a look each second");
    let seen_s = figure(&report, "CPU time charged to the parent") * (1.0 - unseen / 100.0);
    assert!((0.0..=3.0 * 8.0 * 0.01).contains(&seen_s), "{seen_s} s seen: {report:?}");
}

#[test]
fn a_storm_ends_with_its_parent() {
    let mut play = Play::start("storm", &[LONG, ("ms", "100")]);
    let parent = play.until_there_is("lab:storm storm");
    play.until("a child", |family| family.iter().find(|stat| stat.ppid == parent.pid).map(drop));
    send(&parent, Signal::SIGKILL);
    let (report, notes) = play.end();
    assert!(report.answer_ok, "{report:?}");
    assert!(notes.iter().any(|note| note.contains("You ended the storm")), "{notes:?}");
}

#[test]
fn a_tree_has_the_nodes_that_its_depth_and_fan_out_say() {
    for (depth, fan_out, nodes) in [("3", "2", 15), ("2", "3", 13), ("0", "2", 1)] {
        let mut play = Play::start("tree", &[LONG, ("depth", depth), ("fan-out", fan_out)]);
        let master = play.until("the whole tree", |family| {
            // The master, and the tree below it; who waits or stays has counted itself.
            (family.len() == nodes + 1 && family.iter().all(|stat| stat.state == 'S'))
                .then(|| family.iter().find(|stat| stat.comm == "lab:tree master").cloned())
        });
        let master = master.expect("a master");
        let family = play.family();
        let root = family.iter().find(|stat| stat.ppid == master.pid).expect("a root");
        for node in family.iter().filter(|stat| stat.pid != master.pid && stat.pid != root.pid) {
            assert!(
                family.iter().any(|parent| parent.pid == node.ppid && node.comm.starts_with(&parent.comm))
            );
        }
        send(root, Signal::SIGKILL);
        let (report, notes) = play.end();
        assert_eq!(figure(&report, "processes"), nodes as f64);
        assert!(report.answer_ok, "{report:?}");
        assert!(notes.iter().any(|note| note.contains("the whole tree went with it")), "{notes:?}");
    }
}

#[test]
fn a_tree_never_has_more_nodes_than_its_bound() {
    let mut play = Play::start("tree", &[("stay", "2"), ("depth", "4"), ("fan-out", "3")]);
    let mut most = 0;
    // As long as it lives.
    while now(play.supervisor()).is_some_and(|supervisor| supervisor.state != 'Z') {
        most = most.max(play.family().iter().filter(|stat| stat.state != 'Z').count());
    }
    // And the master.
    assert!((1..=32).contains(&most), "{most}");
    let (report, notes) = play.end();
    assert!(report.answer_ok, "{report:?}");
    assert!(figure(&report, "forks refused at the bound") > 0.0);
    assert!(notes.iter().any(|note| note.contains("31 is the bound")), "{notes:?}");
}

#[test]
fn a_killed_branch_takes_all_below_it_along() {
    let mut play = Play::start("tree", &[LONG, ("depth", "2")]);
    play.until("the whole tree", |family| (family.len() == 8).then_some(()));
    let branch =
        play.until("a branch", |family| family.iter().find(|stat| stat.comm == "lab:tree 11").cloned());
    let below: Vec<Stat> = play.family().into_iter().filter(|stat| stat.ppid == branch.pid).collect();
    assert_eq!(below.len(), 2);
    send(&branch, Signal::SIGKILL);
    assert_nobody_left(&below);
    // Its parent waits for its children in their order.
    play.until_it_says("Process 11 was ended by SIGKILL (9)");
    // The other branch is there as before.
    let root = play.until("the rest", |family| {
        let rest = ["1", "12", "121", "122"].map(|name| format!("lab:tree {name}"));
        rest.iter()
            .all(|name| family.iter().any(|stat| stat.comm == *name && stat.state != 'Z'))
            .then(|| family.iter().find(|stat| stat.comm == "lab:tree 1").cloned())
    });
    send(&root.expect("it was just seen"), Signal::SIGKILL);
    let (report, _) = play.end();
    assert!(report.answer_ok, "{report:?}");
    assert_eq!(figure(&report, "processes killed by others, first of each branch"), 1.0);
}

fn zombies(family: &[Stat]) -> Vec<Stat> {
    family.iter().filter(|stat| stat.state == 'Z').cloned().collect()
}

#[test]
fn zombies_hold_nothing_hear_nothing_and_go_when_their_parent_waits() {
    let mut play = Play::start("zombie", &[LONG]);
    let parent = play.until_there_is("lab:zombie pare");
    let dead = play.until("three zombies", |family| Some(zombies(family)).filter(|dead| dead.len() == 3));
    for zombie in &dead {
        assert_eq!((zombie.ppid, zombie.rss), (parent.pid, 0));
        assert_eq!(std::fs::read(format!("/proc/{}/cmdline", zombie.pid)).expect("a zombie"), b"");
        send(zombie, Signal::SIGKILL);
    }
    assert_eq!(zombies(&play.family()).len(), 3, "nothing happens to the dead");
    // What it says last before it looks for the signal.
    play.until_it_says("are zombies now");
    send(&parent, Signal::SIGCHLD);
    let (report, notes) = play.end();
    assert!(report.answer_ok, "{report:?}");
    assert_eq!(got(&report, "zombies while the parent did not wait"), "3");
    assert_eq!(got(&report, "zombies after the parent had waited"), "0");
    assert_eq!(figure(&report, "woken by SIGCHLD from outside"), 1.0, "{notes:?}");
}

#[test]
fn zombies_go_with_their_parent_too_and_with_time() {
    let mut play = Play::start("zombie", &[LONG, ("zombies", "5")]);
    let parent = play.until_there_is("lab:zombie pare");
    play.until("five zombies", |family| (zombies(family).len() == 5).then_some(()));
    send(&parent, Signal::SIGKILL);
    let (report, _) = play.end();
    assert!(report.answer_ok, "{report:?}");
    assert_eq!(got(&report, "zombies that their new parent left"), "0");

    let (report, _) = Play::start("zombie", &[("stay", "1"), ("zombies", "1")]).end();
    assert!(report.answer_ok, "{report:?}");
    assert_eq!(figure(&report, "woken by SIGCHLD from outside"), 0.0);
}

#[test]
fn an_orphan_gets_the_supervisor_for_a_parent_and_works_on() {
    let mut play = Play::start("orphan", &[LONG]);
    let supervisor = play.supervisor();
    let orphan = play.until_there_is("lab:orphan orph");
    let parent = play.until_there_is("lab:orphan pare");
    assert_eq!(orphan.ppid, parent.pid);
    send(&parent, Signal::SIGTERM);
    let after = play.until("a new parent", |family| {
        family.iter().find(|stat| is_same(stat, &orphan) && stat.ppid != parent.pid).cloned()
    });
    assert_eq!(after.ppid, supervisor);
    assert!(after.utime >= orphan.utime);
    play.until_it_says("nearest subreaper");
    send(&after, Signal::SIGTERM);
    let (report, _) = play.end();
    assert!(report.answer_ok, "{report:?}");
    assert_eq!(got(&report, "parent after: the supervisor"), supervisor.to_string());
    let fate = |name: &str| report.crew.iter().find(|worker| worker.name == name).expect("a worker").fate;
    assert_eq!(fate("orphan"), Fate::Killed(Signal::SIGTERM as i32));
    assert!(report.user_s + report.sys_s > 0.0);
}

#[test]
fn an_orphan_that_nobody_ends_comes_to_its_end() {
    let (report, _) = Play::start("orphan", &[("stay", "1")]).end();
    assert!(report.answer_ok && report.checks.len() == 3, "{report:?}");
    assert!(report.crew.iter().all(|worker| worker.fate == Fate::Exited(0)), "{report:?}");
}

#[test]
fn six_states_are_there_at_once_and_the_master_saw_it() {
    let mut play = Play::start("states", &[LONG]);
    play.until("six letters", |family| {
        let with = |name: &str, state: char| {
            family
                .iter()
                .find(|stat| stat.comm == format!("lab:states {name}") && stat.state == state)
                .cloned()
        };
        let traced = with("trac", 't')?;
        Some([with("R", 'R')?, with("S", 'S')?, with("D", 'D')?, with("T", 'T')?, traced, with("zomb", 'Z')?])
    });
    play.until_it_says("All letters");
    for letter in ["R", "S", "D", "T", "t", "Z"] {
        let one = play.until_there_is(&format!("lab:states {letter}"));
        send(&one, Signal::SIGKILL);
        assert_nobody_left(&[one]);
    }
    let (report, notes) = play.end();
    assert!(report.answer_ok, "{report:?}");
    assert_eq!(got(&report, "states seen at the same time"), "RSDTtZ");
    assert!(notes.iter().any(|note| note.contains("Somebody ended D")), "SIGKILL reaches D: {notes:?}");
}

#[test]
fn states_end_by_themselves_the_stopped_one_too() {
    let (report, _) = Play::start("states", &[("stay", "3")]).end();
    assert!(report.answer_ok, "{report:?}");
    let fate = |name: &str| report.crew.iter().find(|worker| worker.name == name).expect("a worker").fate;
    assert_eq!(["R", "S", "D", "t", "Z"].map(fate), [Fate::Exited(0); 5]);
    assert_eq!(fate("T"), Fate::Killed(Signal::SIGKILL as i32));
}

#[test]
fn two_cooks_are_alive_when_they_should_be() {
    let (report, _) = Play::start("states", &[("story", "soup"), ("stay", "1")]).end();
    assert!(report.answer_ok && report.checks.len() == 4, "{report:?}");
    assert!(figure(&report, "the soup took") >= 1.0, "nobody joins a thread before its end");
    assert_eq!(report.crew.len(), 2);
    assert_eq!(report.crew[0].pid, report.crew[1].pid);
}

#[test]
fn a_runaway_is_found_by_its_cpu_time_and_its_end_ends_the_search() {
    let mut play = Play::start_with("runaway", 6, &[LONG]);
    let cpu = |stat: &Stat| stat.utime + stat.stime;
    let hog = play.until("somebody with CPU time", |family| {
        let crew: Vec<&Stat> = family.iter().filter(|stat| stat.comm != "lab:runaway mas").collect();
        let hog = crew.iter().find(|stat| cpu(stat) >= 20)?;
        assert!(crew.iter().all(|other| other.pid == hog.pid || cpu(other) < 10), "the others are idle");
        (crew.len() == 6).then(|| (*hog).clone())
    });
    let idle = play.family().into_iter().find(|stat| stat.ppid == hog.ppid && stat.pid != hog.pid);
    send(&idle.expect("an idle one"), Signal::SIGTERM);
    play.until_it_says("It was not");
    send(&hog, Signal::SIGTERM);
    let (report, notes) = play.end();
    assert!(report.answer_ok, "{report:?}");
    assert!(
        notes.iter().any(|note| note.contains("Found") && note.contains(&hog.pid.to_string())),
        "{notes:?}"
    );
    assert!(figure(&report, "time to find and kill") > 0.0);
    assert_eq!(figure(&report, "others that were ended instead"), 1.0);
}

#[test]
fn a_runaway_that_nobody_finds_is_ended_by_its_limit_of_cpu_time() {
    let (report, notes) = Play::start_with("runaway", 3, &[LONG, ("cpu-limit", "1")]).end();
    assert!(report.answer_ok, "{report:?}");
    assert!(notes.iter().any(|note| note.contains("SIGXCPU")), "{notes:?}");
    let fates: Vec<Fate> = report.crew.iter().map(|worker| worker.fate).collect();
    assert_eq!(
        fates.iter().filter(|fate| **fate == Fate::Killed(Signal::SIGXCPU as i32)).count(),
        1,
        "{fates:?}"
    );
    assert!(report.user_s + report.sys_s < 3.0, "it took no more than it may: {report:?}");
}

#[test]
fn a_leak_grows_to_its_bound_and_would_be_the_first_to_go() {
    let mut play = Play::start("leak", &[LONG, ("rate", "64"), ("mib", "32")]);
    let leak = play.until_there_is("lab:leak leak");
    play.until_it_says("at its bound");
    let full = now(leak.pid).expect("a leak");
    let pages = 32 * 1024 * 1024 / procfs::page_size();
    assert!(
        // It may have taken some already when it was first seen.
        full.rss >= pages && full.rss >= leak.rss && full.rss <= pages * 3,
        "{} {}",
        leak.rss,
        full.rss
    );
    let score = std::fs::read_to_string(format!("/proc/{}/oom_score_adj", leak.pid)).expect("a leak");
    assert_eq!(score.trim(), "1000");
    send(&leak, Signal::SIGTERM);
    let (report, notes) = play.end();
    assert!(report.answer_ok, "{report:?}");
    assert_eq!(figure(&report, "taken"), 32.0);
    assert!(notes.iter().any(|note| note.contains("It was ended after")), "{notes:?}");
}

#[test]
fn a_leak_that_nobody_ends_gives_all_back_and_ends() {
    let (report, _) = Play::start("leak", &[("stay", "2"), ("rate", "32"), ("mib", "8")]).end();
    assert!(report.answer_ok, "{report:?}");
    assert_eq!((figure(&report, "taken"), figure(&report, "its bound")), (8.0, 8.0));
    assert!(figure(&report, "time to its bound") > 0.0);
    assert_eq!(report.crew[0].fate, Fate::Exited(0));
}
