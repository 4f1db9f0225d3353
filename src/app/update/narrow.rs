//! What narrows the table or looks for somebody in it: search, a subtree alone, nobody from containers.

use crate::app::{App, Effect};
use crate::model::Role;
use crate::query::Filter;

impl App {
    /// Jumps to a match of `text`, from the cursor on and round: the row under it counts where `here`; upwards where not
    /// `forward`. Whether there is one.
    pub(super) fn search(&mut self, text: &str, here: bool, forward: bool) -> bool {
        let mut wanted = Filter::parse_with(text, &self.saved.views);
        let snapshot = self.snapshot.clone();
        wanted.look(&snapshot);
        if text.is_empty() || wanted.error().is_some() {
            return false;
        }
        let at = self.table.cursor();
        if forward {
            self.table.find(&snapshot, if here { at } else { at + 1 }, &wanted)
        } else {
            self.table.find_back(&snapshot, at, &wanted)
        }
    }

    /// Jumps to the next match of what was searched for last, or to the one before.
    pub(super) fn search_again(&mut self, forward: bool) {
        let text = self.searched.clone();
        if !self.search(&text, false, forward) {
            self.say(
                Role::Bad,
                if text.is_empty() {
                    "nothing was searched for yet".to_owned()
                } else {
                    format!("'{text}' is not found")
                },
            );
        }
    }

    /// Shows only the selected process and its descendants, or all again.
    pub(super) fn focus(&mut self) {
        let snapshot = self.snapshot.clone();
        if self.table.leave_focus().is_some() {
            self.rearrange();
            // Where it stands among all others.
            self.table.go_to(&snapshot, self.table.cursor());
        } else if self.table.focus_on_selected(&snapshot) {
            self.rearrange();
        } else {
            self.say_nobody();
        }
    }

    /// After a look: leaves a subtree whose root has ended.
    pub(super) fn look_at_focus(&mut self) {
        let snapshot = self.snapshot.clone();
        if let Some(ended) = self.table.look_at_focus(&snapshot) {
            let (pid, name) = (ended.id.pid, ended.name.show(24));
            self.say(Role::Warn, format!("{pid} {name} has ended: all processes are shown again"));
        }
    }

    pub(super) fn toggle_containers(&mut self, effects: &mut Vec<Effect>) {
        self.table.uncontained = !self.table.uncontained;
        let what = if self.table.uncontained { "hidden" } else { "shown" };
        self.say(Role::Text, format!("processes in containers are {what}"));
        // Who is in one is perhaps not known yet.
        effects.push(Effect::Sample);
        self.rearrange();
    }
}
