//! The record of one run: what is read from the board and heard from its processes, and the report it comes to.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use super::super::board::{Board, Event, Word};
use super::super::engine::Tasks;
use super::super::pulse::now_ns;
use super::super::scene::{SceneSaid, Took, fate_of};
use super::super::workloads;
use super::look::{Eye, Seen};
use super::machine::Reading;
use crate::model::Pid;
use crate::model::lab::{
    BlockedOn, CROSS_CHECK, Check, Cut, Did, Fate, Figure, LabNews, LabPlan, LaneEvent, LaneLook, RunPlan,
    RunReport, Subject, TaskReport, WorkerReport,
};
use crate::sys::Ended;

/// How often the workers are looked at from outside, nanoseconds.
const LOOK: u64 = 50_000_000;
/// The same with many of them.
const RARE_LOOK: u64 = 125_000_000;
/// Less time off the CPU than this, seconds, is too little to compare two sources by.
const COMPARABLE: f64 = 0.02;
/// How many are many.
const MANY: usize = 16;

/// One run as it goes on.
pub(super) struct Record<'a> {
    board: &'a Board,
    plan: RunPlan,
    rounds: u32,
    tasks: Option<Box<dyn Tasks>>,
    /// Whether its tasks are commands of the user's own.
    is_jobs: bool,
    task_count: u32,
    began_ns: u64,
    ended_ns: Option<u64>,
    before: Reading,
    master: u32,
    master_ended: Option<Ended>,
    /// Those that lost their parents, and were waited for by the supervisor.
    adopted: Vec<Ended>,
    /// Whether all processes have taken a token, which somebody has to give back when they end.
    tokens: bool,
    /// Next event of each slot.
    next: Vec<u64>,
    /// Slots whose start has been told.
    told: usize,
    open: BTreeMap<usize, (u32, u64)>,
    /// What each slot waited for so far, seconds.
    waits: BTreeMap<usize, BTreeMap<BlockedOn, f64>>,
    spans: Vec<TaskReport>,
    lost: u64,
    fates: BTreeMap<u32, (u64, Fate, Took)>,
    told_fates: Vec<u32>,
    notes: Vec<String>,
    checks: Vec<Check>,
    figures: Vec<Figure>,
    failure: Option<String>,
    meaning: Option<String>,
    cut: Option<Cut>,
    last_look: u64,
    /// Of each worker whose start has been told.
    eyes: Vec<Eye>,
    /// Of the commands that run on behalf of workers, by slot, with their pids.
    commands: BTreeMap<usize, (u32, Eye)>,
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
            is_jobs: matches!(plan.subject, Subject::Jobs(_)),
            task_count,
            began_ns: 0,
            ended_ns: None,
            before: Reading::default(),
            master: 0,
            master_ended: None,
            adopted: Vec::new(),
            tokens: matches!(plan.subject, Subject::Workload(_)),
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
            meaning: None,
            cut: None,
            last_look: 0,
            eyes: Vec::new(),
            commands: BTreeMap::new(),
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

    /// Whether there is one: until then, this process may have children of another kind.
    pub(super) fn has_master(&self) -> bool {
        self.master != 0
    }

    /// Whether the workload has come to its own end, right or wrong.
    pub(super) fn is_done(&self) -> bool {
        self.ended_ns.is_some() || self.failure.is_some()
    }

    /// Takes down what a process of the run said.
    pub(super) fn heard(&mut self, said: SceneSaid) {
        match said {
            SceneSaid::Ended { pid, at_ns, fate, took } => {
                self.fates.insert(pid, (at_ns, fate, took));
            }
            SceneSaid::Note(sentence) => self.notes.push(sentence),
            SceneSaid::Means(sentence) => self.meaning = Some(sentence),
            SceneSaid::Check(check) => self.checks.push(check),
            SceneSaid::Figure(figure) => self.figures.push(figure),
            SceneSaid::Done { at_ns } => self.ended_ns = Some(at_ns),
            SceneSaid::AtBound => {
                self.cut = Some(Cut::Processes(u32::try_from(self.board.token_limit()).unwrap_or(u32::MAX)));
            }
            SceneSaid::Failed(why) => self.failure = Some(why),
        }
    }

    /// A bound is reached.
    pub(super) fn cut(&mut self, cut: Cut) {
        self.cut = Some(cut);
    }

    /// The processes of the run that are known: the master and those that have a lane.
    pub(super) fn pids(&self) -> impl Iterator<Item = u32> {
        let pid = |slot| self.board.slot(slot, Word::Pid).load(Relaxed) as u32;
        std::iter::once(self.master).chain((0..self.board.slots()).map(pid)).filter(|&pid| pid != 0)
    }

    /// Why the workload could not go on.
    pub(super) fn failure(&self) -> Option<String> {
        let died = self.master_ended.and_then(|ended| ended.signal()).filter(|_| self.ended_ns.is_none());
        self.cut
            .map(Cut::sentence)
            .or_else(|| self.failure.as_ref().map(|why| format!("The workload could not go on: {why}.")))
            .or_else(|| died.map(|signal| format!("The run's master was ended by signal {signal}.")))
    }

    /// Whether the master has ended, and was reaped.
    pub(super) fn master_is_gone(&self) -> bool {
        self.master_ended.is_some()
    }

    /// A child of the supervisor has ended, and was reaped: the master, or one that had lost its own parent.
    pub(super) fn reaped(&mut self, pid: u32, ended: Ended) {
        if pid == self.master {
            self.master_ended = Some(ended);
            return;
        }
        self.adopted.push(ended);
        self.fates.insert(pid, (now_ns(), fate_of(ended), ended.into()));
        if self.tokens {
            self.board.return_token();
        }
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
        let began = self.board.began();
        at.saturating_sub(if began == 0 { self.began_ns } else { began })
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
            self.eyes.push(Eye::open(pid.get(), tid.get()));
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
                let right = self.is_right(task, answer);
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

    /// Whether a task's answer is the right one; that of a command is its exit status.
    fn is_right(&self, task: u32, answer: u64) -> bool {
        match &self.tasks {
            Some(tasks) => tasks.answer(task) == answer,
            None => !self.is_jobs || answer == 0,
        }
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
            Some(&(at, fate, _)) => Some((by_itself.unwrap_or(at), fate)),
            None if word(Word::Tid) != word(Word::Pid) => by_itself.map(|at| (at, Fate::Exited(0))),
            None => None,
        }
    }

    /// How a worker stands; `None` for one that has ended, unless nobody has waited for it yet.
    fn look(&mut self, slot: usize) -> Option<LaneLook> {
        let mut seen = self.eyes.get_mut(slot)?.look();
        let command = self.look_at_command(slot);
        let word = |word| self.board.slot(slot, word).load(Acquire);
        if word(Word::Ended) != 0 && seen.state != b'Z' {
            return None;
        }
        if let Some(command) = command {
            (seen.state, seen.cpu) = (command.state, command.cpu);
        }
        let (run, wait) = command.map_or((0, 0), |command| (command.run, command.wait));
        let on = (word(Word::BlockedOn) as usize).checked_sub(1).and_then(|at| BlockedOn::ALL.get(at));
        Some(LaneLook {
            worker: slot as u32 + 1,
            at: self.since_begin(now_ns()),
            state: seen.state,
            cpu: seen.cpu,
            run: seen.run + word(Word::ChildRun) + run,
            wait: seen.wait + word(Word::ChildWait) + wait,
            blocked: on.map(|on| (*on, self.since_begin(word(Word::BlockedSince)))),
        })
    }

    /// How the command stands that runs on a worker's behalf; the worker only waits for it.
    fn look_at_command(&mut self, slot: usize) -> Option<Seen> {
        let pid = self.board.slot(slot, Word::Child).load(Acquire) as u32;
        if pid == 0 {
            self.commands.remove(&slot);
            return None;
        }
        let known = self.commands.entry(slot).or_insert_with(|| (pid, Eye::open(pid, pid)));
        if known.0 != pid {
            *known = (pid, Eye::open(pid, pid));
        }
        Some(known.1.look()).filter(|seen| seen.state != 0)
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
        report.cut = self.cut;
        // Each with those that it waited for itself.
        for ended in self.master_ended.iter().chain(&self.adopted) {
            report.user_s += ended.user_us as f64 / 1e6;
            report.sys_s += ended.sys_us as f64 / 1e6;
            report.max_rss = report.max_rss.max((ended.max_rss_kib.max(0) as u64) * 1024);
        }
        report.answers = (1..=self.task_count).map(|task| self.board.answered(task)).collect();
        report.meaning = self.meaning.take();
        report.checks = std::mem::take(&mut self.checks);
        report.figures = std::mem::take(&mut self.figures);
        let all_right = (1..)
            .zip(&report.answers)
            .all(|(task, answer)| answer.is_some_and(|answer| self.is_right(task, answer)));
        report.answer_ok = all_right
            && self.ended_ns.is_some()
            && self.failure.is_none()
            && self.cut.is_none()
            && report.checks.iter().all(Check::holds);
        report.crew = (0..self.board.slots()).map(|slot| self.worker(slot)).collect();
        report.tasks = std::mem::take(&mut self.spans);
        report.lost_events = self.lost;
        report.figures.extend(self.cross_check(&report));
        report.noise = Reading::now().since(&self.before, report.cpu_s(), report.real_s);
        report
    }

    /// The two sources that must agree, where there is enough to be compared. What the user's own commands do between two
    /// looks at the clock is not theirs to tell.
    fn cross_check(&self, report: &RunReport) -> Vec<Figure> {
        let figure = |what: &str, value| Figure { what: what.to_owned(), value, unit: "s".to_owned() };
        let [own, kernel] = CROSS_CHECK;
        match report.cross_check() {
            Some((gaps, waits)) if self.tokens && report.computed() && gaps.max(waits) >= COMPARABLE => {
                vec![figure(own, gaps), figure(kernel, waits)]
            }
            _ => Vec::new(),
        }
    }

    fn worker(&self, slot: usize) -> WorkerReport {
        let word = |word| self.board.slot(slot, word).load(Acquire);
        let time = |word_: Word| Some(word(word_)).filter(|&at| at != 0).map(|at| self.seconds(at));
        let fate = self.fate(slot);
        let Sums { last, run, wait, voluntary, involuntary } = self.sums(slot);
        let span = |from: Word, to: u64| to.saturating_sub(word(from)) as f64 / 1e9;
        WorkerReport {
            worker: slot as u32 + 1,
            pid: word(Word::Pid) as u32,
            tid: word(Word::Tid) as u32,
            name: self.board.name(slot),
            started: self.seconds(word(Word::Started)),
            first: time(Word::First),
            last: Some(last).filter(|&at| at != 0).map(|at| self.seconds(at)),
            ended: fate.map(|(at, _)| self.seconds(at)),
            run_s: span(Word::RunFirst, run),
            wait_s: span(Word::WaitFirst, wait),
            blocked_before_s: word(Word::BlockedFirst) as f64 / 1e9,
            blocked_s: span(Word::BlockedFirst, word(Word::BlockedLast)),
            blocked_on: self.waits.get(&slot).cloned().unwrap_or_default(),
            gaps_s: word(Word::Gaps) as f64 / 1e9,
            voluntary,
            involuntary,
            migrations: word(Word::Moved),
            tasks: word(Word::Done) as u32,
            fate: fate.map_or(Fate::Unknown, |(_, fate)| fate),
        }
    }

    /// What a worker's time is added up from. Of one that ended in the middle of a task the board does not tell all: then
    /// what its parent was told when it waited for it, and what was seen of it last, take its place.
    fn sums(&self, slot: usize) -> Sums {
        let word = |word| self.board.slot(slot, word).load(Acquire);
        let told = Sums {
            last: word(Word::Last),
            run: word(Word::RunLast),
            wait: word(Word::WaitLast),
            voluntary: word(Word::Voluntary),
            involuntary: word(Word::Involuntary),
        };
        if word(Word::Ended) != 0 || word(Word::Pid) == 0 {
            return told;
        }
        let seen = self.eyes.get(slot).map_or_else(Seen::default, Eye::seen);
        let of_process = self.fates.get(&(word(Word::Pid) as u32));
        // What was told of the process is that of all its threads together.
        let took = of_process.map(|(_, _, took)| *took).filter(|_| word(Word::Tid) == word(Word::Pid));
        let end = of_process.map_or(seen.at, |(at, ..)| *at);
        // Between tasks nothing is added up: the tail begins at the last one's end.
        let in_a_task = self.open.contains_key(&slot) && end > told.last;
        Sums {
            last: if in_a_task { end } else { told.last },
            run: if in_a_task {
                took.map_or(seen.run, |took| took.cpu_us * 1000).max(told.run)
            } else {
                told.run
            },
            wait: if in_a_task { seen.wait.max(told.wait) } else { told.wait },
            voluntary: took.map_or(seen.voluntary, |took| took.voluntary),
            involuntary: took.map_or(seen.involuntary, |took| took.involuntary),
        }
    }
}

/// What a worker's time is added up from, nanoseconds since its start but for `last`.
struct Sums {
    /// When its last task ended; 0 where it had none.
    last: u64,
    /// On a CPU until then.
    run: u64,
    /// Ready, but without a CPU, until then.
    wait: u64,
    voluntary: u64,
    involuntary: u64,
}
