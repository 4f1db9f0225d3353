//! Where the CPU time of the last interval went, and who was there only between two looks.

use super::{Gauge, Meter, MeterInput};
use crate::catalog::Cell;
use crate::model::{Account, Hearing, Role, units};

/// A part that would be shown as 0.0 is left out, percent of one core.
const SHOWN: f64 = 0.05;

/// Cells of a figure: `99.2`.
const FIGURE: usize = 4;

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "account",
        title: "sum",
        help: "What all CPUs did, in percent of one core, and whose work it was: died is ended or came and went between two \
               looks, irq is interrupts of both kinds, and what nobody is known for is unaccounted.",
        read: account,
        ..Meter::WORDS
    },
    Meter {
        id: "census",
        title: "who",
        help: "How many processes came and went between two looks; a + says that there may have been more, as the kernel \
               does not tell of each here. And how many others were overlooked, which a full listing finds now and then.",
        read: census,
        ..Meter::WORDS
    },
];

/// What is always there has its place; what is rare comes last, and moves nothing.
fn account(input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let text = &mut gauge.text;
    let Some(sum) = &input.snapshot.account else { return text.push_unknown() };
    text.push_right(Role::Strong, FIGURE, |out| units::percent(Some(sum.busy), out));
    text.push(Role::Strong, "% busy");
    text.push(Role::Dim, " = ");
    figure(sum.listed, "listed", text);
    let Account { irq, softirq, steal, guest, remainder, .. } = *sum;
    text.push(Role::Dim, " + ");
    figure(sum.dead(), "died", text);
    text.push(Role::Dim, if remainder <= -SHOWN { " - " } else { " + " });
    figure(remainder.abs(), "unaccounted", text);
    text.push(Role::Dim, " + ");
    figure(irq + softirq, "irq", text);
    for (value, name) in [(steal, "steal"), (guest, "guest")] {
        if value >= SHOWN {
            text.push(Role::Dim, " + ");
            figure(value, name, text);
        }
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
    match &input.snapshot.account {
        None => text.push(Role::Dim, "    –"),
        Some(sum) => text.push_right(Role::Text, FIGURE + 1, |out| {
            let more = if census.events == Hearing::All { "" } else { "+" };
            // Writing to a String does not fail.
            let _ = std::fmt::Write::write_fmt(out, format_args!("{}{more}", sum.unseen));
        }),
    }
    text.push(Role::Dim, " came and went");
    match (census.checks, census.overlooked) {
        (0, _) => text.push(Role::Dim, ", – overlooked"),
        (_, 0) => text.push(Role::Dim, ", 0 overlooked"),
        (_, n) => text.push_fmt(Role::Warn, format_args!(", {n} overlooked")),
    }
    match census.events {
        Hearing::Off | Hearing::Refused | Hearing::All => {}
        Hearing::Lost => text.push(Role::Warn, ", events lost"),
        Hearing::TooMany => text.push(Role::Warn, ", too many events"),
    }
}
