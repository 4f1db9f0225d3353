//! The desk's hand: what is done to those that are held, and what the kernel says to it.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::model::{
    Act, ControlNews, Happened, Outcome, Pid, ProcId, Reach, Signal, Untrusted, Verdict, WhyAlive,
};

use super::case::{Case, Stage, Token};
use super::desk::Desk;
use super::follow::Pursuit;
use super::look::{self, Stat};
use super::pin::Life;
use super::respawn::Origin;
use super::tame;

/// A signal that the kernel took.
enum Delivered {
    /// For a living process.
    Alive(Pursuit, Option<Origin>),
    /// For one that was dead before.
    Zombie { parent: Option<Pid>, parent_name: Untrusted },
}

impl<F: Fn(ControlNews)> Desk<F> {
    /// Does `act` to the targets of `session` that `only` names, all where it names none, and to whom `reach` adds.
    pub(super) fn act_on_all(&mut self, session: u64, act: Act, only: &[ProcId], reach: &Reach) {
        let Some(own) = self.sessions.get(&session) else { return };
        let Some(first) = own.iter().find_map(|token| self.cases.get(token)).map(|case| case.target.clone())
        else {
            return;
        };
        let only: BTreeSet<ProcId> = only.iter().copied().collect();
        self.deeds.begin();
        let is_meant = |case: &Case| only.is_empty() || only.contains(&case.target.id);
        let chosen: Vec<Token> =
            own.iter().filter(|token| self.cases.get(token).is_some_and(is_meant)).copied().collect();
        let order = self.begin(session, Some(act), first);
        match act {
            Act::Signal(signal) => drop(self.send(order, &chosen, reach, signal)),
            Act::Ladder { seconds } => self.first_rung(order, &chosen, reach, seconds),
            Act::Renice(_) | Act::ReniceAutogroup(_) | Act::Set(_) => {
                for token in self.call_up(order, &chosen, reach, act) {
                    self.change(token, act);
                }
            }
        }
        self.finish(order);
    }

    /// Changes what `act` changes about the case, which is bound to an order.
    fn change(&mut self, token: Token, act: Act) {
        if let Err(outcome) = self.take_hold(token) {
            return self.tell(token, Happened::Outcome(outcome));
        }
        let Some(case) = self.cases.get(&token) else { return };
        let Some(hold) = &case.hold else { return };
        let (outcome, taken) = tame::change(case.target.id, hold, act, &mut self.deeds.moved);
        self.deeds.took(case.session, case.target.clone(), taken);
        self.tell(token, Happened::Outcome(outcome));
        self.let_go_unless_followed(token);
    }

    /// Sends `signal` to the case, which is bound to an order. `was_stopped` says what it was before it was stopped for
    /// the sake of the signal, if it was.
    pub(super) fn signal(&mut self, token: Token, signal: Signal, was_stopped: Option<bool>) {
        if let Err(outcome) = self.take_hold(token) {
            return self.tell(token, Happened::Outcome(outcome));
        }
        match self.deliver(token, signal, was_stopped) {
            Ok(Delivered::Alive(pursuit, origin)) => {
                self.respawns.remember(token, origin);
                self.remember_stop(token, &pursuit);
                self.tell(token, Happened::Outcome(Outcome::Delivered));
                self.pursue(token, pursuit);
            }
            Ok(Delivered::Zombie { parent, parent_name }) => {
                self.tell(token, Happened::Outcome(Outcome::Delivered));
                let why = WhyAlive::Zombie { parent, parent_name };
                self.tell(token, Happened::Verdict(Verdict::StillAlive { after: 0.0, why }));
                self.let_go(token);
            }
            Err(outcome) => {
                self.tell(token, Happened::Outcome(outcome));
                self.let_go_unless_followed(token);
            }
        }
    }

    /// From now on the case is watched for what it does about a signal that was delivered to it.
    pub(super) fn pursue(&mut self, token: Token, pursuit: Pursuit) {
        if let Some(case) = self.cases.get_mut(&token) {
            let earlier = match case.stage {
                Stage::Pursued(pursuit) => pursuit.deadly_since(),
                Stage::Ended { sent, .. } | Stage::Lingering { sent, .. } => Some(sent),
                Stage::Pinned { .. } => None,
            };
            case.stage = Stage::Pursued(pursuit.after(earlier));
        }
        // It may be dead already, or the verdict may be certain; else this sets the alarm for the next look.
        self.attend(token);
    }

    /// Sends `signal` to what the case holds.
    fn deliver(&self, token: Token, signal: Signal, was_stopped: Option<bool>) -> Result<Delivered, Outcome> {
        let case = self.cases.get(&token).ok_or(Outcome::AlreadyGone)?;
        let id = case.target.id;
        let hold = case.hold.as_ref().ok_or(Outcome::AlreadyGone)?;
        if hold.is_kernel_thread() {
            return Err(Outcome::Refused("kernel threads take no signals"));
        }
        let before = hold.life(id);
        let died_of_ours =
            matches!(case.stage, Stage::Ended { .. } | Stage::Pursued(_) | Stage::Lingering { .. });
        if before == Life::Reaped || (before == Life::Zombie && died_of_ours) {
            return Err(Outcome::AlreadyGone);
        }
        let stat =
            if was_stopped.is_none() || before == Life::Zombie { look::stat(id.pid).ok() } else { None };
        let origin = if signal.is_deadly() { Origin::of(id.pid, stat.as_ref()) } else { None };
        let sent = Instant::now();
        hold.send(id, signal)?;
        if before == Life::Alive {
            let was_stopped = was_stopped.unwrap_or_else(|| stat.as_ref().is_some_and(Stat::is_stopped));
            return Ok(Delivered::Alive(Pursuit::new(signal, sent, was_stopped), origin));
        }
        let parent = stat.and_then(|stat| stat.parent);
        let parent_name = parent.map(look::name).unwrap_or_default();
        Ok(Delivered::Zombie { parent, parent_name })
    }

    /// After an act with nothing to wait for. An earlier signal may still be followed.
    pub(super) fn let_go_unless_followed(&mut self, token: Token) {
        if self.cases.get(&token).is_some_and(|case| matches!(case.stage, Stage::Pinned { .. })) {
            self.let_go(token);
        }
    }

    /// No more orders will come for `session`: what was not acted upon is let go, the rest when it has its verdict.
    pub(super) fn release(&mut self, session: u64) {
        let Some(tokens) = self.sessions.remove(&session) else { return };
        for token in tokens {
            if let Some(case) = self.cases.get_mut(&token) {
                case.released = true;
                self.by_id.remove(&(session, case.target.id));
            }
            self.let_go_unless_followed(token);
            self.forget_if_over(token);
        }
    }
}
