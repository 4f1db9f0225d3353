//! Processes that a cgroup keeps from running, in both versions.

use std::fs;
use std::path::{Path, PathBuf};

use glowtop::model::{Happened, NextStep, Outcome, Signal, Verdict, WhyAlive};

use super::{Desk, GENEROUS, Guard, KILL, SHORT, assert_killed, target, until, why};

/// A cgroup of its own for one test, thawed, emptied and removed with it.
struct Jail {
    dir: PathBuf,
    /// As in `/proc/PID/cgroup`.
    path: String,
    switch: &'static str,
    thaw: &'static str,
}

impl Jail {
    /// `kind` is `cgroup2` or, for the freezer of version 1, `cgroup`.
    fn new(kind: &str, switch: &'static str, thaw: &'static str) -> Option<Jail> {
        let mounts = procfs::process::Process::myself().unwrap().mountinfo().unwrap();
        let mount = mounts.into_iter().find(|mount| {
            mount.fs_type == kind && (kind == "cgroup2" || mount.super_options.contains_key("freezer"))
        });
        let Some(mount) = mount.filter(|mount| mount.root == "/") else {
            println!("skipped: no {kind} is mounted here");
            return None;
        };
        let own = fs::read_to_string("/proc/self/cgroup").unwrap();
        let own = own.lines().find_map(|line| match kind {
            "cgroup2" => line.strip_prefix("0::"),
            _ => line.split_once(":freezer:").map(|(_, path)| path),
        })?;
        let path = format!("{}/glowtop-test-{}", own.trim_end_matches('/'), std::process::id());
        let dir = mount.mount_point.join(path.trim_start_matches('/'));
        if let Err(error) = fs::create_dir(&dir) {
            println!("skipped: no cgroup can be made here ({error})");
            return None;
        }
        let jail = Jail { dir, path, switch, thaw };
        if !jail.file(switch).exists() {
            println!("skipped: the cgroups of this kernel cannot be frozen");
            return None;
        }
        Some(jail)
    }

    fn file(&self, name: &str) -> PathBuf {
        Path::new(&self.dir).join(name)
    }

    fn write(&self, name: &str, text: &str) -> bool {
        let written = fs::write(self.file(name), text);
        if let Err(error) = &written {
            println!("skipped: {name} cannot be written ({error})");
        }
        written.is_ok()
    }
}

impl Drop for Jail {
    fn drop(&mut self) {
        let _ = fs::write(self.file(self.switch), self.thaw);
        // The test's child is gone or dying; others are not in it.
        for pid in fs::read_to_string(self.file("cgroup.procs")).unwrap_or_default().lines() {
            if let Ok(pid) = pid.parse() {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGKILL);
            }
        }
        let start = std::time::Instant::now();
        while fs::remove_dir(&self.dir).is_err() && start.elapsed() < super::DEADLINE {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

/// A shell that catches SIGTERM; one that does not is ended by it even when it is frozen.
fn catcher() -> Guard {
    let mut child = Guard::shell("trap : TERM; echo up; while :; do read x; done");
    assert_eq!(child.line(), "up");
    child
}

#[test]
fn in_version_2_sigterm_waits_and_sigkill_does_not() {
    let child = catcher();
    let Some(jail) = Jail::new("cgroup2", "cgroup.freeze", "0") else { return };
    if !jail.write("cgroup.procs", &child.pid().to_string()) || !jail.write("cgroup.freeze", "1") {
        return;
    }
    until("a frozen cgroup", || fs::read_to_string(jail.file("cgroup.events")).unwrap().contains("frozen 1"));
    let desk = Desk::open(GENEROUS);
    let news = desk.signal(1, target(child.pid()), Signal::TERM);
    let cgroup = jail.path.as_str().into();
    assert_eq!(why(&news), &WhyAlive::Frozen { cgroup, kill_waits: false });
    assert_eq!(news.next_step(), Some(NextStep::Send(Signal::KILL)));
    desk.act(1, KILL);
    assert_eq!(desk.outcome(), Outcome::Delivered);
    assert_killed(&desk.next());
}

#[test]
fn in_version_1_even_sigkill_waits_until_it_is_thawed() {
    let child = catcher();
    let Some(jail) = Jail::new("cgroup", "freezer.state", "THAWED") else { return };
    if !jail.write("cgroup.procs", &child.pid().to_string()) || !jail.write("freezer.state", "FROZEN") {
        return;
    }
    until("a frozen cgroup", || {
        fs::read_to_string(jail.file("freezer.state")).unwrap().trim_end() == "FROZEN"
    });
    let desk = Desk::open(SHORT);
    let news = desk.signal(1, target(child.pid()), Signal::KILL);
    let cgroup: glowtop::model::Untrusted = jail.path.as_str().into();
    assert_eq!(why(&news), &WhyAlive::Frozen { cgroup: cgroup.clone(), kill_waits: true });
    assert_eq!(news.next_step(), Some(NextStep::ThawCgroup { path: cgroup }));
    assert!(jail.write("freezer.state", "THAWED"));
    let late = desk.next();
    assert!(matches!(late.what, Happened::Verdict(Verdict::Killed { .. })), "{late:?}");
}
