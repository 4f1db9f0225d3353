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
const LONG: (&str, &str) = ("seconds", "80");
/// For what shall come to its end by itself.
const SHORT: (&str, &str) = ("seconds", "0.5");

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
        knobs.iter().for_each(|(knob, value)| settings.set(knob, *value));
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
        (report.expect("a report"), notes)
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
            let notes =
                |play: &Play| matches!(play.news.recv(), Ok(LabNews::Note(note)) if note.contains("came"));
            let mut came = 0;
            while came < 2 {
                came += u32::from(notes(&play));
            }
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
    let mut play = Play::start("stubborn", &[("seconds", "1"), ("ignore", "all"), ("how", "blocks")]);
    play.until_there_is("lab:stubborn st");
    let (report, notes) = play.end();
    assert_eq!(report.crew[0].fate, Fate::Exited(0));
    assert!(report.answer_ok && notes.iter().any(|note| note.contains("its time is up")), "{notes:?}");
}

#[test]
fn a_storm_is_bounded_and_mostly_unseen() {
    let (report, _) = Play::start("storm", &[("seconds", "2.5"), ("ms", "5")]).end();
    assert!(report.answer_ok, "{report:?}");
    let births = figure(&report, "births");
    assert!((1.0..=126.0).contains(&births), "at most 50 a second: {births}");
    assert!(figure(&report, "most at once") <= 8.0);
    // Each takes its 5 ms, whoever else wants the CPU.
    assert!(figure(&report, "CPU time charged to the parent") >= births * 0.004, "{report:?}");
    let unseen = figure(&report, "unseen by a look each second");
    assert!((0.0..=100.0).contains(&unseen));
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
