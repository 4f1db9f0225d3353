//! `glowtop kill` on real processes: exactly who was meant, with what came of it, and nobody else.
//!
//! Each test marks its processes with an argument that nobody else has.
#![allow(unsafe_code)] // pre_exec

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use serde_json::Value;

use crate::pty::{DEADLINE, GLOWTOP, Start};

/// An argument that nobody else has.
fn mark() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("marked-{}-{}-end", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A child that is gone when the test is.
struct Guard(Child);

impl Guard {
    /// A shell with `mark` among its arguments that has run `setup` and now waits for its standard input to be closed.
    fn shell(mark: &str, setup: &str) -> Guard {
        Guard::start(Command::new("sh").args(["-c", &format!("{setup}\necho up\nread x"), mark]))
    }

    fn start(command: &mut Command) -> Guard {
        crate::inherited::default_signals();
        let mut guard = Guard(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
        assert_eq!(guard.line(), "up");
        guard
    }

    fn line(&mut self) -> String {
        crate::support::line(&mut self.0)
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// How it ended; it must do so.
    fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < DEADLINE, "{} never ended", self.pid());
            sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `glowtop kill` with these arguments, without a terminal to ask on.
fn command(args: &[&str]) -> Command {
    let mut command = Command::new(GLOWTOP);
    command.arg("kill").args(args).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    // SAFETY: setsid(2) is async-signal-safe.
    unsafe {
        command.pre_exec(|| nix::unistd::setsid().map(drop).map_err(Into::into));
    }
    command
}

fn glowtop_kill(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// Exit status, standard output, standard error.
fn said(args: &[&str]) -> (i32, String, String) {
    let output = glowtop_kill(args);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_marked_one_ends_and_its_neighbour_lives() {
    let (mark, other) = (mark(), mark());
    let (mut meant, mut neighbour) = (Guard::shell(&mark, ""), Guard::shell(&other, ""));
    let (code, out, err) = said(&[&mark, "--yes", "--patience", "60"]);
    assert_eq!(meant.ended().signal(), Some(15), "{out}{err}");
    // How it ended is known where the kernel tells that of strangers' children.
    let pid = meant.pid();
    let verdicts = [format!("{pid} sh: killed by SIGTERM "), format!("{pid} sh: ended ")];
    assert!(
        code == 0 && out.lines().count() == 1 && verdicts.iter().any(|v| out.starts_with(v)),
        "{out}{err}"
    );
    // The preview names whom it would reach, before.
    assert!(err.contains(&mark) && err.contains(&pid.to_string()) && err.contains("1 process, of "), "{err}");
    assert!(neighbour.runs());
}

#[test]
fn one_of_several_can_be_named_by_its_number() {
    let mark = mark();
    let mut all: Vec<Guard> = (0..3).map(|_| Guard::shell(&mark, "")).collect();
    let pid = all[1].pid();
    let (code, out, err) = said(&[&format!("pid:{pid}"), "-y", "-s", "kill", "--patience", "60"]);
    assert_eq!((code, out.lines().count()), (0, 1), "{out}{err}");
    assert_eq!(all[1].ended().signal(), Some(9));
    assert!(all[0].runs() && all[2].runs());
}

#[test]
fn a_dry_run_touches_nobody() {
    let mark = mark();
    let mut guard = Guard::shell(&mark, "trap '' TERM");
    let (code, out, err) = said(&[&mark, "--dry-run", "--signal", "15"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let row = out.lines().find(|line| line.contains(&mark)).unwrap();
    assert!(row.trim_start().starts_with(&guard.pid().to_string()), "{out}");
    assert!(out.contains(&format!("{} sh ignores SIGTERM", guard.pid())), "{out}");
    assert!(out.contains("1 process, of ") && out.contains("CPU time") && out.contains("memory"), "{out}");
    // SIGKILL would be seen at once, SIGTERM is ignored: ask for a signal that ends it, and do nothing.
    assert_eq!(said(&[&mark, "--dry-run", "--signal", "KILL"]).0, 0);
    let (code, out, _) = said(&[&mark, "--dry-run", "--signal", "KILL", "--json"]);
    let read: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &read[0]["pid"], &read[0]["act"]), (0, &guard.pid().into(), &"SIGKILL".into()));
    assert_eq!((&read[0]["outcome"], &read[0]["verdict"]), (&Value::Null, &Value::Null));
    assert!(guard.runs());
}

#[test]
fn a_filter_of_blanks_means_nobody() {
    for filter in ["", " ", "|", " | ", "\t"] {
        let (code, out, err) = said(&[filter, "--yes", "--signal", "WINCH"]);
        assert_eq!((code, out.as_str()), (2, ""), "{filter:?}: {err}");
        assert!(err.contains("say who is meant"), "{err}");
    }
}

#[test]
fn nobody_to_ask_is_no_yes() {
    let mark = mark();
    let mut guard = Guard::shell(&mark, "");
    let (code, out, err) = said(&[&mark]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("there is no terminal to ask on"), "{err}");
    assert!(guard.runs());
}

#[test]
fn nobody_matching_and_wrong_usage_are_told_apart() {
    let mark = mark();
    let (code, out, err) = said(&[&mark, "--yes"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(err, format!("glowtop: no process matches '{mark}'\n"));
    let err = said(&["94194304", "-n"]).2;
    assert!(
        err.contains("no process matches '94194304'; pid:94194304 names the process of that number\n"),
        "{err}"
    );
    for args in [
        &["", "--yes"] as &[&str],
        &["|", "--yes"],
        &[],
        &["x", "--signal", "SIGNOTHING"],
        &["x", "--signal", "0"],
        &["x", "--ladder", "1", "--signal", "TERM"],
        &["x", "--ladder", "0"],
        &["x", "--patience", "0"],
        &["x", "--root", "/tmp", "--yes"],
        &["x", "y"],
    ] {
        assert_eq!(said(args).0, 2, "{args:?}");
    }
}

#[test]
fn a_query_says_who_is_meant() {
    let mark = mark();
    let mut all: Vec<Guard> = (0..3).map(|_| Guard::shell(&mark, "")).collect();
    let (first, last) = (all[0].pid(), all[2].pid());
    let query =
        format!("cmd~{mark} and name=sh and not pid={first} and age<1d and ppid={}", std::process::id());
    let (code, out, err) = said(&[&format!("{query} and pid!={last}"), "--yes", "--patience", "60"]);
    assert_eq!((code, out.lines().count()), (0, 1), "{out}{err}");
    assert_eq!(all[1].ended().signal(), Some(15));
    assert!(all[0].runs() && all[2].runs());
    // What was used between two looks is known, too: they use nothing.
    let idle = format!("under:{last} and cpu<50");
    let (code, out, err) = said(&[&idle, "-y", "-s", "KILL", "--patience", "60"]);
    assert_eq!((code, out.lines().count()), (0, 1), "{out}{err}");
    assert_eq!(all[2].ended().signal(), Some(9));
    assert!(all[0].runs());
}

#[test]
fn a_wrong_query_is_pointed_at_and_nothing_is_sent() {
    let mark = mark();
    let mut guard = Guard::shell(&mark, "");
    // As plain text each of them would name it.
    for (query, place) in [
        (format!("{mark} and age>"), ""),
        (format!("{mark} and cpuu>=0"), "cpuu"),
        (format!("pid:{}|cpu>50", guard.pid()), "|cpu>50"),
        (format!("pid:{} and (cpu>=0", guard.pid()), "("),
    ] {
        let (code, out, err) = said(&[&query, "--yes", "--signal", "KILL"]);
        let lines: Vec<&str> = err.lines().collect();
        assert_eq!((code, out.as_str(), lines.len()), (2, "", 3), "{err}");
        assert!(lines[0].starts_with("glowtop: ") && lines[1] == format!("  {query}"), "{err}");
        let carets = lines[2].trim_start().len();
        assert!(lines[2].ends_with('^') && carets >= place.len().max(1), "{err}");
        let pointed = lines[1].get(lines[2].len() - carets..).unwrap_or("");
        assert!(pointed.contains(place), "{err}");
    }
    assert!(guard.runs());
}

#[test]
fn json_is_for_programs() {
    let mark = mark();
    let mut all: Vec<Guard> = (0..3).map(|_| Guard::shell(&mark, "")).collect();
    let (code, out, err) = said(&[&mark, "--yes", "--json", "--patience", "60"]);
    assert_eq!(code, 0, "{err}");
    let read: Vec<Value> = serde_json::from_str(&out).unwrap();
    let mut pids: Vec<u32> = read.iter().map(|one| one["pid"].as_u64().unwrap() as u32).collect();
    pids.sort_unstable();
    let mut expected: Vec<u32> = all.iter().map(Guard::pid).collect();
    expected.sort_unstable();
    assert_eq!(pids, expected);
    for one in &read {
        assert_eq!([&one["name"], &one["outcome"], &one["act"]], ["sh", "delivered", "SIGTERM"], "{one}");
        assert!(one["start_time"].is_u64() && one["user"].is_string(), "{one}");
        assert!(["killed", "ended"].contains(&one["verdict"]["is"].as_str().unwrap()), "{one}");
        assert!(one["verdict"]["after"].as_f64().unwrap() >= 0.0, "{one}");
    }
    for guard in &mut all {
        assert_eq!(guard.ended().signal(), Some(15));
    }
}

#[test]
fn names_reach_no_terminal_as_they_are() {
    let mark = mark();
    let hostile = format!("{mark}\u{1b}]0;owned\u{7}\u{202e}\n");
    let mut guard = Guard::shell(&hostile, "printf '\\033[2Jx' > /proc/$$/comm");
    let is_safe = |text: &str| !text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}');
    // Of the newline, a blank is left on the command line.
    let (_, out, err) = said(&[hostile.trim_end(), "--dry-run"]);
    assert!(out.contains(&mark) && is_safe(&out) && is_safe(&err), "{out:?} {err:?}");
    let (_, _, err) = said(&[&format!("no {hostile}")]);
    assert!(err.contains(&mark) && is_safe(&err), "{err:?}");
    let (_, out, err) = said(&[&mark, "--yes", "--signal", "WINCH", "--patience", "60"]);
    assert!(out.contains("[2Jx") && is_safe(&out) && is_safe(&err), "{out:?} {err:?}");
    let (code, out, _) = said(&[&mark, "--yes", "--json", "--patience", "60"]);
    assert!(code == 0 && is_safe(&out), "{out:?}");
    let read: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(read[0]["name"], "\u{1b}[2Jx");
    guard.ended();
}

#[test]
fn who_lives_on_is_told_with_the_reason() {
    let mark = mark();
    let mut stubborn = Guard::shell(&mark, "trap '' TERM");
    let (code, out, err) = said(&[&mark, "--yes", "--patience", "0.1"]);
    assert_eq!(code, 1, "{err}");
    assert!(out.contains("still alive") && out.contains("ignores SIGTERM"), "{out}");
    assert!(err.contains("ignores SIGTERM"), "it was known before: {err}");
    assert!(stubborn.runs());
    let (code, out, _) = said(&[&mark, "--yes", "--json", "--patience", "0.1"]);
    let read: Value = serde_json::from_str(&out).unwrap();
    let why = (&read[0]["verdict"]["is"], &read[0]["verdict"]["why"]);
    assert_eq!((code, why), (1, (&"still_alive".into(), &"ignores".into())));
}

#[test]
fn a_signal_that_does_not_end_need_only_arrive() {
    let mark = mark();
    let mut guard = Guard::shell(&mark, "");
    let state = |guard: &Guard| {
        let stat = fs::read_to_string(format!("/proc/{}/stat", guard.pid())).unwrap();
        stat.rsplit(')').next().unwrap().trim_start().chars().next().unwrap()
    };
    let (code, out, err) = said(&[&mark, "--yes", "--signal", "STOP", "--patience", "60"]);
    assert!(code == 0 && out.contains("stopped"), "{out}{err}");
    assert_eq!(state(&guard), 'T');
    let (code, out, err) = said(&[&mark, "--yes", "--signal", "CONT", "--patience", "60"]);
    assert!(code == 0 && out.contains("continued"), "{out}{err}");
    assert_ne!(state(&guard), 'T');
    assert!(said(&[&mark, "--yes", "--signal", "WINCH", "--patience", "60"]).0 == 0 && guard.runs());
}

#[test]
fn those_under_whom_it_runs_are_left_out() {
    let mark = mark();
    // The shell has the mark, and is the parent.
    let script = "\"$1\" kill \"$2\" --dry-run; echo \"status $?\"; \"$1\" kill \"pid:$$|$2\" --dry-run; echo \"status $?\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh", GLOWTOP, &mark]).stdin(Stdio::null()).stdout(Stdio::piped());
    let child = shell.stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(
        err.contains(&format!("left out: {pid} sh, under which this command runs; pid:{pid} names it")),
        "{err}"
    );
    assert!(out.starts_with("status 1\n"), "{out}");
    // That it is among the descendants does not name it.
    let under = script.replace("$2", "under:$$");
    let mut shell = Command::new("sh");
    let output = shell.args(["-c", &under, "sh", GLOWTOP]).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("sh, under which this command runs") && said.contains("no process matches"),
        "{said}"
    );
    // Named by its number it is meant, and what that means is said.
    assert!(out.contains(&format!("! glowtop runs below {pid} sh: it may end or stop too")), "{out}");
    assert!(out.ends_with("status 0\n"), "{out}");
}

#[test]
fn this_command_is_never_meant() {
    let mark = mark();
    let script = "exec \"$1\" kill \"pid:$$\" --yes --signal KILL";
    let mut shell = Command::new("sh");
    let output = shell.args(["-c", script, "sh", GLOWTOP, &mark]).stdin(Stdio::null()).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.contains("which is this command"), "{err}");
}

#[test]
fn a_tree_that_holds_this_command_is_refused() {
    let script = "\"$1\" kill \"pid:$$\" --tree --yes --signal CONT";
    let output =
        Command::new("sh").args(["-c", script, "sh", GLOWTOP]).stdin(Stdio::null()).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("this would end glowtop itself"), "{err}");
}

#[test]
fn what_belongs_to_several_users_must_be_named() {
    if !Uid::effective().is_root() || Command::new("setpriv").arg("--version").output().is_err() {
        eprintln!("skipped: this needs root and setpriv(1)");
        return;
    }
    let mark = mark();
    let mut ours = Guard::shell(&mark, "");
    let other = ["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", "echo up\nread x", &mark];
    let mut theirs = Guard::start(Command::new("setpriv").args(other));
    let (code, out, err) = said(&[&mark, "--yes"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("they belong to 2 users; --yes does that only to those that pid:N names"), "{err}");
    assert!(ours.runs() && theirs.runs());
    let named = format!("pid:{}|pid:{}", ours.pid(), theirs.pid());
    assert_eq!(said(&[&named, "--yes", "--patience", "60"]).0, 0);
    assert_eq!((ours.ended().signal(), theirs.ended().signal()), (Some(15), Some(15)));
}

#[test]
fn on_a_terminal_it_asks() {
    let mark = mark();
    let mut guard = Guard::shell(&mark, "");
    for (answer, code) in [("n\r", 1), ("\r", 1), ("x\r", 1), ("\x04", 1)] {
        let mut pty = Start::glowtop(&["kill", &mark]).spawn();
        pty.wait_row(&["Send SIGTERM to 1 process? [y/N]"]);
        pty.send(answer.as_bytes());
        assert_eq!(pty.wait_exit().code(), Some(code), "{answer:?}: {}", pty.contents());
        pty.wait_row(&["nothing sent"]);
        assert!(guard.runs());
    }
    let mut pty = Start::glowtop(&["kill", &mark, "--patience", "60"]).spawn();
    pty.wait_row(&["Send SIGTERM to 1 process? [y/N]"]);
    pty.send(b"y\r");
    assert_eq!(guard.ended().signal(), Some(15));
    assert_eq!(pty.wait_exit().code(), Some(0), "{}", pty.contents());
    pty.wait_row(&[&guard.pid().to_string(), "sh: "]);
}

#[test]
fn what_is_dangerous_wants_the_whole_word() {
    let script = "\"$1\" kill \"pid:$$\" --signal USR1; echo \"status $?\"; sleep 0";
    let mut pty = Start::program("sh", &["-c", script, "sh", GLOWTOP]).spawn();
    pty.wait_row(&["type yes to go on:"]);
    pty.wait_row(&["! glowtop runs below", "it may end or stop too"]);
    pty.send(b"y\r");
    pty.wait_row(&["status 1"]);
    assert_eq!(pty.wait_exit().code(), Some(0));
}

#[test]
fn whoever_interrupts_it_gets_what_is_known() {
    let mark = mark();
    let script = "trap 'echo got it' TERM; echo up; while :; do read x; done";
    let mut stubborn = Guard::start(Command::new("sh").args(["-c", script, &mark]));
    for json in [false, true] {
        let mut args = vec![mark.as_str(), "--yes", "--patience", "3000"];
        args.extend(json.then_some("--json"));
        crate::inherited::default_signals();
        let mut waiting = command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let id = Pid::from_raw(waiting.id() as i32);
        assert_eq!(stubborn.line(), "got it");
        kill(id, Signal::SIGINT).unwrap();
        let status = waiting.wait().unwrap();
        let mut out = String::new();
        waiting.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        assert_eq!(status.code(), Some(1), "{out}");
        if json {
            let read: Value = serde_json::from_str(&out).unwrap();
            assert_eq!((&read[0]["pid"], &read[0]["verdict"]), (&stubborn.pid().into(), &Value::Null));
        } else {
            assert_eq!(out, format!("{} sh: SIGTERM delivered, not waited for its end\n", stubborn.pid()));
        }
        assert!(stubborn.runs());
    }
}

/// The objects in the file.
fn lines(path: &Path) -> Vec<Value> {
    let file = BufReader::new(fs::File::open(path).unwrap());
    file.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

#[test]
fn the_log_holds_each_step_and_is_ours_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("acts.jsonl");
    let log = path.to_str().unwrap();
    let mark = mark();
    for round in 1..=2 {
        let mut guard = Guard::shell(&mark, "");
        let (code, out, err) = said(&[&mark, "--yes", "--log", log, "--patience", "60"]);
        assert_eq!(code, 0, "{out}{err}");
        let meta = fs::metadata(&path).unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, 0o600);
        let all = lines(&path);
        assert_eq!(all.len(), round * 2, "outcome and verdict, added to what there was: {all:?}");
        let ours = &all[all.len() - 2..];
        for one in ours {
            assert_eq!((&one["pid"], &one["act"]), (&guard.pid().into(), &"SIGTERM".into()));
            let time = one["time"].as_str().unwrap();
            assert!(time.len() == 24 && time.ends_with('Z') && time.starts_with("20"), "{time}");
        }
        assert_eq!((&ours[0]["outcome"], &ours[0]["verdict"]), (&"delivered".into(), &Value::Null));
        assert!(ours[1]["verdict"]["is"].is_string(), "{}", ours[1]);
        guard.ended();
    }
    // One that others may read is used, and that is said.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let guard = Guard::shell(&mark, "");
    let (code, _, err) = said(&[&mark, "--yes", "--log", log, "--patience", "60"]);
    assert!(code == 0 && err.contains("others may read the log"), "{err}");
    drop(guard);
    // A dry run leaves no trace.
    let other = dir.path().join("none");
    said(&[&format!("pid:{}", std::process::id()), "--dry-run", "--log", other.to_str().unwrap()]);
    assert!(!other.exists());
}

#[test]
fn a_log_that_is_no_file_of_ours_is_refused_before_anything_happens() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    nix::unistd::mkfifo(&at("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    nix::unistd::mkfifo(&at("read_fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    // Somebody reads this one, so that it can be opened.
    let options = fs::OpenOptions::new().read(true).write(true).open(at("read_fifo")).unwrap();
    assert!(options.metadata().unwrap().file_type().is_fifo());
    fs::write(at("target"), "").unwrap();
    symlink(at("target"), at("link")).unwrap();
    fs::write(at("open"), "").unwrap();
    fs::set_permissions(at("open"), fs::Permissions::from_mode(0o622)).unwrap();
    fs::write(at("twice"), "").unwrap();
    fs::hard_link(at("twice"), at("again")).unwrap();
    fs::create_dir(at("dir")).unwrap();
    let mark = mark();
    let mut guard = Guard::shell(&mark, "");
    let mut refused = |path: &Path, why: &str| {
        let (code, out, err) = said(&[&mark, "--yes", "--log", path.to_str().unwrap()]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.starts_with("glowtop: the log ") && err.contains(why), "{err}");
        assert!(guard.runs());
        // The same before the screen opens.
        let screen = Command::new(GLOWTOP).arg("--log").arg(path).stdin(Stdio::null()).output().unwrap();
        let err = String::from_utf8(screen.stderr).unwrap();
        assert!(screen.status.code() == Some(2) && err.contains(why), "{err}");
    };
    refused(&at("fifo"), "not an ordinary file");
    refused(&at("read_fifo"), "not an ordinary file");
    refused(Path::new("/dev/null"), "not an ordinary file");
    refused(&at("link"), "symbolic link");
    refused(&at("dir"), "directory");
    refused(&at("open"), "others may write to it");
    refused(&at("twice"), "another name");
    refused(&at("no/such/place"), "No such file");
    if Uid::effective().is_root() {
        fs::write(at("theirs"), "").unwrap();
        nix::unistd::chown(&at("theirs"), Some(Uid::from_raw(65534)), None).unwrap();
        assert_eq!(fs::metadata(at("theirs")).unwrap().uid(), 65534);
        refused(&at("theirs"), "another user");
    }
    assert_eq!(fs::metadata(at("target")).unwrap().len(), 0);
}

#[test]
fn the_screen_keeps_the_same_log() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("acts");
    let mark = mark();
    let mut guard = Guard::shell(&mark, "");
    let filter = format!("pid:{}", guard.pid());
    let mut pty = Start::glowtop(&["--log", path.to_str().unwrap(), "-F", &filter]).spawn();
    // In the table, not in the line that tells the filter.
    pty.wait_row(&[&guard.pid().to_string(), "sh -c"]);
    pty.send(b"k");
    pty.wait_row(&["SIGTERM"]);
    pty.send(b"\r");
    assert_eq!(guard.ended().signal(), Some(15));
    pty.wait_until("the verdict is written", || path.exists() && lines(&path).len() == 2);
    pty.send(b"J");
    pty.wait_row(&["what came of it"]);
    let told = |screen: &str| screen.contains("killed by SIGTERM ") || screen.contains("ended ");
    pty.wait_until("its end is told", || told(&pty.contents()));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // The first closes the log of acts.
    pty.send(b"qq");
    assert_eq!(pty.wait_exit().code(), Some(0));
}

#[test]
fn read_only_is_read_only() {
    let mark = mark();
    let mut guard = Guard::shell(&mark, "");
    let filter = format!("pid:{}", guard.pid());
    let mut pty = Start::glowtop(&["--readonly", "-F", &filter]).spawn();
    pty.wait_row(&[&guard.pid().to_string(), "sh -c"]);
    pty.wait_row(&["read only"]);
    assert!(!pty.contents().contains("F9Kill"), "{}", pty.contents());
    pty.send(b"k");
    pty.wait_row(&["glowtop runs with --readonly: it changes nothing"]);
    pty.send(b"q");
    assert_eq!(pty.wait_exit().code(), Some(0));
    assert!(guard.runs());
    let keys = Command::new(GLOWTOP).args(["print", "keys"]).output().unwrap();
    assert!(String::from_utf8(keys.stdout).unwrap().contains("signal"), "the list of all keys stays whole");
}

#[test]
fn a_ladder_ends_who_does_not_listen() {
    let mark = mark();
    let (mut stubborn, mut obedient) = (Guard::shell(&mark, "trap '' TERM"), Guard::shell(&mark, ""));
    let (code, out, err) = said(&[&mark, "--yes", "--ladder", "1", "--patience", "60", "--json"]);
    assert_eq!((stubborn.ended().signal(), obedient.ended().signal()), (Some(9), Some(15)), "{out}{err}");
    assert_eq!(code, 0, "{out}{err}");
    let read: Vec<Value> = serde_json::from_str(&out).unwrap();
    let acts: Vec<(u64, &str)> =
        read.iter().map(|one| (one["pid"].as_u64().unwrap(), one["act"].as_str().unwrap())).collect();
    let mut expected = vec![(u64::from(stubborn.pid()), "SIGKILL"), (u64::from(obedient.pid()), "SIGTERM")];
    expected.sort_unstable();
    assert_eq!(acts, expected, "the last act on each of them");
}

#[test]
fn a_ladder_is_left_by_ctrl_c_and_kills_nobody() {
    let mark = mark();
    let script = "trap 'echo got it' TERM; echo up; while :; do read x; done";
    let mut stubborn = Guard::start(Command::new("sh").args(["-c", script, &mark]));
    crate::inherited::default_signals();
    let mut climbing = command(&[&mark, "--yes", "--ladder", "3000"]);
    let mut climbing = climbing.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert_eq!(stubborn.line(), "got it");
    kill(Pid::from_raw(climbing.id() as i32), Signal::SIGINT).unwrap();
    assert_eq!(climbing.wait().unwrap().code(), Some(1));
    assert!(stubborn.runs());
}

#[test]
fn a_tree_goes_with_its_root() {
    let mark = mark();
    let other = self::mark();
    let mut neighbour = Guard::shell(&other, "");
    // Whatever becomes of the test, this is over in a minute.
    let setup = "sh -c 'echo $$; sleep 60; :' & sleep 60 & echo $!";
    let mut root = Guard(
        Command::new("sh")
            .args(["-c", &format!("{setup}; wait"), &mark])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let below: Vec<u32> = (0..2).map(|_| root.line().parse().unwrap()).collect();
    let (code, out, err) = said(&[&mark, "--tree", "--yes", "--patience", "60", "--json"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("1 process and ") && err.contains(" below it"), "{err}");
    assert_eq!(root.ended().signal(), Some(15));
    let read: Vec<Value> = serde_json::from_str(&out).unwrap();
    assert_eq!(read[0]["pid"], root.pid(), "who was meant comes first");
    for pid in below {
        assert!(read.iter().any(|one| one["pid"] == pid && one["outcome"] == "delivered"), "{pid}: {out}");
        // Its parent is gone; whoever reaps it may take a moment.
        let stat = || fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = || stat().rsplit(')').next().unwrap().trim_start().chars().next();
        assert!(matches!(state(), None | Some('Z' | 'X')), "{pid} lives");
    }
    assert!(neighbour.runs());
}

#[test]
fn a_signal_that_does_not_ask_to_end_may_be_caught() {
    let mark = mark();
    let script = "trap : HUP TERM; echo up; while kill -0 $PPID; do read x; done";
    let mut daemon = Guard::start(Command::new("sh").args(["-c", script, &mark]));
    let pid = daemon.pid();
    let filter = format!("pid:{pid}");
    let sent = |signal| said(&[&filter, "--yes", "--signal", signal, "--patience", "0.5"]);
    let (code, out, err) = sent("HUP");
    assert_eq!((code, out.as_str()), (0, format!("{pid} sh: caught SIGHUP and goes on\n").as_str()), "{err}");
    let (code, out, err) = sent("TERM");
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("caught SIGTERM and went on, still alive after"), "{out}{err}");
    assert!(daemon.runs());
}
