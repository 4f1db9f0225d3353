//! The kill matrix: whatever ends whichever process of the lab, nothing of the run is left.
//!
//! A panic is SIGABRT here: that is what it ends in where panics abort, as in the release build.

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::lab::{Proc, members};
use crate::pty::{GLOWTOP, Pty, Start};

/// Only there to end a broken test; the promise is a second, on a machine that has time.
const DEADLINE: Duration = Duration::from_secs(40);

/// How often is looked.
const LOOK: Duration = Duration::from_millis(10);

/// Cells of the matrix at a time.
const AT_A_TIME: usize = 6;

/// What opens the lab's screen and starts the workload that it opens with, for as long as it can.
const KEYS: &[u8] = b"L]]]\r";

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    Plain,
    Stubborn,
    Daemonised,
    Stopped,
    Spawning,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Plain, Kind::Stubborn, Kind::Daemonised, Kind::Stopped, Kind::Spawning];

    fn arguments(self) -> Vec<&'static str> {
        match self {
            Kind::Plain | Kind::Stopped => {
                vec!["lab", "run", "primes", "--mode", "pool", "--workers", "2", "--seconds", "30"]
            }
            // So long that none is over before it was looked at.
            Kind::Stubborn => vec!["lab", "run", "stubborn", "--mode", "fork", "--stay", "80"],
            Kind::Daemonised => vec!["lab", "run", "daemon", "--mode", "fork", "--stay", "80"],
            Kind::Spawning => vec!["lab", "run", "storm", "--mode", "fork", "--stay", "80"],
        }
    }
}

/// What is ended.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Target {
    /// `glowtop lab run`.
    Command,
    /// The monitor's screen.
    Screen,
    Supervisor,
    Master,
}

/// By what.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Way {
    Signal(Signal),
    /// The terminal is gone: only who has one can lose it.
    Terminal,
}

impl Way {
    const SIGNALS: [Way; 4] = [
        Way::Signal(Signal::SIGKILL),
        Way::Signal(Signal::SIGTERM),
        Way::Signal(Signal::SIGHUP),
        Way::Signal(Signal::SIGABRT),
    ];
}

type Cell = (Kind, Target, Way);

fn matrix() -> Vec<Cell> {
    let mut cells = Vec::new();
    for way in Way::SIGNALS.into_iter().chain([Way::Terminal]) {
        cells.extend(Kind::ALL.map(|kind| (kind, Target::Command, way)));
        // What it runs is of no importance to whom ends the screen; to choose it by keys would be another test.
        cells.extend([Kind::Plain, Kind::Stopped].map(|kind| (kind, Target::Screen, way)));
        if way != Way::Terminal {
            cells.extend(Kind::ALL.map(|kind| (kind, Target::Supervisor, way)));
            cells.extend(Kind::ALL.map(|kind| (kind, Target::Master, way)));
        }
    }
    cells
}

/// A glowtop with a run; both are gone when this is.
enum Glowtop {
    Plain(Child),
    InTerminal(Box<Pty>),
}

impl Glowtop {
    fn start((kind, target, way): Cell) -> Glowtop {
        crate::inherited::default_signals();
        if target == Target::Screen {
            let pty = Start::glowtop(&[]).size(120, 40).spawn();
            pty.wait_frames(1);
            pty.send(KEYS);
            return Glowtop::InTerminal(Box::new(pty));
        }
        if way == Way::Terminal {
            return Glowtop::InTerminal(Box::new(Start::glowtop(&kind.arguments()).spawn()));
        }
        let mut command = Command::new(GLOWTOP);
        command.args(kind.arguments()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        Glowtop::Plain(command.spawn().unwrap())
    }

    fn pid(&self) -> i32 {
        match self {
            Glowtop::Plain(child) => child.id() as i32,
            Glowtop::InTerminal(pty) => pty.pid().as_raw(),
        }
    }

    fn runs(&mut self) -> bool {
        match self {
            Glowtop::Plain(child) => child.try_wait().unwrap().is_none(),
            Glowtop::InTerminal(pty) => pty.runs(),
        }
    }

    /// What it says where it has ended too early.
    fn words(&mut self) -> String {
        match self {
            Glowtop::Plain(child) => {
                let mut words = String::new();
                let _ = child.stderr.take().unwrap().read_to_string(&mut words);
                words
            }
            Glowtop::InTerminal(pty) => pty.contents(),
        }
    }
}

impl Drop for Glowtop {
    fn drop(&mut self) {
        let left = members(self.pid() as u32);
        if let Glowtop::Plain(child) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
        for member in left.iter().filter(|member| member.is_alive()) {
            let _ = kill(Pid::from_raw(member.pid), Signal::SIGKILL);
        }
    }
}

/// Fields 6 and 7 of `stat`: session and terminal.
fn session_and_terminal(pid: i32) -> Option<(i32, i32)> {
    let stat = procfs::process::Process::new(pid).ok()?.stat().ok()?;
    Some((stat.session, stat.tty_nr))
}

fn is_called(proc: &Proc, word: &str) -> bool {
    let title = fs::read_to_string(format!("/proc/{}/cmdline", proc.pid)).unwrap_or_default();
    title.starts_with("lab:") && title.split_whitespace().nth(1).is_some_and(|name| name.starts_with(word))
}

/// Supervisor, master and the others, once there are all that this kind of run has.
fn cast(kind: Kind, glowtop: &mut Glowtop) -> (Proc, Proc, Vec<Proc>) {
    let end = Instant::now() + DEADLINE;
    loop {
        let all = members(glowtop.pid() as u32);
        let supervisor = all.iter().find(|proc| proc.parent == glowtop.pid()).cloned();
        let master = supervisor.as_ref().and_then(|top| {
            all.iter().find(|proc| proc.parent == top.pid && is_called(proc, "master")).cloned()
        });
        if let Some((supervisor, master)) = supervisor.zip(master) {
            let others: Vec<Proc> =
                all.into_iter().filter(|proc| ![supervisor.pid, master.pid].contains(&proc.pid)).collect();
            let ready = match kind {
                Kind::Plain | Kind::Stopped | Kind::Spawning => !others.is_empty(),
                Kind::Stubborn => others.iter().any(|proc| is_called(proc, "stubborn") || ignores(proc.pid)),
                // It has been adopted, and is in another session.
                Kind::Daemonised => others.iter().any(|proc| {
                    let session =
                        session_and_terminal(proc.pid).map_or(supervisor.pid, |(session, _)| session);
                    proc.parent == supervisor.pid && session != supervisor.pid
                }),
            };
            if ready {
                return (supervisor, master, others);
            }
        }
        assert!(glowtop.runs(), "it ended before all were there: {}", glowtop.words());
        assert!(Instant::now() < end, "not all came: {:?}", members(glowtop.pid() as u32));
        std::thread::sleep(LOOK);
    }
}

/// Whether it ignores SIGTERM.
fn ignores(pid: i32) -> bool {
    let ignored = procfs::process::Process::new(pid).and_then(|process| process.status());
    ignored.is_ok_and(|status| status.sigign & (1 << (Signal::SIGTERM as u32 - 1)) != 0)
}

fn stop(proc: &Proc) {
    let _ = kill(Pid::from_raw(proc.pid), Signal::SIGSTOP);
}

/// Plays one cell; returns how long it took until nothing was left.
fn play(cell: Cell) -> Duration {
    let (kind, target, way) = cell;
    let mut glowtop = Glowtop::start(cell);
    let (supervisor, master, mut seen) = cast(kind, &mut glowtop);
    for proc in [&supervisor, &master].into_iter().chain(&seen) {
        let terminal = session_and_terminal(proc.pid).map_or(0, |(_, terminal)| terminal);
        assert_eq!(terminal, 0, "{cell:?}: nobody below has a terminal to lose");
    }
    if kind == Kind::Stopped {
        // Who is stopped can neither read his lifeline nor end himself. Nobody above the target is: he goes on.
        seen.iter().for_each(stop);
        if target != Target::Master {
            stop(&master);
        }
        if matches!(target, Target::Command | Target::Screen) {
            stop(&supervisor);
        }
    }
    seen.extend([supervisor.clone(), master.clone()]);
    let pid = match target {
        Target::Command | Target::Screen => glowtop.pid(),
        Target::Supervisor => supervisor.pid,
        Target::Master => master.pid,
    };
    let begin = Instant::now();
    match (&mut glowtop, way) {
        (_, Way::Signal(signal)) => kill(Pid::from_raw(pid), signal).unwrap(),
        (Glowtop::InTerminal(pty), Way::Terminal) => pty.close(),
        (Glowtop::Plain(_), Way::Terminal) => unreachable!("started in one"),
    }
    loop {
        let left: Vec<Proc> = seen.iter().filter(|proc| proc.is_alive()).cloned().collect();
        if left.is_empty() && members(glowtop.pid() as u32).is_empty() {
            break;
        }
        assert!(
            begin.elapsed() < DEADLINE,
            "{cell:?}: left are {left:?} and {:?}",
            members(glowtop.pid() as u32)
        );
        std::thread::sleep(LOOK);
    }
    let took = begin.elapsed();
    if target != Target::Screen {
        // Where it was not the target itself, it says what happened and ends.
        let end = Instant::now() + DEADLINE;
        while glowtop.runs() {
            assert!(Instant::now() < end, "{cell:?}: the command does not end");
            std::thread::sleep(LOOK);
        }
    }
    took
}

#[test]
fn nothing_is_left_whoever_is_ended_by_whatever() {
    nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0).unwrap();
    let cells = matrix();
    let next = AtomicUsize::new(0);
    let slowest = Mutex::new((Duration::ZERO, cells[0]));
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(&cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let took = play(cell);
                    let mut slowest = slowest.lock().unwrap();
                    if took > slowest.0 {
                        *slowest = (took, cell);
                    }
                }
            });
        }
    });
    let (took, cell) = *slowest.lock().unwrap();
    println!(
        "{} cells in {:.1} s; the slowest took {:.0} ms: {cell:?}",
        cells.len(),
        begin.elapsed().as_secs_f64(),
        took.as_secs_f64() * 1e3
    );
}
