//! Freezing and thawing, the ladder, and taking acts back.

use crate::app::signal_menu::Pick;
use crate::app::{
    Action, App, Effect, Ladder, Layer, LineInput, Menu, MenuItem, MenuPurpose, Purpose, Screen,
};
use crate::model::{Act, ControlOrder, Danger, Kind, ProcId, Reach, Role, Scope, Signal, State, Target};

/// What can be done to processes, in the order of the menu.
const ACTS: [Action; 17] = [
    Action::Signal,
    Action::Ladder,
    Action::Freeze,
    Action::FreezeTree,
    Action::FreezeFor,
    Action::NiceUp,
    Action::NiceDown,
    Action::AutogroupUp,
    Action::AutogroupDown,
    Action::IoPriority,
    Action::Affinity,
    Action::Policy,
    Action::Tame,
    Action::Undo,
    Action::Journal,
    Action::Tag,
    Action::TagTree,
];

/// Seconds a freeze with an end lasts where nobody says otherwise.
const FREEZE_SECONDS: &str = "30";

impl App {
    /// Whom an act would reach now; says why where that is nobody. The cursor may have been scrolled out of view: what
    /// is meant must be seen, and is meant from now on, whoever comes to stand there.
    pub(super) fn choose_targets(&mut self) -> Option<Vec<Target>> {
        if self.inspector.is_some() {
            return self.inspected_target();
        }
        if self.screen == Screen::Lab {
            return self.lab_target();
        }
        let targets = self.table.targets(&self.snapshot);
        if targets.is_empty() {
            self.say_nobody();
            return None;
        }
        if self.table.tagged() == 0 {
            let snapshot = self.snapshot.clone();
            let fell = self.table.take_fall();
            self.table.go_to(&snapshot, self.table.cursor());
            self.table.set_fall(fell);
        }
        Some(targets)
    }

    /// The same for what is done at once, with nothing that asks whether it is meant: nobody is reached only because
    /// somebody else ended and left the cursor on him. `what` follows "once more to".
    pub(super) fn choose_targets_at_once(&mut self, what: &str) -> Option<Vec<Target>> {
        let targets = self.choose_targets()?;
        if self.inspector.is_some() {
            return Some(targets);
        }
        if self.screen == Screen::Lab {
            let Some(target) = targets.first().filter(|_| self.lab.is_another()) else {
                return Some(targets);
            };
            let (name, pid) = (target.name.show(20), target.id.pid);
            self.say(Role::Warn, format!("the lane went to {name} ({pid}): once more to {what} it"));
            return None;
        }
        if let (true, Some(target)) = (self.table.take_fall(), targets.first()) {
            let (name, pid) = (target.name.show(20), target.id.pid);
            let text = match self.table.targets_in_common(&self.snapshot) {
                Some(common) => {
                    let many = targets.len();
                    format!("the cursor fell on a group, {many} of {common}: once more to {what} all of them")
                }
                None => format!(
                    "that process is gone; the cursor is on {name} ({pid}) now: once more to {what} it"
                ),
            };
            self.say(Role::Warn, text);
            return None;
        }
        Some(targets)
    }

    pub(super) fn open_act_menu(&mut self) {
        if self.choose_targets().is_none() {
            return;
        }
        let items = ACTS.iter().map(|action| {
            let key = self.keymap.keys(Screen::Processes, *action).next();
            let key = key.map_or_else(String::new, |chord| chord.to_string());
            let label = format!("{key:<6} {}", action.label());
            MenuItem { key: action.id().to_owned(), label, detail: action.help().to_owned() }
        });
        let items = items.collect();
        self.layer = Some(Layer::Menu(Menu { purpose: MenuPurpose::Act, items, at: 0 }));
    }

    pub(super) fn open_ladder(&mut self, effects: &mut Vec<Effect>) {
        let Some(targets) = self.choose_targets() else { return };
        self.open_signals(targets, Pick::Ladder, Scope::Chosen, None, effects);
    }

    /// A ladder is on its way from now on.
    pub(super) fn start_ladder(&mut self, session: u64, seconds: u32) {
        self.deeds.ladders.push(Ladder::new(session, self.now, seconds));
    }

    /// Stops the newest ladder that has not come to SIGKILL; whether there was one.
    pub(super) fn stop_ladder(&mut self, effects: &mut Vec<Effect>) -> bool {
        let now = self.now;
        let Some(ladder) = self.deeds.ladders.iter_mut().rev().find(|ladder| ladder.counts_down(now)) else {
            return false;
        };
        ladder.cancel();
        effects.push(Effect::Control(ControlOrder::Cancel { session: ladder.session }));
        self.say(Role::Text, "ladder stopped: no SIGKILL will follow");
        true
    }

    /// Stops the targets, or lets them go on where all of them are stopped.
    pub(super) fn freeze(&mut self, tree: bool, effects: &mut Vec<Effect>) {
        let Some(targets) = self.choose_targets_at_once("freeze") else { return };
        self.freeze_targets(targets, tree, effects);
    }

    fn freeze_targets(&mut self, targets: Vec<Target>, tree: bool, effects: &mut Vec<Effect>) {
        let all = if tree { self.snapshot.subtree(&ids(&targets)) } else { targets.clone() };
        let reach = if tree { Reach::Subtree } else { Reach::Pinned };
        if self.all_are_stopped(&all) {
            self.order_reaching(targets, Act::Signal(Signal::CONT), reach, effects);
        } else if self.snapshot.dangers(&all).iter().any(Danger::needs_confirmation) {
            let scope = if tree { Scope::Subtree } else { Scope::Chosen };
            self.open_signals(targets, Pick::Signal(Signal::STOP), scope, None, effects);
        } else {
            self.order_reaching(targets, Act::Signal(Signal::STOP), reach, effects);
        }
    }

    /// Whether each of them is stopped, by us or by somebody else; the dead and the kernel's own do not count.
    pub(super) fn all_are_stopped(&self, targets: &[Target]) -> bool {
        let mut living = targets.iter().filter(|target| {
            self.snapshot
                .find(target.id)
                .is_some_and(|proc| proc.task.kind != Kind::Kernel && proc.task.state != State::ZOMBIE)
        });
        let stopped = |target: &Target| {
            self.deeds.frozen.has(target.id)
                || self.snapshot.find(target.id).is_some_and(|proc| proc.task.state == State::STOPPED)
        };
        let Some(first) = living.next() else { return false };
        stopped(first) && living.all(stopped)
    }

    /// Pins `targets` and does `act` to them at once; returns the session.
    fn order_reaching(
        &mut self,
        targets: Vec<Target>,
        act: Act,
        reach: Reach,
        effects: &mut Vec<Effect>,
    ) -> u64 {
        self.session += 1;
        let session = self.session;
        effects.push(Effect::Control(ControlOrder::Pin { session, targets }));
        effects.push(Effect::Control(ControlOrder::Act { session, act, only: Vec::new(), reach }));
        session
    }

    /// Asks for how long the targets are to stand still. Who they are is settled now.
    pub(super) fn open_freeze_for(&mut self) {
        let Some(targets) = self.choose_targets_at_once("freeze") else { return };
        let mut line = LineInput::new(Purpose::Thaw, FREEZE_SECONDS);
        line.targets = targets;
        self.layer = Some(Layer::Line(line));
    }

    /// Freezes those whom `line` is about for the seconds typed.
    pub(super) fn freeze_for(&mut self, mut line: LineInput, effects: &mut Vec<Effect>) {
        let Some(seconds) = super::layers::parse_delay(&line.edit) else {
            line.failed = true;
            self.say(Role::Bad, "the time is a number of seconds from 0.1 to 3600");
            self.layer = Some(Layer::Line(line));
            return;
        };
        let targets = std::mem::take(&mut line.targets);
        if self.snapshot.dangers(&targets).iter().any(Danger::needs_confirmation) {
            self.open_signals(targets, Pick::Signal(Signal::STOP), Scope::Chosen, Some(seconds), effects);
            return;
        }
        let session = self.order_reaching(targets, Act::Signal(Signal::STOP), Reach::Pinned, effects);
        self.thaw_after(session, seconds);
    }

    /// Whoever is frozen in `session` goes on after so many seconds.
    pub(super) fn thaw_after(&mut self, session: u64, seconds: f64) {
        self.deeds.frozen.thaw_at(self.now.plus(seconds), session);
        self.say(Role::Text, format!("frozen for {seconds} s"));
    }

    /// Lets those go on whose time has come.
    pub(super) fn thaw_due(&mut self, effects: &mut Vec<Effect>) {
        for (session, targets) in self.deeds.frozen.take_due(self.now) {
            let only = ids(&targets);
            // Should the session have been forgotten, this makes it anew, for the same processes.
            effects.push(Effect::Control(ControlOrder::Pin { session, targets }));
            let (act, reach) = (Act::Signal(Signal::CONT), Reach::Pinned);
            effects.push(Effect::Control(ControlOrder::Act { session, act, only, reach }));
        }
    }

    /// Takes the last act back that can be.
    pub(super) fn undo(&mut self, effects: &mut Vec<Effect>) {
        match self.deeds.undoable.take(self.session + 1) {
            Some((of, what)) => {
                self.session += 1;
                effects.push(Effect::Control(ControlOrder::Undo { session: self.session, of }));
                self.say(Role::Text, format!("taking back: {what}"));
            }
            None => self.say(Role::Text, "nothing to take back"),
        }
    }

    /// Leaves; not before it was said that somebody is still frozen.
    pub(super) fn quit(&mut self, effects: &mut Vec<Effect>) {
        if self.deeds.may_quit(self.now) {
            effects.push(Effect::Quit);
            return;
        }
        let key = |action: Action| {
            let chord = self.keymap.keys(Screen::Processes, action).next();
            chord.map_or_else(|| action.id().to_owned(), |chord| chord.to_string())
        };
        let (freeze, undo, quit) = (key(Action::Freeze), key(Action::Undo), key(Action::Quit));
        let text = match self.deeds.frozen.len() {
            1 => {
                format!("1 process still frozen: {freeze} or {undo} lets it go on; {quit} again leaves it so")
            }
            n => format!(
                "{n} processes still frozen: {freeze} or {undo} lets them go on; {quit} again leaves them so"
            ),
        };
        self.say(Role::Warn, text);
    }
}

fn ids(targets: &[Target]) -> Vec<ProcId> {
    targets.iter().map(|target| target.id).collect()
}
