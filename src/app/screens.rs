//! The screens with a table, each a set of columns with an order of its own, and the walk from tab to tab.
//!
//! There is one [`Table`]; a screen is what of it is put away when the user goes to another tab. Filter, user, tags,
//! folds, cursor and follow go along, as in htop; only a screen with a query of its own keeps that to itself.

use crate::catalog::{Column, column, columns, default_columns};
use crate::config::{CommandForm, Complaint, LAB, ScreenSetting, Settings, Word};
use crate::model::GroupBy;
use crate::query::{Filter, Views};

use super::table::Sorting;
use super::{Saved, Table};

/// A screen as its tab names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tab {
    /// The table at this place.
    Table(usize),
    /// The lab.
    Lab,
}

/// What a screen keeps while another one is shown.
#[derive(Clone, Debug)]
pub struct TableScreen {
    /// Its name on the command line and in the configuration.
    pub id: String,
    /// The word on its tab; safe to show.
    pub title: String,
    columns: Vec<&'static Column>,
    drop: Vec<&'static Column>,
    sort: &'static Column,
    descending: bool,
    tree: bool,
    /// As [`Table::apart`].
    apart: Option<Sorting>,
    group: Option<GroupBy>,
    by_total: bool,
    shift: usize,
    /// The query of its own, as it was left.
    filter: Option<Filter>,
}

/// The screens with a table, in the order of their tabs.
#[derive(Clone, Debug)]
pub struct Screens {
    /// Never empty.
    list: Vec<TableScreen>,
    /// The one whose table is in use.
    at: usize,
    /// Whether the lab has a tab.
    lab: bool,
    /// The filter that goes along, while a screen with one of its own is shown.
    common: Filter,
}

impl Default for Screens {
    /// Those that glowtop comes with.
    fn default() -> Screens {
        Screens::new(&Settings::default()).0
    }
}

impl Screens {
    /// The screens of a configuration, and what is wrong with them.
    pub fn new(settings: &Settings) -> (Screens, Vec<Complaint>) {
        let mut complaints = Vec::new();
        let form = settings.options.command;
        let views = Saved::views(&settings.filters);
        let read = |screen| TableScreen::new(screen, form, &views, &mut complaints);
        let list = settings.screens.iter().map(read).collect();
        (Screens { list, at: 0, lab: settings.lab, common: Filter::default() }, complaints)
    }

    /// The screens, in order.
    pub fn all(&self) -> &[TableScreen] {
        &self.list
    }

    /// The place of the screen whose table is in use.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The screen whose table is in use. What is kept of it here is as old as the last change of tabs.
    pub fn shown(&self) -> Option<&TableScreen> {
        self.list.get(self.at)
    }

    /// The tabs in order, with their titles.
    pub fn tabs(&self) -> impl ExactSizeIterator<Item = (Tab, &str)> + Clone + '_ {
        let lab = usize::from(self.lab);
        (0..self.list.len() + lab).map(|at| match self.list.get(at) {
            Some(screen) => (Tab::Table(at), screen.title.as_str()),
            None => (Tab::Lab, super::Screen::Lab.title()),
        })
    }

    /// The tab with this id: a screen's, or `lab`.
    pub fn find(&self, id: &str) -> Option<Tab> {
        if id == LAB {
            return Some(Tab::Lab);
        }
        self.list.iter().position(|screen| screen.id == id).map(Tab::Table)
    }

    /// The tab `step` places from `from`; from a lab without a tab, the first or the last.
    pub fn beside(&self, from: Tab, step: isize) -> Tab {
        let count = self.tabs().len() as isize;
        let place = match from {
            Tab::Table(at) => at as isize,
            Tab::Lab => self.list.len() as isize,
        };
        let place = (place + step).rem_euclid(count.max(1) + isize::from(from == Tab::Lab && !self.lab));
        self.tabs().nth(place as usize).map_or(Tab::Table(0), |(tab, _)| tab)
    }

    /// Puts away what `table` shows, and gives it the screen at `to` instead; it still has to [look](Table::look) and to
    /// be arranged.
    pub fn turn(&mut self, table: &mut Table, to: usize) {
        if to == self.at || to >= self.list.len() {
            return;
        }
        let filter = table.take_filter();
        if let Some(screen) = self.list.get_mut(self.at) {
            let kept = screen.keep(table, filter);
            self.common = kept.unwrap_or_else(|| std::mem::take(&mut self.common));
        }
        self.at = to;
        self.give(table);
    }

    /// The screens as they are now, for a configuration that says `settings`; `table` is that of the one in use.
    pub fn settings(&self, settings: &Settings, table: &Table) -> Vec<ScreenSetting> {
        let form = settings.options.command;
        let views = Saved::views(&settings.filters);
        let screens = self.list.iter().enumerate().map(|(at, screen)| {
            let mut screen = screen.clone();
            if at == self.at {
                let mut table = table.clone();
                let filter = table.take_filter();
                let _ = screen.keep(&mut table, filter);
            }
            let fresh =
                ScreenSetting { id: screen.id.clone(), title: screen.title.clone(), ..Default::default() };
            screen.setting(settings.screen(&screen.id).unwrap_or(&fresh), form, &views)
        });
        screens.collect()
    }

    /// Whether the lab has a tab.
    pub fn has_lab(&self) -> bool {
        self.lab
    }

    /// Gives the lab a tab, or takes it away.
    pub(super) fn set_lab(&mut self, on: bool) {
        self.lab = on;
    }

    /// Adds a screen called `title` behind the one in use, with the columns of every table; where it stands.
    pub(super) fn add(&mut self, title: &str) -> usize {
        let mut id: String = title.chars().filter(char::is_ascii_alphanumeric).take(24).collect();
        id.make_ascii_lowercase();
        if id.is_empty() {
            id.push_str("screen");
        }
        let taken = |id: &str| id == LAB || self.list.iter().any(|screen| screen.id == id);
        let numbered = (2..).map(|number| format!("{id}{number}"));
        let id = std::iter::once(id.clone()).chain(numbered).find(|id| !taken(id)).unwrap_or(id);
        let setting = ScreenSetting { id, title: title.to_owned(), ..ScreenSetting::default() };
        // Nothing in it is to be looked up.
        let screen = TableScreen::new(&setting, CommandForm::default(), &Views::default(), &mut Vec::new());
        let place = (self.at + 1).min(self.list.len());
        self.list.insert(place, screen);
        place
    }

    /// Removes the screen in use, unless it is the only one; `table` shows the one beside it then.
    pub(super) fn remove(&mut self, table: &mut Table) -> bool {
        let gone = self.at;
        if self.list.len() < 2 {
            return false;
        }
        self.turn(table, if gone + 1 < self.list.len() { gone + 1 } else { gone - 1 });
        self.list.remove(gone);
        self.at -= usize::from(self.at > gone);
        true
    }

    /// Moves the screen in use one place; where it stands then.
    pub(super) fn shift(&mut self, down: bool) -> usize {
        let to = if down { self.at + 1 } else { self.at.saturating_sub(1) };
        if to < self.list.len() {
            self.list.swap(self.at, to);
            self.at = to;
        }
        self.at
    }

    /// Makes the screens those of `settings`, which they have been before, and `table` that of the one in use.
    pub(super) fn put_back(&mut self, table: &mut Table, settings: &Settings) {
        let id = self.shown().map(|screen| screen.id.clone());
        let filter = table.take_filter();
        let own = self.shown().is_some_and(|screen| screen.filter.is_some());
        let common = if own { std::mem::take(&mut self.common) } else { filter };
        *self = Screens { common, ..Screens::new(settings).0 };
        self.at = self.list.iter().position(|screen| Some(&screen.id) == id.as_ref()).unwrap_or(0);
        self.give(table);
    }

    /// Puts `title` on the tab of the screen in use.
    pub(super) fn rename(&mut self, title: &str) {
        if let Some(screen) = self.list.get_mut(self.at) {
            title.clone_into(&mut screen.title);
        }
    }

    /// The query of the screen in use, where it has one of its own.
    pub fn own_filter<'t>(&self, table: &'t Table) -> Option<&'t str> {
        self.shown()?.filter.as_ref().map(|_| table.filter_text.as_str())
    }

    /// Gives the screen in use a query of its own, or takes it away.
    pub(super) fn set_own_filter(&mut self, table: &mut Table, own: Option<Filter>) {
        let Some(screen) = self.list.get_mut(self.at) else { return };
        match (&mut screen.filter, own) {
            (Some(_), None) => {
                screen.filter = None;
                table.set_filter(std::mem::take(&mut self.common));
            }
            (slot, Some(own)) => {
                if slot.is_none() {
                    self.common = table.take_filter();
                }
                *slot = Some(own.clone());
                table.set_filter(own);
            }
            (None, None) => {}
        }
    }

    /// Shows commands in this form, on every screen.
    pub(super) fn set_form(&mut self, table: &mut Table, form: CommandForm) {
        let forms = ["command", "cmdline", "comm", "merged"];
        let Some(plain) = column("command") else { return };
        let lists = self.list.iter_mut().map(|screen| &mut screen.columns);
        for shown in lists.chain([&mut table.columns]).flatten().filter(|one| forms.contains(&one.id)) {
            *shown = in_form(plain, form);
        }
    }

    /// Gives `table` the screen in use, as at the start.
    pub fn give(&mut self, table: &mut Table) {
        if let Some(screen) = self.list.get(self.at) {
            let common =
                if screen.filter.is_some() { Filter::default() } else { std::mem::take(&mut self.common) };
            screen.give(table, common);
        }
    }

    /// The table of the screen at `at`, as the program starts with it.
    pub fn start_with(&mut self, at: usize) -> Table {
        let mut table = Table::bare();
        self.at = at.min(self.list.len().saturating_sub(1));
        self.give(&mut table);
        table
    }
}

impl TableScreen {
    /// What `setting` says, as far as it makes sense.
    fn new(
        setting: &ScreenSetting,
        form: CommandForm,
        views: &Views,
        complaints: &mut Vec<Complaint>,
    ) -> TableScreen {
        let mut shown = look_up(&setting.columns, complaints);
        if shown.is_empty() {
            shown = default_columns();
        }
        // What takes the room that is left stands last, and there is only one of its kind.
        let growing = shown.iter().position(|column| column.grows);
        if let Some(at) = growing.filter(|at| at + 1 < shown.len()) {
            let last = shown.remove(at);
            let line = setting.columns.first().and_then(|word| word.line);
            let said = format!("'{}' takes the room that is left: it stands last", last.id);
            complaints.push(Complaint::of_line(line, said));
            shown.retain(|column| !column.grows);
            shown.push(last);
        }
        for shown in &mut shown {
            *shown = in_form(shown, form);
        }
        let sort =
            setting.sort.as_ref().and_then(|word| look_up(std::slice::from_ref(word), complaints).pop());
        // A test of the registry holds that it exists; the first column stands in for it.
        let sort = sort.or_else(|| column("cpu")).or_else(|| shown.first().copied());
        let sort = sort.unwrap_or(&columns()[0]);
        let list = (sort, setting.descending.unwrap_or(sort.descending));
        let in_tree = setting
            .tree_sort
            .as_ref()
            .and_then(|word| look_up(std::slice::from_ref(word), complaints).pop())
            .map(|column| (column, setting.tree_descending.unwrap_or(column.descending)));
        let (shown_by, apart) = match in_tree {
            Some(in_tree) if setting.tree => (in_tree, Some(list)),
            in_tree => (list, in_tree),
        };
        let filter = setting.filter.as_ref().and_then(|word| {
            let filter = Filter::parse_with(&word.text, views);
            if let Some(error) = filter.error() {
                complaints.push(Complaint::of_line(word.line, format!("'{}': {error}", word.shown())));
                return None;
            }
            Some(filter)
        });
        let group = setting.group.as_ref().and_then(|word| {
            let known = GroupBy::from_id(&word.text);
            if known.is_none() {
                complaints.push(word.unknown("groups are not by", GroupBy::ALL.map(GroupBy::id)));
            }
            known
        });
        TableScreen {
            id: setting.id.clone(),
            title: setting.title.clone(),
            drop: look_up(&setting.drop, complaints)
                .into_iter()
                .map(|column| in_form(column, form))
                .collect(),
            columns: shown,
            sort: shown_by.0,
            descending: shown_by.1,
            tree: setting.tree,
            apart,
            group,
            by_total: setting.subtree_sort,
            shift: 0,
            filter,
        }
    }

    /// Its title and its columns, in a line.
    pub fn described(&self) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|column| column.id).collect();
        format!("{:<10} {}", self.title, columns.join(","))
    }

    /// What the configuration would have to say of this screen as it is now, where it says `setting`: only what was
    /// changed is put in other words.
    fn setting(&self, setting: &ScreenSetting, form: CommandForm, views: &Views) -> ScreenSetting {
        let before = TableScreen::new(setting, form, views, &mut Vec::new());
        let words = |list: &[&'static Column]| list.iter().map(|column| Word::new(column.id)).collect();
        let mut now = setting.clone();
        now.title.clone_from(&self.title);
        if self.columns != before.columns {
            now.columns = words(&self.columns);
        }
        if self.drop != before.drop {
            now.drop = words(&self.drop);
        }
        let ((list, in_tree), were) = (self.orders(), before.orders());
        if list != were.0 {
            (now.sort, now.descending) = (Some(Word::new(list.0.id)), Some(list.1));
        }
        if in_tree != were.1 {
            let in_tree = in_tree.map(|(column, descending)| (Word::new(column.id), descending));
            (now.tree_sort, now.tree_descending) = in_tree.unzip();
        }
        (now.tree, now.subtree_sort) = (self.tree, self.by_total);
        if self.group != before.group {
            now.group = self.group.map(|by| Word::new(by.id()));
        }
        let text = |filter: &Option<Filter>| filter.as_ref().map(|filter| filter.text().to_owned());
        if text(&self.filter) != text(&before.filter) {
            now.filter = text(&self.filter).filter(|text| !text.is_empty()).map(|text| Word::new(&text));
        }
        now
    }

    /// What the list is sorted by, and the tree where that is something else.
    fn orders(&self) -> (Sorting, Option<Sorting>) {
        let shown = (self.sort, self.descending);
        let apart = self.apart.unwrap_or(shown);
        let (list, in_tree) = if self.tree { (apart, shown) } else { (shown, apart) };
        (list, Some(in_tree).filter(|in_tree| *in_tree != list))
    }

    /// Keeps what `table` shows; returns the filter where it is not this screen's own.
    fn keep(&mut self, table: &mut Table, filter: Filter) -> Option<Filter> {
        self.columns = std::mem::take(&mut table.columns);
        self.drop = std::mem::take(&mut table.drop);
        (self.sort, self.descending) = (table.sort, table.descending);
        (self.tree, self.by_total, self.group) = (table.tree, table.by_total, table.group);
        self.apart = table.apart;
        self.shift = table.shift;
        match &mut self.filter {
            Some(own) => {
                *own = filter;
                None
            }
            None => Some(filter),
        }
    }

    /// Makes `table` show this, with its own query or else with `common`.
    fn give(&self, table: &mut Table, common: Filter) {
        table.columns.clone_from(&self.columns);
        table.drop.clone_from(&self.drop);
        (table.sort, table.descending) = (self.sort, self.descending);
        (table.tree, table.by_total, table.group) = (self.tree, self.by_total, self.group);
        table.apart = self.apart;
        table.shift = self.shift;
        table.set_filter(self.filter.clone().unwrap_or(common));
    }
}

/// The columns with these ids, each once.
fn look_up(words: &[Word], complaints: &mut Vec<Complaint>) -> Vec<&'static Column> {
    let mut found: Vec<&'static Column> = Vec::new();
    for word in words {
        match column(&word.text) {
            Some(column) if found.contains(&column) => {
                complaints.push(Complaint::of_line(word.line, format!("'{}' is there already", column.id)));
            }
            Some(column) => found.push(column),
            None => {
                complaints.push(word.unknown("there is no column", columns().iter().map(|column| column.id)));
            }
        }
    }
    found
}

/// The column of commands in the form that was chosen for it.
fn in_form(shown: &'static Column, form: CommandForm) -> &'static Column {
    let id = match form {
        CommandForm::Command => return shown,
        CommandForm::Full => "cmdline",
        CommandForm::Name => "comm",
        CommandForm::Merged => "merged",
    };
    column(id).filter(|_| shown.id == "command").unwrap_or(shown)
}
