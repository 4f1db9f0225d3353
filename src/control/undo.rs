//! Giving back what an act changed: the book of what was taken from whom, and the orders to undo.

use std::collections::{BTreeMap, VecDeque};

use crate::model::{Act, ControlNews, DefaultAction, Happened, Outcome, ProcId, Reach, Signal, Target};

use super::desk::{Case, Desk, Stage, Token};
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
            self.book.put_down(Deed { session, target, what: What::Stopped(pursuit.signal) });
        }
    }

    /// Gives back what the acts of session `of` changed, under the name `session`: the values first, the last one first,
    /// so that nobody who was stopped runs with a value that was not its own; then whoever was stopped is continued.
    pub(super) fn undo(&mut self, session: u64, of: u64) {
        let deeds = self.book.take(of);
        if deeds.is_empty() {
            return;
        }
        self.forget_idle_sessions();
        let mut tokens: BTreeMap<ProcId, Token> = BTreeMap::new();
        let (mut reached, mut last, mut stopped) = (0, None, Vec::new());
        for Deed { target, what, .. } in deeds.into_iter().rev() {
            let token = *tokens.entry(target.id).or_insert_with(|| self.enter(session, &target));
            match what {
                What::Value(taken) => {
                    self.undo_value(token, &taken);
                    (reached, last) = (reached + 1, Some(token));
                }
                What::Stopped(signal) => {
                    if self.undo_stop(token, signal) {
                        stopped.push(target.id);
                    }
                }
            }
        }
        if !stopped.is_empty() {
            self.act_on_all(session, Act::Signal(Signal::CONT), &stopped, &Reach::Pinned);
        } else if let Some(token) = last {
            self.tell(token, Happened::Over { reached, escaped: 0 });
        }
    }

    fn undo_value(&mut self, token: Token, taken: &Taken) {
        let held = self.take_hold(token);
        let Some(case) = self.cases.get_mut(&token) else { return };
        case.act = taken.setting().map(Act::Set);
        let outcome = match (held, &case.hold) {
            (Ok(()), Some(hold)) => give_back(case.target.id, hold, taken),
            (Err(outcome), _) => outcome,
            (Ok(()), None) => Outcome::AlreadyGone,
        };
        self.tell(token, Happened::Outcome(outcome));
        self.let_go_unless_followed(token);
    }

    /// Whether it is to be continued; else it is told why not.
    fn undo_stop(&mut self, token: Token, signal: Signal) -> bool {
        let held = self.take_hold(token);
        let Some(case) = self.cases.get_mut(&token) else { return false };
        case.act = Some(Act::Signal(Signal::CONT));
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

    /// Makes `target` one of those of `session`.
    fn enter(&mut self, session: u64, target: &Target) -> Token {
        let token = self.next_token;
        self.next_token += 1;
        self.sessions.entry(session).or_default().push(token);
        let stage = Stage::Pinned { zombie: false };
        let (ended, released) = (false, false);
        let target = target.clone();
        self.cases.insert(
            token,
            Case { session, target, act: None, hold: None, stage, ended, released, alarm: None },
        );
        token
    }
}
