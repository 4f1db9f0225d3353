//! The inspector of the real program, on a real child: on a terminal and as a command.

use std::process::Command;

use crate::pty::{GLOWTOP, Start};
use crate::support::Guard;

/// A shell that waits, with a variable, a file and a lock of its own.
fn child(file: &std::path::Path) -> Guard {
    std::fs::write(file, "x").unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "exec 7<\"$OPENED\"; echo up; read x"]);
    command.env("OPENED", file).env("GLOWTOP_LOOKED_INTO", "by-its-test");
    let mut guard = Guard::start(&mut command);
    assert_eq!(guard.line(), "up");
    guard
}

#[test]
fn enter_looks_into_a_process() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("is-open-here");
    let child = child(&file);
    let pid = child.pid().to_string();
    let mut screen = Start::glowtop(&["-p", &pid]).size(120, 40).spawn();
    screen.wait_row(&[&pid, "sh"]);
    screen.send(b"e");
    screen.wait_row(&["GLOWTOP_LOOKED_INTO", "by-its-test"]);
    screen.send(b"l");
    screen.wait_row(&["7", "file", "is-open-here"]);
    // The page as a file: all of it, as text and as JSON.
    let save = |screen: &mut crate::pty::Pty, name: &str| {
        let path = place.path().join(name);
        screen.send(format!("Q\u{15}{}\r", path.display()).as_bytes());
        screen.wait_row(&["saved as", name]);
        std::fs::read_to_string(path).unwrap()
    };
    assert!(save(&mut screen, "page.txt").contains("is-open-here"));
    let page: serde_json::Value = serde_json::from_str(&save(&mut screen, "page.json")).unwrap();
    assert_eq!((&page["pid"], &page["page"]), (&child.pid().into(), &"files".into()));
    screen.send(b"1");
    screen.wait_row(&["resident"]);
    screen.wait_row(&["CPU by thread"]);
    screen.send(b"\x1b");
    screen.wait_row(&["PID", "USER", "Command"]);
    let rows = save(&mut screen, "rows.csv");
    assert!(rows.starts_with("pid,user,") && rows.contains(&format!("\n{pid},")), "{rows}");
    screen.send(b"q");
    assert!(screen.wait_exit().success());
}

#[test]
fn pages_are_written_as_text_and_json() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("is-open-here");
    let child = child(&file);
    let pid = child.pid().to_string();
    let run = |args: &[&str]| Command::new(GLOWTOP).arg("inspect").args(args).output().unwrap();
    let text = run(&[&pid, "--page", "files", "--delay", "0.1"]);
    let said = String::from_utf8(text.stdout).unwrap();
    assert!(text.status.success() && said.contains("is-open-here"), "{said}");
    let json = run(&[&pid, "--page", "all", "--json"]);
    let pages: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let pages = pages.as_array().unwrap();
    assert_eq!(pages.len(), 13);
    assert!(pages.iter().all(|page| page["pid"] == child.pid()));
    let of = |name: &str| pages.iter().find(|page| page["page"] == name).unwrap();
    let files = of("files")["files"].as_array().unwrap();
    let opened = files.iter().find(|row| row["fd"] == 7).unwrap();
    assert_eq!(opened["target"], file.to_str().unwrap());
    assert_eq!((&opened["mode"], &opened["size"]), (&"r".into(), &1.into()));
    let variables = of("environment")["variables"].as_array().unwrap();
    assert!(
        variables.iter().any(|row| row["name"] == "GLOWTOP_LOOKED_INTO" && row["value"] == "by-its-test")
    );
    assert_eq!(of("ancestry")["chain"][1]["pid"], std::process::id());
    drop(child);
    let gone = run(&[&pid]);
    let said = String::from_utf8(gone.stderr).unwrap();
    assert_eq!(gone.status.code(), Some(2));
    assert!(said.contains(&format!("there is no process {pid}")), "{said}");
    assert_eq!(run(&["1", "--page", "nothing"]).status.code(), Some(2));
}
