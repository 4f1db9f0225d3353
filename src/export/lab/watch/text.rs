//! Text for the terminal, and Markdown.

use std::fmt::Write as _;

use super::super::super::act::utc;
use super::super::words::{number, percent, safe, seconds, sentence, wrapped};
use super::{Watched, lane_text, legend, who};
use crate::model::lab::watch::WatchReport;

/// Cells of a lane, of its label, and of a bar.
const LANE: usize = 72;
const LABEL: usize = 31;
const BAR: usize = 40;
/// Most lanes, threads and names that are written.
const LANES: usize = 24;
const THREADS: usize = 8;
const NAMES: usize = 8;
/// Width that sentences are broken at, and what they are indented by.
const LINE: usize = 92;
const INDENT: &str = "        ";

/// What was seen, as text.
pub fn text(watched: &Watched<'_>) -> String {
    let report = watched.report;
    let mut text = format!("{}\n", safe(watched.name, 80));
    for (head, value) in figures(report) {
        let _ = writeln!(text, "  {head:<24}{value}");
    }
    text.push('\n');
    text += &lanes(watched);
    let _ = writeln!(text, "where {} went", capacity(report));
    for (name, part) in report.account.parts() {
        let share = report.account.share(part);
        text += &row(name, part, share);
    }
    let sum = report.account.sum_s();
    text += row("sum", sum, report.account.share(sum)).trim_end_matches(['#', ' ', '\n']);
    text += "\n";
    text += &concurrency(report);
    if !report.waits.is_empty() || report.stopped_s > 0.0 {
        let _ = writeln!(text, "waits   {}", wrapped(&waits(report), LINE, INDENT));
    }
    for (at, name) in report.names.iter().take(NAMES).enumerate() {
        let head = if at == 0 { "names" } else { "" };
        let _ = writeln!(
            text,
            "{head:<8}{:<18}{:>6} x{:>12}{:>12} waiting",
            safe(&name.name, 16),
            name.processes,
            seconds(name.run_s),
            seconds(name.wait_s)
        );
    }
    for (at, thread) in report.busiest.iter().filter(|thread| thread.run_s > 0.0).take(THREADS).enumerate() {
        let head = if at == 0 { "busiest" } else { "" };
        let ended = if thread.ended { "  ended" } else { "" };
        let _ = writeln!(
            text,
            "{head:<8}{:<18}{:>15}{:>11}{:>12} waiting  CPU {}{ended}",
            safe(&thread.name, 16),
            who(thread.pid, thread.tid),
            seconds(thread.run_s),
            seconds(thread.wait_s),
            thread.cpu
        );
    }
    if let Some(bound) = report.bound() {
        let _ = writeln!(text, "why     {}", wrapped(&sentence(&bound.sentence), LINE, INDENT));
        if !bound.help.is_empty() {
            let _ = writeln!(text, "help    {}", wrapped(&bound.help, LINE, INDENT));
        }
    }
    let _ = writeln!(text, "told    {}", wrapped(&told(report), LINE, INDENT));
    text
}

/// What was counted, with its heads.
fn figures(report: &WatchReport) -> Vec<(&'static str, String)> {
    let many = |count: u32, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let mut rows = vec![
        ("looked for", seconds(report.real_s)),
        (
            "seen",
            format!(
                "{}, {} in {}{}",
                many(report.processes, "process", "processes"),
                many(report.threads, "thread", "threads"),
                many(report.lanes, "lane", "lanes"),
                if report.over { "; all have ended" } else { "" }
            ),
        ),
        ("CPU time", seconds(report.cpu_s())),
        ("CPUs in use", format!("{} of {}", number(report.cores_used(), 2), report.noise.cpus)),
        ("  used by others", percent(report.noise.others)),
        ("waits for a CPU", seconds(report.account.wait_s)),
    ];
    if report.unseen.children_s >= 0.0005 {
        rows.push(("CPU unseen, processes", seconds(report.unseen.children_s)));
    }
    if report.unseen.threads_s >= 0.0005 {
        rows.push(("CPU unseen, threads", seconds(report.unseen.threads_s)));
    }
    if report.without_lane > 0 {
        rows.push(("threads without a lane", report.without_lane.to_string()));
    }
    rows.push(("turns on a CPU", report.turns.to_string()));
    rows.push(("switches, voluntary", report.voluntary.to_string()));
    rows.push(("switches, involuntary", report.involuntary.to_string()));
    rows.push(("migrations seen", report.migrations.to_string()));
    rows
}

/// `4 lanes x 1.108 s`.
fn capacity(report: &WatchReport) -> String {
    let lanes = report.lanes;
    format!("{lanes} {} x {}", if lanes == 1 { "lane" } else { "lanes" }, seconds(report.real_s))
}

fn row(name: &str, part_s: f64, share: f64) -> String {
    let bar = "#".repeat((share.clamp(0.0, 1.0) * BAR as f64).round() as usize);
    let line = format!("  {name:<20}{:>11}{:>9}  {bar}", seconds(part_s), percent(Some(share)));
    line.trim_end().to_owned() + "\n"
}

/// The lanes of those who did the most.
fn lanes(watched: &Watched<'_>) -> String {
    let (chosen, left_out) = watched.chosen(LANES);
    if chosen.is_empty() || watched.report.looks < 2 {
        return String::new();
    }
    let window = watched.window(LANE);
    let mut text =
        wrapped(&format!("lanes, 0 to {}: {}", seconds(watched.report.real_s), legend()), 102, "  ");
    text.push('\n');
    for (_, lane) in chosen {
        let id = lane.pid.zip(lane.tid).map_or_else(String::new, |(pid, tid)| who(pid, tid));
        let name = safe(&lane.name, 15);
        let label = format!("  {name:<15} {id:>11}");
        let _ = writeln!(text, "{label:<LABEL$}{}", lane_text(lane, &window));
    }
    if left_out > 0 {
        let _ = writeln!(text, "  and {left_out} lanes that did less");
    }
    text.push('\n');
    text
}

/// How long so many ran at a time.
fn concurrency(report: &WatchReport) -> String {
    let mut text = String::from("how many ran at a time, by the mean of each interval\n");
    let all = &report.concurrency_s;
    let most = all.len().min(17);
    for (count, time) in all.iter().take(most).enumerate() {
        let beyond = if count + 1 == most { all.iter().skip(most).sum::<f64>() } else { 0.0 };
        let head = if beyond > 0.0 { format!("{count} or more") } else { count.to_string() };
        let share = (time + beyond) / report.real_s.max(1e-9);
        text += &row(&head, time + beyond, share);
    }
    text
}

/// What those who work waited for.
fn waits(report: &WatchReport) -> String {
    let mut all: Vec<String> =
        report.waits.iter().map(|(on, s)| format!("{} for {}", seconds(*s), on.word())).collect();
    if report.stopped_s >= 0.0005 {
        all.push(format!("{} stopped", seconds(report.stopped_s)));
    }
    if report.waits_unknown_s >= 0.0005 {
        all.push(format!("{} for what is not known", seconds(report.waits_unknown_s)));
    }
    let whose = if report.working > 0 { "of those who work, " } else { "" };
    format!("{whose}as seen at the looks: {}", all.join(", "))
}

/// How it was seen, and what that costs and hides.
fn told(report: &WatchReport) -> String {
    let every = report.every_s().map_or_else(|| "-".to_owned(), |s| format!("{:.0} ms", s * 1e3));
    let mut told = format!(
        "{} looks, one each {every}; they took {} of a CPU. What ran and waited between two looks the kernel counts \
         exactly; when between them is not known.",
        report.looks,
        percent(report.cost())
    );
    if !report.waits_told && report.waits_unknown_s > 0.0 {
        told += " What they wait for may not be read here (another user's, or the kernel does not tell).";
    }
    if report.account.run_s > 0.0 && report.account.wait_s == 0.0 && report.turns == 0 {
        told += " This kernel keeps no schedstat: waits for a CPU are not known.";
    }
    told
}

/// What was seen, in Markdown.
pub fn markdown(watched: &Watched<'_>) -> String {
    let report = watched.report;
    let mut text = format!("# X-ray of {}\n\n", plain(watched.name));
    if let Some(bound) = report.bound() {
        let _ = writeln!(text, "{} {}\n", plain(&bound.sentence), plain(&bound.help));
    }
    let machine = watched.machine;
    let _ = writeln!(
        text,
        "* CPU: {}\n* usable CPUs: {} of {}\n* kernel: {}\n* measured by: glowtop {}\n* begun: {} UTC\n",
        plain(&machine.model),
        machine.cpus,
        machine.online,
        plain(&machine.kernel),
        plain(watched.version),
        utc(watched.started_unix_s).replace('T', " ")
    );
    text += "| what | value |\n| --- | ---: |\n";
    for (head, value) in figures(report) {
        let _ = writeln!(text, "| {} | {} |", head.trim(), plain(&value));
    }
    let _ = writeln!(text, "\n| where {} went | time | share |\n| --- | ---: | ---: |", capacity(report));
    let sum = report.account.sum_s();
    for (name, part) in report.account.parts().into_iter().chain([("sum", sum)]) {
        let share = percent(Some(report.account.share(part)));
        let _ = writeln!(text, "| {name} | {} | {share} |", seconds(part));
    }
    text += "\n| ran at a time | time | share |\n| ---: | ---: | ---: |\n";
    for (count, time) in report.concurrency_s.iter().enumerate() {
        let share = percent(Some(time / report.real_s.max(1e-9)));
        let _ = writeln!(text, "| {count} | {} | {share} |", seconds(*time));
    }
    text += "\n| name | processes | on a CPU | waiting |\n| --- | ---: | ---: | ---: |\n";
    for name in &report.names {
        let (run, wait) = (seconds(name.run_s), seconds(name.wait_s));
        let _ = writeln!(text, "| {} | {} | {run} | {wait} |", plain(&name.name), name.processes);
    }
    text += "\n| thread | pid | on a CPU | waiting | blocked | migrations |\n\
             | --- | ---: | ---: | ---: | ---: | ---: |\n";
    for thread in &report.busiest {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            plain(&thread.name),
            who(thread.pid, thread.tid),
            seconds(thread.run_s),
            seconds(thread.wait_s),
            seconds(thread.blocked_s),
            thread.migrations
        );
    }
    let lanes = lanes(watched);
    if !lanes.is_empty() {
        let _ = write!(text, "\n```text\n{}\n```\n", lanes.trim_end());
    }
    let _ = writeln!(text, "\n{}", plain(&told(report)));
    text
}

/// Text that Markdown and HTML take for nothing but text.
fn plain(text: &str) -> String {
    super::super::markdown::plain(text)
}
