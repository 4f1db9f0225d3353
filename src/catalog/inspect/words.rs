//! Words that several pages use.

use unicode_width::UnicodeWidthStr;

use super::{Context, Exact, Line};
use crate::catalog::Cell;
use crate::catalog::columns::state_role;
use crate::model::inspect::Segment;
use crate::model::{Civil, Role, State, units};

/// What a state letter stands for: proc_pid_stat(5).
pub const fn state_word(state: State) -> &'static str {
    match state.0 {
        b'R' => "running",
        b'S' => "sleeping",
        b'D' => "blocked",
        b'Z' => "zombie",
        b'T' => "stopped",
        b't' => "traced",
        b'I' => "idle",
        b'X' | b'x' => "dead",
        b'P' => "parked",
        _ => "unknown",
    }
}

/// A state in a narrow column: its letter.
pub(super) fn letter(line: &mut Line, state: State) {
    line.fmt(state_role(state), format_args!("{}", state.letter()));
}

/// A moment so many seconds after the epoch: `2026-11-21 23:12`.
pub(super) fn moment(line: &mut Line, seconds: Option<f64>, context: &Context) {
    let Some(seconds) = seconds else {
        line.unknown();
        return;
    };
    let offset = context.utc_offset_s;
    line.cell(|| Exact::Float(seconds), |cell| push_moment(cell, seconds, offset));
}

fn push_moment(cell: &mut Cell, seconds: f64, utc_offset_s: Option<i32>) {
    let at = Civil::of(seconds as i64 + i64::from(utc_offset_s.unwrap_or(0)));
    let zone = if utc_offset_s.is_some() { "" } else { "Z" };
    let Civil { year, month, day, hour, minute, .. } = at;
    cell.push_fmt(Role::Text, format_args!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}{zone}"));
}

/// How long ago, in brackets.
pub(super) fn push_ago(cell: &mut Cell, seconds: f64) {
    cell.push(Role::Dim, " (");
    cell.push_with(Role::Dim, |out| units::span(seconds, out));
    cell.push(Role::Dim, " ago)");
}

/// A moment, and how long ago it was.
pub(super) fn since(line: &mut Line, seconds: Option<f64>, age: f64, context: &Context) {
    let offset = context.utc_offset_s;
    line.cell(
        || seconds.map_or(Exact::Unknown, Exact::Float),
        |cell| {
            match seconds {
                Some(seconds) => push_moment(cell, seconds, offset),
                None => cell.push_unknown(),
            }
            push_ago(cell, age);
        },
    );
}

/// A limit that may be none.
#[allow(clippy::option_option, reason = "unknown, and known to be without a limit")]
pub(super) fn limit_bytes(line: &mut Line, limit: Option<Option<u64>>) {
    match limit {
        Some(None) => _ = line.cell(|| Exact::Text(b"max".to_vec()), |cell| cell.push(Role::Dim, "no limit")),
        Some(size) => _ = line.bytes(size),
        None => _ = line.unknown(),
    }
}

/// The role in which a segment of memory is drawn, everywhere.
pub(super) const fn segment_role(segment: Segment) -> Role {
    match segment {
        Segment::Heap => Role::MemUsed,
        Segment::Anonymous => Role::MemShared,
        Segment::Text | Segment::File => Role::MemCache,
        Segment::Data => Role::MemBuffers,
        Segment::Stack => Role::Strong,
        Segment::Shared => Role::Swap,
        Segment::Kernel | Segment::Device => Role::Dim,
    }
}

/// How full something is: the fuller, the louder.
pub(super) fn fill_role(share: f64) -> Role {
    match share {
        share if share >= 0.9 => Role::Bad,
        share if share >= 0.7 => Role::Warn,
        _ => Role::Text,
    }
}

/// A text in lines of at most `width` cells, broken between words; a word that is longer has a line of its own.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a longest b", 4), ["a", "longest", "b"]);
    }
}
