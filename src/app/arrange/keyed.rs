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
        let mut texts: Vec<Tail<'a>> = Vec::new();
        for run in self.keys.chunk_by(|a, b| a == b) {
            let (these, others) = rest.split_at_mut(run.len().min(rest.len()));
            rest = others;
            if these.len() < 2 || run.first() == Some(&Value::Unknown.key(descending)) {
                continue;
            }
            // Each is fetched once: they lie all over the memory.
            texts.clear();
            texts.extend(these.iter().filter_map(|at| match value(*at) {
                Value::Text(text) => Some(Tail { key: 0, text, at: *at }),
                _ => None,
            }));
            if texts.len() == these.len() {
                sort_texts(&mut texts, descending);
                these.iter_mut().zip(&texts).for_each(|(place, text)| *place = text.at);
            } else {
                these.sort_by(|a, b| value(*a).order(&value(*b), descending));
            }
        }
        self.positions
    }
}

/// A text that is sorted, and who has it.
struct Tail<'a> {
    /// A number that orders as the beginning of the text does.
    key: u64,
    text: &'a [u8],
    at: u32,
}

/// Sorts texts, which stand in the order of their positions and keep it where they are equal. What all of them begin with
/// is passed over, so that a number tells most of them apart: the paths of programs begin alike.
fn sort_texts(texts: &mut [Tail<'_>], descending: bool) {
    let mut shared = texts.first().map_or(&[][..], |first| first.text);
    for text in texts.iter().map(|each| each.text) {
        if !text.starts_with(shared) {
            let alike = shared.iter().zip(text).take_while(|(a, b)| a == b).count();
            shared = shared.get(..alike).unwrap_or(&[]);
        }
    }
    // Often they are wholly equal, as the command lines of a server's workers are.
    if texts.iter().all(|each| each.text.len() == shared.len()) {
        return;
    }
    for each in texts.iter_mut() {
        each.text = each.text.get(shared.len()..).unwrap_or(&[]);
        let first = each.text.iter().chain(std::iter::repeat(&0)).take(size_of::<u64>());
        let key = first.fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        each.key = if descending { !key } else { key };
    }
    texts.sort_unstable_by(|a, b| {
        let order = || if descending { b.text.cmp(a.text) } else { a.text.cmp(b.text) };
        a.key.cmp(&b.key).then_with(order).then(a.at.cmp(&b.at))
    });
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
