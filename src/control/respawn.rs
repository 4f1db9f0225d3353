//! Who comes in the place of one that was killed.
//!
//! A supervisor may start again what control has ended. For some seconds after such an end the desk looks a few times a
//! second whether somebody new has the same program, name and cgroup. Only pids that were given out since the signal
//! was sent come into question, and as long as the kernel has given out none, a look is one small read.
//!
//! The same parent may start the same program for reasons of its own. What tells a supervisor from it is that it waits:
//! as long as one that ended has not been reaped its parent has not noticed, and whoever it starts meanwhile comes in
//! nobody's place. The arguments would tell more, but to read them (`/proc/PID/cmdline`) can block for as long as
//! somebody holds the memory map of that process.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::model::{Act, ControlNews, Happened, Pid, ProcId, Respawn, Target, Untrusted};

use super::case::Token;
use super::cgroups::{self, Places};
use super::desk::{Desk, RESPAWNS};
use super::look::{self, Stat};

/// How long after an end somebody may come.
const WATCH: Duration = Duration::from_secs(10);
/// From an end to the first look.
const FIRST_LOOK: Duration = Duration::from_millis(50);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(250);
/// For how many that ended somebody is awaited at once; the oldest are given up first.
const MOST_WATCHES: usize = 512;
/// How many newcomers are looked at again and again, because one may still run another program.
const MOST_NEWCOMERS: usize = 4096;

/// What a process is as its supervisor sees it, taken while it lives.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Kind {
    name: Untrusted,
    /// Where `/proc/PID/exe` leads, where that is known.
    exe: Option<Vec<u8>>,
    /// All of `/proc/PID/cgroup`.
    cgroup: Option<Vec<u8>>,
}

impl Kind {
    fn of(pid: Pid, stat: &Stat) -> Kind {
        let exe = fs::read_link(format!("/proc/{pid}/exe"))
            .ok()
            .map(|link| program(link.into_os_string().into_vec()));
        Kind { name: stat.name.clone(), exe, cgroup: fs::read(format!("/proc/{pid}/cgroup")).ok() }
    }

    /// Whether `other` could be this one come again. Where a program is not known its name must do.
    fn is_like(&self, other: &Kind) -> bool {
        self.name == other.name
            && (self.exe.is_none() || self.exe == other.exe)
            && self.cgroup == other.cgroup
    }
}

/// The path of a program, though its file may have been replaced meanwhile: proc_pid_exe(5).
fn program(mut link: Vec<u8>) -> Vec<u8> {
    if let Some(path) = link.strip_suffix(b" (deleted)") {
        link.truncate(path.len());
    }
    link
}

/// What is remembered of one that is sent a deadly signal.
pub(super) struct Origin {
    kind: Kind,
    parent: Option<Pid>,
    /// The last pid that was given out before the signal was sent.
    last_pid: u32,
}

impl Origin {
    /// What `pid` will be known by; `stat` is its stat, where that has just been read. `None` where the kernel does not
    /// tell which pids are new.
    pub(super) fn of(pid: Pid, stat: Option<&Stat>) -> Option<Origin> {
        let last_pid = last_pid()?;
        match stat {
            Some(stat) => Some(Origin { kind: Kind::of(pid, stat), parent: stat.parent, last_pid }),
            None => {
                let stat = look::stat(pid).ok()?;
                Some(Origin { kind: Kind::of(pid, &stat), parent: stat.parent, last_pid })
            }
        }
    }
}

/// One that ended, and may come again.
struct Watch {
    session: u64,
    target: Target,
    act: Option<Act>,
    origin: Origin,
    /// The last pid that was given out when it had not been reaped yet: all up to this one came too early.
    too_early: u32,
    /// When it ended: nanoseconds since boot.
    ended: u64,
    until: Instant,
}

impl Watch {
    /// Nobody up to the pid `last`, which was asked for before, has come in its place if its end has not been noticed
    /// yet.
    fn pass_over(&mut self, last: u32) {
        let id = self.target.id;
        if look::stat(id.pid).is_ok_and(|stat| stat.start_time == id.start_time) {
            self.too_early = last;
        }
    }
}

/// The memory of this file.
#[derive(Default)]
pub(super) struct Respawns {
    /// Of those that were signalled and have not ended.
    origins: BTreeMap<Token, Origin>,
    /// Oldest first.
    watches: VecDeque<Watch>,
    /// Newcomers that are nobody's successor, or not yet.
    newcomers: BTreeSet<Pid>,
    /// Who has been announced.
    announced: BTreeSet<ProcId>,
    /// The last pid that was given out when a look was taken.
    seen: Option<u32>,
    /// Whether the next look is planned.
    planned: bool,
}

impl Respawns {
    /// Remembers what was signalled under `token`.
    pub(super) fn remember(&mut self, token: Token, origin: Option<Origin>) {
        if let Some(origin) = origin {
            self.origins.insert(token, origin);
        }
    }

    /// How many are remembered that have not ended.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.origins.len()
    }

    /// It was let go.
    pub(super) fn forget(&mut self, token: Token) {
        self.origins.remove(&token);
    }

    /// Adds those who have come since the last look, or since the oldest watch began; `last` is the last pid.
    fn look_for_newcomers(&mut self, last: u32) {
        let Some(oldest) = self.watches.front() else { return };
        let since = self.seen.replace(last).unwrap_or(oldest.origin.last_pid);
        if since == last {
            return;
        }
        let Ok(entries) = fs::read_dir("/proc") else { return };
        let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let new = pids.filter(|pid| is_between(*pid, since, last)).filter_map(Pid::new);
        self.newcomers.extend(new);
        while self.newcomers.len() > MOST_NEWCOMERS {
            self.newcomers.pop_first();
        }
    }

    /// Those who have come again, each with the watch that is over with that.
    fn successors(&mut self) -> Vec<(Watch, Respawn)> {
        let mut found = Vec::new();
        let Some(last) = last_pid() else { return found };
        self.look_for_newcomers(last);
        self.watches.iter_mut().for_each(|watch| watch.pass_over(last));
        let (watches, announced) = (&mut self.watches, &mut self.announced);
        self.newcomers.retain(|&pid| {
            // Gone again.
            let Ok(stat) = look::stat(pid) else { return false };
            let by = ProcId { pid, start_time: stat.start_time };
            if announced.contains(&by) {
                return false;
            }
            if stat.is_dead() || !watches.iter().any(|watch| watch.origin.kind.name == stat.name) {
                return true;
            }
            let kind = Kind::of(pid, &stat);
            let is_like = |watch: &Watch| {
                is_between(pid.get(), watch.too_early, last) && watch.origin.kind.is_like(&kind)
            };
            if !watches.iter().any(is_like) {
                return true;
            }
            let parent = stat.parent.and_then(|parent| fs::read(format!("/proc/{parent}/cgroup")).ok());
            let unit = unit(&kind, parent.as_deref());
            // Somebody else may well run the same program; a service manager, or the same parent, runs it again.
            let is_it =
                |watch: &Watch| is_like(watch) && (unit.is_some() || watch.origin.parent == stat.parent);
            let Some(watch) = watches.iter().position(is_it).and_then(|index| watches.remove(index)) else {
                return true;
            };
            announced.insert(by);
            let after = nanos(stat.start_time).saturating_sub(watch.ended) as f64 / 1e9;
            let parent_name = stat.parent.map(look::name).unwrap_or_default();
            found.push((watch, Respawn { by, after, parent: stat.parent, parent_name, unit }));
            false
        });
        found
    }
}

/// The systemd unit that started one of this kind: that of its cgroup, if it is a service and the parent is not of it.
fn unit(kind: &Kind, parent: Option<&[u8]>) -> Option<Untrusted> {
    let own = kind.cgroup.as_deref()?;
    if parent.is_none_or(|parent| parent == own) {
        return None;
    }
    let places = Places::parse(own);
    let unit = cgroups::unit(places.v2.as_deref()?)?;
    unit.ends_with(b".service").then(|| Untrusted::new(unit))
}

impl<F: Fn(ControlNews)> Desk<F> {
    /// Remembers what those are that are to be killed at once, as far as they can be watched for.
    pub(super) fn remember_origins(&mut self, tokens: &[Token]) {
        for &token in tokens.iter().take(MOST_WATCHES) {
            let held = self.cases.get(&token).filter(|case| case.hold.is_some());
            if let Some(pid) = held.map(|case| case.target.id.pid) {
                self.respawns.remember(token, Origin::of(pid, None));
            }
        }
    }

    /// The case under `token` has ended at `at` from a signal: begins to watch who comes in its place.
    pub(super) fn watch_for_respawn(&mut self, token: Token, at: Instant) {
        let Some(origin) = self.respawns.origins.remove(&token) else { return };
        let Some(case) = self.cases.get(&token) else { return };
        let ended = since_boot().saturating_sub(at.elapsed().as_nanos() as u64);
        let (session, target, act) = (case.session, case.target.clone(), case.act);
        let watches = &mut self.respawns.watches;
        if watches.len() >= MOST_WATCHES {
            watches.pop_front();
        }
        let (too_early, until) = (origin.last_pid, at + WATCH);
        let mut watch = Watch { session, target, act, origin, too_early, ended, until };
        if let Some(last) = last_pid() {
            watch.pass_over(last);
        }
        watches.push_back(watch);
        self.plan_to_look(FIRST_LOOK);
    }

    /// Looks whether somebody has come again, and plans the next look while somebody may.
    pub(super) fn look_for_respawns(&mut self) {
        self.respawns.planned = false;
        for (Watch { session, target, act, .. }, respawn) in self.respawns.successors() {
            let what = Happened::Respawned(Box::new(respawn));
            self.announce(ControlNews { session, target, act, what });
        }
        let now = Instant::now();
        self.respawns.watches.retain(|watch| watch.until > now);
        if self.respawns.watches.is_empty() {
            self.respawns.newcomers.clear();
            self.respawns.announced.clear();
            self.respawns.seen = None;
        } else {
            self.plan_to_look(PAUSE);
        }
    }

    fn plan_to_look(&mut self, pause: Duration) {
        if !std::mem::replace(&mut self.respawns.planned, true) {
            self.set_timer(RESPAWNS, Instant::now() + pause);
        }
    }
}

/// The last pid that was given out: the last field of `/proc/loadavg`, proc_loadavg(5).
fn last_pid() -> Option<u32> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_ascii_whitespace().last()?.parse().ok()
}

/// Whether `pid` was given out after `from` and not after `to`. The kernel counts upwards and, at the end, begins anew.
fn is_between(pid: u32, from: u32, to: u32) -> bool {
    if from <= to { pid > from && pid <= to } else { pid > from || pid <= to }
}

/// Nanoseconds since boot, suspended time included, as start times count.
fn since_boot() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    (time.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64)
}

/// Clock ticks as nanoseconds.
fn nanos(ticks: u64) -> u64 {
    let per_second = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok().flatten();
    // 100 on every machine of today.
    let per_second = per_second.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0).unwrap_or(100);
    ticks.saturating_mul(1_000_000_000 / per_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pids_are_given_out_in_a_circle() {
        assert!(is_between(11, 10, 20) && is_between(20, 10, 20));
        assert!(!is_between(10, 10, 20) && !is_between(21, 10, 20));
        assert!(is_between(4_000_000, 3_999_999, 5) && is_between(5, 3_999_999, 5));
        assert!(!is_between(6, 3_999_999, 5) && !is_between(3_999_999, 3_999_999, 5));
        assert!(!is_between(7, 7, 7));
    }

    #[test]
    fn a_program_stays_the_same_when_its_file_is_replaced() {
        assert_eq!(program(b"/usr/bin/x (deleted)".to_vec()), b"/usr/bin/x");
        assert_eq!(program(b"/usr/bin/x".to_vec()), b"/usr/bin/x");
    }

    fn kind(name: &str, exe: Option<&str>, cgroup: &str) -> Kind {
        Kind { name: name.into(), exe: exe.map(Into::into), cgroup: Some(cgroup.into()) }
    }

    #[test]
    fn the_same_is_the_same_program_name_and_cgroup() {
        let one = kind("nginx", Some("/usr/sbin/nginx"), "0::/a\n");
        assert!(one.is_like(&one.clone()));
        assert!(!one.is_like(&kind("nginx", Some("/usr/sbin/nginx"), "0::/b\n")));
        assert!(!one.is_like(&kind("nginx", Some("/opt/nginx"), "0::/a\n")));
        assert!(!one.is_like(&kind("nginx", None, "0::/a\n")));
        // One interpreter runs many scripts.
        assert!(!one.is_like(&kind("other", Some("/usr/sbin/nginx"), "0::/a\n")));
        assert!(kind("nginx", None, "0::/a\n").is_like(&one));
    }

    #[test]
    fn only_a_service_that_the_parent_is_not_in_has_started_somebody() {
        let of = |cgroup: &str, parent: Option<&str>| {
            unit(&kind("x", None, cgroup), parent.map(str::as_bytes)).map(|unit| unit.bytes().to_owned())
        };
        let service = "0::/system.slice/nginx.service\n";
        assert_eq!(of(service, Some("0::/init.scope\n")), Some(b"nginx.service".to_vec()));
        // A supervisor within the service, or nobody knows.
        assert_eq!(of(service, Some(service)), None);
        assert_eq!(of(service, None), None);
        assert_eq!(of("0::/user.slice/session-3.scope\n", Some("0::/\n")), None);
        assert_eq!(of("0::/\n", Some("0::/x\n")), None);
    }

    #[test]
    fn the_clock_agrees_with_start_times() {
        let me = Pid::new(std::process::id()).unwrap();
        let started = nanos(look::stat(me).unwrap().start_time);
        let age = since_boot().checked_sub(started).unwrap();
        assert!(age < 86_400_000_000_000, "{age}");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        assert!(last_pid().is_some_and(|last| last >= pid || last < 300), "{pid} {:?}", last_pid());
    }
}
