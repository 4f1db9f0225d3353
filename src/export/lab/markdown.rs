//! The report in Markdown: tables, lanes as text, and what the words mean.

use std::fmt::Write as _;

use super::super::act::utc;
use super::words::{
    UNKNOWN, answer, capacity, columns, lanes, machine, mebibytes, number, percent, ratio, repeats, seconds,
    sentence, title,
};
use crate::model::lab::{Comparison, Experiment, Mode, RunReport};

/// Cells of a lane.
const LANE: usize = 80;

/// A row's cells.
type Cell<'c> = &'c dyn Fn(&RunReport, Option<&Comparison>) -> String;

/// The report in Markdown.
pub fn markdown(experiment: &Experiment) -> String {
    let comparisons = experiment.comparisons();
    let mut text = format!("# {}\n\n", plain(&experiment.name));
    if let Some(why) = comparisons.last().and_then(|last| last.why.as_ref()) {
        let _ = writeln!(text, "{}\n", plain(&why.sentence));
    }
    text += &where_it_ran(experiment);
    text += &results(experiment, &comparisons);
    if experiment.sweeps().iter().any(|sweep| sweep.points.len() > 1) {
        // Columns of figures stay in line only in text.
        let _ = writeln!(text, "## Speed-up over workers\n\n```text\n{}```\n", super::sweep(experiment));
    }
    for comparison in &comparisons {
        text += &section(comparison, experiment);
    }
    text + WORDS
}

/// What the words mean, with their formulas.
const WORDS: &str = "\
## What the words mean

T1 and Tp are the real times of the serial run and of the run on p workers, C1 and Cp their CPU times.

* Speed-up S = T1 / Tp; efficiency = S / p; cores in use = Cp / Tp; CPU inflation = Cp / C1.
* Karp-Flatt = (1/S - 1/p) / (1 - 1/p): the serial fraction that would explain S.
* Ceiling: the speed-up that the tasks allow if nothing but themselves costs time, by replaying how long each took.
* Useful work: CPU time that the serial run needs for the same tasks; extra CPU: what this run needed on top of it.
* Run-queue wait: ready, but waiting for a CPU. Blocked: waiting for something else. Start-up: before a worker's first
  task. Tail: after its last, while others still worked. The parts add up to p x Tp.
* Balance = mean CPU time of the workers / the greatest; communication = the greatest / Tp; computation = C1 / Cp. Their
  product is the efficiency where T1 = C1 (POP methodology).
* INVALID: an answer is wrong, a worker was killed, a quota held the run back, events were lost, or it was too short.
  NOISY: something else than the run shaped its times. VALID: neither.
";

fn where_it_ran(experiment: &Experiment) -> String {
    let machine = &experiment.machine;
    let mut text = String::new();
    let mut item = |what: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "* {what}: {value}");
        }
    };
    let known = |count: Option<u32>| count.map_or_else(|| "unknown".to_owned(), |count| count.to_string());
    item("CPU", plain(&machine.model));
    item(
        "usable CPUs",
        format!("{} of {}; physical cores: {}", machine.cpus, machine.online, known(machine.cores)),
    );
    item("cgroup quota", machine.quota.map_or_else(String::new, |quota| format!("{quota:.2} CPUs")));
    item("clock governor", machine.governor.as_deref().map_or_else(String::new, plain));
    item("kernel", plain(&machine.kernel));
    item("measured by", format!("glowtop {}", plain(&experiment.version)));
    item("begun", format!("{} UTC", utc(experiment.started_unix_s).replace('T', " ")));
    text + "\n"
}

fn results(experiment: &Experiment, comparisons: &[Comparison]) -> String {
    let columns = columns(comparisons);
    let mut text = String::from("## Results\n\n|  |");
    for (run, _) in &columns {
        let _ = write!(text, " {} |", plain(&title(run, experiment)));
    }
    text += "\n| --- |";
    text += &" ---: |".repeat(columns.len());
    text.push('\n');
    let mut row = |head: &str, cell: Cell| {
        let _ = write!(text, "| {head} |");
        for (run, comparison) in &columns {
            let _ = write!(text, " {} |", cell(run, *comparison));
        }
        text.push('\n');
    };
    row("real", &|run, _| seconds(run.real_s));
    row("user", &|run, _| seconds(run.user_s));
    row("sys", &|run, _| seconds(run.sys_s));
    row("cores in use", &|run, _| number(run.cores_used(), 2));
    row("max RSS", &|run, _| mebibytes(run.max_rss));
    row("answer", &|run, _| answer(run));
    if comparisons.iter().any(|comparison| comparison.speedup.is_some()) {
        let of = |c: Option<&Comparison>, cell: fn(&Comparison) -> String| c.map_or_else(String::new, cell);
        row("speed-up", &|_, c| of(c, ratio));
        row("efficiency", &|_, c| of(c, |c| percent(c.efficiency)));
        row("Karp-Flatt", &|_, c| of(c, |c| number(c.karp_flatt, 3)));
        row("CPU inflation", &|_, c| of(c, |c| number(c.inflation, 2)));
        row("ceiling, this order", &|_, c| of(c, |c| number(c.ceiling.map(|ceiling| ceiling.now), 2)));
        row("ceiling, largest first", &|_, c| {
            of(c, |c| number(c.ceiling.map(|ceiling| ceiling.largest_first), 2))
        });
        row("ceiling, any number of cores", &|_, c| {
            of(c, |c| number(c.ceiling.map(|ceiling| ceiling.any), 2))
        });
    }
    row("machine", &|run, c| c.map_or_else(String::new, |c| machine(&c.verdict, run)));
    text + "\n"
}

/// One run: why, where the time went, lanes, workers.
fn section(comparison: &Comparison, experiment: &Experiment) -> String {
    let run = &comparison.run;
    let mut text = format!("## {}\n\n", plain(&title(run, experiment)));
    if let Some(why) = &comparison.why {
        let _ = writeln!(text, "{}\n", plain(&why.sentence));
        if let Some(cure) = &why.cure {
            let foretold =
                cure.predicted.map_or_else(String::new, |x| format!(", which should give {x:.2} x"));
            let _ = writeln!(text, "To try: {}{foretold}.\n", plain(&cure.label));
        }
    }
    let _ = writeln!(text, "Machine {}; {}.", machine(&comparison.verdict, run), repeats(comparison));
    for reason in comparison.verdict.reasons.iter().chain(&comparison.verdict.notes) {
        let _ = writeln!(text, "\n* {}", plain(reason));
    }
    text.push('\n');
    if let Some(account) = &comparison.account {
        let capacity = capacity(comparison);
        let _ = writeln!(text, "| where {capacity} went | time | share |\n| --- | ---: | ---: |");
        for (name, part) in account.parts() {
            let _ = writeln!(text, "| {name} | {} | {} |", seconds(part), percent(Some(account.share(part))));
        }
        let sum = account.sum_s();
        let _ = writeln!(text, "| sum | {} | {} |\n", seconds(sum), percent(Some(account.share(sum))));
    }
    if let Some(pop) = comparison.pop {
        let (balance, comm, cpu, product) = (pop.balance, pop.comm, pop.cpu, pop.product());
        let _ = writeln!(
            text,
            "Balance {balance:.3} x communication {comm:.3} x computation {cpu:.3} = {product:.3}.\n"
        );
    }
    text += &pictures(comparison);
    if !run.checks.is_empty() || !run.figures.is_empty() {
        text += "| checked or measured | value | expected |\n| --- | ---: | ---: |\n";
        for check in &run.checks {
            let got = check.got.as_deref().unwrap_or("nothing");
            let _ =
                writeln!(text, "| {} | {} | {} |", plain(&check.what), plain(got), plain(&check.expected));
        }
        for figure in &run.figures {
            let _ = writeln!(text, "| {} | {} |  |", plain(&figure.what), plain(&figure.shown()));
        }
        text.push('\n');
    }
    text + &crew(run)
}

/// The lanes of the serial run and of this one, on the same scale.
fn pictures(comparison: &Comparison) -> String {
    let run = &comparison.run;
    if run.tasks.is_empty() {
        return String::new();
    }
    let until_s = comparison.serial.as_ref().map_or(0.0, |serial| serial.real_s).max(run.real_s);
    let mut text =
        format!("Lanes, 0 to {}; a digit or letter is a task, a point none:\n\n```text\n", seconds(until_s));
    let serial = comparison.serial.iter().flat_map(|serial| lanes(serial, LANE, until_s));
    for (_, lane) in serial {
        let _ = writeln!(text, "serial {lane}");
    }
    for (worker, lane) in lanes(run, LANE, until_s) {
        let _ = writeln!(text, "{worker:<6} {lane}");
    }
    text + "```\n\n"
}

fn crew(run: &RunReport) -> String {
    if run.crew.is_empty() || run.mode == Mode::Serial {
        return String::new();
    }
    let mut text = String::from(
        "| worker | pid | tasks | first | last | on a CPU | ready | blocked | switches vol/inv | migrations |\n\
         | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for worker in &run.crew {
        let time = |time: Option<f64>| time.map_or_else(|| UNKNOWN.to_owned(), seconds);
        // A name that only repeats the number says nothing.
        let name = match worker.name.as_str() {
            name if name.contains('/') || name.is_empty() => String::new(),
            name => format!(" {}", plain(name)),
        };
        let _ = writeln!(
            text,
            "| {}{name} | {} | {} | {} | {} | {} | {} | {} | {}/{} | {} |",
            worker.worker,
            worker.tid,
            worker.tasks,
            time(worker.first),
            time(worker.last),
            seconds(worker.run_s),
            seconds(worker.wait_s),
            seconds(worker.blocked_s),
            worker.voluntary,
            worker.involuntary,
            worker.migrations
        );
    }
    text + "\n"
}

/// Text that Markdown and HTML take for nothing but text.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in sentence(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}
