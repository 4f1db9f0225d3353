//! TOML text → key bindings and themes, each with located complaints.
//!
//! This room takes `&str` and opens nothing. Its words: a *chord* is a key with its modifiers, a *complaint* is
//! something wrong in a file, with its line.

mod chord;

pub use chord::{Chord, Key};
