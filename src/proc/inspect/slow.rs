//! What hangs while the memory map of its process is locked, or a file server is dead: read by threads that may be left
//! behind (see `commands`), and remembered with the time when it was read.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;

use super::super::clock;
use super::super::commands::{Commands, How, Outcome};
use super::super::files::Miss;
use super::super::parse;
use super::Look;
use super::text;
use crate::model::inspect::{Datum, Refused};
use crate::model::{Nanos, ProcId};

/// How long the first look waits for it, so that the page comes whole.
const FIRST: Duration = Duration::from_millis(150);

/// How long later looks wait: what does not come is part of the next.
const LATER: Duration = Duration::from_millis(2);

/// What was stuck is tried again after so many seconds.
const STUCK_FOR: f64 = 30.0;

/// What a reader brings, and the CPU time that it took, seconds.
pub(super) struct Brought<T> {
    value: Result<Arc<T>, Refused>,
    cpu: f64,
}

/// One kind of file of the process in view.
pub(super) struct Slow<T> {
    how: How<Brought<T>>,
    desk: Option<Commands<Brought<T>>>,
    id: Option<ProcId>,
    last: Option<(Nanos, Datum<Arc<T>>)>,
    /// When it was ordered, as long as it has not come.
    asked: Option<Nanos>,
    /// Since when it has been stuck, and when it was tried last.
    stuck: Option<(Nanos, Nanos)>,
    /// CPU time that readers took since somebody asked.
    cpu: f64,
}

impl<T: Send + Sync + 'static> Slow<T> {
    pub(super) fn new(how: How<Brought<T>>) -> Slow<T> {
        Slow { how, desk: None, id: None, last: None, asked: None, stuck: None, cpu: 0.0 }
    }

    /// Forgets what was read; a reader that is at it may stay.
    pub(super) fn forget(&mut self) {
        (self.id, self.last, self.asked, self.stuck) = (None, None, None, None);
    }

    /// CPU time that its readers took since this was asked.
    pub(super) fn take_cpu(&mut self) -> f64 {
        std::mem::take(&mut self.cpu)
    }

    /// When it was last read.
    pub(super) fn read_at(&self) -> Option<Nanos> {
        self.last.as_ref().map(|(at, _)| *at)
    }

    /// What is known, read anew if it is older than `seconds`.
    pub(super) fn read(&mut self, look: &Look<'_>, seconds: f64) -> Datum<Arc<T>> {
        if self.id != Some(look.id) {
            self.forget();
            self.id = Some(look.id);
        }
        let old = self.last.as_ref().is_none_or(|(at, _)| look.fresh || look.now.since(*at) >= seconds);
        let tried = self.stuck.is_some_and(|(_, tried)| look.now.since(tried) < STUCK_FOR);
        let mut due = Vec::new();
        if self.asked.is_none() && old && (!tried || look.fresh) {
            due.push(look.id);
            self.asked = Some(look.now);
        }
        if self.desk.is_none() && !due.is_empty() {
            let Ok(dir) = rustix::io::fcntl_dupfd_cloexec(look.proc, 3) else {
                self.asked = None;
                return Err(Refused::NotRead);
            };
            self.desk = Some(Commands::with(dir, self.how));
        }
        let Some(desk) = self.desk.as_mut() else { return Err(Refused::NotRead) };
        let patience = if self.last.is_none() && self.stuck.is_none() { FIRST } else { LATER };
        let off = desk.off();
        let (id, asked) = (look.id, self.asked);
        let (last, waiting, stuck, cpu) = (&mut self.last, &mut self.asked, &mut self.stuck, &mut self.cpu);
        desk.read(due, patience, |of, outcome| {
            if of != id {
                return;
            }
            *waiting = None;
            match outcome {
                Outcome::Read(brought) => {
                    *cpu += brought.cpu;
                    *stuck = None;
                    *last = Some((asked.unwrap_or(look.now), brought.value));
                }
                Outcome::Denied => {
                    *stuck = None;
                    *last = Some((look.now, Err(Refused::Denied(look.needed))));
                }
                Outcome::Stuck => {
                    let since = stuck.map_or(asked.unwrap_or(look.now), |(since, _)| since);
                    *stuck = Some((since, look.now));
                }
                Outcome::Lost if off => {
                    let since = stuck.map_or(look.now, |(since, _)| since);
                    *stuck = Some((since, look.now));
                }
                Outcome::Lost => {}
            }
        });
        match (&self.last, self.stuck, self.asked) {
            (Some((_, Ok(value))), ..) => Ok(Arc::clone(value)),
            (_, Some((since, _)), _) => Err(Refused::Slow(since)),
            (Some((_, Err(why))), ..) => Err(*why),
            (None, None, Some(asked)) => Err(Refused::Slow(asked)),
            (None, None, None) => Err(Refused::NotRead),
        }
    }
}

/// Reads `PID/name` to its end, or to `most` bytes, hands it to `make`, and asks who has the pid afterwards: one who has
/// it with the same start time had it all the while.
pub(super) fn bring<T>(
    dir: &OwnedFd,
    id: ProcId,
    name: &str,
    most: usize,
    make: impl FnOnce(&[u8], u64) -> Result<T, Refused>,
) -> Outcome<Brought<T>> {
    let begun = clock::own_thread();
    let read = text::open(dir, text::Numbered::new(id.pid.get(), name).as_str(), rustix::fs::OFlags::empty())
        .and_then(|file| whole(&file, most));
    let (bytes, more) = match read {
        Ok(read) => read,
        Err(Miss::Denied) => return Outcome::Denied,
        Err(Miss::Gone | Miss::Failed) => return Outcome::Lost,
    };
    let value = make(&bytes, more).map(Arc::new);
    if is_still(dir, id) {
        Outcome::Read(Brought { value, cpu: clock::own_thread() - begun })
    } else {
        Outcome::Lost
    }
}

/// Wraps what was made without a file of its own.
pub(super) fn brought<T>(dir: &OwnedFd, id: ProcId, begun: f64, value: T) -> Outcome<Brought<T>> {
    if is_still(dir, id) {
        Outcome::Read(Brought { value: Ok(Arc::new(value)), cpu: clock::own_thread() - begun })
    } else {
        Outcome::Lost
    }
}

fn is_still(dir: &OwnedFd, id: ProcId) -> bool {
    let mut buffer = text::Buffer::default();
    let stat = buffer.read(dir, text::Numbered::new(id.pid.get(), "/stat").as_str());
    stat.is_ok_and(|stat| parse::start_time(stat) == Some(id.start_time))
}

/// How much more of a file is counted that is longer than what is read of it.
const COUNTED: u64 = 64 << 20;

/// A file from its beginning, at most so many bytes of it, and how many there are more.
fn whole(file: &OwnedFd, most: usize) -> Result<(Vec<u8>, u64), Miss> {
    let mut bytes = vec![0; 32 << 10];
    let mut len = 0;
    loop {
        if len == bytes.len() {
            if len >= most {
                let mut more = 0;
                let mut rest = vec![0; 64 << 10];
                while more < COUNTED
                    && let Ok(n @ 1..) = rustix::io::read(file, &mut rest)
                {
                    more += n as u64;
                }
                return Ok((bytes, more));
            }
            bytes.resize((len * 2).min(most.max(len)), 0);
        }
        match rustix::io::read(file, bytes.get_mut(len..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    bytes.truncate(len);
    Ok((bytes, 0))
}
