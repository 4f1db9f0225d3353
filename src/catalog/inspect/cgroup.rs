//! The cgroup: what it and those above it allow, use and wait for.

use super::words::{fill_role, limit_bytes};
use super::{Block, Col, Exact, Facts, Line, Sheet, listed};
use crate::catalog::Cell;
use crate::model::inspect::{Cgroups, CpuStat, GroupLevel, Hierarchy, IoUse};
use crate::model::{Role, Stall, units};

const LEVELS: &[Col] = &[
    Col::figure("cpu", "CPU%", 5),
    Col::figure("cpu_max", "LIMIT%", 6),
    Col::figure("throttled", "THROTTLED%", 10).leaves(2),
    Col::figure("weight", "WEIGHT", 6).leaves(4),
    Col::figure("memory", "MEMORY", 6),
    Col::figure("high", "HIGH", 8).leaves(3),
    Col::figure("max", "MAX", 8),
    Col::figure("pids", "PIDS", 5).leaves(1),
    Col::figure("pids_max", "MAX", 8).leaves(5),
    Col::rest("path", "CGROUP, INNERMOST FIRST", 24),
];

const PRESSURE: &[Col] = &[
    Col::text("what", "WAITED FOR", 18),
    Col::figure("avg10", "10 s %", 7),
    Col::figure("avg60", "60 s %", 7),
    Col::figure("avg300", "300 s %", 7),
];

const IO: &[Col] = &[
    Col::text("device", "DEVICE", 18),
    Col::figure("read", "READ", 6),
    Col::figure("written", "WRITTEN", 7),
    Col::figure("reads", "READS", 9),
    Col::figure("writes", "WRITES", 9),
];

const HIERARCHIES: &[Col] = &[
    Col::figure("number", "N", 3),
    Col::text("controllers", "CONTROLLERS", 24),
    Col::rest("path", "PATH", 24),
];

pub(super) fn sheet(page: &Cgroups) -> Sheet<'_> {
    let levels = page.levels.as_ref().map_or(&[][..], Vec::as_slice);
    let mut blocks = vec![place(page)];
    blocks.push(listed(&page.levels, |levels| Block::of("levels", "limits and use", LEVELS, levels, level)));
    if let Some(own) = levels.first() {
        blocks.push(details(own));
        blocks.push(pressure(own));
        let io = own.io.as_deref().unwrap_or_default();
        blocks.push(Block::of("io", "input and output", IO, io, device));
    }
    let told = page.hierarchies.as_ref().map_or(&[][..], Vec::as_slice);
    // One line of version 2 is the path that stands above already.
    if told.len() > 1 {
        blocks.push(Block::of("hierarchies", "hierarchies", HIERARCHIES, told, hierarchy));
    }
    Sheet::new(blocks)
}

fn place(page: &Cgroups) -> Block<'_> {
    let mut facts = Facts::new();
    let Some(place) = &page.place else {
        facts.add("cgroup", |line| match &page.hierarchies {
            Ok(_) => _ = line.unknown(),
            Err(why) => line.refused(*why),
        });
        return facts.block("place", "");
    };
    facts.add("cgroup", |line| {
        line.cell(
            || Exact::Text(place.path.bytes().to_vec()),
            |cell| {
                cell.push_foreign(Role::Text, place.path.bytes(), 4096);
                if let Some(version) = page.version {
                    cell.push_fmt(Role::Dim, format_args!(" (version {version})"));
                }
            },
        );
    });
    for (name, value) in [("unit", &place.unit), ("container", &place.container)] {
        facts.add(name, move |line| match value {
            Some(value) => _ = line.foreign(Role::Strong, value.bytes()),
            None => _ = line.say(Role::Dim, "none"),
        });
    }
    facts.block("place", "")
}

fn level(level: &GroupLevel, line: &mut Line) {
    let memory = &level.memory;
    line.percent(level.cpu_share.map(|share| share * 100.0));
    match &level.cpu_max {
        Some(max) => match max.in_percent() {
            Some(percent) => {
                _ = line.cell(
                    || Exact::Float(percent),
                    |cell| cell.push_fmt(Role::Text, format_args!("{percent:.0}")),
                );
            }
            None => _ = line.say(Role::Dim, "none"),
        },
        None => _ = line.unknown(),
    }
    match level.throttled_share {
        Some(share) => {
            let role = if share > 0.0 { Role::Warn } else { Role::Dim };
            let percent = share * 100.0;
            line.cell(
                || Exact::Float(percent),
                |cell| cell.push_with(role, |out| units::percent(Some(percent), out)),
            );
        }
        None => _ = line.unknown(),
    }
    line.count(level.cpu_weight);
    let fill = memory.current.zip(memory.max.flatten()).map(|(now, max)| now as f64 / max.max(1) as f64);
    match (memory.current, fill.map(fill_role)) {
        (Some(now), Some(role @ (Role::Warn | Role::Bad))) => {
            line.cell(|| Exact::Int(now.into()), |cell| cell.push_with(role, |out| units::bytes(now, out)));
        }
        _ => _ = line.bytes(memory.current),
    }
    limit_bytes(line, memory.high);
    limit_bytes(line, memory.max);
    line.count(level.pids.current);
    match level.pids.max {
        Some(Some(max)) => _ = line.number(Role::Text, max),
        Some(None) => _ = line.say(Role::Dim, "no limit"),
        None => _ = line.unknown(),
    }
    line.foreign(Role::Text, level.path.bytes());
}

/// What is told of its own cgroup beyond the table.
fn details(own: &GroupLevel) -> Block<'_> {
    let mut facts = Facts::new();
    facts.add("controllers", |line| match &own.controllers {
        Some(names) => _ = line.foreign(Role::Text, names.bytes()),
        None => _ = line.unknown(),
    });
    if let Some(cpus) = &own.cpus {
        facts.add("CPUs", move |line| _ = line.fmt(Role::Text, format_args!("{cpus}")));
    }
    if let Some(cpu) = own.cpu {
        facts.add("throttled", move |line| throttled(&cpu, line));
    }
    let memory = own.memory;
    facts.add("memory", move |line| {
        line.cell(
            || memory.peak.map_or(Exact::Unknown, |size| Exact::Int(size.into())),
            |cell| {
                size(cell, "peak ", memory.peak);
                size(cell, ", protected ", memory.min.max(memory.low));
                size(cell, ", swap ", memory.swap);
                if let Some(Some(max)) = memory.swap_max {
                    size(cell, " of ", Some(max));
                }
            },
        );
    });
    if let Some(events) = memory.events {
        facts.add("memory events", move |line| {
            line.cell(
                || Exact::Int(events.oom_kill.into()),
                |cell| {
                    let named = [
                        ("slowed down ", events.high),
                        (", at the limit ", events.max),
                        (", killed ", events.oom_kill),
                    ];
                    for (name, count) in named {
                        cell.push(Role::Dim, name);
                        cell.push_fmt(
                            if count > 0 { Role::Warn } else { Role::Dim },
                            format_args!("{count}"),
                        );
                    }
                },
            );
        });
    }
    if let Some(failed) = own.pids.failed {
        facts.add("failed forks", move |line| {
            line.number(if failed > 0 { Role::Warn } else { Role::Dim }, failed);
        });
    }
    if let Some(limits) = own.io_max.as_ref().filter(|limits| !limits.is_empty()) {
        facts.add("I/O limits", move |line| {
            let all = limits.iter().map(crate::model::Untrusted::bytes).collect::<Vec<_>>().join(&b"; "[..]);
            line.foreign(Role::Text, &all);
        });
    }
    if let Some(frozen) = own.frozen {
        facts.add("frozen", move |line| _ = line.flag(frozen));
    }
    facts.block("own", "its own cgroup")
}

fn throttled(cpu: &CpuStat, line: &mut Line) {
    let (Some(periods), Some(throttled)) = (cpu.periods, cpu.throttled) else {
        line.say(Role::Dim, "no limit is set on its CPU time");
        return;
    };
    line.cell(
        || Exact::Int(throttled.into()),
        |cell| {
            let role = if throttled > 0 { Role::Warn } else { Role::Dim };
            cell.push_fmt(role, format_args!("{throttled} of {periods} periods"));
            if let Some(time) = cpu.throttled_time {
                cell.push(Role::Dim, ", ");
                cell.push_with(Role::Text, |out| units::cpu_time(time.saturating_mul(1000), out));
                cell.push(Role::Dim, " in all");
            }
        },
    );
}

fn size(cell: &mut Cell, name: &str, size: Option<u64>) {
    cell.push(Role::Dim, name);
    match size {
        Some(size) => super::line::push_size(cell, size),
        None => cell.push_unknown(),
    }
}

fn pressure(own: &GroupLevel) -> Block<'_> {
    let told = own.pressure.as_ref();
    let all: Vec<(&str, Stall)> = told
        .map(|told| {
            [
                ("CPU, some", told.cpu_some),
                ("I/O, some", told.io_some),
                ("I/O, all", told.io_full),
                ("memory, some", told.memory_some),
                ("memory, all", told.memory_full),
            ]
        })
        .into_iter()
        .flatten()
        .filter_map(|(name, stall)| Some((name, stall?)))
        .collect();
    Block::table(
        "pressure",
        "pressure: some or all of its tasks waited",
        PRESSURE,
        all.len(),
        move |at, line| {
            let Some((name, stall)) = all.get(at) else { return };
            line.say(Role::Dim, name);
            for average in [stall.avg10, stall.avg60, stall.avg300] {
                let role = match average {
                    average if average < 0.05 => Role::Dim,
                    average if average < 10.0 => Role::Text,
                    _ => Role::Warn,
                };
                line.cell(
                    || Exact::Float(average),
                    |cell| cell.push_with(role, |out| units::percent(Some(average), out)),
                );
            }
        },
    )
}

fn device(io: &IoUse, line: &mut Line) {
    let (major, minor) = io.device;
    line.fmt(Role::Text, format_args!("{major}:{minor}"));
    line.bytes(Some(io.read_bytes)).bytes(Some(io.write_bytes));
    line.number(Role::Text, io.reads).number(Role::Text, io.writes);
}

fn hierarchy(one: &Hierarchy, line: &mut Line) {
    line.number(Role::Dim, one.number);
    if one.controllers.is_empty() {
        line.say(Role::Dim, "version 2");
    } else {
        line.foreign(Role::Text, one.controllers.bytes());
    }
    line.foreign(Role::Text, one.path.bytes());
}
