//! In htop's place: its flags on the real program, on a real terminal.

use crate::fixture::Fixture;
use crate::pty::{Pty, Start};
use crate::terminal::{assert_given_back, started};

/// The monitor over a machine of one process.
fn start(fixture: &Fixture, args: &[&str]) -> Start {
    let root = ["--root", fixture.root().to_str().unwrap()];
    Start::glowtop(&[&root, args].concat()).size(100, 24)
}

fn machine() -> Fixture {
    let fixture = Fixture::new();
    fixture.process(4711, 1, "first", 5, 1);
    fixture
}

fn quit(mut pty: Pty) {
    pty.send(b"q");
    assert_eq!(pty.wait_exit().code(), Some(0));
    assert_given_back(&pty);
}

#[test]
fn after_so_many_looks_it_leaves_and_the_last_one_was_seen() {
    let fixture = machine();
    for looks in ["1", "2", "5"] {
        let mut pty = start(&fixture, &["-d", "0.1", "-n", looks]).spawn();
        assert_eq!(pty.wait_exit().code(), Some(0), "{looks}");
        assert_given_back(&pty);
        let bytes = pty.bytes();
        assert!(bytes.windows(8).any(|text| text == b"prog4711"), "the table was drawn");
    }
}

#[test]
fn changes_are_marked_as_long_as_was_asked_for() {
    let fixture = machine();
    let pty = started(start(&fixture, &["-d", "0.1", "-H=3600"]));
    pty.wait_row(&["4711", "prog4711"]);
    fixture.process(4712, 1, "second", 6, 1);
    pty.wait_row(&["4712", "prog4712"]);
    fixture.end(4712);
    // Longer than they are marked unless somebody says so: three seconds of looks.
    let ended = std::time::Instant::now();
    pty.wait_until("looks", || ended.elapsed().as_secs() >= 3);
    pty.wait_frames(2);
    pty.wait_row(&["4712", "prog4712"]);
    quit(pty);
}

#[test]
fn meters_and_key_bar_stay_away() {
    let fixture = machine();
    let pty = started(start(&fixture, &["--no-meters", "--no-function-bar"]));
    pty.wait_row(&["4711", "prog4711"]);
    // The title with the tabs stays, as it does with the key for the meters.
    assert!(pty.rows()[1].contains("PID") && pty.rows()[1].contains("Command"), "{:?}", pty.rows());
    assert!(!pty.contents().contains("F10"), "{}", pty.contents());
    pty.send(b"#");
    pty.wait_for("meters", |screen| screen.contents().contains("mem  "));
    quit(pty);
    let pty = started(start(&fixture, &[]));
    pty.wait_row(&["F1Help", "F10Quit"]);
    quit(pty);
}

#[test]
fn a_tree_of_any_kind_opens_as_a_tree() {
    let fixture = machine();
    fixture.process(4712, 4711, "child", 6, 1);
    for flag in ["-t", "-t=hard", "--tree=classic", "--tree=soft"] {
        let pty = started(start(&fixture, &[flag]));
        pty.wait_row(&["4712", "└─ prog4712"]);
        quit(pty);
    }
}

#[test]
fn capabilities_are_given_up_before_there_are_threads() {
    let fixture = machine();
    for (how, kept) in [("strict", 0), ("basic", 0x0088_1024)] {
        let flag = format!("--drop-capabilities={how}");
        let pty = started(start(&fixture, &[&flag]));
        pty.wait_row(&["4711", "prog4711"]);
        for task in std::fs::read_dir(format!("/proc/{}/task", pty.pid())).unwrap().flatten() {
            let Ok(status) = std::fs::read_to_string(task.path().join("status")) else { continue };
            for set in ["CapPrm:", "CapEff:", "CapInh:"] {
                let line = status.lines().find_map(|line| line.strip_prefix(set)).unwrap();
                let has = u64::from_str_radix(line.trim(), 16).unwrap();
                assert_eq!(has & !kept, 0, "{how} {set} {has:x}");
            }
        }
        quit(pty);
    }
}
