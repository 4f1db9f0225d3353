//! The threads: where the time of each went, and what it does.

use std::fmt::Write;

use super::words;
use super::{Block, Col, Exact, Line, Sheet};
use crate::model::inspect::{Architecture, Datum, Doing, Shares, Thread, Threads};
use crate::model::{Role, State, Untrusted};

const COLS: &[Col] = &[
    Col::figure("tid", "TID", 7),
    Col::text("name", "NAME", 15),
    Col::text("state", "S", 1),
    Col::figure("cpu", "CPU", 3).leaves(3),
    Col::figure("run", "RUN%", 5),
    Col::figure("wait", "WAIT%", 5),
    Col::figure("blocked", "BLKD%", 5).leaves(2),
    Col::text("shares", "RUN WAIT BLK", 12).leaves(7),
    Col::figure("time", "TIME+", 8).leaves(1),
    Col::figure("switches", "SWITCH/S", 8).leaves(5),
    Col::figure("nice", "NI", 3).leaves(4),
    Col::text("policy", "POLICY", 8).leaves(6),
    Col::text("wchan", "WAITS IN", 20).leaves(3),
    Col::rest("call", "SYSTEM CALL", 26),
];

const STACKS: &[Col] = &[
    Col::figure("tid", "TID", 7),
    Col::text("name", "NAME", 15),
    Col::rest("stack", "KERNEL STACK, INNERMOST FIRST", 20),
];

pub(super) fn sheet(page: &Threads) -> Sheet<'_> {
    let architecture = page.architecture;
    let listed = page.threads.len();
    let mut remark = match page.count as usize {
        count if count > listed => format!("{listed} of {count}"),
        count => count.to_string(),
    };
    let runs = page.threads.iter().filter(|thread| thread.state == State::RUNNING).count();
    // Writing to a string does not fail.
    if runs > 0 {
        let _ = write!(remark, ", {runs} running");
    }
    if let Some(age) = page.behind.filter(|age| *age >= 2.0) {
        let _ = write!(remark, "; what the less busy do: read up to {age:.0} s ago");
    }
    let threads = Block::of("threads", "threads", COLS, &page.threads, move |thread, line| {
        row(thread, architecture, line);
    });
    let has_stack = |thread: &&Thread| matches!(&thread.stack, Ok(calls) if !calls.is_empty());
    let mut stacked: Vec<&Thread> = page.threads.iter().filter(has_stack).collect();
    if stacked.is_empty() {
        // Who may see no stack may see none of them: it is said once.
        stacked.extend(page.threads.iter().find(|thread| thread.stack.is_err()));
    }
    let stacks = Block::table("stacks", "kernel stacks", STACKS, stacked.len(), move |at, line| {
        let Some(thread) = stacked.get(at) else { return };
        line.number(Role::Text, thread.tid.get()).foreign(Role::Text, thread.name.bytes());
        stack(&thread.stack, line);
    });
    Sheet::new([threads.remark(remark).most_first("run"), stacks])
}

fn row(thread: &Thread, architecture: Architecture, line: &mut Line) {
    line.number(Role::Text, thread.tid.get()).foreign(Role::Text, thread.name.bytes());
    words::letter(line, thread.state);
    line.count(thread.cpu);
    let share = |of: fn(&Shares) -> f64| thread.shares.map(|shares| of(&shares) * 100.0);
    line.percent(share(|shares| shares.run));
    waited(line, share(|shares| shares.wait));
    waited(line, share(|shares| shares.blocked).filter(|_| thread.blocked.is_some()));
    match thread.shares {
        Some(Shares { run, wait, blocked, .. }) => {
            line.bar([(Role::CpuUser, run), (Role::Warn, wait), (Role::Blocked, blocked)], 1.0);
        }
        None => _ = line.nothing(),
    }
    line.cpu_time(Some(thread.run.unwrap_or(thread.user.saturating_add(thread.system))));
    line.often(thread.shares.map(|shares| shares.slices));
    let nice = match thread.nice {
        0 => Role::Dim,
        nice if nice < 0 => Role::NiceHigh,
        _ => Role::NiceLow,
    };
    line.number(nice, thread.nice);
    line.fmt(Role::Dim, format_args!("{}", thread.policy));
    line.brief(&thread.wchan, |line, place| {
        if place.is_empty() {
            line.nothing()
        } else {
            line.foreign(Role::Text, place.bytes())
        };
    });
    match thread.state {
        State::ZOMBIE => _ = line.say(Role::Dim, "ended, and is kept until somebody asks how"),
        _ => doing(&thread.doing, architecture, line),
    }
}

/// A share of the time that was lost by waiting, in percent.
fn waited(line: &mut Line, percent: Option<f64>) {
    let Some(percent) = percent else {
        line.unknown();
        return;
    };
    let role = match percent {
        percent if percent < 0.05 => Role::Dim,
        percent if percent < 20.0 => Role::Text,
        _ => Role::Warn,
    };
    line.cell(
        || Exact::Float(percent),
        |cell| cell.push_with(role, |out| crate::model::units::percent(Some(percent), out)),
    );
}

fn doing(doing: &Datum<Doing>, architecture: Architecture, line: &mut Line) {
    line.brief(doing, |line, doing| match doing {
        Doing::Running => _ = line.say(Role::Running, "running"),
        Doing::Kernel => _ = line.say(Role::Dim, "in the kernel, in no system call"),
        Doing::Call(call) => {
            let text = call.text(architecture);
            line.cell(
                || Exact::Text(text.clone().into_bytes()),
                |cell| {
                    let (name, rest) = text.split_at(text.find('(').unwrap_or(text.len()));
                    cell.push(Role::Strong, name);
                    cell.push(Role::Dim, rest);
                },
            );
        }
    });
}

fn stack(stack: &Datum<Vec<Untrusted>>, line: &mut Line) {
    line.datum(stack, |line, calls| {
        line.cell(
            || Exact::Text(calls.iter().map(Untrusted::bytes).collect::<Vec<_>>().join(&b' ')),
            |cell| {
                if calls.is_empty() {
                    cell.push_unknown();
                }
                for (n, call) in calls.iter().enumerate() {
                    if n > 0 {
                        cell.push(Role::Dim, " < ");
                    }
                    cell.push_foreign(if n == 0 { Role::Strong } else { Role::Text }, call.bytes(), 64);
                }
            },
        );
    });
}
