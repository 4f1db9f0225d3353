//! Storms of another kind: whoever is to be hit is gone before the hand is raised, and has left a child in its place.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use glowtop::model::{Act, ControlNews, Happened, Outcome, Reach, Signal, Verdict};

use crate::support::{GENEROUS, Guard, KILL, TERM, act_and_wait, killed_by, target, until};

/// The leader of a group starts a member that stays and chains of processes that fork and exit, each of them one child.
/// It says who stays and, with `die`, ends before. The group has a session of its own: where it shares the one of its
/// reaper, each exit of a chain would hang up on the members that are stopped (`kill_orphaned_pgrp`, setpgid(2)).
const HOPS: &str = r"
import os, signal, sys, time
os.setsid()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
deadline = time.time() + 300
def hop():
    for _ in range(100000):
        if time.time() > deadline or os.fork() > 0:
            os._exit(0)
stays = os.fork()
if stays == 0:
    time.sleep(300)
    os._exit(0)
for _ in range(4):
    if os.fork() == 0:
        hop()
        os._exit(0)
os.write(1, b'%d\n' % stays)
if sys.argv[1] == 'die':
    os._exit(0)
time.sleep(300)
";

/// A process group with such chains in it, of which nobody is left when the test is over.
struct Hops {
    leader: Guard,
    /// The member that stays.
    member: u32,
}

impl Hops {
    fn start(way: &str) -> Option<Hops> {
        if Command::new("python3").arg("--version").output().is_err() {
            println!("skipped: no python3");
            return None;
        }
        let mut leader = Guard::start(Command::new("python3").args(["-c", HOPS, way]));
        let member = leader.line().parse().unwrap();
        let hops = Hops { leader, member };
        // Not one of the first.
        until("hops", || hops.living().iter().any(|&pid| pid.abs_diff(hops.member) > 50));
        Some(hops)
    }

    fn living(&self) -> Vec<u32> {
        let all = procfs::process::all_processes().unwrap().filter_map(Result::ok);
        let stats = all.filter_map(|process| process.stat().ok());
        stats
            .filter(|stat| !"ZX".contains(stat.state) && stat.pgrp as u32 == self.leader.pid())
            .map(|stat| stat.pid as u32)
            .collect()
    }
}

impl Drop for Hops {
    fn drop(&mut self) {
        // The leader is not reaped before this, so the number is its own.
        let group = nix::unistd::Pid::from_raw(self.leader.pid() as i32);
        until("the end of the group", || {
            let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
            self.living().is_empty()
        });
    }
}

/// Whoever is left must have been told to have got away.
fn nobody_is_left_untold(hops: &Hops, told: &[ControlNews], act: Act) {
    let escaped: BTreeSet<u32> = told
        .iter()
        .filter(|news| news.what == Happened::Outcome(Outcome::Escaped))
        .map(|news| news.target.id.pid.get())
        .collect();
    assert!(escaped.is_empty(), "the group can be held: {told:?}");
    // One that was born at the last moment dies as soon as it is given a CPU.
    until(&format!("nobody is left after {act:?}"), || hops.living().is_empty());
}

#[test]
fn a_chain_in_a_group_whose_leader_lives_is_ended() {
    for act in [KILL, TERM] {
        let Some(hops) = Hops::start("stay") else { return };
        let told = act_and_wait(vec![hops.leader.target()], act, Reach::Subtree, GENEROUS).unwrap();
        nobody_is_left_untold(&hops, &told, act);
    }
}

#[test]
fn a_chain_in_a_group_whose_leader_is_dead_is_ended_with_any_member() {
    for act in [KILL, TERM] {
        let Some(hops) = Hops::start("die") else { return };
        until("the leader's end", || !hops.living().contains(&hops.leader.pid()));
        let reach = Reach::Group(hops.leader.pid());
        let told = act_and_wait(vec![target(hops.member)], act, reach, GENEROUS).unwrap();
        nobody_is_left_untold(&hops, &told, act);
    }
}

#[test]
fn a_chain_is_frozen_and_goes_on() {
    let Some(hops) = Hops::start("die") else { return };
    until("the leader's end", || !hops.living().contains(&hops.leader.pid()));
    let reach = Reach::Group(hops.leader.pid());
    let stop = Act::Signal(Signal::STOP);
    let told = act_and_wait(vec![target(hops.member)], stop, reach.clone(), GENEROUS).unwrap();
    let frozen: BTreeSet<u32> = hops.living().into_iter().collect();
    let stopped: BTreeSet<u32> = told
        .iter()
        .filter(|news| news.what == Happened::Verdict(Verdict::Stopped))
        .map(|news| news.target.id.pid.get())
        .collect();
    // Whoever stands still is known to do so, so that it can be thawed.
    assert!(frozen.len() > 1 && frozen.is_subset(&stopped), "{frozen:?} {told:?}");
    let told = act_and_wait(vec![target(hops.member)], Act::Signal(Signal::CONT), reach, GENEROUS).unwrap();
    let went_on: BTreeSet<u32> = told
        .iter()
        .filter(|news| news.what == Happened::Outcome(Outcome::Delivered))
        .map(|news| news.target.id.pid.get())
        .collect();
    assert!(frozen.is_subset(&went_on), "{frozen:?} {told:?}");
    until("that they hop again", || hops.living().iter().any(|pid| !frozen.contains(pid)));
}

#[test]
fn to_leave_during_a_sweep_leaves_nobody_stopped() {
    let Some(hops) = Hops::start("stay") else { return };
    // The control thread is dropped as soon as it has its orders, and carries them out.
    let (tell, news) = std::sync::mpsc::channel();
    let control =
        glowtop::control::start_with(Duration::from_secs(5), move |told| drop(tell.send(told))).unwrap();
    let usr = Act::Signal(Signal::TERM);
    let targets = vec![hops.leader.target()];
    control.send(glowtop::model::ControlOrder::Pin { session: 1, targets });
    let reach = Reach::Subtree;
    control.send(glowtop::model::ControlOrder::Act { session: 1, act: usr, only: Vec::new(), reach });
    drop(control);
    let delivered = |news: &ControlNews| news.what == Happened::Outcome(Outcome::Delivered);
    assert!(news.iter().any(|news| delivered(&news)));
    until("that they end", || hops.living().is_empty());
}

#[test]
fn what_is_told_of_a_chain_is_how_it_ended() {
    let Some(hops) = Hops::start("stay") else { return };
    let told = act_and_wait(vec![hops.leader.target()], KILL, Reach::Subtree, GENEROUS).unwrap();
    let of = |pid| told.iter().rfind(|news| news.target.id.pid.get() == pid).unwrap();
    for pid in [hops.leader.pid(), hops.member] {
        match &of(pid).what {
            Happened::Verdict(verdict) => assert_eq!(killed_by(verdict), Some(Signal::KILL)),
            other => panic!("{pid}: {other:?}"),
        }
    }
}
