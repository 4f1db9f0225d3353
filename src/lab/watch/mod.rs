//! The X-ray: a thread that looks at processes of others, and starts, stops and changes nothing.
//!
//! It reads `/proc/PID/task/*/{schedstat,stat}` some twenty times a second, and tells what it saw as the lab tells what
//! its own workers do; [`crate::model::lab::watch`] makes a report of it. It takes no more than a part of one CPU: where
//! a round of looks costs too much, the next one waits for longer. `eye` is one thread, `tree` all of them.
//!
//! It must never know who asked, nor what the report says.

mod eye;
mod tree;

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::pulse::{cpu_ns, now_ns};
use super::supervisor::machine::Reading;
use crate::model::lab::watch::{EVERY, WatchPlan, WatchReport};
use crate::model::lab::{LabNews, Mode, Noise, RunPlan, Settings};
use tree::Tree;

/// The greatest part of one CPU that looking may take.
const COST: f64 = 0.03;

/// How often a report is told while it goes on, nanoseconds.
const REPORT: u64 = 1_000_000_000;

/// Processes that are watched. Dropping it ends the watch, and does not wait for it.
#[must_use = "a watch that nobody holds ends"]
pub struct Watching {
    /// Closed when this is dropped.
    _held: Sender<()>,
}

/// Watches processes until all have ended, the plan's time is over, or the handle is dropped. `news` is called on a
/// thread of its own: the last report is told, and then [`LabNews::Ended`].
///
/// # Errors
/// Where no thread can be started.
pub fn watch(plan: WatchPlan, news: impl Fn(LabNews) + Send + 'static) -> io::Result<Watching> {
    let (held, release) = channel();
    std::thread::Builder::new().name("glowtop-watch".to_owned()).spawn(move || {
        let problem = run(&plan, &release, &news);
        news(LabNews::Ended { problem });
    })?;
    Ok(Watching { _held: held })
}

/// Looks until it is over; returns why there was nothing to be seen.
fn run(plan: &WatchPlan, release: &Receiver<()>, news: &impl Fn(LabNews)) -> Option<String> {
    let before = Reading::of_use();
    let cpu_before = cpu_ns();
    let every = plan.every.clamp(EVERY.0, EVERY.1);
    let mut tree = Tree::new(&plan.roots, plan.alone);
    if !tree.is_alive() {
        return Some("There is nobody to be looked at any more: all of them have ended.".to_owned());
    }
    let workers = tree.fold.living() as u32;
    let run = RunPlan { mode: Mode::Threads, workers, settings: Settings::default() };
    news(LabNews::RunStarted { index: 0, run, tasks: 0, rounds: 1 });
    let report = |tree: &Tree| -> Box<WatchReport> {
        let cost_s = cpu_ns().saturating_sub(cpu_before) as f64 / 1e9;
        let over = !tree.is_alive();
        let own = tree.fold.report(over, cost_s, Noise::default());
        // What they, and looking at them, did not use, others did.
        let noise = Reading::of_use().since(&before, own.cpu_s() + cost_s, own.real_s);
        Box::new(WatchReport { noise, ..own })
    };
    let (mut told, mut due) = (0, now_ns());
    loop {
        tree.fold.news().into_iter().for_each(news);
        let clock = tree.clock();
        if clock >= told + REPORT {
            told = clock;
            news(LabNews::Watched(report(&tree)));
        }
        let at_limit = plan.limit.is_some_and(|limit| clock >= limit);
        if at_limit || !tree.is_alive() {
            break;
        }
        due = (due + every).max(now_ns() + 1);
        let limit = plan.limit.map_or(u64::MAX, |limit| limit.saturating_sub(clock).saturating_add(now_ns()));
        let patience = Duration::from_nanos(due.min(limit).saturating_sub(now_ns()));
        if release.recv_timeout(patience) == Err(RecvTimeoutError::Disconnected) {
            break;
        }
        let began = cpu_ns();
        tree.look(false);
        // What costs much is done less often.
        let rest = (cpu_ns().saturating_sub(began) as f64 / COST) as u64;
        due = due.max(now_ns().saturating_add(rest).saturating_sub(every));
    }
    tree.look(true);
    tree.fold.news().into_iter().for_each(news);
    news(LabNews::Watched(report(&tree)));
    None
}
