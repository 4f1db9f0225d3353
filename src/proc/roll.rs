//! Who is there: the cheapest way that is sure, look by look.
//!
//! Who left shows by itself, for their clocks are gone. Who came is found out from the count of forks where nobody did,
//! else from what the kernel told, else by asking every pid that was given out since; and now and then all of `/proc`
//! is listed, which must find nobody new. It is listed at once where a cheaper way cannot be sure.

use super::clock::{self, Of};
use super::files::{Files, Miss};
use super::known::Known;
use crate::model::{Census, CensusBy, Pid, System};

/// A full listing follows after so many looks without one.
const CHECK: u32 = 30;

/// A pid that was given out but whose process was not yet there is asked for again in so many looks; a fork can be
/// interrupted between the two.
const TRIES: u8 = 3;

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
}

impl Roll {
    /// How it was found out who is there, in the last call.
    pub(super) fn census(&self) -> Census {
        self.census
    }

    /// Whether the last call listed everybody.
    pub(super) fn has_listed(&self) -> bool {
        self.census.by == CensusBy::Listing
    }

    /// The next call is to list everybody: somebody may have been lost.
    pub(super) fn doubt(&mut self) {
        self.complete = false;
    }

    /// Finds who may have come since the look before into `newcomers`, ordered, without those in `known`, which is
    /// ordered by pid; marks those of `known` that a listing did not have as absent. With `sure` everybody is listed.
    pub(super) fn call(
        &mut self,
        files: &mut Files,
        known: &mut [Known],
        system: &System,
        sure: bool,
        newcomers: &mut Vec<Pid>,
    ) -> Result<(), Miss> {
        newcomers.clear();
        let now = system.forks.zip(system.load.and_then(|load| load.last_pid));
        let before = std::mem::replace(&mut self.before, now);
        let cheap = before.zip(now).filter(|_| self.complete && !sure && self.since_check < CHECK);
        match cheap {
            Some((before, now)) if before == now && self.tail.is_empty() => {
                self.since_check += 1;
                self.census.by = CensusBy::NoForks;
                Ok(())
            }
            Some(((_, from), (_, to))) if to >= from && (to - from) as usize <= 2 * known.len() + TAIL => {
                self.since_check += 1;
                self.census.by = CensusBy::Probe;
                self.probe(from, to, newcomers);
                newcomers.retain(|pid| find(known, *pid).is_none());
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
            if clock::cpu(Of::Process, *pid).is_some() {
                newcomers.push(*pid);
                return false;
            }
            *tries -= 1;
            *tries > 0
        });
        let spare = tail.len().saturating_sub(TAIL);
        tail.drain(..spare);
        self.tail = tail;
        newcomers.sort_unstable();
        newcomers.dedup();
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

/// Where in `known`, which is ordered by pid, a pid is.
pub(super) fn find(known: &[Known], pid: Pid) -> Option<usize> {
    known.binary_search_by_key(&pid, |known| known.id.pid).ok()
}
