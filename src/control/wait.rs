//! The same acts for a caller that wants to wait: a command line.

use std::io;
use std::sync::mpsc;
use std::time::Duration;

use crate::model::{Act, ControlNews, ControlOrder, Happened, Reach, Target};

use super::door::start_with;

/// Does `act` to `targets` and to whom `reach` adds, and waits until each has its outcome and, where a signal was
/// delivered, its verdict: at most a little longer than `patience`, and after the seconds of a ladder once more. Returns
/// both in the order in which they happened, those of a ladder for each of its rungs.
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
    let mut told = Vec::new();
    if targets.is_empty() {
        return Ok(told);
    }
    let (tell, news) = mpsc::channel();
    let control = start_with(patience, move |news| {
        // The receiver lives until the order is over; what comes later interests nobody.
        let _ = tell.send(news);
    })?;
    control.send(ControlOrder::Pin { session: SESSION, targets });
    control.send(ControlOrder::Act { session: SESSION, act, only: Vec::new(), reach });
    while let Ok(news) = news.recv() {
        match news.what {
            Happened::Over { .. } => break,
            // What answers the pinning has no act; the act has its own answer.
            Happened::Outcome(_) | Happened::Verdict(_) | Happened::Respawned(_) if news.act.is_some() => {
                told.push(news);
            }
            _ => {}
        }
    }
    Ok(told)
}
