//! Who was frozen from here, and when they are to go on by themselves.

use std::collections::HashMap;

use crate::model::{Nanos, ProcId, Snapshot, Target};

/// A process that was frozen from here.
#[derive(Clone, Debug)]
struct Cold {
    /// The session in which it was.
    session: u64,
    target: Target,
    /// When that was told.
    since: Nanos,
    /// Whether a look has found it stopped.
    seen: bool,
}

/// All that are frozen from here.
#[derive(Clone, Debug, Default)]
pub struct Frozen {
    cold: HashMap<ProcId, Cold>,
    /// When whoever was frozen in a session is to go on.
    thaws: Vec<(Nanos, u64)>,
}

impl Frozen {
    /// Whether this process is.
    pub fn has(&self, id: ProcId) -> bool {
        !self.cold.is_empty() && self.cold.contains_key(&id)
    }

    /// How many are.
    pub fn len(&self) -> usize {
        self.cold.len()
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        self.cold.is_empty()
    }

    /// It was frozen at `now`. Returns the other session in which it had been before.
    pub fn freeze(&mut self, session: u64, target: &Target, now: Nanos) -> Option<u64> {
        let cold = Cold { session, target: target.clone(), since: now, seen: false };
        let before = self.cold.insert(target.id, cold)?;
        (before.session != session).then_some(before.session)
    }

    /// It goes on, or is gone. Returns the session in which it was frozen.
    pub fn forget(&mut self, id: ProcId) -> Option<u64> {
        self.cold.remove(&id).map(|cold| cold.session)
    }

    /// Forgets who is gone or goes on, as a look tells. Returns the sessions in which they were frozen.
    pub fn look(&mut self, snapshot: &Snapshot) -> Vec<u64> {
        let mut over = Vec::new();
        self.cold.retain(|id, cold| {
            // A look that began before tells nothing of it; and what sleeps is not read anew at each look, so only who
            // has been seen to stand still can be seen to go on.
            if snapshot.partial || snapshot.taken <= cold.since {
                return true;
            }
            let stays = match snapshot.find(*id).map(|proc| proc.task.state.letter()) {
                None | Some('Z' | 'X' | 'R') => false,
                Some('T' | 't') => {
                    cold.seen = true;
                    true
                }
                Some(_) => !cold.seen,
            };
            if !stays {
                over.push(cold.session);
            }
            stays
        });
        over
    }

    /// Whoever was frozen in `session` is to go on at `at`.
    pub fn thaw_at(&mut self, at: Nanos, session: u64) {
        self.thaws.push((at, session));
    }

    /// When the next are to go on.
    pub fn next_thaw(&self) -> Option<Nanos> {
        self.thaws.iter().map(|(at, _)| *at).min()
    }

    /// Who is to go on by `now`, with their sessions; they are told once.
    pub fn take_due(&mut self, now: Nanos) -> Vec<(u64, Vec<Target>)> {
        if self.thaws.iter().all(|(at, _)| *at > now) {
            return Vec::new();
        }
        let (due, later): (Vec<_>, Vec<_>) = self.thaws.drain(..).partition(|(at, _)| *at <= now);
        self.thaws = later;
        let of = |session: u64| {
            let those = self.cold.values().filter(|cold| cold.session == session);
            let mut targets: Vec<Target> = those.map(|cold| cold.target.clone()).collect();
            targets.sort_unstable_by_key(|target| target.id);
            targets
        };
        let due = due.into_iter().map(|(_, session)| (session, of(session)));
        due.filter(|(_, targets)| !targets.is_empty()).collect()
    }
}
