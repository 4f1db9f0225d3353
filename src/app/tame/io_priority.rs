//! Choosing an I/O priority: htop's list.

use super::now::now;
use super::{Now, Step};
use crate::app::aims::Aims;
use crate::app::list::walk;
use crate::config::{Chord, Key};
use crate::model::{IoPriority, Setting};

/// The list, and where its cursor stands.
#[derive(Clone, Debug, Default)]
pub struct IoPriorityChoice {
    /// The place of the chosen one in [`IoPriorityChoice::ALL`].
    pub at: usize,
}

impl IoPriorityChoice {
    /// What there is to choose, in htop's order.
    pub const ALL: [IoPriority; 18] = {
        use IoPriority::{BestEffort, Idle, RealTime, Unset};
        [
            Unset,
            RealTime(0),
            RealTime(1),
            RealTime(2),
            RealTime(3),
            RealTime(4),
            RealTime(5),
            RealTime(6),
            RealTime(7),
            BestEffort(0),
            BestEffort(1),
            BestEffort(2),
            BestEffort(3),
            BestEffort(4),
            BestEffort(5),
            BestEffort(6),
            BestEffort(7),
            Idle,
        ]
    };

    /// The chosen one.
    pub fn chosen(&self) -> IoPriority {
        IoPriorityChoice::ALL.get(self.at).copied().unwrap_or_default()
    }

    /// Goes to what is now.
    pub(super) fn adopt(&mut self, aims: &Aims) {
        if let Now::Same(priority) = now(aims, |settings| settings.io_priority) {
            self.go_to(priority);
        }
    }

    /// Takes a key. A digit is a level of the class that is chosen, best effort where it has none; a letter is a class.
    pub(super) fn key(&mut self, chord: Chord) -> Step {
        match chord.key {
            Key::Enter => return Step::Set(vec![Setting::IoPriority(self.chosen())]),
            Key::Char(digit @ '0'..='7') => {
                let level = digit as u8 - b'0';
                self.go_to(match self.chosen() {
                    IoPriority::RealTime(_) => IoPriority::RealTime(level),
                    _ => IoPriority::BestEffort(level),
                });
            }
            Key::Char('n') => self.go_to(IoPriority::Unset),
            Key::Char('r') => self.go_to(IoPriority::RealTime(0)),
            Key::Char('b') => self.go_to(IoPriority::BestEffort(0)),
            Key::Char('i') => self.go_to(IoPriority::Idle),
            key => self.at = walk(self.at, IoPriorityChoice::ALL.len(), key),
        }
        Step::Open
    }

    fn go_to(&mut self, priority: IoPriority) {
        if let Some(at) = IoPriorityChoice::ALL.iter().position(|known| *known == priority) {
            self.at = at;
        }
    }
}
