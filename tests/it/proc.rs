//! The reader of `/proc` on made-up trees: what is there, what is missing, what makes no sense, what hangs.

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use glowtop::model::{
    Kind, Needs, NoSample, Pid, ProcId, Reading, Sample, Source, State, Task, TaskMemory, Wants,
};
use glowtop::proc::Live;

use crate::fixture::{Fixture, stat};

fn wants(needs: Needs) -> Wants {
    Wants { needs, ..Wants::default() }
}

fn look(live: &mut Live) -> Sample {
    live.sample(&wants(Needs::FULL)).unwrap()
}

fn pids(sample: &Sample) -> Vec<u32> {
    sample.tasks.iter().map(|task| task.id.pid.get()).collect()
}

fn task(sample: &Sample, pid: u32) -> &Task {
    sample.tasks.iter().find(|task| task.id.pid.get() == pid).unwrap()
}

fn line(task: &Task) -> Option<String> {
    task.command.known().map(|command| command.line.show(200))
}

/// Looks until `done`; what readers deliver late counts.
fn look_until(live: &mut Live, done: impl Fn(&Sample) -> bool) -> Sample {
    let end = Instant::now() + Duration::from_mins(1);
    loop {
        let sample = look(live);
        if done(&sample) {
            return sample;
        }
        assert!(Instant::now() < end, "it never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_process_is_read_in_full() {
    let fixture = Fixture::new();
    fixture.process(40, 1, "prog", 5000, 1);
    let mut live = Live::new(fixture.root());
    let sample = look_until(&mut live, |sample| line(task(sample, 40)).is_some());
    let task = task(&sample, 40);
    let page = sample.system.host.page_size;
    assert_eq!(task.id, ProcId::new(40, 5000).unwrap());
    assert_eq!((task.kind, task.state, task.parent), (Kind::Process, State::SLEEPING, Pid::new(1)));
    assert_eq!((task.utime, task.stime, task.priority, task.nice), (500, 250, 25, 5));
    assert_eq!((task.tty, task.minor_faults, task.major_faults, task.virt), (34816, 11, 22, 1_228_800));
    assert_eq!(task.memory, Reading::Known(TaskMemory { resident: 20 * page, shared: 10 * page }));
    assert_eq!((task.comm.bytes(), line(task).as_deref()), (&b"prog"[..], Some("/usr/bin/prog40 --flag")));
    // A pid of a fixture is nobody's here, so its clock is not asked for.
    assert_eq!((task.cpu_clock, task.processor, task.threads), (None, Some(1), 1));
}

#[test]
fn the_machine_is_read_and_what_it_lacks_is_unknown() {
    let fixture = Fixture::new();
    let sample = look(&mut Live::new(fixture.root()));
    let system = &sample.system;
    assert_eq!(
        system.cpus.iter().map(|(id, times)| (*id, times.user)).collect::<Vec<_>>(),
        [(0, 200), (1, 100)]
    );
    assert_eq!(system.memory.map(|m| (m.total, m.available)), Some((1_024_000, Some(512_000))));
    assert_eq!(system.load.map(|load| (load.one, load.last_pid)), Some((0.1, Some(77))));
    assert_eq!(
        (system.forks, system.switches, system.blocked, system.pressure),
        (Some(77), Some(9), Some(0), None)
    );
    assert_eq!(
        (system.host.name.bytes(), system.host.kernel.bytes()),
        (&b"fixture"[..], &b"Linux 6.1.2-test"[..])
    );
    assert_eq!((sample.since_boot.0, system.host.boot_time), (1_000_000_000_000, Some(1_700_000_000)));
    fixture.write("proc/pressure/cpu", "some avg10=12.50 avg60=1.00 avg300=0.00 total=1\n");
    for file in ["meminfo", "loadavg"] {
        fs::remove_file(fixture.path(&format!("proc/{file}"))).unwrap();
    }
    let system = look(&mut Live::new(fixture.root())).system;
    assert_eq!((system.memory, system.load), (None, None));
    let pressure = system.pressure.unwrap();
    assert_eq!((pressure.cpu_some.map(|stall| stall.avg10), pressure.io_some), (Some(12.5), None));
}

#[test]
fn cpus_come_and_go() {
    let fixture = Fixture::new();
    let mut live = Live::new(fixture.root());
    let ids = |sample: Sample| sample.system.cpus.iter().map(|(id, _)| *id).collect::<Vec<_>>();
    assert_eq!(ids(look(&mut live)), [0, 1]);
    fixture.write("proc/stat", "cpu 1 2 3 4\ncpu1 1 2 3 4\ncpu700 1 2 3 4\n");
    assert_eq!(ids(look(&mut live)), [1, 700]);
    fixture.write("proc/stat", "cpu 1 2 3 4\n");
    assert_eq!(ids(look(&mut live)), [0u32; 0]);
}

#[test]
fn only_what_is_wanted_is_there() {
    let fixture = Fixture::new();
    fixture.process(40, 1, "prog", 5000, 2);
    fixture.thread(40, 41, "worker", 5001);
    let mut live = Live::new(fixture.root());
    look_until(&mut live, |sample| line(task(sample, 40)).is_some());
    let sample = live.sample(&wants(Needs::NOTHING)).unwrap();
    let task = task(&sample, 40);
    assert_eq!((task.memory, task.uid, task.user.is_some()), (Reading::NotRead, Reading::NotRead, false));
    assert_eq!((task.command.known(), pids(&sample)), (None, vec![40]));
}

#[test]
fn what_makes_no_sense_is_left_out_and_counted() {
    let fixture = Fixture::new();
    fixture.process(10, 1, "good", 1, 1);
    fixture.write("proc/11/stat", b"\xff\x00garbage");
    fixture.write("proc/12/stat", "12 (x) S 1 2 3");
    fixture.write("proc/13/stat", stat(99, 1, b"another", 1, 1));
    fixture.write("proc/14/stat", "");
    fixture.write("proc/15/stat", "(".repeat(100_000));
    fs::create_dir_all(fixture.path("proc/16")).unwrap();
    fixture.write("proc/17", "no directory");
    fs::create_dir_all(fixture.path("proc/18/stat")).unwrap();
    let sample = look(&mut Live::new(fixture.root()));
    assert_eq!((pids(&sample), sample.system.troubles.unparsable), (vec![10], 4));
}

#[test]
fn a_process_without_memory_files_stays_as_long_as_they_are_only_unreadable() {
    let fixture = Fixture::new();
    fixture.process(10, 1, "short", 1, 1);
    fixture.process(11, 1, "gone", 1, 1);
    fixture.write("proc/10/statm", "1 x");
    fs::remove_file(fixture.path("proc/11/statm")).unwrap();
    let sample = look(&mut Live::new(fixture.root()));
    // A file that is not there any more is that of a process that has ended.
    assert_eq!((pids(&sample), task(&sample, 10).memory), (vec![10], Reading::NotRead));
}

#[test]
fn hostile_names_shift_no_field() {
    let fixture = Fixture::new();
    let names: [&[u8]; 6] = [b"a) R (b", b"\n\n1 (x) S", b"\xff\xfe\x80", b")", b"", b"\x1b[31m) Z 0 0 ("];
    for (pid, name) in (20..).zip(names) {
        fixture.process(pid, 7, name, u64::from(pid) * 10, 1);
    }
    let sample = look(&mut Live::new(fixture.root()));
    for (pid, name) in (20..).zip(names) {
        let task = task(&sample, pid);
        assert_eq!((task.comm.bytes(), task.parent, task.state), (name, Pid::new(7), State::SLEEPING));
        assert_eq!(task.id.start_time, u64::from(pid) * 10);
    }
}

#[test]
fn threads_are_rows_that_share_what_is_the_process_s() {
    let fixture = Fixture::new();
    fixture.process(50, 1, "prog", 100, 3);
    for (tid, name) in [(50, "prog"), (52, "late"), (30, "wrapped")] {
        fixture.thread(50, tid, name, 100 + u64::from(tid));
    }
    fixture.process(51, 1, "single", 100, 1);
    fixture.thread(51, 53, "unseen", 100);
    let mut live = Live::new(fixture.root());
    let all = wants(Needs::FULL | Needs::THREADS);
    live.sample(&all).unwrap();
    let sample = live.sample(&all).unwrap();
    assert_eq!(pids(&sample), [30, 50, 51, 52]);
    let (process, thread) = (task(&sample, 50), task(&sample, 52));
    assert_eq!((thread.kind, thread.parent), (Kind::Thread(process.id.pid), Some(process.id.pid)));
    assert_eq!((thread.memory, thread.uid, thread.threads), (process.memory, process.uid, 1));
    assert_eq!((thread.comm.bytes(), line(thread)), (&b"late"[..], line(process)));
    assert_eq!(process.threads, 3);
}

#[test]
fn who_ends_is_absent_and_a_recycled_pid_is_somebody_else() {
    let fixture = Fixture::new();
    fixture.process(10, 1, "old", 1, 1);
    fixture.process(11, 1, "other", 1, 1);
    let mut live = Live::new(fixture.root());
    look_until(&mut live, |sample| line(task(sample, 10)).is_some());
    fixture.end(10);
    fixture.end(11);
    fixture.process(11, 1, "new", 999, 1);
    fixture.write("proc/11/cmdline", "new\0");
    let sample = look_until(&mut live, |sample| line(task(sample, 11)).is_some());
    assert_eq!(pids(&sample), [11]);
    let task = task(&sample, 11);
    assert_eq!((task.id.start_time, task.comm.bytes(), line(task)), (999, &b"new"[..], Some("new".into())));
}

#[test]
fn a_new_name_means_a_new_command_line() {
    let fixture = Fixture::new();
    fixture.process(10, 1, "shell", 1, 1);
    let mut live = Live::new(fixture.root());
    let first = look_until(&mut live, |sample| line(task(sample, 10)).is_some());
    // Nothing changed: the same value is handed on, not an equal one.
    let second = look(&mut live);
    let of = |sample: &Sample| std::sync::Arc::clone(task(sample, 10).command.known().unwrap());
    assert!(std::sync::Arc::ptr_eq(&of(&first), &of(&second)));
    assert!(std::sync::Arc::ptr_eq(&task(&first, 10).comm, &task(&second, 10).comm));
    fixture.process(10, 1, "editor", 1, 1);
    fixture.write("proc/10/cmdline", "editor\0file\0");
    let sample = look_until(&mut live, |sample| line(task(sample, 10)).is_some());
    assert_eq!(line(task(&sample, 10)).as_deref(), Some("editor file"));
}

#[test]
fn a_command_line_that_hangs_costs_its_own_row_only() {
    let fixture = Fixture::new();
    for pid in 10..15 {
        fixture.process(pid, 1, format!("p{pid}"), 1, 1);
    }
    let fifo = fixture.path("proc/12/cmdline");
    fs::remove_file(&fifo).unwrap();
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut live = Live::new(fixture.root());
    let sample = look_until(&mut live, |sample| {
        assert_eq!(pids(sample), [10, 11, 12, 13, 14]);
        task(sample, 12).stuck && [10, 11, 13, 14].iter().all(|pid| line(task(sample, *pid)).is_some())
    });
    let stuck = task(&sample, 12);
    assert_eq!((stuck.comm.bytes(), stuck.command.known().is_none()), (&b"p12"[..], true));
    assert_eq!((sample.system.troubles.stuck, sample.system.troubles.commands_off), (1, false));
    // It comes back to life: so does its row, and no reader stays behind.
    fs::OpenOptions::new().write(true).open(&fifo).unwrap().write_all(b"late\0").unwrap();
    let sample = look_until(&mut live, |sample| line(task(sample, 12)).is_some());
    assert_eq!((task(&sample, 12).stuck, line(task(&sample, 12)).as_deref()), (false, Some("late")));
    assert_eq!(sample.system.troubles.stuck, 0);
}

#[test]
fn owners_have_names_where_the_root_knows_them() {
    let fixture = Fixture::new();
    fixture.process(10, 1, "x", 1, 1);
    let uid = nix::unistd::geteuid().as_raw();
    let mut live = Live::new(fixture.root());
    let name = |sample: Sample| task(&sample, 10).user.as_ref().map(|user| user.show(20));
    assert_eq!(name(look(&mut live)), Some(uid.to_string()));
    fixture.write("etc/passwd", format!("somebody:x:{uid}:0::/:/bin/sh\n"));
    assert_eq!(name(look(&mut live)).as_deref(), Some("somebody"));
}

#[test]
fn a_mount_that_hides_others_is_told() {
    let fixture = Fixture::new();
    fixture.process(10, 1, "x", 1, 1);
    assert!(!look(&mut Live::new(fixture.root())).system.hidepid);
    fixture.write("proc/self/mountinfo", "22 27 0:21 / /proc rw - proc proc rw,hidepid=2\n");
    assert!(look(&mut Live::new(fixture.root())).system.hidepid);
}

#[test]
fn without_proc_there_is_a_sentence_until_there_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut live = Live::new(dir.path());
    let error = live.sample(&Wants::default()).unwrap_err();
    assert_eq!(error, NoSample::NoProc(dir.path().join("proc").display().to_string()));
    assert!(error.to_string().ends_with("is it mounted?"));
    fs::create_dir_all(dir.path().join("proc/self")).unwrap();
    let error = live.sample(&Wants::default()).unwrap_err().to_string();
    assert!(error.ends_with("subset=pid"), "proc(5) with processes only is mounted: {error}");
    fs::remove_dir_all(dir.path().join("proc")).unwrap();
    fs::create_dir(dir.path().join("proc")).unwrap();
    assert!(live.sample(&Wants::default()).is_err());
    fs::write(dir.path().join("proc/stat"), "this is not it\n").unwrap();
    assert!(live.sample(&Wants::default()).is_err());
    fs::write(dir.path().join("proc/stat"), "cpu  1 2 3 4\n").unwrap();
    assert!(live.sample(&Wants::default()).is_ok());
}
