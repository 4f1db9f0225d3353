//! Text → query.

use super::error::{QueryError, spelt};
use super::expr::{Compare, Expr, Piece, Value};
use super::field::{How, KindWord, Op, state};
use super::fields;
use super::glob::Glob;
use super::literal;
use super::pattern::Pattern;
use super::views::Shelf;
use super::word::{self, Comparison, Raw, What, Word, Written};
use crate::model::Pid;

/// How deep parentheses and `not` may be nested.
const DEEPEST: usize = 64;

/// Understands the words of a query.
pub(super) fn query(text: &str, words: &[Word<'_>], shelf: &mut Shelf<'_>) -> Result<Expr, QueryError> {
    let mut parser = Parser { text, words, shelf, next: 0, deep: 0 };
    let expr = parser.any()?;
    match parser.peek() {
        None => Ok(expr),
        // Everything else is taken by what is before it.
        Some(word) => Err(QueryError::new(word.at, word.end, "there is no parenthesis that this one closes")),
    }
}

struct Parser<'a, 's, 'v> {
    text: &'a str,
    words: &'a [Word<'a>],
    shelf: &'s mut Shelf<'v>,
    next: usize,
    deep: usize,
}

impl<'a, 's, 'v> Parser<'a, 's, 'v> {
    fn peek(&self) -> Option<&'a Word<'a>> {
        self.words.get(self.next)
    }

    /// Takes the next word if it is `what`.
    fn take(&mut self, what: &What<'_>) -> bool {
        let taken = self.peek().is_some_and(|word| word.what == *what);
        self.next += usize::from(taken);
        taken
    }

    /// One alternative or more.
    fn any(&mut self) -> Result<Expr, QueryError> {
        let mut list = vec![self.all()?];
        while self.take(&What::Or) {
            list.push(self.all()?);
        }
        Ok(Expr::any(list))
    }

    /// One condition or more, with `and` between them or nothing.
    fn all(&mut self) -> Result<Expr, QueryError> {
        let mut list = vec![self.one()?];
        loop {
            let and = self.take(&What::And);
            match self.peek().map(|word| &word.what) {
                None | Some(What::Or | What::Close) if !and => return Ok(Expr::all(list)),
                _ => list.push(self.one()?),
            }
        }
    }

    fn one(&mut self) -> Result<Expr, QueryError> {
        let Some(word) = self.peek() else { return Err(self.nothing()) };
        self.next += 1;
        match &word.what {
            What::Not => {
                let inner = self.deeper(word, Parser::one)?;
                Ok(Expr::Not(Box::new(inner)))
            }
            What::Open => {
                let inner = self.deeper(word, Parser::any)?;
                if self.take(&What::Close) {
                    Ok(inner)
                } else {
                    Err(QueryError::new(word.at, word.end, "this parenthesis is not closed"))
                }
            }
            What::Quoted(text) => Ok(Expr::Piece(Piece::quoted(text))),
            What::Unclosed => Err(unclosed(word.at, word.end)),
            What::Bare => self.piece(word),
            What::View(name) => self.shelf.read(name, word.at, word.end),
            What::Compare(found) => self.compare(found, word.at),
            What::And | What::Or | What::Close => {
                self.next -= 1;
                Err(self.nothing())
            }
        }
    }

    /// Words side by side are one piece, with the blanks between them as they are.
    fn piece(&mut self, first: &Word<'_>) -> Result<Expr, QueryError> {
        let mut end = first.end;
        while let Some(word) = self.peek().filter(|word| word.what == What::Bare) {
            end = word.end;
            self.next += 1;
        }
        let text = self.text.get(first.at..end).unwrap_or("");
        // Meant as an `or`, most likely, which it would not be.
        let bar = if text.starts_with('|') { Some(first.at) } else { end.checked_sub(1) };
        match bar.filter(|_| text.starts_with('|') || text.ends_with('|')) {
            Some(at) => Err(QueryError::new(at, at + 1, "'|' stands between pieces of text")
                .hint("between conditions it is 'or'")),
            None => Ok(Expr::Piece(Piece::bare(text))),
        }
    }

    fn deeper(
        &mut self,
        word: &Word<'_>,
        read: impl FnOnce(&mut Parser<'a, 's, 'v>) -> Result<Expr, QueryError>,
    ) -> Result<Expr, QueryError> {
        self.deep += 1;
        if self.deep > DEEPEST {
            return Err(QueryError::new(word.at, word.end, "this is nested too deep"));
        }
        let inner = read(self);
        self.deep -= 1;
        inner
    }

    /// The complaint where a condition is missing.
    fn nothing(&self) -> QueryError {
        let before = self.next.checked_sub(1).and_then(|at| self.words.get(at));
        let spelt = |word: &Word<'_>| spelt(self.text.get(word.at..word.end).unwrap_or(""));
        let (at, end) = self.peek().map_or((self.text.len(), self.text.len()), |word| (word.at, word.end));
        QueryError::new(
            at,
            end,
            match (before, self.peek()) {
                (Some(before), None) => format!("a condition is missing after '{}'", spelt(before)),
                (_, Some(here)) => format!("a condition is missing before '{}'", spelt(here)),
                (None, None) => "a condition is missing".to_owned(),
            },
        )
    }

    fn compare(&self, found: &Comparison<'_>, at: usize) -> Result<Expr, QueryError> {
        let Some(field) = fields::named(found.name) else { return Err(word::no_field(found, at)) };
        let how = field.how;
        if !how.ops().contains(&found.op) {
            let signs: Vec<&str> = field.operators().collect();
            let what =
                format!("'{}' does not go with {}, which is {}", found.op.sign(), field.id, how.words());
            return Err(
                QueryError::new(found.op_at, found.op_end, what).hint(format!("use {}", signs.join(" ")))
            );
        }
        let Raw { at, end, ref text, how: written } = found.value;
        match written {
            Written::Unclosed => return Err(unclosed(at, end)),
            Written::Missing => {
                let before = self.text.get(found.op_at..found.op_end).unwrap_or("");
                let what = format!("a value is missing: behind '{}{before}' comes {}", field.id, how.words());
                return Err(QueryError::new(at, end, what));
            }
            Written::Bare if text.contains('"') => {
                let what = "quotes go around a whole value, or nowhere";
                return Err(QueryError::new(at, end, what).hint("within them a quote is \\\""));
            }
            Written::Bare | Written::Quoted => {}
        }
        let value = match (how, found.op) {
            (How::Text(_), Op::Finds) => {
                Some(Value::Pattern(Pattern::new(text).map_err(|what| QueryError::new(at, end, what))?))
            }
            (How::Text(_), Op::Like) => Some(Value::Glob(Glob::new(text))),
            (How::Text(_), _) => Some(Value::Text(text.clone())),
            (How::Whole(_), _) => literal::whole(text).map(Value::Whole),
            (How::Percent(_), _) => literal::percent(text).map(Value::Percent),
            (How::Size(_) | How::Rate(_), _) => literal::size(text).map(Value::Bytes),
            // A number alone is percent, as in the column of this name.
            (How::Memory(_), _) => {
                literal::percent(text).map(Value::Percent).or_else(|| literal::size(text).map(Value::Bytes))
            }
            (How::Span(_), _) => literal::span(text).map(Value::Nanos),
            (How::Port(_), _) => literal::port(text).map(Value::Port),
            (How::State, _) => state(text).map(Value::State),
            (How::Kind, _) => KindWord::read(text).map(Value::Kind),
            (How::Under, _) => text.parse().ok().and_then(Pid::new).map(Value::Pid),
        };
        let Some(value) = value else {
            return Err(QueryError::new(at, end, format!("'{}' is not {}", spelt(text), how.words())));
        };
        // One way to write what has two.
        let op = match (how, found.op) {
            (How::Text(_), op) => op,
            (How::Under, _) => Op::Like,
            (_, Op::Like) => Op::Is,
            (_, op) => op,
        };
        Ok(Expr::Compare(Compare { field, op, value }))
    }
}

fn unclosed(at: usize, end: usize) -> QueryError {
    QueryError::new(at, end, "these quotes are not closed")
}
