//! A ladder that runs: SIGTERM was sent, and whoever is left gets SIGKILL when its seconds are over.

use std::collections::HashMap;

use crate::model::{Act, ControlNews, Happened, Nanos, Outcome, ProcId, Role, Signal, Verdict};

/// A ladder of whose end nothing was told so long after its SIGKILL is not shown any more, seconds.
const FORGOTTEN: f64 = 60.0;

/// A ladder, from its start to the end that is told.
#[derive(Clone, Debug)]
pub struct Ladder {
    /// The dialog it was started from.
    pub session: u64,
    started: Nanos,
    seconds: u32,
    /// Who took a signal, and after which one it ended.
    climbers: HashMap<ProcId, Option<Signal>>,
    after_term: usize,
    after_kill: usize,
    /// How many were sent SIGKILL.
    killed: usize,
    cancelled: bool,
}

impl Ladder {
    /// A ladder that starts at `now` and has `seconds` between its rungs.
    pub fn new(session: u64, now: Nanos, seconds: u32) -> Ladder {
        Ladder {
            session,
            started: now,
            seconds,
            climbers: HashMap::new(),
            after_term: 0,
            after_kill: 0,
            killed: 0,
            cancelled: false,
        }
    }

    /// Whether SIGKILL can still be stopped.
    pub fn counts_down(&self, now: Nanos) -> bool {
        !self.cancelled && self.killed == 0 && now.since(self.started) < f64::from(self.seconds)
    }

    /// No SIGKILL is to follow.
    pub fn cancel(&mut self) {
        self.cancelled = true;
    }

    /// Whether there is nothing to be told any more, though nobody said so.
    pub fn is_forgotten(&self, now: Nanos) -> bool {
        now.since(self.started) > f64::from(self.seconds) + FORGOTTEN
    }

    /// When its line changes by itself: the next full second of the countdown.
    pub fn next_change(&self, now: Nanos) -> Option<Nanos> {
        if !self.counts_down(now) {
            return None;
        }
        Some(self.started.plus(now.since(self.started).max(0.0).floor() + 1.0))
    }

    /// Takes news of its session.
    pub fn news(&mut self, news: &ControlNews) {
        let rung = match news.act {
            Some(Act::Signal(signal)) => signal,
            _ => Signal::TERM,
        };
        match &news.what {
            Happened::Outcome(Outcome::Delivered) => {
                self.climbers.entry(news.target.id).or_default();
                self.killed += usize::from(rung == Signal::KILL);
            }
            Happened::Verdict(Verdict::Killed { .. } | Verdict::Exited { .. } | Verdict::Ended { .. }) => {
                let ended = self.climbers.entry(news.target.id).or_default();
                if ended.replace(rung).is_none() {
                    *(if rung == Signal::KILL { &mut self.after_kill } else { &mut self.after_term }) += 1;
                }
            }
            _ => {}
        }
    }

    fn ended(&self) -> usize {
        self.after_term + self.after_kill
    }

    fn left(&self) -> usize {
        self.climbers.len().saturating_sub(self.ended())
    }

    /// What is to be said while it runs; `stop` is the key that stops it. `None` where others say enough.
    pub fn line(&self, now: Nanos, stop: &str) -> Option<String> {
        let (all, ended, left) = (self.climbers.len(), self.ended(), self.left());
        if self.counts_down(now) {
            let seconds = (f64::from(self.seconds) - now.since(self.started).max(0.0)).ceil();
            return Some(match (all, left) {
                (0, _) => format!("ladder: SIGTERM sent, SIGKILL in {seconds} s, {stop} stops it"),
                (_, 0) => format!("ladder: {ended} of {all} ended"),
                _ => format!(
                    "ladder: {ended} of {all} ended, SIGKILL for {left} in {seconds} s, {stop} stops it"
                ),
            });
        }
        (self.killed > 0 && left > 0)
            .then(|| format!("ladder: {ended} of {all} ended, SIGKILL sent to {}", self.killed))
    }

    /// What it came to; `None` where it reached nobody, which others have told.
    pub fn sum(&self) -> Option<(Role, String)> {
        let (all, ended, left) = (self.climbers.len(), self.ended(), self.left());
        let all_ended = if all == 1 { "it ended".to_owned() } else { format!("all {all} ended") };
        let rungs = match (self.after_term, self.after_kill) {
            (_, 0) => "after SIGTERM".to_owned(),
            (0, _) => "after SIGKILL".to_owned(),
            (term, kill) => format!("{term} after SIGTERM, {kill} after SIGKILL"),
        };
        match (all, left) {
            (0, _) => None,
            (_, 0) => Some((Role::Good, format!("ladder: {all_ended}, {rungs}"))),
            _ if self.cancelled => {
                Some((Role::Warn, format!("ladder: {ended} of {all} ended; it was stopped before SIGKILL")))
            }
            _ => Some((Role::Bad, format!("ladder: {ended} of {all} ended, {left} still there"))),
        }
    }
}
