//! Commands of the user's own: from flags and standard input to a plan.

use std::io::{self, Read};

use clap::Args;

use super::Failure;
use super::words::{counts, wrong};
use crate::lab;
use crate::model::lab::{Jobs, LabPlan, Mode, RunPlan, Settings, Subject};

/// Most that is read from standard input, bytes.
const MOST_INPUT: u64 = 16 << 20;

/// Stands for the number of a job, from 1.
const NUMBER: &str = "{i}";
/// Stands for a line of standard input.
const LINE: &str = "{}";

/// Commands of your own
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Commands of your own")]
pub(super) struct JobArgs {
    /// Run the command so often; {i} in it becomes the job's number, from 1
    #[arg(short = 'n', long = "jobs", value_name = "N")]
    count: Option<usize>,
    /// Run the command for each line of standard input; {} in it becomes the line, which is appended where there is none
    #[arg(long, conflicts_with = "count")]
    each: bool,
    /// What --each reads ends with NUL instead of a newline, as find -print0 writes it
    #[arg(short = '0', long, requires = "each")]
    null: bool,
    /// How many jobs run at a time; one run for each number, 1 is serial [default: the CPUs that can be used]
    #[arg(short = 'j', long = "at-a-time", value_name = "N,…", value_parser = counts)]
    at_a_time: Option<std::vec::Vec<u32>>,
    /// Run the jobs one after the other too, first, and compare; so each is run twice
    #[arg(long = "compare", value_name = "MODE", value_parser = ["serial", "none"])]
    job_compare: Option<String>,
    /// Go on after a job that failed; else no other is started, and those that run are ended
    #[arg(long)]
    keep_going: bool,
    /// Discard what the commands write; else all of it goes to standard error
    #[arg(short, long)]
    quiet: bool,
    /// Repeat all runs so often; times are medians then
    #[arg(long = "repeat", value_name = "N", default_value_t = 1)]
    job_repeat: u32,
    /// End a run after so many seconds [default: none]
    #[arg(long = "time-limit", value_name = "S")]
    job_time_limit: Option<u32>,
    /// The command and its arguments; no shell looks at them
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// The plan that the flags mean.
pub(super) fn plan(args: &JobArgs) -> Result<LabPlan, Failure> {
    if args.command.is_empty() {
        return Err(wrong(
            "Say which workload, or a command after `--`; `glowtop lab list` lists the workloads, and `glowtop lab run \
             --help` helps.",
        ));
    }
    let commands = if args.each {
        let mut input = Vec::new();
        io::stdin()
            .take(MOST_INPUT + 1)
            .read_to_end(&mut input)
            .map_err(|error| wrong(format!("Standard input cannot be read: {error}.")))?;
        if input.len() as u64 > MOST_INPUT {
            return Err(wrong(format!("Standard input is longer than {} MiB.", MOST_INPUT >> 20)));
        }
        let lines = lines(&input, if args.null { 0 } else { b'\n' })?;
        lines.iter().map(|line| for_line(&args.command, line)).collect()
    } else {
        let count = args.count.unwrap_or(1);
        // What is too many, the plan's check says; it need not be built first.
        (1..=count.min(1 << 16)).map(|number| numbered(&args.command, number)).collect::<Vec<_>>()
    };
    if args.each && commands.is_empty() {
        return Err(wrong("There are no jobs: standard input has no lines."));
    }
    let jobs = Jobs {
        keep_going: args.keep_going,
        directory: std::env::current_dir()
            .map_err(|error| wrong(format!("The current directory cannot be told: {error}.")))?
            .into_os_string()
            .into_string()
            .map_err(|_| wrong("The name of the current directory is not UTF-8."))?,
        pass_output: !args.quiet,
        commands,
    };
    Ok(LabPlan {
        runs: runs(args, jobs.commands.len()),
        subject: Subject::Jobs(jobs),
        serial_seconds: None,
        repeat: args.job_repeat,
        limit_s: args.job_time_limit,
    })
}

/// A run for each number of jobs at a time, the serial one first.
fn runs(args: &JobArgs, jobs: usize) -> Vec<RunPlan> {
    let usable = lab::usable_cpus().min(u32::try_from(jobs).unwrap_or(u32::MAX));
    let mut levels = args.at_a_time.clone().unwrap_or_else(|| vec![usable]);
    if args.job_compare.as_deref() == Some("serial") && !levels.contains(&1) {
        levels.push(1);
    }
    levels.sort_unstable();
    let run = |workers| {
        let mode = if workers == 1 { Mode::Serial } else { Mode::Pool };
        RunPlan { mode, workers, settings: Settings::default() }
    };
    levels.into_iter().map(run).collect()
}

/// The lines of `input`, each ended by `end`; empty ones are none.
fn lines(input: &[u8], end: u8) -> Result<Vec<&str>, Failure> {
    let words = input.split(|&byte| byte == end).enumerate().filter(|(_, line)| !line.is_empty());
    words
        .map(|(at, line)| {
            let refusal = |_| wrong(format!("Line {} of standard input is not UTF-8.", at + 1));
            std::str::from_utf8(line).map_err(refusal)
        })
        .collect()
}

fn numbered(command: &[String], number: usize) -> Vec<String> {
    let number = number.to_string();
    command.iter().map(|word| word.replace(NUMBER, &number)).collect()
}

fn for_line(command: &[String], line: &str) -> Vec<String> {
    let mut words: Vec<String> = command.iter().map(|word| word.replace(LINE, line)).collect();
    if !command.iter().any(|word| word.contains(LINE)) {
        words.push(line.to_owned());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn places_are_filled_and_nothing_else_is_touched() {
        assert_eq!(numbered(&words("enc {i}.wav {} x{i}{i}"), 7), words("enc 7.wav {} x77"));
        assert_eq!(for_line(&words("convert {} {}.webp {i}"), "a b"), ["convert", "a b", "a b.webp", "{i}"]);
        assert_eq!(for_line(&words("rm -v"), "{} $(x)"), ["rm", "-v", "{} $(x)"], "no shell, no second look");
    }

    #[test]
    fn lines_are_what_lies_between_their_ends() {
        let found = lines(b"a\n\n b\r\nlast", b'\n').ok().expect("text");
        assert_eq!(found, ["a", " b\r", "last"]);
        assert_eq!(lines(b"a\nb\0c\0", 0).ok().expect("text"), ["a\nb", "c"]);
        assert!(lines(b"ok\n\xff\n", b'\n').is_err_and(|failure| failure.sentence.starts_with("Line 2 ")));
    }

    #[test]
    fn one_at_a_time_is_serial_and_comes_first() {
        let runs = |at_a_time: Option<Vec<u32>>, compare: Option<&str>| -> Vec<(Mode, u32)> {
            let job_compare = compare.map(str::to_owned);
            let args = JobArgs { at_a_time, job_compare, ..JobArgs::default() };
            super::runs(&args, 8).iter().map(|run| (run.mode, run.workers)).collect()
        };
        assert_eq!(runs(Some(vec![4, 1]), None), [(Mode::Serial, 1), (Mode::Pool, 4)]);
        assert_eq!(runs(Some(vec![4]), Some("serial")), [(Mode::Serial, 1), (Mode::Pool, 4)]);
        assert_eq!(runs(Some(vec![4]), None), [(Mode::Pool, 4)], "once is once");
        assert_eq!(runs(None, None).len(), 1);
    }
}
