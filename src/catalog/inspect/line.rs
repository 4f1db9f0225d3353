//! One row of a page: its cells, what each of them is for programs, and where the row leads.

use std::borrow::Cow;

use crate::catalog::Cell;
use crate::model::inspect::{Datum, Refused};
use crate::model::{Nanos, Pid, ProcId, Role, units};

/// The most cells of a stranger's text that are kept of it.
const LONGEST: usize = 4096;

/// What a cell is for programs, in the units of the export: bytes, seconds, percent of one core.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Exact {
    /// Not known; never 0.
    #[default]
    Unknown,
    /// The text that is shown.
    Shown,
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Int(i128),
    /// A number with a fraction.
    Float(f64),
    /// Bytes, perhaps from strangers.
    Text(Vec<u8>),
}

/// Whom a row is about, where that is another process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lead {
    /// Exactly this one.
    Id(ProcId),
    /// Whoever has this pid now.
    Pid(Pid),
}

impl Lead {
    /// Its pid.
    pub const fn pid(self) -> Pid {
        match self {
            Lead::Id(id) => id.pid,
            Lead::Pid(pid) => pid,
        }
    }
}

/// A bar of parts, each in its role.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Bar {
    /// The parts, from the left.
    pub parts: Vec<(Role, f64)>,
    /// What the whole length stands for.
    pub total: f64,
}

/// What one place of a row holds.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The text; empty where it is a bar.
    pub text: Cell,
    /// The bar, where it is one.
    pub bar: Option<Bar>,
    /// The value for programs; only where they are asked for.
    pub exact: Exact,
    /// Why there is no value, where somebody refused it.
    pub why: Option<Refused>,
}

/// A row that is written place by place, from the left. Who writes row after row into the same one allocates little.
#[derive(Clone, Debug, Default)]
pub struct Line {
    places: Vec<Place>,
    used: usize,
    /// Whether values for programs are wanted too.
    exact: bool,
    /// The time by which it is told how long something has been waited for.
    now: Nanos,
    /// The process that this row is about, where it is about another one.
    pub leads_to: Option<Lead>,
}

impl Line {
    /// A row for eyes.
    pub fn new(now: Nanos) -> Line {
        Line { now, ..Line::default() }
    }

    /// A row for programs too.
    pub fn exact(now: Nanos) -> Line {
        Line { exact: true, ..Line::new(now) }
    }

    /// The time by which waits are told.
    pub fn now(&self) -> Nanos {
        self.now
    }

    /// Makes it blank; its memory stays.
    pub fn clear(&mut self) {
        self.used = 0;
        self.leads_to = None;
    }

    /// What was written, from the left.
    pub fn places(&self) -> &[Place] {
        self.places.get(..self.used).unwrap_or_default()
    }

    /// The text of all places, two blanks between them.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for place in self.places().iter().filter(|place| !place.text.is_empty()) {
            if !text.is_empty() {
                text.push_str("  ");
            }
            text.push_str(place.text.text());
        }
        text
    }

    /// What the one who cannot see a place of it would need, where only a word of that stands there.
    pub fn need(&self) -> Option<Cow<'static, str>> {
        let denied =
            |place: &Place| place.why.filter(|why| matches!(why, Refused::Denied(_) | Refused::Slow(_)));
        let (place, why) = self.places().iter().find_map(|place| Some((place, denied(place)?)))?;
        let sentence = why.sentence(self.now);
        (place.text.text() != sentence).then_some(sentence)
    }

    /// Whether any place holds one of the texts in `wanted`, which are lower case.
    pub fn holds(&self, wanted: &[String], scratch: &mut String) -> bool {
        self.places().iter().any(|place| {
            scratch.clear();
            scratch.extend(place.text.text().chars().flat_map(char::to_lowercase));
            wanted.iter().any(|text| scratch.contains(text.as_str()))
        })
    }

    /// Fills the next place.
    fn next(&mut self, fill: impl FnOnce(&mut Place)) -> &mut Line {
        if self.used == self.places.len() {
            self.places.push(Place::default());
        }
        if let Some(place) = self.places.get_mut(self.used) {
            place.text.clear();
            (place.bar, place.exact, place.why) = (None, Exact::Unknown, None);
            fill(place);
        }
        self.used += 1;
        self
    }

    fn put(&mut self, exact: impl FnOnce() -> Exact, write: impl FnOnce(&mut Cell)) -> &mut Line {
        let wanted = self.exact;
        self.next(|place| {
            write(&mut place.text);
            if wanted {
                place.exact = exact();
            }
        })
    }

    /// A place that several parts are written into, and what they are for programs.
    pub fn cell(&mut self, exact: impl FnOnce() -> Exact, write: impl FnOnce(&mut Cell)) -> &mut Line {
        self.put(exact, write)
    }

    /// Text of the program's own.
    pub fn say(&mut self, role: Role, text: &str) -> &mut Line {
        self.put(|| Exact::Text(text.as_bytes().to_vec()), |cell| cell.push(role, text))
    }

    /// Text of the program's own, with figures.
    pub fn fmt(&mut self, role: Role, text: std::fmt::Arguments<'_>) -> &mut Line {
        self.put(|| Exact::Text(text.to_string().into_bytes()), |cell| cell.push_fmt(role, text))
    }

    /// Bytes from strangers.
    pub fn foreign(&mut self, role: Role, bytes: &[u8]) -> &mut Line {
        self.put(|| Exact::Text(bytes.to_vec()), |cell| _ = cell.push_foreign(role, bytes, LONGEST))
    }

    /// Says that it is not known.
    pub fn unknown(&mut self) -> &mut Line {
        self.put(|| Exact::Unknown, Cell::push_unknown)
    }

    /// Nothing: there is no such thing here.
    pub fn nothing(&mut self) -> &mut Line {
        self.put(|| Exact::Unknown, |_| {})
    }

    /// A number.
    pub fn number(&mut self, role: Role, number: impl Into<i128>) -> &mut Line {
        let number = number.into();
        self.put(|| Exact::Int(number), |cell| cell.push_fmt(role, format_args!("{number}")))
    }

    /// A number that may not be known.
    pub fn count(&mut self, number: Option<impl Into<i128>>) -> &mut Line {
        match number {
            Some(number) => self.number(Role::Text, number),
            None => self.unknown(),
        }
    }

    /// A size in bytes; nothing is dim, and larger units stand out.
    pub fn bytes(&mut self, size: Option<u64>) -> &mut Line {
        let Some(size) = size else { return self.unknown() };
        self.put(|| Exact::Int(size.into()), |cell| push_size(cell, size))
    }

    /// The length of something that is counted byte by byte: below one KiB exactly.
    pub fn length(&mut self, size: u64) -> &mut Line {
        match size {
            1..1024 => self.put(
                || Exact::Int(size.into()),
                |cell| cell.push_fmt(Role::SizeSmall, format_args!("{size}B")),
            ),
            _ => self.bytes(Some(size)),
        }
    }

    /// Bytes a second.
    pub fn rate(&mut self, rate: Option<f64>) -> &mut Line {
        let Some(rate) = rate.filter(|rate| rate.is_finite()) else { return self.unknown() };
        self.put(
            || Exact::Float(rate),
            |cell| {
                push_size(cell, rate.max(0.0) as u64);
                cell.push(Role::Dim, "/s");
            },
        )
    }

    /// Events a second.
    pub fn often(&mut self, rate: Option<f64>) -> &mut Line {
        let Some(rate) = rate.filter(|rate| rate.is_finite()) else { return self.unknown() };
        let role = if rate < 0.5 { Role::Dim } else { Role::Text };
        self.put(
            || Exact::Float(rate),
            |cell| {
                if rate > 0.0 && rate < 9.95 {
                    cell.push_fmt(role, format_args!("{rate:.1}"));
                } else {
                    cell.push_fmt(role, format_args!("{rate:.0}"));
                }
                cell.push(Role::Dim, "/s");
            },
        )
    }

    /// A share in percent of one core, as hot as it is.
    pub fn percent(&mut self, percent: Option<f64>) -> &mut Line {
        let Some(percent) = percent.filter(|percent| percent.is_finite()) else { return self.unknown() };
        self.put(
            || Exact::Float(percent),
            |cell| {
                let role = if percent < 0.05 { Role::Dim } else { Role::heat_of_percent(percent) };
                cell.push_with(role, |out| units::percent(Some(percent), out));
            },
        )
    }

    /// A span of time in seconds.
    pub fn span(&mut self, seconds: Option<f64>) -> &mut Line {
        let Some(seconds) = seconds.filter(|seconds| seconds.is_finite()) else { return self.unknown() };
        self.put(|| Exact::Float(seconds), |cell| cell.push_with(Role::Text, |out| units::span(seconds, out)))
    }

    /// A CPU time in nanoseconds.
    pub fn cpu_time(&mut self, nanos: Option<u64>) -> &mut Line {
        let Some(nanos) = nanos else { return self.unknown() };
        self.put(
            || Exact::Float(nanos as f64 / 1e9),
            |cell| cell.push_with(Role::Text, |out| units::cpu_time(nanos, out)),
        )
    }

    /// Yes or no.
    pub fn flag(&mut self, yes: bool) -> &mut Line {
        let (role, word) = if yes { (Role::Text, "yes") } else { (Role::Dim, "no") };
        self.put(|| Exact::Flag(yes), |cell| cell.push(role, word))
    }

    /// A bar.
    pub fn bar(&mut self, parts: impl IntoIterator<Item = (Role, f64)>, total: f64) -> &mut Line {
        let parts = parts.into_iter().collect();
        self.next(|place| place.bar = Some(Bar { parts, total }))
    }

    /// What was read, by `write`; else the sentence that says why it was not.
    pub fn datum<T>(&mut self, datum: &Datum<T>, write: impl FnOnce(&mut Line, &T)) -> &mut Line {
        match datum {
            Ok(value) => write(self, value),
            Err(why) => self.refused(*why),
        }
        self
    }

    /// The same in a table, where there is room for a word.
    pub fn brief<T>(&mut self, datum: &Datum<T>, write: impl FnOnce(&mut Line, &T)) -> &mut Line {
        let why = match datum {
            Ok(value) => {
                write(self, value);
                return self;
            }
            Err(why) => *why,
        };
        let (role, word) = match why {
            Refused::Denied(_) => (Role::Warn, "denied"),
            Refused::Slow(_) => (Role::Warn, "no answer"),
            _ => (Role::Dim, "–"),
        };
        self.next(|place| {
            place.text.push(role, word);
            place.why = Some(why);
        })
    }

    /// The sentence that says why something was not read.
    pub fn refused(&mut self, why: Refused) {
        let role = match why {
            Refused::Denied(_) | Refused::Slow(_) | Refused::Unreadable => Role::Warn,
            Refused::NotRead | Refused::NoSuch | Refused::HasNone => Role::Dim,
        };
        let now = self.now;
        self.next(|place| {
            place.text.push(role, &why.sentence(now));
            place.why = Some(why);
        });
    }
}

/// Writes a size in the role of its unit.
pub(super) fn push_size(cell: &mut Cell, size: u64) {
    let role = match size {
        0 => Role::Dim,
        1..0x10_0000 => Role::SizeSmall,
        0x10_0000..0x4000_0000 => Role::SizeMedium,
        _ => Role::SizeLarge,
    };
    cell.push_with(role, |out| units::bytes(size, out));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_from_the_left_and_memory_is_kept() {
        let mut line = Line::exact(Nanos(0));
        line.number(Role::Text, 7u32).foreign(Role::Text, b"a\x1b[2Jb").bytes(None).flag(true);
        assert_eq!(line.text(), "7  a\u{fffd}[2Jb  –  yes");
        let exact: Vec<&Exact> = line.places().iter().map(|place| &place.exact).collect();
        assert_eq!(
            exact,
            [&Exact::Int(7), &Exact::Text(b"a\x1b[2Jb".to_vec()), &Exact::Unknown, &Exact::Flag(true)]
        );
        line.clear();
        assert_eq!((line.places().len(), line.text().as_str()), (0, ""));
        line.rate(Some(2048.0));
        assert_eq!(line.text(), "2K/s");
    }

    #[test]
    fn a_text_is_found_in_any_place_whatever_its_case() {
        let mut line = Line::new(Nanos(0));
        line.say(Role::Text, "PATH").foreign(Role::Text, "/usr/Größe".as_bytes());
        let mut scratch = String::new();
        let mut holds = |text: &str| line.holds(&[text.to_owned()], &mut scratch);
        assert!(holds("path") && holds("größe") && !holds("path /"));
    }
}
