//! Set-up as a dialog: pages of lists side by side, which change what is behind them at once.
//!
//! Its words: a *page* is one subject, a *pane* is one of its lists, an *item* is what a row of it stands for. It must
//! never know where the configuration lies: nothing is written until somebody saves. `rows.rs` says what the panes hold,
//! `meters.rs` changes a header; what keys do is in `app/update/setup`.

mod meters;
mod rows;

use crate::catalog::{Column, Meter};
use crate::config::{OptionKind, OptionRow, Settings};

use super::line_edit::LineEdit;

/// The most panes that a page has.
pub const PANES: usize = 4;
/// Most changes that can be taken back.
const MOST_PAST: usize = 50;

/// A page of the set-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SetupPage {
    /// The meters of the header.
    #[default]
    Meters,
    /// The screens, with their columns and their order.
    Screens,
    /// Themes and key maps.
    Colours,
    /// Every option of the configuration.
    Options,
}

impl SetupPage {
    /// All of them, in order.
    pub const ALL: [SetupPage; 4] =
        [SetupPage::Meters, SetupPage::Screens, SetupPage::Colours, SetupPage::Options];

    /// The word on its tab.
    pub const fn title(self) -> &'static str {
        match self {
            SetupPage::Meters => "Meters",
            SetupPage::Screens => "Screens",
            SetupPage::Colours => "Colours",
            SetupPage::Options => "Options",
        }
    }

    /// Its place among all.
    pub(super) fn place(self) -> usize {
        SetupPage::ALL.iter().position(|page| *page == self).unwrap_or(0)
    }
}

/// What a row stands for.
#[derive(Clone, Copy, Debug)]
pub enum SetupItem {
    /// A layout of the header, by its place among those of htop; `None`: by the room there is.
    Layout(Option<usize>),
    /// Whether peaks are marked.
    Peaks,
    /// Widths that are none of htop's.
    OwnLayout,
    /// A column of the header.
    HeaderColumn(usize),
    /// A column of the header that is not there yet.
    NewColumn,
    /// A meter in its column, at its place.
    Placed(usize, usize),
    /// A meter that can be added.
    Meter(&'static Meter),
    /// A screen with a table.
    Screen(usize),
    /// The lab's tab.
    Lab,
    /// A screen that is not there yet.
    NewScreen,
    /// The word on the tab of the screen in view.
    Title,
    /// The column that sorts it.
    Sort,
    /// Greatest first, or not.
    Direction,
    /// As a tree.
    Tree,
    /// Siblings by the sums of their subtrees.
    SubtreeSort,
    /// One row for all who have something in common.
    Group,
    /// The query of its own.
    Filter,
    /// A column that is shown, by its place.
    Shown(usize),
    /// A column that is not.
    Column(&'static Column),
    /// A theme, by its place.
    Theme(usize),
    /// A key map.
    Keymap(&'static str),
    /// An option.
    Option(&'static OptionRow),
    /// Something that is written by hand.
    ByHand,
}

impl SetupItem {
    /// What Space does to it, in a word; empty where it does nothing.
    pub fn verb(self) -> &'static str {
        match self {
            SetupItem::Layout(_) | SetupItem::Theme(_) | SetupItem::Keymap(_) => "choose",
            SetupItem::Placed(..) => "style",
            SetupItem::HeaderColumn(_)
            | SetupItem::NewColumn
            | SetupItem::Meter(_)
            | SetupItem::NewScreen
            | SetupItem::Column(_) => "add",
            SetupItem::Shown(_) => "remove",
            SetupItem::Screen(_) => "set up",
            SetupItem::OwnLayout | SetupItem::ByHand => "",
            _ => "change",
        }
    }

    /// Whether it has a place that can be changed.
    pub fn moves(self) -> bool {
        matches!(
            self,
            SetupItem::Placed(..) | SetupItem::HeaderColumn(_) | SetupItem::Screen(_) | SetupItem::Shown(_)
        )
    }

    /// Whether it can be taken away.
    pub fn goes(self) -> bool {
        self.moves() || matches!(self, SetupItem::Lab)
    }

    /// Whether there can be more of it, or less.
    pub fn grows(self) -> bool {
        match self {
            SetupItem::HeaderColumn(_) => true,
            SetupItem::Option(option) => option.kind == OptionKind::Seconds,
            _ => false,
        }
    }
}

/// A row of a pane.
#[derive(Clone, Debug)]
pub struct SetupRow {
    /// What it stands for.
    pub item: SetupItem,
    /// Its name; safe to show.
    pub label: String,
    /// Its value; safe to show.
    pub value: String,
    /// Whether there can be more of it, or less, by a key.
    pub grows: bool,
    /// What it is, in a sentence.
    pub help: String,
}

/// A list of a page.
#[derive(Clone, Debug, Default)]
pub struct SetupPane {
    /// What it lists.
    pub title: &'static str,
    /// Its part of the width.
    pub width: u16,
    /// Its rows.
    pub rows: Vec<SetupRow>,
}

/// What is being typed.
#[derive(Clone, Debug)]
pub struct Typing {
    /// What it is for.
    pub item: SetupItem,
    /// The text.
    pub edit: LineEdit,
    /// Why it was not taken.
    pub wrong: Option<String>,
}

/// The set-up while it is open.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The page in view.
    pub page: SetupPage,
    /// The pane that has the keys.
    pub pane: usize,
    /// The panes of the page, as they are now.
    pub panes: Vec<SetupPane>,
    /// The chosen row of each pane of each page.
    at: [[usize; PANES]; SetupPage::ALL.len()],
    /// What is being typed.
    pub typing: Option<Typing>,
    /// Whether it is asked if what was changed shall be saved.
    pub asking: bool,
    /// Whether something was changed that is not saved.
    pub unsaved: bool,
    /// Everything as it was when this opened, or was saved last.
    pub(super) before: Settings,
    /// Everything as it is now.
    now: Settings,
    /// How everything was before each change, the last one last.
    past: Vec<Settings>,
}

impl Setup {
    /// The set-up at `page`; `before` is how everything is.
    pub(super) fn new(page: SetupPage, pane: usize, before: Settings) -> Setup {
        Setup {
            page,
            pane,
            panes: Vec::new(),
            at: [[0; PANES]; SetupPage::ALL.len()],
            typing: None,
            asking: false,
            unsaved: false,
            now: before.clone(),
            before,
            past: Vec::new(),
        }
    }

    /// Takes note of how everything is `now`.
    pub(super) fn note(&mut self, now: Settings) {
        self.unsaved = now != self.before;
        if now != self.now {
            if self.past.len() >= MOST_PAST {
                self.past.remove(0);
            }
            self.past.push(std::mem::replace(&mut self.now, now));
        }
    }

    /// How everything was before the last change, which is forgotten with that.
    pub(super) fn undo(&mut self) -> Option<Settings> {
        let before = self.past.pop()?;
        self.now.clone_from(&before);
        Some(before)
    }

    /// Whether there is a change that can be taken back.
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// The chosen row of `pane` of the page in view.
    pub fn at(&self, pane: usize) -> usize {
        self.at.get(self.page.place()).and_then(|page| page.get(pane)).copied().unwrap_or(0)
    }

    /// Chooses a row of `pane`; it need not be there before the panes are written anew.
    pub(super) fn go(&mut self, pane: usize, to: usize) {
        if let Some(at) = self.at.get_mut(self.page.place()).and_then(|page| page.get_mut(pane)) {
            *at = to;
        }
    }

    /// The chosen row of the pane that has the keys.
    pub fn row(&self) -> Option<&SetupRow> {
        self.panes.get(self.pane)?.rows.get(self.at(self.pane))
    }

    /// Chooses the row of `pane` of which `is` holds.
    pub(super) fn find(&mut self, pane: usize, is: impl Fn(&SetupItem) -> bool) {
        let rows = self.panes.get(pane).map_or(&[][..], |pane| &pane.rows);
        if let Some(to) = rows.iter().position(|row| is(&row.item)) {
            self.go(pane, to);
        }
    }

    /// Takes over the panes as they are now.
    pub(super) fn show(&mut self, panes: Vec<SetupPane>) {
        self.panes = panes;
        self.pane = self.pane.min(self.panes.len().saturating_sub(1));
        for pane in 0..self.panes.len() {
            let last = self.panes.get(pane).map_or(0, |pane| pane.rows.len()).saturating_sub(1);
            self.go(pane, self.at(pane).min(last));
        }
    }
}
