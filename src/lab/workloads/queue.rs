//! *queue*: producers and consumers with a bounded queue between them.
//!
//! The queue makes both sides as fast as the slower one: whoever is ahead waits, for room or for an item. The end is
//! told by a sentinel for each consumer, put when every item has been taken, so that it is the last in any order.

use std::io;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};

use super::super::pulse::{Pulse, now_ns};
use super::super::scene::Scene;
use super::super::sync::{Cells, Policy, Queue, Semaphore, Stopping};
use super::{Kind, Workload, spend};
use crate::model::lab::{BlockedOn, Bounds, Group, Knob, KnobKind, Mode, Workers, WorkloadInfo};

/// Most items of a run.
const ITEMS: u32 = 4000;

/// Items between two sentinels in the order of a priority queue; the smaller number is the more urgent.
const PRIORITIES: u64 = 4;

/// Tells a consumer that there is nothing more to come; larger, so less urgent, than any item.
const SENTINEL: u64 = u64::MAX;

/// How long who may not wait does something else before he asks again, nanoseconds.
const LATER: u64 = 1_000_000;

/// The line in the list.
pub(super) fn workload() -> Workload {
    let number = |min, max| KnobKind::Number { min, max, step: 1.0 };
    let knob = |id, help, kind, default| Knob { id, help, kind, default };
    Workload {
        info: WorkloadInfo {
            id: "queue",
            group: Group::Talking,
            title: "producers and consumers with a bounded queue between them",
            lesson: "A bounded queue is a brake: the quicker side waits for the slower one, and memory stays small. \
                     Who waits shows where to add workers: consumers where producers wait for room, producers where \
                     consumers wait for items. Items take time here, not the CPU, unless --work cpu makes them.",
            watch: "The depth of the queue, and whether the lanes say F (no room) or E (no item).",
            modes: &[Mode::Pool, Mode::Threads],
            workers: Workers::Exactly(4),
            knobs: vec![
                knob(
                    "producers",
                    "so many of the workers produce, the others consume",
                    number(1.0, 63.0),
                    "1",
                ),
                knob("cap", "room in the queue, items", number(1.0, 64.0), "4"),
                knob("items", "items in all", number(1.0, f64::from(ITEMS)), "300"),
                knob("put-ms", "time to produce an item, milliseconds", number(0.0, 1000.0), "4"),
                knob("take-ms", "time to consume an item, milliseconds", number(0.0, 1000.0), "16"),
                knob(
                    "policy",
                    "which item is taken next: the oldest, the newest, or the most urgent",
                    KnobKind::Choice(&["fifo", "lifo", "prio"]),
                    "fifo",
                ),
                knob(
                    "work",
                    "what producing and consuming are: sleeping, or computing",
                    KnobKind::Choice(&["sleep", "cpu"]),
                    "sleep",
                ),
                knob(
                    "nowait",
                    "instead of waiting at the queue, do something else for 1 ms and ask again",
                    KnobKind::Choice(&["no", "yes"]),
                    "no",
                ),
                knob(
                    "join",
                    "the last producer waits until every item is not only taken but done, then ends the consumers",
                    KnobKind::Choice(&["no", "yes"]),
                    "no",
                ),
            ],
            bounds: Bounds { seconds: 120, ..Bounds::ORDINARY },
        },
        kind: Kind::Scene(play),
        probe: None,
    }
}

/// All that producers and consumers share.
struct Trade<'a> {
    queue: Queue<'a>,
    items: u64,
    consumers: u64,
    put_ns: u64,
    take_ns: u64,
    computes: bool,
    nowait: bool,
    /// Number of the next item.
    next: &'a AtomicU64,
    /// Items that were taken, and their sum.
    taken: &'a AtomicU64,
    sum: &'a AtomicU64,
    /// Items that were taken once more than they should.
    twice: &'a AtomicU64,
    /// Bits of the items that were taken.
    seen: &'a [AtomicU64],
    /// How long producers waited for room, and consumers for items, nanoseconds.
    waited: [&'a AtomicU64; 2],
    /// Times somebody was refused who may not wait.
    refused: &'a AtomicU64,
    /// Where the queue is joined, what its join waits for.
    join: Option<Join<'a>>,
}

/// What a join of the queue waits for: that as many items are done as were put.
struct Join<'a> {
    producers: u64,
    /// Producers that have put their last item.
    through: &'a AtomicU64,
    /// Items that were put and are not done.
    unfinished: &'a AtomicU64,
    /// Free when none is unfinished.
    none_left: Semaphore<'a>,
    /// Items that were unfinished when the join was over.
    left: &'a AtomicU64,
}

impl Join<'_> {
    /// An item is done.
    fn done(&self) {
        if self.unfinished.fetch_sub(1, AcqRel) == 1 {
            // There may be a permit already: then whoever waits looks once more than he would have to.
            let _ = self.none_left.release();
        }
    }

    /// A producer has put its last item; whether it was the last producer.
    fn was_last(&self) -> bool {
        self.through.fetch_add(1, AcqRel) + 1 == self.producers
    }

    fn wait(&self, pulse: &mut Pulse) -> Result<(), Stopping> {
        while self.unfinished.load(Acquire) > 0 {
            self.none_left.acquire(pulse)?;
        }
        self.left.store(self.unfinished.load(Acquire), Relaxed);
        Ok(())
    }
}

/// The side that waits is this much longer at it than the other.
const CLEARLY: f64 = 1.5;

/// What goes through the queue: the number, and above it how urgent it is.
fn item(number: u64) -> u64 {
    ((number * 7 % PRIORITIES) << 32) | number
}

impl Trade<'_> {
    fn spend(&self, ns: u64, pulse: &mut Pulse) -> Result<(), Stopping> {
        if self.computes { spend::compute(ns, pulse) } else { spend::rest(ns, pulse) }
    }

    /// Does what may wait at the queue, and takes down how long that was.
    fn timed<T>(&self, side: usize, wait: impl FnOnce() -> Result<T, Stopping>) -> Result<T, Stopping> {
        let began = now_ns();
        let done = wait();
        if let Some(waited) = self.waited.get(side) {
            waited.fetch_add(now_ns().saturating_sub(began), Relaxed);
        }
        done
    }

    fn put(&self, item: u64, pulse: &mut Pulse) -> Result<(), Stopping> {
        self.timed(0, || self.put_now(item, pulse))
    }

    fn take(&self, pulse: &mut Pulse) -> Result<u64, Stopping> {
        self.timed(1, || self.take_now(pulse))
    }

    fn put_now(&self, item: u64, pulse: &mut Pulse) -> Result<(), Stopping> {
        if !self.nowait {
            return self.queue.put(item, pulse);
        }
        while !self.queue.try_put(item, pulse)? {
            self.refused.fetch_add(1, Relaxed);
            spend::rest(LATER, pulse)?;
        }
        Ok(())
    }

    fn take_now(&self, pulse: &mut Pulse) -> Result<u64, Stopping> {
        if !self.nowait {
            return self.queue.take(pulse);
        }
        loop {
            if let Some(item) = self.queue.try_take(pulse)? {
                return Ok(item);
            }
            self.refused.fetch_add(1, Relaxed);
            spend::rest(LATER, pulse)?;
        }
    }

    /// Puts a sentinel for so many consumers. Nothing else is left to take, so there is room for as many as fit; the rest
    /// goes on as they are taken.
    fn dismiss(&self, consumers: u64, pulse: &mut Pulse) -> Result<(), Stopping> {
        (0..consumers).try_for_each(|_| self.put(SENTINEL, pulse))
    }

    fn produce(&self, pulse: &mut Pulse) -> io::Result<()> {
        let mut last = 0;
        pulse.begin(1);
        loop {
            let number = self.next.fetch_add(1, Relaxed);
            if number >= self.items {
                break;
            }
            self.spend(self.put_ns, pulse)?;
            if let Some(join) = &self.join {
                join.unfinished.fetch_add(1, AcqRel);
            }
            self.put(item(number), pulse)?;
            last = number + 1;
        }
        if let Some(join) = self.join.as_ref().filter(|join| join.was_last()) {
            join.wait(pulse)?;
            self.dismiss(self.consumers, pulse)?;
        }
        pulse.end(last);
        Ok(())
    }

    fn consume(&self, pulse: &mut Pulse) -> io::Result<()> {
        let mut mine = 0;
        pulse.begin(2);
        loop {
            let got = self.take(pulse)?;
            if got == SENTINEL {
                break;
            }
            let number = got & u64::from(u32::MAX);
            let bit = 1 << (number % 64);
            if let Some(word) = self.seen.get(number as usize / 64)
                && word.fetch_or(bit, Relaxed) & bit != 0
            {
                self.twice.fetch_add(1, Relaxed);
            }
            self.spend(self.take_ns, pulse)?;
            self.sum.fetch_add(number, Relaxed);
            mine += 1;
            let taken = self.taken.fetch_add(1, AcqRel) + 1;
            match &self.join {
                Some(join) => join.done(),
                // The last of them is for the one who puts them.
                None if taken == self.items => {
                    self.dismiss(self.consumers - 1, pulse)?;
                    break;
                }
                None => {}
            }
        }
        pulse.end(mine);
        Ok(())
    }
}

fn play(scene: &Scene) -> io::Result<()> {
    let settings = scene.settings;
    let producers = settings.whole("producers").min(scene.workers.saturating_sub(1));
    let consumers = scene.workers - producers;
    if producers == 0 {
        return Err(io::Error::other("a queue needs two workers, one to put and one to take"));
    }
    let mut cells = Cells::new(scene.board);
    let items = settings.whole("items");
    let room = u64::from(settings.whole("cap"));
    let ns = |knob| u64::from(settings.whole(knob)) * 1_000_000;
    let trade = Trade {
        queue: Queue::new(&mut cells, room, Policy::parse(settings.word("policy"))),
        items: u64::from(items),
        consumers: u64::from(consumers),
        put_ns: ns("put-ms"),
        take_ns: ns("take-ms"),
        computes: settings.word("work") == "cpu",
        nowait: settings.word("nowait") == "yes",
        next: cells.one(),
        taken: cells.one(),
        sum: cells.one(),
        twice: cells.one(),
        seen: cells.many(ITEMS.div_ceil(64) as usize),
        waited: [cells.one(), cells.one()],
        refused: cells.one(),
        join: (settings.word("join") == "yes").then(|| Join {
            producers: u64::from(producers),
            through: cells.one(),
            unfinished: cells.one(),
            none_left: Semaphore::new(&mut cells, 0, 1, BlockedOn::Others),
            left: cells.one(),
        }),
    };
    let names: Vec<String> = (1..=producers)
        .map(|number| format!("producer {number}/{producers}"))
        .chain((1..=consumers).map(|number| format!("consumer {number}/{consumers}")))
        .collect();
    scene.troupe(
        &names,
        &|which, pulse| {
            if which < producers as usize { trade.produce(pulse) } else { trade.consume(pulse) }
        },
        || {},
    )?;
    let got = |cell: &AtomicU64| cell.load(Acquire);
    let different: u32 = trade.seen.iter().map(|word| got(word).count_ones()).sum();
    scene.check("items taken", items, got(trade.taken));
    scene.check("different items", items, different);
    scene.check("items taken twice", 0, got(trade.twice));
    scene.check("sum of their numbers", trade.items * (trade.items - 1) / 2, got(trade.sum));
    if let Some(join) = &trade.join {
        scene.check("items unfinished when the join was over", 0, got(join.left));
    }
    scene.means(slower_side(
        got(trade.waited[0]) as f64 / 1e9 / f64::from(producers),
        got(trade.waited[1]) as f64 / 1e9 / f64::from(consumers),
    ));
    let most = trade.queue.most();
    scene.check("never more items than room", "yes", if most <= room { "yes" } else { "no" });
    scene.figure("greatest depth", most as f64, "");
    if trade.nowait {
        scene.figure("refused, and asked again", got(trade.refused) as f64, "");
    }
    Ok(())
}

/// Which side the other one waited for: seconds that a producer and a consumer waited on average.
fn slower_side(producer_s: f64, consumer_s: f64) -> String {
    let waited =
        format!("a producer waited {producer_s:.2} s for room, a consumer {consumer_s:.2} s for items");
    if producer_s > CLEARLY * consumer_s {
        format!("The consumers are the slower side: {waited}. More consumers would help.")
    } else if consumer_s > CLEARLY * producer_s {
        format!("The producers are the slower side: {waited}. More producers would help.")
    } else {
        format!("Both sides keep step: {waited}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_number_and_are_more_urgent_than_the_end() {
        for number in 0..u64::from(ITEMS) {
            assert_eq!(item(number) & u64::from(u32::MAX), number);
            assert!(item(number) < SENTINEL && item(number) >> 32 < PRIORITIES);
        }
        assert_ne!(item(0) >> 32, item(1) >> 32);
    }

    #[test]
    fn whoever_waits_waits_for_the_slower_side() {
        assert!(
            slower_side(0.9, 0.1).starts_with("The consumers are the slower side: a producer waited 0.90 s")
        );
        assert!(slower_side(0.1, 0.9).starts_with("The producers are the slower side"));
        assert!(slower_side(0.0, 0.0).starts_with("Both sides keep step"));
    }
}
