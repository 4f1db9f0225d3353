//! The reader on the machine it runs on, against other ways to know the same.

use std::collections::HashMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use glowtop::model::{Kind, Needs, Pid, Reading, Sample, Seen, Source, State, Wants, derive};
use glowtop::proc::Live;
use nix::sys::resource::{Resource, UsageWho, getrusage, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::time::TimeValLike;

/// A child that ends with the test, whatever the test comes to.
struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(command: &mut Command) -> Guarded {
    crate::inherited::default_signals();
    command.stdin(Stdio::null()).stdout(Stdio::null());
    loop {
        match command.spawn() {
            // A program just copied counts as being written until whoever forked meanwhile has executed something.
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
            result => return Guarded(result.unwrap()),
        }
    }
}

fn sleeper() -> Command {
    let mut command = Command::new("sleep");
    command.arg("1000");
    command
}

fn live() -> Live {
    Live::new(Path::new("/"))
}

fn look(live: &mut Live, needs: Needs) -> Sample {
    live.sample(&Wants { needs, ..Wants::default() }).unwrap()
}

fn find(sample: &Sample, pid: u32) -> Option<&Seen> {
    sample.tasks.iter().find(|task| task.id.pid.get() == pid)
}

/// Looks until `found` finds something.
fn look_until<T>(live: &mut Live, needs: Needs, found: impl Fn(&Sample) -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(value) = found(&look(live, needs)) {
            return value;
        }
        assert!(Instant::now() < end, "it never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a test of this file that wants a process to itself.
fn alone(test: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("live::{test}"), "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A copy of a small program that sleeps, under another name.
fn copy_of_sleep(dir: &Path, name: &[u8], mode: u32) -> PathBuf {
    let path = dir.join(std::ffi::OsStr::from_bytes(name));
    let original = ["/bin/sleep", "/usr/bin/sleep"].into_iter().find(|p| Path::new(p).exists()).unwrap();
    fs::copy(original, &path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

/// What both readers say of a process that two looks of the other agree about; `None` where nothing is wrong.
fn disagreement(sample: &Sample, a: &procfs::process::Stat, b: &procfs::process::Stat) -> Option<String> {
    let Some(task) = find(sample, a.pid as u32) else { return Some(format!("{} was not seen", a.pid)) };
    let facts = |stat: &procfs::process::Stat| {
        let numbers = [i64::from(stat.ppid), stat.nice, stat.num_threads, stat.priority];
        let groups = [stat.pgrp, stat.session, stat.tty_nr];
        (stat.comm.clone(), numbers, groups, stat.vsize, stat.starttime)
    };
    let parent = i64::from(task.parent.map_or(0, Pid::raw));
    let ours = (
        String::from_utf8_lossy(task.comm.bytes()).into_owned(),
        [parent, i64::from(task.nice), i64::from(task.threads), i64::from(task.priority)],
        [task.pgrp as i32, task.session as i32, task.tty],
        task.virt,
        task.id.start_time,
    );
    if facts(a) == facts(b) && facts(a) != ours {
        return Some(format!("{ours:?} but {:?}", facts(a)));
    }
    let grew = (a.utime..=b.utime).contains(&task.utime)
        && (a.stime..=b.stime).contains(&task.stime)
        && (a.minflt..=b.minflt).contains(&task.minor_faults)
        && (a.majflt..=b.majflt).contains(&task.major_faults);
    (!grew || task.cpu_clock.is_none()).then(|| format!("{task:?} is not between {a:?} and {b:?}"))
}

#[test]
fn it_sees_what_procfs_sees() {
    fn oracle() -> HashMap<i32, procfs::process::Stat> {
        let all = procfs::process::all_processes().unwrap();
        all.filter_map(|process| process.ok()?.stat().ok()).map(|stat| (stat.pid, stat)).collect()
    }
    let (_quiet, mut live) = (start(&mut sleeper()), live());
    let mut disagreements = Vec::new();
    // What changes and changes back between two looks of the other makes both right; not ten times running.
    for _ in 0..10 {
        let before = oracle();
        let sample = look(&mut live, Needs::FULL);
        let after = oracle();
        // Who was the same before and after was there in between.
        let stayed: Vec<_> = before
            .values()
            .filter_map(|a| Some((a, after.get(&a.pid).filter(|b| b.starttime == a.starttime)?)))
            .collect();
        assert!(stayed.len() >= 2);
        let me = find(&sample, std::process::id()).unwrap();
        assert_eq!(me.uid, Reading::Known(nix::unistd::geteuid().as_raw()));
        assert!(
            me.memory.known().is_some_and(|memory| memory.resident > 0 && memory.shared <= memory.resident)
        );
        disagreements = stayed.into_iter().filter_map(|(a, b)| disagreement(&sample, a, b)).collect();
        if disagreements.is_empty() {
            return;
        }
    }
    panic!("{disagreements:#?}");
}

#[test]
fn a_spinner_has_the_cpu_time_that_the_kernel_bills() {
    alone("spinner");
}

#[test]
#[ignore = "wants a process to itself: run by the test above"]
fn spinner() {
    let mut live = live();
    let mut spinner = start(Command::new("sh").args(["-c", "while :; do :; done"]));
    let pid = spinner.0.id();
    let mut snapshot = derive(None, look(&mut live, Needs::NOTHING));
    let clock = |sample: &Sample| find(sample, pid).and_then(|task| task.cpu_clock);
    look_until(&mut live, Needs::NOTHING, |sample| clock(sample).filter(|nanos| *nanos > 400_000_000));
    snapshot = derive(Some(&snapshot), look(&mut live, Needs::NOTHING));
    let spinner_row = snapshot.find_pid(Pid::new(pid).unwrap()).unwrap();
    assert!(spinner_row.cpu.is_some_and(|cpu| cpu > 0.0 && cpu <= 100.0));
    // Stopped, it spends no more: what the last look says is what the kernel bills.
    kill(nix::unistd::Pid::from_raw(pid as i32), Signal::SIGSTOP).unwrap();
    let seen = look_until(&mut live, Needs::NOTHING, |sample| {
        find(sample, pid).filter(|task| task.state == State::STOPPED).and_then(|task| task.cpu_clock)
    });
    let before = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    spinner.0.kill().unwrap();
    spinner.0.wait().unwrap();
    let billed = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let spent =
        |usage: &nix::sys::resource::Usage| (usage.user_time() + usage.system_time()).num_microseconds();
    let billed = (spent(&billed) - spent(&before)) as f64 / 1e6;
    let seen = seen as f64 / 1e9;
    assert!((seen - billed).abs() <= billed * 0.01, "seen {seen} s, billed {billed} s");
}

#[test]
fn the_sampler_has_rates_from_the_second_look_on() {
    let (send, receive) = std::sync::mpsc::channel();
    let wants = Wants { needs: Needs::FULL, ..Wants::default() };
    let publish = move |result| drop(send.send(result));
    let _sampler = glowtop::sampler::start(Box::new(live()), wants, 1000.0, publish).unwrap();
    // Where there are very many, a look that shows some comes before the first.
    let next = || loop {
        let look = receive.recv_timeout(Duration::from_mins(1)).unwrap().unwrap();
        if !look.partial {
            return look;
        }
    };
    let me = Pid::new(std::process::id()).unwrap();
    let (first, second) = (next(), next());
    assert_eq!((first.number, first.interval, first.find_pid(me).unwrap().cpu), (1, None, None));
    assert!(second.interval.is_some_and(|seconds| seconds > 0.1));
    assert!(second.cpu.is_some() && second.own_cpu.is_some_and(|percent| percent > 0.0));
    assert!(second.find_pid(me).unwrap().cpu.is_some());
    assert_eq!(second.host().own_pid, Some(me));
    assert!(second.cost.own_memory.is_some_and(|bytes| bytes > 0) && second.cost.cpu > 0.0);
}

#[test]
fn threads_are_rows() {
    let (quit, wait) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::Builder::new().name("glow-test-row".into()).spawn(move || wait.recv()).unwrap();
    let me = Pid::new(std::process::id()).unwrap();
    let mut live = live();
    let needs = Needs::FULL | Needs::THREADS;
    let (row, process, tids) = look_until(&mut live, needs, |sample| {
        assert!(sample.tasks.is_sorted_by(|a, b| a.id.pid < b.id.pid));
        let rows = sample.tasks.iter().filter(|task| task.kind == Kind::Thread(me));
        let row = rows.clone().find(|task| task.comm.bytes() == b"glow-test-row")?.clone();
        Some((row, find(sample, me.get())?.clone(), rows.map(|task| task.id.pid).collect::<Vec<_>>()))
    });
    assert_eq!((row.parent, row.threads, process.kind), (Some(me), 1, Kind::Process));
    assert!(!tids.contains(&me) && process.threads > 1);
    assert_eq!((row.memory, row.uid), (process.memory, process.uid));
    assert!(row.cpu_clock.is_some_and(|thread| process.cpu_clock.is_some_and(|all| thread <= all)));
    drop(quit);
    let _ = thread.join().unwrap();
    let sample = look(&mut live, Needs::FULL);
    assert!(sample.tasks.iter().all(|task| !matches!(task.kind, Kind::Thread(_))));
}

#[test]
fn who_has_ended_is_absent() {
    let mut live = live();
    let mut child = start(&mut sleeper());
    let pid = child.0.id();
    let first = derive(None, look(&mut live, Needs::FULL));
    let id = first.find_pid(Pid::new(pid).unwrap()).unwrap().id();
    child.0.kill().unwrap();
    // Not yet waited for, it is a zombie, and still listed.
    look_until(&mut live, Needs::FULL, |sample| {
        find(sample, pid).filter(|task| task.state == State::ZOMBIE).map(drop)
    });
    child.0.wait().unwrap();
    let second = derive(Some(&first), look(&mut live, Needs::FULL));
    assert!(second.find(id).is_none());
    assert!(second.ended.iter().any(|ended| ended.id() == id));
}

#[test]
fn what_died_between_two_looks_is_seen_by_what_its_parent_waited_for() {
    // A shell whose children burn some ticks each; the shell itself hardly runs.
    let burn = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done";
    let script = format!("while :; do sh -c '{burn}'; done");
    let shell = start(Command::new("sh").args(["-c", &script]));
    let mut live = live();
    let mut before = derive(None, look(&mut live, Needs::NOTHING));
    let end = Instant::now() + Duration::from_mins(1);
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let now = derive(Some(&before), look(&mut live, Needs::NOTHING));
        let row = now.short_lived.iter().find(|row| row.task.parent.map(Pid::get) == Some(shell.0.id()));
        if let (Some(row), Some(sum)) = (row, now.account) {
            assert!(row.cpu.is_none_or(|cpu| cpu <= now.cores() as f64 * 100.0), "{row:?}");
            let parts =
                sum.listed + sum.dead() + sum.irq + sum.softirq + sum.steal + sum.guest + sum.remainder;
            assert!((parts - sum.busy).abs() < 1e-6, "{sum:?}");
            if row.cpu.is_some_and(|cpu| cpu > 1.0) && sum.dead() > 1.0 {
                return;
            }
        }
        assert!(Instant::now() < end, "its children's time was never seen");
        before = now;
    }
}

#[test]
fn a_hostile_name_is_taken_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let name = b"a) R (b\n\x1b[31m";
    let path = copy_of_sleep(dir.path(), name, 0o755);
    let child = start(Command::new(path).arg0("sleep").arg("1000"));
    let mut live = live();
    let task = look_until(&mut live, Needs::FULL, |sample| {
        find(sample, child.0.id()).filter(|task| task.comm.bytes() == name).cloned()
    });
    assert_eq!(task.parent.map(Pid::get), Some(std::process::id()));
    assert_eq!(task.comm.show(80), "a) R (b\u{fffd}\u{fffd}[31m");
}

#[test]
fn the_owner_of_a_process_that_must_not_be_dumped_is_its_own() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // Whoever executes what he may not read is not dumpable, and his files in /proc belong to root.
    let path = copy_of_sleep(dir.path(), b"undumpable", 0o111);
    let own = nix::unistd::geteuid().as_raw();
    let uid = if own == 0 { 4242 } else { own };
    let mut command = Command::new(path);
    command.arg0("sleep").arg("1000");
    if own == 0 {
        command.uid(uid);
    }
    let child = start(&mut command);
    let mut live = live();
    let task = look_until(&mut live, Needs::FULL, |sample| {
        find(sample, child.0.id()).filter(|task| task.comm.bytes() == b"undumpable").cloned()
    });
    assert_eq!(task.uid, Reading::Known(uid));
    // Nobody has a name for 4242, unless somebody has; then it is no number. Never is it root's.
    assert!(own == 0 || task.user.is_some());
    assert_ne!(task.user.as_ref().map(|user| user.show(20)).as_deref(), Some("root"));
}

#[test]
fn an_exec_shows_in_the_command_line() {
    let mut child = Guarded(
        Command::new("sh").args(["-c", "read x; exec sleep 1000"]).stdin(Stdio::piped()).spawn().unwrap(),
    );
    let pid = child.0.id();
    let mut live = live();
    let line = |sample: &Sample| Some(find(sample, pid)?.command.known()?.line.show(80));
    look_until(&mut live, Needs::FULL, |sample| line(sample).filter(|line| line.starts_with("sh -c")));
    drop(child.0.stdin.take());
    look_until(&mut live, Needs::FULL, |sample| line(sample).filter(|line| line == "sleep 1000"));
}

#[test]
fn a_look_without_descriptors_loses_nobody() {
    alone("descriptors");
}

#[test]
#[ignore = "wants a process to itself: run by the test above"]
fn descriptors() {
    let child = start(&mut sleeper());
    let mut live = live();
    let line = |sample: &Sample| find(sample, child.0.id())?.command.known().cloned();
    look_until(&mut live, Needs::FULL, line);
    setrlimit(Resource::RLIMIT_NOFILE, 64, 64).unwrap();
    let mut hoard = Vec::new();
    while let Ok(file) = fs::File::open("/dev/null") {
        hoard.push(file);
    }
    let first = look(&mut live, Needs::FULL);
    // There is a descriptor for this hour, so everything was read as ever.
    assert!(find(&first, child.0.id()).is_some_and(|task| task.read_at >= first.taken));
    assert!(first.system.memory.is_some() && first.system.forks.is_some());
    let first_id = find(&first, child.0.id()).unwrap().id;
    // The spare descriptor is taken too: now nothing at all can be opened, and somebody on screen is read in any case.
    while let Ok(file) = fs::File::open("/dev/null") {
        hoard.push(file);
    }
    let wants = Wants { needs: Needs::FULL, visible: Arc::from([first_id]), ..Wants::default() };
    let second = live.sample(&wants).unwrap();
    let task = find(&second, child.0.id()).expect("a process that could not be read is not dead");
    assert!(task.read_at < second.taken, "it was read after all");
    assert!(task.command.known().is_some() && task.memory.known().is_some());
    assert!(second.system.memory.is_some() && !second.system.cpus.is_empty());
    drop(hoard);
    assert!(find(&look(&mut live, Needs::FULL), child.0.id()).is_some());
}

#[test]
fn few_descriptors_are_enough() {
    alone("few");
}

#[test]
#[ignore = "wants a process to itself: run by the test above"]
fn few() {
    let child = start(&mut sleeper());
    // So few that the machine's own files, which are kept open, would take them all.
    let open = fs::read_dir("/proc/self/fd").unwrap().count() as u64;
    setrlimit(Resource::RLIMIT_NOFILE, open + 5, open + 5).unwrap();
    let mut live = live();
    let first = look(&mut live, Needs::FULL);
    let id = find(&first, child.0.id()).expect("somebody who is there").id;
    let wants = Wants { needs: Needs::FULL, visible: Arc::from([id]), ..Wants::default() };
    for _ in 0..3 {
        let sample = live.sample(&wants).unwrap();
        let task = find(&sample, child.0.id()).expect("somebody who is there");
        assert!(task.read_at >= sample.taken, "what is on screen was read in this look");
        assert_eq!(sample.system.troubles.failed, 0);
        assert!(sample.tasks.len() > 1 && sample.system.memory.is_some() && sample.system.forks.is_some());
    }
}
