//! The configuration: what is wrong with it is told, what was changed can be kept.

use crate::app::{App, Effect, Header};
use crate::config::{Options, Settings};
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
        settings.lab = self.screens.has_lab();
        // What is not understood there is not lost as long as nothing else is wanted.
        let header = self.header.wanted();
        if Header::resolve(&settings.header).0.wanted() != header {
            settings.header = header;
        }
        let options = &mut settings.options;
        options.delay = self.delay;
        if !self.theme_name().is_empty() {
            self.theme_name().clone_into(&mut options.theme);
        }
        options.header = !self.header_hidden;
        options.key_bar = !self.keys_hidden;
        options.mouse = self.mouse;
        options.tree_order = self.table.order;
        options.detailed_cpu = self.detailed;
        options.core_history = self.core_history;
        options.kernel_threads = self.table.kernel;
        options.threads = self.table.threads;
        options.changes = self.table.changes;
        options.short_lived = self.table.short_lived;
        options.marks = self.table.marks;
        settings
    }

    /// Makes everything as these options say that can change while the program runs.
    pub(super) fn apply_options(&mut self, new: Options, effects: &mut Vec<Effect>) {
        let old = self.settings_now().options;
        if new.delay.to_bits() != old.delay.to_bits() {
            self.delay = new.delay;
            effects.push(Effect::Interval(new.delay));
        }
        if let Some(at) = self.themes.iter().position(|name| *name == new.theme) {
            self.theme = at;
        }
        self.header_hidden = !new.header;
        self.keys_hidden = !new.key_bar;
        if new.mouse != self.mouse {
            self.mouse = new.mouse;
            effects.push(Effect::Mouse(new.mouse));
        }
        self.detailed = new.detailed_cpu;
        self.core_history = new.core_history;
        if new.threads != old.threads {
            effects.push(Effect::Sample);
        }
        let table = &mut self.table;
        (table.kernel, table.threads) = (new.kernel_threads, new.threads);
        (table.changes, table.short_lived) = (new.changes, new.short_lived);
        table.order = new.tree_order;
        table.marks = new.marks;
        if new.command != old.command {
            self.screens.set_form(&mut self.table, new.command);
        }
        if new.changes_seconds.to_bits() != old.changes_seconds.to_bits() {
            self.linger = Some(new.changes_seconds);
        }
        self.settings.options = new;
    }
}
