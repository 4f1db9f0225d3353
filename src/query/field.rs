//! What a field is: something that can be asked of a process, and how it compares. The fields themselves are in `fields`.

use std::fmt::{self, Write};

use crate::model::{Command, Kind, Needs, Proc, When};

/// A comparison's operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Op {
    /// `=`: the same, letter for letter.
    Is,
    /// `!=`.
    IsNot,
    /// `<`.
    Below,
    /// `<=`.
    AtMost,
    /// `>`.
    Above,
    /// `>=`.
    AtLeast,
    /// `~`: a regular expression is found in it.
    Finds,
    /// `:`: the whole of it agrees, `*` and `?` standing for others.
    Like,
}

impl Op {
    /// All of them as they are written; the longer before those they begin with. What stands twice is written as it
    /// stands first.
    pub(super) const ALL: [(&str, Op); 9] = [
        ("!=", Op::IsNot),
        ("<=", Op::AtMost),
        (">=", Op::AtLeast),
        ("=", Op::Is),
        ("==", Op::Is),
        ("<", Op::Below),
        (">", Op::Above),
        ("~", Op::Finds),
        (":", Op::Like),
    ];

    pub(super) fn sign(self) -> &'static str {
        Op::ALL.iter().find(|(_, op)| *op == self).map_or("=", |(sign, _)| sign)
    }
}

/// Something that can be asked of a process. Two fields with the same id are the same.
#[derive(Debug)]
pub struct Field {
    /// Its name in a query; that of the column that shows it, where there is one.
    pub id: &'static str,
    /// Other names for it.
    pub also: &'static [&'static str],
    /// What it is, in a sentence.
    pub help: &'static str,
    /// The operator that is mostly wanted.
    pub(super) usual: Op,
    /// What must be read before it can be asked.
    pub(super) needs: Needs,
    /// Whether rows of processes that died between two looks have it.
    pub(super) short_lived: bool,
    /// Whether the values that there are can be offered for completion.
    pub(super) offered: bool,
    /// Whether it is a path, of which a part between slashes may agree with `:`.
    pub(super) path: bool,
    /// How a process has it, and with what it compares.
    pub(super) how: How,
}

impl PartialEq for Field {
    fn eq(&self, other: &Field) -> bool {
        self.id == other.id
    }
}

/// How a process has a field, and with what it compares.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// Text.
    Text(for<'a> fn(&'a Proc, &'a mut Scratch) -> Texts<'a>),
    /// A whole number.
    Whole(fn(&Proc) -> Option<i64>),
    /// Percent.
    Percent(fn(&Proc) -> Option<f64>),
    /// Bytes.
    Size(fn(&Proc) -> Option<u64>),
    /// Bytes a second, which are known where two looks are.
    Rate(fn(&Proc) -> Option<u64>),
    /// Bytes, which also compare as a percentage of the machine's memory.
    Memory(fn(&Proc) -> Option<u64>),
    /// Nanoseconds.
    Span(fn(&Proc, &When) -> Option<u64>),
    /// Ports, of which any may agree.
    Port(for<'a> fn(&'a Proc) -> Option<Sockets<'a>>),
    /// The state letter.
    State,
    /// What the row is.
    Kind,
    /// Itself and whom it descends from.
    Under,
}

impl How {
    /// What it is compared with, in a few words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            How::Text(_) => "a text",
            How::Whole(_) => "a whole number",
            How::Percent(_) => "a percentage such as 50%",
            How::Size(_) | How::Rate(_) => "a size such as 500M or 1GiB",
            How::Memory(_) => "a size such as 1GiB or a percentage such as 5%",
            How::Span(_) => "a time such as 90s or 1h30m",
            How::Port(_) => "a port from 0 to 65535",
            How::State => "a state such as R, S, D, Z or T",
            How::Kind => "process, thread, kernel or died",
            How::Under => "the number of a process",
        }
    }

    /// The operators it has.
    pub(super) const fn ops(self) -> &'static [Op] {
        match self {
            How::Text(_) => &[Op::Is, Op::IsNot, Op::Finds, Op::Like],
            How::State | How::Kind => &[Op::Is, Op::IsNot, Op::Like],
            How::Under => &[Op::Like, Op::Is],
            How::Whole(_)
            | How::Percent(_)
            | How::Size(_)
            | How::Rate(_)
            | How::Memory(_)
            | How::Span(_)
            | How::Port(_) => &[Op::Is, Op::IsNot, Op::Below, Op::AtMost, Op::Above, Op::AtLeast, Op::Like],
        }
    }
}

/// The texts a process has for a field, of which any may agree: its name is `comm` as well as the program's basename.
pub(super) struct Texts<'a> {
    pub(super) known: [Option<&'a [u8]>; 2],
    /// Whether there are no others, of which only nothing is known.
    pub(super) all: bool,
}

impl<'a> Texts<'a> {
    pub(super) fn one(text: &'a [u8]) -> Texts<'a> {
        Texts { known: [Some(text), None], all: true }
    }

    pub(super) const UNKNOWN: Texts<'static> = Texts { known: [None, None], all: false };
}

/// The ports a process has for a field.
#[derive(Clone, Copy)]
pub(super) struct Sockets<'a> {
    pub(super) known: &'a [u16],
    /// Whether there are no others, of which only nothing is known.
    pub(super) all: bool,
}

/// Room for a short text that has to be made, so that asking does not allocate.
#[derive(Default)]
pub(super) struct Scratch {
    bytes: [u8; 32],
    len: usize,
}

impl Scratch {
    pub(super) fn text(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }
}

impl Write for Scratch {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// A command line as far as it can be asked for.
pub(super) enum Line<'a> {
    Known(&'a Command),
    /// The row has none of its own: a kernel thread, those that died between two looks (their sentence is ours).
    None,
    Unread,
}

impl Line<'_> {
    pub(super) fn of(proc: &Proc) -> Line<'_> {
        match proc.task.kind {
            Kind::Process | Kind::Thread(_) => {
                proc.task.command.known().map_or(Line::Unread, |command| Line::Known(command))
            }
            Kind::Kernel | Kind::ShortLived => Line::None,
        }
    }
}

/// Others can change it while the process sleeps.
pub(super) const DRIFTS: Needs = Needs::FRESH_STAT;

/// A field that no row of the dead has.
pub(super) const fn field(id: &'static str, usual: Op, how: How, help: &'static str) -> Field {
    Field {
        id,
        also: &[],
        help,
        usual,
        needs: Needs::NOTHING,
        short_lived: false,
        offered: false,
        path: false,
        how,
    }
}

impl Field {
    /// What it is compared with, in a few words: `a size such as 500M or 1GiB`.
    pub fn compares_with(&self) -> &'static str {
        self.how.words()
    }

    /// The operators it has, as they are written.
    pub fn operators(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.how.ops().iter().map(|op| op.sign())
    }

    /// Its names.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.id).chain(self.also.iter().copied())
    }
}

/// How many letters have to be added, left out, changed or swapped with their neighbour to make `b` of `a`. Names are
/// short; a long one is far from all of them.
pub(super) fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(32).collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut least =
                (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

/// The states that can be asked for, with a word for those that have one: proc(5).
pub(super) const STATES: [(u8, &str, &str); 12] = [
    (b'R', "running", "runs, or is ready to"),
    (b'S', "sleeping", "sleeps"),
    (b'D', "blocked", "waits and cannot be interrupted"),
    (b'Z', "zombie", "has ended and is not yet reaped"),
    (b'T', "stopped", "was stopped by a signal"),
    (b't', "traced", "was stopped by a debugger"),
    (b'I', "idle", "an idle kernel thread"),
    (b'X', "dead", "died between two looks"),
    (b'P', "", "parked"),
    (b'K', "", "can only be killed"),
    (b'W', "", "is being paged or woken, on old kernels"),
    (b'x', "", "dead, on old kernels"),
];

/// The letter of a state that was written as a letter, small where that is clear, or as a word.
pub(super) fn state(text: &str) -> Option<u8> {
    let by_letter = |letter: &str| STATES.iter().find(|(known, ..)| letter.as_bytes() == [*known]);
    let by_word = || STATES.iter().find(|(_, word, _)| !word.is_empty() && word.eq_ignore_ascii_case(text));
    let found = by_letter(text).or_else(|| by_letter(&text.to_ascii_uppercase())).or_else(by_word);
    found.map(|(letter, ..)| *letter)
}

/// What a row is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum KindWord {
    Process,
    Thread,
    Kernel,
    Died,
}

/// The words for what a row is.
pub(super) const KINDS: [(KindWord, &str, &str); 4] = [
    (KindWord::Process, "process", "a process"),
    (KindWord::Thread, "thread", "a thread of a process, beside its first"),
    (KindWord::Kernel, "kernel", "a thread of the kernel"),
    (KindWord::Died, "died", "the row of processes that died between two looks"),
];

impl KindWord {
    pub(super) fn of(kind: Kind) -> KindWord {
        match kind {
            Kind::Process => KindWord::Process,
            Kind::Thread(_) => KindWord::Thread,
            Kind::Kernel => KindWord::Kernel,
            Kind::ShortLived => KindWord::Died,
        }
    }

    pub(super) fn word(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or("process", |(_, word, _)| word)
    }

    pub(super) fn read(text: &str) -> Option<KindWord> {
        KINDS.iter().find(|(_, word, _)| word.eq_ignore_ascii_case(text)).map(|(kind, ..)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_letters_and_words() {
        for (text, letter) in
            [("D", b'D'), ("d", b'D'), ("t", b't'), ("T", b'T'), ("Zombie", b'Z'), ("x", b'x')]
        {
            assert_eq!(state(text), Some(letter), "{text}");
        }
        for text in ["", "Q", "RS", "?", "zomb"] {
            assert_eq!(state(text), None, "{text}");
        }
    }
}
