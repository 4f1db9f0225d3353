//! A deed: one act on one process with all that came of it, as a log tells it in one line.

use super::{Act, ControlNews, DefaultAction, Happened, Outcome, Respawn, Role, Signal, Target, Verdict};

/// One act on one process, and what came of it so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deed {
    /// The order it belongs to: one dialog or one key press.
    pub session: u64,
    /// Whom it was done to.
    pub target: Target,
    /// What was done; of a ladder the signal of the rung.
    pub act: Act,
    /// What the attempt came to; `None` where that was not heard.
    pub outcome: Option<Outcome>,
    /// What the process did about it; the last one, where it was told to be alive and ended later.
    pub verdict: Option<Verdict>,
    /// Who came in its place.
    pub respawn: Option<Respawn>,
}

impl Deed {
    /// The deed that `news` begins to tell of; `None` where it tells of no act: of pinning, for instance, or of an order
    /// as a whole.
    pub fn new(news: &ControlNews) -> Option<Deed> {
        let (session, target, act) = (news.session, news.target.clone(), news.act?);
        let bare = Deed { session, target, act, outcome: None, verdict: None, respawn: None };
        match &news.what {
            Happened::Outcome(outcome) => Some(Deed { outcome: Some(outcome.clone()), ..bare }),
            // Only what was delivered has a verdict.
            Happened::Verdict(verdict) => {
                let outcome = Some(Outcome::Delivered);
                Some(Deed { outcome, verdict: Some(verdict.clone()), ..bare })
            }
            Happened::Respawned(respawn) => Some(Deed { respawn: Some((**respawn).clone()), ..bare }),
            Happened::Pinned(_) | Happened::Vanished | Happened::Surveyed(_) | Happened::Over { .. } => None,
        }
    }

    /// What `act` would be on `target`, before anything is done: nothing has come of it.
    pub fn untouched(target: Target, act: Act) -> Deed {
        Deed { session: 0, target, act, outcome: None, verdict: None, respawn: None }
    }

    /// Takes in `news` where it goes on with this deed; says whether it does. An outcome never does: each attempt is a
    /// deed of its own.
    pub fn goes_on(&mut self, news: &ControlNews) -> bool {
        let same = self.session == news.session
            && self.target.id == news.target.id
            && news.act.is_none_or(|act| act == self.act);
        match &news.what {
            Happened::Verdict(verdict) if same => self.verdict = Some(verdict.clone()),
            Happened::Respawned(respawn) if same => self.respawn = Some((**respawn).clone()),
            _ => return false,
        }
        true
    }

    /// What was done, in a few words: `SIGTERM`, `nice +1`, `CPUs 0-3`.
    pub fn act_words(&self) -> String {
        match self.act {
            Act::Signal(signal) => signal.name(),
            Act::Ladder { seconds } => format!("SIGTERM, {seconds} s, SIGKILL"),
            Act::Renice(by) => format!("nice {by:+}"),
            Act::ReniceAutogroup(by) => format!("autogroup nice {by:+}"),
            Act::Set(setting) => format!("{} {setting}", setting.what()),
        }
    }

    /// What came of it, without whom and what: "killed by SIGTERM after 0.2 s".
    pub fn result(&self) -> String {
        let say = |what: Happened| {
            let target = self.target.clone();
            ControlNews { session: self.session, target, act: Some(self.act), what }.predicate()
        };
        let first = match (&self.verdict, &self.outcome) {
            (Some(verdict), _) => Some(say(Happened::Verdict(verdict.clone()))),
            (None, Some(outcome)) => Some(say(Happened::Outcome(outcome.clone()))),
            (None, None) => None,
        };
        let second = self.respawn.as_ref().map(|respawn| say(Happened::Respawned(Box::new(respawn.clone()))));
        first.into_iter().chain(second).collect::<Vec<_>>().join("; ")
    }

    /// Whether it is good news, bad news, or none yet.
    pub fn role(&self) -> Role {
        match (&self.respawn, &self.verdict, &self.outcome) {
            (Some(_), ..) => Role::Warn,
            (None, Some(verdict), _) if verdict.is_bad(self.act) => Role::Bad,
            (None, Some(_), _) | (None, None, Some(Outcome::Changed(_))) => Role::Good,
            (None, None, Some(Outcome::Delivered) | None) => Role::Text,
            (None, None, Some(_)) => Role::Bad,
        }
    }

    /// Whether what was asked for came true: of a signal that ends, that the process has ended; of one that stops, that
    /// it stopped; of any other, that it was delivered and nothing speaks against it. One that ends who does not catch
    /// it, as SIGHUP does, may also have been caught: see [`Signal::asks_to_end`].
    pub fn is_done(&self) -> bool {
        let sent = signal(self.act);
        let deadly = sent.is_some_and(Signal::is_deadly);
        let stops = sent.is_some_and(|signal| signal.default_action() == DefaultAction::Stops);
        match (&self.verdict, &self.outcome) {
            (Some(Verdict::Killed { .. } | Verdict::Exited { .. } | Verdict::Ended { .. }), _) => !stops,
            (Some(Verdict::Stopped), _) => stops,
            (Some(Verdict::Continued | Verdict::Alive), _) | (None, Some(Outcome::Delivered)) => {
                !deadly && !stops
            }
            // Whoever ended before is as dead as was wished.
            (None, Some(Outcome::AlreadyGone | Outcome::Replaced)) => deadly,
            (None, Some(Outcome::Changed(_))) => true,
            (Some(verdict @ Verdict::StillAlive { .. }), _) => !verdict.is_bad(self.act),
            (None, _) => false,
        }
    }
}

/// The signal an act sends, of a ladder the first.
const fn signal(act: Act) -> Option<Signal> {
    match act {
        Act::Signal(signal) => Some(signal),
        Act::Ladder { .. } => Some(Signal::TERM),
        Act::Renice(_) | Act::ReniceAutogroup(_) | Act::Set(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Change, Pid, ProcId, Setting, Untrusted, WhyAlive};

    const TERM: Act = Act::Signal(Signal::TERM);

    fn news(what: Happened, act: Act) -> ControlNews {
        let target = Target::new(ProcId::new(4711, 9).unwrap(), "sh");
        ControlNews { session: 3, target, act: Some(act), what }
    }

    fn outcome(outcome: Outcome, act: Act) -> Deed {
        Deed::new(&news(Happened::Outcome(outcome), act)).unwrap()
    }

    fn verdict(verdict: Verdict, act: Act) -> Deed {
        let mut deed = outcome(Outcome::Delivered, act);
        assert!(deed.goes_on(&news(Happened::Verdict(verdict), act)));
        deed
    }

    #[test]
    fn outcome_verdict_and_return_are_one_deed() {
        let mut deed = outcome(Outcome::Delivered, TERM);
        assert_eq!((deed.result().as_str(), deed.role()), ("SIGTERM delivered", Role::Text));
        let alive = Verdict::StillAlive { after: 5.0, why: WhyAlive::Unknown };
        assert!(deed.goes_on(&news(Happened::Verdict(alive), TERM)));
        assert_eq!(deed.role(), Role::Bad);
        let killed = Verdict::Killed { by: Signal::TERM, after: 8.0 };
        assert!(deed.goes_on(&news(Happened::Verdict(killed), TERM)));
        assert_eq!((deed.result().as_str(), deed.role()), ("killed by SIGTERM after 8 s", Role::Good));
        let by = ProcId::new(4720, 12).unwrap();
        let parent_name = Untrusted::default();
        let back = Respawn { by, after: 0.5, parent: Pid::new(1), parent_name, unit: None };
        assert!(deed.goes_on(&news(Happened::Respawned(Box::new(back)), TERM)));
        assert_eq!(deed.role(), Role::Warn);
        assert!(deed.result().starts_with("killed by SIGTERM after 8 s; is back as 4720 after 0.5 s"));
    }

    #[test]
    fn another_attempt_order_process_or_act_is_another_deed() {
        let mut deed = outcome(Outcome::Delivered, TERM);
        let ended = || Happened::Verdict(Verdict::Ended { after: 1.0 });
        assert!(!deed.goes_on(&news(Happened::Outcome(Outcome::Delivered), TERM)));
        assert!(!deed.goes_on(&news(ended(), Act::Signal(Signal::KILL))));
        assert!(!deed.goes_on(&ControlNews { session: 4, ..news(ended(), TERM) }));
        let target = Target::new(ProcId::new(4711, 10).unwrap(), "sh");
        assert!(!deed.goes_on(&ControlNews { target, ..news(ended(), TERM) }));
        assert!(Deed::new(&news(Happened::Vanished, TERM)).is_none());
        assert!(Deed::new(&ControlNews { act: None, ..news(ended(), TERM) }).is_none());
    }

    #[test]
    fn done_is_what_was_asked_for() {
        let (stop, cont) = (Act::Signal(Signal::STOP), Act::Signal(Signal::CONT));
        let alive = || Verdict::StillAlive { after: 1.0, why: WhyAlive::Ignores };
        assert!(verdict(Verdict::Exited { status: 3, after: 0.1 }, TERM).is_done());
        assert!(!verdict(alive(), TERM).is_done() && !verdict(Verdict::Alive, TERM).is_done());
        assert!(
            outcome(Outcome::AlreadyGone, TERM).is_done() && !outcome(Outcome::AlreadyGone, stop).is_done()
        );
        assert!(!outcome(Outcome::Delivered, TERM).is_done(), "delivered is not dead");
        assert!(!outcome(Outcome::Denied { owner: None }, TERM).is_done());
        assert!(verdict(Verdict::Stopped, stop).is_done() && !verdict(alive(), stop).is_done());
        assert!(!verdict(Verdict::Ended { after: 0.1 }, stop).is_done(), "it was to be stopped");
        assert!(verdict(Verdict::Continued, cont).is_done() && verdict(Verdict::Alive, cont).is_done());
        assert!(outcome(Outcome::Delivered, cont).is_done() && !verdict(alive(), cont).is_done());
        let hup = Act::Signal(Signal::HUP);
        let caught = || Verdict::StillAlive { after: 1.0, why: WhyAlive::Catches };
        assert!(verdict(caught(), hup).is_done() && !verdict(caught(), TERM).is_done());
        assert!(!verdict(alive(), hup).is_done(), "it was ignored");
        assert_eq!([verdict(caught(), hup).role(), verdict(caught(), TERM).role()], [Role::Good, Role::Bad]);
        let change = Change { from: Setting::Nice(0), to: Setting::Nice(1), threads: 1 };
        assert!(outcome(Outcome::Changed(Box::new(change)), Act::Renice(1)).is_done());
    }

    #[test]
    fn acts_have_short_names() {
        let words = |act| outcome(Outcome::Delivered, act).act_words();
        assert_eq!(words(TERM), "SIGTERM");
        assert_eq!(words(Act::Renice(1)), "nice +1");
        assert_eq!(words(Act::ReniceAutogroup(-1)), "autogroup nice -1");
        assert_eq!(words(Act::Set(Setting::OomScoreAdj(500))), "OOM score adjustment 500");
    }
}
