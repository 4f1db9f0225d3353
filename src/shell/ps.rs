//! `glowtop ps`: two looks, one listing; no terminal is touched.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::output;
use super::words::{column_id, delay, group_by, say_unsure, understand};
use crate::catalog::{Column, columns, default_columns};
use crate::export::{self, Order};
use crate::model::{GroupBy, Kind, Needs, NoSample, Proc, Snapshot, Source, Wants, derive};
use crate::query::{Filter, Views};

/// Which processes are listed, and how.
#[derive(Clone, Debug, Args)]
pub(super) struct PsArgs {
    /// List only what matches: pieces of command lines with | between alternatives, pid:N for one process, or a query
    /// such as 'name~cc1 and cpu>50 and mem>1GiB'; `glowtop print fields` lists what can be asked for
    #[arg(value_name = "QUERY")]
    pub filter: Option<String>,
    /// Write JSON: an array of objects, numbers in bytes, seconds and percent of one core
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Write CSV, with the numbers that JSON has
    #[arg(long)]
    pub csv: bool,
    /// Columns to write, with commas between them; `glowtop print columns` lists them
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = column_id)]
    pub columns: Vec<&'static Column>,
    /// Sort by this column
    #[arg(long, value_name = "COLUMN", default_value = "cpu", value_parser = column_id)]
    pub sort: &'static Column,
    /// List children below their parents
    #[arg(long, conflicts_with = "group")]
    pub tree: bool,
    /// List one row for each program, user, container or systemd unit, with the sums of its members; JSON has their pids
    #[arg(long, value_name = "BY", value_parser = group_by)]
    pub group: Option<GroupBy>,
    /// List at most so many processes, or groups
    #[arg(short = 'n', long = "lines", value_name = "N")]
    pub lines: Option<usize>,
    /// Seconds between the two looks that rates need, 0.1 to 3600
    #[arg(short, long, value_name = "SECONDS", default_value = "0.3", value_parser = delay)]
    pub delay: f64,
}

impl PsArgs {
    /// The columns to write: those asked for, else those of the table; JSON is for programs, so it has all for which
    /// nothing more has to be read.
    pub(super) fn chosen_columns(&self) -> Vec<&'static Column> {
        match (self.columns.is_empty(), self.json) {
            (false, _) => self.columns.clone(),
            (true, true) => columns().iter().filter(|column| !column.needs.any(Needs::DETAILS)).collect(),
            (true, false) => default_columns(),
        }
    }
}

/// Looks twice, [`PsArgs::delay`] apart, and writes what was asked for. Status 2 where there is nothing to look at, and
/// where the query is wrong.
pub(super) fn main(args: &PsArgs, mut source: Box<dyn Source>, views: &Views) -> ExitCode {
    let filter = match understand(args.filter.as_deref().unwrap_or(""), views) {
        Ok(filter) => filter,
        Err(status) => return status,
    };
    let pause = || std::thread::sleep(Duration::from_secs_f64(args.delay));
    let columns = args.chosen_columns().into_iter().map(Column::needs_to_sort);
    let asked = columns.fold(filter.needs() | args.sort.needs_to_sort(), |sum, needs| sum | needs);
    let asked = asked | args.group.map_or(Needs::NOTHING, GroupBy::needs);
    match look_twice(source.as_mut(), asked, pause) {
        Ok(snapshot) => {
            if snapshot.system.hidepid {
                output::complain("glowtop: hidepid: the kernel shows only some processes");
            }
            output::write(|out| write(args, filter, &snapshot, out))
        }
        Err(error) => {
            output::complain(&format!("glowtop: {error}"));
            ExitCode::from(2)
        }
    }
}

/// Two looks with a pause between them, everything read, and what else is asked for: rates need two.
fn look_twice(source: &mut dyn Source, asked: Needs, pause: impl FnOnce()) -> Result<Snapshot, NoSample> {
    let wants = Wants { needs: Needs::FULL | asked, ..Wants::default() };
    let first = derive(None, source.sample(&wants)?);
    pause();
    Ok(derive(Some(&first), source.sample(&wants)?))
}

/// Writes the listing.
fn write(args: &PsArgs, mut filter: Filter, snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    filter.look(snapshot);
    say_unsure(&filter, snapshot);
    let order = Order { tree: args.tree, ..Order::by(args.sort) };
    // The filter stands in our own command line; nobody looks for that.
    let own = snapshot.host().own_pid.filter(|_| !filter.is_empty());
    let is_own = |proc: &Proc| match proc.task.kind {
        Kind::Thread(process) => Some(process) == own,
        _ => Some(proc.task.id.pid) == own,
    };
    let groups =
        args.group.map(|by| export::groups(snapshot, by, |proc| !is_own(proc) && filter.matches(proc)));
    let mut lines = match &groups {
        Some(groups) => export::group_lines(snapshot, groups, &order),
        None => export::select(snapshot, &filter, &order),
    };
    lines.retain(|line| line.group.is_some() || !is_own(line.proc));
    lines.truncate(args.lines.unwrap_or(usize::MAX));
    let columns = args.chosen_columns();
    if args.json {
        export::json(snapshot, &lines, &columns, out)
    } else if args.csv && args.group.is_some() {
        export::csv_of_groups(snapshot, &lines, &columns, out)
    } else if args.csv {
        export::csv(snapshot, &lines, &columns, out)
    } else {
        export::table(snapshot, &lines, &columns, out)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use clap::Parser;

    use super::*;
    use crate::model::{CpuTimes, Host, Nanos, Pid, ProcId, Sample, Seen, System, Task};
    use crate::shell::args::{Command, CommandLine};

    /// A machine of two processes, on which each look is a second after the one before and pid 2 is always busy.
    #[derive(Default)]
    struct Pair {
        looks: u64,
        /// The pid that is ours; 0 for none.
        own: u32,
    }

    impl Source for Pair {
        fn sample(&mut self, wants: &Wants) -> Result<Sample, NoSample> {
            assert!(wants.needs.has(Needs::FULL));
            self.looks += 1;
            let at = Nanos(self.looks * 1_000_000_000);
            let task = |pid, parent, name: &str| Task {
                parent: Pid::new(parent),
                comm: Arc::new(name.into()),
                cpu_clock: Some(if pid == 2 { at.0 / 2 } else { 0 }),
                ..Task::bare(ProcId::new(pid, u64::from(pid)).unwrap())
            };
            Ok(Sample {
                taken: at,
                system: System {
                    host: Arc::new(Host {
                        ticks_per_second: 100,
                        own_pid: Pid::new(self.own),
                        ..Host::default()
                    }),
                    cpus: vec![(0, CpuTimes::default())],
                    ..System::default()
                },
                tasks: [task(1, 0, "init"), task(2, 1, "busy")].map(|task| Seen::new(task, at)).into(),
                ..Sample::default()
            })
        }
    }

    struct Nothing;

    impl Source for Nothing {
        fn sample(&mut self, _: &Wants) -> Result<Sample, NoSample> {
            Err(NoSample::NoProc("/nowhere/proc".to_owned()))
        }
    }

    fn listing(line: &str) -> String {
        listing_as(Pair::default(), line)
    }

    fn listing_as(mut source: Pair, line: &str) -> String {
        let words = ["glowtop", "ps"].into_iter().chain(line.split_whitespace());
        let Some(Command::Ps(args)) = CommandLine::parse_from(words).command else { panic!("{line}") };
        // Words stand between blanks here; a query has its blanks written as `_`.
        let filter =
            understand(&args.filter.as_deref().unwrap_or("").replace('_', " "), &Views::default()).unwrap();
        let mut paused = false;
        let snapshot = look_twice(&mut source, filter.needs(), || paused = true).unwrap();
        assert!(paused && source.looks == 2);
        let mut out = Vec::new();
        write(&args, filter, &snapshot, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_filter_does_not_find_the_listing_itself() {
        assert!(listing_as(Pair { own: 1, ..Pair::default() }, "--csv --columns pid").contains("\n1\r"));
        let filtered = listing_as(Pair { own: 1, ..Pair::default() }, "i|b --csv --columns pid");
        assert_eq!(filtered, "pid\r\n2\r\n");
    }

    #[test]
    fn the_busiest_comes_first() {
        let text = listing("--columns pid,cpu,command");
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            ["    PID  CPU% Command", "      2  50.0 busy", "      1   0.0 init"]
        );
    }

    #[test]
    fn filter_tree_and_limit_are_obeyed() {
        assert_eq!(listing("BUSY --csv --columns pid,ppid"), "pid,ppid\r\n2,1\r\n");
        assert_eq!(listing("--csv --columns pid -n 1 --sort pid"), "pid\r\n1\r\n");
        assert_eq!(listing("--tree --columns command"), "Command\ninit\n  busy\n");
        assert_eq!(listing("nothing --json"), "[]\n");
    }

    #[test]
    fn a_query_asks_for_what_the_looks_found() {
        let pids = |query: &str| listing(&format!("{query} --csv --columns pid --sort pid"));
        assert_eq!(pids("cpu>49%"), "pid\r\n2\r\n");
        assert_eq!(pids("under:1_and_not_cpu>49"), "pid\r\n1\r\n");
        assert_eq!(pids("under:2_or_time<1s"), "pid\r\n1\r\n2\r\n");
        assert_eq!(pids("mem>0_or_not_mem>0"), "pid\r\n", "nothing is known of their memory");
    }

    #[test]
    fn json_has_every_column_for_which_nothing_more_is_read() {
        let read: serde_json::Value = serde_json::from_str(&listing("--json")).unwrap();
        let keys = read[0].as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
        let cheap = crate::catalog::columns().iter().filter(|column| !column.needs.any(Needs::DETAILS));
        let ids = cheap.map(|column| column.id.to_owned()).collect();
        assert_eq!(keys, ids);
        assert_eq!((read[0]["pid"].as_u64(), read[0]["cpu"].as_f64()), (Some(2), Some(50.0)));
        assert_eq!(read[0]["res"], serde_json::Value::Null);
    }

    #[test]
    fn nothing_to_look_at_is_a_sentence_and_status_2() {
        let Some(Command::Ps(args)) = CommandLine::parse_from(["glowtop", "ps"]).command else { panic!() };
        assert_eq!(main(&args, Box::new(Nothing), &Views::default()), ExitCode::from(2));
        assert_eq!(understand("cpu>fast", &Views::default()).map(|_| ()), Err(ExitCode::from(2)));
    }
}
