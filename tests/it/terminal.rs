//! The life of the terminal: taken over, given back, whatever ends the program.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use crate::pty::{GLOWTOP, Pty, Start};

/// Started, and its first frame is on the screen: from then on keys count.
pub(crate) fn started(start: Start) -> Pty {
    let pty = start.spawn();
    pty.wait_for("in the alternate screen, with mouse and paste marks on", |screen| {
        screen.alternate_screen()
            && screen.hide_cursor()
            && screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::ButtonMotion
            && screen.mouse_protocol_encoding() == vt100::MouseProtocolEncoding::Sgr
    });
    let ends = b"\x1b[?2026l";
    pty.wait_until("a whole frame", || pty.bytes().windows(ends.len()).any(|w| w == ends));
    assert_ne!(pty.modes(), *pty.modes_before(), "raw mode");
    pty
}

/// Everything is as it was before.
pub(crate) fn assert_given_back(pty: &Pty) {
    pty.wait_for("given back", |screen| {
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    });
    assert_eq!(pty.modes(), *pty.modes_before());
    assert!(!pty.is_nonblocking());
}

#[test]
fn what_was_typed_before_the_first_frame_acts_on_nothing() {
    let mut pty = started(Start::glowtop(&[]).typed_before(b"q\x1b[21~qq"));
    // A second frame: whatever was left of that input would have come before it.
    let count = pty.count();
    pty.resize(81, 24);
    pty.wait_until("drawn", || pty.count() > count);
    assert!(pty.runs());
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit().signal(), Some(Signal::SIGTERM as i32));
    assert_given_back(&pty);
}

#[test]
fn signals_that_end_it_give_the_terminal_back_and_show_in_the_status() {
    use Signal::{SIGABRT, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGTERM, SIGUSR1};
    for signal in [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGSEGV, SIGABRT] {
        let mut pty = started(Start::glowtop(&[]));
        pty.signal(signal);
        assert_eq!(pty.wait_exit().signal(), Some(signal as i32));
        assert_given_back(&pty);
    }
}

#[test]
fn it_is_gone_when_the_terminal_is() {
    // The three ways to learn of it: SIGHUP; only the file, because SIGHUP is ignored; only the file, because the
    // terminal does not control the session.
    let deaf = format!("trap '' HUP; exec {GLOWTOP}");
    let ways = [
        (Start::glowtop(&[]), true),
        (Start::program("/bin/sh", &["-c", &deaf]), false),
        (Start::glowtop(&[]).without_control(), false),
    ];
    for (way, by_signal) in ways {
        let mut pty = started(way);
        pty.close();
        let status = pty.wait_exit();
        let hung_up = status.code() == Some(1);
        assert!(hung_up || by_signal && status.signal() == Some(Signal::SIGHUP as i32), "{status}");
    }
}

#[test]
fn a_terminal_that_does_not_read_holds_nobody() {
    let mut pty = started(Start::glowtop(&[]));
    pty.stop_reading();
    pty.resize(100, 30); // a frame that cannot go out
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit().signal(), Some(Signal::SIGTERM as i32));
    assert_eq!(pty.modes(), *pty.modes_before());
}

#[test]
fn a_terminal_that_reads_again_gets_a_whole_frame() {
    let mut pty = started(Start::glowtop(&[]));
    pty.stop_reading();
    for columns in 20..60 {
        pty.resize(columns, 10);
    }
    pty.read_again();
    let count = pty.count();
    pty.wait_until("drawn again", || {
        pty.resize(80, 24);
        let bytes = pty.bytes();
        bytes.len() > count && bytes.ends_with(b"\x1b[?2026l")
    });
    pty.signal(Signal::SIGTERM);
    pty.wait_exit();
    assert_given_back(&pty);
}

#[test]
fn stopped_it_gives_the_terminal_back_and_continued_it_takes_it_again() {
    let mut pty = started(Start::glowtop(&[]));
    for _ in 0..2 {
        pty.signal(Signal::SIGTSTP);
        pty.wait_until("stopped", || pty.state() == 'T');
        assert_given_back(&pty);
        pty.signal(Signal::SIGCONT);
        pty.wait_for("taken again", |screen| screen.alternate_screen() && screen.hide_cursor());
        pty.wait_until("raw again", || pty.modes() != *pty.modes_before());
    }
    // Stopped without a chance to give anything back: everything is drawn anew.
    pty.signal(Signal::SIGSTOP);
    pty.wait_until("stopped", || pty.state() == 'T');
    let count = pty.count();
    pty.signal(Signal::SIGCONT);
    pty.wait_until("drawn in full", || {
        let clear = b"\x1b[2J";
        pty.bytes()[count..].windows(clear.len()).any(|w| w == clear)
    });
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit().signal(), Some(Signal::SIGTERM as i32));
    assert_given_back(&pty);
}

#[test]
fn every_size_is_survived() {
    let mut pty = started(Start::glowtop(&[]));
    let sizes = [(1, 1), (0, 0), (0, 5), (500, 200), (2, 1), (1, 300), (65535, 65535), (80, 0), (80, 24)];
    for _ in 0..20 {
        for (columns, rows) in sizes {
            pty.resize(columns, rows);
        }
    }
    for (columns, rows) in sizes {
        let count = pty.count();
        pty.resize(columns, rows);
        if columns > 0 && rows > 0 {
            pty.wait_until("drawn", || pty.count() > count);
        }
        assert!(pty.runs(), "{columns}×{rows}");
    }
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit().signal(), Some(Signal::SIGTERM as i32));
    assert_given_back(&pty);
}

#[test]
fn a_terminal_that_never_knew_its_size_is_taken_for_a_usual_one() {
    let mut pty = started(Start::glowtop(&[]).size(0, 0));
    let clear = b"\x1b[2J";
    assert!(pty.bytes().windows(clear.len()).any(|w| w == clear), "a frame was drawn");
    pty.signal(Signal::SIGTERM);
    pty.wait_exit();
    assert_given_back(&pty);
}

#[test]
fn what_is_no_terminal_gets_a_sentence_and_status_2() {
    for term in [Some("dumb"), Some(""), None] {
        let mut pty = Start::glowtop(&[]).env("TERM", term).spawn();
        assert_eq!(pty.wait_exit().code(), Some(2), "{term:?}");
        pty.wait_for("a sentence", |screen| screen.contents().contains("TERM is"));
        assert!(!pty.bytes().contains(&0x1b), "no sequence to a terminal that knows none");
    }
    let output = Command::new(GLOWTOP).env("TERM", "xterm").stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert!(sentence.contains("not a terminal"), "{sentence}");
}

#[test]
fn stray_sequences_do_nothing() {
    let stray: [&[u8]; 9] = [
        b"\x1b]11;rgb:2e2e/kkkk/qqqq\x07",
        b"\x1b[24;80R",
        b"\x1b[I\x1b[O",
        b"\x1b[?62;22c",
        b"\x1bP>|q k\x1b\\",
        b"\x1b_Gq\x1b\\",
        b"\x1b[Mqqq",
        b"\x1b[200~q\x1b[201~",
        b"\x1b[12;",
    ];
    let mut pty = started(Start::glowtop(&[]));
    for bytes in stray {
        pty.send(bytes);
    }
    // The input is read in order: once the frame for this size is there, all of it has had its chance.
    for columns in 81..90 {
        let count = pty.count();
        pty.resize(columns, 24);
        pty.wait_until("drawn", || pty.count() > count);
    }
    assert!(pty.runs());
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit().signal(), Some(Signal::SIGTERM as i32));
    assert_given_back(&pty);
}
