//! `glowtop lab`: the lab from the command line.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::lab::{self, LabError};
use crate::model::lab::{
    LabPlan, Mode, RunPlan, RunReport, Settings, Subject, WorkloadInfo, speedup, why_not,
};

/// Exit code of a run with a wrong or missing answer, or of a lab that failed.
const FAILED: u8 = 1;
/// Exit code of a command line that asks for what cannot be.
const USAGE: u8 = 2;

/// Runs workloads in serial and in parallel, measures them and checks their answers.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct LabArgs {
    #[command(subcommand)]
    command: LabCommand,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum LabCommand {
    /// Lists the workloads.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Runs a workload and prints what it took, as time(1) does.
    ///
    /// Exit status: 0 all answers are right, 1 one is wrong or missing or the lab failed, 2 wrong usage.
    Run(RunArgs),
}

#[derive(clap::Args, Clone, Debug)]
struct RunArgs {
    /// Which workload.
    #[arg(value_parser = workload_ids())]
    workload: String,
    /// How its tasks are spread: one after the other, over threads, one process each, or over a pool of processes.
    #[arg(long, value_parser = mode(), default_value = Mode::Pool.word())]
    mode: Mode,
    /// Number of threads, or of processes in the pool [default: the CPUs that can be used].
    #[arg(long, value_name = "N")]
    workers: Option<u32>,
    /// Runs it in serial first and compares.
    #[arg(long, value_name = "MODE", value_parser = ["serial"])]
    compare: Option<String>,
    /// Does each task once, as the program it comes from.
    #[arg(long, value_parser = ["seed"], conflicts_with = "seconds")]
    size: Option<String>,
    /// Repeats each task so often that the serial run takes about this long.
    #[arg(long, value_name = "S", default_value_t = 2.0)]
    seconds: f64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

fn workload_ids() -> PossibleValuesParser {
    PossibleValuesParser::new(lab::workloads().iter().map(|workload| workload.id))
}

fn mode() -> impl TypedValueParser<Value = Mode> {
    PossibleValuesParser::new(Mode::ALL.map(Mode::word))
        .try_map(|word| Mode::parse(&word).ok_or("there is no such mode"))
}

/// Runs `glowtop lab …`.
pub(super) fn main(args: &LabArgs) -> ExitCode {
    let done = match &args.command {
        LabCommand::List { json } => print(&list(*json)).map(|()| ExitCode::SUCCESS),
        LabCommand::Run(args) => run(args),
    };
    done.unwrap_or_else(|error| {
        complain(&format!("The result could not be written: {error}."));
        ExitCode::from(FAILED)
    })
}

/// Writes to standard output. That nobody reads on is no failure.
fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

fn complain(sentence: &str) {
    let _ = writeln!(io::stderr(), "glowtop: {sentence}");
}

fn list(json: bool) -> String {
    let workloads = lab::workloads();
    if json {
        let rows = workloads.iter().map(|workload| {
            let modes: Vec<&str> = workload.modes.iter().map(|mode| mode.word()).collect();
            serde_json::json!({
                "workload": workload.id,
                "title": workload.title,
                "lesson": workload.lesson,
                "modes": modes,
            })
        });
        return format!("{}\n", serde_json::Value::Array(rows.collect()));
    }
    let line = |workload: &WorkloadInfo| format!("{:<12} {}\n", workload.id, workload.title);
    workloads.iter().map(line).collect::<Vec<_>>().concat()
}

/// The plan that the flags mean.
fn plan(args: &RunArgs) -> Result<LabPlan, LabError> {
    let tasks = lab::workloads().iter().find(|workload| workload.id == args.workload);
    let tasks = tasks.and_then(|info| info.knob("tasks")?.default.parse().ok());
    let fixed = match args.mode {
        Mode::Serial => Some(1),
        Mode::Fork => tasks,
        _ => None,
    };
    let workers = match (args.workers, fixed) {
        (Some(asked), Some(fixed)) if asked != fixed => {
            let mode = args.mode.word();
            let noun = if fixed == 1 { "worker" } else { "workers" };
            return Err(LabError::Refused(format!("Mode {mode} has {fixed} {noun} here, not {asked}.")));
        }
        (Some(workers), _) | (None, Some(workers)) => workers,
        (None, None) => lab::usable_cpus().min(lab::most_workers()),
    };
    let mut runs = Vec::new();
    if args.compare.is_some() && args.mode != Mode::Serial {
        runs.push(RunPlan { mode: Mode::Serial, workers: 1, settings: Settings::default() });
    }
    runs.push(RunPlan { mode: args.mode, workers, settings: Settings::default() });
    let serial_seconds = args.size.is_none().then_some(args.seconds);
    let subject = Subject::Workload(args.workload.clone());
    Ok(LabPlan { subject, runs, serial_seconds, repeat: 1, limit_s: None })
}

fn run(args: &RunArgs) -> io::Result<ExitCode> {
    let reports = plan(args).and_then(|plan| lab::run_to_end(plan, |_| ()));
    let reports = match reports {
        Ok(reports) => reports,
        Err(error) => {
            complain(&error.to_string());
            let usage = matches!(error, LabError::Refused(_));
            return Ok(ExitCode::from(if usage { USAGE } else { FAILED }));
        }
    };
    print(&if args.json { json(&args.workload, &reports)? } else { table(&args.workload, &reports) })?;
    let right = reports.iter().all(|report| report.answer_ok);
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// The report for programs.
fn json(workload: &str, reports: &[RunReport]) -> io::Result<String> {
    #[derive(serde::Serialize)]
    struct Report<'a> {
        workload: &'a str,
        runs: &'a [RunReport],
        speedup: Option<f64>,
        efficiency: Option<f64>,
    }
    let (speedup, efficiency) = compared(reports).unzip();
    Ok(serde_json::to_string(&Report { workload, runs: reports, speedup, efficiency })? + "\n")
}

/// Speed-up and efficiency of the last run against the first serial one.
fn compared(reports: &[RunReport]) -> Option<(f64, f64)> {
    let serial = reports.iter().find(|report| report.mode == Mode::Serial)?;
    speedup(serial, reports.iter().rev().find(|report| report.mode != Mode::Serial)?)
}

/// The report for people: a column for each run.
fn table(workload: &str, reports: &[RunReport]) -> String {
    use std::fmt::Write as _;
    let tasks = reports.first().map_or(0, |report| report.answers.len());
    let mut text = row(&format!("{workload}  {tasks} tasks"), reports, title);
    let seconds = |seconds: f64| format!("{seconds:.3} s");
    text += &row("real", reports, |report| seconds(report.real_s));
    text += &row("user", reports, |report| seconds(report.user_s));
    text += &row("sys", reports, |report| seconds(report.sys_s));
    text += &row("cores in use", reports, |report| {
        let cores = (report.user_s + report.sys_s) / report.real_s;
        if cores.is_finite() { format!("{cores:.2}") } else { "-".to_owned() }
    });
    text += &row("answer", reports, |report| {
        let there = report.answers.iter().flatten().count();
        let verdict = match () {
            () if report.answer_ok => "ok",
            () if there < tasks => "MISSING",
            () => "WRONG",
        };
        format!("{there}/{tasks} {verdict}")
    });
    if let Some((speedup, efficiency)) = compared(reports) {
        let _ = writeln!(text, "speed-up {speedup:.2} x   efficiency {:.1} %", efficiency * 100.0);
    }
    if let [serial, run] = reports
        && let Some(why) = why_not(serial, run)
    {
        let _ = writeln!(text, "{}", why.sentence);
    }
    if let Some(report) = reports.last() {
        text += "answers";
        for answer in &report.answers {
            text += &answer.map_or_else(|| " -".to_owned(), |answer| format!(" {answer}"));
        }
        text.push('\n');
    }
    text
}

/// One row of the table.
fn row(head: &str, reports: &[RunReport], cell: impl Fn(&RunReport) -> String) -> String {
    use std::fmt::Write as _;
    let mut text = format!("{head:<24}");
    for report in reports {
        let _ = write!(text, "{:>14}", cell(report));
    }
    text + "\n"
}

/// `serial`, `pool x4`.
fn title(report: &RunReport) -> String {
    match report.mode {
        Mode::Serial => "serial".to_owned(),
        mode => format!("{} x{}", mode.word(), report.workers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(mode: Mode, workers: u32, real_s: f64, answers: Vec<Option<u64>>) -> RunReport {
        let answer_ok = answers.iter().all(Option::is_some);
        let blank = RunReport::blank(&RunPlan { mode, workers, settings: Settings::default() });
        RunReport { real_s, user_s: 3.0, sys_s: 0.125, answers, answer_ok, ..blank }
    }

    #[test]
    fn the_table_has_a_column_per_run() {
        let answers = vec![Some(2), Some(3)];
        let reports = [report(Mode::Serial, 1, 3.125, answers.clone()), report(Mode::Pool, 2, 2.0, answers)];
        let expected = "\
primes  2 tasks                 serial       pool x2
real                           3.125 s       2.000 s
user                           3.000 s       3.000 s
sys                            0.125 s       0.125 s
cores in use                      1.00          1.56
answer                          2/2 ok        2/2 ok
speed-up 1.56 x   efficiency 78.1 %
answers 2 3
";
        assert_eq!(table("primes", &reports), expected);
    }

    #[test]
    fn a_missing_answer_is_said_and_nothing_compared() {
        let reports = [
            report(Mode::Serial, 1, 0.0, vec![Some(2), None]),
            report(Mode::Pool, 2, 1.0, vec![None, Some(3)]),
        ];
        let text = table("primes", &reports);
        assert!(text.contains("1/2 MISSING") && text.ends_with("answers - 3\n"), "{text}");
        assert!(!text.contains("speed-up") && !text.contains("inf") && !text.contains("NaN"), "{text}");
        let json: serde_json::Value =
            serde_json::from_str(&json("primes", &reports).expect("plain values")).expect("JSON");
        assert_eq!(json["speedup"], serde_json::Value::Null);
        assert_eq!(json["runs"][1]["answers"], serde_json::json!([null, 3]));
        assert_eq!(json["runs"][1]["mode"], "pool");
    }
}
