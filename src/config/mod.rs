//! TOML text → settings, key bindings and themes, each with located complaints.
//!
//! Its words: a *chord* is a key with its modifiers, a *complaint* is something wrong in a file, with its line, a
//! *theme* gives each role a *look*. This room takes `&str` and opens nothing; it must never know where files lie.

mod chord;
mod complaint;
mod header;
mod keymap;
mod reader;
mod settings;
mod theme;

pub use chord::{Chord, Key};
pub use complaint::{Complaint, nearest};
pub use header::{HTOP_LAYOUTS, Header, HeaderColumn, HeaderMeter, MOST_COLUMNS, MOST_METERS};
pub use keymap::{Binding, EVERYWHERE, parse_keymap};
pub use settings::{
    CommandForm, DEFAULT_CONFIG, LAB, MapName, Merged, OPTIONS, OptionKind, OptionRow, Options, RowRule,
    RuleLook, SavedFilter, ScreenSetting, Settings, TreeOrder, Word,
};
pub use theme::{BUILTIN_THEMES, FEWEST_LANES, Look, NO_TOML, NoColour, Rgb, Theme};
