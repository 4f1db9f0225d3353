mod details;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::model::{
    Command, CpuTimes, Groups, Host, Kind, Memory, Nanos, Pid, ProcId, Reading, Role, State, System, Task,
    TaskMemory, Trail, Untrusted,
};

/// 2026-11-21 12:30:00 UTC.
const NOW: u64 = 1_795_264_200;

fn snapshot() -> Snapshot {
    let host = Host {
        ticks_per_second: 100,
        boot_time: Some(NOW - 10_000_000),
        utc_offset_s: Some(3600),
        ..Host::default()
    };
    Snapshot {
        number: 2,
        since_boot: Nanos(10_000_000 * 1_000_000_000),
        wall: NOW * 1_000_000_000,
        cpus: vec![(0, None), (1, None), (2, None), (3, None)],
        system: System {
            host: Arc::new(host),
            cpus: vec![(0, CpuTimes::default())],
            memory: Some(Memory { total: 8 << 30, ..Memory::default() }),
            ..System::default()
        },
        ..Snapshot::default()
    }
}

fn vim() -> Proc {
    let mut task = Task::bare(ProcId::new(4242, 999_996_000).unwrap());
    task.parent = Pid::new(17);
    task.pgrp = 4242;
    task.session = 4000;
    task.tty = 136 << 8 | 3;
    task.state = State::RUNNING;
    task.utime = 3000;
    task.stime = 1120;
    task.nice = 5;
    task.priority = 25;
    task.threads = 3;
    task.virt = 2 << 30;
    task.processor = Some(2);
    task.memory = Reading::Known(TaskMemory { resident: 842 << 20, shared: 412 << 10 });
    task.uid = Reading::Known(1000);
    task.user = Some(Arc::new("build".into()));
    task.comm = Arc::new("vim".into());
    task.command = Reading::Known(Arc::new(Command::parse(b"/usr/bin/vim\0-R\0notes\0").unwrap()));
    task.minor_faults = 1234;
    (task.cutime, task.cstime) = (700, 150);
    let trail = Trail::default().then(Some(0.0)).then(Some(99.2));
    Proc { cpu: Some(99.2), trail, ..Proc::new(task) }
}

fn shown(id: &str, row: &Row<'_>) -> String {
    let mut cell = Cell::new();
    column(id).unwrap().cell(row, &mut cell);
    cell.text().to_owned()
}

fn parts(id: &str, row: &Row<'_>) -> Vec<(String, Role)> {
    let mut cell = Cell::new();
    column(id).unwrap().cell(row, &mut cell);
    cell.parts().map(|(text, role)| (text.to_owned(), role)).collect()
}

#[test]
fn every_column_is_complete() {
    let mut ids = BTreeSet::new();
    let mut titles = BTreeSet::new();
    for column in columns() {
        let Column { id, title, help, width, .. } = *column;
        assert!(ids.insert(id), "{id}: two columns have this id");
        assert!(titles.insert(title), "{id}: two columns have the title {title}");
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{id}");
        assert!(title.chars().count() <= usize::from(width), "{id}: the title is wider than the column");
        assert!(help.ends_with('.') && help.split(' ').count() > 2, "{id}: the help is no sentence: {help}");
        assert!(help.starts_with(char::is_uppercase), "{id}: {help}");
        assert!(!help.contains("  "), "{id}: {help}");
        assert_eq!(
            column.grows,
            ["command", "cmdline", "merged"].contains(&id),
            "{id}: only the command line grows"
        );
    }
    assert_eq!(default_columns().len(), DEFAULT.len());
    assert_eq!(default_columns().last().map(|c| c.id), Some("command"));
    for id in ["pid", "ppid", "user", "state", "priority", "nice", "virt", "res", "shr", "cpu", "mem", "time"]
    {
        assert!(column(id).is_some(), "{id}");
    }
    assert!(column("PID").is_none() && column("").is_none());
}

#[test]
fn a_process_as_it_is_shown() {
    let (snapshot, proc) = (snapshot(), vim());
    let row = Row::new(&snapshot, &proc);
    let plain = columns().iter().filter(|column| !column.needs.any(Needs::DETAILS));
    let cells: Vec<String> =
        plain.map(|column| format!("{} {}", column.id, shown(column.id, &row))).collect();
    assert_eq!(
        cells,
        [
            "pid 4242",
            "ppid 17",
            "pgrp 4242",
            "session 4000",
            "tty pts/3",
            "user build",
            "uid 1000",
            "threads 3",
            "priority 25",
            "nice 5",
            "state R",
            "processor 2",
            "cpu 99.2",
            "cpu_share 24.8",
            "virt 2.00G",
            "res 842M",
            "shr 412K",
            "mem 10.3",
            "minflt 1234",
            "majflt 0",
            "time 0:41.20",
            "utime 0:30.00",
            "stime 0:11.20",
            "cutime 0:07.00",
            "cstime 0:01.50",
            "start 13:29",
            "elapsed 40s",
            "cores 0.99",
            "trail               ▁▇",
            "private 842M",
            "tree_cpu –",
            "tree_res –",
            "tree_mem –",
            "comm vim",
            "command vim -R notes",
            "cmdline /usr/bin/vim -R notes",
        ]
    );
}

#[test]
fn a_process_as_it_is_exported() {
    let (snapshot, proc) = (snapshot(), vim());
    let row = Row::new(&snapshot, &proc);
    let value = |id| column(id).unwrap().value(&row);
    assert_eq!(value("time"), Value::Float(41.2));
    assert_eq!(value("res"), Value::Uint(842 << 20));
    assert_eq!(value("start"), Value::Float((NOW - 40) as f64));
    assert_eq!(value("elapsed"), Value::Float(40.0));
    assert_eq!(value("cpu"), Value::Float(99.2));
    assert_eq!(value("cpu_share"), Value::Float(24.8));
    assert_eq!(value("state"), Value::Text(b"R"));
    assert_eq!(value("nice"), Value::Int(5));
    assert_eq!(value("command"), Value::Text(b"/usr/bin/vim -R notes"));
}

#[test]
fn roles_tell_what_the_text_means() {
    let (snapshot, mut proc) = (snapshot(), vim());
    let row = Row::new(&snapshot, &proc);
    let command = [("/usr/bin/", Role::Dim), ("vim", Role::Strong), (" -R notes", Role::Text)];
    assert_eq!(parts("cmdline", &row), command.map(|(text, role)| (text.to_owned(), role)));
    let short = command.iter().skip(1).map(|(text, role)| ((*text).to_owned(), *role));
    assert_eq!(parts("command", &row), short.collect::<Vec<_>>());
    assert_eq!(parts("cpu", &row)[0].1, Role::Heat(99));
    assert_eq!(parts("nice", &row)[0].1, Role::NiceLow);
    assert_eq!(parts("virt", &row)[0].1, Role::SizeLarge);
    assert_eq!(parts("res", &row)[0].1, Role::SizeMedium);
    assert_eq!(parts("shr", &row)[0].1, Role::SizeSmall);
    assert_eq!(parts("state", &row)[0].1, Role::Running);
    proc.cpu = Some(0.04);
    proc.task_mut().priority = -100;
    proc.task_mut().kind = Kind::Kernel;
    let row = Row::new(&snapshot, &proc);
    assert_eq!(parts("cpu", &row), [("<0.1".to_owned(), Role::Dim)]);
    proc.cpu = Some(0.0);
    assert_eq!(parts("cpu", &Row::new(&snapshot, &proc)), [("0.0".to_owned(), Role::Dim)]);
    let row = Row::new(&snapshot, &proc);
    assert_eq!(parts("priority", &row), [("RT".to_owned(), Role::NiceHigh)]);
    assert_eq!(parts("command", &row), [("vim".to_owned(), Role::Kernel)]);
}

#[test]
fn rows_without_a_command_line_show_the_short_name() {
    let (snapshot, mut proc) = (snapshot(), vim());
    proc.task_mut().state = State::ZOMBIE;
    assert_eq!(parts("command", &Row::new(&snapshot, &proc)), [("vim".to_owned(), Role::Zombie)]);
    proc.task_mut().state = State::SLEEPING;
    proc.task_mut().kind = Kind::Thread(Pid::INIT);
    assert_eq!(parts("command", &Row::new(&snapshot, &proc)), [("vim".to_owned(), Role::Thread)]);
    proc.task_mut().kind = Kind::Process;
    proc.task_mut().command = Reading::Denied;
    proc.task_mut().comm = Arc::default();
    assert_eq!(parts("command", &Row::new(&snapshot, &proc)), [("\"\"".to_owned(), Role::Dim)]);
    proc.task_mut().comm = Arc::new("vim".into());
    proc.task_mut().stuck = true;
    let stuck = [("vim".to_owned(), Role::Strong), (" …".to_owned(), Role::Warn)];
    assert_eq!(parts("command", &Row::new(&snapshot, &proc)), stuck);
}

#[test]
fn a_command_line_that_hangs_now_is_marked_before_its_arguments() {
    let (snapshot, mut proc) = (snapshot(), vim());
    let sound = parts("command", &Row::new(&snapshot, &proc));
    proc.task_mut().stuck = true;
    let stuck = parts("command", &Row::new(&snapshot, &proc));
    let mark = (" …".to_owned(), Role::Warn);
    let at = stuck.iter().position(|part| *part == mark).expect("a mark");
    assert_eq!(stuck[..at], [("vim".to_owned(), Role::Strong)]);
    assert!(stuck[at + 1..].iter().any(|(text, _)| text.starts_with(' ')), "{stuck:?}");
    assert_eq!(stuck.into_iter().filter(|part| *part != mark).collect::<Vec<_>>(), sound);
}

#[test]
fn what_is_unknown_is_shown_as_unknown_and_never_as_zero() {
    let snapshot = Snapshot::default();
    let proc = Proc::new(Task::bare(ProcId::new(1, 0).unwrap()));
    let row = Row::new(&snapshot, &proc);
    for id in [
        "user",
        "uid",
        "processor",
        "cpu",
        "cpu_share",
        "res",
        "shr",
        "mem",
        "utime",
        "stime",
        "time",
        "start",
        "elapsed",
        "cores",
        "trail",
        "private",
        "tree_cpu",
        "tree_res",
    ]
    .into_iter()
    .chain(columns().iter().filter(|c| c.needs.any(Needs::DETAILS) && !c.grows).map(|column| column.id))
    {
        assert_eq!(shown(id, &row), "–", "{id}");
        assert_eq!(column(id).unwrap().value(&row), Value::Unknown, "{id}");
    }
    assert_eq!((shown("tty", &row).as_str(), shown("ppid", &row).as_str()), ("-", "0"));
}

#[test]
fn a_folded_row_shows_the_sums_of_its_subtree() {
    let (snapshot, proc) = (snapshot(), vim());
    let sums = Sums {
        cpu: Some(250.0),
        resident: Some(4 << 30),
        cpu_time: 60_000_000_000,
        processes: 3,
        threads: 12,
    };
    let row = Row { sums: Some(&sums), ..Row::new(&snapshot, &proc) };
    let alone = Row::new(&snapshot, &proc);
    for column in columns() {
        let differs = column.value(&row) != column.value(&alone);
        assert_eq!(differs, column.additive, "{}", column.id);
        assert_eq!(shown(column.id, &row) != shown(column.id, &alone), column.additive, "{}", column.id);
    }
    assert_eq!(shown("cpu", &row), "250");
    assert_eq!(shown("mem", &row), "50.0");
    assert_eq!(shown("time", &row), "1:00.00");
}

#[test]
fn a_group_shows_sums_and_what_all_agree_on_and_else_nothing() {
    let mut snapshot = snapshot();
    let other = |pid: u32, name: &str, nice: i32| {
        let task =
            Task { comm: Arc::new(name.into()), nice, threads: 2, minor_faults: 7, ..(*vim().task).clone() };
        let task = Task { id: ProcId::new(pid, 1).unwrap(), cpu_clock: Some(1_000_000_000), ..task };
        Proc { cpu: Some(10.0), ..Proc::new(task) }
    };
    snapshot.procs = vec![other(5, "vim", 0), other(6, "vim", 0), other(7, "vim", 3)];
    let shown_of = |wanted: &[u32], id: &str| {
        let groups = Groups::of(GroupBy::Program, &snapshot, wanted.iter().copied());
        let group = Some(Grouped { by: GroupBy::Program, members: groups.members(0) });
        let proc = groups.first(&snapshot, 0).unwrap();
        let row = Row { snapshot: &snapshot, proc, sums: Some(&groups.list()[0].sums), group };
        let mut cell = Cell::new();
        let column = column(id).unwrap();
        column.cell(&row, &mut cell);
        assert!(column.grows || cell.width() <= usize::from(column.width), "{id}: {}", cell.text());
        (cell.text().to_owned(), column.value(&row).is_unknown())
    };
    let all = |id: &str| shown_of(&[0, 1, 2], id);
    for (id, shown) in [("cpu", "30.0"), ("threads", "6"), ("minflt", "21"), ("time", "0:03.00")] {
        assert_eq!(all(id), (shown.to_owned(), false), "{id}");
    }
    for (id, shown) in [("command", "vim ×3"), ("comm", "vim ×3"), ("cmdline", "vim ×3")] {
        assert_eq!(all(id), (shown.to_owned(), false), "{id}");
    }
    assert_eq!(all("nice"), (String::new(), true), "they differ");
    assert_eq!(all("pid"), (String::new(), true));
    assert_eq!(shown_of(&[0, 1], "nice"), ("0".to_owned(), false), "they agree");
    assert_eq!(shown_of(&[2], "pid"), ("7".to_owned(), false), "one is all");
    assert_eq!(all("pss"), ("–".to_owned(), true), "nobody's is known");
    // Whatever it is asked, a group fits its column.
    for column in columns() {
        let _ = all(column.id);
    }
}

#[test]
fn what_adds_up_is_a_number_and_has_a_row_in_the_table() {
    for (id, _) in super::group::ADDS {
        let column = column(id).unwrap();
        assert!(!column.additive && column.align == Align::Right && !column.needs.has(Needs::CGROUP), "{id}");
    }
}

#[test]
fn start_is_a_time_then_a_date_then_a_year() {
    let (mut snapshot, mut proc) = (snapshot(), vim());
    let mut at = |seconds_ago: u64, snapshot: &Snapshot| {
        proc.task_mut().id.start_time = (10_000_000 - seconds_ago) * 100;
        shown("start", &Row::new(snapshot, &proc))
    };
    assert_eq!(at(86_399, &snapshot), "13:30");
    assert_eq!(at(86_401, &snapshot), "Nov 20");
    assert_eq!(at(20 * 86_400, &snapshot), "Nov  1");
    let mut host = snapshot.host().clone();
    host.utc_offset_s = None;
    snapshot.system.host = Arc::new(host);
    assert_eq!(at(0, &snapshot), "12:30Z");
    snapshot.wall += 60 * 86_400 * 1_000_000_000;
    assert_eq!(at(2 * 86_400, &snapshot), "2026");
}

#[test]
fn a_user_name_that_is_cut_says_so() {
    let (snapshot, mut proc) = (snapshot(), vim());
    for (name, cell) in [
        ("systemd-network", "systemd-+"),
        ("ninechars", "ninechars"),
        ("größe漢字", "größe漢字"),
        ("größe漢字x", "größe漢+"),
        ("größe漢字漢", "größe漢+"),
    ] {
        proc.task_mut().user = Some(Arc::new(name.into()));
        assert_eq!(shown("user", &Row::new(&snapshot, &proc)), cell);
    }
    proc.task_mut().user = None;
    assert_eq!(shown("user", &Row::new(&snapshot, &proc)), "1000");
}

#[test]
fn no_cell_is_wider_than_its_column_whatever_the_values() {
    let snapshot = snapshot();
    let hostile = Untrusted::new("\u{1b}[2J漢字漢字漢字漢字漢字\u{202e}e\u{301}\u{301}".as_bytes());
    for extreme in [0u64, 1, 4095, 99_999, u64::from(u32::MAX), u64::MAX / 3, u64::MAX] {
        let low = extreme as u32;
        let mut task = Task::bare(ProcId::new(low.clamp(1, i32::MAX as u32), extreme).unwrap());
        task.parent = Pid::new(low & i32::MAX as u32);
        (task.pgrp, task.session, task.flags, task.threads) = (low, low, low, low);
        (task.tty, task.priority, task.nice) = (low as i32, low as i16, -((low >> 1) as i32));
        (task.utime, task.stime, task.cpu_clock) = (extreme, extreme, Some(extreme));
        (task.minor_faults, task.major_faults, task.virt) = (extreme, extreme, extreme);
        task.processor = Some(low);
        task.uid = Reading::Known(low);
        task.memory = Reading::Known(TaskMemory { resident: extreme, shared: extreme });
        (task.user, task.comm) = (Some(Arc::new(hostile.clone())), Arc::new(hostile.clone()));
        task.state = State(low as u8);
        for cpu in [None, Some(0.0), Some(extreme as f64), Some(f64::NAN), Some(f64::INFINITY), Some(-1.0)] {
            let proc = Proc { cpu, ..Proc::new(task.clone()) };
            let row = Row::new(&snapshot, &proc);
            for column in columns() {
                let mut cell = Cell::new();
                column.cell(&row, &mut cell);
                let wide = cell.width() > usize::from(column.width);
                assert!(!wide || column.grows, "{}: {:?} for {extreme}", column.id, cell.text());
                assert!(!cell.is_empty(), "{} for {extreme}", column.id);
                assert!(!cell.text().contains(char::is_control), "{}", column.id);
            }
        }
    }
}

#[test]
fn a_hostile_command_line_cannot_reach_the_terminal() {
    let (snapshot, mut proc) = (snapshot(), vim());
    let raw = b"/tmp/\x1b]0;pwned\x07/\xff\xfe\0\x9b31m\n\0\xe2\x80\xaeexe\0";
    proc.task_mut().command = Reading::Known(Arc::new(Command::parse(raw).unwrap()));
    let text = shown("cmdline", &Row::new(&snapshot, &proc));
    assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{text:?}");
    assert!(text.starts_with("/tmp/\u{fffd}]0;pwned\u{fffd}/"), "{text:?}");
}

#[test]
fn what_others_may_change_while_it_sleeps_needs_every_row_fresh_to_sort_by() {
    let drifting: Vec<&str> =
        columns().iter().filter(|column| column.drifts).map(|column| column.id).collect();
    assert_eq!(
        drifting,
        [
            "ppid",
            "pgrp",
            "tty",
            "priority",
            "nice",
            "state",
            "res",
            "shr",
            "mem",
            "policy",
            "rt_priority",
            "oom_score",
            "oom_adj",
            "private",
            "pss",
            "uss",
            "swap",
            "swap_pss",
            "epss",
            "anon",
            "file",
            "shmem",
            "tree_res",
            "tree_mem",
            "tpgid",
        ]
    );
    for column in columns() {
        let fresh = |needs| column.needs_to_sort().has(needs);
        let (all, details) = (column.needs_to_sort().of_everybody(), column.needs.only(Needs::DETAILS));
        assert_eq!(all, details, "{}: who sorts by it needs it of all, and nothing else", column.id);
        let memory = column.needs.has(Needs::MEMORY);
        assert_eq!(fresh(Needs::FRESH_MEMORY), column.drifts && memory, "{}", column.id);
        assert_eq!(fresh(Needs::FRESH_STAT), column.drifts && !memory, "{}", column.id);
        assert!(column.needs_to_sort().has(column.needs), "{}", column.id);
        assert!(column.drifts || !column.needs.has(Needs::MEMORY), "{}: reclaim takes it", column.id);
    }
}

#[test]
fn of_those_that_died_between_two_looks_only_a_few_things_are_known() {
    let snapshot = snapshot();
    let mut task = Task::bare(ProcId::short_lived(Pid::new(17)));
    (task.kind, task.parent, task.state) = (Kind::ShortLived, Pid::new(17), State::DEAD);
    (task.uid, task.comm) = (Reading::Known(1000), Arc::new("sh".into()));
    task.command = Reading::Known(Arc::new(Command::parse(b"2 children\0of make").unwrap()));
    let mut proc = Proc { cpu: Some(29.04), ..Proc::new(task) };
    let row = Row::new(&snapshot, &proc);
    let known: Vec<String> = columns()
        .iter()
        .filter(|column| !column.value(&row).is_unknown())
        .map(|column| format!("{} {}", column.id, shown(column.id, &row)))
        .collect();
    let said = "2 children of make";
    let all = ["state X", "cpu 29.0", "cpu_share 7.3", "comm sh"].map(str::to_owned);
    let all = all.into_iter().chain([
        format!("command {said}"),
        format!("cmdline {said}"),
        format!("merged {said}"),
    ]);
    assert_eq!(known, all.collect::<Vec<_>>());
    for column in columns().iter().filter(|column| column.value(&row).is_unknown()) {
        assert_eq!(shown(column.id, &row), "–", "{}", column.id);
    }
    proc.task_mut().comm = Arc::default();
    assert_eq!(shown("comm", &Row::new(&snapshot, &proc)), "–");
}
