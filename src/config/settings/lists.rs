//! `[[filter]]`: queries with a name; `[[rule]]`: rows that look different.

use toml_edit::Item;

use super::Settings;
use super::read::{Word, shown};
use crate::config::reader::Reader;
use crate::config::{Rgb, complaint};
use crate::model::Role;

/// A query with a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SavedFilter {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// The query, not yet understood.
    pub query: Word,
}

/// How a row looks that matches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleLook {
    /// As this role does in the theme.
    Role(Role),
    /// In this colour.
    Colour(Rgb),
}

/// Rows that match a query look different.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowRule {
    /// The query, not yet understood.
    pub query: Word,
    /// How they look.
    pub look: RuleLook,
    /// A character that marks them, for whoever sees no colours.
    pub mark: Option<char>,
}

impl Settings {
    /// Reads `[[filter]]`: one with a known name takes its place, `hide = true` removes it, others come first.
    pub(super) fn read_filters(&mut self, item: &Item, reader: &mut Reader<'_>) {
        let mut own = Vec::new();
        for table in reader.tables("filter", item) {
            let (mut name, mut query, mut hide) = (None, None, false);
            for (key, item) in table.iter() {
                match key {
                    "name" => name = reader.id("name", item),
                    "query" => query = reader.word(key, item),
                    "hide" => hide = reader.switch(key, item).unwrap_or(false),
                    _ => reader.unknown_key(table, "a filter has no", key, ["name", "query", "hide"]),
                }
            }
            let first = table.iter().next().and_then(|(name, _)| table.key(name)?.span());
            let Some(name) = name else {
                if !table.contains_key("name") {
                    reader.complain(first, "a filter needs a name: name = \"mine\"");
                }
                continue;
            };
            let place = self.filters.iter().position(|known| known.name == name.text);
            match (query, place) {
                _ if hide => match place {
                    Some(at) => drop(self.filters.remove(at)),
                    None => {
                        let known = self.filters.iter().map(|filter| filter.name.as_str());
                        let said = complaint::unknown("there is no filter", &name.text, known);
                        reader.complain(first, said);
                    }
                },
                (None, _) if table.contains_key("query") => {}
                (None, _) => reader.complain(first, "a filter needs a query: query = \"cpu>50\""),
                (Some(query), Some(at)) => {
                    if let Some(filter) = self.filters.get_mut(at) {
                        filter.query = query;
                    }
                }
                (Some(query), None) => own.push(SavedFilter { name: name.text, query }),
            }
        }
        self.filters.splice(0..0, own);
    }

    /// Reads `[[rule]]`: the rules of this file come before those that were there.
    pub(super) fn read_rules(&mut self, item: &Item, reader: &mut Reader<'_>) {
        let mut own = Vec::new();
        for table in reader.tables("rule", item) {
            let (mut query, mut look, mut mark) = (None, None, None);
            for (key, item) in table.iter() {
                match key {
                    "query" => query = reader.word(key, item),
                    "look" => look = read_look(item, reader),
                    "mark" => mark = read_mark(item, reader),
                    _ => reader.unknown_key(table, "a rule has no", key, ["query", "look", "mark"]),
                }
            }
            let missing = ["query", "look"].into_iter().find(|key| !table.contains_key(key));
            if let Some(missing) = missing {
                let first = table.iter().next().and_then(|(name, _)| table.key(name)?.span());
                reader.complain(
                    first,
                    format!("a rule needs a {missing}: query = \"cpu>50\", look = \"warn\""),
                );
            }
            if let (Some(query), Some(look)) = (query, look) {
                own.push(RowRule { query, look, mark });
            }
        }
        self.rules.splice(0..0, own);
    }
}

/// The name of a role, or a colour.
fn read_look(item: &Item, reader: &mut Reader<'_>) -> Option<RuleLook> {
    let word = reader.word("look", item)?;
    if word.text.starts_with('#') {
        let colour = word.text.parse().ok().map(RuleLook::Colour);
        if colour.is_none() {
            reader.complain(item.span(), format!("'{}' is no colour: write #rrggbb", shown(&word.text, 40)));
        }
        return colour;
    }
    let role = Role::NAMED.iter().find(|(name, _)| *name == word.text).map(|(_, role)| *role);
    if role.is_none() {
        let said = complaint::unknown("there is no role", &word.text, Role::NAMED.map(|(name, _)| name));
        let hint = if said.ends_with('?') { "" } else { "; a colour is #rrggbb" };
        reader.complain(item.span(), said + hint);
    }
    role.map(RuleLook::Role)
}

/// One character that fills a cell.
fn read_mark(item: &Item, reader: &mut Reader<'_>) -> Option<char> {
    let word = reader.word("mark", item)?;
    let mut chars = word.text.chars();
    match (chars.next(), chars.next()) {
        // What may be shown is shown as it is.
        (Some(mark), None) if shown(&word.text, 1) == word.text && mark != ' ' => Some(mark),
        _ => {
            reader.complain(item.span(), "a mark is one character that takes one cell");
            None
        }
    }
}
