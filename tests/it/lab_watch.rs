//! The X-ray of processes that run already: what it says of a stranger is what the stranger says of himself, nobody is
//! taken for somebody else, and what it could not see it tells.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use glowtop::lab::{self, Watching};
use glowtop::model::lab::watch::{MOST_LANES, WatchPlan, WatchReport};
use glowtop::model::lab::{LabNews, LabPlan, Mode, RunPlan, RunReport, Settings, Subject};
use glowtop::model::{Pid, ProcId};
use nix::sys::signal::{Signal, kill};
use serde_json::Value;

use crate::pty::GLOWTOP;
use crate::support::{Guard, stat, stat_of, target, until};

const MS: u64 = 1_000_000;

fn watch(roots: Vec<ProcId>, alone: bool, limit: Option<u64>) -> (Watching, Receiver<LabNews>) {
    let (sender, news) = channel();
    let plan = WatchPlan { name: "test".to_owned(), roots, alone, every: 20 * MS, limit };
    let watching = lab::watch(plan, move |news| drop(sender.send(news))).expect("a thread");
    (watching, news)
}

/// The last report, and why there was none.
fn report(news: &Receiver<LabNews>) -> (Option<WatchReport>, Option<String>) {
    let mut last = None;
    for news in news {
        match news {
            LabNews::Watched(report) => last = Some(*report),
            LabNews::Ended { problem } => return (last, problem),
            _ => {}
        }
    }
    panic!("its end was never told")
}

/// Waits until the first look has been taken.
fn begun(news: &Receiver<LabNews>) {
    assert!(news.iter().any(|news| matches!(news, LabNews::RunStarted { .. })), "it never began");
}

fn closes(report: &WatchReport) {
    let account = report.account;
    assert!((account.sum_s() - account.capacity_s).abs() < 1e-6, "{account:?}");
    let times: f64 = report.concurrency_s.iter().sum();
    assert!((times - report.real_s).abs() < 1e-6, "{:?} of {}", report.concurrency_s, report.real_s);
}

/// Runs a workload, and watches it as a stranger does, from before its workers are there.
fn watched(id: &str, mode: Mode, workers: u32, seconds: Option<f64>) -> (RunReport, WatchReport) {
    crate::inherited::default_signals();
    let plan = LabPlan {
        subject: Subject::Workload(id.to_owned()),
        runs: vec![RunPlan { mode, workers, settings: Settings::default() }],
        serial_seconds: seconds,
        repeat: 1,
        limit_s: None,
    };
    let (sender, told) = channel();
    let run = lab::start_in(Path::new(GLOWTOP), plan, move |news| drop(sender.send(news))).expect("a plan");
    let supervisor = run.supervisor().get();
    let (_watching, news) = watch(vec![target(supervisor).id], false, None);
    let mut done = None;
    for news in told {
        match news {
            LabNews::RunDone(report) => done = Some(*report),
            LabNews::Ended { problem } => {
                assert_eq!(problem, None);
                break;
            }
            _ => {}
        }
    }
    let (seen, problem) = report(&news);
    assert_eq!(problem, None);
    (done.expect("a report"), seen.expect("a report"))
}

/// What the stranger saw of the workers, by the kernel's counts: on a CPU, and waiting for one.
fn of_crew(run: &RunReport, seen: &WatchReport) -> (f64, f64) {
    let crew: BTreeSet<u32> = run.crew.iter().map(|worker| worker.tid).collect();
    let all = seen.busiest.iter().filter(|thread| crew.contains(&thread.tid.get()));
    all.fold((0.0, 0.0), |(ran, waited), thread| (ran + thread.run_s, waited + thread.wait_s))
}

#[track_caller]
fn agree(run: &RunReport, seen: &WatchReport) {
    closes(seen);
    assert!(seen.over && seen.looks > 10, "{seen:?}");
    let ran: f64 = run.crew.iter().map(|worker| worker.run_s).sum();
    let waited: f64 = run.crew.iter().map(|worker| worker.wait_s).sum();
    let (seen_ran, seen_waited) = of_crew(run, seen);
    // Nobody sees what a worker does after the last look at it: at most an interval each, and what a tick brings.
    let interval = seen.every_s().expect("some looks") * run.crew.len() as f64;
    let slack = |part: f64| part + interval + 0.01;
    assert!(
        (seen_ran - ran).abs() <= slack(0.02 * ran),
        "they ran {ran:.3} s by their own word, {seen_ran:.3} by a stranger's, who looked each {interval:.3}"
    );
    assert!(
        (seen_waited - waited).abs() <= slack(0.05 * waited),
        "they waited {waited:.3} s by their own word, {seen_waited:.3} by a stranger's"
    );
}

#[test]
fn a_stranger_says_of_a_pool_what_the_pool_says_of_itself() {
    let (run, seen) = watched("primes", Mode::Pool, 2, Some(1.5));
    agree(&run, &seen);
    let names: Vec<&str> = seen.names.iter().map(|name| &*name.name).collect();
    assert!(names.contains(&"lab:primes 1/2"), "{names:?}");
}

#[test]
fn a_stranger_says_of_threads_what_they_say_of_themselves() {
    let (run, seen) = watched("primes", Mode::Threads, 3, Some(1.5));
    agree(&run, &seen);
    // Supervisor, master, and the workers' process with a thread for each of them.
    assert!(seen.processes == 3 && seen.threads >= 6, "{} of {}", seen.threads, seen.processes);
}

#[test]
fn a_stranger_sees_those_who_wait_for_each_other() {
    for id in ["queue", "locks"] {
        let (run, seen) = watched(id, Mode::Pool, 2, None);
        agree(&run, &seen);
    }
}

/// A shell that does what it is told, a line at a time, and answers.
fn shell() -> Guard {
    let script = "echo ready; while read -r line; do eval \"$line\"; echo done; done";
    let mut guard =
        Guard::start(Command::new("sh").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()));
    assert_eq!(guard.line(), "ready");
    guard
}

fn tell(guard: &mut Guard, line: &str) {
    let stdin = guard.0.stdin.as_mut().expect("a pipe");
    writeln!(stdin, "{line}").expect("a shell that listens");
    assert_eq!(guard.line(), "done");
}

#[test]
fn children_too_short_to_be_seen_are_told_by_what_their_parent_was_told() {
    let mut shell = shell();
    let (watching, news) = watch(vec![shell.target().id], false, None);
    begun(&news);
    let before = stat(shell.pid());
    tell(&mut shell, "i=0; while [ $i -lt 400 ]; do /bin/true; i=$((i+1)); done");
    drop(watching);
    let (seen, _) = report(&news);
    let (seen, after) = (seen.expect("a report"), stat(shell.pid()));
    closes(&seen);
    let all = |stat: &procfs::process::Stat| {
        (stat.utime + stat.stime) as f64 / 100.0 + (stat.cutime + stat.cstime) as f64 / 100.0
    };
    let told = all(&after) - all(&before);
    let unseen = seen.unseen.children_s;
    assert!((seen.cpu_s() - told).abs() <= 0.02 * told + 0.05, "{:.3} of {told:.3} s", seen.cpu_s());
    assert!(unseen > 0.0 && unseen <= told, "{unseen:.3} of {told:.3} s");
    assert!(!seen.over, "the shell is still there: {}", shell.pid());
}

#[test]
fn whoever_has_ended_or_is_somebody_else_by_now_is_not_looked_at() {
    let gone = {
        let guard = Guard::sleeper();
        guard.target().id
    };
    until("it is gone", || stat_of(gone.pid.get()).is_none_or(|stat| stat.starttime != gone.start_time));
    let guard = Guard::sleeper();
    // The same number, but born at another time: the one who is meant has ended.
    let id = guard.target().id;
    let other = ProcId { start_time: id.start_time - 1, ..id };
    for roots in [vec![gone], vec![other], vec![]] {
        let (_watching, news) = watch(roots, false, None);
        let (seen, problem) = report(&news);
        assert!(seen.is_none() && problem.is_some_and(|problem| problem.contains("have ended")));
    }
    assert!(stat_of(guard.pid()).is_some(), "nothing happens to whoever is there");
}

#[test]
fn threads_beyond_the_lanes_are_counted() {
    let (hold, wait) = channel::<()>();
    let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
    let threads: Vec<_> = (0..MOST_LANES + 50)
        .map(|_| {
            let wait = std::sync::Arc::clone(&wait);
            let body = move || drop(wait.lock().map(|wait| wait.recv()));
            std::thread::Builder::new().stack_size(64 << 10).spawn(body).expect("a thread")
        })
        .collect();
    let own = target(std::process::id()).id;
    let (_watching, news) = watch(vec![own], true, Some(200 * MS));
    let (seen, _) = report(&news);
    drop(hold);
    for thread in threads {
        thread.join().expect("a thread");
    }
    let seen = seen.expect("a report");
    closes(&seen);
    assert_eq!(seen.lanes as usize, MOST_LANES);
    assert!(seen.without_lane >= 50, "{}", seen.without_lane);
}

fn lab_watch(args: &[&str]) -> Command {
    crate::inherited::default_signals();
    let mut command = Command::new(GLOWTOP);
    command.args(["lab", "watch"]).args(args).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command
}

#[test]
fn threads_for_which_no_file_can_be_opened_are_counted() {
    const THREADS: usize = 24;
    let barrier = std::sync::Arc::new(std::sync::Barrier::new(THREADS + 1));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let barrier = barrier.clone();
            std::thread::spawn(move || {
                barrier.wait();
            })
        })
        .collect();
    let script = format!(
        "ulimit -n 24; exec {GLOWTOP} lab watch --alone --for 300ms --json -- {}",
        std::process::id()
    );
    let output = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).output().expect("sh");
    barrier.wait();
    for thread in threads {
        thread.join().expect("a thread");
    }
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let count = |name: &str| report[name].as_u64().unwrap_or_else(|| panic!("{name}: {report}"));
    let (lanes, without) = (count("lanes"), count("without_lane"));
    assert!((1..=10).contains(&lanes) && lanes + without > THREADS as u64, "{lanes} and {without}");
}

#[test]
fn the_command_writes_what_it_saw_in_every_form() {
    let guard = Guard::start(Command::new("sh").args(["-c", "while :; do :; done"]));
    let pid = guard.pid().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let [svg, md] = ["x.svg", "x.md"].map(|name| folder.path().join(name).display().to_string());
    let done = lab_watch(&[&pid, "--for", "400ms", "--every", "20ms", "--json", "--svg", &svg, "--md", &md])
        .output()
        .expect("glowtop");
    let text = String::from_utf8_lossy(&done.stdout);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&json["lanes"], &json["over"]), (&Value::from(1), &Value::from(false)), "{json}");
    assert!(json["bound"]["sentence"].as_str().is_some_and(|words| words.ends_with('.')), "{json}");
    assert!(json["busiest"][0]["run_s"].as_f64().is_some_and(|ran| ran > 0.0), "{json}");
    let read = |path: &str| std::fs::read_to_string(path).expect("a report");
    assert!(read(&svg).starts_with("<svg ") && read(&svg).ends_with("</svg>\n"));
    assert!(read(&md).starts_with("# X-ray of ") && read(&md).contains("| on a CPU |"));
    let table = lab_watch(&[&pid, "--for", "0.3"]).output().expect("glowtop");
    let text = String::from_utf8_lossy(&table.stdout);
    assert!(text.contains("where 1 lane x ") && text.contains("\nwhy     "), "{text}");
    assert!(stat_of(guard.pid()).is_some(), "it runs as before");
}

#[test]
fn ctrl_c_ends_the_look_and_reports() {
    let guard = Guard::sleeper();
    let mut child = Guard::start(
        lab_watch(&[&guard.pid().to_string(), "--json"]).stdout(Stdio::piped()).stderr(Stdio::null()),
    );
    // Its thread that looks is there: the handler is, too.
    let tasks = format!("/proc/{}/task", child.pid());
    until("it looks", || {
        let entries = std::fs::read_dir(&tasks).into_iter().flatten().flatten();
        let mut names = entries.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        names.any(|name| name.trim() == "glowtop-watch")
    });
    kill(nix::unistd::Pid::from_raw(child.pid().cast_signed()), Signal::SIGINT).expect("a signal");
    let json: Value = serde_json::from_str(&child.line()).expect("JSON");
    assert_eq!(child.0.wait().expect("its end").code(), Some(0));
    assert_eq!(json["processes"], 1, "{json}");
    assert!(Pid::new(guard.pid()).is_some() && stat_of(guard.pid()).is_some());
}

#[test]
fn nobody_and_nonsense_are_refused() {
    let code = |args: &[&str]| lab_watch(args).output().expect("glowtop").status.code();
    assert_eq!(code(&["4194303"]), Some(1));
    assert_eq!(code(&["name=no-such-program-anywhere"]), Some(1));
    for wrong in [&[""][..], &["1", "--every", "1ms"], &["1", "--for", "soon"], &["cpu>"]] {
        assert_eq!(code(wrong), Some(2), "{wrong:?}");
    }
}
