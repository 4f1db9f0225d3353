//! Where the process comes from, and why it runs.

use super::words;
use super::{Block, Col, Context, Exact, Facts, Lead, Line, Sheet};
use crate::model::Role;
use crate::model::inspect::{Ancestor, Ancestry, Leader, Parentage};

/// So wide is a line of the sentence: at 80 columns nothing of it is cut.
const LINE: usize = 58;

const COLS: &[Col] = &[
    Col::figure("pid", "PID", 7),
    Col::text("user", "USER", 10),
    Col::figure("age", "AGE", 7),
    Col::text("started", "STARTED", 16).leaves(3),
    Col::figure("session", "SESSION", 7).leaves(2),
    Col::text("terminal", "TTY", 8).leaves(1),
    Col::text("unit", "UNIT, CONTAINER", 28).leaves(4),
    Col::rest("name", "NAME", 15),
];

pub(super) fn sheet<'a>(page: &'a Ancestry, context: &Context) -> Sheet<'a> {
    let context = *context;
    let chain = Block::table("chain", "up to the first process", COLS, page.chain.len(), move |at, line| {
        if let Some(one) = page.chain.get(at) {
            row(one, at, page.parentage, &context, line);
        }
    });
    let mut why = Facts::new();
    for (n, part) in words::wrap(&page.why(), LINE).into_iter().enumerate() {
        let name = if n == 0 { "why it runs" } else { "" };
        why.add(name, move |line| _ = line.say(Role::Strong, &part));
    }
    Sheet::new([why.block("why", ""), chain, facts(page)])
}

fn row(one: &Ancestor, at: usize, parentage: Parentage, context: &Context, line: &mut Line) {
    line.number(Role::Text, one.id.pid.get());
    match &one.user {
        Some((_, name)) => _ = line.foreign(Role::Text, name.bytes()),
        None => _ = line.unknown(),
    }
    line.span(Some(one.age));
    words::moment(line, one.started, context);
    line.number(Role::Dim, one.session);
    match &one.terminal {
        Some(terminal) => _ = line.foreign(Role::Text, terminal.bytes()),
        None => _ = line.nothing(),
    }
    let place = one.place.as_ref();
    match place.and_then(|place| place.container.as_ref().or(place.unit.as_ref())) {
        Some(name) => _ = line.foreign(Role::Dim, name.bytes()),
        None => _ = line.nothing(),
    }
    if at > 0 {
        line.leads_to = Some(Lead::Id(one.id));
    }
    line.cell(
        || Exact::Text(one.name.bytes().to_vec()),
        |cell| {
            for _ in 1..at.min(12) {
                cell.push(Role::Branch, "  ");
            }
            if at > 0 {
                cell.push(Role::Branch, "└ ");
            }
            cell.push_foreign(if at == 0 { Role::Strong } else { Role::Text }, one.name.bytes(), 64);
            if at == 1 && parentage == Parentage::Adopted {
                cell.push(Role::Warn, " adopted it");
            }
        },
    );
}

fn facts(page: &Ancestry) -> Block<'_> {
    let mut facts = Facts::new();
    facts.add("login", |line| {
        line.datum(&page.login, |line, login| match login {
            Some((uid, name)) => {
                line.cell(
                    || Exact::Int((*uid).into()),
                    |cell| {
                        cell.push_foreign(Role::Text, name.bytes(), 64);
                        cell.push_fmt(Role::Dim, format_args!(" {uid}"));
                        if let Some(session) = page.login_session {
                            cell.push_fmt(Role::Dim, format_args!(", login session {session}"));
                        }
                    },
                );
            }
            None => _ = line.say(Role::Dim, "none: nobody logged in to have it run"),
        });
    });
    facts.add("session", |line| {
        line.cell(
            || Exact::Int(page.session.into()),
            |cell| {
                cell.push_fmt(Role::Text, format_args!("{}", page.session));
                match &page.leader {
                    Leader::Named(name) => {
                        cell.push(Role::Dim, ", led by ");
                        cell.push_foreign(Role::Text, name.bytes(), 64);
                    }
                    Leader::Ended => cell.push(Role::Dim, ", whose leader has ended"),
                    Leader::OutOfSight => cell.push(Role::Dim, ", begun by nobody in this pid namespace"),
                    Leader::None => cell.push(Role::Dim, ", as all of the kernel's own"),
                }
            },
        );
    });
    facts.add("process group", |line| _ = line.number(Role::Text, page.pgrp));
    facts.add("terminal", |line| match &page.terminal {
        Some(name) => _ = line.foreign(Role::Text, name.bytes()),
        None => _ = line.say(Role::Dim, "none"),
    });
    for (name, of) in [("unit", 0), ("container", 1)] {
        facts.add(name, move |line| {
            let place = page.place.as_ref();
            let value =
                place.and_then(|place| if of == 0 { place.unit.as_ref() } else { place.container.as_ref() });
            match value {
                Some(value) => _ = line.foreign(Role::Text, value.bytes()),
                None => _ = line.say(Role::Dim, "none"),
            }
        });
    }
    facts.block("facts", "session and login")
}
