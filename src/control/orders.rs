//! The book of orders: whom an order to act is about, who still owes an answer, and when it is over.
//!
//! An order is begun, cases are bound to it, and it is finished when nobody more will be bound; the answers are counted
//! as they are told. It is over when each of its cases has told its outcome, and its verdict where one is due.

use std::time::Instant;

use crate::model::{Act, ControlNews, Happened, Outcome, ProcId, Target, Verdict, WhyAlive};

use super::case::{Case, Stage, Token};
use super::desk::Desk;
use super::ladder::Ladder;

/// One order to act, or to undo.
pub(super) struct Order {
    pub(super) session: u64,
    /// As it was given.
    act: Option<Act>,
    /// Under whose name its end is told.
    first: Target,
    /// Everybody who was ever bound to it.
    pub(super) members: Vec<Token>,
    /// How many are bound to it still.
    pub(super) bound: usize,
    /// How many of those owe an answer.
    owing: usize,
    /// More may be bound.
    busy: bool,
    reached: u32,
    escaped: u32,
    /// Its second rung, if it has one that is still to come.
    pub(super) ladder: Option<Ladder>,
}

/// A case's part in an order.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) order: Token,
    /// Its outcome or its verdict is still to be told.
    owes: bool,
    /// It was counted.
    counted: bool,
}

impl<F: Fn(ControlNews)> Desk<F> {
    /// Begins an order of `session`; its end will be told under the name of `first`.
    pub(super) fn begin(&mut self, session: u64, act: Option<Act>, first: Target) -> Token {
        let order = self.new_token();
        let (members, ladder) = (Vec::new(), None);
        let (bound, owing, reached, escaped) = (0, 0, 0, 0);
        let busy = true;
        let book = Order { session, act, first, members, bound, owing, busy, reached, escaped, ladder };
        self.orders.insert(order, book);
        order
    }

    /// From now on the case owes `order` an outcome of `act`, and nothing to any other.
    pub(super) fn bind(&mut self, order: Token, token: Token, act: Option<Act>) {
        let Some(case) = self.cases.get_mut(&token) else { return };
        case.act = act;
        let same = case.part.filter(|part| part.order == order);
        if same.is_none() {
            self.unbind(token);
        }
        let Some(book) = self.orders.get_mut(&order) else { return };
        if same.is_none() {
            book.bound += 1;
            book.members.push(token);
        }
        if same.is_none_or(|part| !part.owes) {
            book.owing += 1;
        }
        if let Some(case) = self.cases.get_mut(&token) {
            case.part = Some(Part { order, owes: true, counted: same.is_some_and(|part| part.counted) });
        }
    }

    /// The case leaves its order, whether it owes something or not.
    pub(super) fn unbind(&mut self, token: Token) {
        let Some(part) = self.cases.get_mut(&token).and_then(|case| case.part.take()) else { return };
        let Some(book) = self.orders.get_mut(&part.order) else { return };
        book.bound -= 1;
        if part.owes {
            book.owing -= 1;
        }
        self.ripe.insert(part.order);
    }

    /// The case leaves its order if it owes nothing; if it lives on, since when it was to end is returned.
    pub(super) fn excuse(&mut self, token: Token) -> Option<Instant> {
        let case = self.cases.get(&token)?;
        if case.part?.owes {
            return None;
        }
        let since = if let Stage::Lingering { sent, .. } = case.stage { Some(sent) } else { None };
        self.unbind(token);
        since
    }

    /// Those that are bound to `order`, in the order in which they were.
    pub(super) fn bound_to(&self, order: Token) -> Vec<Token> {
        let is_bound = |token: &&Token| {
            self.cases.get(token).and_then(|case| case.part).is_some_and(|part| part.order == order)
        };
        self.orders
            .get(&order)
            .map(|book| book.members.iter().filter(is_bound).copied().collect())
            .unwrap_or_default()
    }

    /// Nobody more will be bound to `order`, but by a ladder's next rung.
    pub(super) fn finish(&mut self, order: Token) {
        if let Some(book) = self.orders.get_mut(&order) {
            book.busy = false;
            self.ripe.insert(order);
        }
    }

    /// More are to be bound again.
    pub(super) fn resume(&mut self, order: Token) {
        if let Some(book) = self.orders.get_mut(&order) {
            book.busy = true;
        }
    }

    /// Books what was told of a case.
    pub(super) fn book(&mut self, token: Token, what: &Happened) {
        let Some(part) = self.cases.get(&token).and_then(|case| case.part) else { return };
        let Some(book) = self.orders.get_mut(&part.order) else { return };
        let mut stays = false;
        match what {
            Happened::Outcome(outcome) => {
                match outcome {
                    Outcome::Escaped => book.escaped += 1,
                    Outcome::AlreadyGone | Outcome::Replaced | Outcome::Refused(_) => {}
                    _ if part.counted => {}
                    _ => book.reached += 1,
                }
                if *outcome == Outcome::Delivered {
                    if let Some(case) = self.cases.get_mut(&token) {
                        case.part = Some(Part { counted: true, ..part });
                    }
                    return;
                }
            }
            // Who outlives the first rung of a ladder waits for the second; the dead need none.
            Happened::Verdict(Verdict::StillAlive { why, .. }) => {
                stays = book.ladder.is_some() && !matches!(why, WhyAlive::Zombie { .. });
            }
            Happened::Verdict(verdict) => {
                let lives = matches!(verdict, Verdict::Stopped | Verdict::Continued | Verdict::Alive);
                stays = book.ladder.is_some() && lives;
            }
            _ => return,
        }
        if !stays {
            return self.unbind(token);
        }
        if part.owes {
            book.owing -= 1;
            self.ripe.insert(part.order);
        }
        if let Some(case) = self.cases.get_mut(&token) {
            case.part = Some(Part { owes: false, ..part });
        }
    }

    /// Tells the end of the orders that have come to it.
    pub(super) fn close_orders(&mut self) {
        while let Some(order) = self.ripe.pop_first() {
            let Some(book) = self.orders.get(&order) else { continue };
            if book.busy || book.owing > 0 {
                continue;
            }
            if book.ladder.is_some() {
                if book.bound == 0 {
                    self.clear(order);
                }
                continue;
            }
            if let Some(book) = self.orders.remove(&order) {
                let Order { session, act, first: target, members, reached, escaped, .. } = book;
                for token in members {
                    self.forget_if_over(token);
                }
                (self.news)(ControlNews { session, target, act, what: Happened::Over { reached, escaped } });
            }
        }
    }

    // Cases.

    /// The case of `target` in `session`, a new one where there is none. In a session that was released it is forgotten
    /// when it is over.
    pub(super) fn enlist(&mut self, session: u64, target: Target) -> Token {
        let key = (session, target.id);
        if let Some(&token) = self.by_id.get(&key) {
            return token;
        }
        let token = self.new_token();
        let released = match self.sessions.get_mut(&session) {
            Some(own) => {
                own.push(token);
                self.by_id.insert(key, token);
                false
            }
            None => true,
        };
        let stage = Stage::Pinned { zombie: false };
        self.cases.insert(
            token,
            Case {
                session,
                target,
                act: None,
                hold: None,
                stage,
                ended: false,
                released,
                part: None,
                alarm: None,
            },
        );
        token
    }

    /// Takes back what [`Desk::enlist`] did, for one that was never told of.
    pub(super) fn strike(&mut self, token: Token) {
        self.unbind(token);
        self.let_go(token);
        let Some(case) = self.cases.remove(&token) else { return };
        if let Some(own) = self.sessions.get_mut(&case.session) {
            // It came last, or nearly.
            if let Some(place) = own.iter().rposition(|other| *other == token) {
                own.remove(place);
            }
            let key = (case.session, case.target.id);
            if self.by_id.get(&key) == Some(&token) {
                self.by_id.remove(&key);
            }
        }
    }

    /// The case of this process in `session`, if it has one that was not released.
    pub(super) fn case_of(&self, session: u64, id: ProcId) -> Option<Token> {
        self.by_id.get(&(session, id)).copied()
    }
}
