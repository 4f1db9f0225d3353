//! The dialogs that tame: a value to choose, and whom it would be given.
//!
//! One file for each kind of value: `io_priority`, `policy`, `cpus` (with `cpu_tree`, how they belong together) and
//! `limits`. What is now comes with the answers of the pins; until somebody presses a key, the choice stands on it. It
//! must never know how a value is given to a process.

mod cpu_tree;
mod cpus;
mod io_priority;
mod limits;
mod now;
mod policy;

use crate::config::{Chord, Key};
use crate::model::{ControlNews, Happened, Setting, Settings, Snapshot, Topology};

use super::aims::{Aim, Aims};

pub use cpu_tree::{Branch, Part};
pub use cpus::CpuChoice;
pub use io_priority::IoPriorityChoice;
pub use limits::{Field, Holds, LimitForm, What};
pub use now::Now;
pub use policy::PolicyChoice;

/// Which value a dialog is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tame {
    /// The I/O priority.
    IoPriority,
    /// The CPUs it may run on.
    Affinity,
    /// The scheduling policy.
    Policy,
    /// OOM score adjustment, `cpu.max` and `memory.high`.
    Limits,
}

/// The dialog's state.
#[derive(Clone, Debug)]
pub struct TameMenu {
    /// Whom it would reach.
    pub aims: Aims,
    /// What there is to choose.
    pub choice: Choice,
    /// Why what is chosen cannot be given: a sentence.
    pub problem: Option<&'static str>,
    /// Whether we have root's rights, so that nothing has to be said about them.
    pub root: bool,
    /// Whether somebody has chosen something: what becomes known later does not change it.
    touched: bool,
}

/// What there is to choose.
#[derive(Clone, Debug)]
pub enum Choice {
    /// One of the I/O priorities.
    IoPriority(IoPriorityChoice),
    /// A scheduling policy, and a priority within it.
    Policy(PolicyChoice),
    /// Some of the CPUs.
    Affinity(Box<CpuChoice>),
    /// The limits.
    Limits(Box<LimitForm>),
}

/// What a key came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tamed {
    /// Go on choosing.
    Open,
    /// Give them these values.
    Set(Vec<Setting>),
    /// Close without a change.
    Cancel,
}

/// What a key came to in the body of a dialog.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Step {
    /// Go on choosing.
    Open,
    /// Give them these values.
    Set(Vec<Setting>),
    /// This cannot be given, for this reason.
    Bad(&'static str),
}

impl TameMenu {
    /// The dialog about `tame` over `aims` on the machine of `snapshot`, whose CPUs belong together as `topology` says
    /// where that is known.
    pub fn new(tame: Tame, aims: Aims, topology: Option<&Topology>, snapshot: &Snapshot) -> TameMenu {
        let host = snapshot.host();
        let choice = match tame {
            Tame::IoPriority => Choice::IoPriority(IoPriorityChoice::default()),
            Tame::Policy => Choice::Policy(PolicyChoice::default()),
            Tame::Affinity => Choice::Affinity(Box::new(CpuChoice::new(topology, snapshot))),
            Tame::Limits => Choice::Limits(Box::new(LimitForm::new(host.own_pid))),
        };
        TameMenu { aims, choice, problem: None, root: host.own_uid == 0, touched: false }
    }

    /// What it is about.
    pub fn tame(&self) -> Tame {
        match &self.choice {
            Choice::IoPriority(_) => Tame::IoPriority,
            Choice::Policy(_) => Tame::Policy,
            Choice::Affinity(_) => Tame::Affinity,
            Choice::Limits(_) => Tame::Limits,
        }
    }

    /// Takes news of the pins and of what belongs to the targets.
    pub fn news(&mut self, news: &ControlNews) {
        self.aims.news(news);
        if let (Choice::Limits(form), Happened::Surveyed(survey)) = (&mut self.choice, &news.what) {
            form.surveyed(survey);
        }
        let touched = self.touched;
        match &mut self.choice {
            Choice::IoPriority(list) if !touched => list.adopt(&self.aims),
            Choice::Policy(list) if !touched => list.adopt(&self.aims),
            Choice::Affinity(list) if !touched => list.adopt(&self.aims),
            _ => {}
        }
    }

    /// How the chosen value is now. Of the limits each field says so itself.
    pub fn now(&self) -> Option<Now<Setting>> {
        let pick: fn(&Settings) -> Option<Setting> = match &self.choice {
            Choice::IoPriority(_) => |settings| settings.io_priority.map(Setting::IoPriority),
            Choice::Policy(_) => |settings| settings.policy.map(Setting::Policy),
            Choice::Affinity(_) => |settings| settings.affinity.map(Setting::Affinity),
            Choice::Limits(_) => return None,
        };
        Some(now::now(&self.aims, pick))
    }

    /// Items to choose from that are in view, and the place of the cursor among them.
    pub fn items(&self) -> (usize, usize) {
        match &self.choice {
            Choice::IoPriority(list) => (IoPriorityChoice::ALL.len(), list.at),
            Choice::Policy(list) => (PolicyChoice::ALL.len(), list.at),
            Choice::Affinity(list) => (list.shown_count(), list.at),
            Choice::Limits(form) => (What::ALL.len(), form.at(&form.fields(&self.aims))),
        }
    }

    /// Takes a key.
    pub fn key(&mut self, chord: Chord) -> Tamed {
        self.problem = None;
        if matches!(chord.key, Key::Esc | Key::F(10)) || chord == Chord::ctrl('c') {
            if let (Key::Esc, Choice::Policy(list)) = (chord.key, &mut self.choice)
                && list.back()
            {
                return Tamed::Open;
            }
            return Tamed::Cancel;
        }
        let form = matches!(self.choice, Choice::Limits(_));
        if chord.key == Key::Enter && (form || !self.touched) && self.nothing_known() {
            // The choice does not stand on what is now yet: this Enter came too early to be meant for it.
            return Tamed::Open;
        }
        self.touched |= chord.key != Key::Enter;
        let step = match &mut self.choice {
            Choice::IoPriority(list) => list.key(chord),
            Choice::Policy(list) => list.key(chord),
            Choice::Affinity(list) => list.key(chord),
            Choice::Limits(form) => form.key(chord, &self.aims),
        };
        self.take(step)
    }

    /// Takes a click on an item in view: one that is not chosen is chosen, the chosen one is taken. CPUs are toggled, and
    /// fields are only entered.
    pub fn click(&mut self, item: usize) -> Tamed {
        self.problem = None;
        let early = self.nothing_known();
        self.touched = true;
        let step = match &mut self.choice {
            Choice::IoPriority(list) if list.at == item && !early => list.key(Chord::plain(Key::Enter)),
            Choice::IoPriority(list) => {
                list.at = item.min(IoPriorityChoice::ALL.len() - 1);
                Step::Open
            }
            Choice::Policy(list) if list.at == item && !early => list.key(Chord::plain(Key::Enter)),
            Choice::Policy(list) => list.choose(item),
            Choice::Affinity(list) => list.click(item),
            Choice::Limits(form) => form.enter(item, &self.aims),
        };
        self.take(step)
    }

    /// Takes a click on the fold mark of an item in view.
    pub fn click_fold(&mut self, item: usize) {
        self.touched = true;
        if let Choice::Affinity(list) = &mut self.choice {
            list.at = item.min(list.shown_count().saturating_sub(1));
            list.toggle_fold();
        }
    }

    /// Takes a turn of the wheel by so many items.
    pub fn wheel(&mut self, by: isize) {
        self.touched = true;
        let (count, at) = self.items();
        let to = at.saturating_add_signed(by).min(count.saturating_sub(1));
        match &mut self.choice {
            Choice::IoPriority(list) => list.at = to,
            Choice::Policy(list) => {
                list.choose(to);
            }
            Choice::Affinity(list) => list.at = to,
            Choice::Limits(_) => {}
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        if let Choice::Limits(form) = &mut self.choice {
            self.problem = None;
            self.touched = true;
            form.paste(text, &self.aims);
        }
    }

    fn take(&mut self, step: Step) -> Tamed {
        match step {
            Step::Open => Tamed::Open,
            Step::Set(settings) => Tamed::Set(settings),
            Step::Bad(sentence) => {
                self.problem = Some(sentence);
                Tamed::Open
            }
        }
    }

    /// Whether no pin is answered yet.
    fn nothing_known(&self) -> bool {
        self.aims.targets.iter().all(|aimed| aimed.aim == Aim::Checking)
    }
}
