//! Real processes, compared with what the test knows of them.

use std::fs::File;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::time::Duration;

use glowtop::model::inspect::{
    Architecture, Doing, Ended, Endpoint, Examine, FileKind, Files, Found, Inspection, LimitKind, LockKind,
    Needed, OpenFile, Page, Protocol, Refused, Segment, Socket, SocketState,
};
use glowtop::model::{Pid, Policy, Signal, SignalSet, State};
use rustix::fs::{FlockOperation, flock};

use super::{id, inspector, look, page};
use crate::support::{Guard, until};

fn me() -> u32 {
    std::process::id()
}

fn fd_of(files: &Files, fd: i32) -> &OpenFile {
    files.open.as_ref().unwrap().iter().find(|file| file.fd == fd as u32).unwrap()
}

fn socket(files: &Files, fd: i32) -> &Socket {
    match &fd_of(files, fd).kind {
        FileKind::Socket(socket) => socket,
        other => panic!("a socket was due, not {other:?}"),
    }
}

/// A look by which the readers have brought what they were sent for, which on a busy machine takes them a while.
fn patient(what: &str, pid: u32, page: Page, there: impl Fn(&Found) -> bool) -> Inspection {
    let mut inspector = inspector();
    let mut seen = inspector.examine(id(pid), page, false);
    until(what, || {
        seen = inspector.examine(id(pid), page, false);
        there(&seen.found)
    });
    seen
}

#[test]
fn every_page_of_a_child_is_told() {
    let child = Guard::shell("x=1", "exit 0");
    let mut inspector = inspector();
    for page in Page::ALL {
        let seen = inspector.examine(id(child.pid()), page, false);
        assert!(super::is_page(&seen.found), "{page:?}: {:?}", seen.found);
        assert_eq!((seen.page, seen.id), (page, id(child.pid())));
    }
}

#[test]
fn the_overview_says_who_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let child = Guard::start(Command::new("sleep").arg("1000").current_dir(&folder));
    let mut inspector = inspector();
    let first = inspector.examine(id(child.pid()), Page::Overview, false);
    // Sure to be later.
    std::thread::sleep(Duration::from_millis(5));
    let second = inspector.examine(id(child.pid()), Page::Overview, false).follow(Some(&first));
    let (one, two) = (page!(first, Overview), page!(second, Overview));
    assert!(one.rate.is_none());
    assert!(two.rate.unwrap().cpu >= 0.0 && two.by_thread.as_ref().unwrap()[0].share.is_some());
    until("it sleeps", || {
        page!(look(child.pid(), Page::Overview), Overview).exe.unwrap().bytes().ends_with(b"/sleep")
    });
    let two = patient("its share of memory", child.pid(), Page::Overview, |found| match found {
        Found::Overview(page) => page.memory.pss.is_ok(),
        _ => false,
    });
    let two = page!(two, Overview);
    assert_eq!(two.cwd.unwrap().bytes(), folder.as_os_str().as_encoded_bytes());
    assert_eq!((two.parent, two.threads), (Pid::new(me()), 1));
    let stat = crate::support::stat(child.pid());
    assert_eq!((two.session, two.pgrp), (stat.session as u32, stat.pgrp as u32));
    let owner = two.owner.unwrap();
    assert_eq!(owner.uids[0], nix::unistd::getuid().as_raw());
    assert!(two.memory.resident > 0 && two.memory.pss.unwrap() > 0 && two.memory.rollup_at.is_some());
    assert!((0.0..3600.0).contains(&two.age) && two.started.unwrap() > 1.6e9);
}

#[test]
fn threads_say_where_their_time_goes() {
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let names = ["insp-spin", "insp-sleep"];
    let threads: Vec<_> = names
        .map(|name| {
            let stop = std::sync::Arc::clone(&stop);
            let work = move || {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    if name == "insp-sleep" {
                        std::thread::sleep(Duration::from_millis(20));
                    }
                }
            };
            std::thread::Builder::new().name(name.into()).spawn(work).unwrap()
        })
        .into();
    let mut inspector = inspector();
    let mut before = inspector.examine(id(me()), Page::Threads, false);
    let mut told = false;
    until("the one that spins ran, the other did not", || {
        std::thread::sleep(Duration::from_millis(50));
        let seen = inspector.examine(id(me()), Page::Threads, false).follow(Some(&before));
        let Found::Threads(threads) = &seen.found else { panic!() };
        let of = |name: &str| threads.threads.iter().find(|thread| thread.name.bytes() == name.as_bytes());
        let shares = |name| of(name).and_then(|thread| thread.shares);
        if let (Some(spins), Some(sleeps)) = (shares(names[0]), shares(names[1])) {
            assert!((spins.run + spins.wait + spins.blocked + spins.sleep - 1.0).abs() < 1e-6);
            // Ready is as good as running: others may have the CPUs.
            told = spins.run + spins.wait > 0.5 && spins.run > 0.01 && sleeps.sleep > 0.5;
        }
        let asleep = of(names[1]).is_some_and(|thread| {
            thread.state == State::SLEEPING
                && matches!(thread.doing, Ok(Doing::Call(call)) if call.name(threads.architecture).contains("nanosleep"))
        });
        before = seen;
        told && asleep
    });
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn two_hundred_threads_are_told_each_and_who_ended_is_left_out() {
    let (tell, told) = std::sync::mpsc::channel();
    let wait = std::sync::Arc::new(std::sync::RwLock::new(()));
    let held = wait.write().unwrap();
    let threads: Vec<_> = (0..200)
        .map(|n| {
            let (tell, wait) = (tell.clone(), std::sync::Arc::clone(&wait));
            let work = move || {
                tell.send(nix::unistd::gettid().as_raw() as u32).unwrap();
                drop(wait.read());
            };
            std::thread::Builder::new().name(format!("many\u{9b}{n}")).spawn(work).unwrap()
        })
        .collect();
    let mut tids: Vec<u32> = (0..200).map(|_| told.recv().unwrap()).collect();
    tids.sort_unstable();
    let mut inspector = inspector();
    let many = |inspector: &mut glowtop::proc::Inspector| {
        let threads = page!(inspector.examine(id(me()), Page::Threads, false), Threads);
        assert!(threads.count as usize >= threads.threads.len());
        assert_eq!(threads.threads[0].tid.get(), me());
        let found =
            threads.threads.into_iter().filter(|thread| tids.binary_search(&thread.tid.get()).is_ok());
        found.collect::<Vec<_>>()
    };
    assert_eq!(many(&mut inspector).len(), 200);
    until("all of them wait", || {
        let threads = many(&mut inspector);
        threads.iter().all(|thread| {
            matches!(thread.doing, Ok(Doing::Call(call)) if call.name(Architecture::OURS) == "futex")
                && thread.state == State::SLEEPING
                && thread.name.bytes().starts_with("many\u{9b}".as_bytes())
        })
    });
    // Turn by turn each has its switches, and its stack where that may be read.
    until("each has had its turn", || many(&mut inspector).iter().all(|thread| thread.voluntary.is_some()));
    drop(held);
    for thread in threads {
        thread.join().unwrap();
    }
    until("none is left", || many(&mut inspector).is_empty());
}

#[test]
fn a_reader_of_a_pipe_is_seen_to_read_and_both_ends_know_each_other() {
    let child = Guard::shell("x=1", "exit 0");
    until("it reads", || {
        let threads = page!(look(child.pid(), Page::Threads), Threads);
        matches!(&threads.threads[0].doing, Ok(Doing::Call(call)) if call.text(threads.architecture).starts_with("read(0, "))
    });
    let files = page!(look(child.pid(), Page::Files), Files);
    let input = child.0.stdin.as_ref().unwrap();
    let inode = rustix::fs::fstat(input).unwrap().st_ino;
    let FileKind::Pipe { inode: of, partners } = &fd_of(&files, 0).kind else { panic!() };
    assert_eq!(*of, inode);
    assert!(partners.complete);
    let us = partners.found.iter().find(|partner| partner.id.pid.get() == me()).unwrap();
    assert!(us.writes && !us.reads);
    assert_eq!(us.id, id(me()));
    assert_eq!(fd_of(&files, 0).info.unwrap().mode(), "r");
    assert_eq!(fd_of(&files, 1).info.unwrap().mode(), "w");
}

#[test]
fn files_are_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a\x1b[2Jb");
    let mut file = File::create(&path).unwrap();
    file.write_all(b"12345").unwrap();
    let directory = File::open(folder.path()).unwrap();
    let null = File::open("/dev/null").unwrap();
    let gone = File::create(folder.path().join("gone")).unwrap();
    std::fs::remove_file(folder.path().join("gone")).unwrap();
    let event = nix_eventfd(41);
    let pidfd = rustix::process::pidfd_open(
        rustix::process::Pid::from_raw(me() as i32).unwrap(),
        rustix::process::PidfdFlags::empty(),
    )
    .unwrap();
    let poll = rustix::event::epoll::create(rustix::event::epoll::CreateFlags::CLOEXEC).unwrap();
    rustix::event::epoll::add(
        &poll,
        &event,
        rustix::event::epoll::EventData::new_u64(1),
        rustix::event::epoll::EventFlags::IN,
    )
    .unwrap();
    let files = patient("what lies at paths", me(), Page::Files, |found| match found {
        Found::Files(page) => fd_of(page, file.as_raw_fd()).size.is_some(),
        _ => false,
    });
    let files = page!(files, Files);
    assert_eq!(files.count as usize, files.open.as_ref().unwrap().len());
    let regular = fd_of(&files, file.as_raw_fd());
    assert_eq!((regular.kind.word(), regular.size, regular.deleted), ("file", Some(5), false));
    assert_eq!(regular.info.unwrap().position, 5);
    assert!(!regular.target.show(200).contains('\x1b'));
    assert_eq!(fd_of(&files, directory.as_raw_fd()).kind, FileKind::Directory);
    assert_eq!(fd_of(&files, null.as_raw_fd()).kind, FileKind::CharDevice);
    assert!(fd_of(&files, gone.as_raw_fd()).deleted);
    assert_eq!(fd_of(&files, event.as_raw_fd()).kind, FileKind::Event { count: Some(41) });
    assert_eq!(fd_of(&files, pidfd.as_raw_fd()).kind, FileKind::Pidfd { pid: Pid::new(me()) });
    let watched = vec![event.as_raw_fd() as u32];
    assert_eq!(fd_of(&files, poll.as_raw_fd()).kind, FileKind::Epoll { watched, count: 1 });
}

fn nix_eventfd(count: u32) -> std::os::fd::OwnedFd {
    rustix::event::eventfd(count, rustix::event::EventfdFlags::CLOEXEC).unwrap()
}

#[test]
fn sockets_are_told_with_their_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut served, _) = listener.accept().unwrap();
    served.write_all(b"seven b").unwrap();
    let (one, other) = UnixStream::pair().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sock et");
    let named = UnixListener::bind(&path).unwrap();
    let mut files = page!(look(me(), Page::Files), Files);
    until("what was sent has arrived", || {
        files = page!(look(me(), Page::Files), Files);
        socket(&files, client.as_raw_fd()).receive_queue == Some(7)
    });
    let listens = socket(&files, listener.as_raw_fd());
    assert_eq!((listens.protocol, listens.state), (Protocol::Tcp, Some(SocketState::Listen)));
    assert_eq!(listens.local, Endpoint::Address(listener.local_addr().unwrap()));
    assert_eq!((&listens.remote, listens.send_queue), (&Endpoint::None, None));
    let connected = socket(&files, client.as_raw_fd());
    assert_eq!(connected.state, Some(SocketState::Established));
    assert_eq!(connected.remote, Endpoint::Address(listener.local_addr().unwrap()));
    // The other end is the process's own.
    // Beside it there may be a child of another test that has not closed what it was born with.
    let own = |socket: &Socket, fd: i32| {
        socket.partners.found.iter().any(|one| (one.id.pid.get(), one.fd) == (me(), fd as u32))
    };
    assert!(own(connected, served.as_raw_fd()));
    let pair = socket(&files, one.as_raw_fd());
    assert_eq!((pair.protocol, pair.state), (Protocol::UnixStream, Some(SocketState::Established)));
    let inode = rustix::fs::fstat(other.as_fd()).unwrap().st_ino;
    assert_eq!(pair.remote, Endpoint::Inode(inode));
    assert!(own(pair, other.as_raw_fd()));
    let Endpoint::Path(place) = &socket(&files, named.as_raw_fd()).local else { panic!() };
    assert_eq!(place.bytes(), path.as_os_str().as_encoded_bytes());
    assert_eq!(socket(&files, named.as_raw_fd()).state, Some(SocketState::Listen));
}

#[test]
fn command_and_environment_are_told_piece_by_piece() {
    let child = Guard::start(
        Command::new("sh")
            .args(["-c", "read x # a b", "", "last one"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("KEY", "a=b c"),
    );
    until("it has begun", || {
        let line = page!(look(child.pid(), Page::Command), Command);
        line.name.bytes() == b"sh" && line.arguments.is_ok_and(|arguments| arguments.len() == 5)
    });
    let line = patient("its command line", child.pid(), Page::Command, |found| match found {
        Found::Command(page) => page.arguments.is_ok(),
        _ => false,
    });
    let line = page!(line, Command);
    let arguments: Vec<String> = line.arguments.unwrap().iter().map(|one| one.show(40)).collect();
    assert_eq!(arguments, ["sh", "-c", "read x # a b", "", "last one"]);
    let environment = patient("its environment", child.pid(), Page::Environment, |found| match found {
        Found::Environment(page) => page.variables.is_ok(),
        _ => false,
    });
    let environment = page!(environment, Environment);
    let variables = environment.variables.unwrap();
    let value = |name: &str| {
        let found = variables.iter().find(|variable| variable.name.bytes() == name.as_bytes());
        found.and_then(|variable| variable.value.as_ref()).map(|value| value.show(40))
    };
    assert_eq!((value("KEY").as_deref(), value("PATH").as_deref()), (Some("a=b c"), Some("/usr/bin:/bin")));
    assert_eq!((variables.len(), environment.left_out), (2, 0));
}

#[test]
fn memory_is_the_sum_of_its_segments_and_agrees_with_procfs() {
    let child = Guard::sleeper();
    until("it sleeps", || {
        let threads = page!(look(child.pid(), Page::Threads), Threads);
        matches!(threads.threads[0].doing, Ok(Doing::Call(call)) if call.name(Architecture::OURS).contains("nanosleep"))
    });
    let read = || {
        let map = patient("its memory", child.pid(), Page::Memory, |found| match found {
            Found::Memory(map) => map.all.is_ok(),
            _ => false,
        });
        page!(map, Memory)
    };
    // What is its own and what is shared changes with others who have the same libraries, who come and go meanwhile.
    let mut map = read();
    until("both say the same", || {
        map = read();
        let all = map.all.as_ref().unwrap();
        let oracle = procfs::process::Process::new(child.pid() as i32).unwrap().smaps_rollup().unwrap();
        let told = &oracle.memory_map_rollup.0[0].extension.map;
        (all.resident, all.private) == (told["Rss"], told["Private_Clean"] + told["Private_Dirty"])
            // Summed up where it is rounded, and rounded where it is summed up.
            && all.pss.abs_diff(told["Pss"]) <= 1024 * u64::from(all.mappings)
    });
    let all = map.all.unwrap();
    assert!(map.read_at.is_some());
    let sum: u64 = map.segments.iter().map(|(_, sum)| sum.resident).sum();
    assert_eq!((sum, all.mappings as usize), (all.resident, map.largest.len()));
    let kinds: Vec<Segment> = map.segments.iter().map(|(segment, _)| *segment).collect();
    for due in [Segment::Text, Segment::Data, Segment::Stack, Segment::Kernel] {
        assert!(kinds.contains(&due), "{due:?} in {kinds:?}");
    }
    assert_eq!(map.now.resident, Some(all.resident));
}

#[test]
fn limits_are_told_with_what_is_used() {
    let child = Guard::shell("ulimit -n 77; ulimit -c 0; exec 5</dev/null", "exit 0");
    let limits = page!(look(child.pid(), Page::Limits), Limits).limits.unwrap();
    let of = |kind| *limits.iter().find(|limit| limit.kind == kind).unwrap();
    let files = of(LimitKind::OpenFiles);
    assert_eq!((files.soft, files.hard), (Some(77), Some(77)));
    let open = std::fs::read_dir(format!("/proc/{}/fd", child.pid())).unwrap().count();
    assert_eq!(files.used, Some(open as u64));
    assert!(files.fill().unwrap() > 0.0);
    assert_eq!(of(LimitKind::Core).soft, Some(0));
    assert!(of(LimitKind::Stack).used.is_some_and(|used| used > 0));
    assert_eq!(limits.len(), LimitKind::ALL.len());
}

#[test]
fn signals_are_sets_by_name() {
    let mut child = Guard::shell("trap '' USR1; trap : USR2", "exit 0");
    let signals = page!(look(child.pid(), Page::Signals), Signals);
    let signal = |number| Signal::new(number).unwrap();
    assert!(signals.ignored.unwrap().has(signal(10)) && signals.caught.unwrap().has(signal(12)));
    assert!(signals.pending.unwrap().is_empty() && signals.queued.unwrap().1 > 0);
    drop(child.0.stdin.take());
    child.0.wait().unwrap();
    // A thread of ours that blocks what the others do not, with one that waits for it.
    let (tell, told) = std::sync::mpsc::channel();
    let (end, over) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        let mut set = nix::sys::signal::SigSet::empty();
        set.add(nix::sys::signal::Signal::SIGUSR1);
        set.thread_block().unwrap();
        tell.send(nix::unistd::gettid().as_raw() as u32).unwrap();
        let _ = over.recv();
    });
    let tid = told.recv().unwrap();
    let signals = page!(look(me(), Page::Signals), Signals);
    let found = signals.threads.iter().find(|one| one.tid.get() == tid).unwrap();
    assert!(found.blocked.has(signal(10)) && found.pending == SignalSet(0));
    let names: Vec<String> = found.blocked.iter().map(Signal::name).collect();
    assert!(names.contains(&"SIGUSR1".to_owned()));
    drop(end);
    thread.join().unwrap();
}

#[test]
fn locks_are_joined_with_files_and_those_who_wait() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock");
    let held = File::create(&path).unwrap();
    flock(&held, FlockOperation::LockExclusive).unwrap();
    let other = File::open(&path).unwrap();
    let waits = std::thread::spawn(move || flock(&other, FlockOperation::LockShared).unwrap());
    let mut found = None;
    until("one waits", || {
        let locks = page!(look(me(), Page::Locks), Locks).locks.unwrap();
        let ours = |path: &std::path::Path| path.as_os_str().as_encoded_bytes().to_vec();
        found = locks
            .into_iter()
            .find(|lock| lock.path.as_ref().is_some_and(|known| known.bytes() == ours(&path)));
        found.as_ref().is_some_and(|lock| !lock.waiters.is_empty())
    });
    let lock = found.unwrap();
    assert_eq!((lock.kind, lock.write, lock.ours, lock.we_wait), (LockKind::Flock, true, true, true));
    assert_eq!(lock.holder.as_ref().map(|party| party.pid.get()), Some(me()));
    assert_eq!((lock.fd, lock.end), (Some(held.as_raw_fd() as u32), None));
    assert!(!lock.waiters[0].write);
    flock(&held, FlockOperation::Unlock).unwrap();
    waits.join().unwrap();
}

#[test]
fn scheduling_is_told() {
    let child = Guard::start(Command::new("nice").args(["-n", "7", "sleep", "1000"]));
    until("it is nice", || page!(look(child.pid(), Page::Scheduling), Scheduling).nice == 7);
    let page = page!(look(child.pid(), Page::Scheduling), Scheduling);
    assert_eq!((page.policy, page.priority), (Policy::Other, 27));
    let affinity = page.affinity.unwrap();
    assert!(!affinity.is_empty() && page.cpu.is_some_and(|cpu| affinity.has(cpu)));
    assert!(page.oom.is_ok() && page.io_priority.is_ok());
    // The timer slack of another process needs a right that its own user has not.
    assert!(matches!(page.timer_slack, Ok(_) | Err(Refused::Denied(Needed::Nice))), "{:?}", page.timer_slack);
    assert!(page.switches.voluntary.is_some());
    let stat = std::fs::read_to_string(format!("/proc/{}/schedstat", child.pid())).unwrap();
    if !stat.starts_with("0 0 0") {
        assert!(page.run.is_some() && page.slices.is_some());
    }
}

#[test]
fn namespaces_and_cgroups_are_those_of_the_kernel() {
    let child = Guard::sleeper();
    let page = page!(look(child.pid(), Page::Namespaces), Namespaces);
    let spaces = page.namespaces.unwrap();
    let pid = spaces.iter().find(|space| space.kind.bytes() == b"pid").unwrap();
    let link = std::fs::read_link(format!("/proc/{}/ns/pid", child.pid())).unwrap();
    assert_eq!(format!("pid:[{}]", pid.inode.unwrap()), link.to_str().unwrap());
    assert_eq!(pid.ours, Some(true));
    assert_eq!(page.pids.last(), Some(&child.pid()));
    assert!(page.uid_map.unwrap()[0].count > 0);
    let cgroup = page!(look(child.pid(), Page::Cgroup), Cgroup);
    let lines = std::fs::read_to_string(format!("/proc/{}/cgroup", child.pid())).unwrap();
    assert_eq!(cgroup.hierarchies.unwrap().len(), lines.lines().count());
}

#[test]
fn ancestry_leads_up_and_says_why() {
    // It ends with the test, whatever becomes of that: its input is ours, and closed then.
    let mut child = Guard::shell("exec 3<&0; sh -c 'read x' <&3 & exec 3<&-", "wait; exit 0");
    let children = || {
        let text = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.pid())).unwrap();
        text.split_whitespace().next().map(|pid| pid.parse::<u32>().unwrap())
    };
    until("it has a child", || children().is_some());
    let sleeper = children().unwrap();
    let page = page!(look(sleeper, Page::Ancestry), Ancestry);
    let chain: Vec<u32> = page.chain.iter().map(|one| one.id.pid.get()).take(3).collect();
    assert_eq!(chain, [sleeper, child.pid(), me()]);
    let why = page.why();
    assert!(why.contains(&format!("({})", child.pid())), "{why}");
    let known = id(sleeper);
    let mut inspector = inspector();
    assert!(super::is_page(&inspector.examine(known, Page::Ancestry, false).found));
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(sleeper as i32).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    drop(child.0.stdin.take());
    child.0.wait().unwrap();
    until("it is told to be gone", || inspector.examine(known, Page::Ancestry, false).is_over());
}

#[test]
fn one_that_ends_is_told_to_have_ended_and_how() {
    let mut child = Guard::sleeper();
    let known = id(child.pid());
    let mut inspector = inspector();
    for page in Page::ALL {
        assert!(super::is_page(&inspector.examine(known, page, false).found));
    }
    child.0.kill().unwrap();
    child.0.wait().unwrap();
    for page in Page::ALL {
        let Found::Gone(how) = inspector.examine(known, page, false).found else { panic!("{page:?}") };
        // Which of the two depends on the kernel.
        assert!(matches!(how, Ended::Status(9) | Ended::Vanished), "{how:?}");
    }
    let Found::Gone(how) = super::inspector().examine(known, Page::Files, false).found else { panic!() };
    assert_eq!(how, Ended::Vanished);
    // The same pid with another start is somebody else.
    let other = glowtop::model::ProcId { start_time: id(me()).start_time + 1, ..id(me()) };
    let Found::Gone(how) = super::inspector().examine(other, Page::Files, false).found else { panic!() };
    assert_eq!(how, Ended::Recycled);
}
