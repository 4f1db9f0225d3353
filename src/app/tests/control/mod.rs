//! Acting: a desk before a machine with groups and sessions, its orders as sentences, and the tests of the dialog and of
//! what goes on after it.
//!
//! `order` presses keys that must give an order to act, `orders` says what was ordered, `news` is what control answers.

mod deeds;
mod dialog;

use super::*;
use crate::config::Key;
use crate::model::{
    Cgroup, Change, Disposition, Outcome, ProcId, Scope, Setting, SignalSet, Standing, State, Survey, Target,
};

const TERM: Act = Act::Signal(Signal::TERM);
const KILL: Act = Act::Signal(Signal::KILL);
const STOP: Act = Act::Signal(Signal::STOP);
const CONT: Act = Act::Signal(Signal::CONT);

fn id(pid: u32) -> ProcId {
    ProcId::new(pid, 100).unwrap()
}

/// The machine of the other tests, with process groups, sessions, users that have names, and some that are stopped.
fn machine_of(at: u64, specs: &[Spec], stopped: &[u32]) -> Sample {
    let mut sample = machine(at, specs);
    for seen in &mut sample.tasks {
        let pid = seen.id.pid.get();
        let task = Arc::make_mut(&mut seen.task);
        // make leads a group of its three; that of bash is its own; all of them are in the session of bash.
        (task.pgrp, task.session) = match pid {
            30..=39 => (30, 20),
            20 => (20, 20),
            2 => (0, 0),
            other => (other, other),
        };
        let user = task.uid.known().map_or(String::new(), |uid| format!("u{uid}"));
        task.user = Some(Arc::new(user.as_str().into()));
        if stopped.contains(&pid) {
            task.state = State::STOPPED;
        }
    }
    // glowtop is none of those that are worked on here.
    let host = Host { own_pid: Pid::new(10), ..(*sample.system.host).clone() };
    sample.system.host = Arc::new(host);
    sample
}

impl Desk {
    /// A desk before the machine with groups and sessions.
    fn grouped() -> Desk {
        let mut desk = Desk::new();
        desk.see(MACHINE, &[]);
        desk.see(MACHINE, &[]);
        desk.effects.clear();
        desk
    }

    fn see(&mut self, specs: &[Spec], stopped: &[u32]) {
        self.at += SECOND;
        let next = derive(Some(&self.app.snapshot), machine_of(self.at, specs, stopped));
        self.tell(Msg::Snapshot(Arc::new(next)));
    }

    fn menu(&self) -> &SignalMenu {
        match &self.app.layer {
            Some(Layer::Signal(menu)) => menu,
            other => panic!("no dialog: {other:?}"),
        }
    }

    fn news(&mut self, session: u64, pid: u32, act: Option<Act>, what: Happened) {
        let name = self.app.snapshot.find(id(pid)).map_or_else(|| "x".into(), |p| (*p.task.comm).clone());
        let news = ControlNews { session, target: Target::new(id(pid), name), act, what };
        self.tell(Msg::Control(Box::new(news)));
    }

    /// The pins of the open dialog are answered.
    fn pinned(&mut self) {
        let session = self.menu().aims.session;
        let pids: Vec<u32> = self.named();
        for pid in pids {
            self.news(session, pid, None, Happened::Pinned(Box::default()));
        }
    }

    /// Whom the open dialog names, in order.
    fn named(&self) -> Vec<u32> {
        self.menu().aims.targets.iter().map(|aimed| aimed.target.id.pid.get()).collect()
    }

    /// The scopes of the open dialog: `>` before the chosen one.
    fn scopes(&self) -> Vec<String> {
        let menu = self.menu();
        let word = |word: &Choosable| {
            let mark = if word.scope == menu.scope { ">" } else { "" };
            let unit = word.unit.as_ref().map_or(String::new(), |unit| format!(" {unit}"));
            format!("{mark}{}{unit} {}", word.scope.word(), word.count)
        };
        menu.scopes.iter().map(word).collect()
    }

    /// What was ordered since this was asked last, as sentences.
    fn orders(&mut self) -> Vec<String> {
        let pids = |targets: &[Target]| targets.iter().map(|t| t.id.pid.get()).collect::<Vec<_>>();
        let effects = std::mem::take(&mut self.effects);
        let sentence = |effect: Effect| match effect {
            Effect::Control(ControlOrder::Pin { targets, .. }) => format!("pin {:?}", pids(&targets)),
            Effect::Control(ControlOrder::Survey { target, among, .. }) => {
                format!("survey {} among {among:?}", target.id.pid)
            }
            Effect::Control(ControlOrder::Act { act, only, reach, .. }) => {
                let act = match act {
                    Act::Signal(signal) => signal.name(),
                    Act::Ladder { seconds } => format!("ladder {seconds}"),
                    other => format!("{other:?}"),
                };
                let only: Vec<u32> = only.iter().map(|id| id.pid.get()).collect();
                let only = if only.is_empty() { String::new() } else { format!(" only {only:?}") };
                let reach = if reach == Reach::Pinned { String::new() } else { format!(", {reach:?}") };
                format!("{act}{only}{reach}")
            }
            Effect::Control(ControlOrder::Cancel { .. }) => "cancel".to_owned(),
            Effect::Control(ControlOrder::Undo { of, .. }) => format!("undo {of}"),
            Effect::Control(ControlOrder::Release { .. }) => "release".to_owned(),
            other => format!("{other:?}"),
        };
        effects.into_iter().map(sentence).collect()
    }

    /// The session of the last order to act.
    fn acted(&self) -> u64 {
        let session = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Control(ControlOrder::Act { session, .. }) => Some(*session),
            _ => None,
        });
        session.expect("something was ordered")
    }

    /// Presses `keys`, which must be an order to act, and says in which session it is.
    fn order(&mut self, keys: &str) -> u64 {
        self.effects.clear();
        self.press(keys);
        self.acted()
    }

    fn wait(&mut self, seconds: f64) {
        self.at += (seconds * 1e9) as u64;
        self.tell(Msg::Tick);
    }

    fn line(&self) -> Option<String> {
        self.app.deeds.line(self.app.now, "Esc")
    }
}
