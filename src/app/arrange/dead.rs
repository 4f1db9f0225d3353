//! Rows of what is no longer there: processes that have just ended, and those that came and went between two looks.

use std::collections::HashMap;

use crate::model::{Kind, Pid, Snapshot};

use super::{Among, Fold, Line, Rules, Uncontained, is_asked, is_kernel};

/// The rows of what is no longer there, short-lived ones first, as lines without a place yet.
pub(super) fn lines(snapshot: &Snapshot, rules: &Rules<'_>) -> Vec<Line> {
    let lists = [
        (rules.short_lived, Among::ShortLived, &snapshot.short_lived),
        (rules.ended, Among::Ended, &snapshot.ended),
    ];
    let uncontained = rules.uncontained.then(|| Uncontained::new(snapshot));
    let uncontained = &uncontained;
    let wanted = lists.into_iter().filter(|(wanted, ..)| *wanted).flat_map(|(_, among, list)| {
        (0u32..)
            .zip(list)
            .filter(|(_, proc)| {
                // The dead children of a kernel thread are its like.
                let kernel = proc.task.kind == Kind::Kernel
                    || (proc.task.kind == Kind::ShortLived
                        && proc.task.parent.and_then(|pid| snapshot.find_pid(pid)).is_some_and(is_kernel));
                let outside = uncontained.as_ref().is_none_or(|uncontained| uncontained.has(proc));
                (rules.kernel || !kernel) && outside && is_asked(proc, rules) && rules.filter.matches(proc)
            })
            .map(move |(at, _)| Line { at, among, last: true, ..Line::default() })
    });
    wanted.collect()
}

/// Below which position each of the dead stands, and who: below the nearest ancestor that lives, or below nobody, who
/// comes first; those that no look saw before those that have just ended.
pub(super) fn below(snapshot: &Snapshot, dead: &[Line]) -> Vec<(Option<usize>, Line)> {
    if dead.is_empty() {
        return Vec::new();
    }
    let parents: HashMap<Pid, Option<Pid>> =
        snapshot.ended.iter().map(|p| (p.task.id.pid, p.task.parent)).collect();
    let lives = |pid: Pid| snapshot.position_of_pid(pid);
    let nearest = |line: &Line| {
        let mut up = line.proc(snapshot)?.task.parent?;
        // As many steps as have ended are enough, whatever circle the data form.
        for _ in 0..parents.len() {
            match parents.get(&up).filter(|_| lives(up).is_none()) {
                Some(further) => up = (*further)?,
                None => break,
            }
        }
        lives(up)
    };
    let mut below: Vec<(Option<usize>, Line)> = dead.iter().map(|line| (nearest(line), *line)).collect();
    below.sort_by_key(|(up, line)| (*up, line.among, line.at));
    below
}

/// Puts the rows of the dead that stand below `up` below it, before its children.
pub(super) fn mourn(up: &Line, below: &[(Option<usize>, Line)], lines: &mut Vec<Line>) {
    let at = Some(up.at as usize);
    let from = below.partition_point(|(parent, _)| *parent < at);
    let here = below.get(from..).unwrap_or(&[]).iter().take_while(|(parent, _)| *parent == at);
    let (depth, rails) = (up.depth.saturating_add(1), up.rails_below());
    let before = lines.len();
    lines.extend(here.map(|(_, line)| Line { depth, rails, last: false, ..*line }));
    if let Some(line) = lines.get_mut(before..).and_then(<[Line]>::last_mut) {
        line.last = up.fold == Fold::Leaf;
    }
}
