//! The order of rows: what each sorts by, as keys that compare quickly.

use crate::catalog::{Row, Value};
use crate::model::{Snapshot, Sums};

use super::Rules;

/// Positions and what they sort by. Gathered in one go over the processes, which lie all over the memory.
#[derive(Default)]
pub(super) struct Keyed {
    keys: Vec<u128>,
    positions: Vec<u32>,
    /// Whether some of the values are texts or lists, which may have the same key though they differ.
    text: bool,
}

impl Keyed {
    pub(super) fn with_capacity(count: usize) -> Keyed {
        Keyed { keys: Vec::with_capacity(count), positions: Vec::with_capacity(count), text: false }
    }

    pub(super) fn push(&mut self, at: u32, value: &Value<'_>, descending: bool) {
        self.text |= matches!(value, Value::Text(_) | Value::Ports(_));
        self.keys.push(value.key(descending));
        self.positions.push(at);
    }

    /// Keeps some of them.
    pub(super) fn keep(&mut self, kept: impl Fn(u32) -> bool) {
        let mut each = self.positions.iter().map(|at| kept(*at));
        self.keys.retain(|_| each.next() == Some(true));
        self.positions.retain(|at| kept(*at));
    }

    /// The positions in the order of the sorting column; unknown values last, ties by pid.
    pub(super) fn sorted<'a>(mut self, value: impl Fn(u32) -> Value<'a>, descending: bool) -> Vec<u32> {
        super::super::order::sort(&mut self.keys, &mut self.positions);
        if !self.text {
            return self.positions;
        }
        // Texts whose beginnings agree have the same key, and stand side by side now.
        let mut rest = &mut *self.positions;
        for run in self.keys.chunk_by(|a, b| a == b) {
            let (these, others) = rest.split_at_mut(run.len().min(rest.len()));
            rest = others;
            let Some(first) = these.first().map(|at| value(*at)) else { continue };
            // Often they are wholly equal, as the command lines of a server's workers are.
            if these.iter().skip(1).all(|at| value(*at).order(&first, descending).is_eq()) {
                continue;
            }
            // What all of them begin with is passed over, so that a number tells most of them apart once more: the
            // paths of programs begin alike.
            let shared = these.iter().skip(1).map(|at| alike(&first, &value(*at))).min().unwrap_or(0);
            let key = |at: u32| match value(at) {
                Value::Text(text) => Value::Text(text.get(shared..).unwrap_or(&[])).key(descending),
                other => other.key(descending),
            };
            let mut keyed: Vec<(u128, u32)> = these.iter().map(|at| (key(*at), *at)).collect();
            keyed.sort_unstable_by(|(a, one), (b, other)| {
                let order = || value(*one).order(&value(*other), descending);
                a.cmp(b).then_with(order).then(one.cmp(other))
            });
            these.iter_mut().zip(keyed).for_each(|(place, (_, at))| *place = at);
        }
        self.positions
    }
}

/// With how many equal bytes two texts begin.
fn alike(a: &Value<'_>, b: &Value<'_>) -> usize {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.iter().zip(*b).take_while(|(a, b)| a == b).count(),
        _ => 0,
    }
}

/// What the process at `at` sorts by.
pub(super) fn value_at<'a>(
    snapshot: &'a Snapshot,
    rules: &Rules<'_>,
    sums: &'a [Sums],
    at: u32,
) -> Value<'a> {
    let sums = if rules.by_total { sums.get(at as usize) } else { None };
    let row = snapshot.procs.get(at as usize).map(|proc| Row { sums, ..Row::new(snapshot, proc) });
    row.map_or(Value::Unknown, |row| settled(rules, &row))
}

/// What a row sorts by: its value as far as it can be seen.
pub(super) fn settled<'a>(rules: &Rules<'_>, row: &Row<'a>) -> Value<'a> {
    let column = rules.sort;
    match column.value_to_sort(row, rules.descending) {
        Value::Float(value) if column.grain > 0.0 => Value::Float((value / column.grain).round()),
        value => value,
    }
}
