//! The overview: `stat`, `statm`, `status`, `io`, the links, `schedstat` of each thread, and PSS by a reader.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use rustix::fs::OFlags;

use super::super::clock;
use super::super::commands::Outcome;
use super::super::parse::{self, StatLine};
use super::slow::{Brought, Slow, bring};
use super::status::Status;
use super::text::{self, Buffer, Numbered};
use super::{Look, Names};
use crate::model::inspect::{CpuSpent, Datum, MemoryNow, Overview, Owner, Refused, ThreadUse};
use crate::model::{Pid, ProcId, Rollup, State, Untrusted, units};

/// Of so many threads the shares are shown one by one.
const MOST_THREADS: usize = 1024;

/// PSS is read again after so many seconds: the kernel walks all pages for it.
const ROLLUP: f64 = 5.0;

/// What the page remembers.
pub(super) struct Memo {
    rollup: Slow<Rollup>,
    /// The names of threads; read once, since they seldom change.
    names: BTreeMap<u32, Untrusted>,
    tids: Vec<u32>,
}

impl Default for Memo {
    fn default() -> Memo {
        Memo { rollup: Slow::new(rollup), names: BTreeMap::new(), tids: Vec::new() }
    }
}

impl Memo {
    pub(super) fn take_cpu(&mut self) -> f64 {
        self.rollup.take_cpu()
    }
}

fn rollup(dir: &OwnedFd, id: ProcId, _: &mut [u8]) -> Outcome<Brought<Rollup>> {
    bring(dir, id, "/smaps_rollup", 16 << 10, |text, _| parse::rollup(text).ok_or(Refused::HasNone))
}

pub(super) fn read(
    look: &Look<'_>,
    stat: &StatLine<'_>,
    memo: &mut Memo,
    buffer: &mut Buffer,
    names: &mut Names<'_>,
) -> Overview {
    if look.fresh {
        memo.names.clear();
    }
    let by_thread = threads(look, memo, buffer);
    let switches = by_thread.as_ref().ok().map(|(_, slices)| *slices).filter(|slices| *slices > 0);
    let (user, system) = (look.nanos(stat.utime), look.nanos(stat.stime));
    let total = if look.ours { clock::cpu(look.id.pid) } else { None };
    let exe = link(look, buffer, "exe");
    let deleted = exe.as_ref().is_ok_and(|exe| exe.bytes().ends_with(b" (deleted)"));
    Overview {
        name: Untrusted::new(stat.comm),
        state: State(stat.state),
        // To whom it does not tell the one, the kernel says of the other that there is none.
        wchan: match &exe {
            Err(why @ Refused::Denied(_)) => Err(*why),
            _ => wchan(look, look.dir, "wchan", buffer),
        },
        parent: u32::try_from(stat.ppid).ok().and_then(Pid::new),
        pgrp: u32::try_from(stat.pgrp).unwrap_or(0),
        session: u32::try_from(stat.session).unwrap_or(0),
        started: look.started(stat.start_time),
        age: look.age(stat.start_time),
        threads: u32::try_from(stat.threads).unwrap_or(u32::MAX),
        cpu: CpuSpent {
            user,
            system,
            total: total.unwrap_or(user.saturating_add(system)),
            children: look.nanos(stat.cutime.saturating_add(stat.cstime)),
        },
        by_thread: by_thread.map(|(threads, _)| threads),
        memory: memory(look, stat, memo, buffer),
        io: match buffer.read(look.dir, "io") {
            Ok(text) => parse::io(text).ok_or(Refused::Unreadable),
            Err(miss) => Err(look.refused(miss)),
        },
        minor_faults: stat.minor_faults,
        major_faults: stat.major_faults,
        switches,
        processor: stat.processor.and_then(|cpu| u32::try_from(cpu).ok()),
        nice: stat.nice.clamp(-20, 19) as i32,
        exe: exe.map(|exe| undeleted(&exe)),
        exe_deleted: deleted,
        cwd: link(look, buffer, "cwd"),
        root: link(look, buffer, "root"),
        terminal: terminal(stat.tty),
        owner: owner(look, buffer, names),
        rate: None,
    }
}

/// Where a link of the process leads.
pub(super) fn link(look: &Look<'_>, buffer: &mut Buffer, name: &str) -> Datum<Untrusted> {
    buffer.link(look.dir, name).map(Untrusted::new).map_err(|miss| {
        // The kernel has no other answer for who has no program than that there is no such link.
        if look.bare { Refused::HasNone } else { look.refused(miss) }
    })
}

/// A path without the kernel's remark that it is deleted.
pub(super) fn undeleted(path: &Untrusted) -> Untrusted {
    path.bytes().strip_suffix(b" (deleted)").map_or_else(|| path.clone(), Untrusted::new)
}

/// The name of a terminal by its device number.
pub(super) fn terminal(device: i64) -> Option<Untrusted> {
    let mut name = String::new();
    units::tty_name(i32::try_from(device).unwrap_or(0), &mut name);
    (!name.is_empty()).then(|| Untrusted::from(name.as_str()))
}

/// Where in the kernel somebody sleeps. The kernel says 0 where it does not tell it or nobody sleeps.
pub(super) fn wchan(look: &Look<'_>, dir: &OwnedFd, path: &str, buffer: &mut Buffer) -> Datum<Untrusted> {
    match buffer.read(dir, path) {
        Ok(b"0") => Ok(Untrusted::default()),
        Ok(text) => Ok(Untrusted::new(text.trim_ascii_end())),
        Err(miss) => Err(look.refused(miss)),
    }
}

/// The threads and how often they were given a CPU in all.
fn threads(look: &Look<'_>, memo: &mut Memo, buffer: &mut Buffer) -> Datum<(Vec<ThreadUse>, u64)> {
    let task = text::open(look.dir, "task", OFlags::DIRECTORY).map_err(|miss| look.refused(miss))?;
    memo.tids.clear();
    buffer.numbers(&task, &mut memo.tids).map_err(|miss| look.refused(miss))?;
    let mut threads = Vec::with_capacity(memo.tids.len().min(MOST_THREADS));
    let mut slices = 0u64;
    for tid in memo.tids.iter().take(MOST_THREADS) {
        let Ok(text) = buffer.read(&task, Numbered::new(*tid, "/schedstat").as_str()) else { continue };
        let (Some(times), Some(number)) = (parse::schedstat(text), Pid::new(*tid)) else { continue };
        slices = slices.saturating_add(times.slices);
        let name = match memo.names.get(tid) {
            Some(name) => name.clone(),
            None => {
                let text = buffer.read(&task, Numbered::new(*tid, "/comm").as_str()).unwrap_or_default();
                let name = Untrusted::new(text.strip_suffix(b"\n").unwrap_or(text));
                memo.names.insert(*tid, name.clone());
                name
            }
        };
        threads.push(ThreadUse { tid: number, name, run: times.run, wait: times.wait, share: None });
    }
    if memo.names.len() > memo.tids.len() {
        let tids = &memo.tids;
        memo.names.retain(|tid, _| tids.binary_search(tid).is_ok());
    }
    if threads.is_empty() { Err(Refused::NoSuch) } else { Ok((threads, slices)) }
}

fn memory(look: &Look<'_>, stat: &StatLine<'_>, memo: &mut Memo, buffer: &mut Buffer) -> MemoryNow {
    let (resident, shared) = buffer.read(look.dir, "statm").ok().and_then(parse::statm).unwrap_or_default();
    let rollup = if look.bare { Err(Refused::HasNone) } else { memo.rollup.read(look, ROLLUP) };
    let text = buffer.read(look.dir, "status").unwrap_or_default();
    let status = Status(text);
    MemoryNow {
        virt: stat.virt.unwrap_or(0),
        resident: resident.saturating_mul(look.page_size),
        shared: shared.saturating_mul(look.page_size),
        peak: status.bytes("VmHWM"),
        swap: status.bytes("VmSwap"),
        pss: rollup.as_ref().map(|rollup| rollup.pss).map_err(|why| *why),
        uss: rollup.map(|rollup| rollup.uss),
        rollup_at: memo.rollup.read_at(),
    }
}

fn owner(look: &Look<'_>, buffer: &mut Buffer, names: &mut Names<'_>) -> Datum<Owner> {
    let label = buffer.read(look.dir, "attr/current").ok().map(|text| {
        let end = text.iter().position(|byte| matches!(byte, 0 | b'\n')).unwrap_or(text.len());
        Untrusted::new(text.get(..end).unwrap_or_default())
    });
    let text = buffer.read(look.dir, "status").map_err(|miss| look.refused(miss))?;
    let status = Status(text);
    let (uids, gids) =
        (status.ids("Uid").ok_or(Refused::Unreadable)?, status.ids("Gid").ok_or(Refused::Unreadable)?);
    names.groups.refresh();
    let [real, effective, ..] = uids;
    let [real_group, effective_group, ..] = gids;
    Ok(Owner {
        uids,
        users: [real, effective].map(|uid| Untrusted::clone(&names.users.name(uid))),
        gids,
        group_names: [real_group, effective_group].map(|gid| Untrusted::clone(&names.groups.name(gid))),
        groups: status.list("Groups"),
        capabilities: status.capabilities(),
        no_new_privs: status.number("NoNewPrivs").map(|value| value != 0),
        seccomp: status.number("Seccomp").and_then(|value| u32::try_from(value).ok()),
        label: label.filter(|label| !label.is_empty()),
        tracer: status.number("TracerPid").and_then(|pid| Pid::new(u32::try_from(pid).ok()?)),
    })
}
