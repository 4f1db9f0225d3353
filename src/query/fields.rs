//! What can be asked of a process: one row a field. Those of what is read only where somebody asks are in `details`.

use std::fmt::Write;
use std::sync::LazyLock;

use super::details::DETAILS;
use super::field::{DRIFTS, Field, How, Line, Op, Scratch, Texts, field, slips};
use crate::model::{Needs, Pid, Proc, When, units};

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

fn ticks(ticks: u64, at: &When) -> Option<u64> {
    Some(1_000_000_000u64.checked_div(at.ticks_per_second)?.saturating_mul(ticks))
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
            How::Span(|proc, at| at.age(proc).map(|seconds| (seconds * 1e9) as u64)),
            "How long ago it started.",
        )
    },
    field(
        "time",
        Op::Above,
        How::Span(|proc, at| proc.task.cpu_nanos(at.ticks_per_second)),
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
        assert_eq!(nearest("naem"), Some(("name", 1)));
        assert_eq!(nearest("CPU"), Some(("cpu", 0)));
    }
}
