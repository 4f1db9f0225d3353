//! A made-up process in depth: what each page of the inspector was told of it.

use std::sync::Arc;

use glowtop::model::inspect::{
    Ancestor, Ancestry, Architecture, Capabilities, CapabilitySet, Cgroups, Clamp, CommandLine, CpuSpent,
    CpuStat, Doing, Endpoint, Environment, FdInfo, FileKind, Files, Found, GroupLevel, GroupMemory,
    GroupPids, Hierarchy, IdRange, Inspection, IoUse, Leader, Limit, LimitKind, Limits, Lock, LockKind,
    Locks, Mapping, MemoryEvents, MemoryMap, MemoryNow, MemoryTotals, Namespace, NamespacePage, Needed,
    OpenFile, Overview, Owner, Page, Parentage, Partner, Partners, Party, Protocol, Rate, Refused,
    Scheduling, Segment, SegmentSum, Shares, Signals, Socket, SocketState, Switches, SystemCall, Thread,
    ThreadSignals, ThreadUse, Threads, Together, Variable,
};
use glowtop::model::{
    Autogroup, CgroupPlace, CpuMax, CpuSet, Io, IoPriority, Kind, Nanos, Oom, Pid, Policy, Pressure, ProcId,
    Signal, SignalSet, Stall, State,
};

use crate::screens::SECOND;

const MIB: u64 = 1 << 20;

pub(crate) fn id(pid: u32) -> ProcId {
    ProcId::new(pid, u64::from(pid) * 100).unwrap()
}

fn pid(number: u32) -> Pid {
    Pid::new(number).unwrap()
}

/// Look `number` at `page` of process `of`, taken at `at`.
pub(crate) fn look(of: u32, page: Page, number: u64, at: u64) -> Arc<Inspection> {
    let found = match page {
        Page::Overview => Found::Overview(Box::new(overview(number))),
        Page::Threads => Found::Threads(Box::new(threads(number))),
        Page::Files => Found::Files(Box::new(files())),
        Page::Environment => Found::Environment(Box::new(environment())),
        Page::Command => Found::Command(Box::new(command())),
        Page::Memory => Found::Memory(Box::new(memory(at))),
        Page::Limits => Found::Limits(Box::new(limits())),
        Page::Cgroup => Found::Cgroup(Box::new(cgroup())),
        Page::Namespaces => Found::Namespaces(Box::new(namespaces())),
        Page::Signals => Found::Signals(Box::new(signals())),
        Page::Locks => Found::Locks(Box::new(locks())),
        Page::Scheduling => Found::Scheduling(Box::new(scheduling())),
        Page::Ancestry => Found::Ancestry(Box::new(ancestry())),
    };
    found_in(of, page, number, at, found)
}

/// The same with whatever was found.
pub(crate) fn found_in(of: u32, page: Page, number: u64, at: u64, found: Found) -> Arc<Inspection> {
    Arc::new(Inspection { id: id(of), at: Nanos(at), number, page, found, cost: 0.0004 })
}

const NAMES: [&str; 6] =
    ["postgres", "io worker 0", "io worker 1", "parallel worker", "checkpointer", "idle"];

fn overview(number: u64) -> Overview {
    let by_thread = NAMES.iter().enumerate().map(|(n, name)| ThreadUse {
        tid: pid(703 + n as u32),
        name: (*name).into(),
        run: 1_000_000_000 * number,
        wait: 0,
        share: Some([0.61, 0.22, 0.2, 0.05, 0.0, 0.0][n] * (1.0 + (number % 5) as f64 / 10.0)),
    });
    let beat = (number % 7) as f64;
    Overview {
        name: "postgres".into(),
        state: State::SLEEPING,
        wchan: Ok("ep_poll".into()),
        parent: Some(pid(690)),
        pgrp: 690,
        session: 690,
        started: Some(1_799_999_000.0),
        age: 1009.0,
        threads: 6,
        cpu: CpuSpent { user: 71 * SECOND, system: 9 * SECOND, total: 80_120_000_000, children: 0 },
        by_thread: Ok(by_thread.collect()),
        memory: MemoryNow {
            virt: 633 * MIB,
            resident: 211 * MIB,
            shared: 52 * MIB,
            peak: Some(240 * MIB),
            swap: Some(3 * MIB),
            pss: Ok(120 * MIB),
            uss: Err(Refused::Denied(Needed::SameUser)),
            rollup_at: Some(Nanos(4 * SECOND)),
        },
        io: Ok(Io {
            read_bytes: 900 * MIB,
            write_bytes: 40 * MIB,
            read_chars: 2000 * MIB,
            write_chars: 80 * MIB,
            ..Io::default()
        }),
        minor_faults: 81_234,
        major_faults: 12,
        switches: Some(41_002),
        processor: Some(2),
        nice: 0,
        exe: Ok("/usr/lib/postgresql/17/bin/postgres".into()),
        exe_deleted: true,
        cwd: Ok("/var/lib/postgresql/17".into()),
        root: Ok("/".into()),
        terminal: None,
        owner: Ok(Owner {
            uids: [70, 70, 70, 70],
            users: ["postgres".into(), "postgres".into()],
            gids: [70, 70, 70, 70],
            group_names: ["postgres".into(), "postgres".into()],
            groups: vec![70, 106],
            capabilities: Capabilities {
                bounding: CapabilitySet(0x1ff_ffff_ffff),
                ..Capabilities::default()
            },
            no_new_privs: Some(true),
            seccomp: Some(2),
            label: None,
            tracer: None,
        }),
        rate: (number > 1).then_some(Rate {
            user: 0.52,
            system: 0.09,
            cpu: 0.61,
            waiting: Some(0.04),
            read: Some(MIB as f64 * beat),
            write: Some(MIB as f64 * 0.4 * (6.0 - beat)),
            read_chars: Some(MIB as f64 * 3.0),
            write_chars: Some(MIB as f64),
            minor_faults: 120.0 * beat,
            major_faults: 0.0,
            switches: Some(800.0 + 90.0 * beat),
        }),
    }
}

fn threads(number: u64) -> Threads {
    let one = |n: usize, doing| Thread {
        tid: pid(703 + n as u32),
        name: NAMES[n].into(),
        state: if n == 0 { State::RUNNING } else { State::SLEEPING },
        cpu: Some(n as u32 % 4),
        user: 60 * SECOND,
        system: 5 * SECOND,
        run: Some((66 * SECOND) >> n),
        wait: Some(SECOND),
        slices: Some(40_000),
        blocked: Some(0),
        faults: (1000, 2),
        shares: (number > 1).then(|| Shares {
            run: 0.61 / (1.0 + n as f64 * 3.0),
            wait: if n == 1 { 0.31 } else { 0.02 },
            blocked: if n == 2 { 0.4 } else { 0.0 },
            sleep: 0.1,
            slices: 400.0 / (1.0 + n as f64),
        }),
        doing,
        wchan: Ok(if n == 0 { "" } else { "futex_wait_queue" }.into()),
        stack: if n == 1 {
            Ok(vec!["futex_wait_queue".into(), "futex_wait".into(), "do_futex".into()])
        } else {
            Ok(Vec::new())
        },
        nice: if n == 4 { 10 } else { 0 },
        priority: 20,
        policy: Policy::Other,
        voluntary: Some(12_000),
        involuntary: Some(300),
    };
    let call = |number, arguments| Ok(Doing::Call(SystemCall { number, arguments }));
    let threads = vec![
        one(0, Ok(Doing::Running)),
        one(1, call(202, [0x7f11_2200_1000, 128, 2, 0, 0, 0])),
        one(2, call(17, [14, 0x7f11_3300_0000, 8192, 40_960, 0, 0])),
        one(3, call(202, [0x7f11_2200_1000, 128, 2, 0, 0, 0])),
        one(4, Ok(Doing::Kernel)),
        one(5, Err(Refused::Denied(Needed::Ptrace))),
    ];
    Threads { threads, count: 6, behind: None, architecture: Architecture::X86_64 }
}

fn partner(of: u32, name: &str, fd: u32, reads: bool, writes: bool) -> Partner {
    Partner { id: id(of), name: name.into(), fd, reads, writes }
}

fn partners(found: Vec<Partner>) -> Partners {
    Partners { found, denied: 0, complete: true }
}

fn socket(protocol: Protocol, local: Endpoint, remote: Endpoint, state: SocketState) -> Socket {
    Socket {
        inode: 88_123,
        protocol,
        local,
        remote,
        state: Some(state),
        receive_queue: Some(0),
        send_queue: Some(0),
        partners: Partners { complete: true, ..Partners::default() },
    }
}

fn files() -> Files {
    let address = |text: &str| Endpoint::Address(text.parse().unwrap());
    let one = |fd, kind, target: &str, flags| OpenFile {
        fd,
        kind,
        target: target.into(),
        deleted: false,
        info: Ok(FdInfo { position: 40_960, flags, mount: Some(30), inode: Some(9) }),
        size: None,
    };
    let mut log = one(
        2,
        FileKind::Pipe {
            inode: 512,
            partners: partners(vec![
                partner(301, "systemd-journal", 41, true, false),
                partner(704, "postgres", 2, false, true),
            ]),
        },
        "pipe:[512]",
        1,
    );
    log.info = Err(Refused::Denied(Needed::SameUser));
    let mut table = one(14, FileKind::Regular, "/var/lib/postgresql/17/base/16384/2619", 0o2_000_002);
    table.size = Some(81 * MIB);
    let mut spill =
        one(15, FileKind::Regular, "/var/lib/postgresql/17/base/pgsql_tmp/漢字 \u{1b}[2J\n", 0o2_000_002);
    (spill.deleted, spill.size) = (true, Some(12 * MIB));
    let client = Socket {
        receive_queue: Some(4096),
        ..socket(
            Protocol::Tcp,
            address("10.0.3.4:5432"),
            address("10.0.3.17:52114"),
            SocketState::Established,
        )
    };
    let local = Socket {
        partners: partners(vec![partner(1501, "python3", 9, true, true)]),
        ..socket(
            Protocol::UnixStream,
            Endpoint::Path("/run/postgresql/.s.PGSQL.5432".into()),
            Endpoint::Inode(88_124),
            SocketState::Established,
        )
    };
    let open = vec![
        one(0, FileKind::CharDevice, "/dev/null", 0),
        one(1, FileKind::CharDevice, "/dev/null", 1),
        log,
        one(3, FileKind::Epoll { watched: vec![6, 9, 10], count: 3 }, "anon_inode:[eventpoll]", 0o2_000_002),
        one(4, FileKind::Event { count: Some(3) }, "anon_inode:[eventfd]", 0o2_004_002),
        one(
            5,
            FileKind::Timer { clock: Some(1), value: Some(12 * SECOND), interval: Some(60 * SECOND) },
            "anon_inode:[timerfd]",
            0o2_000_002,
        ),
        one(
            6,
            FileKind::Socket(Box::new(socket(
                Protocol::Tcp6,
                address("[::]:5432"),
                address("[::]:0"),
                SocketState::Listen,
            ))),
            "socket:[1]",
            2,
        ),
        one(9, FileKind::Socket(Box::new(client)), "socket:[2]", 2),
        one(10, FileKind::Socket(Box::new(local)), "socket:[3]", 2),
        one(11, FileKind::Signal { mask: Some(SignalSet(1 << 14 | 1)) }, "anon_inode:[signalfd]", 2),
        one(12, FileKind::Inotify { watched: Vec::new(), count: 2 }, "anon_inode:inotify", 0),
        one(13, FileKind::Pidfd { pid: Some(pid(690)) }, "anon_inode:[pidfd]", 2),
        table,
        spill,
        one(16, FileKind::Anonymous { name: "io_uring".into() }, "anon_inode:[io_uring]", 2),
    ];
    Files {
        count: open.len() as u32,
        open: Ok(open),
        limit: Some(1024),
        info_at: None,
        other_network: false,
        cut: false,
    }
}

fn environment() -> Environment {
    let one = |name: &str, value: Option<&str>| Variable { name: name.into(), value: value.map(Into::into) };
    Environment {
        variables: Ok(vec![
            one("LANG", Some("C.UTF-8")),
            one(
                "PATH",
                Some(
                    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/17/bin:/opt/tools/bin:/snap/bin",
                ),
            ),
            one("PGDATA", Some("/var/lib/postgresql/17")),
            one("PS1", Some("\u{1b}[31m$\u{1b}[0m")),
            one("nonsense", None),
        ]),
        left_out: 4096,
        read_at: None,
    }
}

fn command() -> CommandLine {
    CommandLine {
        arguments: Ok([
            "/usr/lib/postgresql/17/bin/postgres",
            "-D",
            "/var/lib/postgresql/17",
            "-c",
            "config_file=/etc/postgresql/17/main/postgresql.conf",
            "",
        ]
        .map(Into::into)
        .to_vec()),
        left_out: 0,
        name: "postgres".into(),
        exe: Ok("/usr/lib/postgresql/17/bin/postgres".into()),
        exe_deleted: false,
        cwd: Err(Refused::Denied(Needed::SameUser)),
        read_at: None,
    }
}

fn sum(resident: u64, swap: u64, mappings: u32) -> SegmentSum {
    SegmentSum {
        mappings,
        size: resident * 3,
        resident,
        pss: resident * 2 / 3,
        private: resident / 2,
        dirty: resident / 3,
        referenced: resident,
        swap,
        ..SegmentSum::default()
    }
}

fn memory(at: u64) -> MemoryMap {
    let segments = vec![
        (Segment::Text, sum(9 * MIB, 0, 31)),
        (Segment::Data, sum(2 * MIB, 0, 60)),
        (Segment::Heap, sum(96 * MIB, 2 * MIB, 1)),
        (Segment::Stack, sum(140 << 10, 0, 1)),
        (Segment::Anonymous, sum(40 * MIB, MIB, 22)),
        (Segment::Shared, sum(62 * MIB, 0, 3)),
        (Segment::Kernel, sum(8 << 10, 0, 2)),
    ];
    let mut all = SegmentSum::default();
    for (_, sum) in &segments {
        all.add(sum);
    }
    let mapping = |segment, resident, name: &str, permissions: &[u8; 4]| Mapping {
        start: 0x7f11_2200_0000,
        end: 0x7f11_2300_0000,
        permissions: *permissions,
        segment,
        name: name.into(),
        sum: sum(resident, 0, 1),
    };
    MemoryMap {
        now: MemoryTotals {
            virt: Some(633 * MIB),
            virt_peak: Some(700 * MIB),
            resident: Some(211 * MIB),
            resident_peak: Some(240 * MIB),
            anon: Some(140 * MIB),
            file: Some(9 * MIB),
            shmem: Some(62 * MIB),
            swap: Some(3 * MIB),
            locked: Some(0),
            pinned: None,
            page_tables: Some(900 << 10),
            hugetlb: Some(0),
            huge_allowed: Some(true),
            ..MemoryTotals::default()
        },
        all: Ok(all),
        segments,
        largest: vec![
            mapping(Segment::Heap, 96 * MIB, "[heap]", b"rw-p"),
            mapping(Segment::Shared, 60 * MIB, "/dev/shm/PostgreSQL.1804289383", b"rw-s"),
            mapping(Segment::Anonymous, 30 * MIB, "", b"rw-p"),
            mapping(Segment::Anonymous, MIB, "[anon: JIT]", b"rwxp"),
            mapping(Segment::Text, 7 * MIB, "/usr/lib/postgresql/17/bin/postgres", b"r-xp"),
        ],
        read_at: Some(Nanos(at.saturating_sub(3 * SECOND))),
    }
}

fn limits() -> Limits {
    let one = |kind, soft, hard, used| Limit { kind, soft, hard, used };
    Limits {
        limits: Ok(vec![
            one(LimitKind::Cpu, None, None, Some(80)),
            one(LimitKind::Stack, Some(8 * MIB), None, Some(140 << 10)),
            one(LimitKind::Processes, Some(63_000), Some(63_000), Some(212)),
            one(LimitKind::OpenFiles, Some(1024), Some(524_288), Some(980)),
            one(LimitKind::Locked, Some(8 * MIB), Some(8 * MIB), Some(6 * MIB)),
            one(LimitKind::AddressSpace, None, None, Some(633 * MIB)),
            one(LimitKind::RealTimeTimeout, Some(200_000), Some(200_000), None),
        ]),
    }
}

fn cgroup() -> Cgroups {
    let stall = |now| Some(Stall { avg10: now, avg60: now / 2.0, avg300: now / 4.0 });
    let path = "/system.slice/system-postgresql.slice/postgresql@17-main.service";
    let own = GroupLevel {
        path: path.into(),
        controllers: Some("cpu io memory pids".into()),
        cpu_max: Some(CpuMax::percent(150)),
        cpu_weight: Some(100),
        cpu: Some(CpuStat {
            usage: 9_000_000,
            user: 8_000_000,
            system: 1_000_000,
            periods: Some(900),
            throttled: Some(31),
            throttled_time: Some(2_400_000),
        }),
        cpus: CpuSet::parse("0-3"),
        memory: GroupMemory {
            current: Some(740 * MIB),
            peak: Some(760 * MIB),
            low: Some(128 * MIB),
            high: Some(None),
            max: Some(Some(800 * MIB)),
            swap: Some(3 * MIB),
            swap_max: Some(None),
            events: Some(MemoryEvents { high: 0, max: 12, oom: 1, oom_kill: 1, low: 0 }),
            ..GroupMemory::default()
        },
        pids: GroupPids { current: Some(14), max: Some(Some(4915)), failed: Some(0) },
        io: Some(vec![IoUse {
            device: (259, 0),
            read_bytes: 900 * MIB,
            write_bytes: 40 * MIB,
            reads: 31_000,
            writes: 900,
        }]),
        pressure: Some(Pressure {
            cpu_full: None,
            cpu_some: stall(12.4),
            io_some: stall(3.1),
            io_full: stall(2.0),
            memory_some: stall(0.0),
            memory_full: stall(0.0),
        }),
        frozen: Some(false),
        cpu_share: Some(0.93),
        throttled_share: Some(0.2),
        ..GroupLevel::default()
    };
    let above = |path: &str| GroupLevel {
        path: path.into(),
        memory: GroupMemory { current: Some(900 * MIB), max: Some(None), ..GroupMemory::default() },
        cpu_share: Some(1.2),
        ..GroupLevel::default()
    };
    Cgroups {
        hierarchies: Ok(vec![Hierarchy { number: 0, controllers: "".into(), path: path.into() }]),
        place: Some(CgroupPlace::of(path.as_bytes())),
        levels: Ok(vec![
            own,
            above("/system.slice/system-postgresql.slice"),
            above("/system.slice"),
            above("/"),
        ]),
        version: Some(2),
    }
}

fn namespaces() -> NamespacePage {
    let one = |kind: &str, ours| Namespace {
        kind: kind.into(),
        inode: Ok(4_026_531_835),
        ours: Some(ours),
        init: Some(ours),
    };
    NamespacePage {
        namespaces: Ok(vec![
            one("cgroup", true),
            one("ipc", true),
            one("mnt", false),
            one("net", true),
            one("pid", true),
            Namespace {
                inode: Err(Refused::Denied(Needed::SameUser)),
                ours: None,
                init: None,
                ..one("time", true)
            },
            one("user", true),
            one("uts", true),
        ]),
        pids: vec![703],
        uid_map: Ok(vec![IdRange { inside: 0, outside: 0, count: u32::MAX }]),
        gid_map: Ok(vec![IdRange { inside: 0, outside: 0, count: u32::MAX }]),
        setgroups: Some(true),
    }
}

fn signals() -> Signals {
    let set =
        |signals: &[Signal]| SignalSet(signals.iter().map(|signal| 1u64 << (signal.number() - 1)).sum());
    let usr1 = Signal::new(10).unwrap();
    Signals {
        pending: Ok(SignalSet(0)),
        shared: Ok(set(&[Signal::TERM])),
        blocked: Ok(set(&[Signal::TERM, usr1])),
        ignored: Ok(set(&[Signal::new(13).unwrap()])),
        caught: Ok(set(&[Signal::new(1).unwrap(), Signal::new(2).unwrap(), usr1])),
        queued: Some((1, 63_000)),
        threads: vec![ThreadSignals {
            tid: pid(705),
            name: "io worker 1".into(),
            pending: SignalSet(0),
            blocked: set(&[Signal::new(1).unwrap()]),
        }],
        looked_at: 5,
    }
}

fn locks() -> Locks {
    let party = |number, name: &str, write| Party { pid: pid(number), name: Some(name.into()), write };
    let one = |kind, path: &str, holder| Lock {
        kind,
        mandatory: false,
        write: true,
        holder,
        ours: true,
        fd: Some(14),
        device: (259, 1),
        inode: 77_001,
        path: Some(path.into()),
        start: 0,
        end: None,
        waiters: Vec::new(),
        we_wait: false,
    };
    let waited = Lock {
        waiters: vec![party(704, "postgres", true), party(1501, "python3", false)],
        ..one(LockKind::Posix, "/var/lib/postgresql/17/postmaster.pid", Some(party(703, "postgres", true)))
    };
    let theirs = Lock {
        ours: false,
        we_wait: true,
        start: 100,
        end: Some(199),
        path: None,
        waiters: vec![party(703, "postgres", true)],
        ..one(LockKind::Flock, "", Some(party(301, "systemd-journal", true)))
    };
    Locks { locks: Ok(vec![waited, one(LockKind::OpenFile, "/run/lock/pg.lock", None), theirs]) }
}

fn scheduling() -> Scheduling {
    Scheduling {
        policy: Policy::Other,
        priority: 20,
        nice: 0,
        autogroup: Ok(Autogroup { id: 212, nice: 0 }),
        affinity: Ok(CpuSet::parse("0-1").unwrap()),
        memory_nodes: Ok(CpuSet::parse("0").unwrap()),
        cpu: Some(1),
        node: Some(0),
        clamp: Some(Clamp { min: 0, max: 1024 }),
        run: Some(80 * SECOND),
        wait: Some(4 * SECOND),
        slices: Some(40_000),
        switches: Switches { voluntary: Some(38_000), involuntary: Some(2_000) },
        migrations: Some(812),
        io_priority: Ok(IoPriority::BestEffort(4)),
        oom: Ok(Oom { score: 688, adjustment: -900 }),
        timer_slack: Ok(50_000),
        all: Ok(vec![("se.exec_start".into(), "99123.123".into()), ("nr_switches".into(), "40000".into())]),
        shares: Some((0.61, 0.23)),
        together: Some(Together {
            threads: 6,
            run: Some(190 * SECOND),
            wait: Some(9 * SECOND),
            slices: Some(90_000),
            shares: Some((1.08, 0.31)),
        }),
    }
}

fn ancestry() -> Ancestry {
    let place = CgroupPlace::of(b"/system.slice/system-postgresql.slice/postgresql@17-main.service");
    let one = |number: u32, name: &str, user: &str, age| Ancestor {
        id: id(number),
        kind: Kind::Process,
        name: name.into(),
        user: Some((70, user.into())),
        started: Some(1_800_000_000.0 - age),
        age,
        session: 690,
        terminal: None,
        place: Some(place.clone()),
    };
    Ancestry {
        chain: vec![
            one(703, "postgres", "postgres", 1009.0),
            one(690, "postgres", "postgres", 90_000.0),
            Ancestor { place: None, ..one(1, "systemd", "root", 100_000.0) },
        ],
        parentage: Parentage::Own,
        pgrp: 690,
        session: 690,
        leader: Leader::Named("postgres".into()),
        ended: false,
        terminal: None,
        place: Some(place.clone()),
        login: Ok(None),
        login_session: None,
    }
}
