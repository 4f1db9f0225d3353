//! The same acts for a caller that wants to wait: a command line.

use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc;
use std::time::Duration;

use crate::model::{Act, ControlNews, ControlOrder, Happened, Outcome, ProcId, Reach, Target};

use super::door::start_with;

/// Does `act` to `targets`, and to whom `reach` adds, and waits, at most a little longer than `patience`, until each has its outcome and, where
/// a signal was delivered, its verdict. Returns both in the order in which they happened.
///
/// A process that is chosen twice is acted upon once.
///
/// # Errors
///
/// The control thread could not be started.
pub fn act_and_wait(
    targets: Vec<Target>,
    act: Act,
    reach: Reach,
    patience: Duration,
) -> io::Result<Vec<ControlNews>> {
    const SESSION: u64 = 0;
    let (tell, news) = mpsc::channel();
    let control = start_with(patience, move |news| {
        // The receiver lives until the last of them has its end; what comes later interests nobody.
        let _ = tell.send(news);
    })?;
    let mut open: BTreeSet<ProcId> = targets.iter().map(|target| target.id).collect();
    let mut unpinned = open.clone();
    control.send(ControlOrder::Pin { session: SESSION, targets });
    control.send(ControlOrder::Act { session: SESSION, act, only: Vec::new(), reach });
    let mut told = Vec::new();
    while !open.is_empty() {
        let Ok(news) = news.recv() else { break };
        // The first news of each target answers the pinning; whatever it is, the act has its own answer.
        if unpinned.remove(&news.target.id) {
            continue;
        }
        match news.what {
            Happened::Pinned(_) | Happened::Vanished | Happened::Surveyed(_) => continue,
            Happened::Outcome(Outcome::Delivered) | Happened::Respawned(_) | Happened::Over { .. } => {}
            Happened::Outcome(_) | Happened::Verdict(_) => {
                open.remove(&news.target.id);
            }
        }
        told.push(news);
    }
    Ok(told)
}
