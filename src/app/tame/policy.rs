//! Choosing a scheduling policy, and for those of real time a priority: sched(7).

use super::now::now;
use super::{Now, Step};
use crate::app::aims::Aims;
use crate::app::list::walk;
use crate::config::{Chord, Key};
use crate::model::{Policy, Setting};

/// The list, and after a policy of real time was chosen the priority.
#[derive(Clone, Debug, Default)]
pub struct PolicyChoice {
    /// The place of the chosen one in [`PolicyChoice::ALL`].
    pub at: usize,
    /// The priority while it is chosen: 1 to 99, or 0 while nothing stands there.
    pub priority: Option<u8>,
    /// Whether the next digit begins a new number.
    fresh: bool,
    /// What they have now, where all have the same.
    now: Option<Policy>,
}

/// The priorities of real time: sched_get_priority_max(2).
const PRIORITIES: std::ops::RangeInclusive<u8> = 1..=99;

impl PolicyChoice {
    /// What there is to choose; the priorities stand for any.
    pub const ALL: [Policy; 5] =
        [Policy::Other, Policy::Batch, Policy::Idle, Policy::Fifo(1), Policy::RoundRobin(1)];

    /// The chosen one.
    pub fn chosen(&self) -> Policy {
        let policy = PolicyChoice::ALL.get(self.at).copied().unwrap_or_default();
        match (policy, self.priority) {
            (Policy::Fifo(_), Some(priority)) => Policy::Fifo(priority),
            (Policy::RoundRobin(_), Some(priority)) => Policy::RoundRobin(priority),
            _ => policy,
        }
    }

    /// Goes to what is now.
    pub(super) fn adopt(&mut self, aims: &Aims) {
        if let Now::Same(policy) = now(aims, |settings| settings.policy) {
            self.now = Some(policy);
            let alike = |known: &Policy| std::mem::discriminant(known) == std::mem::discriminant(&policy);
            self.at = PolicyChoice::ALL.iter().position(alike).unwrap_or(self.at);
        }
    }

    /// From the priority back to the list; whether it was there.
    pub(super) fn back(&mut self) -> bool {
        self.priority.take().is_some()
    }

    /// Goes to the policy at this place.
    pub(super) fn choose(&mut self, at: usize) -> Step {
        self.priority = None;
        self.at = at.min(PolicyChoice::ALL.len() - 1);
        Step::Open
    }

    /// Takes a key.
    pub(super) fn key(&mut self, chord: Chord) -> Step {
        if self.priority.is_some() {
            return self.priority_key(chord);
        }
        match chord.key {
            Key::Enter if self.is_real_time() => self.ask(),
            Key::Enter => return Step::Set(vec![Setting::Policy(self.chosen())]),
            // Straight to the priority.
            Key::Char('1'..='9') if self.is_real_time() => {
                self.ask();
                return self.priority_key(chord);
            }
            Key::Char(c) if c.is_ascii_alphabetic() => {
                // The names have different first letters.
                let letter = |policy: &Policy| b"OBIFR".get(at_of(*policy)).copied();
                let wanted = Some(c.to_ascii_uppercase() as u8);
                let found = PolicyChoice::ALL.iter().position(|policy| letter(policy) == wanted);
                self.at = found.unwrap_or(self.at);
            }
            key => self.at = walk(self.at, PolicyChoice::ALL.len(), key),
        }
        Step::Open
    }

    fn is_real_time(&self) -> bool {
        matches!(self.chosen(), Policy::Fifo(_) | Policy::RoundRobin(_))
    }

    /// Asks for the priority, from the one that is now.
    fn ask(&mut self) {
        let priority = match self.now {
            Some(Policy::Fifo(priority) | Policy::RoundRobin(priority)) => priority,
            _ => *PRIORITIES.start(),
        };
        (self.priority, self.fresh) = (Some(priority), true);
    }

    fn priority_key(&mut self, chord: Chord) -> Step {
        let now = self.priority.unwrap_or(*PRIORITIES.start());
        let fresh = std::mem::take(&mut self.fresh);
        let (first, last) = (*PRIORITIES.start(), *PRIORITIES.end());
        self.priority = Some(match chord.key {
            Key::Enter if PRIORITIES.contains(&now) => {
                return Step::Set(vec![Setting::Policy(self.chosen())]);
            }
            Key::Enter => return Step::Bad("the priority is a number from 1 to 99"),
            Key::Char(digit @ '0'..='9') => {
                let digit = digit as u8 - b'0';
                let longer = if fresh { digit } else { now.saturating_mul(10).saturating_add(digit) };
                // A third digit begins anew.
                if longer > last { digit } else { longer }
            }
            Key::Backspace => now / 10,
            Key::Up => now.saturating_add(1).min(last),
            Key::Down => now.saturating_sub(1).max(first),
            Key::PageUp => now.saturating_add(10).min(last),
            Key::PageDown => now.saturating_sub(10).max(first),
            Key::Home => last,
            Key::End => first,
            _ => now,
        });
        Step::Open
    }
}

/// The place of a policy in the list.
fn at_of(policy: Policy) -> usize {
    match policy {
        Policy::Other => 0,
        Policy::Batch => 1,
        Policy::Idle => 2,
        Policy::Fifo(_) => 3,
        Policy::RoundRobin(_) => 4,
        Policy::Deadline | Policy::Unknown(_) => usize::MAX,
    }
}
