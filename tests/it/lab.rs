//! The lab through the real binary: right answers, names in `/proc`, and nothing left whatever is killed.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use glowtop::lab::{self, Run};
use glowtop::model::lab::{Did, LabNews, LabPlan, Mode, RunPlan, Settings, Subject};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

const PRIMES: [u64; 9] =
    [1_000_003, 2_000_003, 3_000_017, 4_000_037, 5_000_011, 6_000_011, 7_000_003, 8_000_009, 9_000_011];

/// Long enough that a run is surely still going on when a test has done with it.
const LONG: [&str; 2] = ["--seconds", "30"];

fn glowtop(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_glowtop"));
    command.arg("lab").args(args).stdin(Stdio::null());
    command
}

fn output(args: &[&str]) -> Output {
    glowtop(args).output().expect("glowtop starts")
}

/// Waits for something to become true; the deadline is only there to end a broken test.
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A process as /proc shows it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Proc {
    pub(crate) pid: i32,
    pub(crate) comm: String,
    state: char,
    pub(crate) parent: i32,
    session: i32,
    start_time: u64,
}

impl Proc {
    /// Process `pid`; `None` where there is none.
    pub(crate) fn read(pid: i32) -> Option<Proc> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (head, tail) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
        Some(Proc {
            pid,
            comm: head.split_once('(')?.1.to_owned(),
            state: fields[0].chars().next()?,
            parent: fields[1].parse().ok()?,
            session: fields[3].parse().ok()?,
            start_time: fields[19].parse().ok()?,
        })
    }

    /// Whether it still runs; a zombie does not, whoever may be slow to reap it.
    pub(crate) fn is_alive(&self) -> bool {
        Proc::read(self.pid).is_some_and(|now| now.start_time == self.start_time && now.state != 'Z')
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.pid)).unwrap_or_default()
    }

    /// Stops it; from then on it can neither read nor write nor end itself.
    fn stop(&self) {
        self.send(Signal::SIGSTOP);
        wait_for("a stop", || (Proc::read(self.pid)?.state == 'T').then_some(()));
    }

    fn send(&self, signal: Signal) {
        assert!(self.is_alive(), "{self:?} should be alive");
        kill(Pid::from_raw(self.pid), signal).expect("a process of ours");
    }
}

/// All living processes of the plans of the glowtop with this pid, found by the tag in their environment.
pub(crate) fn members(glowtop: u32) -> Vec<Proc> {
    let tag = format!("\"run\":\"{glowtop}-");
    fs::read_dir("/proc")
        .expect("proc")
        .flatten()
        .filter_map(|entry| Proc::read(entry.file_name().to_str()?.parse().ok()?))
        .filter(|proc| proc.file("environ").contains(&tag) && proc.is_alive())
        .collect()
}

/// The name of the supervisor of primes.
pub(crate) const SUPERVISOR: &str = "lab:primes supe";

/// Whether it does tasks: neither supervisor nor master.
pub(crate) fn is_worker(proc: &Proc) -> bool {
    let name = proc.comm.strip_prefix("lab:primes ");
    name.is_some_and(|name| name == "thre" || name.starts_with(|c: char| c.is_ascii_digit()))
}

/// A `glowtop lab run` with all that it started. Dropping it kills the lot.
struct Lab {
    cli: Child,
}

impl Lab {
    fn start(args: &[&str]) -> Lab {
        Lab::start_as(&mut glowtop(&[["run", "primes", "--compare", "none"].as_slice(), args].concat()))
    }

    fn start_as(command: &mut Command) -> Lab {
        crate::inherited::default_signals();
        Lab { cli: command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("glowtop starts") }
    }

    /// All living processes of its plan.
    fn members(&self) -> Vec<Proc> {
        members(self.cli.id())
    }

    /// The supervisor and the workers, once there are `count` workers that have their names.
    fn wait_for_workers(&self, count: usize) -> (Proc, Vec<Proc>) {
        wait_for("the workers", || {
            let members = self.members();
            let supervisor = members.iter().find(|proc| proc.comm == SUPERVISOR)?.clone();
            let mut workers: Vec<Proc> = members.into_iter().filter(is_worker).collect();
            workers.sort_by(|a, b| a.comm.cmp(&b.comm));
            (workers.len() == count).then_some((supervisor, workers))
        })
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.cli.id() as i32), signal).expect("our child");
    }

    /// Waits for the end of the command line; its exit code (`None` where a signal ended it), output and complaints.
    fn end(&mut self) -> (Option<i32>, String, String) {
        let status = wait_for("the end of glowtop", || self.cli.try_wait().expect("our child"));
        let (mut out, mut err) = (String::new(), String::new());
        self.cli.stdout.take().expect("a pipe").read_to_string(&mut out).expect("text");
        self.cli.stderr.take().expect("a pipe").read_to_string(&mut err).expect("text");
        (status.code(), out, err)
    }

    fn assert_nothing_left(&self, seen: &[Proc]) {
        wait_for("the end of all that was started", || {
            (!seen.iter().any(Proc::is_alive) && self.members().is_empty()).then_some(())
        });
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.cli.kill();
        let _ = self.cli.wait();
        for member in self.members() {
            let _ = kill(Pid::from_raw(member.pid), Signal::SIGKILL);
        }
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn every_mode_gives_nine_right_answers() {
    for (mode, workers) in
        [("serial", 1_usize), ("threads", 3), ("fork", 9), ("pool", 3), ("static", 3), ("steal", 3)]
    {
        let count = workers.to_string();
        let done =
            output(&["run", "primes", "--mode", mode, "--workers", &count, "--size", "seed", "--json"]);
        assert_eq!(done.status.code(), Some(0), "{mode}: {}", String::from_utf8_lossy(&done.stderr));
        let report = json(&String::from_utf8_lossy(&done.stdout));
        assert_eq!(report["workload"], "primes");
        assert_eq!(report["speedup"], Value::Null);
        assert_eq!(report["efficiency"], Value::Null);
        let [run] = report["runs"].as_array().expect("runs").as_slice() else { panic!("one run") };
        assert_eq!(run["mode"], mode);
        assert_eq!(run["workers"], workers);
        assert_eq!(run["answers"], serde_json::json!(PRIMES));
        assert_eq!(run["answer_ok"], true);
        for time in ["real_s", "user_s", "sys_s"] {
            assert!(run[time].as_f64().is_some_and(|seconds| seconds >= 0.0), "{mode} {time}: {run}");
        }
        // The nine primes cannot be found without any time, nor in parallel on more than all cores.
        assert!(run["real_s"].as_f64() > Some(0.0) && run["user_s"].as_f64() > Some(0.0), "{run}");
        assert_eq!(run["crew"].as_array().map(Vec::len), Some(workers));
        assert_eq!(run["tasks"].as_array().map(Vec::len), Some(9));
    }
}

#[test]
fn a_comparison_has_both_runs_and_their_quotient() {
    let done = output(&[
        "run",
        "primes",
        "--mode",
        "pool",
        "--workers",
        "2",
        "--compare",
        "serial",
        "--size",
        "seed",
        "--json",
    ]);
    assert_eq!(done.status.code(), Some(0));
    let report = json(&String::from_utf8_lossy(&done.stdout));
    let real = |run: usize| report["runs"][run]["real_s"].as_f64().expect("seconds");
    assert_eq!((&report["runs"][0]["mode"], &report["runs"][1]["mode"]), (&"serial".into(), &"pool".into()));
    let speedup = report["speedup"].as_f64().expect("two right runs");
    assert!((speedup - real(0) / real(1)).abs() < 1e-9);
    assert!((report["efficiency"].as_f64().expect("two right runs") - speedup / 2.0).abs() < 1e-9);
}

#[test]
fn table_and_tree_can_name_every_process() {
    let lab = Lab::start(&[["--workers", "3"], LONG].concat());
    let (supervisor, workers) = lab.wait_for_workers(3);
    assert_eq!(supervisor.parent, lab.cli.id() as i32);
    assert_eq!(supervisor.session, supervisor.pid, "a session of its own");
    assert!(supervisor.file("cmdline").starts_with("lab:primes supervisor"));
    let master = lab.members().into_iter().find(|proc| proc.parent == supervisor.pid).expect("a master");
    assert!(master.file("cmdline").starts_with("lab:primes master"));
    for (number, worker) in (1..).zip(&workers) {
        assert_eq!(worker.comm, format!("lab:primes {number}/3"));
        assert_eq!(worker.file("cmdline").trim_end_matches('\0'), format!("lab:primes {number}/3"));
        assert_eq!(worker.parent, master.pid);
        assert_eq!(worker.file("oom_score_adj").trim().parse::<i32>().map(|score| score >= 500), Ok(true));
        let limits = worker.file("limits");
        let cpu = limits.lines().find(|line| line.starts_with("Max cpu time")).expect("a limit");
        assert!(!cpu.contains("unlimited"), "{cpu}");
        assert_eq!(worker.file("environ").matches('\0').count(), 1, "nothing but the order");
    }
}

#[test]
fn threads_carry_their_task_in_their_name() {
    let lab = Lab::start(&[["--mode", "threads"], ["--workers", "2"], LONG].concat());
    let (_, workers) = lab.wait_for_workers(1);
    // Which tasks they have by the time of the look is chance.
    wait_for("two threads with the names of two tasks", || {
        let mut names: Vec<String> = fs::read_dir(format!("/proc/{}/task", workers[0].pid))
            .ok()?
            .flatten()
            .filter_map(|task| fs::read_to_string(task.path().join("comm")).ok())
            .map(|comm| comm.trim().to_owned())
            .filter(|comm| comm.starts_with('w') && comm.contains(" t"))
            .collect();
        names.sort();
        let [one, other] = names.as_slice() else { return None };
        let task = |name: &str, worker: &str| name.strip_prefix(worker)?.parse::<u32>().ok();
        let (one, other) = (task(one, "w1 t")?, task(other, "w2 t")?);
        (one != other && (1..=9).contains(&one) && (1..=9).contains(&other)).then_some(())
    });
}

#[test]
fn nothing_is_left_whatever_ends_the_command_line() {
    for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        for mode in ["pool", "threads"] {
            let mut lab = Lab::start(&[["--mode", mode], ["--workers", "2"], LONG].concat());
            let (supervisor, mut seen) = lab.wait_for_workers(if mode == "pool" { 2 } else { 1 });
            if mode == "pool" {
                // Stopped workers say nothing, so that the supervisor has only its lifeline to go by.
                seen.iter().for_each(Proc::stop);
            }
            seen.push(supervisor);
            lab.signal(signal);
            assert_eq!(lab.end().0, None, "{signal} ends it");
            lab.assert_nothing_left(&seen);
        }
    }
}

#[test]
fn nothing_is_left_where_somebody_had_stopped_everything() {
    let mut lab = Lab::start(&[["--workers", "2"], LONG].concat());
    let (supervisor, mut seen) = lab.wait_for_workers(2);
    seen.push(supervisor);
    seen.iter().for_each(Proc::stop);
    lab.signal(Signal::SIGKILL);
    lab.end();
    lab.assert_nothing_left(&seen);
}

#[test]
fn the_end_of_the_supervisor_is_the_end_of_its_workers_and_is_told() {
    for signal in [Signal::SIGKILL, Signal::SIGTERM] {
        let mut lab = Lab::start(&[["--workers", "2"], LONG].concat());
        let (supervisor, mut seen) = lab.wait_for_workers(2);
        // A stopped worker cannot find out by itself that nobody listens any more.
        seen.iter().for_each(Proc::stop);
        supervisor.send(signal);
        seen.push(supervisor);
        let (code, out, complaint) = lab.end();
        assert_eq!((code, out.as_str()), (Some(1), ""));
        assert!(complaint.contains("supervisor was ended"), "{complaint}");
        lab.assert_nothing_left(&seen);
    }
}

/// Blocked and ignored signals pass through exec(2); whoever starts glowtop may have left any.
#[test]
fn a_careless_parent_does_not_make_workers_deaf() {
    let run = |seconds| {
        let mut command = Command::new("env");
        command.args(["--block-signal=TERM,INT,ALRM", "--ignore-signal=HUP,CHLD,XCPU"]);
        command.arg(env!("CARGO_BIN_EXE_glowtop"));
        command.args(["lab", "run", "primes", "--compare", "none", "--workers", "2"]);
        command.args(["--seconds", seconds, "--json"]);
        Lab::start_as(&mut command)
    };
    // So long that nobody is done before he was looked at; it ends with this test's interest in it.
    let lab = run("30");
    let (supervisor, workers) = lab.wait_for_workers(2);
    let mask = |proc: &Proc, field: &str| {
        let status = proc.file("status");
        let line =
            status.lines().find_map(|line| line.strip_prefix(field)).expect("a mask").trim().to_owned();
        u64::from_str_radix(&line, 16).expect("hexadecimal")
    };
    for proc in [&supervisor, &workers[0], &workers[1]] {
        // The C library blocks all signals of a thread for as long as it is in posix_spawn(3), and the supervisor may
        // just be there: its last worker has its name before the supervisor is woken. It is not deaf if it ever opens.
        wait_for("a supervisor and workers that block nothing", || {
            (mask(proc, "SigBlk:") == 0).then_some(())
        });
        // 32 and up left alone: the C library keeps two of them to itself, ignored or not.
        let standard = mask(proc, "SigIgn:") & 0x7fff_ffff;
        assert_eq!(standard, 1 << (Signal::SIGPIPE as u32 - 1));
    }
    drop(lab);
    // Nor does a SIGCHLD that was ignored keep the supervisor from waiting and measuring.
    let mut lab = run("0.2");
    let (code, out, complaint) = lab.end();
    assert_eq!(code, Some(0), "{complaint}");
    assert!(json(&out)["runs"][0]["user_s"].as_f64() > Some(0.0), "{out}");
}

/// Whoever may take less than the lab's own bounds has less; that is no reason to do nothing.
#[test]
fn limits_of_the_user_s_own_are_kept_and_no_obstacle() {
    let script = "ulimit -t 100; ulimit -d 250000; exec \"$0\" lab run primes --mode pool --workers 2 --size seed --json";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_glowtop")]).stdin(Stdio::null());
    let mut lab = Lab::start_as(&mut command);
    let (code, out, complaint) = lab.end();
    assert_eq!(code, Some(0), "{complaint}");
    assert_eq!(json(&out)["runs"][0]["answers"], serde_json::json!(PRIMES));
}

#[test]
fn a_killed_worker_costs_its_task_and_the_verdict() {
    let mut lab = Lab::start(&["--mode", "fork", "--seconds", "2.5", "--json"]);
    // Not for all nine: the first may be done before the last is there.
    let last =
        wait_for("the ninth worker", || lab.members().into_iter().find(|proc| proc.comm == "lab:primes 9/9"));
    last.send(Signal::SIGKILL);
    let (code, out, _) = lab.end();
    assert_eq!(code, Some(1));
    let run = &json(&out)["runs"][0];
    assert_eq!(run["answer_ok"], false);
    assert_eq!(run["answers"][8], Value::Null);
    assert_eq!(run["answers"].as_array().map(|all| &all[..8]), Some(&PRIMES.map(Value::from)[..8]));
}

#[test]
fn a_pool_goes_on_without_its_killed_worker_and_ends_without_any() {
    let mut lab = Lab::start(&["--workers", "2", "--seconds", "3", "--json"]);
    lab.wait_for_workers(2).1[0].send(Signal::SIGKILL);
    let (_, out, _) = lab.end();
    let run = &json(&out)["runs"][0];
    let missing =
        run["answers"].as_array().expect("answers").iter().filter(|answer| answer.is_null()).count();
    assert!(missing <= 1, "the other one does the rest: {run}");

    let mut lab = Lab::start(&["--workers", "2", "--seconds", "30", "--json"]);
    for worker in lab.wait_for_workers(2).1 {
        worker.send(Signal::SIGKILL);
    }
    let (code, out, _) = lab.end();
    assert_eq!(code, Some(1));
    assert_eq!(json(&out)["runs"][0]["answers"][8], Value::Null);
}

/// Starts a plan through the library's door; gives the run and its news.
fn start(mode: Mode, serial_seconds: Option<f64>) -> (Run, Receiver<LabNews>) {
    let subject = Subject::Workload("primes".to_owned());
    let runs = vec![RunPlan { mode, workers: 2, settings: Settings::default() }];
    let plan = LabPlan { subject, runs, serial_seconds, repeat: 1, limit_s: None };
    let (sender, receiver) = channel();
    let program = Path::new(env!("CARGO_BIN_EXE_glowtop"));
    let run = lab::start_in(program, plan, move |news| drop(sender.send(news))).expect("a good plan");
    (run, receiver)
}

#[test]
fn the_news_tell_the_whole_story_in_order() {
    for mode in [Mode::Pool, Mode::Threads] {
        let (run, news) = start(mode, None);
        let news: Vec<LabNews> = news.iter().collect();
        drop(run);
        let Some(LabNews::RunStarted { index: 0, run: started, tasks: 9, rounds: 1 }) = news.first() else {
            panic!("{:?}", news.first())
        };
        assert_eq!((started.mode, started.workers, started.settings.word("tasks")), (mode, 2, "9"));
        assert_eq!(news.last(), Some(&LabNews::Ended { problem: None }));
        assert!(matches!(&news[news.len() - 2], LabNews::RunDone(report) if report.answer_ok));
        let pids: Vec<(u32, u32)> = news
            .iter()
            .filter_map(|news| match news {
                LabNews::WorkerStarted { worker, pid, .. } => Some((*worker, pid.get())),
                _ => None,
            })
            .collect();
        let [(1, first), (2, second)] = pids[..] else { panic!("two workers: {pids:?}") };
        assert_eq!(first == second, mode == Mode::Threads, "threads are in one process");
        let mut open = [None; 2];
        let mut tasks: Vec<u32> = Vec::new();
        let events = news.iter().filter_map(|news| match news {
            LabNews::Lanes(events) => Some(events),
            _ => None,
        });
        for event in events.flatten() {
            let lane = &mut open[event.worker as usize - 1];
            match event.what {
                Did::Begin { task, .. } => assert_eq!(lane.replace((task, event.at)), None, "one at a time"),
                Did::End { task, answer, right } => {
                    assert!(right && answer == PRIMES[task as usize - 1]);
                    assert!(lane.take().is_some_and(|(open, from)| open == task && from <= event.at));
                    tasks.push(task);
                }
                _ => {}
            }
        }
        tasks.sort_unstable();
        assert_eq!(tasks, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
}

#[test]
fn stopping_and_dropping_end_a_run_even_where_its_supervisor_was_stopped() {
    for (drop_it, stopped) in [(false, false), (true, false), (false, true), (true, true)] {
        let (run, news) = start(Mode::Pool, Some(30.0));
        let mut seen = vec![Proc::read(run.supervisor().raw()).expect("the supervisor")];
        while seen.len() < 3 {
            if let LabNews::WorkerStarted { pid, .. } = news.recv().expect("news of a worker") {
                seen.push(Proc::read(pid.raw()).expect("a worker"));
            }
        }
        if stopped {
            seen[0].stop();
        }
        if drop_it {
            drop(run);
        } else {
            run.stop();
        }
        let last = news.iter().last();
        assert_eq!(last, Some(LabNews::Ended { problem: Some("The run was stopped.".to_owned()) }));
        assert!(!seen.iter().any(Proc::is_alive), "all has ended before its end is told");
    }
}

#[test]
fn the_hidden_entry_refuses_whoever_is_not_the_lab() {
    let me = std::process::id();
    let order = |parent: u32| {
        format!(
            r#"{{"run":"test-{me}","parent":{parent},"role":{{"Supervisor":{{"subject":{{"Workload":"primes"}},"runs":[{{"mode":"pool","workers":2,"settings":{{}}}}],"serial_seconds":30.0,"repeat":1,"limit_s":null}}}}}}"#
        )
    };
    let enter = |order: &str, stdin: Stdio, stdout: Stdio| {
        let mut command = glowtop(&["list"]);
        let child = command.env("GLOWTOP_LAB", order).stdin(stdin).stdout(stdout).stderr(Stdio::piped());
        child.spawn().expect("glowtop starts").wait_with_output().expect("its end")
    };
    for refused in [
        enter("", Stdio::piped(), Stdio::piped()),
        enter("1", Stdio::piped(), Stdio::piped()),
        enter(&order(me + 1), Stdio::piped(), Stdio::piped()),
        enter(&order(me), Stdio::null(), Stdio::piped()),
        enter(&order(me), Stdio::piped(), Stdio::null()),
    ] {
        assert_eq!(refused.status.code(), Some(2));
        assert!(refused.stdout.is_empty());
        assert!(String::from_utf8_lossy(&refused.stderr).contains("GLOWTOP_LAB is set"));
    }
    // With all that it needs it is a supervisor, but its lifeline is broken already: it ends at once.
    let stopped = enter(&order(me), Stdio::piped(), Stdio::piped());
    assert_eq!(stopped.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&stopped.stdout).contains("The run was stopped."));
}

#[test]
fn what_cannot_be_is_a_usage_error() {
    for wrong in [
        ["run", "nothing"].as_slice(),
        &["run", "primes", "--workers", "0"],
        &["run", "primes", "--workers", "65"],
        &["run", "primes", "--mode", "fast"],
        &["run", "primes", "--mode", "fork", "--workers", "3"],
        &["run", "primes", "--mode", "serial", "--workers", "3"],
        &["run", "primes", "--seconds", "nan"],
        &["run", "primes", "--seconds", "-1"],
        &["run", "primes", "--seconds", "2", "--size", "seed"],
        &["run"],
    ] {
        let done = output(wrong);
        assert_eq!(done.status.code(), Some(2), "{wrong:?}");
        assert!(done.stdout.is_empty() && !done.stderr.is_empty(), "{wrong:?}");
    }
}

#[test]
fn the_list_names_what_can_be_run_and_nobody_need_read_it() {
    let done = output(&["list", "--json"]);
    let list = json(&String::from_utf8_lossy(&done.stdout));
    assert_eq!(list[0]["workload"], "primes");
    assert_eq!(list[0]["modes"], serde_json::json!(["pool", "serial", "threads", "fork", "static", "steal"]));

    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let status = glowtop(&["list"]).stdout(writer).status().expect("glowtop starts");
    assert_eq!(status.code(), Some(0), "a broken pipe is success");
}
