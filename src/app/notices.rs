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
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Notice { at, role, text });
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
