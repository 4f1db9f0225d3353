//! A query as it was understood: what it says of a process, and how it is written.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Not, Range};

use super::field::{Field, How, KindWord, Line, Op, Scratch};
use super::fold::Needle;
use super::glob::Glob;
use super::literal;
use super::pattern::Pattern;
use super::prepared::Prepared;
use super::word;
use crate::model::{Kind, Needs, Pid, Proc};

/// What a condition says of a process. Where a value that decides is not known, that is neither true nor false, and its
/// contrary is not either.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Truth {
    False,
    Unknown,
    True,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }
}

impl Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        }
    }
}

/// A condition.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Expr {
    /// Pieces of text, in the command line or the name.
    Piece(Piece),
    /// A field beside a value.
    Compare(Compare),
    /// A query with a name.
    Saved(Saved),
    /// The contrary.
    Not(Box<Expr>),
    /// All of them: two or more, none of which is an `All`.
    All(Vec<Expr>),
    /// Any of them: two or more, none of which is an `Any`.
    Any(Vec<Expr>),
}

/// A saved view.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Saved {
    pub(super) name: String,
    pub(super) expr: Box<Expr>,
}

/// Pieces of text, of which any is to be found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Piece {
    text: String,
    /// Whether it stands in quotes, where `|` is only itself.
    quoted: bool,
    alternatives: Vec<Needle>,
    /// Those that are processes by their number.
    pids: Vec<Pid>,
}

/// A field beside a value.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Compare {
    pub(super) field: &'static Field,
    pub(super) op: Op,
    pub(super) value: Value,
}

/// What a field is compared with; which it is follows from the field and the operator.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    Text(String),
    Glob(Glob),
    Pattern(Pattern),
    Whole(i64),
    Percent(f64),
    Bytes(u64),
    Nanos(u64),
    Port(u16),
    State(u8),
    Kind(KindWord),
    Pid(Pid),
}

impl Piece {
    /// Alternatives between `|`; empty ones say nothing, so `|` alone is true of everything.
    pub(super) fn bare(text: &str) -> Piece {
        let mut piece = Piece { text: text.to_owned(), ..Piece::default() };
        for alternative in text.split('|').filter(|alternative| !alternative.is_empty()) {
            match word::numbered(alternative) {
                Some(pid) => piece.pids.push(pid),
                None => piece.alternatives.push(Needle::new(alternative)),
            }
        }
        piece
    }

    /// One piece, whatever is in it.
    pub(super) fn quoted(text: &str) -> Piece {
        let alternatives = (!text.is_empty()).then(|| Needle::new(text)).into_iter().collect();
        Piece { text: text.to_owned(), quoted: true, alternatives, pids: Vec::new() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.alternatives.is_empty() && self.pids.is_empty()
    }

    /// What must be read before it can be asked; nothing for numbers.
    pub(super) fn needs(&self) -> Needs {
        if self.alternatives.is_empty() { Needs::NOTHING } else { Needs::COMMAND }
    }

    /// Whether it names the process or thread `pid` by its number.
    pub(super) fn names(&self, pid: Pid) -> bool {
        self.pids.contains(&pid)
    }

    pub(super) fn truth(&self, proc: &Proc) -> Truth {
        // A row of short-lived processes has the number of their parent.
        let dead = proc.task.kind == Kind::ShortLived;
        let named = !dead && self.names(proc.task.id.pid);
        if named || self.is_empty() || self.is_in(proc.task.comm.bytes()) {
            return Truth::True;
        }
        let text = match Line::of(proc) {
            _ if self.alternatives.is_empty() => Truth::False,
            Line::Known(command) => self.is_in(command.line.bytes()).into(),
            Line::None => Truth::False,
            Line::Unread => Truth::Unknown,
        };
        if dead && !self.pids.is_empty() { text.max(Truth::Unknown) } else { text }
    }

    fn is_in(&self, text: &[u8]) -> bool {
        self.alternatives.iter().any(|needle| needle.find(text).is_some())
    }

    pub(super) fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        first(self.alternatives.iter().filter_map(|needle| needle.find(text)))
    }
}

/// The leftmost of some places; of those that begin together the longest.
fn first(places: impl Iterator<Item = Range<usize>>) -> Option<Range<usize>> {
    places.min_by_key(|range| (range.start, usize::MAX - range.end))
}

impl Expr {
    /// All of `list`, which is not empty.
    pub(super) fn all(list: Vec<Expr>) -> Expr {
        Expr::joined(list, Expr::All, |expr| match expr {
            Expr::All(inner) => Ok(inner),
            other => Err(other),
        })
    }

    /// Any of `list`, which is not empty.
    pub(super) fn any(list: Vec<Expr>) -> Expr {
        Expr::joined(list, Expr::Any, |expr| match expr {
            Expr::Any(inner) => Ok(inner),
            other => Err(other),
        })
    }

    fn joined(
        list: Vec<Expr>,
        join: fn(Vec<Expr>) -> Expr,
        open: fn(Expr) -> Result<Vec<Expr>, Expr>,
    ) -> Expr {
        let mut flat = Vec::with_capacity(list.len());
        for expr in list {
            match open(expr) {
                Ok(inner) => flat.extend(inner),
                Err(one) => flat.push(one),
            }
        }
        match flat.pop() {
            Some(only) if flat.is_empty() => only,
            last => {
                flat.extend(last);
                join(flat)
            }
        }
    }

    /// What it says of `proc`. Allocates nothing.
    pub(super) fn truth(&self, proc: &Proc, at: &Prepared) -> Truth {
        match self {
            Expr::Piece(piece) => piece.truth(proc),
            Expr::Compare(compare) => compare.truth(proc, at),
            Expr::Saved(saved) => saved.expr.truth(proc, at),
            Expr::Not(expr) => !expr.truth(proc, at),
            Expr::All(list) => {
                let mut least = Truth::True;
                for expr in cheapest_first(list) {
                    least = least.min(expr.truth(proc, at));
                    if least == Truth::False {
                        break;
                    }
                }
                least
            }
            Expr::Any(list) => {
                let mut most = Truth::False;
                for expr in cheapest_first(list) {
                    most = most.max(expr.truth(proc, at));
                    if most == Truth::True {
                        break;
                    }
                }
                most
            }
        }
    }

    /// Whether it looks into texts, or consists of parts.
    fn is_dear(&self) -> bool {
        match self {
            Expr::Piece(_) | Expr::All(_) | Expr::Any(_) => true,
            Expr::Compare(compare) => matches!(compare.field.how, How::Text(_)),
            Expr::Not(expr) | Expr::Saved(Saved { expr, .. }) => expr.is_dear(),
        }
    }

    /// What must be read before it can be asked.
    pub(super) fn needs(&self) -> Needs {
        match self {
            Expr::Piece(piece) => piece.needs(),
            // Who asks for threads wants them as rows.
            Expr::Compare(Compare { value: Value::Kind(KindWord::Thread), op, .. }) if *op != Op::IsNot => {
                Needs::THREADS
            }
            Expr::Compare(compare) => compare.field.needs,
            Expr::Not(expr) | Expr::Saved(Saved { expr, .. }) => expr.needs(),
            Expr::All(list) | Expr::Any(list) => {
                list.iter().fold(Needs::NOTHING, |sum, expr| sum | expr.needs())
            }
        }
    }

    /// Whether it can only be asked where it is known what was used between two looks.
    pub(super) fn needs_rates(&self) -> bool {
        match self {
            Expr::Piece(_) => false,
            Expr::Compare(compare) => matches!(compare.field.how, How::Percent(_) | How::Rate(_)),
            Expr::Not(expr) | Expr::Saved(Saved { expr, .. }) => expr.needs_rates(),
            Expr::All(list) | Expr::Any(list) => list.iter().any(Expr::needs_rates),
        }
    }

    /// Whether it names the process or thread `pid` by its number, as an alternative of its own.
    pub(super) fn names(&self, pid: Pid) -> bool {
        match self {
            Expr::Piece(piece) => piece.names(pid),
            Expr::Compare(Compare { field, op: Op::Is, value: Value::Whole(number) }) => {
                field.id == "pid" && *number == i64::from(pid.get())
            }
            // Whoever is behind a name was not named.
            Expr::Compare(_) | Expr::Saved(_) | Expr::Not(_) | Expr::All(_) => false,
            Expr::Any(list) => list.iter().any(|expr| expr.names(pid)),
        }
    }

    /// The pids behind `under:`, each once.
    pub(super) fn roots(&self, roots: &mut Vec<Pid>) {
        match self {
            Expr::Compare(Compare { value: Value::Pid(pid), .. }) => {
                if !roots.contains(pid) {
                    roots.push(*pid);
                }
            }
            Expr::Piece(_) | Expr::Compare(_) => {}
            Expr::Not(expr) | Expr::Saved(Saved { expr, .. }) => expr.roots(roots),
            Expr::All(list) | Expr::Any(list) => list.iter().for_each(|expr| expr.roots(roots)),
        }
    }

    /// Where in a name or command line something stands that it looks for; `wanted` is false below a `not`.
    pub(super) fn find(&self, text: &[u8], wanted: bool) -> Option<Range<usize>> {
        match self {
            Expr::Piece(piece) if wanted => piece.find(text),
            Expr::Compare(Compare { field, value: Value::Pattern(pattern), .. })
                if wanted && matches!(field.id, "name" | "cmd") =>
            {
                pattern.find(text)
            }
            Expr::Piece(_) | Expr::Compare(_) => None,
            Expr::Saved(saved) => saved.expr.find(text, wanted),
            Expr::Not(expr) => expr.find(text, !wanted),
            Expr::All(list) | Expr::Any(list) => {
                first(list.iter().filter_map(|expr| expr.find(text, wanted)))
            }
        }
    }
}

/// Numbers before texts: often they settle it, and the order changes nothing else.
fn cheapest_first(list: &[Expr]) -> impl Iterator<Item = &Expr> {
    list.iter().filter(|expr| !expr.is_dear()).chain(list.iter().filter(|expr| expr.is_dear()))
}

impl Compare {
    fn truth(&self, proc: &Proc, at: &Prepared) -> Truth {
        if proc.task.kind == Kind::ShortLived && !self.field.short_lived {
            return Truth::Unknown;
        }
        match (self.field.how, &self.value) {
            (How::Text(get), value) => {
                let mut scratch = Scratch::default();
                let texts = get(proc, &mut scratch);
                let agrees = |text: &[u8]| match value {
                    Value::Text(wanted) => text == wanted.as_bytes(),
                    Value::Glob(glob) if self.field.path => glob.matches_path(text),
                    Value::Glob(glob) => glob.matches(text),
                    Value::Pattern(pattern) => pattern.matches(text),
                    _ => false,
                };
                let truth = match (texts.known.into_iter().flatten().any(agrees), texts.all) {
                    (true, _) => Truth::True,
                    (false, true) => Truth::False,
                    (false, false) => Truth::Unknown,
                };
                // Somebody may even be called so.
                let truth = if self.is_me() { truth.max(mine(proc, at)) } else { truth };
                if self.op == Op::IsNot { !truth } else { truth }
            }
            (How::Whole(get), Value::Whole(wanted)) => self.ordered(get(proc).map(|n| n.cmp(wanted))),
            (How::Percent(get), Value::Percent(wanted)) => {
                self.ordered(get(proc).and_then(|n| n.partial_cmp(wanted)))
            }
            (How::Size(get) | How::Rate(get) | How::Memory(get), Value::Bytes(wanted)) => {
                self.ordered(get(proc).map(|n| n.cmp(wanted)))
            }
            (How::Memory(get), Value::Percent(wanted)) => {
                let share = get(proc).zip(at.memory).map(|(n, all)| n as f64 / all as f64 * 100.0);
                self.ordered(share.and_then(|share| share.partial_cmp(wanted)))
            }
            (How::Span(get), Value::Nanos(wanted)) => {
                self.ordered(get(proc, &at.when).map(|n| n.cmp(wanted)))
            }
            (How::Port(get), Value::Port(wanted)) => {
                let Some(ports) = get(proc) else { return Truth::Unknown };
                // As of texts: it is not the one where none of them is.
                let (op, turned) = if self.op == Op::IsNot { (Op::Is, true) } else { (self.op, false) };
                let any = ports.known.iter().any(|port| holds(op, port.cmp(wanted)));
                let truth = match (any, ports.all) {
                    (true, _) => Truth::True,
                    (false, true) => Truth::False,
                    (false, false) => Truth::Unknown,
                };
                if turned { !truth } else { truth }
            }
            (How::State, Value::State(wanted)) => self.same(proc.task.state.0 == *wanted),
            (How::Kind, Value::Kind(wanted)) => self.same(KindWord::of(proc.task.kind) == *wanted),
            (How::Under, Value::Pid(root)) => at.under(*root, proc).map_or(Truth::Unknown, Truth::from),
            // No other value is made for these.
            _ => Truth::Unknown,
        }
    }

    /// Whether it asks for whoever looks.
    fn is_me(&self) -> bool {
        self.field.id == "user"
            && match &self.value {
                Value::Text(text) => text == ME,
                Value::Glob(glob) => glob.text() == ME,
                _ => false,
            }
    }

    fn same(&self, same: bool) -> Truth {
        (same != (self.op == Op::IsNot)).into()
    }

    fn ordered(&self, found: Option<Ordering>) -> Truth {
        found.map_or(Truth::Unknown, |found| holds(self.op, found).into())
    }
}

/// The user who looks.
pub(super) const ME: &str = "me";

/// Whether a process is of the user who looks.
fn mine(proc: &Proc, at: &Prepared) -> Truth {
    let uid = proc.task.uid.known().copied();
    uid.zip(at.me).map_or(Truth::Unknown, |(uid, me)| (uid == me).into())
}

/// Whether an amount that is `found` beside another agrees with it; numbers have no patterns.
fn holds(op: Op, found: Ordering) -> bool {
    match op {
        Op::Is | Op::Like => found.is_eq(),
        Op::IsNot => found.is_ne(),
        Op::Below => found.is_lt(),
        Op::AtMost => found.is_le(),
        Op::Above => found.is_gt(),
        Op::AtLeast => found.is_ge(),
        Op::Finds => false,
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, list: &[Expr], word: &str| {
            for (n, expr) in list.iter().enumerate() {
                if n > 0 {
                    write!(f, " {word} ")?;
                }
                // What binds less stands in parentheses: an `or` within an `and`.
                match expr {
                    Expr::Any(_) => write!(f, "({expr})")?,
                    _ => write!(f, "{expr}")?,
                }
            }
            Ok(())
        };
        match self {
            Expr::Piece(piece) if piece.quoted => word::write_quoted(&piece.text, f),
            Expr::Piece(piece) => f.write_str(&piece.text),
            Expr::Compare(compare) => write!(f, "{compare}"),
            Expr::Saved(saved) => write!(f, "@{}", saved.name),
            Expr::Not(expr) => match **expr {
                Expr::All(_) | Expr::Any(_) => write!(f, "not ({expr})"),
                _ => write!(f, "not {expr}"),
            },
            Expr::All(exprs) => list(f, exprs, "and"),
            Expr::Any(exprs) => list(f, exprs, "or"),
        }
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.field.id, self.op.sign())?;
        match &self.value {
            Value::Text(text) => word::write_value(text, self.op, f),
            Value::Glob(glob) => word::write_value(glob.text(), self.op, f),
            Value::Pattern(pattern) => word::write_value(pattern.text(), self.op, f),
            Value::Whole(n) => write!(f, "{n}"),
            Value::Percent(n) => write!(f, "{n}%"),
            Value::Bytes(n) => literal::write_size(*n, f),
            Value::Port(port) => write!(f, "{port}"),
            Value::Nanos(n) => literal::write_span(*n, f),
            Value::State(letter) => write!(f, "{}", char::from(*letter)),
            Value::Kind(kind) => f.write_str(kind.word()),
            Value::Pid(pid) => write!(f, "{pid}"),
        }
    }
}
