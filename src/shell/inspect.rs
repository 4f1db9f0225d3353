//! `glowtop inspect`: pages of one process as text or JSON, without a terminal.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{self, Duration};

use clap::Args;
use nix::unistd::{SysconfVar, sysconf};

use super::{event, output};
use crate::catalog::inspect::Context;
use crate::export;
use crate::model::Pid;
use crate::model::inspect::{Examine, Found, Inspection, Page};
use crate::proc::Inspector;
use crate::sys;

/// What is looked at, and how it is written.
#[derive(Clone, Debug, Args)]
pub(super) struct InspectArgs {
    /// The process
    #[arg(value_name = "PID", value_parser = super::words::pid)]
    pub pid: Pid,
    /// Pages to write, with commas between them: overview, threads, files, environment, command, memory, limits, cgroup,
    /// namespaces, signals, locks, scheduling, ancestry; or all
    #[arg(long, value_name = "LIST", default_value = "overview", value_delimiter = ',', value_parser = pages)]
    pub page: Vec<Pages>,
    /// Write JSON: an object for each page, one page alone as it is, more in an array
    #[arg(long)]
    pub json: bool,
    /// Seconds between the two looks that rates need, 0.1 to 3600
    #[arg(short, long, value_name = "SECONDS", default_value = "0.3", value_parser = super::words::delay)]
    pub delay: f64,
}

/// One page, or all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pages {
    /// All of them.
    All,
    /// This one.
    One(Page),
}

fn pages(text: &str) -> Result<Pages, String> {
    let wanted = text.trim().to_ascii_lowercase();
    match wanted.as_str() {
        "all" => Ok(Pages::All),
        name => Page::named(name).map(Pages::One).ok_or_else(|| {
            let names: Vec<&str> = Page::ALL.into_iter().map(Page::name).collect();
            format!("there is no such page; there are {} and all", names.join(", "))
        }),
    }
}

/// Writes the pages; 2 where there is no such process.
pub(super) fn main(args: &InspectArgs, root: &Path) -> ExitCode {
    let mut inspector = Inspector::new(root);
    let Some(id) = inspector.find(args.pid) else {
        output::complain(&format!("glowtop: there is no process {}", args.pid));
        return ExitCode::from(2);
    };
    let mut wanted: Vec<Page> = Vec::new();
    for pages in &args.page {
        match pages {
            Pages::All => wanted.extend(Page::ALL),
            Pages::One(page) => wanted.push(*page),
        }
    }
    let mut seen = std::collections::HashSet::new();
    wanted.retain(|page| seen.insert(*page));
    let first: Vec<Inspection> = wanted.iter().map(|page| inspector.examine(id, *page, true)).collect();
    // Rates need two looks, and what is brought by readers that may hang has come by then.
    std::thread::sleep(Duration::from_secs_f64(args.delay));
    let looks: Vec<Inspection> =
        first.iter().map(|look| inspector.examine(id, look.page, true).follow(Some(look))).collect();
    if looks.iter().all(|look| matches!(look.found, Found::Gone(_))) {
        output::complain(&format!("glowtop: process {} has ended", args.pid));
        return ExitCode::from(2);
    }
    let context = Context {
        now: event::now(),
        utc_offset_s: time::UNIX_EPOCH.elapsed().ok().and_then(|now| sys::utc_offset(now.as_secs() as i64)),
        cores: online(),
        memory_total: None,
    };
    output::write(|out| write(&looks, &context, args.json, out))
}

/// How many CPUs are online; 1 where that is unknown.
fn online() -> usize {
    let told = sysconf(SysconfVar::_NPROCESSORS_ONLN).ok().flatten();
    told.and_then(|count| usize::try_from(count).ok()).unwrap_or(1)
}

fn write(looks: &[Inspection], context: &Context, json: bool, out: &mut dyn Write) -> io::Result<()> {
    if json {
        let all: Vec<String> = looks.iter().map(|look| export::inspect::json(look, context)).collect();
        return match all.as_slice() {
            [one] => writeln!(out, "{one}"),
            more => writeln!(out, "[\n{}\n]", more.join(",\n")),
        };
    }
    for (n, look) in looks.iter().enumerate() {
        if looks.len() > 1 {
            let air = if n > 0 { "\n" } else { "" };
            writeln!(out, "{air}== {} ==", look.page.name())?;
        }
        out.write_all(export::inspect::text(look, context).as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_names() {
        assert_eq!(pages("Files"), Ok(Pages::One(Page::Files)));
        assert_eq!(pages("all"), Ok(Pages::All));
        assert!(pages("file").is_err_and(|why| why.contains("files")));
    }
}
