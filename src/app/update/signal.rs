//! The signal dialog: how it opens, how far it reaches, and what is sent.

use std::collections::HashSet;

use crate::app::signal_menu::{Choice, Choosable, Pick};
use crate::app::{App, Effect, Layer, Screen, SignalMenu};
use crate::config::Chord;
use crate::model::{ControlOrder, Proc, ProcId, Role, Scope, Signal, Target};

/// Most processes whose ports are looked for.
const MOST_SURVEYED: usize = 512;
/// Widest the name of a unit is shown.
const UNIT_CELLS: usize = 32;

impl App {
    pub(super) fn open_signal_menu(&mut self, effects: &mut Vec<Effect>) {
        let Some(targets) = self.choose_targets() else { return };
        self.open_signals(targets, Pick::Signal(Signal::TERM), Scope::Chosen, None, effects);
    }

    /// Opens the dialog over `targets` with `pick` chosen, reaching as far as `scope`.
    pub(super) fn open_signals(
        &mut self,
        targets: Vec<Target>,
        pick: Pick,
        scope: Scope,
        thaw_after: Option<f64>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(first) = targets.first().cloned() else { return };
        // What is asked for in a dialog that names its targets is meant.
        self.table.set_fall(false);
        self.session += 1;
        let session = self.session;
        effects.push(Effect::Control(ControlOrder::Pin { session, targets: targets.clone() }));
        let mut menu = SignalMenu::new(session, targets, &self.snapshot, self.deeds.ladder_seconds);
        menu.common = self.in_common(&menu.chosen);
        menu.aims.common.clone_from(&menu.common);
        menu.choose(pick);
        menu.thaw_after = thaw_after;
        let subtree = self.snapshot.subtree(&ids(&menu.chosen));
        let among = menu.to_survey(&subtree, MOST_SURVEYED);
        effects.push(Effect::Control(ControlOrder::Survey { session, target: first, among }));
        self.count_scopes(&mut menu);
        menu.stopped = self.all_are_stopped(&menu.chosen);
        if scope != Scope::Chosen {
            self.reach_to(&mut menu, scope, effects);
        }
        self.layer = Some(Layer::Signal(Box::new(menu)));
    }

    /// What `targets` have in common, where they are the group under the cursor.
    pub(super) fn in_common(&self, targets: &[Target]) -> Option<String> {
        let common =
            self.table.targets_in_common(&self.snapshot).filter(|_| self.screen == Screen::Processes)?;
        (self.table.targets(&self.snapshot) == targets).then_some(common)
    }

    /// Who is in `scope`; the chosen ones among them come first.
    fn members(&self, menu: &SignalMenu, scope: Scope) -> Vec<Target> {
        let snapshot = &self.snapshot;
        let mut targets = menu.chosen.clone();
        let members = match scope {
            Scope::Chosen => Vec::new(),
            Scope::Subtree => snapshot.subtree(&ids(&menu.chosen)),
            Scope::Group => menu.group.map_or_else(Vec::new, |group| snapshot.group(group)),
            Scope::Session => menu.session.map_or_else(Vec::new, |session| snapshot.session(session)),
            Scope::Cgroup => {
                let members = menu.cgroup().map_or(&[][..], |cgroup| &cgroup.members);
                members.iter().filter_map(|pid| snapshot.find_pid(*pid)).map(Proc::target).collect()
            }
            Scope::Matches => {
                // Who was chosen need not be among them.
                let matches = self.table.matches(snapshot);
                let inside: HashSet<ProcId> = matches.iter().map(|target| target.id).collect();
                targets.retain(|target| inside.contains(&target.id));
                matches
            }
        };
        targets.extend(members);
        let mut seen = HashSet::new();
        targets.retain(|target| seen.insert(target.id));
        targets
    }

    /// Finds out which scopes mean something now, and how many are in each.
    fn count_scopes(&self, menu: &mut SignalMenu) {
        let cgroup = menu.cgroup().map(|cgroup| {
            let last = cgroup.path.bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            let name = cgroup.unit.clone().unwrap_or_else(|| crate::model::Untrusted::new(last));
            (name.show(UNIT_CELLS), cgroup.members.len())
        });
        let words = Scope::ALL.into_iter().filter_map(|scope| {
            let means = match scope {
                Scope::Chosen | Scope::Subtree => true,
                Scope::Group => menu.group.is_some(),
                Scope::Session => menu.session.is_some(),
                Scope::Cgroup => cgroup.is_some(),
                Scope::Matches => self.table.is_narrowed(),
            };
            let count = match scope {
                // Also who is not on screen yet; and nobody has ended just because the list moved.
                Scope::Cgroup => cgroup.as_ref().map_or(0, |(_, members)| *members),
                Scope::Chosen => menu.chosen.len(),
                _ if !means => 0,
                _ => self.members(menu, scope).len(),
            };
            let unit = cgroup.as_ref().filter(|_| scope == Scope::Cgroup).map(|(unit, _)| unit.clone());
            means.then_some(Choosable { scope, count, unit })
        });
        let words = words.collect();
        menu.scopes = words;
    }

    /// Aims at who is in `scope`, and pins whom nobody pinned yet.
    fn reach_to(&self, menu: &mut SignalMenu, scope: Scope, effects: &mut Vec<Effect>) {
        if !menu.scopes.iter().any(|word| word.scope == scope) {
            return;
        }
        let members = self.members(menu, scope);
        menu.scope = scope;
        menu.confirm = None;
        menu.aims.common = menu.common.clone().filter(|_| scope == Scope::Chosen);
        let targets = menu.aims.turn_to(members, &self.snapshot);
        let session = menu.aims.session;
        if !targets.is_empty() {
            effects.push(Effect::Control(ControlOrder::Pin { session, targets }));
        }
        menu.stopped = self.all_are_stopped(&menu.aims.living());
        menu.weigh(&self.snapshot);
    }

    /// After a look, or news of the cgroup: scopes are counted anew. Who came into the scope is named and pinned too,
    /// where the act would reach them in any case.
    pub(super) fn refresh_scopes(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Signal(mut menu)) = self.layer.take_if(|layer| matches!(layer, Layer::Signal(_)))
        else {
            return;
        };
        self.count_scopes(&mut menu);
        if !matches!(menu.scope, Scope::Chosen | Scope::Matches) {
            // Who was chosen stays in sight; others come and go.
            menu.aims.pass_over_ended(&menu.chosen);
            let members = self.members(&menu, menu.scope);
            let targets = menu.aims.add(members, &self.snapshot);
            let session = menu.aims.session;
            if !targets.is_empty() {
                effects.push(Effect::Control(ControlOrder::Pin { session, targets }));
            }
        }
        menu.stopped = self.all_are_stopped(&menu.aims.living());
        menu.weigh(&self.snapshot);
        self.layer = Some(Layer::Signal(menu));
    }

    /// Chooses `scope` in the open dialog.
    pub(super) fn choose_scope(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        if let Some(Layer::Signal(mut menu)) = self.layer.take_if(|layer| matches!(layer, Layer::Signal(_))) {
            self.reach_to(&mut menu, scope, effects);
            self.layer = Some(Layer::Signal(menu));
        }
    }

    pub(super) fn signal_key(&mut self, mut menu: Box<SignalMenu>, chord: Chord, effects: &mut Vec<Effect>) {
        // Here too the same key freezes and thaws.
        let choice = match menu.key(chord) {
            Choice::Freeze if self.all_are_stopped(&menu.aims.living()) => {
                menu.submit(Pick::Signal(Signal::CONT))
            }
            Choice::Freeze => menu.submit(Pick::Signal(Signal::STOP)),
            choice => choice,
        };
        self.deeds.ladder_seconds = menu.seconds;
        match choice {
            Choice::Open | Choice::Freeze => self.layer = Some(Layer::Signal(menu)),
            Choice::Scope(scope) => {
                self.reach_to(&mut menu, scope, effects);
                self.layer = Some(Layer::Signal(menu));
            }
            Choice::Cancel => {
                effects.push(Effect::Control(ControlOrder::Release { session: menu.aims.session }));
            }
            Choice::Send(pick) => self.send(&menu, pick, effects),
        }
    }

    fn send(&mut self, menu: &SignalMenu, pick: Pick, effects: &mut Vec<Effect>) {
        let session = menu.aims.session;
        if menu.aims.ready() == 0 {
            effects.push(Effect::Control(ControlOrder::Release { session }));
            let left = menu.aims.targets.iter().any(|aimed| aimed.aim != crate::app::Aim::Gone);
            let why = if left { "none of them can be hit" } else { "none of them is left" };
            self.say(Role::Text, format!("nothing sent: {why}"));
            return;
        }
        let (act, only, reach) = (menu.act(pick), menu.aims.only(), menu.reach());
        effects.push(Effect::Control(ControlOrder::Act { session, act, only, reach }));
        match (pick, menu.thaw_after) {
            (Pick::Ladder, _) => self.start_ladder(session, menu.seconds),
            (Pick::Signal(Signal::STOP), Some(seconds)) => self.thaw_after(session, seconds),
            _ => {}
        }
        self.table.untag_all();
    }
}

fn ids(targets: &[Target]) -> Vec<ProcId> {
    targets.iter().map(|target| target.id).collect()
}
