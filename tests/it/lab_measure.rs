//! Measurement that can be believed: two sources agree, what killed workers took is known, and nobody who looks away
//! disturbs it.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use glowtop::lab::{self, Run};
use glowtop::model::lab::{Fate, Jobs, LabNews, LabPlan, Mode, RunPlan, RunReport, Settings, Subject};
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::thread::{CpuSet, sched_getaffinity};

use crate::lab::{Proc, members};
use crate::pty::GLOWTOP;
use crate::support::until;

/// A plan of one run of primes.
fn primes(mode: Mode, workers: u32, seconds: f64, knobs: &[(&str, &str)]) -> LabPlan {
    let mut settings = Settings::default();
    for (knob, value) in knobs {
        settings.set(knob, *value);
    }
    LabPlan {
        subject: Subject::Workload("primes".to_owned()),
        runs: vec![RunPlan { mode, workers, settings }],
        serial_seconds: Some(seconds),
        repeat: 1,
        limit_s: None,
    }
}

fn start(plan: LabPlan) -> (Run, Receiver<LabNews>) {
    crate::inherited::default_signals();
    let (sender, receiver) = channel();
    let run = lab::start_in(Path::new(GLOWTOP), plan, move |news| drop(sender.send(news)));
    (run.expect("a good plan"), receiver)
}

/// The report of a run, and why the plan did not come to its end.
fn report(news: &Receiver<LabNews>) -> (RunReport, Option<String>) {
    let mut report = None;
    for news in news {
        match news {
            LabNews::RunDone(done) => report = Some(*done),
            LabNews::Ended { problem } => return (report.expect("a report"), problem),
            _ => {}
        }
    }
    panic!("its end was never told")
}

/// Waits for worker `number` to begin a task.
fn worker(news: &Receiver<LabNews>, number: u32) -> Pid {
    news.iter()
        .find_map(|news| match news {
            LabNews::WorkerStarted { worker, pid, .. } if worker == number => Some(Pid::from_raw(pid.raw())),
            _ => None,
        })
        .expect("that many workers")
}

/// Why the numbers of this run say nothing about glowtop; `None` where they do.
fn disturbed(run: &RunReport) -> Option<String> {
    let noise = &run.noise;
    let (others, steal) = (noise.others.unwrap_or(0.0), noise.steal.unwrap_or(0.0));
    let held_back = noise.throttled_s.unwrap_or(0.0) > 0.0;
    (others > 0.05 || steal > 0.01 || held_back)
        .then(|| format!("others used {:.0} % of the CPUs, steal {:.1} %", others * 100.0, steal * 100.0))
}

#[test]
fn the_workers_own_clocks_agree_with_the_kernel_s() {
    let set = sched_getaffinity(None).expect("our own");
    let cpu = (0..CpuSet::MAX_CPU).find(|&cpu| set.is_set(cpu)).expect("one at least");
    // Two that want the same CPU all the time: each waits for it half of the time.
    let pin = cpu.to_string();
    let (_run, news) = start(primes(Mode::Static, 2, 0.5, &[("pin", &pin), ("tasks", "2")]));
    let (run, problem) = report(&news);
    assert_eq!(problem, None);
    assert!(run.answer_ok);
    let (gaps, waits) = run.cross_check().expect("both were measured");
    assert!(gaps > 0.0 && waits > 0.0, "they cannot both have had it all the time: {gaps} {waits}");
    let apart = (gaps - waits).abs() / waits;
    println!(
        "off the CPU by the workers' clocks {:.1} ms, run-queue wait {:.1} ms: {:.1} % apart",
        gaps * 1e3,
        waits * 1e3,
        apart * 100.0
    );
    // Both see the same moments, whoever takes the CPU; only a hypervisor is seen by one of them alone.
    match disturbed(&run) {
        Some(why) if apart > 0.05 => println!("skipped: {why}"),
        _ => assert!(apart <= 0.05, "{gaps} s and {waits} s"),
    }
    for worker in &run.crew {
        assert!(worker.involuntary > 0, "it was sent off the CPU: {worker:?}");
        let (Some(first), Some(last)) = (worker.first, worker.last) else { panic!("{worker:?}") };
        let inside = worker.run_s + worker.wait_s + worker.blocked_s;
        assert!(inside <= (last - first) * 1.05 + 0.01, "no time is counted twice: {worker:?}");
    }
}

#[test]
fn what_a_killed_worker_took_is_known() {
    let (_run, news) = start(primes(Mode::Fork, 9, 3.0, &[]));
    let last = worker(&news, 9);
    // So long that there is something to know; its task takes far longer.
    let ticks = |pid: Pid| {
        let stat = procfs::process::Process::new(pid.as_raw()).and_then(|process| process.stat());
        stat.map_or(u64::MAX, |stat| stat.utime)
    };
    until("a worker that has worked", || ticks(last) >= 5);
    kill(last, Signal::SIGKILL).expect("a worker");
    let (run, problem) = report(&news);
    assert_eq!(problem, None, "the others go on");
    let lost = run.crew.iter().find(|worker| worker.worker == 9).expect("nine workers");
    assert_eq!(lost.fate, Fate::Killed(9));
    assert_eq!((lost.tasks, run.answer_ok), (0, false));
    assert!(lost.run_s >= 0.03, "the time in the task that it did not end: {lost:?}");
    assert!(lost.last.zip(lost.ended).is_some_and(|(last, ended)| last <= ended + 1e-9), "{lost:?}");
    assert!(lost.voluntary + lost.involuntary > 0, "{lost:?}");
    let crew: f64 = run.crew.iter().map(|worker| worker.run_s).sum();
    // Ticks and nanoseconds; and what the workers took outside their tasks is in the run's only.
    assert!(crew <= run.cpu_s() * 1.02 + 0.02, "{crew} s of {} s", run.cpu_s());
}

#[test]
fn what_was_taken_is_known_although_the_master_is_gone() {
    let (_run, news) = start(primes(Mode::Pool, 2, 30.0, &[]));
    let worker = worker(&news, 1);
    let proc = Proc::read(worker.as_raw()).expect("a worker");
    let stat = |pid: i32| procfs::process::Process::new(pid).and_then(|process| process.stat());
    until("a worker that has worked", || stat(proc.pid).map_or(u64::MAX, |stat| stat.utime) >= 10);
    kill(Pid::from_raw(proc.parent), Signal::SIGKILL).expect("its master");
    let (run, problem) = report(&news);
    assert_eq!(problem.as_deref(), Some("The run's master was ended by signal 9."));
    assert!(run.cpu_s() >= 0.1, "the workers' time, although nobody waited for them: {}", run.cpu_s());
    assert!(run.crew.iter().all(|worker| worker.fate == Fate::Killed(9)), "{:?}", run.crew);
    assert!(!run.answer_ok);
}

/// A `glowtop lab run`; it and its run are gone when this is.
struct Asked {
    child: Child,
}

impl Asked {
    fn start(arguments: &[&str]) -> Asked {
        crate::inherited::default_signals();
        let mut command = Command::new(GLOWTOP);
        command.args(["lab", "run", "primes"]).args(arguments).stdin(Stdio::null());
        Asked { child: command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("glowtop") }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).expect("our child");
    }

    /// Leaves its news so little room that there is none after some moments of not reading.
    fn narrow(&self) {
        let supervisor =
            members(self.child.id()).into_iter().find(|proc| proc.parent == self.child.id() as i32);
        let path = format!("/proc/{}/fd/1", supervisor.expect("a supervisor").pid);
        let pipe = std::fs::OpenOptions::new().write(true).open(path).expect("its end of the pipe");
        // Refused while more than that waits.
        until("a narrow pipe", || fcntl(&pipe, FcntlArg::F_SETPIPE_SZ(4096)).is_ok());
    }

    fn workers(&self) -> usize {
        members(self.child.id()).iter().filter(|proc| lab_worker(proc)).count()
    }
}

fn lab_worker(proc: &Proc) -> bool {
    crate::lab::is_worker(proc)
}

impl Drop for Asked {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether it is anybody's parent, zombies' too.
fn has_children(pid: i32) -> bool {
    let stats =
        procfs::process::all_processes().expect("proc").flatten().filter_map(|process| process.stat().ok());
    stats.into_iter().any(|stat| stat.ppid == pid)
}

#[test]
fn a_stopped_monitor_disturbs_no_run_and_hears_of_it_when_it_goes_on() {
    let mut glowtop = Asked::start(&["--mode", "pool", "--workers", "9", "--seconds", "2", "--json"]);
    until("workers", || glowtop.workers() > 0);
    glowtop.narrow();
    glowtop.signal(Signal::SIGSTOP);
    until("the end of the workers, although nobody hears of it", || glowtop.workers() == 0);
    // The master ends after its last worker, and the supervisor stays: it keeps the result.
    let mut supervisor = members(glowtop.child.id());
    until("nobody but the supervisor", || {
        supervisor = members(glowtop.child.id());
        supervisor.len() <= 1
    });
    assert_eq!(supervisor.len(), 1, "it keeps the result: {supervisor:?}");
    // One that waited for room could not reap.
    until("a supervisor that has reaped all, although nobody hears of it", || {
        !has_children(supervisor[0].pid)
    });
    glowtop.signal(Signal::SIGCONT);
    let mut said = String::new();
    glowtop.child.stdout.take().expect("a pipe").read_to_string(&mut said).expect("text");
    assert!(glowtop.child.wait().expect("our child").success());
    assert!(said.contains("9000011") && said.contains("\"lost_events\":0"), "{said}");
    assert_eq!(members(glowtop.child.id()), []);
}

#[test]
fn a_monitor_that_dies_while_it_is_stopped_leaves_nothing() {
    let glowtop = Asked::start(&["--mode", "pool", "--workers", "9", "--seconds", "20"]);
    // Not for all nine: the first may be done before the last is there.
    until("workers", || glowtop.workers() > 0);
    glowtop.narrow();
    glowtop.signal(Signal::SIGSTOP);
    // Long enough for the pipe to be full.
    let begin = Instant::now();
    until("some time", || begin.elapsed() > Duration::from_millis(700));
    glowtop.signal(Signal::SIGKILL);
    until("the end of all", || members(glowtop.child.id()).is_empty());
}

/// Somebody with exactly these words on his command line.
fn called(words: &str) -> Option<i32> {
    procfs::process::all_processes()
        .expect("proc")
        .flatten()
        .find_map(|process| (process.cmdline().ok()?.join(" ") == words).then_some(process.pid))
}

/// Whoever has these words on his command line; ended where the test fails.
struct Fled(String);

impl Drop for Fled {
    fn drop(&mut self) {
        if let Some(pid) = called(&self.0) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

#[test]
fn commands_that_flee_are_ended_although_their_supervisor_was_killed() {
    // A time that no other test sleeps.
    let seconds = format!("1{:06}", std::process::id());
    let flee = format!("setsid sleep {seconds} & wait");
    let commands = vec![vec!["sh".to_owned(), "-c".to_owned(), flee]];
    let jobs = Jobs { commands, directory: "/".into(), ..Jobs::default() };
    let mut plan = primes(Mode::Pool, 1, 1.0, &[]);
    plan.subject = Subject::Jobs(jobs);
    plan.serial_seconds = None;
    let (run, news) = start(plan);
    // Its end is that of the shell, too, which waits for it.
    let fled = Fled(format!("sleep {seconds}"));
    until("a command in a session of its own", || called(&fled.0).is_some());
    kill(Pid::from_raw(run.supervisor().raw()), Signal::SIGKILL).expect("the supervisor");
    let last = news.iter().last();
    assert!(matches!(last, Some(LabNews::Ended { problem: Some(_) })), "{last:?}");
    assert_eq!(called(&fled.0), None, "all has ended before its end is told");
}

/// Where this user may make a cgroup, the run is in one, and it goes with the run.
#[test]
fn a_run_has_a_cgroup_of_its_own_where_one_can_be_made() {
    let (run, news) = start(primes(Mode::Pool, 2, 30.0, &[]));
    let worker = worker(&news, 1);
    let group = |pid: i32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        text.lines().find_map(|line| line.strip_prefix("0::").map(str::to_owned))
    };
    let (its, ours) = (group(worker.as_raw()), group(std::process::id() as i32));
    let supervisor = group(run.supervisor().raw());
    kill(Pid::from_raw(run.supervisor().raw()), Signal::SIGKILL).expect("the supervisor");
    assert!(matches!(news.iter().last(), Some(LabNews::Ended { problem: Some(_) })));
    assert_eq!(supervisor, ours, "who has to end it is not in it");
    match its.filter(|its| its.contains("/glowtop-lab-")) {
        Some(its) => {
            let mounts = procfs::process::Process::myself().and_then(|me| me.mountinfo()).expect("mounts");
            let mount = mounts.into_iter().find(|mount| mount.fs_type == "cgroup2").expect("a mount");
            let path = mount.mount_point.join(its.trim_start_matches('/'));
            assert!(!path.exists(), "{} is left, although its supervisor was killed", path.display());
        }
        None => println!("skipped: this user may make no cgroup here ({ours:?})"),
    }
}
