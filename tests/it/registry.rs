//! The registries, over any process there may be.

use std::sync::Arc;

use glowtop::catalog::{Cell, Column, Row, Value, columns};
use glowtop::export::{Order, select};
use glowtop::model::{
    Command, CpuTimes, Host, Kind, Memory, Nanos, Pid, Proc, ProcId, Reading, Snapshot, State, System, Task,
    TaskMemory, Untrusted,
};
use glowtop::query::Filter;
use proptest::prelude::*;

/// Any value of `T`, or that it is not known.
fn reading<T: std::fmt::Debug + Clone + 'static>(
    of: impl Strategy<Value = T>,
) -> impl Strategy<Value = Reading<T>> {
    of.prop_flat_map(|value| {
        prop::sample::select(vec![Reading::NotRead, Reading::Denied, Reading::Known(value)])
    })
}

fn any_task() -> impl Strategy<Value = Task> {
    let numbers = (1u32..4_194_304, 0u64..100_000, any::<[u64; 5]>(), any::<[i32; 3]>(), any::<[u32; 4]>());
    let bytes = || prop::collection::vec(any::<u8>(), 0..24);
    let kinds = prop::sample::select(vec![Kind::Process, Kind::Kernel, Kind::Thread(Pid::INIT)]);
    (numbers, any::<u8>(), kinds, reading(any::<[u32; 2]>()), reading(0u32..5), bytes(), reading(bytes()))
        .prop_map(|((pid, start, long, signed, short), state, kind, memory, uid, comm, command)| {
            let mut task = Task::bare(ProcId::new(pid, start).unwrap());
            (task.utime, task.stime, task.virt) = (long[0], long[1], long[2]);
            (task.minor_faults, task.major_faults) = (long[3], long[4]);
            (task.tty, task.priority, task.nice) = (signed[0], signed[1] as i16, signed[2]);
            (task.pgrp, task.session, task.threads) = (short[0], short[1], short[2]);
            (task.parent, task.processor) = (Pid::new(short[3] % 50), Some(short[3]).filter(|n| n % 2 == 0));
            (task.state, task.kind, task.uid) = (State(state), kind, uid);
            task.user = uid.known().filter(|n| **n > 1).map(|n| Arc::new(format!("user{n}").as_str().into()));
            if let Reading::Known([resident, shared]) = memory {
                let memory = TaskMemory { resident: resident.into(), shared: shared.into() };
                task.memory = Reading::Known(memory);
            }
            task.comm = Arc::new(Untrusted::new(comm));
            if let Some(command) = command.known().and_then(|raw| Command::parse(raw)) {
                task.command = Reading::Known(Arc::new(command));
            }
            task
        })
}

pub(crate) fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    let proc = (any_task(), prop::option::of(0.0..800.0));
    (prop::collection::vec(proc, 0..12), any::<bool>()).prop_map(|(procs, clock)| {
        let mut procs: Vec<Proc> =
            procs.into_iter().map(|(task, cpu)| Proc { cpu, ..Proc::new(task) }).collect();
        procs.sort_by_key(|proc| proc.task.id.pid);
        procs.dedup_by_key(|proc| proc.task.id.pid);
        let host = Host {
            ticks_per_second: if clock { 100 } else { 0 },
            boot_time: clock.then_some(1_700_000_000),
            ..Host::default()
        };
        Snapshot {
            number: 2,
            since_boot: Nanos(900_000_000_000),
            procs,
            cpus: vec![(0, None), (1, None)],
            system: System {
                host: Arc::new(host),
                cpus: vec![(0, CpuTimes::default()), (1, CpuTimes::default())],
                memory: clock.then(|| Memory { total: 1 << 34, ..Memory::default() }),
                ..System::default()
            },
            ..Snapshot::default()
        }
    })
}

fn value<'a>(column: &Column, snapshot: &'a Snapshot, proc: &'a Proc) -> Value<'a> {
    column.value(&Row::new(snapshot, proc))
}

proptest! {
    #[test]
    fn every_column_sorts_all_processes_and_puts_the_unknown_last(snapshot in any_snapshot(), tree: bool) {
        for column in columns() {
            for descending in [false, true] {
                let order = Order { column, descending, tree };
                let lines = select(&snapshot, &Filter::default(), &order);
                let mut pids: Vec<_> = lines.iter().map(|line| line.proc.task.id.pid).collect();
                pids.sort_unstable();
                let all: Vec<_> = snapshot.procs.iter().map(|proc| proc.task.id.pid).collect();
                prop_assert_eq!(pids, all, "{}", column.id);
                if tree {
                    continue;
                }
                for pair in lines.windows(2) {
                    let [a, b] = [pair[0].proc, pair[1].proc];
                    let (x, y) = (value(column, &snapshot, a), value(column, &snapshot, b));
                    prop_assert!(!x.is_unknown() || y.is_unknown(), "{}: {x:?} before {y:?}", column.id);
                    prop_assert!(x.order(&y, descending).is_le(), "{}: {x:?} before {y:?}", column.id);
                    if x.order(&y, descending).is_eq() {
                        prop_assert!(a.task.id.pid < b.task.id.pid, "{}: ties go by pid", column.id);
                    }
                }
            }
        }
    }

    #[test]
    fn every_cell_keeps_its_width_and_agrees_with_its_value(snapshot in any_snapshot()) {
        let mut cell = Cell::new();
        for proc in &snapshot.procs {
            for column in columns() {
                cell.clear();
                column.cell(&Row::new(&snapshot, proc), &mut cell);
                let fits = column.grows || cell.width() <= usize::from(column.width);
                prop_assert!(fits, "{}: {:?}", column.id, cell.text());
                prop_assert!(!cell.text().contains(char::is_control), "{}: {:?}", column.id, cell.text());
                prop_assert!(!cell.is_empty(), "{}", column.id);
                let unknown = value(column, &snapshot, proc).is_unknown();
                // No terminal is known to be none, and a name may itself be a dash.
                if !["tty", "comm", "command", "cmdline"].contains(&column.id) {
                    prop_assert_eq!(unknown, cell.text() == "–", "{}", column.id);
                }
            }
        }
    }
}
