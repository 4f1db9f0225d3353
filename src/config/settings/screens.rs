//! `[[screen]]`: which columns a tab has, and how its rows are ordered.

use toml_edit::Item;

use super::Settings;
use super::read::{Word, shown};
use crate::config::complaint;
use crate::config::reader::Reader;

/// The id of the lab, which is no table.
pub const LAB: &str = "lab";

/// Cells of a tab's title.
const TITLE: usize = 20;

const KEYS: [&str; 13] = [
    "id",
    "title",
    "columns",
    "drop",
    "sort",
    "descending",
    "tree",
    "tree_sort",
    "tree_descending",
    "subtree_sort",
    "group",
    "filter",
    "hide",
];

/// One screen with a table, as a file describes it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ScreenSetting {
    /// Its name on the command line and in files.
    pub id: String,
    /// The word on its tab; safe to show.
    pub title: String,
    /// Its columns in order, by their ids; empty for those of every table.
    pub columns: Vec<Word>,
    /// The columns that leave a narrow terminal, the first one first; where empty, those at the right.
    pub drop: Vec<Word>,
    /// The column that sorts; `None` for the CPU use.
    pub sort: Option<Word>,
    /// Greatest first, or not; `None` as is usual for the column.
    pub descending: Option<bool>,
    /// As a tree.
    pub tree: bool,
    /// The column that sorts the tree; `None` for that of the list.
    pub tree_sort: Option<Word>,
    /// Greatest first in the tree, or not; `None` as is usual for the column.
    pub tree_descending: Option<bool>,
    /// In the tree, siblings by the sum of their subtrees.
    pub subtree_sort: bool,
    /// One row for all of a program, user, container or unit; `None` for none.
    pub group: Option<Word>,
    /// A query of its own; `None` where the filter of the screen before stays.
    pub filter: Option<Word>,
}

impl Settings {
    /// Reads `[[screen]]`: one with a known id changes what it names, another one is added.
    pub(super) fn read_screens(&mut self, item: &Item, reader: &mut Reader<'_>) {
        // Those of one's own may stand below those that are taken away.
        let mut hidden: Vec<(String, Option<std::ops::Range<usize>>)> = Vec::new();
        for table in reader.tables("screen", item) {
            let Some(item) = table.get("id") else {
                let first = table.iter().next().and_then(|(name, _)| table.key(name)?.span());
                reader.complain(first, "a screen needs an id: id = \"mine\"");
                continue;
            };
            let Some(id) = reader.id("id", item) else { continue };
            let place = self.screens.iter().position(|screen| screen.id == id.text);
            let hide = table.get("hide").and_then(|item| reader.switch("hide", item)).unwrap_or(false);
            if id.text == LAB {
                self.lab = !hide;
                for (name, item) in table.iter().filter(|(name, _)| !matches!(*name, "id" | "hide")) {
                    reader.complain(
                        item.span(),
                        format!("the lab is no table and has no '{}'", shown(name, 40)),
                    );
                }
                continue;
            }
            hidden.retain(|(hidden, _)| *hidden != id.text);
            if hide {
                hidden.push((id.text, item.span()));
                continue;
            }
            let mut screen = place.and_then(|at| self.screens.get(at)).cloned().unwrap_or_else(|| {
                ScreenSetting { title: id.text.clone(), id: id.text.clone(), ..ScreenSetting::default() }
            });
            for (name, item) in table.iter() {
                screen.read(name, item, table, reader);
            }
            match place.and_then(|at| self.screens.get_mut(at)) {
                Some(slot) => *slot = screen,
                None => self.screens.push(screen),
            }
        }
        for (id, span) in hidden {
            match self.screens.iter().position(|screen| screen.id == id) {
                Some(_) if self.screens.len() == 1 => {
                    reader.complain(span, "one screen must stay: it is shown all the same");
                }
                Some(at) => drop(self.screens.remove(at)),
                None => {
                    let known = self.screens.iter().map(|screen| screen.id.as_str());
                    reader.complain(span, complaint::unknown("there is no screen", &id, known));
                }
            }
        }
    }

    /// Puts the screens that the option `tabs` names first, in its order.
    pub(super) fn order_screens(&mut self, reader: &mut Reader<'_>) {
        let Settings { options, screens, .. } = self;
        for word in &options.tabs {
            if screens.iter().all(|screen| screen.id != word.text) {
                let known = screens.iter().map(|screen| screen.id.as_str());
                reader.add(word.line, complaint::unknown("there is no screen", &word.text, known));
            }
        }
        let place = |screen: &ScreenSetting| options.tabs.iter().position(|word| word.text == screen.id);
        screens.sort_by_key(|screen| place(screen).unwrap_or(usize::MAX));
    }
}

impl ScreenSetting {
    fn read(&mut self, name: &str, item: &Item, table: &dyn toml_edit::TableLike, reader: &mut Reader<'_>) {
        let set = |slot: &mut bool, on: Option<bool>| *slot = on.unwrap_or(*slot);
        match name {
            "id" | "hide" => {}
            "title" => {
                let title = reader.word(name, item).map(|word| shown(word.text.trim(), TITLE));
                match title.filter(|title| !title.is_empty()) {
                    Some(title) => self.title = title,
                    None => reader.complain(item.span(), "a tab needs a word on it"),
                }
            }
            "columns" => self.columns = reader.words(name, item).unwrap_or(std::mem::take(&mut self.columns)),
            "drop" => self.drop = reader.words(name, item).unwrap_or(std::mem::take(&mut self.drop)),
            "sort" => {
                if let Some(word) = reader.word(name, item) {
                    (self.sort, self.descending) = (Some(word), None);
                    // Whatever stands first in the file.
                    self.descending = table.get("descending").and_then(Item::as_bool);
                }
            }
            "tree_sort" => {
                if let Some(word) = reader.word(name, item) {
                    self.tree_sort = Some(word);
                    self.tree_descending = table.get("tree_descending").and_then(Item::as_bool);
                }
            }
            "tree_descending" => self.tree_descending = reader.switch(name, item).or(self.tree_descending),
            "descending" => self.descending = reader.switch(name, item).or(self.descending),
            "tree" => set(&mut self.tree, reader.switch(name, item)),
            "subtree_sort" => set(&mut self.subtree_sort, reader.switch(name, item)),
            "group" => {
                self.group =
                    reader.word(name, item).filter(|word| !word.text.is_empty() && word.text != "none");
            }
            "filter" => {
                self.filter = reader.word(name, item).filter(|word| !word.text.trim().is_empty());
            }
            _ => reader.unknown_key(table, "a screen has no", name, KEYS),
        }
    }
}
