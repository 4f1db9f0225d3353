//! Set-up: the columns of the screen in view, and the options, as menus above the screen that they change at once.
//!
//! Nothing is written until the user saves.

use crate::app::{Action, App, Effect, Layer, Menu, MenuItem, MenuPurpose, Screen};
use crate::catalog::{Column, column, columns};
use crate::config::{Chord, Key};
use crate::model::Role;

/// The options that can be changed while the program runs: what changes them, and what they are called.
const OPTIONS: [(Action, &str); 9] = [
    (Action::Theme, "theme"),
    (Action::Delay, "delay"),
    (Action::Header, "meters"),
    (Action::Detailed, "detailed cores"),
    (Action::CoreHistory, "history by core"),
    (Action::KernelThreads, "kernel threads"),
    (Action::Threads, "threads"),
    (Action::Changes, "mark changes"),
    (Action::ShortLived, "short-lived"),
];

impl App {
    /// Opens the list of what can be set up.
    pub(super) fn open_setup(&mut self) {
        let item = |action: Action, label: &str| MenuItem {
            key: action.id().to_owned(),
            label: label.to_owned(),
            detail: action.help().to_owned(),
        };
        let items = vec![
            item(Action::Columns, "columns"),
            item(Action::Options, "options"),
            item(Action::SaveSettings, "save"),
        ];
        self.layer = Some(Layer::Menu(Menu { purpose: MenuPurpose::Setup, items, at: 0 }));
    }

    /// Opens the columns of the screen in view: those that are shown, in order, then the others.
    pub(super) fn open_columns(&mut self) {
        if self.screen != Screen::Processes {
            self.say(Role::Text, "the lab has no columns");
            return;
        }
        self.columns_menu(0);
    }

    fn columns_menu(&mut self, at: usize) {
        let shown = &self.table.columns;
        let item = |column: &'static Column| MenuItem {
            key: column.id.to_owned(),
            label: column.id.to_owned(),
            detail: format!("{} {}", if shown.contains(&column) { "+" } else { " " }, column.title),
        };
        let others = columns().iter().filter(|column| !shown.contains(column));
        let items: Vec<MenuItem> = shown.iter().copied().chain(others).map(item).collect();
        let at = at.min(items.len().saturating_sub(1));
        self.layer = Some(Layer::Menu(Menu { purpose: MenuPurpose::Columns, items, at }));
    }

    /// Opens the options with their values.
    pub(super) fn open_options(&mut self) {
        self.options_menu(0);
    }

    fn options_menu(&mut self, at: usize) {
        let yes = |on: bool| if on { "yes" } else { "no" }.to_owned();
        let value = |action: Action| match action {
            Action::Theme => self.theme_name().to_owned(),
            Action::Delay => format!("{} s", self.delay),
            Action::Header => yes(!self.header_hidden),
            Action::Detailed => yes(self.detailed),
            Action::CoreHistory => yes(self.core_history),
            Action::KernelThreads => yes(self.table.kernel),
            Action::Threads => yes(self.table.threads),
            Action::Changes => yes(self.table.changes),
            Action::ShortLived => yes(self.table.short_lived),
            _ => String::new(),
        };
        let item = |(action, label): &(Action, &str)| MenuItem {
            key: action.id().to_owned(),
            label: (*label).to_owned(),
            detail: value(*action),
        };
        let items: Vec<MenuItem> = OPTIONS.iter().map(item).collect();
        self.layer = Some(Layer::Menu(Menu { purpose: MenuPurpose::Options, items, at }));
    }

    /// Takes a key in the menus of columns and options; `None` where it is a key as in every menu.
    pub(super) fn setup_key(&mut self, menu: &Menu, chord: Chord, effects: &mut Vec<Effect>) -> Option<()> {
        let Menu { purpose, items, at } = menu;
        let id = &items.get(*at)?.key;
        if self.keymap.action(self.screen, chord) == Some(Action::SaveSettings) {
            self.act(Action::SaveSettings, effects);
            self.layer = Some(Layer::Menu(menu.clone()));
            return Some(());
        }
        if *purpose == MenuPurpose::Options {
            if !matches!(chord.key, Key::Enter | Key::Char(' ')) {
                return None;
            }
            self.act(Action::from_id(id)?, effects);
            // A value that is typed has the keys until it is there.
            if self.layer.is_none() {
                self.options_menu(*at);
            }
            return Some(());
        }
        let place = self.table.columns.iter().position(|column| column.id == id);
        let to = match (chord.key, place) {
            (Key::Enter | Key::Char(' '), Some(place)) => {
                self.remove_column(place);
                *at
            }
            (Key::Enter | Key::Char(' '), None) => self.add_column(column(id)?),
            (Key::Char('[') | Key::F(7), Some(place)) => self.move_column(place, place.checked_sub(1)?),
            (Key::Char(']') | Key::F(8), Some(place)) => self.move_column(place, place + 1),
            // Only what is shown has a place.
            (Key::Char('[' | ']') | Key::F(7 | 8), None) => *at,
            _ => return None,
        };
        self.columns_menu(to);
        Some(())
    }

    fn remove_column(&mut self, place: usize) {
        if self.table.columns.len() > 1 {
            self.table.columns.remove(place);
        } else {
            self.say(Role::Text, "one column stays");
        }
    }

    /// Shows a column more, before the one that takes the room that is left; where it stands now.
    fn add_column(&mut self, column: &'static Column) -> usize {
        let shown = &mut self.table.columns;
        if column.grows {
            // There is one of its kind.
            shown.retain(|column| !column.grows);
        }
        let last = shown.iter().position(|column| column.grows).unwrap_or(shown.len());
        shown.insert(last, column);
        last
    }

    /// Moves the column at `from` to `to`, where it may stand there; where it stands now.
    fn move_column(&mut self, from: usize, to: usize) -> usize {
        let grows = |at: usize| self.table.columns.get(at).is_none_or(|column| column.grows);
        if grows(from) || grows(to) {
            return from;
        }
        self.table.columns.swap(from, to);
        to
    }
}
