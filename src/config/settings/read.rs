//! Reading values out of a file and gathering what is wrong with them.

use std::ops::Range;

use toml_edit::{Item, TableLike, Value};

use crate::config::reader::Reader;
use crate::config::{Complaint, complaint};
use crate::model::Untrusted;

/// The longest text that is quoted, in cells: what is wrong with it has to stand behind it.
const LONGEST: usize = 200;
/// Most tables of a kind, and most texts of a list, that are read: nobody can look at more, and each costs time.
const MOST: usize = 256;

/// A text out of a file that others will look up, with its line for their complaints.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Word {
    /// The text, as it stands there: it may hold anything.
    pub text: String,
    /// Its line, counted from 1; `None` where it came from elsewhere.
    pub line: Option<usize>,
}

impl Word {
    /// A word that stands in no file.
    pub fn new(text: &str) -> Word {
        Word { text: text.to_owned(), line: None }
    }

    /// A complaint about it: `what`, the word, and the one of `known` that was probably meant.
    pub fn unknown<'a>(&self, what: &str, known: impl IntoIterator<Item = &'a str>) -> Complaint {
        Complaint::of_line(self.line, complaint::unknown(what, &self.text, known))
    }

    /// The text as it may be shown.
    pub fn shown(&self) -> String {
        shown(&self.text, LONGEST)
    }
}

/// A text as it may be shown.
pub(super) fn shown(text: &str, cells: usize) -> String {
    Untrusted::from(text).show(cells)
}

impl Reader<'_> {
    /// Says that of more than are read of `name` only the first count.
    fn says_most(&mut self, name: &str, count: usize, span: Option<Range<usize>>) {
        if count > MOST {
            self.complain(span, format!("'{name}': only the first {MOST} of {count} count"));
        }
    }

    /// A text that is a word to be looked up.
    pub(super) fn word(&mut self, name: &str, item: &Item) -> Option<Word> {
        let word = item.as_str().map(|text| Word { text: text.to_owned(), line: self.line(item.span()) });
        if word.is_none() {
            self.complain(item.span(), format!("'{name}' is a text in quotation marks"));
        }
        word
    }

    /// A list of texts.
    pub(super) fn words(&mut self, name: &str, item: &Item) -> Option<Vec<Word>> {
        let Some(list) = item.as_array() else {
            self.complain(item.span(), format!("'{name}' is a list of texts: [\"one\", \"two\"]"));
            return None;
        };
        self.says_most(name, list.len(), item.span());
        let mut words = Vec::new();
        for value in list.iter().take(MOST) {
            match value {
                Value::String(text) => {
                    words.push(Word { text: text.value().clone(), line: self.line(value.span()) });
                }
                _ => self.complain(value.span(), format!("'{name}' is a list of texts in quotation marks")),
            }
        }
        Some(words)
    }

    pub(super) fn switch(&mut self, name: &str, item: &Item) -> Option<bool> {
        let on = item.as_bool();
        if on.is_none() {
            self.complain(item.span(), format!("'{name}' is true or false"));
        }
        on
    }

    /// The tables of `[[name]]`.
    pub(super) fn tables<'t>(&mut self, name: &str, item: &'t Item) -> Vec<&'t dyn TableLike> {
        if let Some(tables) = item.as_array_of_tables() {
            let beyond = tables.iter().nth(MOST).and_then(toml_edit::Table::span);
            self.says_most(name, tables.len(), beyond);
            return tables.iter().take(MOST).map(|table| table as &dyn TableLike).collect();
        }
        let mut tables: Vec<&dyn TableLike> = Vec::new();
        let list = item.as_array();
        self.says_most(name, list.map_or(0, toml_edit::Array::len), item.span());
        for value in list.into_iter().flatten().take(MOST) {
            match value.as_inline_table() {
                Some(table) => tables.push(table),
                None => self.complain(value.span(), format!("write [[{name}]] before each of them")),
            }
        }
        if list.is_none() {
            self.complain(item.span(), format!("there may be several: write [[{name}]], in double brackets"));
        }
        tables
    }

    /// A name of lower-case letters, digits, `-` and `_`, which can stand in queries and on a command line.
    pub(super) fn id(&mut self, name: &str, item: &Item) -> Option<Word> {
        let word = self.word(name, item)?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if word.text.is_empty() || word.text.len() > 32 || !word.text.chars().all(fits) {
            let text = shown(&word.text, 40);
            let said = format!("'{text}' is no {name}: write up to 32 letters, digits, - and _");
            self.complain(item.span(), said);
            return None;
        }
        Some(word)
    }
}
