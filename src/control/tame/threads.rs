//! Values that each thread has for itself: nice value, I/O priority, CPUs, policy.
//!
//! The kernel's calls for them take a bare thread id, and nothing but the thread's own stat file, kept open around the
//! call, can tell afterwards that it was that thread: reading it again fails with ESRCH when the thread has ended.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{OFlags, RawDir, SeekFrom, seek};
use rustix::io::{Errno, pread};

use super::whom::{Whom, open, read};
use crate::control::look::{self, Stat};
use crate::model::{Call, Change, Outcome, Pid, ProcId, Setting};

/// How often the threads of a process are listed at most. Two are enough unless it starts threads at this very moment,
/// and whoever is started by one that has the value begins with it.
const MOST_ROUNDS: usize = 16;

/// A value of one kind, read and written by thread id.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    /// The call that changes it.
    pub(super) call: Call,
    /// The value of the thread.
    pub(super) read: fn(Pid) -> Result<Setting, Errno>,
    /// Gives the thread this value, of the same kind; EINVAL where it is of another.
    pub(super) write: fn(Pid, Setting) -> Result<(), Errno>,
}

/// Threads that had one value and were given another, which may be the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::control) struct Lot {
    pub(super) from: Setting,
    /// As read back.
    to: Setting,
    pub(super) threads: Vec<ProcId>,
}

/// What each thread is to have.
#[derive(Clone, Copy)]
pub(super) enum Plan<'a> {
    /// This value.
    To(Setting),
    /// What the function makes of its own.
    Step(&'a dyn Fn(Setting) -> Setting),
    /// What it had before it was among these.
    Back(&'a [Lot]),
}

/// Gives the threads of `whom` what `plan` wants, and tells what they had: whom that made no difference to as well,
/// unless that is all of them.
pub(super) fn give(whom: &Whom, kind: Kind, plan: Plan<'_>) -> (Outcome, Vec<Lot>) {
    let mut hand = Hand::new(whom, kind, plan);
    let done = if whom.is_thread { hand.single() } else { hand.all() };
    let outcome = match done {
        Ok(()) => hand.outcome(),
        Err(outcome) => outcome,
    };
    let mut lots = hand.lots;
    if lots.iter().all(|lot| lot.from == lot.to) {
        lots.clear();
    }
    (outcome, lots)
}

/// One thread at one moment, by its stat file.
struct Thread {
    id: ProcId,
    stat: OwnedFd,
}

impl Thread {
    /// The thread whose stat is `name` below `dir`; `None` where there is none any more.
    fn find(dir: BorrowedFd<'_>, name: &str, tid: Pid) -> Result<Option<Thread>, Outcome> {
        let failed = |errno| Err(Outcome::Failed { call: Call::ReadProc, errno });
        let opened = open(dir, name, OFlags::RDONLY).and_then(|stat| Ok((read(stat.as_fd())?, stat)));
        match opened {
            Ok((text, stat)) => match Stat::parse(&text) {
                Some(Stat { start_time, .. }) => {
                    Ok(Some(Thread { id: ProcId { pid: tid, start_time }, stat }))
                }
                None => failed(libc::EINVAL),
            },
            Err(Errno::NOENT | Errno::SRCH) => Ok(None),
            Err(errno) => failed(errno.raw_os_error()),
        }
    }

    /// Whether it still has its id.
    fn is_there(&self) -> bool {
        pread(&self.stat, &mut [0; 1], 0).is_ok()
    }
}

/// Goes from thread to thread.
struct Hand<'a> {
    whom: &'a Whom,
    kind: Kind,
    plan: Plan<'a>,
    /// For [`Plan::Back`]: in which lot each thread is.
    places: BTreeMap<ProcId, usize>,
    lots: Vec<Lot>,
    /// What the main thread, or the first that was reached, had and has.
    told: Option<(Setting, Setting)>,
    /// How many have what they were to have.
    threads: u32,
    /// For [`Plan::Back`]: how many had been given something else since.
    strange: u32,
    /// Whether a thread ended during the call, and its id is somebody else's now.
    uncertain: bool,
    /// Why a thread could not be given its value.
    trouble: Option<Outcome>,
}

impl<'a> Hand<'a> {
    fn new(whom: &'a Whom, kind: Kind, plan: Plan<'a>) -> Hand<'a> {
        let mut places = BTreeMap::new();
        if let Plan::Back(lots) = plan {
            for (place, lot) in lots.iter().enumerate() {
                places.extend(lot.threads.iter().map(|thread| (*thread, place)));
            }
        }
        let (told, trouble) = (None, None);
        Hand {
            whom,
            kind,
            plan,
            places,
            lots: Vec::new(),
            told,
            threads: 0,
            strange: 0,
            uncertain: false,
            trouble,
        }
    }

    /// The thread that is meant alone.
    fn single(&mut self) -> Result<(), Outcome> {
        let dir = self.whom.file(".", OFlags::PATH | OFlags::DIRECTORY);
        let dir = dir.map_err(|errno| self.whom.failed(Call::ReadProc, errno))?;
        let Some(thread) = Thread::find(dir.as_fd(), "stat", self.whom.id.pid)? else {
            return Err(Outcome::AlreadyGone);
        };
        self.reach(&thread, false)
    }

    /// Every thread of the process: lists them until nobody is new.
    fn all(&mut self) -> Result<(), Outcome> {
        let tasks = self.whom.file("task", OFlags::RDONLY | OFlags::DIRECTORY);
        let tasks = tasks.map_err(|errno| self.whom.failed(Call::ReadProc, errno))?;
        let mut met = BTreeSet::new();
        let mut listed = Vec::new();
        for round in 0..MOST_ROUNDS {
            list(tasks.as_fd(), &mut listed).map_err(|errno| self.whom.failed(Call::ReadProc, errno))?;
            // The main thread first: what it is denied, all are.
            listed.sort_unstable_by_key(|&tid| (tid != self.whom.id.pid, tid));
            let before = met.len();
            for &tid in &listed {
                if met.insert(tid)
                    && let Some(thread) = Thread::find(tasks.as_fd(), &format!("{tid}/stat"), tid)?
                {
                    self.reach(&thread, round > 0)?;
                }
            }
            if met.len() == before {
                break;
            }
        }
        Ok(())
    }

    /// Gives one thread its value. `late`: it was not there when the others began to be given theirs. It is the end of
    /// it only where nobody has been reached and nobody else would be.
    fn reach(&mut self, thread: &Thread, late: bool) -> Result<(), Outcome> {
        let tid = thread.id.pid;
        let Kind { call, read, write } = self.kind;
        let done = read(tid).and_then(|from| match self.wish(thread.id, from, late) {
            Some(wish) => {
                write(tid, wish)?;
                Ok((from, Some(read(tid)?)))
            }
            None => Ok((from, None)),
        });
        let is_main = tid == self.whom.id.pid;
        if !thread.is_there() {
            let hit = matches!(done, Ok((_, Some(_))));
            match (is_main, hit) {
                (true, false) => return Err(Outcome::AlreadyGone),
                (true, true) => return Err(Outcome::Uncertain),
                (false, false) => {}
                // Nobody was hit if nobody has the id.
                (false, true) => self.uncertain |= look::stat(tid).is_ok(),
            }
            return Ok(());
        }
        match done {
            Ok((from, Some(to))) => {
                self.threads += 1;
                if is_main || self.told.is_none() {
                    self.told = Some((from, to));
                }
                self.put_down(thread.id, from, to);
            }
            Ok((_, None)) => {}
            Err(errno) => {
                let outcome = self.whom.failed(call, errno);
                if self.told.is_none() && !matches!(self.plan, Plan::Back(_)) {
                    return Err(outcome);
                }
                self.trouble.get_or_insert(outcome);
            }
        }
        Ok(())
    }

    /// What a thread that has `now` is to have; `None` where it is to be left alone.
    fn wish(&mut self, thread: ProcId, now: Setting, late: bool) -> Option<Setting> {
        match self.plan {
            Plan::To(value) => Some(value),
            Plan::Step(step) => {
                // Who has been started since begins with the value of whoever started it, moved already or not.
                let is_moved = late && self.lots.iter().any(|lot| lot.to == now && lot.from != now);
                self.threads += u32::from(is_moved);
                (!is_moved).then(|| step(now))
            }
            Plan::Back(lots) => match self.places.get(&thread).and_then(|&place| lots.get(place)) {
                Some(lot) if lot.from == lot.to => None,
                Some(lot) if lot.to == now => Some(lot.from),
                Some(_) => {
                    self.strange += 1;
                    None
                }
                // Who has been started since then began with what the act had given.
                None => lots.iter().find(|lot| lot.to == now).map(|lot| lot.from),
            },
        }
    }

    fn put_down(&mut self, thread: ProcId, from: Setting, to: Setting) {
        match self.lots.iter_mut().find(|lot| lot.from == from && lot.to == to) {
            Some(lot) => lot.threads.push(thread),
            None => self.lots.push(Lot { from, to, threads: vec![thread] }),
        }
    }

    fn outcome(&mut self) -> Outcome {
        match (self.told, self.trouble.take()) {
            _ if self.uncertain => Outcome::Uncertain,
            (Some((from, to)), _) => Outcome::Changed(Box::new(Change { from, to, threads: self.threads })),
            (None, Some(trouble)) => trouble,
            (None, None) if self.strange > 0 => Outcome::Refused(super::CHANGED_SINCE),
            (None, None) => Outcome::AlreadyGone,
        }
    }
}

/// The ids of the threads below `tasks`, a directory `/proc/PID/task`.
fn list(tasks: BorrowedFd<'_>, into: &mut Vec<Pid>) -> Result<(), Errno> {
    into.clear();
    seek(tasks, SeekFrom::Start(0))?;
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut entries = RawDir::new(tasks, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name().to_str().ok();
        into.extend(name.and_then(|name| name.parse().ok()).and_then(Pid::new));
    }
    Ok(())
}
