//! Acting on real children: what is told must be what happened to them, and nobody else may be hit.

use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use glowtop::model::{
    Act, Change, ControlNews, ControlOrder, Happened, Outcome, Pid, ProcId, Reach, Setting, Signal,
    SignalSet, Target, Verdict, WhyAlive,
};

use crate::support::{
    DEADLINE, Desk, GENEROUS, Guard, KILL, SHORT, TERM, act_and_wait, killed_by, stat, target, until, why,
};

fn changed(from: i32, to: i32) -> Outcome {
    Outcome::Changed(Box::new(Change { from: Setting::Nice(from), to: Setting::Nice(to), threads: 1 }))
}

fn set(signal: Signal) -> u64 {
    1 << (signal.number() - 1)
}

#[test]
fn one_dies_of_sigterm_before_its_parent_reaps_it() {
    let child = Guard::sleeper();
    let verdict = Desk::open(GENEROUS).signal(1, &child, Signal::TERM);
    assert_eq!(killed_by(&verdict), Some(Signal::TERM));
}

#[test]
fn any_signal_number_can_be_the_one() {
    for number in [1, 34, 50, 64] {
        let child = Guard::sleeper();
        let signal = Signal::new(number).unwrap();
        let verdict = Desk::open(GENEROUS).signal(1, &child, signal);
        assert_eq!(killed_by(&verdict), Some(signal));
    }
}

#[test]
fn one_exits_by_itself_on_sigterm() {
    for status in [0, 3] {
        let child = Guard::shell(&format!("trap 'exit {status}' TERM"), "");
        let verdict = Desk::open(GENEROUS).signal(1, &child, Signal::TERM);
        assert!(matches!(verdict, Verdict::Exited { status: s, .. } if s == status), "{verdict:?}");
    }
}

#[test]
fn the_end_of_a_stranger_s_child_is_known_too() {
    // The shell reaps its child at once, so nothing is left in /proc to read.
    let mut parent = Guard::start(Command::new("sh").args(["-c", "sleep 1000 & echo $!; wait; read x"]));
    let pid: u32 = parent.line().parse().unwrap();
    let told = act_and_wait(vec![target(pid)], TERM, Reach::Pinned, GENEROUS).unwrap();
    let [delivered, end] = &told[..] else { panic!("{told:?}") };
    assert_eq!(delivered.what, Happened::Outcome(Outcome::Delivered));
    match &end.what {
        Happened::Verdict(Verdict::Killed { by, .. }) => assert_eq!(*by, Signal::TERM),
        Happened::Verdict(Verdict::Ended { .. }) => println!("the manner of the end needs Linux 6.15"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn ignoring_is_told_and_a_late_end_too() {
    let mut child = Guard::shell("trap '' TERM", "exit 4");
    let desk = Desk::open(SHORT);
    let verdict = desk.signal(1, &child, Signal::TERM);
    assert_eq!(why(verdict), WhyAlive::Ignores);
    drop(child.0.stdin.take());
    let late = desk.verdict();
    assert!(matches!(late, Verdict::Exited { status: 4, .. }), "{late:?}");
}

#[test]
fn ignoring_is_known_before_patience_ends() {
    let child = Guard::shell("trap '' TERM", "");
    let long = Duration::from_hours(1);
    assert_eq!(why(Desk::open(long).signal(1, &child, Signal::TERM)), WhyAlive::Ignores);
}

#[test]
fn catching_and_going_on_is_told() {
    let child = Guard::shell("trap : TERM", "while :; do read x; done");
    assert_eq!(why(Desk::open(SHORT).signal(1, &child, Signal::TERM)), WhyAlive::Catches);
}

#[test]
fn blocking_is_told() {
    let child = Guard::start(Command::new("env").args(["--block-signal=TERM", "sleep", "1000"]));
    let blocks = || {
        let status = procfs::process::Process::new(child.pid() as i32).unwrap().status().unwrap();
        status.sigblk & set(Signal::TERM) != 0
    };
    let start = Instant::now();
    while !blocks() {
        // An env that does not know the option ends at once.
        if stat(child.pid()).state == 'Z' || start.elapsed() > DEADLINE {
            println!("skipped: this env(1) has no --block-signal");
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(why(Desk::open(SHORT).signal(1, &child, Signal::TERM)), WhyAlive::Blocks);
}

#[test]
fn pinning_tells_what_it_does_with_signals() {
    let child = Guard::shell("trap '' HUP; trap : USR1", "");
    let desk = Desk::open(SHORT);
    desk.control.send(ControlOrder::Pin { session: 1, targets: vec![child.target()] });
    let Happened::Pinned(standing) = desk.next().what else { panic!("it is alive") };
    let disposition = standing.disposition;
    let has = |mask: Option<SignalSet>, number| mask.unwrap().has(Signal::new(number).unwrap());
    assert!(has(disposition.ignored, 1) && !has(disposition.caught, 1));
    assert!(has(disposition.caught, 10) && !has(disposition.ignored, 10));
}

#[test]
fn stopped_ones_take_sigterm_when_they_are_continued() {
    let child = Guard::sleeper();
    let desk = Desk::open(GENEROUS);
    assert_eq!(desk.signal(1, &child, Signal::STOP), Verdict::Stopped);
    assert_eq!(stat(child.pid()).state, 'T');
    assert_eq!(why(desk.signal(2, &child, Signal::TERM)), WhyAlive::Stopped);
    desk.act(2, Act::Signal(Signal::CONT));
    assert_eq!(desk.outcome(), Outcome::Delivered);
    // It may be dead before anybody can see that it was continued.
    let mut verdict = desk.verdict();
    if verdict == Verdict::Continued {
        verdict = desk.verdict();
    }
    assert_eq!(killed_by(&verdict), Some(Signal::TERM));
}

#[test]
fn sigkill_ends_a_stopped_one() {
    let child = Guard::sleeper();
    let desk = Desk::open(GENEROUS);
    assert_eq!(desk.signal(1, &child, Signal::STOP), Verdict::Stopped);
    assert_eq!(killed_by(&desk.signal(2, &child, Signal::KILL)), Some(Signal::KILL));
}

#[test]
fn continuing_and_harmless_signals() {
    let child = Guard::sleeper();
    let desk = Desk::open(GENEROUS);
    assert_eq!(desk.signal(1, &child, Signal::CONT), Verdict::Alive);
    assert_eq!(desk.signal(2, &child, Signal::STOP), Verdict::Stopped);
    assert_eq!(desk.signal(3, &child, Signal::CONT), Verdict::Continued);
    assert_ne!(stat(child.pid()).state, 'T');
    let winch = Signal::parse("WINCH").unwrap();
    assert_eq!(desk.signal(4, &child, winch), Verdict::Alive);
}

#[test]
fn uninterruptible_sleep_is_told_and_sigkill_ends_it_where_the_kernel_lets_it() {
    // Who calls vfork(2) is in state D until its child runs a program or ends, and this child waits for a FIFO
    // first. SIGTERM is caught, for the kernel makes a SIGKILL of one that is not, and that does act here. The
    // parent is killed before the child goes on, because it could not: the two have used one stack.
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let code = "import ctypes, os, signal, sys; signal.signal(signal.SIGTERM, print); \
        vfork = ctypes.PyDLL(None).vfork; print('up', flush=True); \
        vfork() or (os.open(sys.argv[1], os.O_RDONLY), os._exit(0))";
    let mut command = Command::new("python3");
    command.args(["-c", code]).arg(&fifo);
    let _opener = Opener(fifo);
    let Ok(mut child) = command.stdout(Stdio::piped()).spawn().map(Guard) else {
        println!("skipped: no python3");
        return;
    };
    assert_eq!(child.line(), "up");
    until("a process in state D", || stat(child.pid()).state == 'D');
    let desk = Desk::open(SHORT);
    let stuck = why(desk.signal(1, &child, Signal::TERM));
    // Which function it waits in is not told everywhere.
    assert!(matches!(stuck, WhyAlive::Vfork { .. } | WhyAlive::Uninterruptible { wchan: None }), "{stuck:?}");
    desk.act(1, KILL);
    assert_eq!(desk.outcome(), Outcome::Delivered);
    assert_eq!(killed_by(&desk.verdict()), Some(Signal::KILL));
}

/// Lets the reader of a FIFO go on.
struct Opener(std::path::PathBuf);

impl Drop for Opener {
    fn drop(&mut self) {
        let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK;
        let _ = rustix::fs::open(&self.0, flags, rustix::fs::Mode::empty());
    }
}

#[test]
fn a_zombie_is_named_with_its_parent() {
    // The shell would reap a child that ends before it has become a sleep.
    let child = "sh -c 'until grep -q sleep /proc/$PPID/comm; do sleep 0.01; done'";
    let script = format!("{child} & echo $!; exec sleep 1000");
    let mut parent = Guard::start(Command::new("sh").args(["-c", &script]));
    let pid: u32 = parent.line().parse().unwrap();
    let parent_name = || stat(parent.pid()).comm;
    until("a zombie whose parent never reaps", || stat(pid).state == 'Z' && parent_name() == "sleep");
    let told = act_and_wait(vec![target(pid)], KILL, Reach::Pinned, GENEROUS).unwrap();
    let why_alive = WhyAlive::Zombie { parent: Pid::new(parent.pid()), parent_name: "sleep".into() };
    let expected = Happened::Verdict(Verdict::StillAlive { after: 0.0, why: why_alive });
    assert_eq!(told.last().map(|news| &news.what), Some(&expected));
}

#[test]
fn the_init_of_a_pid_namespace_takes_what_it_handles_and_sigkill() {
    let mut outer = Guard::start(
        Command::new("unshare")
            .args(["--pid", "--fork", "--kill-child", "sleep", "1000"])
            .stderr(Stdio::null()),
    );
    let inner = || {
        let all = procfs::process::all_processes().unwrap().filter_map(Result::ok);
        let children = all.filter_map(|process| process.stat().ok());
        children.filter(|stat| stat.ppid == outer.0.id() as i32).find(|stat| stat.comm == "sleep")
    };
    let start = Instant::now();
    let pid = loop {
        if let Some(stat) = inner() {
            break stat.pid as u32;
        }
        if stat(outer.pid()).state == 'Z' || start.elapsed() > DEADLINE {
            println!("skipped: no pid namespace can be made here");
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let told = act_and_wait(vec![target(pid)], TERM, Reach::Pinned, SHORT).unwrap();
    match &told.last().unwrap().what {
        Happened::Verdict(verdict) => assert_eq!(why(verdict.clone()), WhyAlive::Init),
        other => panic!("{other:?}"),
    }
    let told = act_and_wait(vec![target(pid)], KILL, Reach::Pinned, GENEROUS).unwrap();
    assert!(matches!(told.last().unwrap().what, Happened::Verdict(Verdict::Killed { by: Signal::KILL, .. })));
    outer.0.wait().unwrap();
}

#[test]
fn a_newcomer_with_the_same_pid_is_left_alone() {
    let mut child = Guard::sleeper();
    let mut other = child.target();
    other.id.start_time -= 1;
    // The row of a parent's children that died between two looks borrows its pid.
    let mut row = child.target();
    row.id = ProcId::short_lived(Some(row.id.pid));
    let desk = Desk::open(GENEROUS);
    for (session, target) in [(1, other), (3, row)] {
        desk.control.send(ControlOrder::Pin { session, targets: vec![target] });
        assert_eq!(desk.outcome(), Outcome::Replaced);
        for act in [KILL, Act::Renice(5)] {
            desk.act(session, act);
            assert_eq!(desk.outcome(), Outcome::Replaced);
        }
    }
    // A SIGKILL would have ended it before this answer.
    assert_eq!(desk.signal(2, &child, Signal::CONT), Verdict::Alive);
    assert!(child.0.try_wait().unwrap().is_none());
    assert_eq!(stat(child.pid()).nice, stat(std::process::id()).nice);
}

#[test]
fn those_that_end_while_they_are_pinned_are_told() {
    let mut child = Guard::sleeper();
    let desk = Desk::open(GENEROUS);
    desk.pin(1, &[&child]);
    child.0.kill().unwrap();
    assert_eq!(desk.next().what, Happened::Vanished);
    let id = stat(child.pid()).starttime;
    child.0.wait().unwrap();
    desk.act(1, TERM);
    assert_eq!(desk.outcome(), Outcome::AlreadyGone);
    // And one that has gone before.
    let gone = Target::new(ProcId::new(child.pid(), id).unwrap(), "gone");
    desk.control.send(ControlOrder::Pin { session: 2, targets: vec![gone.clone()] });
    assert_eq!(desk.next().what, Happened::Vanished);
    let told = act_and_wait(vec![gone], TERM, Reach::Pinned, GENEROUS).unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].sentence(), format!("{} gone: had already ended, nothing sent", child.pid()));
}

#[test]
fn many_at_once_and_a_stubborn_one_delays_nobody() {
    let children: Vec<Guard> = (0..40).map(|_| Guard::sleeper()).collect();
    let stubborn = Guard::shell("trap '' TERM", "");
    let desk = Desk::open(GENEROUS);
    let mut all = vec![&stubborn];
    all.extend(&children);
    desk.pin(1, &all);
    desk.act(1, TERM);
    let (mut delivered, mut killed, mut alive) = (0, 0, 0);
    while delivered + killed + alive < 2 * all.len() {
        let news = desk.next();
        match news.what {
            Happened::Outcome(Outcome::Delivered) => delivered += 1,
            Happened::Verdict(verdict) if news.target.id.pid.get() == stubborn.pid() => {
                assert_eq!(why(verdict), WhyAlive::Ignores);
                alive += 1;
            }
            Happened::Verdict(verdict) => {
                assert_eq!(killed_by(&verdict), Some(Signal::TERM));
                killed += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((delivered, killed, alive), (all.len(), children.len(), 1));
}

#[test]
fn only_those_that_are_named_are_reached() {
    let (first, mut second) = (Guard::sleeper(), Guard::sleeper());
    let desk = Desk::open(GENEROUS);
    desk.pin(1, &[&first, &second]);
    desk.control.send(ControlOrder::Act {
        session: 1,
        act: KILL,
        only: vec![first.target().id],
        reach: Reach::Pinned,
    });
    assert_eq!(desk.outcome(), Outcome::Delivered);
    assert_eq!(killed_by(&desk.verdict()), Some(Signal::KILL));
    // Of those that ended it is remembered, though this one was not reaped.
    desk.act(1, Act::Signal(Signal::CONT));
    assert_eq!(desk.outcome(), Outcome::AlreadyGone);
    assert_eq!(desk.outcome(), Outcome::Delivered);
    assert_eq!(desk.verdict(), Verdict::Alive);
    assert!(second.0.try_wait().unwrap().is_none());
}

#[test]
fn a_session_that_was_let_go_is_silent_but_owes_its_verdicts() {
    let (mut pinned, pursued) = (Guard::sleeper(), Guard::shell("trap '' TERM", "exit 5"));
    let other = Guard::sleeper();
    let desk = Desk::open(SHORT);
    desk.pin(1, &[&pinned]);
    desk.pin(2, &[&pursued]);
    desk.act(2, TERM);
    desk.control.send(ControlOrder::Release { session: 1 });
    desk.control.send(ControlOrder::Release { session: 2 });
    assert_eq!(desk.outcome(), Outcome::Delivered);
    assert_eq!(why(desk.verdict()), WhyAlive::Ignores);
    pinned.0.kill().unwrap();
    pinned.0.wait().unwrap();
    // Orders to what was let go are void; the next news are the next session's.
    desk.act(1, KILL);
    desk.act(2, KILL);
    desk.pin(3, &[&other]);
}

#[test]
fn nice_values_change_and_stop_at_the_limit() {
    let child = Guard::sleeper();
    let from = i32::try_from(stat(child.pid()).nice).unwrap();
    let desk = Desk::open(SHORT);
    desk.pin(1, &[&child]);
    desk.act(1, Act::Renice(3));
    let to = (from + 3).min(19);
    assert_eq!(desk.outcome(), changed(from, to));
    assert_eq!(stat(child.pid()).nice, i64::from(to));
    desk.act(1, Act::Renice(i32::MAX));
    assert_eq!(desk.outcome(), changed(to, 19));
    assert_eq!(stat(child.pid()).nice, 19);
}

#[test]
fn a_thread_has_a_nice_value_but_no_signals_of_its_own() {
    let (tell, told) = channel();
    let (finish, finished) = channel::<()>();
    let thread = std::thread::spawn(move || {
        tell.send(rustix::thread::gettid().as_raw_nonzero().get()).unwrap();
        let _ = finished.recv();
    });
    let tid = told.recv().unwrap();
    let nice = || procfs::process::Process::myself().unwrap().task_from_tid(tid).unwrap().stat().unwrap();
    let (from, start_time) = (i32::try_from(nice().nice).unwrap(), nice().starttime);
    let row = Target::new(ProcId::new(tid as u32, start_time).unwrap(), "thread");
    let told = act_and_wait(vec![row.clone()], Act::Signal(Signal::CONT), Reach::Pinned, GENEROUS).unwrap();
    assert!(
        matches!(told[..], [ControlNews { what: Happened::Outcome(Outcome::Refused(_)), .. }]),
        "{told:?}"
    );
    let told = act_and_wait(vec![row], Act::Renice(1), Reach::Pinned, GENEROUS).unwrap();
    let to = (from + 1).min(19);
    assert_eq!(told[0].what, Happened::Outcome(changed(from, to)));
    assert_eq!(nice().nice, i64::from(to));
    drop(finish);
    thread.join().unwrap();
}

#[test]
fn kernel_threads_are_refused() {
    let is_kernel_thread = |stat: &procfs::process::Stat| stat.flags & 0x0020_0000 != 0;
    let all = procfs::process::all_processes().unwrap().filter_map(Result::ok);
    let Some(kernel) = all.filter_map(|process| process.stat().ok()).find(is_kernel_thread) else {
        println!("skipped: no kernel thread can be seen here");
        return;
    };
    let row = Target::new(ProcId::new(kernel.pid as u32, kernel.starttime).unwrap(), "kernel");
    let told = act_and_wait(vec![row], Act::Signal(Signal::CONT), Reach::Pinned, GENEROUS).unwrap();
    assert!(
        matches!(told[..], [ControlNews { what: Happened::Outcome(Outcome::Refused(_)), .. }]),
        "{told:?}"
    );
}

#[test]
fn other_peoples_processes_are_denied_with_their_owner() {
    // Root is denied nothing: it becomes nobody first, and what nobody may not touch is a child of root's.
    if rustix::process::geteuid().is_root() {
        let child = Guard::sleeper();
        let this = std::env::current_exe().unwrap();
        let name = "control::other_peoples_processes_are_denied_with_their_owner";
        let run = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--"])
            .arg(this)
            .args(["--exact", name, "--nocapture"])
            .env("GLOWTOP_TEST_NOT_OURS", child.pid().to_string())
            .output();
        match run {
            Ok(output) if output.status.code() == Some(127) || output.status.code() == Some(126) => {
                println!("skipped: nobody may not run this test");
            }
            Ok(output) => {
                let text = [output.stdout, output.stderr].concat();
                let text = String::from_utf8_lossy(&text);
                assert!(output.status.success() && text.contains("1 passed"), "{text}");
            }
            Err(error) => println!("skipped: no setpriv: {error}"),
        }
        return;
    }
    let not_ours = std::env::var("GLOWTOP_TEST_NOT_OURS").map_or(1, |pid| pid.parse().unwrap());
    let Ok(its) = procfs::process::Process::new(not_ours).and_then(|process| process.status()) else {
        println!("skipped: processes of others are hidden here");
        return;
    };
    if its.euid == rustix::process::geteuid().as_raw() {
        println!("skipped: init is ours");
        return;
    }
    // Not SIGCONT: whoever is in the same session may send it, kill(2).
    let other = target(not_ours as u32);
    for act in [Act::Signal(Signal::parse("WINCH").unwrap()), Act::Renice(0)] {
        let told = act_and_wait(vec![other.clone()], act, Reach::Pinned, GENEROUS).unwrap();
        assert!(
            matches!(told[..], [ControlNews { what: Happened::Outcome(Outcome::Denied { owner: Some(o) }), .. }] if o == its.euid),
            "{told:?}"
        );
    }
    // Our own, but more urgent than it is: that needs rights too, or a limit that allows it.
    if rustix::process::getrlimit(rustix::process::Resource::Nice).current != Some(0) {
        println!("skipped in part: RLIMIT_NICE lets us be more urgent");
        return;
    }
    let child = Guard::sleeper();
    let told = act_and_wait(vec![child.target()], Act::Renice(-1), Reach::Pinned, GENEROUS).unwrap();
    assert!(
        matches!(told[..], [ControlNews { what: Happened::Outcome(Outcome::Denied { .. }), .. }]),
        "{told:?}"
    );
}

#[test]
fn one_chosen_twice_is_reached_once() {
    let child = Guard::sleeper();
    let told =
        act_and_wait(vec![child.target(), child.target()], Act::Renice(1), Reach::Pinned, GENEROUS).unwrap();
    assert_eq!(told.len(), 1);
    assert!(act_and_wait(Vec::new(), KILL, Reach::Pinned, GENEROUS).unwrap().is_empty());
}

#[test]
fn sessions_that_nobody_releases_are_forgotten_oldest_first() {
    let child = Guard::sleeper();
    let mut other = child.target();
    other.id.start_time -= 1;
    let desk = Desk::open(GENEROUS);
    for session in 1..=200 {
        desk.control.send(ControlOrder::Pin { session, targets: vec![other.clone()] });
        assert_eq!(desk.outcome(), Outcome::Replaced);
    }
    desk.act(1, TERM);
    desk.act(200, TERM);
    assert_eq!(desk.next().session, 200);
}

#[test]
fn the_thread_ends_with_its_door() {
    let child = Guard::sleeper();
    let desk = Desk::open(GENEROUS);
    desk.pin(1, &[&child]);
    let Desk { control, news } = desk;
    drop(control);
    assert_eq!(news.recv_timeout(DEADLINE), Err(RecvTimeoutError::Disconnected));
}
