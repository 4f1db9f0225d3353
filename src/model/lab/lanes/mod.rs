//! Lanes: what each worker did over time, folded from its own events and from looks at it, to be drawn at any zoom.
//!
//! The newest stretches are kept as they were, to the nanosecond; all of them are added up in buckets that grow with
//! the run. So the whole run can be drawn at the cost of the buckets, a zoom to a millisecond reads the stretches, and
//! memory is bounded however often the workers are interrupted.

mod share;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::{Did, Fate, LaneEvent, LaneLook};
use crate::model::Pid;

pub use share::{Dither, Doing, Share, Window};

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
                (Doing::Run(_), _) if self.waits => Doing::Ready,
                (Doing::Idle | Doing::Run(_), Some((task, _))) => Doing::Run(task),
                (doing, _) => doing,
            },
            (_, Some((task, _))) => Doing::Run(task),
            _ => Doing::Idle,
        }
    }

    /// Somebody else comes: what the one before had is no part of his.
    fn empty(&mut self) {
        (self.ended, self.gone, self.last, self.stopped, self.open) = (None, None, None, None, None);
        (self.run, self.told_run, self.wait, self.gaps, self.interruptions) = (0, 0, 0, 0, 0);
        (self.waits, self.done) = (false, 0);
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

    /// It ended. What it waited for until then, nobody tells any more: only a look saw it.
    fn finish(&mut self, seen: Option<LaneLook>, at: u64, most: usize) {
        if let (Some((_, since)), Some(look)) = (self.open, seen.filter(|look| look.at > self.told)) {
            let (from, what) = match judged(&look) {
                Doing::Stopped => (self.stopped.unwrap_or(look.at), Doing::Stopped),
                Doing::Blocked(on) => (look.blocked.map_or(look.at, |(_, from)| from), Doing::Blocked(on)),
                _ => (at, Doing::Idle),
            };
            self.off(from.clamp(since.min(at), at), at, what, most);
        }
        self.close(at, most);
        self.open = None;
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
            self.finish(before, at, most);
            (self.gone, self.told) = (Some(at), at);
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
        let span = look.at.saturating_sub(before.at);
        let (ran, waited) = (look.run.saturating_sub(before.run), look.wait.saturating_sub(before.wait));
        // The kernel counts a wait when it ends, but who runs at each tick: who is ready and gets nothing has no CPU.
        let starved =
            self.open.is_none() && look.state == b'R' && before.state == b'R' && ran == 0 && waited == 0;
        self.waits = starved || waited * 2 > span;
        // Somebody who tells what he does needs no look; the others are judged by what they used since the last one.
        let from = before.at.max(self.told);
        if self.open.is_some() || from >= look.at {
            return;
        }
        let idle = match look.state {
            _ if starved => Doing::Ready,
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

    /// A worker begins in its lane; whoever was there before has ended, and keeps what was drawn.
    pub fn start(&mut self, worker: u32, pid: Pid, tid: Pid, name: String) {
        let Some(lane) = self.at(worker) else { return };
        if lane.tid.is_some_and(|before| before != tid) {
            lane.empty();
        }
        (lane.pid, lane.tid, lane.name) = (Some(pid), Some(tid), name);
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
            lane.finish(lane.last, at, most);
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
