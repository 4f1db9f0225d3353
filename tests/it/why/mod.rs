//! Why somebody will not die, who came in its place, and what belongs to it: found out about real processes.

mod frozen;
mod recycled;
mod respawn;
mod survey;
mod weak;

use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::{DEADLINE, until};
use glowtop::control::{Control, start_with};
use glowtop::model::{
    Act, ControlNews, ControlOrder, Happened, NextStep, Outcome, Pid, ProcId, Reach, Signal, Target, Verdict,
    WhyAlive,
};

/// Long enough for a busy machine to run a child's few instructions, so that what should die dies within it.
const GENEROUS: Duration = Duration::from_secs(30);
/// For children that are known to outlive the signal.
const SHORT: Duration = Duration::from_millis(200);

const KILL: Act = Act::Signal(Signal::KILL);

/// A child that is gone when the test is.
struct Guard(Child);

impl Guard {
    fn start(command: &mut Command) -> Guard {
        Guard::try_start(command).unwrap()
    }

    fn try_start(command: &mut Command) -> std::io::Result<Guard> {
        crate::inherited::default_signals();
        Ok(Guard(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?))
    }

    fn shell(script: &str) -> Guard {
        Guard::start(Command::new("sh").args(["-c", script]))
    }

    /// Runs `code` with `argument`; says so where that cannot be.
    fn python(code: &str, argument: &str) -> Option<Guard> {
        let guard = Guard::try_start(Command::new("python3").args(["-c", code, argument])).ok();
        if guard.is_none() {
            println!("skipped: no python3");
        }
        guard
    }

    fn line(&mut self) -> String {
        crate::support::line(&mut self.0)
    }

    fn number(&mut self) -> u32 {
        self.line().parse().unwrap()
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A process that is no child of ours, and gone when the test is.
struct Stray(Target);

impl Drop for Stray {
    fn drop(&mut self) {
        let pid = self.0.id.pid.raw();
        let start = procfs::process::Process::new(pid).and_then(|process| process.stat());
        if start.is_ok_and(|stat| stat.starttime == self.0.id.start_time) {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGKILL);
        }
    }
}

fn stat(pid: u32) -> procfs::process::Stat {
    procfs::process::Process::new(pid as i32).unwrap().stat().unwrap()
}

fn target(pid: u32) -> Target {
    let stat = stat(pid);
    Target::new(ProcId::new(pid, stat.starttime).unwrap(), stat.comm.as_str())
}

/// A control thread and its news.
struct Desk {
    control: Control,
    news: Receiver<ControlNews>,
}

impl Desk {
    fn open(patience: Duration) -> Desk {
        let (tell, news) = channel();
        let control = start_with(patience, move |told| drop(tell.send(told))).unwrap();
        Desk { control, news }
    }

    /// The next news that is about somebody. That an order is over is passed over, and that somebody has come again:
    /// other tests start the same programs.
    fn next(&self) -> ControlNews {
        loop {
            let news = self.news.recv_timeout(DEADLINE).expect("no news came");
            if !matches!(news.what, Happened::Over { .. } | Happened::Respawned(_)) {
                return news;
            }
        }
    }

    fn pin(&self, session: u64, target: Target) {
        self.control.send(ControlOrder::Pin { session, targets: vec![target] });
        let told = self.next().what;
        assert!(matches!(told, Happened::Pinned(_)), "{told:?}");
    }

    fn act(&self, session: u64, act: Act) {
        self.control.send(ControlOrder::Act { session, act, only: Vec::new(), reach: Reach::Pinned });
    }

    fn outcome(&self) -> Outcome {
        match self.next().what {
            Happened::Outcome(outcome) => outcome,
            other => panic!("an outcome was due, not {other:?}"),
        }
    }

    /// Pins `target`, signals it, and returns the verdict.
    fn signal(&self, session: u64, target: Target, signal: Signal) -> ControlNews {
        self.pin(session, target);
        self.act(session, Act::Signal(signal));
        assert_eq!(self.outcome(), Outcome::Delivered);
        self.next()
    }
}

fn why(news: &ControlNews) -> &WhyAlive {
    match &news.what {
        Happened::Verdict(Verdict::StillAlive { why, .. }) => why,
        other => panic!("it should live, not {other:?}"),
    }
}

#[track_caller]
fn assert_killed(news: &ControlNews) {
    let killed = matches!(news.what, Happened::Verdict(Verdict::Killed { by: Signal::KILL, .. }));
    assert!(killed, "{news:?}");
}

#[test]
fn one_that_a_tracer_holds_is_told_with_the_tracer() {
    // The child asks to be traced and stops; the parent, its tracer, never lets it go on.
    let code = "import ctypes, os, signal, sys
pid = os.fork()
if pid == 0:
    if ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
    os._exit(9)
print(pid, flush=True)
sys.stdin.read()";
    let Some(mut parent) = Guard::python(code, "") else { return };
    let pid = parent.number();
    let _stray = Stray(target(pid));
    until("a process that is held, or may not be", || matches!(stat(pid).state, 't' | 'Z'));
    if stat(pid).state == 'Z' {
        println!("skipped: nobody may trace here");
        return;
    }
    let desk = Desk::open(GENEROUS);
    let news = desk.signal(1, target(pid), Signal::TERM);
    let tracer = Pid::new(parent.pid()).unwrap();
    let tracer_name = stat(parent.pid()).comm.as_str().into();
    assert_eq!(why(&news), &WhyAlive::Traced { tracer, tracer_name, held: true });
    assert_eq!(news.next_step(), Some(NextStep::Send(Signal::KILL)));
    desk.act(1, KILL);
    assert_eq!(desk.outcome(), Outcome::Delivered);
    assert_killed(&desk.next());
}

#[test]
fn threads_that_go_on_without_their_main_thread_are_no_zombie() {
    // The main thread ends by exit(2), which is not exit_group(2) and so ends nobody else.
    let code = "import ctypes, signal, sys, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
threading.Thread(target=sys.stdin.read).start()
print('up', flush=True)
ctypes.CDLL(None).syscall(int(sys.argv[1]), 0)";
    let Some(mut child) = Guard::python(code, &libc::SYS_exit.to_string()) else { return };
    assert_eq!(child.line(), "up");
    until("a main thread that has ended", || stat(child.pid()).state == 'Z');
    let desk = Desk::open(GENEROUS);
    let news = desk.signal(1, target(child.pid()), Signal::TERM);
    assert_eq!(why(&news), &WhyAlive::MainEnded { threads: 1, why: Box::new(WhyAlive::Ignores) });
    assert_eq!(news.next_step(), Some(NextStep::Send(Signal::KILL)));
    desk.act(1, KILL);
    assert_eq!(desk.outcome(), Outcome::Delivered);
    assert_killed(&desk.next());
}

#[test]
fn one_that_takes_the_signal_from_its_queue_has_caught_it() {
    let code = "import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print('up', flush=True)
while True: signal.sigwait([signal.SIGTERM])";
    let Some(mut child) = Guard::python(code, "") else { return };
    assert_eq!(child.line(), "up");
    let news = Desk::open(Duration::from_secs(2)).signal(1, target(child.pid()), Signal::TERM);
    // On a machine that lets it do nothing for two seconds it may not have come to that.
    assert!(matches!(why(&news), WhyAlive::Catches | WhyAlive::Blocks), "{news:?}");
}

#[test]
fn a_signal_that_all_threads_block_waits() {
    let code = "import signal, sys, threading
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
threading.Thread(target=sys.stdin.read).start()
print('up', flush=True)
threading.Event().wait()";
    let Some(mut child) = Guard::python(code, "") else { return };
    assert_eq!(child.line(), "up");
    let news = Desk::open(GENEROUS).signal(1, target(child.pid()), Signal::TERM);
    assert_eq!(why(&news), &WhyAlive::Blocks);
}
