//! The palette: everything that can be done on a screen, found by a few letters of its name.

use crate::catalog::Column;
use crate::config::{Chord, Key};

use super::fuzzy::fuzzy;
use super::line_edit::LineEdit;
use super::list::walk;
use super::{Action, App, Screen, Tab};

/// What was chosen lately is remembered so far back.
pub(super) const RECENT: usize = 8;
/// Points for what was chosen lately: it wins among things that fit alike.
const LATELY: i32 = 3;
/// Points for a word that stands only in the explanation.
const EXPLAINED: i32 = 1;

/// Something to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// An action.
    Action(Action),
    /// The theme at this place.
    Theme(usize),
    /// This screen.
    Tab(Tab),
    /// The table in the order of this column.
    Sort(&'static Column),
}

/// An entry of the palette that fits what was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What it stands for.
    pub wish: Wish,
    /// Its name.
    pub name: String,
    /// Its keys.
    pub keys: String,
    /// What it does.
    pub help: String,
    /// Which characters of the name were typed.
    pub typed: Vec<usize>,
}

/// The palette while it is open.
#[derive(Clone, Debug)]
pub struct Palette {
    /// What is typed.
    pub edit: LineEdit,
    /// What fits it, the best first.
    pub found: Vec<Found>,
    /// The chosen one.
    pub at: usize,
    /// Everything there is, what was chosen lately first.
    all: Vec<Found>,
    /// How many of them were chosen lately.
    recent: usize,
}

/// What a key came to in the palette.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wished {
    /// Go on.
    Open,
    /// Do this.
    Do(Wish),
    /// Close.
    Cancel,
}

impl Palette {
    /// A palette of `all`, of which the first `recent` were chosen lately.
    fn new(all: Vec<Found>, recent: usize) -> Palette {
        let mut palette = Palette { edit: LineEdit::default(), found: Vec::new(), at: 0, all, recent };
        palette.find();
        palette
    }

    /// How many entries there are to choose from.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Finds what fits. Words stand for themselves: each must fit the name, or stand in the explanation.
    fn find(&mut self) {
        let words: Vec<String> = self.edit.text().split_whitespace().map(str::to_lowercase).collect();
        let fit = |(place, found): (usize, &Found)| {
            let mut sum = if place < self.recent { LATELY } else { 0 };
            let mut typed = Vec::new();
            // One word after the other, as names have them, fits best.
            if let Some((points, places)) = fuzzy(&words.concat(), &found.name) {
                return Some((points + sum, place, Found { typed: places, ..found.clone() }));
            }
            for word in &words {
                match fuzzy(word, &found.name) {
                    Some((points, places)) => {
                        sum += points / 2;
                        typed.extend(places);
                    }
                    None if found.help.to_lowercase().contains(word.as_str()) => sum += EXPLAINED,
                    None => return None,
                }
            }
            Some((sum, place, Found { typed, ..found.clone() }))
        };
        let mut scored: Vec<(i32, usize, Found)> = self.all.iter().enumerate().filter_map(fit).collect();
        if !words.is_empty() {
            scored.sort_by_key(|(points, place, _)| (-points, *place));
        }
        self.found = scored.into_iter().map(|(_, _, found)| found).collect();
        self.at = 0;
    }

    /// Types `text` as it was pasted.
    pub(super) fn paste(&mut self, text: &str) {
        self.edit.insert(text);
        self.find();
    }

    /// Goes on by so many entries.
    pub(super) fn step(&mut self, by: isize) {
        self.at = self.at.saturating_add_signed(by).min(self.found.len().saturating_sub(1));
    }

    /// Takes a key.
    pub(super) fn key(&mut self, chord: Chord) -> Wished {
        match chord.key {
            Key::Enter => {
                return self.found.get(self.at).map_or(Wished::Open, |found| Wished::Do(found.wish));
            }
            Key::Esc | Key::F(_) => return Wished::Cancel,
            Key::Char('c') if chord.ctrl => return Wished::Cancel,
            // As in a shell's history, and where the arrows are far away.
            Key::Char('n') if chord.ctrl => self.step(1),
            Key::Char('p') if chord.ctrl => self.step(-1),
            Key::Tab => self.step(if chord.shift { -1 } else { 1 }),
            Key::Up | Key::Down | Key::PageUp | Key::PageDown => {
                self.at = walk(self.at, self.found.len(), chord.key);
            }
            Key::Backspace if self.edit.text().is_empty() => return Wished::Cancel,
            _ => {
                let before = self.edit.text().len();
                if self.edit.key(chord) && self.edit.text().len() != before {
                    self.find();
                }
            }
        }
        Wished::Open
    }
}

impl App {
    /// Whether `action` does something on the screen that is shown: a key of this screen leads to it; or no key does, and
    /// it is not the other screen's own.
    fn is_here(&self, action: Action) -> bool {
        let bound = |screen: Screen| self.keymap.keys(screen, action).next().is_some();
        let elsewhere = || Screen::WITH_KEYS.into_iter().any(bound);
        self.offers(action) && (bound(self.place()) || !elsewhere())
    }

    /// The palette of the screen that is shown.
    pub(super) fn palette(&self) -> Palette {
        let entry = |wish: Wish, name: String, keys: String, help: String| Found {
            wish,
            name,
            keys,
            help,
            typed: Vec::new(),
        };
        let keys = |action: Action| {
            let keys: Vec<String> =
                self.keymap.keys(self.screen, action).map(|key| key.to_string()).collect();
            keys.join(" ")
        };
        let here = Action::ALL.iter().filter(|action| **action != Action::Palette && self.is_here(**action));
        let actions = here.map(|action| {
            entry(
                Wish::Action(*action),
                action.id().replace('_', " "),
                keys(*action),
                action.help().to_owned(),
            )
        });
        let shown = self.tab();
        let screens = self.screens.tabs().filter(|(tab, _)| *tab != shown).map(|(tab, title)| {
            entry(Wish::Tab(tab), format!("screen {title}"), String::new(), "go to this screen".to_owned())
        });
        let sorts = self.table.columns.iter().filter(|_| self.screen == Screen::Processes).map(|column| {
            let name = format!("sort {}", column.title);
            entry(Wish::Sort(column), name, String::new(), column.help.to_owned())
        });
        let themes = self.themes.iter().enumerate().map(|(place, name)| {
            let help = if place == self.theme { "the theme that is worn" } else { "wear this theme" };
            entry(Wish::Theme(place), format!("theme {name}"), String::new(), help.to_owned())
        });
        let mut all: Vec<Found> = actions.chain(screens).chain(sorts).chain(themes).collect();
        let lately =
            |found: &Found| self.recent.iter().position(|wish| *wish == found.wish).unwrap_or(usize::MAX);
        all.sort_by_key(lately);
        let recent = all.iter().filter(|found| lately(found) < usize::MAX).count();
        Palette::new(all, recent)
    }
}
