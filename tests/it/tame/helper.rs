//! A process of this test program with several threads, and a control thread with its news.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::DEADLINE;
use glowtop::control::{Control, start_with};
use glowtop::model::{
    Act, Change, ControlNews, ControlOrder, Happened, Outcome, ProcId, Reach, Settings, Target, Verdict,
};
use rustix::process::{Pid, getpriority_process};

pub(super) const GENEROUS: Duration = Duration::from_secs(30);

/// Makes a thread of this very test program a process with as many threads as it says.
const HELPER: &str = "GLOWTOP_TEST_THREADS";

/// A process with several threads, gone when the test is.
pub(super) struct Helper {
    pub(super) child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Helper {
    pub(super) fn start(threads: u32) -> Helper {
        crate::inherited::default_signals();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tame::helper::a_helper_with_threads", "--nocapture", "--test-threads=1"])
            .env(HELPER, threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (orders, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut helper = Helper { child, orders, answers };
        helper.answer();
        helper
    }

    /// Tells it what to do and returns when it has begun.
    pub(super) fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").unwrap();
        self.answer();
    }

    pub(super) fn answer(&mut self) {
        let mut line = String::new();
        while !line.trim_end().ends_with("ready") {
            line.clear();
            assert_ne!(self.answers.read_line(&mut line).unwrap(), 0, "the helper has ended");
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn target(&self) -> Target {
        target(self.pid())
    }

    /// The ids of its threads, the main one's first.
    pub(super) fn tids(&self) -> Vec<i32> {
        let tasks = procfs::process::Process::new(self.pid() as i32).unwrap().tasks().unwrap();
        tasks.filter_map(Result::ok).map(|task| task.tid).collect()
    }

    /// What each of its threads has.
    pub(super) fn each<T>(&self, read: impl Fn(i32) -> T) -> BTreeMap<i32, T> {
        self.tids().into_iter().map(|tid| (tid, read(tid))).collect()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// No test of its own: see [`Helper`].
#[test]
fn a_helper_with_threads() {
    let Ok(count) = std::env::var(HELPER) else { return };
    let park = || {
        std::thread::spawn(|| {
            loop {
                std::thread::park();
            }
        })
    };
    for _ in 0..count.parse().unwrap() {
        park();
    }
    println!("ready");
    let mut storm = None;
    for line in std::io::stdin().lines() {
        match line.unwrap().split_once(' ') {
            // Threads that stay, one after the other, started by one that goes on doing that for a while.
            Some(("storm", count)) => {
                let count: u32 = count.parse().unwrap();
                storm = Some(std::thread::spawn(move || {
                    for _ in 0..count {
                        park();
                        std::thread::sleep(Duration::from_micros(30));
                    }
                }));
            }
            // Ready when the storm is over.
            Some(("wait", _)) => storm.take().unwrap().join().unwrap(),
            // A thread that is started after all has been said and done.
            Some(("late", _)) => drop(park()),
            other => panic!("{other:?}"),
        }
        println!("ready");
    }
}

pub(super) fn stat(pid: u32) -> procfs::process::Stat {
    procfs::process::Process::new(pid as i32).unwrap().stat().unwrap()
}

pub(super) fn target(pid: u32) -> Target {
    Target::new(ProcId::new(pid, stat(pid).starttime).unwrap(), "helper")
}

/// A control thread and its news.
pub(super) struct Desk {
    pub(super) control: Control,
    news: Receiver<ControlNews>,
}

impl Desk {
    pub(super) fn open() -> Desk {
        let (tell, news) = channel();
        let control = start_with(GENEROUS, move |told| drop(tell.send(told))).unwrap();
        Desk { control, news }
    }

    pub(super) fn next(&self) -> ControlNews {
        self.news.recv_timeout(DEADLINE).expect("no news came")
    }

    pub(super) fn pin(&self, session: u64, targets: &[Target]) -> Settings {
        self.control.send(ControlOrder::Pin { session, targets: targets.to_vec() });
        let mut settings = Settings::default();
        let mut left = targets.len();
        while left > 0 {
            match self.next().what {
                Happened::Over { .. } => {}
                Happened::Pinned(standing) => (settings, left) = (standing.settings, left - 1),
                other => panic!("it is alive, not {other:?}"),
            }
        }
        settings
    }

    pub(super) fn act(&self, session: u64, act: Act) {
        self.control.send(ControlOrder::Act { session, act, only: Vec::new(), reach: Reach::Pinned });
    }

    /// The next outcome of `session`; that an order is over is passed over.
    pub(super) fn outcome(&self, session: u64) -> (Option<Act>, Outcome) {
        loop {
            let news = self.next();
            match news.what {
                Happened::Over { .. } => {}
                Happened::Outcome(outcome) => {
                    assert_eq!(news.session, session);
                    return (news.act, outcome);
                }
                other => panic!("an outcome was due, not {other:?}"),
            }
        }
    }

    pub(super) fn verdict(&self) -> Verdict {
        loop {
            match self.next().what {
                Happened::Over { .. } => {}
                Happened::Verdict(verdict) => return verdict,
                other => panic!("a verdict was due, not {other:?}"),
            }
        }
    }

    /// Pins one, acts on it, and returns what came of it.
    pub(super) fn once(&self, session: u64, target: &Target, act: Act) -> Outcome {
        self.pin(session, std::slice::from_ref(target));
        self.act(session, act);
        let (told, outcome) = self.outcome(session);
        assert_eq!(told, Some(act));
        outcome
    }

    pub(super) fn undo(&self, session: u64, of: u64) {
        self.control.send(ControlOrder::Undo { session, of });
    }
}

pub(super) fn nice(tid: i32) -> i32 {
    getpriority_process(Pid::from_raw(tid)).unwrap()
}

pub(super) fn change(outcome: Outcome) -> Change {
    match outcome {
        Outcome::Changed(change) => *change,
        other => panic!("something should have changed, not {other:?}"),
    }
}

pub(super) fn refused(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Refused(why) => why,
        other => panic!("it should be refused, not {other:?}"),
    }
}

/// What a program of util-linux says; `None` where it is not there.
pub(super) fn util(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
