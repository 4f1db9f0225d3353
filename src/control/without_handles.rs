//! Tests: acting on real children as if the kernel had no pidfd.

use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::Pid as RawPid;

use super::door::{Control, start_by};
use super::look;
use crate::model::{
    Act, ControlNews, ControlOrder, Happened, Outcome, Pid, ProcId, Reach, Signal, Target, Verdict, WhyAlive,
};

/// No test waits this long unless it fails.
const DEADLINE: Duration = Duration::from_mins(1);
const GENEROUS: Duration = Duration::from_secs(30);

/// Linux before 5.3.
fn too_old(_: RawPid) -> Result<OwnedFd, Errno> {
    Err(Errno::NOSYS)
}

struct Guard(Child);

impl Guard {
    fn start(program: &str, arguments: &[&str]) -> Guard {
        let mut command = Command::new(program);
        Guard(command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    fn sleeper() -> Guard {
        Guard::start("sleep", &["1000"])
    }

    fn target(&self) -> Target {
        let pid = Pid::new(self.0.id()).unwrap();
        Target::new(ProcId { pid, start_time: look::stat(pid).unwrap().start_time }, "child")
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Desk {
    control: Control,
    news: Receiver<ControlNews>,
}

impl Desk {
    fn open(open: super::pin::Open) -> Desk {
        let (tell, news) = channel();
        let control = start_by(open, GENEROUS, move |told| drop(tell.send(told))).unwrap();
        Desk { control, news }
    }

    fn next(&self) -> Happened {
        loop {
            let what = self.news.recv_timeout(DEADLINE).unwrap().what;
            if !matches!(what, Happened::Over { .. } | Happened::Respawned(_)) {
                return what;
            }
        }
    }

    fn pin(&self, session: u64, target: Target) {
        self.control.send(ControlOrder::Pin { session, targets: vec![target] });
        match self.next() {
            Happened::Pinned(standing) => assert!(standing.weak),
            other => panic!("{other:?}"),
        }
    }

    fn act(&self, session: u64, act: Act) {
        self.control.send(ControlOrder::Act { session, act, only: Vec::new(), reach: Reach::Pinned });
    }

    fn signal(&self, session: u64, target: Target, signal: Signal) -> Happened {
        self.pin(session, target);
        self.act(session, Act::Signal(signal));
        assert_eq!(self.next(), Happened::Outcome(Outcome::Delivered));
        self.next()
    }
}

#[test]
fn signals_are_delivered_and_the_end_is_found_out() {
    // Ours until we reap them, so that nothing is left to chance.
    let (missing, forbidden): (super::pin::Open, super::pin::Open) = (too_old, |_| Err(Errno::PERM));
    for (open, number) in [(missing, 9), (missing, 64), (forbidden, 10)] {
        let child = Guard::sleeper();
        let desk = Desk::open(open);
        let signal = Signal::new(number).unwrap();
        let end = desk.signal(1, child.target(), signal);
        assert!(matches!(end, Happened::Verdict(Verdict::Killed { by, .. }) if by == signal), "{end:?}");
        desk.act(1, Act::Signal(Signal::KILL));
        assert_eq!(desk.next(), Happened::Outcome(Outcome::AlreadyGone));
    }
}

#[test]
fn a_stop_and_what_follows_are_seen() {
    let child = Guard::sleeper();
    let desk = Desk::open(too_old);
    assert_eq!(desk.signal(1, child.target(), Signal::STOP), Happened::Verdict(Verdict::Stopped));
    let waits = desk.signal(2, child.target(), Signal::TERM);
    let Happened::Verdict(Verdict::StillAlive { why, .. }) = waits else { panic!("{waits:?}") };
    assert_eq!(why, WhyAlive::Stopped);
    desk.act(1, Act::Signal(Signal::KILL));
    assert_eq!(desk.next(), Happened::Outcome(Outcome::Delivered));
    // Of both sessions: the second one's late end, and the answer to the first one's order.
    for _ in 0..2 {
        let end = desk.next();
        assert!(matches!(end, Happened::Verdict(Verdict::Killed { by: Signal::KILL, .. })), "{end:?}");
    }
}

#[test]
fn a_newcomer_with_the_same_pid_is_left_alone() {
    let mut child = Guard::sleeper();
    let mut other = child.target();
    other.id.start_time -= 1;
    let desk = Desk::open(too_old);
    desk.control.send(ControlOrder::Pin { session: 1, targets: vec![other] });
    assert_eq!(desk.next(), Happened::Outcome(Outcome::Replaced));
    for act in [Act::Signal(Signal::KILL), Act::Renice(5)] {
        desk.act(1, act);
        assert_eq!(desk.next(), Happened::Outcome(Outcome::Replaced));
    }
    // A SIGKILL would have ended it before this answer.
    let goes_on = desk.signal(2, child.target(), Signal::CONT);
    assert_eq!(goes_on, Happened::Verdict(Verdict::Alive));
    assert!(child.0.try_wait().unwrap().is_none());
}

#[test]
fn one_that_ends_while_it_is_pinned_is_told() {
    let mut child = Guard::sleeper();
    let gone = child.target();
    let desk = Desk::open(too_old);
    desk.pin(1, gone.clone());
    child.0.kill().unwrap();
    child.0.wait().unwrap();
    assert_eq!(desk.next(), Happened::Vanished);
    desk.control.send(ControlOrder::Pin { session: 2, targets: vec![gone] });
    assert_eq!(desk.next(), Happened::Vanished);
    desk.act(2, Act::Renice(1));
    assert_eq!(desk.next(), Happened::Outcome(Outcome::AlreadyGone));
}

#[test]
fn a_thread_is_still_told_from_a_process() {
    let stay = std::thread::spawn(std::thread::park);
    let me = Pid::new(std::process::id()).unwrap();
    let thread = look::threads(me).into_iter().map(|thread| thread.id).find(|id| *id != me).unwrap();
    let target = Target::new(ProcId { pid: thread, start_time: look::stat(thread).unwrap().start_time }, "x");
    let desk = Desk::open(too_old);
    desk.control.send(ControlOrder::Pin { session: 1, targets: vec![target] });
    // By its number kill(2) would reach this whole process. It may also be another test's, and have ended since.
    if matches!(desk.next(), Happened::Pinned(_)) {
        desk.act(1, Act::Signal(Signal::KILL));
        let outcome = desk.next();
        let harmless = matches!(
            outcome,
            Happened::Outcome(Outcome::Refused(_) | Outcome::AlreadyGone | Outcome::Replaced)
        );
        assert!(harmless, "{outcome:?}");
    }
    stay.thread().unpark();
    stay.join().unwrap();
}
