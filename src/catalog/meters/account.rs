//! Where the CPU time of the last interval went, and how it was found out who is there.

use super::{Gauge, Meter, MeterInput};
use crate::catalog::Cell;
use crate::model::{Account, CensusBy, Hearing, Role, units};

/// A part that would be shown as 0.0 is left out, percent of one core.
const SHOWN: f64 = 0.05;

/// Cells of a figure: `99.2`.
const FIGURE: usize = 4;

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "account",
        title: "sum",
        help: "What all CPUs did, in percent of one core, and whose work it was: died is ended or came and went, and what \
               nobody is known for is unaccounted.",
        read: account,
        ..Meter::WORDS
    },
    Meter {
        id: "census",
        title: "roll",
        help: "How it was found out who is there, and how many processes only a full listing found.",
        read: census,
        ..Meter::WORDS
    },
];

fn account(input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let text = &mut gauge.text;
    let Some(sum) = &input.snapshot.account else { return text.push_unknown() };
    text.push_right(Role::Strong, FIGURE, |out| units::percent(Some(sum.busy), out));
    text.push(Role::Strong, "% busy");
    text.push(Role::Dim, " = ");
    figure(sum.listed, "listed", text);
    let Account { came_and_went, ended, ended_or_came, irq, softirq, steal, guest, remainder, .. } = *sum;
    if came_and_went >= SHOWN || sum.unseen > 0 {
        text.push(Role::Dim, " + ");
        figure(came_and_went, "came and went", text);
        match input.snapshot.census.events {
            Hearing::All => text.push_fmt(Role::Text, format_args!(" ({})", sum.unseen)),
            _ if sum.unseen > 0 => text.push_fmt(Role::Text, format_args!(" ({} or more)", sum.unseen)),
            // Nobody told how many they were.
            _ => {}
        }
    }
    // Where under one parent there were both, nobody can tell which of them it was.
    parts(&[(ended, "ended"), (ended_or_came, "died")], text);
    text.push(Role::Dim, if remainder <= -SHOWN { " - " } else { " + " });
    figure(remainder.abs(), "unaccounted", text);
    // What is least wanted on a narrow screen comes last.
    parts(&[(irq, "irq"), (softirq, "softirq"), (steal, "steal"), (guest, "guest")], text);
}

/// Those parts of the sum that are not shown as 0.0.
fn parts(parts: &[(f64, &str)], text: &mut Cell) {
    for (value, name) in parts.iter().filter(|(value, _)| *value >= SHOWN) {
        text.push(Role::Dim, " + ");
        figure(*value, name, text);
    }
}

/// One part of the sum, which is shown whole or not at all.
fn figure(value: f64, name: &str, text: &mut Cell) {
    text.push_right(Role::Text, FIGURE + 1 + name.len(), |out| {
        units::percent(Some(value), out);
        out.push(' ');
        out.push_str(name);
    });
}

fn census(input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let text = &mut gauge.text;
    if input.snapshot.number == 0 {
        return text.push_unknown();
    }
    let census = &input.snapshot.census;
    text.push(
        Role::Text,
        match census.by {
            CensusBy::Listing => "listing",
            CensusBy::NoForks => "no forks",
            CensusBy::Probe => "last pid",
            CensusBy::Events => "events",
        },
    );
    match (census.checks, census.overlooked) {
        (0, _) => text.push(Role::Dim, ", not checked yet"),
        (_, 0) => text.push(Role::Dim, ", 0 overlooked"),
        (_, n) => text.push_fmt(Role::Warn, format_args!(", {n} overlooked")),
    }
    match census.events {
        Hearing::Off | Hearing::All => {}
        Hearing::Refused => text.push(Role::Dim, ", events refused"),
        Hearing::Lost => text.push(Role::Warn, ", events lost"),
        Hearing::TooMany => text.push(Role::Warn, ", too many events"),
    }
}
