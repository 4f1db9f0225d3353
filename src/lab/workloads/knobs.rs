//! Knobs in one line each.

use crate::model::lab::{Knob, KnobKind};

/// A knob that takes a number: least, greatest, and how far one key goes.
pub(super) const fn number(
    id: &'static str,
    help: &'static str,
    [min, max, step]: [f64; 3],
    default: &'static str,
) -> Knob {
    Knob { id, help, kind: KnobKind::Number { min, max, step }, default }
}

/// A knob that takes one of some words.
pub(super) const fn choice(
    id: &'static str,
    help: &'static str,
    words: &'static [&'static str],
    default: &'static str,
) -> Knob {
    Knob { id, help, kind: KnobKind::Choice(words), default }
}

/// A knob that takes whole numbers with commas between them: least and greatest.
pub(super) const fn list(
    id: &'static str,
    help: &'static str,
    [min, max]: [i32; 2],
    default: &'static str,
) -> Knob {
    Knob { id, help, kind: KnobKind::List { min, max }, default }
}
