//! Who belongs: which of those who are there are reached by an order, besides the ones that were pinned. Pure.
//!
//! A child belongs by its parent. One whose parent has ended is somebody else's child by then (init's, or a subreaper's:
//! PR_SET_CHILD_SUBREAPER(2const)), but it keeps its process group and its session, whose numbers are the pids of those
//! who made them and are not given out again as long as somebody is in there. So an orphan belongs if one of us made
//! its group or session. That somebody is an orphan is seen from its session, which a child has from its parent: if it
//! has another one and did not make it, it has got a new parent. Without that rule the neighbour in a pipeline would
//! belong, for `a` makes the group of `a | b`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::model::{Pid, ProcId};

use super::census::Row;

/// So many generations of orphans are followed in one reading; the next one goes on.
const MOST_ROUNDS: u32 = 8;

/// What makes somebody belong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bond {
    /// To be a descendant.
    Descent,
    /// To be in this process group.
    Group(u32),
    /// To be in this session.
    Session(u32),
    /// To be among those that are asked about.
    Presence,
}

/// Those who belong, as far as they have been seen.
pub(in crate::control) struct Family {
    bond: Bond,
    known: BTreeMap<Pid, Kin>,
    /// Who is never added, though their descendants may be: ourselves, our ancestors and init.
    spared: BTreeSet<Pid>,
    /// Who was seen to adopt one of us.
    adopters: BTreeSet<u32>,
    /// One of the first was started by init itself, whose children are not all adopted, then.
    of_init: bool,
}

#[derive(Clone, Copy)]
struct Kin {
    start_time: u64,
    parent: u32,
}

impl Family {
    pub(super) fn new(bond: Bond, spared: BTreeSet<Pid>) -> Family {
        Family { bond, known: BTreeMap::new(), spared, adopters: BTreeSet::new(), of_init: false }
    }

    /// Takes in one that was chosen, which is alive and is as `row` says.
    pub(super) fn welcome(&mut self, row: &Row) {
        if self.has(row.id) {
            return;
        }
        self.of_init |= row.parent == Pid::INIT.get();
        self.known.insert(row.id.pid, Kin { start_time: row.id.start_time, parent: row.parent });
    }

    /// Whether this very process is one of us.
    pub(super) fn has(&self, id: ProcId) -> bool {
        self.known.get(&id.pid).is_some_and(|kin| kin.start_time == id.start_time)
    }

    /// The one of us that has this pid, or had it.
    pub(super) fn named(&self, pid: u32) -> Option<ProcId> {
        let pid = Pid::new(pid)?;
        self.known.get(&pid).map(|kin| ProcId { pid, start_time: kin.start_time })
    }

    /// Whose rows are needed to find out who belongs: these with their descendants, and whoever is in a process group or
    /// a session of these numbers.
    pub(super) fn leads(&self) -> (Vec<ProcId>, BTreeSet<u32>) {
        let known = self.known.iter().map(|(&pid, kin)| ProcId { pid, start_time: kin.start_time });
        match self.bond {
            Bond::Descent => (known.collect(), self.known.keys().map(|pid| pid.get()).collect()),
            Bond::Group(number) | Bond::Session(number) => (Vec::new(), BTreeSet::from([number])),
            Bond::Presence => (Vec::new(), BTreeSet::new()),
        }
    }

    pub(super) fn is_spared(&self, pid: Pid) -> bool {
        self.spared.contains(&pid)
    }

    /// Whether one of those who are never added is among `rows`.
    pub(super) fn would_spare(&self, rows: &[Row]) -> bool {
        rows.iter().any(|row| self.is_spared(row.id.pid))
    }

    /// Takes in whoever of `rows`, which are ordered by pid, belongs and was not known, the dead too: they may have left
    /// children. Parents come before children.
    ///
    /// Two processes with one pid are not mistaken for one another: pids are given out in turn, so that one is not
    /// given out again while `/proc` is read once.
    pub(super) fn look(&mut self, rows: &[Row]) -> Vec<Row> {
        let mut new = Vec::new();
        match self.bond {
            Bond::Descent => self.descend(rows, &mut new),
            Bond::Group(group) => self.assemble(rows, |row| row.group == group, &mut new),
            Bond::Session(session) => self.assemble(rows, |row| row.session == session, &mut new),
            Bond::Presence => self.assemble(rows, |_| true, &mut new),
        }
        new
    }

    /// Those of a group, session or cgroup. Its number or name may be another one's by now; it is the one that was meant
    /// as long as one of us is in it.
    fn assemble(&mut self, rows: &[Row], belongs: impl Fn(&Row) -> bool, new: &mut Vec<Row>) {
        if rows.iter().any(|row| belongs(row) && self.has(row.id)) {
            for row in rows.iter().filter(|row| belongs(row)) {
                self.add(row, new);
            }
        }
    }

    fn add(&mut self, row: &Row, new: &mut Vec<Row>) {
        if !row.kernel && !self.is_spared(row.id.pid) && !self.has(row.id) {
            self.known.insert(row.id.pid, Kin { start_time: row.id.start_time, parent: row.parent });
            new.push(*row);
        }
    }

    fn descend(&mut self, rows: &[Row], new: &mut Vec<Row>) {
        let at = |pid: u32| {
            let place = rows.binary_search_by_key(&pid, |row| row.id.pid.get()).ok()?;
            rows.get(place).map(|row| (place, row))
        };
        let mut children: Vec<(u32, usize)> =
            rows.iter().enumerate().map(|(place, row)| (row.parent, place)).collect();
        children.sort_unstable();

        let mut inside = vec![false; rows.len()];
        let mut queue: VecDeque<usize> = VecDeque::new();
        let mut enter = |place: usize, queue: &mut VecDeque<usize>| {
            let Some(seen) = inside.get_mut(place).filter(|seen| !**seen) else { return false };
            *seen = true;
            queue.push_back(place);
            true
        };
        for (place, row) in rows.iter().enumerate() {
            if self.has(row.id) {
                enter(place, &mut queue);
                self.see_adoption(row);
            }
        }
        for _ in 0..MOST_ROUNDS {
            while let Some(parent) = queue.pop_front().and_then(|place| rows.get(place)) {
                let pid = parent.id.pid.get();
                let first = children.partition_point(|(of, _)| *of < pid);
                let own = children.get(first..).unwrap_or_default().iter().take_while(|(of, _)| *of == pid);
                for (place, row) in own.filter_map(|(_, place)| rows.get(*place).map(|row| (*place, row))) {
                    let is_younger = row.id.start_time >= parent.id.start_time;
                    if is_younger && !row.kernel && enter(place, &mut queue) {
                        self.add(row, new);
                    }
                }
            }
            for (place, row) in rows.iter().enumerate() {
                let parent = at(row.parent).map(|(_, parent)| parent);
                if !self.has(row.id)
                    && self.is_orphan_of_ours(row, parent, |pid| at(pid).map(|(_, row)| row.id))
                    && enter(place, &mut queue)
                {
                    self.add(row, new);
                }
            }
            if queue.is_empty() {
                break;
            }
        }
    }

    /// Remembers who became the parent of one of us after its own, one of us too, had ended.
    fn see_adoption(&mut self, row: &Row) {
        let Some(before) = self.known.get(&row.id.pid).map(|kin| kin.parent) else { return };
        if before == row.parent {
            return;
        }
        let ours = |pid: u32| Pid::new(pid).is_some_and(|pid| self.known.contains_key(&pid));
        if ours(before) && !ours(row.parent) {
            self.adopters.insert(row.parent);
        }
        if let Some(kin) = self.known.get_mut(&row.id.pid) {
            kin.parent = row.parent;
        }
    }

    /// Whether `row`, whose parent is not one of us, was a child of one of us that ended. `now` says who has a pid now.
    fn is_orphan_of_ours(
        &self,
        row: &Row,
        parent: Option<&Row>,
        now: impl Fn(u32) -> Option<ProcId>,
    ) -> bool {
        if row.kernel || self.is_spared(row.id.pid) {
            return false;
        }
        let made_by_us = |number: u32| {
            number != row.id.pid.get()
                && self.named(number).is_some_and(|maker| {
                    // The number is somebody else's where that one has its pid and is not the one we know.
                    maker.start_time <= row.id.start_time && now(number).is_none_or(|id| id == maker)
                })
        };
        if !made_by_us(row.group) && !made_by_us(row.session) {
            return false;
        }
        // It ended while this was read; 0 is somebody outside our pid namespace.
        let Some(parent) = parent else { return row.parent != 0 };
        let from_outside = parent.session != row.session && row.session != row.id.pid.get();
        from_outside
            || self.adopters.contains(&row.parent)
            || (row.parent == Pid::INIT.get() && !self.of_init)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// pid, parent, group, session; the pids are the start times too.
    fn rows(all: &[(u32, u32, u32, u32)]) -> Vec<Row> {
        let mut rows: Vec<Row> = all
            .iter()
            .map(|&(pid, parent, group, session)| Row {
                id: ProcId::new(pid, u64::from(pid)).unwrap(),
                state: b'S',
                parent,
                group,
                session,
                threads: 1,
                kernel: false,
            })
            .collect();
        rows.sort_by_key(|row| row.id.pid);
        rows
    }

    fn pids(rows: &[Row]) -> Vec<u32> {
        rows.iter().map(|row| row.id.pid.get()).collect()
    }

    /// Who is found beside `first`.
    fn found(bond: Bond, spared: &[u32], first: &[u32], rows: &[Row]) -> Vec<u32> {
        let mut family = Family::new(bond, spared.iter().filter_map(|&pid| Pid::new(pid)).collect());
        rows.iter().filter(|row| first.contains(&row.id.pid.get())).for_each(|row| family.welcome(row));
        let new = family.look(rows);
        assert_eq!(pids(&family.look(rows)), [] as [u32; 0], "nobody is new twice");
        pids(&new)
    }

    #[test]
    fn descendants_belong_and_parents_come_first() {
        let rows = rows(&[
            (1, 0, 1, 1),
            (50, 1, 50, 50),
            (90, 50, 90, 50),
            (95, 90, 90, 50),
            (60, 95, 90, 50),
            (97, 95, 97, 97),
            (99, 50, 99, 50),
        ]);
        // 60 is older than the parent it names.
        assert_eq!(found(Bond::Descent, &[1], &[90], &rows), [95, 97]);
        assert_eq!(found(Bond::Descent, &[1], &[50], &rows), [90, 99, 95, 97]);
    }

    #[test]
    fn the_spared_are_not_added_but_what_is_below_them_is() {
        let rows = rows(&[(1, 0, 1, 1), (50, 1, 50, 50), (60, 50, 60, 50), (70, 60, 70, 50)]);
        assert_eq!(found(Bond::Descent, &[1, 50, 60], &[50], &rows), [70]);
        assert_eq!(found(Bond::Session(50), &[1, 50, 60], &[70], &rows), [] as [u32; 0]);
    }

    #[test]
    fn orphans_belong_by_their_group_and_neighbours_in_a_pipeline_do_not() {
        // The shell 50 runs `90 | 91`; 90 has forked one that ended before its child 95.
        let all = rows(&[
            (1, 0, 1, 1),
            (50, 1, 50, 50),
            (90, 50, 90, 50),
            (91, 50, 90, 50),
            (95, 1, 90, 50),
            (96, 95, 96, 96),
        ]);
        assert_eq!(found(Bond::Descent, &[1], &[90], &all), [95, 96]);
        // One who made its own session cannot be told from others that init adopted.
        let all = rows(&[(1, 0, 1, 1), (50, 1, 50, 50), (90, 50, 90, 50), (95, 1, 95, 95)]);
        assert_eq!(found(Bond::Descent, &[1], &[90], &all), [] as [u32; 0]);
        // The group of a stranger says nothing.
        let all = rows(&[(1, 0, 1, 1), (90, 1, 90, 90), (91, 90, 90, 90), (95, 1, 90, 90)]);
        assert_eq!(found(Bond::Descent, &[1], &[91], &all), [] as [u32; 0]);
    }

    #[test]
    fn where_init_is_the_shell_its_pipelines_are_left_alone() {
        let all = rows(&[(1, 0, 1, 1), (90, 1, 90, 1), (91, 1, 90, 1)]);
        assert_eq!(found(Bond::Descent, &[1], &[90], &all), [] as [u32; 0]);
        // Until it is seen to adopt one of ours.
        let mut family = Family::new(Bond::Descent, BTreeSet::from([Pid::INIT]));
        let before = rows(&[(1, 0, 1, 1), (90, 1, 90, 1), (92, 90, 90, 1), (93, 92, 90, 1)]);
        family.welcome(&before[1]);
        assert_eq!(pids(&family.look(&before)), [92, 93]);
        let after = rows(&[(1, 0, 1, 1), (90, 1, 90, 1), (93, 1, 90, 1), (94, 1, 90, 1)]);
        assert_eq!(pids(&family.look(&after)), [94]);
    }

    #[test]
    fn a_group_whose_number_was_given_to_somebody_else_is_not_ours() {
        let mut family = Family::new(Bond::Descent, BTreeSet::new());
        let before = rows(&[(1, 0, 1, 1), (50, 1, 50, 50), (90, 50, 90, 90)]);
        family.welcome(&before[2]);
        family.look(&before);
        let mut after = rows(&[(1, 0, 1, 1), (50, 1, 50, 50), (90, 50, 90, 90), (95, 1, 90, 90)]);
        after[2].id.start_time = 94;
        assert_eq!(pids(&family.look(&after)), [] as [u32; 0]);
        after.remove(2);
        assert_eq!(pids(&family.look(&after)), [95]);
    }

    #[test]
    fn groups_and_sessions_are_believed_while_one_of_ours_is_in_them() {
        let all = rows(&[(1, 0, 1, 1), (50, 1, 50, 50), (90, 50, 90, 50), (91, 50, 90, 50)]);
        assert_eq!(found(Bond::Group(90), &[1], &[91], &all), [90]);
        assert_eq!(found(Bond::Session(50), &[1], &[91], &all), [50, 90]);
        assert_eq!(found(Bond::Group(90), &[1], &[50], &all), [] as [u32; 0]);
        assert_eq!(found(Bond::Presence, &[1], &[91], &all[1..]), [50, 90]);
    }
}
