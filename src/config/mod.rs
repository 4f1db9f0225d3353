//! TOML text → settings, key bindings and themes, each with located complaints.
//!
//! Its words: a *chord* is a key with its modifiers, a *complaint* is something wrong in a file, with its line, a
//! *theme* gives each role a *look*. This room takes `&str` and opens nothing; it must never know where files lie.

mod chord;
mod complaint;
mod keymap;
mod settings;
mod theme;

pub use chord::{Chord, Key};
pub use complaint::{Complaint, nearest};
pub use keymap::{Binding, parse_keymap};
pub use settings::{
    CommandForm, DEFAULT_CONFIG, LAB, MapName, OPTIONS, OptionKind, OptionRow, Options, RowRule, RuleLook,
    SavedFilter, ScreenSetting, Settings, TreeOrder, Word,
};
pub use theme::{BUILTIN_THEMES, FEWEST_LANES, Look, NoColour, Rgb, Theme};
