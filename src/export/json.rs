//! JSON for programs that is safe for terminals.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Line;
use crate::catalog::{Column, Value, port_list, tty_name};
use crate::model::{REPLACEMENT, Snapshot, showable};

/// Writes an array of objects keyed by column id, one line each. Numbers are plain: bytes, seconds, seconds since the
/// epoch, percent of one core; what is not known is `null`, and so is what the members of a group differ in. A group has
/// its name, its `count` and the pids of its `members` too.
///
/// Bytes that are no UTF-8 become U+FFFD. Characters that could steer a terminal are escaped, which JSON readers undo.
pub fn json(
    snapshot: &Snapshot,
    lines: &[Line<'_>],
    columns: &[&Column],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = String::from("[");
    for (at, line) in lines.iter().enumerate() {
        let row = line.row(snapshot);
        text.push_str(if at == 0 { "\n{" } else { ",\n{" });
        let grouped = group(snapshot, line, &mut text);
        for (at, column) in columns.iter().enumerate() {
            text.push_str(if at == 0 && !grouped { "" } else { "," });
            string(column.id.as_bytes(), &mut text);
            text.push(':');
            value(column.value(&row), &mut text);
        }
        text.push('}');
        out.write_all(text.as_bytes())?;
        text.clear();
    }
    text.push_str(if lines.is_empty() { "]\n" } else { "\n]\n" });
    out.write_all(text.as_bytes())
}

/// Appends what a group is called, how many are in it, and their pids; whether it is one.
fn group(snapshot: &Snapshot, line: &Line<'_>, out: &mut String) -> bool {
    let (Some((group, _)), Some(name)) = (line.group, line.group_name()) else { return false };
    out.push_str("\"group\":");
    string(name.as_bytes(), out);
    // Writing to a String does not fail.
    let _ = write!(out, ",\"count\":{},\"members\":[", group.members.len());
    let pids = group.members.iter().filter_map(|at| snapshot.procs.get(*at as usize));
    for (at, pid) in pids.map(|proc| proc.task.id.pid).enumerate() {
        let _ = write!(out, "{}{pid}", if at == 0 { "" } else { "," });
    }
    out.push(']');
    true
}

/// Appends a value.
fn value(value: Value<'_>, out: &mut String) {
    // Writing to a String does not fail.
    let _ = match value {
        Value::Int(n) => write!(out, "{n}"),
        Value::Uint(n) => write!(out, "{n}"),
        // The shortest digits that read back as the same number, without an exponent.
        Value::Float(n) if n.is_finite() => write!(out, "{n}"),
        Value::Float(_) | Value::Unknown => write!(out, "null"),
        Value::Terminal(device) => {
            let mut name = String::new();
            tty_name(device, &mut name);
            string(name.as_bytes(), out);
            Ok(())
        }
        Value::Ports(ports) => {
            out.push('"');
            port_list(ports, out);
            out.push('"');
            Ok(())
        }
        Value::Text(bytes) => {
            string(bytes, out);
            Ok(())
        }
    };
}

/// Appends a string with its quotes.
pub(super) fn string(bytes: &[u8], out: &mut String) {
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            character(c, out);
        }
        out.extend(std::iter::repeat_n(REPLACEMENT, chunk.invalid().len()));
    }
    out.push('"');
}

/// JSON that was written elsewhere, with what could steer a terminal escaped. Only strings can hold such characters.
pub(super) fn printable(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            ' '..='~' | '\n' => out.push(c),
            other => character(other, &mut out),
        }
    }
    out
}

/// Appends a character, escaped unless it can be shown as it is. A mark that needs another character to stand on is
/// escaped too: a tower of them then costs letters, not a screen.
fn character(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        ' '..='~' | REPLACEMENT => out.push(c),
        _ => {
            let mut utf8 = [0; 4];
            let start = out.len();
            showable(c.encode_utf8(&mut utf8).as_bytes(), 2, out);
            if out.get(start..).is_none_or(|shown| !shown.chars().eq([c])) {
                out.truncate(start);
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
}
