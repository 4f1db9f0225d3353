//! `glowtop lab sweep`: what runs left behind whose glowtop is gone.

use std::process::ExitCode;

use super::output::{print, remark};
use super::{FAILED, Failure};
use crate::lab;
use crate::model::lab::Leftover;

/// Whether they are ended.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct SweepArgs {
    /// Only list them
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// Lists the leftovers, and ends them.
pub(super) fn main(args: &SweepArgs) -> Result<ExitCode, Failure> {
    let found = lab::leftovers();
    print(&found.iter().map(line).collect::<String>())?;
    if args.dry_run || found.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let still_there = lab::end_leftovers(&found);
    for leftover in &still_there {
        remark(&format!("{} is still there.", line(leftover).trim_end()));
    }
    Ok(if still_there.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

fn line(leftover: &Leftover) -> String {
    format!("{:>8} {}\n", leftover.id.pid, leftover.name.show(40))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProcId, Untrusted};

    #[test]
    fn a_leftover_is_shown_by_its_pid_and_a_name_that_is_safe_to_print() {
        let id = ProcId::new(4711, 1).expect("a process");
        let leftover = Leftover { id, name: Untrusted::from("lab:\x1b[31m"), run: String::new() };
        let line = line(&leftover);
        assert!(
            line.starts_with("    4711 lab:") && line.ends_with('\n') && !line.contains('\x1b'),
            "{line:?}"
        );
    }
}
