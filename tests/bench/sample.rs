//! What a look costs: microseconds of CPU and allocations per process, for the machine this runs on and for made-up
//! ones. Start a population of processes beside it to measure more than what happens to run.
//!
//! `cargo bench --bench sample [-- LOOKS]`; with `--quick` each thing is done once or twice.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod allocations;

use std::path::Path;
use std::time::Instant;

use glowtop::app::{Rules, Table, arrange};
use glowtop::model::{Needs, Sample, Snapshot, Source, Wants, derive};
use glowtop::proc::Live;
use glowtop::query::Filter;
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

/// Makes a `/proc` of `count` idle processes, of which every third has a command line of its own.
fn populate(root: &Path, count: usize) {
    const LINES: [&str; 4] = [
        "/usr/sbin/nginx\0-g\0daemon off;\0",
        "-bash\0",
        "sshd: deploy@pts/14\0",
        "/usr/bin/python3\0-m\0http\0",
    ];
    let proc = root.join("proc");
    std::fs::create_dir_all(&proc).unwrap();
    std::fs::write(proc.join("stat"), "cpu 1 2 3 4\ncpu0 1 2 3 4\nbtime 1\nprocesses 5\n").unwrap();
    for pid in 1..=count {
        let own = proc.join(pid.to_string());
        std::fs::create_dir(&own).unwrap();
        let comm = ["nginx", "bash", "sshd", "python3"][pid % 4];
        let stat = format!(
            "{pid} ({comm}) S 1 2 3 4 5 0 7 8 9 10 11 12 13 14 20 0 1 18 100 20 21 22 4096 5 6 7 8 9 10 11 12 13 14 15 16 17 3\n"
        );
        std::fs::write(own.join("stat"), stat).unwrap();
        std::fs::write(own.join("statm"), "100 50 20 1 0 10 0\n").unwrap();
        std::fs::write(own.join("schedstat"), "1000 2000 3\n").unwrap();
        let line = LINES[pid % 4];
        let own_words = if pid % 3 == 0 { format!("{line}--instance={pid}\0") } else { line.to_owned() };
        std::fs::write(own.join("cmdline"), own_words).unwrap();
    }
}

/// What is held of each process from look to look, bytes: by the source, by a sample of it, by a snapshot of that, and
/// by the rows of the table.
fn memory(count: usize) {
    let dir = tempfile::tempdir().unwrap();
    populate(dir.path(), count);
    let wants = Wants { needs: Needs::FULL, ..Wants::default() };
    let mut live = Live::new(dir.path());
    let each = |bytes: u64| bytes as f64 / count as f64;
    let start = allocations::held();
    // Command lines may come late.
    let mut sample = live.sample(&wants).unwrap();
    while sample.tasks.iter().any(|task| task.command.known().is_none()) {
        sample = live.sample(&wants).unwrap();
    }
    let both = allocations::held() - start;
    drop(sample);
    let source = allocations::held() - start;
    let mut before = derive(None, live.sample(&wants).unwrap());
    let mut seen = || {
        before = derive(Some(&before), live.sample(&wants).unwrap());
        before.procs.len()
    };
    assert_eq!((seen(), seen()), (count, count));
    let table = Table::default();
    let filter = Filter::default();
    let folded = std::collections::HashSet::new();
    let begun = allocations::held();
    let rows = arrange(
        &before,
        &Rules {
            sort: table.sort,
            descending: true,
            tree: false,
            by_total: false,
            folded: &folded,
            kernel: true,
            ended: true,
            short_lived: true,
            filter: &filter,
            uid: None,
            pids: &[],
        },
    );
    let lines = allocations::held() - begun;
    assert_eq!(rows.lines.len(), count);
    drop(rows);
    let begun = allocations::held();
    drop(before);
    let snapshot = begun - allocations::held();
    println!(
        "held: {count:>6} processes, bytes each: {:>6.0} source {:>6.0} sample {:>6.0} snapshot {:>6.0} rows",
        each(source),
        each(both - source),
        each(snapshot),
        each(lines)
    );
}

fn cost(sample: &Sample) -> (usize, f64) {
    (sample.tasks.len(), sample.cost.cpu)
}

fn main() {
    let usual = if std::env::args().any(|word| word == "--quick") { 2 } else { 30 };
    let looks = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(usual);
    memory(if usual < 30 { 1_000 } else { 10_000 });
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
