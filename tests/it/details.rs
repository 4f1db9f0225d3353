//! The details of processes: on made-up trees, and on this machine with `procfs` and ps(1) as witnesses.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use glowtop::model::{
    Details, Kind, Needs, Oom, Pid, ProcId, Reading, Rollup, Sample, Snapshot, Source, Teamwork, ThreadTimes,
    Wants, derive,
};
use glowtop::proc::Live;
use glowtop::query::Filter;

use crate::fixture::Fixture;

const ALL: Needs = Needs::DETAILS.of_all();

fn look(live: &mut Live, needs: Needs) -> Sample {
    live.sample(&Wants { needs, ..Wants::default() }).unwrap()
}

fn details(sample: &Sample, pid: u32) -> Option<&Details> {
    sample.tasks.iter().find(|task| task.id.pid.get() == pid).unwrap().task.details()
}

/// Looks until `done`; what readers deliver late counts.
fn look_until(live: &mut Live, needs: Needs, done: impl Fn(&Sample) -> bool) -> Sample {
    let end = Instant::now() + Duration::from_mins(1);
    loop {
        let sample = look(live, needs);
        if done(&sample) {
            return sample;
        }
        assert!(Instant::now() < end, "it never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A process with everything that a kernel tells of one.
fn rich() -> Fixture {
    let fixture = Fixture::new();
    fixture.process(40, 1, "prog", 5000, 2);
    fixture.thread(40, 40, "prog", 5000);
    fixture.thread(40, 41, "worker", 5001);
    let of = |name: &str, text: &str| fixture.write(&format!("proc/40/{name}"), text);
    of(
        "status",
        "Name:\tprog\nTgid:\t40\nNSpid:\t40\t1\nRssAnon:\t 116 kB\nRssFile:\t 1652 kB\nRssShmem:\t 8 kB\n\
        VmLib:\t 1528 kB\nVmSwap:\t 4 kB\nCapEff:\t0000000000000c00\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n",
    );
    of(
        "io",
        "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 0\ncancelled_write_bytes: 7\n",
    );
    of(
        "smaps_rollup",
        "0-1 ---p 00000000 00:00 0 [rollup]\nRss: 1768 kB\nPss: 336 kB\nPrivate_Clean: 56 kB\n\
        Private_Dirty: 116 kB\nSwapPss: 8 kB\n",
    );
    of("cgroup", "0::/system.slice/cron.service\n");
    of("oom_score", "666\n");
    of("oom_score_adj", "-17\n");
    of("autogroup", "/autogroup-25 nice 5\n");
    of("wchan", "do_epoll_wait");
    of("attr/current", "unconfined\n");
    of("task/40/schedstat", "1000000000 200000000 30\n");
    of("task/41/schedstat", "500 600 7\n");
    of("schedstat", "1000000000 200000000 30\n");
    fixture.write("proc/sys/kernel/task_delayacct", "1\n");
    fixture.write("sys/devices/system/node/node0/cpulist", "0\n");
    fixture.write("sys/devices/system/node/node1/cpulist", "1-3\n");
    for (name, target) in [("exe", "/usr/bin/prog"), ("cwd", "/home/ann")] {
        symlink(target, fixture.path(&format!("proc/40/{name}"))).unwrap();
    }
    for (name, number) in [("pid", 4_026_531_836u32), ("net", 4_026_532_000)] {
        fs::create_dir_all(fixture.path("proc/40/ns")).unwrap();
        symlink(format!("{name}:[{number}]"), fixture.path(&format!("proc/40/ns/{name}"))).unwrap();
    }
    for (number, target) in
        [(1, "/dev/null"), (5, "/dev/dri/renderD128"), (6, "/dev/dri/renderD128"), (7, "/dev/dri/card1")]
    {
        fs::create_dir_all(fixture.path("proc/40/fd")).unwrap();
        symlink(target, fixture.path(&format!("proc/40/fd/{number}"))).unwrap();
        // Two descriptors of the first card are one client.
        let client = if number == 7 { 9 } else { 8 };
        let text = format!(
            "pos:\t0\ndrm-driver:\txe\ndrm-client-id:\t{client}\ndrm-engine-rcs:\t1000 ns\n\
            drm-engine-vcs:\t{number} ns\ndrm-resident-vram0:\t2 MiB\n"
        );
        fixture.write(&format!("proc/40/fdinfo/{number}"), text);
    }
    fixture
}

#[test]
fn everything_that_the_kernel_tells_is_read() {
    let fixture = rich();
    let mut live = Live::new(fixture.root());
    let sample = look_until(&mut live, ALL, |sample| {
        details(sample, 40).is_some_and(|details| details.rollup != Reading::NotRead)
    });
    let page = sample.system.host.page_size;
    let known = details(&sample, 40).unwrap();
    let stat = known.stat.unwrap();
    assert_eq!((stat.terminal_group, stat.child_minor_faults, stat.policy), (-1, 0, Some(0)));
    let sizes = known.sizes.known().unwrap();
    assert_eq!((sizes.text, sizes.data), (page, 5 * page));
    let status = known.status.known().unwrap();
    assert_eq!((status.swap, status.pid_levels, status.voluntary), (Some(4096), Some(2), Some(12)));
    assert_eq!(known.io.known().map(|io| (io.read_bytes, io.cancelled_bytes)), Some((4096, 7)));
    let rollup = Rollup { pss: 336 << 10, uss: 172 << 10, swap_pss: 8 << 10 };
    assert_eq!(known.rollup, Reading::Known(rollup));
    let place = known.cgroup.known().unwrap();
    assert_eq!(place.unit.as_ref().map(|unit| unit.show(80)).as_deref(), Some("cron.service"));
    let namespaces = known.namespaces.known().unwrap();
    assert_eq!(
        (namespaces.pid, namespaces.net, namespaces.ipc),
        (Some(4_026_531_836), Some(4_026_532_000), None)
    );
    let text = |text: &Reading<Arc<glowtop::model::Untrusted>>| text.known().unwrap().show(80);
    assert_eq!((text(&known.exe), text(&known.cwd)), ("/usr/bin/prog".into(), "/home/ann".into()));
    assert_eq!((text(&known.wchan), text(&known.label)), ("do_epoll_wait".into(), "unconfined".into()));
    assert_eq!(known.oom, Reading::Known(Oom { score: 666, adjustment: -17 }));
    assert_eq!(known.autogroup.known().map(|group| (group.id, group.nice)), Some((25, 5)));
    // The number of the fixture's process is somebody else's here.
    assert_eq!((known.io_priority, known.node), (Reading::NotRead, Some(1)));
    let times = [
        ThreadTimes { tid: 40, run: 1_000_000_000, wait: 200_000_000, slices: 30, blocked: Some(0) },
        ThreadTimes { tid: 41, run: 500, wait: 600, slices: 7, blocked: Some(0) },
    ];
    assert_eq!(known.threads.known().map(|times| &times[..]), Some(&times[..]));
    let gpu = known.gpu.known().unwrap();
    assert_eq!((gpu.engine, gpu.memory), (2012, Some(4 << 20)));
}

#[test]
fn what_the_kernel_does_not_tell_is_unknown_and_never_nothing() {
    let fixture = Fixture::new();
    fixture.process(40, 1, "prog", 5000, 1);
    fixture.write("proc/40/wchan", "0");
    fixture.write("proc/40/schedstat", "0 0 0\n");
    fs::remove_file(fixture.path("proc/40/statm")).unwrap();
    let mut live = Live::new(fixture.root());
    look(&mut live, ALL);
    let sample = look(&mut live, ALL);
    let mut known = details(&sample, 40).unwrap().clone();
    // This much stands in `stat`.
    assert!(known.stat.take().is_some());
    assert_eq!(known, Details::default());
}

#[test]
fn time_blocked_is_known_only_while_the_kernel_counts_it() {
    let fixture = rich();
    let mut live = Live::new(fixture.root());
    let blocked = |sample: &Sample| details(sample, 40).unwrap().threads.known().unwrap()[0].blocked;
    assert_eq!(blocked(&look(&mut live, ALL)), Some(0));
    fixture.write("proc/sys/kernel/task_delayacct", "0\n");
    fixture.write("proc/40/schedstat", "1000000001 200000000 31\n");
    assert_eq!(blocked(&look(&mut live, ALL)), None);
}

#[test]
fn details_are_read_of_those_on_screen_and_only_what_is_wanted() {
    let fixture = rich();
    fixture.process(50, 1, "other", 5000, 1);
    fixture.write("proc/50/oom_score", "5\n");
    fixture.write("proc/50/oom_score_adj", "0\n");
    let mut live = Live::new(fixture.root());
    assert!(look(&mut live, Needs::FULL).tasks.iter().all(|task| task.details.is_none()));
    let visible: Arc<[ProcId]> = Arc::from([ProcId::new(40, 5000).unwrap()]);
    let wants = Wants { needs: Needs::OOM, visible, ..Wants::default() };
    let sample = live.sample(&wants).unwrap();
    let only = Details { oom: Reading::Known(Oom { score: 666, adjustment: -17 }), ..Details::default() };
    assert_eq!((details(&sample, 40), details(&sample, 50)), (Some(&only), None));
    let sample = look(&mut live, Needs::OOM.of_all());
    let score = |pid| details(&sample, pid).and_then(|details| details.oom.known()).map(|oom| oom.score);
    assert_eq!((score(40), score(50)), (Some(666), Some(5)));
    assert!(look(&mut live, Needs::NOTHING).tasks.iter().all(|task| task.details.is_none()));
}

#[test]
fn what_is_wanted_of_everybody_reads_no_other_file_of_them() {
    let fixture = rich();
    let visible: Arc<[ProcId]> = Arc::from([ProcId::new(40, 5000).unwrap()]);
    fixture.process(50, 1, "other", 6000, 1);
    for (name, text) in [
        ("cgroup", "0::/system.slice/cron.service\n"),
        (
            "io",
            "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 1\nwrite_bytes: 0\ncancelled_write_bytes: 7\n",
        ),
        ("smaps_rollup", "Pss: 1 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: 1 kB\nSwapPss: 0 kB\n"),
    ] {
        fixture.write(&format!("proc/50/{name}"), text);
    }
    let mut live = Live::new(fixture.root());
    let read = |live: &mut Live, needs| {
        let wants = Wants { needs, visible: Arc::clone(&visible), ..Wants::default() };
        let sample = live.sample(&wants).unwrap();
        [40, 50].map(|pid| {
            details(&sample, pid).map_or([false; 3], |of| {
                let rollup = of.rollup != Reading::NotRead;
                [of.cgroup != Reading::NotRead, of.io != Reading::NotRead, rollup]
            })
        })
    };
    let some = Needs::ROLLUP | Needs::IO;
    let end = Instant::now() + Duration::from_mins(1);
    while read(&mut live, Needs::CGROUP.of_all() | some)[0] != [true; 3] {
        assert!(Instant::now() < end, "it never came");
    }
    assert_eq!(read(&mut live, Needs::CGROUP.of_all() | some), [[true; 3], [true, false, false]]);
    assert_eq!(
        read(&mut live, Needs::IO.of_all() | Needs::CGROUP),
        [[true, true, false], [false, true, false]]
    );
    assert_eq!(read(&mut live, Needs::IO), [[false, true, false], [false; 3]]);
}

#[test]
fn rates_come_with_the_second_look_and_a_sleeper_has_none() {
    let fixture = rich();
    fixture.write("proc/40/schedstat", "1000000000 0 1\n");
    let mut live = Live::new(fixture.root());
    let needs = Needs::IO.of_all();
    let of = |snapshot: &Snapshot| {
        let proc = snapshot.find_pid(Pid::new(40).unwrap()).unwrap();
        proc.rates.as_ref().map(|rates| (rates.read, rates.write))
    };
    let first = derive(None, look(&mut live, needs));
    assert_eq!(of(&first), Some((None, None)));
    std::thread::sleep(Duration::from_millis(30));
    let second = derive(Some(&first), look(&mut live, needs));
    assert_eq!(of(&second), Some((Some(0.0), Some(0.0))));
    std::thread::sleep(Duration::from_millis(30));
    fixture.write("proc/40/schedstat", "1000000500 0 2\n");
    fixture.write("proc/40/io", "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 1052672\nwrite_bytes: 0\ncancelled_write_bytes: 7\n");
    let third = derive(Some(&second), look(&mut live, needs));
    let seconds = third.procs[0].read_at.since(second.procs[0].read_at);
    let (read, write) = of(&third).unwrap();
    assert!((read.unwrap() * seconds - 1_048_576.0).abs() < 1.0, "{read:?} {seconds}");
    assert_eq!(write, Some(0.0));
}

#[test]
fn a_memory_map_that_hangs_costs_its_own_row_only() {
    let fixture = rich();
    let rollup = "Pss: 1 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: 1 kB\nSwapPss: 0 kB\n";
    for pid in [39, 41] {
        fixture.process(pid, 1, "prog", 5000, 1);
        fixture.write(&format!("proc/{pid}/smaps_rollup"), rollup);
    }
    let fifo = fixture.path("proc/40/smaps_rollup");
    fs::remove_file(&fifo).unwrap();
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut live = Live::new(fixture.root());
    let pss = |sample: &Sample, pid| {
        details(sample, pid).and_then(|details| details.rollup.known()).map(|rollup| rollup.pss)
    };
    let needs = (Needs::ROLLUP | Needs::STATUS).of_all();
    let sample =
        look_until(&mut live, needs, |sample| pss(sample, 39).is_some() && pss(sample, 41).is_some());
    assert_eq!((pss(&sample, 39), pss(&sample, 40), pss(&sample, 41)), (Some(1024), None, Some(1024)));
    assert!(details(&sample, 40).unwrap().status.known().is_some());
    // It comes back to life.
    fs::OpenOptions::new().write(true).open(&fifo).unwrap().write_all(rollup.as_bytes()).unwrap();
    look_until(&mut live, needs, |sample| pss(sample, 40) == Some(1024));
}

#[test]
fn threads_have_details_of_their_own() {
    let fixture = rich();
    fixture.write("proc/40/task/41/oom_score", "3\n");
    fixture.write("proc/40/task/41/status", "Tgid:\t40\nvoluntary_ctxt_switches:\t99\n");
    let mut live = Live::new(fixture.root());
    let sample = look(&mut live, ALL | Needs::THREADS);
    let known = details(&sample, 41).unwrap();
    assert_eq!(
        known.status.known().map(|status| (status.tgid, status.voluntary)),
        Some((Some(40), Some(99)))
    );
    assert_eq!(known.threads.known().map(|times| times.len()), Some(1));
}

#[test]
fn queries_ask_for_containers_units_and_groups() {
    let fixture = rich();
    fixture.process(50, 1, "boxed", 5000, 1);
    let id = "0123456789abcdef".repeat(4);
    fixture.write("proc/50/cgroup", format!("0::/system.slice/docker-{id}.scope\n"));
    std::os::unix::fs::symlink("/opt/boxed (deleted)", fixture.path("proc/50/exe")).unwrap();
    fixture.process(60, 1, "hidden", 5000, 1);
    let mut live = Live::new(fixture.root());
    for (text, pids) in [
        ("container:docker*", vec![50]),
        ("container=-", vec![40]),
        ("unit:cron.service", vec![40]),
        ("cgroup:/system.slice/*", vec![40, 50]),
        ("cgroup~docker", vec![50]),
        ("swap>=4K", vec![40]),
        ("caps>1", vec![40]),
        ("deleted=no", vec![40]),
        ("deleted=yes", vec![50]),
        ("node=1 and oom_score>600", vec![40]),
    ] {
        let mut filter = Filter::parse(text);
        assert!(filter.needs().of_everybody().any(Needs::DETAILS), "{text}");
        let snapshot = derive(None, look(&mut live, filter.needs()));
        filter.look(&snapshot);
        let found: Vec<u32> = snapshot
            .procs
            .iter()
            .filter(|proc| filter.matches(proc))
            .map(|proc| proc.id().pid.get())
            .collect();
        assert_eq!(found, pids, "{text}");
    }
}

/// Ends a process that a test started, also where the test fails.
struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_reads_what_procfs_and_ps_read() {
    let child = Command::new("sleep").arg("1000").current_dir("/").stdin(Stdio::null()).spawn().unwrap();
    let child = Guarded(child);
    let pid = child.0.id();
    let mut live = Live::new(std::path::Path::new("/"));
    // Until it has executed its program, and sleeps there.
    let sample = look_until(&mut live, ALL, |sample| {
        let there = sample.tasks.iter().find(|task| task.id.pid.get() == pid);
        there.is_some_and(|task| {
            let rollup = task.details().is_some_and(|details| details.rollup != Reading::NotRead);
            task.comm.bytes() == b"sleep" && task.state.letter() == 'S' && rollup
        })
    });
    let known = details(&sample, pid).unwrap();
    let witness = procfs::process::Process::new(pid.cast_signed()).unwrap();
    let status = witness.status().unwrap();
    let bytes = |kib: Option<u64>| kib.map(|kib| kib * 1024);
    let ours = known.status.known().unwrap();
    assert_eq!(ours.tgid, Some(pid));
    assert_eq!((ours.anon, ours.file), (bytes(status.rssanon), bytes(status.rssfile)));
    assert_eq!(
        (ours.shmem, ours.swap, ours.lib),
        (bytes(status.rssshmem), bytes(status.vmswap), bytes(status.vmlib))
    );
    assert_eq!(
        (ours.voluntary, ours.involuntary),
        (status.voluntary_ctxt_switches, status.nonvoluntary_ctxt_switches)
    );
    let io = witness.io().unwrap();
    assert_eq!(known.io.known().map(|ours| (ours.read_chars, ours.write_chars)), Some((io.rchar, io.wchar)));
    assert_eq!(
        known.io.known().map(|ours| (ours.read_calls, ours.read_bytes)),
        Some((io.syscr, io.read_bytes))
    );
    let exe = known.exe.known().unwrap().show(4096);
    assert_eq!(exe, witness.exe().unwrap().to_str().unwrap());
    assert_eq!(known.cwd.known().unwrap().show(4096), "/");
    assert_eq!(known.oom.known().map(|oom| oom.score), Some(u32::from(witness.oom_score().unwrap())));
    let namespaces = witness.namespaces().unwrap().0;
    let of = |name: &str| namespaces.get(std::ffi::OsStr::new(name)).map(|ns| ns.identifier as u32);
    let ours = known.namespaces.known().unwrap();
    assert_eq!((ours.pid, ours.net, ours.user, ours.mnt), (of("pid"), of("net"), of("user"), of("mnt")));
    let stat = witness.stat().unwrap();
    let ours = known.stat.unwrap();
    assert_eq!((ours.terminal_group, ours.child_minor_faults), (stat.tpgid, stat.cminflt));
    assert_eq!((ours.rt_priority, ours.policy), (stat.rt_priority, stat.policy));
    let sizes = witness.statm().unwrap();
    let page = sample.system.host.page_size;
    assert_eq!(
        known.sizes.known().map(|ours| (ours.text, ours.data)),
        Some((sizes.text * page, sizes.data * page))
    );
    let times = &known.threads.known().unwrap()[0];
    assert!(times.tid == pid && times.run > 0 && times.slices > 0, "{times:?}");
    let asked = Command::new("ps").args(["-o", "pss=,cls=,cgroup=", "-p", &pid.to_string()]).output();
    let Ok(asked) = asked else { return println!("skipped: there is no ps") };
    let said = String::from_utf8(asked.stdout).unwrap();
    let mut words = said.split_whitespace();
    if let Some(pss) = words.next().and_then(|word| word.parse::<u64>().ok()) {
        // What else uses the same libraries comes and goes.
        let ours = known.rollup.known().unwrap().pss;
        assert!(ours / 4 <= pss * 1024 && pss * 1024 <= ours * 4, "{ours} {pss} KiB");
    }
    assert_eq!(words.next(), Some("TS"));
}

#[test]
fn a_spinner_is_serial_and_a_sleeper_is_idle() {
    let spinner =
        Command::new("sh").args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn().unwrap();
    let sleeper = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().unwrap();
    let (spinner, sleeper) = (Guarded(spinner), Guarded(sleeper));
    let mut live = Live::new(std::path::Path::new("/"));
    let needs = Needs::THREAD_TIMES.of_all();
    let end = Instant::now() + Duration::from_mins(1);
    let mut before = derive(None, look(&mut live, needs));
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let now = derive(Some(&before), look(&mut live, needs));
        let teamwork = |child: &Guarded| {
            let proc = now.find_pid(Pid::new(child.0.id()).unwrap())?;
            assert_eq!(proc.task.kind, Kind::Process);
            proc.rates.as_ref()?.crew?.teamwork(now.cores(), proc.cpu? / 100.0)
        };
        // On a busy machine it waits for the CPU, which is told as well.
        let spins = matches!(teamwork(&spinner), Some(Teamwork::Serial | Teamwork::CpuStarved));
        if spins && teamwork(&sleeper) == Some(Teamwork::Idle) {
            return;
        }
        assert!(Instant::now() < end, "{:?} {:?}", teamwork(&spinner), teamwork(&sleeper));
        before = now;
    }
}
