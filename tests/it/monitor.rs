//! The monitor as its user meets it: the real program on a real terminal, over the real machine.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::fixture::Fixture;
use crate::lab::{self, Proc};
use crate::pty::{GLOWTOP, Pty, Start};
use crate::terminal::{assert_given_back, started};

/// A process of ours to look for; killed and reaped when dropped.
struct Target {
    child: Child,
    /// How long it sleeps: no other process has this number in its command line.
    mark: String,
}

impl Target {
    /// `sleep` for ever, started by `env` with these arguments.
    fn start(env: &[&str]) -> Target {
        let mark = mark();
        let child =
            Command::new("env").args(env).args(["sleep", &mark]).stdin(Stdio::null()).spawn().unwrap();
        let target = Target { child, mark };
        target.wait_name("sleep");
        target
    }

    /// A shell and the `sleep` it waits for, whose pid is returned beside it.
    fn family() -> (Target, u32) {
        let mark = mark();
        let script = format!("sleep {mark} & echo $!; wait");
        let mut child = Command::new("sh").args(["-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
        (Target { child, mark }, line.trim().parse().unwrap())
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Field `number` of its `stat`, counted as proc(5) does; from 3 on.
    fn stat(&self, number: usize) -> String {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        stat.rsplit(')').next().unwrap().split_whitespace().nth(number - 3).unwrap().to_owned()
    }

    fn nice(&self) -> i32 {
        self.stat(19).parse().unwrap()
    }

    fn wait_name(&self, name: &str) {
        let end = std::time::Instant::now() + crate::pty::DEADLINE;
        let file = format!("/proc/{}/comm", self.pid());
        while std::fs::read_to_string(&file).unwrap().trim() != name {
            assert!(std::time::Instant::now() < end, "never {name}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // Once it is reaped its pid may be anybody's.
        let alive = self.child.try_wait().is_ok_and(|status| status.is_none());
        for child in if alive { children(self.pid()) } else { Vec::new() } {
            let _ = nix::sys::signal::kill(Pid::from_raw(child), Signal::SIGKILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn children(parent: u32) -> Vec<i32> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let procs = all.filter_map(|entry| Proc::read(entry.file_name().to_str()?.parse().ok()?));
    procs.filter(|proc| proc.parent == parent as i32).map(|proc| proc.pid).collect()
}

/// A number of seconds that nobody else sleeps for.
fn mark() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("86{:03}.{}", COUNT.fetch_add(1, Ordering::Relaxed), std::process::id())
}

/// The monitor with the rows of all processes on a large screen.
fn monitor(args: &[&str]) -> Pty {
    let pty = started(Start::glowtop(args).size(120, 40));
    pty.wait_row(&["PID", "Command"]);
    wait_all(&pty);
    pty
}

/// Of very many processes the first frame may show some, and says so.
fn wait_all(pty: &Pty) {
    pty.wait_until("all of them", || {
        pty.rows().iter().any(|row| row.contains(" shown") && !row.contains(" shown so far"))
    });
}

fn quit(mut pty: Pty) {
    pty.send(b"q");
    assert_eq!(pty.wait_exit().code(), Some(0));
    assert_given_back(&pty);
}

/// Presses Escape and waits until `text` is gone: with a key right behind it, it would be Alt and that key.
fn leave(pty: &Pty, text: &str) {
    pty.send(b"\x1b");
    pty.wait_for("closed", |screen| !screen.contents().contains(text));
}

#[test]
fn the_first_frame_has_rows_and_keys_leave() {
    let target = Target::start(&[]);
    let pid = format!(" {} ", target.pid());
    for key in [&b"q"[..], b"\x1b[21~", b"\x03"] {
        let mut pty = monitor(&["-p", pid.trim()]);
        pty.wait_row(&[&pid, "sleep"]);
        pty.send(key);
        assert_eq!(pty.wait_exit().code(), Some(0), "{key:?}");
        assert_given_back(&pty);
    }
}

#[test]
fn the_very_first_frame_has_the_table() {
    // A machine of few processes: a look at it takes no time, whatever else this one does.
    let fixture = Fixture::new();
    fixture.process(4711, 1, "first", 5, 1);
    let pty = Start::glowtop(&["--root", fixture.root().to_str().unwrap()]).spawn();
    let ends = b"\x1b[?2026l";
    let mut first = Vec::new();
    pty.wait_until("a whole frame", || {
        let bytes = pty.bytes();
        let end = bytes.windows(ends.len()).position(|window| window == ends);
        first = end.map_or(Vec::new(), |end| bytes[..end].to_vec());
        end.is_some()
    });
    let mut parser = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
    parser.process(&first);
    let screen = parser.screen().contents();
    assert!(
        screen.contains("Command") && screen.contains(" 4711 ") && screen.contains("1 shown"),
        "{screen}"
    );
    quit(pty);
}

#[test]
fn ctrl_z_stops_it_and_continuing_brings_the_screen_back() {
    let pty = monitor(&[]);
    pty.send(b"\x1a");
    pty.wait_until("stopped", || pty.state() == 'T');
    assert_given_back(&pty);
    pty.signal(Signal::SIGCONT);
    pty.wait_for("taken again", |screen| screen.alternate_screen() && screen.hide_cursor());
    pty.wait_row(&["PID", "Command"]);
    pty.wait_row(&[" shown"]);
    quit(pty);
}

#[test]
fn a_q_typed_before_the_first_frame_is_not_obeyed() {
    let pty = started(Start::glowtop(&[]).size(120, 40).typed_before(b"qF9\rk\r"));
    pty.wait_row(&[" shown"]);
    // Keys that come later are obeyed, so those before them had their chance.
    pty.send(b"h");
    pty.wait_row(&["leave glowtop"]);
    leave(&pty, "leave glowtop");
    quit(pty);
}

#[test]
fn replies_and_pastes_open_nothing() {
    let fixture = Fixture::new();
    for pid in 1..6 {
        fixture.process(pid, pid / 2, format!("prog{pid}"), u64::from(pid), 1);
    }
    let pty = monitor(&["--root", fixture.root().to_str().unwrap()]);
    // Frozen, the table and the lines below it stay as they are.
    pty.send(b"Z");
    pty.wait_row(&["PAUSED"]);
    let body = || pty.rows().into_iter().skip_while(|row| !row.contains("Command")).collect::<Vec<_>>();
    let before = body();
    assert!(before.len() > 5, "{before:?}");
    for stray in [
        &b"\x1b]11;rgb:2e2e/kkkk/3636\x07"[..],
        b"\x1b]10;rgb:kkkk/qqqq/9999\x1b\\",
        b"\x1b[24;80R",
        b"\x1b[?62;22;52c",
        b"\x1b[>41;354;0c",
        b"\x1b[I",
        b"\x1b[O",
        b"\x1bP1$r0 q\x1b\\",
        b"\x1bP>|XTerm(388) kq\x1b\\",
        b"\x1b_Gi=31;OK q\x1b\\",
        b"\x1b[Mkqk",
        b"\x1b[M 2\"",
        b"\x1b[200~kq\r9\r\x1b[201~",
        b"\x1b[200~\x1b[21~\x1b[201~",
        b"\x1b[<0;9999;9999M",
        b"\x1b[12;",
        b"\x1b]52;c;kkk",
    ] {
        pty.send(stray);
        // Help opens when a key is obeyed again: a sequence without an end may first have to be given up.
        let mut waited = 0;
        pty.wait_until("obeying", || {
            if waited % 100 == 0 {
                pty.send(b"\x1bOP");
            }
            waited += 1;
            pty.contents().contains("leave glowtop")
        });
        let text = pty.contents();
        assert!(!text.contains("Send a signal"), "{stray:?} opened something:\n{text}");
        // Any key closes it; a click on nothing acts on nothing else should it be closed already.
        pty.wait_until("closed", || {
            if pty.contents().contains("leave glowtop") {
                pty.send(b"\x1b[<0;120;1M");
            }
            !pty.contents().contains("leave glowtop")
        });
        pty.wait_until(&format!("as before {stray:?}"), || body() == before);
    }
    quit(pty);
}

#[test]
fn a_process_found_by_its_pid_is_killed_and_the_verdict_is_told() {
    for (digits, signal) in [("9", Signal::SIGKILL), ("15", Signal::SIGTERM)] {
        let mut target = Target::start(&[]);
        let pid = target.pid().to_string();
        let pty = monitor(&[]);
        pty.send(pid.as_bytes());
        pty.wait_row(&["PID: ", &pid]);
        pty.send(b"\x1b[20~");
        pty.wait_row(&["Send a signal"]);
        pty.wait_row(&["to ", "1 process,"]);
        pty.wait_row(&[&pid, "sleep", "│"]);
        pty.send(digits.as_bytes());
        pty.send(b"\r");
        assert_eq!(target.child.wait().unwrap().signal(), Some(signal as i32));
        pty.wait_row(&[&format!("{pid} sleep: killed by {}", signal.as_str())]);
        quit(pty);
    }
}

#[test]
fn one_that_ignores_the_signal_is_told_to_be_alive_and_why() {
    let target = Target::start(&["--ignore-signal=TERM"]);
    let pid = target.pid().to_string();
    let pty = monitor(&["-p", &pid]);
    pty.wait_row(&[&pid, &target.mark]);
    pty.send(b"k");
    pty.wait_row(&["SIGTERM", "ignores it"]);
    pty.send(b"\r");
    pty.wait_row(&[&format!("{pid} sleep: ignores SIGTERM"), "still alive"]);
    assert_eq!(target.stat(3), "S");
    quit(pty);
}

#[test]
fn nice_values_change() {
    let target = Target::start(&[]);
    let pid = target.pid().to_string();
    let before = target.nice();
    if before == 19 {
        return eprintln!("run at nice 19: no value is nicer, nothing to check");
    }
    let pty = monitor(&["-p", &pid]);
    pty.wait_row(&[&pid, &target.mark]);
    pty.send(b"\x1b[19~");
    pty.wait_row(&[&format!("nice {before} → {}", before + 1)]);
    pty.wait_until("nicer", || target.nice() == before + 1);
    pty.send(b"\x1b[18~");
    // Only root may go back.
    pty.wait_for("an answer", |screen| {
        let text = screen.contents();
        text.contains(&format!("nice {} → {before}", before + 1)) || text.contains("not permitted")
    });
    if pty.contents().contains("not permitted") {
        assert_eq!(target.nice(), before + 1);
    } else {
        pty.wait_until("less nice", || target.nice() == before);
    }
    quit(pty);
}

#[test]
fn filter_and_search_find_a_process() {
    let target = Target::start(&[]);
    let pid = target.pid().to_string();
    let pty = monitor(&[]);
    pty.send(b"\x1bOS");
    pty.wait_row(&["Filter:"]);
    pty.send(format!("sleep {}", target.mark).as_bytes());
    pty.wait_row(&["Filter: sleep", &target.mark]);
    pty.send(b"\r");
    pty.wait_row(&["1 shown"]);
    pty.wait_row(&[&format!(" {pid} "), &target.mark]);
    // Esc takes the filter away, and the search goes to the process.
    pty.send(b"\x1b");
    pty.wait_for("all again", |screen| !screen.contents().contains(" 1 shown"));
    pty.send(b"/");
    pty.wait_row(&["Search:"]);
    // In a line of text a paste is text.
    pty.send(format!("\x1b[200~{}\x1b[201~\r", target.mark).as_bytes());
    pty.wait_for("no line", |screen| !screen.contents().contains("Search:"));
    pty.send(b"\x1b[20~");
    pty.wait_row(&["to ", "1 process,"]);
    pty.wait_row(&[&pid, "sleep", "│"]);
    leave(&pty, "Send a signal");
    quit(pty);
}

#[test]
fn the_tree_folds_and_unfolds() {
    let (family, child) = Target::family();
    let (pid, child) = (format!(" {} ", family.pid()), format!(" {child} "));
    // By pid: rows that change their places cannot be clicked on.
    let pty = monitor(&["-t", "-s", "pid", "-F", &family.mark]);
    pty.wait_row(&[&pid, "sh -c"]);
    pty.wait_row(&[&child, "└─ "]);
    pty.send(pid.trim().as_bytes());
    pty.wait_row(&["PID: ", pid.trim()]);
    pty.send(b"-");
    pty.wait_row(&[&pid, "▸ "]);
    pty.wait_for("folded", |screen| !screen.contents().contains(&child));
    // A click on the mark unfolds it.
    pty.click("▸ ");
    pty.wait_row(&[&child, "└─ "]);
    quit(pty);
}

#[test]
fn the_mouse_sorts_and_presses_keys() {
    let pty = monitor(&[]);
    pty.click("PID USER");
    pty.wait_row(&["PID△ USER"]);
    pty.click("PID△");
    pty.wait_row(&["PID▽ USER"]);
    pty.click("MEM%");
    pty.wait_row(&["MEM%▽"]);
    pty.click("F5Tree");
    pty.wait_row(&["F5List"]);
    pty.click("F6SortBy");
    pty.wait_row(&["Sort by"]);
    // A click beside a menu closes it.
    pty.send(b"\x1b[<0;119;1M");
    pty.wait_for("closed", |screen| !screen.contents().contains("Sort by"));
    pty.click("F10Quit");
    let mut pty = pty;
    assert_eq!(pty.wait_exit().code(), Some(0));
    assert_given_back(&pty);
}

#[test]
fn the_lab_runs_and_its_workers_stand_in_the_table() {
    let mut pty = monitor(&["-d", "0.1", "-F", "lab:primes"]);
    let glowtop = pty.pid().as_raw() as u32;
    pty.send(b"L");
    pty.wait_row(&["size", "4 s"]);
    pty.send(b"[[");
    pty.wait_row(&["glowtop lab run primes", "--seconds 1"]);
    pty.send(b"\r");
    pty.wait_row(&["w1", "1"]);
    pty.send(b"\t");
    pty.wait_until("a worker in the table", || {
        let workers = lab::members(glowtop).into_iter().filter(lab::is_worker);
        let rows = pty.rows();
        let shown = |row: &String, pid: &str| row.contains(pid) && row.contains("lab:primes ");
        workers.map(|proc| format!(" {} ", proc.pid)).any(|pid| rows.iter().any(|row| shown(row, &pid)))
    });
    pty.send(b"\x1b[Z");
    pty.wait_row(&["answers", "9/9 right   9/9 right"]);
    pty.wait_row(&["efficiency", "%"]);
    pty.wait_until("all gone", || lab::members(glowtop).is_empty());
    assert!(pty.runs());
    quit(pty);
}

/// What ends the monitor while its lab is at work leaves nothing of it.
#[test]
fn nothing_of_the_lab_outlives_the_monitor() {
    type End = fn(&mut Pty);
    let endings: [(&str, End); 5] = [
        ("q", |pty| pty.send(b"q")),
        ("SIGTERM", |pty| pty.signal(Signal::SIGTERM)),
        ("SIGHUP", |pty| pty.signal(Signal::SIGHUP)),
        ("SIGKILL", |pty| pty.signal(Signal::SIGKILL)),
        ("a closed terminal", Pty::close),
    ];
    for (what, end) in endings {
        let mut pty = monitor(&[]);
        let glowtop = pty.pid().as_raw() as u32;
        // The longest run there is, so that it surely still goes on.
        pty.send(b"L]]]\r");
        let mut seen: Vec<Proc> = Vec::new();
        pty.wait_until("a supervisor and a worker", || {
            seen = lab::members(glowtop);
            seen.iter().any(|proc| proc.comm == lab::SUPERVISOR) && seen.iter().any(lab::is_worker)
        });
        end(&mut pty);
        pty.wait_exit();
        pty.wait_until(&format!("free of the lab after {what}"), || {
            !seen.iter().any(Proc::is_alive) && lab::members(glowtop).is_empty()
        });
    }
}

#[test]
fn no_size_is_too_small_or_too_large() {
    // The first row stays, and lives: a dialog opens over it.
    let mut pty = monitor(&["-s", "pid"]);
    let sizes = [(1, 1), (2, 2), (3, 100), (500, 200), (1, 50), (200, 2), (10, 3), (40, 10)];
    for _ in 0..10 {
        for (columns, rows) in sizes {
            pty.resize(columns, rows);
        }
    }
    for (keys, text) in
        [("", " shown"), ("h", "leave glowtop"), ("k", "Send a signal"), ("u", "all users"), ("L", "primes")]
    {
        pty.resize(120, 40);
        pty.send(keys.as_bytes());
        pty.wait_row(&[text]);
        for (columns, rows) in sizes {
            let count = pty.count();
            pty.resize(columns, rows);
            pty.wait_until("drawn", || pty.count() > count);
            assert!(pty.runs(), "{columns}×{rows}");
        }
        pty.resize(120, 40);
        pty.wait_row(&[text]);
        if text != " shown" {
            leave(&pty, text);
        }
    }
    pty.wait_row(&["PID", "Command"]);
    pty.wait_row(&[" shown"]);
    quit(pty);
}

#[test]
fn the_delay_is_given_and_changed() {
    let pty = monitor(&["-d", "0.1"]);
    // Nobody presses a key: it looks by itself.
    pty.wait_frames(10);
    pty.send(b"d");
    pty.wait_row(&["Seconds between two looks: 0.1"]);
    pty.send(b"\x150,5\r");
    pty.wait_row(&["looking every 0.5 s"]);
    pty.wait_frames(2);
    quit(pty);
}

#[test]
fn the_command_line_chooses_what_is_shown() {
    let target = Target::start(&[]);
    let pid = format!(" {} ", target.pid());

    let pty = monitor(&["-p", pid.trim()]);
    pty.wait_row(&[&pid, &target.mark]);
    pty.wait_row(&["1 shown"]);
    quit(pty);

    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    for args in [&["-u"][..], &["-u", &user]] {
        let pty = monitor(&[args, &["-p", pid.trim()]].concat());
        pty.wait_row(&["user ", &user, " 1 shown"]);
        quit(pty);
    }

    // Its own command line holds the text, too.
    let pty = monitor(&["-F", &target.mark]);
    pty.wait_row(&[&pid, "sleep"]);
    pty.wait_row(&["filter ", &target.mark, " 2 shown"]);
    quit(pty);

    let pty = monitor(&["-t"]);
    pty.wait_row(&["F5List"]);
    quit(pty);

    let pty = monitor(&["-s", "mem"]);
    pty.wait_row(&["MEM%▽"]);
    quit(pty);

    let pty = monitor(&["--theme", "ash"]);
    let ash = pty.bytes();
    quit(pty);
    let pty = monitor(&["--theme", "ember"]);
    let colours = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let parts =
            text.split("\x1b[").filter_map(|part| part.split_once('m').map(|(sgr, _)| sgr.to_owned()));
        parts.filter(|sgr| sgr.contains("8;")).collect::<std::collections::BTreeSet<_>>()
    };
    assert_ne!(colours(&ash), colours(&pty.bytes()));
    quit(pty);
}

/// Whether any cell of the screen has a colour.
fn is_coloured(pty: &Pty) -> bool {
    let bytes = pty.bytes();
    let text = String::from_utf8_lossy(&bytes);
    // A colour is a 3x, 4x, 9x or 10x among the numbers of an SGR; 39 and 49 are the terminal's own.
    text.split("\x1b[").skip(1).any(|part| {
        let body: String = part.chars().take_while(|c| c.is_ascii_digit() || *c == ';').collect();
        let is_sgr = part[body.len()..].starts_with('m');
        let coloured = |number: &str| {
            number.parse::<u16>().is_ok_and(|n| matches!(n, 30..=38 | 40..=48 | 90..=97 | 100..=107))
        };
        is_sgr && body.split(';').any(coloured)
    })
}

#[test]
fn colours_and_characters_are_what_the_terminal_can_show() {
    // The first row stays, and lives: a dialog opens over it.
    let with = |args: &[&str]| Start::glowtop(&[&["-s", "pid"], args].concat()).size(120, 40);
    let start = || with(&[]);
    // Whether there are colours, and whether all is ASCII.
    for (what, start, coloured, ascii) in [
        ("as it is", start(), true, false),
        ("-C", with(&["-C"]), false, false),
        ("-U", with(&["-U"]), true, true),
        ("-C -U", with(&["-C", "-U"]), false, true),
        ("NO_COLOR", start().env("NO_COLOR", Some("1")), false, false),
        ("an empty NO_COLOR", start().env("NO_COLOR", Some("")), true, false),
        ("TERM=linux", start().env("TERM", Some("linux")), true, false),
        ("the C locale", start().env("LC_ALL", Some("C")), true, true),
        ("24 bits", start().env("COLORTERM", Some("truecolor")), true, false),
    ] {
        let pty = started(start);
        pty.wait_row(&["PID", "Command"]);
        wait_all(&pty);
        // Every kind of screen: the tree, the signal dialog, the lab.
        for (keys, text) in [("t", "F5List"), ("k", "Send a signal")] {
            pty.send(keys.as_bytes());
            pty.wait_row(&[text]);
        }
        leave(&pty, "Send a signal");
        pty.send(b"L");
        pty.wait_row(&["glowtop lab run primes"]);
        assert_eq!(is_coloured(&pty), coloured, "{what}");
        let high = pty.bytes().iter().any(|byte| *byte > 0x7f);
        assert_eq!(high, !ascii, "{what}");
        quit(pty);
    }
}

#[test]
fn what_a_stranger_calls_himself_is_shown_and_never_obeyed() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::process::CommandExt;
    // Window titles, colours as seven and as eight bits, a bidirectional override, no UTF-8, the end of a frame.
    let evils: [&[u8]; 6] = [
        b"\x1b]0;pwned\x07",
        b"\x1b[31;7mred",
        "\u{9b}2J".as_bytes(),
        "\u{202e}exe.gnp".as_bytes(),
        b"\xff\xfe\x9b1m",
        b"\x1b[?1049l\r\n",
    ];
    for evil in evils {
        let name = [evil, b" stranger"].concat();
        let child =
            Command::new("sleep").arg0(std::ffi::OsStr::from_bytes(&name)).arg(mark()).spawn().unwrap();
        let target = Target { child, mark: String::new() };
        target.wait_name("sleep");
        let pid = target.pid().to_string();
        let pty = monitor(&["-p", &pid]);
        pty.wait_row(&[&pid, " stranger"]);
        // In the dialog, too, and in what is said of it.
        pty.send(b"k");
        pty.wait_row(&["Send a signal"]);
        pty.send(b"18\r");
        pty.wait_row(&[&format!("{pid} sleep: was not stopped, goes on")]);
        let bytes = pty.bytes();
        assert!(!bytes.windows(evil.len()).any(|window| window == evil), "{name:?}");
        pty.wait_for("still ours", vt100::Screen::alternate_screen);
        quit(pty);
    }
}

#[test]
fn what_cannot_be_is_said_and_ends_with_2() {
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_str().unwrap();
    for (args, words) in [
        (&["--nothing"][..], "--nothing"),
        (&["-d", "0"], "seconds"),
        (&["-s", "nothing"], "print columns"),
        (&["--theme", "nothing"], "print themes"),
        (&["-u", "no such user"], "no such user"),
        (&["--root", "/nonexistent"], "/nonexistent"),
        (&["--root", empty], empty),
    ] {
        let mut pty = Start::glowtop(args).size(200, 24).spawn();
        assert_eq!(pty.wait_exit().code(), Some(2), "{args:?}");
        pty.wait_for("a sentence", |screen| screen.contents().contains(words));
        assert!(!pty.bytes().windows(8).any(|window| window == b"\x1b[?1049h"), "{args:?}: screen taken");
        assert_given_back(&pty);
        // The same without a terminal, on standard error.
        let output = Command::new(GLOWTOP).args(args).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
    }
}
