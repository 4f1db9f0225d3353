//! The query language of the filter: text → does this process match.
//!
//! Its words: a *query* is text that was understood, asked of every process; a *filter* is what somebody typed, and any
//! text is one; what is *plain* is htop's: alternatives between `|`, each a piece of the command line or of the name,
//! upper and lower case alike. This room must never know who asks (the filter line, the search, the command line), nor
//! what is done with what matches.
//!
//! # The language
//!
//! ```text
//! name~cc1 and cpu>50 and age<2m and under:4711 and not (user=root or state:D)
//! ```
//!
//! * `field op value` compares. [`fields()`] has the fields: a table with one row for each.
//!   `=` and `!=` compare exactly; `<` `<=` `>` `>=` compare amounts; `~` is a regular expression that is found anywhere
//!   in a text; `:` is a text with `*` and `?` that agrees with the whole, or with a part of a cgroup's path, and with
//!   anything else the same as `=`.
//!   For `~` and `:` case matters where the value has a capital. A pattern that is all ASCII looks at bytes.
//! * Amounts have units: `1.5GiB` (`1.5G`), `500MB`, `50%`, `1h30m`. A number alone is bytes, percent or seconds.
//! * `not` binds more than `and`, which binds more than `or`; what stands side by side is joined by `and`.
//! * `@name` is the [saved view](Views) of that name, as if it stood there in parentheses.
//! * Other words are plain pieces, with the blanks between them; `"…"` is one piece or value, whatever is in it, with
//!   `\"` and `\\` for quotes and backslashes.
//!
//! A text is a query if it compares a field that exists or names a view; nothing else is, so that every other text still means what it
//! means in htop: `nginx: worker`, `--user=ann`, `not this`, `a|b`. Between `|`, `pid:7` is the process of that number
//! and not a piece of text: `make|pid:7`. Quotes make plain text of what would be a query:
//! `"cpu>50"`. An operator behind a name that is no field is an error in a query. In other text it is one if it is `!=`,
//! `<`, `>`, `~` or their like, or if the name is one letter away from a field's (`usr=ann`); `if=/dev/zero` is text.
//!
//! # What is not known
//!
//! A value that was not read, or was denied, makes a comparison neither true nor false, and its contrary, too; a process
//! matches only where the whole is true. So neither `mem>5%` nor `not mem>5%` finds whose memory is not known, but
//! `mem>5% or user=ann` finds those of ann.

mod complete;
mod details;
mod error;
mod expr;
mod field;
mod fields;
mod fold;
mod glob;
mod literal;
mod parse;
mod pattern;
mod prepared;
#[cfg(test)]
mod tests;
mod views;
mod word;

use std::fmt;
use std::ops::Range;

use crate::model::{Needs, Pid, Proc, Snapshot};

pub use complete::{Completion, complete};
pub use error::QueryError;
pub use field::Field;
pub use fields::fields;
pub use prepared::Prepared;
pub use views::{View, Views};

use expr::{Expr, Piece, Truth};
use views::Shelf;

/// Longest a query may be that compares anything, bytes.
const MOST: usize = 4096;

/// Text that was understood, to be asked of processes. The empty one matches everything.
///
/// Written out ([`Display`](fmt::Display)) it reads the same again: plain text as it was, a query in its shortest form.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Query(Form);

#[derive(Clone, PartialEq, Debug)]
enum Form {
    Plain(Piece),
    Asked(Expr),
}

impl Default for Form {
    fn default() -> Form {
        Form::Plain(Piece::default())
    }
}

impl Query {
    /// Understands `text`: see the [language](self). Plain text never fails. There are no saved views.
    pub fn parse(text: &str) -> Result<Query, QueryError> {
        Query::parse_with(text, &Views::default())
    }

    /// Understands `text`, in which `@name` stands for the saved view of that name.
    pub fn parse_with(text: &str, views: &Views) -> Result<Query, QueryError> {
        Query::read(text, &mut Shelf::new(views))
    }

    fn read(text: &str, shelf: &mut Shelf<'_>) -> Result<Query, QueryError> {
        if word::lists_numbers(text) {
            return Ok(Query::plain(text));
        }
        let words = word::cut(text);
        match word::sort(&words) {
            word::Sort::Plain => Ok(Query::plain(text)),
            // Each comparison takes time and memory before the first process is looked at.
            word::Sort::Query if text.len() > MOST => {
                let said = format!("a query has at most {MOST} characters, and this one has {}", text.len());
                Err(QueryError::new(0, text.len(), said))
            }
            word::Sort::Query => parse::query(text, &words, shelf).map(|expr| Query(Form::Asked(expr))),
            word::Sort::Doubtful(error) => Err(error),
        }
    }

    /// `text` as plain text, whatever is in it.
    pub fn plain(text: &str) -> Query {
        Query(Form::Plain(Piece::bare(text)))
    }

    /// Whether it is plain text, in which nothing is compared.
    pub fn is_plain(&self) -> bool {
        matches!(self.0, Form::Plain(_))
    }

    /// Whether it matches everything because it says nothing.
    pub fn is_empty(&self) -> bool {
        matches!(&self.0, Form::Plain(piece) if piece.is_empty())
    }

    /// What must be read before it can be asked.
    pub fn needs(&self) -> Needs {
        match &self.0 {
            Form::Plain(piece) => piece.needs(),
            Form::Asked(expr) => expr.needs(),
        }
    }

    /// Whether it asks what was used between two looks, which nobody knows at the first.
    pub fn needs_rates(&self) -> bool {
        self.asked().is_some_and(Expr::needs_rates)
    }

    /// Whether it names the process or thread `pid` by its number (`pid:7`, `make|pid:7`, `pid=7 or cpu>50`), not only
    /// finds it by what it is.
    pub fn names(&self, pid: Pid) -> bool {
        match &self.0 {
            Form::Plain(piece) => piece.names(pid),
            Form::Asked(expr) => expr.names(pid),
        }
    }

    /// What it has to know of `snapshot`. To be made once for a look; for look after look [`Query::look`] is better.
    pub fn prepare(&self, snapshot: &Snapshot) -> Prepared {
        let mut prepared = Prepared::default();
        self.look(snapshot, &mut prepared);
        prepared
    }

    /// Brings up to date what it has to know. A pid behind `under:` stays the process that had it first: once that one is
    /// gone, whoever is given its pid is not meant.
    pub fn look(&self, snapshot: &Snapshot, prepared: &mut Prepared) {
        let mut roots = Vec::new();
        if let Some(expr) = self.asked() {
            expr.roots(&mut roots);
        }
        prepared.look(&roots, snapshot);
    }

    fn asked(&self) -> Option<&Expr> {
        match &self.0 {
            Form::Plain(_) => None,
            Form::Asked(expr) => Some(expr),
        }
    }

    /// Whether the process, thread or row of the dead matches. Allocates nothing.
    pub fn matches(&self, proc: &Proc, prepared: &Prepared) -> bool {
        self.truth(proc, prepared) == Truth::True
    }

    fn truth(&self, proc: &Proc, prepared: &Prepared) -> Truth {
        match &self.0 {
            Form::Plain(piece) => piece.truth(proc),
            Form::Asked(expr) => expr.truth(proc, prepared),
        }
    }

    /// Where in `text`, a name or command line, the first thing stands that it looks for, in bytes; for marking it. Of
    /// several the leftmost counts, and of those at one place the longest. Allocates nothing.
    pub fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        match &self.0 {
            Form::Plain(piece) => piece.find(text),
            Form::Asked(expr) => expr.find(text, true),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Plain(piece) => f.write_str(piece.text()),
            Form::Asked(expr) => expr.fmt(f),
        }
    }
}

/// What somebody wants to see, as it was typed: a query, and what it has to know of the look that is shown. Any text is
/// one; a query with a fault in it is taken as plain text, and says what is wrong.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    text: String,
    query: Query,
    error: Option<QueryError>,
    prepared: Prepared,
}

impl Filter {
    /// Understands `text`. Until it had a [look](Filter::look), what needs the machine (ages, shares of memory,
    /// `under:`) is not known.
    pub fn parse(text: &str) -> Filter {
        Filter::parse_with(text, &Views::default())
    }

    /// The same, in which `@name` stands for the saved view of that name.
    pub fn parse_with(text: &str, views: &Views) -> Filter {
        let (query, error) = match Query::parse_with(text, views) {
            Ok(query) => (query, None),
            Err(error) => (Query::plain(text), Some(error)),
        };
        Filter { text: text.to_owned(), query, error, prepared: Prepared::default() }
    }

    /// Brings up to date what it has to know: to be called once for each look, before it is asked.
    pub fn look(&mut self, snapshot: &Snapshot) {
        self.query.look(snapshot, &mut self.prepared);
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is wrong with it, if it was meant as a query. At the very end of the text it is perhaps only not finished:
    /// [`QueryError::at`].
    pub fn error(&self) -> Option<&QueryError> {
        self.error.as_ref()
    }

    /// It as it was understood.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Whether it matches everything.
    pub fn is_empty(&self) -> bool {
        self.query.is_empty()
    }

    /// What must be read before it can be asked; nothing for numbers.
    pub fn needs(&self) -> Needs {
        self.query.needs()
    }

    /// Whether it names the process or thread `pid` by its number: see [`Query::names`].
    pub fn names(&self, pid: Pid) -> bool {
        self.query.names(pid)
    }

    /// Whether the process, thread or row of the dead matches. Allocates nothing.
    pub fn matches(&self, proc: &Proc) -> bool {
        self.query.matches(proc, &self.prepared)
    }

    /// Whether nothing can be said of the process, because a value that decides is not known.
    pub fn is_unsure(&self, proc: &Proc) -> bool {
        self.query.truth(proc, &self.prepared) == Truth::Unknown
    }

    /// Where in `text` the first match is, in bytes: see [`Query::find`].
    pub fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        self.query.find(text)
    }
}
