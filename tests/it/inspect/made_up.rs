//! Made-up trees, with what this machine does not have.

use glowtop::model::inspect::{Examine, Needed, Page, Parentage, Refused};
use glowtop::model::{CpuMax, ProcId};
use glowtop::proc::Inspector;

use super::{is_page, page};
use crate::fixture::Fixture;

fn known(pid: u32, start: u64) -> ProcId {
    ProcId::new(pid, start).unwrap()
}

#[test]
fn the_second_version_of_cgroups_is_told_level_by_level() {
    let fixture = Fixture::new();
    fixture.process(50, 1, "web", 100, 1);
    fixture.write("proc/50/cgroup", "0::/web.slice/web.service\n");
    let base = "sys/fs/cgroup";
    fixture.write(&format!("{base}/cgroup.controllers"), "cpu memory pids\n");
    let group = |path: &str, file: &str, text: &str| fixture.write(&format!("{base}/{path}/{file}"), text);
    let own = "web.slice/web.service";
    group(own, "cpu.max", "50000 100000\n");
    let stat = |usage: u32, periods: u32, throttled: u32| {
        format!(
            "usage_usec {usage}\nuser_usec 1\nsystem_usec 2\nnr_periods {periods}\nnr_throttled {throttled}\nthrottled_usec 9\n"
        )
    };
    group(own, "cpu.stat", &stat(1_000_000, 10, 2));
    group(own, "memory.current", "1048576\n");
    group(own, "memory.max", "max\n");
    group(own, "memory.high", "2097152\n");
    group(own, "memory.events", "low 0\nhigh 3\nmax 0\noom 1\noom_kill 1\n");
    group(own, "pids.current", "7\n");
    group(own, "pids.max", "max\n");
    group(own, "io.pressure", "some avg10=1.50 avg60=0.00 avg300=0.00 total=1\n");
    group("web.slice", "memory.max", "8388608\n");
    let mut inspector = Inspector::new(fixture.root());
    let first = inspector.examine(known(50, 100), Page::Cgroup, false);
    group(own, "cpu.stat", &stat(1_500_000, 20, 7));
    let mut second = inspector.examine(known(50, 100), Page::Cgroup, false);
    // As if it were a second later.
    second.at.0 = first.at.0 + 1_000_000_000;
    let page = page!(second.follow(Some(&first)), Cgroup);
    assert_eq!(page.version, Some(2));
    let place = page.place.unwrap();
    assert_eq!(place.unit.unwrap().show(40), "web.service");
    let levels = page.levels.unwrap();
    let paths: Vec<String> = levels.iter().map(|level| level.path.show(60)).collect();
    assert_eq!(paths, ["/web.slice/web.service", "/web.slice", "/"]);
    assert_eq!(levels[0].cpu_max, Some(CpuMax::percent(50)));
    assert_eq!((levels[0].memory.max, levels[0].memory.high), (Some(None), Some(Some(2 << 20))));
    assert_eq!((levels[1].memory.max, levels[1].memory.current), (Some(Some(8 << 20)), None));
    assert_eq!(levels[0].memory.events.unwrap().oom_kill, 1);
    assert_eq!((levels[0].pids.current, levels[0].pids.max), (Some(7), Some(None)));
    assert_eq!(levels[0].pressure.unwrap().io_some.unwrap().avg10, 1.5);
    assert_eq!((levels[0].cpu_share, levels[0].throttled_share), (Some(0.5), Some(0.5)));
}

#[test]
fn the_first_version_is_told_in_the_same_words() {
    let fixture = Fixture::new();
    fixture.process(50, 1, "web", 100, 1);
    fixture.write("proc/50/cgroup", "4:memory:/box\n1:cpu,cpuacct:/\n2:name=systemd:/x\n0::/\n");
    fixture.write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1048576\n");
    fixture.write("sys/fs/cgroup/memory/box/memory.usage_in_bytes", "4096\n");
    fixture.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    fixture.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    fixture.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    let page = page!(Inspector::new(fixture.root()).examine(known(50, 100), Page::Cgroup, false), Cgroup);
    let levels = page.levels.unwrap();
    assert_eq!((page.version, levels.len()), (Some(1), 2));
    assert_eq!((levels[0].memory.max, levels[0].memory.current), (Some(Some(1 << 20)), Some(4096)));
    assert_eq!((levels[0].path.show(9), levels[1].path.show(9)), ("/box".to_owned(), "/".to_owned()));
    // The CPU's are those of the place where it is for the CPU, not of the box.
    assert_eq!((levels[0].cpu_max, levels[1].cpu_max), (None, Some(CpuMax::NONE)));
    assert_eq!(levels[1].memory.max, Some(None));
}

#[test]
fn one_that_was_adopted_is_told_from_one_that_was_born() {
    let fixture = Fixture::new();
    let stat = |pid: u32, parent: u32, session: u32, start: u64| {
        let text = String::from_utf8(crate::fixture::stat(pid, parent, b"x", start, 1)).unwrap();
        let (head, tail) = text.split_once(&format!(" {pid} {pid} ")).unwrap();
        fixture.write(&format!("proc/{pid}/stat"), format!("{head} {pid} {session} {tail}"));
    };
    stat(1, 0, 1, 1);
    stat(40, 1, 40, 50);
    stat(41, 40, 40, 60);
    stat(42, 1, 39, 60);
    stat(43, 44, 43, 60);
    stat(44, 1, 44, 70);
    fixture.write("proc/42/loginuid", "1000");
    fixture.write("proc/41/loginuid", "4294967295");
    fixture.write("etc/passwd", "ann:x:1000:1000::/:/bin/sh\n");
    let of = |pid, start| {
        page!(Inspector::new(fixture.root()).examine(known(pid, start), Page::Ancestry, false), Ancestry)
    };
    assert_eq!((of(41, 60).parentage, of(40, 50).parentage), (Parentage::Own, Parentage::Own));
    assert_eq!((of(42, 60).parentage, of(43, 60).parentage), (Parentage::Adopted, Parentage::Adopted));
    assert_eq!(of(1, 1).parentage, Parentage::None);
    let login = of(42, 60).login.unwrap().unwrap();
    assert_eq!((login.0, login.1.show(9)), (1000, "ann".to_owned()));
    assert_eq!(of(41, 60).login, Ok(None));
}

#[test]
fn a_tree_without_anything_but_the_name_has_reasons_on_every_page() {
    let fixture = Fixture::new();
    fixture.process(50, 1, b"a\x1b[2J) R 1", 100, 1);
    let mut inspector = Inspector::new(fixture.root());
    for page in Page::ALL {
        let seen = inspector.examine(known(50, 100), page, false);
        assert!(is_page(&seen.found), "{page:?}: {:?}", seen.found);
    }
    let overview = page!(inspector.examine(known(50, 100), Page::Overview, false), Overview);
    assert_eq!((overview.exe, overview.io), (Err(Refused::NoSuch), Err(Refused::NoSuch)));
    assert_eq!((overview.switches, overview.memory.peak), (None, None));
    assert_eq!(overview.name.bytes(), b"a\x1b[2J) R 1");
}

#[test]
fn junk_in_every_file_is_said_to_make_no_sense() {
    let fixture = Fixture::new();
    fixture.process(50, 1, "web", 100, 1);
    let junk: Vec<u8> = (0..3000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for file in [
        "status",
        "io",
        "limits",
        "cgroup",
        "schedstat",
        "sched",
        "syscall",
        "smaps",
        "environ",
        "maps",
        "loginuid",
        "oom_score",
        "autogroup",
        "uid_map",
        "wchan",
        "fdinfo/3",
        "net/tcp",
        "net/unix",
        "mountinfo",
        "task/50/stat",
        "task/50/schedstat",
        "task/50/status",
        "task/50/syscall",
        "smaps_rollup",
    ] {
        fixture.write(&format!("proc/50/{file}"), &junk);
    }
    fixture.write("proc/locks", &junk);
    std::fs::create_dir_all(fixture.path("proc/50/fd")).unwrap();
    std::os::unix::fs::symlink("socket:[99]", fixture.path("proc/50/fd/3")).unwrap();
    let mut inspector = Inspector::new(fixture.root());
    for page in Page::ALL {
        let seen = inspector.examine(known(50, 100), page, true);
        assert!(is_page(&seen.found), "{page:?}: {:?}", seen.found);
    }
    let signals = page!(inspector.examine(known(50, 100), Page::Signals, true), Signals);
    assert_eq!(signals.caught, Err(Refused::Unreadable));
    assert_ne!(Needed::Root, Needed::Ptrace);
}
