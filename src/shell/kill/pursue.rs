//! What is heard after the order: outcomes and verdicts, until all is known or somebody wants to leave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::model::{Act, ControlNews, Deed, Happened, Outcome, ProcId, Standing, Target};
use crate::sys;

/// What the command waits for.
pub(super) enum Heard {
    /// News of the control thread.
    News(Box<ControlNews>),
    /// Somebody wants it to leave.
    Leave,
}

/// How long all pins may take to be answered. They take microseconds each.
const PINNING: Duration = Duration::from_secs(10);
/// How much longer than it should take is waited for the last verdict, before it is called unknown.
const MARGIN: Duration = Duration::from_secs(10);

/// Waits until `count` pins are answered; how those stand who are pinned.
pub(super) fn standings(heard: &Receiver<Heard>, count: usize) -> BTreeMap<ProcId, Standing> {
    let mut standings = BTreeMap::new();
    let end = Instant::now() + PINNING;
    for _ in 0..count {
        match heard.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(Heard::News(news)) => {
                if let Happened::Pinned(standing) = news.what {
                    standings.insert(news.target.id, *standing);
                }
            }
            Ok(Heard::Leave) | Err(_) => break,
        }
    }
    standings
}

/// From now on a signal that asks us to leave is heard, and does not end us before what is known is told. One that our
/// parent has set to be ignored stays ignored. Where that cannot be had, such a signal ends us as it always does.
pub(super) fn hear_of_signals(tell: Sender<Heard>) {
    let leave =
        [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(|signal| !sys::tty::is_ignored(*signal));
    let Ok(mut signals) = Signals::new(leave) else { return };
    let _ = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for _ in signals.forever() {
            if tell.send(Heard::Leave).is_err() {
                return;
            }
        }
    });
}

/// What came of it.
pub(super) struct Pursued {
    /// Everything that was done, in the order in which it was done.
    deeds: Vec<Deed>,
    /// Who got away before it could be held.
    pub(super) escaped: u32,
    /// Whether somebody wanted to leave, or the last verdict never came.
    pub(super) left: bool,
}

/// Hears what comes of the order until all is known: `over` when the control thread says so, else when each of
/// `targets` has its last word. `longest`: seconds that should take at most. Each step is told as it comes, but for that
/// a signal was delivered, after which its verdict comes.
pub(super) fn pursue(
    heard: &Receiver<Heard>,
    targets: &[Target],
    over: bool,
    longest: f64,
    mut tell: impl FnMut(&ControlNews),
) -> Pursued {
    let mut pursued = Pursued { deeds: Vec::new(), escaped: 0, left: false };
    let mut open: BTreeSet<ProcId> = super::ids(targets).into_iter().collect();
    let end = Instant::now() + Duration::from_secs_f64(longest) + MARGIN;
    while over || !open.is_empty() {
        let news = match heard.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(Heard::News(news)) => news,
            Ok(Heard::Leave) | Err(_) => {
                pursued.left = true;
                break;
            }
        };
        if let Happened::Over { escaped, .. } = news.what {
            pursued.escaped = escaped;
            break;
        }
        let last = match &news.what {
            Happened::Outcome(outcome) => *outcome != Outcome::Delivered,
            Happened::Verdict(_) => true,
            _ => false,
        };
        if last {
            open.remove(&news.target.id);
        }
        if pursued.take(&news) && news.what != Happened::Outcome(Outcome::Delivered) {
            tell(&news);
        }
    }
    pursued
}

impl Pursued {
    /// Takes in what happened; whether it is a step of a deed.
    fn take(&mut self, news: &ControlNews) -> bool {
        let is_sequel = matches!(news.what, Happened::Verdict(_) | Happened::Respawned(_));
        if is_sequel && self.deeds.iter_mut().rev().any(|deed| deed.goes_on(news)) {
            return true;
        }
        let deed = Deed::new(news);
        let is_step = deed.is_some();
        self.deeds.extend(deed);
        is_step
    }

    /// Takes in what was told after it was left.
    pub(super) fn hear_the_rest(&mut self, heard: &Receiver<Heard>) {
        for rest in heard.try_iter() {
            if let Heard::News(news) = rest {
                self.take(&news);
            }
        }
    }

    /// The last deed on each process: first `targets`, also those of whom nothing was heard, then whoever else was
    /// reached.
    pub(super) fn story(&self, targets: &[Target], act: Act) -> Vec<Deed> {
        let mut last: BTreeMap<ProcId, &Deed> = BTreeMap::new();
        for deed in &self.deeds {
            last.insert(deed.target.id, deed);
        }
        let nothing = |target: &Target| {
            let target = target.clone();
            Deed { session: super::MEANT, target, act, outcome: None, verdict: None, respawn: None }
        };
        let mut story: Vec<Deed> = Vec::with_capacity(last.len());
        for target in targets {
            story.push(last.remove(&target.id).cloned().unwrap_or_else(|| nothing(target)));
        }
        story.extend(last.into_values().cloned());
        story
    }
}

/// What is known of one whose verdict was not waited for.
pub(super) fn unknown(deed: &Deed) -> String {
    let (pid, name) = (deed.target.id.pid, deed.target.name.show(24));
    match deed.outcome {
        None => format!("{pid} {name}: nothing was heard of it"),
        Some(Outcome::Delivered) => format!("{pid} {name}: {}, not waited for its end", deed.result()),
        Some(_) => format!("{pid} {name}: {}", deed.result()),
    }
}
