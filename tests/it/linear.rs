//! `glowtop --accessible`: a conversation in lines, as it is heard.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::pty::GLOWTOP;
use crate::support::Guard;

/// What is answered to `lines`, and on standard error.
pub(crate) fn talk(flags: &[&str], lines: &str) -> (String, String) {
    let mut child = Command::new(GLOWTOP)
        .arg("--accessible")
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn a_process_is_found_and_ended_without_a_screen() {
    let sleeper = Guard::sleeper();
    let pid = sleeper.pid();
    let (said, _) = talk(&[], &format!("busy 3 pid={pid}\nkill pid:{pid} --yes\nquit\nbusy 1\n"));
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.contains(&"1 process matches."), "{said}");
    assert!(lines.iter().any(|line| line.starts_with(&format!("{pid} sleep: 0.0 percent CPU, "))), "{said}");
    assert!(lines.last().unwrap().starts_with(&format!("{pid} sleep: killed by SIGTERM")), "{said}");
    // A terminal would have nothing to obey, and no bell to ring.
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
}

#[test]
fn with_readonly_nothing_is_ended() {
    let sleeper = Guard::sleeper();
    let pid = sleeper.pid();
    let (said, _) = talk(&["--readonly"], &format!("kill pid:{pid} --yes\nps pid:{pid} --columns pid\n"));
    assert!(
        said.ends_with(&format!("glowtop runs with --readonly: it changes nothing.\n    PID\n{pid:>7}\n")),
        "{said}"
    );
}

#[test]
fn what_is_wrong_is_said_and_the_conversation_goes_on() {
    let (said, complaints) = talk(&[], "busy 2 cpu>fast\nkill 'a\nnonsense\nhelp\n");
    assert!(said.contains("A quotation mark is not closed.\n") && said.ends_with("quit ends.\n"), "{said}");
    assert!(complaints.contains("cpu>fast\n") && complaints.contains("'nonsense'"), "{complaints}");
}

#[test]
fn its_commands_know_the_saved_views_of_its_configuration() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("config.toml");
    let sleeper = Guard::sleeper();
    let pid = sleeper.pid();
    std::fs::write(&file, format!("[[filter]]\nname = \"its\"\nquery = \"pid={pid}\"\n")).unwrap();
    let (said, complaints) = talk(&["--config", file.to_str().unwrap()], "ps @its --columns pid\n");
    assert!(said.ends_with(&format!("    PID\n{pid:>7}\n")), "{said}{complaints}");
}
