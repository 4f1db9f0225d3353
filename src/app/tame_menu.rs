//! The dialogs that tame: a value to choose, and whom it would be given.

use crate::config::{Chord, Key};
use crate::model::Setting;

use super::aims::Aims;

/// Which value a dialog is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tame {
    /// The I/O priority.
    IoPriority,
    /// The CPUs it may run on.
    Affinity,
    /// The scheduling policy.
    Policy,
    /// OOM score adjustment, `cpu.max` and `memory.high`.
    Limits,
}

/// The dialog's state.
#[derive(Clone, Debug)]
pub struct TameMenu {
    /// Whom it would reach.
    pub aims: Aims,
    /// What it is about.
    pub tame: Tame,
}

/// What a key came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tamed {
    /// Go on choosing.
    Open,
    /// Give them these values.
    Set(Vec<Setting>),
    /// Close without a change.
    Cancel,
}

impl TameMenu {
    /// The dialog about `tame` over `aims`.
    pub fn new(tame: Tame, aims: Aims) -> TameMenu {
        TameMenu { aims, tame }
    }

    /// Takes a key.
    pub fn key(&mut self, chord: Chord) -> Tamed {
        if matches!(chord.key, Key::Esc | Key::F(10)) { Tamed::Cancel } else { Tamed::Open }
    }
}
