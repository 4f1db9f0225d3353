//! Scheduling: `stat`, `status`, `schedstat`, `sched`, and what has a call or a file of its own.

use rustix::fs::OFlags;

use super::super::clock;
use super::super::parse::{self, StatLine};
use super::super::topology;
use super::Look;
use super::status::{Status, policy};
use super::text::{self, Buffer, Numbered};
use crate::model::inspect::{Clamp, Datum, Needed, Refused, Scheduling, Switches, Together};
use crate::model::{Autogroup, CpuSet, IoPriority, Oom, Untrusted};
use crate::sys::ioprio;

/// Of so many threads the times are added up.
const MOST_THREADS: usize = 1024;

/// So many lines of `sched` are kept.
const MOST: usize = 128;

pub(super) fn read(
    look: &Look<'_>,
    stat: &StatLine<'_>,
    text: &[u8],
    nodes: &mut Option<Vec<(u32, CpuSet)>>,
    buffer: &mut Buffer,
) -> Scheduling {
    let details = parse::stat_details(text).unwrap_or_default();
    let times = buffer.read(look.dir, "schedstat").ok().and_then(parse::schedstat);
    let times = times.filter(|times| times.slices > 0);
    let all = match buffer.read(look.dir, "sched") {
        Ok(text) => Ok(sched(text)),
        Err(miss) => Err(look.refused(miss)),
    };
    let cpu = stat.processor.and_then(|cpu| u32::try_from(cpu).ok());
    let node_dir = look.root.join("sys/devices/system/node");
    let nodes = nodes.get_or_insert_with(|| topology::nodes(&node_dir));
    let status = Status(buffer.read(look.dir, "status").unwrap_or_default());
    let (affinity, memory_nodes) = (status.set("Cpus_allowed_list"), status.set("Mems_allowed_list"));
    let switches = Switches {
        voluntary: status.number("voluntary_ctxt_switches"),
        involuntary: status.number("nonvoluntary_ctxt_switches"),
    };
    let whole = |name| value(all.as_ref().ok()?, name);
    let clamp = whole("uclamp.min").zip(whole("uclamp.max"));
    Scheduling {
        policy: policy(details.policy.unwrap_or(0), details.rt_priority.unwrap_or(0)),
        priority: stat.priority.clamp(-1000, 1000) as i32,
        nice: stat.nice.clamp(-20, 19) as i32,
        autogroup: autogroup(look, buffer),
        affinity: affinity.ok_or(Refused::NoSuch),
        memory_nodes: memory_nodes.ok_or(Refused::NoSuch),
        cpu,
        node: cpu.and_then(|cpu| nodes.iter().find(|(_, cpus)| cpus.has(cpu)).map(|(node, _)| *node)),
        clamp: clamp.map(|(min, max)| Clamp { min: min as u32, max: max as u32 }),
        run: times.map(|times| times.run),
        wait: times.map(|times| times.wait),
        slices: times.map(|times| times.slices),
        switches,
        migrations: whole("se.nr_migrations"),
        io_priority: io_priority(look),
        oom: oom(look, buffer),
        timer_slack: timer_slack(look, buffer),
        all,
        shares: None,
        together: (stat.threads > 1).then(|| together(look, stat, buffer)),
    }
}

/// Its timer slack, nanoseconds. Not even its own user is told that of another process than the one that asks.
fn timer_slack(look: &Look<'_>, buffer: &mut Buffer) -> Datum<u64> {
    let told = read_as(look, buffer, "timerslack_ns", parse::first_number);
    told.map_err(|why| if let Refused::Denied(_) = why { Refused::Denied(Needed::Nice) } else { why })
}

fn read_as<T>(
    look: &Look<'_>,
    buffer: &mut Buffer,
    name: &str,
    read: impl Fn(&[u8]) -> Option<T>,
) -> Datum<T> {
    let text = buffer.read(look.dir, name).map_err(|miss| look.refused(miss))?;
    read(text).ok_or(Refused::Unreadable)
}

/// The threads together, each by its `schedstat`; where there are very many, what the kernel adds up alone.
fn together(look: &Look<'_>, stat: &StatLine<'_>, buffer: &mut Buffer) -> Together {
    let threads = u32::try_from(stat.threads).unwrap_or(u32::MAX);
    let run = if look.ours { clock::cpu(look.id.pid) } else { None };
    let mut sums = Together { threads, run, ..Together::default() };
    let mut tids = Vec::new();
    let Ok(task) = text::open(look.dir, "task", OFlags::DIRECTORY) else { return sums };
    if buffer.numbers(&task, &mut tids).is_err() || tids.len() > MOST_THREADS {
        return sums;
    }
    let (mut run, mut wait, mut slices) = (0u64, 0u64, 0u64);
    for tid in tids {
        let text = buffer.read(&task, Numbered::new(tid, "/schedstat").as_str());
        let Some(times) = text.ok().and_then(parse::schedstat) else { continue };
        run = run.saturating_add(times.run);
        wait = wait.saturating_add(times.wait);
        slices = slices.saturating_add(times.slices);
    }
    if slices > 0 {
        sums.run = sums.run.or(Some(run));
        (sums.wait, sums.slices) = (Some(wait), Some(slices));
    }
    sums
}

/// Its autogroup. The file of who is in none is there, and empty.
fn autogroup(look: &Look<'_>, buffer: &mut Buffer) -> Datum<Autogroup> {
    match buffer.read(look.dir, "autogroup") {
        Ok([]) => Err(Refused::HasNone),
        Ok(text) => parse::autogroup(text).ok_or(Refused::Unreadable),
        Err(miss) => Err(look.refused(miss)),
    }
}

fn oom(look: &Look<'_>, buffer: &mut Buffer) -> Datum<Oom> {
    let score = read_as(look, buffer, "oom_score", parse::lone_signed)?;
    let adjustment = read_as(look, buffer, "oom_score_adj", parse::lone_signed)?;
    Ok(Oom { score: score.max(0) as u32, adjustment: adjustment.clamp(-1000, 1000) as i32 })
}

fn io_priority(look: &Look<'_>) -> Datum<IoPriority> {
    if !look.ours {
        return Err(Refused::NotRead);
    }
    let value = ioprio::get(look.id.pid.raw()).map_err(|_| Refused::NoSuch)?;
    let level = (value & 7) as u8;
    Ok(match value >> ioprio::CLASS_SHIFT {
        1 => IoPriority::RealTime(level),
        2 => IoPriority::BestEffort(level),
        3 => IoPriority::Idle,
        _ => IoPriority::Unset,
    })
}

/// The lines `name : value` of `sched`, as they are.
fn sched(text: &[u8]) -> Vec<(Untrusted, Untrusted)> {
    let line = |line: &[u8]| {
        let colon = line.iter().rposition(|byte| *byte == b':')?;
        let (name, value) = (line.get(..colon)?.trim_ascii(), line.get(colon + 1..)?.trim_ascii());
        (!name.is_empty() && !value.is_empty()).then(|| (Untrusted::new(name), Untrusted::new(value)))
    };
    // The first line is the name of the process, which may hold anything, with its number.
    parse::lines(text).skip_while(|line| !line.starts_with(b"---")).filter_map(line).take(MOST).collect()
}

/// A whole number of these.
fn value(all: &[(Untrusted, Untrusted)], name: &str) -> Option<u64> {
    let (_, value) = all.iter().find(|(known, _)| known.bytes() == name.as_bytes())?;
    parse::unsigned(value.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_begins_behind_the_name() {
        let text = b"a : 7 (17577, #threads: 1)\n-------------------\n\
            se.nr_migrations                             :                    3\n\
            se.vruntime                                  :         42207.643659\ncurrent_node=0, numa_group_id=0\n";
        let all = sched(text);
        assert_eq!(all.len(), 2);
        assert_eq!((value(&all, "se.nr_migrations"), value(&all, "se.vruntime")), (Some(3), None));
    }
}
