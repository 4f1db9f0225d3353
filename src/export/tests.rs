use std::io;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::catalog::{Column, column, columns, default_columns};
use crate::model::{Command, Kind, Pid, Proc, ProcId, Reading, Snapshot, Task, TaskMemory, Untrusted};
use crate::query::Filter;

fn proc(pid: u32, parent: u32, cpu: Option<f64>, command: &[u8]) -> Proc {
    let mut task = Task::bare(ProcId::new(pid, u64::from(pid)).unwrap());
    task.parent = Pid::new(parent);
    task.user = Some(Arc::new("root".into()));
    task.memory = Reading::Known(TaskMemory { resident: 4096, shared: 0 });
    task.comm = Arc::new(Untrusted::new(format!("c{pid}").into_bytes()));
    task.command = Command::parse(command).map_or(Reading::NotRead, |c| Reading::Known(Arc::new(c)));
    Proc { cpu, ..Proc::new(task) }
}

fn snapshot() -> Snapshot {
    let procs = vec![
        proc(1, 0, Some(0.0), b"/sbin/init\0"),
        proc(2, 1, Some(50.0), b"sh\0-c\0say \"hi\", you\0"),
        proc(3, 2, None, b"make\0"),
        proc(4, 2, Some(99.5), b"cc1\0"),
        proc(5, 1, Some(50.0), b""),
    ];
    Snapshot { number: 2, procs, ..Snapshot::default() }
}

fn pids(lines: &[Line<'_>]) -> Vec<(u32, u32)> {
    lines.iter().map(|line| (line.proc.task.id.pid.get(), line.depth)).collect()
}

fn chosen(ids: &[&str]) -> Vec<&'static Column> {
    ids.iter().map(|id| column(id).unwrap()).collect()
}

type Writer = fn(&Snapshot, &[Line<'_>], &[&Column], &mut dyn io::Write) -> io::Result<()>;

fn written(writer: Writer, snapshot: &Snapshot, lines: &[Line<'_>], columns: &[&Column]) -> String {
    let mut out = Vec::new();
    writer(snapshot, lines, columns, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn all(snapshot: &Snapshot) -> Vec<Line<'_>> {
    snapshot.procs.iter().map(|proc| Line::of(proc, 0)).collect()
}

#[test]
fn the_unknown_is_last_and_ties_go_by_pid() {
    let snapshot = snapshot();
    let mut order = Order::by(column("cpu").unwrap());
    let everybody = Filter::default();
    assert!(order.descending);
    let flat = |list: [u32; 5]| list.map(|pid| (pid, 0)).to_vec();
    assert_eq!(pids(&select(&snapshot, &everybody, &order)), flat([4, 2, 5, 1, 3]));
    order.descending = false;
    assert_eq!(pids(&select(&snapshot, &everybody, &order)), flat([1, 2, 5, 4, 3]));
}

#[test]
fn a_tree_keeps_children_below_their_nearest_listed_ancestor() {
    let snapshot = snapshot();
    let order = Order { tree: true, ..Order::by(column("cpu").unwrap()) };
    let tree = select(&snapshot, &Filter::default(), &order);
    assert_eq!(pids(&tree), [(1, 0), (2, 1), (4, 2), (3, 2), (5, 1)]);
    let some = select(&snapshot, &Filter::parse("init|make|cc1"), &order);
    assert_eq!(pids(&some), [(1, 0), (4, 1), (3, 1)]);
}

#[test]
fn what_died_between_two_looks_is_no_process_to_list() {
    let mut snapshot = snapshot();
    let mut row = Task::bare(ProcId::short_lived(Pid::new(2)));
    row.kind = Kind::ShortLived;
    snapshot.short_lived.push(Proc::new(row));
    for tree in [false, true] {
        let order = Order { tree, ..Order::by(column("pid").unwrap()) };
        assert_eq!(select(&snapshot, &Filter::default(), &order).len(), snapshot.procs.len());
    }
}

#[test]
fn a_table_is_aligned() {
    let snapshot = snapshot();
    let order = Order { tree: true, ..Order::by(column("pid").unwrap()) };
    let lines = select(&snapshot, &Filter::default(), &order);
    let text = written(table, &snapshot, &lines, &chosen(&["pid", "user", "cpu", "command"]));
    let expected = [
        "    PID USER       CPU% Command",
        "      1 root        0.0 init",
        "      2 root       50.0   sh -c say \"hi\", you",
        "      3 root          –     make",
        "      4 root       99.5     cc1",
        "      5 root       50.0   c5",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    let text = written(table, &snapshot, &lines[..2], &chosen(&["command", "pid"]));
    let expected = [
        "Command                                      PID",
        "init                                           1",
        "  sh -c say \"hi\", you                          2",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_chain_of_a_hundred_thousand_is_no_staircase() {
    let procs = (1..=100_000u32).map(|pid| proc(pid, pid - 1, None, b"x\0")).collect();
    let snapshot = Snapshot { number: 1, procs, ..Snapshot::default() };
    let order = Order { tree: true, ..Order::by(column("pid").unwrap()) };
    let lines = select(&snapshot, &Filter::default(), &order);
    let text = written(table, &snapshot, &lines, &chosen(&["command"]));
    assert_eq!(text.lines().count(), 100_001);
    assert_eq!(text.lines().last().map(str::trim_start), Some("+99967 x"));
    assert!(text.lines().all(|line| line.len() < 100));
}

#[test]
fn json_is_plain_numbers_and_null() {
    let snapshot = snapshot();
    let json = written(json, &snapshot, &all(&snapshot), &default_columns());
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rows = read.as_array().unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[1]["pid"], 2);
    assert_eq!(rows[1]["cpu"], 50.0);
    assert_eq!(rows[1]["res"], 4096);
    assert_eq!(rows[1]["command"], "sh -c say \"hi\", you");
    assert_eq!(rows[2]["cpu"], serde_json::Value::Null);
    assert_eq!(rows[2]["time"], serde_json::Value::Null);
    let keys: Vec<_> = rows[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert!(default_columns().iter().all(|column| keys.contains(&column.id)));
    assert_eq!(written(super::json, &snapshot, &[], &default_columns()), "[]\n");
}

#[test]
fn csv_quotes_what_needs_quotes() {
    let mut snapshot = snapshot();
    snapshot.procs[0].task_mut().command = Reading::Known(Arc::new(Command::parse(b" a\nb ").unwrap()));
    let csv = written(csv, &snapshot, &all(&snapshot)[..3], &chosen(&["pid", "cpu", "tty", "command"]));
    let expected =
        ["pid,cpu,tty,command", "1,0,,\" a b \"", "2,50,,\"sh -c say \"\"hi\"\", you\"", "3,,,make", ""];
    assert_eq!(csv.split("\r\n").collect::<Vec<_>>(), expected);
}

/// Whether a terminal would take something in `text` for more than letters.
fn is_hostile(text: &str) -> bool {
    text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

#[test]
fn hostile_names_survive_json_and_reach_no_terminal() {
    let name = "\u{1b}]0;x\u{7}\n\t\"\\\u{9b}31m\u{202e}\u{2066}e\u{301}\u{e000}漢\u{1f600}\u{10ffff}";
    let mut snapshot = snapshot();
    snapshot.procs[0].task_mut().comm = Arc::new(name.into());
    snapshot.procs[1].task_mut().comm = Arc::new(Untrusted::new(b"a\xffb\xc3".as_slice()));
    let json = written(json, &snapshot, &all(&snapshot), &chosen(&["comm"]));
    assert!(json.lines().all(|line| !is_hostile(line)), "{json:?}");
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read[0]["comm"], name);
    assert_eq!(read[1]["comm"], "a\u{fffd}b\u{fffd}");
    assert!(json.contains("漢\u{1f600}"), "what can be shown is not escaped: {json}");
}

proptest! {
    #[test]
    fn whatever_the_bytes_all_formats_hold_and_are_safe(
        comm in prop::collection::vec(any::<u8>(), 0..40),
        command in prop::collection::vec(any::<u8>(), 0..80),
        cpu in any::<u64>(),
    ) {
        let mut odd = proc(9, 1, Some(f64::from_bits(cpu)), &command);
        odd.task_mut().comm = Arc::new(Untrusted::new(comm.clone()));
        let snapshot = Snapshot { number: 2, procs: vec![odd], ..Snapshot::default() };
        let every: Vec<&Column> = columns().iter().collect();
        let (lines, comm_only) = (all(&snapshot), chosen(&["comm"]));

        let text = written(json, &snapshot, &lines, &every);
        prop_assert!(text.lines().all(|line| !is_hostile(line)));
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let expected: String = comm.utf8_chunks()
            .flat_map(|chunk| chunk.valid().chars().chain(std::iter::repeat_n('\u{fffd}', chunk.invalid().len())))
            .collect();
        prop_assert_eq!(read[0]["comm"].as_str(), Some(expected.as_str()));

        let text = written(csv, &snapshot, &lines, &comm_only);
        let records: Vec<&str> = text.split("\r\n").collect();
        prop_assert_eq!(records.len(), 3);
        prop_assert!(!is_hostile(records[1]));

        let text = written(table, &snapshot, &lines, &every);
        prop_assert_eq!(text.lines().count(), 2);
        prop_assert!(text.lines().all(|line| !is_hostile(line)));
    }
}
