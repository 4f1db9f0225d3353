//! CSV as RFC 4180 has it: a header, commas, quotes where needed, CR LF.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Line;
use crate::catalog::{Column, Value, port_list, tty_name};
use crate::model::{Snapshot, showable};

/// Writes a header of column ids and one record for each process. Numbers are plain, as in JSON; what is not known is
/// an empty field. Text is made showable, so no field has a line break.
pub fn csv(
    snapshot: &Snapshot,
    lines: &[Line<'_>],
    columns: &[&Column],
    out: &mut dyn Write,
) -> io::Result<()> {
    write(snapshot, lines, columns, false, out)
}

/// The same for groups, which have their name and count before all else. What their members differ in is an empty field.
pub fn csv_of_groups(
    snapshot: &Snapshot,
    lines: &[Line<'_>],
    columns: &[&Column],
    out: &mut dyn Write,
) -> io::Result<()> {
    write(snapshot, lines, columns, true, out)
}

fn write(
    snapshot: &Snapshot,
    lines: &[Line<'_>],
    columns: &[&Column],
    grouped: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut record = String::new();
    let mut text = String::new();
    record.push_str(if grouped { "group,count" } else { "" });
    for (at, column) in columns.iter().enumerate() {
        record.push_str(if at == 0 && !grouped { "" } else { "," });
        field(column.id, &mut record);
    }
    end(&mut record, out)?;
    for line in lines {
        let row = line.row(snapshot);
        if grouped {
            text.clear();
            showable(line.group_name().unwrap_or_default().as_bytes(), usize::MAX, &mut text);
            field(&text, &mut record);
            // Writing to a String does not fail.
            let _ = write!(record, ",{}", line.group.map_or(1, |(group, _)| group.members.len()));
        }
        for (at, column) in columns.iter().enumerate() {
            record.push_str(if at == 0 && !grouped { "" } else { "," });
            text.clear();
            value(column.value(&row), &mut text);
            field(&text, &mut record);
        }
        end(&mut record, out)?;
    }
    Ok(())
}

/// Appends a value, not yet quoted.
fn value(value: Value<'_>, out: &mut String) {
    // Writing to a String does not fail.
    let _ = match value {
        Value::Int(n) => write!(out, "{n}"),
        Value::Uint(n) => write!(out, "{n}"),
        Value::Float(n) if n.is_finite() => write!(out, "{n}"),
        Value::Float(_) | Value::Unknown => Ok(()),
        Value::Terminal(device) => {
            tty_name(device, out);
            Ok(())
        }
        Value::Ports(ports) => {
            port_list(ports, out);
            Ok(())
        }
        Value::Text(bytes) => {
            showable(bytes, usize::MAX, out);
            Ok(())
        }
    };
}

/// Appends a field, in quotes where it holds what would end it, or spaces that a reader might drop.
fn field(text: &str, record: &mut String) {
    if text.contains(['"', ',', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
        record.push('"');
        for piece in text.split_inclusive('"') {
            record.push_str(piece);
            record.push_str(if piece.ends_with('"') { "\"" } else { "" });
        }
        record.push('"');
    } else {
        record.push_str(text);
    }
}

/// Writes the record and empties it.
fn end(record: &mut String, out: &mut dyn Write) -> io::Result<()> {
    record.push_str("\r\n");
    out.write_all(record.as_bytes())?;
    record.clear();
    Ok(())
}
