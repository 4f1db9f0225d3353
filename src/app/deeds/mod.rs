//! What was begun from here and is not over: ladders that run, who is frozen, what can be taken back.
//!
//! Its word: a *deed* is an act as it goes on after it was ordered, fed by the news of the control thread and by looks.
//! It must never know keys or dialogs; [`Deeds`] is asked by `update` and by `view`.

mod frozen;
mod ladder;
mod undo;

use crate::model::{
    Act, ControlNews, DefaultAction, Happened, Nanos, Outcome, Role, Signal, Snapshot, Verdict,
};

pub use frozen::Frozen;
pub use ladder::Ladder;
pub use undo::Undoable;

/// Seconds between the rungs of a ladder, until somebody chooses others.
const LADDER_SECONDS: u32 = 5;
/// Who asks to leave twice within so many seconds leaves, whoever is frozen.
const QUIT_PAUSE: f64 = 10.0;

/// What is going on.
#[derive(Clone, Debug)]
pub struct Deeds {
    /// The ladders that run, oldest first.
    pub ladders: Vec<Ladder>,
    /// Seconds between the rungs of the next ladder.
    pub ladder_seconds: u32,
    /// Who is frozen.
    pub frozen: Frozen,
    /// What can be taken back.
    pub undoable: Undoable,
    /// When somebody asked to leave while others were frozen.
    asked_to_quit: Option<Nanos>,
    /// When something happened last that the next look will show.
    happened: Option<Nanos>,
    /// Whether a look was asked for that has not come.
    looking: bool,
}

impl Default for Deeds {
    fn default() -> Deeds {
        Deeds {
            ladders: Vec::new(),
            ladder_seconds: LADDER_SECONDS,
            frozen: Frozen::default(),
            undoable: Undoable::default(),
            asked_to_quit: None,
            happened: None,
            looking: false,
        }
    }
}

impl Deeds {
    /// Takes news of acts. Returns what is to be said when a ladder is over.
    pub fn news(&mut self, news: &ControlNews, now: Nanos) -> Option<(Role, String)> {
        self.undoable.news(news);
        self.freeze_news(news, now);
        let at = self.ladders.iter().position(|ladder| ladder.session == news.session)?;
        if matches!(news.what, Happened::Over { .. }) {
            return self.ladders.remove(at).sum();
        }
        if let Some(ladder) = self.ladders.get_mut(at) {
            ladder.news(news);
        }
        None
    }

    fn freeze_news(&mut self, news: &ControlNews, now: Nanos) {
        let stops = |signal: Signal| signal.default_action() == DefaultAction::Stops;
        let Some(act) = news.act else { return };
        let before = match (&news.what, act) {
            // Nobody can do otherwise: it stands still as soon as it is told.
            (Happened::Outcome(Outcome::Delivered), Act::Signal(Signal::STOP)) => {
                self.frozen.freeze(news.session, &news.target, now)
            }
            (Happened::Verdict(Verdict::Stopped), Act::Signal(signal)) if stops(signal) => {
                self.frozen.freeze(news.session, &news.target, now)
            }
            (
                Happened::Verdict(
                    Verdict::Continued
                    | Verdict::Killed { .. }
                    | Verdict::Exited { .. }
                    | Verdict::Ended { .. },
                )
                | Happened::Outcome(Outcome::AlreadyGone | Outcome::Replaced),
                _,
            ) => self.frozen.forget(news.target.id),
            // It was going on already.
            (Happened::Verdict(Verdict::Alive), Act::Signal(Signal::CONT)) => {
                self.frozen.forget(news.target.id)
            }
            // It does not stop: the init of a pid namespace, for instance.
            (Happened::Verdict(Verdict::StillAlive { .. }), Act::Signal(signal)) if stops(signal) => {
                self.frozen.forget(news.target.id)
            }
            _ => None,
        };
        if let Some(session) = before {
            self.undoable.went_on(session);
        }
    }

    /// Takes what a look tells; whether another one is needed, because something happened since it began.
    pub fn look(&mut self, snapshot: &Snapshot) -> bool {
        self.ladders.retain(|ladder| !ladder.is_forgotten(snapshot.taken));
        for session in self.frozen.look(snapshot) {
            self.undoable.went_on(session);
        }
        self.looking = self.happened.is_some_and(|at| at > snapshot.taken);
        if !self.looking {
            self.happened = None;
        }
        self.looking
    }

    /// Something happened at `now` that a look will show; whether one is to be asked for. One is enough for all that
    /// happens before it comes.
    pub fn happened(&mut self, now: Nanos) -> bool {
        self.happened = Some(now);
        !std::mem::replace(&mut self.looking, true)
    }

    /// When something changes by itself.
    pub fn wakeup(&self, now: Nanos) -> Option<Nanos> {
        let ladder = self.ladders.iter().filter_map(|ladder| ladder.next_change(now)).min();
        ladder.into_iter().chain(self.frozen.next_thaw()).min()
    }

    /// What the newest ladder has to say; `stop` is the key that stops it.
    pub fn line(&self, now: Nanos, stop: &str) -> Option<String> {
        self.ladders.iter().rev().find_map(|ladder| ladder.line(now, stop))
    }

    /// Whether leaving is meant, though somebody is frozen: asked a second time, it is.
    pub fn may_quit(&mut self, now: Nanos) -> bool {
        let asked = self.asked_to_quit.replace(now).is_some_and(|at| now.since(at) <= QUIT_PAUSE);
        asked || self.frozen.is_empty()
    }
}
