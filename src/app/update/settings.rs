//! The configuration: what is wrong with it is told, what was changed can be kept.

use crate::app::App;
use crate::config::Settings;
use crate::model::Role;

impl App {
    /// Tells what is wrong with the configuration, once.
    pub(super) fn say_complaints(&mut self) {
        let complaints = std::mem::take(&mut self.complaints);
        let Some(first) = complaints.first() else { return };
        let more = match complaints.len() {
            1 => "; `glowtop print config --check`".to_owned(),
            count => format!("; and {} more: `glowtop print config --check`", count - 1),
        };
        self.notices.advise(self.now, Role::Warn, first.clone(), &more);
    }

    /// The configuration as it would have to be for everything to be as it is now.
    pub fn settings_now(&self) -> Settings {
        let mut settings = self.settings.clone();
        settings.screens = self.screens.settings(&self.settings, &self.table);
        let options = &mut settings.options;
        options.delay = self.delay;
        if !self.theme_name().is_empty() {
            self.theme_name().clone_into(&mut options.theme);
        }
        options.header = !self.header_hidden;
        options.key_bar = !self.keys_hidden;
        options.detailed_cpu = self.detailed;
        options.core_history = self.core_history;
        options.kernel_threads = self.table.kernel;
        options.threads = self.table.threads;
        options.changes = self.table.changes;
        options.short_lived = self.table.short_lived;
        settings
    }
}
