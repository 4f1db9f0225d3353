//! The columns of details, on literal values.

use super::*;
use crate::model::{
    Autogroup, CgroupPlace, Crew, Delays, Details, Gpu, Io, Namespaces, Oom, Ports, Rates, Rollup, Sizes,
    StatDetails, Status, ThreadTimes,
};

fn untrusted(text: &str) -> Reading<Arc<Untrusted>> {
    Reading::Known(Arc::new(text.into()))
}

/// A process of which everything is known.
fn known() -> Proc {
    let mut proc = vim();
    let namespaces = [1, 2, 3, 4, 5, 6, 7, 8].map(|n| Some(4_026_531_830 + n));
    let [cgroup, ipc, mnt, net, pid, time, user, uts] = namespaces;
    proc.task_mut().details = Some(Arc::new(Details {
        stat: Some(StatDetails {
            terminal_group: -1,
            child_minor_faults: 31,
            child_major_faults: 32,
            rt_priority: Some(0),
            policy: Some(3),
        }),
        sizes: Reading::Known(Sizes { text: 3 << 20, data: 5 << 20 }),
        status: Reading::Known(Status {
            tgid: Some(4242),
            anon: Some(600 << 20),
            file: Some(240 << 20),
            shmem: Some(2 << 20),
            swap: Some(0),
            lib: Some(9 << 20),
            effective: Some(0),
            pid_levels: Some(2),
            voluntary: Some(70),
            involuntary: Some(7),
        }),
        io: Reading::Known(Io {
            read_chars: 1 << 30,
            write_chars: 2048,
            read_calls: 12_345,
            write_calls: 6,
            read_bytes: 7 << 20,
            write_bytes: 8 << 20,
            cancelled_bytes: 4096,
        }),
        rollup: Reading::Known(Rollup { pss: 700 << 20, uss: 650 << 20, swap_pss: 24 << 20 }),
        rollup_at: Some(Nanos(0)),
        cgroup: Reading::Known(Arc::new(CgroupPlace::of(
            b"/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope",
        ))),
        namespaces: Reading::Known(Namespaces { cgroup, ipc, mnt, net, pid, time, user, uts }),
        exe: untrusted("/usr/bin/vim"),
        cwd: untrusted("/home/ann"),
        oom: Reading::Known(Oom { score: 666, adjustment: -998 }),
        autogroup: Reading::Known(Autogroup { id: 25, nice: -5 }),
        io_priority: Reading::Known(2 << 13 | 4),
        wchan: untrusted("do_epoll_wait"),
        label: untrusted("unconfined"),
        node: Some(1),
        threads: Reading::Known(Arc::from([ThreadTimes::default()])),
        delays: Reading::Known(Delays { swap: 3, reclaim: 4 }),
        gpu: Reading::Known(Gpu { engine: 61_000_000_000, memory: Some(512 << 20) }),
        ports: Reading::Known(Arc::new(Ports::new([(8080, true), (22, true), (50_123, false)], false))),
    }));
    let crew = Crew {
        threads: 3,
        active: 3,
        cores: 2.5,
        waiting: 0.125,
        blocked: Some(0.25),
        balance: 0.9,
        slice: 0.004,
    };
    let rates = Rates {
        read: Some(1024.0),
        write: Some(3072.0),
        gpu: Some(37.5),
        crew: Some(crew),
        swap_wait: Some(0.5),
        reclaim_wait: Some(0.01),
    };
    proc.rates = Some(Box::new(rates));
    proc
}

#[test]
fn a_merged_command_says_what_differs_and_nothing_twice() {
    let snapshot = snapshot();
    let shown = |exe: &str, name: &str, line: &[u8]| {
        let mut proc = vim();
        let task = proc.task_mut();
        task.comm = Arc::new(name.into());
        task.command = Reading::Known(Arc::new(Command::parse(line).unwrap()));
        task.details = Some(Arc::new(Details { exe: untrusted(exe), ..Details::default() }));
        super::shown("merged", &Row::new(&snapshot, &proc))
    };
    assert_eq!(shown("/usr/bin/vim", "vim", b"vim\0-R\0notes\0"), "/usr/bin/vim -R notes");
    assert_eq!(
        shown("/usr/bin/python3.11", "python3", b"python3\0x.py\0"),
        "/usr/bin/python3.11 │ python3 x.py"
    );
    assert_eq!(shown("/usr/bin/node", "MainThread", b"/usr/bin/node\0x\0"), "/usr/bin/node │ MainThread x");
    assert_eq!(shown("/bin/dash", "sh", b"-sh\0"), "/bin/dash │ sh │ -sh");
    assert_eq!(
        shown("/opt/a-very-long-program", "a-very-long-pro", b"a-very-long-program\0"),
        "/opt/a-very-long-program"
    );
    assert_eq!(shown("/opt/x (deleted)", "x", b"x\0"), "/opt/x (deleted)");
}

#[test]
fn a_program_that_is_gone_and_capabilities_are_marked_where_they_are_known() {
    let snapshot = snapshot();
    let shown = |id: &str, exe: &str, uid: u32, effective: Option<u64>| {
        let mut proc = vim();
        let status = Status { effective, ..Status::default() };
        let task = proc.task_mut();
        task.uid = Reading::Known(uid);
        let details = Details { exe: untrusted(exe), status: Reading::Known(status), ..Details::default() };
        task.details = Some(Arc::new(details));
        task.command = Reading::Known(Arc::new(Command::parse(b"/usr/bin/vim\0-R\0notes\0").unwrap()));
        let mut cell = Cell::new();
        column(id).unwrap().cell(&Row::new(&snapshot, &proc), &mut cell);
        let role = cell.parts().map(|(_, role)| role).find(|role| matches!(role, Role::Bad | Role::Warn));
        (cell.text().to_owned(), role)
    };
    assert_eq!(shown("command", "/usr/bin/vim", 7, Some(0)), ("vim -R notes".into(), None));
    let gone = ("vim (deleted) -R notes".into(), Some(Role::Bad));
    assert_eq!(shown("command", "/usr/bin/vim (deleted)", 7, Some(0)), gone);
    let user = |uid, effective| shown("user", "/usr/bin/vim", uid, effective).1;
    assert_eq!(user(7, Some(1 << 12)), Some(Role::Warn));
    // Root has them all, as everybody knows; nobody knows what was not read.
    assert_eq!([user(0, Some(u64::MAX)), user(7, Some(0)), user(7, None)], [None; 3]);
}

#[test]
fn details_as_they_are_shown() {
    let (snapshot, proc) = (snapshot(), known());
    let row = Row::new(&snapshot, &proc);
    let cells: Vec<String> = columns()
        .iter()
        .filter(|column| column.needs.any(Needs::DETAILS))
        .map(|column| format!("{} {}", column.id, shown(column.id, &row)))
        .collect();
    let expected = [
        "policy BATCH",
        "rt_priority 0",
        "io_priority be/4",
        "autogroup 25",
        "autogroup_nice -5",
        "oom_score 666",
        "oom_adj -998",
        "switches 77",
        "voluntary 70",
        "involuntary 7",
        "wchan do_epoll_wait",
        "run_wait 12.5",
        "io_wait 25.0",
        "swap_wait 50.0",
        "reclaim_wait 1.0",
        "active 3",
        "balance 90.0",
        "teamwork PARALLEL 2.5",
        "pss 700M",
        "uss 650M",
        "swap 0",
        "swap_pss 24.0M",
        "epss 724M",
        "pss_age 0s",
        "anon 600M",
        "file 240M",
        "shmem 2.00M",
        "text 3.00M",
        "data 5.00M",
        "lib 9.00M",
        "cminflt 31",
        "cmajflt 32",
        "io_rate 4K",
        "read_rate 1K",
        "write_rate 3K",
        "read_bytes 7.00M",
        "write_bytes 8.00M",
        "cancelled 4K",
        "rchar 1.00G",
        "wchar 2K",
        "syscr 12345",
        "syscw 6",
        "gpu 37.5",
        "gpu_time 1:01.00",
        "gpu_mem 512M",
        "ports 22 8080 50123",
        "tgid 4242",
        "tpgid -1",
        "container docker:0123456789ab",
        "unit docker-0123456789abcdef0",
        "cgroup /system.slice/docker-0123456789a",
        "ccgroup /[system]/!docker-0123456789ab",
        "contained yes",
        "exe /usr/bin/vim",
        "cwd /home/ann",
        "label unconfined",
        "node 1",
        "ns_cgroup 4026531831",
        "ns_ipc 4026531832",
        "ns_mnt 4026531833",
        "ns_net 4026531834",
        "ns_pid 4026531835",
        "ns_time 4026531836",
        "ns_user 4026531837",
        "ns_uts 4026531838",
        "merged /usr/bin/vim -R notes",
    ];
    assert_eq!(cells, expected);
}

#[test]
fn details_as_they_are_exported() {
    let (snapshot, proc) = (snapshot(), known());
    let row = Row::new(&snapshot, &proc);
    let value = |id| column(id).unwrap().value(&row);
    assert_eq!((value("pss"), value("epss")), (Value::Uint(700 << 20), Value::Uint(724 << 20)));
    assert_eq!((value("io_rate"), value("gpu_time")), (Value::Float(4096.0), Value::Float(61.0)));
    assert_eq!((value("teamwork"), value("run_wait")), (Value::Text(b"PARALLEL"), Value::Float(12.5)));
    assert_eq!(
        (value("container"), value("contained")),
        (Value::Text(b"docker:0123456789ab"), Value::Text(b"yes"))
    );
    assert_eq!((value("tpgid"), value("io_priority")), (Value::Int(-1), Value::Text(b"be/4")));
}

#[test]
fn one_who_is_in_no_container_is_told_from_one_of_whom_nobody_knows() {
    let (snapshot, mut proc) = (snapshot(), known());
    let details = Details { cgroup: Reading::Known(Arc::new(CgroupPlace::of(b"/"))), ..Details::default() };
    proc.task_mut().details = Some(Arc::new(details));
    let row = Row::new(&snapshot, &proc);
    assert_eq!((shown("container", &row).as_str(), shown("unit", &row).as_str()), ("-", "-"));
    assert_eq!((shown("cgroup", &row).as_str(), shown("exe", &row).as_str()), ("/", "–"));
    assert!(column("container").unwrap().value(&row).is_unknown());
}

#[test]
fn hostile_details_keep_their_columns() {
    let (snapshot, mut proc) = (snapshot(), known());
    let hostile =
        "\u{1b}[2J漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字\u{202e}e\u{301}".repeat(3);
    let mut details = Details::clone(proc.task.details().unwrap());
    let text = untrusted(&hostile);
    (details.exe, details.cwd) = (text.clone(), text.clone());
    (details.label, details.wchan) = (text.clone(), text);
    details.cgroup = Reading::Known(Arc::new(CgroupPlace::of(format!("/{hostile}.service").as_bytes())));
    details.oom = Reading::Known(Oom { score: u32::MAX, adjustment: i32::MIN });
    details.autogroup = Reading::Known(Autogroup { id: u64::MAX, nice: i32::MIN });
    details.gpu = Reading::Known(Gpu { engine: u64::MAX, memory: Some(u64::MAX) });
    details.io_priority = Reading::Known(u16::MAX);
    details.ports = Reading::Known(Arc::new(Ports::new((1..=u16::MAX).map(|port| (port, true)), true)));
    let all = u64::MAX;
    details.io = Reading::Known(Io {
        read_chars: all,
        write_chars: all,
        read_calls: all,
        write_calls: all,
        read_bytes: all,
        write_bytes: all,
        cancelled_bytes: all,
    });
    proc.task_mut().details = Some(Arc::new(details));
    for figure in [0.0, 1e300, f64::NAN, f64::INFINITY, -1.0] {
        let crew = Crew {
            threads: 9,
            active: u32::MAX,
            cores: figure,
            waiting: 0.0,
            blocked: Some(figure),
            balance: figure,
            slice: 1.0,
        };
        let rates = Rates {
            read: Some(figure),
            write: Some(figure),
            gpu: Some(figure),
            crew: Some(crew),
            swap_wait: Some(figure),
            reclaim_wait: Some(figure),
        };
        proc.rates = Some(Box::new(rates));
        let row = Row::new(&snapshot, &proc);
        for column in columns() {
            let mut cell = Cell::new();
            column.cell(&row, &mut cell);
            let wide = cell.width() > usize::from(column.width) && !column.grows;
            assert!(!wide && !cell.is_empty(), "{}: {:?} for {figure}", column.id, cell.text());
            assert!(!cell.text().contains(char::is_control), "{}", column.id);
        }
    }
}

#[test]
fn a_subtree_is_more_than_its_root() {
    let mut snapshot = snapshot();
    let task = |pid: u32, parent: u32, mib: u64| Task {
        parent: Pid::new(parent),
        memory: Reading::Known(TaskMemory { resident: mib << 20, shared: 0 }),
        ..Task::bare(ProcId::new(pid, u64::from(pid)).unwrap())
    };
    let tree = [(1, 0, 1, 0.0), (5, 1, 10, 50.0), (6, 5, 100, 25.0), (7, 1, 1000, 1.0)];
    snapshot.procs = tree
        .iter()
        .map(|(pid, parent, mib, cpu)| Proc { cpu: Some(*cpu), ..Proc::new(task(*pid, *parent, *mib)) })
        .collect();
    let of = |at: usize| {
        let row = Row::new(&snapshot, &snapshot.procs[at]);
        [shown("tree_cpu", &row), shown("tree_res", &row), shown("res", &row)]
    };
    assert_eq!(of(0), ["76.0", "1.08G", "1.00M"]);
    assert_eq!(of(1), ["75.0", "110M", "10.0M"]);
    assert_eq!(of(3), ["1.0", "0.98G", "0.98G"]);
}
