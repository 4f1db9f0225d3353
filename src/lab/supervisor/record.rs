//! The record of one run: what is read from the board and heard from its processes, and the report it comes to.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::Ordering::*;

use super::super::board::{Board, Event, Word};
use super::super::engine::Tasks;
use super::super::pulse::{field, now_ns};
use super::super::scene::SceneSaid;
use super::super::workloads;
use super::machine::Reading;
use crate::model::Pid;
use crate::model::lab::{
    BlockedOn, Check, Did, Fate, Figure, LabNews, LabPlan, LaneEvent, LaneLook, RunPlan, RunReport, Subject,
    TaskReport, WorkerReport,
};
use crate::sys::Ended;

/// How often the workers are looked at from outside, nanoseconds.
const LOOK: u64 = 50_000_000;
/// The same with many of them.
const RARE_LOOK: u64 = 125_000_000;
/// How many are many.
const MANY: usize = 16;

/// One run as it goes on.
pub(super) struct Record<'a> {
    board: &'a Board,
    plan: RunPlan,
    rounds: u32,
    tasks: Option<Box<dyn Tasks>>,
    task_count: u32,
    began_ns: u64,
    ended_ns: Option<u64>,
    before: Reading,
    master: u32,
    master_ended: Option<Ended>,
    /// Next event of each slot.
    next: Vec<u64>,
    /// Slots whose start has been told.
    told: usize,
    open: BTreeMap<usize, (u32, u64)>,
    /// What each slot waited for so far, seconds.
    waits: BTreeMap<usize, BTreeMap<BlockedOn, f64>>,
    spans: Vec<TaskReport>,
    lost: u64,
    fates: BTreeMap<u32, (u64, Fate)>,
    told_fates: Vec<u32>,
    notes: Vec<String>,
    checks: Vec<Check>,
    figures: Vec<Figure>,
    failure: Option<String>,
    last_look: u64,
}

impl<'a> Record<'a> {
    pub(super) fn new(board: &'a Board, plan: &LabPlan, run: &RunPlan, rounds: u32) -> Record<'a> {
        let tasks = match &plan.subject {
            Subject::Workload(id) => workloads::find(id).and_then(|workload| workload.tasks(run)),
            Subject::Jobs(_) => None,
        };
        let task_count = match &plan.subject {
            Subject::Jobs(jobs) => jobs.commands.len() as u32,
            Subject::Workload(_) => tasks.as_ref().map_or(0, |tasks| tasks.count()),
        };
        Record {
            board,
            plan: run.clone(),
            rounds,
            tasks,
            task_count,
            began_ns: 0,
            ended_ns: None,
            before: Reading::default(),
            master: 0,
            master_ended: None,
            next: Vec::new(),
            told: 0,
            open: BTreeMap::new(),
            waits: BTreeMap::new(),
            spans: Vec::new(),
            lost: 0,
            fates: BTreeMap::new(),
            told_fates: Vec::new(),
            notes: Vec::new(),
            checks: Vec::new(),
            figures: Vec::new(),
            failure: None,
            last_look: 0,
        }
    }

    /// Number of tasks; 0 for a scene.
    pub(super) fn task_count(&self) -> u32 {
        self.task_count
    }

    /// The run begins.
    pub(super) fn begin(&mut self) {
        self.before = Reading::now();
        self.began_ns = now_ns();
    }

    /// Who stages it.
    pub(super) fn master(&mut self, pid: u32) {
        self.master = pid;
    }

    /// Takes down what a process of the run said.
    pub(super) fn heard(&mut self, said: SceneSaid) {
        match said {
            SceneSaid::Ended { pid, at_ns, fate } => drop(self.fates.insert(pid, (at_ns, fate))),
            SceneSaid::Note(sentence) => self.notes.push(sentence),
            SceneSaid::Check(check) => self.checks.push(check),
            SceneSaid::Figure(figure) => self.figures.push(figure),
            SceneSaid::Done { at_ns } => self.ended_ns = Some(at_ns),
            SceneSaid::Failed(why) => self.failure = Some(why),
        }
    }

    /// Why the workload could not go on.
    pub(super) fn failure(&self) -> Option<String> {
        let died = self.master_ended.and_then(|ended| ended.signal()).filter(|_| self.ended_ns.is_none());
        self.failure
            .as_ref()
            .map(|why| format!("The workload could not go on: {why}."))
            .or_else(|| died.map(|signal| format!("The run's master was ended by signal {signal}.")))
    }

    /// Whether the master has ended; it is reaped then.
    pub(super) fn master_is_gone(&mut self) -> bool {
        if self.master_ended.is_none()
            && let Ok(Some(ended)) = crate::sys::wait4(self.master, false)
        {
            self.master_ended(ended);
        }
        self.master_ended.is_some()
    }

    /// The master has ended, and was reaped.
    pub(super) fn master_ended(&mut self, ended: Ended) {
        self.master_ended = Some(ended);
    }

    /// Whether there may be something new on the board.
    pub(super) fn is_due(&self) -> bool {
        self.next.len() < self.board.slots()
            || (0..self.board.slots()).any(|slot| self.head(slot) > self.next.get(slot).copied().unwrap_or(0))
            || now_ns().saturating_sub(self.last_look) >= self.look_every()
    }

    fn head(&self, slot: usize) -> u64 {
        self.board.slot(slot, Word::Head).load(Relaxed)
    }

    fn look_every(&self) -> u64 {
        if self.board.slots() > MANY { RARE_LOOK } else { LOOK }
    }

    fn since_begin(&self, at: u64) -> u64 {
        at.saturating_sub(self.began_ns)
    }

    fn seconds(&self, at: u64) -> f64 {
        self.since_begin(at) as f64 / 1e9
    }

    /// What is new: workers, what they did, how they stand, who ended.
    pub(super) fn news(&mut self) -> Vec<LabNews> {
        let mut news: Vec<LabNews> = Vec::new();
        while self.told < self.board.slots() {
            let slot = self.told;
            // A slot that is taken but has no pid yet is told next time.
            let pid = self.board.slot(slot, Word::Pid).load(Acquire);
            let tid = self.board.slot(slot, Word::Tid).load(Relaxed);
            let Some((pid, tid)) = Pid::new(pid as u32).zip(Pid::new(tid as u32)) else { break };
            news.push(LabNews::WorkerStarted {
                worker: slot as u32 + 1,
                pid,
                tid,
                name: self.board.name(slot),
            });
            self.told += 1;
        }
        news.extend(self.notes.drain(..).map(LabNews::Note));
        let mut events = Vec::new();
        for slot in 0..self.told {
            self.drain(slot, &mut events);
        }
        if !events.is_empty() {
            news.push(LabNews::Lanes(events));
        }
        let ended: Vec<LabNews> = (0..self.told).filter_map(|slot| self.newly_ended(slot)).collect();
        news.extend(ended);
        if now_ns().saturating_sub(self.last_look) >= self.look_every() {
            self.last_look = now_ns();
            let looks: Vec<LaneLook> = (0..self.told).filter_map(|slot| self.look(slot)).collect();
            if !looks.is_empty() {
                news.push(LabNews::Looks(looks));
            }
        }
        news
    }

    fn drain(&mut self, slot: usize, to: &mut Vec<LaneEvent>) {
        if self.next.len() <= slot {
            self.next.resize(slot + 1, 0);
        }
        let mut next = self.next.get(slot).copied().unwrap_or(0);
        let mut events = Vec::new();
        self.lost += self.board.read(slot, &mut next, |event| events.push(event));
        if let Some(place) = self.next.get_mut(slot) {
            *place = next;
        }
        to.extend(events.into_iter().map(|event| self.note(slot, event)));
    }

    /// Takes an event down and puts it into the words of the model.
    fn note(&mut self, slot: usize, event: Event) -> LaneEvent {
        let worker = slot as u32 + 1;
        let what = match event.what {
            Did::Begin { task, cpu } => {
                self.open.insert(slot, (task, event.at));
                Did::Begin { task, cpu }
            }
            Did::End { task, answer, .. } => {
                if let Some((_, from)) = self.open.remove(&slot).filter(|(open, _)| *open == task) {
                    let (from, to) = (self.seconds(from), self.seconds(event.at));
                    self.spans.push(TaskReport { task, worker, from, to, run_s: event.run as f64 / 1e9 });
                }
                let right = self.tasks.as_ref().is_none_or(|tasks| tasks.answer(task) == answer);
                Did::End { task, answer, right }
            }
            Did::Gap { from, cpu } => Did::Gap { from: self.since_begin(from), cpu },
            Did::Blocked { from, on } => {
                *self.waits.entry(slot).or_default().entry(on).or_default() +=
                    event.at.saturating_sub(from) as f64 / 1e9;
                Did::Blocked { from: self.since_begin(from), on }
            }
            other @ (Did::Moved { .. } | Did::Mark(_)) => other,
        };
        LaneEvent { worker, at: self.since_begin(event.at), what }
    }

    fn newly_ended(&mut self, slot: usize) -> Option<LabNews> {
        let worker = slot as u32 + 1;
        if self.told_fates.contains(&worker) {
            return None;
        }
        let (at, fate) = self.fate(slot)?;
        self.told_fates.push(worker);
        Some(LabNews::WorkerEnded { worker, at: self.since_begin(at), fate })
    }

    /// When and how a worker ended; `None` while it lives, as far as is known.
    fn fate(&self, slot: usize) -> Option<(u64, Fate)> {
        let word = |word| self.board.slot(slot, word).load(Acquire);
        let by_itself = Some(word(Word::Ended)).filter(|&at| at != 0);
        let pid = word(Word::Pid) as u32;
        match self.fates.get(&pid) {
            // Threads end before their process does.
            Some(&(at, fate)) => Some((by_itself.unwrap_or(at), fate)),
            None if word(Word::Tid) != word(Word::Pid) => by_itself.map(|at| (at, Fate::Exited(0))),
            None => None,
        }
    }

    /// How a worker stands; `None` for one that has ended.
    fn look(&self, slot: usize) -> Option<LaneLook> {
        let word = |word| self.board.slot(slot, word).load(Acquire);
        if word(Word::Ended) != 0 {
            return None;
        }
        let (pid, tid) = (word(Word::Pid), word(Word::Tid));
        let stat = fs::read(format!("/proc/{pid}/task/{tid}/stat")).unwrap_or_default();
        let schedstat = fs::read(format!("/proc/{pid}/task/{tid}/schedstat")).unwrap_or_default();
        let end_of_name = stat.iter().rposition(|&byte| byte == b')').map_or(0, |at| at + 1);
        let fields = stat.get(end_of_name..).unwrap_or_default();
        let on = (word(Word::BlockedOn) as usize).checked_sub(1).and_then(|at| BlockedOn::ALL.get(at));
        Some(LaneLook {
            worker: slot as u32 + 1,
            at: self.since_begin(now_ns()),
            state: fields.iter().copied().find(u8::is_ascii_alphabetic).unwrap_or(0),
            // Field 39; the name in field 2 ends before these, which begin with the state, field 3.
            cpu: field(fields, 36).unwrap_or(0) as u32,
            run: field(&schedstat, 0).unwrap_or(0),
            wait: field(&schedstat, 1).unwrap_or(0),
            blocked: on.map(|on| (*on, self.since_begin(word(Word::BlockedSince)))),
        })
    }

    /// What it all came to. Everything below the supervisor has ended.
    pub(super) fn report(&mut self) -> RunReport {
        let mut rest = Vec::new();
        for slot in 0..self.board.slots() {
            self.drain(slot, &mut rest);
        }
        let mut report = RunReport::blank(&self.plan);
        report.rounds = self.rounds;
        report.real_s = self.seconds(self.ended_ns.unwrap_or_else(now_ns));
        if let Some(ended) = self.master_ended {
            report.user_s = ended.user_us as f64 / 1e6;
            report.sys_s = ended.sys_us as f64 / 1e6;
            report.max_rss = (ended.max_rss_kib.max(0) as u64) * 1024;
        }
        report.answers = (1..=self.task_count).map(|task| self.board.answered(task)).collect();
        report.checks = std::mem::take(&mut self.checks);
        report.figures = std::mem::take(&mut self.figures);
        let all_right = (1..).zip(&report.answers).all(|(task, answer)| {
            answer.is_some_and(|answer| self.tasks.as_ref().is_none_or(|tasks| tasks.answer(task) == answer))
        });
        report.answer_ok = all_right
            && self.ended_ns.is_some()
            && self.failure.is_none()
            && report.checks.iter().all(Check::holds);
        report.crew = (0..self.board.slots()).map(|slot| self.worker(slot)).collect();
        report.tasks = std::mem::take(&mut self.spans);
        report.lost_events = self.lost;
        report.noise = Reading::now().since(&self.before, report.cpu_s(), report.real_s);
        report
    }

    fn worker(&self, slot: usize) -> WorkerReport {
        let word = |word| self.board.slot(slot, word).load(Acquire);
        let time = |word_: Word| Some(word(word_)).filter(|&at| at != 0).map(|at| self.seconds(at));
        let span = |from: Word, to: Word| word(to).saturating_sub(word(from)) as f64 / 1e9;
        let fate = self.fate(slot);
        WorkerReport {
            worker: slot as u32 + 1,
            pid: word(Word::Pid) as u32,
            tid: word(Word::Tid) as u32,
            name: self.board.name(slot),
            started: self.seconds(word(Word::Started)),
            first: time(Word::First),
            last: time(Word::Last),
            ended: fate.map(|(at, _)| self.seconds(at)),
            run_s: span(Word::RunFirst, Word::RunLast),
            wait_s: span(Word::WaitFirst, Word::WaitLast),
            blocked_before_s: word(Word::BlockedFirst) as f64 / 1e9,
            blocked_s: word(Word::BlockedLast).saturating_sub(word(Word::BlockedFirst)) as f64 / 1e9,
            blocked_on: self.waits.get(&slot).cloned().unwrap_or_default(),
            gaps_s: word(Word::Gaps) as f64 / 1e9,
            voluntary: word(Word::Voluntary),
            involuntary: word(Word::Involuntary),
            migrations: word(Word::Moved),
            tasks: word(Word::Done) as u32,
            fate: fate.map_or(Fate::Unknown, |(_, fate)| fate),
        }
    }
}
