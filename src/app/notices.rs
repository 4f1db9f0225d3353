//! The one line that speaks: notices and verdicts, newest first, gone after some seconds.

use std::collections::VecDeque;

use crate::model::{Nanos, Role};

/// How long a notice is shown, seconds.
const SHOWN: f64 = 6.0;
/// How many are kept.
const KEPT: usize = 200;

/// Something said to the user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// When.
    pub at: Nanos,
    /// Good, bad or plain.
    pub role: Role,
    /// One sentence; safe to show.
    pub text: String,
    /// Where in it begins what would help next, bytes: that is to be seen also where not all of it is. Its end where
    /// nothing would.
    pub advice: usize,
    /// What an act came to for many targets at once.
    sum: Option<Sum>,
}

/// What an act came to for one of its targets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Said {
    /// Said of this one, with whom it is about.
    pub one: String,
    /// Said of as many as it came to the same for.
    pub many: String,
    /// What would help next, the end of either.
    pub advice: String,
}

/// What one act came to, for as many of its targets as it came to the same.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Sum {
    /// The act.
    session: u64,
    /// What happened.
    what: String,
    /// To how many.
    count: usize,
}

/// What was said, newest last.
#[derive(Clone, Debug, Default)]
pub struct Notices(VecDeque<Notice>);

impl Notices {
    /// Says something, unless it has just been said.
    pub fn say(&mut self, at: Nanos, role: Role, text: impl Into<String>) {
        let text = text.into();
        if self.0.back().is_some_and(|last| last.text == text && at.since(last.at) < SHOWN) {
            return;
        }
        // What a key changed is told by its last word alone: "shown · hidden · shown" tells nothing.
        if role == Role::Text {
            self.0.retain(|old| old.role != Role::Text || old.sum.is_some());
        }
        let advice = text.len();
        self.push(Notice { at, role, text, advice, sum: None });
    }

    /// Says what an act came to: of one target, and where it came to the same for others of the same session too, in one
    /// sentence of all of them.
    pub(super) fn say_of(&mut self, at: Nanos, role: Role, session: u64, said: &Said) {
        let what = format!("{}{}", said.many, said.advice);
        let same = |notice: &Notice| {
            notice.role == role
                && notice.sum.as_ref().is_some_and(|sum| sum.session == session && sum.what == what)
        };
        let before = self.0.iter().rposition(same).and_then(|place| self.0.remove(place)).and_then(|n| n.sum);
        let count = before.map_or(1, |sum| sum.count + 1);
        let text =
            if count == 1 { said.one.clone() + &said.advice } else { format!("{count} processes: {what}") };
        let advice = text.len() - said.advice.len();
        self.push(Notice { at, role, text, advice, sum: Some(Sum { session, what, count }) });
    }

    /// Says something that ends with what would help next.
    pub(super) fn advise(&mut self, at: Nanos, role: Role, text: String, advice: &str) {
        let advised = text.len();
        self.push(Notice { at, role, text: text + advice, advice: advised, sum: None });
    }

    fn push(&mut self, notice: Notice) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(notice);
    }

    /// What is to be shown at `now`, newest first.
    pub fn current(&self, now: Nanos) -> impl Iterator<Item = &Notice> {
        self.0.iter().rev().take_while(move |notice| now.since(notice.at) < SHOWN)
    }

    /// All of them, newest first.
    pub fn all(&self) -> impl Iterator<Item = &Notice> {
        self.0.iter().rev()
    }

    /// When the line changes by itself: the next notice's end after `now`.
    pub fn next_end(&self, now: Nanos) -> Option<Nanos> {
        self.current(now).map(|notice| notice.at.plus(SHOWN)).min()
    }
}
