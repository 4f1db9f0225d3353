//! `glowtop lab what-if`: a kept experiment with other workers, or its tasks in another order, without running it.

use std::process::ExitCode;

use super::output::print;
use super::words::{counts, wrong};
use super::{Failure, saved};
use crate::export::lab::{what_if, what_if_json};
use crate::model::lab::whatif::QueueOrder;
use crate::model::lab::{Experiment, Mode};

/// The seed of the lab itself where nobody says another.
const SEED: u64 = 1;

/// Which experiment, and what of it would be otherwise.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct WhatIfArgs {
    /// Its name as `glowtop lab ls` lists it, the beginning or end of it, `latest`, or the path of a report.json
    #[arg(default_value = saved::LATEST)]
    name: String,
    /// Numbers of workers: 1,2,4 or 1..8 [default: 1, 2, 4 and so on to twice the measured ones, at least 8]
    #[arg(long, value_name = "LEVELS", value_parser = |text: &str| counts(text).map(Levels))]
    workers: Option<Levels>,
    /// Orders of the queue, with commas: as numbered (fifo), the largest first (lpt), shuffled (random)
    #[arg(long, value_name = "ORDER", value_delimiter = ',', default_values = ["fifo", "lpt"],
          value_parser = ["fifo", "lpt", "random"])]
    order: Vec<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Numbers of workers.
#[derive(Clone, Debug)]
struct Levels(Vec<u32>);

/// Writes what the tasks of the experiment would give.
pub(super) fn main(args: &WhatIfArgs) -> Result<ExitCode, Failure> {
    let experiment = saved::find(&args.name)?;
    let workers =
        args.workers.as_ref().map_or_else(|| default_levels(&experiment), |levels| levels.0.clone());
    let orders: Vec<QueueOrder> =
        args.order.iter().filter_map(|word| QueueOrder::parse(word, SEED)).collect();
    let write = if args.json { what_if_json } else { what_if };
    let text = write(&experiment, &workers, &orders).ok_or_else(|| {
        wrong("This experiment has no tasks that other workers could do, or in another order.")
    })?;
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Doubling to twice what was measured, and that itself.
fn default_levels(experiment: &Experiment) -> Vec<u32> {
    let parallel = experiment.runs.iter().filter(|run| run.mode != Mode::Serial);
    let measured: Vec<u32> = parallel.map(|run| run.workers).collect();
    let most = measured.iter().copied().max().unwrap_or(1).saturating_mul(2).clamp(8, 1024);
    let doubling = (0..11).map(|power| 1u32 << power).filter(|level| *level <= most);
    let mut levels: Vec<u32> = doubling.chain(measured).collect();
    levels.sort_unstable();
    levels.dedup();
    levels
}
