//! File locks: those the process holds, those it waits for, and those of others on its files.

use super::{At, Block, Col, Lead, Line, Sheet, refusal};
use crate::model::Role;
use crate::model::inspect::{Lock, Locks, Party};

const COLS: &[Col] = &[
    Col::text("who", "WHO", 24),
    Col::text("does", "", 9),
    Col::text("kind", "KIND", 10),
    Col::text("mode", "MODE", 5),
    Col::figure("fd", "FD", 5).leaves(1),
    Col::text("bytes", "BYTES", 16).leaves(2),
    Col::rest("file", "FILE", 24),
];

pub(super) fn sheet(page: &Locks) -> Sheet<'_> {
    let locks = match &page.locks {
        Ok(locks) => locks,
        Err(why) => return Sheet::new([refusal(*why)]),
    };
    // Below each lock, who waits for it.
    let mut rows = Vec::new();
    for (block, lock) in locks.iter().enumerate() {
        rows.extend((0..=lock.waiters.len()).map(|row| At { block, row }));
    }
    let count = rows.len();
    let block = Block::table("locks", "locks on its files", COLS, count, move |at, line| {
        let Some(at) = rows.get(at) else { return };
        let Some(lock) = locks.get(at.block) else { return };
        match at.row.checked_sub(1) {
            None => held(lock, line),
            Some(n) => {
                if let Some(party) = lock.waiters.get(n) {
                    waits(lock, party, line);
                }
            }
        }
    });
    let remark = match locks.len() {
        0 => "it holds none and waits for none".to_owned(),
        count => count.to_string(),
    };
    Sheet::new([block.remark(remark)])
}

fn held(lock: &Lock, line: &mut Line) {
    match &lock.holder {
        Some(party) => {
            who(party, if lock.ours { Role::Strong } else { Role::Text }, line);
            if !lock.ours {
                line.leads_to = Some(Lead::Pid(party.pid));
            }
        }
        None if lock.ours => _ = line.say(Role::Strong, "this process"),
        None => _ = line.say(Role::Dim, "whoever has it open"),
    }
    line.say(if lock.ours { Role::Text } else { Role::Dim }, "holds");
    rest(lock, lock.write, line);
}

fn waits(lock: &Lock, party: &Party, line: &mut Line) {
    who(party, Role::Warn, line);
    line.leads_to = Some(Lead::Pid(party.pid));
    line.say(Role::Warn, "└ waits");
    rest(lock, party.write, line);
}

fn who(party: &Party, role: Role, line: &mut Line) {
    line.cell(
        || super::Exact::Int(party.pid.get().into()),
        |cell| {
            cell.push_fmt(role, format_args!("{}", party.pid));
            if let Some(name) = &party.name {
                cell.push(Role::Text, " ");
                cell.push_foreign(role, name.bytes(), 24);
            }
        },
    );
}

fn rest(lock: &Lock, write: bool, line: &mut Line) {
    line.say(Role::Text, lock.kind.name());
    line.say(if write { Role::Strong } else { Role::Dim }, if write { "write" } else { "read" });
    line.count(lock.fd);
    match (lock.start, lock.end) {
        (0, None) => _ = line.say(Role::Dim, "all"),
        (start, None) => _ = line.fmt(Role::Text, format_args!("{start} on")),
        (start, Some(end)) => _ = line.fmt(Role::Text, format_args!("{start}-{end}")),
    }
    match &lock.path {
        Some(path) => _ = line.foreign(Role::Text, path.bytes()),
        None => {
            let (major, minor) = lock.device;
            line.fmt(Role::Dim, format_args!("inode {} on {major}:{minor}", lock.inode));
        }
    }
}
