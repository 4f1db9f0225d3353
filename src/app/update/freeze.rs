//! Freezing and thawing, the ladder, and taking acts back.

use crate::app::{App, Effect};
use crate::model::Role;

impl App {
    pub(super) fn open_act_menu(&mut self) {
        self.say(Role::Text, "not yet");
    }

    pub(super) fn open_ladder(&mut self, _effects: &mut Vec<Effect>) {
        self.say(Role::Text, "not yet");
    }

    pub(super) fn freeze(&mut self, _tree: bool, _effects: &mut Vec<Effect>) {
        self.say(Role::Text, "not yet");
    }

    pub(super) fn undo(&mut self, _effects: &mut Vec<Effect>) {
        self.say(Role::Text, "not yet");
    }
}
