//! Pids that are given out again while somebody is chosen by one: the newcomer must not notice.
//!
//! In a pid namespace of its own a test can say which pid comes next, by `/proc/sys/kernel/ns_last_pid`. To make one
//! takes root, so what cannot be had here is skipped.

use std::fs;
use std::process::Command;

use glowtop::control::act_and_wait;
use glowtop::model::{Act, ControlOrder, Happened, Outcome, Reach, Signal, Target, Verdict};

use super::weak::JAIL;
use super::{Desk, GENEROUS, Guard, KILL, stat, target, until};

const LAST_PID: &str = "/proc/sys/kernel/ns_last_pid";
const UNSHARE: [&str; 4] = ["--pid", "--fork", "--mount-proc", "--kill-child"];

/// Runs the test below as the init of a pid namespace, started by `starter`.
fn in_a_namespace(starter: &[&str]) {
    match Command::new("unshare").args(UNSHARE).arg("true").output() {
        Ok(probe) if probe.status.success() => {}
        Ok(probe) => {
            let why = String::from_utf8_lossy(&probe.stderr);
            println!("skipped: no pid namespace can be made here ({})", why.trim());
            return;
        }
        Err(why) => {
            println!("skipped: no unshare(1) ({why})");
            return;
        }
    }
    let output = Command::new("unshare")
        .args(UNSHARE)
        .args(starter)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "why::recycled::within", "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    if output.status.code() == Some(77) {
        println!("skipped: no seccomp filter can be set here");
        return;
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{complaint}");
    print!("{said}");
}

#[test]
fn a_newcomer_with_a_chosen_pid_is_untouched() {
    in_a_namespace(&[]);
}

#[test]
fn nor_is_it_touched_where_there_are_no_pidfds() {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: no python3");
        return;
    }
    in_a_namespace(&["python3", "-c", JAIL]);
}

/// A sleeper that was chosen, and ends when it is told to.
struct Chosen {
    process: Guard,
    target: Target,
}

impl Chosen {
    fn new() -> Chosen {
        let process = Guard::start(Command::new("sleep").arg("1000"));
        let target = target(process.pid());
        Chosen { process, target }
    }

    /// It ends, is reaped, and another process gets its pid.
    fn give_way(mut self) -> Guard {
        self.process.0.kill().unwrap();
        self.process.0.wait().unwrap();
        self.hand_over_pid()
    }

    /// The same when it has ended already. The new one starts in a later tick: a start time is no finer than that.
    fn hand_over_pid(&self) -> Guard {
        let (pid, start) = (self.target.id.pid.get(), self.target.id.start_time);
        loop {
            until("the next tick", || {
                let uptime = fs::read_to_string("/proc/uptime").unwrap();
                let seconds: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
                let ticks = seconds * procfs::ticks_per_second() as f64;
                ticks > start as f64 + 2.0
            });
            fs::write(LAST_PID, (pid - 1).to_string()).unwrap();
            let newcomer = Guard::start(Command::new("sleep").arg("1000"));
            // A thread of this program may have taken the number first.
            if newcomer.pid() == pid {
                assert!(stat(pid).starttime > start);
                return newcomer;
            }
        }
    }
}

/// The newcomer lives, and nothing about it has changed.
fn assert_untouched(newcomer: &mut Guard) {
    // A signal that was sent to it would have acted before this one.
    let goes_on = Desk::open(GENEROUS).signal(9, target(newcomer.pid()), Signal::CONT);
    assert_eq!(goes_on.what, Happened::Verdict(Verdict::Alive));
    assert!(newcomer.0.try_wait().unwrap().is_none());
    assert_eq!(stat(newcomer.pid()).nice, stat(std::process::id()).nice);
}

#[test]
#[ignore = "run by the tests above, as the init of a pid namespace"]
fn within() {
    assert_eq!(std::process::id(), 1, "this is no new pid namespace");
    if let Err(why) = fs::read_to_string(LAST_PID).and_then(|last| fs::write(LAST_PID, last.trim_end())) {
        println!("skipped: the next pid cannot be chosen here ({why})");
        return;
    }
    let acts = [KILL, Act::Signal(Signal::TERM), Act::Renice(5)];

    // The dialog is open: pinned, then ended, and the pid is another's before the order comes.
    for act in acts {
        let chosen = Chosen::new();
        let desk = Desk::open(GENEROUS);
        desk.pin(1, chosen.target.clone());
        let mut newcomer = chosen.give_way();
        desk.act(1, act);
        // The end is told before the order is answered, or with the answer.
        let told = desk.next().what;
        let outcome = if told == Happened::Vanished { desk.next().what } else { told };
        assert_eq!(outcome, Happened::Outcome(Outcome::AlreadyGone), "{act:?}");
        assert_untouched(&mut newcomer);
    }

    // What is on screen is older than the newcomer, and the dialog opens on it.
    for act in acts {
        let chosen = Chosen::new();
        let stale = chosen.target.clone();
        let mut newcomer = chosen.give_way();
        let desk = Desk::open(GENEROUS);
        desk.control.send(ControlOrder::Pin { session: 1, targets: vec![stale.clone()] });
        assert_eq!(desk.outcome(), Outcome::Replaced);
        desk.act(1, act);
        assert_eq!(desk.outcome(), Outcome::Replaced);
        assert_untouched(&mut newcomer);
        let told = act_and_wait(vec![stale.clone()], act, Reach::Pinned, GENEROUS).unwrap();
        let outcomes: Vec<_> = told.iter().filter(|news| matches!(news.what, Happened::Outcome(_))).collect();
        let [news] = outcomes[..] else { panic!("{told:?}") };
        assert_eq!(news.what, Happened::Outcome(Outcome::Replaced));
        let nothing = if matches!(act, Act::Renice(_)) { "nothing changed" } else { "nothing sent" };
        assert_eq!(news.sentence(), format!("{}: is another process now, {nothing}", stale.id.pid));
        assert_untouched(&mut newcomer);
    }

    // It has gone when the dialog opens, and its pid is given out between that and the order.
    for act in acts {
        let mut chosen = Chosen::new();
        chosen.process.0.kill().unwrap();
        chosen.process.0.wait().unwrap();
        let desk = Desk::open(GENEROUS);
        desk.control.send(ControlOrder::Pin { session: 1, targets: vec![chosen.target.clone()] });
        assert_eq!(desk.next().what, Happened::Vanished);
        let mut newcomer = chosen.hand_over_pid();
        desk.act(1, act);
        assert_eq!(desk.outcome(), Outcome::Replaced, "{act:?}");
        assert_untouched(&mut newcomer);
    }
    println!("nine newcomers with pids of chosen ones were left alone");
}
