//! What is written on the command line in more than one place, and how it is understood: a time, a pid, a
//! column, a filter.

use std::path::Path;
use std::process::ExitCode;

use super::output;
use super::settings::Place;
use crate::catalog::{Column, column, column_of_htop, columns};
use crate::model::{GroupBy, Kind, Needs, Pid, Proc, Snapshot, State};
use crate::query::{Filter, Views};

/// Shortest and longest time between two looks, seconds: below, the kernel's clock ticks are too coarse for rates.
const DELAYS: std::ops::RangeInclusive<f64> = 0.1..=3600.0;

/// Reads a time in seconds.
pub(super) fn delay(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is not a number of seconds".to_owned())?;
    if DELAYS.contains(&seconds) {
        Ok(seconds)
    } else {
        Err(format!("it must be from {} to {} seconds", DELAYS.start(), DELAYS.end()))
    }
}

/// Reads the number of a process.
pub(super) fn pid(text: &str) -> Result<Pid, String> {
    let number = text.trim().parse().ok().and_then(Pid::new);
    number.ok_or_else(|| "it is not the number of a process".to_owned())
}

/// A column by its id, by its title as the screen shows it, or as htop calls it.
pub(super) fn column_id(text: &str) -> Result<&'static Column, String> {
    let wanted = text.trim();
    let by_title = || columns().iter().find(|column| column.title.eq_ignore_ascii_case(wanted));
    column(&wanted.to_ascii_lowercase())
        .or_else(by_title)
        .or_else(|| column_of_htop(wanted))
        .ok_or_else(|| "there is no such column; `glowtop print columns` lists them".to_owned())
}

/// Reads what rows are grouped by.
pub(super) fn group_by(text: &str) -> Result<GroupBy, String> {
    let one_of = || format!("it is one of {}", GroupBy::ALL.map(GroupBy::id).join(", "));
    GroupBy::from_id(&text.trim().to_ascii_lowercase()).ok_or_else(one_of)
}

/// The saved views of the configuration, which is read only where somebody named it or `text` may name one of them. What
/// is wrong with it is written to standard error.
pub(super) fn views(text: &str, config: Option<&Path>) -> Views {
    if config.is_some() || text.contains('@') {
        Place::find(config).told().saved.views
    } else {
        Views::default()
    }
}

/// Says of how many processes it is not known whether they match, because what the filter asks of them is kept from us
/// or could not be read in time.
pub(super) fn say_unsure(filter: &Filter, snapshot: &Snapshot) {
    if !filter.needs().any(Needs::DETAILS) {
        return;
    }
    let lives = |proc: &&Proc| proc.task.kind == Kind::Process && proc.task.state != State::ZOMBIE;
    let unsure = snapshot.procs.iter().filter(lives).filter(|proc| filter.is_unsure(proc)).count();
    if unsure > 0 {
        let who = if unsure == 1 { "process" } else { "processes" };
        output::complain(&format!(
            "glowtop: of {unsure} {who} it is not known whether they match: what the query asks could not be read"
        ));
    }
}

/// What somebody wrote on the command line to say which processes are meant. Where it is wrong, that is written with the
/// place below it, and the exit status is returned: 2.
pub(super) fn understand(text: &str, views: &Views) -> Result<Filter, ExitCode> {
    let filter = Filter::parse_with(text, views);
    let Some(error) = filter.error() else { return Ok(filter) };
    let [line, carets] = error.pointed(text);
    output::complain(&format!("glowtop: {error}\n  {line}\n  {carets}"));
    Err(ExitCode::from(2))
}
