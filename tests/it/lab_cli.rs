//! The lab's command line through the real binary: sweeps, kept experiments, commands of the user's own, exit codes.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::lab::Proc;
use crate::pty::GLOWTOP;

/// The deadline is only there to end a broken test.
const DEADLINE: Duration = Duration::from_mins(1);

fn glowtop(args: &[&str]) -> Command {
    crate::inherited::default_signals();
    let mut command = Command::new(GLOWTOP);
    command.arg("lab").args(args).stdin(Stdio::null()).env("LC_ALL", "C.UTF-8");
    command
}

/// Exit code, standard output, standard error.
fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    said(&glowtop(args).output().expect("glowtop starts"))
}

/// As [`run`], with something on standard input.
fn fed(args: &[&str], input: &[u8]) -> (Option<i32>, String, String) {
    let mut command = glowtop(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("glowtop starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // It may refuse before it has read everything.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("its end");
    writer.join().expect("the writer");
    said(&output)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The exit statuses of the jobs of run `at`.
fn statuses(report: &Value, at: usize) -> &Value {
    &report["runs"][at]["answers"]
}

fn sorted_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// A child that is gone when the test is.
struct Held(Child);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn every_knob_is_a_flag_and_nonsense_is_refused_with_a_sentence() {
    let (code, out, err) = run(&[
        "run",
        "primes",
        "--mode",
        "pool",
        "--workers",
        "2",
        "--size",
        "seed",
        "--tasks",
        "3",
        "--step",
        "10000",
        "--order",
        "lpt",
        "--json",
    ]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let report = json(&out);
    assert_eq!(report["runs"][0]["settings"]["order"], "lpt");
    assert_eq!(report["runs"][0]["answers"], serde_json::json!([10007, 20011, 30011]));
    for (wrong, word) in [
        (["run", "primes", "--tasks", "0"].as_slice(), "tasks takes a whole number from 1 to 64"),
        (&["run", "primes", "--order", "best"], "order takes one of: fifo, lpt, random"),
        (&["run", "primes", "--pin", "a"], "pin takes whole numbers"),
        (&["run", "primes", "--nothing"], "--nothing"),
        (&["run", "primes", "--repeat", "0"], "1 to 100 times"),
        (&["run", "primes", "--time-limit", "0"], "1 to 900 seconds"),
        (&["run", "primes", "--seconds", "31"], "up to 30 seconds"),
        (&["run", "primes", "--json", "--md"], "Only one of"),
        (&["run", "primes", "--json", "/nonesuch/x.json"], "cannot be written"),
        (&["run", "primes", "--", "true"], "unexpected argument"),
        (&["run", "-n", "0", "--", "true"], "1 to 1024 jobs"),
        (&["run", "-n", "1025", "--", "true"], "1 to 1024 jobs"),
        (&["run", "-j", "0", "--", "true"], "numbers of workers"),
        (&["run", "-j", "1000", "--", "true"], "at most"),
        (&["run", "-n", "2", "--each", "--", "true"], "cannot be used with"),
        (&["run", "--each", "--", "echo"], "no lines"),
        (&["run"], "lab list"),
        (&["scale", "primes", "--mode", "serial"], "more than one worker"),
        (&["scale", "primes", "--workers", "8..1"], "1..8"),
        (&["scale", "primes", "--workers", "1..64", "--order", "fifo,lpt,random"], "1 to 130 runs"),
        (&["scale"], "requires a subcommand"),
        (&["show", "nonesuch"], "No experiment"),
    ] {
        let (code, out, err) = run(wrong);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{wrong:?}: {err}");
        assert!(err.contains(word), "{wrong:?}: {err}");
    }
}

#[test]
fn the_help_of_a_workload_is_its_lesson() {
    let (code, out, _) = run(&["run", "primes", "--help"]);
    assert_eq!(code, Some(0));
    for word in ["Task 9 is nine times task 1", "Watch:", "Bounds:", "--order", "[default: fifo]", "--tasks"]
    {
        assert!(out.contains(word), "{word}: {out}");
    }
}

#[test]
fn what_is_asked_for_without_a_mode_is_compared() {
    let (code, out, err) =
        run(&["run", "primes", "--workers", "2", "--size", "seed", "--repeat", "2", "--json"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "nothing but the report where there is no terminal");
    let report = json(&out);
    let runs = report["runs"].as_array().expect("runs");
    let modes: Vec<&str> = runs.iter().map(|run| run["mode"].as_str().expect("a word")).collect();
    assert_eq!(modes, ["serial", "pool", "serial", "pool"], "in turns, so that drift hits both");
    assert!(report["speedup"].as_f64().is_some());
    assert_eq!(report["repeat"], 2);
    assert!(report["machine"]["cpus"].as_u64() >= Some(1));
    // What a program reads: the account closes, and the verdict has its reasons.
    let account = &runs[1]["account"];
    let part = |name: &str| account[name].as_f64().unwrap_or_else(|| panic!("{name}: {account}"));
    let parts = ["useful_s", "extra_cpu_s", "run_queue_s", "blocked_s", "startup_s", "tail_s"].map(part);
    assert!((parts.iter().sum::<f64>() - part("capacity_s")).abs() <= part("capacity_s") * 0.01, "{account}");
    assert!(runs[1]["verdict"].is_string() && runs[1]["reasons"].is_array(), "{}", runs[1]);
}

#[test]
fn a_sweep_is_a_serial_run_and_one_for_each_level() {
    let small = ["--size", "seed", "--tasks", "4", "--step", "10000"];
    let flags = ["scale", "primes", "--workers", "1..3", "--order", "fifo,lpt", "--json"];
    let (code, out, _) = run(&[flags.as_slice(), &small].concat());
    assert_eq!(code, Some(0));
    let report = json(&out);
    let runs: Vec<(String, u64, String)> = report["runs"]
        .as_array()
        .expect("runs")
        .iter()
        .map(|run| {
            let word = |value: &Value| value.as_str().expect("a word").to_owned();
            (word(&run["mode"]), run["workers"].as_u64().expect("a number"), word(&run["settings"]["order"]))
        })
        .collect();
    let expected = [
        ("serial", 1, "fifo"),
        ("pool", 1, "fifo"),
        ("pool", 2, "fifo"),
        ("pool", 3, "fifo"),
        ("pool", 1, "lpt"),
        ("pool", 2, "lpt"),
        ("pool", 3, "lpt"),
    ];
    let found: Vec<(&str, u64, &str)> =
        runs.iter().map(|(mode, workers, order)| (mode.as_str(), *workers, order.as_str())).collect();
    assert_eq!(found, expected);
    let (code, out, _) = run(&[["scale", "primes", "--workers", "1..3"].as_slice(), &small].concat());
    assert_eq!(code, Some(0));
    assert!(out.contains("primes") && out.lines().count() > 3, "{out}");
}

#[test]
fn experiments_are_kept_listed_shown_and_compared() {
    let home = tempfile::tempdir().expect("a folder");
    let at_home = |args: &[&str]| {
        said(&glowtop(args).env("XDG_STATE_HOME", home.path()).output().expect("glowtop starts"))
    };
    assert_eq!(at_home(&["ls"]), (Some(0), String::new(), String::new()));
    assert_eq!(at_home(&["show"]).0, Some(2), "there is none yet");
    let small =
        ["run", "primes", "--size", "seed", "--tasks", "3", "--step", "10000", "--workers", "2", "--save"];
    let mut names = Vec::new();
    for _ in 0..2 {
        let (code, _, err) = at_home(&small);
        assert_eq!(code, Some(0), "{err}");
        names.push(
            err.trim().strip_prefix("glowtop: Kept as ").expect("a name").trim_end_matches('.').to_owned(),
        );
    }
    assert_ne!(names[0], names[1]);
    assert!(names.iter().all(|name| name.contains("Z-primes-pool2")), "{names:?}");

    let kept = home.path().join("glowtop/lab");
    let mode = |path: &std::path::Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&kept.join(&names[0])), 0o700);
    for file in ["report.json", "report.md", "report.svg"] {
        let path = kept.join(&names[0]).join(file);
        assert_eq!(mode(&path), 0o600, "{file}");
        assert!(fs::metadata(path).expect("it is there").len() > 0, "{file}");
    }

    let (code, out, err) = at_home(&["ls"]);
    assert_eq!((code, err.as_str(), out.lines().count()), (Some(0), "", 2));
    assert!(names.iter().all(|name| out.contains(name.as_str())), "{out}");
    for name in [names[1].as_str(), "latest"] {
        let (code, out, _) = at_home(&["show", name]);
        assert_eq!(code, Some(0));
        assert!(out.starts_with("primes") && out.contains("speed-up"), "{out}");
    }
    let file = home.path().join("shown.json");
    let (code, _, _) = at_home(&["show", &names[0], "--json", file.to_str().expect("text")]);
    assert_eq!(code, Some(0));
    let saved = fs::read_to_string(kept.join(&names[0]).join("report.json")).expect("it is there");
    assert_eq!(
        json(&fs::read_to_string(&file).expect("it is there")),
        json(&saved),
        "what was kept is what is shown"
    );
    let (code, out, _) = at_home(&["diff", &names[0], "latest"]);
    assert_eq!(code, Some(0));
    assert!(!out.is_empty());

    // A broken one is a sentence, and the others are listed all the same.
    fs::write(kept.join(&names[0]).join("report.json"), "{\x1b[31m").expect("a file");
    for args in [["show", names[0].as_str()].as_slice(), &["diff", &names[0], "latest"]] {
        let (code, out, err) = at_home(args);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
        assert!(err.contains("no report of the lab") && !err.contains('\x1b'), "{err}");
    }
    let (code, out, err) = at_home(&["ls"]);
    assert_eq!((code, out.lines().count()), (Some(1), 1), "{err}");
    // So is one that lies elsewhere.
    fs::create_dir_all(home.path().join("full")).expect("a folder");
    fs::write(home.path().join("full/glowtop"), "in the way").expect("a file");
    let full =
        glowtop(&small).env("XDG_STATE_HOME", home.path().join("full")).output().expect("glowtop starts");
    let (code, out, err) = said(&full);
    assert_eq!(code, Some(1), "{err}");
    assert!(out.starts_with("primes") && err.contains("cannot be written"), "{err}");
}

#[test]
fn commands_run_as_they_are_written_where_the_user_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().canonicalize().expect("a path");
    let script = "[ -t 0 ] || cat; echo \"$PWD|$MINE|$1|$2|${GLOWTOP_LAB-none}${GLOWTOP_LAB_JOBS_0-none}\"";
    let mut command =
        glowtop(&["run", "-n", "3", "-j", "2", "--", "sh", "-c", script, "sh", "{i}", "$(x) *'\""]);
    let (code, out, err) =
        said(&command.current_dir(&home).env("MINE", "yes").output().expect("glowtop starts"));
    assert_eq!(code, Some(0), "{err}");
    let line = |number: u32| format!("{}|yes|{number}|$(x) *'\"|nonenone", home.display());
    assert_eq!(sorted_lines(&err), [line(1), line(2), line(3)], "all of it on standard error");
    assert!(out.starts_with("sh  3 tasks") && !out.contains("|yes|"), "{out}");
    let (code, _, err) = run(&["run", "--quiet", "-n", "2", "--", "echo", "loud"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
}

#[test]
fn each_line_is_a_job() {
    let (code, _, err) = fed(&["run", "--each", "-j", "2", "--", "printf", "<%s>\\n"], b"a b\n\n$(c)\nlast");
    assert_eq!((code, sorted_lines(&err)), (Some(0), vec!["<$(c)>", "<a b>", "<last>"]));
    let (code, _, err) =
        fed(&["run", "--each", "-0", "-j", "1", "--", "echo", "x{}y", "{i}"], b"1\n2\x003\x00");
    assert_eq!((code, err.as_str()), (Some(0), "x1\n2y {i}\nx3y {i}\n"));
    let (code, out, err) = fed(&["run", "--each", "--", "echo"], b"fine\n\xff\n");
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("Line 2 of standard input is not UTF-8"), "{err}");
    // More than one variable of the environment can take: the kernel's limit is 128 KiB.
    let long = "é".repeat(150);
    let input: String =
        (0..1000).flat_map(|number| [number.to_string(), long.clone(), "\n".to_owned()]).collect();
    let (code, out, err) = fed(&["run", "--each", "-q", "-j", "2", "--json", "--", "true"], input.as_bytes());
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(json(&out)["runs"][0]["answers"].as_array().map(Vec::len), Some(1000));
}

#[test]
fn an_argument_that_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let mut command = glowtop(&["run", "--", "echo"]);
    let (code, out, err) =
        said(&command.arg(std::ffi::OsStr::from_bytes(b"\xff")).output().expect("glowtop starts"));
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("UTF-8"), "{err}");
}

#[test]
fn times_are_those_of_the_commands() {
    let busy = "x=0; while [ $x -lt 20000 ]; do x=$((x+1)); done";
    let (code, out, err) = run(&["run", "-n", "4", "-j", "1,2", "--json", "--", "sh", "-c", busy]);
    assert_eq!(code, Some(0), "{err}");
    let report = json(&out);
    let modes: Vec<&Value> =
        report["runs"].as_array().expect("runs").iter().map(|run| &run["mode"]).collect();
    assert_eq!(modes, ["serial", "pool"]);
    assert!(report["speedup"].as_f64().is_some());
    for run in report["runs"].as_array().expect("runs") {
        let number = |value: &Value| value.as_f64().expect("a number");
        let sum = |of: &str| -> f64 {
            run["crew"].as_array().expect("workers").iter().map(|w| number(&w[of])).sum()
        };
        let cpu = number(&run["user_s"]) + number(&run["sys_s"]);
        let tasks: f64 =
            run["tasks"].as_array().expect("tasks").iter().map(|task| number(&task["run_s"])).sum();
        // wait4 of the master has all of it, and a little of its own and of the workers' starting.
        assert!(tasks > 0.0 && tasks <= sum("run_s") + 1e-6 && sum("run_s") <= cpu + 1e-6, "{run}");
        assert!(sum("run_s") >= cpu * 0.5, "the workers' account is the commands': {run}");
        for worker in run["crew"].as_array().expect("workers") {
            let Some((first, last)) = worker["first"].as_f64().zip(worker["last"].as_f64()) else { continue };
            let parts = number(&worker["run_s"]) + number(&worker["wait_s"]) + number(&worker["blocked_s"]);
            assert!(parts <= (last - first) * 1.01 + 0.001, "not more than there was: {worker}");
        }
    }
}

#[test]
fn after_a_job_that_failed_no_other_is_done_unless_asked_for() {
    let script = "case {i} in 2) exit 7;; *) exit 0;; esac";
    let (code, out, err) = run(&["run", "-n", "4", "-j", "1,2", "--json", "--", "sh", "-c", script]);
    assert_eq!(code, Some(4), "{err}");
    let report = json(&out);
    assert_eq!(report["runs"].as_array().map(Vec::len), Some(1), "nor is the next run");
    assert_eq!(*statuses(&report, 0), serde_json::json!([0, 7, null, null]));
    assert!(err.contains("Job 2 of 4 ended with status 7.") && err.contains("2 jobs were not done"), "{err}");

    let script = "case {i} in 2) exit 7;; 3) kill -9 $$;; *) exit 0;; esac";
    let (code, out, _) =
        run(&["run", "-n", "4", "-j", "1,2", "--keep-going", "--json", "--", "sh", "-c", script]);
    assert_eq!(code, Some(4));
    let report = json(&out);
    for at in [0, 1] {
        assert_eq!(*statuses(&report, at), serde_json::json!([0, 7, 137, 0]));
    }

    let (code, out, err) = run(&["run", "--json", "--", "/nonesuch/program"]);
    assert_eq!((code, statuses(&json(&out), 0)), (Some(4), &serde_json::json!([127])));
    assert!(err.contains("glowtop: /nonesuch/program could not be started: No such file"), "{err}");
    let (code, out, _) = run(&["run", "--json", "--", "/etc/passwd"]);
    assert_eq!((code, statuses(&json(&out), 0)), (Some(4), &serde_json::json!([126])));
}

/// One job waits until the other runs and fails then; the first would wait for ever.
#[test]
fn a_failure_ends_the_jobs_that_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let flag = folder.path().join("flag");
    let flag = flag.to_str().expect("text");
    // The first ignores what asks it to end, and has a child that would outlive it.
    let script = format!(
        "if [ {{i}} = 1 ]; then trap '' TERM; sleep 1000 & touch {flag}; while :; do wait; done; fi; \
         while [ ! -e {flag} ]; do sleep 0.01; done; exit 3"
    );
    let (code, out, err) = run(&["run", "-n", "2", "-j", "2", "--json", "--", "sh", "-c", &script]);
    assert_eq!(code, Some(4), "{err}");
    assert_eq!(*statuses(&json(&out), 0), serde_json::json!([null, 3]), "{err}");
}

#[test]
fn nothing_of_a_job_outlives_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let pids = || -> Option<Vec<Proc>> {
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).ok()?.trim().parse().ok();
        let found: Vec<Proc> =
            ["daemon", "job"].into_iter().filter_map(read).filter_map(Proc::read).collect();
        (found.len() == 2).then_some(found)
    };
    // A daemon in a session of its own, whose parent is gone, deaf to all that can be ignored.
    let script = format!(
        "cd {}; (trap '' TERM HUP INT; setsid sh -c 'trap \"\" TERM HUP INT; echo $$ > d; mv d daemon; \
         while :; do sleep 1; done' &); echo $$ > j; mv j job; ",
        folder.path().display()
    );
    // It ends with its run, although its own job does not wait for it.
    let done = format!("{script} while [ ! -e daemon ]; do sleep 0.01; done; sleep 0.2");
    let child = glowtop(&["run", "-q", "--", "sh", "-c", &done]).stdout(Stdio::null()).spawn();
    let mut held = Held(child.expect("glowtop starts"));
    let seen = wait_for("the daemon and its job", pids);
    let status = wait_for("the end", || held.0.try_wait().expect("our child"));
    assert_eq!(status.code(), Some(0));
    assert!(!seen.iter().any(Proc::is_alive), "before the end is told: {seen:?}");

    // And with glowtop, whatever ends it.
    for signal in [Signal::SIGKILL, Signal::SIGINT, Signal::SIGHUP] {
        for name in ["daemon", "job"] {
            fs::remove_file(folder.path().join(name)).expect("it was there");
        }
        let forever = format!("{script} while :; do sleep 1; done");
        let child = glowtop(&["run", "-q", "--", "sh", "-c", &forever]).stdout(Stdio::null()).spawn();
        let mut held = Held(child.expect("glowtop starts"));
        let seen = wait_for("the daemon and its job", pids);
        kill(Pid::from_raw(held.0.id() as i32), signal).expect("our child");
        let status = wait_for("the end", || held.0.try_wait().expect("our child"));
        // What a shell shows as 128+n.
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(signal as i32));
        wait_for("the end of all that was started", || (!seen.iter().any(Proc::is_alive)).then_some(()));
    }
}

#[test]
fn a_bound_is_told_by_its_exit_code() {
    let (code, out, err) = run(&["run", "--time-limit", "1", "--json", "--", "sleep", "1000"]);
    assert_eq!(code, Some(3), "{err}");
    assert_eq!(json(&out)["runs"][0]["cut"], serde_json::json!({ "time": 1 }));
    assert!(err.contains("at its limit of 1 second"), "{err}");
    let (code, _, err) = run(&["run", "primes", "--mode", "pool", "--seconds", "30", "--time-limit", "1"]);
    assert_eq!(code, Some(3), "{err}");
}

/// The seeds' own way to write it, in the language at hand.
#[test]
fn the_seeds_program_gives_the_table() {
    let python =
        Command::new("python3").args(["-c", "print(1)"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !python.is_ok_and(|status| status.success()) {
        println!("skipped: there is no python3 here");
        return;
    }
    let program = "def find_prime(start):\n n = start\n while True:\n  if all(n % d for d in range(2, n)): return n\n  \
                   n += 1\nprint(find_prime({i} * 1000))";
    let (code, out, err) = run(&["run", "-n", "3", "-j", "1,2", "--", "python3", "-c", program]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(sorted_lines(&err), ["1009", "1009", "2003", "2003", "3001", "3001"]);
    for row in ["python3  3 tasks", "real", "user", "sys", "speed-up"] {
        assert!(out.contains(row), "{row}: {out}");
    }
}

/// Only listed: to end them would also end what other tests have left behind on purpose.
#[test]
fn a_sweep_finds_what_a_run_left_behind_whose_glowtop_is_gone() {
    let mut gone = glowtop(&["list"]).stdout(Stdio::null()).spawn().expect("glowtop starts");
    let pid = gone.id();
    gone.wait().expect("our child");
    let with_tag = |pid: u32| {
        let mut command = Command::new("sleep");
        command.arg("1000").env("GLOWTOP_LAB_RUN", format!("{pid}-1-0-1")).stdout(Stdio::null());
        Held(command.spawn().expect("sleep"))
    };
    let left = with_tag(pid);
    let lines = |args: &[&str]| {
        let (code, out, err) = run(args);
        assert_eq!((code, err.as_str()), (Some(0), ""));
        out
    };
    wait_for("the leftover", || {
        let out = lines(&["sweep", "--dry-run"]);
        out.lines()
            .any(|line| line.split_whitespace().eq([left.0.id().to_string().as_str(), "sleep"]))
            .then_some(())
    });
    assert!(Proc::read(left.0.id() as i32).is_some_and(|proc| proc.is_alive()), "it was only listed");
}

/// Runs that are over in no time: nothing about their speed is certain.
const HASTY: [&str; 12] = [
    "run",
    "primes",
    "--size",
    "seed",
    "--tasks",
    "1",
    "--step",
    "10000",
    "--workers",
    "2",
    "--compare",
    "serial",
];

#[test]
fn strict_refuses_what_is_invalid_though_the_answers_are_right() {
    let hasty = |more: &[&str]| run(&[&HASTY[..], &["--json"], more].concat());
    let verdict = |text: &str| json(text)["comparisons"][0]["verdict"].clone();
    // Where the machine stands still for a while, it is no hasty run; once it will be.
    let (code, out) = wait_for("an invalid run", || {
        let (code, out, err) = hasty(&["--strict"]);
        let invalid = verdict(&out) == "INVALID";
        assert_eq!(code, Some(if invalid { 5 } else { 0 }), "{err}{out}");
        invalid.then_some((code, out))
    });
    assert_eq!(code, Some(5));
    assert!(out.contains("nothing is certain"), "{out}");
    assert_eq!(json(&out)["runs"][1]["answer_ok"], true, "{out}");
    assert_eq!(hasty(&[]).0, Some(0), "without --strict it is only said");
}

#[test]
fn without_address_space_it_says_so() {
    // Below, the program cannot even be loaded, and the kernel or the loader ends it; above, it works. In between it
    // ends with a sentence of its own, and not by a signal.
    let attempt = |kib: usize| {
        let script =
            format!("ulimit -v {kib}; exec {GLOWTOP} lab run primes --size seed --tasks 1 --step 10000");
        let output = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).output().expect("sh");
        let (code, _, err) = said(&output);
        match code {
            Some(0) => {}
            Some(1 | 3) => assert!(err.starts_with("glowtop: "), "{kib}: {err}"),
            // The loader has no room for the libraries.
            Some(127) => assert!(err.contains("shared libraries"), "{kib}: {err}"),
            // The kernel had none for the program, or the runtime for its signal stack: main never began.
            _ => assert!(
                err.is_empty() || err.contains("alternative stack"),
                "{kib}: {:?} {err}",
                output.status
            ),
        }
        (code, err)
    };
    let speaks = |kib: &usize| attempt(*kib).1.contains("ulimit -v is");
    let first = (8_000..80_000).step_by(500).find(speaks).expect("it says what it lacks");
    // Nearly nothing is left where it speaks for the first time.
    for kib in (first - 500..first).step_by(20) {
        attempt(kib);
    }
    assert!((first..80_000).step_by(500).any(|kib| attempt(kib).0 == Some(0)), "there is enough one day");
}

#[test]
fn a_kept_experiment_is_replayed_on_other_workers() {
    let home = tempfile::tempdir().expect("a folder");
    let at_home = |args: &[&str]| {
        said(&glowtop(args).env("XDG_STATE_HOME", home.path()).output().expect("glowtop starts"))
    };
    assert_eq!(at_home(&["what-if"]).0, Some(2), "there is none yet");
    let small = ["run", "primes", "--size", "seed", "--tasks", "6", "--step", "20000", "--workers", "2"];
    let (code, _, err) = at_home(&[&small[..], &["--compare", "serial", "--save"]].concat());
    assert_eq!(code, Some(0), "{err}");
    let (code, out, err) = at_home(&["what-if", "last", "--workers", "2,4"]);
    assert_eq!(code, Some(0), "{err}");
    let rows = |order| out.lines().filter(|line| line.split_whitespace().nth(1) == Some(order)).count();
    assert_eq!((rows("fifo"), rows("lpt")), (2, 2), "{out}");
    assert!(out.contains("  as measured\n") && out.contains("No number of workers passes"), "{out}");
    let (code, out, _) = at_home(&["what-if", "--workers", "1,64", "--order", "lpt", "--json"]);
    assert_eq!(code, Some(0));
    let report = json(&out);
    let ceiling = |at: usize| report[0]["what_if"][at]["ceiling_with_a_cpu_each"].as_f64().expect("a number");
    let beyond = report[0]["never_beyond"].as_f64().expect("a number");
    assert!((ceiling(0) - 1.0).abs() < 1e-9 && (ceiling(1) - beyond).abs() < 1e-9, "{out}");
    // What has no tasks of its own has nothing to be replayed.
    let (code, _, err) = at_home(&["run", "tree", "--stay", "0.5", "--depth", "1", "--save"]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(at_home(&["what-if"]).0, Some(2));
}
