//! Lanes: what each worker did over time, folded from its own events and from looks at it, to be drawn at any zoom.
//!
//! The newest stretches are kept as they were, to the nanosecond; all of them are added up in buckets that grow with
//! the run. So the whole run can be drawn at the cost of the buckets, a zoom to a millisecond reads the stretches, and
//! memory is bounded however often the workers are interrupted.

use std::collections::VecDeque;

use super::{BlockedOn, Did, Fate, LaneEvent, LaneLook};
use crate::model::Pid;

/// Most stretches that are kept of all lanes together.
const STRETCHES: usize = 32_768;
/// Most and least that are kept of one lane.
const OF_ONE: (usize, usize) = (4096, 512);
/// Buckets of a lane; where the run outgrows them, two become one.
const BUCKETS: usize = 512;
/// What a bucket spans at first, nanoseconds.
const FIRST_BUCKET: u64 = 1_000_000;
/// A look says nothing any more after so many nanoseconds.
const FRESH: u64 = 250_000_000;

/// What a worker did in a stretch of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Doing {
    /// Nothing that is known of: between tasks, or asleep.
    #[default]
    Idle,
    /// On a CPU with this task; 0 where it has none.
    Run(u32),
    /// Ready, but waiting for a CPU.
    Ready,
    /// Waiting for something else.
    Blocked(BlockedOn),
    /// Stopped by a signal.
    Stopped,
    /// It has ended, and nobody has waited for it.
    Zombie,
}

/// A stretch of a lane. Times are nanoseconds since the run began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// When it began.
    pub from: u64,
    /// When it ended.
    pub to: u64,
    /// On which CPU, or the last one before.
    pub cpu: u32,
    /// What.
    pub what: Doing,
}

/// One cell of a drawn lane: what was done in it, in shares of the cell.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Share {
    /// On a CPU.
    pub run: f32,
    /// Ready, but waiting for a CPU.
    pub ready: f32,
    /// Waiting for something else, stopped, or a zombie.
    pub blocked: f32,
    /// The task that took most of it; 0 for none.
    pub task: u32,
    /// The CPU that most of it was spent on.
    pub cpu: u32,
    /// The longest wait of it.
    pub wait: Doing,
    /// How long the longest run and the longest wait were, so that a longer one replaces them.
    longest: (f32, f32),
}

impl Share {
    fn add(&mut self, what: Doing, cpu: u32, part: f32) {
        match what {
            Doing::Idle => {}
            Doing::Run(task) => {
                self.run += part;
                if part > self.longest.0 {
                    (self.longest.0, self.task, self.cpu) = (part, task, cpu);
                }
            }
            Doing::Ready => self.ready += part,
            Doing::Blocked(_) | Doing::Stopped | Doing::Zombie => {
                self.blocked += part;
                if part > self.longest.1 {
                    (self.longest.1, self.wait) = (part, what);
                }
            }
        }
    }

    fn add_all(&mut self, other: &Share, part: f32) {
        self.add(Doing::Run(other.task), other.cpu, other.run * part);
        self.ready += other.ready * part;
        self.add(other.wait, other.cpu, other.blocked * part);
    }
}

/// A part of the time of a run, cut into cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// Where the first cell begins, nanoseconds since the run began.
    pub from: u64,
    /// What a cell spans, nanoseconds; at least 1.
    pub cell: u64,
    /// How many cells.
    pub cells: usize,
    /// Nothing is drawn from here on, nanoseconds since the run began.
    pub until: u64,
}

impl Window {
    fn to(&self) -> u64 {
        self.from.saturating_add(self.cell.saturating_mul(self.cells as u64))
    }

    /// Adds a stretch to the cells that it touches.
    fn add(&self, from: u64, to: u64, cells: &mut [Share], mut add: impl FnMut(&mut Share, f32)) {
        let (from, to) = (from.max(self.from), to.min(self.to()).min(self.until));
        if from >= to || self.cell == 0 {
            return;
        }
        let (first, last) = ((from - self.from) / self.cell, (to - 1 - self.from) / self.cell);
        let touched = cells.iter_mut().enumerate().skip(first as usize);
        for (n, cell) in touched.take((last - first + 1) as usize) {
            let begins = self.from + n as u64 * self.cell;
            let inside = to.min(begins + self.cell).saturating_sub(from.max(begins));
            add(cell, inside as f32 / self.cell as f32);
        }
    }
}

/// The lane of one worker.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Lane {
    /// Its process.
    pub pid: Option<Pid>,
    /// Its thread; the process's own where it is none.
    pub tid: Option<Pid>,
    /// What it is in its scene; empty where the number says it all.
    pub name: String,
    /// When it ended and how, nanoseconds since the run began.
    pub ended: Option<(u64, Fate)>,
    /// Waiting for a CPU so far, nanoseconds, by the kernel.
    pub wait: u64,
    /// Off the CPU without having asked for it, as its own clock saw it, nanoseconds.
    pub gaps: u64,
    /// How often that was.
    pub interruptions: u32,
    /// Tasks done.
    pub done: u32,
    /// Stretches that are told only in sum any more.
    pub folded: u64,
    stretches: VecDeque<Stretch>,
    buckets: Vec<Share>,
    /// What each bucket spans, nanoseconds.
    bucket: u64,
    /// The task it is on, and since when this stretch of it runs.
    open: Option<(u32, u64)>,
    /// Told up to here.
    told: u64,
    /// On a CPU by its own word, nanoseconds.
    told_run: u64,
    /// On a CPU by the kernel, nanoseconds.
    run: u64,
    cpu: u32,
    last: Option<LaneLook>,
    /// Since when it is seen as stopped.
    stopped: Option<u64>,
    /// When it was first seen to have ended, before anybody told.
    gone: Option<u64>,
    /// Whether it waited for a CPU most of the time between the last two looks.
    waits: bool,
}

impl Lane {
    /// Its stretches that are still known one by one.
    pub fn stretches(&self) -> impl Iterator<Item = &Stretch> {
        self.stretches.iter()
    }

    /// On a CPU so far, nanoseconds, by the kernel or by its own word, whoever knows more.
    pub fn ran(&self) -> u64 {
        self.run.max(self.told_run)
    }

    /// The CPU it was on last.
    pub fn cpu(&self) -> u32 {
        self.cpu
    }

    /// What it does now, as far as is known.
    pub fn now(&self) -> Doing {
        if self.ended.is_some() || (self.gone.is_some() && self.done > 0) {
            return Doing::Idle;
        }
        match (&self.last, self.open) {
            (Some(look), open) if look.at > self.told => match (judged(look), open) {
                // It tells its gaps only when they are over; until then, what it got of late is the best guess.
                (Doing::Run(_), Some(_)) if self.waits => Doing::Ready,
                (Doing::Idle | Doing::Run(_), Some((task, _))) => Doing::Run(task),
                (doing, _) => doing,
            },
            (_, Some((task, _))) => Doing::Run(task),
            _ => Doing::Idle,
        }
    }

    fn event(&mut self, event: &LaneEvent, most: usize) {
        let at = event.at;
        match event.what {
            Did::Begin { task, cpu } => {
                self.close(at, most);
                (self.open, self.cpu) = (Some((task, at)), cpu);
            }
            Did::End { .. } => {
                self.close(at, most);
                self.open = None;
                self.done += 1;
            }
            Did::Gap { from, cpu } => {
                self.gaps += at.saturating_sub(from);
                self.interruptions += 1;
                let stopped = self.stopped.take().map_or(at, |since| since.clamp(from.min(at), at));
                self.off(from, stopped, Doing::Ready, most);
                self.off(stopped, at, Doing::Stopped, most);
                self.cpu = cpu;
            }
            Did::Blocked { from, on } => {
                self.stopped = None;
                self.off(from, at, Doing::Blocked(on), most);
            }
            Did::Moved { cpu } => {
                if let Some((task, _)) = self.open {
                    self.close(at, most);
                    self.open = Some((task, at));
                }
                self.cpu = cpu;
            }
            Did::Mark(_) => {}
        }
        self.told = self.told.max(at);
    }

    /// Ends the stretch that runs.
    fn close(&mut self, at: u64, most: usize) {
        if let Some((task, since)) = self.open {
            self.keep(Stretch { from: since, to: at, cpu: self.cpu, what: Doing::Run(task) }, most);
        }
    }

    /// It was off the CPU; whatever ran before and after is cut there.
    fn off(&mut self, from: u64, to: u64, what: Doing, most: usize) {
        if from >= to {
            return;
        }
        self.close(from, most);
        self.keep(Stretch { from, to, cpu: self.cpu, what }, most);
        if let Some((_, since)) = &mut self.open {
            *since = to;
        }
    }

    fn look(&mut self, look: &LaneLook, most: usize) {
        let before = self.last.replace(*look);
        if matches!(look.state, 0 | b'Z') && self.gone.is_none() && self.ended.is_none() {
            // Whoever waits for it may tell its end much later.
            let at = before.map_or(look.at, |before| before.at).max(self.told).min(look.at);
            self.close(at, most);
            (self.open, self.gone, self.told) = (None, Some(at), at);
        }
        if look.state == 0 {
            return;
        }
        (self.run, self.wait) = (self.run.max(look.run), self.wait.max(look.wait));
        match look.state {
            b'T' | b't' => {
                self.stopped.get_or_insert(look.at);
            }
            _ if self.open.is_none() => self.stopped = None,
            _ => {}
        }
        let Some(before) = before.filter(|before| before.state != 0) else { return };
        self.waits = look.wait.saturating_sub(before.wait) * 2 > look.at.saturating_sub(before.at);
        // Somebody who tells what he does needs no look; the others are judged by what they used since the last one.
        let from = before.at.max(self.told);
        if self.open.is_some() || from >= look.at {
            return;
        }
        let span = look.at.saturating_sub(before.at);
        let (ran, waited) = (look.run.saturating_sub(before.run), look.wait.saturating_sub(before.wait));
        let idle = match look.state {
            b'T' | b't' => Doing::Stopped,
            // Who did tasks has done them: that nobody has waited for it yet is no news.
            b'Z' if self.done > 0 => Doing::Idle,
            b'Z' => Doing::Zombie,
            _ => look.blocked.map_or(Doing::Idle, |(on, _)| Doing::Blocked(on)),
        };
        let part = |used: u64| {
            let whole = look.at - from;
            (used.min(span) as f64 / span.max(1) as f64 * whole as f64) as u64
        };
        let ran_to = from + part(ran);
        let waited_to = (ran_to + part(waited)).min(look.at);
        self.cpu = look.cpu;
        for (from, to, what) in
            [(from, ran_to, Doing::Run(0)), (ran_to, waited_to, Doing::Ready), (waited_to, look.at, idle)]
        {
            if what != Doing::Idle {
                self.keep(Stretch { from, to, cpu: look.cpu, what }, most);
            }
        }
        self.told = self.told.max(look.at);
    }

    fn keep(&mut self, stretch: Stretch, most: usize) {
        // Events of a worker come in order; what a look said before may reach further.
        let from = stretch.from.max(self.stretches.back().map_or(0, |last| last.to));
        if from >= stretch.to {
            return;
        }
        let stretch = Stretch { from, ..stretch };
        self.add_up(&stretch);
        match self.stretches.back_mut() {
            Some(last) if last.what == stretch.what && last.cpu == stretch.cpu && last.to == from => {
                last.to = stretch.to;
            }
            _ => self.stretches.push_back(stretch),
        }
        while self.stretches.len() > most.max(1) {
            self.stretches.pop_front();
            self.folded += 1;
        }
    }

    fn add_up(&mut self, stretch: &Stretch) {
        if matches!(stretch.what, Doing::Run(_)) {
            self.told_run += stretch.to.saturating_sub(stretch.from);
        }
        if self.bucket == 0 {
            self.bucket = FIRST_BUCKET;
        }
        while stretch.to > self.bucket.saturating_mul(BUCKETS as u64) {
            let halves = self.buckets.len().div_ceil(2);
            for n in 0..halves {
                let mut sum = Share::default();
                for half in self.buckets.get(2 * n..(2 * n + 2).min(self.buckets.len())).unwrap_or_default() {
                    sum.add_all(half, 0.5);
                }
                if let Some(place) = self.buckets.get_mut(n) {
                    *place = sum;
                }
            }
            self.buckets.truncate(halves);
            self.bucket = self.bucket.saturating_mul(2);
        }
        let needed = stretch.to.div_ceil(self.bucket) as usize;
        if self.buckets.len() < needed.min(BUCKETS) {
            self.buckets.resize(needed.min(BUCKETS), Share::default());
        }
        let window = Window { from: 0, cell: self.bucket, cells: self.buckets.len(), until: u64::MAX };
        window.add(stretch.from, stretch.to, &mut self.buckets, |bucket, part| {
            bucket.add(stretch.what, stretch.cpu, part);
        });
    }

    /// What it did in each cell of `window`; `cells` is overwritten.
    ///
    /// Cells as wide as a bucket are filled from the buckets, narrower ones from the stretches as far as they are kept.
    pub fn shares(&self, window: &Window, cells: &mut Vec<Share>) {
        cells.clear();
        cells.resize(window.cells, Share::default());
        let kept = self.stretches.front().map_or(u64::MAX, |stretch| stretch.from);
        let coarse = window.cell >= self.bucket && self.stretches.len() > window.cells;
        let fine_from = if coarse { u64::MAX } else { kept };
        if self.bucket > 0 && (coarse || (self.folded > 0 && window.from < kept)) {
            let first = (window.from / self.bucket) as usize;
            for (n, bucket) in self.buckets.iter().enumerate().skip(first) {
                let from = n as u64 * self.bucket;
                if from >= window.to() || from >= fine_from {
                    break;
                }
                let to = (from + self.bucket).min(fine_from);
                window.add(from, to, cells, |cell, part| cell.add_all(bucket, part));
            }
        }
        if !coarse {
            let first = self.stretches.partition_point(|stretch| stretch.to <= window.from);
            for stretch in self.stretches.iter().skip(first) {
                if stretch.from >= window.to() {
                    break;
                }
                window.add(stretch.from, stretch.to, cells, |cell, part| {
                    cell.add(stretch.what, stretch.cpu, part);
                });
            }
        }
        self.add_now(window, cells);
    }

    /// Adds what it does now, which nobody has told the end of.
    fn add_now(&self, window: &Window, cells: &mut [Share]) {
        let until = self.ended.map_or(window.until, |(at, _)| at.min(window.until));
        let mut add = |from, to, what| {
            window.add(from, to, cells, |cell, part| cell.add(what, self.cpu, part));
        };
        let fresh = self
            .last
            .filter(|look| look.at > self.told && look.state != 0 && look.at.saturating_add(FRESH) > until);
        let since = match (&fresh, self.now()) {
            (Some(look), Doing::Blocked(_)) => look.blocked.map_or(look.at, |(_, since)| since),
            (Some(_), Doing::Stopped) => self.stopped.unwrap_or(self.told),
            (Some(_), Doing::Ready) => self.told,
            (Some(look), _) => look.at,
            (None, _) => until,
        };
        match self.open {
            Some((task, from)) => {
                let since = since.clamp(from, until.max(from));
                add(from, since, Doing::Run(task));
                if fresh.is_some() {
                    add(since, until, self.now());
                }
            }
            None if fresh.is_some() => add(since.max(self.told), until, self.now()),
            None => {}
        }
    }
}

/// What a look says that came after all that the worker told.
fn judged(look: &LaneLook) -> Doing {
    match (look.state, look.blocked) {
        (b'T' | b't', _) => Doing::Stopped,
        (b'Z', _) => Doing::Zombie,
        (_, Some((on, _))) => Doing::Blocked(on),
        (b'R', None) => Doing::Run(0),
        _ => Doing::Idle,
    }
}

/// The lanes of a run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Lanes {
    /// By worker, the first one's first.
    pub lanes: Vec<Lane>,
}

impl Lanes {
    /// The lane of a worker, counted from 1.
    pub fn of(&self, worker: u32) -> Option<&Lane> {
        self.lanes.get((worker as usize).checked_sub(1)?)
    }

    /// The same, made where it is not there yet. Nobody has more workers than processes are allowed.
    pub fn at(&mut self, worker: u32) -> Option<&mut Lane> {
        let at = (worker as usize).checked_sub(1).filter(|at| *at < 4096)?;
        if self.lanes.len() <= at {
            self.lanes.resize_with(at + 1, Lane::default);
        }
        self.lanes.get_mut(at)
    }

    fn most(&self) -> usize {
        (STRETCHES / self.lanes.len().max(1)).clamp(OF_ONE.1, OF_ONE.0)
    }

    /// Takes what the workers did.
    pub fn events(&mut self, events: &[LaneEvent]) {
        for event in events {
            let most = self.most();
            if let Some(lane) = self.at(event.worker) {
                lane.event(event, most);
            }
        }
    }

    /// Takes how the workers stand.
    pub fn looks(&mut self, looks: &[LaneLook]) {
        for look in looks {
            let most = self.most();
            if let Some(lane) = self.at(look.worker) {
                lane.look(look, most);
            }
        }
    }

    /// A worker ended.
    pub fn end(&mut self, worker: u32, at: u64, fate: Fate) {
        let most = self.most();
        if let Some(lane) = self.at(worker) {
            let at = lane.gone.map_or(at, |gone| gone.min(at));
            lane.close(at, most);
            lane.open = None;
            lane.ended = Some((at, fate));
        }
    }

    /// Time off the CPU as the workers' own clocks saw it, and as the kernel counted it, seconds; `None` while neither
    /// saw any.
    pub fn cross_check(&self) -> Option<(f64, f64)> {
        let gaps: u64 = self.lanes.iter().map(|lane| lane.gaps).sum();
        let wait: u64 = self.lanes.iter().map(|lane| lane.wait).sum();
        (gaps + wait > 0).then_some((gaps as f64 / 1e9, wait as f64 / 1e9))
    }
}

/// Chooses one state for each cell so that over the lane they stand in proportion to the time that each took: what is
/// left over in one cell counts in the next (error diffusion).
#[derive(Clone, Copy, Debug, Default)]
pub struct Dither {
    left: [f32; 4],
}

impl Dither {
    /// What to draw of the next cell.
    pub fn next(&mut self, cell: &Share) -> Doing {
        let idle = (1.0 - cell.run - cell.ready - cell.blocked).max(0.0);
        let shares = [cell.run, cell.ready, cell.blocked, idle];
        let mut best = 3;
        for (n, (left, share)) in self.left.iter_mut().zip(shares).enumerate() {
            *left += share;
            // Nothing is drawn where there is none of it.
            if share <= 0.0 {
                *left = left.clamp(-0.5, 0.5);
            }
            best = if share > 0.0 { n } else { best };
        }
        for (n, (left, share)) in self.left.iter().zip(shares).enumerate() {
            let more = self.left.get(best).is_none_or(|best| left > best);
            if share > 0.0 && more {
                best = n;
            }
        }
        if let Some(left) = self.left.get_mut(best) {
            *left -= 1.0;
        }
        match best {
            0 => Doing::Run(cell.task),
            1 => Doing::Ready,
            2 => cell.wait,
            _ => Doing::Idle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn event(at: u64, what: Did) -> LaneEvent {
        LaneEvent { worker: 1, at: at * MS, what }
    }

    fn drawn(lanes: &Lanes, from: u64, cell: u64, cells: usize, until: u64) -> String {
        let window = Window { from: from * MS, cell: cell * MS, cells, until: until * MS };
        let (mut shares, mut dither) = (Vec::new(), Dither::default());
        lanes.of(1).expect("a lane").shares(&window, &mut shares);
        shares
            .iter()
            .map(|share| match dither.next(share) {
                Doing::Idle => '.',
                Doing::Run(task) => char::from_digit(task, 36).unwrap_or('#'),
                Doing::Ready => '-',
                Doing::Blocked(on) => on.letter(),
                Doing::Stopped => 'T',
                Doing::Zombie => 'Z',
            })
            .collect()
    }

    #[test]
    fn a_lane_shows_tasks_gaps_and_waits_where_they_were() {
        let mut lanes = Lanes::default();
        lanes.events(&[
            event(0, Did::Begin { task: 1, cpu: 0 }),
            event(4, Did::Gap { from: 2 * MS, cpu: 1 }),
            event(6, Did::Blocked { from: 5 * MS, on: BlockedOn::Lock }),
            event(8, Did::End { task: 1, answer: 0, right: true }),
            event(10, Did::Begin { task: 2, cpu: 1 }),
        ]);
        assert_eq!(drawn(&lanes, 0, 1, 14, 13), "11--1L11..222.");
        assert_eq!(drawn(&lanes, 4, 1, 3, 13), "1L1");
        let cpus: Vec<u32> = lanes.lanes[0].stretches().map(|stretch| stretch.cpu).collect();
        assert_eq!(cpus[0], 0);
        assert_eq!(*cpus.last().expect("some"), 1);
        assert_eq!((lanes.lanes[0].gaps, lanes.lanes[0].done), (2 * MS, 1));
    }

    #[test]
    fn a_worker_that_ended_does_nothing_more() {
        let mut lanes = Lanes::default();
        lanes.events(&[event(0, Did::Begin { task: 3, cpu: 0 })]);
        assert_eq!(drawn(&lanes, 0, 1, 6, 6), "333333");
        lanes.end(1, 2 * MS, Fate::Killed(9));
        assert_eq!(drawn(&lanes, 0, 1, 6, 6), "33....");
    }

    #[test]
    fn who_tells_nothing_is_judged_by_looks() {
        let look = |at: u64, state: u8, run: u64, wait: u64, blocked| LaneLook {
            worker: 1,
            at: at * MS,
            state,
            cpu: 3,
            run: run * MS,
            wait: wait * MS,
            blocked,
        };
        let mut lanes = Lanes::default();
        lanes.looks(&[
            look(0, b'R', 0, 0, None),
            look(10, b'R', 10, 0, None),
            look(20, b'R', 10, 10, None),
            look(30, b'S', 10, 10, Some((BlockedOn::Empty, 20 * MS))),
            look(40, b'S', 10, 10, None),
            look(50, b'T', 10, 10, None),
        ]);
        assert_eq!(drawn(&lanes, 0, 10, 5, 50), "0-E.T");
        assert_eq!((lanes.lanes[0].ran(), lanes.lanes[0].wait), (10 * MS, 10 * MS));
    }

    #[test]
    fn a_look_shows_a_wait_that_is_not_over() {
        let mut lanes = Lanes::default();
        lanes.events(&[event(0, Did::Begin { task: 1, cpu: 0 })]);
        let blocked = Some((BlockedOn::Full, 4 * MS));
        lanes.looks(&[LaneLook { worker: 1, at: 6 * MS, state: b'S', cpu: 0, run: 0, wait: 0, blocked }]);
        assert_eq!(drawn(&lanes, 0, 1, 8, 8), "1111FFFF");
    }

    #[test]
    fn who_got_no_cpu_of_late_is_shown_as_ready() {
        let mut lanes = Lanes::default();
        lanes.events(&[event(0, Did::Begin { task: 1, cpu: 0 })]);
        let look = |at: u64, wait: u64| LaneLook {
            worker: 1,
            at: at * MS,
            state: b'R',
            cpu: 0,
            run: 0,
            wait: wait * MS,
            blocked: None,
        };
        lanes.looks(&[look(2, 0), look(6, 4)]);
        assert_eq!(drawn(&lanes, 0, 1, 8, 8), "--------");
        lanes.looks(&[look(8, 4)]);
        assert_eq!(drawn(&lanes, 0, 1, 8, 8), "11111111");
    }

    #[test]
    fn the_end_of_a_worker_is_where_it_was_seen_and_not_where_it_was_told() {
        let mut lanes = Lanes::default();
        lanes.events(&[event(0, Did::Begin { task: 1, cpu: 0 })]);
        let look = |at: u64, state| LaneLook {
            worker: 1,
            at: at * MS,
            state,
            cpu: 0,
            run: 0,
            wait: 0,
            blocked: None,
        };
        lanes.looks(&[look(2, b'R'), look(4, b'Z'), look(6, b'Z')]);
        assert_eq!(drawn(&lanes, 0, 1, 8, 6), "11ZZZZ..");
        lanes.end(1, 7 * MS, Fate::Killed(9));
        assert_eq!(lanes.lanes[0].ended, Some((2 * MS, Fate::Killed(9))));
    }

    #[test]
    fn a_stopped_worker_was_stopped_and_not_waiting_for_a_cpu() {
        let mut lanes = Lanes::default();
        lanes.events(&[event(0, Did::Begin { task: 1, cpu: 0 })]);
        let look = LaneLook { worker: 1, at: 4 * MS, state: b'T', cpu: 0, run: 0, wait: 0, blocked: None };
        lanes.looks(&[look]);
        assert_eq!(drawn(&lanes, 0, 1, 8, 8), "1111TTTT");
        lanes.events(&[event(8, Did::Gap { from: 3 * MS, cpu: 0 })]);
        assert_eq!(drawn(&lanes, 0, 1, 9, 9), "111-TTTT1");
    }

    /// Memory is bounded, and the sums stay those of what happened.
    #[test]
    fn a_long_run_is_folded_and_keeps_its_sums() {
        let mut lanes = Lanes::default();
        lanes.events(&[event(0, Did::Begin { task: 1, cpu: 0 })]);
        // One millisecond in four off the CPU, for 40 s.
        for n in 0..10_000 {
            lanes.events(&[event(4 * n + 4, Did::Gap { from: (4 * n + 3) * MS, cpu: 0 })]);
        }
        let lane = &lanes.lanes[0];
        assert!(lane.stretches.len() <= OF_ONE.0 && lane.buckets.len() <= BUCKETS && lane.folded > 10_000);
        let window = Window { from: 0, cell: 400 * MS, cells: 100, until: 40_000 * MS };
        let mut cells = Vec::new();
        lane.shares(&window, &mut cells);
        let run: f32 = cells.iter().map(|cell| cell.run).sum();
        let ready: f32 = cells.iter().map(|cell| cell.ready).sum();
        assert!((run - 75.0).abs() < 0.5 && (ready - 25.0).abs() < 0.5, "{run} {ready}");
        let mut dither = Dither::default();
        let running = cells.iter().filter(|cell| dither.next(cell) == Doing::Run(1)).count();
        assert!((74..=76).contains(&running), "{running} of 100 cells");
        // At a millisecond the newest part is there one by one, the first part only in sum.
        assert_eq!(drawn(&lanes, 39_992, 1, 8, 40_000), "111-111-");
        let oldest = drawn(&lanes, 0, 1, 8, 40_000);
        assert_eq!(oldest.chars().filter(|c| *c == '1').count(), 6, "{oldest}");
    }

    #[test]
    fn what_is_told_twice_or_late_counts_once() {
        let mut lanes = Lanes::default();
        lanes.events(&[
            event(0, Did::Begin { task: 1, cpu: 0 }),
            event(4, Did::Gap { from: MS, cpu: 0 }),
            event(5, Did::Gap { from: 2 * MS, cpu: 0 }),
            event(5, Did::End { task: 1, answer: 0, right: true }),
        ]);
        let mut cells = Vec::new();
        let window = Window { from: 0, cell: MS, cells: 6, until: 6 * MS };
        lanes.lanes[0].shares(&window, &mut cells);
        for cell in cells {
            assert!(cell.run + cell.ready + cell.blocked <= 1.001, "{cell:?}");
        }
    }

    #[test]
    fn a_window_of_any_kind_is_no_trouble() {
        let mut lanes = Lanes::default();
        lanes.events(&[event(0, Did::Begin { task: 1, cpu: 0 }), event(9, Did::Moved { cpu: 1 })]);
        let mut cells = Vec::new();
        for (from, cell, count) in [(0, 0, 5), (u64::MAX, 1, 3), (0, u64::MAX, 3), (5 * MS, 1, 0)] {
            let window = Window { from, cell, cells: count, until: u64::MAX };
            lanes.lanes[0].shares(&window, &mut cells);
            assert_eq!(cells.len(), count);
        }
        assert!(lanes.at(0).is_none() && lanes.at(u32::MAX).is_none());
    }
}
