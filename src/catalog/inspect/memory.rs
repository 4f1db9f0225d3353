//! The memory: segments as bars, what counts how, the largest mappings.

use super::overview::push_read;
use super::words::segment_role;
use super::{Block, Col, Context, Exact, Facts, Line, Sheet};
use crate::catalog::Cell;
use crate::model::Role;
use crate::model::inspect::{Mapping, MemoryMap, Segment, SegmentSum};

const SEGMENTS: &[Col] = &[
    Col::text("segment", "SEGMENT", 8),
    Col::text("bar", "RESIDENT, SWAPPED", 24),
    Col::figure("resident", "RSS", 6),
    Col::figure("pss", "PSS", 6),
    Col::figure("private", "USS", 6).leaves(1),
    Col::figure("dirty", "DIRTY", 6).leaves(2),
    Col::figure("swap", "SWAP", 6),
    Col::figure("size", "SIZE", 6),
    Col::figure("locked", "LOCKED", 6).leaves(4),
    Col::figure("huge", "HUGE", 6).leaves(5),
    Col::figure("mappings", "MAPS", 5).leaves(3),
];

const MAPPINGS: &[Col] = &[
    Col::figure("resident", "RSS", 6),
    Col::figure("pss", "PSS", 6),
    Col::figure("dirty", "DIRTY", 6).leaves(3),
    Col::figure("swap", "SWAP", 6).leaves(1),
    Col::figure("size", "SIZE", 6),
    Col::text("permissions", "PERM", 4),
    Col::text("segment", "SEGMENT", 8).leaves(2),
    Col::text("address", "ADDRESS", 12).leaves(4),
    Col::rest("name", "MAPPING", 20),
];

pub(super) fn sheet<'a>(page: &'a MemoryMap, context: &Context) -> Sheet<'a> {
    let most = page.segments.iter().map(|(_, sum)| sum.resident + sum.swap).max().unwrap_or(0).max(1) as f64;
    let all = page.all.as_ref().ok().copied();
    let rows = page.segments.len() + usize::from(all.is_some() && !page.segments.is_empty());
    let segments = Block::table("segments", "segments", SEGMENTS, rows, move |at, line| {
        match (page.segments.get(at), all) {
            (Some((segment, sum)), _) => segment_row(*segment, sum, most, line),
            (None, Some(sum)) => {
                line.say(Role::Strong, "all");
                let parts =
                    page.segments.iter().map(|(segment, sum)| (segment_role(*segment), sum.resident as f64));
                line.bar(parts, sum.resident as f64);
                figures(&sum, line);
            }
            (None, None) => {}
        }
    });
    let mappings = Block::of("mappings", "largest mappings", MAPPINGS, &page.largest, mapping);
    // Who may not see them has been told so above: it is not that there are none.
    let remark = match all.map(|sum| (page.largest.len(), sum.mappings as usize)) {
        None => String::new(),
        Some((shown, all)) if shown < all => format!("{shown} of {all}"),
        Some((shown, _)) => shown.to_string(),
    };
    Sheet::new([totals(page, context), segments, mappings.remark(remark)])
}

fn totals<'a>(page: &'a MemoryMap, context: &Context) -> Block<'a> {
    let now = page.now;
    let context = *context;
    let mut facts = Facts::new();
    facts.add("resident", move |line| with_peak(line, now.resident, now.resident_peak));
    facts.add("of that", move |line| {
        line.cell(
            || Exact::Shown,
            |cell| {
                for (name, size) in
                    [("anonymous ", now.anon), (", of files ", now.file), (", shared ", now.shmem)]
                {
                    cell.push(Role::Dim, name);
                    known(cell, size);
                }
            },
        );
    });
    facts.add("PSS, USS", move |line| {
        line.datum(&page.all, |line, all| {
            line.cell(
                || Exact::Int(all.pss.into()),
                |cell| {
                    super::line::push_size(cell, all.pss);
                    cell.push(Role::Dim, ", ");
                    super::line::push_size(cell, all.private);
                    push_read(cell, page.read_at, &context);
                },
            );
        });
    });
    facts.add("swap", move |line| _ = line.bytes(now.swap));
    facts.add("virtual", move |line| with_peak(line, now.virt, now.virt_peak));
    facts.add("locked, pinned", move |line| pair(line, now.locked, now.pinned));
    facts.add("page tables", move |line| _ = line.bytes(now.page_tables));
    facts.add("huge pages", move |line| {
        line.cell(
            || now.hugetlb.map_or(Exact::Unknown, |size| Exact::Int(size.into())),
            |cell| {
                cell.push(Role::Dim, "hugetlbfs ");
                known(cell, now.hugetlb);
                if let Ok(all) = &page.all {
                    cell.push(Role::Dim, ", transparent ");
                    super::line::push_size(cell, all.huge);
                }
                if now.huge_allowed == Some(false) {
                    cell.push(Role::Warn, ", none allowed");
                }
            },
        );
    });
    facts.block("totals", "")
}

fn known(cell: &mut Cell, size: Option<u64>) {
    match size {
        Some(size) => super::line::push_size(cell, size),
        None => cell.push_unknown(),
    }
}

fn with_peak(line: &mut Line, size: Option<u64>, peak: Option<u64>) {
    line.cell(
        || size.map_or(Exact::Unknown, |size| Exact::Int(size.into())),
        |cell| {
            known(cell, size);
            if let Some(peak) = peak {
                cell.push(Role::Dim, ", peak ");
                super::line::push_size(cell, peak);
            }
        },
    );
}

fn pair(line: &mut Line, one: Option<u64>, other: Option<u64>) {
    line.cell(
        || one.map_or(Exact::Unknown, |size| Exact::Int(size.into())),
        |cell| {
            known(cell, one);
            cell.push(Role::Dim, ", ");
            known(cell, other);
        },
    );
}

fn segment_row(segment: Segment, sum: &SegmentSum, most: f64, line: &mut Line) {
    line.say(segment_role(segment), segment.name());
    line.bar([(segment_role(segment), sum.resident as f64), (Role::Swap, sum.swap as f64)], most);
    figures(sum, line);
}

fn figures(sum: &SegmentSum, line: &mut Line) {
    for size in [
        sum.resident,
        sum.pss,
        sum.private,
        sum.dirty,
        sum.swap,
        sum.size,
        sum.locked,
        sum.huge + sum.hugetlb,
    ] {
        line.bytes(Some(size));
    }
    line.number(Role::Dim, sum.mappings);
}

fn mapping(mapping: &Mapping, line: &mut Line) {
    let sum = &mapping.sum;
    for size in [sum.resident, sum.pss, sum.dirty, sum.swap, sum.size] {
        line.bytes(Some(size));
    }
    // Memory that can be written to and run as code is what an intruder wants.
    let role = match mapping.permissions {
        [_, b'w', b'x', _] => Role::Bad,
        [_, _, b'x', _] => Role::Text,
        _ => Role::Dim,
    };
    line.foreign(role, &mapping.permissions);
    line.say(segment_role(mapping.segment), mapping.segment.name());
    line.fmt(Role::Dim, format_args!("{:x}", mapping.start));
    if mapping.name.is_empty() {
        line.say(Role::Dim, "anonymous");
    } else {
        line.foreign(Role::Text, mapping.name.bytes());
    }
}
