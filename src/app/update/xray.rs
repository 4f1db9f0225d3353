//! The X-ray: what the lab shows of its workers, of a process that runs already and of its children.

use crate::app::{Action, App, Effect, Screen};
use crate::model::lab::watch::{EVERY_DEFAULT, WatchPlan};
use crate::model::{Kind, Proc, Role, Target};

impl App {
    /// Watches the process that is looked into, or the selected one, with its children.
    pub(super) fn xray(&mut self, effects: &mut Vec<Effect>) {
        let snapshot = self.snapshot.clone();
        let looked_into = self.inspector.as_ref().map(|inspector| inspector.target.clone());
        let selected = || match self.table.selected(&snapshot) {
            Some(proc) => match proc.task.kind {
                Kind::Process => Some(proc.target()),
                Kind::Thread(of) => snapshot.find_pid(of).map(Proc::target),
                Kind::Kernel | Kind::ShortLived => None,
            },
            None => None,
        };
        let Some(target) = looked_into.or_else(selected) else {
            self.say(Role::Text, "the X-ray is of a process: select one");
            return;
        };
        if self.lab.running {
            let key =
                self.key_of(Action::LabStop).map_or_else(String::new, |key| format!("; there {key} ends it"));
            self.say(Role::Text, format!("the lab is busy{key}"));
            return;
        }
        self.table.go_to(&snapshot, self.table.cursor());
        self.close_inspector(effects);
        let name = self.called(&target);
        self.lab.begin_xray(name.clone());
        self.screen = Screen::Lab;
        let roots = vec![target.id];
        let plan = WatchPlan { name, roots, alone: false, every: EVERY_DEFAULT, limit: None };
        effects.push(Effect::Watch(Some(Box::new(plan))));
    }

    /// The name of a process and its number.
    fn called(&self, target: &Target) -> String {
        let pid = target.id.pid;
        let name = self.snapshot.find(target.id).map_or_else(String::new, |proc| proc.task.comm.show(24));
        format!("{name} {pid}").trim_start().to_owned()
    }

    /// Esc in the X-ray: nobody is watched any more. Whether there was one.
    pub(super) fn leave_xray(&mut self, effects: &mut Vec<Effect>) -> bool {
        if !self.lab.shows_xray() {
            return false;
        }
        if self.lab.running {
            effects.push(Effect::Watch(None));
        }
        self.lab.choosing = true;
        true
    }
}
