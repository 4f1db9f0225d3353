//! The section `[header]` of the configuration: which meters stand where above the table, and how they are drawn.
//!
//! ```toml
//! [header]
//! layout = "auto"            # by the room there is; "columns" or one of htop's names: as written below
//! columns = [2, 3]           # widths of the columns, as parts of the whole
//! peaks = true               # mark the highest value of the last minutes
//! meters = [
//!   ["cores", { meter = "memory", style = "graph" }],
//!   [{ meter = "cores_right", style = "cells", columns = 4 }, "tasks", { meter = "core", number = 3 }],
//! ]
//! ```
//!
//! Ids of meters and styles stay text here: who knows the meters resolves them.

use std::fmt::Write;

use toml_edit::{Document, Table, Value};

use super::reader::Reader;
use super::{Complaint, nearest};

/// Columns that a header may have.
pub const MOST_COLUMNS: usize = 8;
/// Meters that a column may have.
pub const MOST_METERS: usize = 64;

/// The greatest number that a CPU can have: NR_CPUS of the kernel ends at 8192.
const MOST_CPUS: u32 = 8191;

/// The layouts that htop has, by its names: the widths of their columns in percent.
pub const HTOP_LAYOUTS: [(&str, &[u16]); 13] = [
    ("one_100", &[100]),
    ("two_50_50", &[50, 50]),
    ("two_33_67", &[33, 67]),
    ("two_67_33", &[67, 33]),
    ("three_33_34_33", &[33, 34, 33]),
    ("three_25_25_50", &[25, 25, 50]),
    ("three_25_50_25", &[25, 50, 25]),
    ("three_50_25_25", &[50, 25, 25]),
    ("three_40_30_30", &[40, 30, 30]),
    ("three_30_40_30", &[30, 40, 30]),
    ("three_30_30_40", &[30, 30, 40]),
    ("three_40_20_40", &[40, 20, 40]),
    ("four_25_25_25_25", &[25, 25, 25, 25]),
];

/// What a configuration says about the header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// The columns from left to right; empty: arranged by the room there is.
    pub columns: Vec<HeaderColumn>,
    /// Whether the highest value of the last minutes is marked.
    pub peaks: bool,
}

/// A column of meters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HeaderColumn {
    /// Its width as a part of the sum of all, 1 to 1000.
    pub width: u16,
    /// Its meters from top to bottom.
    pub meters: Vec<HeaderMeter>,
}

/// A meter as it is named in a column.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HeaderMeter {
    /// The meter's id.
    pub meter: String,
    /// How it is drawn; `None`: as the meter likes it best.
    pub style: Option<String>,
    /// Cores side by side, 1 to 256, for meters of cores; `None`: as many as have room.
    pub columns: Option<u16>,
    /// Which CPU, for a meter of one: the kernel's number of it.
    pub number: Option<u32>,
    /// Its line in the text.
    pub line: Option<usize>,
}

impl Default for Header {
    fn default() -> Header {
        Header { columns: Vec::new(), peaks: true }
    }
}

impl Header {
    /// Reads the section `[header]` of a whole configuration; where there is none, the default.
    pub fn parse(text: &str) -> (Header, Vec<Complaint>) {
        let mut reader = Reader::new(text);
        let header = match Document::parse(text) {
            Ok(document) => match document.get("header").map(|item| (item, item.as_table())) {
                None => Header::default(),
                Some((_, Some(table))) => Header::read(table, &mut reader),
                Some((item, None)) => {
                    reader.complain(item.span(), "'header' is no section");
                    Header::default()
                }
            },
            Err(error) => {
                reader.complain(error.span(), format!("this is not TOML ({})", error.message()));
                Header::default()
            }
        };
        (header, reader.finish())
    }

    /// Reads the section, which stands in the text of `reader`. What makes no sense is complained about and left out.
    pub(super) fn read(table: &Table, reader: &mut Reader<'_>) -> Header {
        let mut header = Header::default();
        let mut layout = None;
        let mut widths: Option<Vec<u16>> = None;
        let mut meters: Option<Vec<Vec<HeaderMeter>>> = None;
        for (key, item) in table {
            match (key, item.as_str(), item.as_array(), item.as_bool()) {
                ("layout", Some(name @ ("auto" | "columns")), ..) => layout = Some(name),
                ("layout", Some(name), ..) => match HTOP_LAYOUTS.iter().find(|(known, _)| *known == name) {
                    Some((known, parts)) => {
                        layout = Some(known);
                        widths = Some(parts.to_vec());
                    }
                    None => {
                        let near = meant(name, layouts());
                        reader.complain(item.span(), format!("there is no layout '{name}'{near}"));
                    }
                },
                ("layout", ..) => reader.complain(item.span(), "'layout' must be text"),
                ("peaks", .., Some(on)) => header.peaks = on,
                ("peaks", ..) => reader.complain(item.span(), "'peaks' must be true or false"),
                ("columns", _, array, _) => match array.and_then(|array| width_list(array.iter())) {
                    // A layout of htop's has widths of its own.
                    Some(list) => widths = widths.or(Some(list)),
                    None => {
                        let what = format!("'columns' must be 1 to {MOST_COLUMNS} widths, each 1 to 1000");
                        reader.complain(item.span(), what);
                    }
                },
                ("meters", _, Some(array), _) => meters = Some(reader.columns(array.iter())),
                ("meters", ..) => {
                    reader.complain(item.span(), "'meters' must be a list of columns, each a list of meters");
                }
                _ if reader.is_full() => break,
                (other, ..) => {
                    let near = meant(other, ["layout", "columns", "meters", "peaks"]);
                    reader
                        .complain(item.span(), format!("there is no setting '{other}' of the header{near}"));
                }
            }
        }
        let Some(meters) = meters.filter(|_| layout != Some("auto")) else {
            if layout.is_some_and(|layout| layout != "auto") {
                reader.complain(table.span(), "the header has no 'meters', so it stays automatic");
            }
            return header;
        };
        let widths = widths.unwrap_or_else(|| vec![1; meters.len()]);
        if widths.len() < meters.len() {
            let what =
                format!("the header has {} widths for {} columns of meters", widths.len(), meters.len());
            reader.complain(table.span(), what);
        }
        let fill = meters.into_iter().chain(std::iter::repeat_with(Vec::new));
        header.columns =
            widths.into_iter().zip(fill).map(|(width, meters)| HeaderColumn { width, meters }).collect();
        if header.columns.iter().all(|column| column.meters.is_empty()) {
            header.columns.clear();
        }
        header
    }

    /// The section as text, with its head; [`Header::parse`] reads it back.
    pub fn to_toml(&self) -> String {
        let mut out = String::from("[header]\n");
        // Writing to a String does not fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "layout = \"{}\"", if self.columns.is_empty() { "auto" } else { "columns" })?;
        writeln!(out, "peaks = {}", self.peaks)?;
        if self.columns.is_empty() {
            return Ok(());
        }
        let widths: Vec<String> = self.columns.iter().map(|column| column.width.to_string()).collect();
        writeln!(out, "columns = [{}]\nmeters = [", widths.join(", "))?;
        for column in &self.columns {
            let meters: Vec<String> = column.meters.iter().map(HeaderMeter::to_toml).collect();
            writeln!(out, "  [{}],", meters.join(", "))?;
        }
        out.push_str("]\n");
        Ok(())
    }
}

impl HeaderMeter {
    fn to_toml(&self) -> String {
        let meter = quoted(&self.meter);
        if self.style.is_none() && self.columns.is_none() && self.number.is_none() {
            return meter;
        }
        let style =
            self.style.as_deref().map_or_else(String::new, |style| format!(", style = {}", quoted(style)));
        let columns = self.columns.map_or_else(String::new, |columns| format!(", columns = {columns}"));
        let number = self.number.map_or_else(String::new, |number| format!(", number = {number}"));
        format!("{{ meter = {meter}{number}{style}{columns} }}")
    }
}

/// The words that `layout` may be.
fn layouts() -> impl Iterator<Item = &'static str> {
    ["auto", "columns"].into_iter().chain(HTOP_LAYOUTS.iter().map(|(name, _)| *name))
}

/// `; did you mean 'x'?`, where one is near.
fn meant<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wanted, names).map_or_else(String::new, |near| format!("; did you mean '{near}'?"))
}

/// Widths of columns, where each is one and there are not too many.
fn width_list<'a>(values: impl Iterator<Item = &'a Value>) -> Option<Vec<u16>> {
    let width = |value: &Value| {
        value.as_integer().and_then(|n| u16::try_from(n).ok()).filter(|n| (1..=1000).contains(n))
    };
    let widths: Option<Vec<u16>> = values.map(width).collect();
    widths.filter(|widths| (1..=MOST_COLUMNS).contains(&widths.len()))
}

/// `text` as a basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // Writing to a String does not fail.
            c if c.is_control() => _ = write!(out, "\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

impl Reader<'_> {
    fn columns<'a>(&mut self, columns: impl Iterator<Item = &'a Value>) -> Vec<Vec<HeaderMeter>> {
        let mut all = Vec::new();
        for column in columns {
            let Some(list) = column.as_array() else {
                self.complain(column.span(), "a column must be a list of meters");
                continue;
            };
            if all.len() >= MOST_COLUMNS {
                self.complain(column.span(), format!("a header has at most {MOST_COLUMNS} columns"));
                break;
            }
            let mut meters = Vec::new();
            for value in list {
                if meters.len() >= MOST_METERS {
                    self.complain(value.span(), format!("a column has at most {MOST_METERS} meters"));
                    break;
                }
                meters.extend(self.meter(value));
            }
            all.push(meters);
        }
        all
    }

    fn meter(&mut self, value: &Value) -> Option<HeaderMeter> {
        let line = self.line(value.span());
        if let Some(id) = value.as_str() {
            return Some(HeaderMeter { meter: id.to_owned(), line, ..HeaderMeter::default() });
        }
        let Some(table) = value.as_inline_table() else {
            self.complain(value.span(), "a meter is its id, or { meter = \"…\", style = \"…\" }");
            return None;
        };
        let mut meter = HeaderMeter { line, ..HeaderMeter::default() };
        for (key, value) in table {
            match (key, value.as_str(), value.as_integer()) {
                ("meter", Some(id), _) => id.clone_into(&mut meter.meter),
                ("style", Some(style), _) => meter.style = Some(style.to_owned()),
                ("meter" | "style", None, _) => {
                    self.complain(value.span(), format!("'{key}' of a meter must be text"));
                }
                ("columns", _, number) => {
                    meter.columns =
                        number.and_then(|n| u16::try_from(n).ok()).filter(|n| (1..=256).contains(n));
                    if meter.columns.is_none() {
                        self.complain(value.span(), "'columns' of a meter must be 1 to 256");
                    }
                }
                ("number", _, number) => {
                    meter.number = number.and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= MOST_CPUS);
                    if meter.number.is_none() {
                        self.complain(value.span(), format!("'number' of a meter must be 0 to {MOST_CPUS}"));
                    }
                }
                _ if self.is_full() => break,
                _ => {
                    let near = meant(key, ["meter", "style", "columns", "number"]);
                    self.complain(value.span(), format!("there is no setting '{key}' of a meter{near}"));
                }
            }
        }
        if meter.meter.is_empty() {
            self.complain(value.span(), "this meter has no id: { meter = \"…\" }");
            return None;
        }
        Some(meter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(text: &str) -> Vec<String> {
        Header::parse(text).1.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn without_a_section_the_header_is_automatic() {
        for text in ["", "x = 1", "[header]\nlayout = \"auto\"\ncolumns = [1]\nmeters = [[\"cpu\"]]\n"] {
            let (header, complaints) = Header::parse(text);
            assert_eq!((header, complaints), (Header::default(), Vec::new()), "{text}");
        }
    }

    #[test]
    fn columns_and_meters_are_read() {
        let text = "[header]\ncolumns = [2, 3]\npeaks = false\nmeters = [\n  [\"cores\", { meter = \"memory\", style = \"graph\" }],\n  \
                    [{ meter = \"cores_right\", columns = 4 }],\n]\n";
        let (header, complaints) = Header::parse(text);
        assert_eq!(complaints, []);
        assert!(!header.peaks);
        let widths: Vec<u16> = header.columns.iter().map(|column| column.width).collect();
        assert_eq!(widths, [2, 3]);
        let memory = &header.columns[0].meters[1];
        assert_eq!(
            (memory.meter.as_str(), memory.style.as_deref(), memory.line),
            ("memory", Some("graph"), Some(5))
        );
        assert_eq!(header.columns[1].meters[0].columns, Some(4));
        assert_eq!(header, Header::parse(&lines_as(&header)).0);
    }

    /// The header as text that has its meters in the same lines.
    fn lines_as(header: &Header) -> String {
        let text = header.to_toml();
        let (again, complaints) = Header::parse(&text);
        assert_eq!(complaints, []);
        let bare = |header: &Header| {
            let mut header = header.clone();
            header.columns.iter_mut().flat_map(|c| &mut c.meters).for_each(|meter| meter.line = None);
            header
        };
        assert_eq!(bare(&again), bare(header));
        text.replace("layout = \"columns\"\n", "")
    }

    #[test]
    fn all_layouts_of_htop_can_be_said() {
        for (name, widths) in HTOP_LAYOUTS {
            let text = format!("[header]\nmeters = [[\"cpu\"]]\nlayout = \"{name}\"\n");
            let (header, complaints) = Header::parse(&text);
            assert_eq!(complaints, []);
            assert_eq!(header.columns.iter().map(|c| c.width).collect::<Vec<_>>(), widths);
            assert!((99..=100).contains(&widths.iter().sum::<u16>()));
        }
    }

    #[test]
    fn mistakes_are_complaints_with_lines() {
        assert_eq!(said("header = 3"), ["line 1: 'header' is no section"]);
        assert_eq!(
            said("[header]\nlayot = \"auto\"\nlayout = \"two_5_50\"\n"),
            [
                "line 2: there is no setting 'layot' of the header; did you mean 'layout'?",
                "line 3: there is no layout 'two_5_50'; did you mean 'two_50_50'?"
            ]
        );
        assert_eq!(
            said(
                "[header]\ncolumns = [0, 3]\nmeters = [\n[3, { style = \"bar\" }, { meter = \"a\", colums = 3, columns = 0 }],\n3]"
            ),
            [
                "line 2: 'columns' must be 1 to 8 widths, each 1 to 1000",
                "line 4: a meter is its id, or { meter = \"…\", style = \"…\" }",
                "line 4: this meter has no id: { meter = \"…\" }",
                "line 4: there is no setting 'colums' of a meter; did you mean 'columns'?",
                "line 4: 'columns' of a meter must be 1 to 256",
                "line 5: a column must be a list of meters",
            ]
        );
        assert_eq!(said("[header]\nlayout = \"columns\"\n").len(), 1);
        assert_eq!(said("[header]\ncolumns = [1]\nmeters = [[\"cpu\"], [\"cpu\"]]\n").len(), 1);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(columns in prop::collection::vec(
            (1u16..=1000, prop::collection::vec(("\\PC{1,8}", prop::option::of("\\PC{0,8}"), prop::option::of(1u16..=256)), 1..5)),
            1..=MOST_COLUMNS), peaks: bool) {
            let columns = columns.into_iter().map(|(width, meters)| HeaderColumn {
                width,
                meters: meters.into_iter()
                    .map(|(meter, style, columns)| HeaderMeter { meter, style, columns, number: columns.map(u32::from), line: None })
                    .collect(),
            }).collect();
            let header = Header { columns, peaks };
            let (mut again, complaints) = Header::parse(&header.to_toml());
            prop_assert_eq!(complaints, []);
            again.columns.iter_mut().flat_map(|c| &mut c.meters).for_each(|meter| meter.line = None);
            prop_assert_eq!(again, header);
        }

        #[test]
        fn no_text_is_too_strange(text in "(\\[header\\]\n)?((layout|columns|meters|peaks) = (\\[[\\[\\]0-9a\",{}= ]{0,20}\\]|\"x\"|true|3)\n){0,4}") {
            let (header, _) = Header::parse(&text);
            prop_assert!(header.columns.len() <= MOST_COLUMNS);
        }
    }
}
