//! How columns of details are made: from one way to get at the value, which the cell shows and the export writes.
//!
//! What stands for nothing stands for unknown: a detail is there only while somebody looks at it, and often only to who
//! owns the process.

use super::{Align, Column, Row};
use crate::catalog::{Cell, Value};
use crate::model::{Details, Needs, Rates};

/// The details of a row.
pub(super) fn of<'a>(row: &Row<'a>) -> Option<&'a Details> {
    row.proc.task.details()
}

/// What they mean, in the light of the look before.
pub(super) fn rates<'a>(row: &Row<'a>) -> Option<&'a Rates> {
    row.proc.rates.as_deref()
}

/// What the kernel appends to the path of a file that is gone: proc(5).
const DELETED: &[u8] = b" (deleted)";

/// The file of its program, and whether that has been deleted or replaced since; `None` while nobody has read it.
pub(super) fn program<'a>(row: &Row<'a>) -> Option<(&'a [u8], bool)> {
    let path = of(row)?.exe.known()?.bytes();
    Some(path.strip_suffix(DELETED).map_or((path, false), |path| (path, true)))
}

/// The name of a column: id, title, help.
pub(super) type Names = (&'static str, &'static str, &'static str);

/// A column of numbers, the greatest first.
pub(super) const fn figure(
    (id, title, help): Names,
    width: u16,
    needs: Needs,
    value: for<'a> fn(&Row<'a>) -> Value<'a>,
    cell: for<'a> fn(&Row<'a>, &mut Cell),
) -> Column {
    Column {
        id,
        title,
        help,
        width,
        grows: false,
        align: Align::Right,
        needs,
        descending: true,
        additive: false,
        grain: 0.0,
        drifts: false,
        short_lived: false,
        value,
        cell,
    }
}

/// A column of text.
pub(super) const fn words(
    names: Names,
    width: u16,
    needs: Needs,
    value: for<'a> fn(&Row<'a>) -> Value<'a>,
    cell: for<'a> fn(&Row<'a>, &mut Cell),
) -> Column {
    Column { align: Align::Left, descending: false, ..figure(names, width, needs, value, cell) }
}

impl Column {
    /// It, where others may change it while the process sleeps.
    pub(super) const fn drifting(self) -> Column {
        Column { drifts: true, ..self }
    }

    /// It, where the greatest comes first.
    pub(super) const fn greatest_first(self) -> Column {
        Column { descending: true, ..self }
    }

    /// It, where the least comes first.
    pub(super) const fn ascending(self) -> Column {
        Column { descending: false, ..self }
    }
}

/// An amount of bytes: `size!(names, needs, |row| Option<u64>)`.
macro_rules! size {
    ($names:expr, $needs:expr, $get:expr) => {
        $crate::catalog::columns::detail::figure(
            $names,
            6,
            $needs,
            |row| {
                let get: fn(&$crate::catalog::Row<'_>) -> Option<u64> = $get;
                get(row).into()
            },
            |row, cell| {
                let get: fn(&$crate::catalog::Row<'_>) -> Option<u64> = $get;
                $crate::catalog::columns::format::size(get(row), cell);
            },
        )
    };
}

/// A number of things, which may grow without end.
macro_rules! count {
    ($names:expr, $width:expr, $needs:expr, $get:expr) => {
        $crate::catalog::columns::detail::figure(
            $names,
            $width,
            $needs,
            |row| {
                let get: fn(&$crate::catalog::Row<'_>) -> Option<u64> = $get;
                get(row).into()
            },
            |row, cell| {
                let get: fn(&$crate::catalog::Row<'_>) -> Option<u64> = $get;
                match get(row) {
                    None => cell.push_unknown(),
                    Some(n) => {
                        let role = if n == 0 { $crate::model::Role::Dim } else { $crate::model::Role::Text };
                        $crate::catalog::columns::format::count(n, $width, role, cell);
                    }
                }
            },
        )
    };
}

/// A small number that may be negative, or says who somebody is.
macro_rules! number {
    ($names:expr, $width:expr, $needs:expr, $get:expr) => {
        $crate::catalog::columns::detail::figure(
            $names,
            $width,
            $needs,
            |row| {
                let get: fn(&$crate::catalog::Row<'_>) -> Option<i64> = $get;
                get(row).map_or($crate::catalog::Value::Unknown, $crate::catalog::Value::Int)
            },
            |row, cell| {
                let get: fn(&$crate::catalog::Row<'_>) -> Option<i64> = $get;
                match get(row) {
                    None => cell.push_unknown(),
                    Some(n) => {
                        let role = if n == 0 { $crate::model::Role::Dim } else { $crate::model::Role::Text };
                        $crate::catalog::columns::format::number(n, $width, role, cell);
                    }
                }
            },
        )
    };
}

/// A share of a CPU or of an engine in percent.
macro_rules! usage {
    ($names:expr, $needs:expr, $get:expr) => {
        $crate::catalog::Column {
            grain: 0.1,
            ..$crate::catalog::columns::detail::figure(
                $names,
                6,
                $needs,
                |row| {
                    let get: fn(&$crate::catalog::Row<'_>) -> Option<f64> = $get;
                    get(row).into()
                },
                |row, cell| {
                    let get: fn(&$crate::catalog::Row<'_>) -> Option<f64> = $get;
                    $crate::catalog::columns::format::usage(get(row), cell);
                },
            )
        }
    };
}

/// Bytes a second.
macro_rules! rate {
    ($names:expr, $needs:expr, $get:expr) => {
        $crate::catalog::columns::detail::figure(
            $names,
            6,
            $needs,
            |row| {
                let get: fn(&$crate::catalog::Row<'_>) -> Option<f64> = $get;
                get(row).into()
            },
            |row, cell| {
                let get: fn(&$crate::catalog::Row<'_>) -> Option<f64> = $get;
                $crate::catalog::columns::format::size(get(row).map(|rate| rate as u64), cell);
            },
        )
    };
}

/// Bytes of a stranger, or a word of ours.
macro_rules! text {
    ($names:expr, $width:expr, $needs:expr, $get:expr) => {
        $crate::catalog::columns::detail::words(
            $names,
            $width,
            $needs,
            |row| {
                let get: for<'a> fn(&$crate::catalog::Row<'a>) -> Option<&'a [u8]> = $get;
                get(row).map_or($crate::catalog::Value::Unknown, $crate::catalog::Value::Text)
            },
            |row, cell| {
                let get: for<'a> fn(&$crate::catalog::Row<'a>) -> Option<&'a [u8]> = $get;
                match get(row) {
                    None | Some([]) => cell.push_unknown(),
                    Some(text) => {
                        cell.push_foreign($crate::model::Role::Text, text, $width);
                    }
                }
            },
        )
    };
}

pub(super) use {count, number, rate, size, text, usage};
