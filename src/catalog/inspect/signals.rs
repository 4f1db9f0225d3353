//! The signals: by name, what each meets.

use super::{Block, Col, Exact, Facts, Line, Sheet};
use crate::model::inspect::{Datum, Signals, ThreadSignals};
use crate::model::{DefaultAction, Role, Signal, SignalSet};

const COLS: &[Col] = &[
    Col::figure("number", "N", 3),
    Col::text("name", "SIGNAL", 12),
    Col::text("pending", "PENDING", 9),
    Col::text("blocked", "BLOCKED", 7),
    Col::text("does", "WHAT IT DOES", 12),
    Col::rest("default", "WITHOUT A HANDLER", 18),
];

const THREADS: &[Col] = &[
    Col::figure("tid", "TID", 7),
    Col::text("name", "NAME", 15),
    Col::text("pending", "PENDING", 20),
    Col::rest("blocked", "BLOCKS", 20),
];

pub(super) fn sheet(page: &Signals) -> Sheet<'_> {
    let mut facts = Facts::new();
    let sets: [(&'static str, &Datum<SignalSet>, Role); 5] = [
        ("pending, thread", &page.pending, Role::Warn),
        ("pending, process", &page.shared, Role::Warn),
        ("blocked", &page.blocked, Role::Text),
        ("ignored", &page.ignored, Role::Text),
        ("caught", &page.caught, Role::Text),
    ];
    for (name, set, role) in sets {
        facts.add(name, move |line| _ = line.datum(set, |line, set| names(*set, role, line)));
    }
    facts.add("queued", |line| match page.queued {
        Some((now, most)) => {
            _ = line.fmt(Role::Text, format_args!("{now} of {most}, for all of the user's processes"));
        }
        None => _ = line.unknown(),
    });
    let touched =
        of(&page.pending) | of(&page.shared) | of(&page.blocked) | of(&page.ignored) | of(&page.caught);
    let listed: Vec<Signal> = SignalSet(touched).iter().collect();
    let count = listed.len();
    let signals = Block::table(
        "signals",
        "signals that are pending, blocked, ignored or caught",
        COLS,
        count,
        move |at, line| {
            if let Some(signal) = listed.get(at) {
                row(page, *signal, line);
            }
        },
    );
    let looked_at = page.looked_at;
    let threads = Block::of("threads", "threads that differ from the first", THREADS, &page.threads, thread);
    let threads = if page.threads.is_empty() { threads } else { threads.remark(format!("of {looked_at}")) };
    Sheet::new([facts.block("sets", ""), signals, threads])
}

fn of(set: &Datum<SignalSet>) -> u64 {
    set.map_or(0, |set| set.0)
}

fn has(set: &Datum<SignalSet>, signal: Signal) -> bool {
    set.is_ok_and(|set| set.has(signal))
}

fn names(set: SignalSet, role: Role, line: &mut Line) {
    let text = joined(set);
    line.say(if set.is_empty() { Role::Dim } else { role }, if set.is_empty() { "none" } else { &text });
}

fn joined(set: SignalSet) -> String {
    set.iter().map(Signal::name).collect::<Vec<_>>().join(" ")
}

fn row(page: &Signals, signal: Signal, line: &mut Line) {
    line.number(Role::Dim, signal.number()).say(Role::Strong, &signal.name());
    let pending = match (has(&page.shared, signal), has(&page.pending, signal)) {
        (true, _) => "process",
        (false, true) => "thread",
        (false, false) => "",
    };
    line.say(Role::Warn, pending);
    line.say(Role::Warn, if has(&page.blocked, signal) { "blocked" } else { "" });
    if has(&page.ignored, signal) {
        line.say(Role::Warn, "is ignored");
    } else if has(&page.caught, signal) {
        line.say(Role::Text, "is caught");
    } else {
        line.say(Role::Dim, "the default");
    }
    line.say(
        Role::Dim,
        match signal.default_action() {
            DefaultAction::Ends => "ends it",
            DefaultAction::Dumps => "ends it with a core file",
            DefaultAction::Stops => "stops it",
            DefaultAction::Continues => "lets it go on",
            DefaultAction::Ignored => "does nothing",
        },
    );
}

fn thread(thread: &ThreadSignals, line: &mut Line) {
    line.number(Role::Text, thread.tid.get()).foreign(Role::Text, thread.name.bytes());
    let set = |line: &mut Line, set: SignalSet, role: Role| {
        let text = joined(set);
        line.cell(
            || Exact::Text(text.clone().into_bytes()),
            |cell| {
                cell.push(
                    if set.is_empty() { Role::Dim } else { role },
                    if set.is_empty() { "none" } else { &text },
                );
            },
        );
    };
    set(line, thread.pending, Role::Warn);
    set(line, thread.blocked, Role::Text);
}
