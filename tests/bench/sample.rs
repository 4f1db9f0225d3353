//! What a look costs: microseconds of CPU and allocations per process, for the machine this runs on and for made-up
//! ones. Start a population of processes beside it to measure more than what happens to run.
//!
//! `cargo bench --bench sample [-- LOOKS]`; with `--quick` each thing is done once or twice.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod allocations;

use std::path::Path;
use std::time::Instant;

use glowtop::model::{Needs, Sample, Snapshot, Source, Wants, derive};
use glowtop::proc::Live;
use glowtop::sampler::Synthetic;

/// The middle of the measurements.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
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

fn cost(sample: &Sample) -> (usize, f64) {
    (sample.tasks.len(), sample.cost.cpu)
}

fn main() {
    let usual = if std::env::args().any(|word| word == "--quick") { 2 } else { 30 };
    let looks = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(usual);
    let kinds = [
        ("live: stat, clock", Needs::NOTHING),
        ("live: stat, clock, statm", Needs::MEMORY),
        ("live: stat, clock, statm, owner", Needs::MEMORY | Needs::USER),
        ("live: everything", Needs::FULL),
        ("live: everything, threads", Needs::FULL | Needs::THREADS),
    ];
    for (what, needs) in kinds {
        let mut live = Live::new(Path::new("/"));
        let wants = Wants { needs, ..Wants::default() };
        let first = live.sample(&wants).unwrap();
        println!(
            "{what:<34} {:>6} rows {:>9.2} ms wall, the first look",
            first.tasks.len(),
            first.cost.wall * 1e3
        );
        measure(what, looks, || cost(&live.sample(&wants).unwrap()));
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
            before = Some(snapshot);
            (rows, took)
        });
    }
}
