//! The open files: what each is, how it is open, where it leads, and who has the other end.

use std::fmt::Write;

use super::sockets::socket;
use super::{At, Block, Col, Exact, Lead, Line, Sheet, refusal};
use crate::catalog::Cell;
use crate::model::inspect::{Endpoint, FdInfo, FileKind, Files, OpenFile, Partner};
use crate::model::{Role, units};

/// From so many files on it is told of which kind they are, and so many kinds.
const MANY: usize = 20;
const KINDS: usize = 4;

const COLS: &[Col] = &[
    Col::figure("fd", "FD", 5),
    Col::text("kind", "KIND", 8),
    Col::text("mode", "MODE", 6),
    Col::figure("position", "POS", 6).leaves(2),
    Col::figure("size", "SIZE", 6).leaves(3),
    Col::text("flags", "FLAGS", 16).leaves(4),
    Col::rest("target", "WHERE IT LEADS", 34),
];

pub(super) fn sheet(page: &Files) -> Sheet<'_> {
    let open = match &page.open {
        Ok(open) => open,
        Err(why) => return Sheet::new([refusal(*why)]),
    };
    // Each partner beyond the first has a row of its own, so that it can be gone to.
    let mut rows: Vec<At> = Vec::with_capacity(open.len());
    for (block, file) in open.iter().enumerate() {
        let partners = file.kind.partners().map_or(0, |partners| partners.found.len());
        rows.extend((0..partners.max(1)).map(|row| At { block, row }));
    }
    let block = Block::table("files", "open files", COLS, rows.len(), move |at, line| {
        let Some(at) = rows.get(at) else { return };
        let Some(file) = open.get(at.block) else { return };
        match at.row {
            0 => row(file, line),
            n => another(file, n, line),
        }
    });
    Sheet::new([block.remark(remark(page, open))])
}

fn remark(page: &Files, open: &[OpenFile]) -> String {
    let listed = open.len();
    let mut text = match page.count as usize {
        count if count > listed => format!("{listed} of {count}"),
        count => count.to_string(),
    };
    if let Some(limit) = page.limit {
        // Writing to a string does not fail.
        let _ = write!(text, ", {limit} allowed");
    }
    if listed >= MANY {
        kinds(open, &mut text);
    }
    if page.other_network {
        text.push_str("; in another network namespace");
    }
    if page.cut {
        text.push_str("; the tables of sockets are too long to read whole");
    }
    text
}

/// Which kinds of files there are the most of.
fn kinds(open: &[OpenFile], text: &mut String) {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for word in open.iter().map(|file| file.kind.word()) {
        match kinds.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => kinds.push((word, 1)),
        }
    }
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (n, (word, count)) in kinds.iter().take(KINDS).enumerate() {
        let _ = write!(text, "{} {word} {count}", if n == 0 { ":" } else { "," });
    }
}

fn row(file: &OpenFile, line: &mut Line) {
    line.number(Role::Text, file.fd).say(kind_role(&file.kind), file.kind.word());
    line.brief(&file.info, |line, info| _ = line.say(Role::Text, info.mode()));
    match (&file.kind, &file.info) {
        (FileKind::Regular | FileKind::Memfd | FileKind::BlockDevice, Ok(info)) => {
            line.length(info.position);
        }
        _ => _ = line.nothing(),
    }
    match file.size {
        Some(size) => _ = line.length(size),
        None => _ = line.nothing(),
    }
    match &file.info {
        Ok(info) => flags(info, line),
        Err(_) => _ = line.nothing(),
    }
    line.leads_to =
        file.kind.partners().and_then(|partners| partners.found.first()).map(|one| Lead::Id(one.id));
    if let FileKind::Pidfd { pid: Some(pid) } = file.kind {
        line.leads_to = Some(Lead::Pid(pid));
    }
    let by_path = matches!(file.kind, FileKind::Regular | FileKind::Directory | FileKind::Path);
    line.cell(
        || if by_path { Exact::Text(file.target.bytes().to_vec()) } else { Exact::Shown },
        |cell| target(file, cell),
    );
}

/// A row for one more partner.
fn another(file: &OpenFile, n: usize, line: &mut Line) {
    let one = file.kind.partners().and_then(|partners| partners.found.get(n));
    let Some(one) = one else { return };
    line.number(Role::Dim, file.fd).nothing().nothing().nothing().nothing().nothing();
    line.leads_to = Some(Lead::Id(one.id));
    line.cell(
        || Exact::Shown,
        |cell| {
            cell.push(Role::Dim, "and ");
            partner(one, file, cell);
        },
    );
}

fn flags(info: &FdInfo, line: &mut Line) {
    let mut text = String::new();
    for word in info.words() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    line.say(Role::Dim, &text);
}

const fn kind_role(kind: &FileKind) -> Role {
    match kind {
        FileKind::Regular | FileKind::Memfd => Role::Text,
        FileKind::Socket(_) => Role::CpuUser,
        FileKind::Pipe { .. } => Role::CpuLow,
        _ => Role::Dim,
    }
}

/// Where it leads, in words that say more than the kernel's link.
fn target(file: &OpenFile, cell: &mut Cell) {
    match &file.kind {
        FileKind::Socket(of) => socket(of, cell),
        FileKind::Event { count: Some(count) } => cell.push_fmt(Role::Text, format_args!("count {count}")),
        FileKind::Epoll { watched, count } => {
            cell.push_fmt(Role::Text, format_args!("watches {count}"));
            let mut between = ": ";
            for fd in watched {
                cell.push(Role::Dim, between);
                cell.push_fmt(Role::Dim, format_args!("{fd}"));
                between = " ";
            }
            if watched.len() < *count as usize && !watched.is_empty() {
                cell.push(Role::Dim, " …");
            }
        }
        FileKind::Timer { value, interval, .. } => {
            timer(*value, *interval, cell);
        }
        FileKind::Signal { mask: Some(mask) } => {
            cell.push(Role::Dim, "takes");
            for signal in mask.iter() {
                cell.push_fmt(Role::Text, format_args!(" {}", signal.name()));
            }
        }
        FileKind::Inotify { count, .. } => {
            let places = if *count == 1 { "place" } else { "places" };
            cell.push_fmt(Role::Text, format_args!("watches {count} {places}"));
        }
        FileKind::Pidfd { pid } => match pid {
            Some(pid) => cell.push_fmt(Role::Text, format_args!("of {pid}")),
            None => cell.push(Role::Dim, "of a process that has ended or is out of sight"),
        },
        FileKind::Anonymous { name } => _ = cell.push_foreign(Role::Text, name.bytes(), 256),
        // The kernel writes it behind the path, as if it were a part of that.
        _ => {
            let target = file.target.bytes();
            let path = target.strip_suffix(b" (deleted)").filter(|_| file.deleted).unwrap_or(target);
            _ = cell.push_foreign(Role::Text, path, 4096);
        }
    }
    if file.deleted {
        cell.push(Role::Warn, " deleted");
    }
    let Some(partners) = file.kind.partners() else { return };
    // What listens, or is not connected, has no other end.
    let alone = matches!(&file.kind, FileKind::Socket(socket) if socket.remote == Endpoint::None);
    match partners.found.first() {
        Some(one) => {
            cell.push(Role::Text, " ");
            partner(one, file, cell);
        }
        None if alone => {}
        None if !partners.complete => cell.push(Role::Dim, " looking for the other end"),
        None if partners.denied > 0 => {
            cell.push_fmt(
                Role::Dim,
                format_args!(" other end not seen: {} processes deny a look", partners.denied),
            );
        }
        None if matches!(file.kind, FileKind::Pipe { .. }) => {
            cell.push(Role::Dim, " nobody has the other end");
        }
        None => {}
    }
}

/// Who has the other end, and which way it goes; or who has the same end.
fn partner(one: &Partner, file: &OpenFile, cell: &mut Cell) {
    let (role, word) = match (file.info.map(|info| info.mode()), one.reads, one.writes) {
        (Ok("w") | Err(_), true, false) => (Role::Title, "→ "),
        (Ok("r") | Err(_), false, true) => (Role::Title, "← "),
        (Ok("r"), true, false) | (Ok("w"), false, true) => (Role::Dim, "shared with "),
        _ => (Role::Title, "↔ "),
    };
    cell.push(role, word);
    cell.push_fmt(Role::Strong, format_args!("{} ", one.id.pid));
    cell.push_foreign(Role::Strong, one.name.bytes(), 32);
    cell.push_fmt(Role::Dim, format_args!(" fd {}", one.fd));
}

fn timer(value: Option<u64>, interval: Option<u64>, cell: &mut Cell) {
    match value {
        None => cell.push_unknown(),
        Some(0) => cell.push(Role::Dim, "not armed"),
        Some(value) => {
            cell.push(Role::Dim, "in ");
            cell.push_with(Role::Text, |out| units::span(value as f64 / 1e9, out));
        }
    }
    if let Some(interval) = interval.filter(|interval| *interval > 0) {
        cell.push_fmt(Role::Dim, format_args!(", every {} s", interval as f64 / 1e9));
    }
}
