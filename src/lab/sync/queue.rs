//! A queue with room for so many items: who puts into a full one waits, and so does who takes from an empty one.
//!
//! The classical solution: a semaphore counts the free places, another the items, and a lock guards the rest.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};

use super::super::pulse::Pulse;
use super::{Cells, Mutex, Semaphore, Stopping};
use crate::model::lab::{BlockedOn, Mark};

/// Which item is taken next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Policy {
    /// The oldest.
    Fifo,
    /// The newest.
    Lifo,
    /// The one with the smallest number.
    Priority,
}

impl Policy {
    /// The policy with this word in knobs.
    pub(in super::super) fn parse(word: &str) -> Policy {
        match word {
            "lifo" => Policy::Lifo,
            "prio" => Policy::Priority,
            _ => Policy::Fifo,
        }
    }
}

/// See the file's text.
#[derive(Clone, Copy)]
pub(in super::super) struct Queue<'a> {
    policy: Policy,
    free: Semaphore<'a>,
    used: Semaphore<'a>,
    guard: Mutex<'a>,
    depth: &'a AtomicU64,
    most: &'a AtomicU64,
    /// The oldest first; only the first `depth` count.
    items: &'a [AtomicU64],
}

impl<'a> Queue<'a> {
    /// An empty queue. To be called before anybody uses it.
    pub(in super::super) fn new(cells: &mut Cells<'a>, room: u64, policy: Policy) -> Queue<'a> {
        Queue {
            policy,
            free: Semaphore::new(cells, room, room, BlockedOn::Full),
            used: Semaphore::new(cells, 0, room, BlockedOn::Empty),
            guard: Mutex::new(cells),
            depth: cells.one(),
            most: cells.one(),
            items: cells.many(room as usize),
        }
    }

    /// Puts an item, and waits for room where there is none.
    ///
    /// # Errors
    /// [`Stopping`].
    pub(in super::super) fn put(&self, item: u64, pulse: &mut Pulse) -> Result<(), Stopping> {
        self.free.acquire(pulse)?;
        self.add(item, pulse)
    }

    /// Takes an item, and waits for one where there is none.
    ///
    /// # Errors
    /// [`Stopping`].
    pub(in super::super) fn take(&self, pulse: &mut Pulse) -> Result<u64, Stopping> {
        self.used.acquire(pulse)?;
        self.remove(pulse)
    }

    /// Puts an item if there is room; says whether there was.
    ///
    /// # Errors
    /// [`Stopping`].
    pub(in super::super) fn try_put(&self, item: u64, pulse: &mut Pulse) -> Result<bool, Stopping> {
        let room = self.free.try_acquire();
        if room {
            self.add(item, pulse)?;
        }
        Ok(room)
    }

    /// Takes an item if there is one.
    ///
    /// # Errors
    /// [`Stopping`].
    pub(in super::super) fn try_take(&self, pulse: &mut Pulse) -> Result<Option<u64>, Stopping> {
        if self.used.try_acquire() { self.remove(pulse).map(Some) } else { Ok(None) }
    }

    /// The most items there ever were in it.
    pub(in super::super) fn most(&self) -> u64 {
        self.most.load(Acquire)
    }

    fn add(&self, item: u64, pulse: &mut Pulse) -> Result<(), Stopping> {
        self.guard.lock(pulse)?;
        let depth = self.depth.load(Relaxed);
        if let Some(place) = self.items.get(depth as usize) {
            place.store(item, Relaxed);
        }
        self.depth.store(depth + 1, Relaxed);
        self.most.fetch_max(depth + 1, AcqRel);
        pulse.mark(Mark::Depth(depth as u32 + 1));
        self.guard.unlock();
        // There is room for it: `free` says so.
        let _ = self.used.release();
        Ok(())
    }

    fn remove(&self, pulse: &mut Pulse) -> Result<u64, Stopping> {
        self.guard.lock(pulse)?;
        let depth = self.depth.load(Relaxed) as usize;
        let items = self.items.get(..depth).unwrap_or(self.items);
        let at = match self.policy {
            Policy::Fifo => 0,
            Policy::Lifo => depth.saturating_sub(1),
            // The oldest of the smallest.
            Policy::Priority => {
                let smallest = items.iter().enumerate().min_by_key(|(_, item)| item.load(Relaxed));
                smallest.map_or(0, |(at, _)| at)
            }
        };
        let rest = items.get(at..).unwrap_or_default();
        let item = rest.first().map_or(0, |item| item.load(Relaxed));
        for (to, from) in rest.iter().zip(rest.iter().skip(1)) {
            to.store(from.load(Relaxed), Relaxed);
        }
        let left = depth.saturating_sub(1);
        self.depth.store(left as u64, Relaxed);
        pulse.mark(Mark::Depth(left as u32));
        self.guard.unlock();
        let _ = self.free.release();
        Ok(item)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::board::Board;
    use super::super::tests::together;
    use super::*;
    use std::sync::atomic::Ordering::SeqCst;

    fn order(policy: &str) -> Vec<u64> {
        let board = Board::new().expect("memory");
        let queue = Queue::new(&mut Cells::new(&board), 4, Policy::parse(policy));
        let mut pulse = Pulse::new(&board, "").expect("a lane");
        for item in [5, 3, 9, 3 | 1 << 40] {
            queue.put(item, &mut pulse).expect("room");
        }
        assert_eq!(queue.try_put(1, &mut pulse), Ok(false), "full");
        let all = (0..4).map(|_| queue.take(&mut pulse).expect("an item")).collect();
        assert_eq!((queue.try_take(&mut pulse), queue.most()), (Ok(None), 4));
        all
    }

    #[test]
    fn each_policy_has_its_order() {
        let late = 3 | 1 << 40;
        assert_eq!(order("fifo"), [5, 3, 9, late]);
        assert_eq!(order("lifo"), [late, 9, 3, 5]);
        assert_eq!(order("prio"), [3, 5, 9, late]);
    }

    #[test]
    fn every_item_is_taken_once_and_the_room_is_never_exceeded() {
        for policy in ["fifo", "lifo", "prio"] {
            let board = Board::new().expect("memory");
            let mut cells = Cells::new(&board);
            let queue = Queue::new(&mut cells, 3, Policy::parse(policy));
            let (next, seen) = (cells.one(), cells.many(1000));
            together(&board, 4, |pulse| {
                let puts = next.fetch_add(1, SeqCst) % 2 == 0;
                for _ in 0..500 {
                    if puts {
                        let item = next.fetch_add(1 << 8, SeqCst) >> 8;
                        queue.put(item, pulse).expect("nobody stops us");
                    } else {
                        let item = queue.take(pulse).expect("nobody stops us");
                        assert_eq!(seen[item as usize].fetch_add(1, SeqCst), 0, "twice");
                    }
                }
            });
            assert!(seen.iter().all(|seen| seen.load(SeqCst) == 1), "{policy}");
            assert!((1..=3).contains(&queue.most()), "{policy}");
        }
    }
}
