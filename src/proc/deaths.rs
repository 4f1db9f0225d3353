//! Those of whom only their end was heard: forked since the look before, and gone before this one.

use std::collections::HashMap;
use std::sync::Arc;

use super::clock;
use super::events::{Death, Name};
use super::known::{Known, find};
use crate::model::{Pid, ShortLived, Untrusted};

/// How many generations of those that died together are climbed to find a parent that is known.
const GENERATIONS: usize = 32;

/// Those whose end was heard, and what is still owed to them.
#[derive(Default)]
pub(super) struct Dead {
    /// Zombies at the look before, which were to join the known ones then. If they did not come to it, because they
    /// were reaped at that moment, they are counted now.
    zombies: Vec<Death>,
}

impl Dead {
    /// Sorts the dead: whoever still has a clock is a zombie and joins `newcomers`; whoever was known, or is in
    /// `buried` (ordered), has been seen and is no news; the others were short-lived, and are counted by parent and
    /// name.
    ///
    /// `known`, ordered by pid, must be as the look before left it, so that those that ended since have their names.
    pub(super) fn sort(
        &mut self,
        deaths: &[Death],
        known: &[Known],
        buried: &[Pid],
        newcomers: &mut Vec<Pid>,
    ) -> Vec<ShortLived> {
        if deaths.is_empty() && self.zombies.is_empty() {
            return Vec::new();
        }
        let before = std::mem::take(&mut self.zombies);
        let all = || before.iter().chain(deaths);
        let parents: HashMap<Pid, Option<Pid>> = all().map(|death| (death.pid, death.parent)).collect();
        let mut counts: HashMap<(Option<Pid>, Name), u32> = HashMap::new();
        for death in all() {
            if find(known, death.pid).is_some() || buried.binary_search(&death.pid).is_ok() {
                continue;
            }
            if clock::cpu(death.pid).is_some() {
                newcomers.push(death.pid);
                self.zombies.push(*death);
                continue;
            }
            *counts.entry((known_parent(death.parent, known, &parents), death.name)).or_insert(0) += 1;
        }
        let mut rows: Vec<ShortLived> = counts
            .into_iter()
            .map(|((parent, name), count)| ShortLived { parent, name: in_words(name, known), count })
            .collect();
        // The order of a map is nobody's.
        rows.sort_by(|a, b| (a.parent, b.count, a.name.as_ref()).cmp(&(b.parent, a.count, b.name.as_ref())));
        rows
    }
}

/// The nearest forebear that is known, over those that died as well.
fn known_parent(parent: Option<Pid>, known: &[Known], dead: &HashMap<Pid, Option<Pid>>) -> Option<Pid> {
    let up = |pid: &Pid| dead.get(pid).copied().flatten();
    std::iter::successors(parent, up).take(GENERATIONS).find(|pid| find(known, *pid).is_some())
}

fn in_words(name: Name, known: &[Known]) -> Option<Arc<Untrusted>> {
    match name {
        Name::Of(pid) => {
            find(known, pid).and_then(|at| known.get(at)).map(|known| Arc::clone(&known.task.comm))
        }
        Name::Read(comm) => Some(Arc::new(Untrusted::new(comm.bytes()))),
        Name::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProcId;

    fn pid(n: u32) -> Pid {
        Pid::new(n).unwrap()
    }

    /// Pids that no kernel gives out, so that nobody has a clock.
    const FAR: u32 = 1 << 28;

    #[test]
    fn the_dead_are_counted_by_parent_and_name() {
        let mut shell = Known::new(ProcId::new(FAR, 1).unwrap(), None);
        shell.change(1, |task| task.comm = Arc::new("bash".into()));
        let known = [shell];
        let dead =
            |n: u32, parent: u32, name| Death { pid: pid(FAR + n), parent: Some(pid(FAR + parent)), name };
        let (of_shell, unknown) = (Name::Of(pid(FAR)), Name::Unknown);
        let deaths = [
            dead(1, 0, of_shell),
            dead(2, 0, unknown),
            dead(3, 2, unknown), // its parent died as well
            dead(4, 9, unknown), // nobody knows its parent
            dead(5, 0, of_shell),
            dead(0, 8, of_shell), // was known itself
            dead(7, 0, of_shell), // was seen to have ended before its end was told
        ];
        let mut newcomers = Vec::new();
        let rows = Dead::default().sort(&deaths, &known, &[pid(FAR + 7)], &mut newcomers);
        let row = |row: &ShortLived| (row.parent.is_some(), row.name.as_ref().map(|n| n.show(9)), row.count);
        let mut rows: Vec<_> = rows.iter().map(row).collect();
        rows.sort();
        assert_eq!(rows, [(false, None, 1), (true, None, 2), (true, Some("bash".into()), 2)]);
        assert!(newcomers.is_empty());
    }

    #[test]
    fn whoever_still_has_a_clock_is_there() {
        let me = Death { pid: pid(std::process::id()), parent: None, name: Name::Unknown };
        let mut newcomers = Vec::new();
        let mut dead = Dead::default();
        assert!(dead.sort(&[me], &[], &[], &mut newcomers).is_empty());
        assert_eq!(newcomers, [me.pid]);
        // It was met then: nothing is owed.
        let known = [Known::new(ProcId { pid: me.pid, start_time: 1 }, None)];
        assert!(dead.sort(&[], &known, &[], &mut newcomers).is_empty());
        assert!(dead.zombies.is_empty());
    }

    #[test]
    fn a_zombie_that_was_reaped_before_it_could_be_met_is_counted() {
        let gone = Death { pid: pid(FAR), parent: None, name: Name::Unknown };
        let mut dead = Dead { zombies: vec![gone] };
        let rows = dead.sort(&[], &[], &[], &mut Vec::new());
        assert_eq!(rows.iter().map(|row| row.count).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn circles_of_the_dead_end() {
        let dead = |n: u32, parent: u32| Death {
            pid: pid(FAR + n),
            parent: Some(pid(FAR + parent)),
            name: Name::Unknown,
        };
        let rows = Dead::default().sort(&[dead(1, 2), dead(2, 1)], &[], &[], &mut Vec::new());
        assert_eq!(rows.iter().map(|row| (row.parent, row.count)).collect::<Vec<_>>(), [(None, 2)]);
    }
}
