//! `--rescue`: what the kernel says of a monitor that was started so.

use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use crate::pty::{GLOWTOP, Pty, Start};
use crate::terminal::started;

const ROUND_ROBIN: i64 = nix::libc::SCHED_RR as i64;

const NOBODY: [&str; 6] =
    ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--"];

fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("skipped: only root is given all that --rescue asks for");
    }
    root
}

/// Field `number` of a `stat`, counted as proc(5) does; from 3 on.
fn field(stat: &str, number: usize) -> i64 {
    stat.rsplit(')').next().unwrap().split_whitespace().nth(number - 3).unwrap().parse().unwrap()
}

/// Policy and real-time priority of each thread, ordered and without repetition.
fn priorities(pid: i32) -> Vec<(i64, i64)> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let stats = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
    let mut all: Vec<_> = stats.map(|stat| (field(&stat, 41), field(&stat, 40))).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// `VmLck`, KiB.
fn locked(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn oom_score_adj(pid: i32) -> i32 {
    std::fs::read_to_string(format!("/proc/{pid}/oom_score_adj")).unwrap().trim().parse().unwrap()
}

fn pid(pty: &Pty) -> i32 {
    pty.pid().as_raw()
}

#[test]
fn root_gets_priority_memory_and_mercy_and_the_lab_gets_none_of_it() {
    if !is_root() {
        return;
    }
    let pty = started(Start::glowtop(&["--rescue"]).size(120, 40));
    let parts: [(&str, &dyn Fn() -> bool); 3] = [
        ("higher priority", &|| priorities(pid(&pty)) == [(ROUND_ROBIN, 1), (ROUND_ROBIN, 2)]),
        ("locked memory", &|| locked(pid(&pty)) > 1024),
        ("lower OOM score", &|| oom_score_adj(pid(&pty)) == -999),
    ];
    for (part, is_given) in parts {
        pty.wait_until(&format!("{part}, or word that there is none"), || {
            let refused =
                pty.rows().iter().any(|row| row.contains("rescue goes without") && row.contains(part));
            if refused {
                println!("this root (a container's?) may not have: {part}");
            }
            refused || is_given()
        });
    }

    pty.send(b"L\r");
    let worker = || {
        let all = procfs::process::all_processes().unwrap().flatten();
        let ours = |stat: &procfs::process::Stat| stat.comm.starts_with("lab:") && stat.policy.is_some();
        let stats: Vec<_> = all.filter_map(|process| process.stat().ok()).filter(ours).collect();
        // The supervisor is our child, the workers are its.
        let supervisor = stats.iter().find(|stat| stat.ppid == pid(&pty))?;
        stats.iter().find(|stat| stat.ppid == supervisor.pid).map(|stat| (supervisor.pid, stat.pid))
    };
    let mut found = None;
    pty.wait_until("a worker", || {
        found = worker();
        found.is_some()
    });
    let (supervisor, worker) = found.unwrap();
    for pid in [supervisor, worker] {
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        assert_eq!((field(&stat, 41), field(&stat, 40), field(&stat, 19)), (0, 0, 0), "{stat}");
    }
    assert!(oom_score_adj(supervisor) >= 500, "the lab goes before the user's programs");
    assert_eq!(locked(supervisor), 0);
    pty.signal(Signal::SIGTERM);
}

#[test]
fn what_is_denied_is_said_and_the_rest_goes_on() {
    let start = if rustix::process::geteuid().is_root() {
        let [setpriv, arguments @ ..] = NOBODY;
        let runs = Command::new(setpriv)
            .args(arguments)
            .args([GLOWTOP, "--version"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !runs.is_ok_and(|status| status.success()) {
            println!("skipped: nobody may not run this program, or there is no setpriv");
            return;
        }
        Start::program(setpriv, &[&arguments[..], &[GLOWTOP, "--rescue"]].concat())
    } else {
        Start::glowtop(&["--rescue"])
    };
    let mut pty = started(start.size(120, 40));
    if oom_score_adj(pid(&pty)) == -999 {
        println!("skipped: whoever this is may do what root may");
        return;
    }
    pty.wait_for("said", |screen| screen.contents().contains("rescue goes without"));
    let said = pty.wait_row(&["rescue goes without"]);
    assert!(said.contains("lower OOM score") && said.contains("(not root)"), "{said}");
    pty.wait_for("rows", |screen| screen.contents().contains(" shown"));
    pty.send(b"q");
    assert_eq!(pty.wait_exit().code(), Some(0));
}
