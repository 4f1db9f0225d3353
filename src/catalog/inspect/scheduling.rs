//! How the process is scheduled.

use super::{Block, Col, Context, Exact, Facts, Line, Sheet};
use crate::model::inspect::Scheduling;
use crate::model::{Role, Untrusted, units};

const ALL: &[Col] = &[Col::text("name", "NAME", 42), Col::rest("value", "VALUE", 20)];

pub(super) fn sheet<'a>(page: &'a Scheduling, context: &Context) -> Sheet<'a> {
    let all = page.all.as_ref().map_or(&[][..], Vec::as_slice);
    let all = Block::of(
        "sched",
        "all that the kernel tells of its main thread",
        ALL,
        all,
        |(name, value): &(Untrusted, Untrusted), line| {
            line.foreign(Role::Dim, name.bytes()).foreign(Role::Text, value.bytes());
        },
    );
    // What is a thread's is said to be one's.
    let whose = page
        .together
        .map_or_else(String::new, |together| format!("of its main thread, one of {}", together.threads));
    Sheet::new([
        together(page),
        rank(page).remark(whose.clone()),
        cpus(page, context).remark(whose.clone()),
        times(page).remark(whose),
        others(page),
        all,
    ])
}

fn rank(page: &Scheduling) -> Block<'_> {
    let mut facts = Facts::new();
    facts.add("policy", |line| _ = line.fmt(Role::Text, format_args!("{}", page.policy)));
    facts.add("nice", |line| {
        let role = match page.nice {
            0 => Role::Text,
            nice if nice < 0 => Role::NiceHigh,
            _ => Role::NiceLow,
        };
        line.number(role, page.nice);
    });
    facts.add("priority", |line| _ = line.number(Role::Text, page.priority));
    facts.add("autogroup", |line| {
        line.datum(&page.autogroup, |line, group| {
            _ = line.fmt(Role::Text, format_args!("{}, nice {}", group.id, group.nice));
        });
    });
    facts.block("rank", "rank")
}

fn cpus<'a>(page: &'a Scheduling, context: &Context) -> Block<'a> {
    let mut facts = Facts::new();
    let cores = context.cores;
    facts.add("may run on", move |line| {
        line.datum(&page.affinity, |line, set| {
            line.cell(
                || Exact::Text(set.to_string().into_bytes()),
                |cell| {
                    let (allowed, all) = (set.len() as usize, cores);
                    cell.push_fmt(if allowed < all { Role::Warn } else { Role::Text }, format_args!("{set}"));
                    if allowed < all {
                        cell.push_fmt(Role::Dim, format_args!(" ({allowed} of {all} CPUs)"));
                    }
                },
            );
        });
    });
    facts.add("last ran on", |line| match page.cpu {
        Some(cpu) => match page.node {
            Some(node) => _ = line.fmt(Role::Text, format_args!("CPU {cpu}, node {node}")),
            None => _ = line.fmt(Role::Text, format_args!("CPU {cpu}")),
        },
        None => _ = line.unknown(),
    });
    facts.add("memory of nodes", |line| {
        _ = line.datum(&page.memory_nodes, |line, set| _ = line.fmt(Role::Text, format_args!("{set}")));
    });
    facts.add("clamped use", |line| match page.clamp {
        Some(clamp) => _ = line.fmt(Role::Text, format_args!("{} to {} of 1024", clamp.min, clamp.max)),
        None => _ = line.unknown(),
    });
    facts.block("cpus", "CPUs")
}

/// All threads of the process; nothing where it has but the one.
fn together(page: &Scheduling) -> Block<'_> {
    let mut facts = Facts::new();
    if let Some(sums) = page.together {
        facts.add("threads", move |line| _ = line.number(Role::Text, sums.threads));
        facts.add("ran", move |line| _ = line.cpu_time(sums.run));
        facts.add("waited for a CPU", move |line| _ = line.cpu_time(sums.wait));
        facts.add("now", move |line| now(sums.shares, "they", line));
        facts.add("turns", move |line| _ = line.count(sums.slices));
    }
    facts.block("together", "all its threads together")
}

fn now(shares: Option<(f64, f64)>, who: &str, line: &mut Line) {
    let Some((run, wait)) = shares.map(|(run, wait)| (run * 100.0, wait * 100.0)) else {
        line.unknown();
        return;
    };
    line.cell(
        || Exact::Float(run),
        |cell| {
            cell.push_with(Role::heat_of_percent(run), |out| units::percent(Some(run), out));
            cell.push_fmt(Role::Dim, format_args!(" % of the time {who} ran, "));
            let role = if wait >= 20.0 { Role::Warn } else { Role::Text };
            cell.push_with(role, |out| units::percent(Some(wait), out));
            cell.push_fmt(Role::Dim, format_args!(" % {who} waited for a CPU"));
        },
    );
}

fn turns(slices: Option<u64>, run: Option<u64>, line: &mut Line) {
    let (Some(slices), Some(run)) = (slices.filter(|slices| *slices > 0), run) else {
        line.count(slices);
        return;
    };
    let mean = run as f64 / slices as f64 / 1e6;
    line.cell(
        || Exact::Int(slices.into()),
        |cell| {
            cell.push_fmt(Role::Text, format_args!("{slices}"));
            cell.push_fmt(Role::Dim, format_args!(", {mean:.2} ms each on the average"));
        },
    );
}

fn times(page: &Scheduling) -> Block<'_> {
    let mut facts = Facts::new();
    facts.add("ran", |line| _ = line.cpu_time(page.run));
    facts.add("waited for a CPU", |line| _ = line.cpu_time(page.wait));
    facts.add("now", |line| now(page.shares, "it", line));
    facts.add("turns", |line| turns(page.slices, page.run, line));
    facts.add("gave way", |line| {
        line.cell(
            || page.switches.voluntary.map_or(Exact::Unknown, |n| Exact::Int(n.into())),
            |cell| {
                for (count, what) in
                    [(page.switches.voluntary, " to wait, "), (page.switches.involuntary, " to another")]
                {
                    match count {
                        Some(count) => cell.push_fmt(Role::Text, format_args!("{count}")),
                        None => cell.push_unknown(),
                    }
                    cell.push(Role::Dim, what);
                }
            },
        );
    });
    facts.add("moved between CPUs", |line| _ = line.count(page.migrations));
    facts.block("times", "times")
}

fn others(page: &Scheduling) -> Block<'_> {
    let mut facts = Facts::new();
    facts.add("I/O priority", |line| {
        _ = line
            .datum(&page.io_priority, |line, priority| _ = line.fmt(Role::Text, format_args!("{priority}")));
    });
    facts.add("OOM score", |line| {
        line.datum(&page.oom, |line, oom| {
            line.cell(
                || Exact::Int(oom.score.into()),
                |cell| {
                    cell.push_fmt(Role::Text, format_args!("{}", oom.score));
                    cell.push(Role::Dim, ", adjusted by ");
                    cell.push_fmt(
                        if oom.adjustment == 0 { Role::Dim } else { Role::Text },
                        format_args!("{}", oom.adjustment),
                    );
                },
            );
        });
    });
    facts.add("timer slack", |line| {
        line.datum(&page.timer_slack, |line, slack| {
            let micros = *slack as f64 / 1e3;
            line.cell(
                || Exact::Float(*slack as f64 / 1e9),
                |cell| cell.push_fmt(Role::Text, format_args!("{micros} µs")),
            );
        });
    });
    facts.block("others", "input and output, memory, timers")
}
