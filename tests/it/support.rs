//! What the tests of acting share: children that end with the test, and a control thread with its news.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use glowtop::control::{Control, start_with};
use glowtop::model::{
    Act, ControlNews, ControlOrder, Happened, Outcome, ProcId, Reach, Signal, Target, Verdict, WhyAlive,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// No test waits this long unless it fails.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);
/// Long enough for a busy machine to run a child's few instructions, so that what should die dies within it.
pub(crate) const GENEROUS: Duration = Duration::from_secs(30);
/// For children that are known to outlive the signal.
pub(crate) const SHORT: Duration = Duration::from_millis(200);

pub(crate) const TERM: Act = Act::Signal(Signal::TERM);
pub(crate) const KILL: Act = Act::Signal(Signal::KILL);

/// A child that is gone when the test is.
pub(crate) struct Guard(pub(crate) Child);

impl Guard {
    pub(crate) fn start(command: &mut Command) -> Guard {
        crate::inherited::default_signals();
        Guard(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    /// A shell that has run `setup` and now waits for its standard input to be closed.
    pub(crate) fn shell(setup: &str, end: &str) -> Guard {
        let mut guard =
            Guard::start(Command::new("sh").args(["-c", &format!("{setup}; echo up; read x; {end}")]));
        assert_eq!(guard.line(), "up");
        guard
    }

    pub(crate) fn sleeper() -> Guard {
        Guard::start(Command::new("sleep").arg("1000"))
    }

    pub(crate) fn line(&mut self) -> String {
        line(&mut self.0)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn target(&self) -> Target {
        target(self.pid())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The next line that a child writes to its piped output; no more is read than that, so that nothing is lost. The rest
/// where the output ends.
pub(crate) fn line(child: &mut Child) -> String {
    let out = child.stdout.as_mut().unwrap();
    let limit = Instant::now() + DEADLINE;
    let (mut line, mut byte) = (Vec::new(), [0]);
    while byte != *b"\n" {
        let left = limit.saturating_duration_since(Instant::now());
        let left = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
        let ready = poll(&mut [PollFd::new(&*out, PollFlags::IN)], Some(&left));
        assert!(!matches!(ready, Ok(0)), "no line came after {:?}", String::from_utf8_lossy(&line));
        if ready.is_ok() {
            if out.read(&mut byte).unwrap() == 0 {
                break;
            }
            line.extend(byte);
        }
    }
    String::from_utf8(line).unwrap().trim_end().to_owned()
}

/// What control does and tells, but for who has come again: other tests start the same programs.
pub(crate) fn act_and_wait(
    targets: Vec<Target>,
    act: Act,
    reach: Reach,
    patience: Duration,
) -> std::io::Result<Vec<ControlNews>> {
    let mut told = glowtop::control::act_and_wait(targets, act, reach, patience)?;
    told.retain(|news| !matches!(news.what, Happened::Respawned(_)));
    Ok(told)
}

/// What procfs, which has its own parser, knows about `pid`.
pub(crate) fn stat(pid: u32) -> procfs::process::Stat {
    procfs::process::Process::new(pid as i32).unwrap().stat().unwrap()
}

/// The same, where there is such a process.
pub(crate) fn stat_of(pid: u32) -> Option<procfs::process::Stat> {
    procfs::process::Process::new(pid as i32).ok()?.stat().ok()
}

pub(crate) fn target(pid: u32) -> Target {
    Target::new(ProcId::new(pid, stat(pid).starttime).unwrap(), "child")
}

/// Asks until the answer is yes.
pub(crate) fn until(what: &str, mut yes: impl FnMut() -> bool) {
    let start = Instant::now();
    while !yes() {
        assert!(start.elapsed() < DEADLINE, "it never came to this: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A control thread and its news.
pub(crate) struct Desk {
    pub(crate) control: Control,
    pub(crate) news: Receiver<ControlNews>,
}

impl Desk {
    pub(crate) fn open(patience: Duration) -> Desk {
        let (tell, news) = channel();
        let control = start_with(patience, move |told| drop(tell.send(told))).unwrap();
        Desk { control, news }
    }

    /// The next news, whatever they are.
    pub(crate) fn any(&self) -> ControlNews {
        self.news.recv_timeout(DEADLINE).expect("no news came")
    }

    /// The next news of a process; the end of an order is passed over, and so is that somebody has come again: other
    /// tests start the same programs.
    pub(crate) fn next(&self) -> ControlNews {
        loop {
            let news = self.any();
            if !matches!(news.what, Happened::Over { .. } | Happened::Respawned(_)) {
                return news;
            }
        }
    }

    /// Everything that is told until the order of `session` is over, and how many it reached and lost.
    pub(crate) fn story(&self, session: u64) -> (Vec<ControlNews>, (u32, u32)) {
        let mut told = Vec::new();
        loop {
            let news = self.any();
            match news.what {
                Happened::Over { reached, escaped } if news.session == session => {
                    return (told, (reached, escaped));
                }
                Happened::Respawned(_) => {}
                _ => told.push(news),
            }
        }
    }

    pub(crate) fn pin(&self, session: u64, targets: &[&Guard]) {
        let targets: Vec<Target> = targets.iter().map(|guard| guard.target()).collect();
        let count = targets.len();
        self.control.send(ControlOrder::Pin { session, targets });
        for _ in 0..count {
            assert!(matches!(self.next().what, Happened::Pinned(_)));
        }
    }

    pub(crate) fn act(&self, session: u64, act: Act) {
        self.reach(session, act, Reach::Pinned);
    }

    pub(crate) fn reach(&self, session: u64, act: Act, reach: Reach) {
        self.control.send(ControlOrder::Act { session, act, only: Vec::new(), reach });
    }

    pub(crate) fn outcome(&self) -> Outcome {
        match self.next().what {
            Happened::Outcome(outcome) => outcome,
            other => panic!("an outcome was due, not {other:?}"),
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        match self.next().what {
            Happened::Verdict(verdict) => verdict,
            other => panic!("a verdict was due, not {other:?}"),
        }
    }

    /// Pins `guard`, signals it, and returns the verdict.
    pub(crate) fn signal(&self, session: u64, guard: &Guard, signal: Signal) -> Verdict {
        self.pin(session, &[guard]);
        self.act(session, Act::Signal(signal));
        assert_eq!(self.outcome(), Outcome::Delivered);
        self.verdict()
    }
}

pub(crate) fn why(verdict: Verdict) -> WhyAlive {
    match verdict {
        Verdict::StillAlive { why, .. } => why,
        other => panic!("it should live, not {other:?}"),
    }
}

pub(crate) fn killed_by(verdict: &Verdict) -> Option<Signal> {
    match verdict {
        Verdict::Killed { by, .. } => Some(*by),
        _ => None,
    }
}
