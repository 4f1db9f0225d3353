use super::keyed::settled;
use super::*;
use std::collections::HashMap;
use std::sync::Arc;

use crate::catalog::{Row, columns};
use crate::model::{Nanos, Reading, Task, TaskMemory};
use proptest::prelude::*;

/// CPU use, resident memory, name, parent.
type Spec = (Option<u8>, Option<u8>, &'static str, u32);

fn proc(pid: u32, (cpu, resident, name, parent): Spec) -> Proc {
    let id = ProcId::new(pid, 1).unwrap();
    let memory = TaskMemory { resident: u64::from(resident.unwrap_or(0)), shared: 0 };
    let task = Task {
        parent: Pid::new(parent),
        memory: if resident.is_some() { Reading::Known(memory) } else { Reading::NotRead },
        comm: Arc::new(name.into()),
        ..Task::bare(id)
    };
    Proc { cpu: cpu.map(f64::from), ..Proc::new(task) }
}

fn any_spec() -> impl Strategy<Value = Spec> {
    let name = prop::sample::select(vec!["", "a", "the same twelve, a", "the same twelve, b", "z"]);
    (prop::option::of(0u8..4), prop::option::of(any::<u8>()), name, 0u32..40)
}

fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    let list = || prop::collection::vec(any_spec(), 0..30);
    (list(), list()).prop_map(|(now, ended)| Snapshot {
        number: 1,
        procs: (1..).zip(now).map(|(pid, spec)| proc(pid, spec)).collect(),
        ended: (50..)
            .zip(ended)
            .map(|(pid, spec)| Proc { gone: Some(Nanos(1)), ..proc(pid, spec) })
            .collect(),
        ..Snapshot::default()
    })
}

fn rules<'a>(
    sort: &'static Column,
    filter: &'a Filter,
    folded: &'a HashSet<ProcId>,
    descending: bool,
) -> Rules<'a> {
    static NONE: std::sync::LazyLock<HashSet<GroupId>> = std::sync::LazyLock::new(HashSet::new);
    Rules {
        group: None,
        unfolded: &NONE,
        sort,
        descending,
        tree: false,
        by_total: false,
        folded,
        kernel: true,
        ended: true,
        short_lived: true,
        filter,
        uid: None,
        pids: &[],
    }
}

/// The order as it is promised, by comparing values one by one.
fn plainly(snapshot: &Snapshot, rules: &Rules<'_>) -> Vec<Line> {
    let order = |a: &Line, b: &Line| {
        let value = |line: &Line| settled(rules, &Row::new(snapshot, line.proc(snapshot).unwrap()));
        value(a).order(&value(b), rules.descending)
    };
    let present = (0..snapshot.procs.len() as u32).map(|at| Line { at, ..Line::default() });
    let mut lines: Vec<Line> = present.chain(dead::lines(snapshot, rules)).collect();
    lines.sort_by(order);
    lines
}

proptest! {
    #[test]
    fn rows_are_in_the_order_of_their_values(snapshot in any_snapshot(), descending: bool) {
        let (filter, folded) = (Filter::default(), HashSet::new());
        for sort in columns() {
            let rules = rules(sort, &filter, &folded, descending);
            prop_assert_eq!(&arrange(&snapshot, &rules).lines, &plainly(&snapshot, &rules), "{}", sort.id);
        }
    }

    #[test]
    fn in_a_tree_everybody_stands_once_below_the_parent_and_siblings_in_order(snapshot in any_snapshot(), descending: bool) {
        let (filter, folded) = (Filter::default(), HashSet::new());
        for sort in columns() {
            let list = rules(sort, &filter, &folded, descending);
            let order = arrange(&Snapshot { ended: Vec::new(), ..snapshot.clone() }, &list).lines;
            let rank = |at: u32| order.iter().position(|line| line.at == at);
            let tree = arrange(&snapshot, &Rules { tree: true, ..list });
            let forest = tree.forest.as_ref().unwrap();
            let mut path: Vec<u32> = Vec::new();
            let mut seen = HashSet::new();
            let mut latest: HashMap<Option<u32>, u32> = HashMap::new();
            for line in tree.lines.iter().filter(|line| line.among == Among::Present) {
                path.truncate(usize::from(line.depth));
                let up = path.last().copied();
                prop_assert_eq!(forest.parent(line.at as usize), up.map(|up| up as usize));
                prop_assert!(seen.insert(line.at));
                if let Some(before) = latest.insert(up, line.at) {
                    prop_assert!(rank(before) < rank(line.at));
                }
                path.push(line.at);
            }
            prop_assert_eq!(seen.len(), snapshot.procs.len());
            let dead = tree.lines.iter().filter(|line| line.among == Among::Ended).count();
            prop_assert_eq!(dead, snapshot.ended.len());
        }
    }

    #[test]
    fn nothing_is_left_of_the_rows_that_were(first in any_snapshot(), second in any_snapshot(), tree: bool) {
        let (filter, folded) = (Filter::parse("a"), HashSet::new());
        let rules = Rules { tree, ..rules(&columns()[0], &filter, &folded, true) };
        let mut used = arrange(&first, &Rules { tree: !tree, ..rules.clone() });
        used.arrange(&second, &rules);
        let fresh = arrange(&second, &rules);
        prop_assert_eq!(used.lines, fresh.lines);
        prop_assert_eq!((used.matching, used.hidden_kernel), (fresh.matching, fresh.hidden_kernel));
        prop_assert_eq!(used.sums, fresh.sums);
    }
}
