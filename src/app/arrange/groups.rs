//! Rows by what processes have in common: one for each group, its members below it where it is unfolded.
//!
//! Groups keep their places from look to look as siblings in the tree do, and so do the members of each.
//!
//! Processes that have just ended stand among the members of an unfolded group, and count for nothing. What died between
//! two looks has many names and no cgroup: such rows stand among the groups, in none, so that their CPU use is seen
//! whatever is folded.

use std::collections::{HashMap, HashSet};

use crate::catalog::{Grouped, Row, Value};
use crate::model::{Forest, GroupBy, GroupId, GroupName, Groups, Kind, Link, Snapshot};

use super::calm::{self, Calm, Child, Seat};
use super::keyed::{Keyed, settled, value_at};
use super::list::insert_in_list;
use super::within::Within;
use super::{Among, Arrangement, Fold, Line, Rules};

/// The groups in the order of the sorting column, and below those that are unfolded their members in the same order.
pub(super) fn arrange(
    snapshot: &Snapshot,
    rules: &Rules<'_>,
    by: GroupBy,
    within: &Within,
    dead: &[Line],
    out: &mut Arrangement,
) {
    let wanted = (0u32..).zip(&snapshot.procs).filter(|(at, proc)| {
        !matches!(proc.task.kind, Kind::Thread(_)) && out.wants(*at as usize, proc, rules, within)
    });
    let groups = Groups::of(by, snapshot, wanted.map(|(at, _)| at));
    let short_lived: Vec<Line> =
        dead.iter().filter(|line| line.among == Among::ShortLived).copied().collect();
    let count = groups.list().len() as u32;
    let value = |at: u32| {
        let row = if at < count {
            row(snapshot, &groups, at as usize)
        } else {
            let line = short_lived.get((at - count) as usize);
            line.and_then(|line| line.proc(snapshot)).map(|proc| Row::new(snapshot, proc))
        };
        row.map_or(Value::Unknown, |row| settled(rules, &row))
    };
    let tops = count + short_lived.len() as u32;
    let mut keyed = Keyed::with_capacity(tops as usize);
    for at in 0..tops {
        keyed.push(at, &value(at), rules.descending);
    }
    let mut order = keyed.sorted(value, rules.descending);
    out.calm_groups.settle(
        snapshot.number,
        rules,
        |change| change(&mut order),
        |seats, old| take_in(snapshot, &groups, short_lived.len(), seats, old),
        value,
    );
    let mut unfolded = Unfolded::new(snapshot, rules, &groups);
    unfolded.order_members(snapshot, rules, &groups, &mut out.calm);
    unfolded.take_in(snapshot, dead);
    for at in order {
        let Some(under) = at.checked_sub(count) else {
            let open = unfolded.is(at);
            let fold = if open { Fold::Open } else { Fold::Closed };
            out.lines.push(Line { at, among: Among::Group, last: true, fold, ..Line::default() });
            if open {
                unfolded.put_members(snapshot, rules, &groups, at, &mut out.lines);
            }
            continue;
        };
        out.lines.extend(short_lived.get(under as usize));
    }
    out.groups = Some(groups);
}

/// Makes one seat for each group, with what is remembered of it, and one for each of the `others`, who belong to none:
/// they come and go with each look and stand where their values put them.
fn take_in(
    snapshot: &Snapshot,
    groups: &Groups,
    others: usize,
    seats: &mut Vec<Seat<Option<GroupId>>>,
    old: &mut Vec<Seat<Option<GroupId>>>,
) {
    let count = groups.list().len();
    seats.resize_with(count + others, || Seat::newcomer(None));
    // Where nothing is remembered, nobody has to be known again.
    let known = if old.is_empty() { 0 } else { count };
    let places: HashMap<GroupName<'_>, usize> =
        (0..known).filter_map(|at| Some((groups.name(snapshot, at)?, at))).collect();
    for seat in old.drain(..) {
        let place = seat.who.as_ref().and_then(|who| places.get(&who.name()));
        if let Some(free) = place.and_then(|at| seats.get_mut(*at)) {
            *free = seat;
        }
    }
    for (at, seat) in seats.iter_mut().enumerate().filter(|(_, seat)| seat.who.is_none()) {
        seat.who = groups.id(snapshot, at);
    }
}

/// The row that stands for the group at `at`.
pub(super) fn row<'a>(snapshot: &'a Snapshot, groups: &'a Groups, at: usize) -> Option<Row<'a>> {
    let sums = groups.list().get(at).map(|group| &group.sums);
    let group = Some(Grouped { by: groups.by, members: groups.members(at) });
    groups.first(snapshot, at).map(|proc| Row { snapshot, proc, sums, group })
}

/// Stands for no group.
const NONE: u32 = u32::MAX;

/// The groups whose members have rows.
struct Unfolded<'a> {
    /// Where each is among the groups.
    named: HashMap<GroupName<'a>, u32>,
    /// The members of all groups in the places they have there, those of unfolded ones in order.
    members: Vec<u32>,
    /// Who has just ended, by the group.
    ended: HashMap<u32, Vec<Line>>,
    /// Of each group whether it is one of them.
    marks: Vec<bool>,
    by: GroupBy,
}

impl<'a> Unfolded<'a> {
    fn new(snapshot: &'a Snapshot, rules: &Rules<'_>, groups: &Groups) -> Unfolded<'a> {
        let by = groups.by;
        let asked: HashSet<GroupName<'_>> =
            rules.unfolded.iter().filter(|id| id.by == by).map(crate::model::GroupId::name).collect();
        let mut unfolded = Unfolded {
            named: HashMap::new(),
            members: Vec::new(),
            ended: HashMap::new(),
            marks: Vec::new(),
            by,
        };
        if asked.is_empty() {
            return unfolded;
        }
        unfolded.marks = vec![false; groups.list().len()];
        for (at, mark) in (0u32..).zip(&mut unfolded.marks) {
            if let Some(name) = groups.name(snapshot, at as usize).filter(|name| asked.contains(name)) {
                *mark = true;
                unfolded.named.insert(name, at);
            }
        }
        unfolded
    }

    fn is(&self, at: u32) -> bool {
        self.marks.get(at as usize) == Some(&true)
    }

    /// Orders the members of all of them at once; the members of others cost nothing.
    fn order_members(
        &mut self,
        snapshot: &Snapshot,
        rules: &Rules<'_>,
        groups: &Groups,
        calm: &mut Calm<Child>,
    ) {
        if self.named.is_empty() {
            return calm.forget();
        }
        // Which group everybody is in who has a row.
        let mut whose = vec![NONE; snapshot.procs.len()];
        // And where the next of each group goes among all members.
        let mut places = vec![usize::MAX; groups.list().len()];
        let mut count = 0;
        for at in self.named.values().copied() {
            let range = groups.range(at as usize);
            count += range.len();
            for member in groups.members(at as usize) {
                if let Some(group) = whose.get_mut(*member as usize) {
                    *group = at;
                }
            }
            if let Some(place) = places.get_mut(at as usize) {
                *place = range.start;
            }
        }
        let value = |at| value_at(snapshot, rules, &[], at);
        let mut keyed = Keyed::with_capacity(count);
        let mut links = Vec::with_capacity(snapshot.procs.len());
        for (at, (proc, group)) in (0u32..).zip(snapshot.procs.iter().zip(&whose)) {
            links.push(Link::of(proc));
            if *group != NONE {
                keyed.push(at, &settled(rules, &Row::new(snapshot, proc)), rules.descending);
            }
        }
        self.members = groups.all_members().to_vec();
        for at in keyed.sorted(value, rules.descending) {
            let place = whose.get(at as usize).and_then(|group| places.get_mut(*group as usize));
            if let Some(place) = place {
                if let Some(member) = self.members.get_mut(*place) {
                    *member = at;
                }
                *place += 1;
            }
        }
        let (members, marks) = (&mut self.members, &self.marks);
        calm.settle(
            snapshot.number,
            rules,
            |change| {
                for (at, _) in marks.iter().enumerate().filter(|(_, open)| **open) {
                    members.get_mut(groups.range(at)).map(&mut *change);
                }
            },
            // Whoever came into another group finds its place there as whoever changed does.
            |seats, old| calm::take_in(&links, &Forest::default(), seats, old),
            value,
        );
    }

    /// Takes those in who have just ended.
    fn take_in(&mut self, snapshot: &Snapshot, dead: &[Line]) {
        for line in dead.iter().filter(|line| line.among == Among::Ended) {
            let proc = line.proc(snapshot).filter(|proc| !matches!(proc.task.kind, Kind::Thread(_)));
            let group = proc.and_then(|proc| self.named.get(&self.by.of(proc)));
            if let Some(group) = group {
                self.ended.entry(*group).or_default().push(*line);
            }
        }
    }

    /// Appends the rows of the members of the group at `at`.
    fn put_members(
        &self,
        snapshot: &Snapshot,
        rules: &Rules<'_>,
        groups: &Groups,
        at: u32,
        lines: &mut Vec<Line>,
    ) {
        let members = self.members.get(groups.range(at as usize)).unwrap_or(&[]);
        let below = members.iter().map(|at| Line { at: *at, depth: 1, ..Line::default() });
        let from = lines.len();
        match self.ended.get(&at) {
            None => lines.extend(below),
            Some(ended) => {
                let mut below: Vec<Line> = below.collect();
                insert_in_list(snapshot, rules, ended, &mut below);
                lines.extend(below.into_iter().map(|line| Line { depth: 1, last: false, ..line }));
            }
        }
        if let Some(last) = lines.get_mut(from..).and_then(<[Line]>::last_mut) {
            last.last = true;
        }
    }
}
