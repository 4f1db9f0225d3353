//! Who belongs to the tree that is watched, and one round of looks at all of them.

use std::collections::HashSet;
use std::fs;

use rustix::process::{Resource, getrlimit};

use super::super::pulse::now_ns;
use super::eye::{Eye, Found, Stat};
use crate::model::lab::watch::{Arrival, MOST_LANES, ThreadLook, WatchFold};
use crate::model::{Pid, ProcId};
use crate::sys;

/// How often context switches are read, nanoseconds: `status` takes longer than all the rest.
const SWITCHES: u64 = 1_000_000_000;

/// Files that are left to be opened for a moment, by whoever needs some.
const SPARE: u64 = 6;

/// A process of the tree.
struct Member {
    /// Its number in the fold.
    number: usize,
    pid: u32,
    /// Its threads; the first is the main thread, which is kept to the end.
    eyes: Vec<Eye>,
    /// Threads that have no eye, when it was looked last.
    without: u32,
}

impl Member {
    fn is_alive(&self) -> bool {
        self.without > 0 || self.eyes.iter().any(|eye| eye.lane.is_some())
    }
}

/// The tree.
pub(super) struct Tree {
    members: Vec<Member>,
    /// Who is none of them, so that he need not be asked again.
    strangers: HashSet<u32>,
    alone: bool,
    /// How many threads can have an eye: each keeps two files open.
    most: usize,
    /// Processes that have no eye, when the list was read last.
    outside: u32,
    /// `CLOCK_MONOTONIC` when it began, nanoseconds, and ticks between boot and then.
    began: u64,
    began_ticks: u64,
    switches_at: u64,
    /// What is seen.
    pub(super) fold: WatchFold,
}

impl Tree {
    /// The tree of these processes; whoever of them is not there any more is left out.
    pub(super) fn new(roots: &[ProcId], alone: bool) -> Tree {
        let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let ticks = (boot.tv_sec.max(0) as u64) * 100 + boot.tv_nsec.max(0) as u64 / 10_000_000;
        let mut tree = Tree {
            members: Vec::new(),
            strangers: HashSet::new(),
            alone,
            most: eyes(getrlimit(Resource::Nofile).current, numbers("/proc/self/fd").len()),
            outside: 0,
            began: now_ns(),
            began_ticks: ticks,
            switches_at: 0,
            fold: WatchFold::default(),
        };
        for root in roots {
            let pid = root.pid.get();
            let stat = Stat::of(pid).filter(|stat| stat.start == root.start_time);
            if let Some(stat) = stat.filter(|_| !tree.has(pid)) {
                tree.join(pid, &stat);
            }
        }
        if !alone {
            tree.find();
        }
        tree.fold.close(tree.clock(), tree.without());
        tree
    }

    /// Nanoseconds since it began.
    pub(super) fn clock(&self) -> u64 {
        now_ns().saturating_sub(self.began)
    }

    /// Whether anybody is still there.
    pub(super) fn is_alive(&self) -> bool {
        self.members.iter().any(Member::is_alive)
    }

    fn has(&self, pid: u32) -> bool {
        self.members.iter().any(|member| member.pid == pid)
    }

    /// Whether nobody else can have an eye.
    fn is_full(&self) -> bool {
        self.fold.living() >= self.most
    }

    fn without(&self) -> u32 {
        self.members.iter().map(|member| member.without).sum::<u32>() + self.outside
    }

    /// Looks at everybody once. `last` reads what is read rarely, too.
    pub(super) fn look(&mut self, last: bool) {
        let due = last || self.clock() >= self.switches_at + SWITCHES;
        if due {
            self.switches_at = self.clock();
        }
        let mut any = false;
        for at in 0..self.members.len() {
            any |= self.look_at(at, due);
        }
        for member in self.members.extract_if(.., |member| {
            !member.is_alive() && member.eyes.first().is_none_or(|main| main.remains().is_none())
        }) {
            self.fold.process_gone(member.number);
        }
        // Nobody is born where nobody ran.
        if any && !self.alone {
            self.find();
        }
        self.fold.close(self.clock(), self.without());
    }

    /// Looks at the threads of a member; whether any of them did something.
    fn look_at(&mut self, at: usize, due: bool) -> bool {
        let began = self.began;
        let Some(member) = self.members.get_mut(at) else { return false };
        let mut any = false;
        for eye in &mut member.eyes {
            let Some(lane) = eye.lane else { continue };
            let found = eye.look();
            if found == Found::Ended {
                any = true;
                self.fold.leave(lane);
                eye.lane = None;
                continue;
            }
            if due && let Some(switches) = eye.switches() {
                self.fold.switches(lane, switches);
            }
            if found == Found::Moved {
                any = true;
                self.fold.rename(lane, &eye.stat.name);
            }
            self.fold.look(lane, seen(eye, began));
        }
        if any || member.without > 0 {
            self.threads(at);
            self.process(at);
        }
        any
    }

    /// What a process had in all.
    fn process(&mut self, at: usize) {
        let Some(member) = self.members.get(at) else { return };
        let Some(stat) = member.eyes.first().and_then(Eye::remains) else { return };
        // The main thread's files are still those of this process, so its number is, too.
        let cpu = sys::process_cpu(member.pid.cast_signed());
        self.fold.process_now(member.number, Some(&stat.name), cpu, Some(stat.children));
    }

    /// Finds threads that are new.
    fn threads(&mut self, at: usize) {
        let (began_ticks, began, most) = (self.began_ticks, self.began, self.most);
        let Some(member) = self.members.get_mut(at) else { return };
        // Those who have ended need no files any more; the main thread's show the process.
        let main = member.pid;
        member.eyes.retain(|eye| eye.lane.is_some() || eye.tid == main);
        member.without = 0;
        for tid in numbers(&format!("/proc/{}/task", member.pid)) {
            if member.eyes.iter().any(|eye| eye.tid == tid) {
                continue;
            }
            let full = self.fold.living() >= most;
            let eye = if full { None } else { Eye::open(member.pid, tid) };
            let Some((mut eye, id)) = eye.zip(Pid::new(tid)) else {
                member.without += u32::from(full);
                continue;
            };
            let arrival = Arrival {
                process: member.number,
                tid: id,
                name: eye.stat.name.clone(),
                born: eye.stat.start >= began_ticks,
                look: seen(&eye, began),
                switches: eye.switches().unwrap_or_default(),
            };
            eye.lane = self.fold.arrive(arrival);
            member.eyes.push(eye);
        }
    }

    /// Finds processes that are new, their children too.
    fn find(&mut self) {
        let all = numbers("/proc");
        let mut new: Vec<(u32, Stat)> = Vec::new();
        let mut strangers = HashSet::with_capacity(self.strangers.len());
        for pid in all {
            if self.strangers.contains(&pid) {
                strangers.insert(pid);
            } else if !self.has(pid)
                && let Some(stat) = Stat::of(pid)
            {
                new.push((pid, stat));
            }
        }
        self.strangers = strangers;
        self.outside = 0;
        loop {
            let found = new.iter().position(|(_, stat)| {
                self.members.iter().any(|member| member.pid == stat.parent && member.is_alive())
            });
            let Some((pid, stat)) = found.map(|at| new.swap_remove(at)) else { break };
            if self.is_full() {
                self.outside += 1;
            } else {
                self.join(pid, &stat);
            }
        }
        // Whose parent is not known yet was born while the list was read: he is asked again.
        let strangers = &self.strangers;
        let known: Vec<u32> = new
            .iter()
            .filter(|(_, stat)| {
                stat.parent == 0
                    || strangers.contains(&stat.parent)
                    || new.iter().any(|(pid, _)| *pid == stat.parent)
            })
            .map(|(pid, _)| *pid)
            .collect();
        self.strangers.extend(known);
    }

    fn join(&mut self, pid: u32, stat: &Stat) {
        let Some(id) = Pid::new(pid) else { return };
        let parent = self.members.iter().find(|member| member.pid == stat.parent).map(|member| member.number);
        let cpu = sys::process_cpu(pid.cast_signed()).unwrap_or(0);
        let born = stat.start >= self.began_ticks;
        let number = self.fold.process(id, &stat.name, parent, born, cpu, stat.children);
        self.members.push(Member { number, pid, eyes: Vec::new(), without: 0 });
        self.threads(self.members.len() - 1);
    }
}

/// How a thread was seen, by the clock of a watch that began then.
fn seen(eye: &Eye, began: u64) -> ThreadLook {
    let (run, wait, turns) = eye.counts;
    let Stat { state, cpu, .. } = eye.stat;
    ThreadLook { at: now_ns().saturating_sub(began), state, cpu, run, wait, turns, blocked: eye.blocked }
}

/// How many eyes there can be where a process may have so many files open (`RLIMIT_NOFILE`) and has these.
fn eyes(limit: Option<u64>, open: usize) -> usize {
    let room = limit.map_or(u64::MAX, |limit| limit.saturating_sub(open as u64 + SPARE));
    usize::try_from(room / 2).map_or(MOST_LANES, |eyes| eyes.clamp(1, MOST_LANES))
}

/// The names in a folder that are numbers, the least first.
fn numbers(folder: &str) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut all: Vec<u32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eyes_leave_some_files_to_others() {
        assert_eq!([None, Some(1024), Some(0)].map(|limit| eyes(limit, 27)), [MOST_LANES, MOST_LANES, 1]);
        assert_eq!(eyes(Some(64), 10), 24);
    }
}
