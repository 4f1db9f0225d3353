//! What a person does at the terminal, as values.

use crate::config::Chord;

/// One thing done at the terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// A key.
    Key(Chord),
    /// The mouse.
    Mouse(Mouse),
    /// Text pasted between bracketed-paste marks; it is text for an input line and nothing else.
    Paste(String),
}

/// A mouse event at a cell; the top left cell is (0, 0).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mouse {
    /// What happened.
    pub what: MouseEvent,
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
}

/// What the mouse did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MouseEvent {
    /// The left button went down.
    Left,
    /// The right button went down.
    Right,
    /// The middle button went down.
    Middle,
    /// Moved with the left button held.
    Drag,
    /// A button was let go.
    Release,
    /// The wheel, away from the hand.
    WheelUp,
    /// The wheel, towards the hand.
    WheelDown,
}
