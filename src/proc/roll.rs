//! Who is there: the cheapest way that is sure, look by look.
//!
//! Who left shows by itself, for their clocks are gone. Who came is found out from the count of forks where nobody did,
//! else from what the kernel told, else by asking every pid that was given out since; and now and then all of `/proc`
//! is listed, which must find nobody new. It is listed at once where a cheaper way cannot be sure.

use super::clock;
use super::deaths::Dead;
use super::events::{Events, News};
use super::files::{Files, Miss};
use super::known::{Known, find};
use crate::model::{Census, CensusBy, Hearing, Pid, ShortLived, System};

/// A full listing follows after so many looks without one.
const CHECK: u32 = 30;

/// A pid that was given out but whose process was not yet there is asked for again in so many looks; a fork can be
/// interrupted between the two.
const TRIES: u8 = 3;

/// Where the kernel tells of everybody, so many pids are asked for nevertheless: it tells a few milliseconds late.
const EAGER: u32 = 2000;

/// At most so many are asked for again: threads have pids too and never answer as processes.
const TAIL: usize = 4096;

/// The roll of processes.
#[derive(Default)]
pub(super) struct Roll {
    /// Forks since boot and the last pid, as of the look before; `None` where that was no good.
    before: Option<(u64, u32)>,
    /// Whether everybody who was there at the look before is known, so that only the new ones are to be found.
    complete: bool,
    since_check: u32,
    tail: Vec<(Pid, u8)>,
    listed: Vec<Pid>,
    census: Census,
    ear: Ear,
    news: News,
    dead: Dead,
}

/// Whether somebody listens to the kernel's process events.
#[derive(Default)]
enum Ear {
    /// Nobody wants to know.
    #[default]
    Off,
    /// As soon as the first rows are there.
    Wanted,
    Open(Events),
    Refused,
}

impl Roll {
    /// Wants the kernel to tell of every fork, exec and exit, from the second look on.
    pub(super) fn listen(&mut self) {
        self.ear = Ear::Wanted;
    }

    /// How it was found out who is there, in the last call.
    pub(super) fn census(&self) -> Census {
        self.census
    }

    /// Whether the last call listed everybody.
    pub(super) fn has_listed(&self) -> bool {
        self.census.by == CensusBy::Listing
    }

    /// Whether the kernel told of this process in the last call: a few milliseconds late at most, and not overlooked.
    pub(super) fn was_told_of(&self, pid: Pid) -> bool {
        self.news.births.contains(&pid)
    }

    /// The next call is to list everybody: somebody may have been lost.
    pub(super) fn doubt(&mut self) {
        self.complete = false;
    }

    /// Finds who may have come since the look before into `newcomers`, ordered, without those in `known`, which is
    /// ordered by pid; marks those of `known` that a listing did not have as absent. With `sure` everybody is listed.
    /// Who came and went since the look before is handed out; `buried`, ordered, are those that ended in that look.
    pub(super) fn call(
        &mut self,
        files: &mut Files,
        known: &mut [Known],
        system: &System,
        sure: bool,
        buried: &[Pid],
        newcomers: &mut Vec<Pid>,
    ) -> Result<Vec<ShortLived>, Miss> {
        newcomers.clear();
        self.hear(files);
        let short_lived = self.dead.sort(&self.news.deaths, known, buried, newcomers);
        newcomers.extend_from_slice(&self.news.births);
        for pid in &self.news.execs {
            if let Some(known) = find(known, *pid).and_then(|at| known.get_mut(at)) {
                known.stale = true;
            }
        }
        self.find(files, known, system, sure, newcomers)?;
        newcomers.sort_unstable();
        newcomers.dedup();
        newcomers.retain(|pid| find(known, *pid).is_none());
        Ok(short_lived)
    }

    /// Takes in what was heard since the look before.
    fn hear(&mut self, files: &Files) {
        if matches!(self.ear, Ear::Wanted) && self.complete {
            self.ear = match files.share().ok().and_then(|dir| Events::start(dir).ok()) {
                Some(events) => Ear::Open(events),
                None => Ear::Refused,
            };
            // Whoever came since the last listing and before the kernel told of it must not be lost.
            self.complete = false;
        }
        self.census.events = match &mut self.ear {
            Ear::Open(events) => {
                events.take(&mut self.news);
                self.news.hearing
            }
            Ear::Refused => Hearing::Refused,
            Ear::Off | Ear::Wanted => Hearing::Off,
        };
    }

    fn find(
        &mut self,
        files: &mut Files,
        known: &mut [Known],
        system: &System,
        sure: bool,
        newcomers: &mut Vec<Pid>,
    ) -> Result<(), Miss> {
        let now = system.forks.zip(system.load.and_then(|load| load.last_pid));
        let before = std::mem::replace(&mut self.before, now);
        let cheap = before.zip(now).filter(|_| self.complete && !sure && self.since_check < CHECK);
        match cheap {
            Some((before, now)) if before == now && self.tail.is_empty() && newcomers.is_empty() => {
                self.since_check += 1;
                self.census.by = CensusBy::NoForks;
                Ok(())
            }
            Some(((_, from), (_, to))) if self.census.events == Hearing::All => {
                self.since_check += 1;
                self.census.by = CensusBy::Events;
                if to >= from && to - from <= EAGER {
                    self.probe(from, to, newcomers);
                }
                self.tail.clear();
                Ok(())
            }
            Some(((_, from), (_, to))) if to >= from && (to - from) as usize <= 2 * known.len() + TAIL => {
                self.since_check += 1;
                self.census.by = CensusBy::Probe;
                self.probe(from, to, newcomers);
                Ok(())
            }
            _ => self.list(files, known, newcomers),
        }
    }

    /// Asks for every pid above `from` up to `to`, and again for those that did not answer a moment ago.
    fn probe(&mut self, from: u32, to: u32, newcomers: &mut Vec<Pid>) {
        let mut tail = std::mem::take(&mut self.tail);
        let fresh = (from.saturating_add(1)..=to).filter_map(Pid::new).map(|pid| (pid, TRIES));
        tail.extend(fresh);
        tail.retain_mut(|(pid, tries)| {
            if clock::cpu(*pid).is_some() {
                newcomers.push(*pid);
                return false;
            }
            *tries -= 1;
            *tries > 0
        });
        let spare = tail.len().saturating_sub(TAIL);
        tail.drain(..spare);
        self.tail = tail;
    }

    /// Lists everybody. If that fails for want of something, everybody known is taken to be there.
    fn list(&mut self, files: &mut Files, known: &mut [Known], newcomers: &mut Vec<Pid>) -> Result<(), Miss> {
        let first = !self.complete;
        self.listed.clear();
        self.tail.clear();
        self.census.by = CensusBy::Listing;
        match files.list(&mut self.listed) {
            Ok(()) => {}
            Err(Miss::Failed) if !known.is_empty() => {
                self.complete = false;
                return Ok(());
            }
            Err(miss) => return Err(miss),
        }
        self.listed.sort_unstable();
        self.listed.dedup();
        let mut old = known.iter_mut().peekable();
        for pid in &self.listed {
            while let Some(gone) = old.next_if(|known| known.id.pid < *pid) {
                gone.absent = true;
            }
            if old.next_if(|known| known.id.pid == *pid).is_none() {
                newcomers.push(*pid);
            }
        }
        old.for_each(|gone| gone.absent = true);
        self.complete = true;
        self.since_check = 0;
        self.census.checks += u64::from(!first);
        Ok(())
    }

    /// Notes that a listing that was to find nobody found somebody who had been there at the look before.
    pub(super) fn overlooked(&mut self, count: u64) {
        self.census.overlooked += count;
    }

    /// Whether the last listing was only to check the other ways.
    pub(super) fn was_check(&self, checks_before: u64) -> bool {
        self.census.checks > checks_before
    }
}
