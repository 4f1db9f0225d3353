//! Giving back what an act changed: the book of what was taken from whom, and the orders to undo.

use std::collections::VecDeque;

use crate::model::{Act, ControlNews, DefaultAction, Happened, Outcome, Signal, Target};

use super::case::Token;
use super::desk::Desk;
use super::follow::Pursuit;
use super::look;
use super::tame::{Moved, Taken, give_back};

/// How many values of threads are remembered, some 50 bytes each; the acts of the last session are remembered in any
/// case.
const MOST_REMEMBERED: usize = 16 * 1024;

/// What the acts of each session took, in the order in which they did.
#[derive(Default)]
pub(super) struct Book {
    deeds: VecDeque<Deed>,
    /// The sum of the weights.
    weight: usize,
    /// Autogroups that the order which is being carried out has moved.
    pub(super) moved: Moved,
}

/// What one act did to one target.
struct Deed {
    session: u64,
    target: Target,
    what: What,
}

enum What {
    /// It took a value.
    Value(Taken),
    /// It sent a signal that stops.
    Stopped(Signal),
}

impl Deed {
    fn weight(&self) -> usize {
        match &self.what {
            What::Value(taken) => taken.weight(),
            What::Stopped(_) => 1,
        }
    }
}

impl Book {
    /// An order begins.
    pub(super) fn begin(&mut self) {
        self.moved.clear();
    }

    /// Writes down what was taken.
    pub(super) fn took(&mut self, session: u64, target: Target, taken: Option<Taken>) {
        if let Some(taken) = taken {
            self.put_down(Deed { session, target, what: What::Value(taken) });
        }
    }

    fn put_down(&mut self, deed: Deed) {
        let session = deed.session;
        self.weight += deed.weight();
        self.deeds.push_back(deed);
        // Whole sessions: half of one given back would be worse than nothing.
        while self.weight > MOST_REMEMBERED
            && let Some(oldest) =
                self.deeds.front().map(|deed| deed.session).filter(|&oldest| oldest != session)
        {
            self.take(oldest);
        }
    }

    /// The sum of what is remembered.
    #[cfg(test)]
    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    /// Takes the deeds of a session out of the book.
    fn take(&mut self, session: u64) -> Vec<Deed> {
        let all = std::mem::take(&mut self.deeds);
        let (taken, kept): (Vec<Deed>, Vec<Deed>) = all.into_iter().partition(|deed| deed.session == session);
        self.deeds = kept.into();
        self.weight -= taken.iter().map(Deed::weight).sum::<usize>();
        taken
    }
}

impl<F: Fn(ControlNews)> Desk<F> {
    /// Remembers that a signal was delivered, if it is one that stops and the process was not stopped before.
    pub(super) fn remember_stop(&mut self, token: Token, pursuit: &Pursuit) {
        let stops = pursuit.signal.default_action() == DefaultAction::Stops && !pursuit.was_stopped;
        if let Some(case) = self.cases.get(&token).filter(|_| stops) {
            let (session, target) = (case.session, case.target.clone());
            self.deeds.put_down(Deed { session, target, what: What::Stopped(pursuit.signal) });
        }
    }

    /// Gives back what the acts of session `of` changed, under the name `session`: the values first, the last one first,
    /// so that nobody who was stopped runs with a value that was not its own; then whoever was stopped is continued.
    pub(super) fn undo(&mut self, session: u64, of: u64) {
        let deeds = self.deeds.take(of);
        let Some(first) = deeds.last().map(|deed| deed.target.clone()) else { return };
        self.forget_idle_sessions();
        self.sessions.entry(session).or_default();
        let order = self.begin(session, None, first);
        let mut stopped = Vec::new();
        for Deed { target, what, .. } in deeds.into_iter().rev() {
            let token = self.enlist(session, target);
            match what {
                What::Value(taken) => self.undo_value(order, token, &taken),
                What::Stopped(signal) => {
                    if self.undo_stop(order, token, signal) {
                        stopped.push(token);
                    }
                }
            }
        }
        for token in stopped {
            // A value of the same process may have been given back since.
            self.bind(order, token, Some(Act::Signal(Signal::CONT)));
            self.signal(token, Signal::CONT, None);
        }
        self.finish(order);
    }

    fn undo_value(&mut self, order: Token, token: Token, taken: &Taken) {
        self.bind(order, token, taken.setting().map(Act::Set));
        let held = self.take_hold(token);
        let Some(case) = self.cases.get(&token) else { return };
        let outcome = match (held, &case.hold) {
            (Ok(()), Some(hold)) => give_back(case.target.id, hold, taken),
            (Err(outcome), _) => outcome,
            (Ok(()), None) => Outcome::AlreadyGone,
        };
        self.tell(token, Happened::Outcome(outcome));
        self.let_go_unless_followed(token);
    }

    /// Whether it is to be continued; else it is told why not.
    fn undo_stop(&mut self, order: Token, token: Token, signal: Signal) -> bool {
        self.bind(order, token, Some(Act::Signal(Signal::CONT)));
        let held = self.take_hold(token);
        let Some(case) = self.cases.get(&token) else { return false };
        // SIGSTOP stops in any case, if not yet at this moment. The others may have been ignored, and then somebody who
        // is stopped now was stopped by somebody else.
        let is_stopped = || look::stat(case.target.id.pid).is_ok_and(|stat| stat.is_stopped());
        let outcome = match held {
            Ok(()) if signal == Signal::STOP || is_stopped() => return true,
            Ok(()) => Outcome::Refused("it is not stopped"),
            Err(outcome) => outcome,
        };
        self.tell(token, Happened::Outcome(outcome));
        self.let_go_unless_followed(token);
        false
    }
}
