//! Settings back into a file's text: only what differs is changed, and comments, order and what we do not know stay.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, TableLike, Value};

use super::read::Word;
use super::{LAB, OPTIONS, ScreenSetting, Settings};
use crate::config::Complaint;
use crate::config::reader::Reader;

/// The option that orders the tabs.
const TABS: &str = "tabs";

impl Settings {
    /// `text` changed so that it says what these settings say of options, screens and meters.
    ///
    /// # Errors
    ///
    /// What is wrong with `text`, so that nothing can be added to it.
    pub fn saved(&self, text: &str) -> Result<String, Complaint> {
        let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
            let said = error.message().trim().replace('\n', ", ");
            let line = Reader::new(text).line(error.span());
            Complaint::of_line(line, format!("this is not TOML ({said})"))
        })?;
        self.save_visibility(&mut document)?;
        let there = Settings::parse(&document.to_string()).0;
        // The order of tabs is what the screens below make it.
        for row in OPTIONS.iter().filter(|row| row.id != TABS) {
            let (old, new) = (there.options.value(row.id), self.options.value(row.id));
            let Some(new) = new.filter(|new| old.is_none_or(|old| old.to_string() != new.to_string())) else {
                continue;
            };
            put(options_of(&mut document)?, row.id, new);
        }
        for screen in &self.screens {
            let changes = screen.changes(there.screen(&screen.id));
            if !changes.is_empty() {
                let Some(table) = screen_table(&mut document, &screen.id) else {
                    return Err(Complaint::whole("screens stand in tables: [[screen]]"));
                };
                for (name, value) in changes {
                    match value {
                        Some(value) => put(table, name, value),
                        None => drop(table.remove(name)),
                    }
                }
            }
        }
        self.save_header(&mut document, &there)?;
        let ids = |screens: &[ScreenSetting]| screens.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        if ids(&Settings::parse(&document.to_string()).0.screens) != ids(&self.screens) {
            put(options_of(&mut document)?, TABS, Value::Array(ids(&self.screens).into_iter().collect()));
        }
        Ok(document.to_string())
    }

    /// Takes away what is not there any more, and shows what is there again.
    fn save_visibility(&self, document: &mut DocumentMut) -> Result<(), Complaint> {
        let there = Settings::parse(&document.to_string()).0;
        let theirs = Settings::default();
        let screens = || Complaint::whole("screens stand in tables: [[screen]]");
        for screen in there.screens.iter().filter(|screen| self.screen(&screen.id).is_none()) {
            if theirs.screen(&screen.id).is_some() {
                let table = screen_table(document, &screen.id).ok_or_else(screens)?;
                put(table, "hide", Value::from(true));
            } else {
                remove_tables(document, &screen.id);
            }
        }
        for screen in self.screens.iter().filter(|screen| there.screen(&screen.id).is_none()) {
            if document.contains_key("screen") {
                drop(screen_table(document, &screen.id).ok_or_else(screens)?.remove("hide"));
            }
        }
        if self.lab != there.lab {
            let table = screen_table(document, LAB).ok_or_else(screens)?;
            put(table, "hide", Value::from(!self.lab));
        }
        Ok(())
    }

    /// Writes the meters, where they are others.
    fn save_header(&self, document: &mut DocumentMut, there: &Settings) -> Result<(), Complaint> {
        if self.header.to_toml() == there.header.to_toml() {
            return Ok(());
        }
        let new: DocumentMut = self.header.to_toml().parse().unwrap_or_default();
        let header = document.entry("header").or_insert_with(|| Item::Table(Table::new()));
        let Some(header) = header.as_table_mut() else {
            return Err(Complaint::whole("the meters stand in a table: [header]"));
        };
        for (name, item) in new.get("header").and_then(Item::as_table).into_iter().flatten() {
            if let Some(value) = item.as_value() {
                put(header, name, value.clone());
            }
        }
        Ok(())
    }
}

/// The table of the options.
fn options_of(document: &mut DocumentMut) -> Result<&mut dyn TableLike, Complaint> {
    let options = document.entry("options").or_insert_with(|| Item::Table(Table::new()));
    options.as_table_like_mut().ok_or_else(|| Complaint::whole("options stand in a table: [options]"))
}

/// Removes the tables of the screen `id`.
fn remove_tables(document: &mut DocumentMut, id: &str) {
    let is = |table: &dyn TableLike| table.get("id").and_then(Item::as_str) == Some(id);
    match document.get_mut("screen") {
        Some(Item::ArrayOfTables(tables)) => tables.retain(|table| !is(table)),
        Some(Item::Value(Value::Array(list))) => {
            list.retain(|value| !value.as_inline_table().is_some_and(|table| is(table)));
        }
        _ => {}
    }
}

impl ScreenSetting {
    /// What has to be written so that `old`, or what every new screen is, becomes this; `None` is to be removed.
    pub(super) fn changes(&self, old: Option<&ScreenSetting>) -> Vec<(&'static str, Option<Value>)> {
        let new = ScreenSetting { title: self.id.clone(), ..ScreenSetting::default() };
        let old = old.unwrap_or(&new);
        let text = |word: &Option<Word>| word.as_ref().map_or(String::new(), |word| word.text.clone());
        let list = |words: &[Word]| words.iter().map(|word| word.text.clone()).collect::<Vec<_>>();
        let mut changes = Vec::new();
        if self.title != old.title {
            changes.push(("title", Some(Value::from(self.title.as_str()))));
        }
        for (name, now, before) in [("columns", &self.columns, &old.columns), ("drop", &self.drop, &old.drop)]
        {
            if list(now) != list(before) {
                changes.push((name, Some(Value::Array(list(now).into_iter().collect::<Array>()))));
            }
        }
        // Another column begins in its own direction, so that both are written or neither.
        if text(&self.sort) != text(&old.sort) || self.descending != old.descending {
            changes.push(("sort", Some(Value::from(text(&self.sort)))));
            changes.push(("descending", self.descending.map(Value::from)));
        }
        if text(&self.tree_sort) != text(&old.tree_sort) || self.tree_descending != old.tree_descending {
            let word = self.tree_sort.as_ref().map(|word| Value::from(word.text.as_str()));
            changes.push(("tree_sort", word));
            changes.push(("tree_descending", self.tree_descending.map(Value::from)));
        }
        for (name, now, before) in
            [("tree", self.tree, old.tree), ("subtree_sort", self.subtree_sort, old.subtree_sort)]
        {
            if now != before {
                changes.push((name, Some(Value::from(now))));
            }
        }
        for (name, now, before) in [("group", &self.group, &old.group), ("filter", &self.filter, &old.filter)]
        {
            if text(now) != text(before) {
                changes.push((name, Some(Value::from(text(now)))));
            }
        }
        changes
    }
}

/// Writes `value` where `name` stands in `table`, with what stood around the value before.
fn put(table: &mut dyn TableLike, name: &str, mut value: Value) {
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => drop(table.insert(name, Item::Value(value))),
    }
}

/// The last table of the screen `id`, which is the one that counts, or a new one.
fn screen_table<'d>(document: &'d mut DocumentMut, id: &str) -> Option<&'d mut dyn TableLike> {
    let is = |table: &dyn TableLike| table.get("id").and_then(Item::as_str) == Some(id);
    let item = document.entry("screen").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    match item {
        Item::ArrayOfTables(tables) => {
            let place = tables.iter().enumerate().filter(|(_, table)| is(*table)).last().map(|(at, _)| at);
            if place.is_none() {
                let mut table = Table::new();
                table.insert("id", Item::Value(Value::from(id)));
                tables.push(table);
            }
            let place = place.unwrap_or(tables.len().saturating_sub(1));
            tables.get_mut(place).map(|table| table as &mut dyn TableLike)
        }
        Item::Value(Value::Array(list)) => {
            let named = |value: &Value| value.as_inline_table().is_some_and(|table| is(table));
            let place = list.iter().enumerate().filter(|(_, value)| named(value)).last().map(|(at, _)| at);
            if place.is_none() {
                let mut table = toml_edit::InlineTable::new();
                table.insert("id", Value::from(id));
                list.push(table);
            }
            let place = place.unwrap_or(list.len().saturating_sub(1));
            list.get_mut(place)?.as_inline_table_mut().map(|table| table as &mut dyn TableLike)
        }
        _ => None,
    }
}
