//! `glowtop ps`: the formats agree with each other, whatever the processes are called.

use std::sync::Arc;

use glowtop::catalog::{Column, columns};
use glowtop::export::{self, Line};
use glowtop::model::{Command, Nanos, Pid, Proc, ProcId, Reading, Snapshot, Task};
use proptest::prelude::*;

/// Reads RFC 4180 by the letter: every record ends with CR LF, a quote within quotes is doubled.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut rest = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => field.extend(rest.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted => {
                assert_eq!(rest.next(), Some('\n'));
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            c => field.push(c),
        }
    }
    assert!(!quoted && field.is_empty() && record.is_empty(), "the last record is not ended: {text:?}");
    records
}

fn snapshot(names: &[(String, Option<f64>)]) -> Snapshot {
    let proc = |(pid, (name, cpu)): (u32, &(String, Option<f64>))| {
        let mut task = Task::bare(ProcId::new(pid, u64::from(pid)).unwrap());
        task.parent = Pid::new(pid / 2);
        task.comm = Arc::new(name.as_str().into());
        task.command =
            Command::parse(name.as_bytes()).map_or(Reading::NotRead, |c| Reading::Known(Arc::new(c)));
        task.virt = u64::from(pid) << 40;
        task.tty = 136 << 8 | pid as i32;
        Proc { cpu: *cpu, ..Proc::new(task) }
    };
    let procs = (1u32..).zip(names).map(proc).collect();
    Snapshot { number: 2, since_boot: Nanos(1), procs, ..Snapshot::default() }
}

proptest! {
    #[test]
    fn csv_json_and_text_tell_the_same(
        // Printable names, quotes, commas and spaces among them: both formats keep these as they are.
        names in prop::collection::vec(("[ -~äß漢]{1,12}", prop::option::of(0.0f64..1e4)), 0..6)
    ) {
        let snapshot = snapshot(&names);
        let lines: Vec<_> = snapshot.procs.iter().map(|proc| Line::of(proc, 0)).collect();
        let every: Vec<&Column> = columns().iter().collect();
        let (mut csv, mut json, mut table) = (Vec::new(), Vec::new(), Vec::new());
        export::csv(&snapshot, &lines, &every, &mut csv).unwrap();
        export::json(&snapshot, &lines, &every, &mut json).unwrap();
        export::table(&snapshot, &lines, &every, &mut table).unwrap();

        let records = records(std::str::from_utf8(&csv).unwrap());
        let objects: Vec<serde_json::Value> = serde_json::from_slice(&json).unwrap();
        prop_assert_eq!(records.len(), lines.len() + 1);
        prop_assert_eq!(objects.len(), lines.len());
        prop_assert_eq!(std::str::from_utf8(&table).unwrap().lines().count(), lines.len() + 1);
        for (record, object) in records[1..].iter().zip(&objects) {
            prop_assert_eq!(record.len(), every.len());
            for (id, field) in records[0].iter().zip(record) {
                match &object[id] {
                    serde_json::Value::Null => prop_assert_eq!(field, ""),
                    serde_json::Value::String(text) => prop_assert_eq!(field, text),
                    serde_json::Value::Number(n) => {
                        let (a, b) = (field.parse::<f64>().unwrap(), n.as_f64().unwrap());
                        // serde_json reads the last bit of a fraction only on request.
                        prop_assert!((a - b).abs() <= a.abs() * 1e-15, "{id}: {field} and {n}");
                    }
                    other => prop_assert!(false, "{id}: {other}"),
                }
            }
        }
    }
}

#[test]
fn being_out_of_descriptors_is_not_taken_for_a_missing_proc() {
    let line = format!("ulimit -n 5; exec '{}' ps", env!("CARGO_BIN_EXE_glowtop"));
    let out = std::process::Command::new("/bin/sh").args(["-c", &line]).output().expect("a shell");
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert!(said.contains("file descriptors"), "{said}");
}

#[test]
fn a_wrong_query_is_pointed_at() {
    let ps = |query: &str| {
        let glowtop = std::process::Command::new(env!("CARGO_BIN_EXE_glowtop")).args(["ps", query]).output();
        let out = glowtop.expect("the program");
        (out.status.code(), String::from_utf8(out.stderr).unwrap(), out.stdout)
    };
    let (status, said, listed) = ps("cpu>=0 and usr=ann");
    assert_eq!((status, listed.len()), (Some(2), 0), "{said}");
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "glowtop: there is no field 'usr'; did you mean user? As plain text it needs quotes",
            "  cpu>=0 and usr=ann",
            "             ^^^"
        ]
    );
    let (status, said, _) = ps("age<\x1b[2J");
    assert!(status == Some(2) && !said.contains('\x1b'), "{said:?}");
}

#[test]
fn a_saved_view_of_the_configuration_is_known() {
    let own = std::process::id();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, format!("[[filter]]\nname = \"this\"\nquery = \"pid={own}\"\n")).unwrap();
    let ps = |query: &str| {
        let mut glowtop = std::process::Command::new(env!("CARGO_BIN_EXE_glowtop"));
        let out = glowtop.args(["ps", query, "--csv", "--columns", "pid", "--config"]).arg(&config).output();
        let out = out.expect("the program");
        (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    assert_eq!(ps("@this and user=me"), (Some(0), format!("pid\r\n{own}\r\n"), String::new()));
    let (status, _, said) = ps("cpu>=0 and @tihs");
    assert!(
        status == Some(2) && said.contains("there is no saved view '@tihs'; did you mean @this?"),
        "{said}"
    );
    assert!(said.ends_with("\n             ^^^^^\n"), "{said:?}");
}

#[test]
fn a_query_finds_whom_it_describes() {
    let own = std::process::id();
    let list = |query: &str| {
        let mut glowtop = std::process::Command::new(env!("CARGO_BIN_EXE_glowtop"));
        let out =
            glowtop.args(["ps", query, "--csv", "--columns", "pid,ppid,user,res,threads"]).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let mut records = records(&String::from_utf8(out.stdout).unwrap());
        records.remove(0);
        records
    };
    let pid = own.to_string();
    let [this] = &*list(&format!("pid={own} and mem>0 and time>0 and age<10d and not kind=kernel")) else {
        panic!("this process was not found");
    };
    assert_eq!(this[0], pid);
    let same = format!("pid={own} and ppid={} and user=\"{}\" and res>1k", this[1], this[2]);
    assert_eq!(list(&same).len(), 1, "{same}");
    // Other tests of this process start processes of their own; it is the first of them all.
    let family = list(&format!("under:{own}"));
    assert!(
        family.iter().any(|row| row[0] == pid) && family.iter().all(|row| row[0] == pid || row[1] != this[1])
    );
    assert!(list(&format!("pid={own} and not under:{own}")).is_empty());
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || wait.recv().is_err());
    let threads = list(&format!("kind=thread and under:{own}"));
    drop(done);
    assert!(thread.join().unwrap() && !threads.is_empty());
}
