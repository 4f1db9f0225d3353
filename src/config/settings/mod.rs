//! The configuration file: TOML text → [`Settings`], laid over those that glowtop comes with.
//!
//! `assets/config.toml` is the commented default and the only source of the defaults; what a user's file says is laid
//! over it, piece by piece, and what makes no sense there is a complaint with its line, and is left out. Columns,
//! themes, queries and meters stay text here: whoever knows them looks them up, and complains with the line that a
//! [`Word`] carries. Read next: `options.rs`, the table of options; then `screens.rs`.

mod lists;
mod merge;
mod options;
mod read;
mod save;
mod screens;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use toml_edit::{Document, Item};

use super::keymap::{self, Binding};
use super::reader::Reader;
use super::{Complaint, Header, complaint};

pub use lists::{RowRule, RuleLook, SavedFilter};
pub use merge::Merged;
pub use options::{CommandForm, MapName, OPTIONS, OptionKind, OptionRow, Options, TreeOrder};
pub use read::Word;
pub use screens::{LAB, ScreenSetting};

/// The configuration that glowtop comes with, commented; `glowtop print config` writes it.
pub const DEFAULT_CONFIG: &str = include_str!("../../../assets/config.toml");

/// The sections of the file.
const SECTIONS: [&str; 6] = ["options", "screen", "filter", "rule", "header", "keys"];

/// What a configuration says.
#[derive(Clone, PartialEq, Debug)]
pub struct Settings {
    /// The options.
    pub options: Options,
    /// The screens with a table, in the order of their tabs; never empty.
    pub screens: Vec<ScreenSetting>,
    /// Whether the lab has a tab.
    pub lab: bool,
    /// Queries with a name, the user's own first.
    pub filters: Vec<SavedFilter>,
    /// How rows look that match a query; the first that matches counts.
    pub rules: Vec<RowRule>,
    /// The meters.
    pub header: Header,
    /// The keys of `[keys.processes]` and the like, to be laid over the key map.
    pub keys: Vec<Binding>,
}

impl Default for Settings {
    /// What glowtop comes with.
    fn default() -> Settings {
        // Read once: a test holds that there is nothing to complain of.
        static DEFAULT: LazyLock<Settings> = LazyLock::new(|| {
            let mut settings = Settings::blank();
            settings.lay_over(DEFAULT_CONFIG);
            settings
        });
        DEFAULT.clone()
    }
}

impl Settings {
    /// Reads a configuration and lays it over the default; says what is wrong with it.
    pub fn parse(text: &str) -> (Settings, Vec<Complaint>) {
        let mut settings = Settings::default();
        let complaints = settings.lay_over(text);
        (settings, complaints)
    }

    /// The screen with this id.
    pub fn screen(&self, id: &str) -> Option<&ScreenSetting> {
        self.screens.iter().find(|screen| screen.id == id)
    }

    /// Nothing at all, over which the default is laid.
    fn blank() -> Settings {
        Settings {
            options: Options::blank(),
            screens: Vec::new(),
            lab: true,
            filters: Vec::new(),
            rules: Vec::new(),
            header: Header::default(),
            keys: Vec::new(),
        }
    }

    fn lay_over(&mut self, text: &str) -> Vec<Complaint> {
        let mut reader = Reader::new(text);
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => {
                let said = error.message().trim().replace('\n', ", ");
                let said = format!("this is not TOML ({said}); the default configuration is used");
                reader.complain(error.span(), said);
                return reader.finish();
            }
        };
        for (name, item) in document.as_table() {
            match name {
                "options" => self.options.read(item, &mut reader),
                "screen" => self.read_screens(item, &mut reader),
                "filter" => self.read_filters(item, &mut reader),
                "rule" => self.read_rules(item, &mut reader),
                "header" => match item.as_table() {
                    Some(table) => self.header = Header::read(table, &mut reader),
                    None => reader.complain(item.span(), "the meters stand in a table: [header]"),
                },
                "keys" => self.read_keys(item, &mut reader),
                // What is meant is not looked for where it would not be told.
                _ if reader.is_full() => reader.complain(None, ""),
                _ => {
                    let span = document.key(name).and_then(toml_edit::Key::span);
                    let mut said = complaint::unknown("there is no section", name, SECTIONS);
                    if OPTIONS.iter().any(|option| option.id == name) {
                        said.push_str("; it is an option: write it below [options]");
                    }
                    reader.complain(span, said);
                }
            }
        }
        self.order_screens(&mut reader);
        reader.finish()
    }

    fn read_keys(&mut self, item: &Item, reader: &mut Reader<'_>) {
        let Some(sections) = item.as_table_like() else {
            reader.complain(item.span(), "keys stand in tables such as [keys.processes]");
            return;
        };
        self.keys.extend(keymap::read_sections(sections, reader));
    }
}
