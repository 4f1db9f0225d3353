//! What a look costs: microseconds of CPU and allocations per process, for the machine this runs on and for made-up
//! ones. Start a population of processes beside it to measure more than what happens to run.
//!
//! `cargo bench --bench sample [-- LOOKS]`
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use glowtop::model::{Needs, Sample, Snapshot, Source, Wants, derive};
use glowtop::proc::Live;
use glowtop::sampler::Synthetic;

/// Counts what is allocated, by all threads.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

// SAFETY: everything is handed on to the system's allocator unchanged; counting allocates nothing.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: `place` came from the same allocator with the same layout.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

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
        let before = (ALLOCATIONS.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed));
        let (seen, cpu) = look();
        rows = seen;
        seconds.push(cpu);
        allocations.push((ALLOCATIONS.load(Ordering::Relaxed) - before.0) as f64);
        bytes.push((BYTES.load(Ordering::Relaxed) - before.1) as f64);
    }
    say(what, rows, seconds, allocations, bytes);
}

fn cost(sample: &Sample) -> (usize, f64) {
    (sample.tasks.len(), sample.cost.cpu)
}

fn main() {
    let looks = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(30);
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
