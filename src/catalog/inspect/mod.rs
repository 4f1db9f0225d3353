//! The pages of the inspector as rows: what each of them says, and in which roles.
//!
//! Its words: a *sheet* is a page, made of *blocks*; a block has columns and rows, or is a list of *facts*; a *line* is
//! one row being written, which happens only when somebody looks at it. Each page is a file that turns its values into
//! a sheet; the screen, the text and the JSON of a page all come from there. It must never know how wide the screen is,
//! nor where the cursor stands. Read next: [`Sheet`], then `limits.rs`, the shortest page.

mod ancestry;
mod cgroup;
mod command;
mod files;
mod limits;
mod line;
mod locks;
mod memory;
mod namespaces;
mod order;
mod overview;
mod scheduling;
mod sheet;
mod signals;
mod sockets;
mod text;
mod threads;
mod words;

use crate::model::Nanos;
use crate::model::inspect::{Found, Refused};

pub use line::{Bar, Exact, Lead, Line, Place};
pub use order::{Order, Spotted};
pub use sheet::{At, Block, Col, FACTS, Facts, Sheet, pieces};
pub use text::text;
pub use words::state_word;

/// What a page has to know beside its values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context {
    /// CLOCK_MONOTONIC.
    pub now: Nanos,
    /// How far local time is ahead of UTC, seconds; `None` where that is unknown, and UTC is shown.
    pub utc_offset_s: Option<i32>,
    /// How many CPUs there are.
    pub cores: usize,
    /// The machine's memory, bytes.
    pub memory_total: Option<u64>,
}

/// What was found as rows; nothing where there is no page.
pub fn sheet<'a>(found: &'a Found, context: &Context) -> Sheet<'a> {
    match found {
        Found::Overview(page) => overview::sheet(page, context),
        Found::Threads(page) => threads::sheet(page),
        Found::Files(page) => files::sheet(page),
        Found::Environment(page) => command::environment(page),
        Found::Command(page) => command::command(page),
        Found::Memory(page) => memory::sheet(page, context),
        Found::Limits(page) => limits::sheet(page),
        Found::Cgroup(page) => cgroup::sheet(page),
        Found::Namespaces(page) => namespaces::sheet(page),
        Found::Signals(page) => signals::sheet(page),
        Found::Locks(page) => locks::sheet(page),
        Found::Scheduling(page) => scheduling::sheet(page, context),
        Found::Ancestry(page) => ancestry::sheet(page, context),
        Found::Gone(how) => {
            let mut facts = Facts::new();
            let how = *how;
            facts.add("ended", move |line| _ = line.say(crate::model::Role::Warn, &how.sentence()));
            Sheet::new([facts.block("ended", "")])
        }
        Found::Refused(why) => Sheet::new([refusal(*why)]),
    }
}

/// Why there is nothing to see, as a block.
fn refusal<'a>(why: Refused) -> Block<'a> {
    let mut facts = Facts::new();
    facts.add("not to be seen", move |line| line.refused(why));
    facts.block("refused", "")
}

/// The rows of a list that may have been refused.
fn listed<'a, T>(datum: &'a Result<Vec<T>, Refused>, block: impl FnOnce(&'a [T]) -> Block<'a>) -> Block<'a> {
    match datum {
        Ok(rows) => block(rows),
        Err(why) => refusal(*why),
    }
}
