//! Taming: nice values by a key, the other values by a dialog.

use crate::app::{Aims, App, Effect, Layer, Tame, TameMenu};
use crate::model::{Act, ControlOrder, Reach, Role, Target};

impl App {
    pub(super) fn renice(&mut self, by: i32, effects: &mut Vec<Effect>) {
        let targets = self.table.targets(&self.snapshot);
        if targets.is_empty() {
            self.say_nobody();
            return;
        }
        if let (true, Some(target)) = (self.table.take_fall(), targets.first()) {
            // Nothing asks whether it is meant, and a moment ago somebody else stood there.
            let (name, pid) = (target.name.show(20), target.id.pid);
            self.say(
                Role::Warn,
                format!("that process is gone; the cursor is on {name} ({pid}) now: once more to renice it"),
            );
            return;
        }
        self.order(targets, Act::Renice(by), effects);
    }

    /// Pins `targets` and does `act` to them at once.
    pub(super) fn order(&mut self, targets: Vec<Target>, act: Act, effects: &mut Vec<Effect>) {
        self.session += 1;
        let session = self.session;
        effects.push(Effect::Control(ControlOrder::Pin { session, targets }));
        let (only, reach) = (Vec::new(), Reach::Pinned);
        effects.push(Effect::Control(ControlOrder::Act { session, act, only, reach }));
    }

    pub(super) fn renice_autogroup(&mut self, by: i32, effects: &mut Vec<Effect>) {
        let targets = self.table.targets(&self.snapshot);
        if targets.is_empty() {
            self.say_nobody();
            return;
        }
        self.order(targets, Act::ReniceAutogroup(by), effects);
    }

    pub(super) fn open_tame(&mut self, tame: Tame, effects: &mut Vec<Effect>) {
        let targets = self.table.targets(&self.snapshot);
        if targets.is_empty() {
            self.say_nobody();
            return;
        }
        self.session += 1;
        let session = self.session;
        effects.push(Effect::Control(ControlOrder::Pin { session, targets: targets.clone() }));
        let aims = Aims::new(session, targets, &self.snapshot);
        self.layer = Some(Layer::Tame(Box::new(TameMenu::new(tame, aims))));
    }
}
