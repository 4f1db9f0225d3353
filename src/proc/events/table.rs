//! What the events come to: who was born, who executed something else, who ended. Pure: no files, no clocks.

use std::collections::HashMap;

use super::{Comm, Death, Name};
use crate::model::Pid;

/// Processes one generation of the table holds; two are kept.
const GENERATION: usize = 32 << 10;

/// Places for so many processes are kept, needed or not.
const SPARE: usize = 4 << 10;

/// Most births, most execs and most deaths kept until somebody takes them.
const UNTAKEN: usize = 32 << 10;

/// One event, with the name where it is an exec and the name could be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fact {
    /// A process began (`thread` false) or a thread in it.
    Forked { parent: Option<Pid>, process: Pid, thread: bool },
    /// A process executed another program.
    Executed { process: Pid, name: Option<Comm> },
    /// A thread ended; `first` where it is the one whose number the process has.
    Exited { process: Pid, first: bool, parent: Option<Pid> },
}

/// What is remembered of a process until it ends.
#[derive(Clone, Copy, Debug)]
struct Entry {
    parent: Option<Pid>,
    name: Name,
    /// Threads that have begun and not ended; 0 where they were not counted from the start.
    threads: u32,
    /// Whether its first thread has ended and others, uncounted, were left.
    headless: bool,
    /// Where it stands among the births and among the execs, if in this interval.
    birth: Place,
    exec: Place,
}

/// A place in a list of the interval `since`; those of earlier intervals mean nothing.
#[derive(Clone, Copy, Default, Debug)]
struct Place {
    interval: u32,
    at: u32,
}

impl Entry {
    fn new(parent: Option<Pid>, name: Name, threads: u32) -> Entry {
        Entry { parent, name, threads, headless: false, birth: Place::default(), exec: Place::default() }
    }
}

/// The processes born since somebody listens, and what happened in this interval: since [`Table::take`].
///
/// Bounded: at most two generations of processes are remembered. When the younger is full, the older is forgotten;
/// those in it are the processes that were there long before, which whoever lists them knows better.
#[derive(Debug)]
pub(super) struct Table {
    young: HashMap<Pid, Entry>,
    old: HashMap<Pid, Entry>,
    interval: u32,
    /// `None` where the process has ended meanwhile.
    births: Vec<Option<Pid>>,
    execs: Vec<Option<Pid>>,
    deaths: Vec<Death>,
}

impl Default for Table {
    fn default() -> Table {
        // Place::default() is of an interval that never was.
        Table {
            young: HashMap::new(),
            old: HashMap::new(),
            interval: 1,
            births: Vec::new(),
            execs: Vec::new(),
            deaths: Vec::new(),
        }
    }
}

/// Adds to a list of this interval; `None` when it is full.
fn put(list: &mut Vec<Option<Pid>>, interval: u32, pid: Pid) -> Option<Place> {
    if list.len() >= UNTAKEN {
        return None;
    }
    list.push(Some(pid));
    Some(Place { interval, at: list.len() as u32 - 1 })
}

/// Takes somebody off a list again, if he is on it.
fn strike(list: &mut [Option<Pid>], interval: u32, place: Place) {
    if let Some(entry) = list.get_mut(place.at as usize).filter(|_| place.interval == interval) {
        *entry = None;
    }
}

/// That something had to be left out, because nobody took what was there before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Overfull;

impl Table {
    fn get(&mut self, pid: Pid) -> Option<&mut Entry> {
        self.young.get_mut(&pid).or_else(|| self.old.get_mut(&pid))
    }

    fn insert(&mut self, pid: Pid, entry: Entry) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(pid, entry);
    }

    /// Takes in one fact. Where it takes a look at `/proc` to know whether a process has ended, because its threads
    /// were not counted, its pid is added to `doubts`: see [`Table::settle`].
    pub(super) fn note(&mut self, fact: Fact, doubts: &mut Vec<Pid>) -> Result<(), Overfull> {
        match fact {
            Fact::Forked { process, thread: true, .. } => {
                if let Some(entry) = self.get(process).filter(|entry| entry.threads > 0) {
                    entry.threads += 1;
                }
                Ok(())
            }
            Fact::Forked { parent, process, thread: false } => self.born(process, parent),
            Fact::Executed { process, name } => self.executed(process, name),
            Fact::Exited { process, first, parent } => {
                let Some(entry) = self.get(process) else {
                    if first {
                        self.insert(process, Entry::new(parent, Name::Of(process), 0));
                        doubts.push(process);
                    }
                    return Ok(());
                };
                match entry.threads {
                    0 if first => {
                        entry.parent = entry.parent.or(parent);
                        doubts.push(process);
                    }
                    0 if entry.headless => doubts.push(process),
                    0 => {}
                    1 => return self.ended(process),
                    _ => entry.threads -= 1,
                }
                Ok(())
            }
        }
    }

    /// What a look at `/proc` said about somebody in doubt: whether it goes on.
    pub(super) fn settle(&mut self, pid: Pid, alive: bool) -> Result<(), Overfull> {
        match self.get(pid).filter(|entry| entry.threads == 0) {
            // The doubt was about somebody who had the number before.
            None => Ok(()),
            Some(_) if !alive => self.ended(pid),
            Some(entry) => {
                entry.headless = true;
                Ok(())
            }
        }
    }

    fn born(&mut self, pid: Pid, parent: Option<Pid>) -> Result<(), Overfull> {
        // Whoever had the number has ended, though it was not heard.
        let before = self.ended(pid);
        let name = match parent {
            None => Name::Unknown,
            Some(parent) => match self.get(parent).map(|entry| entry.name) {
                None => Name::Of(parent),
                Some(name) => name,
            },
        };
        let mut entry = Entry::new(parent, name, 1);
        let place = put(&mut self.births, self.interval, pid);
        entry.birth = place.unwrap_or_default();
        self.insert(pid, entry);
        place.ok_or(Overfull).and(before)
    }

    fn executed(&mut self, pid: Pid, name: Option<Comm>) -> Result<(), Overfull> {
        let name = name.map_or(Name::Unknown, Name::Read);
        let interval = self.interval;
        if self.get(pid).is_none() {
            self.insert(pid, Entry::new(None, name, 0));
        }
        let Some(entry) = self.get(pid) else { return Ok(()) };
        entry.name = name;
        if entry.birth.interval == interval || entry.exec.interval == interval {
            return Ok(());
        }
        let place = put(&mut self.execs, interval, pid);
        if let (Some(entry), Some(place)) = (self.get(pid), place) {
            entry.exec = place;
        }
        place.map(|_| ()).ok_or(Overfull)
    }

    fn ended(&mut self, pid: Pid) -> Result<(), Overfull> {
        let Some(entry) = self.young.remove(&pid).or_else(|| self.old.remove(&pid)) else { return Ok(()) };
        strike(&mut self.births, self.interval, entry.birth);
        strike(&mut self.execs, self.interval, entry.exec);
        if self.deaths.len() >= UNTAKEN {
            return Err(Overfull);
        }
        self.deaths.push(Death { pid, parent: entry.parent, name: entry.name });
        Ok(())
    }

    /// Forgets who is there: something was not heard, so nothing of it is sure. What happened before stays to be
    /// taken.
    pub(super) fn forget(&mut self) {
        self.young.clear();
        self.old.clear();
    }

    /// Ends the interval: what happened in it replaces what is in the three lists.
    pub(super) fn take(&mut self, births: &mut Vec<Pid>, execs: &mut Vec<Pid>, deaths: &mut Vec<Death>) {
        births.clear();
        births.extend(self.births.drain(..).flatten());
        execs.clear();
        execs.extend(self.execs.drain(..).flatten());
        deaths.clear();
        std::mem::swap(&mut self.deaths, deaths);
        // After a storm.
        for map in [&mut self.young, &mut self.old] {
            if map.capacity() > SPARE && map.len() < map.capacity() / 8 {
                map.shrink_to(map.len() * 2);
            }
        }
        // 0 is the interval that never was.
        self.interval = self.interval.wrapping_add(1).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pid(n: u32) -> Pid {
        Pid::new(n).unwrap()
    }

    fn fork(parent: u32, process: u32) -> Fact {
        Fact::Forked { parent: Pid::new(parent), process: pid(process), thread: false }
    }

    fn thread(process: u32) -> Fact {
        Fact::Forked { parent: None, process: pid(process), thread: true }
    }

    fn comm(name: &str) -> Comm {
        Comm::parse(name.as_bytes())
    }

    fn exec(process: u32, name: &str) -> Fact {
        Fact::Executed { process: pid(process), name: (!name.is_empty()).then(|| comm(name)) }
    }

    fn exit(process: u32) -> Fact {
        Fact::Exited { process: pid(process), first: true, parent: Some(pid(9)) }
    }

    fn thread_exit(process: u32) -> Fact {
        Fact::Exited { process: pid(process), first: false, parent: None }
    }

    fn death(process: u32, parent: u32, name: Name) -> Death {
        Death { pid: pid(process), parent: Pid::new(parent), name }
    }

    #[derive(Default)]
    struct Told {
        table: Table,
        doubts: Vec<Pid>,
        births: Vec<Pid>,
        execs: Vec<Pid>,
        deaths: Vec<Death>,
    }

    impl Told {
        fn tell(&mut self, facts: &[Fact]) -> &mut Told {
            for fact in facts {
                self.table.note(*fact, &mut self.doubts).unwrap();
            }
            self.table.take(&mut self.births, &mut self.execs, &mut self.deaths);
            self
        }
    }

    #[test]
    fn a_life_between_two_calls_is_a_death_only() {
        let mut told = Told::default();
        told.tell(&[fork(1, 20), exec(20, "make"), exit(20)]);
        assert_eq!((told.births.len(), told.execs.len()), (0, 0));
        assert_eq!(told.deaths, [death(20, 1, Name::Read(comm("make")))]);
        told.tell(&[]);
        assert_eq!(told.deaths, []);
    }

    #[test]
    fn a_storm_leaves_no_room_behind() {
        let mut told = Told::default();
        for n in 1..=20_000 {
            told.table.note(fork(1, n), &mut told.doubts).unwrap();
        }
        for n in 100..=20_000 {
            told.table.note(exit(n), &mut told.doubts).unwrap();
        }
        told.tell(&[]);
        assert!(told.table.young.capacity() <= SPARE, "{}", told.table.young.capacity());
        told.tell(&[exit(50)]);
        assert_eq!(told.deaths, [death(50, 1, Name::Of(pid(1)))]);
    }

    #[test]
    fn a_life_over_three_calls_is_told_once_each() {
        let mut told = Told::default();
        told.tell(&[fork(1, 21), fork(1, 20), exec(21, "sh")]);
        assert_eq!(
            (&told.births[..], &told.execs[..], &told.deaths[..]),
            (&[pid(21), pid(20)][..], &[][..], &[][..])
        );
        told.tell(&[exec(20, "a"), exec(20, "b"), exec(7, "old")]);
        assert_eq!((&told.births[..], &told.execs[..]), (&[][..], &[pid(20), pid(7)][..]));
        told.tell(&[exit(20), exec(21, ""), exit(21)]);
        assert_eq!((told.births.len(), told.execs.len()), (0, 0));
        assert_eq!(told.deaths, [death(20, 1, Name::Read(comm("b"))), death(21, 1, Name::Unknown)]);
    }

    #[test]
    fn who_executes_nothing_has_the_name_it_was_forked_with() {
        let mut told = Told::default();
        told.tell(&[fork(5, 20), fork(20, 21), exec(20, "sh"), fork(20, 22), exit(21), exit(22)]);
        assert_eq!(told.deaths, [death(21, 20, Name::Of(pid(5))), death(22, 20, Name::Read(comm("sh")))]);
        // One that was there before, and executes what could not be read in time.
        told.tell(&[exec(6, ""), fork(6, 30), exit(30)]);
        assert_eq!(told.deaths, [death(30, 6, Name::Unknown)]);
    }

    #[test]
    fn a_number_given_out_again_is_another_process() {
        let mut told = Told::default();
        told.tell(&[fork(1, 20), exec(20, "a"), exit(20), fork(2, 20), exit(20), fork(3, 20)]);
        assert_eq!(told.births, [pid(20)]);
        assert_eq!(told.deaths, [death(20, 1, Name::Read(comm("a"))), death(20, 2, Name::Of(pid(2)))]);
        // The end of the one before was not heard.
        told.tell(&[fork(4, 20)]);
        assert_eq!(
            (&told.births[..], &told.deaths[..]),
            (&[pid(20)][..], &[death(20, 3, Name::Of(pid(3)))][..])
        );
    }

    #[test]
    fn a_process_ends_with_its_last_thread() {
        let mut told = Told::default();
        told.tell(&[fork(1, 20), thread(20), thread(20), exit(20), thread_exit(20)]);
        assert_eq!((&told.births[..], told.deaths.len()), (&[pid(20)][..], 0));
        // The thread that is left executes something, and is then the first itself.
        told.tell(&[exec(20, "runc"), exit(20)]);
        assert_eq!(told.deaths, [death(20, 1, Name::Read(comm("runc")))]);
        assert!(told.doubts.is_empty());
    }

    #[test]
    fn the_end_of_one_who_was_there_before_is_asked_for() {
        let mut told = Told::default();
        told.tell(&[thread(6), thread_exit(6), thread_exit(7), exit(6)]);
        assert_eq!((&told.doubts[..], told.deaths.len()), (&[pid(6)][..], 0));
        told.table.settle(pid(6), false).unwrap();
        assert_eq!(told.tell(&[]).deaths, [death(6, 9, Name::Of(pid(6)))]);
        // Its first thread ends and others are left: every further end raises the question again.
        told.doubts.clear();
        told.tell(&[exec(8, "java"), exit(8)]);
        told.table.settle(pid(8), true).unwrap();
        assert_eq!(told.tell(&[thread_exit(8)]).doubts, [pid(8), pid(8)]);
        assert_eq!(told.deaths, []);
        told.table.settle(pid(8), false).unwrap();
        assert_eq!(told.tell(&[]).deaths, [death(8, 9, Name::Read(comm("java")))]);
    }

    #[test]
    fn a_doubt_is_about_nobody_born_later() {
        let mut told = Told::default();
        told.tell(&[exit(6), fork(1, 6)]);
        assert_eq!(
            (&told.births[..], &told.deaths[..]),
            (&[pid(6)][..], &[death(6, 9, Name::Of(pid(6)))][..])
        );
        told.table.settle(pid(6), false).unwrap();
        assert_eq!(told.tell(&[]).deaths, []);
    }

    #[test]
    fn what_nobody_takes_is_bounded_and_said_to_be_missing() {
        let (mut table, mut doubts) = (Table::default(), Vec::new());
        let mut full = 0;
        for n in 1..100_000 {
            full += u32::from(table.note(fork(1, n + 1), &mut Vec::new()).is_err());
        }
        assert_eq!(full as usize, 99_999 - UNTAKEN);
        assert!(table.young.len() + table.old.len() <= 2 * GENERATION);
        for n in 1..100_000 {
            let _ = table.note(exit(n + 1), &mut doubts);
            for doubt in doubts.drain(..) {
                let _ = table.settle(doubt, false);
            }
        }
        let (mut births, mut deaths) = (Vec::new(), Vec::new());
        table.take(&mut births, &mut Vec::new(), &mut deaths);
        assert_eq!(deaths.len(), UNTAKEN);
        assert!(births.len() <= UNTAKEN && table.births.is_empty());
        // And afterwards it goes on as ever.
        table.note(fork(1, 5), &mut Vec::new()).unwrap();
        table.take(&mut births, &mut Vec::new(), &mut deaths);
        assert_eq!((births, deaths), (vec![pid(5)], vec![]));
    }

    #[test]
    fn after_a_loss_nobody_is_known() {
        let mut told = Told::default();
        told.tell(&[fork(1, 20), exec(20, "a")]);
        told.table.forget();
        told.tell(&[exit(20)]);
        assert_eq!((told.deaths.len(), &told.doubts[..]), (0, &[pid(20)][..]));
        told.table.settle(pid(20), false).unwrap();
        assert_eq!(told.tell(&[]).deaths, [death(20, 9, Name::Of(pid(20)))]);
    }

    fn any_fact() -> impl Strategy<Value = Fact> {
        (0u32..6, 1u32..8, 1u32..8).prop_map(|(kind, process, parent)| match kind {
            0 => fork(parent, process),
            1 => thread(process),
            2 => exec(process, "x"),
            3 => thread_exit(process),
            _ => exit(process),
        })
    }

    proptest! {
        #[test]
        fn births_and_deaths_balance(
            intervals in prop::collection::vec(prop::collection::vec(any_fact(), 0..30), 1..6),
        ) {
            // Whatever comes in whatever order: nobody is born who is alive, nobody dies alive twice, and who is on
            // a list of the living is not among the dead of the same call unless the number was used again.
            let mut told = Told::default();
            let mut alive = std::collections::HashSet::new();
            for facts in intervals {
                let forks = |n: Pid| facts.iter().filter(|fact| {
                    matches!(fact, Fact::Forked { process, thread: false, .. } if *process == n)
                }).count();
                told.tell(&facts);
                for death in &told.deaths {
                    let known = alive.remove(&death.pid) || forks(death.pid) > 0;
                    prop_assert!(known, "{} died and had not lived", death.pid);
                }
                for birth in &told.births {
                    prop_assert!(forks(*birth) > 0);
                    prop_assert!(alive.insert(*birth), "{birth} was born twice");
                }
                prop_assert!(told.execs.iter().all(|exec| !told.births.contains(exec)));
                let mut once = told.execs.clone();
                once.sort_unstable();
                once.dedup();
                prop_assert_eq!(once.len(), told.execs.len());
            }
        }
    }
}
