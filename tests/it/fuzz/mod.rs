//! What the fuzzers try, tried with random bytes and with what looks like the real thing; `PROPTEST_CASES` makes it more.

use proptest::prelude::*;

mod bodies;

/// Bytes, or pieces of what is meant, in any order.
fn bytes(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

const QUERY: &[&str] = &[
    "cpu", "name", "port", "listen", "under", "user", "me", "@v", "@w", "\n", " ", " and ", " or ", "not ",
    "(", ")", "\"", "\\", "=", "!=", ">", "<=", "~", ":", "*", "?", "|", "5%", "80", "1GiB", "2m", "é", "[",
    "pid:1",
];
const SETTINGS: &[&str] = &[
    "[options]\n",
    "[[screen]]\n",
    "[[filter]]\n",
    "[[rule]]\n",
    "[header]\n",
    "[keys.processes]\n",
    "delay",
    "theme",
    "name",
    "query",
    "look",
    "mark",
    "id",
    "columns",
    "sort",
    " = ",
    "\"cpu>50\"",
    "\"@mine\"",
    "\"warn\"",
    "\"#ff8800\"",
    "1.5",
    "true",
    "[\"pid\"]",
    "\n",
    "\"\x1b[2J\"",
    "hide",
    "\"processes\"",
    "\"F4\"",
    "\"tree\"",
    "fg",
    "{",
    "}",
];
const PROC: &[&str] = &[
    "1 (a) S ",
    "(",
    ")",
    " ",
    "\n",
    "0",
    "4294967296",
    "-1",
    "cpu0 ",
    "MemTotal:",
    " kB",
    "0::/",
    "socket:[",
    "]",
    "0100007F:1F90 ",
    "0A ",
    "VmSwap:",
    "Pss:",
    "drm-driver:",
    "some avg10=",
    "net:[",
    "/autogroup-",
    "root:x:0:",
];
const KEYS: &[&str] = &[
    "\x1b",
    "\x1b[",
    "\x1bO",
    "\x1b]11;",
    "\x1bP",
    "\x1b\\",
    "\x1b[200~",
    "\x1b[201~",
    "\x1b[<0;1;1M",
    "1;5",
    "A",
    "~",
    "é",
    "漢",
    "\x7f",
    "\r",
    "k",
];

proptest! {
    #[test]
    fn queries(bytes in bytes(QUERY)) {
        bodies::query(&bytes);
    }

    #[test]
    fn settings(bytes in bytes(SETTINGS)) {
        bodies::settings(&bytes);
    }

    #[test]
    fn proc_files(bytes in bytes(PROC)) {
        bodies::proc_files(&bytes);
    }

    #[test]
    fn keys(bytes in bytes(KEYS)) {
        bodies::keys(&bytes);
    }
}
