//! The parsers by themselves, on what a kernel wrote: they are private to their room, so their sources are compiled in.

use std::hint::black_box;
use std::time::Instant;

use super::{allocations, model};

#[allow(dead_code, unused_imports, clippy::pedantic)]
#[path = "../../src/proc/parse/mod.rs"]
mod parse;

const STAT: &[u8] = b"48920 (tmux: server (2)) S 48723 48920 48920 34817 48931 4194304 98412 1204 3 0 18231 9123 120 77 \
    20 0 4 0 1620761 133644288 31414 18446744073709551615 93913405931520 93913405951401 140720902234016 0 0 0 0 3145728 \
    134433281 0 0 0 17 1 0 0 0 0 0 93913405967408 93913405969024 93914323910656 140720902236868 140720902236905 \
    140720902236905 140720902238187 0\n";
const STATM: &[u8] = b"32628 31414 4140 5 0 1237 0\n";
const COMMAND: &[u8] = b"/usr/lib/jvm/java-17/bin/java\0-Xmx4g\0-jar\0/opt/app/gateway.jar\0--profile=prod\0";

/// Prints what each parser costs for one process, by the best of five runs.
pub(crate) fn parsers(quick: bool) {
    let rounds = if quick { 1_000 } else { 200_000 };
    one("parse: stat", STAT.len(), rounds, || parse::stat(black_box(STAT)).is_some());
    one("parse: statm", STATM.len(), rounds, || parse::statm(black_box(STATM)).is_some());
    one("parse: pid of a directory", 5, rounds, || parse::pid(black_box(b"48920")).is_some());
    one("parse: cmdline", COMMAND.len(), rounds, || model::Command::parse(black_box(COMMAND)).is_some());
}

fn one(what: &str, size: usize, rounds: u32, mut parse: impl FnMut() -> bool) {
    assert!(parse(), "{what} does not understand its text");
    let before = allocations::so_far();
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let begun = Instant::now();
        for _ in 0..rounds {
            black_box(parse());
        }
        best = best.min(begun.elapsed().as_secs_f64());
    }
    let after = allocations::so_far();
    let each = |n: u64| n as f64 / (5.0 * f64::from(rounds));
    println!(
        "{what:<34} {size:>6} bytes {:>8.1} ns/process {:>6.1} allocations/process {:>6.1} bytes/process",
        best * 1e9 / f64::from(rounds),
        each(after.0 - before.0),
        each(after.1 - before.1)
    );
}
