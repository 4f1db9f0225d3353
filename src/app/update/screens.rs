//! From tab to tab.

use crate::app::{App, Screen, Tab};

impl App {
    /// The tab that is shown.
    pub fn tab(&self) -> Tab {
        match self.screen {
            Screen::Processes => Tab::Table(self.screens.at()),
            Screen::Lab => Tab::Lab,
        }
    }

    /// Goes to the tab `step` places from the one that is shown.
    pub(super) fn walk_tabs(&mut self, step: isize) {
        self.go_to_tab(self.screens.beside(self.tab(), step));
    }

    /// Shows this tab. The cursor stays on its process, and its row where it was on the screen.
    pub(super) fn go_to_tab(&mut self, tab: Tab) {
        match tab {
            Tab::Lab => self.screen = Screen::Lab,
            Tab::Table(at) => {
                self.screen = Screen::Processes;
                if at != self.screens.at() {
                    self.screens.turn(&mut self.table, at);
                    self.table.look(&self.snapshot);
                    self.table.turned(&self.snapshot);
                }
            }
        }
    }
}
