//! Counts the system calls of a look, all threads together: this program starts itself under strace(1) twice, for a few
//! looks and for some more, and what is between the two is what the looks cost.

use std::process::{Command, Stdio};

/// The word that asks this program for nothing but some looks: how many, and of which kind.
pub(crate) const ONLY: &str = "--only";

/// System calls and rows of one look of kind number `kind`, the middle of what `looks` looks made; or why that is not
/// known.
pub(crate) fn of_a_look(kind: usize, looks: usize) -> Result<(f64, usize), String> {
    const FIRST: usize = 3;
    let (few, _) = total(kind, FIRST)?;
    let (more, rows) = total(kind, FIRST + looks)?;
    Ok((more.saturating_sub(few) as f64 / looks.max(1) as f64, rows))
}

fn total(kind: usize, looks: usize) -> Result<(u64, usize), String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut strace = Command::new("strace");
    // The counts go to the standard error, the number of rows to the standard output.
    strace.args(["-f", "-c", "-U", "calls,name"]).arg(own).args([
        ONLY,
        &looks.to_string(),
        &kind.to_string(),
    ]);
    let done = strace.stdin(Stdio::null()).output().map_err(|error| format!("strace: {error}"))?;
    let counts = String::from_utf8_lossy(&done.stderr);
    let sum = counts.lines().find_map(|line| line.trim().strip_suffix("total")?.trim().parse().ok());
    let rows = String::from_utf8_lossy(&done.stdout).trim().parse().ok();
    sum.zip(rows).ok_or_else(|| "strace did not count: is tracing permitted?".to_owned())
}
