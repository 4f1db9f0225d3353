//! Standing still and going on: who is stopped for the sake of another signal, one by one or a group at once, and is
//! continued after it.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::model::{ControlNews, ProcId, Signal};
use crate::sys::pidfd_send_group;

use super::super::case::Token;
use super::super::desk::Desk;
use super::super::pin::{Hold, Life, pin};
use super::census::{Motion, Row};
use super::family::Family;
use super::{Muster, STOP_TIME, Scope, is_myself};

impl<F: Fn(ControlNews)> Desk<F> {
    /// Stops the `fresh`, whole groups at once where nobody else is in them, and waits until they stand still.
    pub(super) fn stop(
        &mut self,
        fresh: &[(Token, Row)],
        rows: &[Row],
        scope: &mut Scope,
        muster: &mut Muster,
    ) {
        // The members of one cgroup are not all of a process group.
        let whole = if scope.cgroup.is_none() {
            whole_groups(rows, &scope.family, &scope.asked)
        } else {
            BTreeSet::new()
        };
        let stopped_before: BTreeSet<u32> = muster.groups.keys().copied().collect();
        let mut waiting = Vec::new();
        for &(token, row) in fresh.iter().filter(|(_, row)| !is_myself(row.id.pid)) {
            let Some(hold) = self.cases.get(&token).and_then(|case| case.hold.as_ref()) else { continue };
            if !muster.groups.contains_key(&row.group)
                && whole.contains(&row.group)
                && self.signal_group(row.group, Signal::STOP, scope, muster)
            {
                let before = rows.iter().any(|other| other.group == row.group && other.is_stopped());
                muster.groups.insert(row.group, before);
            }
            if hold.send(row.id, Signal::STOP).is_err() {
                // Its outcome is told when the act is attempted.
                continue;
            }
            // One who was born into a group that we stopped in an earlier pass was stopped by us.
            muster.stopped.insert(token, row.is_stopped() && !stopped_before.contains(&row.group));
            waiting.push(row.id.pid);
        }
        let asleep = Instant::now() + STOP_TIME;
        let running = asleep.max(muster.begun + muster.hold.unwrap_or_default());
        let mut pause = Duration::from_micros(50);
        loop {
            let now = Instant::now();
            let hurry = self.is_closing();
            waiting.retain(|&pid| {
                let until = match scope.census.motion(pid) {
                    Motion::Still => return false,
                    Motion::Sleeps => asleep,
                    Motion::Runs => running,
                };
                let stays = now < until && !hurry;
                muster.restless |= !stays;
                stays
            });
            if waiting.is_empty() {
                return;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(2));
        }
    }

    /// Sends `signal` to everybody in a process group, at once, by the pidfd of its leader if that is one of us. Else by
    /// its number, if one of us is in it, is held and lives: so long the number is nobody else's.
    pub(super) fn signal_group(&self, group: u32, signal: Signal, scope: &Scope, muster: &Muster) -> bool {
        if let Some(pidfd) = self.leader(group, scope, muster)
            && pidfd_send_group(pidfd, signal.number()).is_ok()
        {
            return true;
        }
        let (Some(number), Some(signal)) = (
            i32::try_from(group).ok().and_then(rustix::process::Pid::from_raw),
            rustix::process::Signal::from_named_raw(i32::from(signal.number())),
        ) else {
            return false;
        };
        let is_in = |id: &ProcId| {
            nix::unistd::getpgid(Some(nix::unistd::Pid::from_raw(id.pid.raw())))
                .is_ok_and(|own| own.as_raw().unsigned_abs() == group)
        };
        let lives = |(id, token): (&ProcId, &Token)| {
            let hold = self.cases.get(token).and_then(|case| case.hold.as_ref());
            // The group first: it was its own if it lives after that.
            is_in(id) && hold.is_some_and(|hold| hold.life(*id) == Life::Alive)
        };
        muster.held.iter().any(lives) && rustix::process::kill_process_group(number, signal).is_ok()
    }

    /// The pidfd of the one of us who leads this process group.
    fn leader(&self, group: u32, scope: &Scope, muster: &Muster) -> Option<BorrowedFd<'_>> {
        let token = muster.held.get(&scope.family.named(group)?)?;
        if let Hold::Process { pidfd, .. } = self.cases.get(token)?.hold.as_ref()? {
            Some(pidfd.as_fd())
        } else {
            None
        }
    }

    /// Continues whom we stopped and who is to go on: everybody where `all`, else only those that do not belong.
    pub(super) fn let_on(&mut self, muster: &Muster, scope: &Scope, all: bool) {
        if all {
            for (&group, _) in muster.groups.iter().filter(|(_, before)| !**before) {
                // Those, too, that could not be held, for want of descriptors for instance.
                self.signal_group(group, Signal::CONT, scope, muster);
            }
            let ours = |token: &&Token| muster.stopped.get(token) == Some(&false);
            for &token in muster.tokens.iter().rev().filter(ours) {
                // It is let go where the signal could not be sent to it.
                if self.take_hold(token).is_ok()
                    && let Some(case) = self.cases.get(&token)
                    && let Some(hold) = &case.hold
                {
                    let _ = hold.send(case.target.id, Signal::CONT);
                    self.let_go_unless_followed(token);
                }
            }
        }
        for &id in &muster.bystanders {
            if let Ok(hold) = pin(id, self.open) {
                let _ = hold.send(id, Signal::CONT);
            }
        }
    }
}

impl Muster {
    /// Notes who stands still because its group was stopped, and does not belong: it came into the group just then.
    pub(super) fn note_bystanders(&mut self, rows: &[Row], family: &Family) {
        if self.groups.is_empty() {
            return;
        }
        let strangers = rows
            .iter()
            .filter(|row| self.groups.contains_key(&row.group) && row.is_stopped() && !family.has(row.id));
        self.bystanders.extend(strangers.map(|row| row.id));
    }
}

/// Those of the process groups that were read as a whole in which everybody who lives is one of us, and not ourselves.
pub(super) fn whole_groups(rows: &[Row], family: &Family, asked: &BTreeSet<u32>) -> BTreeSet<u32> {
    let mut groups: BTreeSet<u32> = BTreeSet::new();
    let mut mixed: BTreeSet<u32> = BTreeSet::new();
    for row in rows.iter().filter(|row| !row.is_dead()) {
        let is_whole = asked.contains(&row.group) || asked.contains(&row.session);
        if is_whole && family.has(row.id) && !is_myself(row.id.pid) {
            groups.insert(row.group);
        } else {
            mixed.insert(row.group);
        }
    }
    groups.retain(|group| *group != 0 && !mixed.contains(group));
    groups
}
