//! Where the process comes from: `stat` and `cgroup` of it and of everybody above it.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;

use rustix::fs::OFlags;

use super::super::parse;
use super::overview::terminal;
use super::text::{self, Buffer, Numbered};
use super::{KERNEL_THREAD, Look, Names};
use crate::model::inspect::{Ancestor, Ancestry, Datum, Leader, Parentage, Refused};
use crate::model::{CgroupPlace, Kind, Pid, ProcId, Untrusted};

/// A chain is not followed further; nobody has so many ancestors but to annoy.
const MOST: usize = 256;

/// What of an ancestor is needed for those below it.
struct Found {
    ancestor: Ancestor,
    parent: u64,
    pgrp: i64,
    ended: bool,
}

pub(super) fn read(look: &Look<'_>, buffer: &mut Buffer, names: &mut Names<'_>) -> Ancestry {
    let mut chain: Vec<Found> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut next = Some(look.id.pid);
    while let Some(pid) = next.filter(|pid| chain.len() < MOST && seen.insert(*pid)) {
        let Ok(dir) = text::open(look.proc, Numbered::new(pid.get(), "").as_str(), OFlags::DIRECTORY) else {
            break;
        };
        let Some(found) = one(look, &dir, buffer, names) else { break };
        next = u32::try_from(found.parent).ok().and_then(Pid::new);
        chain.push(found);
    }
    let parentage = parentage(&chain);
    let me = chain.first();
    let (session, pgrp) = me.map_or((0, 0), |me| (me.ancestor.session, me.pgrp));
    let kernel = me.is_some_and(|me| me.ancestor.kind == Kind::Kernel);
    let leader = match session {
        0 if kernel => Leader::None,
        0 => Leader::OutOfSight,
        session => match buffer.read(look.proc, Numbered::new(session, "/comm").as_str()) {
            Ok(text) => Leader::Named(Untrusted::new(text.strip_suffix(b"\n").unwrap_or(text))),
            Err(_) => Leader::Ended,
        },
    };
    Ancestry {
        parentage,
        pgrp: u32::try_from(pgrp).unwrap_or(0),
        session,
        leader,
        ended: me.is_some_and(|me| me.ended),
        terminal: me.and_then(|me| me.ancestor.terminal.clone()),
        place: me.and_then(|me| me.ancestor.place.clone()),
        login: login(look, buffer, names),
        login_session: match buffer.read(look.dir, "sessionid").map(parse::first_number) {
            Ok(Some(number)) => u32::try_from(number).ok().filter(|number| *number != u32::MAX),
            _ => None,
        },
        chain: chain.into_iter().map(|found| found.ancestor).collect(),
    }
}

fn one(look: &Look<'_>, dir: &OwnedFd, buffer: &mut Buffer, names: &mut Names<'_>) -> Option<Found> {
    let place = buffer.read(dir, "cgroup").ok().and_then(parse::cgroup).map(CgroupPlace::of);
    let uid = rustix::fs::fstat(dir).ok()?.st_uid;
    let stat = parse::stat(buffer.read(dir, "stat").ok()?)?;
    let pid = Pid::new(u32::try_from(stat.pid).ok()?)?;
    let is_kernel = stat.flags & KERNEL_THREAD != 0;
    Some(Found {
        parent: stat.ppid,
        pgrp: stat.pgrp,
        ended: matches!(stat.state, b'Z' | b'X'),
        ancestor: Ancestor {
            id: ProcId { pid, start_time: stat.start_time },
            kind: if is_kernel { Kind::Kernel } else { Kind::Process },
            name: Untrusted::new(stat.comm),
            user: Some((uid, Untrusted::clone(&names.users.name(uid)))),
            started: look.started(stat.start_time),
            age: look.age(stat.start_time),
            session: u32::try_from(stat.session).unwrap_or(0),
            terminal: terminal(stat.tty),
            place,
        },
    })
}

/// A child is born into the session of its parent and may begin one of its own, which has its number. One that is in
/// another was put there by somebody between; and nobody is the child of a younger one.
fn parentage(chain: &[Found]) -> Parentage {
    let (Some(me), Some(parent)) = (chain.first(), chain.get(1)) else { return Parentage::None };
    let (me, parent) = (&me.ancestor, &parent.ancestor);
    let own_session = me.session == me.id.pid.get();
    let foreign = !own_session && me.session != parent.session && me.session != 0;
    if parent.id.start_time > me.id.start_time || foreign { Parentage::Adopted } else { Parentage::Own }
}

/// Who logged in. The kernel keeps −1 for nobody.
fn login(look: &Look<'_>, buffer: &mut Buffer, names: &mut Names<'_>) -> Datum<Option<(u32, Untrusted)>> {
    let text = buffer.read(look.dir, "loginuid").map_err(|miss| look.refused(miss))?;
    let uid = parse::first_number(text).ok_or(Refused::Unreadable)?;
    let uid = u32::try_from(uid).map_err(|_| Refused::Unreadable)?;
    Ok((uid != u32::MAX).then(|| (uid, Untrusted::clone(&names.users.name(uid)))))
}
