//! What can be asked of a process: one row a field.

use std::fmt::{self, Write};
use std::sync::LazyLock;

use super::details::DETAILS;
use super::prepared::Prepared;
use crate::model::{Command, Kind, Needs, Pid, Proc, units};

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
    Span(fn(&Proc, &Prepared) -> Option<u64>),
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
    fn text(&self) -> &[u8] {
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

fn name<'a>(proc: &'a Proc, _: &'a mut Scratch) -> Texts<'a> {
    let comm = Some(proc.task.comm.bytes());
    match Line::of(proc) {
        Line::Known(line) if !line.line.is_empty() => Texts { known: [comm, Some(line.base())], all: true },
        Line::Known(_) | Line::None => Texts { known: [comm, None], all: true },
        Line::Unread => Texts { known: [comm, None], all: false },
    }
}

fn command<'a>(proc: &'a Proc, _: &'a mut Scratch) -> Texts<'a> {
    match Line::of(proc) {
        Line::Known(line) if !line.line.is_empty() => Texts::one(line.line.bytes()),
        // As the table shows it: who has no command line has a name.
        Line::Known(_) | Line::None => Texts::one(proc.task.comm.bytes()),
        Line::Unread => Texts::UNKNOWN,
    }
}

fn user<'a>(proc: &'a Proc, scratch: &'a mut Scratch) -> Texts<'a> {
    match (&proc.task.user, proc.task.uid.known()) {
        (Some(name), _) => Texts::one(name.bytes()),
        (None, Some(uid)) => {
            // Ten digits have room.
            let _ = write!(scratch, "{uid}");
            Texts::one(scratch.text())
        }
        (None, None) => Texts::UNKNOWN,
    }
}

fn terminal<'a>(proc: &'a Proc, scratch: &'a mut Scratch) -> Texts<'a> {
    let written = match proc.task.tty {
        0 => scratch.write_str("-"),
        device => {
            units::tty_name(device, scratch);
            Ok(())
        }
    };
    if written.is_ok() { Texts::one(scratch.text()) } else { Texts::UNKNOWN }
}

fn pid(pid: Option<Pid>) -> i64 {
    pid.map_or(0, |pid| i64::from(pid.get()))
}

fn ticks(ticks: u64, at: &Prepared) -> Option<u64> {
    Some(1_000_000_000u64.checked_div(at.when.ticks_per_second)?.saturating_mul(ticks))
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

/// What is read anyway, or with the table.
const PLAIN: [Field; 27] = [
    Field {
        also: &["comm"],
        needs: Needs::COMMAND,
        short_lived: true,
        offered: true,
        ..field(
            "name",
            Op::Finds,
            How::Text(name),
            "The program's name: the kernel's short one, or the basename.",
        )
    },
    Field {
        also: &["command", "cmdline"],
        needs: Needs::COMMAND,
        short_lived: true,
        ..field("cmd", Op::Finds, How::Text(command), "The whole command line; the name where there is none.")
    },
    Field {
        needs: Needs::USER,
        offered: true,
        ..field("user", Op::Is, How::Text(user), "The owner's name, else the number; me is who looks.")
    },
    Field {
        needs: Needs::USER,
        ..field(
            "uid",
            Op::Is,
            How::Whole(|proc| proc.task.uid.known().map(|uid| i64::from(*uid))),
            "The owner's number.",
        )
    },
    field("pid", Op::Is, How::Whole(|proc| Some(pid(Some(proc.task.id.pid)))), "The number of the process."),
    Field {
        needs: DRIFTS,
        short_lived: true,
        ..field(
            "ppid",
            Op::Is,
            How::Whole(|proc| Some(pid(proc.task.parent))),
            "The number of the parent; 0 where there is none.",
        )
    },
    Field {
        needs: DRIFTS,
        short_lived: true,
        ..field("under", Op::Like, How::Under, "The process with this number, and all its descendants.")
    },
    Field {
        needs: DRIFTS,
        short_lived: true,
        ..field("state", Op::Is, How::State, "The state: R, S, D, Z, T, t, I, or a word for it.")
    },
    Field {
        short_lived: true,
        ..field("cpu", Op::Above, How::Percent(|proc| proc.cpu), "The use of CPUs in percent of one core.")
    },
    Field {
        needs: MEMORY,
        ..field(
            "mem",
            Op::Above,
            How::Memory(resident),
            "The memory it has in RAM: an amount, or percent of all.",
        )
    },
    Field {
        needs: MEMORY,
        ..field("res", Op::Above, How::Size(resident), "The memory it has in RAM, shared pages included.")
    },
    Field {
        needs: MEMORY,
        ..field(
            "shr",
            Op::Above,
            How::Size(|proc| proc.task.memory.known().map(|memory| memory.shared)),
            "The part of it that is backed by files or shared.",
        )
    },
    field("virt", Op::Above, How::Size(|proc| Some(proc.task.virt)), "Its whole address space."),
    Field {
        also: &["elapsed"],
        ..field(
            "age",
            Op::Below,
            How::Span(|proc, at| at.when.age(proc).map(|seconds| (seconds * 1e9) as u64)),
            "How long ago it started.",
        )
    },
    field(
        "time",
        Op::Above,
        How::Span(|proc, at| proc.task.cpu_nanos(at.when.ticks_per_second)),
        "The CPU time it has used.",
    ),
    field(
        "utime",
        Op::Above,
        How::Span(|proc, at| ticks(proc.task.utime, at)),
        "The part of it in user mode.",
    ),
    field(
        "stime",
        Op::Above,
        How::Span(|proc, at| ticks(proc.task.stime, at)),
        "The part of it in the kernel.",
    ),
    field(
        "threads",
        Op::Above,
        How::Whole(|proc| Some(i64::from(proc.task.threads))),
        "How many threads it has.",
    ),
    Field {
        needs: DRIFTS,
        ..field(
            "nice",
            Op::Is,
            How::Whole(|proc| Some(i64::from(proc.task.nice))),
            "The nice value, from -20 (served first) to 19.",
        )
    },
    Field {
        also: &["priority"],
        needs: DRIFTS,
        ..field(
            "prio",
            Op::Below,
            How::Whole(|proc| Some(i64::from(proc.task.priority))),
            "The kernel's priority; below 0 is real-time.",
        )
    },
    field(
        "processor",
        Op::Is,
        How::Whole(|proc| proc.task.processor.map(i64::from)),
        "The CPU on which it last ran.",
    ),
    field(
        "minflt",
        Op::Above,
        How::Whole(|proc| Some(i64::try_from(proc.task.minor_faults).unwrap_or(i64::MAX))),
        "Page faults that needed no disk.",
    ),
    field(
        "majflt",
        Op::Above,
        How::Whole(|proc| Some(i64::try_from(proc.task.major_faults).unwrap_or(i64::MAX))),
        "Page faults that had to read from a disk.",
    ),
    Field {
        needs: DRIFTS,
        offered: true,
        ..field("tty", Op::Is, How::Text(terminal), "The controlling terminal; - for none.")
    },
    Field {
        needs: DRIFTS,
        ..field("pgrp", Op::Is, How::Whole(|proc| Some(i64::from(proc.task.pgrp))), "The process group.")
    },
    field("session", Op::Is, How::Whole(|proc| Some(i64::from(proc.task.session))), "The session."),
    Field {
        short_lived: true,
        ..field("kind", Op::Is, How::Kind, "What the row is: process, thread, kernel or died.")
    },
];

/// A sleeper's memory may be taken from it.
const MEMORY: Needs = Needs::union(Needs::MEMORY, Needs::FRESH_MEMORY);

fn resident(proc: &Proc) -> Option<u64> {
    proc.task.memory.known().map(|memory| memory.resident)
}

/// Every field, in the order in which they are listed.
static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| PLAIN.into_iter().chain(DETAILS).collect());

/// Everything that can be asked of a process.
pub fn fields() -> &'static [Field] {
    &FIELDS
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

    /// The field of this name.
    pub(super) fn named(name: &str) -> Option<&'static Field> {
        FIELDS.iter().find(|field| field.names().any(|known| known == name))
    }

    /// The name that is nearest to `name`, and how many slips it is away.
    pub(super) fn nearest(name: &str) -> Option<(&'static str, usize)> {
        let lower = name.to_lowercase();
        let all = FIELDS.iter().flat_map(Field::names);
        all.map(|known| (known, slips(&lower, known))).min_by_key(|(_, slips)| *slips)
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
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_field_has_names_of_its_own_and_says_what_it_is() {
        let names: Vec<_> = FIELDS.iter().flat_map(Field::names).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        for field in fields() {
            assert!(field.help.ends_with('.') && field.help.len() < 90, "{}", field.id);
            assert!(field.how.ops().contains(&field.usual), "{}", field.id);
            assert!(field.operators().count() > 1 && !field.compares_with().is_empty());
            for name in field.names() {
                assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
                assert!(!["and", "or", "not"].contains(&name));
            }
        }
    }

    #[test]
    fn a_slip_is_one_letter_or_two_that_changed_places() {
        for (a, b, far) in
            [("cpu", "cpu", 0), ("cpuu", "cpu", 1), ("cup", "cpu", 1), ("usr", "user", 1), ("", "age", 3)]
        {
            assert_eq!(slips(a, b), far, "{a} {b}");
        }
        assert_eq!(Field::nearest("naem"), Some(("name", 1)));
        assert_eq!(Field::nearest("CPU"), Some(("cpu", 0)));
    }

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
