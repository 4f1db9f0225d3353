//! The namespaces: which of them are others than ours and than those of PID 1.

use super::{Block, Col, Facts, Line, Sheet, listed};
use crate::model::Role;
use crate::model::inspect::{Datum, IdRange, Namespace, NamespacePage};

const COLS: &[Col] = &[
    Col::text("kind", "NAMESPACE", 18),
    Col::figure("inode", "INODE", 12),
    Col::text("ours", "OURS", 10),
    Col::rest("init", "THAT OF PID 1", 14),
];

const RANGES: &[Col] = &[
    Col::text("of", "OF", 18),
    Col::figure("inside", "INSIDE FROM", 12),
    Col::figure("outside", "OUTSIDE FROM", 12),
    Col::figure("count", "COUNT", 12),
];

pub(super) fn sheet(page: &NamespacePage) -> Sheet<'_> {
    let namespaces = listed(&page.namespaces, |all| Block::of("namespaces", "namespaces", COLS, all, row));
    let mut facts = Facts::new();
    facts.add("pids", |line| {
        let list: Vec<String> = page.pids.iter().map(ToString::to_string).collect();
        match list.as_slice() {
            [] => _ = line.unknown(),
            [one] => _ = line.fmt(Role::Text, format_args!("{one}, in one namespace")),
            more => _ = line.fmt(Role::Text, format_args!("{}, from the outside in", more.join(", "))),
        }
    });
    facts.add("may change groups", |line| match page.setgroups {
        Some(yes) => _ = line.flag(yes),
        None => _ = line.unknown(),
    });
    let ranges: Vec<(&str, IdRange)> = [("user ids", &page.uid_map), ("group ids", &page.gid_map)]
        .into_iter()
        .flat_map(|(of, map)| each(of, map))
        .collect();
    let maps = Block::table("maps", "how ids are mapped", RANGES, ranges.len(), move |at, line| {
        let Some((of, range)) = ranges.get(at) else { return };
        line.say(Role::Dim, of);
        for number in [range.inside, range.outside, range.count] {
            line.number(Role::Text, number);
        }
    });
    Sheet::new([facts.block("facts", ""), namespaces, maps])
}

fn each<'a>(of: &'a str, map: &'a Datum<Vec<IdRange>>) -> impl Iterator<Item = (&'a str, IdRange)> {
    map.as_ref().map_or(&[][..], Vec::as_slice).iter().map(move |range| (of, *range))
}

fn row(one: &Namespace, line: &mut Line) {
    line.foreign(Role::Text, one.kind.bytes());
    line.brief(&one.inode, |line, inode| _ = line.number(Role::Dim, *inode));
    same(one.ours, line);
    same(one.init, line);
}

/// Another one is what one looks for.
fn same(same: Option<bool>, line: &mut Line) {
    match same {
        Some(true) => _ = line.flag(true),
        Some(false) => _ = line.cell(|| super::Exact::Flag(false), |cell| cell.push(Role::Warn, "another")),
        None => _ = line.unknown(),
    }
}
