//! What can lie above a screen: help, a list, a menu, a line of input, the signal dialog. State, never a nested loop.

use crate::config::{Chord, Key};
use crate::model::Target;
use crate::query::QueryError;

use super::help::Help;
use super::line_edit::LineEdit;
use super::list::walk;
use super::offers::Offers;
use super::palette::Palette;
use super::setup::Setup;
use super::signal_menu::SignalMenu;
use super::tame::TameMenu;

/// Something open above the screen; it gets the keys first.
#[derive(Clone, Debug)]
pub enum Layer {
    /// The keys, and what else there is to explain.
    Help(Help),
    /// A list to choose from.
    Menu(Menu),
    /// A line of text at the bottom of the screen.
    Line(LineInput),
    /// The signal dialog.
    Signal(Box<SignalMenu>),
    /// A dialog that tames.
    Tame(Box<TameMenu>),
    /// What was done, scrolled by so many lines.
    Journal(usize),
    /// What the line that speaks has said, with this one chosen, counted from the newest.
    Notices(usize),
    /// Everything that can be done, to be found by its name.
    Palette(Box<Palette>),
    /// What can be set up.
    Setup(Box<Setup>),
}

/// What a menu is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MenuPurpose {
    /// Choose the column to sort by; the items' keys are column ids.
    Sort,
    /// Choose a user; the items' keys are uids, empty for all.
    User,
    /// Choose what rows are grouped by; the items' keys are those of [`crate::model::GroupBy`], empty for nothing.
    Group,
    /// Choose a saved view; the items' keys are their names, empty for all processes.
    View,
    /// Choose what to do; the items' keys are the ids of actions.
    Act,
    /// Choose whose changes of the configuration are written, where the file has others.
    Clash,
    /// Choose what to copy; the items' keys are those of [`super::COPYABLE`].
    Copy,
}

/// A list to choose from.
#[derive(Clone, Debug)]
pub struct Menu {
    /// What for.
    pub purpose: MenuPurpose,
    /// Its items.
    pub items: Vec<MenuItem>,
    /// The one under the cursor.
    pub at: usize,
}

/// One item of a menu.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MenuItem {
    /// What it stands for.
    pub key: String,
    /// What is shown.
    pub label: String,
    /// More about it, shown dim.
    pub detail: String,
}

/// What a line of input is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Jump to a match while typing.
    Search,
    /// Show only matches while typing.
    Filter,
    /// Seconds between two looks.
    Delay,
    /// Seconds after which what is to be frozen goes on.
    Thaw,
    /// A value for the field of the lab's form.
    LabValue,
    /// The speed-up that is expected of a run.
    LabBet,
    /// The file for a picture of the screen.
    SaveScreen,
    /// Jump to a row of the inspector while typing.
    InspectSearch,
    /// Show only matching rows of the inspector while typing.
    InspectFilter,
}

impl Purpose {
    /// Whether it takes a query.
    pub(super) const fn is_query(self) -> bool {
        matches!(self, Purpose::Search | Purpose::Filter)
    }
}

/// A line of text being typed for a purpose.
#[derive(Clone, Debug)]
pub struct LineInput {
    /// What for.
    pub purpose: Purpose,
    /// The text.
    pub edit: LineEdit,
    /// Whether what stands there makes no sense or finds nothing.
    pub failed: bool,
    /// What is wrong with a query, which changes nothing until it is right.
    pub error: Option<QueryError>,
    /// What Tab offers.
    pub offers: Option<Offers>,
    /// Whom it is about, where that was settled when it opened.
    pub targets: Vec<Target>,
}

/// What a key came to in a menu.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Picked {
    /// Go on.
    Open,
    /// This item's key.
    Item(String),
    /// Close.
    Cancel,
}

impl Menu {
    /// Takes a key. A letter goes to the next item that begins with it.
    pub fn key(&mut self, chord: Chord) -> Picked {
        match chord.key {
            Key::Enter => {
                return self.items.get(self.at).map_or(Picked::Cancel, |item| Picked::Item(item.key.clone()));
            }
            Key::Esc | Key::F(_) => return Picked::Cancel,
            Key::Char('c') if chord.ctrl => return Picked::Cancel,
            Key::Char(c) if !chord.ctrl && !chord.alt => {
                let begins =
                    |item: &MenuItem| item.label.chars().next().is_some_and(|l| l.eq_ignore_ascii_case(&c));
                let count = self.items.len();
                let next = (1..=count)
                    .map(|i| (self.at + i) % count)
                    .find(|i| self.items.get(*i).is_some_and(begins));
                self.at = next.unwrap_or(self.at);
            }
            key => self.at = walk(self.at, self.items.len(), key),
        }
        Picked::Open
    }
}

impl LineInput {
    /// A line for `purpose` that holds `text`.
    pub fn new(purpose: Purpose, text: &str) -> LineInput {
        let edit = LineEdit::new(text);
        LineInput { purpose, edit, failed: false, error: None, offers: None, targets: Vec::new() }
    }
}
