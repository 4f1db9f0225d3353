//! Processes whose command line cannot be read hold nobody: the real program beside really locked memory maps.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::signal::Signal;

use crate::hang::{Hang, hangs};
use crate::pty::{GLOWTOP, Pty, Start};
use crate::terminal::{assert_given_back, started};

/// The user who owns nothing.
const NOBODY: u32 = 65534;

/// The monitor, showing those of that name. How long things took is said for whoever reads along, and is no verdict.
fn monitor(filter: &str) -> Pty {
    let begun = Instant::now();
    let pty = started(Start::glowtop(&["-F", filter]).size(120, 40));
    pty.wait_for("rows", |screen| screen.contents().contains(" shown"));
    println!("first rows after {:?}", begun.elapsed());
    pty
}

/// Waits until it counts command lines that hang. How many it is said nowhere here: all of the machine count, and
/// somebody else may run these tests, too.
fn counts(pty: &Pty) {
    let hang = ["command line hangs", "command lines hang", "their readers hang"];
    pty.wait_for("counted", |screen| hang.iter().any(|text| screen.contents().contains(text)));
}

fn keys_answer(pty: &Pty) {
    let begun = Instant::now();
    for shows in ["F5List", "F5Tree"] {
        pty.send(b"t");
        pty.wait_for(shows, |screen| screen.contents().contains(shows));
    }
    println!("two keys answered after {:?}", begun.elapsed());
}

/// A process that hangs is waited for by a reader of the monitor's, which must not keep it from ending as a whole.
fn quits(mut pty: Pty, pids: &[u32]) {
    assert!(pids.iter().all(|pid| hangs(*pid)), "they hung all the while");
    assert!(hangs(pty.pid().as_raw() as u32), "a reader hangs: this was no pretence");
    let begun = Instant::now();
    pty.send(b"q");
    assert_eq!(pty.wait_exit().code(), Some(0));
    println!("gone after {:?}", begun.elapsed());
    assert_given_back(&pty);
    assert!(pids.iter().all(|pid| hangs(*pid)), "and they still do");
}

#[test]
fn one_that_hangs_is_listed_and_marked_and_holds_nobody() {
    for uid in [0, NOBODY] {
        let Some(mut hang) = Hang::new() else { return };
        let name = format!("mapheld{uid}");
        let pid = hang.start(&name, uid);
        let pty = monitor("mapheld");
        pty.wait_row(&[&pid.to_string(), &format!("{name} …")]);
        counts(&pty);
        keys_answer(&pty);
        quits(pty, &[pid]);
    }
}

#[test]
fn one_that_hangs_later_is_marked_then_and_read_when_it_is_released() {
    let Some(mut hang) = Hang::new() else { return };
    let mut pty = monitor("heldlate");
    let pid = hang.start("heldlate", 0).to_string();
    // Its line may have been read before it hung, and is then shown on, with the same mark.
    pty.wait_row(&[&pid, " …"]);
    counts(&pty);
    keys_answer(&pty);
    hang.release();
    pty.wait_until("read, and no longer marked", || {
        let rows = pty.rows();
        rows.iter().any(|row| row.contains(&pid) && row.contains("mapheld_helper") && !row.contains(" …"))
    });
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit().signal(), Some(Signal::SIGTERM as i32));
}

#[test]
fn of_many_that_hang_four_are_found_out_and_then_no_line_is_read_until_they_are_released() {
    let Some(mut hang) = Hang::new() else { return };
    let pids: Vec<u32> = (0..6).map(|n| hang.start(&format!("manyheld{n}"), [0, NOBODY][n % 2])).collect();
    let mut pty = monitor("manyheld");
    let off = "command lines are no longer read: their readers hang";
    pty.wait_for("off", |screen| screen.contents().contains(off));
    for (n, pid) in pids.iter().enumerate() {
        pty.wait_row(&[&pid.to_string(), &format!("manyheld{n}")]);
    }
    let readers = || {
        let threads = std::fs::read_dir(format!("/proc/{}/task", pty.pid())).unwrap().flatten();
        let names = threads.map(|thread| std::fs::read_to_string(thread.path().join("comm")));
        names.filter(|name| name.as_ref().is_ok_and(|name| name == "glowtop-read\n")).count()
    };
    assert_eq!(readers(), 4, "and none after them");
    keys_answer(&pty);
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit().signal(), Some(Signal::SIGTERM as i32));
    let pty = monitor("manyheld");
    pty.wait_for("off", |screen| screen.contents().contains(off));
    hang.release();
    pty.wait_for("on again", |screen| !screen.contents().contains(off));
    keys_answer(&pty);
}

#[test]
fn a_listing_names_those_that_hang() {
    let Some(mut hang) = Hang::new() else { return };
    let pids = [hang.start("listheld0", 0), hang.start("listheld1", NOBODY)];
    let begun = Instant::now();
    let output = Command::new(GLOWTOP).args(["ps", "--json"]).stdin(Stdio::null()).output().unwrap();
    println!("listed after {:?}", begun.elapsed());
    assert!(output.status.success());
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    for (n, pid) in pids.iter().enumerate() {
        let row = rows.iter().find(|row| row["pid"] == *pid).unwrap();
        assert!(row["command"].as_str().unwrap().contains(&format!("listheld{n}")), "{row}");
        assert!(hangs(*pid));
    }
}
