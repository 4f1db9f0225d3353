//! Cutting a text into the words of the language, and telling a query from plain text.

use std::fmt::{self, Write};

use super::error::{QueryError, spelt};
use super::field::Op;
use super::fields;
use crate::model::Pid;

/// A word of the language and where it stands, in bytes.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Word<'a> {
    pub(super) what: What<'a>,
    pub(super) at: usize,
    pub(super) end: usize,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum What<'a> {
    Open,
    Close,
    And,
    Or,
    Not,
    /// Text in quotes, without them.
    Quoted(String),
    /// Quotes that are not closed.
    Unclosed,
    /// A saved view, by its name behind `@`.
    View(&'a str),
    /// Anything else between blanks and parentheses.
    Bare,
    Compare(Comparison<'a>),
}

/// A name, an operator and a value, as they were written.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Comparison<'a> {
    pub(super) name: &'a str,
    pub(super) op: Op,
    /// Where the operator stands.
    pub(super) op_at: usize,
    pub(super) op_end: usize,
    pub(super) value: Raw,
}

/// A value as it was written, without quotes.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Raw {
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) text: String,
    pub(super) how: Written,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Written {
    Bare,
    Quoted,
    Unclosed,
    Missing,
}

/// Cuts `text` into words. It never fails: what is wrong is a word, too.
pub(super) fn cut(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        at += blanks(text, at);
        let rest = text.get(at..).unwrap_or("");
        let Some(c) = rest.chars().next() else { return words };
        let (what, end) = match c {
            '(' => (What::Open, at + 1),
            ')' => (What::Close, at + 1),
            '"' => match quoted(text, at) {
                Some((inner, end)) => (What::Quoted(inner), end),
                None => (What::Unclosed, text.len()),
            },
            _ => match comparison(text, at) {
                Some(found) => {
                    let end = found.value.end;
                    (What::Compare(found), end)
                }
                None => bare(text, at),
            },
        };
        words.push(Word { what, at, end });
        at = end;
    }
}

/// How many bytes of blanks there are at `at`.
fn blanks(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    rest.len() - rest.trim_start().len()
}

/// A word up to the next blank, parenthesis or quote.
fn bare(text: &str, at: usize) -> (What<'_>, usize) {
    let rest = text.get(at..).unwrap_or("");
    let len = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"')).unwrap_or(rest.len());
    let word = rest.get(..len).unwrap_or("");
    let view = || word.strip_prefix('@').filter(|name| is_name(name)).map(What::View);
    let what = keyword(word).or_else(view).unwrap_or(What::Bare);
    (what, at + len)
}

/// Whether `name` can stand behind `@`, for a saved view.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn keyword(word: &str) -> Option<What<'static>> {
    let words = [("and", What::And), ("or", What::Or), ("not", What::Not)];
    words.into_iter().find(|(known, _)| word.eq_ignore_ascii_case(known)).map(|(_, what)| what)
}

/// The text in the quotes that open at `at`, and where they end; `None` where they do not. A backslash takes away the
/// meaning of a quote and of a backslash, and is itself before anything else.
fn quoted(text: &str, at: usize) -> Option<(String, usize)> {
    let mut inner = String::new();
    let rest = text.get(at + 1..)?;
    let mut chars = rest.char_indices().peekable();
    while let Some((here, c)) = chars.next() {
        match c {
            '"' => return Some((inner, at + 1 + here + 1)),
            '\\' => match chars.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, next)) => inner.push(next),
                None => inner.push(c),
            },
            c => inner.push(c),
        }
    }
    None
}

/// The comparison that begins at `at`, if one does: a field, an operator, blanks around it except around `:`; or a name
/// that is none of the fields, with operator and value right behind it.
fn comparison(text: &str, at: usize) -> Option<Comparison<'_>> {
    let rest = text.get(at..)?;
    let len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let name = rest.get(..len)?;
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let known = fields::named(name).is_some();
    let name_end = at + len;
    let op_at = name_end + if known { blanks(text, name_end) } else { 0 };
    let behind = text.get(op_at..)?;
    let fits = Op::ALL.iter().filter(|(sign, _)| behind.starts_with(sign));
    let (sign, op) = *fits.max_by_key(|(sign, _)| sign.len())?;
    let op_end = op_at + sign.len();
    // `:` stands between name and value without blanks, as other operators of what is no field do.
    let tight = op == Op::Like || !known;
    if op == Op::Like && op_at > name_end {
        return None;
    }
    let value = value(text, op_end, op, tight);
    if text.get(at..value.end).is_some_and(lists_numbers) {
        return None;
    }
    (known || value.how != Written::Missing).then_some(Comparison { name, op, op_at, op_end, value })
}

/// The value behind the operator that ends at `after`; right behind it where it is `tight`.
fn value(text: &str, after: usize, op: Op, tight: bool) -> Raw {
    let missing = Raw { at: after, end: after, text: String::new(), how: Written::Missing };
    let gap = blanks(text, after);
    if tight && gap > 0 {
        return missing;
    }
    let at = after + gap;
    let rest = text.get(at..).unwrap_or("");
    if rest.starts_with('"') {
        return match quoted(text, at) {
            Some((inner, end)) => Raw { at, end, text: inner, how: Written::Quoted },
            None => Raw { at, end: text.len(), text: String::new(), how: Written::Unclosed },
        };
    }
    let found = rest.get(..bare_value(rest, op).0).unwrap_or("");
    // `cpu> and x`: the value is missing. Right behind the operator it is one.
    if found.is_empty() || (gap > 0 && keyword(found).is_some()) {
        return missing;
    }
    Raw { at, end: at + found.len(), text: found.to_owned(), how: Written::Bare }
}

/// How long a value without quotes is, and whether each parenthesis in it is closed: up to a blank, or to a parenthesis
/// that closes what was opened before it.
fn bare_value(rest: &str, op: Op) -> (usize, bool) {
    let (mut depth, mut escaped) = (0u32, false);
    for (here, c) in rest.char_indices() {
        match c {
            c if c.is_whitespace() => return (here, depth == 0),
            _ if escaped => {}
            '(' => depth += 1,
            ')' if depth == 0 => return (here, true),
            ')' => depth -= 1,
            _ => {}
        }
        // In a pattern, `\(` is no parenthesis.
        escaped = op == Op::Finds && c == '\\' && !escaped;
    }
    (rest.len(), depth == 0)
}

/// Whether a text is a query.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Sort {
    /// Pieces of text, as htop has them.
    Plain,
    /// A query, right or wrong.
    Query,
    /// Neither: it looks like a query with a field that does not exist.
    Doubtful(QueryError),
}

/// Whether `text`, cut into `words`, is a query: it compares a field or names a saved view, or has quotes around what would not be plain text.
pub(super) fn sort(words: &[Word<'_>]) -> Sort {
    let mut doubt = None;
    for word in words {
        match &word.what {
            What::Compare(found) if fields::named(found.name).is_some() => return Sort::Query,
            What::View(_) => return Sort::Query,
            What::Compare(found) if doubt.is_none() && is_doubtful(found) => {
                doubt = Some(no_field(found, word.at));
            }
            What::Quoted(inner) if sort(&cut(inner)) != Sort::Plain => return Sort::Query,
            _ => {}
        }
    }
    doubt.map_or(Sort::Plain, Sort::Doubtful)
}

/// Whether a comparison of what is no field is likely to be a slip. Command lines are full of `if=/dev/zero` and
/// `localhost:80`, hardly ever of other operators.
fn is_doubtful(found: &Comparison<'_>) -> bool {
    if !matches!(found.op, Op::Is | Op::Like) {
        return true;
    }
    let near = fields::nearest(found.name).filter(|(_, slips)| *slips == 1);
    found.name.len() > 2 && near.is_some_and(|(name, _)| name.bytes().next() == found.name.bytes().next())
}

/// The process that a piece of plain text names by its number: `pid:4711`.
pub(super) fn numbered(piece: &str) -> Option<Pid> {
    let (key, number) = piece.trim().split_once(':')?;
    // Not what `parse` takes beside digits: a sign.
    let plain = number.bytes().all(|byte| byte.is_ascii_digit());
    let pid = number.parse().ok().and_then(Pid::new);
    pid.filter(|_| plain && key.eq_ignore_ascii_case("pid"))
}

/// Whether `text` is plain alternatives between `|`, of which some are numbers of processes: `make|pid:4711`.
pub(super) fn lists_numbers(text: &str) -> bool {
    let is_plain = |piece: &str| numbered(piece).is_some() || sort(&cut(piece)) == Sort::Plain;
    text.contains('|')
        && !text.contains('"')
        && text.split('|').any(|piece| numbered(piece).is_some())
        && text.split('|').all(is_plain)
}

/// The complaint about a name that is none of a field.
pub(super) fn no_field(found: &Comparison<'_>, at: usize) -> QueryError {
    let error =
        QueryError::new(at, at + found.name.len(), format!("there is no field '{}'", spelt(found.name)));
    let near = fields::nearest(found.name).filter(|(name, slips)| *slips <= 1 + usize::from(name.len() > 4));
    error.hint(match near {
        Some((name, _)) => format!("did you mean {name}? As plain text it needs quotes"),
        None => "as plain text it needs quotes".to_owned(),
    })
}

/// Writes `text` in quotes.
pub(super) fn write_quoted(text: &str, f: &mut impl Write) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}

/// Writes a value, in quotes only where it would not be read as it is.
pub(super) fn write_value(text: &str, op: Op, f: &mut impl Write) -> fmt::Result {
    let whole = !text.is_empty() && bare_value(text, op) == (text.len(), true) && !text.contains('"');
    // Behind `=`, another one would be part of the operator.
    if whole && !text.starts_with('=') { f.write_str(text) } else { write_quoted(text, f) }
}
