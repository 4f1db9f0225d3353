//! One row for many, seen from outside: screens as pictures, listings, and an act on a group of real processes. After a
//! change of the look: `INSTA_UPDATE=always cargo test --test it groups`, then read the diff.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use glowtop::app::Hit;
use glowtop::view::{self, Depth};
use serde_json::Value;

use crate::fixture::Fixture;
use crate::pty::{GLOWTOP, Start};
use crate::screens::{Desk, MIDDLE, SMALL};
use crate::support::Guard;

#[test]
fn groups_folded_and_unfolded() {
    for (name, size) in [("80x24", SMALL), ("120x40", MIDDLE)] {
        let mut desk = Desk::new(size);
        desk.press("G Home Enter");
        // What was said of it goes, so that the line of the state is seen.
        desk.at += 60 * crate::screens::SECOND;
        desk.tell(glowtop::app::Msg::Tick);
        insta::assert_snapshot!(format!("groups_{name}"), desk.picture());
        desk.press("+ Down Space");
        insta::assert_snapshot!(format!("groups_unfolded_{name}"), desk.picture());
    }
    let mut plain = Desk::bare(SMALL, Depth::Mono, false).looked();
    plain.press("G u Enter K +");
    insta::assert_snapshot!("groups_80x24_mono_ascii", plain.picture());
    assert!(plain.drawn().content.iter().all(|cell| cell.symbol().is_ascii()));
}

#[test]
fn the_menu_of_groups_and_a_dialog_over_one() {
    let mut desk = Desk::new(SMALL);
    desk.press("G");
    insta::assert_snapshot!("groups_menu_80x24", desk.picture());
    desk.press("Home Enter F9");
    assert!(desk.picture().contains("to 2 processes of program cc1plus, 1 user"), "{}", desk.picture());
    insta::assert_snapshot!("groups_signal_80x24", desk.picture());
    desk.press("Esc o");
    assert!(desk.picture().contains("Do to 2 processes of program cc1plus"), "{}", desk.picture());
}

#[test]
fn a_click_on_the_mark_unfolds_a_group() {
    let mut desk = Desk::new(MIDDLE);
    desk.press("G Home Enter");
    let row = desk.picture().lines().position(|line| line.contains("nginx ×3")).unwrap() as u16;
    let line = desk.picture().lines().nth(usize::from(row)).unwrap().to_owned();
    let x = line.chars().position(|c| c == '▸').unwrap() as u16;
    let area = desk.area();
    let hit = |desk: &Desk, x| view::hit(&desk.app, area, x, row);
    assert!(matches!(hit(&desk, x), Hit::FoldMark(_)) && matches!(hit(&desk, x + 2), Hit::Line(_)));
    desk.click(x, row);
    let text = desk.picture();
    assert!(text.contains("▾ nginx ×3") && text.matches("nginx: worker process").count() == 2, "{text}");
}

/// A machine whose processes are in containers, units, and nowhere.
fn placed() -> Fixture {
    let fixture = Fixture::new();
    let id = "0123456789abcdef".repeat(4);
    let docker = format!("0::/system.slice/docker-{id}.scope\n");
    for (pid, name, cgroup) in [
        (1, "init", "0::/init.scope\n"),
        (10, "web \"a\", b", docker.as_str()),
        (11, "web \"a\", b", docker.as_str()),
        (20, "cron", "0::/system.slice/cron.service\n"),
        (21, "cron", "0::/system.slice/cron.service\n"),
        (30, "stray", "0::/\n"),
        (31, "unread", ""),
    ] {
        fixture.process(pid, u32::from(pid != 1), name, u64::from(pid), 2);
        if !cgroup.is_empty() {
            fixture.write(&format!("proc/{pid}/cgroup"), cgroup);
        }
    }
    fixture
}

fn ps(fixture: &Fixture, args: &[&str]) -> String {
    let root = fixture.root().to_str().unwrap();
    let words = [&["ps", "-d", "0.1", "--root", root], args].concat();
    let output = Command::new(GLOWTOP).args(words).env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).output();
    let output = output.unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_listing_of_groups_tells_the_same_in_each_format() {
    let machine = placed();
    let read = |by: &str| -> BTreeMap<String, (u64, Vec<u64>)> {
        let text = ps(&machine, &["--group", by, "--json", "--columns", "pid,threads"]);
        let groups: Vec<Value> = serde_json::from_str(&text).unwrap();
        let group = |group: &Value| {
            let members: Vec<u64> =
                group["members"].as_array().unwrap().iter().map(|pid| pid.as_u64().unwrap()).collect();
            assert_eq!(group["count"].as_u64(), Some(members.len() as u64));
            assert_eq!(group["pid"].as_u64(), Some(members[0]).filter(|_| members.len() == 1));
            (group["group"].as_str().unwrap().to_owned(), (group["threads"].as_u64().unwrap(), members))
        };
        groups.iter().map(group).collect()
    };
    let groups = |list: &[(&str, u64, &[u64])]| -> BTreeMap<String, (u64, Vec<u64>)> {
        list.iter().map(|(name, threads, pids)| ((*name).to_owned(), (*threads, pids.to_vec()))).collect()
    };
    assert_eq!(
        read("program"),
        groups(&[
            ("init", 2, &[1]),
            ("web \"a\", b", 4, &[10, 11]),
            ("cron", 4, &[20, 21]),
            ("stray", 2, &[30]),
            ("unread", 2, &[31]),
        ])
    );
    assert_eq!(
        read("container"),
        groups(&[
            ("docker:0123456789ab", 4, &[10, 11]),
            ("no container", 8, &[1, 20, 21, 30]),
            ("not known", 2, &[31]),
        ])
    );
    assert_eq!(
        read("unit").into_keys().collect::<Vec<_>>()[..3],
        [
            "cron.service".to_owned(),
            format!("docker-{}.scope", "0123456789abcdef".repeat(4)),
            "init.scope".to_owned()
        ]
    );
    let csv = ["--group", "program", "--csv", "--columns", "pid,threads,nice", "--sort", "pid"];
    assert_eq!(
        ps(&machine, &[&["web or cron or init"], &csv[..]].concat()).lines().next().unwrap(),
        "group,count,pid,threads,nice"
    );
    let text = ps(&machine, &[&["web|init"], &csv[..]].concat());
    assert_eq!(text, "group,count,pid,threads,nice\r\ninit,1,1,2,5\r\n\"web \"\"a\"\", b\",2,,4,5\r\n");
    assert_eq!(ps(&machine, &[&["nobody"], &csv[..]].concat()), "group,count,pid,threads,nice\r\n");
    let columns = ["--group", "container", "--columns", "pid,threads,command", "--sort", "threads"];
    assert_eq!(
        ps(&machine, &columns).lines().collect::<Vec<_>>(),
        [
            "    PID   THR Command",
            "            8 no container ×4",
            "            4 docker:0123456789ab ×2",
            "     31     2 not known ×1",
        ]
    );
    assert_eq!(ps(&machine, &[&columns[..], &["-n", "1"]].concat()).lines().count(), 2);
}

#[test]
fn what_groups_cannot_be_made_by_is_refused() {
    for args in
        [&["ps", "--group", "colour"][..], &["--group", "colour"], &["ps", "--group", "user", "--tree"]]
    {
        let output = Command::new(GLOWTOP).args(args).stdin(Stdio::null()).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
    }
}

#[test]
fn one_signal_reaches_each_of_a_group_and_nobody_else() {
    let (mut one, mut two) = (Guard::sleeper(), Guard::sleeper());
    let mut other = Guard::shell(":", "exit 7");
    let pids = format!("{},{},{}", one.pid(), two.pid(), other.pid());
    let mut pty = Start::glowtop(&["--group", "program", "-p", &pids, "-s", "command"]).size(120, 40).spawn();
    pty.wait_row(&["▸ sh ×1"]);
    pty.wait_row(&["▸ sleep ×2"]);
    pty.send(b"/sleep\r");
    pty.send(b"\x1b[20~");
    pty.wait_row(&["to 2 processes of program sleep"]);
    pty.wait_row(&[&one.pid().to_string(), "sleep"]);
    pty.send(b"\r");
    for guard in [&mut one, &mut two] {
        let mut status = None;
        pty.wait_until("it is ended", || {
            status = guard.0.try_wait().unwrap();
            status.is_some()
        });
        assert_eq!(status.unwrap().signal(), Some(15));
    }
    assert!(other.0.try_wait().unwrap().is_none(), "nobody meant the shell");
    pty.wait_for("only the shell is left", |screen| {
        let text = screen.contents();
        text.contains("▸ sh ×1") && !text.contains("sleep ×")
    });
    pty.send(b"q");
    assert!(pty.wait_exit().success());
}
