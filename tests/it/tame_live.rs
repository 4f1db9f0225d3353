//! Taming with the dialogs of the real program, on a real terminal: what a user chooses is what the kernel has.

use std::fs;
use std::process::{Child, Command, Stdio};

use glowtop::model::CpuSet;

use crate::pty::{Pty, Start};
use crate::terminal::started;

/// A process to tame; killed and reaped when dropped.
struct Sleeper(Child);

impl Sleeper {
    fn start() -> Sleeper {
        Sleeper(Command::new("sleep").arg("100000").stdin(Stdio::null()).spawn().unwrap())
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.0.id())).unwrap()
    }

    /// A line of its `status`.
    fn status(&self, name: &str) -> String {
        let text = self.file("status");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap().trim().to_owned()
    }

    fn oom(&self) -> i32 {
        self.file("oom_score_adj").trim().parse().unwrap()
    }

    /// Field 41 of its `stat`: proc_pid_stat(5).
    fn policy(&self) -> u32 {
        let stat = self.file("stat");
        stat.rsplit(')').next().unwrap().split_whitespace().nth(41 - 3).unwrap().parse().unwrap()
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The monitor with `sleeper` alone in its table.
fn monitor(sleeper: &Sleeper) -> Pty {
    let pid = sleeper.0.id().to_string();
    let pty = started(Start::glowtop(&["--pid", &pid]).size(120, 40));
    pty.wait_row(&[&pid, "sleep 100000"]);
    pty
}

#[test]
fn a_policy_is_chosen_and_given() {
    let sleeper = Sleeper::start();
    if sleeper.policy() != 0 {
        println!("skipped: the tests themselves have another policy than SCHED_OTHER");
        return;
    }
    let pty = monitor(&sleeper);
    pty.send(b"Y");
    pty.wait_row(&["now: OTHER"]);
    pty.send(b"b\r");
    pty.wait_row(&["sleep: policy OTHER", "BATCH"]);
    pty.wait_until("SCHED_BATCH", || sleeper.policy() == 3);
    // The dialog starts on it now.
    pty.send(b"Y");
    pty.wait_row(&["now: BATCH"]);
}

#[test]
fn an_oom_score_is_typed_and_given() {
    let sleeper = Sleeper::start();
    let before = sleeper.oom();
    let wanted = if before < 321 { 321 } else { 1000 };
    let pty = monitor(&sleeper);
    pty.send(b"B");
    pty.wait_row(&["OOM score adjustment", &format!("[{before} ")]);
    pty.send(b"\x159999\r");
    pty.wait_row(&["whole number from -1000 to 1000"]);
    assert_eq!(sleeper.oom(), before, "nothing is given before it makes sense");
    pty.send(format!("\x15{wanted}\r").as_bytes());
    pty.wait_row(&[&format!("OOM score adjustment {before}"), &wanted.to_string()]);
    pty.wait_until("the score", || sleeper.oom() == wanted);
}

#[test]
fn cpus_are_taken_out_and_taken_away() {
    let sleeper = Sleeper::start();
    let allowed = |sleeper: &Sleeper| CpuSet::parse(&sleeper.status("Cpus_allowed_list")).unwrap();
    let before = allowed(&sleeper);
    if before.len() < 2 {
        println!("skipped: only one CPU may be used here");
        return;
    }
    let first = before.iter().next().unwrap();
    let pty = monitor(&sleeper);
    pty.send(b"a");
    pty.wait_row(&["now: ", &before.to_string()]);
    // None but the one that is found by its number.
    pty.send(b"\x1b[12~");
    pty.wait_row(&["chosen: 0 of "]);
    pty.send(format!("{first} \r").as_bytes());
    pty.wait_until("one CPU", || allowed(&sleeper) == CpuSet::from_iter([first]));
    pty.wait_row(&["sleep: CPUs", &before.to_string()]);
}
