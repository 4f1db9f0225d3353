//! SIGTERM, some patience, SIGKILL.
//!
//! Who ends on the first rung is told as after any signal. When the time has come, everybody who belongs is looked for
//! again, and whoever is left gets SIGKILL. If all end before, it is over at once, unless those who ended have left
//! somebody behind: then that one gets SIGTERM, and the time runs on. To release the session does not end the ladder; to
//! cancel it does.

use std::time::{Duration, Instant};

use crate::model::{Act, ControlNews, Reach, Signal};

use super::case::{Stage, Token};
use super::desk::Desk;
use super::pin::{Hold, Life};
use super::sweep::Scope;

/// What a ladder needs for its second rung.
pub(super) struct Ladder {
    /// When.
    pub(super) until: Instant,
    /// Who belongs, where others than the pinned are reached.
    scope: Option<Scope>,
}

impl<F: Fn(ControlNews)> Desk<F> {
    /// Sends SIGTERM to the `chosen` and to whom `reach` adds; SIGKILL will follow in so many `seconds`.
    pub(super) fn first_rung(&mut self, order: Token, chosen: &[Token], reach: &Reach, seconds: u32) {
        // The book must know before the first answer is told that there is a second rung.
        let now = Instant::now();
        let until = now + Duration::from_secs(u64::from(seconds));
        self.set_ladder(order, Some(Ladder { until, scope: None }));
        let scope = self.send(order, chosen, reach, Signal::TERM);
        self.set_ladder(order, Some(Ladder { until, scope }));
    }

    fn set_ladder(&mut self, order: Token, ladder: Option<Ladder>) -> Option<Ladder> {
        let book = self.orders.get_mut(&order)?;
        let until = ladder.as_ref().map(|ladder| ladder.until);
        let before = std::mem::replace(&mut book.ladder, ladder);
        if let Some(before) = &before {
            self.alarms.remove(&(before.until, order));
        }
        self.alarms.extend(until.map(|until| (until, order)));
        before
    }

    /// The time of the second rung has come.
    pub(super) fn climb(&mut self, order: Token) {
        let Some(ladder) = self.set_ladder(order, None) else { return };
        self.resume(order);
        let mut left = Vec::new();
        for token in self.bound_to(order) {
            if self.is_dead(token) {
                // It obeyed just now, or how it ended is still to be found out.
                self.attend(token);
            } else {
                self.bind(order, token, Some(Act::Signal(Signal::KILL)));
                left.push(token);
            }
        }
        match ladder.scope {
            Some(mut scope) => self.send_within(order, &left, &mut scope, Signal::KILL),
            None => left.into_iter().for_each(|token| self.signal(token, Signal::KILL, None)),
        }
        self.finish(order);
    }

    fn is_dead(&self, token: Token) -> bool {
        self.cases.get(&token).is_none_or(|case| match &case.hold {
            Some(hold @ (Hold::Process { .. } | Hold::Weak { .. })) => {
                matches!(case.stage, Stage::Ended { .. }) || hold.life(case.target.id) != Life::Alive
            }
            Some(Hold::Thread) | None => case.ended,
        })
    }

    /// Everybody has ended before the second rung. Only who was left behind keeps the order open.
    pub(super) fn clear(&mut self, order: Token) {
        let Some(mut ladder) = self.set_ladder(order, None) else { return };
        self.resume(order);
        if let Some(mut scope) = ladder.scope.take() {
            let until = ladder.until;
            self.set_ladder(order, Some(Ladder { until, scope: None }));
            self.send_within(order, &[], &mut scope, Signal::TERM);
            if self.bound_to(order).is_empty() {
                self.set_ladder(order, None);
            } else {
                self.set_ladder(order, Some(Ladder { until, scope: Some(scope) }));
            }
        }
        self.finish(order);
    }

    /// No SIGKILL will follow in this session.
    pub(super) fn cancel(&mut self, session: u64) {
        let now = Instant::now();
        let is_meant = |order: &Token| {
            self.orders.get(order).is_some_and(|book| book.session == session && book.ladder.is_some())
        };
        let meant: Vec<Token> = self.orders.keys().copied().filter(is_meant).collect();
        for order in meant {
            self.set_ladder(order, None);
            self.ripe.insert(order);
            for token in self.bound_to(order) {
                // Who has told that it lives owes no more; its end within a minute is news as after any signal.
                if let Some(sent) = self.excuse(token) {
                    self.linger(token, sent, now);
                }
            }
        }
    }

    /// Until when a case that lives is to be watched because a ladder stands at it.
    pub(super) fn second_rung(&self, token: Token) -> Option<Instant> {
        let order = self.cases.get(&token)?.part?.order;
        self.orders.get(&order)?.ladder.as_ref().map(|ladder| ladder.until)
    }
}
