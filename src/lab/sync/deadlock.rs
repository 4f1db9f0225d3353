//! Locks that know who waits for them, and a watch that finds a circle of workers which wait for each other.
//!
//! A deadlock is a circle in the graph of who waits for whom (Coffman, Elphick and Shoshani 1971). Here every worker
//! says which lock it wants and every lock who holds it, so the circle is read off. The kernel is the second witness:
//! `/proc/TID/syscall` has the address at which a thread sleeps in futex(2).

use std::fs;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use super::super::board::{Board, SLOTS, Word};
use super::super::pulse::{Pulse, now_ns};
use super::super::scene::Scene;
use super::{Cells, Mutex, Stopping};

/// Locks that are counted from 0 here and from 1 for users.
pub(in super::super) struct Locks<'a> {
    locks: Vec<Mutex<'a>>,
    /// For each worker the lock that it waits for, from 1; 0 for none.
    wanted: &'a [AtomicU64],
}

impl<'a> Locks<'a> {
    /// So many free locks.
    pub(in super::super) fn new(cells: &mut Cells<'a>, count: usize) -> Locks<'a> {
        let wanted = cells.many(SLOTS);
        Locks { locks: (0..count).map(|_| Mutex::new(cells)).collect(), wanted }
    }

    /// Takes a lock, and waits for it where another has it. One that is not there is free for all.
    ///
    /// # Errors
    /// [`Stopping`]; it is not held then.
    pub(in super::super) fn lock(&self, which: usize, pulse: &mut Pulse) -> Result<(), Stopping> {
        self.lock_until(which, u64::MAX, pulse).map(drop)
    }

    /// The same, but waits only until then, nanoseconds of the run's clock; says whether it is held.
    ///
    /// # Errors
    /// [`Stopping`]; it is not held then.
    pub(in super::super) fn lock_until(
        &self,
        which: usize,
        until: u64,
        pulse: &mut Pulse,
    ) -> Result<bool, Stopping> {
        let Some(lock) = self.locks.get(which) else { return Ok(true) };
        if lock.try_lock(pulse) {
            return Ok(true);
        }
        let wanted = self.wanted.get(pulse.number() as usize - 1);
        let want = |lock| wanted.into_iter().for_each(|wanted| wanted.store(lock, Release));
        want(which as u64 + 1);
        let got = lock.lock_until(until, pulse);
        want(0);
        got
    }

    /// Releases a lock. Only its holder may.
    pub(in super::super) fn unlock(&self, which: usize) {
        self.locks.get(which).into_iter().for_each(Mutex::unlock);
    }

    /// Number of the worker that holds it.
    pub(in super::super) fn owner(&self, which: usize) -> Option<u32> {
        self.locks.get(which).and_then(Mutex::owner)
    }

    /// The circle of those who wait for each other, if there is one.
    fn circle(&self) -> Option<Vec<Link>> {
        let wants = |worker: u32| {
            let wanted = self.wanted.get(worker as usize - 1)?.load(Acquire);
            Some(usize::try_from(wanted.checked_sub(1)?).unwrap_or(usize::MAX))
        };
        circle(1..=self.wanted.len() as u32, wants, |lock| self.owner(lock))
    }

    /// Whether the kernel says that this worker sleeps at the lock it wants; `None` where it says nothing.
    fn is_asleep_at(&self, link: &Link, board: &Board) -> Option<bool> {
        let slot = link.worker as usize - 1;
        let [pid, tid] = [Word::Pid, Word::Tid].map(|word| board.slot(slot, word).load(Relaxed));
        // "202 0x7f… …": number of the call and its arguments; the board is at the same address in every process of
        // the run, because all are forked from the one that mapped it.
        let line = fs::read_to_string(format!("/proc/{pid}/task/{tid}/syscall")).ok()?;
        let address = line.split_ascii_whitespace().nth(1)?.strip_prefix("0x")?;
        let lock = self.locks.get(link.lock)?;
        Some(usize::from_str_radix(address, 16).ok()?.abs_diff(lock.address()) < size_of::<u64>())
    }
}

/// One in a circle: `worker` waits for `lock`, which the next one holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Link {
    worker: u32,
    lock: usize,
}

/// Follows who waits for whom; the circle begins with the smallest number in it.
fn circle(
    workers: impl Iterator<Item = u32>,
    wants: impl Fn(u32) -> Option<usize>,
    owner: impl Fn(usize) -> Option<u32>,
) -> Option<Vec<Link>> {
    for first in workers {
        let mut way: Vec<Link> = Vec::new();
        let mut worker = first;
        while let Some(lock) = wants(worker) {
            way.push(Link { worker, lock });
            let Some(next) = owner(lock) else { break };
            if next == first {
                return Some(way);
            }
            if way.iter().any(|link| link.worker == next) {
                // There is a circle, but `first` only waits for it; it begins with another.
                break;
            }
            worker = next;
        }
    }
    None
}

/// Looks for a circle while the workers work, tells it, and ends the run when it has been shown for a while.
pub(in super::super) struct Watch<'w, 'a> {
    locks: &'w Locks<'a>,
    shown_s: u32,
    /// As seen at the last look.
    before: Option<Vec<Link>>,
    /// When it was told.
    told: Option<u64>,
    length: usize,
}

impl<'w, 'a> Watch<'w, 'a> {
    /// Shows what it finds for so many seconds.
    pub(in super::super) fn new(locks: &'w Locks<'a>, shown_s: u32) -> Watch<'w, 'a> {
        Watch { locks, shown_s, before: None, told: None, length: 0 }
    }

    /// Whether there was a circle.
    pub(in super::super) fn found(&self) -> bool {
        self.told.is_some()
    }

    /// How many were in it; 0 where there was none.
    pub(in super::super) fn length(&self) -> usize {
        self.length
    }

    /// To be called some twenty times a second.
    pub(in super::super) fn look(&mut self, scene: &Scene) {
        if let Some(told) = self.told {
            if now_ns().saturating_sub(told) >= u64::from(self.shown_s) * 1_000_000_000 {
                scene.board.ask_to_stop();
            }
            return;
        }
        let now = self.locks.circle();
        // Twice the same: words that are read one after the other may show what never was at one time.
        if let Some(circle) = now.as_ref().filter(|_| now == self.before) {
            scene.note(self.sentence(circle, scene.board));
            scene.note(format!("The run ends by itself {} seconds from now.", self.shown_s));
            self.length = circle.len();
            self.told = Some(now_ns());
        }
        self.before = now;
    }

    fn sentence(&self, circle: &[Link], board: &Board) -> String {
        let name = |worker: u32| board.name(worker as usize - 1);
        let mut sentence = sentence(circle, name);
        let witnesses: Option<Vec<bool>> =
            circle.iter().map(|link| self.locks.is_asleep_at(link, board)).collect();
        if witnesses.is_some_and(|all| all.iter().all(|asleep| *asleep)) {
            sentence += " The kernel says so too: /proc/TID/syscall has each of them asleep at that lock.";
        }
        sentence
    }
}

/// The circle in words.
fn sentence(circle: &[Link], name: impl Fn(u32) -> String) -> String {
    if let [Link { worker, lock }] = circle {
        return format!("Deadlock: {} waits for lock {}, which it holds itself.", name(*worker), lock + 1);
    }
    let next = circle.iter().cycle().skip(1);
    let links = circle.iter().zip(next).map(|(link, holder)| {
        format!("{} waits for lock {}, which {} holds", name(link.worker), link.lock + 1, name(holder.worker))
    });
    format!("Deadlock: {}.", links.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::super::super::board::Board;
    use super::*;

    fn find(wants: &[Option<usize>], owners: &[Option<u32>]) -> Option<Vec<Link>> {
        circle(1..=wants.len() as u32, |worker| wants[worker as usize - 1], |lock| owners[lock])
    }

    fn links(pairs: &[(u32, usize)]) -> Vec<Link> {
        pairs.iter().map(|&(worker, lock)| Link { worker, lock }).collect()
    }

    #[test]
    fn circles_are_found_and_mere_queues_are_not() {
        assert_eq!(find(&[None, None], &[Some(1), Some(2)]), None);
        assert_eq!(
            find(&[Some(1), None, Some(1)], &[Some(1), Some(2)]),
            None,
            "both wait for one that works"
        );
        assert_eq!(find(&[Some(1), Some(0)], &[Some(1), None]), None, "it is free again");
        assert_eq!(find(&[Some(1), Some(0)], &[Some(1), Some(2)]), Some(links(&[(1, 1), (2, 0)])));
        assert_eq!(find(&[None, Some(0)], &[Some(2)]), Some(links(&[(2, 0)])), "with itself");
        // 1 waits for 2, which is in a circle with 3.
        assert_eq!(
            find(&[Some(0), Some(1), Some(2)], &[Some(2), Some(3), Some(2)]),
            Some(links(&[(2, 1), (3, 2)]))
        );
    }

    #[test]
    fn the_sentence_names_everybody_and_every_lock() {
        let name = |worker: u32| format!("{worker}/3");
        assert_eq!(
            sentence(&links(&[(1, 1), (3, 0)]), name),
            "Deadlock: 1/3 waits for lock 2, which 3/3 holds; 3/3 waits for lock 1, which 1/3 holds."
        );
        assert_eq!(
            sentence(&links(&[(2, 0)]), name),
            "Deadlock: 2/3 waits for lock 1, which it holds itself."
        );
    }

    #[test]
    fn two_threads_that_take_two_locks_crosswise_are_found_by_both_witnesses() {
        let board = Board::new().expect("memory");
        let locks = Locks::new(&mut Cells::new(&board), 2);
        let take = |name: &str, first: usize| {
            let mut pulse = Pulse::new(&board, name).expect("a lane");
            locks.lock(first, &mut pulse).expect("it is free");
            while locks.owner(1 - first).is_none() {
                std::thread::yield_now();
            }
            assert_eq!(locks.lock(1 - first, &mut pulse), Err(Stopping));
        };
        assert_eq!(locks.circle(), None);
        std::thread::scope(|scope| {
            scope.spawn(|| take("one", 0));
            scope.spawn(|| take("two", 1));
            let circle = loop {
                if let Some(circle) = locks.circle() {
                    break circle;
                }
                std::thread::yield_now();
            };
            assert_eq!((circle.len(), circle[0].worker, circle[1].worker), (2, 1, 2));
            // One that has said what it wants is asleep a moment later; a sleeper looks up every now and then.
            let asleep = |link: &Link| locks.is_asleep_at(link, &board);
            while circle.iter().any(|link| asleep(link) == Some(false)) {
                std::thread::yield_now();
            }
            board.ask_to_stop();
        });
        assert_eq!(locks.circle(), None);
    }
}
