//! `glowtop lab watch`: the X-ray of processes that run already.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{Sender, channel};
use std::time::{SystemTime, UNIX_EPOCH};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::output::{Form, Reports, remark};
use super::words::wrong;
use super::{FAILED, Failure};
use crate::export::lab::watch::{self as report, Watched};
use crate::lab;
use crate::model::lab::watch::{EVERY, WatchPlan, WatchReport};
use crate::model::lab::{LabNews, Lanes};
use crate::model::{ProcId, Untrusted, showable};
use crate::shell::kill::choice::Choice;
use crate::shell::kill::look;
use crate::shell::{output, words};

/// What goes without saying on the page of the command itself.
pub(super) const AFTER_HELP: &str = "\
Ctrl-C ends the look and reports what was seen until then; nothing happens to the processes. No rights are needed: of other \
users' processes only what they wait for is not told.

Each thread has a lane; whoever comes later takes the lane of one who has ended. How long each ran and waited between two \
looks is the kernel's own count. CPU time of children too short to be seen is told by their parents' counts, as `unseen`.

Exit status: 0 something was seen; 1 nobody matches, or all had ended before; 2 wrong usage.";

/// Whom to look at, for how long, and where the report goes.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct WatchArgs {
    /// Who is meant: a pid, pieces of command lines with | between alternatives, or a query such as 'name=make';
    /// `glowtop print fields` lists what can be asked for
    #[arg(value_name = "PID|QUERY")]
    who: String,
    /// For so long: 30s, 500ms, 2m, or seconds [default: until all have ended, or Ctrl-C]
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    limit: Option<u64>,
    /// The time between two looks, from 20ms to 10s; it becomes longer where looking would take more than 3 % of a CPU
    #[arg(long, value_name = "TIME", default_value = "50ms", value_parser = every)]
    every: u64,
    /// Only those that match, without their children
    #[arg(long, conflicts_with = "tree")]
    alone: bool,
    /// With everything below them in the tree of processes; that is so anyway
    #[arg(short, long)]
    tree: bool,
    #[command(flatten)]
    reports: Reports,
}

/// Runs `glowtop lab watch …`.
pub(super) fn main(args: &WatchArgs, config: Option<&Path>) -> Result<ExitCode, Failure> {
    let (name, roots) = match find(&args.who, config)? {
        Ok(found) => found,
        Err(code) => return Ok(code),
    };
    let places = args.reports.open()?;
    let plan = WatchPlan { name, roots, alone: args.alone, every: args.every, limit: args.limit };
    let (name, machine) = (plan.name.clone(), lab::machine());
    let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let seen = see(plan)?;
    let Some(seen_report) = seen.report else {
        remark(seen.problem.as_deref().unwrap_or("Nothing was seen."));
        return Ok(ExitCode::from(FAILED));
    };
    let watched = Watched {
        name: &name,
        machine: &machine,
        started_unix_s: started,
        version: env!("CARGO_PKG_VERSION"),
        report: &seen_report,
        lanes: &seen.lanes,
    };
    places.write_as(|form| written(form, &watched))?;
    Ok(ExitCode::SUCCESS)
}

fn written(form: Form, watched: &Watched<'_>) -> Result<String, Failure> {
    match form {
        Form::Table => Ok(report::text(watched)),
        Form::Json => report::json(watched)
            .map_err(|error| Failure::new(FAILED, format!("The report could not be written: {error}."))),
        Form::Markdown => Ok(report::markdown(watched)),
        Form::Svg => Ok(report::svg(watched)),
    }
}

/// Who is meant, and what they are called; the exit code where it is nobody.
fn find(who: &str, config: Option<&Path>) -> Result<Result<(String, Vec<ProcId>), ExitCode>, Failure> {
    let only_digits = !who.is_empty() && who.bytes().all(|byte| byte.is_ascii_digit());
    let query = if only_digits { format!("pid:{who}") } else { who.to_owned() };
    let mut filter = match words::understand(&query, &words::views(&query, config)) {
        Ok(filter) => filter,
        Err(code) => return Ok(Err(code)),
    };
    if filter.is_empty() || query.chars().all(|c| c.is_whitespace() || c == '|') {
        return Err(wrong("An empty query matches everybody; say who is meant."));
    }
    let snapshot = look(Path::new("/"), &filter).map_err(|nothing| Failure::new(FAILED, nothing))?;
    filter.look(&snapshot);
    words::say_unsure(&filter, &snapshot);
    let choice = Choice::new(&snapshot, &filter, false);
    let Some(first) = choice.targets.first() else {
        output::complain(&format!("glowtop: no process matches '{}'", Untrusted::from(who).show(100)));
        choice.left_out.iter().for_each(output::complain);
        return Ok(Err(ExitCode::from(FAILED)));
    };
    let comm = snapshot.find_pid(first.id.pid).map_or_else(String::new, |proc| proc.task.comm.show(24));
    let more = match choice.targets.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let name = format!("{comm} ({}){more}", first.id.pid);
    Ok(Ok((name, choice.targets.iter().map(|target| target.id).collect())))
}

/// What was seen.
struct Seen {
    lanes: Lanes,
    report: Option<WatchReport>,
    problem: Option<String>,
}

enum Event {
    Lab(LabNews),
    /// A signal asks to end.
    End,
}

/// Looks until it is over, or a signal asks to end; another one ends the program.
fn see(plan: WatchPlan) -> Result<Seen, Failure> {
    let name = plan.name.clone();
    let (sender, events) = channel();
    end_on_signal(sender.clone()).map_err(|error| failed(&error))?;
    let told = sender;
    let watching =
        lab::watch(plan, move |news| drop(told.send(Event::Lab(news)))).map_err(|error| failed(&error))?;
    let mut watching = Some(watching);
    let mut seen = Seen { lanes: Lanes::default(), report: None, problem: None };
    let mut line = Line { shown: io::stderr().is_terminal(), drawn: false };
    for event in events {
        match event {
            Event::End => watching = None,
            Event::Lab(LabNews::Ended { problem }) => {
                seen.problem = problem;
                break;
            }
            Event::Lab(LabNews::Watched(report)) => {
                line.draw(&name, &report);
                seen.report = Some(*report);
            }
            Event::Lab(LabNews::WorkerStarted { worker, pid, tid, name }) => {
                let mut safe = String::new();
                showable(name.as_bytes(), 24, &mut safe);
                seen.lanes.start(worker, pid, tid, safe);
            }
            Event::Lab(LabNews::WorkerEnded { worker, at, fate }) => seen.lanes.end(worker, at, fate),
            Event::Lab(LabNews::Looks(looks)) => seen.lanes.looks(&looks),
            Event::Lab(_) => {}
        }
    }
    line.clear();
    drop(watching);
    Ok(seen)
}

fn failed(error: &io::Error) -> Failure {
    Failure::new(FAILED, format!("The look could not be started: {error}."))
}

/// The first signal that asks to end ends the look; the second one the program.
fn end_on_signal(events: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for (at, signal) in signals.forever().enumerate() {
            if at > 0 {
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
            let _ = events.send(Event::End);
        }
    })?;
    Ok(())
}

/// One line of how it goes on, rewritten in place; only on a terminal.
struct Line {
    shown: bool,
    drawn: bool,
}

impl Line {
    fn draw(&mut self, name: &str, report: &WatchReport) {
        if !self.shown {
            return;
        }
        let cores = report.cores_used().unwrap_or(0.0);
        let mut line = format!(
            "{name}: {:.0} s, {} lanes, {cores:.2} of {} CPUs; Ctrl-C reports",
            report.real_s, report.lanes, report.noise.cpus
        );
        let (columns, _) = crossterm::terminal::size().unwrap_or((80, 24));
        let mut short = String::new();
        showable(std::mem::take(&mut line).as_bytes(), usize::from(columns).saturating_sub(1), &mut short);
        let _ = write!(io::stderr(), "\r{short}\x1b[K");
        self.drawn = true;
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// Reads a time: `30s`, `500ms`, `2m`, `1h`, or seconds; nanoseconds.
fn duration(text: &str) -> Result<u64, String> {
    let refusal = || "a time is written 30s, 500ms, 2m, 1h, or as seconds".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "" | "s" => 1e9,
        "ms" => 1e6,
        "m" | "min" => 60e9,
        "h" => 3600e9,
        _ => return Err(refusal()),
    };
    let number: f64 = digits.parse().map_err(|_| refusal())?;
    let nanos = number * unit;
    if (1e6..=1e15).contains(&nanos) { Ok(nanos as u64) } else { Err(refusal()) }
}

/// Reads the time between two looks.
fn every(text: &str) -> Result<u64, String> {
    let nanos = duration(text)?;
    let (least, most) = EVERY;
    if (least..=most).contains(&nanos) {
        Ok(nanos)
    } else {
        Err(format!("it must be from {} ms to {} s", least / 1_000_000, most / 1_000_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_units() {
        assert_eq!(duration("30s"), Ok(30_000_000_000));
        assert_eq!(duration("1.5"), Ok(1_500_000_000));
        assert_eq!(duration("500ms"), Ok(500_000_000));
        assert_eq!(duration("2m"), Ok(120_000_000_000));
        for wrong in ["", "s", "-1", "0", "nan", "inf", "1d", "1 s", "1e99"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert_eq!(every("50ms"), Ok(crate::model::lab::watch::EVERY_DEFAULT));
        assert!(every("5ms").is_err() && every("1m").is_err());
    }

    #[test]
    fn a_number_is_a_pid_and_nobody_is_nobody() {
        let own = std::process::id().to_string();
        let found = find(&own, None);
        // This program is what the filter leaves out where it is not named.
        assert!(matches!(found, Ok(Err(_))), "oneself is left out");
        assert!(matches!(find("4194305", None), Ok(Err(_))));
        assert!(find("", None).is_err() && find(" | ", None).is_err());
    }
}
