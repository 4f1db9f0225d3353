//! What a look costs: CPU time, allocations and system calls per process, for the parsers alone, for the machine this
//! runs on, and for made-up ones. Start a population of processes beside it to measure more than what happens to run.
//!
//! `cargo bench --bench sample [-- LOOKS]`; with `--quick` each thing is done once or twice. The time of a look is the
//! CPU time of the looking thread, that of the others wall time. `ran` is how many processes a look found changed: the
//! gate reads the files of those only. System calls are counted by strace(1), where there is one.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod allocations;
mod proc;
mod system_calls;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use glowtop::model::{self, Needs, Seen, Snapshot, Source, Wants, derive};
use glowtop::proc::Live;
use glowtop::sampler::Synthetic;

/// The middle of the measurements.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// What a look may be asked for.
fn kinds() -> [(&'static str, Needs); 6] {
    [
        ("gate: stat", Needs::NOTHING),
        ("gate: stat, statm", Needs::MEMORY),
        ("gate: stat, statm, owner", Needs::MEMORY | Needs::USER),
        ("everything of all", Needs::FULL),
        ("everything of all, threads", Needs::FULL | Needs::THREADS),
        ("details of all", Needs::DETAILS.of_all()),
    ]
}

/// One line: per look, and per row.
fn say(what: &str, rows: usize, seconds: Vec<f64>, allocations: Vec<f64>, bytes: Vec<f64>) {
    let (time, count, bytes) = (median(seconds) * 1e6, median(allocations), median(bytes));
    let each = rows.max(1) as f64;
    println!(
        "{what:<34} {rows:>6} rows {:>9.2} ms {:>7.2} us/row {:>7.3} allocations/row {:>7.0} bytes/row",
        time / 1e3,
        time / each,
        count / each,
        bytes / each
    );
}

fn measure(what: &str, looks: usize, mut look: impl FnMut() -> (usize, f64)) {
    // The first looks meet everybody for the first time.
    for _ in 0..3 {
        look();
    }
    let (mut seconds, mut allocations, mut bytes, mut rows) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..looks {
        let before = allocations::so_far();
        let (seen, cpu) = look();
        rows = seen;
        seconds.push(cpu);
        let after = allocations::so_far();
        allocations.push((after.0 - before.0) as f64);
        bytes.push((after.1 - before.1) as f64);
    }
    say(what, rows, seconds, allocations, bytes);
}

/// How many of a look are not as they were in the look before.
fn ran(before: &[Seen], now: &[Seen]) -> usize {
    let mut before = before.iter().peekable();
    let same = |seen: &&Seen| {
        while before.next_if(|old| old.id.pid < seen.id.pid).is_some() {}
        before.peek().is_some_and(|old| Arc::ptr_eq(&old.task, &seen.task))
    };
    now.len() - now.iter().filter(same).count()
}

/// Some looks and nothing else, for whoever counts what they ask of the kernel.
fn only(looks: usize, kind: usize) {
    let mut live = Live::new(Path::new("/"));
    let wants = Wants { needs: kinds()[kind].1, ..Wants::default() };
    let rows = (0..looks).map(|_| live.sample(&wants).unwrap().tasks.len()).last();
    println!("{}", rows.unwrap_or(0));
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [word, looks, kind] = &words[..]
        && word == system_calls::ONLY
    {
        return only(looks.parse().unwrap(), kind.parse().unwrap());
    }
    let quick = words.iter().any(|word| word == "--quick");
    let looks = words.iter().find_map(|word| word.parse().ok()).unwrap_or(if quick { 2 } else { 30 });
    proc::parsers(quick);
    for (what, needs) in kinds() {
        let mut live = Live::new(Path::new("/"));
        let wants = Wants { needs, ..Wants::default() };
        let first = live.sample(&wants).unwrap();
        println!(
            "{what:<34} {:>6} rows {:>9.2} ms wall, the first look",
            first.tasks.len(),
            first.cost.wall * 1e3
        );
        let mut last = first;
        let mut changed = Vec::new();
        measure(what, looks, || {
            let sample = live.sample(&wants).unwrap();
            // The look before is let go here, as it is in the program.
            let before = std::mem::replace(&mut last, sample);
            changed.push(ran(&before.tasks, &last.tasks) as f64);
            (last.tasks.len(), last.cost.cpu)
        });
        println!("{what:<34} {:>6} of them ran", median(changed));
    }
    for (kind, (what, _)) in kinds().into_iter().enumerate() {
        match system_calls::of_a_look(kind, looks) {
            Ok((calls, rows)) => println!(
                "{what:<34} {rows:>6} rows {calls:>9.1} system calls {:>7.2} system calls/row",
                calls / rows.max(1) as f64
            ),
            Err(reason) => {
                println!("{what:<34}      – system calls: {reason}");
                break;
            }
        }
    }
    for processes in [200, 2_000, 10_000] {
        let mut source = Synthetic::new(processes, 8, 1);
        let wants = Wants { needs: Needs::FULL, ..Wants::default() };
        let mut before: Option<Snapshot> = None;
        measure(&format!("derive: {processes} made up"), looks, || {
            let sample = source.sample(&wants).unwrap();
            let begun = Instant::now();
            let snapshot = derive(before.as_ref(), sample);
            let took = begun.elapsed().as_secs_f64();
            let rows = snapshot.procs.len();
            drop(before.replace(snapshot));
            (rows, took)
        });
    }
}
