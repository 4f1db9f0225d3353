use proptest::prelude::*;

use super::*;
use crate::app::{Mouse, MouseEvent};

const T: Nanos = Nanos(5_000_000_000);

fn read(bytes: &[u8]) -> Vec<Input> {
    let mut out = Vec::new();
    let mut parser = Parser::default();
    parser.feed(T, bytes, &mut out);
    if let Some(deadline) = parser.deadline() {
        parser.expire(deadline, &mut out);
    }
    out
}

fn keys(bytes: &[u8]) -> String {
    let names = read(bytes).into_iter().map(|input| match input {
        Input::Key(chord) => chord.to_string(),
        Input::Mouse(Mouse { what, x, y }) => format!("{what:?}@{x},{y}"),
        Input::Paste(text) => format!("Paste({text})"),
    });
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_spelling_of_a_key_is_that_key() {
    let table: &[(&[u8], &str)] = &[
        (b"a", "a"),
        (b"K", "K"),
        (b" ", "Space"),
        (b"\xc3\xa4", "ä"),
        (b"\xe2\x82\xac", "€"),
        (b"\xf0\x9f\x98\x80", "😀"),
        (b"\x01", "Ctrl-A"),
        (b"\x1a", "Ctrl-Z"),
        (b"\x1c", "Ctrl-\\"),
        (b"\x1f", "Ctrl-_"),
        (b"\0", "Ctrl-Space"),
        (b"\t", "Tab"),
        (b"\r", "Enter"),
        (b"\n", "Enter"),
        (b"\x7f", "Backspace"),
        (b"\x08", "Backspace"),
        (b"\x1b", "Esc"),
        (b"\x1b\x1b", "Esc Esc"),
        (b"\x1bk", "Alt-k"),
        (b"\x1b\x7f", "Alt-Backspace"),
        (b"\x1b\x01", "Ctrl-Alt-A"),
        (b"\x1b\xc3\xa4", "Alt-ä"),
        (b"\x1b\x1bk", "Esc Alt-k"),
        (b"\x1b[A\x1b[B\x1b[C\x1b[D", "Up Down Right Left"),
        (b"\x1bOA\x1bOB\x1bOC\x1bOD", "Up Down Right Left"),
        (b"\x1b[1;2A\x1b[1;5C\x1b[1;3D\x1b[1;6B", "Shift-Up Ctrl-Right Alt-Left Ctrl-Shift-Down"),
        (b"\x1b[;5A\x1bO5A\x1bO1;5A", "Ctrl-Up Ctrl-Up Ctrl-Up"),
        (b"\x1b[a\x1bOa\x1b\x1b[A\x1b\x1bOA", "Shift-Up Ctrl-Up Alt-Up Alt-Up"),
        (b"\x1b[1;5:1A\x1b[1;1:2A\x1b[1;129A", "Ctrl-Up Up Up"),
        (b"\x1b[H\x1bOH\x1b[1~\x1b[7~", "Home Home Home Home"),
        (b"\x1b[F\x1bOF\x1b[4~\x1b[8~", "End End End End"),
        (b"\x1b[2~\x1b[3~\x1b[5~\x1b[6~", "Insert Delete PageUp PageDown"),
        (b"\x1b[3;5~\x1b[3^\x1b[3$\x1b[3@", "Ctrl-Delete Ctrl-Delete Shift-Delete Ctrl-Shift-Delete"),
        (b"\x1b[Z", "Shift-Tab"),
        (b"\x1bOP\x1bOQ\x1bOR\x1bOS", "F1 F2 F3 F4"),
        (b"\x1b[P\x1b[Q\x1b[S", "F1 F2 F4"),
        (b"\x1b[[A\x1b[[B\x1b[[C\x1b[[D\x1b[[E", "F1 F2 F3 F4 F5"),
        (b"\x1b[11~\x1b[12~\x1b[13~\x1b[14~\x1b[15~", "F1 F2 F3 F4 F5"),
        (b"\x1b[17~\x1b[18~\x1b[19~\x1b[20~\x1b[21~\x1b[23~\x1b[24~", "F6 F7 F8 F9 F10 F11 F12"),
        (b"\x1b[25~\x1b[29~\x1b[34~", "F13 F16 F20"),
        (b"\x1b[1;2P\x1b[1;2R\x1b[15;5~\x1b[17^\x1b[23$", "Shift-F1 Shift-F3 Ctrl-F5 Ctrl-F6 Shift-F11"),
        (b"\x1b[27u\x1b[97;5u\x1b[97;2u\x1b[97:65;2u\x1b[13;2u", "Esc Ctrl-A A A Shift-Enter"),
        (b"\x1b[27;5;97~\x1b[27;2;9~\x1b[57400u", "Ctrl-A Shift-Tab 1"),
        (b"\x1bOM\x1bOk\x1bOm\x1bOq", "Enter + - 1"),
        (
            b"\x1b[<0;1;1M\x1b[<0;1;1m\x1b[<2;80;24M\x1b[<1;3;4M",
            "Left@0,0 Release@0,0 Right@79,23 Middle@2,3",
        ),
        (
            b"\x1b[<32;5;6M\x1b[<64;1;2M\x1b[<65;1;2M\x1b[<16;1;1M",
            "Drag@4,5 WheelUp@0,1 WheelDown@0,1 Left@0,0",
        ),
        (b"\x1b[200~kill\x1b[31m\x1b[\x1b[201~q", "Paste(kill\x1b[31m\x1b[) q"),
    ];
    for (bytes, expected) in table {
        assert_eq!(keys(bytes), *expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn replies_act_on_nothing_and_hold_up_nothing() {
    let replies: &[&[u8]] = &[
        b"\x1b]11;rgb:2e2e/kkkk/3636\x07",
        b"\x1b]10;rgb:kkkk/9999/qqqq\x1b\\",
        b"\x1b]52;c;a2tr\x07",
        b"\x1bP1$r0mk\x1b\\",
        b"\x1bP>|kitty k\x1b\\",
        b"\x1b_Gi=1;OK k\x1b\\",
        b"\x1b^k\x1b\\",
        b"\x1bXk\x1b\\",
        b"\x1b]0;a\x1b[Ak\x1bkq\x07",
        b"\x1b[24;80R",
        b"\x1b[1;1R",
        b"\x1b[1;200R",
        b"\x1b[?1;2R",
        b"\x1b[R",
        b"\x1b[I",
        b"\x1b[O",
        b"\x1b[?62;22c",
        b"\x1b[>41;354;0c",
        b"\x1b[=1;2c",
        b"\x1b[0n",
        b"\x1b[8;24;80t",
        b"\x1b[?2026;2$y",
        b"\x1b[4;1$y",
        b"\x1b[?0u",
        b"\x1b[?997;1n",
        b"\x1b[M !!",
        b"\x1b[Mkkk",
        b"\x1b[0;12;13M",
        b"\x1b[<35;1;1M",
        b"\x1b[<66;1;1M",
        b"\x1b[1;1:3A",
        b"\x1b[97;1:3u",
        b"\x1b[201~",
        b"\x1b\\",
    ];
    for reply in replies {
        assert_eq!(keys(&[reply, b"q".as_slice()].concat()), "q", "{}", reply.escape_ascii());
    }
}

#[test]
fn after_something_unknown_nothing_acts_for_a_while() {
    let unknown: &[&[u8]] = &[
        b"\x1b[k",
        b"\x1b[99~",
        b"\x1b[1;9A",
        b"\x1b[1;2;3A",
        b"\x1b[5A",
        b"\x1b[ k",
        b"\x1b[1;2$q",
        b"\x1b[[k",
        b"\x1bOz",
        b"\x1b[<0;0;0M",
        b"\x1b[57441u",
        b"\x1b[\x07",
        b"\x1b[1;\xff",
        b"\x1b[12\x18",
        b"\x1b]0;t\x18",
        b"\x80",
        b"\xff",
        b"\xc2\x9b",
        b"\xed\xa0\x80",
        b"\xe2\x82",
        b"\x1b[1111111111111111111111111111111111111111111111111111111~",
    ];
    for bytes in unknown {
        let mut out = Vec::new();
        let mut parser = Parser::default();
        parser.feed(T, bytes, &mut out);
        parser.feed(T, b"k\x1b[20~\r", &mut out);
        parser.feed(later(T, HUSH - 1), b"k", &mut out);
        assert_eq!(out, [], "{}", bytes.escape_ascii());
        parser.feed(later(T, HUSH), b"k", &mut out);
        assert_eq!(out, [Input::Key(Chord::char('k'))], "{}", bytes.escape_ascii());
    }
}

#[test]
fn an_unfinished_sequence_is_dropped_whole_and_its_late_rest_too() {
    for bytes in
        [b"\x1b[".as_slice(), b"\x1b[12;", b"\x1bO", b"\x1b]11;rgb:", b"\x1bP", b"\x1b[M!", b"\x1b[200~k"]
    {
        let mut out = Vec::new();
        let mut parser = Parser::default();
        parser.feed(T, bytes, &mut out);
        let deadline = parser.deadline().unwrap();
        assert_eq!(deadline, later(T, UNFINISHED));
        parser.expire(Nanos(deadline.0 - 1), &mut out);
        assert_eq!(parser.deadline(), Some(deadline));
        parser.expire(deadline, &mut out);
        assert_eq!(parser.deadline(), None);
        // The line is slow: the rest trickles in.
        let mut now = deadline;
        for _ in 0..20 {
            now = later(now, HUSH - 1);
            parser.feed(now, b"k", &mut out);
        }
        assert_eq!(out, [], "{}", bytes.escape_ascii());
        parser.feed(later(now, HUSH), b"k", &mut out);
        assert_eq!(out.len(), 1, "{}", bytes.escape_ascii());
    }
}

#[test]
fn escape_is_a_key_only_in_silence() {
    let mut out = Vec::new();
    let mut parser = Parser::default();
    parser.feed(T, b"\x1b", &mut out);
    parser.expire(later(T, ESCAPE - 1), &mut out);
    assert_eq!(out, []);
    // We were late to look, but the rest is in hand: an arrow.
    parser.feed(later(T, 2 * ESCAPE), b"[A", &mut out);
    assert_eq!(out, [Input::Key(Chord::plain(Key::Up))]);

    out.clear();
    parser.feed(T, b"\x1b", &mut out);
    let now = later(T, ESCAPE);
    parser.expire(now, &mut out);
    assert_eq!(out, [Input::Key(Chord::plain(Key::Esc))]);
    // The line was slower than that: still no `[` and no `A`.
    parser.feed(later(now, LATE - 1), b"[A", &mut out);
    assert_eq!(out.len(), 2);
    assert_eq!(out[1], Input::Key(Chord::plain(Key::Up)));
    // A person is not that fast.
    out.clear();
    parser.feed(T, b"\x1b", &mut out);
    parser.expire(now, &mut out);
    parser.feed(later(now, LATE), b"[", &mut out);
    assert_eq!(out[1..], [Input::Key(Chord::char('['))]);
}

#[test]
fn a_paste_is_bounded_and_may_take_its_time() {
    let mut out = Vec::new();
    let mut parser = Parser::default();
    parser.feed(T, b"\x1b[200~", &mut out);
    let mut now = T;
    for _ in 0..40 {
        now = later(now, UNFINISHED / 2);
        parser.feed(now, &[b'x'; 4096], &mut out);
    }
    parser.feed(now, b"\xff\x1b[201~", &mut out);
    assert!(matches!(&out[..], [Input::Paste(text)] if text.len() == PASTE), "{}", out.len());
    assert_eq!(keys(b"\x1b[200~a\xffb\x1b\x1b[201~"), "Paste(a\u{fffd}b\x1b)");
}

#[test]
fn a_click_of_any_mouse_is_within_the_screen_or_nothing() {
    assert_eq!(
        read(b"\x1b[<0;65536;65536M"),
        [Input::Mouse(Mouse { what: MouseEvent::Left, x: 65535, y: 65535 })]
    );
    assert_eq!(read(b"\x1b[<0;65537;1M\x1b[<0;99999999999999;1M"), []);
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    // Random bytes alone seldom form a sequence.
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..6),
        prop_oneof![
            Just(b"\x1b".to_vec()),
            Just(b"\x1b[".to_vec()),
            Just(b"\x1b[<".to_vec()),
            Just(b"\x1bO".to_vec()),
            Just(b"\x1b]11;".to_vec()),
            Just(b"\x1bP".to_vec()),
            Just(b"\x1b\\".to_vec()),
            Just(b"\x1b[200~".to_vec()),
            Just(b"\x1b[201~".to_vec()),
            Just(b"1;5".to_vec()),
            Just(b"A".to_vec()),
            Just(b"~".to_vec()),
        ],
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn how_bytes_are_cut_makes_no_difference(bytes in pieces(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.sort_unstable();
        let mut parser = Parser::default();
        let mut out = Vec::new();
        let mut from = 0;
        for to in at.into_iter().chain([bytes.len()]) {
            parser.feed(T, &bytes[from..to], &mut out);
            from = to;
        }
        if let Some(deadline) = parser.deadline() {
            parser.expire(deadline, &mut out);
        }
        prop_assert_eq!(out, read(&bytes));
    }

    #[test]
    fn the_text_of_a_string_is_never_a_key(open in prop_oneof![Just("]"), Just("P"), Just("X"), Just("^"), Just("_")], text in "[^\\x07\\x18\\x1a\\\\]{0,40}") {
        let bytes = format!("\x1b{open}{text}");
        prop_assert_eq!(read(bytes.as_bytes()), []);
        prop_assert_eq!(keys(format!("{bytes}\x1b\\q").as_bytes()), "q");
    }

    #[test]
    fn silence_always_ends_what_was_begun(bytes in pieces()) {
        let mut parser = Parser::default();
        let mut out = Vec::new();
        parser.feed(T, &bytes, &mut out);
        if let Some(deadline) = parser.deadline() {
            parser.expire(deadline, &mut out);
        }
        prop_assert_eq!(parser.deadline(), None);
        out.clear();
        parser.feed(later(T, 10 * UNFINISHED), b"q", &mut out);
        prop_assert_eq!(out, [Input::Key(Chord::char('q'))]);
    }

    #[test]
    fn no_timing_matters_to_its_life(steps in proptest::collection::vec((pieces(), 0..3 * UNFINISHED, any::<bool>()), 0..12)) {
        let mut parser = Parser::default();
        let mut out = Vec::new();
        let mut now = T;
        for (bytes, pause, look) in steps {
            now = later(now, pause);
            if look {
                parser.expire(now, &mut out);
                prop_assert!(parser.deadline().is_none_or(|deadline| deadline > now));
            }
            parser.feed(now, &bytes, &mut out);
            prop_assert!(parser.body.len() <= BODY && parser.paste.len() <= PASTE);
        }
    }
}
