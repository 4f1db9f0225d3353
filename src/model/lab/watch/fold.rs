//! Looks at threads and processes, one after the other, folded into lanes, an account and sums.
//!
//! The order of a round: everybody is looked at, who has ended leaves, who has come arrives, then the round is closed.

use super::sums::{Busiest, Names};
use super::{MOST_LANES, Unseen, WatchAccount, WatchReport, WatchThread};
use crate::model::Pid;
use crate::model::lab::{BlockedOn, Fate, LabNews, LaneLook, Noise};

/// Who spends less of his time on a CPU than this does not work: what he waits for holds nobody up.
const WORKS: f64 = 0.01;

/// What is waited for, by its place in [`BlockedOn::ALL`]; behind these what is not known, and what was held by a signal.
type Waits = [u64; BlockedOn::ALL.len() + 2];
const UNKNOWN: usize = BlockedOn::ALL.len();
const STOPPED: usize = UNKNOWN + 1;

/// A thread at a look. Times are nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ThreadLook {
    /// When, since the watch began.
    pub at: u64,
    /// The letter of `stat`.
    pub state: u8,
    /// The CPU it was on last.
    pub cpu: u32,
    /// On a CPU since it was born: field 1 of `schedstat`.
    pub run: u64,
    /// Waiting for a CPU since it was born: field 2.
    pub wait: u64,
    /// How often it was given a CPU: field 3.
    pub turns: u64,
    /// What it waits for, where that is known.
    pub blocked: Option<BlockedOn>,
}

/// A thread that is seen for the first time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// The process's number here: see [`WatchFold::process`].
    pub process: usize,
    /// Its number.
    pub tid: Pid,
    /// Its name; safe to show.
    pub name: String,
    /// Whether it was born since the watch began: then all that it did counts.
    pub born: bool,
    /// How it was seen.
    pub look: ThreadLook,
    /// Its context switches so far, asked for and not.
    pub switches: (u64, u64),
}

/// A thread in its lane.
#[derive(Clone, Debug)]
struct Thread {
    process: usize,
    tid: Pid,
    name: String,
    /// From when on it is accounted for.
    from: u64,
    /// What it had before.
    base: ThreadLook,
    last: ThreadLook,
    /// Since when it is seen to wait for a CPU without a break.
    ready: Option<u64>,
    migrations: u64,
    /// What it waited for, nanoseconds.
    waits: Waits,
    /// Context switches before, and at the last reading.
    switches: [(u64, u64); 2],
}

impl Thread {
    /// What it ran, as far as there was time for it: the kernel brings the count up to date at ticks only.
    fn run(&self) -> u64 {
        self.last.run.saturating_sub(self.base.run).min(self.there())
    }

    /// What it waited for CPUs, as far as there was time for it: a wait that ended here may have begun before.
    fn wait(&self) -> u64 {
        let pending = self.ready.map_or(0, |since| self.last.at.saturating_sub(since));
        let counted = self.last.wait.saturating_sub(self.base.wait).saturating_add(pending);
        counted.min(self.there().saturating_sub(self.run()))
    }

    /// How long it was there.
    fn there(&self) -> u64 {
        self.last.at.saturating_sub(self.from)
    }
}

/// A process, with what it and its children had.
#[derive(Clone, Debug)]
struct Process {
    pid: Pid,
    parent: Option<usize>,
    name: String,
    /// CPU time of all its threads, those that ended included: before, and now. Nanoseconds.
    cpu: (u64, u64),
    /// CPU time of the children that it waited for.
    children: (u64, u64),
    /// What its threads in lanes ran.
    seen: u64,
    /// All that its children who were seen, and are gone, had in their lives.
    gone: u64,
}

impl Process {
    /// CPU time of children, and of threads, that nobody saw.
    fn unseen(&self) -> (u64, u64) {
        let (children, cpu) =
            (self.children.1.saturating_sub(self.children.0), self.cpu.1.saturating_sub(self.cpu.0));
        (children.saturating_sub(self.gone), cpu.saturating_sub(self.seen))
    }
}

/// Sums over those who have left.
#[derive(Clone, Debug, Default)]
struct Past {
    run: u64,
    wait: u64,
    there: u64,
    turns: u64,
    switches: (u64, u64),
    migrations: u64,
    threads: u32,
    workers: u32,
    working: Waits,
    all: Waits,
    processes: u32,
    unseen: (u64, u64),
    names: Names,
    busiest: Busiest,
}

/// Folds looks into a report.
#[derive(Clone, Debug, Default)]
pub struct WatchFold {
    lanes: Vec<Option<Thread>>,
    processes: Vec<Option<Process>>,
    past: Past,
    /// How long so many ran at the same time, nanoseconds.
    concurrency: Vec<f64>,
    /// When the last round was closed, and what was run in this one.
    closed: u64,
    ran: u64,
    rounds: u32,
    without_lane: u32,
    waits_told: bool,
    news: Vec<LabNews>,
    looks: Vec<LaneLook>,
}

impl WatchFold {
    /// A process joins, with its CPU time and that of the children it waited for, nanoseconds; `parent` is one that
    /// joined before. Returns its number here.
    pub fn process(
        &mut self,
        pid: Pid,
        name: &str,
        parent: Option<usize>,
        born: bool,
        cpu: u64,
        children: u64,
    ) -> usize {
        let before = |now| if born { 0 } else { now };
        let process = Process {
            pid,
            parent,
            name: name.to_owned(),
            cpu: (before(cpu), cpu),
            children: (before(children), children),
            seen: 0,
            gone: 0,
        };
        let free = self.processes.iter().position(Option::is_none);
        let number = free.unwrap_or(self.processes.len());
        match self.processes.get_mut(number) {
            Some(place) => *place = Some(process),
            None => self.processes.push(Some(process)),
        }
        number
    }

    /// A process as it stands now; `None` for what could not be read. Times are nanoseconds.
    pub fn process_now(
        &mut self,
        process: usize,
        name: Option<&str>,
        cpu: Option<u64>,
        children: Option<u64>,
    ) {
        let Some(known) = self.known(process) else { return };
        if let Some(name) = name.filter(|name| *name != known.name) {
            name.clone_into(&mut known.name);
        }
        known.cpu.1 = cpu.map_or(known.cpu.1, |cpu| cpu.max(known.cpu.1));
        known.children.1 = children.map_or(known.children.1, |children| children.max(known.children.1));
    }

    /// Nobody finds the process any more: its parent has waited for it, and was told what it had. Its number may be given
    /// to another one.
    pub fn process_gone(&mut self, process: usize) {
        let Some(gone) = self.processes.get_mut(process).and_then(Option::take) else { return };
        let all = gone.cpu.1.saturating_add(gone.children.1);
        if let Some(parent) = gone.parent.and_then(|parent| self.known(parent)) {
            parent.gone = parent.gone.saturating_add(all);
        }
        for orphan in self.processes.iter_mut().flatten().filter(|other| other.parent == Some(process)) {
            orphan.parent = None;
        }
        self.past.process(&gone);
    }

    fn known(&mut self, process: usize) -> Option<&mut Process> {
        self.processes.get_mut(process)?.as_mut()
    }

    /// A thread comes. Returns its lane, counted from 0, or `None` where there is none for it.
    pub fn arrive(&mut self, arrival: Arrival) -> Option<usize> {
        let Arrival { process, tid, name, born, look, switches } = arrival;
        let free = self.lanes.iter().position(Option::is_none);
        let lane = free.or((self.lanes.len() < MOST_LANES).then_some(self.lanes.len()))?;
        let pid = self.known(process)?.pid;
        // Nobody knows when in the interval it was born; it was there for at least as long as it ran and waited.
        let least = look.at.saturating_sub(look.run.saturating_add(look.wait));
        let (from, base) = if born {
            (least.max(self.closed).min(look.at), ThreadLook { cpu: look.cpu, ..ThreadLook::default() })
        } else {
            (look.at, look)
        };
        let before = if born { (0, 0) } else { switches };
        let thread = Thread {
            process,
            tid,
            name: name.clone(),
            from,
            base,
            last: look,
            ready: None,
            migrations: 0,
            waits: Waits::default(),
            switches: [before, switches],
        };
        self.ran += thread.run();
        if let Some(known) = self.known(process) {
            known.seen += thread.run();
        }
        let worker = lane as u32 + 1;
        self.news.push(LabNews::WorkerStarted { worker, pid, tid, name });
        self.tell(lane, ThreadLook { at: from, run: base.run, wait: base.wait, ..look });
        self.tell(lane, look);
        self.past.threads += 1;
        match self.lanes.get_mut(lane) {
            Some(place) => *place = Some(thread),
            None => self.lanes.push(Some(thread)),
        }
        Some(lane)
    }

    /// The thread in a lane calls itself otherwise.
    pub fn rename(&mut self, lane: usize, name: &str) {
        let Some(Some(thread)) = self.lanes.get_mut(lane) else { return };
        if thread.name == name {
            return;
        }
        name.clone_into(&mut thread.name);
        let (process, tid, name) = (thread.process, thread.tid, name.to_owned());
        let Some(pid) = self.known(process).map(|process| process.pid) else { return };
        let worker = lane as u32 + 1;
        self.news.push(LabNews::WorkerStarted { worker, pid, tid, name });
    }

    /// The thread in a lane is looked at.
    pub fn look(&mut self, lane: usize, look: ThreadLook) {
        let Some(Some(thread)) = self.lanes.get_mut(lane) else { return };
        let before = thread.last;
        let span = look.at.saturating_sub(before.at);
        let (ran, waited) = (look.run.saturating_sub(before.run), look.wait.saturating_sub(before.wait));
        // A thread that runs is counted at each tick: one that is ready and gets nothing has no CPU.
        let starved = look.state == b'R' && before.state == b'R' && ran == 0 && waited == 0 && span > 0;
        thread.ready = if starved { thread.ready.or(Some(before.at)) } else { None };
        if look.state != b'R' && !matches!(look.state, b'Z' | b'X' | 0) {
            let idle = span.saturating_sub(ran.saturating_add(waited));
            let reason = match look.state {
                b'T' | b't' => STOPPED,
                _ => BlockedOn::ALL.iter().position(|on| Some(*on) == look.blocked).unwrap_or(UNKNOWN),
            };
            if let Some(place) = thread.waits.get_mut(reason) {
                *place += idle;
            }
        }
        self.waits_told |= look.blocked.is_some();
        thread.migrations += u64::from(look.cpu != before.cpu);
        thread.last = ThreadLook { run: look.run.max(before.run), wait: look.wait.max(before.wait), ..look };
        let process = thread.process;
        self.ran += ran;
        if let Some(process) = self.known(process) {
            process.seen += ran;
        }
        self.tell(lane, look);
    }

    /// The context switches of the thread in a lane so far: asked for, and not.
    pub fn switches(&mut self, lane: usize, switches: (u64, u64)) {
        if let Some(Some(thread)) = self.lanes.get_mut(lane) {
            let [_, now] = &mut thread.switches;
            *now = switches;
        }
    }

    /// The thread in a lane has ended; what it did since it was looked at last, nobody saw.
    pub fn leave(&mut self, lane: usize) {
        let Some(thread) = self.lanes.get_mut(lane).and_then(Option::take) else { return };
        let (worker, at) = (lane as u32 + 1, thread.last.at);
        self.news.push(LabNews::WorkerEnded { worker, at, fate: Fate::Unknown });
        self.past.add(lane, &thread, &self.processes, true);
    }

    /// Everybody has been looked at. So many threads have no lane.
    pub fn close(&mut self, at: u64, without_lane: u32) {
        let span = at.saturating_sub(self.closed);
        self.without_lane = self.without_lane.max(without_lane);
        self.rounds += 1;
        if span > 0 {
            // As evenly as can be: 1.3 on average is 1 for seven tenths of the interval, and 2 for three.
            let mean = self.ran as f64 / span as f64;
            let (whole, part) = (mean.floor(), mean.fract());
            let at = whole as usize;
            if self.concurrency.len() < at + 2 {
                self.concurrency.resize(at + 2, 0.0);
            }
            for (place, part) in [(at, 1.0 - part), (at + 1, part)] {
                if let Some(time) = self.concurrency.get_mut(place) {
                    *time += part * span as f64;
                }
            }
        }
        (self.closed, self.ran) = (at, 0);
    }

    /// How many threads there are that have a lane.
    pub fn living(&self) -> usize {
        self.lanes.iter().flatten().count()
    }

    /// What happened since it was asked last, for whoever draws lanes.
    pub fn news(&mut self) -> Vec<LabNews> {
        let mut news = std::mem::take(&mut self.news);
        if !self.looks.is_empty() {
            news.push(LabNews::Looks(std::mem::take(&mut self.looks)));
        }
        news
    }

    /// What was seen until now. `cost_s` is the CPU time that looking took; `noise` what else the machine did.
    pub fn report(&self, over: bool, cost_s: f64, noise: Noise) -> WatchReport {
        let mut past = self.past.clone();
        for (lane, thread) in self.lanes.iter().enumerate() {
            if let Some(thread) = thread {
                past.add(lane, thread, &self.processes, false);
            }
        }
        for process in self.processes.iter().flatten() {
            past.process(process);
        }
        let seconds = |nanos: u64| nanos as f64 / 1e9;
        let real_s = seconds(self.closed);
        let capacity = self.lanes.len() as u64 * self.closed;
        let busy = past.run.saturating_add(past.wait);
        let account = WatchAccount {
            capacity_s: seconds(capacity),
            run_s: seconds(past.run),
            wait_s: seconds(past.wait),
            blocked_s: seconds(past.there.saturating_sub(busy)),
            absent_s: seconds(capacity.saturating_sub(past.there)),
        };
        let [working, all] = [&past.working, &past.all];
        let waits = if past.workers == 0 { all } else { working };
        let told = BlockedOn::ALL.into_iter().zip(waits).filter(|(_, nanos)| **nanos > 0);
        let mut told: Vec<(BlockedOn, f64)> = told.map(|(on, nanos)| (on, seconds(*nanos))).collect();
        told.sort_by(|a, b| b.1.total_cmp(&a.1));
        WatchReport {
            real_s,
            looks: self.rounds,
            over,
            lanes: self.lanes.len() as u32,
            threads: past.threads,
            processes: past.processes,
            without_lane: self.without_lane,
            account,
            unseen: Unseen { children_s: seconds(past.unseen.0), threads_s: seconds(past.unseen.1) },
            concurrency_s: self.concurrency.iter().map(|nanos| nanos / 1e9).collect(),
            turns: past.turns,
            voluntary: past.switches.0,
            involuntary: past.switches.1,
            migrations: past.migrations,
            working: past.workers,
            waits: told,
            waits_unknown_s: waits.get(UNKNOWN).map_or(0.0, |nanos| seconds(*nanos)),
            stopped_s: waits.get(STOPPED).map_or(0.0, |nanos| seconds(*nanos)),
            waits_told: self.waits_told,
            busiest: past.busiest.told(),
            names: past.names.told(),
            noise,
            cost_s,
        }
    }

    fn tell(&mut self, lane: usize, look: ThreadLook) {
        let ThreadLook { at, state, cpu, run, wait, blocked, .. } = look;
        let blocked = blocked.filter(|_| state != b'R').map(|on| (on, at));
        self.looks.push(LaneLook { worker: lane as u32 + 1, at, state, cpu, run, wait, blocked });
    }
}

impl Past {
    fn process(&mut self, process: &Process) {
        let (children, threads) = process.unseen();
        self.unseen.0 += children;
        self.unseen.1 += threads;
        self.processes += 1;
        self.names.add(&process.name, 1, 0.0, 0.0);
    }

    fn add(&mut self, lane: usize, thread: &Thread, processes: &[Option<Process>], ended: bool) {
        let (run, wait, there) = (thread.run(), thread.wait(), thread.there());
        self.run += run;
        self.wait += wait;
        self.there += there;
        self.turns += thread.last.turns.saturating_sub(thread.base.turns);
        let [before, now] = thread.switches;
        self.switches.0 += now.0.saturating_sub(before.0);
        self.switches.1 += now.1.saturating_sub(before.1);
        self.migrations += thread.migrations;
        let works = run > 0 && run as f64 >= WORKS * there as f64;
        self.workers += u32::from(works);
        for ((all, working), waited) in self.all.iter_mut().zip(&mut self.working).zip(thread.waits) {
            *all += waited;
            *working += if works { waited } else { 0 };
        }
        let Some(process) = processes.get(thread.process).and_then(Option::as_ref) else { return };
        let (run_s, wait_s) = (run as f64 / 1e9, wait as f64 / 1e9);
        self.names.add(&process.name, 0, run_s, wait_s);
        if self.busiest.wants(run_s) {
            self.busiest.add(WatchThread {
                lane: lane as u32 + 1,
                pid: process.pid,
                tid: thread.tid,
                name: thread.name.clone(),
                run_s,
                wait_s,
                blocked_s: there.saturating_sub(run.saturating_add(wait)) as f64 / 1e9,
                cpu: thread.last.cpu,
                migrations: thread.migrations,
                ended,
            });
        }
    }
}
