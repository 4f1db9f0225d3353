//! What the program does to the terminal and to files for its user's sake, in a terminal: copying, saving, the mouse.

use nix::sys::signal::Signal;

use crate::pty::{Pty, Start};
use crate::terminal::{assert_given_back, started};

/// A monitor of this test's own process alone.
fn monitor(more: &[&str]) -> Pty {
    let own = std::process::id().to_string();
    let args: Vec<&str> = ["-p", &own].into_iter().chain(more.iter().copied()).collect();
    let pty = started(Start::glowtop(&args).size(100, 30));
    pty.wait_row(&[&own]);
    pty
}

fn end(mut pty: Pty) {
    pty.signal(Signal::SIGTERM);
    pty.wait_exit();
    assert_given_back(&pty);
}

/// Base 64 of digits, by the letters of RFC 4648.
fn base64(text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits = (0..3).fold(0u32, |bits, n| bits << 8 | u32::from(three.get(n).copied().unwrap_or(0)));
        for n in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * n)) as usize & 63];
            out.push(if n > three.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

#[test]
fn a_copy_reaches_the_terminal_and_is_told() {
    let pty = monitor(&[]);
    pty.send(b"y\r");
    let sequence = format!("\x1b]52;c;{}\x1b\\", base64(&std::process::id().to_string()));
    pty.wait_until("copied", || {
        pty.bytes().windows(sequence.len()).any(|bytes| bytes == sequence.as_bytes())
    });
    pty.wait_row(&["copied: ", &std::process::id().to_string()]);
    end(pty);
}

#[test]
fn a_picture_is_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.svg");
    let pty = monitor(&[]);
    for (said, ending) in [("saved as", "svg"), ("there is such a file already", "svg"), ("saved as", "txt")]
    {
        let path = path.with_extension(ending);
        pty.send(format!("Q\x15{}\r", path.display()).as_bytes());
        pty.wait_row(&[said, &format!("a.{ending}")]);
        let written = std::fs::read_to_string(&path).unwrap();
        let begins = if ending == "svg" { "<svg " } else { " glowtop" };
        assert!(written.starts_with(begins) && written.contains("Command"), "{written}");
        assert!(!written.contains("Save the screen as"), "the line is not in the picture");
    }
    end(pty);
}

#[test]
fn the_mouse_is_given_away_and_taken_back() {
    let pty = monitor(&[]);
    pty.send(b"r");
    pty.wait_for("no mouse", |screen| screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None);
    pty.wait_row(&["the mouse is left to the terminal", "r takes it back"]);
    pty.send(b"r");
    pty.wait_for("the mouse", |screen| {
        screen.mouse_protocol_mode() == vt100::MouseProtocolMode::ButtonMotion
    });
    end(pty);
}

#[test]
fn a_key_map_is_chosen_and_listed() {
    let list = |name: &str| {
        let mut glowtop = std::process::Command::new(crate::pty::GLOWTOP);
        glowtop.args(["print", "keys", "--keymap", name]).output().unwrap()
    };
    let vim = String::from_utf8(list("vim").stdout).unwrap();
    assert!(vim.lines().any(|line| line.starts_with("j  ") && line.contains(" down ")), "{vim}");
    let htop = String::from_utf8(list("htop").stdout).unwrap();
    assert!(htop.lines().any(|line| line.starts_with("k  ") && line.contains(" signal ")), "{htop}");
    let wrong = list("emacs");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("htop and vim"));
}
